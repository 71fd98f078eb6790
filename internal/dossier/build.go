package dossier

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory/findings"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
	"countersign.dev/internal/party/ownership"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/screening"
)

// Bounds on what is asked and answered.
const (
	maxQuery      = 500 // bytes
	maxCandidates = 50
	defaultSearch = 10 // candidates of a search that names no limit
)

// Builder makes dossiers. It holds nothing between two questions, so that each
// answer is that of the ledger at the asked position.
type Builder struct {
	Facts   Facts
	Matcher screening.Matcher // finds the entries that a name may mean; nil for [screening.Folded]

	// Labels also tells which labels cover a release, and how those stand.
	// Whoever follows the labels themselves leaves it out: what becomes of a label
	// is no news about its releases.
	Labels bool
}

// Engine is the version of what a builder makes of the same facts: of how
// names are matched, entries joined and listings folded. It changes whenever
// the same ask and query could give another dossier.
func (b *Builder) Engine() string {
	return strings.Join([]string{"dossier/3", findings.Engine, b.matcher().Engine(), listing.Engine, ownership.Engine}, "+")
}

// Build makes the dossier of what the query means: the id of a label, a listing
// or a party, an identifier, a release, or a name. Nobody found is no error; the
// dossier then has no subject. Several parties found make candidates of it. A
// name is a party's before it is a release's, and a release's before it is a
// labelled product's.
//
// The error is [problem.Invalid] for a query that is empty or too long.
func (b *Builder) Build(ctx context.Context, ask access.Ask, query string) (*Dossier, error) {
	text, err := clean(query)
	if err != nil {
		return nil, err
	}
	if d, err := b.product(ctx, ask, text); d != nil || err != nil {
		return d, err
	}
	if d, err := b.release(ctx, ask, text, false); d != nil || err != nil {
		return d, err
	}
	d, err := b.party(ctx, ask, text)
	if err != nil || d.Subject.ID != "" || len(d.Candidates) > 0 {
		return d, err
	}
	if r, err := b.release(ctx, ask, text, true); r != nil || err != nil {
		return r, err
	}
	if p, err := b.productCalled(ctx, ask, text); p != nil || err != nil {
		return p, err
	}
	return d, nil
}

// Party is Build for a query that means a party and nothing else: whoever looks
// into the parties of a label must not be told of the label.
func (b *Builder) Party(ctx context.Context, ask access.Ask, query string) (*Dossier, error) {
	text, err := clean(query)
	if err != nil {
		return nil, err
	}
	return b.party(ctx, ask, text)
}

// party builds the dossier of the party that text names.
func (b *Builder) party(ctx context.Context, ask access.Ask, text string) (*Dossier, error) {
	g, hits, err := b.resolve(ctx, ask, text)
	if err != nil {
		return nil, err
	}
	d := empty(text, ask.At)
	d.Audience = g.audience
	p := g.partition()
	switch clusters := unmentioned(p.found(hits)); len(clusters) {
	case 0:
	case 1:
		c := clusters[0].cluster
		d.Subject, d.Joined = c.subject(), p.joined(c, hits)
		if d.Apart, err = g.apart(ctx, p, c); err != nil {
			return nil, err
		}
		d.Audience = g.audience
		if err := b.fill(ctx, ask, d, c); err != nil {
			return nil, err
		}
		return d, nil
	default:
		for _, f := range clusters[:min(len(clusters), maxCandidates)] {
			c := f.candidate(f.why)
			if c.ID == text {
				c.ID = exactly + c.ID // asked for by that, it is no longer ambiguous
			}
			d.Candidates = append(d.Candidates, c)
		}
	}
	return d, nil
}

// empty is a dossier that says nothing; its lists are written as such, and not
// as null.
func empty(query string, at access.At) *Dossier {
	return &Dossier{
		Query: query, At: at,
		Candidates: []Candidate{}, Joined: []Joined{}, Apart: []Candidate{}, Listings: []Listing{},
		Names: []Sourced[party.Name]{}, Identifiers: []Sourced[party.Identifier]{}, Addresses: []Sourced[party.Address]{},
		Details: []Sourced[party.Detail]{}, Links: []Sourced[party.Link]{}, Claims: []Sourced[party.Claim]{}, Control: NoControl(),
	}
}

// Search finds the parties that the query may mean, best first, at most limit
// of them; also those with a name that only begins so. It is for search boxes
// and never says that there are no others.
//
// The error is [problem.Invalid] for a query that is empty or too long.
func (b *Builder) Search(ctx context.Context, ask access.Ask, query string, limit int) ([]Candidate, error) {
	text, err := clean(query)
	if err != nil {
		return nil, err
	}
	if limit <= 0 {
		limit = defaultSearch
	}
	limit = min(limit, maxCandidates)
	hits, err := b.matcher().Match(ctx, ask, screening.Query{Text: text, Suggest: true, Limit: 3 * limit})
	if err != nil {
		return nil, err
	}
	if isID(text) {
		hits = append([]screening.Hit{byID(text)}, hits...)
	}
	g, err := explore(ctx, b.Facts, ask, subjects(hits), false)
	if err != nil {
		return nil, err
	}
	out := []Candidate{}
	for _, f := range g.partition().found(hits) {
		if len(out) < limit {
			out = append(out, f.candidate(f.why))
		}
	}
	return out, nil
}

// clean is the query without the space around it.
func clean(query string) (string, error) {
	text := strings.TrimSpace(query)
	switch {
	case text == "":
		return "", problem.New(problem.Invalid, "the subject is empty: want a name, an identifier or an id")
	case !utf8.ValidString(query):
		return "", problem.New(problem.Invalid, "the subject is not valid UTF-8 text")
	case len(query) > maxQuery:
		return "", problem.New(problem.Invalid, "the subject is %d bytes long: want at most %d", len(query), maxQuery)
	}
	return text, nil
}

func (b *Builder) matcher() screening.Matcher {
	if b.Matcher != nil {
		return b.Matcher
	}
	return screening.Folded{Facts: b.Facts}
}

// exactly begins a query for a party's id and nothing else, where a bare id is
// also somebody's name.
const exactly = "party:"

// resolve finds the entries that the query means, and what lies around them.
// The id of a listing, and a party's after "party:", mean only themselves. A
// bare party id means itself too, but hides nobody whose name it is.
func (b *Builder) resolve(ctx context.Context, ask access.Ask, text string) (*graph, []screening.Hit, error) {
	var own []screening.Hit
	id, alone := strings.CutPrefix(text, exactly)
	if isID(id) {
		g, err := explore(ctx, b.Facts, ask, []string{id}, true)
		if err != nil {
			return nil, nil, err
		}
		if g.held(id) {
			own = []screening.Hit{byID(id)}
			if alone || strings.Contains(id, ":") {
				return g, own, nil
			}
		}
	}
	hits, err := b.matcher().Match(ctx, ask, screening.Query{Text: text})
	if err != nil {
		return nil, nil, fmt.Errorf("resolve %q: %w", text, err)
	}
	hits = append(own, screening.Best(hits)...)
	g, err := explore(ctx, b.Facts, ask, subjects(hits), true)
	return g, hits, err
}

// isID reports whether text may be an id at all, which spares names of several
// words the look-up. Ids have no spaces; whose they are otherwise is for those
// who give them, as the capitals of "NK-…" and "Q42".
func isID(text string) bool { return !strings.ContainsFunc(text, unicode.IsSpace) }

func byID(text string) screening.Hit {
	return screening.Hit{Subject: text, Tier: screening.ByID, Why: "id " + text}
}

func subjects(hits []screening.Hit) []string {
	seen := make(map[string]bool, len(hits))
	var out []string
	for _, h := range hits {
		if !seen[h.Subject] {
			seen[h.Subject] = true
			out = append(out, h.Subject)
		}
	}
	return out
}

// held reports whether anything is held about the id, or an entry is said to
// be the same.
func (g *graph) held(id string) bool {
	n := g.nodes[id]
	if n == nil {
		return false
	}
	// Programmes and policies are facts about their own ids, and no parties.
	if slices.ContainsFunc(n.facts, func(f *ledger.Fact) bool { return isListing(f) || strings.HasPrefix(f.Kind, "party.") }) {
		return true
	}
	for _, e := range g.edges {
		if e.to == id {
			return true
		}
	}
	return false
}

// unmentioned leaves out those parties that are nothing but a name in a table,
// where that is the name, as the list writes it, of the one listed party that
// was found too: who asks for it means that one.
func unmentioned(found []sighting) []sighting {
	var listed, out []sighting
	for _, f := range found {
		if _, mere := f.mention(); !mere {
			listed = append(listed, f)
		}
	}
	if len(listed) != 1 {
		return found
	}
	for _, f := range found {
		if _, mere := f.mention(); mere && meant(f.cluster, listed[0].nodes) != "" {
			continue
		}
		out = append(out, f)
	}
	return out
}

// finding is a cluster with how the query led to it.
type sighting struct {
	*cluster
	why string
}

// found is the clusters that hits lead to, in their order, each once.
func (p *partition) found(hits []screening.Hit) []sighting {
	seen := map[string]bool{}
	var out []sighting
	for _, h := range hits {
		if !p.graph.held(h.Subject) || seen[p.root(h.Subject)] {
			continue
		}
		seen[p.root(h.Subject)] = true
		out = append(out, sighting{p.cluster(h.Subject), h.Why})
	}
	return out
}
