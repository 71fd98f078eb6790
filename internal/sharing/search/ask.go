package search

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"countersign.dev/internal/db"
	"countersign.dev/internal/sharing/observable"
)

// Hit is an object version that was found.
type Hit struct {
	Number int64
	ID     string
	Type   string
	Name   string
	By     string // "value" where the object has the value that was asked for, "name" where its name has the words, else "words"
}

// Found is what a search found.
type Found struct {
	Value observable.Value // as which the query was understood; zero for words
	Hits  []Hit            // each object once, the newest of its versions that may be seen; those with the value first, then those of the name, each the newest first
	More  bool             // there is more than the limit
}

// maxCandidates bounds the rows that a search looks at.
const maxCandidates = 20_000

// Search finds objects by a value, which may be written harmlessly ("a[.]b"), or
// by words, all of which they must have; the last may be begun only. It brings
// the index up first.
func (x *Index) Search(ctx context.Context, query string, limit int, keep Keep) (*Found, error) {
	if err := x.Follow(ctx); err != nil {
		return nil, err
	}
	out := &Found{Hits: []Hit{}}
	seen := map[string]bool{}
	collect := func(numbers []int64, by string) error {
		for part := range slices.Chunk(numbers, 500) {
			kept, err := keep(ctx, part)
			if err != nil {
				return err
			}
			hits, err := x.describe(ctx, kept)
			if err != nil {
				return err
			}
			for _, h := range hits {
				if seen[h.ID] {
					continue
				}
				if len(out.Hits) == limit {
					out.More = true
					return nil
				}
				seen[h.ID], h.By = true, by
				out.Hits = append(out.Hits, h)
			}
		}
		return nil
	}
	if v, ok := observable.ParseQuery(query); ok {
		out.Value = v
		numbers, err := x.withTerms(ctx, valueTerms(v), false)
		if err == nil {
			err = collect(numbers, "value")
		}
		if err != nil || out.More {
			return out, err
		}
	}
	for _, sort := range []struct{ prefix, by string }{{namedTerm, "name"}, {wordTerm, "words"}} {
		numbers, err := x.withWords(ctx, sort.prefix, query)
		if err == nil {
			err = collect(numbers, sort.by)
		}
		if err != nil || out.More {
			return out, err
		}
	}
	return out, nil
}

// valueTerms is what an object with a value, or with something that contains it,
// is found by: of an address the networks that it is in, of a name those above it
// that one owner has.
func valueTerms(v observable.Value) []string {
	out := []string{"v:" + v.String()}
	switch v.Kind {
	case observable.IPv4, observable.IPv6:
		p, err := netip.ParsePrefix(v.Text)
		if err != nil {
			a, err := netip.ParseAddr(v.Text)
			if err != nil {
				return out
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		for bits := p.Bits() - 1; bits > 0; bits-- {
			out = append(out, "v:"+string(v.Kind)+":"+netip.PrefixFrom(p.Addr(), bits).Masked().String())
		}
	case observable.Domain:
		own, err := publicsuffix.EffectiveTLDPlusOne(v.Text)
		if err != nil {
			return out
		}
		for name := v.Text; len(name) > len(own); {
			_, name, _ = strings.Cut(name, ".")
			out = append(out, "v:"+string(v.Kind)+":"+name)
		}
	}
	return out
}

// withTerms is the objects with one of some terms, or with all, newest first.
func (x *Index) withTerms(ctx context.Context, terms []string, all bool) (out []int64, err error) {
	args := make([]any, 0, len(terms)+2)
	for _, t := range terms {
		args = append(args, t)
	}
	n := len(terms)
	query := `SELECT object FROM search_term WHERE term IN (` + db.Placeholders(1, n) + `) GROUP BY object`
	if all {
		args = append(args, n)
		query += ` HAVING COUNT(*) = ` + db.Placeholders(len(args), 1)
	}
	args = append(args, maxCandidates)
	query += ` ORDER BY object DESC LIMIT ` + db.Placeholders(len(args), 1)
	err = x.db.Read(ctx, func(tx *db.Tx) error {
		return rows(ctx, tx, query, args, func(r *db.Rows) error {
			var o int64
			err := r.Scan(&o)
			out = append(out, o)
			return err
		})
	})
	return out, err
}

// maxBegun bounds the words that one which is only begun may stand for.
const maxBegun = 50

// withWords is the objects that have all words of a query, as terms with a
// prefix; where none has, the
// last word is taken for the beginning of one.
func (x *Index) withWords(ctx context.Context, prefix, query string) ([]int64, error) {
	words := Words(query, maxWords)
	if len(words) == 0 {
		return nil, nil
	}
	terms := make([]string, len(words))
	for i, w := range words {
		terms[i] = prefix + w
	}
	out, err := x.withTerms(ctx, terms, true)
	if err != nil || len(out) > 0 {
		return out, err
	}
	begun, err := x.begun(ctx, terms[len(terms)-1])
	if err != nil || len(begun) == 0 {
		return nil, err
	}
	ends, err := x.withTerms(ctx, begun, false)
	if err != nil || len(terms) == 1 {
		return ends, err
	}
	rest, err := x.withTerms(ctx, terms[:len(terms)-1], true)
	if err != nil {
		return nil, err
	}
	has := make(map[int64]bool, len(rest))
	for _, n := range rest {
		has[n] = true
	}
	return slices.DeleteFunc(ends, func(n int64) bool { return !has[n] }), nil
}

// begun is the terms that begin with one.
func (x *Index) begun(ctx context.Context, term string) (out []string, err error) {
	from, to := db.PrefixRange(term)
	err = x.db.Read(ctx, func(tx *db.Tx) error {
		return rows(ctx, tx, `SELECT DISTINCT term FROM search_term WHERE term >= $1 AND term < $2 ORDER BY term LIMIT $3`, []any{from, to, maxBegun}, func(r *db.Rows) error {
			var t string
			err := r.Scan(&t)
			out = append(out, t)
			return err
		})
	})
	return out, err
}

// describe is what some object versions are called, in their order.
func (x *Index) describe(ctx context.Context, numbers []int64) ([]Hit, error) {
	if len(numbers) == 0 {
		return nil, nil
	}
	byNumber := map[int64]Hit{}
	args := make([]any, len(numbers))
	for i, n := range numbers {
		args[i] = n
	}
	err := x.db.Read(ctx, func(tx *db.Tx) error {
		return rows(ctx, tx, `SELECT object, id, type, name FROM search_object WHERE object IN (`+db.Placeholders(1, len(args))+`)`, args, func(r *db.Rows) error {
			var h Hit
			err := r.Scan(&h.Number, &h.ID, &h.Type, &h.Name)
			byNumber[h.Number] = h
			return err
		})
	})
	out := make([]Hit, 0, len(numbers))
	for _, n := range numbers {
		if h, ok := byNumber[n]; ok {
			out = append(out, h)
		}
	}
	return out, err
}

// Versions is the newest version that may be seen of each of some objects.
func (x *Index) Versions(ctx context.Context, ids []string, keep Keep) (map[string]Hit, error) {
	out := map[string]Hit{}
	for part := range slices.Chunk(ids, 400) {
		args := make([]any, len(part))
		for i, id := range part {
			args[i] = id
		}
		var numbers []int64
		err := x.db.Read(ctx, func(tx *db.Tx) error {
			return rows(ctx, tx, `SELECT object FROM search_object WHERE id IN (`+db.Placeholders(1, len(args))+`) ORDER BY object`, args, func(r *db.Rows) error {
				var n int64
				err := r.Scan(&n)
				numbers = append(numbers, n)
				return err
			})
		})
		if err != nil {
			return nil, err
		}
		kept, err := keep(ctx, numbers)
		if err != nil {
			return nil, err
		}
		for hits := range slices.Chunk(kept, 500) {
			described, err := x.describe(ctx, hits)
			if err != nil {
				return nil, err
			}
			for _, h := range described {
				out[h.ID] = h
			}
		}
	}
	return out, nil
}

// Graph is objects and what leads from one to another.
type Graph struct {
	Nodes []Hit  `json:"nodes"` // the one that was asked about first
	Edges []Edge `json:"edges"`
	More  bool   `json:"more"` // the limit kept some out
}

// Around is what refers to an object and what it refers to, and so on up to a
// distance, at most limit objects. What may not be seen is not there: neither
// objects, nor references to them, nor relationships.
func (x *Index) Around(ctx context.Context, id string, distance, limit int, keep Keep) (*Graph, error) {
	if err := x.Follow(ctx); err != nil {
		return nil, err
	}
	g := &Graph{Nodes: []Hit{}, Edges: []Edge{}}
	first, err := x.Versions(ctx, []string{id}, keep)
	if err != nil || len(first) == 0 {
		return g, err
	}
	g.Nodes = append(g.Nodes, first[id])
	inside := map[string]bool{id: true}
	at := []string{id}
	for range distance {
		edges, err := x.edges(ctx, at, keep)
		if err != nil {
			return nil, err
		}
		var beyond []string
		for _, e := range edges {
			for _, end := range []string{e.Source, e.Target} {
				if !inside[end] && !slices.Contains(beyond, end) {
					beyond = append(beyond, end)
				}
			}
		}
		found, err := x.Versions(ctx, beyond, keep)
		if err != nil {
			return nil, err
		}
		at = nil
		for _, end := range beyond {
			h, ok := found[end]
			if !ok {
				continue
			}
			if len(g.Nodes) == limit {
				g.More = true
				break
			}
			inside[end] = true
			g.Nodes, at = append(g.Nodes, h), append(at, end)
		}
		for _, e := range edges {
			if inside[e.Source] && inside[e.Target] && !slices.Contains(g.Edges, e) {
				g.Edges = append(g.Edges, e)
			}
		}
		if len(at) == 0 {
			break
		}
	}
	return g, nil
}

// edges is what leads from or to some objects, as far as whoever says so may be
// seen. One that several versions say is one.
func (x *Index) edges(ctx context.Context, ids []string, keep Keep) (out []Edge, err error) {
	for part := range slices.Chunk(ids, 200) {
		args := make([]any, len(part))
		for i, id := range part {
			args[i] = id
		}
		var found []Edge
		err := x.db.Read(ctx, func(tx *db.Tx) error {
			for _, end := range []string{"source", "target"} {
				err := rows(ctx, tx, `SELECT e.object, o.id, e.source, e.label, e.target FROM search_edge e JOIN search_object o ON o.object = e.object WHERE e.`+end+` IN (`+db.Placeholders(1, len(args))+`) ORDER BY e.object, e.nth LIMIT 20000`, args, func(r *db.Rows) error {
					var e Edge
					err := r.Scan(&e.number, &e.Object, &e.Source, &e.Label, &e.Target)
					found = append(found, e)
					return err
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		if out, err = x.keepEdges(ctx, out, found, keep); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (x *Index) keepEdges(ctx context.Context, out, found []Edge, keep Keep) ([]Edge, error) {
	var numbers []int64
	for _, e := range found {
		numbers = append(numbers, e.number)
	}
	slices.Sort(numbers)
	kept, err := keep(ctx, slices.Compact(numbers))
	if err != nil {
		return nil, err
	}
	visible := make(map[int64]bool, len(kept))
	for _, n := range kept {
		visible[n] = true
	}
	seen := map[Edge]bool{}
	for _, e := range out {
		seen[e] = true
	}
	for _, e := range found {
		ok := visible[e.number]
		if e.number = 0; ok && !seen[e] {
			seen[e] = true
			out = append(out, e)
		}
	}
	return out, nil
}

// Alike is an object that seems to be the same as another, under another id.
type Alike struct {
	Hit
	Because []string `json:"because"` // names and values that they share
}

// maxAlike bounds what is suggested.
const maxAlike = 100

// Alike is the objects of the same type that share a name, an alias or a value
// with one, those that share most first.
func (x *Index) Alike(ctx context.Context, id string, keep Keep) ([]Alike, error) {
	if err := x.Follow(ctx); err != nil {
		return nil, err
	}
	self, err := x.Versions(ctx, []string{id}, keep)
	if err != nil || len(self) == 0 {
		return nil, err
	}
	shared := map[int64][]string{}
	err = x.db.Read(ctx, func(tx *db.Tx) error {
		return rows(ctx, tx, `SELECT b.object, b.term FROM search_term a JOIN search_term b ON b.term = a.term JOIN search_object o ON o.object = b.object
			WHERE a.object = $1 AND a.term < 'w:' AND a.term NOT LIKE 'm:%' AND o.type = $2 AND o.id <> $3 ORDER BY b.object, b.term LIMIT 5000`, []any{self[id].Number, self[id].Type, id}, func(r *db.Rows) error {
			var n int64
			var term string
			err := r.Scan(&n, &term)
			shared[n] = append(shared[n], term)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	numbers := make([]int64, 0, len(shared))
	for n := range shared {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	kept, err := keep(ctx, numbers)
	if err != nil {
		return nil, err
	}
	newest := map[string]Alike{}
	for part := range slices.Chunk(kept, 500) {
		hits, err := x.describe(ctx, part)
		if err != nil {
			return nil, err
		}
		for _, h := range hits {
			newest[h.ID] = Alike{h, because(shared[h.Number])}
		}
	}
	out := make([]Alike, 0, len(newest))
	for _, a := range newest {
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b Alike) int {
		if d := len(b.Because) - len(a.Because); d != 0 {
			return d
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out[:min(len(out), maxAlike)], nil
}

// because is terms as people read them.
func because(terms []string) (out []string) {
	for _, t := range terms {
		kind, text, _ := strings.Cut(t, ":")
		if kind == "n" {
			_, text, _ = strings.Cut(text, ":")
			out = append(out, "name "+text)
			continue
		}
		out = append(out, text)
	}
	return out
}
