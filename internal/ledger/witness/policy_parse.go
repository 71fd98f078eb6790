package witness

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"countersign.dev/internal/problem"
)

// Bounds of a policy. c2sp.org/tlog-policy asks for 32 of each at least; a
// signed note may have no more than 100 signatures.
const (
	maxPolicy  = 1 << 20 // bytes
	maxDefined = 64      // logs, witnesses and groups, each
)

// noQuorum is the name that stands for no cosignature at all.
const noQuorum = "none"

// ParsePolicy reads a policy in the form of c2sp.org/tlog-policy. The error is
// [problem.Invalid] and names the line.
func ParsePolicy(b []byte) (*Policy, error) {
	if len(b) > maxPolicy {
		return nil, problem.New(problem.Invalid, "policy of %d bytes is longer than the %d that are read", len(b), maxPolicy)
	}
	r := &policyReader{policy: &Policy{byName: map[string]*rule{}}, keys: map[string]int{}}
	for i, line := range bytes.Split(b, []byte("\n")) {
		r.line = i + 1
		if err := r.read(line); err != nil {
			return nil, problem.New(problem.Invalid, "policy line %d: %v", r.line, err)
		}
	}
	if r.quorum == 0 {
		return nil, problem.New(problem.Invalid, "policy has no quorum line; without cosignatures say quorum none")
	}
	return r.policy, nil
}

type policyReader struct {
	policy *Policy
	line   int
	quorum int            // the line of it, 0 before
	groups int            // so far
	keys   map[string]int // lines by kind and public key, and by how signatures name the key
}

// read takes one line.
func (r *policyReader) read(line []byte) error {
	for i, c := range line {
		if c < 0x20 && c != '\t' || c == 0x7f {
			return fmt.Errorf("byte %d is a control character (0x%02x)", i+1, c)
		}
	}
	// Not strings.Fields: only spaces and tabs part the words.
	words := strings.FieldsFunc(string(line), func(c rune) bool { return c == ' ' || c == '\t' })
	if len(words) == 0 || strings.HasPrefix(words[0], "#") {
		return nil
	}
	switch words[0] {
	case "log":
		return r.log(words[1:])
	case "witness":
		return r.witness(words[1:])
	case "group":
		return r.group(words[1:])
	case "quorum":
		return r.setQuorum(words[1:])
	}
	return fmt.Errorf("%.40q: want log, witness, group or quorum", words[0])
}

func (r *policyReader) log(words []string) error {
	if len(words) < 1 || len(words) > 2 {
		return fmt.Errorf("want log KEY [URL]")
	}
	if len(r.policy.logs) == maxDefined {
		return fmt.Errorf("more than %d logs", maxDefined)
	}
	v, err := r.logKey(words[0])
	if err != nil {
		return err
	}
	r.policy.logs = append(r.policy.logs, Log{Verifier: v, URL: second(words)})
	return nil
}

// logKey reads the public key of a log.
func (r *policyReader) logKey(text string) (note.Verifier, error) {
	k, err := parseKey(text)
	if err != nil {
		return nil, err
	}
	if _, err := k.ed25519(algorithmEd25519); err != nil {
		return nil, err
	}
	if err := r.once("log", k); err != nil {
		return nil, err
	}
	return note.NewVerifier(text)
}

// once refuses a key that another line of the same kind has, under whatever
// name, and one whose signatures could not be told from another's.
func (r *policyReader) once(kind string, k *key) error {
	by := kind + string(k.material)
	if line, ok := r.keys[by]; ok {
		return fmt.Errorf("the key of %s is that of line %d", k.name, line)
	}
	r.keys[by] = r.line
	by = fmt.Sprintf("%s+%08x", k.name, k.hash)
	if line, ok := r.keys[by]; ok {
		return fmt.Errorf("%s is the name and hash of the key of line %d too", by, line)
	}
	r.keys[by] = r.line
	return nil
}

func (r *policyReader) witness(words []string) error {
	if len(words) < 2 || len(words) > 3 {
		return fmt.Errorf("want witness NAME KEY [URL]")
	}
	if len(r.policy.witnesses) == maxDefined {
		return fmt.Errorf("more than %d witnesses", maxDefined)
	}
	k, err := parseKey(words[1])
	if err != nil {
		return err
	}
	if err := r.once("witness", k); err != nil {
		return err
	}
	v, err := NewVerifier(words[1])
	if err != nil {
		return err
	}
	if err := r.define(&rule{name: words[0], witness: len(r.policy.witnesses)}); err != nil {
		return err
	}
	r.policy.witnesses = append(r.policy.witnesses, Known{Name: words[0], Verifier: v, URL: second(words[1:])})
	return nil
}

func second(words []string) string {
	if len(words) < 2 {
		return ""
	}
	return words[1]
}

// define gives a witness or group its name.
func (r *policyReader) define(u *rule) error {
	if u.name == noQuorum {
		return fmt.Errorf("the name none means that nobody has to cosign; choose another")
	}
	if r.policy.byName[u.name] != nil {
		return fmt.Errorf("%q is defined already", u.name)
	}
	r.policy.byName[u.name] = u
	return nil
}

func (r *policyReader) group(words []string) error {
	if len(words) < 3 {
		return fmt.Errorf("want group NAME all|any|NUMBER MEMBER...")
	}
	if r.groups++; r.groups > maxDefined {
		return fmt.Errorf("more than %d groups", maxDefined)
	}
	g := &rule{name: words[0]}
	for _, name := range words[2:] {
		m := r.policy.byName[name]
		switch {
		case name == noQuorum:
			return fmt.Errorf("none cannot be a member")
		case m == nil:
			return fmt.Errorf("%q is not defined on a line above", name)
		case m.taken:
			return fmt.Errorf("%q is a member already; each can be one only once", name)
		}
		m.taken = true
		g.members = append(g.members, m)
	}
	var err error
	if g.wanted, err = threshold(words[1], len(g.members)); err != nil {
		return err
	}
	return r.define(g)
}

func threshold(word string, members int) (int, error) {
	switch word {
	case "all":
		return members, nil
	case "any":
		return 1, nil
	}
	n, err := strconv.ParseUint(word, 10, 16)
	if err != nil {
		return 0, fmt.Errorf("%.40q: want all, any or a number", word)
	}
	if n < 1 || n > uint64(members) {
		return 0, fmt.Errorf("%d of %d members cannot be wanted", n, members)
	}
	return int(n), nil
}

func (r *policyReader) setQuorum(words []string) error {
	if len(words) != 1 {
		return fmt.Errorf("want quorum NAME")
	}
	if r.quorum != 0 {
		return fmt.Errorf("the quorum is set on line %d already", r.quorum)
	}
	r.quorum = r.line
	if words[0] == noQuorum {
		return nil
	}
	if r.policy.quorum = r.policy.byName[words[0]]; r.policy.quorum == nil {
		return fmt.Errorf("%q is not defined on a line above", words[0])
	}
	return nil
}
