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
	id := o.Organisation[len(organisationPrefix):]
	theirs := access.Ask{Reader: readerOfLetter(id), At: ask.At}
	seen, err := n.Concerned(ctx, theirs, b.Subject)
	if problem.KindOf(err) == problem.NotFound || err == nil && seen.kind != of.kind {
		if !slices.Contains(wordKinds, of.kind) {
			return nil, "it may not see what this is about; share that with it, or tell it by another word", nil
		}
		seen, err = &Concern{}, nil
	}
	if err != nil {
		return nil, "", err
	}
	l := &bulletin.Letter{Organisation: id, Name: o.Name, Systems: []bulletin.System{}}
	paths := map[string][]concern.Path{}
	for i := range seen.Systems {
		paths[seen.Systems[i].ID] = seen.Systems[i].Paths
	}
	var ids []string
	for i := range of.Systems {
		if of.Systems[i].Organisation == o.Organisation {
			ids = append(ids, of.Systems[i].ID)
		}
	}
	facts, err := n.Ledger.Said(ctx, theirs, []string{inventory.FactSystem}, ids...)
	if err != nil {
		return nil, "", err
	}
	known := inventory.Systems(facts, ask.At)
	both := []*sightOfPaths{{n: n, ask: ask}, {n: n, ask: theirs}}
	for i := range of.Systems {
		s := &of.Systems[i]
		if s.Organisation != o.Organisation {
			continue
		}
		k, ok := known[s.ID]
		if !ok {
			l.Withheld = true
			continue
		}
		told := bulletin.System{ID: s.ID, Name: k.Name, Criticality: string(k.Criticality), Paths: []concern.Path{}}
		for _, p := range slices.Concat(s.Paths, paths[s.ID]) {
			if slices.ContainsFunc(told.Paths, func(q concern.Path) bool { return slices.Equal(p, q) }) {
				continue
			}
			ok, err := seenByAll(ctx, both, p)
			if err != nil {
				return nil, "", err
			}
			if ok {
				told.Paths = append(told.Paths, p)
			} else {
				l.Withheld = true
			}
		}
		told.Paths = told.Paths[:min(len(told.Paths), maxLetterPaths)]
		l.Systems = append(l.Systems, told)
	}
	l.Withheld = l.Withheld || len(l.Systems) < o.Systems
	return l, "", nil
}

// maxLetterPaths is how many ways to one system a letter tells.
const maxLetterPaths = 3

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

func seenByAll(ctx context.Context, all []*sightOfPaths, p concern.Path) (bool, error) {
	for _, s := range all {
		if ok, err := s.sees(ctx, p); err != nil || !ok {
			return false, err
		}
	}
	return true, nil
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
	return s.seesDocument(ctx, step.Evidence.Position)
}

func (s *sightOfPaths) seesDocument(ctx context.Context, position int64) (bool, error) {
	seen, ok := s.documents[position]
	if ok {
		return seen, nil
	}
	_, err := s.n.Ledger.Document(ctx, s.ask, position)
	if err != nil && problem.KindOf(err) != problem.NotFound {
		return false, err
	}
	if s.documents == nil {
		s.documents = map[int64]bool{}
	}
	s.documents[position] = err == nil
	return err == nil, nil
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
