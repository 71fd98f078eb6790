// Package search finds shared objects: by value, by name and by word, by what
// refers to what, and by what seems to be the same under another id.
//
// Begin with Index, which follows the objects of a store by their numbers, and
// keeps rows that can be thrown away and made again. It knows nothing of who may
// see what: each question takes a Keep, which leaves of some numbers those that
// the asker may see, and asks it before it counts or goes on.
package search

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"countersign.dev/internal/db"
	"countersign.dev/internal/sharing/observable"
)

// Source is where objects come from: each version once, by number.
type Source interface {
	Objects(ctx context.Context, after int64, limit int, fn func(number int64, id, version string, body []byte, position int64) error) error
}

// Keep leaves of some object versions those that whoever asks may see, in their
// order.
type Keep func(ctx context.Context, numbers []int64) ([]int64, error)

// Index is an index over shared objects. It is safe for concurrent use; several
// nodes may follow into the same rows.
type Index struct {
	db     *db.DB
	source Source
}

// New makes an index on a store's rows.
func New(store *db.DB, source Source) *Index { return &Index{db: store, source: source} }

// The limits of what is kept of an object.
const (
	followed = 500 // objects a transaction
	maxWords = 48
	maxEdges = 2000
	maxName  = 300 // bytes
)

// Follow brings the index up to its source.
func (x *Index) Follow(ctx context.Context) error {
	for {
		last, err := x.head(ctx)
		if err != nil {
			return err
		}
		var fresh []entry
		err = x.source.Objects(ctx, last, followed, func(number int64, id, version string, body []byte, _ int64) error {
			fresh = append(fresh, read(number, id, version, body))
			return nil
		})
		if err != nil || len(fresh) == 0 {
			return err
		}
		if err := x.add(ctx, last, fresh); err != nil {
			return err
		}
	}
}

func (x *Index) head(ctx context.Context) (last int64, err error) {
	err = x.db.Read(ctx, func(tx *db.Tx) error {
		err := tx.QueryRow(ctx, `SELECT object FROM search_head WHERE id = 1`).Scan(&last)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return last, err
}

// add writes what follows the object of a number, unless another node has.
func (x *Index) add(ctx context.Context, last int64, fresh []entry) error {
	return x.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO search_head (id, object) VALUES (1, 0) ON CONFLICT (id) DO NOTHING`); err != nil {
			return err
		}
		done, err := tx.Exec(ctx, `UPDATE search_head SET object = $1 WHERE id = 1 AND object = $2`, fresh[len(fresh)-1].number, last)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return err
		}
		var objects, terms, edges [][]any
		for _, e := range fresh {
			objects = append(objects, []any{e.number, e.id, e.kind, e.name, e.version})
			for _, t := range e.terms {
				terms = append(terms, []any{t, e.number})
			}
			for i, g := range e.edges {
				edges = append(edges, []any{e.number, int64(i), g.Source, g.Label, g.Target})
			}
		}
		if err := tx.Insert(ctx, "search_object", []string{"object", "id", "type", "name", "version"}, slices.Values(objects)); err != nil {
			return err
		}
		slices.SortFunc(terms, func(a, b []any) int { return strings.Compare(a[0].(string), b[0].(string)) })
		if err := tx.Insert(ctx, "search_term", []string{"term", "object"}, slices.Values(terms)); err != nil {
			return err
		}
		return tx.Insert(ctx, "search_edge", []string{"object", "nth", "source", "label", "target"}, slices.Values(edges))
	})
}

// entry is what is kept of one object version.
type entry struct {
	number      int64
	id, version string
	kind, name  string
	terms       []string
	edges       []Edge
}

// Edge is that one object refers to another.
type Edge struct {
	Source string `json:"source"`
	Label  string `json:"label"` // type of the relationship, "sighting", or the property that refers
	Target string `json:"target"`
	Object string `json:"object"` // id of the object that says so: the relationship, or the source itself
	number int64
}

// head is what of an object is read by name.
type head struct {
	Type        string   `json:"type"`
	Name        string   `json:"name"`
	Value       string   `json:"value"`
	Aliases     []string `json:"aliases"`
	XAliases    []string `json:"x_mitre_aliases"`
	Labels      []string `json:"labels"`
	Description string   `json:"description"`
	Abstract    string   `json:"abstract"`
	Kind        string   `json:"relationship_type"`
	From        string   `json:"source_ref"`
	To          string   `json:"target_ref"`
	References  []struct {
		ID string `json:"external_id"`
	} `json:"external_references"`
}

// Called is what an object is called by itself: its name, its value or its
// abstract; "" when it has none of them.
func Called(body []byte) string {
	var h head
	_ = json.Unmarshal(body, &h) // what has another type than its name says is none
	return h.called()
}

func (h *head) called() string { return clip(firstOf(h.Name, h.Value, h.Abstract), maxName) }

// read takes out of an object what it is found by.
func read(number int64, id, version string, body []byte) entry {
	e := entry{number: number, id: id, version: version}
	e.kind, _, _ = strings.Cut(id, "--")
	var h head
	_ = json.Unmarshal(body, &h) // what has another type than its name says is not found by it
	e.name = h.called()
	for _, v := range observable.OfObject(body) {
		e.terms = append(e.terms, "v:"+v.String())
	}
	for _, n := range slices.Concat([]string{h.Name, h.Value}, h.Aliases, h.XAliases) {
		if n = fold(n); n != "" {
			e.terms = append(e.terms, nameTerm(e.kind, n))
		}
	}
	text := strings.Join(slices.Concat([]string{e.kind, h.Name, h.Value}, h.Aliases, h.XAliases, h.Labels, []string{h.Kind, h.Description, h.Abstract}), " ")
	called := strings.Join(slices.Concat([]string{h.Name, h.Value}, h.Aliases, h.XAliases), " ")
	for _, r := range h.References {
		text, called = r.ID+" "+text, called+" "+r.ID // as others number it
	}
	for _, w := range Words(text, maxWords) {
		e.terms = append(e.terms, wordTerm+w)
	}
	for _, w := range Words(called, maxWords) {
		e.terms = append(e.terms, namedTerm+w)
	}
	slices.Sort(e.terms)
	e.terms = slices.Compact(e.terms)
	e.edges = edgesOf(id, &h, body)
	return e
}

// What terms begin with: a word of an object's name, and any word of it.
const (
	namedTerm = "m:"
	wordTerm  = "w:"
)

func nameTerm(kind, folded string) string { return "n:" + kind + ":" + clip(folded, maxName) }

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

func clip(s string, n int) string {
	if len(s) > n {
		s = strings.ToValidUTF8(s[:n], "")
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\x00", "")
}

var folding = cases.Fold()

// fold is a text in which case and composition make no difference.
func fold(s string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(folding.String(norm.NFKC.String(s)), "\x00", "")), " ")
}

// Words is the distinct words of a text, of two letters or digits and more, in
// their order, at most limit of them.
func Words(text string, limit int) (out []string) {
	seen := map[string]bool{}
	for w := range strings.FieldsFuncSeq(fold(clip(text, 64<<10)), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if len(w) < 2 || len(w) > 64 || seen[w] {
			continue
		}
		seen[w] = true
		if out = append(out, w); len(out) == limit {
			break
		}
	}
	return out
}

// edgesOf is what an object refers to: each property that ends in _ref or _refs,
// wherever it stands, but for markings; and of a relationship what it relates.
func edgesOf(id string, h *head, body []byte) (out []Edge) {
	add := func(source, label, target string) {
		if strings.Contains(target, "--") && len(out) < maxEdges {
			out = append(out, Edge{Source: clip(source, maxName), Label: clip(label, 100), Target: clip(target, maxName)})
		}
	}
	if h.Type == "relationship" {
		add(h.From, h.Kind, h.To)
	}
	var tree map[string]any
	if json.Unmarshal(body, &tree) != nil {
		return out
	}
	var walk func(m map[string]any, depth int)
	walk = func(m map[string]any, depth int) {
		for _, k := range sortedKeys(m) {
			switch v := m[k].(type) {
			case string:
				if strings.HasSuffix(k, "_ref") && !(h.Type == "relationship" && (k == "source_ref" || k == "target_ref")) {
					add(id, strings.TrimSuffix(k, "_ref"), v)
				}
			case []any:
				for _, e := range v {
					switch e := e.(type) {
					case string:
						if strings.HasSuffix(k, "_refs") && k != "object_marking_refs" {
							add(id, strings.TrimSuffix(k, "_refs"), e)
						}
					case map[string]any:
						if k != "granular_markings" && depth < 8 {
							walk(e, depth+1)
						}
					}
				}
			case map[string]any:
				if depth < 8 {
					walk(v, depth+1)
				}
			}
		}
	}
	walk(tree, 0)
	return out
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// rows reads rows of one or more columns.
func rows(ctx context.Context, tx *db.Tx, query string, args []any, scan func(r *db.Rows) error) error {
	r, err := tx.Query(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("search: %w", err)
	}
	defer r.Close()
	for r.Next() {
		if err := scan(r); err != nil {
			return err
		}
	}
	return r.Err()
}
