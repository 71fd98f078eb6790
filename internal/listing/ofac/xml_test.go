package ofac

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/listing/xmllist"
	"countersign.dev/internal/problem"
)

// document wraps entries after the publisher's schema.
func document(count string, entries ...string) string {
	return `<?xml version="1.0" standalone="yes"?>
<sdnList xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns="http://tempuri.org/sdnList.xsd">
<publshInformation><Publish_Date>07/14/2021</Publish_Date><Record_Count>` + count + "</Record_Count></publshInformation>\n" + strings.Join(entries, "\n") + "\n</sdnList>"
}

const (
	acme = `<sdnEntry><uid>7</uid><lastName>ACME TRADING CO., LTD.</lastName><sdnType>Entity</sdnType><remarks>Linked To: BETA GROUP S.A.; something else</remarks>
  <programList><program>SDGT</program><program>IFSR</program></programList>
  <idList><id><uid>1</uid><idType>Tax ID No.</idType><idNumber>12-34</idNumber><idCountry>Iran</idCountry></id>
    <id><uid>2</uid><idType>Unheard Of Document</idType><idNumber>77</idNumber></id><id><uid>3</uid><idType>Website</idType><idNumber>acme.example</idNumber></id></idList>
  <akaList><aka><uid>12</uid><type>a.k.a.</type><category>strong</category><lastName>ACME CO</lastName></aka>
    <aka><uid>13</uid><type>f.k.a.</type><category>strong</category><lastName>OLD ACME</lastName></aka>
    <aka><uid>14</uid><type>a.k.a.</type><category>weak</category><lastName>AC</lastName></aka></akaList>
  <addressList><address><uid>25</uid><address1>1 Road</address1><address2>Floor 2</address2><city>Tehran</city><postalCode>11</postalCode><country>Iran</country></address>
    <address><uid>26</uid></address></addressList></sdnEntry>`
	doe = `<sdnEntry><uid>8</uid><firstName>John Ali</firstName><lastName>DOE</lastName><title>General</title><sdnType>Individual</sdnType>
  <programList><program>SDNT</program></programList>
  <idList><id><uid>4</uid><idType>Passport</idType><idNumber>A1</idNumber><idCountry>Egypt</idCountry><issueDate>26 May 1999</issueDate></id>
    <id><uid>5</uid><idType>Gender</idType><idNumber>Male</idNumber></id></idList>
  <nationalityList><nationality><uid>1</uid><country>Egypt</country><mainEntry>true</mainEntry></nationality></nationalityList>
  <dateOfBirthList><dateOfBirthItem><uid>1</uid><dateOfBirth>1946</dateOfBirth></dateOfBirthItem><dateOfBirthItem><uid>2</uid><dateOfBirth>02 Mar 1947</dateOfBirth></dateOfBirthItem></dateOfBirthList>
  <placeOfBirthList><placeOfBirthItem><uid>1</uid><placeOfBirth>Kabul, Afghanistan</placeOfBirth></placeOfBirthItem></placeOfBirthList></sdnEntry>`
	star = `<sdnEntry><uid>9</uid><lastName>SEA STAR</lastName><sdnType>Vessel</sdnType><programList><program>CUBA</program></programList>
  <idList><id><uid>6</uid><idType>Vessel Registration Identification</idType><idNumber>IMO 9187629</idNumber></id></idList>
  <vesselInfo><callSign>T3XY</callSign><vesselType>Cargo</vesselType><vesselFlag>Panama</vesselFlag><vesselOwner>SEA CO</vesselOwner><tonnage>100</tonnage><grossRegisteredTonnage>80</grossRegisteredTonnage></vesselInfo></sdnEntry>`
)

func readXML(t testing.TB, name, text string) *ledger.Reading {
	t.Helper()
	r, err := ReadXML(t.Context(), name, []byte(text), "", xmllist.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// without leaves out an entry's own statement, whose remarks differ between
// the forms, and what only one of them tells.
func without(all []string, parts ...string) []string {
	out := slices.DeleteFunc(slices.Clone(all), func(l string) bool {
		return slices.ContainsFunc(append(parts, " "+listing.FactEntry+" "), func(p string) bool { return strings.Contains(l, p) })
	})
	slices.Sort(out)
	return out
}

// Both forms of one list state the same, under the same keys.
func TestXMLSaysTheSame(t *testing.T) {
	var delimited []string
	for _, part := range []struct {
		part Part
		text string
	}{
		{Primary, row(7, "ACME TRADING CO., LTD.", "SDGT] [IFSR", "Tax ID No. 12-34 (Iran); Website acme.example; Identification Number 77; Linked To: BETA GROUP S.A.; something else.") +
			"8,\"DOE, John Ali\",\"individual\",\"SDNT\",\"General\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"DOB 1946; alt. DOB 02 Mar 1947; POB Kabul, Afghanistan; nationality Egypt; Passport A1 (Egypt) issued 26 May 1999; Gender Male.\"\r\n" +
			"9,\"SEA STAR\",\"vessel\",\"CUBA\",-0- ,\"T3XY\",\"Cargo\",\"100\",\"80\",\"Panama\",\"SEA CO\",\"Vessel Registration Identification IMO 9187629.\"\r\n"},
		{Alias, "7,12,\"aka\",\"ACME CO\",-0- \n7,13,\"fka\",\"OLD ACME\",-0- \n"},
		{Address, "7,25,\"1 Road, Floor 2\",\"Tehran, 11\",\"Iran\",-0- \n7,26,-0- ,-0- ,-0- ,-0- \n"},
	} {
		delimited = append(delimited, lines(read(t, part.part, SourceSDN, part.text).Reading)...)
	}
	r := readXML(t, "sdn.xml", document("3", acme, doe, star))
	// Weak aliases stand in the remarks of the delimited form.
	if d := cmp.Diff(without(delimited), without(lines(r), "[alt:14]")); d != "" {
		t.Error(d)
	}
	if r.Published != "2021-07-14" || r.Rows != 3 || r.Source != SourceSDN || r.Part != string(Primary) || r.Mode != ledger.Snapshot {
		t.Errorf("reading %+v", r)
	}
	if len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "after the publisher's schema") {
		t.Errorf("warnings %q", r.Warnings)
	}
	want := `us-ofac-sdn:8 listing.entry [entry] "" {"id":"us-ofac-sdn:8","programme":"us-ofac-sdn","name":"DOE, John Ali","kind":"person","title":"General","tags":["SDNT"]}`
	if !slices.Contains(lines(r), want) {
		t.Errorf("no %s", want)
	}
	if !slices.Contains(lines(r), `us-ofac-sdn:7 party.name [alt:14] "ac" {"name":"AC","quality":"weak"}`) {
		t.Error("no weak alias")
	}
}

// The other list is told by its file's name or its programmes, and gives the
// dates of Chinese military-industrial complex companies.
func TestXMLOfNonSDN(t *testing.T) {
	cmicEntry := `<sdnEntry><uid>30</uid><lastName>ACME TELECOM</lastName><sdnType>Entity</sdnType><programList><program>CMIC-EO13959</program></programList>
<idList><id><uid>1</uid><idType>Listing Date (CMIC)</idType><idNumber>03 Jun 2021</idNumber></id><id><uid>2</uid><idType>Effective Date (CMIC)</idType><idNumber>02 Aug 2021</idNumber></id></idList></sdnEntry>`
	for _, name := range []string{"consolidated.xml", "list.xml"} {
		r := readXML(t, name, document("1", cmicEntry))
		text := strings.Join(lines(r), "\n")
		if r.Source != SourceNonSDN || !strings.Contains(text, `[2021-06-03 designated]`) || !strings.Contains(text, `"programme":"us-ofac-ns-cmic"`) {
			t.Errorf("%s: %s\n%s", name, r.Source, text)
		}
	}
}

func TestXMLErrors(t *testing.T) {
	for text, want := range map[string]string{
		document("3", acme):       "1 entries, and Record_Count says 3; the document is not whole",
		document("2", acme, acme): "line 13: entry 7 is already on line 4",
		document("0"):             "no <sdnEntry> in <sdnList>",
		document("1", strings.Replace(acme, "<uid>7</uid>", "", 1)):                                `line 4: "" is no entry number`,
		document("1", strings.Replace(acme, "a.k.a.", "c.k.a.", 1)):                                `line 8: alias type "c.k.a."`,
		document("1", strings.Replace(acme, "ACME TRADING CO., LTD.", "-", 1)):                     "line 4: entry 7 has no name",
		strings.Replace(document("1", acme), "07/14/2021", "soon", 1):                              `line 3: Publish_Date is "soon"`,
		strings.Replace(document("1", acme), "</sdnList>", "", 1):                                  "line 13: the document ends within <sdnList>",
		document("1", strings.NewReplacer("SDGT", "NS-PLC", "IFSR", "CMIC-EO13959").Replace(acme)): "line 4: the programme of this entry, as of most others, is of us-ofac-nonsdn",
	} {
		_, err := ReadXML(t.Context(), "sdn.xml", []byte(text), "", xmllist.Limits{})
		if err == nil || !strings.HasPrefix(err.Error(), want) || !errors.Is(err, problem.Invalid) {
			t.Errorf("%.250q:\n got %v\nwant %s", text, err, want)
		}
	}
	if _, err := ReadXML(t.Context(), "x.xml", []byte(document("1", strings.Replace(acme, "<program>SDGT</program><program>IFSR</program>", "", 1))), "", xmllist.Limits{}); !errors.Is(err, problem.Invalid) || !strings.Contains(err.Error(), "--source us-ofac-sdn") {
		t.Errorf("%v", err)
	}
	if _, err := ReadXML(t.Context(), "x.xml", []byte(document("1", acme)), "eu-fsf", xmllist.Limits{}); !errors.Is(err, problem.Invalid) {
		t.Errorf("%v", err)
	}
}

func TestRecogniseXML(t *testing.T) {
	for text, want := range map[string]bool{document("0"): true, "<export/>": false, "7,\"ACME\"": false} {
		if got := RecogniseXML("x", []byte(text)); got != want {
			t.Errorf("%.40q: %v", text, got)
		}
	}
}

func FuzzReadXML(f *testing.F) {
	f.Add([]byte(document("3", acme, doe, star)))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ReadXML(t.Context(), "sdn.xml", b, "", xmllist.Limits{Elements: 300})
		if err != nil {
			return
		}
		seen := map[statementKey]bool{}
		for _, s := range r.Statements {
			k := statementKey{s.Kind, s.Subject, s.Key}
			if seen[k] {
				t.Errorf("stated twice: %v", k)
			}
			seen[k] = true
		}
	})
}
