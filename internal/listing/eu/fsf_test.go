package eu

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing/xmllist"
	"countersign.dev/internal/problem"
)

// export wraps entries in a document after the publisher's schema.
func export(entities ...string) string {
	return `<?xml version="1.0" encoding="UTF-8"?>
<export xmlns="http://eu.europa.ec/fpi/fsd/export" generationDate="2026-02-27T15:22:53.623+02:00" globalFileId="1">
` + strings.Join(entities, "\n") + "\n</export>"
}

const saddam = `<sanctionEntity designationDetails="" unitedNationId="IQi.900" euReferenceNumber="EU.27.28" logicalId="13">
  <remark>A remark.</remark>
  <regulation regulationType="amendment" publicationDate="2003-07-08" entryIntoForceDate="2003-07-07" numberTitle="1210/2003 (OJ L169)" programme="IRQ" logicalId="348"><publicationUrl>https://eur-lex.example/1</publicationUrl></regulation>
  <regulation regulationType="amendment" publicationDate="2010-01-02" entryIntoForceDate="2010-01-03" numberTitle="1/2010" programme="IRQ" logicalId="349"/>
  <subjectType code="person" classificationCode="P"/>
  <nameAlias wholeName="جون دو" gender="M" function="" nameLanguage="AR" strong="true" logicalId="16"/>
  <nameAlias firstName="John" lastName="Doe" wholeName="John Doe" gender="M" title="Dr" function="General" nameLanguage="EN" strong="true" logicalId="17"/>
  <nameAlias firstName="Abu" middleName="" lastName="Ali" wholeName="" gender="M" nameLanguage="" strong="false" logicalId="18"/>
  <citizenship countryIso2Code="IQ" countryDescription="IRAQ" logicalId="1"/>
  <citizenship countryIso2Code="00" countryDescription="UNKNOWN" logicalId="2"/>
  <birthdate circa="false" city="al-Awja" birthdate="1937-04-28" year="1937" countryIso2Code="IQ" countryDescription="IRAQ" logicalId="14"/>
  <birthdate circa="true" year="1938" countryIso2Code="00" countryDescription="UNKNOWN" logicalId="15"/>
  <birthdate circa="false" yearRangeFrom="1940" yearRangeTo="1942" countryIso2Code="00" logicalId="16"/>
  <identification number="A123" identificationTypeCode="passport" countryIso2Code="IQ" countryDescription="IRAQ" knownFalse="false" logicalId="20"/>
  <identification number="A999" identificationTypeCode="passport" identificationTypeDescription="National passport" countryIso2Code="IQ" countryDescription="IRAQ" knownFalse="true" logicalId="21"/>
  <identification number="77" identificationTypeCode="whatever" countryIso2Code="00" countryDescription="UNKNOWN" logicalId="22"/>
  <address street="1 Road" poBox="55" city="Baghdad" zipCode="10" countryIso2Code="IQ" countryDescription="IRAQ" logicalId="30"><contactInfo key="WEB" value="doe.example"/><contactInfo key="NONE" value="x"/></address>
</sanctionEntity>`

func readFSF(t testing.TB, text string) *ledger.Reading {
	t.Helper()
	r, err := ReadFSF(t.Context(), []byte(text), xmllist.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestFSF(t *testing.T) {
	r := readFSF(t, export(saddam))
	want := []string{
		`2003-07-07 eu-fsf:EU.27.28 listing.event [2003-07-07 designated] {"kind":"designated","date":"2003-07-07","published":"2003-07-07","what":"put on the consolidated list","authority":"Council of the European Union","citation":"1210/2003 (OJ L169)","source":"https://eur-lex.example/1"}`,
		`2010-01-03 eu-fsf:EU.27.28 listing.event [2010-01-03 amended] {"kind":"amended","date":"2010-01-03","published":"2010-01-03","what":"the entry was amended","authority":"Council of the European Union"}`,
		`2003-07-07 eu-fsf:EU.27.28 listing.entry [entry] {"id":"eu-fsf:EU.27.28","programme":"eu-fsf","name":"John Doe","kind":"person","title":"Dr","tags":["IRQ"],"remarks":"A remark."}`,
		`2003-07-07 eu-fsf:EU.27.28 name [primary] {"name":"John Doe","quality":"primary"}`,
		`eu-fsf:EU.27.28 name [name:` + slug("جون دو") + `] {"name":"جون دو","quality":"alias"}`,
		`eu-fsf:EU.27.28 detail [gender:male] {"name":"gender","value":"male"}`,
		`eu-fsf:EU.27.28 detail [position:General] {"name":"position","value":"General"}`,
		`eu-fsf:EU.27.28 name [name:abu-ali] {"name":"Abu Ali","quality":"weak"}`,
		`eu-fsf:EU.27.28 detail [birth_date:1937-04-28] {"name":"birth_date","value":"1937-04-28"}`,
		`eu-fsf:EU.27.28 detail [birth_place:al-Awja, IRAQ] {"name":"birth_place","value":"al-Awja, IRAQ"}`,
		`eu-fsf:EU.27.28 detail [birth_date:circa 1938] {"name":"birth_date","value":"circa 1938"}`,
		`eu-fsf:EU.27.28 detail [birth_date:1940 to 1942] {"name":"birth_date","value":"1940 to 1942"}`,
		`eu-fsf:EU.27.28 detail [nationality:IRAQ] {"name":"nationality","value":"IRAQ"}`,
		`eu-fsf:EU.27.28 identifier [passport:a123 iraq] {"scheme":"passport","value":"A123","country":"IRAQ"}`,
		`eu-fsf:EU.27.28 detail [false_document:National passport A999] {"name":"false_document","value":"National passport A999"}`,
		`eu-fsf:EU.27.28 identifier [identification:77] {"scheme":"identification","value":"77"}`,
		`eu-fsf:EU.27.28 address [address:1-road-po-box-55-baghdad-10-iraq] {"street":"1 Road, PO Box 55","city":"Baghdad, 10","country":"IRAQ"}`,
		`eu-fsf:EU.27.28 detail [website:doe.example] {"name":"website","value":"doe.example"}`,
		`eu-fsf:EU.27.28 link [same_as:un-sc:IQi.900] {"relation":"same_as","to":"un-sc:IQi.900"}`,
	}
	if d := cmp.Diff(want, lines(r)); d != "" {
		t.Error(d)
	}
	if r.Source != SourceFSF || r.Published != "2026-02-27" || r.Rows != 1 || r.Part != "" {
		t.Errorf("reading %+v", r)
	}
	if len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "after the publisher's schema") {
		t.Errorf("warnings %q", r.Warnings)
	}
}

func TestFSFEnterprise(t *testing.T) {
	r := readFSF(t, export(`<sanctionEntity designationDate="2020-05-05" logicalId="99"><subjectType code="enterprise" classificationCode="E"/><nameAlias wholeName="ACME LLC" strong="true"/></sanctionEntity>`,
		`<sanctionEntity logicalId="100"><subjectType code="enterprise"/></sanctionEntity>`))
	text := strings.Join(lines(r), "\n")
	for _, part := range []string{`"date":"2020-05-05"`, `"id":"eu-fsf:99","programme":"eu-fsf","name":"ACME LLC","kind":"organisation"`, `"name":"eu-fsf:100"`} {
		if !strings.Contains(text, part) {
			t.Errorf("no %s in\n%s", part, text)
		}
	}
	if w := strings.Join(r.Warnings, "\n"); !strings.Contains(w, "eu-fsf:100: no date of designation") || !strings.Contains(w, "eu-fsf:100 has no name") {
		t.Errorf("warnings %q", r.Warnings)
	}
}

func TestFSFErrors(t *testing.T) {
	for text, want := range map[string]string{
		export(`<sanctionEntity/>`): "line 3: <sanctionEntity> has neither euReferenceNumber nor logicalId",
		export(saddam, saddam):      "line 21: entry eu-fsf:EU.27.28 is already on line 3",
		export():                    "line 2: no <sanctionEntity> in <export>",
		strings.Replace(export(saddam), "2026-02", "soon", 1): `line 2: generationDate is "soon-27T15:22:53.623+02:00"`,
		strings.Replace(export(saddam), "</export>", "", 1):   "line 21: the document ends within <export>",
	} {
		_, err := ReadFSF(t.Context(), []byte(text), xmllist.Limits{})
		if err == nil || !strings.HasPrefix(err.Error(), want) || !errors.Is(err, problem.Invalid) {
			t.Errorf("%.200q:\n got %v\nwant %s", text, err, want)
		}
	}
}

func TestRecogniseFSF(t *testing.T) {
	for text, want := range map[string]bool{export(): true, "<export><sanctionEntity>": true, "<export/>": false, "<sdnList/>": false, "": false} {
		if got := RecogniseFSF("x", []byte(text)); got != want {
			t.Errorf("%.40q: %v", text, got)
		}
	}
}

func FuzzReadFSF(f *testing.F) {
	f.Add([]byte(export(saddam)))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ReadFSF(t.Context(), b, xmllist.Limits{Elements: 300})
		if err == nil {
			once(t, r)
		}
	})
}
