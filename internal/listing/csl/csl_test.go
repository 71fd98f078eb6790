package csl

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/realdata"
	"countersign.dev/internal/table"
)

const header = "source,entity_number,type,programs,name,title,addresses,federal_register_notice,start_date,end_date,license_requirement,license_policy,vessel_flag,remarks,source_list_url,alt_names,citizenships,dates_of_birth,source_information_url,ids\n"

func read(t testing.TB, text string) *ledger.Reading {
	t.Helper()
	if !Recognise("x", []byte(text)) {
		t.Fatalf("not recognised: %.80s", text)
	}
	r, err := Read(t.Context(), []byte(text), table.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func told(r *ledger.Reading) []string {
	var out []string
	for _, s := range r.Statements {
		what := fmt.Sprint(s.Body)
		switch b := s.Body.(type) {
		case listing.Entry:
			what = strings.TrimSpace(fmt.Sprintf("%s %s on %s %v %s", b.Kind, b.Name, b.Programme, b.Tags, b.Remarks))
		case listing.Event:
			what = fmt.Sprintf("%s %s", b.Kind, b.Date)
		case party.Name:
			if s.Kind == party.FactCore {
				continue
			}
			what = string(b.Quality) + " " + b.Name
		}
		if s.Published != "" {
			what += " @" + string(s.Published)
		}
		out = append(out, s.Subject+" "+strings.TrimPrefix(s.Kind, "party.")+": "+what)
	}
	slices.Sort(out)
	return out
}

func check(t *testing.T, r *ledger.Reading, want ...string) {
	t.Helper()
	slices.Sort(want)
	if d := cmp.Diff(want, told(r)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

const sdn, el, dpl, odd = "us-ofac-sdn:36 ", "us-bis-entity-list:acme-works-ltd ", "us-bis-dpl:jan-roe ", "csl-made-up-list-mul-somebody:beta "

func TestCSV(t *testing.T) {
	r := read(t, header+
		`Specially Designated Nationals (SDN) - Treasury Department,36,Vessel,CUBA; IRAN,MV ACME,,"1 Main St, Havana, CU; CU",,,,,,Cuba,(Linked To: ACME (HOLDING) CO),u,ACME I; and ACME II,,,u,"IMO 9000001, Vessel Registration Identification; CU, T-1, Tax ID No.; Subject to it, Additional Sanctions Information -; 77, Odd Number; whatever"`+"\n"+
		`Entity List (EL) - Bureau of Industry and Security,,,,Acme Works Ltd.,,"2 Side St, Minsk, BY",80 FR 1,2015-11-12,,For all items.,Presumption of denial.,,,u,,,,i,`+"\n"+
		`Entity List (EL) - Bureau of Industry and Security,,,,ACME Works Ltd,,"3 Back St, Kyiv, UA",83 FR 2,2018-09-04,,For all items.,Presumption of denial.,,,u,,,,i,`+"\n"+
		`Denied Persons List (DPL) - Bureau of Industry and Security,,,, JAN ROE,,,82 F.R. 1,2017-10-16,2020-10-13,,,,FR NOTICE ADDED,u,,US,1965,i,`+"\n"+
		`Made Up List (MUL) - Somebody,5,Entity,,Beta,,,,,,,,,,u,,,,,`+"\n")
	check(t, r,
		sdn+"listing.entry: vessel MV ACME on us-ofac-sdn [CUBA IRAN] (Linked To: ACME (HOLDING) CO)", sdn+"name: primary MV ACME", sdn+"name: alias ACME I", sdn+"name: alias ACME II",
		sdn+"address: {1 Main St, Havana  CU }", sdn+"address: {  CU }", sdn+"identifier: {imo 9000001 }", sdn+"identifier: {tax T-1 CU}",
		sdn+"identifier: {identification 77 }", sdn+"detail: {secondary_sanctions Subject to it}", sdn+"detail: {note whatever}", sdn+"detail: {vessel_flag Cuba}",
		sdn+"link: {linked_to  ACME (HOLDING) CO}",
		el+"listing.entry: organisation Acme Works Ltd. on us-bis-entity-list [] @2015-11-12", el+"name: primary Acme Works Ltd. @2015-11-12",
		el+"address: {2 Side St, Minsk  BY }", el+"address: {3 Back St, Kyiv  UA }", el+"detail: {licence_requirement For all items.}", el+"detail: {licence_policy Presumption of denial.}",
		el+"listing.event: designated 2015-11-12 @2015-11-12", el+"listing.event: amended 2018-09-04 @2018-09-04",
		dpl+"listing.entry: JAN ROE on us-bis-dpl [] FR NOTICE ADDED @2017-10-16", dpl+"name: primary JAN ROE @2017-10-16", dpl+"detail: {citizenship US}", dpl+"detail: {birth_date 1965}",
		dpl+"listing.event: designated 2017-10-16 @2017-10-16", dpl+"listing.event: expired 2020-10-13 @2017-10-16",
		odd+"listing.entry: organisation Beta on csl-made-up-list-mul-somebody []", odd+"name: primary Beta",
	)
	if r.Rows != 5 || len(r.Warnings) != 1 || !strings.HasPrefix(r.Warnings[0], `line 6: the list "Made Up List (MUL) - Somebody" has no programme here`) {
		t.Errorf("%d rows, %q", r.Rows, r.Warnings)
	}
}

func TestJSON(t *testing.T) {
	r := read(t, `{"total": 1, "sources": [{"a": [1]}],
 "results": [
  {"id": "x", "source": "Entity List (EL) - Bureau of Industry and Security", "entity_number": null, "type": null, "programs": [], "name": "Acme  Works Ltd.",
   "addresses": [{"address": "2 Side St", "city": "Minsk", "state": null, "postal_code": "220000", "country": "BY"}], "alt_names": ["Akme"],
   "federal_register_notice": "80 FR 1", "start_date": "2015-11-12", "source_list_url": "u", "ids": [{"type": "Tax ID No.", "number": "7", "country": "BY", "issue_date": null}]},
  {"source": "Specially Designated Nationals (SDN) - Treasury Department", "entity_number": 36, "type": "Individual", "programs": ["CUBA"], "name": "ROE, Jan", "dates_of_birth": ["1965"]}
 ]}`)
	check(t, r,
		el+"listing.entry: organisation Acme Works Ltd. on us-bis-entity-list [] @2015-11-12", el+"name: primary Acme Works Ltd. @2015-11-12", el+"name: alias Akme",
		el+"address: {2 Side St Minsk, 220000 BY }", el+"identifier: {tax 7 BY}", el+"listing.event: designated 2015-11-12 @2015-11-12",
		sdn+"listing.entry: person ROE, Jan on us-ofac-sdn [CUBA]", sdn+"name: primary ROE, Jan", sdn+"detail: {birth_date 1965}",
	)
}

func TestRefused(t *testing.T) {
	row := func(source, name, start, end string) string {
		return header + fmt.Sprintf("%s,,,,%s,,,,%s,%s,,,,,,,,,,\n", source, name, start, end)
	}
	for _, tt := range []struct{ text, want string }{
		{header, "no rows below the header"},
		{row("", "", "", ""), "no rows below the header"},
		{row("X", "", "", ""), "line 2: no name"},
		{row("", "X", "", ""), "line 2: no source"},
		{row("X (EL)", "A", "soon", ""), `line 2, start_date: "soon" is no date`},
		{row("X (EL)", "A", "2020-01-02", "2020-01-02"), "line 2: ends on 2020-01-02"},
		{`{"results":[`, "line 1: the JSON ends too early"},
		{`{"results":[]}`, "no results"},
		{`{"results":{}}`, `line 1: no list "results"`},
		{"{}", `line 1: no list "results"`},
		{"{\"results\":[\n{\"source\":\"X\",\n\"name\":5}]}", `line 3: field "name" is a number`},
		{"{\"results\":[{\"source\":\"X\"}\n]}", "line 1: no name"},
		{"{\"results\":[\xff]}", "not UTF-8"},
		{`{"results":[{"source":"X","name":"` + strings.Repeat("y", 600) + `"}]}`, "line 1: a text of 600 bytes, the limit is 512"},
		{`{"results":[{"source":"X","name":"A"},{"source":"X","name":"B"},{"source":"X","name":"C"}]}`, "line 1: more than 2 results"},
		{"{" + strings.Repeat(" ", 5000), "5001 bytes, the limit is 4096"},
	} {
		_, err := Read(t.Context(), []byte(tt.text), table.Limits{Bytes: 4096, Rows: 2, Field: 512})
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) || problem.KindOf(err) == problem.Internal {
			t.Errorf("%.60s: %v, want %s", tt.text, err, tt.want)
		}
	}
	for _, text := range []string{"source,name\n", "{}", `{"results":[]}`, "", "[]"} {
		if Recognise("x", []byte(text)) {
			t.Errorf("recognises %q", text)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Read(ctx, []byte(`{"results":[{"source":"X","name":"A"}]}`), table.Limits{}); !errors.Is(err, context.Canceled) {
		t.Errorf("read on: %v", err)
	}
}

func TestRealSample(t *testing.T) {
	b, err := os.ReadFile(realdata.Path(t, "data/screening/us_misc/csl_2019_sample.csv"))
	if err != nil {
		t.Fatal(err)
	}
	r := read(t, string(b))
	on := map[string]int{}
	for _, s := range r.Statements {
		if e, ok := s.Body.(listing.Entry); ok {
			on[e.Programme]++
		}
	}
	// Five of the rows repeat a name of their list with another address or notice.
	want := map[string]int{
		"us-ofac-sdn": 28, "us-ofac-ssi": 26, "us-bis-entity-list": 18, "us-ofac-ns-plc": 13, "us-state-debarred": 10, "us-bis-dpl": 7,
		"us-bis-uvl": 4, "us-state-isn": 3, "us-ofac-nonsdn": 1,
	}
	if d := cmp.Diff(want, on); d != "" || r.Rows != 115 || len(r.Warnings) > 0 {
		t.Errorf("%d rows, warnings %q, entries (-want +got)\n%s", r.Rows, r.Warnings, d)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(header + `Entity List (EL) - B,,,,A Ltd.,,"1 St, B, BY",80 FR 1,2015-11-12,2016-01-01,,,,(Linked To: X),u,"A; and B",,1965,i,"BY, 7, Tax ID No.; x"` + "\n"))
	f.Add([]byte(`{"results":[{"source":"X (SDN)","entity_number":36,"name":"A","addresses":[{"city":"B"}],"ids":[{"type":"Gender","number":"M"}]}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := Read(t.Context(), b, table.Limits{})
		if err != nil {
			if problem.KindOf(err) == problem.Internal {
				t.Fatalf("%v has no kind", err)
			}
			return
		}
		for _, s := range r.Statements {
			if s.Subject == "" || s.Key == "" {
				t.Errorf("statement without subject or key: %+v", s)
			}
		}
	})
}
