package witness

import (
	"bytes"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"countersign.dev/internal/problem"
)

// maxLogs bounds how many logs one witness cosigns for.
const maxLogs = 10_000

// ParseLogs reads the list of logs that a witness cosigns for: the public key
// of one on each line, and after it what people call it. Empty lines are passed
// over, and those that begin with #. A log may have several keys, each on a
// line. The error is [problem.Invalid] and names the line.
func ParseLogs(b []byte) ([]Watched, error) {
	var all []Watched
	lines := map[string]int{} // by key
	for i, line := range bytes.Split(b, []byte("\n")) {
		text := strings.TrimSpace(string(line))
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		w, err := parseLog(text)
		if err == nil && len(all) == maxLogs {
			err = fmt.Errorf("more than %d logs", maxLogs)
		}
		if err != nil {
			return nil, problem.New(problem.Invalid, "line %d: %v", i+1, err)
		}
		by := fmt.Sprintf("%s+%08x", w.Verifier.Name(), w.Verifier.KeyHash())
		if first, ok := lines[by]; ok {
			return nil, problem.New(problem.Invalid, "line %d: the key %s is on line %d already", i+1, by, first)
		}
		lines[by] = i + 1
		all = append(all, *w)
	}
	if len(all) == 0 {
		return nil, problem.New(problem.Invalid, "no log in it: want the public key of one on each line, as countersign.local/0123+89abcdef+AQ…")
	}
	return all, nil
}

func parseLog(text string) (*Watched, error) {
	word, name, _ := strings.Cut(text, " ")
	k, err := parseKey(word)
	if err != nil {
		return nil, err
	}
	if _, err := k.ed25519(algorithmEd25519); err != nil {
		return nil, err
	}
	v, err := note.NewVerifier(word)
	if err != nil {
		return nil, err
	}
	return &Watched{Verifier: v, Name: strings.TrimSpace(name)}, nil
}
