package ledger

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// maxConsistency is how many hashes c2sp.org/tlog-witness allows in a
// consistency proof: a log is at most 63 levels high.
const maxConsistency = 63

// FormatConsistency writes a consistency proof as c2sp.org/tlog-witness does: a
// hash in base64 on each line.
func FormatConsistency(proof tlog.TreeProof) string {
	var b strings.Builder
	for _, h := range proof {
		b.WriteString(base64.StdEncoding.EncodeToString(h[:]) + "\n")
	}
	return b.String()
}

// ParseConsistency reads a consistency proof, a hash in base64 on each line.
// The proof between two logs of one size has none.
func ParseConsistency(text string) (tlog.TreeProof, error) {
	if text == "" {
		return nil, nil
	}
	if !strings.HasSuffix(text, "\n") {
		return nil, errors.New("consistency proof: its last line has no end")
	}
	if n := strings.Count(text, "\n"); n > maxConsistency {
		return nil, fmt.Errorf("consistency proof of %d hashes is longer than any tree is high", n)
	}
	var proof tlog.TreeProof
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		h, ok := parseHash(line)
		if !ok {
			return nil, fmt.Errorf("consistency proof line %d: not a hash in base64", i+1)
		}
		proof = append(proof, h)
	}
	return proof, nil
}

// CheckConsistency checks that a log only grew from the older of two trees to
// the newer. Both must have been verified to be of one log; a newer tree that
// is shorter is refused.
func CheckConsistency(proof tlog.TreeProof, older, newer Tree) error {
	switch {
	case older.Origin != newer.Origin:
		return fmt.Errorf("%s and %s are different logs", older.Origin, newer.Origin)
	case newer.Size < older.Size:
		return fmt.Errorf("the log of %d is older than that of %d: it cannot have grown from it", newer.Size, older.Size)
	case older.Size == 0 || newer.Size == older.Size:
		if len(proof) > 0 {
			return fmt.Errorf("no hash is wanted to get from size %d to %d", older.Size, newer.Size)
		}
		if newer.Size == older.Size && newer.Root != older.Root {
			return fmt.Errorf("two logs of %d with different roots: history was rewritten", newer.Size)
		}
		return nil
	}
	if err := tlog.CheckTree(proof, newer.Size, newer.Root, older.Size, older.Root); err != nil {
		return fmt.Errorf("the log of %d does not begin with that of %d: history was rewritten, or this is not the proof: %w", newer.Size, older.Size, err)
	}
	return nil
}
