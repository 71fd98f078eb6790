package assessment

import (
	"cmp"
	"fmt"
	"slices"

	"countersign.dev/internal/assurance/catalogue"
)

// Progress is how far an application has come, for those who are to bring what
// is missing. It counts what somebody has to judge: heads follow by themselves,
// so that one open control is one and not three; a head counts only while it is
// itself in the way. Recommended controls have counts of their own.
type Progress struct {
	Summary     string          `json:"summary"` // "7 controls still unknown"
	Required    Tally           `json:"required"`
	Recommended Tally           `json:"recommended"`
	Groups      []GroupProgress `json:"groups"`
	// Declare is what must be declared, either way, before it is known whether
	// all that is asked applies; of recommended controls too. One declaration
	// often settles several controls.
	Declare []catalogue.Fact `json:"declare"`
	Waits   []Wait           `json:"waits"` // what is not met or unknown and required, those first that fail
}

// Tally is a number of controls, by status.
type Tally struct {
	Of            int `json:"of"`
	Met           int `json:"met"`
	NotMet        int `json:"not_met"`
	NotApplicable int `json:"not_applicable"`
	Unknown       int `json:"unknown"`
}

func (t *Tally) add(s Status) {
	t.Of++
	switch s {
	case Met:
		t.Met++
	case NotMet:
		t.NotMet++
	case NotApplicable:
		t.NotApplicable++
	default:
		t.Unknown++
	}
}

// Group is a part of a catalogue: the uppermost head of a control, or the
// catalogue where it has none.
type Group struct {
	Ref   string `json:"ref"` // "nistir-8425/IAC", "nistir-8425"
	Title string `json:"title"`
}

// GroupProgress is how far one group has come.
type GroupProgress struct {
	Group
	Required    Tally `json:"required"`
	Recommended Tally `json:"recommended"`
}

// Wait is a control that keeps an application from passing, and what it waits
// for.
type Wait struct {
	Ref     string           `json:"ref"`
	Title   string           `json:"title"`
	Group   Group            `json:"group"`
	Status  Status           `json:"status"` // not_met or unknown
	Why     string           `json:"why"`
	Declare []catalogue.Fact `json:"declare,omitempty"` // what must be declared first, either way
	Method  Method           `json:"method"`            // the weakest that will do
	Would   []string         `json:"would"`             // what would do, in words
}

// ProgressOf says how far an assessment has come.
func ProgressOf(a *Assessment) *Progress {
	p := &Progress{Groups: []GroupProgress{}, Declare: []catalogue.Fact{}, Waits: []Wait{}}
	at, declare := map[Group]int{}, map[string]bool{}
	for i := range a.Outcomes {
		o := &a.Outcomes[i]
		for _, f := range o.Undeclared {
			if !declare[f.Key] {
				declare[f.Key] = true
				p.Declare = append(p.Declare, f)
			}
		}
		if len(o.FollowsFrom) > 0 && !o.byItself() {
			continue
		}
		g, ok := at[o.group]
		if !ok {
			g, at[o.group] = len(p.Groups), len(p.Groups)
			p.Groups = append(p.Groups, GroupProgress{Group: o.group})
		}
		if !o.Required {
			p.Recommended.add(o.Status)
			p.Groups[g].Recommended.add(o.Status)
			continue
		}
		p.Required.add(o.Status)
		p.Groups[g].Required.add(o.Status)
		if o.Status == NotMet || o.Status == Unknown {
			p.Waits = append(p.Waits, o.wait())
		}
	}
	slices.SortStableFunc(p.Waits, func(a, b Wait) int {
		switch {
		case a.Status == b.Status:
			return 0
		case a.Status == NotMet:
			return -1
		}
		return 1
	})
	p.Summary = p.Required.summary(a.Passes)
	return p
}

// byItself reports whether a head is held up by something that is not below it:
// its own judgement, or a method that nothing below it has.
func (o *Outcome) byItself() bool {
	return o.Decided != nil && o.Status == NotMet || o.tooWeak
}

func (t *Tally) summary(passes bool) string {
	switch {
	case passes:
		return "all " + count(t.Of, "control") + " met or not applicable"
	case t.NotMet == 0 && t.Unknown == 0:
		return "nothing that is asked applies"
	case t.NotMet == 0:
		return count(t.Unknown, "control") + " still unknown"
	case t.Unknown == 0:
		return count(t.NotMet, "control") + " not met"
	}
	return count(t.NotMet, "control") + " not met, " + fmt.Sprint(t.Unknown) + " still unknown"
}

func (o *Outcome) wait() Wait {
	w := Wait{
		Ref: o.Ref, Title: o.Title, Group: o.group, Status: o.Status, Why: o.Reason,
		Declare: o.Undeclared, Method: cmp.Or(o.Least, Declared),
	}
	// What failed waits for the same method at least, since no weaker one undoes
	// it.
	if o.Status == NotMet && o.Method.rank() > w.Method.rank() {
		w.Method = o.Method
	}
	for _, f := range o.Undeclared {
		w.Would = append(w.Would, "a declaration whether this is so: "+f.Text)
	}
	if d := o.Decided; d != nil {
		w.Would = append(w.Would, "a later judgement of "+judgeOf(d)+", which found it not to be met")
	}
	w.Would = append(w.Would, o.evidence(w.Method)...)
	return w
}

// evidence is what would show that a control is met, by a method or a stronger
// one.
func (o *Outcome) evidence(least Method) []string {
	var out []string
	if a, ok := AssessorNamed(o.Automatic); ok && least.rank() <= Automated.rank() {
		out = append(out, a.Wants)
	}
	if least == Declared {
		return append(out, "a statement of the maker, with a document that names the release")
	}
	return append(out, "a test report that names the release, of an accredited laboratory that is not the maker's own")
}
