package dod

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
)

// read recognises and reads a table.
func read(t testing.TB, text string) (*ledger.Reading, error) {
	t.Helper()
	source, ok := Recognise("x.csv", []byte(text))
	if !ok {
		t.Fatalf("not recognised: %q", text[:min(len(text), 80)])
	}
	return Read(t.Context(), source, []byte(text), Limits{})
}

func mustRead(t testing.TB, text string) *ledger.Reading {
	t.Helper()
	r, err := read(t, text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// about is what a reading states of a kind about a subject, in short.
func about(r *ledger.Reading, subject, kind string) []string {
	var out []string
	for _, s := range r.Statements {
		if s.Subject != subject || s.Kind != kind {
			continue
		}
		switch b := s.Body.(type) {
		case listing.Event:
			text := fmt.Sprintf("%s %s", b.Date, b.Kind)
			if s.Published != b.Date {
				text += " published " + string(s.Published)
			}
			out = append(out, text+" "+b.Successor)
		case party.Name:
			out = append(out, fmt.Sprintf("%s %s %s", s.Published, b.Quality, b.Name))
		case party.Link:
			out = append(out, fmt.Sprintf("%s %s %s (%s)", s.Published, b.Relation, b.To, b.Name))
		case listing.Entry:
			out = append(out, fmt.Sprintf("%s %s: %s", s.Published, b.Name, b.Note))
		}
	}
	for i := range out {
		out[i] = strings.TrimSpace(out[i])
	}
	return out
}

// statusOn folds a listing's events by the plain rule: of the events until
// day, the last decides.
func statusOn(r *ledger.Reading, subject string, day access.Date) listing.Status {
	var events []listing.Event
	for _, s := range r.Statements {
		if e, ok := s.Body.(listing.Event); ok && s.Subject == subject && e.Date <= day {
			events = append(events, e)
		}
	}
	slices.SortStableFunc(events, func(a, b listing.Event) int { return cmp.Compare(a.Date, b.Date) })
	status := listing.StatusNotListed
	for _, e := range events {
		switch e.Kind {
		case listing.Designated, listing.Redesignated, listing.Amended:
			status = listing.StatusListed
		case listing.Removed:
			status = listing.StatusRemoved
		case listing.Vacated:
			status = listing.StatusVacated
		case listing.Respelled:
			status = listing.StatusSuperseded
		case listing.Expired:
			status = listing.StatusExpired
		}
	}
	return status
}

const head1260H = "Name,Clean Name,Alias,Previous Name,Parent Name,Note,Start date,End date,Source Url\n"

func TestHistoryLife(t *testing.T) {
	for _, c := range []struct {
		name, rows string
		want       []string
	}{
		{"one list", "A*,A,,,,,2021-06-03,,\n", []string{"2021-06-03 designated"}},
		{"named in three lists", "A*,A,,,,,2025-01-07,,\nA,A,,,,,2021-06-03,,\nA,A,,,,,2026-06-08,,\n",
			[]string{"2021-06-03 designated", "2025-01-07 amended", "2026-06-08 amended"}},
		{"removed", "A,A,,,,,2021-06-03,2024-01-31,\n", []string{"2021-06-03 designated", "2024-01-31 removed"}},
		{"removed, though an older row does not end", "A,A,,,,,2021-06-03,,\nA,A,,,,,2025-01-07,2026-02-17,\n",
			[]string{"2021-06-03 designated", "2025-01-07 amended", "2026-02-17 removed"}},
		{"removed and named anew", "A,A,,,,,2024-01-31,,\nA,A,,,,,2025-01-07,2026-02-17,\nA,A,,,,,2026-06-08,,\n",
			[]string{"2024-01-31 designated", "2025-01-07 amended", "2026-02-17 removed", "2026-06-08 redesignated"}},
		{"a row goes on where another ends", "A,A,,,,,2021-06-03,2025-01-07,\nA,A,,,,,2025-01-07,,\n",
			[]string{"2021-06-03 designated", "2025-01-07 amended"}},
		{"an older row ends while the newest goes on", "A,A,,,,,2024-01-31,2026-03-01,\nA,A,,,,,2025-01-07,,\n",
			[]string{"2024-01-31 designated", "2025-01-07 amended"}},
		{"an older row ends after the newest", "A,A,,,,,2024-01-31,2026-03-01,\nA,A,,,,,2025-01-07,2026-02-17,\n",
			[]string{"2024-01-31 designated", "2025-01-07 amended", "2026-02-17 removed"}},
		{"of equal starts the later end decides", "A,A,,,,,2024-01-31,2025-01-07,\nA,A,,,,,2024-01-31,2026-02-17,\n",
			[]string{"2024-01-31 designated", "2026-02-17 removed"}},
		{"of equal starts an open one decides", "A,A,,,,,2024-01-31,,\nA,A,,,,,2024-01-31,2026-02-17,\n",
			[]string{"2024-01-31 designated"}},
		{"the newest ends before a newer one begins", "A,A,,,,,2021-06-03,2024-01-31,\nA,A,,,,,2025-01-07,,\nA,A,,,,,2022-10-05,2022-10-05,\n",
			[]string{"2021-06-03 designated", "2022-10-05 amended", "2022-10-05 removed", "2025-01-07 redesignated"}},
		{"said twice", "A,A,,,,,2021-06-03,2025-01-07,\nA*,A,,,,,2021-06-03,2025-01-07,\n",
			[]string{"2021-06-03 designated", "2025-01-07 removed"}},
		{"for one day", "A,A,,,,,2021-06-03,2021-06-03,\n", []string{"2021-06-03 designated", "2021-06-03 removed"}},
		{"spelled in two ways", "A Co Ltd.,A Co Ltd.,,,,,2021-06-03,,\n\"A Co., Ltd.\",\"A Co., Ltd.\",,,,,2025-01-07,,\n", nil},
	} {
		r := mustRead(t, head1260H+c.rows)
		subject := "us-dod-1260h:a"
		if c.want == nil {
			subject, c.want = "us-dod-1260h:a-co-ltd", []string{"2021-06-03 designated", "2025-01-07 amended"}
		}
		if d := gocmp.Diff(c.want, about(r, subject, listing.FactEvent)); d != "" {
			t.Errorf("%s:\n%s", c.name, d)
		}
	}
}

func TestHistoryStatements(t *testing.T) {
	r := mustRead(t, head1260H+
		"Acme Works Co. (AWC)*,Acme Works Co.,\"AWC,Acme Wks\",,\"Parent Group, Ltd.\",,2021-06-03,,\n"+
		"Parent Group Ltd. (PG),Parent Group Ltd.,PG,,Far Away Inc.,owned by the state,2021-06-03,,https://example.org/list\n"+
		"Acme Works Co. (formerly Old Works; OW),Acme Works Co.,,Old Works; OW,,supplies the army,2025-01-07,,\n"+
		"Gone Ltd.,Gone Ltd.,,,,no nexus,2022-10-05,2024-01-31,\n")
	want := map[string][]string{
		party.FactName: {
			"2021-06-03 primary Acme Works Co.", "2021-06-03 acronym AWC", "2021-06-03 alias Acme Wks", "2021-06-03 alias Acme Works Co. (AWC)",
			"2025-01-07 former Old Works", "2025-01-07 former OW", "2025-01-07 alias Acme Works Co. (formerly Old Works; OW)",
		},
		party.FactLink:    {"2021-06-03 parent us-dod-1260h:parent-group-ltd (Parent Group, Ltd.)"},
		listing.FactEntry: {"2021-06-03 Acme Works Co.:"},
	}
	for kind, want := range want {
		if d := gocmp.Diff(want, about(r, "us-dod-1260h:acme-works-co", kind)); d != "" {
			t.Errorf("%s:\n%s", kind, d)
		}
	}
	if d := gocmp.Diff([]string{"2021-06-03 Parent Group Ltd.: owned by the state"}, about(r, "us-dod-1260h:parent-group-ltd", listing.FactEntry)); d != "" {
		t.Error(d)
	}
	if d := gocmp.Diff([]string{"2021-06-03 parent  (Far Away Inc.)"}, about(r, "us-dod-1260h:parent-group-ltd", party.FactLink)); d != "" {
		t.Error(d)
	}
	var last listing.Event
	for _, s := range r.Statements {
		if e, ok := s.Body.(listing.Event); ok && s.Subject == "us-dod-1260h:gone-ltd" {
			last = e
		}
	}
	if last.Kind != listing.Removed || last.What != "no nexus" {
		t.Errorf("the end of gone-ltd is %+v, want its note as the reason of removal", last)
	}
	if r.Mode != ledger.Chronicle || r.Source != Source1260H || r.Rows != 4 {
		t.Errorf("reading %v %s %d rows", r.Mode, r.Source, r.Rows)
	}
}

// A history may come with its columns in another order, without some, with a
// byte order mark, CRLF and line breaks within quotes.
func TestHistoryIsReadHoweverWritten(t *testing.T) {
	want := mustRead(t, head1260H+"\"Acme (Group) Co., Ltd. (AGC)*\",\"Acme (Group) Co., Ltd.\",AGC,,,one two,2024-01-31,2025-01-07,\n")
	for _, text := range []string{
		"\ufeff" + strings.ReplaceAll(head1260H+"\"Acme (Group) Co., Ltd. (AGC)*\",\"Acme (Group) Co., Ltd.\",AGC,,,one two,2024-01-31,2025-01-07,\n", "\n", "\r\n"),
		"END DATE,start_date,Note,Clean Name,Alias,Name\n2025-01-07,2024-01-31,\"one\ntwo\",\"Acme (Group)\r\nCo., Ltd.\",AGC,\"Acme (Group) Co., Ltd. (AGC)*\"\n",
		"Name,Start date,End date,Note\n\n,,,\n\"Acme (Group) Co., Ltd. (AGC)*\",2024-01-31,2025-01-07,one two",
	} {
		got := mustRead(t, text)
		if d := gocmp.Diff(want.Statements, got.Statements); d != "" {
			t.Errorf("%q:\n%s", text, d)
		}
	}
}

const head1237 = "n,name_as_listed,acronym,designated_on,published_on,removed_on,removal_basis,evidence\n"

func TestCCMC(t *testing.T) {
	r := mustRead(t, head1237+
		"1,Acme Corporation,ACME,2020-06-12,2020-06-24,2021-06-03,the Secretary removed the list,x\n"+
		"2,Bcme Corp.,,2021-01-14,,2021-05-25,D.D.C. 21-cv-00280 final order vacating the designation,x\n"+
		"3,Ccme Corp.,,2021-01-14,,2021-03-09,\"misspelt entry replaced by Ckme Corp. effective 2021-03-09 (letter); replacement removed later\",x\n"+
		"4,Dcme,,2021-01-14,,,,x\n"+
		"5,Ecme,,2021-01-14,,2022-01-14,authority expired,x\n")
	for subject, want := range map[string][]string{
		"us-dod-1237:acme-corporation": {"2020-06-12 designated published 2020-06-24", "2021-06-03 removed"},
		"us-dod-1237:bcme-corp":        {"2021-01-14 designated", "2021-05-25 vacated"},
		"us-dod-1237:ccme-corp":        {"2021-01-14 designated", "2021-03-09 respelled us-dod-1237:ckme-corp"},
		"us-dod-1237:dcme":             {"2021-01-14 designated"},
		"us-dod-1237:ecme":             {"2021-01-14 designated", "2022-01-14 expired"},
	} {
		if d := gocmp.Diff(want, about(r, subject, listing.FactEvent)); d != "" {
			t.Errorf("%s:\n%s", subject, d)
		}
	}
	if d := gocmp.Diff([]string{"2020-06-24 primary Acme Corporation", "2020-06-24 acronym ACME"}, about(r, "us-dod-1237:acme-corporation", party.FactName)); d != "" {
		t.Error(d)
	}
	if d := gocmp.Diff([]string{"2021-03-09 same_as us-dod-1237:ckme-corp (Ckme Corp.)"}, about(r, "us-dod-1237:ccme-corp", party.FactLink)); d != "" {
		t.Error(d)
	}
	for _, s := range r.Statements {
		if e, ok := s.Body.(listing.Event); ok && e.Kind == listing.Vacated && e.Citation != "D.D.C. 21-cv-00280" {
			t.Errorf("citation of the vacating order is %q", e.Citation)
		}
	}
}

func TestEndOf(t *testing.T) {
	for basis, want := range map[string]string{
		"":                              "removed ",
		"court vacated the designation": "vacated ",
		"annulled by judgment":          "vacated ",
		"declared void from the start":  "vacated ",
		"to avoid confusion":            "removed ",
		"entry respelled as Xy Ltd.":    "respelled Xy Ltd.",
		`misspelling; replaced with "Xy Ltd." on 2021-03-09`: "respelled Xy Ltd.",
		"corrected spelling":     "respelled ",
		"the authority lapsed":   "expired ",
		"no longer owned by Ab.": "removed ",
	} {
		kind, successor := endOf(basis)
		if got := string(kind) + " " + successor; got != want {
			t.Errorf("endOf(%q) = %q, want %q", basis, got, want)
		}
	}
}

func TestNames(t *testing.T) {
	for column, want := range map[string][]party.Name{
		"":                           {},
		"Knownsec,Beijing Kownsec":   {{Name: "Knownsec", Quality: party.Alias}, {Name: "Beijing Kownsec", Quality: party.Alias}},
		"Hesai Technology Co., Ltd.": {{Name: "Hesai Technology Co., Ltd.", Quality: party.Alias}},
		"AVIC; Ab Cd, Inc.":          {{Name: "AVIC", Quality: party.Acronym}, {Name: "Ab Cd, Inc.", Quality: party.Alias}},
	} {
		if d := gocmp.Diff(want, namesOf(column, party.Alias)); d != "" {
			t.Errorf("%q:\n%s", column, d)
		}
	}
	for listed, want := range map[string]string{
		"Aerosun Corporation (Aerosun)":               "Aerosun Corporation + alias Aerosun",
		"China Group (Limited)":                       "China Group (Limited)",
		"Semi (Tianjin) Corporation (SMIC Tianjin]":   "Semi (Tianjin) Corporation + alias SMIC Tianjin",
		"Ab Co. (formerly Old Ab Co., Ltd. (OA))":     "Ab Co. + former Old Ab Co., Ltd. + former OA",
		"Hesai Group (also known as Hesai Co., Ltd.)": "Hesai Group + alias Hesai Co., Ltd.",
		"Semi (Beijing) Corporation":                  "Semi (Beijing) Corporation",
		"Plain":                                       "Plain",
	} {
		name, others := splitBrackets(listed)
		for _, o := range others {
			name += fmt.Sprintf(" + %s %s", o.Quality, o.Name)
		}
		if name != want {
			t.Errorf("%q parts into %q, want %q", listed, name, want)
		}
	}
}

func TestRecognise(t *testing.T) {
	for head, want := range map[string]string{
		head1237:                                Source1237,
		head1260H:                               Source1260H,
		"designated_on,name_as_listed\n":        Source1237,
		"Name,Start date\n":                     Source1260H,
		"Start date,Clean Name,Something new\n": Source1260H,
		"schema,name,aliases,program,start-date,end-date,country\n": "",
		"schema,name,start date\n":                                  "",
		"36,\"AEROCARIBBEAN AIRLINES\",-0- ,\"CUBA\"\n":             "",
		"countersign: events/v1\n":                                  "",
		"":                                                          "",
		"\x1f\x8b\x08":                                              "",
	} {
		if got, _ := Recognise("x", []byte(head)); got != want {
			t.Errorf("Recognise(%q) = %q, want %q", head, got, want)
		}
	}
}

func TestErrorsNameThePlace(t *testing.T) {
	for text, want := range map[string]string{
		head1260H + "A,A,,,,,2021-06-03,,\nB,B,,,,,06/03/2021,,\n":   `line 3, column "start date": "06/03/2021" is no date; want YYYY-MM-DD`,
		head1260H + "A,A,,,,,2021-02-30,,\n":                         `line 2, column "start date": "2021-02-30" is no date`,
		head1260H + "A,A,,,,,,,\n":                                   `line 2, column "start date": no date`,
		head1260H + "A,A,,,,,2021-06-03,2020-01-01,\n":               "line 2: ends on 2020-01-01, before it starts on 2021-06-03",
		head1260H + ",,,,,,2021-06-03,,\n":                           `line 2: no name in column "clean name" or "name"`,
		head1260H + "A,A,,\n":                                        "line 2: 4 columns, the header has 9",
		head1260H + "A,A,,,,,2021-06-03,,\n\"B,B,,,,,2021-06-03,,\n": "stray or unclosed quotation mark in the record that begins on line 3",
		head1260H:                                           "no rows below the header",
		head1260H + "A,A\xff,,,,,2021-06-03,,\n":            "line 2, column 2: not UTF-8",
		head1260H + "A,A\x00,,,,,2021-06-03,,\n":            "line 2, column 2: control character 0x00",
		head1237 + "1,,,2021-01-14,,,,\n":                   `line 2, column "name as listed": no name`,
		head1237 + "1,A,,,,,,\n":                            `line 2, column "designated on": no date`,
		head1237 + "1,A,,2021-01-14,soon,,,\n":              `line 2, column "published on": "soon" is no date`,
		head1237 + "1,A,,2021-01-14,,2020-01-01,,\n":        "line 2: removed on 2020-01-01, before its designation on 2021-01-14",
		"Clean Name,Start date,Alias,alias\nA,2021-01-01,,": `line 1: column "alias" occurs twice`,
	} {
		source, ok := Recognise("x", []byte(text))
		if !ok {
			source = Source1260H
		}
		_, err := Read(t.Context(), source, []byte(text), Limits{})
		if err == nil || !strings.Contains(err.Error(), want) || !errors.Is(err, problem.Invalid) {
			t.Errorf("%q:\n got %v\nwant %s", text, err, want)
		}
	}
}

func TestLimits(t *testing.T) {
	text := []byte(head1260H + "A,A,,,,,2021-06-03,,\nB,B,,,,,2021-06-03,,\n")
	for _, l := range []Limits{{Bytes: 10}, {Rows: 1}, {Field: 5}} {
		if _, err := Read(t.Context(), Source1260H, text, l); !errors.Is(err, problem.TooLarge) {
			t.Errorf("%+v: %v, want too large", l, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(head1260H + "A*,A,\"B,C\",D; E,P,note,2021-06-03,2024-01-31,http://x\n"))
	f.Add([]byte("\ufeffStart date,Name\r\n2021-06-03,\"A\r\n(B)\"\r\n"))
	f.Add([]byte(head1237 + "1,A,B,2020-06-12,2020-06-24,2021-03-09,misspelt; replaced by C (x),y\n"))
	f.Add([]byte("name_as_listed,designated_on\n\",\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, source := range []string{Source1237, Source1260H} {
			r, err := Read(t.Context(), source, b, Limits{Rows: 1000})
			if err != nil {
				continue
			}
			type key struct{ kind, subject, key string }
			seen := map[key]bool{}
			for _, s := range r.Statements {
				k := key{s.Kind, s.Subject, s.Key}
				if seen[k] {
					t.Errorf("stated twice: %v", k)
				}
				seen[k] = true
				if s.Published == "" {
					t.Errorf("no publication date: %v", k)
				}
			}
		}
	})
}
