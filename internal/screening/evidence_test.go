package screening_test

import (
	"encoding/json"
	"strings"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/party"
	"countersign.dev/internal/screening"
)

// facts are statements as a ledger would hold them.
func facts(t *testing.T, statements ...ledger.Statement) []ledger.Fact {
	t.Helper()
	var out []ledger.Fact
	for i, s := range statements {
		b, err := json.Marshal(s.Body)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, ledger.Fact{ID: int64(i + 1), Kind: s.Kind, Subject: s.Subject, Term: s.Term, Body: b, Published: "2020-01-01", Superseded: access.Forever})
	}
	return out
}

func detail(name, value string) ledger.Statement {
	return party.DetailStatement("x", party.Detail{Name: name, Value: value})
}

func TestWeigh(t *testing.T) {
	putin := facts(t, detail("birth_date", "07 Oct 1952"), detail("nationality", "Russia"),
		party.IdentifierStatement("x", party.Identifier{Scheme: "passport", Value: "AB 123", Country: "Russia"}))
	between := facts(t, detail("birth_date", "1957 to 1960"))
	for name, c := range map[string]struct {
		sought screening.Sought
		facts  []ledger.Fact
		want   float64
		decide bool
	}{
		"nothing known":        {screening.Sought{}, putin, 0, false},
		"nothing held":         {screening.Sought{Birth: "1952", Country: "RU"}, nil, 0, false},
		"all equal":            {screening.Sought{Birth: "1952-10-07", Country: "RU"}, putin, 0.8, false},
		"year only":            {screening.Sought{Birth: "1952"}, putin, 0.3, false},
		"month":                {screening.Sought{Birth: "1952-10"}, putin, 0.3, false},
		"another month":        {screening.Sought{Birth: "1952-11"}, putin, -0.6, false},
		"day and month turned": {screening.Sought{Birth: "1952-07-10"}, putin, 0.3, false},
		"a year apart":         {screening.Sought{Birth: "1953-10-07"}, putin, 0.1, false},
		"another":              {screening.Sought{Birth: "1961-10-07", Country: "France"}, putin, -0.7, false},
		"within a span":        {screening.Sought{Birth: "1959-01-02"}, between, 0.3, false},
		"outside a span":       {screening.Sought{Birth: "1970"}, between, -0.6, false},
		"countries by any name": {
			screening.Sought{Country: "fra; Russian Federation"}, putin, 0.2, false,
		},
		"passport":         {screening.Sought{Identifier: "ab123", Birth: "1970"}, putin, 0.4, true},
		"another passport": {screening.Sought{Identifier: "passport: ZZ9"}, putin, -0.2, false},
		"another scheme":   {screening.Sought{Identifier: "LEI 5493001KJTIIGC8Y1R12"}, putin, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := c.sought.Weigh(c.facts, "2021-01-01")
			if err != nil {
				t.Fatal(err)
			}
			if e.Strength != c.want || e.Decides() != c.decide {
				t.Errorf("strength %v, decides %v, want %v and %v: %+v", e.Strength, e.Decides(), c.want, c.decide, e.Features)
			}
		})
	}
	if e, _ := (&screening.Sought{Birth: "1952"}).Weigh(putin, "2019-01-01"); e.Strength != 0 {
		t.Errorf("what was not published yet counts: %+v", e)
	}
}

func TestBirthDates(t *testing.T) {
	for text, want := range map[string]string{
		"02 Jan 1968": "1968-01-02", "circa 1961": "1961", "1957 to 1960": "1957 1960", "10/03/1956": "1956-03-10", "Mar 1970": "1970-03", "unknown": "",
	} {
		if got := strings.Join(screening.BirthDates(text), " "); got != want {
			t.Errorf("%q tells of %q, want %q", text, got, want)
		}
	}
}

func TestCountryCode(t *testing.T) {
	for text, want := range map[string]string{
		"Russian Federation": "RU", "United Kingdom": "GB", "uk": "GB", "GBR": "GB", "Korea, North": "KP", "the Netherlands": "NL", "Burma": "MM", "Atlantis": "", "China; Iran": "",
	} {
		if got := screening.CountryCode(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}
