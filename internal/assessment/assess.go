package assessment

import (
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/catalogue"
	"countersign.dev/internal/problem"
)

// Assessment is what is held of a subject by the controls of a profile on a day.
// The counts are of the required controls only, heads included.
type Assessment struct {
	Profile       Source      `json:"profile"`
	Catalogues    []Source    `json:"catalogues"` // that the controls are of
	Tier          int         `json:"tier,omitempty"`
	On            access.Date `json:"on"`
	Outcomes      []Outcome   `json:"outcomes"` // in the order of the catalogues
	Met           int         `json:"met"`
	NotMet        int         `json:"not_met"`
	NotApplicable int         `json:"not_applicable"`
	Unknown       int         `json:"unknown"`
	Passes        bool        `json:"passes"` // every required control is met or does not apply, and some are met
	// Failed is the required controls that keep it from passing: those that are
	// not met, then those that are unknown.
	Failed []string `json:"failed"`
	// ChangesOn is the first day on which the status of a control is another if
	// nothing is added, because evidence lapses or something takes effect; "" for
	// none.
	ChangesOn access.Date `json:"changes_on,omitempty"`
}

// Source names a profile or catalogue and the bytes that were used.
type Source struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	Version string `json:"version"`
	Digest  string `json:"digest"`
}

// Assess judges a subject by a tier of a profile, on a day, by the judgements
// that are held. Judgements of controls that the tier does not ask for are
// passed over. It is an error of kind [problem.Invalid] when the subject has no
// maker or no release, or a judgement is none; a judgement that does not count is
// no error and stands with its reason in the outcome.
func Assess(profile *catalogue.Profile, set *catalogue.Set, tier int, s Subject, judgements []Judgement, on access.Date) (*Assessment, error) {
	asked, err := profile.Select(set, tier)
	if err != nil {
		return nil, err
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	if !isDay(on) {
		return nil, problem.New(problem.Invalid, "day of the assessment %q: want a day, as 2026-03-12", on)
	}
	b := &bench{asked: newPlan(asked), judgements: make([][]*Judgement, len(asked)), scale: scale{&s, bind(s.Releases), on}}
	for i := range judgements {
		if err := judgements[i].check(); err != nil {
			return nil, err
		}
		if at, ok := b.asked.index[judgements[i].Control]; ok {
			b.judgements[at] = append(b.judgements[at], &judgements[i])
		}
	}
	a := &Assessment{
		Profile: Source{profile.ID, profile.Title, profile.Version, profile.Digest}, Catalogues: b.asked.sources(),
		Tier: tier, On: on, Outcomes: b.judge(on), Failed: []string{},
	}
	a.ChangesOn = b.changes(a.Outcomes)
	a.count()
	return a, nil
}

// With is the refs of the required controls that have a status, in the order of
// the outcomes.
func (a *Assessment) With(status Status) []string {
	out := []string{}
	for i := range a.Outcomes {
		if o := &a.Outcomes[i]; o.Required && o.Status == status {
			out = append(out, o.Ref)
		}
	}
	return out
}

// Outcome is that of a control, nil when the tier does not ask for it.
func (a *Assessment) Outcome(ref string) *Outcome {
	for i := range a.Outcomes {
		if a.Outcomes[i].Ref == ref {
			return &a.Outcomes[i]
		}
	}
	return nil
}

func (a *Assessment) count() {
	notMet, unknown := a.With(NotMet), a.With(Unknown)
	a.NotMet, a.Unknown = len(notMet), len(unknown)
	a.Met, a.NotApplicable = len(a.With(Met)), len(a.With(NotApplicable))
	a.Failed = append(notMet, unknown...)
	a.Passes = len(a.Failed) == 0 && a.Met > 0
}

// bench is where the controls of one question are judged.
type bench struct {
	asked      *plan
	judgements [][]*Judgement // by place in the plan
	scale      scale
}

// judge judges every control on a day, heads after what is below them.
func (b *bench) judge(on access.Date) []Outcome {
	s := b.scale
	s.on = on
	out := make([]Outcome, len(b.asked.controls))
	for i := range out {
		p := &b.asked.controls[i]
		out[i] = s.decide(p.asked, p.when, b.judgements[i])
		out[i].group = p.group
	}
	for _, i := range b.asked.headsLast {
		follow(&out[i], b.asked.below(i, out))
	}
	return out
}

// changes is the first day after that of the outcomes on which a status is
// another, and notes it of each control that is no head. What is already known
// has its days: those of judgements and of evidence.
func (b *bench) changes(outcomes []Outcome) access.Date {
	var days []access.Date
	for i := range outcomes {
		p := &b.asked.controls[i]
		first := b.changesOf(p, b.judgements[i])
		if len(p.below) == 0 {
			outcomes[i].ChangesOn = first
		}
		if first != "" {
			days = append(days, first)
		}
	}
	slices.Sort(days)
	for _, day := range slices.Compact(days) {
		for i, o := range b.judge(day) {
			if o.Status != outcomes[i].Status {
				return day
			}
		}
	}
	return ""
}

// changesOf is the first day on which a control by itself has another status.
func (b *bench) changesOf(p *planned, judgements []*Judgement) access.Date {
	var days []access.Date
	note := func(d access.Date) {
		if d > b.scale.on {
			days = append(days, d)
		}
	}
	for _, j := range judgements {
		note(j.On)
		note(j.Until)
		for i := range j.Evidence {
			note(j.Evidence[i].ValidFrom)
			note(j.Evidence[i].ValidUntil)
		}
	}
	if len(days) == 0 {
		return ""
	}
	slices.Sort(days)
	now := b.scale.decide(p.asked, p.when, judgements).Status
	for _, day := range slices.Compact(days) {
		s := b.scale
		s.on = day
		if s.decide(p.asked, p.when, judgements).Status != now {
			return day
		}
	}
	return ""
}

// sources is the catalogues of what is asked.
func (p *plan) sources() []Source {
	out := []Source{}
	for i := range p.controls {
		c := p.controls[i].asked.Catalogue
		if !slices.ContainsFunc(out, func(s Source) bool { return s.ID == c.ID }) {
			out = append(out, Source{c.ID, c.Title, c.Version, c.Digest})
		}
	}
	return out
}
