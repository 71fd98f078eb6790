package assessment

import (
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/catalogue"
)

// Outcome is what is held of one control that the profile asks for.
type Outcome struct {
	Ref         string           `json:"ref"` // "nistir-8425/AI.1"
	Title       string           `json:"title"`
	Statement   string           `json:"statement"`
	Verify      string           `json:"verify,omitempty"` // what of the control's wording is still to be checked with the publication
	Required    bool             `json:"required"`         // else recommended: it decides nothing
	Tier        int              `json:"tier,omitempty"`   // the lowest that asks for it
	Least       Method           `json:"least,omitempty"`  // the weakest method that the profile takes; "" any
	Automatic   string           `json:"automatic,omitempty"`
	Status      Status           `json:"status"`
	Method      Method           `json:"method,omitempty"` // by which it was found out; of a head without a judgement of its own, the weakest below it
	Reason      string           `json:"reason"`
	Decided     *Weighed         `json:"decided,omitempty"`      // the judgement that decides; none for a head and where none does
	Others      []Weighed        `json:"others,omitempty"`       // that were weighed and do not decide
	Contested   bool             `json:"contested,omitempty"`    // one of the others counts and says the opposite
	Undeclared  []catalogue.Fact `json:"undeclared,omitempty"`   // that must be declared before anything is known
	Absent      []catalogue.Fact `json:"absent,omitempty"`       // that are declared not to be so, so that it does not apply
	FollowsFrom []string         `json:"follows_from,omitempty"` // of a head, the controls below it that decide it
	ChangesOn   access.Date      `json:"changes_on,omitempty"`   // first day on which its status is another if nothing is added; "" for none, and for a head

	group   Group // where it belongs in its catalogue
	tooWeak bool  // of a head: all below it is met, but not by the method that is asked of it
}

// decide judges a control by itself, without regard to what is below it.
func (s *scale) decide(asked *catalogue.Selected, when []catalogue.Fact, judgements []*Judgement) Outcome {
	o := Outcome{
		Ref: asked.Ref(), Title: asked.Control.Title, Statement: asked.Control.Statement, Verify: asked.Control.Verify,
		Required: asked.Required, Tier: asked.Tier, Least: Method(asked.Method), Automatic: asked.Automatic,
		Status: Unknown, Others: s.weighAll(asked, judgements),
	}
	for _, f := range when {
		switch so, said := s.subject.Declared[f.Key]; {
		case !said:
			o.Undeclared = append(o.Undeclared, f)
		case !so:
			o.Absent = append(o.Absent, f)
		}
	}
	if len(o.Absent) > 0 {
		o.Undeclared = nil // one fact that is not so settles it
	}
	o.refuseClaims()
	at := o.verdict(func(w *Weighed) bool { return len(o.Absent) > 0 && s.subject.own(w.Organisation) })
	switch {
	case len(o.Undeclared) > 0:
		o.Reason = "it is not declared whether this is so: " + texts(o.Undeclared)
	case at >= 0 && (len(o.Absent) == 0 || o.Others[at].Status == NotMet):
		// What is declared not to be there is a declaration like others: who is not
		// the maker, looked and found a failure shows that it is there.
		o.decideBy(at)
	case len(o.Absent) > 0:
		o.Status, o.Method = NotApplicable, Declared
		o.Reason = "it does not apply, because this is declared not to be so: " + texts(o.Absent)
	default:
		o.Reason = o.missing()
	}
	return o
}

// refuseClaims says of each judgement that claims that the control does not
// apply why it does not count: what is declared of the product decides that.
func (o *Outcome) refuseClaims() {
	for i := range o.Others {
		w := &o.Others[i]
		switch {
		case w.Status != NotApplicable || w.As == "": // another claim, or one that has a reason already
		case len(o.Absent) > 0:
			w.Why = "what is declared of the product decides whether the control applies; it agrees"
		case len(o.Undeclared) > 0:
			w.Why = "it claims that the control does not apply, which follows from a declaration that is not there: " + texts(o.Undeclared)
		default:
			w.Why = "it claims that the control does not apply, against what is declared and the catalogue says"
		}
	}
}

// verdict is the place of the judgement that decides, -1 when none does: the
// first failure that is not answered or the first success, of the strongest
// method that has either. A success says nothing of what came after it: a failure
// that is known to have begun later decides, by whatever method. A success by a
// method too weak for the profile does not decide. Those to skip are not asked.
func (o *Outcome) verdict(skip func(*Weighed) bool) int {
	met := -1
	for i := range o.Others {
		w := &o.Others[i]
		if !w.Counts {
			break // what counts comes first
		}
		switch {
		case skip(w):
		case w.Status == Met && met < 0:
			met = i
		case w.Status != NotMet || o.answered(w):
		case met < 0 || w.As == o.Others[met].As || w.Since > o.Others[met].On:
			return i
		}
	}
	if met >= 0 && o.Others[met].As.rank() < o.Least.rank() {
		return -1
	}
	return met
}

// answered reports whether a failure was made good in the eyes of those who
// found it: the same organisation, by the same method, on a later day. Of the
// node's own programs, the same program.
func (o *Outcome) answered(failure *Weighed) bool {
	for i := range o.Others {
		w := &o.Others[i]
		if w.Counts && w.Status == Met && w.As == failure.As && w.On > failure.On &&
			w.Organisation == failure.Organisation && (w.Role != RoleAutomatic || w.Assessor == failure.Assessor) {
			return true
		}
	}
	return false
}

// decideBy moves the judgement at a place from the others to the one that
// decides.
func (o *Outcome) decideBy(at int) {
	w := o.Others[at]
	o.Others = append(o.Others[:at], o.Others[at+1:]...)
	o.Decided, o.Status, o.Method = &w, w.Status, w.As
	o.Reason = w.Reason
	if o.Reason == "" {
		o.Reason = map[Status]string{Met: "found to be met", NotMet: "found not to be met"}[w.Status]
	}
	if len(o.Absent) > 0 {
		o.Reason += "; it applies although this is declared not to be so: " + texts(o.Absent)
	}
	for i := range o.Others {
		v := &o.Others[i]
		o.Contested = o.Contested || v.Counts && v.Status != w.Status && !settled(&w, v)
	}
}

// settled reports whether a later judgement of the same judge took an earlier
// one back.
func settled(by, earlier *Weighed) bool {
	return by.Organisation == earlier.Organisation && by.As == earlier.As && by.On > earlier.On
}

// missing says why a control is unknown that nothing decides.
func (o *Outcome) missing() string {
	for i := range o.Others {
		if w := &o.Others[i]; w.Counts && w.Status == Met {
			return "it is found to be met, but as " + string(w.As) + ": the profile asks for " + string(o.Least)
		}
	}
	for i := range o.Others {
		if w := &o.Others[i]; w.Status != Unknown && w.Why != "" {
			return "a judgement of " + judgeOf(w) + " does not count: " + w.Why
		}
	}
	for i := range o.Others {
		if w := &o.Others[i]; w.Status == Unknown && w.As != "" && w.Reason != "" {
			return w.Reason
		}
	}
	return "nobody has judged it"
}

// judgeOf is who judged, for a sentence.
func judgeOf(w *Weighed) string {
	if w.Organisation != "" {
		return w.Organisation
	}
	return w.Assessor
}

// texts is facts as part of a sentence.
func texts(facts []catalogue.Fact) string {
	parts := make([]string, len(facts))
	for i, f := range facts {
		parts[i] = f.Text
	}
	return strings.Join(parts, "; ")
}
