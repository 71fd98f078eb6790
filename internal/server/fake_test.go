package server_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/node"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/screening"
	"countersign.dev/internal/server"
)

// fakeNode answers with a few fixed things, so that these tests are about the
// door alone. Subjects that begin with a word of its own make it misbehave.
type fakeNode struct {
	mu       sync.Mutex
	imported []string        // what Import was given, in words
	taken    []*ledger.Entry // the same as documents, from position 101
	position atomic.Int64
	applied  atomic.Int64
	censuses atomic.Int64  // times the portfolio was counted
	down     atomic.Bool   // the store does not answer
	hold     chan struct{} // "hold" waits until it is closed
	held     chan struct{} // gets a value when "hold" has begun
}

func newFakeNode() *fakeNode {
	n := &fakeNode{hold: make(chan struct{}), held: make(chan struct{}, 16)}
	n.position.Store(7)
	n.applied.Store(7)
	return n
}

const (
	fakeDigest = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
	fakeKey    = "log.example+3f2a9c11+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	fakeTree   = "log.example\n7\nAAAA\n\n- log.example sig\n"
)

func pointer[T any](v T) *T { return &v }

func (n *fakeNode) answer(ask access.Ask, q node.Question) *decision.Answer {
	line := decision.Line{Evidence: []dossier.Evidence{}}
	return &decision.Answer{
		Verdict: "review", Purpose: &q.Purpose, At: ask.At.Date, Known: ask.At.Known, Position: ask.At.Position,
		ChangesOn: pointer(access.Date("2021-03-15")),
		Answers:   decision.Answers{Buy: line, Run: line, Trust: line, Tell: line},
		Control:   decision.Control{OFAC50: dossier.NoControl().OFAC50, BISAffiliates: dossier.NoControl().BISAffiliates},
		Subject:   decision.Subject{ID: "party:" + ask.Reader.Member, Name: q.Subject},
		Listings: []decision.Listing{{ID: "us-dod-1237:x", Programme: "us-dod-1237", Status: listing.StatusListed,
			Consequences: []decision.Consequence{{Kind: listing.Purchase, State: listing.StatePending, From: pointer(access.Date("2021-03-15"))}}}},
		Reasons: []decision.Reason{{Rule: "r", Verdict: "review", Because: "b", Cite: "c",
			Evidence: []dossier.Evidence{{Fact: 1, Document: 2, Digest: fakeDigest, Source: "us-dod-1237", Published: "2021-01-14"}}}},
		Engine: "fake/1",
	}
}

func (n *fakeNode) Check(ctx context.Context, ask access.Ask, q node.Question) (*decision.Answer, *dossier.Dossier, error) {
	switch q.Subject {
	case "panic":
		panic("the fake node was told to")
	case "secret":
		return nil, nil, fmt.Errorf("dial postgres://user:hunter2@db: refused")
	case "locked":
		return nil, nil, problem.New(problem.Unavailable, "the store is locked; try again")
	case "hold":
		n.held <- struct{}{}
		select {
		case <-n.hold:
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
	}
	if q.Purpose == "fly" {
		return nil, nil, problem.New(problem.Invalid, "no policy for purpose %q; there are policies for invest", q.Purpose)
	}
	return n.answer(ask, q), &dossier.Dossier{}, nil
}

func (n *fakeNode) Decide(ctx context.Context, ask access.Ask, q node.Question) (*decision.Answer, error) {
	a, _, err := n.Check(ctx, ask, q)
	if err == nil {
		a.Decision = pointer(fakeDigest)
	}
	return a, err
}

func (n *fakeNode) known(digest string) error {
	if digest != fakeDigest {
		return problem.New(problem.NotFound, "no document %s", digest)
	}
	return nil
}

func (n *fakeNode) Decision(_ context.Context, _ access.Ask, digest string) ([]byte, *ledger.Entry, error) {
	return []byte(`{"decision":"fake"}`), fakeEntry(6), n.known(digest)
}

func (n *fakeNode) Bundle(_ context.Context, _ access.Ask, digest string) ([]byte, error) {
	return []byte("{}\nsha256:00\n"), n.known(digest)
}

func (n *fakeNode) Replay(_ context.Context, _ access.Ask, digest string) (*decision.Outcome, error) {
	return &decision.Outcome{Result: decision.Same, Differences: []decision.Difference{}}, n.known(digest)
}

func (n *fakeNode) Search(_ context.Context, _ access.Ask, query string, limit int) ([]dossier.Candidate, error) {
	if query == "nobody" {
		return nil, nil
	}
	return []dossier.Candidate{{ID: "x", Name: query, Listings: []string{}, Why: fmt.Sprintf("limit %d", limit)}}, nil
}

func (n *fakeNode) Screen(_ context.Context, ask access.Ask, sought []screening.Sought, opts node.ScreenOptions) (*node.ScreenedAll, error) {
	out := &node.ScreenedAll{At: ask.At.Date, Known: ask.At.Known, Position: 7, Engine: "fake/1", Threshold: 0.85}
	if opts.Record && !ask.Reader.MayWrite() {
		return nil, problem.New(problem.Denied, "%s may not record screenings", ask.Reader.Member)
	}
	for _, s := range sought {
		r := &screening.Result{ID: s.ID, Query: s.Name, Matches: []screening.Match{}}
		switch s.Name {
		case "nobody":
		case "fails":
			r.Error = "the fake node cannot look for it"
		case "...":
			r.Error = `the name "..." has no letter or number to compare`
		default:
			m := screening.Match{ID: "us-dod-1237:x", Name: s.Name, Kind: s.Kind, Score: 1, Evidence: 0.2, List: "us-dod-1237", Status: listing.StatusListed}
			switch {
			case len(opts.Lists) > 0:
				m.Matched = fmt.Sprint("lists ", opts.Lists)
			case ask.At.Date != "":
				m.Matched = "asked at " + string(ask.At.Date)
			}
			if opts.Why {
				m.Why = &screening.Why{Engine: "fake/1"}
			}
			r.Matches = append(r.Matches, m)
		}
		out.Results = append(out.Results, r)
	}
	if opts.Record {
		out.Recorded = pointer(fakeDigest)
	}
	return out, nil
}

func (n *fakeNode) Profile(_ context.Context, _ access.Ask, id string) (*node.Profile, error) {
	if id == "nobody" {
		return nil, problem.New(problem.NotFound, "nothing is held under the id %q", id)
	}
	return &node.Profile{
		ID: id, Name: "Acme", Kind: party.Organisation, Entry: listing.Entry{Programme: "us-dod-1237"}, Standing: listing.Folded{Status: listing.StatusListed},
		Names: []party.Name{{Name: "Acme", Quality: party.Primary}, {Name: "Akme", Quality: party.Weak}}, First: "2021-01-14", Last: "2021-02-01",
		Identifiers: []party.Identifier{{Scheme: "lei", Value: "L1"}}, Details: []party.Detail{{Name: "country", Value: "China"}},
	}, nil
}

// Screening is tested with a real node.
func (n *fakeNode) Screening(context.Context, access.Ask, node.ScreenOptions) (*node.Screening, error) {
	return nil, problem.New(problem.Unavailable, "the fake node screens no batches")
}

func (n *fakeNode) Show(_ context.Context, _ access.Ask, subject string) (*dossier.Dossier, error) {
	if subject == "nobody" {
		return nil, problem.New(problem.NotFound, "nothing is held about %q", subject)
	}
	return &dossier.Dossier{Query: subject, Subject: dossier.Subject{ID: "x", Name: subject}, Control: dossier.NoControl()}, nil
}

func (n *fakeNode) Programmes(context.Context, access.Ask) (map[string]*listing.Programme, error) {
	return map[string]*listing.Programme{
		"us-ofac-sdn": {ID: "us-ofac-sdn"}, "us-dod-1237": {ID: "us-dod-1237"},
	}, nil
}

func (n *fakeNode) Sources(context.Context, access.Ask) ([]ledger.Source, error) {
	return []ledger.Source{{Source: "us-ofac-sdn", Editions: 2}}, nil
}

func (n *fakeNode) Editions(_ context.Context, _ access.Ask, source string) ([]ledger.EditionEntry, error) {
	if source != "us-ofac-sdn" && source != "events/xiaomi" {
		return nil, problem.New(problem.NotFound, "no editions of %q", source)
	}
	return []ledger.EditionEntry{{Position: 3, Parts: []string{source}, Documents: []ledger.Entry{}}}, nil
}

func (n *fakeNode) Differences(_ context.Context, _ access.Ask, source string, from, to int64) (*ledger.Differences, error) {
	d := &ledger.Differences{Source: source, From: from, To: to, Added: 2, Removed: 1}
	for _, item := range []struct{ change, subject string }{{"removed", "a"}, {"added", "b"}, {"added", "c"}} {
		d.Items = append(d.Items, ledger.Difference{Subject: item.subject, Change: item.change, Facts: []ledger.Delta{}})
	}
	return d, nil
}

func (n *fakeNode) Import(_ context.Context, reader access.Reader, files []intake.File, opts node.ImportOptions) (*node.ImportReport, error) {
	report := &node.ImportReport{Editions: []node.ImportedEdition{}, Failed: []string{}}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, f := range files {
		if strings.Contains(string(f.Bytes), "broken") {
			report.Failed = append(report.Failed, f.Name+": line 1: want a list, found nothing like it")
			continue
		}
		n.imported = append(n.imported, fmt.Sprintf("%s by %s for %s on %s: %d bytes", f.Name, reader.Member, opts.Audience, opts.Published, len(f.Bytes)))
		e := &ledger.Entry{Position: int64(101 + len(n.taken)), Digest: fakeDigest, Kind: "text", Name: f.Name, Audience: opts.Audience, Published: opts.Published, Received: time.Unix(0, 0).UTC()}
		if opts.AcceptLoss {
			e.Name += " accept_loss"
		}
		if opts.Strict {
			e.Name += " strict"
		}
		n.taken = append(n.taken, e)
		report.Editions = append(report.Editions, node.ImportedEdition{Source: opts.Source, Files: []string{f.Name}, Position: e.Position, New: string(f.Bytes) != "again\n"})
	}
	return report, nil
}

func (n *fakeNode) List(_ context.Context, ask access.Ask, f ledger.Filter) ([]ledger.Entry, error) {
	var out []ledger.Entry
	for p := f.After + 1; p <= n.position.Load() && len(out) < f.Limit; p++ {
		if e := fakeEntry(p); ask.Reader.MaySee(e.Audience) {
			out = append(out, *e)
		}
	}
	return out, nil
}

// fakeEntry is a document; the one at position 5 is Acme's alone.
func fakeEntry(p int64) *ledger.Entry {
	e := &ledger.Entry{Position: p, Digest: fakeDigest, Kind: "text", Name: "näme \"1\".txt", Received: time.Unix(0, 0).UTC()}
	if p == 5 {
		e.Audience = access.ForOrganisation("acme")
	}
	return e
}

func (n *fakeNode) Document(_ context.Context, ask access.Ask, position int64) (*ledger.Entry, error) {
	e, last := fakeEntry(position), n.position.Load()
	n.mu.Lock()
	if i := position - 101; i >= 0 && i < int64(len(n.taken)) {
		e, last = n.taken[i], position
	}
	n.mu.Unlock()
	if position > last || !ask.Reader.MaySee(e.Audience) {
		return nil, problem.New(problem.NotFound, "no document at position %d", position)
	}
	return e, nil
}

func (n *fakeNode) Body(context.Context, access.Ask, int64) ([]byte, error) {
	return []byte("<script>alert(1)</script>"), nil
}

func (n *fakeNode) Prove(context.Context, access.Ask, int64) ([]byte, error) {
	return []byte("c2sp.org/tlog-proof@v1\nindex 0\n\n" + fakeTree), nil
}

func (n *fakeNode) Head(context.Context) (node.Head, error) {
	if n.down.Load() {
		return node.Head{}, fmt.Errorf("store: connection refused")
	}
	return node.Head{Origin: "log.example", Position: n.position.Load(), Checkpoint: fakeTree, VerifierKey: fakeKey, Engine: "sqlite"}, nil
}

func (n *fakeNode) Applied() int64                             { return n.applied.Load() }
func (n *fakeNode) Checkpoint(context.Context) (string, error) { return fakeTree, nil }
func (n *fakeNode) VerifierKey() string                        { return fakeKey }

func (n *fakeNode) Tile(_ context.Context, path string) ([]byte, error) {
	if strings.HasSuffix(path, "999") {
		return nil, problem.New(problem.NotFound, "the log has no tile %s", path)
	}
	return []byte("tile of " + path), nil
}

// fakeAccounts knows "cst_NAME" for a few names, and the session "NAME".
type fakeAccounts struct{ server.Accounts }

var fakeReaders = map[string]access.Reader{
	"reader":  {Member: "reader", Organisations: []string{"cisa"}, Roles: map[string]access.Role{"cisa": access.RoleReader}},
	"analyst": {Member: "analyst", Organisations: []string{"acme"}, Roles: map[string]access.Role{"acme": access.RoleAnalyst}},
	"admin":   {Member: "admin", Organisations: []string{"acme"}, Roles: map[string]access.Role{"acme": access.RoleAdministrator}},
}

func (fakeAccounts) ReaderOfToken(_ context.Context, secret string) (access.Reader, error) {
	name, ok := strings.CutPrefix(secret, "cst_")
	if secret == "cst_storefault" {
		return access.Reader{}, problem.New(problem.Unavailable, "the store does not answer")
	}
	if r, known := fakeReaders[name]; ok && known {
		return r, nil
	}
	return access.Reader{}, problem.New(problem.Unauthenticated, "no such token")
}

func (fakeAccounts) ReaderOfSession(_ context.Context, secret string) (access.Reader, error) {
	if r, known := fakeReaders[secret]; known {
		return r, nil
	}
	return access.Reader{}, problem.New(problem.Unauthenticated, "no such session")
}

func (fakeAccounts) SignIn(_ context.Context, member, password string) (string, time.Time, error) {
	switch {
	case member == "hasty":
		return "", time.Time{}, problem.New(problem.TooMany, "too many failed attempts to sign in: try again in 4s")
	case password != "right":
		return "", time.Time{}, problem.New(problem.Unauthenticated, "wrong name or password")
	}
	return member, time.Unix(4102444800, 0), nil
}

func (fakeAccounts) SignOut(context.Context, string) error { return nil }

func (fakeAccounts) Organisations(context.Context, access.Reader) ([]access.Organisation, error) {
	return []access.Organisation{{ID: "acme", Name: "Acme"}}, nil
}

func (fakeAccounts) Members(_ context.Context, by access.Reader) ([]access.Member, error) {
	return []access.Member{{Name: by.Member, Roles: by.Roles}}, nil
}

func mustAdminister(by access.Reader) error {
	if !by.Is(access.RoleAdministrator) {
		return problem.New(problem.Denied, "only an administrator may")
	}
	return nil
}

func (fakeAccounts) CreateOrganisation(_ context.Context, by access.Reader, o access.Organisation) error {
	if o.ID == "acme" {
		return problem.New(problem.Conflict, "organisation acme exists already")
	}
	return mustAdminister(by)
}

func (fakeAccounts) CreateMember(_ context.Context, by access.Reader, m access.NewMember) error {
	if m.Password == "short" {
		return problem.New(problem.Invalid, "password has 5 characters: want at least 15")
	}
	return mustAdminister(by)
}

func (fakeAccounts) Grant(_ context.Context, by access.Reader, _, _ string, _ access.Role) error {
	return mustAdminister(by)
}

func (fakeAccounts) Withdraw(_ context.Context, by access.Reader, _, _ string) error {
	return mustAdminister(by)
}

func (fakeAccounts) Disable(_ context.Context, by access.Reader, _ string) error {
	return mustAdminister(by)
}

func (fakeAccounts) Tokens(_ context.Context, _ access.Reader, member string) ([]access.Token, error) {
	return []access.Token{{ID: "t1", Member: member, Label: "nightly"}}, nil
}

func (fakeAccounts) CreateToken(_ context.Context, by access.Reader, member, label string, expires time.Time) (access.Secret, access.Token, error) {
	if by.Member != member {
		return "", access.Token{}, problem.New(problem.Denied, "only an administrator of all organisations of %s may", member)
	}
	return "cst_fresh", access.Token{ID: "t2", Member: member, Label: label, Expires: expires}, nil
}

func (fakeAccounts) RevokeToken(_ context.Context, _ access.Reader, id string) error {
	if id != "t1" {
		return problem.New(problem.NotFound, "no token %q", id)
	}
	return nil
}
