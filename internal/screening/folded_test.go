package screening_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/party"
	"countersign.dev/internal/screening"
)

// entries is facts in memory, in the order of their ids.
type entries []ledger.Fact

func (e *entries) state(statements ...ledger.Statement) {
	for _, st := range statements {
		body, err := json.Marshal(st.Body)
		if err != nil {
			panic(err)
		}
		*e = append(*e, ledger.Fact{ID: int64(len(*e) + 1), Kind: st.Kind, Subject: st.Subject, Key: st.Key, Term: st.Term, Body: body})
	}
}

func (e *entries) name(subject string, kind party.Kind, quality party.Quality, name string) {
	e.state(party.NameStatements(subject, name, kind, party.Name{Name: name, Quality: quality})...)
}

func (e *entries) identifier(subject, scheme, value string) {
	e.state(party.IdentifierStatement(subject, party.Identifier{Scheme: scheme, Value: value}))
}

func (e entries) pick(limit int, want func(f *ledger.Fact) bool) (out []ledger.Fact, err error) {
	for i := range e {
		if want(&e[i]) && len(out) < limit {
			out = append(out, e[i])
		}
	}
	return out, nil
}

func (e entries) ByTerm(_ context.Context, _ access.Ask, kinds, terms []string, limit int) ([]ledger.Fact, error) {
	return e.pick(limit, func(f *ledger.Fact) bool { return slices.Contains(kinds, f.Kind) && slices.Contains(terms, f.Term) })
}

func (e entries) ByPrefix(_ context.Context, _ access.Ask, kinds []string, prefix string, limit int) ([]ledger.Fact, error) {
	return e.pick(limit, func(f *ledger.Fact) bool { return slices.Contains(kinds, f.Kind) && strings.HasPrefix(f.Term, prefix) })
}

func list() entries {
	var e entries
	e.name("dod:xiaomi", party.Organisation, party.Primary, "Xiaomi Corporation")
	e.name("dod:xiaomi", party.Organisation, party.Alias, "小米集团")
	e.identifier("dod:xiaomi", "isin", "KYG9830T1067")
	e.identifier("dod:xiaomi", "ticker", "1810 HK")
	e.name("ofac:1", party.Person, party.Primary, "HANIYA, Ismail Abdul Salah")
	e.name("ofac:1", party.Person, party.Alias, "إسماعيل هنية")
	e.identifier("ofac:1", "passport", "K 123-456")
	e.name("ofac:2", party.Organisation, party.Primary, "Акционерное общество Ромашка")
	e.name("ofac:2", party.Organisation, party.Weak, "Xiaomi")
	e.name("ofac:3", party.Vessel, party.Primary, "ÅSGARD & SØN")
	e.identifier("ofac:3", "imo", "9187629")
	e.name("ofac:4", party.Organisation, party.Alias, "Xiaomi Corporation")
	e.name("ofac:5", party.Organisation, party.Former, "Xiaomi Co., Ltd.")
	e.name("un:1", party.Organisation, party.Primary, "조선광업개발무역회사")
	return e
}

func matched(t *testing.T, e entries, q screening.Query) []screening.Hit {
	t.Helper()
	hits, err := screening.Folded{Facts: e}.Match(t.Context(), access.Ask{}, q)
	if err != nil {
		t.Fatalf("Match(%q): %v", q.Text, err)
	}
	return hits
}

// shown writes hits as "tier subject, …".
func shown(hits []screening.Hit) string {
	var out []string
	for _, h := range hits {
		out = append(out, fmt.Sprintf("%s %s", h.Tier, h.Subject))
	}
	return strings.Join(out, ", ")
}

func TestMatch(t *testing.T) {
	for _, tt := range []struct{ query, want string }{
		{"Xiaomi Corporation", "exact_primary dod:xiaomi, exact_other ofac:4, core_other ofac:5, core_other ofac:2"},
		{"  xiaomi—CORPORATION ", "exact_primary dod:xiaomi, exact_other ofac:4, core_other ofac:5, core_other ofac:2"},
		{"Ｘｉａｏｍｉ Corporation", "exact_primary dod:xiaomi, exact_other ofac:4, core_other ofac:5, core_other ofac:2"},
		{"Xiaomi Inc.", "core_primary dod:xiaomi, core_other ofac:4, core_other ofac:5, core_other ofac:2"},
		{"xiaomi", "core_primary dod:xiaomi, core_other ofac:4, core_other ofac:5, core_other ofac:2"},
		{"小米集团", "exact_other dod:xiaomi"},
		{"Ismail Abdul Salah Haniya", "core_primary ofac:1"},
		{"haniya ismail abdul salah", "exact_primary ofac:1"},
		{"إسماعيل هنية", "exact_other ofac:1"},
		{"هنية إسماعيل", "core_other ofac:1"},
		{"АКЦИОНЕРНОЕ ОБЩЕСТВО «РОМАШКА»", "exact_primary ofac:2"},
		{"asgard and son", "exact_primary ofac:3"},
		{"조선광업개발무역회사", "exact_primary un:1"},
		{"KYG9830T1067", "identifier dod:xiaomi"},
		{"isin KYG-9830-T1067", "identifier dod:xiaomi"},
		{"ISIN:kyg9830t1067", "identifier dod:xiaomi"},
		{"IMO 9187629", "identifier ofac:3"},
		{"9187629", "identifier ofac:3"},
		{"passport K123456", "identifier ofac:1"},
		{"1810 hk", "identifier dod:xiaomi"},
		{"lei 9187629", ""},
		{"Xiaom", ""},
		{"nobody", ""},
		{"", ""},
		{" -- ", ""},
		{"\xff\xfe", ""},
	} {
		if got := shown(matched(t, list(), screening.Query{Text: tt.query})); got != tt.want {
			t.Errorf("Match(%q) = %q, want %q", tt.query, got, tt.want)
		}
	}
}

func TestSuggest(t *testing.T) {
	for _, tt := range []struct {
		query string
		limit int
		want  string
	}{
		{"Xiaom", 0, "prefix dod:xiaomi, prefix ofac:4, prefix ofac:5, prefix ofac:2"},
		{"Xiaom", 2, "prefix dod:xiaomi, prefix ofac:4"},
		{"小", 0, "prefix dod:xiaomi"},
		{"xiaomi", 0, "core_primary dod:xiaomi, core_other ofac:4, core_other ofac:5, core_other ofac:2"},
		{"z", 0, ""},
	} {
		if got := shown(matched(t, list(), screening.Query{Text: tt.query, Suggest: true, Limit: tt.limit})); got != tt.want {
			t.Errorf("suggestions for %q = %q, want %q", tt.query, got, tt.want)
		}
	}
}

func TestWhy(t *testing.T) {
	for _, tt := range []struct {
		query string
		want  screening.Hit
	}{
		{"xiaomi corporation", screening.Hit{
			Subject: "dod:xiaomi", Name: "Xiaomi Corporation", Quality: party.Primary, Tier: screening.ExactPrimary,
			Why: `primary name "Xiaomi Corporation"`,
		}},
		{"Xiaomi Inc.", screening.Hit{
			Subject: "dod:xiaomi", Name: "Xiaomi Corporation", Quality: party.Primary, Tier: screening.CorePrimary,
			Why: `primary name "Xiaomi Corporation", but for the legal form`,
		}},
		{"Ismail Abdul Salah Haniya", screening.Hit{
			Subject: "ofac:1", Name: "HANIYA, Ismail Abdul Salah", Quality: party.Primary, Tier: screening.CorePrimary,
			Why: `primary name "HANIYA, Ismail Abdul Salah", its words in any order`,
		}},
		{"k123456", screening.Hit{Subject: "ofac:1", Tier: screening.ByIdentifier, Why: "passport K 123-456"}},
	} {
		if diff := cmp.Diff(tt.want, matched(t, list(), screening.Query{Text: tt.query})[0]); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.query, diff)
		}
	}
}

func TestBest(t *testing.T) {
	for _, tt := range []struct {
		query   string
		suggest bool
		want    string
	}{
		{"Xiaomi Corporation", false, "exact_primary dod:xiaomi"},
		{"Xiaomi Inc.", true, "core_primary dod:xiaomi"},
		{"Xiaom", true, ""},
		{"nobody", false, ""},
		{"Xiaomi LLC", false, "core_primary dod:xiaomi"},
	} {
		if got := shown(screening.Best(matched(t, list(), screening.Query{Text: tt.query, Suggest: tt.suggest}))); got != tt.want {
			t.Errorf("best of %q = %q, want %q", tt.query, got, tt.want)
		}
	}
}

func TestIdentifierLabel(t *testing.T) {
	for _, tt := range []struct {
		id   party.Identifier
		want string
	}{
		{party.Identifier{Scheme: "isin", Value: "KYG9830T1067"}, "ISIN KYG9830T1067"},
		{party.Identifier{Scheme: "passport", Value: "K1", Country: "Iran"}, "passport K1 (Iran)"},
		{party.Identifier{Scheme: "imo_company", Value: "5"}, "IMO company 5"},
	} {
		if got := screening.IdentifierLabel(tt.id); got != tt.want {
			t.Errorf("IdentifierLabel(%v) = %q, want %q", tt.id, got, tt.want)
		}
	}
}

// failing is a ledger that cannot be read.
type failing struct{ entries }

var errDown = errors.New("down")

func (failing) ByPrefix(context.Context, access.Ask, []string, string, int) ([]ledger.Fact, error) {
	return nil, errDown
}

func TestMatchErrors(t *testing.T) {
	_, err := screening.Folded{Facts: failing{list()}}.Match(t.Context(), access.Ask{}, screening.Query{Text: "x", Suggest: true})
	if !errors.Is(err, errDown) || !strings.Contains(err.Error(), `"x"`) {
		t.Errorf("error %v, want one that wraps %v and names the text", err, errDown)
	}
	broken := entries{{Kind: party.FactName, Subject: "a:1", Term: "x", Body: json.RawMessage(`"`)}}
	if _, err := (screening.Folded{Facts: broken}).Match(t.Context(), access.Ask{}, screening.Query{Text: "x"}); err == nil || !strings.Contains(err.Error(), "a:1") {
		t.Errorf("error %v, want one that names a:1", err)
	}
}

// TestMatchFindsItself is the promise that every name finds its entry however
// its letters are cased, and that no text, however odd, fails.
func TestMatchFindsItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.String().Draw(t, "name")
		var e entries
		e.name("a:1", rapid.SampledFrom([]party.Kind{party.Organisation, party.Person}).Draw(t, "kind"), party.Primary, name)
		m := screening.Folded{Facts: e}
		for _, text := range []string{name, " " + name + " ", party.Fold(name)} {
			hits, err := m.Match(t.Context(), access.Ask{}, screening.Query{Text: text, Suggest: true})
			if err != nil {
				t.Fatal(err)
			}
			if found := len(hits) > 0 && hits[0].Tier == screening.ExactPrimary; found != (party.Fold(name) != "") {
				t.Fatalf("%q asked as %q: %v", name, text, hits)
			}
		}
	})
}
