package ledger

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
	"countersign.dev/internal/problem"
)

// A read of the ledger sees what its ask allows and nothing else: the filter
// on audience, position and publication is part of every statement below, so
// that counts, limits and orders are those of what the reader may see.

// view is one read: a snapshot of the store and the filter of an ask.
type view struct {
	tx        *db.Tx
	ask       access.Ask
	audiences map[int64]access.Audience
}

// Resolve fills in an ask's clocks: today where a day is missing, the head
// where a position is. It refuses a position that the ledger has not reached.
func (l *Ledger) Resolve(ctx context.Context, ask access.Ask) (access.Ask, error) {
	today := access.DateOf(l.now())
	if ask.At.Date == "" {
		ask.At.Date = today
	}
	if ask.At.Known == "" {
		ask.At.Known = today
	}
	h, err := l.Head(ctx)
	if err != nil {
		return ask, err
	}
	switch {
	case ask.At.Position == access.Now || ask.At.Position == 0:
		ask.At.Position = h.Position
	case ask.At.Position < 0 || ask.At.Position > h.Position:
		return ask, problem.New(problem.Invalid, "position %d: the ledger is at %d", ask.At.Position, h.Position)
	}
	return ask, nil
}

func (l *Ledger) read(ctx context.Context, ask access.Ask, fn func(*view) error) error {
	return l.Sight(ctx, ask.Reader, func(s *Sight) error { return fn(s.at(ask)) })
}

func newView(tx *db.Tx, ask access.Ask, audiences map[int64]access.Audience) *view {
	// Now is the end of what is still held, so the newest position is before it.
	if ask.At.Position == 0 || ask.At.Position == access.Now {
		ask.At.Position = access.Now - 1
	}
	return &view{tx, ask, audiences}
}

// in is the list of visible audience ids, for an IN clause. They are numbers
// of our own, so they need no binding, and equal readers share a statement.
func (v *view) in() string {
	ids := slices.Sorted(maps.Keys(v.audiences))
	if len(ids) == 0 {
		return "(-1)"
	}
	var b strings.Builder
	for i, id := range ids {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%d", id)
	}
	return "(" + b.String() + ")"
}

// facts runs a query for facts; where uses placeholders from $3 on.
func (v *view) facts(ctx context.Context, where string, limit int, args ...any) ([]Fact, error) {
	q := selectFact + ` WHERE ` + where + ` AND known_from <= $1 AND known_to > $1 AND published <= $2 AND audience IN ` + v.in() + ` ORDER BY id`
	if limit > 0 {
		q += fmt.Sprintf(" LIMIT %d", limit)
	}
	rows, err := v.tx.Query(ctx, q, append([]any{v.ask.At.Position, string(v.ask.At.Known)}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("facts: %w", err)
	}
	return scanFacts(rows, v.audiences)
}

// ByDocumentKind is every fact taken from the documents of a kind.
func (l *Ledger) ByDocumentKind(ctx context.Context, ask access.Ask, kind string) ([]Fact, error) {
	var out []Fact
	err := l.read(ctx, ask, func(v *view) error {
		var err error
		out, err = v.facts(ctx, `document IN (SELECT position FROM document WHERE kind = $3)`, 0, kind)
		return err
	})
	return out, err
}

// FactsOf is the facts taken from the document at a position, as the ask
// allows, at most limit.
func (l *Ledger) FactsOf(ctx context.Context, ask access.Ask, position int64, limit int) ([]Fact, error) {
	var out []Fact
	err := l.read(ctx, ask, func(v *view) error {
		var err error
		out, err = v.facts(ctx, `document = $3`, limit, position)
		return err
	})
	return out, err
}

func sortFacts(facts []Fact) {
	slices.SortFunc(facts, func(a, b Fact) int { return cmp.Compare(a.ID, b.ID) })
}

func anys(s []string) []any {
	out := make([]any, len(s))
	for i, x := range s {
		out[i] = x
	}
	return out
}

const selectEntry = `SELECT d.position, d.digest, d.kind, d.source, d.part, d.name, d.published, d.received, d.size,
	d.edition, d.row_count, d.mode, d.actor, d.audience, d.withdrawn, a.expr FROM document d JOIN audience a ON a.id = d.audience`

func scanEntries(rows *db.Rows) ([]Entry, error) {
	defer rows.Close()
	var out []Entry
	for rows.Next() {
		var e Entry
		var received, audience int64
		var expr string
		if err := rows.Scan(&e.Position, &e.Digest, &e.Kind, &e.Source, &e.Part, &e.Name, &e.Published, &received, &e.Size,
			&e.Edition, &e.Rows, &e.Mode, &e.Actor, &audience, &e.Withdrawn, &expr); err != nil {
			return nil, fmt.Errorf("document: %w", err)
		}
		e.Received = time.UnixMicro(received).UTC()
		a, err := access.ParseAudience(expr)
		if err != nil {
			return nil, err
		}
		e.Audience = a
		out = append(out, e)
	}
	return out, rows.Err()
}

// Filter narrows a list of documents. The zero Filter is all of them.
type Filter struct {
	Kind   string
	Source string
	After  int64 // positions above
	Before int64 // positions below; 0 for no bound
	Newest bool  // newest first
	Limit  int   // 100 when 0
}

// List is the documents that the ask's reader may see, as of its position and
// known day.
func (l *Ledger) List(ctx context.Context, ask access.Ask, f Filter) ([]Entry, error) {
	var out []Entry
	err := l.read(ctx, ask, func(v *view) error {
		q := selectEntry + ` WHERE d.position <= $1 AND d.position > $2 AND d.published <= $3 AND d.audience IN ` + v.in()
		args := []any{v.ask.At.Position, f.After, string(v.ask.At.Known)}
		add := func(cond string, arg any) {
			args = append(args, arg)
			q += fmt.Sprintf(" AND "+cond, len(args))
		}
		if f.Kind != "" {
			add("d.kind = $%d", f.Kind)
		}
		if f.Source != "" {
			add("d.source = $%d", f.Source)
		}
		if f.Before > 0 {
			add("d.position < $%d", f.Before)
		}
		q += ` ORDER BY d.position`
		if f.Newest {
			q += ` DESC`
		}
		limit := f.Limit
		if limit <= 0 {
			limit = 100
		}
		rows, err := v.tx.Query(ctx, q+fmt.Sprintf(" LIMIT %d", limit), args...)
		if err != nil {
			return fmt.Errorf("documents: %w", err)
		}
		out, err = scanEntries(rows)
		return err
	})
	return out, err
}

// Document describes the document at a position. It is not found when the
// reader may not see it, exactly as when there is none.
func (l *Ledger) Document(ctx context.Context, ask access.Ask, position int64) (*Entry, error) {
	entries, err := l.Documents(ctx, ask, position)
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 {
		return nil, problem.New(problem.NotFound, "no document at position %d", position)
	}
	return &entries[0], nil
}

// ByDigest is the first document with these bytes that the reader may see.
func (l *Ledger) ByDigest(ctx context.Context, ask access.Ask, digest string) (*Entry, error) {
	var out []Entry
	err := l.read(ctx, ask, func(v *view) error {
		rows, err := v.tx.Query(ctx, selectEntry+` WHERE d.digest = $1 AND d.position <= $2 AND d.audience IN `+v.in()+` ORDER BY d.position LIMIT 1`, digest, v.ask.At.Position)
		if err != nil {
			return fmt.Errorf("document %s: %w", digest, err)
		}
		out, err = scanEntries(rows)
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, problem.New(problem.NotFound, "no document %s", digest)
	}
	return &out[0], nil
}

// Body is the bytes of the document at a position, checked against its digest.
func (l *Ledger) Body(ctx context.Context, ask access.Ask, position int64) ([]byte, error) {
	e, err := l.Document(ctx, ask, position)
	if err != nil {
		return nil, err
	}
	var out []byte
	err = l.db.Read(ctx, func(tx *db.Tx) error {
		out, err = body(ctx, tx, e.Digest)
		return err
	})
	return out, err
}

// Holds tells which of these digests the ledger holds for exactly this
// audience.
func (l *Ledger) Holds(ctx context.Context, audience access.Audience, digests []string) (map[string]bool, error) {
	out := map[string]bool{}
	err := l.db.Read(ctx, func(tx *db.Tx) error {
		for chunk := range slices.Chunk(digests, 200) {
			rows, err := tx.Query(ctx, `SELECT d.digest FROM document d JOIN audience a ON a.id = d.audience
				WHERE a.expr = $1 AND d.digest IN (`+db.Placeholders(2, len(chunk))+`)`, append([]any{audience.String()}, anys(chunk)...)...)
			if err != nil {
				return fmt.Errorf("documents: %w", err)
			}
			for rows.Next() {
				var digest string
				if err := rows.Scan(&digest); err != nil {
					return err
				}
				out[digest] = true
			}
			if err := rows.Err(); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}
