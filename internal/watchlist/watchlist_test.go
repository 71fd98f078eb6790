package watchlist

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/access"
	"countersign.dev/internal/party"
	"countersign.dev/internal/screening"
)

func TestReadNames(t *testing.T) {
	names, wrong, err := ReadNames("f", []byte("\ufeffname,id,type\nAcme,1,company\n,2,\n...,3,\nBeta,4,galaxy\nGamma,5,person\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []screening.Sought{{ID: "1", Name: "Acme", Kind: party.Organisation}, {ID: "5", Name: "Gamma", Kind: party.Person}}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
	var said []string
	for _, w := range wrong {
		said = append(said, w.Error())
	}
	if diff := cmp.Diff([]string{
		"f: line 3: column name: is empty", `f: line 4: column name: "..." has no letter or number to compare, or is too long`,
		`f: line 5: column type: "galaxy": want person, company, vessel, aircraft or nothing`,
	}, said); diff != "" {
		t.Error(diff)
	}
	for in, want := range map[string]string{
		"":                              "f: is empty",
		"id\n1\n":                       "f: the header has no column name",
		"name\n":                        "f: has a header and no names",
		"name\n...\n":                   "f: line 2: ",
		"name\n\"x\n":                   "f: line ",
		strings.Repeat("x", MaxBytes+1): "f: larger than 128 MB",
		"name" + strings.Repeat("\na", MaxNames+1): "f: more than 500000 names",
	} {
		if _, _, err := ReadNames("f", []byte(in)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.20q: %v, want %s", in, err, want)
		}
	}
}

func TestPair(t *testing.T) {
	s := func(id, name string) screening.Sought { return screening.Sought{ID: id, Name: name} }
	pairs, dropped := pair(
		[]screening.Sought{s("1", "A"), s("2", "B changed"), s("", "C"), s("4", "new"), s("1", "A")},
		[]screening.Sought{s("", "C"), s("1", "A"), s("2", "B"), s("9", "gone"), s("", "gone too")},
	)
	var got []string
	for _, p := range pairs {
		was := "nobody"
		if p.was != nil {
			was = p.was.Name
		}
		got = append(got, fmt.Sprintf("%s was %s", p.now.Name, was))
	}
	if diff := cmp.Diff([]string{"A was A", "B changed was B", "C was C", "new was nobody", "A was A"}, got); diff != "" {
		t.Error(diff)
	}
	if dropped != 2 {
		t.Errorf("%d dropped, want 2", dropped)
	}
}

func TestCompare(t *testing.T) {
	m := func(id string, score float64, status string) screening.Match {
		return screening.Match{ID: id, Name: "N " + id, Score: score, Status: "listed", List: status}
	}
	got := compare(&screening.Sought{ID: "7", Name: "q"},
		[]screening.Match{m("same", 1, "l"), m("other", 0.9, "l"), m("z gone", 0.9, "l"), m("a gone", 0.9, "l")},
		[]screening.Match{m("same", 1, "l"), m("new", 0.95, "l"), m("other", 0.8, "k")})
	var words []string
	for _, c := range got {
		words = append(words, fmt.Sprint(c.ID, c.Query, " ", c.Change, " ", c.Entry, " ", c.Fields, " ", c.Was != nil, " ", c.Is != nil))
	}
	if diff := cmp.Diff([]string{
		"7q appeared new [] false true", "7q changed other [list score] true true", "7q disappeared a gone [] true false", "7q disappeared z gone [] true false",
	}, words); diff != "" {
		t.Error(diff)
	}
}

func TestNames(t *testing.T) {
	for name, ok := range map[string]bool{
		"suppliers": true, "A.b_c-9": true, "": false, "my list": false, "ü": false, "a/b": false, strings.Repeat("x", 65): false,
	} {
		if err := CheckName(name); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// TestReaderOf: a list sees what everybody in its audience sees, and nothing
// else.
func TestReaderOf(t *testing.T) {
	for expr, want := range map[string]string{"public": "[]", "org:a": "[a]", "org:a&org:b": "[a b]", "org:a|org:b": "refused", "org:a|org:b&org:c": "refused"} {
		audience, err := access.ParseAudience(expr)
		if err != nil {
			t.Fatal(err)
		}
		r, err := readerOf(audience)
		got := fmt.Sprint(r.Organisations)
		if err != nil {
			got = "refused"
		}
		if got != want {
			t.Errorf("%s: %s, want %s", expr, got, want)
		}
	}
}

// FuzzParse reads anything without panic; what is read is written again in the
// same bytes.
func FuzzParse(f *testing.F) {
	report := &Report{Form: reportForm, List: "l", To: Moment{"2021-01-14", 3, "sha256:00"}, Changes: []Change{{Query: "q", Change: Appeared, Is: &State{Name: "N"}}}}
	b, err := report.Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	act, err := encode(Act{Form: actForm, List: "l", Act: ActSet, Digest: "sha256:00", Names: 1})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(act)
	f.Add([]byte(`{"countersign":"watchlist/v1","list":"l","act":"remove","reason":"r","after":4}`))
	f.Add([]byte(`{"countersign":"rescreening/v1","list":"l","from":null,"to":{"position":1}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := ParseReport(b); err == nil {
			once, err := r.Encode()
			if err != nil {
				t.Fatal(err)
			}
			again, err := ParseReport(once)
			if err != nil {
				t.Fatal(err)
			}
			if twice, err := again.Encode(); err != nil || string(twice) != string(once) {
				t.Errorf("%v\n%s%s", err, once, twice)
			}
		}
		if a, err := parseAct(b); err == nil && a.Act != ActSet && a.Act != ActRemove {
			t.Errorf("%+v", a)
		}
	})
}
