package bis

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/table"
)

const (
	dplHeader  = `"Name"	"Street_Address"	"City"	"State"	"Country"	"Postal_Code"	"Effective_Date"	"Expiration_Date"	"Standard_Order"	"Last_Update"	"Action"	"FR_Citation"` + "\n"
	mieuHeader = "Type,Name,Alias,Country,Topics,Program,Date,End date,Source URL\n"
)

func dpl(rows ...string) string {
	return dplHeader + strings.ReplaceAll(strings.Join(rows, "\n"), "|", "\t") + "\n"
}

func read(t testing.TB, text string) *ledger.Reading {
	t.Helper()
	source, ok := Recognise("x", []byte(text))
	if !ok {
		t.Fatalf("not recognised: %.80s", text)
	}
	r, err := Read(t.Context(), source, []byte(text), table.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// told is what a reading says, one line a statement.
func told(r *ledger.Reading) []string {
	var out []string
	for _, s := range r.Statements {
		what := fmt.Sprint(s.Body)
		switch b := s.Body.(type) {
		case listing.Entry:
			what = strings.TrimSpace(fmt.Sprintf("%s %s %s", b.Kind, b.Name, b.Remarks))
		case listing.Event:
			what = fmt.Sprintf("%s %s", b.Kind, b.Date)
		case party.Name:
			if s.Kind == party.FactCore {
				continue
			}
			what = string(b.Quality) + " " + b.Name
		case party.Address:
			what = draftJoin(b.Street, b.City, b.Country)
		}
		if s.Published != "" {
			what += " @" + string(s.Published)
		}
		out = append(out, s.Subject+" "+strings.TrimPrefix(s.Kind, "party.")+": "+what)
	}
	slices.Sort(out)
	return out
}

func draftJoin(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), "; ")
}

func check(t *testing.T, r *ledger.Reading, want ...string) {
	t.Helper()
	slices.Sort(want)
	if d := cmp.Diff(want, told(r)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestRecognise(t *testing.T) {
	for text, want := range map[string]string{
		dplHeader: SourceDPL, strings.ReplaceAll(dplHeader, "\t", ","): SourceDPL, mieuHeader + "Organization,A,,CU,export.control,US-BIS-MIEU,2021-03-16,,\n": SourceMIEU,
		mieuHeader: "", "Name\tAge\n": "", "": "", "{}": "",
	} {
		if got, ok := Recognise("x", []byte(text)); got != want || ok != (want != "") {
			t.Errorf("%.40q: %q, want %q", text, got, want)
		}
	}
}

func TestDPL(t *testing.T) {
	r := read(t, dpl(
		` JAN ROE|1 MAIN ST|RENO|NV|US|89501|10/16/2017|10/13/2020|Y|2017-10-23|FR NOTICE ADDED|82 F.R. 48792 10/20/2017`,
		`ACME TRADING LTD.|2 SIDE ST|DUBAI||AE||06/19/2003|06/29/2056|N|2007-01-31|UPDATED|68 F.R. 38290 6/27/03 71 F.R. 38843 7/10/06`,
		`ACME TRADING LTD|3 BACK ST|DUBAI||AE||06/19/2003|06/29/2056|N|2007-01-31|UPDATED|68 F.R. 38290 6/27/03 71 F.R. 38843 7/10/06`,
		`BETA AIR|||||X|01/01/2010|07/01/2010|Y|2010-01-05||`,
		`BETA AIR|||||X|06/15/2010|01/01/2011|Y|2010-06-20||75 F.R. 1 1/2/10, 75 F.R. 2 6/20/10`,
		`BETA AIR|||||X|01/01/2020||Y|||`,
	))
	const acme, beta, roe = "us-bis-dpl:acme-trading-ltd ", "us-bis-dpl:beta-air ", "us-bis-dpl:jan-roe "
	check(t, r,
		roe+"listing.entry: JAN ROE FR NOTICE ADDED @2017-10-20", roe+"name: primary JAN ROE @2017-10-20", roe+"address: 1 MAIN ST; RENO, NV 89501; US",
		roe+"listing.event: designated 2017-10-16 @2017-10-20", roe+"listing.event: expired 2020-10-13 @2017-10-20",
		acme+"listing.entry: organisation ACME TRADING LTD. UPDATED @2003-06-27", acme+"name: primary ACME TRADING LTD. @2003-06-27",
		acme+"address: 2 SIDE ST; DUBAI; AE", acme+"address: 3 BACK ST; DUBAI; AE", acme+"detail: {standard_order no: the order has terms of its own}",
		acme+"listing.event: designated 2003-06-19 @2003-06-27", acme+"listing.event: expired 2056-06-29 @2003-06-27",
		beta+"listing.entry: BETA AIR @2010-01-01", beta+"name: primary BETA AIR @2010-01-01", beta+"address: X",
		beta+"listing.event: designated 2010-01-01 @2010-01-01", beta+"listing.event: expired 2011-01-01 @2010-01-01", beta+"listing.event: redesignated 2020-01-01 @2020-01-01",
	)
	if r.Rows != 6 || r.Published != "2017-10-23" || r.Mode != ledger.Snapshot {
		t.Errorf("%d rows of %s, mode %v", r.Rows, r.Published, r.Mode)
	}
	found := false
	for _, s := range r.Statements {
		found = found || s.Kind == party.FactCore && s.Term == party.PersonTerm("roe jan")
	}
	if !found {
		t.Error("a name that may be a person's is not found by its words in another order")
	}
}

func TestMIEU(t *testing.T) {
	r := read(t, mieuHeader+"Organization,Bureau of Signals,BOS,CU,export.control,US-BIS-MIEU,2021-03-16,2024-01-02,https://example.org/1\nOrganization,Second Office,The Second; 2O,XX,export.control,US-BIS-MIEU,2021-03-16,,\n")
	const bos, second = "us-bis-mieu:bureau-of-signals ", "us-bis-mieu:second-office "
	check(t, r,
		bos+"listing.entry: organisation Bureau of Signals @2021-03-16", bos+"name: primary Bureau of Signals @2021-03-16", bos+"name: acronym BOS",
		bos+"detail: {country CU}", bos+"listing.event: designated 2021-03-16 @2021-03-16", bos+"listing.event: removed 2024-01-02 @2024-01-02",
		second+"listing.entry: organisation Second Office @2021-03-16", second+"name: primary Second Office @2021-03-16", second+"name: alias The Second",
		second+"name: acronym 2O", second+"detail: {country XX}", second+"listing.event: designated 2021-03-16 @2021-03-16",
	)
	if r.Mode != ledger.Chronicle || r.Rows != 2 {
		t.Errorf("%d rows, mode %v", r.Rows, r.Mode)
	}
}

func TestRefused(t *testing.T) {
	row := func(name, from, to string) string { return dpl(name + "|||||" + "|" + from + "|" + to + "|Y|||") }
	mieu := func(row string) string { return mieuHeader + row + "\n" }
	for _, tt := range []struct{ source, text, want string }{
		{SourceDPL, row("", "01/01/2020", ""), `line 2, column "name": no name`},
		{SourceDPL, row("A", "", ""), `line 2, column "effective date": no date`},
		{SourceDPL, row("A", "13/13/2020", ""), `line 2, column "effective date": "13/13/2020" is no date`},
		{SourceDPL, row("A", "01/01/2020", "01/01/2019"), "line 2: the order expires on 2019-01-01"},
		{SourceDPL, "Name\n", `line 1: no column "effective date"`},
		{SourceDPL, dplHeader, "no rows below the header"},
		{SourceMIEU, mieu("O,!,,CU,,US-BIS-MIEU,2021-03-16,,"), `line 2, column "name": no name`},
		{SourceMIEU, mieu("O,A,,CU,,US-BIS-MIEU,,,"), `line 2, column "date": no date`},
		{SourceMIEU, mieu("O,A,,CU,,US-BIS-MIEU,2021-03-16,2021-03-16,"), "line 2: ends on 2021-03-16"},
		{SourceMIEU, mieu("O,A,,CU,,US-BIS-MIEU,2021-03-16,,\nO,a,,CU,,US-BIS-MIEU,2021-03-16,,"), "line 3: entry us-bis-mieu:a is already on line 2"},
		{"us-ofac-sdn", dplHeader, "source us-ofac-sdn is no list of the Bureau"},
	} {
		_, err := Read(t.Context(), tt.source, []byte(tt.text), table.Limits{})
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) || problem.KindOf(err) != problem.Invalid {
			t.Errorf("%v, want %s", err, tt.want)
		}
	}
}

func TestPublishedOn(t *testing.T) {
	for _, tt := range []struct {
		citation string
		from     access.Date
		want     access.Date
	}{
		{"82 F.R. 48792 10/20/2017", "2017-10-16", "2017-10-20"},
		{"68 F.R. 38290 6/27/03 71 F.R. 38843 7/10/06", "2006-07-01", "2006-07-10"},
		{"52 F.R. 1 6/27/87", "1987-06-01", "1987-06-27"},
		{"82 F.R. 48792 10/20/2017", "2018-01-01", "2018-01-01"},
		{"", "2018-01-01", "2018-01-01"},
		{"1 F.R. 2 13/45/99", "1999-01-01", "1999-01-01"},
	} {
		if got := publishedOn(tt.citation, tt.from); got != tt.want {
			t.Errorf("%q of %s: %s, want %s", tt.citation, tt.from, got, tt.want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(dpl(`A|1 ST|B|C|US|1|01/02/2010|01/02/2011|N|2010-01-05|X|1 F.R. 2 1/5/10`, `A||||||01/01/2012||Y|||`)))
	f.Add([]byte(mieuHeader + "O,A,B; C,CU,,US-BIS-MIEU,2021-03-16,2022-01-01,\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, source := range []string{SourceDPL, SourceMIEU} {
			r, err := Read(t.Context(), source, b, table.Limits{})
			if err != nil {
				if problem.KindOf(err) == problem.Internal {
					t.Fatalf("%v has no kind", err)
				}
				continue
			}
			for _, s := range r.Statements {
				if s.Subject == "" || s.Key == "" {
					t.Errorf("statement without subject or key: %+v", s)
				}
			}
		}
	})
}
