package surveillance

import (
	"context"
	"maps"
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/label"
	"countersign.dev/internal/watch/agenda"
)

// Kind is what a concern is about.
type Kind int

// The kinds of concerns.
const (
	OfParty Kind = iota + 1
	OfRelease
	OfProfile
)

// Concern is something that bears on labels, and is judged once for all of them.
type Concern struct {
	Kind   Kind
	Name   string // of a party as it is asked for, see [label.Party.Asked]; the purl of a release; the id of a profile
	Policy string // by which a party is judged, by id
}

// Cause is something that stands against a concern.
type Cause struct {
	ID      string // of the weakness or the advisory; "" where a concern has but one cause
	On      label.Trigger
	Subject string      // who or what, as people call it
	Since   access.Date // from which day on
	Reason  string      // one sentence, without a capital and full stop
	Cite    string
	From    []label.Evidence
	Rules   map[string]string // digests of what it was judged by, as "policy"
}

// Ending is how a cause ceased to stand.
type Ending struct {
	On     access.Date // the first day without it; "" when, by what is known now, it never stood
	Reason string
	Cite   string
	From   []label.Evidence
	Rules  map[string]string
}

// Outcome is what became of a concern.
type Outcome struct {
	Causes []Cause // that stand today, by trigger and id
	// Ended is how the causes ended that were asked about and stand no more, by
	// id.
	Ended map[string]Ending
	// Wake is the next day on which time alone may change it; "" when none does.
	Wake access.Date
}

// same reports whether two outcomes would bring about the same events.
func (o *Outcome) same(p *Outcome) bool {
	if o == nil || p == nil {
		return o == p
	}
	return slices.EqualFunc(o.Causes, p.Causes, func(a, b Cause) bool {
		return a.ID == b.ID && a.On == b.On && a.Since == b.Since
	}) && maps.EqualFunc(o.Ended, p.Ended, func(a, b Ending) bool { return a.On == b.On })
}

// Judge answers concerns. Everything is asked as the public may see it.
type Judge interface {
	// Judge tells what stands against a concern at a moment. about is the ids of
	// causes that stood against it before. It reads facts only through what through
	// makes of its own source of them.
	Judge(ctx context.Context, c Concern, about []string, at access.At, through func(dossier.Facts) dossier.Facts) (*Outcome, error)
	// Clear is the releases of which a bill is held and against which nothing can
	// stand at a moment, whatever was stated about them: found in one pass, so that
	// they need not be judged one by one.
	Clear(ctx context.Context, at access.At) (map[string]bool, error)
	// Concerned is the releases that something said of advisories or weaknesses
	// with these ids may concern at a moment.
	Concerned(ctx context.Context, at access.At, ids []string) ([]string, error)
}

// concern is a concern that is watched.
type concern struct {
	agenda.Entry
	Concern
	labels  []*subject
	about   map[string]bool // ids of causes that labels are warned of or suspended for
	outcome *Outcome        // nil until it was judged
}

// subject is a label that is watched.
type subject struct {
	agenda.Entry
	id       string
	scheme   string
	concerns []*concern
	held     bool // it is suspended, or warned
}

// drop takes a label out of those that the concern bears on.
func (c *concern) drop(s *subject) {
	if i := slices.Index(c.labels, s); i >= 0 {
		last := len(c.labels) - 1
		c.labels[i] = c.labels[last]
		c.labels[last] = nil
		c.labels = c.labels[:last]
	}
}

// concernsOf is what bears on a label by its terms and its scheme, each once.
func concernsOf(t *label.Terms, s *label.Scheme) []Concern {
	if t == nil || s == nil {
		return nil
	}
	var out []Concern
	add := func(c Concern) {
		if c.Name != "" && !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	for _, r := range s.Rules {
		switch r.On {
		case label.OnParty:
			for _, p := range t.Parties {
				if !slices.Contains(r.Roles, p.Role) {
					continue
				}
				for _, sought := range p.Sought() {
					add(Concern{OfParty, sought, s.Policy})
				}
			}
		case label.OnExploited, label.OnMalicious:
			for _, release := range t.Releases {
				add(Concern{Kind: OfRelease, Name: release.PURL})
			}
		case label.OnRetired:
			add(Concern{Kind: OfProfile, Name: t.Profile})
		}
	}
	return out
}
