package eu

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/table"
)

// columns of a transcription, in the order of the tables in circulation.
var columns = strings.Split("celex,recordId,programKey,annex,measure,startDate,reason,schema,name,alias,weakAlias,previousName,country,nationality,birthDate,birthPlace,position,passportNumber,gender,incorporationDate,legalForm,registrationNumber,taxNumber,idNumber,innCode,ogrnCode,swiftBic,imoNumber,address,phone,notes", ",")

// row is the filled cells of a row.
type row map[string]string

// journalOf writes rows; cells that a row leaves out are those of the first
// annex of a regulation.
func journalOf(rows ...row) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	w.Write(columns)
	for i, r := range rows {
		fields := make([]string, len(columns))
		for k, c := range columns {
			usual := map[string]string{
				"celex": "32014R0269", "recordId": fmt.Sprint(i + 1), "programKey": "EU-UKR", "annex": "I.PERSONS", "measure": "Asset freeze",
				"startDate": "17.3.2014", "schema": "Person", "name": "John DOE",
			}
			if v, ok := r[c]; ok {
				usual[c] = v
			}
			fields[k] = usual[c]
		}
		w.Write(fields)
	}
	w.Flush()
	return b.String()
}

func readTable(t testing.TB, name, text string) *ledger.Reading {
	t.Helper()
	r, err := ReadJournal(t.Context(), name, []byte(text), table.Limits{})
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

// values is what a reading's identifiers and details say, as "name value".
func values(r *ledger.Reading) []string {
	var out []string
	for _, s := range r.Statements {
		switch b := s.Body.(type) {
		case party.Identifier:
			out = append(out, strings.TrimSpace(b.Scheme+" "+b.Value+" "+b.Country))
		case party.Detail:
			out = append(out, b.Name+" "+b.Value)
		}
	}
	return out
}

func TestJournalPerson(t *testing.T) {
	r := readTable(t, "x.csv", journalOf(row{
		"name": "Sergey DOE (NAUMOV)", "alias": "Сергей ДОУ; Serhiy DOE (a.k.a. Sergei DOE)", "weakAlias": "Shaman", "previousName": "Ivan DOE",
		"reason": "Did something.", "nationality": "Russian/Ukrainian (the Union does not recognise it)", "birthDate": "18.1.1970 or 29.3.1965",
		"birthPlace": "Moscow", "position": "Judge; Mayor", "gender": "Male", "passportNumber": "K1 (Russia); 23456, issued 2009", "address": "Kyiv; Minsk", "notes": "A note.",
	}))
	want := []string{
		`2014-03-17 eu-oj:32014R0269:I.PERSONS:1 listing.event [2014-03-17 designated] {"kind":"designated","date":"2014-03-17","published":"2014-03-17","what":"listed in annex I.PERSONS (asset freeze)","authority":"Council of the European Union","citation":"Council Regulation (EU) No 269/2014"}`,
		`2014-03-17 eu-oj:32014R0269:I.PERSONS:1 listing.entry [entry] {"id":"eu-oj:32014R0269:I.PERSONS:1","programme":"eu-fsf","name":"Sergey DOE (NAUMOV)","kind":"person","tags":["EU-UKR","I.PERSONS","Asset freeze"],"remarks":"A note.","note":"Did something."}`,
		`2014-03-17 eu-oj:32014R0269:I.PERSONS:1 name [primary] {"name":"Sergey DOE (NAUMOV)","quality":"primary"}`,
		`eu-oj:32014R0269:I.PERSONS:1 name [name:sergey-doe] {"name":"Sergey DOE","quality":"alias"}`,
		`eu-oj:32014R0269:I.PERSONS:1 name [name:sergey-naumov] {"name":"Sergey NAUMOV","quality":"alias"}`,
		`eu-oj:32014R0269:I.PERSONS:1 name [name:` + party.Slug("Сергей ДОУ") + `] {"name":"Сергей ДОУ","quality":"alias"}`,
		`eu-oj:32014R0269:I.PERSONS:1 name [name:serhiy-doe] {"name":"Serhiy DOE","quality":"alias"}`,
		`eu-oj:32014R0269:I.PERSONS:1 name [name:sergei-doe] {"name":"Sergei DOE","quality":"alias"}`,
		`eu-oj:32014R0269:I.PERSONS:1 name [name:ivan-doe] {"name":"Ivan DOE","quality":"former"}`,
		`eu-oj:32014R0269:I.PERSONS:1 name [name:shaman] {"name":"Shaman","quality":"weak"}`,
		`eu-oj:32014R0269:I.PERSONS:1 identifier [passport:k1 russia] {"scheme":"passport","value":"K1","country":"Russia"}`,
		`eu-oj:32014R0269:I.PERSONS:1 identifier [passport:23456] {"scheme":"passport","value":"23456"}`,
		`eu-oj:32014R0269:I.PERSONS:1 detail [birth_date:18.1.1970] {"name":"birth_date","value":"18.1.1970"}`,
		`eu-oj:32014R0269:I.PERSONS:1 detail [birth_date:29.3.1965] {"name":"birth_date","value":"29.3.1965"}`,
		`eu-oj:32014R0269:I.PERSONS:1 detail [gender:male] {"name":"gender","value":"male"}`,
		`eu-oj:32014R0269:I.PERSONS:1 detail [nationality:Russia] {"name":"nationality","value":"Russia"}`,
		`eu-oj:32014R0269:I.PERSONS:1 detail [nationality:Ukraine] {"name":"nationality","value":"Ukraine"}`,
		`eu-oj:32014R0269:I.PERSONS:1 detail [birth_place:Moscow] {"name":"birth_place","value":"Moscow"}`,
		`eu-oj:32014R0269:I.PERSONS:1 detail [position:Judge] {"name":"position","value":"Judge"}`,
		`eu-oj:32014R0269:I.PERSONS:1 detail [position:Mayor] {"name":"position","value":"Mayor"}`,
		`eu-oj:32014R0269:I.PERSONS:1 address [address:kyiv] {"street":"Kyiv"}`,
		`eu-oj:32014R0269:I.PERSONS:1 address [address:minsk] {"street":"Minsk"}`,
	}
	if d := cmp.Diff(want, lines(r)); d != "" {
		t.Error(d)
	}
	if r.Source != SourceJournal || r.Part != "32014R0269" || r.Rows != 1 || r.Published != "" || r.Mode != ledger.Snapshot || len(r.Warnings) != 0 {
		t.Errorf("reading %+v", r)
	}
}

func TestJournalNumbers(t *testing.T) {
	for _, c := range []struct {
		row  row
		want []string
	}{
		{row{"registrationNumber": "7724552070 (Tax ID/INN); 1147746889531 (OGRN)"}, []string{"tax 7724552070", "registration 1147746889531"}},
		{row{"registrationNumber": "91440300MA5G (China, Unified Social Credit Code)"}, []string{"uscc 91440300MA5G China"}},
		{row{"registrationNumber": "65627867 (BRN), 2323950 (CRN)"}, []string{"registration 65627867", "registration 2323950"}},
		{row{"taxNumber": "271201003620, 016154160136 (Russia)"}, []string{"tax 271201003620", "tax 016154160136 Russia"}},
		{row{"innCode": "3525023010 OKPO: 07500548"}, []string{"okpo 07500548 Russia", "tax 3525023010 Russia"}},
		{row{"ogrnCode": "1021601627090 on 25.11.2002"}, []string{"registration 1021601627090 Russia"}},
		{row{"swiftBic": "KHJBSDKH and 5040942458"}, []string{"swift KHJBSDKH", "swift 5040942458"}},
		{row{"swiftBic": "BMJIIRTH"}, []string{"swift BMJIIRTH"}},
		{row{"imoNumber": "Does not exist"}, nil},
		{row{"imoNumber": "5705072"}, []string{"imo_company 5705072"}},
		{row{"imoNumber": "9411331", "schema": "Vessel"}, []string{"imo 9411331"}},
		{row{"idNumber": "V-9499372", "schema": "Person"}, []string{"national_id V-9499372"}},
		{row{"idNumber": "V-9499372"}, []string{"identification V-9499372"}},
		{row{"passportNumber": "issued at an unknown place"}, []string{"numbers issued at an unknown place"}},
	} {
		if c.row["schema"] == "" {
			c.row["schema"] = "LegalEntity"
		}
		if d := cmp.Diff(c.want, values(readTable(t, "x.csv", journalOf(c.row)))); d != "" {
			t.Errorf("%v:\n%s", c.row, d)
		}
	}
}

func TestJournalIDs(t *testing.T) {
	r := readTable(t, "x.csv", journalOf(
		row{"annex": "I.A", "recordId": "1"},
		row{"annex": "I.B", "recordId": "1", "name": "Acme"},
		row{"annex": "I.B", "recordId": "5 (a)", "name": "Beta"},
		row{"annex": "I", "recordId": "", "name": "SEA STAR", "schema": "Vessel", "imoNumber": "9187629"},
		row{"annex": "I", "recordId": "", "name": "Sea Star", "schema": "Vessel", "imoNumber": "9411331"},
		row{"annex": "I", "recordId": "", "name": "Sea Star", "schema": "Vessel", "imoNumber": "9187629", "previousName": "Old Star"},
	))
	var got []string
	for _, s := range r.Statements {
		if s.Kind == listing.FactEntry {
			got = append(got, strings.TrimPrefix(s.Subject, "eu-oj:32014R0269:"))
		}
	}
	if d := cmp.Diff([]string{"I.A:1", "I.B:1", "I.B:5(a)", "I:sea-star", "I:sea-star-9411331"}, got); d != "" {
		t.Error(d)
	}
	if len(r.Warnings) != 1 || r.Warnings[0] != "line 7: eu-oj:32014R0269:I:sea-star is there already; taken for one entry" {
		t.Errorf("warnings %q", r.Warnings)
	}
	if text := strings.Join(lines(r), "\n"); !strings.Contains(text, "I:sea-star name [name:old-star]") {
		t.Error("what the second row of an entry says is lost")
	}
}

// What an edition changes shows in its own key only, wherever the entry stands.
func TestJournalKeysAreStable(t *testing.T) {
	doe := row{"recordId": "1", "alias": "Abu A; Abu B", "passportNumber": "K1", "address": "Kyiv; Minsk"}
	acme := row{"recordId": "", "annex": "II", "name": "ACME", "schema": "LegalEntity"}
	old := map[string]bool{}
	for _, l := range lines(readTable(t, "x.csv", journalOf(doe, acme))) {
		old[l] = true
	}
	later := row{"recordId": "1", "alias": "Abu B; Abu C; Abu A", "passportNumber": "K2; K1", "address": "Minsk; Kyiv"}
	var changed []string
	for _, l := range lines(readTable(t, "x.csv", journalOf(acme, later))) {
		if !old[l] {
			changed = append(changed, l)
		}
		delete(old, l)
	}
	want := []string{
		`eu-oj:32014R0269:I.PERSONS:1 name [name:abu-c] {"name":"Abu C","quality":"alias"}`,
		`eu-oj:32014R0269:I.PERSONS:1 identifier [passport:k2] {"scheme":"passport","value":"K2"}`,
	}
	if d := cmp.Diff(want, changed); d != "" || len(old) != 0 {
		t.Errorf("gone %v\n%s", old, d)
	}
}

func TestJournalMeasures(t *testing.T) {
	r := readTable(t, "x.csv", journalOf(
		row{"measure": "Asset freeze"}, row{"measure": "Export control"}, row{"measure": "Transportation restrictions"},
		row{"measure": "Financial restrictions"}, row{"measure": "Frost"}, row{"startDate": "one day"}, row{"startDate": ""},
	))
	var got []string
	for _, s := range r.Statements {
		if e, ok := s.Body.(listing.Entry); ok {
			got = append(got, e.Programme+" "+string(s.Published))
		}
	}
	want := []string{
		"eu-fsf 2014-03-17", "eu-export-control 2014-03-17", "eu-transport 2014-03-17", "eu-sectoral 2014-03-17", "eu-sectoral 2014-03-17", "eu-fsf ", "eu-fsf ",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if w := strings.Join(r.Warnings, "\n"); len(r.Warnings) != 2 || !strings.Contains(w, `line 6: measure "Frost"`) || !strings.Contains(w, `line 7: startDate is "one day"`) {
		t.Errorf("warnings %q", r.Warnings)
	}
}

func TestDays(t *testing.T) {
	for text, want := range map[string]string{
		"17.3.2014": "2014-03-17", "2 March 2011": "2011-03-02", "17 Feb. 2011": "2011-02-17", "17 Sept. 2015": "2015-09-17", "6.10.2001": "2001-10-06",
		"2014-03-17": "2014-03-17", "31.2.2014": "", "17.13.2014": "", "March 2011": "", "17.3.14": "", "1.1.0001": "",
	} {
		if got, ok := dayOf(text); string(got) != want || ok != (want != "") {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestCitations(t *testing.T) {
	for celex, want := range map[string]string{
		"32014R0269": "Council Regulation (EU) No 269/2014", "32002R0881": "Council Regulation (EC) No 881/2002", "32024R1485": "Council Regulation (EU) 2024/1485",
		"32010D0573": "Council Decision 2010/573/CFSP", "32014X0001": "CELEX 32014X0001",
	} {
		if got := citationOf(celex); got != want {
			t.Errorf("%s: %q, want %q", celex, got, want)
		}
	}
}

func TestNationalities(t *testing.T) {
	for cell, want := range map[string][]string{
		"Russian": {"Russia"}, "Myanmar/Burma": {"Myanmar"}, "Afghan. Passport No 1": {"Afghanistan"}, "(a) Algerian (b) German": {"Algeria", "Germany"},
		"Iranian and Iraqi": {"Iran", "Iraq"}, "Trinidad and Tobago": {"Trinidad and Tobago"}, "allegedly Russian": {"Russia"}, "DPRK": {"DPRK"},
		"Russian, Ukrainian": {"Russia", "Ukraine"}, "Ruritanian": {"Ruritanian"}, "": nil, "Italian since 1990": {"Italy"},
	} {
		if d := cmp.Diff(want, nationalities(cell)); d != "" {
			t.Errorf("%q:\n%s", cell, d)
		}
	}
}

// A regulation that lists nobody is named by its file.
func TestJournalEmpty(t *testing.T) {
	r := readTable(t, `C:\lists\32004r0314.csv.gz`, journalOf())
	if r.Part != "32004R0314" || r.Rows != 0 || len(r.Statements) != 0 || len(r.Warnings) != 1 {
		t.Errorf("reading %+v", r)
	}
	if _, err := ReadJournal(t.Context(), "list.csv", []byte(journalOf()), table.Limits{}); !errors.Is(err, problem.Invalid) || !strings.Contains(err.Error(), "the file's name does not tell of which regulation") {
		t.Errorf("%v", err)
	}
}

func TestJournalErrors(t *testing.T) {
	for text, want := range map[string]string{
		journalOf(row{"celex": "269/2014"}):                   `line 2, column celex: "269/2014"; want a number like 32014R0269`,
		journalOf(row{}, row{"celex": "32014R0833"}):          "line 3: of regulation 32014R0833, and the rows before are of 32014R0269",
		journalOf(row{"recordId": "7"}, row{"recordId": "7"}): "line 3: entry eu-oj:32014R0269:I.PERSONS:7 is already on line 2",
		"celex,recordId\n32014R0269,1\n":                      `line 1: no column "programKey"`,
		journalOf(row{}) + "cut":                              "line 3: 1 columns, the header has 31",
	} {
		_, err := ReadJournal(t.Context(), "x.csv", []byte(text), table.Limits{})
		if err == nil || !strings.HasPrefix(err.Error(), want) || !errors.Is(err, problem.Invalid) {
			t.Errorf("%.80q:\n got %v\nwant %s", text, err, want)
		}
	}
}

func TestRecogniseJournal(t *testing.T) {
	for text, want := range map[string]bool{journalOf(): true, "\ufeff" + journalOf(row{}): true, "id,name\n": false, "": false, "<export/>": false} {
		if got := RecogniseJournal("x", []byte(text)); got != want {
			t.Errorf("%.40q: %v", text, got)
		}
	}
}

func once(t *testing.T, r *ledger.Reading) {
	t.Helper()
	type key struct{ kind, subject, key string }
	seen := map[key]bool{}
	for _, s := range r.Statements {
		k := key{s.Kind, s.Subject, s.Key}
		if seen[k] {
			t.Errorf("stated twice: %v", k)
		}
		seen[k] = true
	}
}

func FuzzReadJournal(f *testing.F) {
	f.Add([]byte(journalOf(row{"alias": "A (b); C", "passportNumber": "(a) 1 (x), (b) 2"}, row{"recordId": "", "birthDate": "1 or 2"})))
	f.Add([]byte(journalOf(row{"recordId": ""}, row{"recordId": "", "imoNumber": "9"})))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ReadJournal(t.Context(), "32014R0269.csv", b, table.Limits{Rows: 50})
		if err == nil {
			once(t, r)
		}
	})
}
