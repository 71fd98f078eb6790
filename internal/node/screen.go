package node

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"countersign.dev/internal/access"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/screening"
	"countersign.dev/internal/screening/match"
)

// ScreenOptions say how names are screened.
type ScreenOptions struct {
	Why   bool // the whole account of each match
	Limit int  // most matches of one name; [defaultMatches] when 0
	// Lists leaves only entries of these programmes; all when empty.
	Lists []string
	// Record has Screen keep what is asked and found in the ledger.
	Record bool
	// Least is the similarity from which on an entry is a match, in place of
	// [screening.Threshold], for who wants to see what came near; 0 for that.
	Least float64
}

const (
	defaultMatches = 50
	maxMatches     = 500
	maxScreened    = 2000 // bytes of a name
)

// Screening screens names at one moment for one reader. It is safe for
// concurrent use.
type Screening struct {
	node       *Node
	ask        access.Ask
	opts       ScreenOptions
	programmes map[string]*listing.Programme
}

// Screening begins to screen names at the ask's moment: all of them against
// the ledger at one position.
func (n *Node) Screening(ctx context.Context, ask access.Ask, opts ScreenOptions) (*Screening, error) {
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	programmes, err := n.Programmes(ctx, ask)
	if err != nil {
		return nil, err
	}
	for _, list := range opts.Lists {
		if programmes[list] == nil {
			return nil, problem.New(problem.Invalid, "there is no programme %q", list)
		}
	}
	if opts.Limit <= 0 {
		opts.Limit = defaultMatches
	}
	opts.Limit = min(opts.Limit, maxMatches)
	if opts.Least <= 0 {
		opts.Least = screening.Threshold
	}
	if n.names.Position() < ask.At.Position {
		if _, err := n.names.CatchUp(ctx); err != nil {
			return nil, err
		}
	}
	return &Screening{node: n, ask: ask, opts: opts, programmes: programmes}, nil
}

// At is the moment that names are screened at.
func (s *Screening) At() access.At { return s.ask.At }

// One screens one name. The error is [problem.Invalid] for one that has no
// letter or number, or is too long.
func (s *Screening) One(ctx context.Context, sought screening.Sought) (*screening.Result, error) {
	switch {
	case party.Fold(sought.Name) == "" && strings.TrimSpace(sought.Identifier) == "":
		return nil, problem.New(problem.Invalid, "the name %q has no letter or number to compare", sought.Name)
	case len(sought.Name) > maxScreened:
		return nil, problem.New(problem.Invalid, "the name is %d bytes long: want at most %d", len(sought.Name), maxScreened)
	}
	prepared := match.Prepare(sought.Query())
	found, err := s.node.names.Search(ctx, s.ask, sought.Name, prepared, s.opts.Least)
	if err != nil {
		return nil, err
	}
	numbered, err := s.byIdentifier(ctx, &sought)
	if err != nil {
		return nil, err
	}
	out := &screening.Result{ID: sought.ID, Query: sought.Name, Matches: []screening.Match{}}
	if len(found)+len(numbered) == 0 {
		return out, nil
	}
	if out.Matches, err = s.matches(ctx, &sought, prepared, found, numbered); err != nil {
		return nil, fmt.Errorf("screen %q: %w", sought.Name, err)
	}
	return out, nil
}

// byIdentifier is the subjects that have an identifier that was asked for.
func (s *Screening) byIdentifier(ctx context.Context, sought *screening.Sought) ([]string, error) {
	terms := sought.IdentifierTerms()
	if len(terms) == 0 {
		return nil, nil
	}
	facts, err := s.node.Ledger.ByTerm(ctx, s.ask, []string{party.FactIdentifier}, terms, maxMatches)
	if err != nil {
		return nil, err
	}
	var out []string
	for i := range facts {
		out = append(out, facts[i].Subject)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// matches joins to what was found where it is listed and what else is known of
// it, best first.
func (s *Screening) matches(ctx context.Context, sought *screening.Sought, q *match.Prepared, found []screening.Named, numbered []string) ([]screening.Match, error) {
	if len(found) > maxMatches {
		found = found[:maxMatches]
	}
	named := map[string]screening.Named{}
	subjects := slices.Clone(numbered)
	for _, f := range found {
		named[f.Subject] = f
		subjects = append(subjects, f.Subject)
	}
	slices.Sort(subjects)
	subjects = slices.Compact(subjects)
	facts, err := s.node.Ledger.BySubject(ctx, s.ask, subjects...)
	if err != nil {
		return nil, err
	}
	by := map[string][]ledger.Fact{}
	for _, f := range facts {
		by[f.Subject] = append(by[f.Subject], f)
	}
	out := []screening.Match{}
	for _, subject := range subjects {
		m, ok, err := s.match(sought, q, named[subject], subject, by[subject], slices.Contains(numbered, subject))
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, m)
		}
	}
	screening.Rank(out)
	out = out[:min(len(out), s.opts.Limit)]
	return out, s.addDigests(ctx, out)
}

// match is one subject as a match; ok is false when it is none: a party that
// no list has, or one that was not listed yet on the asked day.
func (s *Screening) match(sought *screening.Sought, q *match.Prepared, n screening.Named, subject string, facts []ledger.Fact, byNumber bool) (m screening.Match, ok bool, err error) {
	standing, listed, err := listing.Stand(facts, s.programmes, s.ask.At)
	if err != nil {
		return m, false, err
	}
	m = screening.Match{ID: subject, Name: n.Name, Matched: n.Name, Quality: n.Quality, Kind: n.Kind, Score: n.Score}
	switch {
	case listed && standing.Status != listing.StatusNotListed:
		m.Name, m.List, m.Status, m.Kind = standing.Entry.Name, standing.Entry.Programme, standing.Status, standing.Entry.Kind
	case listed || !collected(facts):
		return m, false, nil
	default:
		m.Status = listing.StatusNotListed
	}
	if len(s.opts.Lists) > 0 && !slices.Contains(s.opts.Lists, m.List) {
		return m, false, nil
	}
	evidence, err := sought.Weigh(facts, s.ask.At.Known)
	if err != nil {
		return m, false, err
	}
	m.Evidence = evidence.Strength
	for i := range facts {
		m.Audience = m.Audience.And(facts[i].Audience)
	}
	if byNumber {
		m.Score = 1
	}
	if !s.opts.Why {
		return m, true, nil
	}
	m.Why = &screening.Why{
		Engine: screening.Engine, Threshold: s.opts.Least, At: s.ask.At.Date, Known: s.ask.At.Known, Position: s.ask.At.Position,
		NameFact: n.Fact, Evidence: evidence,
	}
	if n.Name != "" {
		m.Why.Similarity = screening.Explain(q, n)
	}
	from := &standing.Fact
	if !listed {
		from = &facts[0]
	}
	m.Why.Edition = screening.Edition{Source: from.Source, Published: from.Published, Document: from.Document}
	return m, true, nil
}

// collected reports whether a collection of parties of interest names the
// subject, be it on a list or not.
func collected(facts []ledger.Fact) bool {
	return slices.ContainsFunc(facts, func(f ledger.Fact) bool { return strings.HasPrefix(f.Source, collections) })
}

// collections is what the names of sources begin with that gather parties of
// interest: collections of entities in the FollowTheMoney form.
const collections = "ftm/"

// addDigests names the documents of the editions.
func (s *Screening) addDigests(ctx context.Context, matches []screening.Match) error {
	var positions []int64
	for _, m := range matches {
		if m.Why != nil {
			positions = append(positions, m.Why.Edition.Document)
		}
	}
	if len(positions) == 0 {
		return nil
	}
	entries, err := s.node.Ledger.Documents(ctx, s.ask, positions...)
	if err != nil {
		return err
	}
	digests := map[int64]string{}
	for _, e := range entries {
		digests[e.Position] = e.Digest
	}
	for _, m := range matches {
		if m.Why != nil {
			m.Why.Edition.Digest = digests[m.Why.Edition.Document]
		}
	}
	return nil
}

// ScreenedAll is what some names were found to match, at one moment.
type ScreenedAll struct {
	At        access.Date         `json:"at"`
	Known     access.Date         `json:"known"`
	Position  int64               `json:"position"`
	Engine    string              `json:"engine"`
	Threshold float64             `json:"threshold"`
	Results   []*screening.Result `json:"results"`  // in the order of the names
	Recorded  *string             `json:"recorded"` // digest of the document that keeps it; null when none does
}

// Screen screens some names at one moment. What is wrong with one of them is
// told in its result; the error is for what concerns all.
func (n *Node) Screen(ctx context.Context, ask access.Ask, sought []screening.Sought, opts ScreenOptions) (*ScreenedAll, error) {
	s, err := n.Screening(ctx, ask, opts)
	if err != nil {
		return nil, err
	}
	out := &ScreenedAll{
		At: s.ask.At.Date, Known: s.ask.At.Known, Position: s.ask.At.Position,
		Engine: screening.Engine, Threshold: s.opts.Least, Results: s.All(ctx, sought),
	}
	if ctx.Err() != nil || !opts.Record {
		return out, ctx.Err()
	}
	screened := []screening.Screened{}
	for i, r := range out.Results {
		if r.Error == "" {
			screened = append(screened, screening.Screened{Sought: sought[i], Matches: r.Matches})
		}
	}
	digest, err := s.Record(ctx, screened)
	if err != nil {
		return nil, err
	}
	out.Recorded = &digest
	return out, nil
}

// All screens some names, as many at once as there are processors, in their
// order. What is wrong with one is told in its result.
func (s *Screening) All(ctx context.Context, sought []screening.Sought) []*screening.Result {
	out := make([]*screening.Result, len(sought))
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(sought)) {
		workers.Go(func() {
			for i := range next {
				r, err := s.One(ctx, sought[i])
				if err != nil {
					r = &screening.Result{ID: sought[i].ID, Query: sought[i].Name, Matches: []screening.Match{}, Error: problem.Message(err)}
				}
				out[i] = r
			}
		})
	}
	for i := range sought {
		next <- i
	}
	close(next)
	workers.Wait()
	return out
}

// mostNear is how many entries with names like it an unknown name is answered
// with.
const mostNear = 10

// near is the entries whose names are like a query that nobody is called by. A
// verdict never rests on a similarity; but whoever asks by another spelling has
// to learn whom to ask for.
func (n *Node) near(ctx context.Context, ask access.Ask, d *dossier.Dossier, query string, programmes map[string]*listing.Programme) ([]dossier.Candidate, error) {
	if d.Subject.ID != "" || len(d.Candidates) > 0 || party.Fold(query) == "" {
		return nil, nil
	}
	s := &Screening{node: n, ask: ask, programmes: programmes, opts: ScreenOptions{Limit: mostNear, Least: screening.Threshold}}
	found, err := s.One(ctx, screening.Sought{Name: query})
	if err != nil {
		return nil, err
	}
	var out []dossier.Candidate
	for _, m := range found.Matches {
		c := dossier.Candidate{ID: m.ID, Name: m.Name, Kind: m.Kind, Listings: []string{}, Why: fmt.Sprintf("its name %q is like it, %.2f", m.Matched, m.Score)}
		if m.List != "" {
			c.Listings = append(c.Listings, m.List)
		}
		d.Audience = d.Audience.And(m.Audience)
		out = append(out, c)
	}
	return out, nil
}
