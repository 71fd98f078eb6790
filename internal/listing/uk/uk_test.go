package uk

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/table"
)

const shortHeader = "Unique ID,OFSI Group ID,Name,Regime Name,Type,Designation source,Date Designated,Sanctions Imposed\n"

// row is the filled cells of a row of the publisher's form.
type row map[string]string

var ownColumns = []string{
	"Last Updated", "Unique ID", "OFSI Group ID", "UN Reference Number", "Name 6", "Name 1", "Name 2", "Name type", "Alias strength", "Title",
	"Name non-latin script", "Regime Name", "Type", "Designation source", "Sanctions Imposed", "Other Information", "UK Statement of Reasons",
	"Address Line 1", "Address Line 6", "Address Postal Code", "Address Country", "Date Designated", "D.O.B", "Nationality(/ies)",
	"Passport number", "Position", "Town of birth", "Country of birth", "Parent company", "Business registration number (s)", "IMO number",
	"Current believed flag of ship",
}

// publisher writes a list in the publisher's form.
func publisher(rows ...row) string {
	var b strings.Builder
	b.WriteString("Report Date: 25-Nov-2025\n")
	w := csv.NewWriter(&b)
	w.Write(ownColumns)
	for _, r := range rows {
		fields := make([]string, len(ownColumns))
		for i, c := range ownColumns {
			fields[i] = r[c]
		}
		w.Write(fields)
	}
	w.Flush()
	return b.String()
}

func read(t testing.TB, name, text string) *ledger.Reading {
	t.Helper()
	r, err := Read(t.Context(), name, []byte(text), table.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// lines is a reading's statements but for those by which names are found
// otherwise, one a line.
func lines(r *ledger.Reading) []string {
	var out []string
	for _, s := range r.Statements {
		if s.Kind == party.FactCore {
			continue
		}
		b, err := json.Marshal(s.Body)
		if err != nil {
			panic(err)
		}
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s [%s] %s", s.Published, s.Subject, strings.TrimPrefix(s.Kind, "party."), s.Key, b)))
	}
	return out
}

func TestShortForm(t *testing.T) {
	r := read(t, "lists/FCDO_SL_2025-08-11.csv.gz", shortHeader+
		"AFG0001,12703,HAJI MONEY EXCHANGE,Afghanistan,Entity,UN,29-06-2012,\"-, Asset freeze\"\n"+
		"DPR0075,\"\n     \",Petrel 8,Korea,Ship,UK|UN,03-10-2017,Prohibition of port entry\n"+
		"RUS1467,15405,\"\n  \",Russia,Individual,UK,16/06/2022,\"Asset freeze, Travel Ban\"\n")
	want := []string{
		`2012-06-29 uk-sanctions:AFG0001 listing.event [2012-06-29 designated] {"kind":"designated","date":"2012-06-29","published":"2012-06-29","what":"designated under the regime Afghanistan","authority":"Foreign, Commonwealth \u0026 Development Office","citation":"Sanctions and Anti-Money Laundering Act 2018"}`,
		`2012-06-29 uk-sanctions:AFG0001 listing.entry [entry] {"id":"uk-sanctions:AFG0001","programme":"uk-sanctions","name":"HAJI MONEY EXCHANGE","kind":"organisation","tags":["Afghanistan"]}`,
		`2012-06-29 uk-sanctions:AFG0001 name [primary] {"name":"HAJI MONEY EXCHANGE","quality":"primary"}`,
		`uk-sanctions:AFG0001 detail [sanction:Asset freeze] {"name":"sanction","value":"Asset freeze"}`,
		`uk-sanctions:AFG0001 detail [designation_source:UN] {"name":"designation_source","value":"UN"}`,
		`uk-sanctions:AFG0001 identifier [ofsi:12703] {"scheme":"ofsi","value":"12703"}`,
		`2017-10-03 uk-sanctions:DPR0075 listing.event [2017-10-03 designated] {"kind":"designated","date":"2017-10-03","published":"2017-10-03","what":"designated under the regime Korea","authority":"Foreign, Commonwealth \u0026 Development Office","citation":"Sanctions and Anti-Money Laundering Act 2018"}`,
		`2017-10-03 uk-sanctions:DPR0075 listing.entry [entry] {"id":"uk-sanctions:DPR0075","programme":"uk-sanctions-other","name":"Petrel 8","kind":"vessel","tags":["Korea"]}`,
		`2017-10-03 uk-sanctions:DPR0075 name [primary] {"name":"Petrel 8","quality":"primary"}`,
		`uk-sanctions:DPR0075 detail [sanction:Prohibition of port entry] {"name":"sanction","value":"Prohibition of port entry"}`,
		`uk-sanctions:DPR0075 detail [designation_source:UK] {"name":"designation_source","value":"UK"}`,
		`uk-sanctions:DPR0075 detail [designation_source:UN] {"name":"designation_source","value":"UN"}`,
		`2022-06-16 uk-sanctions:RUS1467 listing.event [2022-06-16 designated] {"kind":"designated","date":"2022-06-16","published":"2022-06-16","what":"designated under the regime Russia","authority":"Foreign, Commonwealth \u0026 Development Office","citation":"Sanctions and Anti-Money Laundering Act 2018","consequences":[{"kind":"visa","from":"2022-06-16","what":"may not enter or stay in the United Kingdom"}]}`,
		`2022-06-16 uk-sanctions:RUS1467 listing.entry [entry] {"id":"uk-sanctions:RUS1467","programme":"uk-sanctions","name":"uk-sanctions:RUS1467","kind":"person","tags":["Russia"]}`,
		`uk-sanctions:RUS1467 detail [sanction:Asset freeze] {"name":"sanction","value":"Asset freeze"}`,
		`uk-sanctions:RUS1467 detail [sanction:Travel Ban] {"name":"sanction","value":"Travel Ban"}`,
		`uk-sanctions:RUS1467 detail [designation_source:UK] {"name":"designation_source","value":"UK"}`,
		`uk-sanctions:RUS1467 identifier [ofsi:15405] {"scheme":"ofsi","value":"15405"}`,
	}
	if d := cmp.Diff(want, lines(r)); d != "" {
		t.Error(d)
	}
	if r.Published != "2025-08-11" || r.Rows != 3 || len(r.Warnings) != 1 || r.Warnings[0] != "line 5: uk-sanctions:RUS1467 has no name; it is only found by its id" {
		t.Errorf("published %s, %d rows, warnings %q", r.Published, r.Rows, r.Warnings)
	}
}

func TestOwnForm(t *testing.T) {
	person := row{
		"Last Updated": "02/03/2023", "Unique ID": "AQD0001", "OFSI Group ID": "6900", "UN Reference Number": "QDi.900", "Name 6": "DOE", "Name 1": "JOHN",
		"Name 2": "ALI", "Name type": "Primary name", "Title": "Dr", "Name non-latin script": "جون دو", "Regime Name": "ISIL", "Type": "Individual",
		"Sanctions Imposed": "Asset freeze|Travel Ban", "Date Designated": "25/01/2001", "D.O.B": "dd/mm/1966", "Nationality(/ies)": "Egypt|Iraq",
		"Passport number": "A12345 (Egypt)", "Position": "(1) Emir", "Town of birth": "Cairo", "Country of birth": "Egypt",
		"Address Line 1": "1 Road", "Address Line 6": "Cairo", "Address Postal Code": "11", "Address Country": "Egypt",
		"Other Information": "Other.", "UK Statement of Reasons": "Reasons.",
	}
	alias := row{}
	for k, v := range person {
		alias[k] = v
	}
	alias["Name type"], alias["Alias strength"], alias["Name 1"], alias["Name 2"], alias["D.O.B"] = "Alias", "Low quality a.k.a", "ABU", "", "04/07/1967"
	ship := row{
		"Unique ID": "RUS2000", "Name 6": "SEA STAR", "Name type": "Primary name", "Type": "Ship", "Sanctions Imposed": "Shipping sanctions",
		"Date Designated": "13-06-2024", "IMO number": "9187629", "Current believed flag of ship": "Panama", "Parent company": "SEA CO", "Regime Name": "Russia",
	}
	r := read(t, "x.csv", publisher(alias, person, ship))
	want := []string{
		`2001-01-25 uk-sanctions:AQD0001 listing.event [2001-01-25 designated] {"kind":"designated","date":"2001-01-25","published":"2001-01-25","what":"designated under the regime ISIL","authority":"Foreign, Commonwealth \u0026 Development Office","citation":"Sanctions and Anti-Money Laundering Act 2018","consequences":[{"kind":"visa","from":"2001-01-25","what":"may not enter or stay in the United Kingdom"}]}`,
		`2023-03-02 uk-sanctions:AQD0001 listing.event [2023-03-02 amended] {"kind":"amended","date":"2023-03-02","published":"2023-03-02","what":"the entry was amended","authority":"Foreign, Commonwealth \u0026 Development Office"}`,
		`2001-01-25 uk-sanctions:AQD0001 listing.entry [entry] {"id":"uk-sanctions:AQD0001","programme":"uk-sanctions","name":"JOHN ALI DOE","kind":"person","title":"Dr","tags":["ISIL"],"remarks":"Other.","note":"Reasons."}`,
		`2001-01-25 uk-sanctions:AQD0001 name [primary] {"name":"JOHN ALI DOE","quality":"primary"}`,
		`uk-sanctions:AQD0001 detail [sanction:Asset freeze] {"name":"sanction","value":"Asset freeze"}`,
		`uk-sanctions:AQD0001 detail [sanction:Travel Ban] {"name":"sanction","value":"Travel Ban"}`,
		`uk-sanctions:AQD0001 name [name:` + party.Slug("جون دو") + `] {"name":"جون دو","quality":"alias"}`,
		`uk-sanctions:AQD0001 name [name:abu-doe] {"name":"ABU DOE","quality":"weak"}`,
		`uk-sanctions:AQD0001 detail [position:(1) Emir] {"name":"position","value":"(1) Emir"}`,
		`uk-sanctions:AQD0001 detail [nationality:Egypt] {"name":"nationality","value":"Egypt"}`,
		`uk-sanctions:AQD0001 detail [nationality:Iraq] {"name":"nationality","value":"Iraq"}`,
		`uk-sanctions:AQD0001 detail [birth_date:04/07/1967] {"name":"birth_date","value":"04/07/1967"}`,
		`uk-sanctions:AQD0001 detail [birth_place:Cairo, Egypt] {"name":"birth_place","value":"Cairo, Egypt"}`,
		`uk-sanctions:AQD0001 identifier [ofsi:6900] {"scheme":"ofsi","value":"6900"}`,
		`uk-sanctions:AQD0001 identifier [passport:a12345] {"scheme":"passport","value":"A12345"}`,
		`uk-sanctions:AQD0001 address [address:1-road-cairo-11-egypt] {"street":"1 Road","city":"Cairo, 11","country":"Egypt"}`,
		`uk-sanctions:AQD0001 link [same_as:un-sc:QDi.900] {"relation":"same_as","to":"un-sc:QDi.900"}`,
		`uk-sanctions:AQD0001 detail [birth_date:1966] {"name":"birth_date","value":"1966"}`,
		`2024-06-13 uk-sanctions:RUS2000 listing.event [2024-06-13 designated] {"kind":"designated","date":"2024-06-13","published":"2024-06-13","what":"designated under the regime Russia","authority":"Foreign, Commonwealth \u0026 Development Office","citation":"Sanctions and Anti-Money Laundering Act 2018"}`,
		`2024-06-13 uk-sanctions:RUS2000 listing.entry [entry] {"id":"uk-sanctions:RUS2000","programme":"uk-sanctions-other","name":"SEA STAR","kind":"vessel","tags":["Russia"]}`,
		`2024-06-13 uk-sanctions:RUS2000 name [primary] {"name":"SEA STAR","quality":"primary"}`,
		`uk-sanctions:RUS2000 detail [sanction:Shipping sanctions] {"name":"sanction","value":"Shipping sanctions"}`,
		`uk-sanctions:RUS2000 detail [vessel_flag:Panama] {"name":"vessel_flag","value":"Panama"}`,
		`uk-sanctions:RUS2000 identifier [imo:9187629] {"scheme":"imo","value":"9187629"}`,
		`uk-sanctions:RUS2000 link [parent:sea co] {"relation":"parent","name":"SEA CO"}`,
	}
	if d := cmp.Diff(want, lines(r)); d != "" {
		t.Error(d)
	}
	if r.Published != "2025-11-25" || r.Rows != 3 || len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "after the publisher's description") {
		t.Errorf("published %s, %d rows, warnings %q", r.Published, r.Rows, r.Warnings)
	}
}

// The order of rows means nothing.
func TestKeysAreStable(t *testing.T) {
	rows := []row{
		{"Unique ID": "A1", "Name 6": "ACME", "Name type": "Primary name", "Date Designated": "13-06-2024", "Sanctions Imposed": "Asset freeze"},
		{"Unique ID": "A1", "Name 6": "BETA", "Name type": "Alias", "Date Designated": "13-06-2024", "Sanctions Imposed": "Asset freeze"},
		{"Unique ID": "A1", "Name 6": "BETA", "Name type": "Alias", "Alias strength": "Low quality a.k.a", "Date Designated": "13-06-2024", "Sanctions Imposed": "Asset freeze"},
		{"Unique ID": "B2", "Name 6": "GAMMA", "Name type": "Primary name", "Date Designated": "14-06-2024", "Sanctions Imposed": "Travel Ban"},
	}
	turned := slices.Clone(rows)
	slices.Reverse(turned)
	a, b := lines(read(t, "x.csv", publisher(rows...))), lines(read(t, "x.csv", publisher(turned...)))
	slices.Sort(a)
	slices.Sort(b)
	if d := cmp.Diff(a, b); d != "" {
		t.Error(d)
	}
}

func TestDays(t *testing.T) {
	for text, want := range map[string]string{
		"29-06-2012": "2012-06-29", "29/06/2012": "2012-06-29", "2012-06-29": "2012-06-29", "25-Nov-2025": "2025-11-25", "3 October 2017": "2017-10-03",
		"31-02-2012": "", "soon": "", "": "",
	} {
		if got, ok := dayOf(text); string(got) != want || ok != (want != "") {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	for name, want := range map[string]string{
		"FCDO_SL_2025-08-11.csv.gz": "2025-08-11", "/2024-01-01/list.csv": "", "UK-Sanctions-List.csv": "", "x-12025-08-11.csv": "", "2025-99-11.csv": "",
	} {
		if got := dayOfName(name); string(got) != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestWithoutDate(t *testing.T) {
	r := read(t, "x.csv", shortHeader+"A1,1,ACME,Russia,Entity,UK,soon,Asset freeze\n")
	if len(r.Warnings) != 1 || !strings.HasPrefix(r.Warnings[0], `line 2: uk-sanctions:A1: Date Designated is "soon"`) || r.Published != "" {
		t.Errorf("published %q, warnings %q", r.Published, r.Warnings)
	}
	for _, s := range r.Statements {
		if s.Kind == listing.FactEvent || s.Published != "" {
			t.Errorf("%+v", s)
		}
	}
}

func TestErrors(t *testing.T) {
	for text, want := range map[string]string{
		shortHeader:                          "no rows below the header",
		shortHeader + ",1,A,R,Entity,UK,,\n": "line 2: no Unique ID",
		shortHeader + "A1,1,A\n":             "line 2: 3 columns, the header has 8",
		"Unique ID,Name\nA1,B\n":             `no column "Regime Name"`,
		"Report Date: x\nReport Date: y\n":   "line 1: no header line",
	} {
		_, err := Read(t.Context(), "x.csv", []byte(text), table.Limits{})
		if err == nil || !strings.HasPrefix(err.Error(), want) || !errors.Is(err, problem.Invalid) {
			t.Errorf("%q:\n got %v\nwant %s", text, err, want)
		}
	}
}

func TestRecognise(t *testing.T) {
	for text, want := range map[string]bool{
		shortHeader: true, publisher(): true, "\ufeff" + publisher(): true, "Unique ID,Name,Type\n": false, "": false, "<a/>": false,
	} {
		if got := Recognise("x", []byte(text)); got != want {
			t.Errorf("%.40q: %v", text, got)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(shortHeader + "A1,1,\"A (B); C\",R,Entity,UK,29-06-2012,\"Asset freeze, x\"\n"))
	f.Add([]byte(publisher(row{"Unique ID": "A1", "Name 6": "A", "Name type": "Alias", "Passport number": "(1) 7; 8"}, row{"Unique ID": "A1", "Name type": "Primary name"})))
	f.Fuzz(func(t *testing.T, b []byte) {
		Recognise("x", b)
		r, err := Read(t.Context(), "x.csv", b, table.Limits{Rows: 50})
		if err != nil {
			return
		}
		type key struct{ kind, subject, key string }
		seen := map[key]bool{}
		for _, s := range r.Statements {
			k := key{s.Kind, s.Subject, s.Key}
			if seen[k] {
				t.Errorf("stated twice: %v", k)
			}
			seen[k] = true
		}
	})
}
