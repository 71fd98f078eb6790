package ledger

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"maps"
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
	"countersign.dev/internal/problem"
)

// factWriter writes what the documents of one edition change.
type factWriter struct {
	tx       *db.Tx
	edition  int64
	audience int64
	receipt  *Receipt

	series  map[[2]string]bool
	spoken  map[cell]bool // subjects that an incremental document of the edition speaks of, with its source as kind
	opens   []*Fact
	closes  []int64
	added   map[string]bool
	removed map[string]bool
	touched map[string]bool

	digest  string
	changed bool
}

// apply works out what one document changes. Nothing is written before flush.
func (w *factWriter) apply(ctx context.Context, e *Edition, doc *Document, position int64) error {
	if doc.Source == "" || len(doc.Statements) == 0 && doc.Head == "" {
		return nil
	}
	if w.series == nil {
		w.series, w.spoken = map[[2]string]bool{}, map[cell]bool{}
		w.added, w.removed, w.touched = map[string]bool{}, map[string]bool{}, map[string]bool{}
	}
	series := [2]string{doc.Source, doc.Part}
	if w.series[series] {
		return problem.New(problem.Invalid, "%s: the edition has another document for part %q of %s", doc.Name, doc.Part, doc.Source)
	}
	w.series[series] = true

	prev, next, err := w.neighbours(ctx, doc)
	if err != nil {
		return err
	}
	if doc.Mode == Chronicle && next != access.Forever {
		w.receipt.Stale = append(w.receipt.Stale, doc.Name)
		return nil
	}
	current := w.current
	if doc.Mode == Increment {
		current = w.currentOf
	}
	held, err := current(ctx, doc)
	if err != nil {
		return err
	}
	ch, err := diff(held, doc, position, next)
	if err != nil {
		return err
	}
	if err := w.guard(ctx, e, doc, ch, prev); err != nil {
		return err
	}
	w.opens = append(w.opens, ch.opens...)
	for _, f := range ch.closes {
		w.closes = append(w.closes, f.ID)
	}
	maps.Copy(w.added, ch.added)
	maps.Copy(w.removed, ch.removed)
	maps.Copy(w.touched, ch.touched)
	return nil
}

// neighbours is the publication days of the editions of this series just
// before and just after the document's.
func (w *factWriter) neighbours(ctx context.Context, doc *Document) (prev, next access.Date, err error) {
	var before, after sql.NullString
	err = w.tx.QueryRow(ctx, `SELECT MAX(CASE WHEN published <= $1 THEN published END), MIN(CASE WHEN published > $1 THEN published END)
		FROM document WHERE source = $2 AND part = $3 AND audience = $4`,
		string(doc.Published), doc.Source, doc.Part, w.audience).Scan(&before, &after)
	if err != nil {
		return "", "", fmt.Errorf("editions of %s: %w", doc.Source, err)
	}
	return access.Date(before.String), cmp.Or(access.Date(after.String), access.Forever), nil
}

// current is every row of the document's series that the ledger holds now.
func (w *factWriter) current(ctx context.Context, doc *Document) ([]Fact, error) {
	rows, err := w.tx.Query(ctx, selectFact+` WHERE source = $1 AND part = $2 AND audience = $3 AND known_to = `+maxPosition,
		doc.Source, doc.Part, w.audience)
	if err != nil {
		return nil, fmt.Errorf("facts of %s: %w", doc.Source, err)
	}
	return scanFacts(rows, nil)
}

// currentOf is every row that the ledger holds now of the document's source
// about the document's subjects, in whatever part.
func (w *factWriter) currentOf(ctx context.Context, doc *Document) ([]Fact, error) {
	subjects := map[string]bool{}
	for i := range doc.Statements {
		subjects[doc.Statements[i].Subject] = true
	}
	for s := range subjects {
		if w.spoken[cell{subject: s, kind: doc.Source}] {
			return nil, problem.New(problem.Invalid, "%s: speaks of %s, as another document of the edition does; import one of them at a time", doc.Name, s)
		}
	}
	var out []Fact
	for chunk := range slices.Chunk(slices.Sorted(maps.Keys(subjects)), 500) {
		rows, err := w.tx.Query(ctx, selectFact+` WHERE subject IN (`+db.Placeholders(3, len(chunk))+`) AND source = $1 AND audience = $2 AND known_to = `+maxPosition,
			append([]any{doc.Source, w.audience}, anys(chunk)...)...)
		if err != nil {
			return nil, fmt.Errorf("facts of %s: %w", doc.Source, err)
		}
		held, err := scanFacts(rows, nil)
		if err != nil {
			return nil, err
		}
		out = append(out, held...)
	}
	for s := range subjects {
		w.spoken[cell{subject: s, kind: doc.Source}] = true
	}
	return out, nil
}

// guard refuses an edition that drops more of a list than its limit allows and
// that no dated notice accounts for: it is more likely a broken file.
func (w *factWriter) guard(ctx context.Context, e *Edition, doc *Document, ch *change, prev access.Date) error {
	lost := ch.lost
	if e.MaxLoss <= 0 || doc.Head == "" || len(lost)*100 <= ch.before*e.MaxLoss || !ch.headed && ch.before < minGuarded {
		return nil
	}
	lost, err := w.unexplained(ctx, e, doc, lost)
	if err != nil || len(lost)*100 <= ch.before*e.MaxLoss {
		return err
	}
	return problem.New(problem.Conflict,
		"%s: would drop %d of the %d entries that %s had on %s (%.0f %%, the limit is %d %%); import the notice that removes them, or say --accept-loss",
		doc.Name, len(lost), ch.before, doc.Source, prev, 100*float64(len(lost))/float64(ch.before), e.MaxLoss)
}

// minGuarded is how many subjects a part without entries of its own, such as
// one of comments, must have had for its losses to mean anything.
const minGuarded = 100

// unexplained is the lost subjects that no notice accounts for. Only notices
// that everybody in the edition's audience may see count.
func (w *factWriter) unexplained(ctx context.Context, e *Edition, doc *Document, lost []string) ([]string, error) {
	if e.Explains == nil {
		return lost, nil
	}
	explained := map[string]bool{}
	for chunk := range slices.Chunk(lost, 500) {
		rows, err := w.tx.Query(ctx, selectFact+` WHERE subject IN (`+db.Placeholders(3, len(chunk))+`) AND kind = $1 AND known_to = `+maxPosition+` AND audience IN (1, $2)`,
			append([]any{e.NoticeKind, w.audience}, anys(chunk)...)...)
		if err != nil {
			return nil, fmt.Errorf("notices: %w", err)
		}
		notices, err := scanFacts(rows, nil)
		if err != nil {
			return nil, err
		}
		for i := range notices {
			if e.Explains(&notices[i], doc.Published) {
				explained[notices[i].Subject] = true
			}
		}
	}
	return slices.DeleteFunc(lost, func(s string) bool { return explained[s] }), nil
}

var factColumns = []string{
	"id", "kind", "subject", "key", "term", "source", "part", "body", "valid_from", "valid_to", "basis",
	"published", "superseded", "known_from", "known_to", "document", "audience",
}

// flush writes the edition's changes and their digest.
func (w *factWriter) flush(ctx context.Context) error {
	for s := range w.added {
		delete(w.touched, s)
	}
	for s := range w.removed {
		delete(w.touched, s)
	}
	r := w.receipt
	r.Added, r.Removed, r.Changed = slices.Sorted(maps.Keys(w.added)), slices.Sorted(maps.Keys(w.removed)), slices.Sorted(maps.Keys(w.touched))
	r.Opened, r.Closed = len(w.opens), len(w.closes)
	if len(w.opens)+len(w.closes) == 0 {
		return nil
	}
	if len(w.opens) >= 1<<24 {
		return problem.New(problem.TooLarge, "an edition that states %d facts is more than one edition may", len(w.opens))
	}
	slices.Sort(w.closes)
	for chunk := range slices.Chunk(w.closes, 500) {
		args := []any{w.edition}
		for _, id := range chunk {
			args = append(args, id)
		}
		if _, err := w.tx.Exec(ctx, `UPDATE fact SET known_to = $1 WHERE id IN (`+db.Placeholders(2, len(chunk))+`)`, args...); err != nil {
			return fmt.Errorf("close facts: %w", err)
		}
	}
	sum := newFactsDigest()
	rows := make([][]any, len(w.opens))
	for i, f := range w.opens {
		f.ID, f.KnownFrom, f.KnownTo = w.edition<<24|int64(i), w.edition, access.Now
		sum.opened(f)
		rows[i] = []any{
			f.ID, f.Kind, f.Subject, f.Key, f.Term, f.Source, f.Part, string(f.Body), string(f.ValidFrom), string(f.ValidTo), string(f.Basis),
			string(f.Published), string(f.Superseded), f.KnownFrom, f.KnownTo, f.Document, w.audience,
		}
	}
	if err := w.tx.Insert(ctx, "fact", factColumns, slices.Values(rows)); err != nil {
		return fmt.Errorf("open facts: %w", err)
	}
	for _, id := range w.closes {
		sum.closed(id)
	}
	w.digest, w.changed = sum.String(), true
	return nil
}

// factsDigest sums up what one position changed: the rows it opened by id,
// then the ids it closed. The record carries it, so the log vouches for it.
type factsDigest struct {
	h hash.Hash
	n int
}

func newFactsDigest() *factsDigest { return &factsDigest{h: sha256.New()} }

func (d *factsDigest) opened(f *Fact) {
	line, err := json.Marshal([]any{
		f.ID, f.Kind, f.Subject, f.Key, f.Term, f.Source, f.Part, string(f.Body), f.ValidFrom, f.ValidTo, f.Basis,
		f.Published, f.Superseded, f.Document,
	})
	if err != nil {
		panic(err) // strings and numbers only
	}
	d.h.Write(append(line, '\n'))
	d.n++
}

func (d *factsDigest) closed(id int64) {
	fmt.Fprintf(d.h, "closed %d\n", id)
	d.n++
}

// String is "" when nothing was opened or closed.
func (d *factsDigest) String() string {
	if d.n == 0 {
		return ""
	}
	return "sha256:" + hex.EncodeToString(d.h.Sum(nil))
}

// maxPosition is [access.Now] as SQL. It is written out, not bound, so that
// SQLite sees that the index over current rows applies.
const maxPosition = `9223372036854775807`

const selectFact = `SELECT id, kind, subject, key, term, source, part, body, valid_from, valid_to, basis,
	published, superseded, known_from, known_to, document, audience FROM fact`

// scanFacts reads and closes rows. audiences gives each fact its audience;
// where it is nil the audience is left out.
func scanFacts(rows *db.Rows, audiences map[int64]access.Audience) ([]Fact, error) {
	defer rows.Close()
	var out []Fact
	for rows.Next() {
		var f Fact
		var body string
		var audience int64
		if err := rows.Scan(&f.ID, &f.Kind, &f.Subject, &f.Key, &f.Term, &f.Source, &f.Part, &body, &f.ValidFrom, &f.ValidTo, &f.Basis,
			&f.Published, &f.Superseded, &f.KnownFrom, &f.KnownTo, &f.Document, &audience); err != nil {
			return nil, fmt.Errorf("fact: %w", err)
		}
		f.Body = json.RawMessage(body)
		f.Audience = audiences[audience]
		out = append(out, f)
	}
	return out, rows.Err()
}
