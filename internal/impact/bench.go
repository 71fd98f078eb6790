package impact

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/impact/specimen"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// Options is what [Bench] measures on.
type Options struct {
	SBOMs      int       // made, from the rows
	Purls      io.Reader // rows of a container's name, a tab and a purl
	Advisories []ledger.Statement
	Delta      int    // how many of the advisories come later, together; 1,900 when 0
	Single     int    // how many come later one by one; 300 when 0
	Dir        string // where the portfolio's file is put; "" for the system's own place
	// Compared is whether what the index says is compared with a full scan,
	// which takes much longer than everything else.
	Compared bool
}

// Figures is what was measured.
type Figures struct {
	SBOMs           int     `json:"sboms"`
	Edges           int     `json:"edges"`
	Components      int     `json:"components"` // distinct
	Findings        int     `json:"findings"`   // distinct components with an advisory that concerns them, or may
	Build           float64 `json:"build_s"`    // from packed contents and stated advisories
	Heap            float64 `json:"heap_mb"`    // that the index holds after a collection
	ImpactP50       float64 `json:"impact_p50_ms"`
	ImpactP99       float64 `json:"impact_p99_ms"`
	ImpactMax       float64 `json:"impact_max_ms"`
	AdvisoryP50     float64 `json:"advisory_p50_ms"` // from stated to known which findings and releases changed
	AdvisoryP99     float64 `json:"advisory_p99_ms"`
	AdvisoryMax     float64 `json:"advisory_max_ms"`
	PastP50         float64 `json:"past_p50_ms"` // as of a former position, without the time of the store
	PastP99         float64 `json:"past_p99_ms"`
	PastMax         float64 `json:"past_max_ms"`
	DeltaAdvisories int     `json:"delta_advisories"`
	Delta           float64 `json:"delta_s"`
	Scan            float64 `json:"scan_s,omitempty"` // that the full scan took
	Equal           *bool   `json:"equal,omitempty"`  // to the full scan, byte for byte
}

// bench is one run.
type bench struct {
	Options
	portfolio *specimen.Portfolio
	index     *Index
	subjects  map[string][]ledger.Statement
	base      []string // advisories that are there from the beginning
	single    []string
	delta     []string
	told      *Delta
	random    *rand.Rand
}

// Bench makes a portfolio and measures an index over it: how long it takes to
// build, to answer who contains something, and to take in advisories, one by
// one and many together; at last what it says is compared with a full scan.
func Bench(ctx context.Context, o Options) (*Figures, error) {
	if o.SBOMs < 1 {
		return nil, problem.New(problem.Invalid, "want at least 1 SBOM")
	}
	b := &bench{Options: o, random: rand.New(rand.NewPCG(4, 2021))}
	var err error
	if b.portfolio, err = specimen.Make(ctx, o.Purls, o.SBOMs, o.Dir); err != nil {
		return nil, err
	}
	defer b.portfolio.Close()
	if b.choose(); len(b.base) == 0 {
		return nil, problem.New(problem.Invalid, "no advisories to measure with")
	}
	f := &Figures{SBOMs: o.SBOMs, Edges: b.portfolio.Edges(), DeltaAdvisories: len(b.delta)}
	for _, step := range []func(context.Context, *Figures) error{b.build, b.ask, b.adviseEach, b.adviseMany, b.askThen, b.compare} {
		if err := step(ctx, f); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// choose draws which advisories come later: one by one some that are about
// packages in the portfolio, since the others cost nothing, and together any.
func (b *bench) choose() {
	b.subjects = map[string][]ledger.Statement{}
	for _, s := range b.Advisories {
		switch s.Kind {
		case advisory.FactRecord, advisory.FactAffected, advisory.FactAlias:
			if b.subjects[s.Subject] == nil {
				b.base = append(b.base, s.Subject)
			}
			b.subjects[s.Subject] = append(b.subjects[s.Subject], s)
		}
	}
	b.random.Shuffle(len(b.base), func(i, j int) { b.base[i], b.base[j] = b.base[j], b.base[i] })
	present := map[string]bool{}
	for _, p := range b.portfolio.Purls() {
		for _, n := range namesOf(p) {
			present[n.term] = true
		}
	}
	b.single = b.draw(cmp.Or(b.Single, 300), func(id string) bool {
		return slices.ContainsFunc(b.subjects[id], func(s ledger.Statement) bool { return present[s.Term] })
	})
	b.delta = b.draw(cmp.Or(b.Delta, 1900), func(string) bool { return true })
}

// draw takes the first n advisories of a kind out of those that are there from
// the beginning, or as many as leave half of these.
func (b *bench) draw(n int, fits func(id string) bool) (out []string) {
	n = min(n, len(b.base)/2)
	b.base = slices.DeleteFunc(b.base, func(id string) bool {
		if len(out) == n || !fits(id) {
			return false
		}
		out = append(out, id)
		return true
	})
	return out
}

func (b *bench) statements(ids []string) []ledger.Statement {
	var out []ledger.Statement
	for _, id := range ids {
		out = append(out, b.subjects[id]...)
	}
	return out
}

// heap is the bytes in use after a collection.
func heap() float64 {
	runtime.GC()
	runtime.GC() // what the first one finalised
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / 1e6
}

func (b *bench) build(ctx context.Context, f *Figures) error {
	if err := b.portfolio.State(b.statements(b.base)); err != nil {
		return err
	}
	before := heap()
	b.index = New(b.portfolio, func(d Delta) { b.told = &d })
	at := time.Now()
	if _, err := b.index.CatchUp(ctx); err != nil {
		return err
	}
	f.Build = time.Since(at).Seconds()
	b.told = nil
	f.Heap = heap() - before
	size := b.index.Size()
	f.Components, f.Findings = size.Components, size.Findings
	return nil
}

// now is an ask of somebody who sees everything.
func (b *bench) now() access.Ask {
	return access.Ask{Reader: access.Operator, At: access.At{Date: "2030-01-01", Known: "2030-01-01", Position: b.index.Position()}}
}

// questions is how many questions are asked, and page how many releases of
// the answer are shown.
const (
	questions = 3000
	page      = 50
)

// ask measures who contains something: packages in any version, versions of
// packages, and advisories, as often used ones as rare ones. An answer ends
// with its first page written as JSON.
func (b *bench) ask(ctx context.Context, f *Figures) error {
	var took []time.Duration
	for i := range questions {
		q := b.question(i)
		at := time.Now()
		a, err := b.index.Contains(ctx, b.now(), q, 0, page)
		if err != nil {
			return err
		}
		if err := json.NewEncoder(io.Discard).Encode(a); err != nil {
			return err
		}
		took = append(took, time.Since(at))
	}
	f.ImpactP50, f.ImpactP99, f.ImpactMax = quantiles(took)
	return nil
}

// question draws what is asked i-th. Half of the components are drawn from a
// release's list, and so by how common they are; half from all there are.
func (b *bench) question(i int) Query {
	c := &b.index.components
	n := uint32(b.random.IntN(c.len()))
	if i%2 == 0 {
		lists := b.index.releases.lists
		var all []uint32
		lists[b.random.IntN(len(lists))].each(func(component uint32, _ bool) { all = append(all, component) })
		n = all[b.random.IntN(len(all))]
	}
	identity := c.purls.at(n)
	switch i % 3 {
	case 0:
		return Query{Term: namesOf(identity)[0].term}
	case 1:
		return Query{PURL: identity}
	}
	if hits := b.index.hits[n]; len(hits) > 0 {
		return Query{Advisory: b.index.advisories.ids.at(b.index.advisories.slots[hits[0].slot()].id)}
	}
	return Query{Advisory: b.base[b.random.IntN(len(b.base))]}
}

// adviseEach measures how long one new advisory takes, until it is known which
// findings and releases it changed.
func (b *bench) adviseEach(ctx context.Context, f *Figures) error {
	var took []time.Duration
	for _, id := range b.single {
		if err := b.portfolio.State(b.statements([]string{id})); err != nil {
			return err
		}
		at := time.Now()
		if _, err := b.index.CatchUp(ctx); err != nil {
			return err
		}
		took = append(took, time.Since(at))
		if b.told == nil {
			return fmt.Errorf("%s came, and nobody was told", id)
		}
		b.told = nil
	}
	f.AdvisoryP50, f.AdvisoryP99, f.AdvisoryMax = quantiles(took)
	return nil
}

func (b *bench) adviseMany(ctx context.Context, f *Figures) error {
	if err := b.portfolio.State(b.statements(b.delta)); err != nil {
		return err
	}
	at := time.Now()
	if _, err := b.index.CatchUp(ctx); err != nil {
		return err
	}
	f.Delta = time.Since(at).Seconds()
	return nil
}

// askThen measures questions as of the time before the later advisories: who
// contains what an advisory concerns, and what concerns a release.
func (b *bench) askThen(ctx context.Context, f *Figures) error {
	ask := b.now()
	ask.At.Position = 1
	releases := b.portfolio.Releases()
	var took []time.Duration
	for i := range questions / 10 {
		var err error
		at := time.Now()
		if i%2 == 0 {
			_, err = b.index.Contains(ctx, ask, Query{Advisory: b.base[b.random.IntN(len(b.base))]}, 0, page)
		} else {
			_, err = b.index.Findings(ctx, ask, releases[b.random.IntN(len(releases))])
		}
		if err != nil {
			return err
		}
		took = append(took, time.Since(at))
	}
	f.PastP50, f.PastP99, f.PastMax = quantiles(took)
	return nil
}

// compare reads everything that the index says and everything that a full scan
// says, and compares the bytes.
func (b *bench) compare(ctx context.Context, f *Figures) error {
	if !b.Compared {
		return nil
	}
	index := sha256.New()
	encoder := json.NewEncoder(index)
	if err := b.index.Each(ctx, b.now(), func(f *Found) error { return encoder.Encode(f) }); err != nil {
		return err
	}
	scan := sha256.New()
	encoder = json.NewEncoder(scan)
	advices, err := Advices(b.Advisories)
	if err != nil {
		return err
	}
	var failed error
	at := time.Now()
	if err := Scan(ctx, b.portfolio.Bills(&failed), advices, func(f *Found) error { return encoder.Encode(f) }); err != nil {
		return err
	}
	f.Scan = time.Since(at).Seconds()
	equal := hex.EncodeToString(index.Sum(nil)) == hex.EncodeToString(scan.Sum(nil))
	f.Equal = &equal
	return failed
}

// Advices is what statements, as readers of advisories make them, say of each
// advisory.
func Advices(statements []ledger.Statement) ([]Advice, error) {
	var out []Advice
	numbers := map[string]int{}
	for _, s := range statements {
		if s.Kind != advisory.FactRecord && s.Kind != advisory.FactAffected {
			continue
		}
		n, ok := numbers[s.Subject]
		if !ok {
			n = len(out)
			numbers[s.Subject] = n
			out = append(out, Advice{Record: advisory.Record{ID: s.Subject}})
		}
		body, err := json.Marshal(s.Body)
		if err != nil {
			return nil, err
		}
		switch s.Kind {
		case advisory.FactRecord:
			err = json.Unmarshal(body, &out[n].Record)
		case advisory.FactAffected:
			var a advisory.Affected
			err = json.Unmarshal(body, &a)
			out[n].Affected = append(out[n].Affected, a)
		}
		if err != nil {
			return nil, fmt.Errorf("advisory %s: %w", s.Subject, err)
		}
	}
	return out, nil
}

// quantiles is the median, the 99th percentile and the longest, in
// milliseconds.
func quantiles(took []time.Duration) (p50, p99, most float64) {
	if len(took) == 0 {
		return 0, 0, 0
	}
	slices.Sort(took)
	ms := func(q float64) float64 {
		return float64(took[min(int(q*float64(len(took))), len(took)-1)].Microseconds()) / 1000
	}
	return ms(0.5), ms(0.99), ms(1)
}
