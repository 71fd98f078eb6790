package ftm

import (
	"context"
	"errors"
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
)

// known are programmes as small as the reader needs them.
func known() *Programmes {
	blocks := []listing.ConsequenceRule{{Kind: listing.Blocking}}
	exports := []listing.ConsequenceRule{{Kind: listing.Export}}
	return NewProgrammes([]*listing.Programme{
		{ID: "us-ofac-sdn", Title: "Specially Designated Nationals", FTMDatasets: []string{"us_ofac_sdn"}, Also: []string{"sdn"}, Consequences: blocks},
		{ID: "us-bis-entity-list", Title: "Entity List", FTMDatasets: []string{"us_trade_csl"}, Also: []string{"us-bis-el"}, Consequences: exports},
		{ID: "us-bis-uvl", Title: "Unverified List", FTMDatasets: []string{"us_trade_csl"}, Also: []string{"us-bis-uvl-key"}},
		{ID: "eu-list", Title: "European list", FTMDatasets: []string{"eu_fsf"}, Consequences: blocks},
	})
}

func read(t testing.TB, lines ...string) *ledger.Reading {
	t.Helper()
	r, err := Read(t.Context(), Input{Name: "dir/targets.nested.json.gz", Bytes: []byte(strings.Join(lines, "\n")), Programmes: known()}, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// told writes statements as lines "subject kind: what", sorted.
func told(r *ledger.Reading) []string {
	var out []string
	for _, s := range r.Statements {
		what := ""
		switch b := s.Body.(type) {
		case party.Name:
			if s.Kind == party.FactCore {
				continue // as its party.name
			}
			what = fmt.Sprintf("%s %s", b.Quality, b.Name)
		case party.Identifier:
			what = strings.TrimSpace(fmt.Sprintf("%s %s %s", b.Scheme, b.Value, b.Country))
		case party.Detail:
			what = b.Name + " " + b.Value
		case party.Address:
			what = b.Street + "|" + b.City + "|" + b.Country
		case party.Link:
			what = strings.TrimSpace(fmt.Sprintf("%s %s %s", b.Relation, b.To, b.Name))
		case party.Interest:
			stake := func(s *party.Stake) string {
				if s == nil {
					return "-"
				}
				return s.Min + ".." + s.Max
			}
			what = strings.TrimSpace(fmt.Sprintf("%s (%s) holds %s, votes %s, %s of %s %s", b.Holder, b.HolderName, stake(b.Economic), stake(b.Voting), b.Control, b.HeldName, b.Note))
		case listing.Entry:
			what = strings.TrimSpace(fmt.Sprintf("%s %s on %s of %s %s %v %s", b.Kind, b.Name, b.Programme, b.List, b.Party, b.Tags, b.Note))
		case listing.Event:
			what = fmt.Sprintf("%s %s %s", b.Kind, b.Date, b.Authority)
		}
		if s.ValidTo != "" && s.ValidTo != access.Forever {
			what += fmt.Sprintf(" [%s, %s)", s.ValidFrom, s.ValidTo)
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

func TestRecognise(t *testing.T) {
	for text, want := range map[string]bool{
		`{"id":"a","schema":"Person","properties":{}}`:                            true,
		"\ufeff\n {\"caption\": \"x\", \"schema\": \"Company\", \"id\": \"b\"}\n": true,
		`{"properties":{"name":["A"]},"schema":"Person"`:                          true, // cut by the head
		`{"results":[{"id":"a","schema":"Person"}]}`:                              false,
		`{"id":"schema","name":"properties"}`:                                     false,
		`[{"id":"a","schema":"Person"}]`:                                          false,
		"name,schema,id\n":                                                        false,
		"":                                                                        false,
		`{"schema":`:                                                              false,
	} {
		if got := Recognise("x", []byte(text)); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

// A party on a blocking list, with all that is said of it beside.
func TestParty(t *testing.T) {
	r := read(t,
		`{"id":"NK-1","schema":"Company","caption":"Acme Works","properties":{"name":["Acme LLC","Acme Works"],"alias":["Akme","Acme LLC"],"weakAlias":["AW"],"previousName":["Old Acme"],"abbreviation":["ACW"],"innCode":["7700000000"],"registrationNumber":["R 1"],"country":["by"],"address":["1 Main St"],"addressEntity":["addr-1"],"topics":["sanction"],"programId":["US-RUSHAR"]},"datasets":["us_ofac_sdn","gleif"],"referents":["ofac-36","gleif-x","NK-1","NK-0"],"first_seen":"2021-05-01T10:00:00","last_seen":"2026-01-02T00:00:00","target":true}`,
		``,
		`{"id":"addr-1","schema":"Address","properties":{"street":["2 Side St"],"city":["Minsk"],"postalCode":["220000"],"country":["by"]}}`,
		`{"id":"p-1","schema":"Passport","properties":{"holder":["Q9"],"number":["AB 1"],"country":["by"]}}`,
		`{"id":"Q9","schema":"Person","properties":{"name":["Jan Roe"],"birthDate":["1970"],"passportNumber":["AB1"],"nationality":["by"],"topics":["role.pep"]},"datasets":["us_ofac_sdn"],"target":true}`,
		`{"id":"s-1","schema":"Security","properties":{"issuer":["NK-1"],"isin":["XS0000000009"],"name":["Acme bond"]}}`,
		`{"id":"pos","schema":"Position","properties":{"name":["Mayor"]}}`,
		`{"id":"odd","schema":"Spaceship","properties":{}}`,
	)
	check(t, r,
		"NK-1 name: primary Acme Works @2021-05-01", "NK-1 name: alias Acme LLC", "NK-1 name: alias Akme", "NK-1 name: weak AW", "NK-1 name: former Old Acme", "NK-1 name: acronym ACW",
		"NK-1 identifier: tax 7700000000 ru", "NK-1 identifier: registration R 1 by", "NK-1 identifier: isin XS0000000009",
		"NK-1 address: 1 Main St||", "NK-1 address: 2 Side St|Minsk, 220000|by",
		"NK-1 detail: country by", "NK-1 detail: topic sanction",
		"NK-1 link: same_as us-ofac-sdn:36", "NK-1 link: same_as ofac-36", "NK-1 link: same_as gleif-x",
		"NK-1 listing.entry: organisation Acme Works on us-ofac-sdn of ftm/targets  [US-RUSHAR sanction] @2021-05-01",
		"Q9 name: primary Jan Roe", "Q9 identifier: passport AB1 by", "Q9 detail: birth_date 1970", "Q9 detail: nationality by", "Q9 detail: topic role.pep",
	)
	if r.Rows != 7 || r.Published != "2026-01-02" || r.Mode != ledger.Snapshot || len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "Spaceship") {
		t.Errorf("reading %d rows, published %s, %v", r.Rows, r.Published, r.Warnings)
	}
}

// What an entity is called that has no property "name".
func TestWithoutName(t *testing.T) {
	for _, tt := range []struct{ name, entity, primary, warning string }{
		{"by its caption", `"caption":"Acme","properties":null`, "Acme", ""},
		{"by its caption, not an alias", `"caption":"Acme","properties":{"alias":["Acme","Akme"]}`, "Acme", ""},
		{"by an alias alone", `"properties":{"alias":["Akme"]}`, "", ""},
		{"the caption is the id", `"caption":"X","properties":{}`, "", "1 entities have no name, the first on line 2"},
		{"nothing", `"properties":null`, "", "1 entities have no name, the first on line 2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := read(t, "", `{"id":"X","schema":"Company",`+tt.entity+`}`)
			primary := ""
			for _, s := range r.Statements {
				if n, ok := s.Body.(party.Name); ok && n.Quality == party.Primary {
					primary = n.Name
				}
			}
			if primary != tt.primary {
				t.Errorf("called %q, want %q", primary, tt.primary)
			}
			if got := strings.Join(r.Warnings, "\n"); !strings.HasPrefix(got, tt.warning) || (tt.warning == "") != (got == "") {
				t.Errorf("warned %q, want %q", got, tt.warning)
			}
		})
	}
}

// Who is a target, and of which programme.
func TestTargets(t *testing.T) {
	entity := func(more string) string {
		return `{"id":"X","schema":"Organization","properties":{"name":["Acme"]` + more + `}`
	}
	sanction := `{"id":"s","schema":"Sanction","properties":{"entity":["X"],"programId":["US-BIS-EL"]},"datasets":["us_trade_csl"]}`
	for _, tt := range []struct {
		name  string
		lines []string
		want  string // programmes, in the order of the listings
	}{
		{"its collection is a list", []string{entity(`},"datasets":["us_ofac_sdn"]`)}, "us-ofac-sdn"},
		{"a short name of a list", []string{entity(`},"datasets":["sdn"]`)}, "us-ofac-sdn"},
		{"its collection is none", []string{entity(`},"datasets":["registry"]`)}, ""},
		{"no collection", []string{entity(`}`)}, ""},
		{"said to be a target", []string{entity(`},"datasets":["xx_list"],"target":true`)}, "ftm-xx-list"},
		{"said to be none", []string{entity(`},"datasets":["us_ofac_sdn"],"target":false`)}, ""},
		{"the topic is near", []string{entity(`,"topics":["sanction.linked"]},"datasets":["us_ofac_sdn"],"target":true`)}, ""},
		{"the topic says so", []string{entity(`,"topics":["role.pep","debarment"]},"datasets":["xx_list","gleif"]`)}, "ftm-xx-list"},
		{"a sanction says so", []string{entity(`,"topics":["role.pep"]},"datasets":["gleif"]`), sanction}, "us-bis-entity-list"},
		{"the heaviest first", []string{sanction, entity(`},"datasets":["us_trade_csl","us_ofac_sdn"]`)}, "us-ofac-sdn us-bis-entity-list"},
		{"two that block", []string{entity(`},"datasets":["us_ofac_sdn","eu_fsf"]`)}, "eu-list us-ofac-sdn"},
		{"one of many lists of a collection, by the entity", []string{entity(`,"programId":["US-BIS-UVL-KEY"]},"datasets":["us_trade_csl"]`)}, "us-bis-uvl"},
		{"one of many lists of a collection, not said which", []string{entity(`},"datasets":["us_trade_csl"]`)}, "ftm-us-trade-csl"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, s := range read(t, tt.lines...).Statements {
				e, ok := s.Body.(listing.Entry)
				if !ok {
					continue
				}
				id, of := "X", ""
				if len(got) > 0 {
					id, of = "X#"+e.Programme, "X"
				}
				if s.Subject != id || e.ID != id || e.Party != of || s.Term != of {
					t.Errorf("entry %s of party %q, term %q", s.Subject, e.Party, s.Term)
				}
				got = append(got, e.Programme)
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("on %v, want %s", got, tt.want)
			}
		})
	}
}

// The nested form says the same as the other.
func TestNested(t *testing.T) {
	flat := read(t,
		`{"id":"A","schema":"Company","properties":{"name":["Acme"],"addressEntity":["ad"]},"datasets":["us_ofac_sdn"]}`,
		`{"id":"B","schema":"Person","properties":{"name":["Jan Roe"]},"datasets":["us_ofac_sdn"],"target":false}`,
		`{"id":"C","schema":"Company","properties":{"name":["Beta"]},"datasets":["us_ofac_sdn"]}`,
		`{"id":"ad","schema":"Address","properties":{"full":["Street 1"]}}`,
		`{"id":"s","schema":"Sanction","properties":{"entity":["A"],"startDate":["2020-02-03"],"authority":["OFAC"],"reason":["Because."]}}`,
		`{"id":"o","schema":"Ownership","properties":{"owner":["B"],"asset":["A"],"percentage":["51.20%"],"role":["holder"]}}`,
		`{"id":"o2","schema":"Ownership","properties":{"owner":["A"],"asset":["C"]}}`,
		`{"id":"d","schema":"Directorship","properties":{"director":["B"],"organization":["A"]}}`,
	)
	own := `{"id":"o2","schema":"Ownership","properties":{%s}}`
	nested := read(t,
		`{"id":"A","schema":"Company","properties":{"name":["Acme"],"addressEntity":[{"id":"ad","schema":"Address","properties":{"full":["Street 1"]}}],"sanctions":[{"id":"s","schema":"Sanction","properties":{"startDate":["2020-02-03"],"authority":["OFAC"],"reason":["Because."]}}],"ownershipAsset":[{"id":"o","schema":"Ownership","properties":{"owner":[{"id":"B","schema":"Person","properties":{"name":["Jan Roe"]},"datasets":["us_ofac_sdn"],"target":false}],"percentage":["51.20%"],"role":["holder"]}}],"directorshipOrganization":[{"id":"d","schema":"Directorship","properties":{"director":["B"]}}],"ownershipOwner":[`+fmt.Sprintf(own, `"asset":[{"id":"C","schema":"Company","properties":{"name":["stub"]}}]`)+`]},"datasets":["us_ofac_sdn"]}`,
		`{"id":"C","schema":"Company","properties":{"name":["Beta"],"ownershipAsset":[`+fmt.Sprintf(own, `"owner":["A"]`)+`]},"datasets":["us_ofac_sdn"]}`,
	)
	for _, r := range []*ledger.Reading{flat, nested} {
		check(t, r,
			"A name: primary Acme @2020-02-03", "A address: Street 1||", "A listing.event: designated 2020-02-03 OFAC @2020-02-03",
			"A listing.entry: organisation Acme on us-ofac-sdn of "+r.Source+"  [] Because. @2020-02-03",
			"B name: primary Jan Roe", "B link: director_of A Acme",
			"A interest: B (Jan Roe) holds 51.2..51.2, votes -,  of Acme holder",
			"C name: primary Beta", "C interest: A (Acme) holds 0..100, votes -,  of Beta",
			"C listing.entry: organisation Beta on us-ofac-sdn of "+r.Source+"  []",
		)
	}
	if nested.Source != "ftm/us_ofac_sdn" || flat.Source != "ftm/targets" {
		t.Errorf("sources %s and %s", nested.Source, flat.Source)
	}
}

func TestLifeOfAListing(t *testing.T) {
	sanction := func(i int, from, to, listed string) string {
		return fmt.Sprintf(`{"id":"s%d","schema":"Sanction","properties":{"entity":["X"],"startDate":["%s"],"endDate":["%s"],"listingDate":["%s"]}}`, i, from, to, listed)
	}
	for _, tt := range []struct {
		name      string
		sanctions []string
		want      []string
	}{
		{"no dates", []string{sanction(1, "", "", "")}, nil},
		{"a year is no day", []string{sanction(1, "2014", "", "")}, nil},
		{"it began, as was made known before", []string{sanction(1, "2020-02-03T00:00:00", "", "2020-01-01")}, []string{"designated 2020-02-03 @2020-01-01"}},
		{"it ended", []string{sanction(1, "2020-02-03", "2021-03", "")}, []string{"designated 2020-02-03 @2020-02-03", "expired 2021-04-01 @2021-04-01"}},
		{"ended in a year", []string{sanction(1, "", "2021", "")}, []string{"expired 2022-01-01 @2022-01-01"}},
		{"two that overlap", []string{sanction(1, "2020-01-01", "2021-01-01", ""), sanction(2, "2020-06-01", "", "")}, []string{"designated 2020-01-01 @2020-01-01"}},
		{"two with a gap", []string{sanction(2, "2022-01-01", "2023-01-01", ""), sanction(1, "2020-01-01", "2021-01-01", "")}, []string{"designated 2020-01-01 @2020-01-01", "expired 2021-01-01 @2021-01-01", "redesignated 2022-01-01 @2022-01-01", "expired 2023-01-01 @2023-01-01"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := read(t, append(tt.sanctions, `{"id":"X","schema":"Vessel","properties":{"name":["MV Acme"],"imoNumber":["IMO 9000001"]},"datasets":["us_ofac_sdn"]}`)...)
			var got []string
			for _, s := range r.Statements {
				if e, ok := s.Body.(listing.Event); ok {
					got = append(got, fmt.Sprintf("%s %s @%s", e.Kind, e.Date, s.Published))
				}
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestEdges(t *testing.T) {
	r := read(t,
		`{"id":"A","schema":"LegalEntity","properties":{"name":["Acme"],"parent":["Z"]}}`,
		`{"id":"o1","schema":"Ownership","properties":{"owner":["B"],"asset":["A"],"percentage":["25-50"],"sharesType":["Voting shares"],"startDate":["2020-01-01"],"endDate":["2021-01-01"]}}`,
		`{"id":"o2","schema":"Ownership","properties":{"owner":["C","D"],"asset":["A"],"percentage":["30","about half"],"endDate":["2019"]}}`,
		`{"id":"o3","schema":"Ownership","properties":{"owner":["A"],"asset":["A"]}}`,
		`{"id":"o4","schema":"Ownership","properties":{"owner":["A"]}}`,
		`{"id":"o5","schema":"Ownership","properties":{"owner":["B"],"asset":["A"],"startDate":["2020-01-01"],"endDate":["2020-01-01"]}}`,
		`{"id":"c1","schema":"Control","properties":{"controller":["B"],"controlled":["A"],"controlType":["appointment"]}}`,
		`{"id":"f1","schema":"Family","properties":{"person":["P"],"relative":["Q"],"relationship":["mother"]}}`,
		`{"id":"u1","schema":"UnknownLink","properties":{"subject":["P"],"object":["A"],"endDate":["2020-05-06"]}}`,
	)
	check(t, r,
		"A name: primary Acme", "A link: parent Z",
		"A interest: B () holds -, votes 25..50,  of Acme Voting shares [2020-01-01, 2021-01-01)",
		`A interest: C () holds 0..100, votes -,  of Acme share given as "about half" [1000-01-01, 2020-01-01)`,
		`A interest: D () holds 0..100, votes -,  of Acme share given as "about half" [1000-01-01, 2020-01-01)`,
		"A interest: B () holds -, votes -, board of Acme appointment",
		"P link: family Q", "P link: linked_to A Acme [1000-01-01, 2020-05-06)",
	)
	if len(r.Warnings) != 2 || !strings.HasPrefix(r.Warnings[0], "line 5: Ownership o4 does not name two parties") || !strings.HasPrefix(r.Warnings[1], "line 6: Ownership o5 ends on") {
		t.Errorf("warnings %q", r.Warnings)
	}
}

func TestStake(t *testing.T) {
	for text, want := range map[string]string{
		"50": "50..50", "51.2%": "51.2..51.2", "100.00%": "100..100", "0.10": "0.1..0.1", "33,3333": "33.3333..33.3333", "007": "7..7",
		">50": "50..100", ">= 50 %": "50..100", "more than 25%": "25..100", "75+": "75..100", "<25": "0..25", "up to 49.9": "0..49.9",
		"25-50": "25..50", "25% – 50%": "25..50", "between 10 and 20": "10..20", "25 to 50%": "25..50",
		"": "", "half": "", "101": "", "50-25": "", "10-200": "", "1/3": "", "-5": "", "5%%": "", "100.1": "",
	} {
		s, ok := stakeOf(text)
		got := s.Min + ".." + s.Max
		if !ok {
			got = ""
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestRefused(t *testing.T) {
	good := `{"id":"A","schema":"Person","properties":{}}`
	for _, tt := range []struct{ text, want string }{
		{"", "no entities; want"},
		{good + "\n" + good, "line 2: entity A is already on line 1"},
		{good + good, "line 1, byte 45: invalid character '{' after top-level value; want one whole entity a line"},
		{good + "\n\n" + `{"id":"B","schema":`, "line 3: the entity is not closed"},
		{`{"id":"A","schema":"Person","properties":{"name":"Jan"}}`, `line 1: "properties" is a string; want`},
		{`[1]`, `line 1: begins with "[1]"; want an entity`},
		{`{"schema":"Person"}`, `line 1: no "id"`},
		{`{"id":"A"}`, `line 1: entity A has no "schema"`},
		{`{"id":"A\nB","schema":"Person"}`, `line 1: the id`},
		{`{"id":"A","schema":"Person","properties":{"x":[["y"]]}}`, "line 1: a list within the list"},
		{`{"id":"A","schema":"Person","properties":{"x":[{"schema":"Address"}]}}`, `line 1: in x of A: no "id"`},
		{"{\"id\":\"\xff\",\"schema\":\"Person\"}", "line 1: not UTF-8"},
		{`{"id":"A","schema":"Person","x":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`, "line 1: brackets nested more than 32 deep"},
		{`{"id":"A","schema":"Person","properties":{"x":["` + strings.Repeat("y", 3000) + `"]}}`, "line 1: x of A has 3000 bytes, the limit is 2048"},
		{`{"id":"A","schema":"Person","properties":{"x":["1"` + strings.Repeat(`,"1"`, 100) + `]}}`, "line 1: entity A has more than 100 values"},
		{`{"id":"A","schema":"Person","x":"` + strings.Repeat("y", 9000) + `"}`, "line 1: 9035 bytes, the limit is 8192"},
		{good + "\n" + strings.Replace(good, "A", "B", 1) + "\n" + strings.Replace(good, "A", "C", 1), "line 3: more than 2 entities"},
		{strings.Repeat(" ", 20000), "20000 bytes, the limit is 16384"},
	} {
		_, err := Read(t.Context(), Input{Bytes: []byte(tt.text)}, Limits{Bytes: 16 << 10, Lines: 2, Line: 8 << 10, Values: 100, Text: 2 << 10})
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%.60s: %v, want %s", tt.text, err, tt.want)
		}
		if k := problem.KindOf(err); k != problem.Invalid && k != problem.TooLarge {
			t.Errorf("%v is of kind %s", err, k)
		}
	}
}

func TestStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var b strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&b, "{\"id\":\"%d\",\"schema\":\"Person\"}\n", i)
	}
	if _, err := Read(ctx, Input{Bytes: []byte(b.String())}, Limits{}); !errors.Is(err, ctx.Err()) {
		t.Errorf("read on: %v", err)
	}
}

// Whatever a collection says, the ledger can hold it: one statement of a cell,
// and no time that ends before it begins.
func FuzzRead(f *testing.F) {
	for _, s := range []string{
		`{"id":"A","schema":"Company","properties":{"name":["Acme","ACME"],"country":["by"],"taxNumber":["1-2","12"],"vatCode":["12"]},"datasets":["us_ofac_sdn"],"referents":["ofac-1"]}`,
		`{"id":"A","schema":"Person","properties":{"sanctions":[{"id":"s","schema":"Sanction","properties":{"startDate":["2020-01-01"],"endDate":["2019-01"]}}],"passports":[{"id":"p","schema":"Passport","properties":{"number":["1","1 "]}}]}}`,
		`{"id":"o","schema":"Ownership","properties":{"owner":["A"],"asset":["B","C"],"percentage":["1","2-3"],"endDate":["2020"]}}` + "\n" + `{"id":"B","schema":"LegalEntity","properties":{"name":["!"]}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := Read(t.Context(), Input{Name: "x", Bytes: b, Programmes: known()}, Limits{})
		if err != nil {
			if problem.KindOf(err) == problem.Internal {
				t.Fatalf("%v has no kind", err)
			}
			return
		}
		bodies := map[string]any{}
		for _, s := range r.Statements {
			key := s.Kind + "\x00" + s.Subject + "\x00" + s.Key
			if old, twice := bodies[key]; twice && !cmp.Equal(old, s.Body) {
				t.Errorf("%s %q of %s twice: %+v and %+v", s.Kind, s.Key, s.Subject, old, s.Body)
			}
			bodies[key] = s.Body
			if s.ValidTo != "" && (s.ValidFrom == "" || s.ValidFrom >= s.ValidTo) {
				t.Errorf("%s of %s is valid from %s to %s", s.Kind, s.Subject, s.ValidFrom, s.ValidTo)
			}
			if s.Published > access.Forever {
				t.Errorf("published %s", s.Published)
			}
		}
		again, _ := Read(t.Context(), Input{Name: "x", Bytes: b, Programmes: known()}, Limits{})
		if d := cmp.Diff(r, again); d != "" {
			t.Errorf("read twice, differs:\n%s", d)
		}
	})
}
