package statute

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/realdata"
	"countersign.dev/internal/table"
)

const header = "schema,name,aliases,topics,program,authority,reason,report-date,start-date,end-date,country,notes,source_url\n"

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

// told is what a reading says but for the terms by which names are found.
func told(r *ledger.Reading) []string {
	var out []string
	for _, s := range r.Statements {
		what := fmt.Sprint(s.Body)
		switch b := s.Body.(type) {
		case listing.Entry:
			what = strings.TrimSpace(fmt.Sprintf("%s %s %s", b.Kind, b.Name, b.Remarks))
		case listing.Event:
			what = fmt.Sprintf("%s %s, %s %v", b.Kind, b.Date, b.What, b.Consequences)
		case party.Name:
			if s.Kind == party.FactCore {
				continue
			}
			what = string(b.Quality) + " " + b.Name
		}
		if s.Published != "" {
			what += " @" + string(s.Published)
		}
		_, key, _ := strings.Cut(s.Subject, ":")
		out = append(out, key+" "+strings.TrimPrefix(s.Kind, "party.")+": "+what)
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

func TestNamedByTheAct(t *testing.T) {
	r := read(t, header+`Company,"Acme, Limited",ACM; Akme,,Section 154 of the Act,United States Congress,,2023-12-22,"October 1, 2027",,,No batteries.,https://example.org/law.pdf`)
	check(t, r,
		"acme-limited listing.entry: organisation Acme, Limited No batteries. @2023-12-22", "acme-limited name: primary Acme, Limited @2023-12-22",
		"acme-limited name: acronym ACM", "acme-limited name: alias Akme",
		"acme-limited listing.event: designated 2023-12-22, named in section 154 [{procurement 2027-10-01   false }] @2023-12-22",
	)
	if r.Source != "us-ndaa-154" || r.Mode != ledger.Chronicle || r.Rows != 1 {
		t.Errorf("%d rows of %s, mode %v", r.Rows, r.Source, r.Mode)
	}
}

func TestYearlyLists(t *testing.T) {
	row := func(name, year, end, url string) string {
		return fmt.Sprintf("Company,%s,,debarment,Section 1286 of the Act,,,%s,,%s,,,%s\n", name, year, end, url)
	}
	r := read(t, header+
		row("Beta Institute", "2024", "2026", "https://example.org/list.pdf")+
		row("Acme University", "2023", "", "https://example.org/2024/07/list.pdf")+
		row("ACME  University", "2022", "", "https://example.org/2023/Jun/29/1/list.PDF")+
		row("Gamma Institute", "2023", "", "https://example.org/2024/07/list.pdf")+
		row("Gamma Institute", "2024", "2026-07-23", "https://example.org/list.pdf"))
	check(t, r,
		"acme-university listing.entry: organisation Acme University @2023-06-29", "acme-university name: primary Acme University @2023-06-29",
		"acme-university listing.event: designated 2023-06-29, named in the list under section 1286, fiscal year 2022 [] @2023-06-29",
		"acme-university listing.event: amended 2024-07-31, named again in a newer list, fiscal year 2023 [] @2024-07-31",
		"beta-institute listing.entry: organisation Beta Institute", "beta-institute name: primary Beta Institute",
		"beta-institute listing.event: removed 2027-01-01, no longer named [] @2027-01-01",
		"gamma-institute listing.entry: organisation Gamma Institute @2024-07-31", "gamma-institute name: primary Gamma Institute @2024-07-31",
		"gamma-institute listing.event: designated 2024-07-31, named in the list under section 1286, fiscal year 2023 [] @2024-07-31",
		"gamma-institute listing.event: removed 2026-07-23, no longer named [] @2026-07-23",
	)
}

func TestSanctionedForATerm(t *testing.T) {
	r := read(t, header+"Person,Jan Roe,,sanction,Nonproliferation Sanctions (ISN) - State Department,State Department,,2026-01-27,2026-01-22,2028-01-22,XX,,https://example.org/n\n")
	check(t, r,
		"jan-roe listing.entry: person Jan Roe @2026-01-27", "jan-roe name: primary Jan Roe @2026-01-27", "jan-roe detail: {country XX}",
		"jan-roe listing.event: designated 2026-01-22, sanctioned under the Iran, North Korea, and Syria Nonproliferation Act [] @2026-01-27",
		"jan-roe listing.event: expired 2028-01-22, the term ends [] @2026-01-27",
	)
}

func TestIndexOfNotices(t *testing.T) {
	r := read(t, "document_number,publication_date,html_url,pdf_url\n2026-1,2026-08-04,https://example.org/1,https://example.org/1.pdf\n")
	if r.Rows != 1 || len(r.Statements) != 0 || len(r.Warnings) != 1 || r.Source != SourceNotices {
		t.Errorf("%+v", r)
	}
}

func TestRefused(t *testing.T) {
	row := func(schema, name, program, report, start, end string) string {
		return fmt.Sprintf("%s,%s,,,%s,,,%s,%s,%s,,,\n", schema, name, program, report, start, end)
	}
	for _, tt := range []struct{ text, want string }{
		{header, "no rows below the header"},
		{header + row("Company", "!", "Section 889", "", "", ""), `line 2, column "name": no name`},
		{header + row("Company", "A", "Section 1", "", "", ""), `line 2, column "program": "Section 1" is no list that is known here`},
		{header + row("Company", "A", "Section 889", "", "", "") + row("Company", "B", "Section 154", "", "", ""), "line 3: is of the list us-ndaa-154 and the rows before of us-ndaa-889"},
		{header + row("Vessel", "A", "Section 889", "", "", ""), `line 2, column "schema": "Vessel"`},
		{header + row("Company", "A", "Section 1286", "soon", "", ""), `line 2, column "report date": "soon" is no date`},
		{header + row("Company", "A", "Section 1286", "", "soon", ""), `line 2, column "start date": "soon" is no date`},
		{header + row("Company", "A", "Section 1286", "", "", "soon"), `line 2, column "end date": "soon" is no date`},
		{header + row("Company", "A", "INKSNA", "", "2020-01-02", "2020-01-02"), "line 2: ends on 2020-01-02 and begins on"},
		{"document_number,publication_date,html_url\n1,soon,\n", `line 2, column "publication date": "soon" is no date`},
	} {
		_, err := Read(t.Context(), []byte(tt.text), table.Limits{})
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) || problem.KindOf(err) != problem.Invalid {
			t.Errorf("%v, want %s", err, tt.want)
		}
	}
	if Recognise("x", []byte("name,program\n")) || Recognise("x", nil) {
		t.Error("recognises what it does not read")
	}
}

func TestDayIn(t *testing.T) {
	for url, want := range map[string]access.Date{
		"https://example.org/2023/Jun/29/2003/1/-1/-1/1/X.PDF": "2023-06-29", "https://example.org/uploads/2024/02/X.pdf": "2024-02-29",
		"https://example.org/2024/2/X.pdf": "", "https://example.org/2024/13/X.pdf": "", "https://example.org/2024/Foo/X.pdf": "", "": "",
		"https://example.org/2023/Jun/31/X.PDF": "2023-06-30",
	} {
		if got := dayIn(url); got != want {
			t.Errorf("%s: %q, want %q", url, got, want)
		}
	}
}

func TestRealTables(t *testing.T) {
	for _, tt := range []struct {
		file, source  string
		rows, entries int
	}{
		{"section_889", "us-ndaa-889", 5, 5}, {"section_154", "us-ndaa-154", 6, 6}, {"section_5949", "us-ndaa-5949", 3, 3},
		{"section_1286", "us-ndaa-1286", 443, 190}, {"inksna", "us-state-inksna", 28, 28}, {"fr_notices", SourceNotices, 58, 0},
	} {
		b, err := os.ReadFile(realdata.Path(t, "data/screening/us_misc/"+tt.file+".csv"))
		if err != nil {
			t.Fatal(err)
		}
		r := read(t, string(b))
		entries := 0
		for _, s := range r.Statements {
			if s.Kind == listing.FactEntry {
				entries++
			}
		}
		if r.Source != tt.source || r.Rows != tt.rows || entries != tt.entries {
			t.Errorf("%s: %d rows, %d entries of %s; want %d, %d of %s", tt.file, r.Rows, entries, r.Source, tt.rows, tt.entries, tt.source)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(header + "Person,A,B; C,,INKSNA,,,2026-01-27,2026-01-22,2028,XX,n,https://example.org/2023/Jun/29/x\n"))
	f.Add([]byte(header + "Company,A,,,Section 1286,,,2022,,2026,,,https://example.org/2024/07/x\nCompany,a,,,Section 1286,,,2023,,,,,\n"))
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
