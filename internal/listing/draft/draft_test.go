package draft

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
)

// lines is a draft's statements, one a line.
func lines(d *Draft) []string {
	var out []string
	for _, s := range d.Done().Statements {
		b, err := json.Marshal(s.Body)
		if err != nil {
			panic(err)
		}
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s [%s] %s", s.Published, s.Kind, s.Key, b)))
	}
	return out
}

func TestStatements(t *testing.T) {
	d := New("x.list", "x", "part")
	e := &listing.Entry{ID: "x:1", Programme: "x", Name: "ACME Ltd", Kind: party.Organisation}
	d.Entry(3, *e, "2020-01-02")
	for _, name := range []string{"Acme  LTD", "Beta", "BETA", "…", ""} {
		d.Name(e, name, party.Weak)
	}
	d.Detail("x:1", "gender", "")
	d.Detail("x:1", "website", " acme.example ")
	d.Identifier("x:1", "tax", "12 34", "Iran")
	d.Identifier("x:1", "tax", "--", "")
	d.Address("x:1", party.Address{})
	d.Address("x:1", party.Address{City: "Kabul"})
	d.Address("x:1", party.Address{City: "Kabul"})
	d.Link("x:1", party.Link{Relation: "same_as", To: "y:1"})
	d.Link("x:1", party.Link{Relation: "parent"})
	d.Event("x:1", listing.Event{Kind: listing.Designated, Date: "2020-01-02"})
	d.Amended("x:1", "A", "2020-01-02", "2021-05-05", "2020-01-02", "2021-05-05", "2019-01-01")
	want := []string{
		`2020-01-02 listing.entry [entry] {"id":"x:1","programme":"x","name":"ACME Ltd","kind":"organisation"}`,
		`2020-01-02 party.name [primary] {"name":"ACME Ltd","quality":"primary"}`,
		`2020-01-02 party.core [primary] {"name":"ACME Ltd","quality":"primary"}`,
		`party.name [name:beta] {"name":"Beta","quality":"weak"}`,
		`party.core [name:beta] {"name":"Beta","quality":"weak"}`,
		`party.detail [website:acme.example] {"name":"website","value":"acme.example"}`,
		`party.identifier [tax:1234 iran] {"scheme":"tax","value":"12 34","country":"Iran"}`,
		`party.address [address:kabul] {"city":"Kabul"}`,
		`party.link [same_as:y:1] {"relation":"same_as","to":"y:1"}`,
		`2020-01-02 listing.event [2020-01-02 designated] {"kind":"designated","date":"2020-01-02","published":"2020-01-02"}`,
		`2021-05-05 listing.event [2021-05-05 amended] {"kind":"amended","date":"2021-05-05","published":"2021-05-05","what":"the entry was amended","authority":"A"}`,
	}
	if diff := cmp.Diff(want, lines(d)); diff != "" {
		t.Error(diff)
	}
	r := d.Done()
	if r.Kind != "x.list" || r.Source != "x" || r.Part != "part" || len(r.Warnings) != 0 {
		t.Errorf("reading %+v", r)
	}
}

// An entry without a name is still an entry.
func TestNameless(t *testing.T) {
	d := New("x.list", "x", "")
	d.Entry(7, listing.Entry{ID: "x:1", Programme: "x", Name: " - ", Kind: party.Person}, "")
	if diff := cmp.Diff([]string{`listing.entry [entry] {"id":"x:1","programme":"x","name":"x:1","kind":"person"}`}, lines(d)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"line 7: x:1 has no name; it is only found by its id"}, d.Reading.Warnings); diff != "" {
		t.Error(diff)
	}
}

func TestOnce(t *testing.T) {
	d := New("x.list", "x", "")
	if err := d.Once(2, "x:1"); err != nil || !d.Has("x:1") || d.Has("x:2") {
		t.Fatal(err)
	}
	if err := d.Once(9, "x:1"); err == nil || err.Error() != "line 9: entry x:1 is already on line 2" {
		t.Errorf("%v", err)
	}
}

func TestWarningsAreBounded(t *testing.T) {
	d := New("x.list", "x", "")
	for i := range maxWarnings + 3 {
		d.Warn(i+1, "odd")
	}
	w := d.Done().Warnings
	if len(w) != maxWarnings+1 || w[0] != "line 1: odd" || w[maxWarnings] != "and 3 more like these" {
		t.Errorf("%d warnings: %q", len(w), w)
	}
	if again := d.Done().Warnings; len(again) != len(w) {
		t.Errorf("asked twice, %d warnings", len(again))
	}
}
