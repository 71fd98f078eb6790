package console

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/policy"
	"countersign.dev/internal/problem"
)

type decisionView struct {
	Digest, Subject, Purpose string
	Verdict                  policy.Verdict
	Because                  string
	At, Known                access.Date
	Position                 int64
	ChangesOn                access.Date
	Policies                 []decision.PolicyAnswer
	Engine                   string
	Entry                    *ledger.Entry
	Reasons                  []reasonView
	Text                     string // the decision's bytes, indented
	Again                    string // address of the same question
	Outcome                  *outcomeView
	Problem                  string
}

// outcomeView is what a replay found.
type outcomeView struct {
	Class, Word, Says string
	Differences       []decision.Difference
}

// decide records the answer to the question that a party's page was about.
func (c *Console) decide(w http.ResponseWriter, r *http.Request) error {
	m, err := c.momentOf(r.PostForm)
	if err != nil {
		return err
	}
	subject := strings.TrimSpace(r.PostFormValue("subject"))
	if subject == "" {
		return problem.New(problem.Invalid, "subject: must not be empty")
	}
	purpose, err := purposeOf(r.PostFormValue("purpose"))
	if err != nil {
		return err
	}
	a, err := c.questions.Decide(r.Context(), m.ask(r), Question{Subject: subject, Purpose: purpose})
	if err != nil {
		return err
	}
	if a.Decision == nil {
		return fmt.Errorf("decide on %q: no digest of the recorded decision", subject)
	}
	if r.PostFormValue("next") == "bundle" {
		see(w, r, "/decisions/%s/bundle", *a.Decision)
		return nil
	}
	see(w, r, "/decisions/%s", *a.Decision)
	return nil
}

// decision is the page of a recorded decision; with replay=1 it decides again
// and compares.
func (c *Console) decision(w http.ResponseWriter, r *http.Request) error {
	digest := r.PathValue("digest")
	b, e, err := c.questions.Decision(r.Context(), c.anyTime(r), digest)
	if err != nil {
		return err
	}
	d, err := decision.ParseRecord(b)
	if err != nil {
		return fmt.Errorf("decision %s: %w", digest, err)
	}
	v := decisionViewOf(d, e, b)
	if r.URL.Query().Get("replay") != "" {
		o, err := c.questions.Replay(r.Context(), c.anyTime(r), e.Digest)
		if err != nil {
			return err
		}
		v.Outcome = outcomeOf(o)
	}
	return c.show(w, r, c.present(), "decision", "Decision on "+v.Subject, v)
}

func decisionViewOf(d *decision.Recorded, e *ledger.Entry, b []byte) decisionView {
	v := decisionView{
		Digest: e.Digest, Entry: e, Subject: cmp.Or(d.Subject.Name, d.Query), Verdict: d.Verdict,
		At: d.At, Known: d.Known, Position: d.Position, Engine: d.Engine, Policies: d.Policies, Text: string(b),
	}
	again := Moment{given: []field{{"at", string(d.At)}, {"known", string(d.Known)}}}
	if d.Purpose != nil {
		v.Purpose = *d.Purpose
	}
	v.Again = again.Link("/party", "subject", d.Query, "purpose", v.Purpose)
	if d.ChangesOn != nil {
		v.ChangesOn = *d.ChangesOn
	}
	for _, reason := range d.Reasons {
		reason.Because = sentence(reason.Because)
		v.Reasons = append(v.Reasons, reasonView{reason})
	}
	if len(v.Reasons) > 0 {
		v.Because = v.Reasons[0].Because
	} else {
		v.Because = "No rule of the policies that were asked spoke against it."
	}
	var indented bytes.Buffer
	if json.Indent(&indented, b, "", "  ") == nil {
		v.Text = indented.String()
	}
	return v
}

func outcomeOf(o *decision.Outcome) *outcomeView {
	v := &outcomeView{Word: words(string(o.Result)), Differences: o.Differences}
	switch o.Result {
	case decision.Same:
		v.Class, v.Says = "good", "The same documents and policy give the same decision."
	case decision.OtherEngine:
		v.Says = "Another version of this program made it, which may rightly answer otherwise."
	default:
		v.Class, v.Says = "bad", "The same documents and policy no longer give this decision. That should not happen: tell whoever runs this node."
	}
	return v
}

func (c *Console) decisionJSON(w http.ResponseWriter, r *http.Request) error {
	b, e, err := c.questions.Decision(r.Context(), c.anyTime(r), r.PathValue("digest"))
	if err != nil {
		return err
	}
	return download(w, "application/json", "decision-"+plainDigest(e.Digest)+".json", b)
}

func (c *Console) decisionBundle(w http.ResponseWriter, r *http.Request) error {
	digest := r.PathValue("digest")
	b, err := c.questions.Bundle(r.Context(), c.anyTime(r), digest)
	if err != nil {
		return err
	}
	return download(w, "application/octet-stream", "decision-"+plainDigest(digest)+".bundle", b)
}

// plainDigest is enough of a digest for a file's name.
func plainDigest(digest string) string {
	hexed := strings.TrimPrefix(digest, "sha256:")
	return hexed[:min(12, len(hexed))]
}
