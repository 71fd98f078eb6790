package ledger

import (
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

// grown is the hashes of a log of so many leaves that say word.
func grown(n int, word string) memoryHashes {
	var m memoryHashes
	for range n {
		m.add([]byte(word))
	}
	return m
}

func treeOf(t *testing.T, m memoryHashes, size int64) Tree {
	t.Helper()
	root, err := tlog.TreeHash(size, m)
	if err != nil {
		t.Fatal(err)
	}
	return Tree{Origin: "log.example/a", Size: size, Root: root}
}

func TestConsistency(t *testing.T) {
	m, fork := grown(20, "a"), grown(20, "b")
	for older := int64(0); older <= 20; older++ {
		for newer := max(older, 1); newer <= 20; newer++ {
			var proof tlog.TreeProof
			if older > 0 && older < newer {
				var err error
				if proof, err = tlog.ProveTree(newer, older, m); err != nil {
					t.Fatal(err)
				}
			}
			read, err := ParseConsistency(FormatConsistency(proof))
			if err != nil {
				t.Fatal(err)
			}
			from, to := Tree{Origin: "log.example/a"}, treeOf(t, m, newer)
			if older > 0 {
				from = treeOf(t, m, older)
			}
			if err := CheckConsistency(read, from, to); err != nil {
				t.Errorf("%d to %d: %v", older, newer, err)
			}
			if older == 0 {
				continue
			}
			if err := CheckConsistency(read, from, treeOf(t, fork, newer)); err == nil {
				t.Errorf("%d to %d of a fork is taken", older, newer)
			}
			if err := CheckConsistency(read, to, from); newer > older && err == nil {
				t.Errorf("%d to %d backwards is taken", older, newer)
			}
			if err := CheckConsistency(append(read, tlog.Hash{}), from, to); err == nil {
				t.Errorf("%d to %d with a hash too many is taken", older, newer)
			}
		}
	}
	other := treeOf(t, m, 20)
	other.Origin = "log.example/b"
	if err := CheckConsistency(nil, treeOf(t, m, 20), other); err == nil {
		t.Error("two logs are taken for one")
	}
}

func TestParseConsistencyRefuses(t *testing.T) {
	hash := strings.Repeat("A", 43) + "="
	for text, want := range map[string]string{
		hash:                            "no end",
		hash + "\n\n":                   "line 2: not a hash",
		"\n":                            "line 1: not a hash",
		hash[1:] + "\n":                 "line 1: not a hash",
		hash[:42] + "B=\n":              "line 1: not a hash",
		hash + "\r\n":                   "line 1: not a hash",
		strings.Repeat(hash+"\n", 64):   "64 hashes",
		"c2sp.org/tlog-proof@v1\nindex": "no end",
	} {
		if _, err := ParseConsistency(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
