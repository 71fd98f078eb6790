package registry

import (
	"strings"
	"testing"

	"countersign.dev/internal/assurance/catalogue"
	"countersign.dev/internal/label"
	"countersign.dev/internal/node"
)

// A line that was not compared with the publication says so, and each comes in
// the catalogue's order below its head.
func TestControlsMarked(t *testing.T) {
	set, err := catalogue.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	c := set.Catalogue("etsi-en-303-645")
	status, unsure := map[string]judged{}, 0
	for i := range c.Controls {
		status[c.ID+"/"+c.Controls[i].ID] = judged{Status: "met", Class: "met"}
		if c.Controls[i].Verify != "" {
			unsure++
		}
	}
	of := sectionOf(c, status)
	if len(of.Controls) != len(c.Controls) || unsure == 0 {
		t.Fatalf("%d of %d controls, %d to be compared", len(of.Controls), len(c.Controls), unsure)
	}
	for i := range of.Controls {
		if of.Controls[i].ID != c.Controls[i].ID || (of.Controls[i].Depth > 0) != (c.Controls[i].Parent != "") {
			t.Errorf("%d: %s at depth %d", i, of.Controls[i].ID, of.Controls[i].Depth)
		}
	}
	r := New(nil, Options{})
	state := &node.LabelState{State: label.State{Status: label.StatusActive, Terms: &label.Terms{}}, Scheme: &label.Scheme{}}
	b, err := r.render("controls", "", r.today(), &controlsView{subject: &subject{State: state, Scheme: state.Scheme}, Sections: []section{of}})
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(b), "Not compared with the publication yet"); n != unsure {
		t.Errorf("%d lines are marked, want %d", n, unsure)
	}
}

func TestWords(t *testing.T) {
	for in, want := range map[string]string{"": "", "ünder": "Ünder", "the maker": "The maker"} {
		if got := capital(in); got != want {
			t.Errorf("capital(%q) = %q", in, got)
		}
	}
	for in, want := range map[string]string{"": "", "so it is": "so it is.", "why?": "why?", "done. ": "done."} {
		if got := sentence(in); got != want {
			t.Errorf("sentence(%q) = %q", in, got)
		}
	}
	for in, want := range map[string]string{
		"https://a.example/x": "https://a.example/x", "http://a.example": "http://a.example", "javascript:alert(1)": "", "//a.example": "", "see https://a.example": "",
		"https://": "", "data:text/html,x": "", "HTTPS://a.example": "HTTPS://a.example", "https://a.example/ b": "",
	} {
		if got := webAddress(in); got != want {
			t.Errorf("webAddress(%q) = %q", in, got)
		}
	}
	for n, want := range map[int]string{0: "0 labels", 1: "1 label", 1000: "1,000 labels", 1234567: "1,234,567 labels"} {
		if got := count(n, "label", "labels"); got != want {
			t.Errorf("count(%d) = %q", n, got)
		}
	}
	for in, want := range map[string]string{"a.json": ".json", "a.tar.gz": ".gz", "a": "", "a.averylongone": "", "a.b/c": "", "a.J$": ""} {
		if got := extension(in); got != want {
			t.Errorf("extension(%q) = %q", in, got)
		}
	}
}
