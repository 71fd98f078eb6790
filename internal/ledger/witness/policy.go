package witness

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// Policy says which logs are trusted, and whose cosignatures a checkpoint of
// theirs needs: c2sp.org/tlog-policy. Make one with [ParsePolicy].
type Policy struct {
	logs      []Log
	witnesses []Known
	byName    map[string]*rule
	quorum    *rule // nil for none
}

// Log is a log that a policy trusts.
type Log struct {
	Verifier note.Verifier // its name is the log's origin
	URL      string        // "" when the policy names none
}

// Known is a witness that a policy knows.
type Known struct {
	Name     string // in the policy; means nothing outside
	Verifier *Verifier
	URL      string // where it takes checkpoints; "" when the policy names none
}

// rule is a witness, or a group of rules of which so many must hold.
type rule struct {
	name    string
	witness int // index among the policy's witnesses, where members is empty
	wanted  int
	members []*rule
	taken   bool // is a member already
}

// Logs are the logs that the policy trusts, in the order of the file.
func (p *Policy) Logs() []Log { return slices.Clone(p.logs) }

// Witnesses are the witnesses that the policy knows, in the order of the file.
func (p *Policy) Witnesses() []Known { return slices.Clone(p.witnesses) }

// Quorum is the name of what must have cosigned, or "none".
func (p *Policy) Quorum() string {
	if p.quorum == nil {
		return noQuorum
	}
	return p.quorum.name
}

// ForLog is the policy with the log of this key as the only one, for those who
// know the log from elsewhere. It is refused where the policy names logs and
// this one is not among them.
func (p *Policy) ForLog(v note.Verifier) (*Policy, error) {
	for _, l := range p.logs {
		if l.Verifier.Name() == v.Name() && l.Verifier.KeyHash() == v.KeyHash() {
			return p.with(l), nil
		}
	}
	if len(p.logs) > 0 {
		return nil, problem.New(problem.Invalid, "the policy does not name the log %s+%08x", v.Name(), v.KeyHash())
	}
	return p.with(Log{Verifier: v}), nil
}

func (p *Policy) with(l Log) *Policy {
	only := *p
	only.logs = []Log{l}
	return &only
}

// Cosigned is a checkpoint whose signatures have been looked at.
type Cosigned struct {
	Tree    ledger.Tree
	By      []Cosignature // in the order of the policy
	Missing []string      // witnesses of the policy that have not cosigned, by name
}

// Cosignature is that a witness of the policy has cosigned a checkpoint, and
// when it says that it did.
type Cosignature struct {
	Witness string
	Time    time.Time
}

// Verify checks that a signed checkpoint is one of a log of the policy and that
// the quorum has cosigned it, and returns what it says. The error names the
// witnesses that are missing. Signatures by keys that the policy does not know
// are passed over.
func (p *Policy) Verify(signed string) (ledger.Tree, error) {
	c, err := p.Open(signed)
	if err != nil {
		return ledger.Tree{}, err
	}
	if err := p.Met(c); err != nil {
		return ledger.Tree{}, err
	}
	return c.Tree, nil
}

// Open checks that a signed checkpoint is one of a log of the policy, and looks
// who has cosigned it. Whether they are enough is for [Policy.Met] to say.
func (p *Policy) Open(signed string) (*Cosigned, error) {
	if len(p.logs) == 0 {
		return nil, problem.New(problem.Invalid, "the policy names no log")
	}
	opened, err := note.Open([]byte(signed), note.VerifierList(p.verifiers()...))
	var bad *note.InvalidSignatureError
	var unsigned *note.UnverifiedNoteError
	switch {
	case errors.As(err, &bad):
		return nil, problem.New(problem.Invalid, "checkpoint: the signature of %s+%08x is not good", bad.Name, bad.Hash)
	case errors.As(err, &unsigned):
		return nil, p.notSigned()
	case err != nil:
		return nil, problem.New(problem.Invalid, "not a signed checkpoint: %v", err)
	}
	tree, err := ledger.ParseTree(opened.Text)
	if err != nil {
		return nil, problem.New(problem.Invalid, "%v", err)
	}
	c := &Cosigned{Tree: tree}
	if !slices.ContainsFunc(p.logs, func(l Log) bool { return l.Verifier.Name() == tree.Origin && signedBy(opened, l.Verifier) != nil }) {
		if slices.ContainsFunc(p.logs, func(l Log) bool { return signedBy(opened, l.Verifier) != nil }) {
			return nil, problem.New(problem.Invalid, "checkpoint is of log %q, and signed by another log of the policy", tree.Origin)
		}
		return nil, p.notSigned()
	}
	for _, w := range p.witnesses {
		if sig := signedBy(opened, w.Verifier); sig != nil {
			c.By = append(c.By, Cosignature{Witness: w.Name, Time: timeOf(sig)})
		} else {
			c.Missing = append(c.Missing, w.Name)
		}
	}
	return c, nil
}

func (p *Policy) notSigned() error {
	names := make([]string, len(p.logs))
	for i, l := range p.logs {
		names[i] = l.Verifier.Name()
	}
	return problem.New(problem.Invalid, "checkpoint is not signed by a log of the policy (%s)", strings.Join(names, ", "))
}

func (p *Policy) verifiers() []note.Verifier {
	var all []note.Verifier
	for _, l := range p.logs {
		all = append(all, l.Verifier)
	}
	for _, w := range p.witnesses {
		all = append(all, w.Verifier)
	}
	return all
}

// signedBy is the verified signature of a key, or nil. It leaves out the hash
// that a signature begins with.
func signedBy(n *note.Note, v note.Verifier) []byte {
	for _, s := range n.Sigs {
		if s.Name != v.Name() || s.Hash != v.KeyHash() {
			continue
		}
		if b, err := base64.StdEncoding.DecodeString(s.Base64); err == nil && len(b) > 4 {
			return b[4:]
		}
	}
	return nil
}

// Met is nil when those who cosigned are a quorum, and else an error that says
// how many of whom are missing.
func (p *Policy) Met(c *Cosigned) error {
	if p.quorum == nil {
		return nil
	}
	cosigned := map[string]bool{}
	for _, s := range c.By {
		cosigned[s.Witness] = true
	}
	if p.quorum.met(p, cosigned) {
		return nil
	}
	return problem.New(problem.Invalid, "quorum not met: %s", p.quorum.lack(p, cosigned))
}

func (r *rule) met(p *Policy, cosigned map[string]bool) bool {
	return len(r.members) == 0 && cosigned[p.witnesses[r.witness].Name] || len(r.members) > 0 && r.count(p, cosigned) >= r.wanted
}

func (r *rule) count(p *Policy, cosigned map[string]bool) int {
	n := 0
	for _, m := range r.members {
		if m.met(p, cosigned) {
			n++
		}
	}
	return n
}

// lack says what an unmet rule is short of.
func (r *rule) lack(p *Policy, cosigned map[string]bool) string {
	if len(r.members) == 0 {
		return fmt.Sprintf("witness %s is missing", r.name)
	}
	var names, deeper []string
	for _, m := range r.members {
		if m.met(p, cosigned) {
			continue
		}
		names = append(names, m.name)
		if len(m.members) > 0 {
			deeper = append(deeper, m.lack(p, cosigned))
		}
	}
	text := fmt.Sprintf("group %s has %d of the %d it wants; missing %s", r.name, r.count(p, cosigned), r.wanted, strings.Join(names, ", "))
	return strings.Join(append([]string{text}, deeper...), "; ")
}

// VerifyProof checks that leaf is in a log of the policy, under a checkpoint
// that a quorum has cosigned, and returns what the checkpoint says.
func (p *Policy) VerifyProof(proof *ledger.Proof, leaf []byte) (ledger.Tree, error) {
	tree, err := p.Verify(proof.Checkpoint)
	if err != nil {
		return ledger.Tree{}, err
	}
	if err := proof.Under(tree, leaf); err != nil {
		return ledger.Tree{}, problem.New(problem.Invalid, "%v", err)
	}
	return tree, nil
}
