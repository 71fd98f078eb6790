package search

import (
	"context"
	"math"
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

// Search finds objects by a value, which may be written harmlessly ("a[.]b"), or
// by words, all of which they must have; where nothing is found that may be seen,
// the last may be begun only. It brings the index up first.
func (x *Index) Search(ctx context.Context, query string, limit int, keep Keep) (*Found, error) {
	if err := x.Follow(ctx); err != nil {
		return nil, err
	}
	c := &collecting{x: x, keep: keep, limit: limit, seen: map[string]bool{}, out: &Found{Hits: []Hit{}}}
	if v, ok := observable.ParseQuery(query); ok {
		c.out.Value = v
		if err := c.collect(ctx, "value", withAny(valueTerms(v))); err != nil || c.out.More {
			return c.out, err
		}
	}
	if c.out.Value.IsAddress() {
		return c.out, nil // its parts are numbers that many texts have
	}
	words := Words(query, maxWords)
	for _, sort := range []struct{ prefix, by string }{{namedTerm, "name"}, {wordTerm, "words"}} {
		if len(words) == 0 || c.out.More {
			break
		}
		if err := c.words(ctx, sort.by, sort.prefix, words); err != nil {
			return nil, err
		}
	}
	return c.out, nil
}

// words adds what has all of some words. Where that is nothing, and the query is
// no value, the last is taken for the beginning of one.
func (c *collecting) words(ctx context.Context, by, prefix string, words []string) error {
	terms := make([]string, len(words))
	for i, w := range words {
		terms[i] = prefix + w
	}
	before, last := len(c.out.Hits), len(terms)-1
	sorted, _, err := c.x.rarestFirst(ctx, terms)
	if err != nil {
		return err
	}
	if err := c.collect(ctx, by, withAll(sorted)); err != nil || len(c.out.Hits) > before || c.out.Value.Kind != "" {
		return err
	}
	rest, fewest, err := c.x.rarestFirst(ctx, terms[:last])
	if err != nil {
		return err
	}
	begun := 0
	from, to := db.PrefixRange(terms[last])
	err = c.x.db.Read(ctx, func(tx *db.Tx) error {
		begun, err = howMany(ctx, tx, from, to)
		return err
	})
	if err != nil {
		return err
	}
	return c.collect(ctx, by, withBegun(rest, terms[last], len(rest) == 0 || begun < fewest))
}

// collecting is a search under way.
type collecting struct {
	x     *Index
	keep  Keep
	limit int
	seen  map[string]bool
	out   *Found
}

// lookedAt is how many objects a search looks at at a time. It goes on until it
// has found enough that may be seen: what may not be seen is not in the way.
const lookedAt = 1000

// collect adds what a question finds, newest first.
func (c *collecting) collect(ctx context.Context, by string, q question) error {
	before := int64(math.MaxInt64)
	for {
		numbers, err := c.x.ask(ctx, q, before)
		if err != nil || len(numbers) == 0 {
			return err
		}
		before = numbers[len(numbers)-1]
		kept, err := c.keep(ctx, numbers)
		if err != nil {
			return err
		}
		for part := range slices.Chunk(kept, 500) {
			hits, err := c.x.describe(ctx, part)
			if err != nil {
				return err
			}
			for _, h := range hits {
				if c.seen[h.ID] {
					continue
				}
				if len(c.out.Hits) == c.limit {
					c.out.More = true
					return nil
				}
				c.seen[h.ID], h.By = true, by
				c.out.Hits = append(c.out.Hits, h)
			}
		}
		if len(numbers) < lookedAt {
			return nil
		}
	}
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

// question selects the numbers of objects from search_term, named t.
type question struct {
	where string
	args  []any
}

// ask is the objects below a number that a question finds, newest first, at most
// lookedAt of them.
func (x *Index) ask(ctx context.Context, q question, before int64) (out []int64, err error) {
	args := append(slices.Clone(q.args), before, lookedAt)
	n := len(args)
	query := `SELECT DISTINCT t.object FROM search_term t WHERE ` + q.where + ` AND t.object < ` + db.Placeholders(n-1, 1) + ` ORDER BY t.object DESC LIMIT ` + db.Placeholders(n, 1)
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

// withAny asks for the objects with one of some terms.
func withAny(terms []string) (q question) {
	for _, t := range terms {
		q.args = append(q.args, t)
	}
	q.where = `t.term IN (` + db.Placeholders(1, len(terms)) + `)`
	return q
}

// withAll asks for the objects with all of some terms, of which the rarest is
// first.
func withAll(terms []string) (q question) {
	q = question{`t.term = $1`, []any{terms[0]}}
	q.also(terms[1:])
	return q
}

// withBegun asks for the objects with all of some terms, and with one that begins
// with another. Either may lead, whichever is rarer.
func withBegun(terms []string, begun string, leads bool) (q question) {
	from, to := db.PrefixRange(begun)
	if leads {
		q = question{`t.term >= $1 AND t.term < $2`, []any{from, to}}
		q.also(terms)
		return q
	}
	q = withAll(terms)
	q.args = append(q.args, from, to)
	n := len(q.args)
	q.where += ` AND EXISTS (SELECT 1 FROM search_term b WHERE b.object = t.object AND b.term >= ` + db.Placeholders(n-1, 1) + ` AND b.term < ` + db.Placeholders(n, 1) + `)`
	return q
}

// manyHave is how many objects have a term that leads to too many.
const manyHave = 5000

// howMany is how many rows have a term from one to another, at most manyHave.
func howMany(ctx context.Context, tx *db.Tx, from, to string) (n int, err error) {
	err = tx.QueryRow(ctx, `SELECT COUNT(*) FROM (SELECT 1 FROM search_term WHERE term >= $1 AND term < $2 LIMIT $3) AS found`, from, to, manyHave).Scan(&n)
	return n, err
}

// rarestFirst orders terms by how many objects have them, and says how many have
// the first. By which a search is led changes how long it takes, and nothing of
// what it finds.
func (x *Index) rarestFirst(ctx context.Context, terms []string) (sorted []string, first int, err error) {
	sorted = slices.Clone(terms)
	have := map[string]int{}
	err = x.db.Read(ctx, func(tx *db.Tx) error {
		for _, t := range sorted {
			var err error
			if have[t], err = howMany(ctx, tx, t, t+"\x01"); err != nil {
				return err
			}
		}
		return nil
	})
	slices.SortStableFunc(sorted, func(a, b string) int { return have[a] - have[b] })
	if len(sorted) > 0 {
		first = have[sorted[0]]
	}
	return sorted, first, err
}

// also demands terms beside.
func (q *question) also(terms []string) {
	for _, t := range terms {
		q.args = append(q.args, t)
		q.where += ` AND EXISTS (SELECT 1 FROM search_term o WHERE o.object = t.object AND o.term = ` + db.Placeholders(len(q.args), 1) + `)`
	}
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
