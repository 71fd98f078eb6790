package ofac

import (
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
)

const nulls = ",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"

// row writes a primary record of an organisation.
func row(id int, name, codes, remarks string) string {
	return fmt.Sprintf("%d,%q,-0- ,%q%s%q\r\n", id, name, codes, nulls, remarks)
}

func read(t testing.TB, part Part, source, text string) *Output {
	t.Helper()
	out, err := Read(t.Context(), Input{Name: "x.csv", Bytes: []byte(text), Source: source, Part: part}, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// lines is a reading's statements, one a line.
func lines(r *ledger.Reading) []string {
	var out []string
	for _, s := range r.Statements {
		b, err := json.Marshal(s.Body)
		if err != nil {
			panic(err)
		}
		text := fmt.Sprintf("%s %s [%s] %q %s", s.Subject, s.Kind, s.Key, s.Term, b)
		if s.Published != "" {
			text = string(s.Published) + " " + text
		}
		out = append(out, text)
	}
	return out
}

func TestPrimary(t *testing.T) {
	text := row(7, "ACME TRADING CO., LTD.", "SDGT] [IFSR", "Tax ID No. 12-34 (Iran); alt. Tax ID No. 1234 (Iran); a.k.a. 'ACME; OLD'; Linked To: BETA GROUP S.A.") +
		"8,\"DOE, John Ali\",\"individual\",\"SDNT\",\"General\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"DOB 1946; alt. DOB 02 Mar 1947; POB Kabul, Afghanistan; Passport A1 (Egypt) issued 26 May 1999 expires 25 May 2004; Gender Male; Deputy of something.\"\r\n" +
		"9,\"SEA STAR\",\"vessel\",\"CUBA\",-0- ,\"T3XY\",\"Cargo\",\"100\",\"80\",\"Panama\",\"SEA CO\",\"Vessel Registration Identification IMO 9187629; MMSI 572469210 (vessel).\"\r\n\x1a"
	out := read(t, Primary, SourceSDN, text)
	want := []string{
		`us-ofac-sdn:7 listing.entry [entry] "" {"id":"us-ofac-sdn:7","programme":"us-ofac-sdn","name":"ACME TRADING CO., LTD.","kind":"organisation","tags":["SDGT","IFSR"],"remarks":"Tax ID No. 12-34 (Iran); alt. Tax ID No. 1234 (Iran); a.k.a. 'ACME; OLD'; Linked To: BETA GROUP S.A."}`,
		`us-ofac-sdn:7 party.name [primary] "acme trading co ltd" {"name":"ACME TRADING CO., LTD.","quality":"primary"}`,
		`us-ofac-sdn:7 party.core [primary] "acme trading" {"name":"ACME TRADING CO., LTD.","quality":"primary"}`,
		`us-ofac-sdn:7 party.identifier [tax:1234 iran] "tax:1234" {"scheme":"tax","value":"12-34","country":"Iran"}`,
		`us-ofac-sdn:7 party.name [weak:acme-old] "acme old" {"name":"ACME; OLD","quality":"weak"}`,
		`us-ofac-sdn:7 party.core [weak:acme-old] "acme old" {"name":"ACME; OLD","quality":"weak"}`,
		`us-ofac-sdn:7 party.link [linked_to:beta group s a] "" {"relation":"linked_to","name":"BETA GROUP S.A."}`,
		`us-ofac-sdn:8 listing.entry [entry] "" {"id":"us-ofac-sdn:8","programme":"us-ofac-sdn","name":"DOE, John Ali","kind":"person","title":"General","tags":["SDNT"],"remarks":"DOB 1946; alt. DOB 02 Mar 1947; POB Kabul, Afghanistan; Passport A1 (Egypt) issued 26 May 1999 expires 25 May 2004; Gender Male; Deputy of something."}`,
		`us-ofac-sdn:8 party.name [primary] "doe john ali" {"name":"DOE, John Ali","quality":"primary"}`,
		`us-ofac-sdn:8 party.core [primary] "person:ali doe john" {"name":"DOE, John Ali","quality":"primary"}`,
		`us-ofac-sdn:8 party.detail [birth_date:1946] "" {"name":"birth_date","value":"1946"}`,
		`us-ofac-sdn:8 party.detail [birth_date:02 Mar 1947] "" {"name":"birth_date","value":"02 Mar 1947"}`,
		`us-ofac-sdn:8 party.detail [birth_place:Kabul, Afghanistan] "" {"name":"birth_place","value":"Kabul, Afghanistan"}`,
		`us-ofac-sdn:8 party.identifier [passport:a1 egypt] "passport:a1" {"scheme":"passport","value":"A1","country":"Egypt"}`,
		`us-ofac-sdn:8 party.detail [gender:Male] "" {"name":"gender","value":"Male"}`,
		`us-ofac-sdn:9 listing.entry [entry] "" {"id":"us-ofac-sdn:9","programme":"us-ofac-sdn","name":"SEA STAR","kind":"vessel","tags":["CUBA"],"remarks":"Vessel Registration Identification IMO 9187629; MMSI 572469210 (vessel)."}`,
		`us-ofac-sdn:9 party.name [primary] "sea star" {"name":"SEA STAR","quality":"primary"}`,
		`us-ofac-sdn:9 party.core [primary] "sea star" {"name":"SEA STAR","quality":"primary"}`,
		`us-ofac-sdn:9 party.identifier [call_sign:t3xy] "call_sign:t3xy" {"scheme":"call_sign","value":"T3XY"}`,
		`us-ofac-sdn:9 party.detail [vessel_type:Cargo] "" {"name":"vessel_type","value":"Cargo"}`,
		`us-ofac-sdn:9 party.detail [tonnage:100] "" {"name":"tonnage","value":"100"}`,
		`us-ofac-sdn:9 party.detail [gross_registered_tonnage:80] "" {"name":"gross_registered_tonnage","value":"80"}`,
		`us-ofac-sdn:9 party.detail [vessel_flag:Panama] "" {"name":"vessel_flag","value":"Panama"}`,
		`us-ofac-sdn:9 party.detail [vessel_owner:SEA CO] "" {"name":"vessel_owner","value":"SEA CO"}`,
		`us-ofac-sdn:9 party.identifier [imo:9187629] "imo:9187629" {"scheme":"imo","value":"9187629"}`,
		`us-ofac-sdn:9 party.identifier [mmsi:572469210 vessel] "mmsi:572469210" {"scheme":"mmsi","value":"572469210","country":"vessel"}`,
	}
	if d := cmp.Diff(want, lines(out.Reading)); d != "" {
		t.Error(d)
	}
	if out.Reading.Rows != 3 || len(out.Reading.Warnings) != 0 || out.Reading.Mode != ledger.Snapshot {
		t.Errorf("%d rows, warnings %q", out.Reading.Rows, out.Reading.Warnings)
	}
}

func TestChineseMilitaryIndustrial(t *testing.T) {
	out := read(t, Primary, SourceNonSDN, row(30, "ACME TELECOM", "CMIC-EO13959",
		"Equity Ticker ACM US; alt. Equity Ticker 0728 HK; Issuer Name Acme Telecom Corp; ISIN US0000000001; Target Type Public Company; "+
			"Effective Date (CMIC) 02 Aug 2021; Purchase/Sales For Divestment Date (CMIC) 03 Jun 2022; Listing Date (CMIC) 03 Jun 2021; "+
			"Unified Social Credit Code (USCC) 91X (China); Legal Entity Number 549300XIVJCBIGMRUD48; Linked To: PARENT."))
	var event ledger.Statement
	for _, s := range out.Reading.Statements {
		if s.Kind == listing.FactEvent {
			event = s
		}
	}
	want := ledger.Statement{
		Kind: listing.FactEvent, Subject: "us-ofac-nonsdn:30", Key: "2021-06-03 designated", ValidFrom: "2021-06-03", Published: "2021-06-03",
		Body: listing.Event{
			Kind: listing.Designated, Date: "2021-06-03", Published: "2021-06-03",
			What:      "listed as a Chinese military-industrial complex company",
			Authority: "US Department of the Treasury, OFAC", Citation: "E.O. 13959, sec. 1, as amended by E.O. 14032, sec. 1",
			Consequences: []listing.Stated{{Kind: listing.Purchase, From: "2021-08-02"}, {Kind: listing.Holding, WindDown: "2021-08-02", From: "2022-06-03"}},
		},
	}
	if d := cmp.Diff(want, event); d != "" {
		t.Error(d)
	}
	text := strings.Join(lines(out.Reading), "\n")
	for _, part := range []string{
		`2021-06-03 us-ofac-nonsdn:30 listing.entry [entry] "" {"id":"us-ofac-nonsdn:30","programme":"us-ofac-ns-cmic"`,
		`2021-06-03 us-ofac-nonsdn:30 party.name [primary] "acme telecom"`,
		`"ticker:acm us"`, `"ticker:0728 hk"`, `"isin:us0000000001"`, `"uscc:91x"`, `"lei:549300xivjcbigmrud48"`,
		`party.name [alias:acme-telecom-corp] "acme telecom corp"`, `"name":"target_type","value":"Public Company"`,
	} {
		if !strings.Contains(text, part) {
			t.Errorf("no %s in\n%s", part, text)
		}
	}
	for _, s := range out.Reading.Statements {
		if s.Kind == party.FactIdentifier && s.Published != "" {
			t.Errorf("%s is dated %s; it may have been added later", s.Key, s.Published)
		}
	}
}

func TestProgrammes(t *testing.T) {
	for codes, want := range map[string]string{
		"CMIC-EO13959": "us-ofac-ns-cmic", "UKRAINE-EO13662] [RUSSIA-EO14024": "us-ofac-ssi", "UKRAINE-EO13662] [CMIC-EO13959": "us-ofac-ns-cmic",
		"SDGT] [NS-PLC": "us-ofac-ns-plc", "CAATSA - RUSSIA": "us-ofac-nonsdn", "": "us-ofac-nonsdn",
	} {
		if got := programmeOf(SourceNonSDN, tagsOf(codes)); got != want {
			t.Errorf("%q is on %s, want %s", codes, got, want)
		}
	}
	if got := programmeOf(SourceSDN, []string{"UKRAINE-EO13662"}); got != SourceSDN {
		t.Errorf("an SDN entry is on %s", got)
	}
}

func TestAliasesAndAddresses(t *testing.T) {
	out := read(t, Alias, SourceSDN, "36,12,\"aka\",\"AERO-CARIBBEAN\",-0- \n36,13,\"fka\",\"OLD AIR, S.A.\",-0- \n8,14,\"nka\",\"DOE, Johnny\",-0- \n")
	want := []string{
		`us-ofac-sdn:36 party.name [alt:12] "aero caribbean" {"name":"AERO-CARIBBEAN","quality":"alias"}`,
		`us-ofac-sdn:36 party.core [alt:12] "aero caribbean" {"name":"AERO-CARIBBEAN","quality":"alias"}`,
		`us-ofac-sdn:36 party.name [alt:13] "old air s a" {"name":"OLD AIR, S.A.","quality":"former"}`,
		`us-ofac-sdn:36 party.core [alt:13] "old air" {"name":"OLD AIR, S.A.","quality":"former"}`,
		`us-ofac-sdn:8 party.name [alt:14] "doe johnny" {"name":"DOE, Johnny","quality":"alias"}`,
		`us-ofac-sdn:8 party.core [alt:14] "person:doe johnny" {"name":"DOE, Johnny","quality":"alias"}`,
	}
	if d := cmp.Diff(want, lines(out.Reading)); d != "" {
		t.Error(d)
	}
	out = read(t, Address, SourceNonSDN, "9,1,-0- ,-0- ,-0- ,-0- \n9,2,\"1 Road\",\"Town AB 1\",\"Cuba\",-0- \n")
	want = []string{`us-ofac-nonsdn:9 party.address [add:2] "" {"street":"1 Road","city":"Town AB 1","country":"Cuba"}`}
	if d := cmp.Diff(want, lines(out.Reading)); d != "" || out.Reading.Rows != 2 {
		t.Errorf("%d rows\n%s", out.Reading.Rows, d)
	}
}

// cutRow is a primary record whose remarks are cut at the width, the last item
// unfinished.
func cutRow(unfinished string) string {
	remarks := "Tax ID No. 11 (Iran); " + strings.Repeat("x", remarksWidth-22-2-len(unfinished)) + "; " + unfinished
	return row(7, "ACME", "SDGT", remarks)
}

func TestCommentsContinueRemarks(t *testing.T) {
	files := []File{
		{"sdn_comments.csv", []byte("7,\"er 99 (Cuba); a.k.a. 'LATE'.\"\r\n8,\"of an entry that is not there.\"\r\n\x1a")},
		{"sdn.csv", []byte(cutRow("Passport Numb") + "\x1a")},
	}
	joined := ReadSet(t.Context(), files, "", Limits{})
	if joined[0].Err != nil || joined[1].Err != nil {
		t.Fatal(joined[0].Err, joined[1].Err)
	}
	if got := strings.Join(lines(joined[1].Reading), "\n"); strings.Contains(got, "passport") {
		t.Errorf("the primary part states what was cut: %s", got)
	}
	if got := strings.Join(lines(joined[0].Reading), "\n"); !strings.Contains(got, `"passport:number99"`) || !strings.Contains(got, `"late"`) || strings.Contains(got, "us-ofac-sdn:8") {
		t.Errorf("the comments part states %s", got)
	}
	if w := joined[0].Reading.Warnings; len(w) != 1 || !strings.Contains(w[0], "line 2: entry 8 is not in the primary part") {
		t.Errorf("warnings %q", w)
	}
	alone := ReadSet(t.Context(), files[:1], "", Limits{})
	if got := strings.Join(lines(alone[0].Reading), "\n"); strings.Contains(got, "99") && strings.Contains(got, "party.identifier") || !strings.Contains(got, `"late"`) {
		t.Errorf("without the primary part the comments state %s", got)
	}
	whole := ReadSet(t.Context(), files[1:], "", Limits{})
	if d := cmp.Diff(whole[0].Reading, joined[1].Reading); d != "" {
		t.Errorf("the primary part depends on the comments:\n%s", d)
	}
}

// What an edition changes shows in its own key only.
func TestKeysAreStable(t *testing.T) {
	old := read(t, Primary, SourceSDN, row(7, "ACME", "SDGT", "Passport A1 (Iran); Passport A2 (Iran); DOB 1950.")+row(8, "BETA", "SDGT", "-0- "))
	now := read(t, Primary, SourceSDN, row(8, "BETA", "SDGT", "-0- ")+row(7, "ACME", "SDGT", "DOB 1950; Passport A2 (Iran); Passport A3 (Iran)."))
	seen := map[string]bool{}
	for _, l := range lines(old.Reading) {
		seen[l] = true
	}
	var changed []string
	for i, l := range lines(now.Reading) {
		if !seen[l] {
			changed = append(changed, now.Reading.Statements[i].Key)
		}
	}
	if d := cmp.Diff([]string{"entry", "passport:a3 iran"}, changed); d != "" {
		t.Error(d)
	}
}

func TestItems(t *testing.T) {
	for remarks, want := range map[string][]string{
		"":                                {},
		"-0- ":                            {},
		"DOB 1946.":                       {"DOB 1946"},
		"DOB 1946; ; POB X.":              {"DOB 1946", "POB X"},
		"a.k.a. 'A; B'; DOB 1.":           {"a.k.a. 'A; B'", "DOB 1"},
		"alt. a.k.a. 'A'.":                {"alt. a.k.a. 'A'"},
		"Linked To: X, S.A. DE C.V.":      {"Linked To: X, S.A. DE C.V."},
		"for more, see https://x.y#z.; Q": {"for more, see https://x.y#z.", "Q"},
	} {
		items, rest, open := itemsOf(remarks, remarksWidth)
		if d := cmp.Diff(want, append([]string{}, items...)); d != "" || open || rest != "" {
			t.Errorf("%q: rest %q open %v\n%s", remarks, rest, open, d)
		}
	}
	items, rest, open := itemsOf("DOB 1; Passp", 12)
	if d := cmp.Diff([]string{"DOB 1"}, items); d != "" || rest != "Passp" || !open {
		t.Errorf("cut remarks: rest %q open %v\n%s", rest, open, d)
	}
}

func TestIdentifiers(t *testing.T) {
	for _, c := range []struct{ scheme, text, want string }{
		{"passport", "K754050 issued 26 May 1999 expires 25 May 2004", "passport K754050 "},
		{"passport", "008827 (Iran) issued 1999", "passport 008827 Iran"},
		{"passport", "N1 (Iran) (expired)", "passport N1 Iran"},
		{"tax", "# PMA-910805 (Mexico)", "tax PMA-910805 Mexico"},
		{"registration", "22839 (Jalisco) (Mexico)", "registration 22839 (Jalisco) Mexico"},
		{"legal_entity", "851683897 (Netherlands)", "registration 851683897 Netherlands"},
		{"legal_entity", "253400V1H6ART1UQ0N98", "lei 253400V1H6ART1UQ0N98 "},
		{"wallet", "XBT 12QtD5BFwRsdNsAZY76UVE1xyCGNTojH9h", "wallet 12QtD5BFwRsdNsAZY76UVE1xyCGNTojH9h "},
		{"passport", "(Iran)", "passport (Iran) "},
	} {
		id := identifierOf(c.scheme, c.text)
		if got := id.Scheme + " " + id.Value + " " + id.Country; got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}

func TestLabelsAreReachable(t *testing.T) {
	for _, l := range labels {
		if got, _ := labelOf(l.prefix + "x"); got != l {
			t.Errorf("%q is taken for %q, which stands before it", l.prefix, got.prefix)
		}
	}
}

func TestErrorsNameTheLine(t *testing.T) {
	good := row(7, "ACME", "SDGT", "DOB 1946.")
	for _, c := range []struct {
		part       Part
		text, want string
	}{
		{Primary, good + "8,\"B\",-0- \r\n" + good, "line 2: 3 columns, the primary part of an OFAC list has 12"},
		{Primary, good + "8,\"B\",-0- ,\"SDGT\"", "line 2: 4 columns, the primary part of an OFAC list has 12; the file seems cut off"},
		{Primary, good + "8,\"B\",-0- ,\"SD", "line 2: a quoted text is not closed before the end of the file; the file seems cut off"},
		{Primary, good + "8,B,-0- ,SDGT" + nulls + "DOB 19", `line 2: the last record ends with`},
		{Primary, good + "8,\"B\" x,-0- \r\n", "line 2, column 5: stray or missing quotation mark in the record that begins on line 2"},
		{Primary, good + "eight,\"B\",-0- ,\"SDGT\"" + nulls + "-0- \r\n", `line 2: "eight" is no entry number; want a whole number`},
		{Primary, good + "-8,\"B\",-0- ,\"SDGT\"" + nulls + "-0- \r\n", `line 2: "-8" is no entry number`},
		{Primary, good + good, "line 2: entry 7 is already on line 1"},
		{Primary, row(7, "-0- ", "SDGT", "-0- "), "line 1: entry 7 has no name"},
		{Primary, row(7, "A", "SDGT", "-0- ") + "8,\"caf\xe9\",-0- ,\"SDGT\"" + nulls + "-0- \r\n", "line 2, column 2: byte 0xe9 is no UTF-8"},
		{Primary, "7,\"A\x00\",-0- ,\"SDGT\"" + nulls + "-0- \r\n", "line 1, column 2: control character 0x00"},
		{Primary, "7,\"A\nB\",-0- ,\"SDGT\"" + nulls + "-0- \r\n", "line 1, column 2: control character 0x0a in a text; a quotation mark may be missing"},
		{Primary, good + "\x1a,,more\n", `line 2: "more" follows the end-of-file mark; want nothing`},
		{Primary, good + "\x1a\n" + good, "line 3: \"7,ACME"},
		{Primary, "\x1a", "no records; want the primary part of an OFAC list"},
		{Primary, row(7, "A", "CMIC-EO13959", "-0- "), "line 1: the programme of this entry, as of most others, is of us-ofac-nonsdn; this was to be an edition of us-ofac-sdn"},
		{Alias, "36,12,\"aka\",\"A\",-0- \n36,12,\"aka\",\"B\",-0- \n", "line 2: alias 12 is already on line 1"},
		{Alias, "36,x,\"aka\",\"A\",-0- \n", `line 1: "x" is no alias number`},
		{Alias, "36,12,\"dba\",\"A\",-0- \n", `line 1: alias type "dba"; want aka, fka or nka`},
		{Alias, "36,12,\"aka\",-0- ,-0- \n", "line 1: alias 12 has no name"},
		{Address, "36,12,\"a\",\"b\",\"c\",-0- \n36,12,-0- ,-0- ,-0- ,-0- \n", "line 2: address 12 is already on line 1"},
		{Comments, "36,\"a.\"\n36,\"b.\"\n", "line 2: comments on entry 36 is already on line 1"},
	} {
		_, err := Read(t.Context(), Input{Bytes: []byte(c.text), Source: SourceSDN, Part: c.part}, Limits{})
		if err == nil || !strings.Contains(err.Error(), c.want) || !errors.Is(err, problem.Invalid) {
			t.Errorf("%q:\n got %v\nwant %s", c.text, err, c.want)
		}
	}
	if _, err := Read(t.Context(), Input{Bytes: []byte(good), Source: "us-dod-1237", Part: Primary}, Limits{}); !errors.Is(err, problem.Invalid) {
		t.Errorf("a foreign source: %v", err)
	}
}

func TestLimits(t *testing.T) {
	text := []byte(row(7, "ACME", "SDGT", "DOB 1946.") + row(8, "BETA", "SDGT", "-0- "))
	for _, l := range []Limits{{Bytes: 10}, {Rows: 1, Bytes: 1 << 20}, {Field: 3}} {
		l := l
		if l.Rows == 1 {
			text = append(text, row(9, "C", "SDGT", "-0- ")...)
		}
		if _, err := Read(t.Context(), Input{Bytes: text, Source: SourceSDN, Part: Primary}, l); !errors.Is(err, problem.TooLarge) {
			t.Errorf("%+v: %v, want too large", l, err)
		}
	}
}

func TestFormsOfOneFile(t *testing.T) {
	want := lines(read(t, Primary, SourceSDN, row(7, "ACME", "SDGT", "DOB 1946.")+"\x1a").Reading)
	for name, text := range map[string]string{
		"with header and spreadsheet's commas": "ID,Name,Type,Country,Title,F,G,H,I,J,K,Details\n7,ACME,-0- ,SDGT" + nulls + "DOB 1946.\n\x1a,,,,,,,,,,,\n",
		"byte order mark":                      "\ufeff" + row(7, "ACME", "SDGT", "DOB 1946."),
		"no line's end":                        strings.TrimSpace(row(7, "ACME", "SDGT", "DOB 1946.")),
	} {
		if d := cmp.Diff(want, lines(read(t, Primary, SourceSDN, text).Reading)); d != "" {
			t.Errorf("%s:\n%s", name, d)
		}
	}
	out := read(t, Address, SourceSDN, "36,25,-0- ,\"Havana\",\"Cuba\",-0")
	if a := out.Reading.Statements[0].Body.(party.Address); a.Remarks != "" || len(out.Reading.Warnings) != 1 {
		t.Errorf("an edition whose last null lost its end: %+v, warnings %q", a, out.Reading.Warnings)
	}
}
