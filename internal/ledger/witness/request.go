package witness

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"countersign.dev/internal/ledger"
)

// MaxRequest bounds a request to a witness, in bytes: 63 hashes are 3 KiB, and
// a checkpoint with the cosignatures of a hundred witnesses is under 20.
const MaxRequest = 64 << 10

// request is what a log sends to a witness, in the form of
// c2sp.org/tlog-witness.
type request struct {
	old        int64 // size that the proof begins at
	proof      tlog.TreeProof
	checkpoint string // signed
}

// String writes the request.
func (r *request) String() string {
	return fmt.Sprintf("old %d\n%s\n%s", r.old, ledger.FormatConsistency(r.proof), r.checkpoint)
}

// parseRequest reads a request. It does not look into the checkpoint.
func parseRequest(text string) (*request, error) {
	if len(text) > MaxRequest {
		return nil, fmt.Errorf("request is longer than %d bytes", MaxRequest)
	}
	first, rest, ok := strings.Cut(text, "\n")
	number, word := strings.CutPrefix(first, "old ")
	if !ok || !word {
		return nil, errors.New(`line 1: want "old SIZE"`)
	}
	old, err := parseSize(number)
	if err != nil {
		return nil, fmt.Errorf("line 1: %w", err)
	}
	// A proof of no lines leaves nothing before the empty line.
	hashes, checkpoint, ok := strings.Cut("\n"+rest, "\n\n")
	if !ok {
		return nil, errors.New("want an empty line between proof and checkpoint")
	}
	r := &request{old: old, checkpoint: checkpoint}
	if hashes != "" {
		if r.proof, err = ledger.ParseConsistency(hashes[1:] + "\n"); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// parseSize reads the size of a log, which has one way to be written.
func parseSize(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != text {
		return 0, fmt.Errorf("size %.40q: want a whole number from 0 without leading zeroes", text)
	}
	return n, nil
}
