package console_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"countersign.dev/internal/access"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/dossier/dossiertest"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/policy"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/server/console"
	"countersign.dev/policies"
)

// now is the day on which the pages are looked at.
var now = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)

// stage is a node with a small world in memory: what the pages ask is answered
// by the same rooms as in a real one, over facts that are written down here,
// and a log that is real but short.
type stage struct {
	*dossiertest.Memory
	elsewhere
	policies []*policy.Policy
	bodies   map[int64][]byte
	leaves   [][]byte
	hashes   storedHashes
	signer   note.Signer
	key      string

	tamper   func(tile string, b []byte) []byte // what a dishonest log serves; nil for an honest one
	failed   []error                            // that the operator was told of
	failure  error                              // what every question answers, when set
	imported []console.File
	options  console.ImportOptions
	report   *console.ImportReport
}

// elsewhere is what the pages ask of a whole node only. The stage has none of
// it, and a test that asks it panics.
type elsewhere struct {
	console.Screener
	console.Watches
	console.Joiner
	console.Holder
	console.Software
	console.Labeller
	console.Teller
	console.Casebook
	console.Responder
	console.Sharer
	console.Owing
}

type storedHashes []tlog.Hash

func (s storedHashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		out[i] = s[at]
	}
	return out, nil
}

func newStage(t testing.TB) *stage {
	t.Helper()
	signing, verifying, err := note.GenerateKey(nil, "countersign.test/log")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(signing)
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{Memory: &dossiertest.Memory{}, bodies: map[int64][]byte{}, signer: signer, key: verifying}
	s.policies = shippedPolicies(t)
	s.Rules = programmes()
	s.play()
	return s
}

func shippedPolicies(t testing.TB) []*policy.Policy {
	t.Helper()
	names, err := fs.Glob(policies.FS, "*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var out []*policy.Policy
	for _, name := range names {
		b, err := fs.ReadFile(policies.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		p, err := policy.Parse(name, b)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
	return out
}

// add appends a document whose body is made up, and its leaf.
func (s *stage) add(d dossiertest.Document) int64 {
	position := s.Add(d)
	body := fmt.Appendf(nil, "%s, published %s, position %d\n", d.Name, d.Published, position)
	e := &s.Entries[position-1]
	e.Kind = "events"
	s.keep(e, body)
	return position
}

// keep gives an entry its body, digest and leaf.
func (s *stage) keep(e *ledger.Entry, body []byte) {
	e.Digest, e.Size, e.Actor, e.Received = ledger.Digest(body), int64(len(body)), "importer", now.Add(-time.Duration(100-e.Position)*time.Hour)
	s.bodies[e.Position] = body
	leaf, err := json.Marshal(map[string]any{"leaf": "countersign/leaf/v1", "position": e.Position, "digest": e.Digest})
	if err != nil {
		panic(err)
	}
	s.leaves = append(s.leaves, leaf)
	stored, err := tlog.StoredHashes(int64(len(s.leaves)-1), leaf, s.hashes)
	if err != nil {
		panic(err)
	}
	s.hashes = append(s.hashes, stored...)
}

func (s *stage) resolve(ask access.Ask) access.Ask {
	if ask.At.Position == access.Now {
		ask.At.Position = int64(len(s.Entries))
	}
	return ask
}

func (s *stage) Check(ctx context.Context, ask access.Ask, q console.Question) (*decision.Answer, *dossier.Dossier, error) {
	if s.failure != nil {
		return nil, nil, s.failure
	}
	if ask.At.Position != access.Now && ask.At.Position > int64(len(s.Entries)) {
		return nil, nil, problem.New(problem.Invalid, "position %d: the ledger is at %d", ask.At.Position, len(s.Entries))
	}
	d, err := (&dossier.Builder{Facts: s}).Build(ctx, s.resolve(ask), q.Subject)
	if err != nil {
		return nil, nil, err
	}
	a, err := decision.Evaluate(ctx, d, decision.Question{Purpose: q.Purpose, Policies: s.policies, Engine: "test"})
	return a, d, err
}

func (s *stage) Decide(ctx context.Context, ask access.Ask, q console.Question) (*decision.Answer, error) {
	a, _, err := s.Check(ctx, ask, q)
	if err != nil {
		return nil, err
	}
	b, err := decision.Record(a, decision.Circumstances{Audiences: []string{"public"}})
	if err != nil {
		return nil, err
	}
	position := s.Add(dossiertest.Document{Name: "decision.json", Published: access.DateOf(now)})
	e := &s.Entries[position-1]
	e.Kind = "decision"
	s.keep(e, b)
	a.Decision = &e.Digest
	return a, nil
}

func (s *stage) Search(ctx context.Context, ask access.Ask, query string, limit int) ([]dossier.Candidate, error) {
	if s.failure != nil {
		return nil, s.failure
	}
	return (&dossier.Builder{Facts: s}).Search(ctx, s.resolve(ask), query, limit)
}

// Show is the dossier behind a check.
func (s *stage) Show(ctx context.Context, ask access.Ask, subject string) (*dossier.Dossier, error) {
	return (&dossier.Builder{Facts: s}).Build(ctx, s.resolve(ask), subject)
}

func (s *stage) Decision(_ context.Context, ask access.Ask, digest string) ([]byte, *ledger.Entry, error) {
	for i := range s.Entries {
		if e := &s.Entries[i]; e.Digest == digest && e.Kind == "decision" && ask.Reader.MaySee(e.Audience) {
			return s.bodies[e.Position], e, nil
		}
	}
	return nil, nil, problem.New(problem.NotFound, "no decision %s", digest)
}

func (s *stage) Replay(ctx context.Context, ask access.Ask, digest string) (*decision.Outcome, error) {
	b, _, err := s.Decision(ctx, ask, digest)
	if err != nil {
		return nil, err
	}
	old, err := decision.ParseRecord(b)
	if err != nil {
		return nil, err
	}
	purpose := ""
	if old.Purpose != nil {
		purpose = *old.Purpose
	}
	ask.At = access.At{Date: old.At, Known: old.Known, Position: old.Position}
	a, _, err := s.Check(ctx, ask, console.Question{Subject: old.Query, Purpose: purpose})
	if err != nil {
		return nil, err
	}
	o, err := decision.Compare(old, a)
	return &o, err
}

func (s *stage) Bundle(_ context.Context, _ access.Ask, digest string) ([]byte, error) {
	return []byte("bundle of " + digest), nil
}

func (s *stage) Sources(_ context.Context, ask access.Ask) ([]ledger.Source, error) {
	if s.failure != nil {
		return nil, s.failure
	}
	var out []ledger.Source
	for _, e := range s.Entries {
		if e.Source == "" || e.Published > ask.At.Known || !ask.Reader.MaySee(e.Audience) {
			continue
		}
		i := slices.IndexFunc(out, func(o ledger.Source) bool { return o.Source == e.Source })
		if i < 0 {
			out = append(out, ledger.Source{Source: e.Source})
			i = len(out) - 1
		}
		o := &out[i]
		o.Editions, o.Documents, o.LastReceived, o.LastPosition = o.Editions+1, o.Documents+1, e.Received, e.Position
		o.LastPublished = max(o.LastPublished, e.Published)
	}
	slices.SortFunc(out, func(a, b ledger.Source) int { return strings.Compare(a.Source, b.Source) })
	return out, nil
}

func (s *stage) Editions(_ context.Context, ask access.Ask, source string) ([]ledger.EditionEntry, error) {
	var out []ledger.EditionEntry
	for _, e := range s.Entries {
		if e.Source == source && ask.Reader.MaySee(e.Audience) {
			n := ledger.EditionEntry{Position: e.Position, Published: e.Published, Received: e.Received, Rows: 8976, Documents: []ledger.Entry{e}, Added: 1598, Removed: 12, Changed: 240}
			if len(out) > 0 {
				n.Previous = out[len(out)-1].Position
			}
			out = append(out, n)
		}
	}
	if len(out) == 0 {
		return nil, problem.New(problem.NotFound, "no editions of %q", source)
	}
	return out, nil
}

// Differences is sixty additions, one removal and one change, whatever is
// compared.
func (s *stage) Differences(_ context.Context, _ access.Ask, source string, from, to int64) (*ledger.Differences, error) {
	d := &ledger.Differences{Source: source, From: from, To: to, Added: 60, Removed: 1, Changed: 1}
	d.Items = append(d.Items, ledger.Difference{Subject: source + ":7", Name: "Sea Star Shipping", Change: "removed"})
	for i := range d.Added {
		d.Items = append(d.Items, ledger.Difference{Subject: fmt.Sprintf("%s:%d", source, 100+i), Name: fmt.Sprintf("Trading House %d", i), Change: "added", Facts: []ledger.Delta{
			{Kind: "party.name", Key: "1", After: json.RawMessage(`{"name":"Trading House","quality":"primary"}`)},
		}})
	}
	d.Items = append(d.Items, ledger.Difference{Subject: source + ":9", Name: "Harbour Bank", Change: "changed", Facts: []ledger.Delta{
		{Kind: "party.address", Key: "1", Before: json.RawMessage(`{"city":"Moscow","country":"Russia"}`), After: json.RawMessage(`{"city":"Minsk","country":"Belarus"}`)},
	}})
	return d, nil
}

func (s *stage) List(_ context.Context, ask access.Ask, f ledger.Filter) ([]ledger.Entry, error) {
	var out []ledger.Entry
	for _, e := range slices.Backward(s.Entries) {
		if (f.Kind == "" || e.Kind == f.Kind) && (f.Before == 0 || e.Position < f.Before) && ask.Reader.MaySee(e.Audience) && len(out) < f.Limit {
			out = append(out, e)
		}
	}
	return out, nil
}

func (s *stage) Document(_ context.Context, ask access.Ask, position int64) (*ledger.Entry, error) {
	if position > int64(len(s.Entries)) || !ask.Reader.MaySee(s.Entries[position-1].Audience) {
		return nil, problem.New(problem.NotFound, "no document at position %d", position)
	}
	return &s.Entries[position-1], nil
}

func (s *stage) Body(ctx context.Context, ask access.Ask, position int64) ([]byte, error) {
	if _, err := s.Document(ctx, ask, position); err != nil {
		return nil, err
	}
	return s.bodies[position], nil
}

func (s *stage) FactsOf(_ context.Context, ask access.Ask, position int64, limit int) ([]ledger.Fact, error) {
	var out []ledger.Fact
	for _, f := range s.Facts {
		if f.Document == position && ask.Reader.MaySee(f.Audience) && len(out) < limit {
			out = append(out, f)
		}
	}
	return out, nil
}

func (s *stage) Prove(_ context.Context, _ access.Ask, position int64) ([]byte, error) {
	path, err := tlog.ProveRecord(int64(len(s.leaves)), position-1, s.hashes)
	if err != nil {
		return nil, err
	}
	p := ledger.Proof{Index: position - 1, Path: path, Checkpoint: s.checkpoint()}
	return []byte(p.String()), nil
}

func (s *stage) Head(context.Context) (console.Head, error) {
	return console.Head{Origin: s.signer.Name(), Position: int64(len(s.Entries)), Checkpoint: s.checkpoint(), VerifierKey: s.key, Engine: "memory"}, nil
}

func (s *stage) Import(_ context.Context, _ access.Reader, files []console.File, opts console.ImportOptions) (*console.ImportReport, error) {
	s.imported, s.options = files, opts
	return s.report, s.failure
}

// checkpoint signs the whole log.
func (s *stage) checkpoint() string {
	root := tlog.Hash(sha256.Sum256(nil))
	if len(s.leaves) > 0 {
		var err error
		if root, err = tlog.TreeHash(int64(len(s.leaves)), s.hashes); err != nil {
			panic(err)
		}
	}
	text := fmt.Sprintf("%s\n%d\n%s\n", s.signer.Name(), len(s.leaves), base64.StdEncoding.EncodeToString(root[:]))
	signed, err := note.Sign(&note.Note{Text: text}, s.signer)
	if err != nil {
		panic(err)
	}
	return string(signed)
}

// tile is what a log serves below /log/tile/.
func (s *stage) tile(path string) ([]byte, error) {
	rest, entries := strings.CutPrefix(path, "entries/")
	if !entries {
		t, err := tlog.ParseTilePath("tile/8/" + path)
		if err != nil {
			return nil, err
		}
		return tlog.ReadTileData(t, s.hashes)
	}
	t, err := tlog.ParseTilePath("tile/8/data/" + rest)
	if err != nil {
		return nil, err
	}
	var out []byte
	for _, leaf := range s.leaves[t.N*256 : t.N*256+int64(t.W)] {
		out = binary.BigEndian.AppendUint16(out, uint16(len(leaf)))
		out = append(out, leaf...)
	}
	return out, nil
}

// decided records a decision on Xiaomi and returns its digest.
func (s *stage) decided() string {
	ask := access.Ask{At: access.At{Date: "2021-02-01", Known: "2026-11-23", Position: access.Now}}
	a, err := s.Decide(context.Background(), ask, console.Question{Subject: "Xiaomi", Purpose: "invest"})
	if err != nil {
		panic(err)
	}
	return *a.Decision
}

const openAPI = `{"openapi":"3.1.0","info":{"title":"countersign API","version":"1","description":"The same questions, for programs."},
"tags":[{"name":"Questions"}],
"paths":{"/api/v1/check":{"get":{"operationId":"check","tags":["Questions"],"summary":"Answer a question.","description":"Records nothing.",
"parameters":[{"name":"subject","in":"query","required":true,"example":"Xiaomi","schema":{"type":"string","description":"A name, identifier or id."}},
{"name":"at","in":"query","schema":{"type":"string","format":"date"}}],
"responses":{"200":{"description":"The answer.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/Answer"}}}},
"404":{"description":"Not found."}}}},
"/api/v1/documents":{"post":{"operationId":"import","requestBody":{"content":{"multipart/form-data":{"schema":{"type":"object","properties":{"file":{"type":"array","items":{"type":"string","format":"binary"}}}}}}},"responses":{"201":{"description":"Kept."}}}}},
"components":{"schemas":{"Answer":{"type":"object","required":["verdict"],"properties":{"verdict":{"type":"string","enum":["allow","review","deny"]},"changes_on":{"type":["string","null"],"format":"date","examples":["2021-03-15"]},"reasons":{"type":"array","items":{"$ref":"#/components/schemas/Reason"}}}},
"Reason":{"type":"object","properties":{"rule":{"type":"string"}}}}}}`
