package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
	"countersign.dev/internal/problem"
)

var errNoRows = sql.ErrNoRows

// Document is one file handed to the ledger, with what was read from it.
type Document struct {
	Bytes      []byte
	Kind       string
	Source     string
	Part       string
	Name       string
	Published  access.Date // "" for today
	Rows       int
	Mode       Mode
	Statements []Statement
	// Head is the kind of statement that a list's subjects are counted by: in
	// receipts, and where the loss of too many is noticed. It is "" for
	// documents that are no list.
	Head string

	digest string // of Bytes, once it is in an append
}

// Edition is documents that go in together or not at all.
type Edition struct {
	Documents []Document
	Audience  access.Audience
	Actor     string
	// MaxLoss is the share of a part's subjects, in percent, that an edition
	// may drop; 0 for no limit.
	MaxLoss int
	// Explains reports whether a fact of kind NoticeKind about a lost subject
	// is a dated notice that accounts for its loss by day on; nil for never.
	NoticeKind string
	Explains   func(notice *Fact, on access.Date) bool
	// MadeFrom is the position of the facts that the documents were made from;
	// 0 when that does not matter. When a fact has changed above it, the
	// edition is refused with [ErrMoved], unless the ledger holds it already.
	MadeFrom int64
	// Along writes the rows that a room keeps beside its documents, in the
	// transaction that appends them; nil for none. It is told the position from
	// which the edition's facts are known, also where the ledger held all of it
	// already. When it fails nothing of the edition is appended. It may be called
	// again with another transaction, and must then begin anew.
	Along func(ctx context.Context, tx *db.Tx, position int64) error
}

// Receipt is what became of an edition. It is given only after the store has
// made the edition durable.
type Receipt struct {
	Position  int64    `json:"position"` // from which its facts are known
	Documents []Entry  `json:"documents"`
	Held      int      `json:"held"`  // documents that the ledger had already
	Added     []string `json:"added"` // subjects
	Removed   []string `json:"removed"`
	Changed   []string `json:"changed"`
	Opened    int      `json:"opened"` // facts
	Closed    int      `json:"closed"`
	Stale     []string `json:"stale,omitempty"` // files older than the version of their chronicle that is held
}

type request struct {
	edition *Edition
	packed  [][]byte
	ctx     context.Context
	receipt *Receipt
	err     error
	done    chan struct{}
}

// Append adds an edition. When it returns without error the edition is
// durable, its leaves are in the log and its facts can be asked for. Documents
// that the ledger already holds for this audience are left out, so appending
// twice is appending once. Concurrent appends share one transaction.
func (l *Ledger) Append(ctx context.Context, e Edition) (*Receipt, error) {
	if len(e.Documents) == 0 {
		return nil, problem.New(problem.Invalid, "an edition needs at least one document")
	}
	r := &request{edition: &e, ctx: ctx, done: make(chan struct{})}
	for i := range e.Documents {
		e.Documents[i].digest = digestOf(e.Documents[i].Bytes)
		r.packed = append(r.packed, pack(e.Documents[i].Bytes))
	}
	select {
	case l.queue <- r:
	case <-l.closed:
		return nil, problem.New(problem.Unavailable, "the ledger is closing")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	// Once queued, the append is waited for: to answer "cancelled" for what
	// then becomes durable would be a lie.
	select {
	case <-r.done:
	case <-l.done:
		select {
		case <-r.done:
		default:
			return nil, problem.New(problem.Unavailable, "the ledger is closing")
		}
	}
	return r.receipt, r.err
}

// maxGroup bounds how many appends share a transaction.
const maxGroup = 256

// appendLoop commits appends in groups: whatever queued up during one commit
// goes into the next.
func (l *Ledger) appendLoop() {
	defer close(l.done)
	for {
		var group []*request
		select {
		case r := <-l.queue:
			group = append(group, r)
		case <-l.closed:
			return
		}
	drain:
		for len(group) < maxGroup {
			select {
			case r := <-l.queue:
				group = append(group, r)
			default:
				break drain
			}
		}
		l.commit(group)
		for _, r := range group {
			close(r.done)
		}
	}
}

// commit writes a group in one transaction. A request that fails is undone by
// itself and the others go on. Order within the transaction: head locked, then
// documents and facts, then leaves, then head and checkpoint; nothing of it is
// seen or survives unless the whole commits.
func (l *Ledger) commit(group []*request) {
	ctx := context.Background()
	err := l.db.Write(ctx, func(tx *db.Tx) error {
		if err := tx.LockHead(ctx); err != nil {
			return err
		}
		h, err := head(ctx, tx)
		if err != nil {
			return err
		}
		w := &writer{l: l, tx: tx, head: h, hashes: &hashWriter{tx: tx, ctx: ctx}}
		for _, r := range group {
			r.receipt, r.err = nil, nil
			if r.err = r.ctx.Err(); r.err != nil {
				continue
			}
			before := w.mark()
			err := tx.Savepoint(ctx, func() error {
				var err error
				if r.receipt, err = w.write(ctx, r); err != nil || r.edition.Along == nil {
					return err
				}
				return r.edition.Along(ctx, tx, r.receipt.Position)
			})
			if err != nil {
				w.reset(before)
				r.receipt, r.err = nil, err
			}
		}
		return w.finish(ctx, h)
	})
	if err != nil {
		for _, r := range group {
			if r.err == nil {
				r.receipt, r.err = nil, fmt.Errorf("append: %w", err)
			}
		}
		return
	}
	l.wake.wakeAll()
}

// writer is one transaction that appends.
type writer struct {
	l      *Ledger
	tx     *db.Tx
	head   Head
	hashes *hashWriter
	docs   [][]any
}

type writerMark struct {
	head   Head
	hashes int
	docs   int
}

func (w *writer) mark() writerMark { return writerMark{w.head, len(w.hashes.fresh), len(w.docs)} }

func (w *writer) reset(m writerMark) {
	w.head, w.docs = m.head, w.docs[:m.docs]
	w.hashes.truncate(m.hashes)
}

var documentColumns = []string{
	"position", "digest", "kind", "source", "part", "name", "published", "received", "size",
	"edition", "row_count", "mode", "actor", "audience", "record", "salt", "leaf", "withdrawn",
}

// write appends one edition within the transaction.
func (w *writer) write(ctx context.Context, r *request) (*Receipt, error) {
	e := r.edition
	audience, err := access.Intern(ctx, w.tx, e.Audience)
	if err != nil {
		return nil, err
	}
	receipt := &Receipt{}
	var fresh []int
	for i := range e.Documents {
		held, err := w.held(ctx, &e.Documents[i], audience)
		if err != nil {
			return nil, err
		}
		if held != nil {
			receipt.Held++
			receipt.Documents = append(receipt.Documents, *held)
			receipt.Position = max(receipt.Position, held.Edition)
			continue
		}
		fresh = append(fresh, i)
	}
	if len(fresh) == 0 {
		return receipt, nil
	}
	if e.MadeFrom > 0 && w.head.FactsPosition > e.MadeFrom {
		return nil, fmt.Errorf("%s: %w", e.Documents[0].Name, ErrMoved)
	}
	last := w.head.Position + int64(len(fresh))
	receipt.Position = last
	facts := &factWriter{tx: w.tx, edition: last, audience: audience, receipt: receipt}
	for n, i := range fresh {
		doc := &e.Documents[i]
		if doc.Published == "" {
			doc.Published = access.DateOf(w.l.now())
		}
		if err := facts.apply(ctx, e, doc, w.head.Position+int64(n)+1); err != nil {
			return nil, err
		}
	}
	if err := facts.flush(ctx); err != nil {
		return nil, err
	}
	now := w.l.now().UnixMicro()
	for _, i := range fresh {
		doc := &e.Documents[i]
		rec := record{
			Version: recordVersion, Position: w.head.Position + 1, Digest: doc.digest, Kind: doc.Kind,
			Source: doc.Source, Part: doc.Part, Name: doc.Name, Published: doc.Published, Received: now,
			Size: int64(len(doc.Bytes)), Edition: last, Rows: doc.Rows, Mode: doc.Mode, Actor: e.Actor, Audience: e.Audience.String(),
		}
		if rec.Position == last {
			rec.Facts = facts.digest
			if facts.changed {
				w.head.FactsPosition = last
			}
		}
		if err := w.leaf(ctx, &rec, e.Audience, audience, r.packed[i]); err != nil {
			return nil, err
		}
		receipt.Documents = append(receipt.Documents, rec.entry(e.Audience))
	}
	return receipt, w.flushDocs(ctx)
}

// held finds a document that the ledger has already: the same bytes for the
// same audience in the same series, and, where the caller names a publication
// day, of that day. Only the audience's own documents count, so that the
// answer tells nothing about anybody else's.
func (w *writer) held(ctx context.Context, doc *Document, audience int64) (*Entry, error) {
	rows, err := w.tx.Query(ctx, selectEntry+` WHERE d.digest = $1 AND d.audience = $2 AND d.source = $3 AND d.part = $4 ORDER BY d.position`,
		doc.digest, audience, doc.Source, doc.Part)
	if err != nil {
		return nil, err
	}
	entries, err := scanEntries(rows)
	if err != nil {
		return nil, err
	}
	for i := range entries {
		if doc.Published == "" || entries[i].Published == doc.Published {
			return &entries[i], nil
		}
	}
	return nil, nil
}

func (w *writer) leaf(ctx context.Context, rec *record, a access.Audience, audience int64, packed []byte) error {
	recordBytes, err := json.Marshal(rec)
	if err != nil {
		return err
	}
	salt := newSalt(a)
	leaf, err := leafOf(recordBytes, salt)
	if err != nil {
		return err
	}
	if err := w.hashes.add(rec.Position-1, leaf); err != nil {
		return err
	}
	_, err = w.tx.Exec(ctx, `INSERT INTO body (digest, packed, packed_sha256) VALUES ($1, $2, $3) ON CONFLICT (digest) DO NOTHING`,
		rec.Digest, packed, sum(packed))
	if err != nil {
		return fmt.Errorf("body of %s: %w", rec.Name, err)
	}
	w.docs = append(w.docs, []any{
		rec.Position, rec.Digest, rec.Kind, rec.Source, rec.Part, rec.Name, string(rec.Published), rec.Received, rec.Size,
		rec.Edition, rec.Rows, int64(rec.Mode), rec.Actor, audience, recordBytes, nonNil(salt), leaf, "",
	})
	w.head.Position = rec.Position
	return nil
}

// flushDocs writes document rows at the end of each edition: the next edition
// of the group must see them.
func (w *writer) flushDocs(ctx context.Context) error {
	if len(w.docs) == 0 {
		return nil
	}
	err := w.tx.Insert(ctx, "document", documentColumns, slices.Values(w.docs))
	w.docs = w.docs[:0]
	return err
}

func (w *writer) finish(ctx context.Context, before Head) error {
	if w.head == before {
		return nil
	}
	if err := w.hashes.flush(ctx); err != nil {
		return err
	}
	if _, err := w.tx.Exec(ctx, `UPDATE ledger_head SET position = $1, facts_position = $2 WHERE id = 1`, w.head.Position, w.head.FactsPosition); err != nil {
		return fmt.Errorf("ledger head: %w", err)
	}
	if w.l.signer != nil {
		if err := w.l.sign(ctx, w.tx, w.head.Position, w.hashes); err != nil {
			return err
		}
	}
	return w.tx.Notify(ctx)
}

// sign writes a checkpoint of the log at this size.
func (l *Ledger) sign(ctx context.Context, tx *db.Tx, size int64, hashes tlog.HashReader) error {
	root, err := tlog.TreeHash(size, hashes)
	if err != nil {
		return fmt.Errorf("root of %d: %w", size, err)
	}
	signed, err := note.Sign(&note.Note{Text: formatTree(Tree{l.signer.Name(), size, root})}, l.signer)
	if err != nil {
		return fmt.Errorf("sign checkpoint of %d: %w", size, err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO checkpoint (size, note, signed_at) VALUES ($1, $2, $3) ON CONFLICT (size) DO NOTHING`,
		size, string(signed), l.now().UnixMicro())
	if err != nil {
		return fmt.Errorf("checkpoint of %d: %w", size, err)
	}
	return nil
}

func nonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// hashWriter collects the hashes that new leaves add to the log and reads
// those written before.
type hashWriter struct {
	ctx   context.Context
	tx    *db.Tx
	base  int64 // index of fresh[0] among stored hashes
	fresh []tlog.Hash
}

func (h *hashWriter) add(index int64, leaf []byte) error {
	if len(h.fresh) == 0 {
		h.base = tlog.StoredHashCount(index)
	}
	hashes, err := tlog.StoredHashesForRecordHash(index, tlog.RecordHash(leaf), h)
	if err != nil {
		return fmt.Errorf("log at %d: %w", index, err)
	}
	h.fresh = append(h.fresh, hashes...)
	return nil
}

func (h *hashWriter) truncate(n int) { h.fresh = h.fresh[:n] }

// ReadHashes reads hashes of the log, whether or not they are written yet.
func (h *hashWriter) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var stored []int64
	for _, i := range indexes {
		if len(h.fresh) == 0 || i < h.base {
			stored = append(stored, i)
		}
	}
	old, err := readHashes(h.ctx, h.tx, stored)
	if err != nil {
		return nil, err
	}
	out := make([]tlog.Hash, len(indexes))
	for n, i := range indexes {
		if len(h.fresh) > 0 && i >= h.base {
			out[n] = h.fresh[i-h.base]
		} else {
			out[n] = old[i]
		}
	}
	return out, nil
}

func (h *hashWriter) flush(ctx context.Context) error {
	rows := make([][]any, len(h.fresh))
	for i, hash := range h.fresh {
		rows[i] = []any{h.base + int64(i), slices.Clone(hash[:])}
	}
	return h.tx.Insert(ctx, "log_hash", []string{"idx", "hash"}, slices.Values(rows))
}

// readHashes reads stored hashes by index. A missing one is an error: the log
// is broken.
func readHashes(ctx context.Context, tx *db.Tx, indexes []int64) (map[int64]tlog.Hash, error) {
	out := make(map[int64]tlog.Hash, len(indexes))
	for chunk := range slices.Chunk(indexes, 500) {
		args := make([]any, len(chunk))
		for i, x := range chunk {
			args[i] = x
		}
		rows, err := tx.Query(ctx, `SELECT idx, hash FROM log_hash WHERE idx IN (`+db.Placeholders(1, len(chunk))+`)`, args...)
		if err != nil {
			return nil, fmt.Errorf("log hashes: %w", err)
		}
		for rows.Next() {
			var idx int64
			var b []byte
			if err := rows.Scan(&idx, &b); err != nil {
				rows.Close()
				return nil, err
			}
			if len(b) != tlog.HashSize {
				rows.Close()
				return nil, fmt.Errorf("log hash %d has %d bytes", idx, len(b))
			}
			out[idx] = tlog.Hash(b)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return nil, err
		}
	}
	for _, i := range indexes {
		if _, ok := out[i]; !ok {
			return nil, fmt.Errorf("log hash %d is missing", i)
		}
	}
	return out, nil
}
