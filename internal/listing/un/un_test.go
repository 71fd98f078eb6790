package un

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing/xmllist"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
)

// list wraps entries in a document.
func list(entries ...string) string {
	return `<?xml version="1.0" encoding="UTF-8"?>
<CONSOLIDATED_LIST dateGenerated="2026-02-27T00:00:09.554Z"><INDIVIDUALS>
` + strings.Join(entries, "\n") + "\n</INDIVIDUALS><ENTITIES/></CONSOLIDATED_LIST>"
}

// person and entity write entries with further elements.
func person(number, more string) string {
	return "<INDIVIDUAL><FIRST_NAME>John</FIRST_NAME><SECOND_NAME>DOE</SECOND_NAME><REFERENCE_NUMBER>" + number + "</REFERENCE_NUMBER><LISTED_ON>2015-03-27-04:00</LISTED_ON>" + more + "</INDIVIDUAL>"
}

func entity(number, more string) string {
	return "<ENTITY><FIRST_NAME>ACME SHIPPING (AS)</FIRST_NAME><UN_LIST_TYPE>DPRK</UN_LIST_TYPE><REFERENCE_NUMBER>" + number + "</REFERENCE_NUMBER><LISTED_ON>2018-03-30</LISTED_ON>" + more + "</ENTITY>"
}

func read(t testing.TB, text string) *ledger.Reading {
	t.Helper()
	r, err := Read(t.Context(), []byte(text), xmllist.Limits{})
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

func TestPerson(t *testing.T) {
	r := read(t, list(`<INDIVIDUAL>
  <FIRST_NAME>ALI</FIRST_NAME><SECOND_NAME>ABU</SECOND_NAME><THIRD_NAME>na</THIRD_NAME><FOURTH_NAME>DOE</FOURTH_NAME>
  <UN_LIST_TYPE>Al-Qaida</UN_LIST_TYPE><REFERENCE_NUMBER>QDi.900</REFERENCE_NUMBER><LISTED_ON>2001-01-25</LISTED_ON>
  <NAME_ORIGINAL_SCRIPT>علي
     دو</NAME_ORIGINAL_SCRIPT><GENDER>Male</GENDER><COMMENTS1>Some  text.</COMMENTS1>
  <TITLE><VALUE>Dr.</VALUE><VALUE>Haji</VALUE></TITLE><DESIGNATION><VALUE>General</VALUE></DESIGNATION>
  <NATIONALITY><VALUE>Egypt</VALUE><VALUE>na</VALUE></NATIONALITY>
  <LAST_DAY_UPDATED><VALUE>2001-01-25</VALUE><VALUE>2010-12-16</VALUE><VALUE/></LAST_DAY_UPDATED>
  <INDIVIDUAL_ALIAS><QUALITY>Low</QUALITY><ALIAS_NAME>Abu X; Abu Y</ALIAS_NAME></INDIVIDUAL_ALIAS>
  <INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>Abu Y</ALIAS_NAME></INDIVIDUAL_ALIAS>
  <INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>Old Doe</ALIAS_NAME><NOTE>formerly listed as</NOTE></INDIVIDUAL_ALIAS>
  <INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><DATE_OF_BIRTH>1973-08-26</DATE_OF_BIRTH><CITY_OF_BIRTH>Algiers</CITY_OF_BIRTH><COUNTRY_OF_BIRTH>Algeria</COUNTRY_OF_BIRTH>
    <ALIAS_NAME>Sayf Al Doe</ALIAS_NAME><NOTE>DOB: a) 11 Apr. 1960 b) 1963. Passport No. 284158. In Arabic: سيف</NOTE></INDIVIDUAL_ALIAS>
  <INDIVIDUAL_ALIAS><QUALITY/><ALIAS_NAME/></INDIVIDUAL_ALIAS>
  <INDIVIDUAL_ADDRESS><STREET>1 Road</STREET><CITY>Kabul</CITY><ZIP_CODE>11</ZIP_CODE><COUNTRY>Afghanistan</COUNTRY><NOTE>previous</NOTE></INDIVIDUAL_ADDRESS>
  <INDIVIDUAL_ADDRESS><COUNTRY/></INDIVIDUAL_ADDRESS>
  <INDIVIDUAL_PLACE_OF_BIRTH><CITY>Goma</CITY><COUNTRY>Congo</COUNTRY><NOTE>(possibly)</NOTE></INDIVIDUAL_PLACE_OF_BIRTH>
</INDIVIDUAL>`))
	want := []string{
		`2001-01-25 un-sc:QDi.900 listing.event [2001-01-25 designated] {"kind":"designated","date":"2001-01-25","published":"2001-01-25","what":"put on the consolidated list (ISIL (Da'esh) and Al-Qaida)","authority":"United Nations Security Council","citation":"Security Council resolutions 1267 (1999), 1989 (2011) and 2253 (2015)","consequences":[{"kind":"visa","from":"2001-01-25","what":"states refuse this person entry and transit"}]}`,
		`2010-12-16 un-sc:QDi.900 listing.event [2010-12-16 amended] {"kind":"amended","date":"2010-12-16","published":"2010-12-16","what":"the entry was amended","authority":"United Nations Security Council"}`,
		`2001-01-25 un-sc:QDi.900 listing.entry [entry] {"id":"un-sc:QDi.900","programme":"un-sc","name":"ALI ABU DOE","kind":"person","title":"Dr.; Haji","tags":["Al-Qaida"],"remarks":"Some text."}`,
		`2001-01-25 un-sc:QDi.900 name [primary] {"name":"ALI ABU DOE","quality":"primary"}`,
		`un-sc:QDi.900 name [name:` + party.Slug("علي دو") + `] {"name":"علي دو","quality":"alias"}`,
		`un-sc:QDi.900 name [name:abu-y] {"name":"Abu Y","quality":"alias"}`,
		`un-sc:QDi.900 name [name:old-doe] {"name":"Old Doe","quality":"former"}`,
		`un-sc:QDi.900 name [name:sayf-al-doe] {"name":"Sayf Al Doe","quality":"alias"}`,
		`un-sc:QDi.900 name [name:` + party.Slug("سيف") + `] {"name":"سيف","quality":"alias"}`,
		`un-sc:QDi.900 identifier [passport:284158] {"scheme":"passport","value":"284158"}`,
		`un-sc:QDi.900 detail [birth_date:1973-08-26] {"name":"birth_date","value":"1973-08-26"}`,
		`un-sc:QDi.900 detail [birth_place:Algiers, Algeria] {"name":"birth_place","value":"Algiers, Algeria"}`,
		`un-sc:QDi.900 name [name:abu-x] {"name":"Abu X","quality":"weak"}`,
		`un-sc:QDi.900 detail [birth_place:Goma, Congo (possibly)] {"name":"birth_place","value":"Goma, Congo (possibly)"}`,
		`un-sc:QDi.900 detail [nationality:Egypt] {"name":"nationality","value":"Egypt"}`,
		`un-sc:QDi.900 detail [gender:Male] {"name":"gender","value":"Male"}`,
		`un-sc:QDi.900 detail [position:General] {"name":"position","value":"General"}`,
		`un-sc:QDi.900 address [address:1-road-kabul-11-afghanistan-previous] {"street":"1 Road","city":"Kabul, 11","country":"Afghanistan","remarks":"previous"}`,
	}
	if d := cmp.Diff(want, lines(r)); d != "" {
		t.Error(d)
	}
	if r.Published != "2026-02-27" || r.Rows != 1 || len(r.Warnings) != 0 || r.Mode != ledger.Snapshot || r.Source != Source {
		t.Errorf("reading %+v", r)
	}
}

func TestEntity(t *testing.T) {
	r := read(t, list(entity("KPe.901", `<COMMENTS1>Owner of a tanker. IMO number: 5963351. Ship IMO number: 9187629.</COMMENTS1>
  <ENTITY_ALIAS><QUALITY>f.k.a.</QUALITY><ALIAS_NAME>OLD ACME</ALIAS_NAME></ENTITY_ALIAS>
  <ENTITY_ALIAS><QUALITY>a.k.a.</QUALITY><ALIAS_NAME>朝鲜会社</ALIAS_NAME></ENTITY_ALIAS>`)))
	want := []string{
		`un-sc:KPe.901 name [name:acme-shipping] {"name":"ACME SHIPPING","quality":"alias"}`,
		`un-sc:KPe.901 name [name:as] {"name":"AS","quality":"acronym"}`,
		`un-sc:KPe.901 name [name:old-acme] {"name":"OLD ACME","quality":"former"}`,
		`un-sc:KPe.901 name [name:` + party.Slug("朝鲜会社") + `] {"name":"朝鲜会社","quality":"alias"}`,
		`un-sc:KPe.901 identifier [imo_company:5963351] {"scheme":"imo_company","value":"5963351"}`,
	}
	if d := cmp.Diff(want, lines(r)[3:]); d != "" {
		t.Error(d)
	}
	if strings.Contains(lines(r)[0], "visa") {
		t.Errorf("an entity under a travel ban: %s", lines(r)[0])
	}
}

// What an edition changes shows in its own key only, wherever the entry stands.
func TestKeysAreStable(t *testing.T) {
	one := `<INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>Abu A</ALIAS_NAME></INDIVIDUAL_ALIAS>`
	two := `<INDIVIDUAL_ALIAS><QUALITY>Low</QUALITY><ALIAS_NAME>Abu B; Abu A</ALIAS_NAME></INDIVIDUAL_ALIAS>`
	three := `<INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>Abu C</ALIAS_NAME></INDIVIDUAL_ALIAS>`
	old := map[string]bool{}
	for _, l := range lines(read(t, list(person("QDi.1", one+two), entity("KPe.1", "")))) {
		old[l] = true
	}
	var changed []string
	for _, l := range lines(read(t, list(entity("KPe.1", ""), person("QDi.1", three+two+one)))) {
		if !old[l] {
			changed = append(changed, l)
		}
		delete(old, l)
	}
	if d := cmp.Diff([]string{`un-sc:QDi.1 name [name:abu-c] {"name":"Abu C","quality":"alias"}`}, changed); d != "" || len(old) != 0 {
		t.Errorf("gone %v\n%s", old, d)
	}
}

func TestProgrammes(t *testing.T) {
	for number, want := range map[string]string{
		"QDi.1": "un-sc", "IQi.1": "un-sc-1518", "IRe.1": "un-sc-1737", "GBi.1": "un-sc-2048", "XXi.1": "un-sc", "Q": "un-sc",
	} {
		if got := regimeOf(number).programme; got != want {
			t.Errorf("%s is on %s, want %s", number, got, want)
		}
	}
}

func TestBirths(t *testing.T) {
	for element, want := range map[string]string{
		"<TYPE_OF_DATE>EXACT</TYPE_OF_DATE><DATE>1978-04-28</DATE>":                                 "1978-04-28",
		"<TYPE_OF_DATE>EXACT</TYPE_OF_DATE><DATE>1978-04-28</DATE><NOTE>from false passport</NOTE>": "1978-04-28 (from false passport)",
		"<TYPE_OF_DATE>EXACT</TYPE_OF_DATE><YEAR>1958</YEAR><NOTE>Sep.</NOTE>":                      "Sep. 1958",
		"<TYPE_OF_DATE>APPROXIMATELY</TYPE_OF_DATE><YEAR>1963</YEAR>":                               "circa 1963",
		"<TYPE_OF_DATE>APPROXIMATELY</TYPE_OF_DATE><NOTE>30-35 years old</NOTE>":                    "circa 30-35 years old",
		"<TYPE_OF_DATE>BETWEEN</TYPE_OF_DATE><FROM_YEAR>1957</FROM_YEAR><TO_YEAR>1960</TO_YEAR>":    "1957 to 1960",
		"<TYPE_OF_DATE>BETWEEN</TYPE_OF_DATE><FROM_YEAR>57</FROM_YEAR><NOTE>Approximately</NOTE>":   "circa 57",
		"<TYPE_OF_DATE>EXACT</TYPE_OF_DATE><NOTE>Nov. 1973 </NOTE>":                                 "Nov. 1973",
		"<TYPE_OF_DATE>EXACT</TYPE_OF_DATE><DATE>soon</DATE><YEAR>1970</YEAR>":                      "1970",
		"<TYPE_OF_DATE/>": "",
	} {
		r := read(t, list(person("QDi.1", "<INDIVIDUAL_DATE_OF_BIRTH>"+element+"</INDIVIDUAL_DATE_OF_BIRTH>")))
		got := ""
		for _, s := range r.Statements {
			if d, ok := s.Body.(party.Detail); ok && d.Name == "birth_date" {
				got = d.Value
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", element, got, want)
		}
	}
}

func TestDocuments(t *testing.T) {
	for element, want := range map[string]string{
		"<TYPE_OF_DOCUMENT>Passport</TYPE_OF_DOCUMENT><NUMBER>A-374184</NUMBER><ISSUING_COUNTRY>Pakistan</ISSUING_COUNTRY>":                                               "passport A-374184 Pakistan",
		"<TYPE_OF_DOCUMENT>Número de pasaporte</TYPE_OF_DOCUMENT><NUMBER>1 2</NUMBER><COUNTRY_OF_ISSUE>Haiti</COUNTRY_OF_ISSUE>":                                          "passport 1 2 Haiti",
		"<TYPE_OF_DOCUMENT>Passport</TYPE_OF_DOCUMENT><NUMBER>Qatari passport number 00868774</NUMBER>":                                                                   "passport 00868774 ",
		"<TYPE_OF_DOCUMENT>Passport</TYPE_OF_DOCUMENT><NOTE>Tunisian passport number L723315, issued on 5 May 1998</NOTE>":                                                "passport L723315 ",
		"<TYPE_OF_DOCUMENT>National Identification Number</TYPE_OF_DOCUMENT><TYPE_OF_DOCUMENT2>Italian Fiscal Code:</TYPE_OF_DOCUMENT2><NUMBER>BNSDLA70L14Z352B</NUMBER>": "tax BNSDLA70L14Z352B ",
		"<TYPE_OF_DOCUMENT>National Identification Number</TYPE_OF_DOCUMENT><NOTE>SSN 156-92-9858 (United States of America)</NOTE>":                                      "social_security SSN 156-92-9858 ",
		"<TYPE_OF_DOCUMENT>National Identification Number</TYPE_OF_DOCUMENT><TYPE_OF_DOCUMENT2>Residential card number 665</TYPE_OF_DOCUMENT2><NOTE>Ayno Maina</NOTE>":    "residence 665 ",
		"<TYPE_OF_DOCUMENT>Passport</TYPE_OF_DOCUMENT><NOTE>issued under name John</NOTE>":                                                                                "document Passport, issued under name John",
		"": "",
	} {
		r := read(t, list(person("QDi.1", "<INDIVIDUAL_DOCUMENT>"+element+"</INDIVIDUAL_DOCUMENT>")))
		got := ""
		for _, s := range r.Statements {
			switch b := s.Body.(type) {
			case party.Identifier:
				got = b.Scheme + " " + b.Value + " " + b.Country
			case party.Detail:
				got = b.Name + " " + b.Value
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", element, got, want)
		}
	}
}

// An entry whose dates cannot be read is listed all the same.
func TestWithoutDate(t *testing.T) {
	r := read(t, list(strings.Replace(person("QDi.1", ""), "2015-03-27-04:00", "soon", 1)))
	if len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], `line 3: un-sc:QDi.1: LISTED_ON is "soon"`) {
		t.Errorf("warnings %q", r.Warnings)
	}
	if l := lines(r)[0]; !strings.HasPrefix(l, "un-sc:QDi.1 listing.entry") {
		t.Errorf("first statement %s", l)
	}
}

func TestErrors(t *testing.T) {
	for text, want := range map[string]string{
		list(person("", "")):                           "line 3: <INDIVIDUAL> has no REFERENCE_NUMBER",
		list(person("QDi.1", ""), person("QDi.1", "")): "line 4: entry un-sc:QDi.1 is already on line 3",
		list(): "line 2: no <INDIVIDUAL> and no <ENTITY> in <CONSOLIDATED_LIST>",
		strings.Replace(list(person("QDi.1", "")), "2026", "next", 1): `line 2: dateGenerated is "next-02-27T00:00:09.554Z"`,
		list(person("QDi.1", "&x;")):                                  "line 3: invalid character entity &x;",
	} {
		_, err := Read(t.Context(), []byte(text), xmllist.Limits{})
		if err == nil || !strings.HasPrefix(err.Error(), want) || !errors.Is(err, problem.Invalid) {
			t.Errorf("%.300s:\n got %v\nwant %s", text, err, want)
		}
	}
}

func TestRecognise(t *testing.T) {
	for text, want := range map[string]bool{list(): true, "<export/>": false, "a,b\n": false, "<CONSOLIDATED_LIST": false} {
		if got := Recognise("x", []byte(text)); got != want {
			t.Errorf("%.60q: %v", text, got)
		}
	}
}

// Whatever stands in a document, no statement is made twice.
func FuzzRead(f *testing.F) {
	f.Add([]byte(list(person("QDi.1", "<INDIVIDUAL_ALIAS><QUALITY>Low</QUALITY><ALIAS_NAME>A (b); C</ALIAS_NAME><NOTE>x</NOTE></INDIVIDUAL_ALIAS>"))))
	f.Add([]byte(list(entity("KPe.1", "<COMMENTS1>IMO number: 5963351</COMMENTS1>"))))
	f.Fuzz(func(t *testing.T, b []byte) {
		Recognise("x", b)
		r, err := Read(t.Context(), b, xmllist.Limits{Elements: 500})
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
