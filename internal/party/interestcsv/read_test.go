package interestcsv

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
)

const wholeHeader = "owner,owned,economic_min,economic_max,voting_min,voting_max,control,valid_from,valid_to,source\n"

func read(t testing.TB, text string) (*ledger.Reading, error) {
	t.Helper()
	if !Recognise("x.csv", []byte(text)) {
		t.Fatalf("not recognised: %q", text[:min(len(text), 80)])
	}
	return Read(t.Context(), Source("dir/X Group.csv"), []byte(text), Limits{})
}

// interests is what a reading states of who holds what in whom, in short.
func interests(r *ledger.Reading) []string {
	var out []string
	for _, s := range r.Statements {
		i, ok := s.Body.(party.Interest)
		if !ok {
			continue
		}
		words := []string{i.Holder + ">" + s.Subject}
		for _, stake := range []struct {
			name string
			of   *party.Stake
		}{{"economic", i.Economic}, {"voting", i.Voting}} {
			if stake.of != nil {
				words = append(words, stake.name+" "+stake.of.Min+".."+stake.of.Max)
			}
		}
		if i.Control != "" {
			words = append(words, "control "+string(i.Control))
		}
		if s.ValidFrom != party.Ever {
			words = append(words, "from "+string(s.ValidFrom))
		}
		if s.ValidTo != access.Forever {
			words = append(words, "to "+string(s.ValidTo))
		}
		if s.Published != "" {
			words = append(words, "published "+string(s.Published))
		}
		if i.Note != "" {
			words = append(words, "note "+i.Note)
		}
		out = append(out, strings.Join(words, " "))
	}
	return out
}

func TestInterests(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"whole header", wholeHeader + "X,A,50,50,,,,2020-01-01,2021-01-01,https://example.org/1\n",
			[]string{"X>A economic 50..50 from 2020-01-01 to 2021-01-01"}},
		{"names become slugs", "owner,owned,economic\nAcme Holding Ltd.,\"Acme, Inc.\",33.3333\n",
			[]string{"acme-holding-ltd>acme-inc economic 33.3333..33.3333"}},
		{"ids stay", "owned,owner,economic\nxiaomi,us-ofac-sdn:123,25\n", []string{"us-ofac-sdn:123>xiaomi economic 25..25"}},
		{"one end of a range", wholeHeader + "X,A,25,,,,,,,\nX,B,,25,,,,,,\n", []string{"X>A economic 25..100", "X>B economic 0..25"}},
		{"a range in one column", "owner,owned,economic,voting\nX,A,45..55,25 .. 50 %\n", []string{"X>A economic 45..55 voting 25..50"}},
		{"unknown shares", "owner,owned,economic\nX,A,?\nX,B,unknown\nX,C,\n",
			[]string{"X>A economic 0..100", "X>B economic 0..100", "X>C"}},
		{"votes alone", wholeHeader + "X,A,,,75,,,,,\n", []string{"X>A voting 75..100"}},
		{"control", "owner,owned,control\nX,A,board\nX,B,Golden share\nX,C,true\nX,D,no\nX,E,appoints two directors\n",
			[]string{"X>A control board", "X>B control golden_share", "X>C control other", "X>D", "X>E control other note appoints two directors"}},
		{"percent signs and white space", "Owner, Owned ,Economic Min\n X , A ,50 %\n", []string{"X>A economic 50..100"}},
		{"short rows and blank lines", wholeHeader + "\nX,A,50\n,,,\n\n", []string{"X>A economic 50..100"}},
		{"a party's own shares", "owner,owned,economic\nA,A,10\n", nil},
		{"published before", "owner,owned,published\nX,A,2021-01-29\n", []string{"X>A published 2021-01-29"}},
		{"byte order mark", "\ufeffowner,owned\r\nX,A\r\n", []string{"X>A"}},
	} {
		r, err := read(t, c.text)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if d := cmp.Diff(c.want, interests(r)); d != "" {
			t.Errorf("%s:\n%s", c.name, d)
		}
		if r.Source != "ownership/x-group" || r.Mode != ledger.Chronicle {
			t.Errorf("%s: source %q, mode %d", c.name, r.Source, r.Mode)
		}
	}
}

func TestNames(t *testing.T) {
	r, err := read(t, "owner,owned,owner_kind\nLei Jun,Xiaomi Corporation,person\nXiaomi Corporation,us-dod-1237:xiaomi,\nBlack Rock,xiaomi,\n")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range r.Statements {
		if n, ok := s.Body.(party.Name); ok {
			got = append(got, fmt.Sprintf("%s %s %s %q", s.Subject, n.Name, s.Kind, s.Term))
		}
	}
	want := []string{
		`lei-jun Lei Jun party.name "lei jun"`,
		`lei-jun Lei Jun party.core "person:jun lei"`,
		`xiaomi-corporation Xiaomi Corporation party.name "xiaomi corporation"`,
		`xiaomi-corporation Xiaomi Corporation party.core "xiaomi"`,
		`black-rock Black Rock party.name "black rock"`,
		`black-rock Black Rock party.core "black rock"`,
		`black-rock Black Rock party.core "person:black rock"`, // nobody says that it is none
		`xiaomi xiaomi party.name "xiaomi"`,
		`xiaomi xiaomi party.core "xiaomi"`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// Rows that tell of one owner and party stay apart, and the same ones keep
// their keys when rows are put before them.
func TestKeys(t *testing.T) {
	keys := func(text string) []string {
		r, err := read(t, text)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, s := range r.Statements {
			if s.Kind == party.FactInterest {
				out = append(out, s.Subject+" "+s.Key)
			}
		}
		return out
	}
	old := keys(wholeHeader + "X,A,30,30,,,,,,s\nX,A,20,20,,,,,,s\nX,A,20,20,,,,2021-01-01,,s\nX,A,20,20,,,,,,other\n")
	if slices.Sort(old); len(slices.Compact(slices.Clone(old))) != 4 {
		t.Errorf("keys of four interests: %q", old)
	}
	fresh := keys(wholeHeader + "Z,A,5,5,,,,,,s\nX,A,31,31,,,,,,s\nX,A,20,20,,,,,,s\nX,A,20,20,,,,2021-01-01,,s\nX,A,20,20,,,,,,other\n")
	for _, k := range old {
		if !slices.Contains(fresh, k) {
			t.Errorf("key %q is gone after a row was put before it", k)
		}
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"owner,owned,economic\nX,A,101\n", `line 2, column "economic": "101" is no share; want a number of percent from 0 to 100`},
		{"owner,owned,economic\nX,A,\"33,3\"\n", `line 2, column "economic": "33,3" is no share`},
		{"owner,owned,economic_min,economic_max\nX,A,60,40\n", `line 2, column "economic min": 60 is more than 40`},
		{"owner,owned,economic,economic_min\nX,A,60,40\n", `line 2, column "economic": "60", and economic_min`},
		{"owner,owned,voting\nX,A,most\n", `line 2, column "voting": "most" is no share`},
		{"owner,owned\n,A\n", `line 2, column "owner": no party; want an id or a name`},
		{"owner,owned\nX,…\n", `line 2, column "owned": no party`},
		{"owner,owned,valid_from\nX,A,2021\n", `line 2, column "valid from": "2021" is no date; want YYYY-MM-DD`},
		{"owner,owned,valid_from,valid_to\nX,A,2021-01-02,2021-01-02\n", `line 2, column "valid to": 2021-01-02 is not after valid_from`},
		{"owner,owned,owner_kind\nX,A,company\n", `line 2, column "owner kind": "company" is no kind`},
		{"owner,owned,owner_kind\nX,A,person\nX,B,vessel\n", `line 3, column "owner": "X" is of kind vessel, line 2 has it as person`},
		{"owner,owned\nX,A,B\n", `line 2: 3 columns, the header has 2`},
		{"owner,owned\nX,A\n\"Y,B\n", `stray or unclosed quotation mark in the record that begins on line 3`},
		{"owner,owned\nX,A\x01\n", `line 2, column 2: control character 0x01`},
		{"owner,owned\nX,A\xff\n", `line 2, column 2: not UTF-8`},
	} {
		_, err := read(t, c.text)
		if problem.KindOf(err) != problem.Invalid || !strings.Contains(fmt.Sprint(err), c.want) {
			t.Errorf("%q: %v, want %q", c.text, err, c.want)
		}
	}
}

func TestLimits(t *testing.T) {
	text := []byte("owner,owned,note\nX,A,abc\nX,B,abc\n")
	for name, limits := range map[string]Limits{
		"bytes": {Bytes: 10}, "rows": {Rows: 1}, "columns": {Columns: 2}, "field": {Field: 2},
	} {
		if _, err := Read(t.Context(), "s", text, limits); problem.KindOf(err) != problem.TooLarge {
			t.Errorf("limit of %s: %v, want too_large", name, err)
		}
	}
	if _, err := Read(t.Context(), "s", text, Limits{}); err != nil {
		t.Error(err)
	}
}

func TestRecognise(t *testing.T) {
	for head, want := range map[string]bool{
		wholeHeader: true, "OWNED, Owner\n": true,
		"": false, "owner,name\n": false, "{\"owner\":1}": false, "\x00\x01": false, "owner,owned,owner\n": false,
	} {
		if got := Recognise("x.csv", []byte(head)); got != want {
			t.Errorf("%q recognised: %v, want %v", head, got, want)
		}
	}
	for name, want := range map[string]string{
		"a/b/Xiaomi holders.csv.gz": "ownership/xiaomi-holders", `c:\d\e.csv`: "ownership/e", ".csv": "ownership/csv", "-": "ownership/x3973e022e932",
	} {
		if got := Source(name); got != want {
			t.Errorf("source of %q is %q, want %q", name, got, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(wholeHeader + "X,A,50,50,60,70,board,2020-01-01,2021-01-01,s\nX,A,1,2,,,,,,s\n"))
	f.Add([]byte("\ufeffowner,owned,economic,owner kind\r\n\"Lei\r\nJun\",小米,1..2,person\r\n"))
	f.Add([]byte("owner,owned\nX,A\nX,A\nX,A\n"))
	f.Add([]byte("owner,owned\n\",\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := Read(t.Context(), "ownership/x", b, Limits{Rows: 1000})
		if err != nil {
			return
		}
		seen := map[[3]string]string{}
		for _, s := range r.Statements {
			body, err := json.Marshal(s.Body)
			if err != nil {
				t.Fatal(err)
			}
			k := [3]string{s.Kind, s.Subject, s.Key}
			if old, twice := seen[k]; twice && old != string(body) {
				t.Errorf("stated twice, and differently: %q", k)
			}
			seen[k] = string(body)
			if s.Subject == "" || s.Kind == party.FactInterest && (s.Term == "" || s.ValidFrom >= s.ValidTo) {
				t.Errorf("not a statement that can be kept: %+v", s)
			}
		}
	})
}
