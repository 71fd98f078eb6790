package node

import (
	"context"
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/label"
	"countersign.dev/internal/problem"
)

// LabelFile is a label for those who have a part in it: the application beside
// how it stands, and what the reader may do about it now.
type LabelFile struct {
	label.State
	Scheme      *label.Scheme
	Application *label.Application // as last kept
	Handed      access.Date        // the day on which it was last handed in; "" for a draft
	Events      []*label.Event     // oldest first
	May         LabelMay
	StatusURL   string
}

// LabelMay is what a reader may do about a label, by its roles and by how the
// label stands. It is what a door offers; each deed is checked again when it is
// done.
type LabelMay struct {
	Apply bool         // change the application, and hand it in
	Judge bool         // its controls
	Test  bool         // judge them as a laboratory
	Close bool         // the assessment
	Issue bool         // give the label
	Acts  []label.Kind // that may happen to it
}

// Does reports whether an act is among those that may happen.
func (m LabelMay) Does(kind label.Kind) bool { return slices.Contains(m.Acts, kind) }

// LabelFile is the file of a label. Who has no part in it is told that there is
// none, whether there is or not.
func (n *Node) LabelFile(ctx context.Context, ask access.Ask, id string) (*LabelFile, error) {
	id, err := labelID(id)
	if err != nil {
		return nil, err
	}
	if ask, err = n.settled(ctx, n.moment(ask)); err != nil {
		return nil, err
	}
	return n.labelFile(ctx, ask, id)
}

func (n *Node) labelFile(ctx context.Context, ask access.Ask, id string) (*LabelFile, error) {
	events, err := n.wholeEvents(ctx, ask, id)
	if err != nil {
		return nil, err
	}
	f := &LabelFile{Events: events, StatusURL: n.registry + "/labels/" + id}
	if f.Application = lastApplication(f.Events); f.Application == nil {
		return nil, noLabel(id)
	}
	f.State = label.Fold(f.Events, ask.At.Date)
	for _, e := range f.Events {
		if e.Kind == label.Applied {
			f.Handed = e.On
		}
	}
	if f.Scheme, err = n.scheme(ctx, ask, f.Application.Scheme); err != nil {
		return nil, err
	}
	authority, err := n.authority(ctx, f.Scheme)
	if err != nil {
		return nil, err
	}
	f.May = f.mayDo(ask.Reader, authority)
	return f, nil
}

// mayDo is what a reader may do about the label, as it stands.
func (f *LabelFile) mayDo(by access.Reader, authority string) LabelMay {
	maker, lab := f.Application.Party(label.Maker).Organisation, f.Application.Party(label.Laboratory).Organisation
	is := func(organisation string, roles ...access.Role) bool {
		return by.Operator || organisation != "" && slices.Contains(roles, by.Roles[organisation])
	}
	own, gives := is(maker, access.RoleMaker), is(authority, access.RoleAuthority)
	independent := authority != maker
	assesses := independent && is(authority, access.RoleAssessor, access.RoleAuthority)
	tests := lab != "" && lab != maker && is(lab, access.RoleLaboratory)
	var m LabelMay
	act := func(may bool, kinds ...label.Kind) {
		if may {
			m.Acts = append(m.Acts, kinds...)
		}
	}
	switch f.Status {
	case label.StatusDraft, label.StatusApplied, label.StatusAssessed:
		handed := f.Status != label.StatusDraft
		m.Apply = own && f.Status != label.StatusAssessed
		m.Test = tests && handed
		m.Judge, m.Close = m.Test || assesses && handed, assesses && handed
		m.Issue = gives && f.Status == label.StatusAssessed
		act(own || gives, label.Withdrawn)
	case label.StatusActive, label.StatusSuspended:
		act(gives, label.Suspended)
		act(gives && len(f.Grounds) > 0, label.Reinstated)
		act(gives && len(f.Warnings) > 0, label.Cleared)
		act(tests || is(authority, access.RoleAssessor, access.RoleAuthority), label.Tested)
		act(gives, label.Superseded, label.Revoked)
		act(own || gives, label.Withdrawn)
	case label.StatusExpired:
		act(gives, label.Superseded, label.Revoked)
		act(own || gives, label.Withdrawn)
	}
	return m
}

// LabelDesk is what waits for a reader: the applications that it has a part in,
// and the labels of which something stands open.
type LabelDesk struct {
	Applications []*LabelFile
	Open         []*LabelFile         // suspended or warned; the first of them
	AllOpen      int                  // how many there are
	Others       []label.State        // the first of those that nothing waits for
	Counts       map[label.Status]int // of all labels that were issued and that it has a part in
}

// Bounds of a desk. The registry has the search for what is beyond them.
const (
	mostOpen   = 200
	mostOthers = 50
)

// LabelDesk is the desk of the ask's reader.
func (n *Node) LabelDesk(ctx context.Context, ask access.Ask) (*LabelDesk, error) {
	ask, err := n.caughtUp(ctx, n.moment(ask))
	if err != nil {
		return nil, err
	}
	d := &LabelDesk{Counts: map[label.Status]int{}}
	for _, s := range n.labels.Pending(ask) {
		f, err := n.labelFile(ctx, ask, s.Label)
		if err != nil {
			return nil, err
		}
		d.Applications = append(d.Applications, f)
	}
	var open []string
	n.labels.Each(func(s *label.State) bool {
		if !takesPart(ask.Reader, s.Terms) {
			return true
		}
		d.Counts[s.Status]++
		switch {
		case len(s.Grounds) > 0 && s.Status == label.StatusSuspended, len(s.Warnings) > 0 && !s.Status.IsFinal():
			open = append(open, s.Label)
		case len(d.Others) < mostOthers:
			d.Others = append(d.Others, *s)
		}
		return true
	})
	d.AllOpen = len(open)
	for _, id := range open[:min(len(open), mostOpen)] {
		f, err := n.labelFile(ctx, ask, id)
		if problem.KindOf(err) == problem.NotFound {
			continue // it belongs to the party, but sees no more of it than everybody
		}
		if err != nil {
			return nil, err
		}
		d.Open = append(d.Open, f)
	}
	return d, nil
}

// takesPart reports whether a reader belongs to a party to a label.
func takesPart(by access.Reader, t *label.Terms) bool {
	return t != nil && (by.Operator || slices.ContainsFunc(t.Parties, func(p label.Party) bool {
		return p.Organisation != "" && slices.Contains(by.Organisations, p.Organisation)
	}))
}
