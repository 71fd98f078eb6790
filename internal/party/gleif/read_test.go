package gleif

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
)

const (
	child  = "529900T8BM49AURSDO55"
	parent = "5493001KJTIIGC8Y1R12"

	relationHeader = "Relationship.StartNode.NodeID,Relationship.StartNode.NodeIDType,Relationship.EndNode.NodeID,Relationship.EndNode.NodeIDType,Relationship.RelationshipType,Relationship.RelationshipStatus,Relationship.Period.1.startDate,Relationship.Period.1.endDate,Relationship.Period.1.periodType,Relationship.Period.2.startDate,Relationship.Period.2.endDate,Relationship.Period.2.periodType,Registration.LastUpdateDate,Registration.RegistrationStatus\n"
	entityHeader   = "LEI,Entity.LegalName,Entity.LegalName.xmllang,Entity.LegalAddress.Country\n"
)

// row is a row of Level 2.
func row(kind, status, from, to, period, registration string) string {
	return strings.Join([]string{child, "LEI", parent, "LEI", kind, status, "2019-01-01T00:00:00Z", "2019-12-31T00:00:00Z", "ACCOUNTING_PERIOD", from, to, period, "2022-03-04T05:06:07Z", registration}, ",") + "\n"
}

func read(t testing.TB, text string) (*ledger.Reading, error) {
	t.Helper()
	part, ok := Recognise("x.csv", []byte(text))
	if !ok {
		t.Fatalf("not recognised: %q", text[:min(len(text), 80)])
	}
	return Read(t.Context(), part, []byte(text), Limits{})
}

func TestRelationships(t *testing.T) {
	for _, c := range []struct{ name, row, want string }{
		{"direct", row("IS_DIRECTLY_CONSOLIDATED_BY", "ACTIVE", "2018-05-06T00:00:00Z", "", "RELATIONSHIP_PERIOD", "PUBLISHED"), "other 2018-05-06 9999-12-31"},
		{"ultimate", row("IS_ULTIMATELY_CONSOLIDATED_BY", "ACTIVE", "", "", "", "PUBLISHED"), "other indirect 1000-01-01 9999-12-31"},
		{"a branch", row("IS_INTERNATIONAL_BRANCH_OF", "ACTIVE", "", "", "", "PUBLISHED"), "100 1000-01-01 9999-12-31"},
		{"managed", row("IS_FUND-MANAGED_BY", "ACTIVE", "", "", "", "PUBLISHED"), "management 1000-01-01 9999-12-31"},
		{"ended", row("IS_DIRECTLY_CONSOLIDATED_BY", "INACTIVE", "2018-05-06", "2020-01-02", "RELATIONSHIP_PERIOD", "RETIRED"), "other 2018-05-06 2020-01-02"},
		{"ended without a day", row("IS_DIRECTLY_CONSOLIDATED_BY", "INACTIVE", "2018-05-06", "", "RELATIONSHIP_PERIOD", "RETIRED"), "other 2018-05-06 2022-03-04"},
		{"annulled", row("IS_DIRECTLY_CONSOLIDATED_BY", "ACTIVE", "", "", "", "ANNULLED"), ""},
		{"no time at all", row("IS_DIRECTLY_CONSOLIDATED_BY", "ACTIVE", "2020-01-01", "2020-01-01", "RELATIONSHIP_PERIOD", "PUBLISHED"), ""},
	} {
		r, err := read(t, relationHeader+c.row)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got := ""
		for _, s := range r.Statements {
			i, ok := s.Body.(party.Interest)
			if !ok {
				continue
			}
			if s.Subject != "lei:"+child || s.Term != "lei:"+parent || i.Voting != nil || i.Note == "" {
				t.Errorf("%s: %+v", c.name, s)
			}
			words := []string{string(i.Control)}
			if i.Economic != nil {
				words = []string{i.Economic.Min}
			}
			if i.Indirect {
				words = append(words, "indirect")
			}
			got = strings.Join(append(words, string(s.ValidFrom), string(s.ValidTo)), " ")
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestEntities(t *testing.T) {
	r, err := read(t, entityHeader+child+",\"Acme  Holding\nGmbH\",de,DE\n"+parent+",Parent Inc.,en,US\n")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range r.Statements {
		got = append(got, fmt.Sprintf("%s %s %v", s.Subject, s.Term, s.Body))
	}
	want := []string{
		"lei:" + child + " lei:" + strings.ToLower(child) + " {lei " + child + " }",
		"lei:" + child + " acme holding gmbh {Acme Holding GmbH primary}", "lei:" + child + " acme holding {Acme Holding GmbH primary}",
		"lei:" + child + "  {country DE}",
		"lei:" + parent + " lei:" + strings.ToLower(parent) + " {lei " + parent + " }",
		"lei:" + parent + " parent inc {Parent Inc. primary}", "lei:" + parent + " parent {Parent Inc. primary}",
		"lei:" + parent + "  {country US}",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if r.Source != "gleif" || r.Part != PartEntities || r.Mode != ledger.Snapshot || r.Rows != 2 {
		t.Errorf("source %s, part %s, mode %d, %d rows", r.Source, r.Part, r.Mode, r.Rows)
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{entityHeader + "123,Acme,en,DE\n", `line 2, column "LEI": "123" is no LEI; want 20 letters and digits`},
		{entityHeader + child + ",,en,DE\n", `line 2, column "Entity.LegalName": no name`},
		{entityHeader + child + ",A,en,DE\n" + child + ",A,en,DE\n", `line 3, column "LEI": ` + child + ` occurs twice`},
		{entityHeader + child + ",A\xff,en,DE\n", `line 2, column "Entity.LegalName": not UTF-8`},
		{entityHeader + child + ",\"A,en,DE\n", `stray or unclosed quotation mark`},
		{relationHeader + row("IS_FRIEND_OF", "ACTIVE", "", "", "", ""), `column "Relationship.RelationshipType": "IS_FRIEND_OF" is no type`},
		{relationHeader + row("IS_SUBFUND_OF", "ACTIVE", "lately", "", "RELATIONSHIP_PERIOD", ""), `column "Relationship.Period.2.startDate": "lately" is no day`},
	} {
		_, err := read(t, c.text)
		if problem.KindOf(err) != problem.Invalid || !strings.Contains(fmt.Sprint(err), c.want) {
			t.Errorf("%.80q: %v, want %q", c.text, err, c.want)
		}
	}
	if _, err := Read(t.Context(), PartRelationships, []byte(entityHeader), Limits{}); !strings.Contains(fmt.Sprint(err), `no column "Relationship.StartNode.NodeID"`) {
		t.Errorf("a table of the other part: %v", err)
	}
}

func TestLimits(t *testing.T) {
	text := []byte(entityHeader + child + ",Acme,en,DE\n" + parent + ",B,en,DE\n")
	for name, limits := range map[string]Limits{"bytes": {Bytes: 10}, "rows": {Rows: 1}, "columns": {Columns: 2}, "field": {Field: 3}} {
		if _, err := Read(t.Context(), PartEntities, text, limits); problem.KindOf(err) != problem.TooLarge {
			t.Errorf("limit of %s: %v, want too_large", name, err)
		}
	}
}

func TestRecognise(t *testing.T) {
	for head, want := range map[string]string{relationHeader: PartRelationships, "\ufeff" + entityHeader: PartEntities, "": "", "LEI,Name\n": "", "\x00": ""} {
		if got, ok := Recognise("x.csv", []byte(head)); got != want || ok != (want != "") {
			t.Errorf("%.40q recognised as %q, want %q", head, got, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(relationHeader + row("IS_DIRECTLY_CONSOLIDATED_BY", "INACTIVE", "2018-05-06", "2020-01-02", "RELATIONSHIP_PERIOD", "RETIRED")))
	f.Add([]byte(entityHeader + child + ",\"A\nB\",de,DE\n"))
	f.Add([]byte("\ufeff" + entityHeader + "\n,,\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, part := range []string{PartEntities, PartRelationships} {
			r, err := Read(t.Context(), part, b, Limits{Rows: 1000})
			if err != nil {
				continue
			}
			seen := map[[3]string]string{}
			for _, s := range r.Statements {
				body, err := json.Marshal(s.Body)
				if err != nil {
					t.Fatal(err)
				}
				k := [3]string{s.Kind, s.Subject, s.Key}
				if old, twice := seen[k]; twice && old != string(body) {
					t.Errorf("stated twice, and differently: %q", k)
				}
				seen[k] = string(body)
				if s.Kind == party.FactInterest && (s.ValidFrom >= s.ValidTo || s.ValidTo > access.Forever) {
					t.Errorf("not a statement that can be kept: %+v", s)
				}
			}
		}
	})
}
