package screening

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
	"countersign.dev/internal/screening/match"
)

// Changes is how an index follows the ledger; [ledger.Ledger] is one.
type Changes interface {
	Head(ctx context.Context) (ledger.Head, error)
	// Changes tells of the facts of these kinds opened and closed at positions
	// above after, up to upto, whoever may see them.
	Changes(ctx context.Context, kinds []string, after, upto int64, opened func(*ledger.Fact) error, closed func(id, at int64) error) error
}

// Index is a view over every name in the ledger, of all readers, days and
// positions; each search filters by those of its ask. It holds nothing that
// the ledger does not, and catches up with it when it is asked about a position
// that it has not reached. It is safe for concurrent use.
type Index struct {
	changes Changes

	catching sync.Mutex // held by whoever reads the ledger
	mu       sync.RWMutex
	position int64
	parts    []*part // by fact id, and so by position; the sizes fall
	subjects subjects
	audience audiences
}

// part is the names of a stretch of positions.
type part struct {
	segment *match.Segment
	rows    []row
	texts   string // of all rows, one after another
}

// row is what a name is besides its text. It takes the place of a fact, so it
// is kept small: there are millions.
type row struct {
	fact      int64
	knownTo   int64
	published day
	text      uint32 // where it begins in its part's texts
	length    uint16
	audience  uint16
	subject   uint32
	quality   uint8
}

// NewIndex makes an index that knows nothing yet.
func NewIndex(changes Changes) *Index {
	return &Index{changes: changes, subjects: newSubjects(), audience: newAudiences()}
}

var indexedKinds = []string{party.FactName, listing.FactEntry}

// CatchUp follows the ledger to its head, and says where that is.
func (x *Index) CatchUp(ctx context.Context) (int64, error) {
	x.catching.Lock()
	defer x.catching.Unlock()
	head, err := x.changes.Head(ctx)
	if err != nil {
		return 0, err
	}
	if head.FactsPosition <= x.position {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.position = max(x.position, head.Position)
		return x.position, nil
	}
	batch := newBatch(x)
	if err := x.changes.Changes(ctx, indexedKinds, x.position, head.Position, batch.open, batch.close); err != nil {
		return 0, fmt.Errorf("names above position %d: %w", x.position, err)
	}
	return head.Position, x.apply(ctx, batch, head.Position)
}

// apply takes a batch in. Segments are built before anybody has to wait.
func (x *Index) apply(ctx context.Context, b *batch, position int64) error {
	parts, err := x.merged(ctx, b)
	if err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.parts, x.subjects, x.position = parts, b.subjects, position
	for id, at := range b.closed {
		x.end(id, at)
	}
	return nil
}

// merged is the parts with the batch's names among them. Small parts are built
// again together with later ones, so that there are never many; all are when
// the batch tells that a subject is of another kind than was known.
func (x *Index) merged(ctx context.Context, b *batch) ([]*part, error) {
	if len(b.rows) == 0 && !b.rekinded {
		return x.parts, nil
	}
	fresh := &part{rows: b.rows, texts: b.texts.String()}
	keep := x.parts
	for n := len(keep); n > 0 && (b.rekinded || len(keep[n-1].rows) < 2*len(fresh.rows)); n = len(keep) {
		fresh = joined(keep[n-1], fresh)
		keep = keep[:n-1]
	}
	var err error
	fresh.segment, err = match.Build(ctx, fresh.names(&b.subjects))
	if err != nil {
		return nil, fmt.Errorf("index of names: %w", err)
	}
	return append(slices.Clip(keep), fresh), nil
}

// joined is two parts as one, without its segment. Rows are copied: searches
// go on in the old ones.
func joined(a, b *part) *part {
	rows := slices.Concat(a.rows, b.rows)
	for i := len(a.rows); i < len(rows); i++ {
		rows[i].text += uint32(len(a.texts))
	}
	return &part{rows: rows, texts: a.texts + b.texts}
}

func (p *part) text(r *row) string { return p.texts[r.text : r.text+uint32(r.length)] }

// names is the part's names as a matcher takes them.
func (p *part) names(s *subjects) iter.Seq[match.Name] {
	return func(yield func(match.Name) bool) {
		for i := range p.rows {
			if !yield(p.name(&p.rows[i], s)) {
				return
			}
		}
	}
}

func (p *part) name(r *row, s *subjects) match.Name {
	return match.Name{Text: p.text(r), Kind: s.kindOf(r.subject), Quality: qualities[r.quality]}
}

// end notes the position at which a fact was closed.
func (x *Index) end(id, at int64) {
	for _, p := range x.parts {
		if i, ok := slices.BinarySearchFunc(p.rows, id, func(r row, id int64) int { return cmp.Compare(r.fact, id) }); ok {
			p.rows[i].knownTo = at
			return
		}
	}
}

// Position is the position up to which the index has followed the ledger.
func (x *Index) Position() int64 {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.position
}

// Names is how many names the index holds.
func (x *Index) Names() int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	n := 0
	for _, p := range x.parts {
		n += len(p.rows)
	}
	return n
}

// Named is a subject with the name by which a search found it best.
type Named struct {
	Subject string
	Kind    party.Kind
	Fact    int64 // that states the name
	Name    string
	Quality party.Quality
	Score   float64

	literal bool // as it is written, and not in a reading of another script
}

// Search is the subjects with a name that scores at least least against the
// text, which q is prepared from, as the ask allows, best first; equal ones by
// id. The ask is resolved: its position is one that the ledger has reached.
func (x *Index) Search(ctx context.Context, ask access.Ask, text string, q *match.Prepared, least float64) ([]Named, error) {
	if x.Position() < ask.At.Position {
		if _, err := x.CatchUp(ctx); err != nil {
			return nil, err
		}
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	seen := x.audience.seenBy(ask.Reader)
	known, folded := dayOf(ask.At.Known), party.Fold(text)
	best := map[string]Named{}
	for _, p := range x.parts {
		found := p.segment.Search(q, least, func(u match.Unit) bool {
			r := &p.rows[u]
			return r.published <= known && r.fact>>24 <= ask.At.Position && ask.At.Position < r.knownTo && seen[r.audience]
		})
		for _, f := range found {
			r := &p.rows[f.Unit]
			n := Named{
				Subject: x.subjects.ids[r.subject], Kind: x.subjects.kindOf(r.subject), Fact: r.fact,
				Name: p.text(r), Quality: qualities[r.quality], Score: f.Score,
			}
			n.literal = f.Score == 1 && party.Fold(n.Name) == folded
			if old, ok := best[n.Subject]; !ok || n.better(old) {
				best[n.Subject] = n
			}
		}
	}
	out := make([]Named, 0, len(best))
	for _, n := range best {
		out = append(out, n)
	}
	slices.SortFunc(out, func(a, b Named) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Subject, b.Subject))
	})
	return out, nil
}

// better reports whether n tells more plainly than old why their subject was
// found: by a higher score, else as it is written, else by a better sort of name.
func (n Named) better(old Named) bool {
	if n.Score == old.Score && n.literal != old.literal {
		return n.literal
	}
	return cmp.Or(cmp.Compare(n.Score, old.Score), cmp.Compare(qualityRank[old.Quality], qualityRank[n.Quality]), cmp.Compare(old.Fact, n.Fact)) > 0
}

// batch is what the index learns at once.
type batch struct {
	subjects  subjects
	audiences *audiences
	old       uint32 // subjects below this number had been indexed before
	rows      []row
	texts     strings.Builder
	closed    map[int64]int64 // fact to position
	rekinded  bool            // a subject that had names already turned out to be of another kind
}

func newBatch(x *Index) *batch {
	return &batch{subjects: x.subjects.copied(), audiences: &x.audience, old: uint32(len(x.subjects.ids)), closed: map[int64]int64{}}
}

func (b *batch) close(id, at int64) error {
	b.closed[id] = at
	return nil
}

func (b *batch) open(f *ledger.Fact) error {
	s, audience := &b.subjects, b.audiences.number(f.Audience)
	if f.Kind == listing.FactEntry {
		var e struct {
			Kind party.Kind `json:"kind"`
		}
		if err := json.Unmarshal(f.Body, &e); err != nil {
			return fmt.Errorf("fact %d, entry %s: %w", f.ID, f.Subject, err)
		}
		if n := s.number(audience, f.Subject); s.kind(n, e.Kind) && n < b.old {
			b.rekinded = true
		}
		return nil
	}
	n, err := nameOf(f)
	if err != nil {
		return err
	}
	if len(n.Name) > maxText {
		n.Name = strings.ToValidUTF8(n.Name[:maxText], "")
	}
	b.rows = append(b.rows, row{
		fact: f.ID, knownTo: f.KnownTo, published: dayOf(f.Published), text: uint32(b.texts.Len()), length: uint16(len(n.Name)),
		audience: audience, subject: s.number(audience, f.Subject), quality: qualityNumber(n.Quality),
	})
	b.texts.WriteString(n.Name)
	return nil
}

// nameOf reads a name. Nearly all are written without any escape, as they are
// when a reader's statement is marshalled, and there are millions: those are
// cut out.
func nameOf(f *ledger.Fact) (n party.Name, err error) {
	const before, between, behind = `{"name":"`, `","quality":"`, `"}`
	if rest, ok := bytes.CutPrefix(f.Body, []byte(before)); ok && bytes.IndexByte(rest, '\\') < 0 {
		name, rest, ok := bytes.Cut(rest, []byte(between))
		if quality, whole := bytes.CutSuffix(rest, []byte(behind)); ok && whole && bytes.IndexByte(name, '"') < 0 && bytes.IndexByte(quality, '"') < 0 {
			return party.Name{Name: string(name), Quality: party.Quality(quality)}, nil
		}
	}
	if err := json.Unmarshal(f.Body, &n); err != nil {
		return n, fmt.Errorf("fact %d, name of %s: %w", f.ID, f.Subject, err)
	}
	return n, nil
}

// maxText is the longest text of a name that is compared, in bytes. What lies
// beyond it is not looked at.
const maxText = 1 << 15
