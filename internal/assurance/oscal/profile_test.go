package oscal

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"countersign.dev/internal/assurance/catalogue"
	"countersign.dev/internal/problem"
)

func writtenProfile(t testing.TB, p *catalogue.Profile) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteProfile(&b, p, shipped(t), modified); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestProfileRoundTrip: every profile of the product, written and read, says the
// same of itself and asks the same at every tier.
func TestProfileRoundTrip(t *testing.T) {
	s := shipped(t)
	for _, p := range s.Profiles() {
		b := writtenProfile(t, p)
		if !bytes.Equal(b, writtenProfile(t, p)) {
			t.Errorf("%s: written twice gives different bytes", p.ID)
		}
		got, notes, err := ReadProfile(b, nil)
		if err != nil || len(notes) > 0 {
			t.Errorf("%s: %v, %v", p.ID, err, notes)
			continue
		}
		// The lines differ: each names its controls one by one.
		but := cmp.Options{cmpopts.IgnoreUnexported(catalogue.Profile{}), cmpopts.IgnoreFields(catalogue.Profile{}, "Digest", "Asks")}
		if diff := cmp.Diff(p, got, but); diff != "" {
			t.Errorf("%s (-want +got):\n%s", p.ID, diff)
		}
		for tier := min(1, len(p.Tiers)); tier <= len(p.Tiers); tier++ {
			want, err := p.Select(s, tier)
			if err != nil {
				t.Fatal(err)
			}
			asked, err := got.Select(s, tier)
			if err != nil {
				t.Errorf("%s tier %d: %v", p.ID, tier, err)
			}
			if diff := cmp.Diff(want, asked, sameAsked); diff != "" {
				t.Errorf("%s tier %d (-want +got):\n%s", p.ID, tier, diff)
			}
		}
	}
}

func TestProfileSchema(t *testing.T) {
	s := schema(t, "profile")
	for _, p := range shipped(t).Profiles() {
		t.Run(p.ID, func(t *testing.T) { valid(t, s, writtenProfile(t, p)) })
	}
}

// TestProfileLacks: a profile is not written without the catalogues that it
// picks from.
func TestProfileLacks(t *testing.T) {
	empty, err := catalogue.NewSet(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = WriteProfile(&bytes.Buffer{}, shipped(t).Profile("iot-baseline"), empty, modified)
	if problem.KindOf(err) != problem.NotFound || !strings.Contains(err.Error(), `no catalogue "nistir-8425"`) {
		t.Errorf("%v", err)
	}
}

const foreignProfile = `{"profile": {
  "uuid": "11111111-1111-4111-8111-111111111111",
  "metadata": {"title": "Ours by Theirs", "last-modified": "2026-01-01T00:00:00Z", "version": "2", "oscal-version": "1.1.2"},
  "imports": [
    {"href": "https://example.org/catalogs/Some_Catalog.json#x", "include-controls": [
      {"with-child-controls": "yes", "with-ids": ["a"]},
      {"with-ids": ["b-1"]},
      {"matching": [{"pattern": "c-*"}]}],
     "exclude-controls": [{"with-ids": ["a-2"]}]},
    {"href": "#22222222-2222-4222-8222-222222222222", "include-all": {}},
    {"href": "#33333333-3333-4333-8333-333333333333", "include-controls": [{"with-ids": ["z"]}]}
  ],
  "modify": {"set-parameters": [{"param-id": "x", "values": ["1"]}]},
  "back-matter": {"resources": [{"uuid": "22222222-2222-4222-8222-222222222222", "title": "Whole", "rlinks": [{"href": "whole.xml"}, {"href": "dir/the-whole.json"}]}]}
}}`

func TestForeignProfile(t *testing.T) {
	p, notes, err := ReadProfile([]byte(foreignProfile), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []catalogue.Ask{
		{Catalogue: "some-catalog", Branches: []string{"a"}, Controls: []string{"b-1"}, Except: []string{"a-2"}, Required: true},
		{Catalogue: "the-whole", All: true, Required: true},
	}
	if diff := cmp.Diff(want, p.Asks, cmpopts.IgnoreUnexported(catalogue.Ask{})); diff != "" || p.ID != "ours-by-theirs" {
		t.Errorf("%s (-want +got):\n%s", p.ID, diff)
	}
	if again, err := catalogue.ParseProfile(p.YAML()); err != nil {
		t.Errorf("as YAML: %v", err)
	} else if diff := cmp.Diff(want, again.Asks, cmpopts.IgnoreUnexported(catalogue.Ask{})); diff != "" {
		t.Errorf("as YAML (-want +got):\n%s", diff)
	}
	told := []Note{
		{"profile/modify", "parameters and changes to controls are left out"},
		{"profile/imports/0/include-controls/2", "selection by a pattern: left out"},
		{"profile/imports/2", `href "#33333333-3333-4333-8333-333333333333" names no catalogue: left out`},
	}
	if diff := cmp.Diff(told, notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
}

// TestReadAny tells the four kinds of files apart.
func TestReadAny(t *testing.T) {
	s := shipped(t)
	c, p := s.Catalogue("uk-psti"), s.Profile("en-303-645")
	for name, b := range map[string][]byte{
		"catalogue as YAML": c.Bytes(), "catalogue as OSCAL": written(t, c), "profile as YAML": p.Bytes(), "profile as OSCAL": writtenProfile(t, p),
	} {
		got, _, err := ReadAny(b)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		switch got := got.(type) {
		case *catalogue.Catalogue:
			if got.ID != c.ID || !strings.HasPrefix(name, "catalogue") {
				t.Errorf("%s: read as catalogue %s", name, got.ID)
			}
		case *catalogue.Profile:
			if got.ID != p.ID || !strings.HasPrefix(name, "profile") {
				t.Errorf("%s: read as profile %s", name, got.ID)
			}
		}
	}
	for _, broken := range []string{"", "{}", "countersign: profile/v1", "countersign: catalogue/v1", `{"profile": {}}`, `{"profile": 1}`} {
		if got, _, err := ReadAny([]byte(broken)); got != nil || problem.KindOf(err) != problem.Invalid {
			t.Errorf("%q: %v, %v", broken, got, err)
		}
	}
}

// TestProfileResolves: what a profile selects in OSCAL are controls of the
// catalogues as they are written, and each that is asked but the heads that are
// groups there.
func TestProfileResolves(t *testing.T) {
	s := shipped(t)
	for _, p := range s.Profiles() {
		d, err := open(writtenProfile(t, p), modelProfile)
		if err != nil {
			t.Fatal(err)
		}
		selected := 0
		for i, id := range p.Catalogues() {
			there := map[string]bool{}
			for _, c := range controlsOf(t, s.Catalogue(id)) {
				there[c] = true
			}
			for _, c := range d.Profile.Imports[i].Include[0].IDs {
				if !there[c] {
					t.Errorf("%s: catalogue %s has no control %s in OSCAL", p.ID, id, c)
				}
				selected++
			}
		}
		asked, err := p.Select(s, len(p.Tiers))
		if err != nil {
			t.Fatal(err)
		}
		want := 0
		for _, a := range asked {
			if !heading(a.Catalogue, a.Control) {
				want++
			}
		}
		if selected != want || len(d.Profile.Modify.Alters) != want {
			t.Errorf("%s: %d controls selected and %d altered, want %d", p.ID, selected, len(d.Profile.Modify.Alters), want)
		}
	}
}

// controlsOf is the ids of the controls of a catalogue as it is written, those
// of groups not among them.
func controlsOf(t *testing.T, c *catalogue.Catalogue) []string {
	t.Helper()
	d, err := open(written(t, c), modelCatalog)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	var controls func([]control)
	controls = func(cs []control) {
		for i := range cs {
			out = append(out, cs[i].ID)
			controls(cs[i].Controls)
		}
	}
	var groups func([]group)
	groups = func(gs []group) {
		for i := range gs {
			controls(gs[i].Controls)
			groups(gs[i].Groups)
		}
	}
	controls(d.Catalog.Controls)
	groups(d.Catalog.Groups)
	return out
}
