package assessment

import (
	"cmp"
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/catalogue"
)

// Weighed is a judgement and what it is worth for the control that it is of.
type Weighed struct {
	Judgement
	Counts bool   `json:"counts"`
	As     Method `json:"as,omitempty"`  // the method it counts as
	Why    string `json:"why,omitempty"` // it does not count, or counts as something else than it claims
	// Left is its evidence that does not count.
	Left []Left `json:"left,omitempty"`
}

// Left is a piece of evidence that was left out of account.
type Left struct {
	Digest string `json:"digest"`
	Why    string `json:"why"`
}

// compare is a total order: what counts first, then the stronger method, then
// that of [Judgement].
func (w *Weighed) compare(v *Weighed) int {
	if w.Counts != v.Counts {
		if w.Counts {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(v.As.rank(), w.As.rank()), w.Judgement.compare(&v.Judgement))
}

// scale weighs judgements about one subject on one day.
type scale struct {
	subject *Subject
	binding *binding
	on      access.Date
}

// weigh says what a judgement is worth for a control, before it is set against
// others. One that claims "not applicable" or "unknown" never counts by itself:
// the first is computed and the second finds nothing out.
func (s *scale) weigh(asked *catalogue.Selected, j *Judgement) Weighed {
	w := Weighed{Judgement: *j}
	if j.On > s.on {
		w.Why = "it was made on " + string(j.On) + ", after " + string(s.on)
		return w
	}
	var names, supports, backed bool // a release; on the day; by an accredited laboratory
	for i := range j.Evidence {
		e := &j.Evidence[i]
		if !s.binding.about(e.About) {
			w.Left = append(w.Left, Left{e.Digest, "it names no release of the subject"})
			continue
		}
		names = true
		if why := s.lapsed(e); why != "" {
			w.Left = append(w.Left, Left{e.Digest, why})
			continue
		}
		supports = true
		backed = backed || s.report(e, j.On)
	}
	w.As, w.Why = s.method(asked, j, backed)
	if w.As == "" {
		return w
	}
	switch j.Status {
	case Met:
		if why := s.unfounded(j, &w, supports); why != "" {
			w.Why = why
			return w
		}
	case NotMet:
		// A failure needs no document, but one that is shown by documents about
		// something else is a failure of something else.
		if len(j.Evidence) > 0 && !names {
			w.Why = "none of its evidence names a release of the subject"
			return w
		}
	case NotApplicable, Unknown:
		return w
	}
	w.Counts = true
	return w
}

// unfounded says why a judgement of "met" does not stand on the day.
func (s *scale) unfounded(j *Judgement, w *Weighed, supports bool) string {
	switch {
	case j.Until != "" && j.Until <= s.on:
		return "it held until " + string(j.Until)
	case len(j.Evidence) == 0:
		return "it rests on no evidence"
	case !supports && len(w.Left) == 1:
		return "its evidence does not count: " + w.Left[0].Why
	case !supports:
		return "none of its evidence counts: " + w.Left[0].Why
	}
	return ""
}

// lapsed says why evidence is not valid on the day.
func (s *scale) lapsed(e *Evidence) string {
	switch {
	case e.ValidUntil != "" && e.ValidUntil <= s.on:
		return "it was valid until " + string(e.ValidUntil)
	case e.ValidFrom > s.on:
		return "it is valid from " + string(e.ValidFrom)
	}
	return ""
}

// report reports whether evidence is that of an independent laboratory which was
// accredited when it made it; where the document gives no day of its own, when
// the judgement was made.
func (s *scale) report(e *Evidence, judged access.Date) bool {
	if e.Signer == "" || s.subject.own(e.Signer) {
		return false
	}
	ok, _ := s.subject.accredited(e.Signer, cmp.Or(e.ValidFrom, judged))
	return ok
}

// method is what a judgement counts as, by who made it: "" for nothing, and why.
func (s *scale) method(asked *catalogue.Selected, j *Judgement, backed bool) (Method, string) {
	own := s.subject.own(j.Organisation)
	switch j.Role {
	case RoleAutomatic:
		if j.Assessor != asked.Automatic {
			return "", "the profile does not let the automatic assessor " + j.Assessor + " judge it"
		}
		if own {
			return asDeclared(j, "it is the maker's own")
		}
		return Automated, ""
	case RoleMaker:
		if !own {
			return "", j.Organisation + " is not the maker"
		}
		return asDeclared(j, "it is the maker's own")
	}
	switch {
	case j.Organisation == "":
		return "", "it does not say for which organisation"
	case own:
		return "", "nobody judges its own product as " + string(j.Role)
	case j.Role == RoleLaboratory:
		if ok, why := s.subject.accredited(j.Organisation, j.On); !ok {
			return "", why
		}
		return j.Method, ""
	case j.Method == Laboratory && backed:
		return Laboratory, ""
	case j.Method == Laboratory:
		return asDeclared(j, "no report of an accredited laboratory is in its evidence")
	}
	return asDeclared(j, "it is no program's")
}

// asDeclared is the weakest method, with a reason when more is claimed.
func asDeclared(j *Judgement, why string) (Method, string) {
	if j.Method == Declared {
		return Declared, ""
	}
	return Declared, "it counts as declared: " + why
}

// weighAll weighs the judgements of one control, in their order of weight.
func (s *scale) weighAll(asked *catalogue.Selected, judgements []*Judgement) []Weighed {
	out := make([]Weighed, len(judgements))
	for i, j := range judgements {
		out[i] = s.weigh(asked, j)
	}
	slices.SortFunc(out, func(a, b Weighed) int { return a.compare(&b) })
	return out
}
