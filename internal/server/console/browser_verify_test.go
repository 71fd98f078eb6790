package console_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/go-rod/rod"

	"countersign.dev/internal/access"
	"countersign.dev/internal/dossier/dossiertest"
)

// grow appends documents until the log has this many.
func (s *stage) grow(size int) {
	for len(s.leaves) < size {
		s.add(dossiertest.Document{Name: fmt.Sprintf("filler-%d.txt", len(s.leaves)+1), Published: "2026-01-01"})
	}
}

// verify presses a button of a page's verifier and returns its conclusion and
// its steps.
func verify(t *testing.T, p *rod.Page, address, button string) (conclusion, steps string) {
	t.Helper()
	p.MustNavigate(address).MustWaitLoad()
	p.MustElementR("[data-verify] button", button).MustClick()
	err := rod.Try(func() { p.MustElementR("[data-verify] [role=status]", "erified") })
	if err != nil {
		t.Fatalf("%s: no conclusion: %v", address, err)
	}
	return p.MustElement("[data-verify] [role=status]").MustText(), p.MustElement(".steps").MustText()
}

// The browser agrees with the log at sizes around those at which the shape of
// the tree changes: a single leaf, powers of two, a full tile, a second level
// of tiles.
func TestVerifyInTheBrowser(t *testing.T) {
	s := newStage(t)
	srv := s.open(t, analyst)
	p := openTab(t, browser(t), srv.URL+"/ledger")
	for _, size := range []int{7, 8, 9, 255, 256, 257, 300, 513} {
		s.grow(size)
		conclusion, steps := verify(t, p, srv.URL+"/ledger", "newest entry")
		if conclusion != "Verified in this browser." {
			t.Fatalf("a log of %d: %s\n%s", size, conclusion, steps)
		}
		if !strings.Contains(steps, fmt.Sprintf("vouches for %d entries", size)) {
			t.Errorf("a log of %d: %s", size, steps)
		}
		for _, position := range []int{1, 2, size/2 + 1, size} {
			conclusion, steps := verify(t, p, fmt.Sprintf("%s/documents/%d", srv.URL, position), "this document")
			if conclusion != "Verified in this browser." || !strings.Contains(steps, "own bytes have that digest") {
				t.Errorf("document %d of %d: %s\n%s", position, size, conclusion, steps)
			}
		}
	}
	conclusion, steps := verify(t, p, srv.URL+"/ledger", "whole log")
	if conclusion != "Verified in this browser." || !strings.Contains(steps, "Hashed 513 of 513") {
		t.Errorf("the whole log: %s\n%s", conclusion, steps)
	}
	if !strings.Contains(steps, "Nothing of the 513 entries") {
		t.Errorf("the browser forgot what it saw before:\n%s", steps)
	}
}

// Each lie that a log could tell is found, at the step where it is told.
func TestVerifyFindsLies(t *testing.T) {
	s := newStage(t)
	s.grow(300)
	srv := s.open(t, analyst)
	p := openTab(t, browser(t), srv.URL+"/ledger")
	flip := func(prefix string, at int) func(string, []byte) []byte {
		return func(tile string, b []byte) []byte {
			b = bytes.Clone(b)
			if strings.HasPrefix(tile, prefix) && at < len(b) {
				b[at] ^= 1
			}
			return b
		}
	}
	tests := []struct {
		name, button, want string
		tamper             func(string, []byte) []byte
	}{
		{"an entry that was changed", "this document", "", func(tile string, b []byte) []byte {
			return bytes.Replace(b, []byte(s.Entries[0].Digest), []byte(s.Entries[2].Digest), 1)
		}},
		{"a leaf that was changed", "whole log", "all entries together give", flip("entries/000", 40)},
		{"a hash that was changed", "this document", "hashing upwards gives", flip("0/000", 32*5)},
		{"a tile that was cut", "this document", "shorter than it should be", func(tile string, b []byte) []byte {
			if strings.HasPrefix(tile, "0/000") {
				return b[:64]
			}
			return b
		}},
	}
	for _, test := range tests {
		s.tamper = test.tamper
		address := srv.URL + "/documents/1"
		if test.button == "whole log" {
			address = srv.URL + "/ledger"
		}
		conclusion, steps := verify(t, p, address, test.button)
		if conclusion != "Not verified." || !strings.Contains(steps, test.want) {
			t.Errorf("%s: %s\n%s", test.name, conclusion, steps)
		}
	}
	s.tamper = nil

	// A body that is not the document's.
	body := s.bodies[1]
	s.bodies[1] = []byte("something else")
	if conclusion, steps := verify(t, p, srv.URL+"/documents/1", "this document"); conclusion != "Not verified." || !strings.Contains(steps, "bytes have the digest") {
		t.Errorf("another body: %s\n%s", conclusion, steps)
	}
	s.bodies[1] = body
}

// A log that is signed well, but tells another history than the one this
// browser saw before, is found out.
func TestVerifyFindsAnotherHistory(t *testing.T) {
	s := newStage(t)
	s.grow(20)
	srv := s.open(t, analyst)
	p := openTab(t, browser(t), srv.URL+"/ledger")
	if conclusion, steps := verify(t, p, srv.URL+"/ledger", "newest entry"); conclusion != "Verified in this browser." {
		t.Fatalf("%s\n%s", conclusion, steps)
	}

	other := newStage(t)
	other.signer, other.key = s.signer, s.key
	other.leaves, other.hashes, other.Entries = nil, nil, nil
	other.Memory = &dossiertest.Memory{Rules: s.Rules}
	other.grow(25)
	*s = *other
	conclusion, steps := verify(t, p, srv.URL+"/ledger", "newest entry")
	if conclusion != "Not verified." || !strings.Contains(steps, "first 20 entries are not what this browser saw") {
		t.Errorf("another history: %s\n%s", conclusion, steps)
	}

	shorter := newStage(t)
	shorter.signer, shorter.key = s.signer, s.key
	*s = *shorter
	conclusion, steps = verify(t, p, srv.URL+"/ledger", "newest entry")
	if conclusion != "Not verified." || !strings.Contains(steps, "shorter than on") {
		t.Errorf("a shorter log: %s\n%s", conclusion, steps)
	}
}

// The key on the page is what everything hangs on: a checkpoint by another is
// refused.
func TestVerifyFindsAnotherKey(t *testing.T) {
	s := newStage(t)
	srv := s.open(t, access.Anonymous)
	other := newStage(t)
	s.signer = other.signer // signs what the page's key does not vouch for
	p := openTab(t, browser(t), srv.URL+"/ledger")
	conclusion, steps := verify(t, p, srv.URL+"/ledger", "newest entry")
	if conclusion != "Not verified." || !strings.Contains(steps, "not signed by the log's key") {
		t.Errorf("another key: %s\n%s", conclusion, steps)
	}
}

// Where the browser cannot check signatures, it says so and why.
func TestVerifySaysWhenItCannot(t *testing.T) {
	s := newStage(t)
	srv := s.open(t, analyst)
	b := browser(t)
	p := openTab(t, b, srv.URL+"/ledger")
	for script, want := range map[string]string{
		`crypto.subtle.importKey = async () => { throw new DOMException("", "NotSupportedError") }`: "does not know Ed25519",
		`Object.defineProperty(globalThis, "crypto", { value: {} })`:                                "not loaded over HTTPS",
	} {
		stop, err := p.EvalOnNewDocument(script)
		if err != nil {
			t.Fatal(err)
		}
		conclusion, steps := verify(t, p, srv.URL+"/ledger", "newest entry")
		if conclusion != "Not verified." || !strings.Contains(steps, want) {
			t.Errorf("%s: %s\n%s", want, conclusion, steps)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
	}
}
