package node

import (
	"context"
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/impact/concern"
	"countersign.dev/internal/inventory"
	"countersign.dev/internal/notice/bulletin"
	"countersign.dev/internal/problem"
)

// letter writes to an organisation what it may see of what concerns it. It is
// nil, with the reason, where it may see nothing of the subject.
//
// What is in a letter is seen by whoever tells and by whoever is told. So it
// holds systems that both may see, and ways whose every step both may see. The
// subject itself, where it is a word (a weakness, a product, an address), is the
// teller's to say; where it is something that is held here for some, it is told
// to nobody else.
func (n *Node) letter(ctx context.Context, ask access.Ask, b *bulletin.Bulletin, of *Concern, o *ConcernedOrganisation) (*bulletin.Letter, string, error) {
	l := &bulletin.Letter{Organisation: o.Organisation[len(organisationPrefix):], Name: o.Name, Systems: []bulletin.System{}}
	theirs := &sightOfPaths{n: n, ask: access.Ask{Reader: readerOfLetter(l.Organisation), At: ask.At}}
	var own []*ConcernedSystem
	var ids []string
	for i := range of.Systems {
		if s := &of.Systems[i]; s.Organisation == o.Organisation {
			own, ids = append(own, s), append(ids, s.ID)
		}
	}
	facts, err := n.Ledger.Said(ctx, theirs.ask, []string{inventory.FactSystem}, ids...)
	if err != nil {
		return nil, "", err
	}
	known := inventory.Systems(facts, ask.At)
	l.Withheld = len(known) < o.Systems
	untold := len(own) == 0
	for _, s := range own {
		k, ok := known[s.ID]
		if !ok {
			untold = true
			continue
		}
		told := bulletin.System{ID: s.ID, Name: k.Name, Criticality: string(k.Criticality)}
		var hidden bool
		if told.Paths, hidden, err = theirs.visible(ctx, s.Paths); err != nil {
			return nil, "", err
		}
		l.Withheld, untold = l.Withheld || hidden, untold || len(told.Paths) == 0
		l.Systems = append(l.Systems, told)
	}
	if !untold {
		return l, "", nil
	}
	return n.asTheySee(ctx, &sightOfPaths{n: n, ask: ask}, theirs, b, of, l)
}

// asTheySee adds to a letter the ways that its organisation finds itself and that
// whoever tells may see as well, to systems that have none yet. There is no letter
// where the organisation may not see the subject.
func (n *Node) asTheySee(ctx context.Context, ours, theirs *sightOfPaths, b *bulletin.Bulletin, of *Concern, l *bulletin.Letter) (*bulletin.Letter, string, error) {
	seen, err := n.Concerned(ctx, theirs.ask, b.Subject)
	if problem.KindOf(err) == problem.NotFound || err == nil && seen.kind != of.kind {
		if !slices.Contains(wordKinds, of.kind) {
			return nil, "it may not see what this is about; share that with it, or tell it by another word", nil
		}
		return l, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	for i := range l.Systems {
		told := &l.Systems[i]
		at := slices.IndexFunc(seen.Systems, func(s ConcernedSystem) bool { return s.ID == told.ID })
		if len(told.Paths) > 0 || at < 0 {
			continue
		}
		if told.Paths, _, err = ours.visible(ctx, seen.Systems[at].Paths); err != nil {
			return nil, "", err
		}
	}
	return l, "", nil
}

// wordKinds are the kinds of subjects that are words.
var wordKinds = []string{"weakness", "package", "release", "value"}

// sightOfPaths answers whether a reader may see the steps of ways, and remembers
// it.
type sightOfPaths struct {
	n         *Node
	ask       access.Ask
	documents map[int64]bool
	objects   map[string]bool
}

// visible is those of some ways that the reader may see; hidden tells of others.
func (s *sightOfPaths) visible(ctx context.Context, paths []concern.Path) (out []concern.Path, hidden bool, err error) {
	out = []concern.Path{}
	if err := s.look(ctx, paths); err != nil {
		return nil, false, err
	}
	for _, p := range paths {
		ok, err := s.sees(ctx, p)
		if err != nil {
			return nil, false, err
		}
		if ok {
			out = append(out, p)
		} else {
			hidden = true
		}
	}
	return out, hidden, nil
}

// look finds out at once which of the documents that ways rest on the reader may
// see.
func (s *sightOfPaths) look(ctx context.Context, paths []concern.Path) error {
	var sought []int64
	for _, p := range paths {
		for i := range p {
			at := p[i].Evidence.Position
			if _, ok := s.documents[at]; !ok && at > 0 && p[i].Evidence.Object == "" {
				sought = append(sought, at)
			}
		}
	}
	if len(sought) == 0 {
		return nil
	}
	slices.Sort(sought)
	sought = slices.Compact(sought)
	found, err := s.n.Ledger.Documents(ctx, s.ask, sought...)
	if err != nil {
		return err
	}
	if s.documents == nil {
		s.documents = map[int64]bool{}
	}
	for _, at := range sought {
		s.documents[at] = false
	}
	for i := range found {
		s.documents[found[i].Position] = true
	}
	return nil
}

// sees reports whether every step of a way rests on something that the reader
// may see, and leads from and to what it may see.
func (s *sightOfPaths) sees(ctx context.Context, p concern.Path) (bool, error) {
	for i := range p {
		ok, err := s.seesStep(ctx, &p[i])
		if err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}

func (s *sightOfPaths) seesStep(ctx context.Context, step *concern.Step) (bool, error) {
	for _, id := range []string{step.Evidence.Object, sharedID(step.From), sharedID(step.To)} {
		if id == "" {
			continue
		}
		if ok, err := s.seesObject(ctx, id); err != nil || !ok {
			return false, err
		}
	}
	// What is shared is seen by its marking, whatever document it came in.
	if step.Evidence.Object != "" || step.Evidence.Position == 0 {
		return true, nil
	}
	return s.documents[step.Evidence.Position], nil
}

// sharedID is the id of a thing that is shared; "" for another.
func sharedID(t concern.Thing) string {
	if concern.IsShared(t) {
		return t.ID
	}
	return ""
}

func (s *sightOfPaths) seesObject(ctx context.Context, id string) (bool, error) {
	seen, ok := s.objects[id]
	if ok {
		return seen, nil
	}
	hits, err := s.n.finding.Versions(ctx, []string{id}, s.n.keepFor(s.ask))
	if err != nil {
		return false, err
	}
	if s.objects == nil {
		s.objects = map[string]bool{}
	}
	s.objects[id] = len(hits) > 0
	return len(hits) > 0, nil
}
