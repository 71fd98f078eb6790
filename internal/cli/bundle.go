package cli

import (
	"fmt"

	"golang.org/x/mod/sumdb/note"

	"countersign.dev/internal/access"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/ledger/witness"
	"countersign.dev/internal/problem"
)

// bundleReport is what a verified bundle holds.
type bundleReport struct {
	Log       string             `json:"log"`  // origin
	Size      int64              `json:"size"` // of the log under the bundle's checkpoint
	Decision  string             `json:"decision"`
	Recorded  *decision.Recorded `json:"recorded"`
	Documents []bundledDocument  `json:"documents"`
}

type bundledDocument struct {
	Role string `json:"role"`
	ledger.Entry
	Withdrawn bool `json:"withdrawn"` // its body is not in the bundle
}

// verifyBundle checks an exported decision with nothing but the log's key, and
// with a policy that enough witnesses have cosigned.
func (a *app) verifyBundle(f *verifyFlags) error {
	path := f.bundle
	b, err := a.readFile(path)
	if err != nil {
		return err
	}
	opened, tree, err := a.openBundle(f, b)
	if err != nil {
		return err
	}
	report := bundleReport{Log: tree.Origin, Size: tree.Size}
	if err := report.fill(opened); err != nil {
		return problem.New(problem.Invalid, "%s: %v", path, err)
	}
	if a.wantsJSON() {
		return a.json(report)
	}
	a.bundle(&report)
	return nil
}

// openBundle verifies a bundle under the log's key, or under a policy, or both.
func (a *app) openBundle(f *verifyFlags, b []byte) ([]ledger.Opened, ledger.Tree, error) {
	key, policy, err := a.trusted(f)
	if err != nil {
		return nil, ledger.Tree{}, err
	}
	var opened []ledger.Opened
	var tree ledger.Tree
	if policy != nil {
		opened, tree, err = ledger.OpenBundleUnder(b, policy.Verify)
	} else {
		opened, tree, err = ledger.OpenBundle(b, key)
	}
	if err != nil {
		return nil, ledger.Tree{}, problem.New(problem.Invalid, "%s: %v", f.bundle, err)
	}
	return opened, tree, nil
}

// trusted is the key of the log that a bundle must be of, and the policy that
// its checkpoint must meet; one of them may be nil.
func (a *app) trusted(f *verifyFlags) (key note.Verifier, policy *witness.Policy, err error) {
	if f.key != "" {
		if key, err = a.verifierOf(f.key); err != nil {
			return nil, nil, err
		}
	}
	if f.policy == "" {
		return key, nil, nil
	}
	if policy, err = a.policy(f.policy); err != nil || key == nil {
		return nil, policy, err
	}
	if policy, err = policy.ForLog(key); err != nil {
		return nil, nil, problem.New(problem.KindOf(err), "%s: %v", f.policy, err)
	}
	return key, policy, nil
}

// fill finds the decision, and that all it names is there.
func (r *bundleReport) fill(opened []ledger.Opened) error {
	inside := map[string]bool{} // by role and digest
	for _, o := range opened {
		inside[o.Role+" "+o.Entry.Digest] = true
		r.Documents = append(r.Documents, bundledDocument{Role: o.Role, Entry: o.Entry, Withdrawn: o.Body == nil})
		if o.Role != "decision" {
			continue
		}
		if r.Recorded != nil {
			return fmt.Errorf("holds more than one decision")
		}
		recorded, err := decision.ParseRecord(o.Body)
		if err != nil {
			return err
		}
		r.Decision, r.Recorded = o.Entry.Digest, recorded
	}
	if r.Recorded == nil {
		return fmt.Errorf("holds no decision")
	}
	for _, p := range r.Recorded.Policies {
		if !inside["policy "+p.Digest] {
			return fmt.Errorf("policy %s (%s), which the decision names, is missing", p.Name, p.Digest)
		}
	}
	for _, e := range r.Recorded.Evidence {
		if !inside["evidence "+e.Digest] {
			return fmt.Errorf("document %d (%s), on which the decision rests, is missing", e.Position, e.Digest)
		}
	}
	return nil
}

func (a *app) bundle(r *bundleReport) {
	d := r.Recorded
	a.line("ok: %d documents, all in the log %s of %d", len(r.Documents), r.Log, r.Size)
	a.line("")
	subject := d.Query
	if d.Subject.ID != "" {
		subject = fmt.Sprintf("%s  %s", d.Subject.Name, d.Subject.ID)
	}
	a.paragraph("subject   ", subject)
	purpose := "every purpose"
	if d.Purpose != nil {
		purpose = *d.Purpose
	}
	a.line("asked     %s on %s, by what was published by %s, at position %d", purpose, d.At, d.Known, d.Position)
	a.line("verdict   %s%s", a.style(verdictColours[d.Verdict], string(d.Verdict)), changes(d.ChangesOn))
	for _, reason := range d.Reasons {
		a.paragraph("reason    ", fmt.Sprintf("%s: %s", reason.Verdict, reason.Because))
	}
	a.line("decision  %s", r.Decision)
	a.line("engine    %s", d.Engine)
	a.line("")
	rows := [][]string{{"document", "role", "source", "published", "digest"}}
	for _, doc := range r.Documents {
		digest := doc.Digest
		if doc.Withdrawn {
			digest += " (withdrawn)"
		}
		rows = append(rows, []string{position(doc.Position), doc.Role, doc.Source, string(doc.Published), digest})
	}
	a.table(rows)
}

// changes says when an answer changes, after its verdict.
func changes(on *access.Date) string {
	if on == nil {
		return ""
	}
	return ", changes on " + string(*on)
}
