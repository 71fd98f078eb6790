package dossier_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"countersign.dev/internal/access"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/dossier/dossiertest"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/screening"
)

const today = access.Date("2026-11-23")

var ignorePrivate = cmpopts.IgnoreUnexported(dossier.Dossier{})

// sameAnswer compares dossiers but for the words that were asked with.
var sameAnswer = cmp.Options{
	ignorePrivate, cmpopts.EquateComparable(access.Audience{}),
	cmpopts.IgnoreFields(dossier.Dossier{}, "Query"), cmpopts.IgnoreFields(dossier.Joined{}, "Why"),
}

func TestBuildOneSubject(t *testing.T) {
	for _, tt := range []struct {
		query, id, name string
		joined          map[string]string
	}{
		{"Xiaomi", "xiaomi", "Xiaomi Corporation", map[string]string{xiaomi: `also known as "Xiaomi"`}},
		{"  XIAOMI CORP. ", "xiaomi", "Xiaomi Corporation", map[string]string{xiaomi: `primary name "Xiaomi Corporation", but for the legal form`}},
		{"小米集团", "xiaomi", "Xiaomi Corporation", map[string]string{xiaomi: `also known as "小米集团"`}},
		{"xiaomi", "xiaomi", "Xiaomi Corporation", map[string]string{xiaomi: `also known as "Xiaomi"`}},
		{"party:xiaomi", "xiaomi", "Xiaomi Corporation", map[string]string{xiaomi: "same party xiaomi"}},
		{xiaomi, "xiaomi", "Xiaomi Corporation", map[string]string{xiaomi: "id " + xiaomi}},
		{"KYG9830T1067", "xiaomi", "Xiaomi Corporation", map[string]string{xiaomi: "ISIN KYG9830T1067"}},
		{"isin:kyg-9830-t1067", "xiaomi", "Xiaomi Corporation", map[string]string{xiaomi: "ISIN KYG9830T1067"}},
		{"1810 HK", "xiaomi", "Xiaomi Corporation", map[string]string{xiaomi: "ticker 1810 HK"}},
		{"Luokung Technology Corp.", luokung, "Luokung Technology Corp.", map[string]string{
			luokung: `primary name "Luokung Technology Corp."`, luokong: "respelled as " + luokung,
		}},
		{"Luokong Technology Corporation", luokung, "Luokung Technology Corp.", map[string]string{
			luokong: `primary name "Luokong Technology Corporation"`, luokung: "new spelling of " + luokong,
		}},
		{"CHINA TELECOM CORPORATION LIMITED", telecomUS, "CHINA TELECOM CORPORATION LIMITED", map[string]string{
			telecomUS: `primary name "CHINA TELECOM CORPORATION LIMITED"`, telecom: `primary name "China Telecom Corporation Limited"`,
		}},
		{"US1694261033", telecomUS, "CHINA TELECOM CORPORATION LIMITED", map[string]string{
			telecomUS: "ISIN US1694261033", telecom: "same name as " + telecomUS,
		}},
	} {
		t.Run(tt.query, func(t *testing.T) {
			d := build(t, world(), tt.query, today, today)
			want := dossier.Subject{ID: tt.id, Name: tt.name, Kind: party.Organisation}
			if diff := cmp.Diff(want, d.Subject); diff != "" {
				t.Errorf("subject (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.joined, whys(d)); diff != "" {
				t.Errorf("joined (-want +got):\n%s", diff)
			}
			if len(d.Candidates) != 0 {
				t.Errorf("candidates of a known subject: %v", d.Candidates)
			}
			again := build(t, world(), d.Subject.ID, today, today)
			if diff := cmp.Diff(d, again, sameAnswer); diff != "" {
				t.Errorf("asked again by its id %q (-first +again):\n%s", d.Subject.ID, diff)
			}
		})
	}
}

func TestBuildOnDates(t *testing.T) {
	for _, tt := range []struct {
		query       string
		date, known access.Date
		want        map[string]listing.Status
	}{
		{"Xiaomi", "2021-01-13", today, map[string]listing.Status{xiaomi: listing.StatusNotListed}},
		{"Xiaomi", "2021-02-01", today, map[string]listing.Status{xiaomi: listing.StatusListed}},
		{"Xiaomi", "2021-03-16", today, map[string]listing.Status{xiaomi: listing.StatusStayed}},
		{"Xiaomi", "2021-03-16", "2021-02-01", map[string]listing.Status{xiaomi: listing.StatusListed}},
		{"Xiaomi", "2021-05-26", today, map[string]listing.Status{xiaomi: listing.StatusVacated}},
		{"Xiaomi", "2021-05-26", "2021-01-13", map[string]listing.Status{}},
		{"Luokung Technology Corp.", "2021-01-14", today, map[string]listing.Status{
			luokong: listing.StatusListed, luokung: listing.StatusNotListed,
		}},
		{"Luokung Technology Corp.", "2021-03-09", today, map[string]listing.Status{
			luokong: listing.StatusSuperseded, luokung: listing.StatusListed,
		}},
		{"Luokung Technology Corp.", "2021-05-06", "2021-05-06", map[string]listing.Status{
			luokong: listing.StatusSuperseded, luokung: listing.StatusStayed,
		}},
		{"China Telecom Corp Ltd", "2021-06-10", "2021-06-10", map[string]listing.Status{
			telecom: listing.StatusListed, telecomUS: listing.StatusListed,
		}},
	} {
		d := build(t, world(), tt.query, tt.date, tt.known)
		if diff := cmp.Diff(tt.want, statuses(d)); diff != "" {
			t.Errorf("%s at %s known %s (-want +got):\n%s", tt.query, tt.date, tt.known, diff)
		}
	}
}

func TestBuildEvidence(t *testing.T) {
	d := build(t, world(), "Xiaomi", today, today)
	if got := d.Listings[0]; got.Programme != "us-dod-1237" || got.Title != "us-dod-1237" || len(got.Evidence) != 2 || got.Consequences == nil {
		t.Errorf("listing on a list without programme: %+v", got)
	}
	for _, e := range d.Listings[0].Events {
		if len(e.Evidence) == 0 {
			t.Errorf("event %s of %s has no evidence", e.Kind, e.Date)
		}
		for _, ev := range e.Evidence {
			if !strings.HasPrefix(ev.Digest, "sha256:") || ev.Document == 0 || ev.Source == "" {
				t.Errorf("event %s of %s: evidence %+v lacks its document", e.Kind, e.Date, ev)
			}
		}
	}
	want := []dossier.Sourced[party.Claim]{{
		Value: party.Claim{Issuer: "Xiaomi Corporation", Date: "2021-01-29", Text: "not owned by the military", Source: "https://example.org/complaint", Stance: "denies"},
		Evidence: dossier.Evidence{
			Fact: d.Claims[0].Evidence.Fact, Document: 2, Digest: d.Claims[0].Evidence.Digest, Source: "events/xiaomi",
			Published: "2021-01-29", What: "claim", URL: "https://example.org/complaint",
		},
	}}
	if diff := cmp.Diff(want, d.Claims); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
}

func TestBuildCandidates(t *testing.T) {
	d := build(t, world(), "China Telecom", today, today)
	want := []dossier.Candidate{
		{ID: telecomUS, Name: "CHINA TELECOM CORPORATION LIMITED", Kind: party.Organisation, Listings: []string{"us-dod-1260h", "us-ofac-ns-cmic"}, Why: `also known as "CHINA TELECOM"`},
		{ID: groupUS, Name: "CHINA TELECOMMUNICATIONS CORPORATION", Kind: party.Organisation, Listings: []string{"us-ofac-ns-cmic"}, Why: `also known as "CHINA TELECOM"`},
	}
	if diff := cmp.Diff(want, d.Candidates); diff != "" || d.Subject.ID != "" || len(d.Listings) != 0 {
		t.Errorf("subject %q, %d listings, candidates (-want +got):\n%s", d.Subject.ID, len(d.Listings), diff)
	}
	if d := build(t, world(), "Nobody At All Ltd", today, today); d.Subject.ID != "" || len(d.Candidates) != 0 || !d.Audience.IsPublic() {
		t.Errorf("unknown subject: %+v", d)
	}
}

func TestBuildApart(t *testing.T) {
	d := build(t, world(), telecomUS, today, today)
	want := []dossier.Candidate{{
		ID: groupUS, Name: "CHINA TELECOMMUNICATIONS CORPORATION", Kind: party.Organisation, Listings: []string{"us-ofac-ns-cmic"},
		Why: `is called "CHINA TELECOM", the same but for the legal form`,
	}}
	if diff := cmp.Diff(want, d.Apart); diff != "" {
		t.Errorf("apart (-want +got):\n%s", diff)
	}
}

// TestJoin is about which entries are one party: each case has entries and
// numbers, and tells what the party of the first entry consists of.
func TestJoin(t *testing.T) {
	org := func(id, name, by string) listing.Entry { return organisation(id, strings.Split(id, ":")[0], name, by) }
	person := func(id, name string) listing.Entry {
		return listing.Entry{ID: id, Programme: strings.Split(id, ":")[0], Name: name, Kind: party.Person}
	}
	number := dossiertest.Identifier
	same := func(id, to string) ledger.Statement {
		return party.LinkStatement(id, party.Link{Relation: "same_as", To: to})
	}
	for _, tt := range []struct {
		name    string
		entries []listing.Entry
		more    []ledger.Statement
		want    string // ids joined
		apart   string
	}{
		{"legal form on another list", []listing.Entry{org("a:1", "Acme Ltd", ""), org("b:1", "Acme Inc.", "")}, nil, "a:1 b:1", ""},
		{"legal form on the same list", []listing.Entry{org("a:1", "Acme Ltd", ""), org("a:2", "Acme Inc.", "")}, nil, "a:1", "a:2"},
		{"core ambiguous on the other list", []listing.Entry{org("a:1", "Acme Ltd", ""), org("b:1", "Acme Inc.", ""), org("b:2", "Acme GmbH", "")}, nil, "a:1", "b:1 b:2"},
		{"equal name decides where the core is ambiguous", []listing.Entry{org("a:1", "Acme Ltd", ""), org("b:1", "ACME LTD", ""), org("b:2", "Acme GmbH", "")}, nil, "a:1 b:1", "b:2"},
		{"ambiguous but of one party by hand", []listing.Entry{org("a:1", "Acme Ltd", ""), org("b:1", "Acme Inc.", "acme"), org("b:2", "Acme GmbH", "acme")}, nil, "a:1 b:1 b:2", ""},
		{"persons are not joined by name", []listing.Entry{person("a:1", "DOE, John"), person("b:1", "John DOE")}, nil, "a:1", ""},
		{"passport of one country", []listing.Entry{person("a:1", "DOE, John"), person("b:1", "Jon DOE")}, []ledger.Statement{
			number("a:1", "passport", "K 123", "Iran"), number("b:1", "passport", "K123", "IRAN"),
		}, "a:1 b:1", ""},
		{"passports of two countries", []listing.Entry{person("a:1", "DOE, John"), person("b:1", "Jon DOE")}, []ledger.Statement{
			number("a:1", "passport", "K123", "Iran"), number("b:1", "passport", "K123", "Iraq"),
		}, "a:1", ""},
		{"tickers do not join", []listing.Entry{org("a:1", "Acme", ""), org("b:1", "Bolt", "")}, []ledger.Statement{
			number("a:1", "ticker", "AC US", ""), number("b:1", "ticker", "AC US", ""),
		}, "a:1", ""},
		{"one number twice on a list", []listing.Entry{org("a:1", "Acme", ""), org("b:1", "Bolt", ""), org("b:2", "Bolt Two", "")}, []ledger.Statement{
			number("a:1", "lei", "X1", ""), number("b:1", "lei", "X1", ""), number("b:2", "lei", "X1", ""),
		}, "a:1", "b:1 b:2"},
		{"a number goes before a name", []listing.Entry{org("a:1", "Acme Ltd", ""), org("b:1", "Bolt", ""), org("b:2", "Acme Inc", "")}, []ledger.Statement{
			number("a:1", "lei", "X1", ""), number("b:1", "lei", "X1", ""),
		}, "a:1 b:1", "b:2"},
		{"same as, from the other side", []listing.Entry{org("a:1", "Acme", ""), org("a:2", "Bolt", "")}, []ledger.Statement{same("a:2", "a:1")}, "a:1 a:2", ""},
		{"through a chain", []listing.Entry{org("a:1", "Acme", ""), org("b:1", "Acme Ltd", ""), org("c:1", "Bolt", "")}, []ledger.Statement{
			number("b:1", "lei", "X1", ""), number("c:1", "lei", "X1", ""),
		}, "a:1 b:1 c:1", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := &dossiertest.Memory{}
			for _, e := range tt.entries {
				m.Add(dossiertest.Document{Source: e.Programme, Published: "2020-01-01", Statements: dossiertest.Entry(e)})
			}
			m.Add(dossiertest.Document{Source: "more", Published: "2020-01-01", Statements: tt.more})
			d := build(t, m, "a:1", today, today)
			var ids, apart []string
			for _, l := range d.Listings {
				ids = append(ids, l.ID)
			}
			for _, c := range d.Apart {
				apart = append(apart, c.ID)
			}
			if got := strings.Join(ids, " "); got != tt.want {
				t.Errorf("joined %q, want %q", got, tt.want)
			}
			if got := strings.Join(apart, " "); got != tt.apart {
				t.Errorf("apart %q, want %q", got, tt.apart)
			}
			for _, id := range ids { // whichever entry one begins with
				if diff := cmp.Diff(d, build(t, m, id, today, today), sameAnswer); diff != "" {
					t.Errorf("from %s (-from a:1 +from %s):\n%s", id, id, diff)
				}
			}
		})
	}
}

func TestFormerNames(t *testing.T) {
	m := &dossiertest.Memory{}
	m.Add(dossiertest.Document{
		Source: "a", Published: "2020-01-01", Superseded: "2021-01-01",
		Statements: dossiertest.Entry(organisation("a:1", "a", "Old Name Ltd", "")),
	})
	m.Add(dossiertest.Document{
		Source: "a", Published: "2021-01-01", Statements: dossiertest.Entry(organisation("a:1", "a", "New Name Ltd", "")),
	})
	d := build(t, m, "Old Name", today, today)
	if d.Subject.Name != "New Name Ltd" || len(d.Names) != 2 || d.Names[0].Former || !d.Names[1].Former || d.Names[1].Value.Name != "Old Name Ltd" {
		t.Errorf("subject %+v, names %+v", d.Subject, d.Names)
	}
	before := build(t, m, "Old Name", today, "2020-12-31")
	if before.Subject.Name != "Old Name Ltd" || len(before.Names) != 1 || before.Names[0].Former {
		t.Errorf("before: subject %+v, names %+v", before.Subject, before.Names)
	}
}

func TestBuildAudience(t *testing.T) {
	m := world()
	acme := access.ForOrganisation("acme")
	m.Add(dossiertest.Document{Source: "note", Published: "2022-01-01", Audience: acme, Statements: []ledger.Statement{
		{Kind: party.FactClaim, Subject: xiaomi, Key: "x", Body: party.Claim{Issuer: "acme", Text: "we checked"}},
	}})
	b := &dossier.Builder{Facts: m}
	ask := askAt(today, today)
	ask.Reader = access.Reader{Member: "ann", Organisations: []string{"acme"}}
	d, err := b.Build(t.Context(), ask, "Xiaomi")
	if err != nil || d.Audience != acme || len(d.Claims) != 2 {
		t.Errorf("a member: audience %s, %d claims, error %v", d.Audience, len(d.Claims), err)
	}
	if d := build(t, m, "Xiaomi", today, today); !d.Audience.IsPublic() || len(d.Claims) != 1 {
		t.Errorf("the public: audience %s, %d claims", d.Audience, len(d.Claims))
	}
	if d, err := b.Build(t.Context(), ask, "Luokung Technology Corp."); err != nil || !d.Audience.IsPublic() {
		t.Errorf("a member about somebody else: audience %s, error %v", d.Audience, err)
	}
}

func TestInvalidQueries(t *testing.T) {
	b := &dossier.Builder{Facts: world()}
	for _, query := range []string{"", " \t", strings.Repeat("x", 501)} {
		if _, err := b.Build(t.Context(), askAt(today, today), query); !errors.Is(err, problem.Invalid) {
			t.Errorf("Build(%.10q): error %v, want invalid", query, err)
		}
		if _, err := b.Search(t.Context(), askAt(today, today), query, 5); !errors.Is(err, problem.Invalid) {
			t.Errorf("Search(%.10q): error %v, want invalid", query, err)
		}
	}
	if d := build(t, world(), "!!! ???", today, today); d.Subject.ID != "" {
		t.Errorf("punctuation found %v", d.Subject)
	}
}

func TestSearch(t *testing.T) {
	b := &dossier.Builder{Facts: world()}
	for _, tt := range []struct {
		query string
		limit int
		want  string
	}{
		{"xia", 5, "xiaomi"},
		{"小", 5, "xiaomi"},
		{"xiaomi", 5, "xiaomi"},
		{"luok", 5, luokung},
		{"China Tele", 5, telecomUS + " " + groupUS},
		{"China Tele", 1, telecomUS},
		{"us-dod-1237:xiaomi-corporation", 5, "xiaomi"},
		{"no such name", 5, ""},
	} {
		got, err := b.Search(t.Context(), askAt(today, today), tt.query, tt.limit)
		var ids []string
		for _, c := range got {
			ids = append(ids, c.ID)
		}
		if s := strings.Join(ids, " "); err != nil || s != tt.want {
			t.Errorf("Search(%q, %d) = %q, %v, want %q", tt.query, tt.limit, s, err, tt.want)
		}
	}
}

// TestCommonNames is about names that too many bear: they join nothing, and
// nothing fails.
func TestCommonNames(t *testing.T) {
	for _, tt := range []struct {
		name    string
		entries int
		id      func(i int) string
		listed  int // entries of the first one's party
		apart   int
	}{
		{"on as many lists as may share a name", 25, func(i int) string { return fmt.Sprintf("l%d:1", i) }, 25, 0},
		{"on more", 26, func(i int) string { return fmt.Sprintf("l%d:1", i) }, 1, 20},
		{"more than one look-up gives", 1200, func(i int) string { return fmt.Sprintf("l:%d", i) }, 1, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := &dossiertest.Memory{}
			for i := range tt.entries {
				m.Add(dossiertest.Document{Source: "l", Published: "2020-01-01", Statements: dossiertest.Entry(organisation(tt.id(i), "l", "Acme Ltd", ""))})
			}
			x := &indexed{Memory: m}
			d := buildFrom(t, x, tt.id(0), today, today)
			if len(d.Listings) != tt.listed || len(d.Apart) != tt.apart {
				t.Errorf("%d listings and %d apart, want %d and %d", len(d.Listings), len(d.Apart), tt.listed, tt.apart)
			}
			if d = buildFrom(t, x, "Acme Ltd", today, today); (len(d.Candidates) == 0) != (tt.listed > 1) || len(d.Candidates) > 50 {
				t.Errorf("%d candidates, subject %q", len(d.Candidates), d.Subject.ID)
			}
		})
	}
}

// failing is a ledger that can be read a few times only.
type failing struct {
	*dossiertest.Memory
	left int
}

var errDown = errors.New("the ledger is down")

func (f *failing) spend() error {
	if f.left--; f.left < 0 {
		return errDown
	}
	return nil
}

func (f *failing) BySubject(ctx context.Context, ask access.Ask, subjects ...string) ([]ledger.Fact, error) {
	if err := f.spend(); err != nil {
		return nil, err
	}
	return f.Memory.BySubject(ctx, ask, subjects...)
}

func (f *failing) ByTerm(ctx context.Context, ask access.Ask, kinds, terms []string, limit int) ([]ledger.Fact, error) {
	if err := f.spend(); err != nil {
		return nil, err
	}
	return f.Memory.ByTerm(ctx, ask, kinds, terms, limit)
}

func (f *failing) Series(ctx context.Context, ask access.Ask, source, part string) ([]ledger.Entry, error) {
	if err := f.spend(); err != nil {
		return nil, err
	}
	return f.Memory.Series(ctx, ask, source, part)
}

func (f *failing) Programmes(ctx context.Context, ask access.Ask) (map[string]*listing.Programme, error) {
	if err := f.spend(); err != nil {
		return nil, err
	}
	return f.Memory.Programmes(ctx, ask)
}

func (f *failing) Documents(ctx context.Context, ask access.Ask, positions ...int64) ([]ledger.Entry, error) {
	if err := f.spend(); err != nil {
		return nil, err
	}
	return f.Memory.Documents(ctx, ask, positions...)
}

// TestReadsFail is the promise that whichever read fails, the answer is an
// error and never half a dossier.
func TestReadsFail(t *testing.T) {
	for _, query := range []string{"China Telecom Corporation Limited", "xiaomi"} {
		enough := false
		for left := 0; !enough; left++ {
			b := &dossier.Builder{Facts: &failing{world(), left}}
			d, err := b.Build(t.Context(), askAt(today, today), query)
			enough = err == nil
			if err != nil && (d != nil || !errors.Is(err, errDown)) {
				t.Errorf("%q after %d reads: dossier %v, error %v", query, left, d, err)
			}
			if left > 20 {
				t.Fatalf("%q took more than %d reads", query, left)
			}
		}
	}
}

func TestBrokenFacts(t *testing.T) {
	for _, kind := range []string{listing.FactEntry, listing.FactEvent, party.FactName, party.FactIdentifier, party.FactAddress, party.FactLink} {
		m := world()
		m.Add(dossiertest.Document{Source: "x", Published: "2021-02-01", Superseded: "2021-02-02", Statements: []ledger.Statement{{Kind: kind, Subject: xiaomi, Body: 5}}})
		b := &dossier.Builder{Facts: m}
		if d, err := b.Build(t.Context(), askAt(today, today), "Xiaomi"); err == nil || !strings.Contains(err.Error(), xiaomi) {
			t.Errorf("%s with a body that is none: subject %v, error %v, want one that names %s", kind, d.Subject, err, xiaomi)
		}
	}
}

// fuzzy stands for another matcher in the seat.
type fuzzy struct{}

func (fuzzy) Match(context.Context, access.Ask, screening.Query) ([]screening.Hit, error) {
	return []screening.Hit{
		{Subject: luokung, Tier: screening.CorePrimary, Why: "sounds like it"},
		{Subject: xiaomi, Tier: screening.CoreOther, Why: "sounds a little like it"},
		{Subject: "gone:1", Tier: screening.CoreOther, Why: "not held any more"},
	}, nil
}

func (fuzzy) Engine() string { return "fuzzy/7" }

func TestOtherMatcher(t *testing.T) {
	b := &dossier.Builder{Facts: world(), Matcher: fuzzy{}}
	if own := builder(world()).Engine(); b.Engine() == own || !strings.Contains(b.Engine(), "fuzzy/7") || !strings.Contains(own, party.FoldVersion) {
		t.Errorf("engines %q and %q", own, b.Engine())
	}
	d, err := b.Build(t.Context(), askAt(today, today), "Lookong")
	if err != nil || d.Subject.ID != luokung || whys(d)[luokung] != "sounds like it" {
		t.Errorf("subject %q, joined %v, error %v", d.Subject.ID, d.Joined, err)
	}
	found, err := b.Search(t.Context(), askAt(today, today), "Lookong", 0)
	if err != nil || len(found) != 2 || found[1].ID != "xiaomi" {
		t.Errorf("found %v, error %v", found, err)
	}
}

// TestPartyIDHidesNobody is the promise that a party id which is also another
// party's name makes a question ambiguous, and never answers for the other.
func TestPartyIDHidesNobody(t *testing.T) {
	m := world()
	m.Add(dossiertest.Document{Source: "events/other", Name: "other.yaml", Published: "2021-01-01", Statements: dossiertest.Join(
		dossiertest.Entry(listing.Entry{ID: "us-dod-1237:other-holding", Programme: "us-dod-1237", Party: "smic", Name: "Other Holding GmbH", Kind: party.Organisation}),
		dossiertest.Entry(listing.Entry{ID: "us-ofac-sdn:77", Programme: "us-ofac-sdn", Name: "SMIC", Kind: party.Organisation}),
	)})
	b := &dossier.Builder{Facts: m}
	d, err := b.Build(t.Context(), askAt(today, today), "smic")
	if err != nil {
		t.Fatal(err)
	}
	if d.Subject.ID != "" || len(d.Candidates) != 2 || d.Candidates[0].ID != "party:smic" {
		t.Fatalf("subject %q, candidates %+v; want both, to choose from", d.Subject.ID, d.Candidates)
	}
	d, err = b.Build(t.Context(), askAt(today, today), d.Candidates[0].ID)
	if err != nil || d.Subject.ID != "smic" {
		t.Errorf("the candidate's id leads to %q, %v", d.Subject.ID, err)
	}
	for _, id := range []string{"us-dod-1237", "us-ofac-sdn"} {
		if d, err := b.Build(t.Context(), askAt(today, today), id); err != nil || d.Subject.ID != "" {
			t.Errorf("%s is a list, and answered for as a party: %q, %v", id, d.Subject.ID, err)
		}
	}
}

// TestUnseen is the promise that a dossier tells the days on which nobody held
// shows whether the entry was on the list.
func TestUnseen(t *testing.T) {
	m := world()
	alpha := listing.Entry{ID: "us-test:1", Programme: "us-ofac-sdn", Name: "Alpha Trading", Kind: party.Organisation}
	m.Add(dossiertest.Document{Source: "us-test", Name: "old.csv", Published: "2019-01-15"})
	m.Add(dossiertest.Document{Source: "us-test", Name: "new.csv", Published: "2021-07-15", Superseded: "2023-01-15", Statements: dossiertest.Entry(alpha)})
	m.Add(dossiertest.Document{Source: "us-test", Name: "newer.csv", Published: "2023-01-15"})
	b := &dossier.Builder{Facts: m}
	for day, want := range map[access.Date]*dossier.Unseen{
		"2019-01-15": nil, "2019-01-16": {After: "2019-01-15", Until: "2021-07-15"}, "2021-07-14": {After: "2019-01-15", Until: "2021-07-15"},
		"2021-07-15": nil, "2022-01-01": nil, "2024-01-01": nil,
	} {
		d, err := b.Build(t.Context(), askAt(day, today), "Alpha Trading")
		if err != nil || len(d.Listings) != 1 {
			t.Fatalf("%s: %+v, %v", day, d, err)
		}
		if diff := cmp.Diff(want, d.Listings[0].Unseen); diff != "" {
			t.Errorf("%s (-want +got):\n%s", day, diff)
		}
		if day == "2024-01-01" {
			last := d.Listings[0].Events[len(d.Listings[0].Events)-1]
			if n := len(last.Evidence); last.Kind != listing.Removed || n < 2 || last.Evidence[n-1].What != "edition without the entry" {
				t.Errorf("removal rests on %+v; want the edition that lacks the entry", last.Evidence)
			}
		}
	}
}
