package oscal

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/assurance/catalogue"
	"countersign.dev/internal/problem"
)

const head = `{"catalog": {"uuid": "u", "metadata": {"title": "Theirs", "last-modified": "x", "version": "1", "oscal-version": "1.1.2"}, `

// TestSoundPartIsUsed: what is broken is told with its place, the rest is there.
func TestSoundPartIsUsed(t *testing.T) {
	doc := head + `"groups": [{"id": "g", "title": "G", "controls": [
	  {"id": "g-1", "title": "One", "parts": [{"name": "guidance", "prose": "do"}, {"name": "statement", "prose": "It\nis {{ insert: param, p }}."}], "params": [{"id": "p", "values": ["done"]}]},
	  {"id": "g-1", "title": "Again"},
	  {"id": "", "title": "Nameless", "controls": [{"id": "g-2", "title": "Below"}]},
	  {"id": "g-3", "title": ""}]},
	 {"id": "g-2", "title": "Same as a control"}]}}`
	c, notes, err := ReadCatalogue([]byte(doc), "theirs")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, ctl := range c.Controls {
		got = append(got, ctl.ID+"<"+ctl.Parent+": "+ctl.Statement)
	}
	if diff := cmp.Diff([]string{"g<: G", "g-1<g: It is done.", "g-2<g: Below", "group-g-2<: Same as a control"}, got); diff != "" {
		t.Errorf("controls (-want +got):\n%s", diff)
	}
	told := []Note{
		{"catalog/groups/0/controls/1", "id g-1 came before: left out"},
		{"catalog/groups/0/controls/2", `id "": want letters, digits, and _ . ( ) - between them; left out`},
		{"catalog/groups/0/controls/3", "control g-3 has no title: left out"},
		{"catalog/groups/1", `id "g-2" is also that of a control: the group is group-g-2`},
	}
	if diff := cmp.Diff(told, notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
}

func TestReadCatalogueRefuses(t *testing.T) {
	deep := strings.Repeat(`{"id":"x","title":"x","controls":[`, 40) + strings.Repeat(`]}`, 40)
	for _, c := range []struct {
		doc  string
		kind problem.Kind
		says string
	}{
		{``, problem.Invalid, "not JSON"},
		{`[]`, problem.Invalid, "want an object"},
		{`{"catalog": null}`, problem.Invalid, "catalog: want an object, found null"},
		{`{"catalog": []}`, problem.Invalid, "/catalog: want an object, found an array"},
		{`{"Catalog": {}}`, problem.Invalid, "no OSCAL document"},
		{head + `"uuid": "v"}}`, problem.Invalid, "/catalog/uuid: this member is there twice"},
		{head + `"controls": [{"id": 1}]}}`, problem.Invalid, "/catalog/controls/0/id: want a text, found a number"},
		{head + `"controls": [{"id": "", "title": "x"}]}}`, problem.Invalid, "has 0 controls"},
		{head + `"controls": [` + deep + `]}}`, problem.TooLarge, "nested more than 64 deep"},
		{`{"profile": {}}`, problem.Invalid, "want the OSCAL model catalog, found profile"},
		{`{"catalog": {"metadata": {"title": "x", "version": "1", "oscal-version": "2.0"}, "controls": [{}]}}`, problem.Invalid, `oscal-version: is "2.0"`},
		{strings.Repeat(" ", limits.Bytes+1), problem.TooLarge, "the limit is"},
	} {
		_, _, err := ReadCatalogue([]byte(c.doc), "")
		if problem.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%.60s: %v, want %s", c.doc, err, c.says)
		}
	}
}

// TestParametersDoNotMultiply: a parameter whose choices insert the parameter
// stays within what one text may have.
func TestParametersDoNotMultiply(t *testing.T) {
	bomb := strings.Repeat("{{ insert: param, p }}", 2000)
	doc := head + fmt.Sprintf(`"params": [{"id": "p", "select": {"choice": [%q]}}], "controls": [{"id": "c", "title": "C", "parts": [{"name": "statement", "prose": %q}]}]}}`, bomb, bomb)
	c, _, err := ReadCatalogue([]byte(doc), "")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(c.Controls[0].Statement); n > maxText {
		t.Errorf("the statement has %d bytes", n)
	}
}

// TestNotesAreBounded: a document of nothing but faults does not tell each.
func TestNotesAreBounded(t *testing.T) {
	doc := head + `"controls": [{"id":"a","title":"A"}` + strings.Repeat(`,{"id":"a","title":"A"}`, 5000) + `]}}`
	_, notes, err := ReadCatalogue([]byte(doc), "")
	if err != nil || len(notes) != maxNotes+1 || notes[maxNotes].Text != "4800 more notes are left out" {
		t.Errorf("%d notes: %v", len(notes), err)
	}
}

// FuzzRead: whatever is read can be written, and reads the same again.
func FuzzRead(f *testing.F) {
	f.Add([]byte(head + `"controls": [{"id": "a", "title": "A", "class": "x y", "props": [{"name": "position", "ns": "` + Namespace + `", "value": "2"}]}]}}`))
	f.Add([]byte(head + `"groups": [{"title": "G", "groups": [{"title": "H", "controls": [{"id": "4e(i)", "title": "A"}]}]}]}}`))
	f.Add([]byte(foreignProfile))
	for _, c := range []string{"uk-psti", "slsa"} {
		f.Add(written(f, shipped(f).Catalogue(c)))
	}
	f.Add(writtenProfile(f, shipped(f).Profile("software-consumer")))
	f.Add(writtenResults(f, camera()))
	f.Fuzz(func(t *testing.T, doc []byte) {
		if all, _, err := ReadResults(doc); err == nil {
			for i := range all {
				if err := WriteResults(&bytes.Buffer{}, &all[i], modified); err != nil {
					t.Fatal(err)
				}
			}
		}
		if p, _, err := ReadProfile(doc, nil); err == nil && len(p.Asks) == 0 {
			t.Fatal("a profile that asks nothing")
		}
		c, _, err := ReadCatalogue(doc, "")
		if err != nil {
			return
		}
		again, notes, err := ReadCatalogue(written(t, c), "")
		if err != nil || len(notes) > 0 {
			t.Fatalf("what was written is not read: %v, %v", err, notes)
		}
		if diff := cmp.Diff(c, again, asIs); diff != "" {
			t.Fatalf("written and read again (-want +got):\n%s", diff)
		}
		if _, err := catalogue.Parse(catalogue.Encode(c)); err != nil {
			t.Fatalf("as YAML: %v", err)
		}
	})
}
