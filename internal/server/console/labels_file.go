package console

import (
	"cmp"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/label"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
)

// labelFileView is the page of one label, for those who have a part in it.
type labelFileView struct {
	openView
	Problem  string
	Title    string
	Address  string          // of this page
	Releases []label.Release // that it covers, or is asked for
	Acts     []actView
	Amend    *amendView    // nil for whom may not
	Tried    node.LabelAct // what was filled in and refused
	Evidence string        // of it, as typed
	Amended  *amendView    // likewise, of a change
	History  []labelEventView
}

// actView is one form by which a label is acted upon.
type actView struct {
	Kind   label.Kind
	Verb   string
	Says   string
	Public bool
	Ground []label.Ground // to choose among
	By     bool           // asks for another label
	For    bool           // for good: asks to be told twice
	Tried  *node.LabelAct
}

// amendView is the form by which what a label says is changed.
type amendView struct {
	Releases   []releaseField
	SupportEnd access.Date
	Reason     string
	Open       bool
}

// labelEventView is one event of the history, or several judgements of one
// person in a row, of which the last.
type labelEventView struct {
	*label.Event
	No   string
	Says string
	Tone string
}

// labelFile is the page of one label.
func (c *Console) labelFile(w http.ResponseWriter, r *http.Request) error {
	f, err := c.questions.LabelFile(r.Context(), nowOf(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	return c.showLabelFile(w, r, http.StatusOK, f, labelFileView{})
}

func (c *Console) showLabelFile(w http.ResponseWriter, r *http.Request, status int, f *node.LabelFile, v labelFileView) error {
	v.openView, v.Title, v.Address = openOf(f, access.Date(c.today())), productName(f.Application), "/labelling/"+f.Label
	for _, a := range actsOf(f) {
		if a.Kind == v.Tried.Kind {
			a.Tried = &v.Tried
		}
		v.Acts = append(v.Acts, a)
	}
	v.Releases = f.Application.Releases
	if f.Terms != nil {
		v.Releases = f.Terms.Releases
	}
	if f.May.Does(label.Suspended) { // the authority, while the label is in use
		v.Amend = cmp.Or(v.Amended, &amendView{Releases: releaseFields(v.Releases, nil)})
	}
	v.History = historyOf(f.Events)
	return c.pages.write(w, status, "label", "layout", c.frame(r, c.present(), v.Title, v))
}

// historyOf is the events of a label, with judgements in a row as one line.
func historyOf(events []*label.Event) []labelEventView {
	var out []labelEventView
	first := 0 // sequence of the first judgement in the row
	for _, e := range events {
		v := labelEventView{e, strconv.Itoa(e.Sequence), e.Reason, eventTone(e.Kind)}
		if n := len(out); n > 0 && e.Kind == label.Judged && out[n-1].Kind == label.Judged && out[n-1].Actor == e.Actor {
			v.No, v.Says = strconv.Itoa(first), fmt.Sprintf("controls were judged %d times, by the events %d to %d", e.Sequence-first+1, first, e.Sequence)
			out[n-1] = v
			continue
		}
		first = e.Sequence
		out = append(out, v)
	}
	return out
}

// eventTone is the tone of an event, as of the status it leads to.
func eventTone(k label.Kind) string {
	switch k {
	case label.Issued, label.Reinstated, label.Cleared:
		return "allow"
	case label.Suspended, label.Warned, label.Tested:
		return "review"
	case label.Offered, label.Assessed:
		return "stayed"
	case label.Revoked, label.Withdrawn:
		return "deny"
	case label.Applied, label.Judged:
		return "pending"
	}
	return "ended"
}

// actsOf is the forms for what the reader may do to a label.
func actsOf(f *node.LabelFile) []actView {
	issued := f.Status.IsPublic()
	all := []actView{
		{Kind: label.Reinstated, Verb: "Give back", Ground: f.Grounds, Says: "A ground is closed from the day you name; of one for which reinstatement is offered, from the day of the offer when you name none."},
		{Kind: label.Cleared, Verb: "Clear a warning", Ground: f.Warnings, Says: "What the label was warned of is remedied."},
		{Kind: label.Suspended, Verb: "Suspend", Says: "The label says so at once, and its status list within the hour."},
		{Kind: label.Tested, Verb: "Report a failed test", Says: "The scheme's days to cure begin; then the label is suspended."},
		{Kind: label.Superseded, Verb: "Supersede", By: true, For: true, Says: "Another label of the same product takes its place, for good."},
		{Kind: label.Withdrawn, Verb: "Withdraw", For: true, Says: "For good: nothing more can be done to it."},
		{Kind: label.Revoked, Verb: "Revoke", For: true, Says: "For good: nothing more can be done to it. The reason stands in the registry for as long as there is one."},
	}
	out := []actView{}
	for _, a := range all {
		if f.May.Does(a.Kind) {
			a.Public = issued
			out = append(out, a)
		}
	}
	return out
}

// act does to a label what its form says, and leads back to the label's page.
// What is refused leaves the form as it was filled in.
func (c *Console) act(w http.ResponseWriter, r *http.Request) error {
	id := value(r, "id")
	f, err := c.questions.LabelFile(r.Context(), nowOf(r), id)
	if err != nil {
		return err
	}
	act := node.LabelAct{
		Kind: label.Kind(value(r, "kind")), Ground: value(r, "ground"), On: access.Date(value(r, "on")), Reason: value(r, "reason"), Cite: value(r, "cite"), By: strings.ToUpper(value(r, "by")),
	}
	v := labelFileView{Tried: act, Evidence: value(r, "evidence")}
	err = c.actOn(r, f, act, v.Evidence)
	switch problem.KindOf(err) {
	case problem.Invalid, problem.Conflict:
		v.Problem = sentence(problem.Message(err))
		return c.showLabelFile(w, r, problem.Status(err), f, v)
	}
	if err != nil {
		return err
	}
	if value(r, "next") == "desk" {
		see(w, r, "/labelling#open")
		return nil
	}
	see(w, r, "/labelling/%s", f.Label)
	return nil
}

// amend changes which releases a label covers, or lengthens support.
func (c *Console) amend(w http.ResponseWriter, r *http.Request) error {
	f, err := c.questions.LabelFile(r.Context(), nowOf(r), value(r, "id"))
	if err != nil {
		return err
	}
	m := node.Amendment{Releases: readReleases(r), SupportEnd: access.Date(value(r, "support_end")), Reason: value(r, "reason")}
	if f.Terms != nil && reflect.DeepEqual(m.Releases, f.Terms.Releases) {
		m.Releases = nil // as they were
	}
	err = days(map[string]access.Date{"support end": m.SupportEnd})
	if err == nil {
		_, err = c.questions.Amend(r.Context(), nowOf(r), f.Label, m)
	}
	switch problem.KindOf(err) {
	case problem.Invalid, problem.Conflict:
		tried := &amendView{Releases: releaseFields(readReleases(r), nil), SupportEnd: m.SupportEnd, Reason: m.Reason, Open: true}
		return c.showLabelFile(w, r, problem.Status(err), f, labelFileView{Problem: sentence(problem.Message(err)), Amended: tried})
	}
	if err != nil {
		return err
	}
	see(w, r, "/labelling/%s", f.Label)
	return nil
}

func (c *Console) actOn(r *http.Request, f *node.LabelFile, act node.LabelAct, evidence string) error {
	if act.On != "" {
		if _, err := access.ParseDate(string(act.On)); err != nil {
			return problem.Wrap(problem.Invalid, err, "effective")
		}
	}
	for _, a := range actsOf(f) {
		if a.Kind == act.Kind && a.For && value(r, "sure") == "" {
			return problem.New(problem.Invalid, "%s: it is for good; tick that you mean it", strings.ToLower(a.Verb))
		}
	}
	for _, text := range strings.Fields(evidence) {
		digest, err := ledger.ParseDigest(text)
		if err != nil {
			return problem.Wrap(problem.Invalid, err, "evidence %q", text)
		}
		act.Evidence = append(act.Evidence, label.Evidence{Digest: digest})
	}
	_, err := c.questions.Act(r.Context(), nowOf(r), f.Label, act)
	return err
}
