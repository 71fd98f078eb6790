package form_test

import (
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"countersign.dev/internal/assurance/form"
	"countersign.dev/internal/problem"
)

// One document in both notations gives the same tree, but for its lines.
const (
	asJSON = "{\"name\": \"Cam\", \"on\": true, \"n\": 1.50,\n \"list\": [\"a\", null, {\"deep\": \"\\ud83d\\ude00\"}]}"
	asYAML = "name: Cam\non: true\nn: 1.50\nlist:\n  - a\n  - ~\n  - deep: 😀\n"
)

func TestBothNotationsAreOne(t *testing.T) {
	j, err := form.Any([]byte("\ufeff"+asJSON), form.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	y, err := form.Any([]byte(asYAML), form.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if got := j.Get("list").Items[2].Get("deep"); got.Line != 2 || got.Place != "list[2].deep" {
		t.Errorf("line %d, %s; want line 2, list[2].deep", got.Line, got.Place)
	}
	if got := y.Get("list").Items[2].Get("deep"); got.Line != 7 {
		t.Errorf("line %d; want 7", got.Line)
	}
	if d := gocmp.Diff(shape(j), shape(y)); d != "" {
		t.Errorf("(-JSON +YAML):\n%s", d)
	}
}

// shape is a tree without its lines.
func shape(n *form.Node) any {
	switch n.Kind {
	case form.Map:
		out := map[string]any{}
		for _, m := range n.Members {
			out[m.Name] = shape(m.Value)
		}
		return out
	case form.List:
		out := []any{}
		for _, i := range n.Items {
			out = append(out, shape(i))
		}
		return out
	default:
		return n.Kind.String() + " " + n.Scalar + " " + n.Place
	}
}

func TestErrors(t *testing.T) {
	small := form.Limits{Bytes: 90, Depth: 2, Values: 5, Text: 20}
	for _, c := range []struct {
		in, want string
		kind     problem.Kind
	}{
		{"", "line 1: the document is empty", problem.Invalid},
		{"{", "line 1: not JSON: it ends too early", problem.Invalid},
		{"{\n\"a\": 1,\n}", "line 2: not JSON", problem.Invalid},
		{"{\"a\": 1,\n\"a\": 2}", `line 2: the member "a" occurs twice`, problem.Invalid},
		{"{}\n{}", "line 2: more follows", problem.Invalid},
		{"{\"a\": \"\xff\"}", "line 1: not JSON: invalid UTF-8", problem.Invalid},
		{"{\"a\": [[\n[1]]]}", "line 2: nested more than 2 deep", problem.TooLarge},
		{`{"a": [1,2,3,4,5,6]}`, "more than 5 values", problem.TooLarge},
		{`{"a": "012345678901234567890123"}`, "a text of 24 bytes, the limit is 20", problem.TooLarge},
		{strings.Repeat(" ", 91), "91 bytes, the limit is 90", problem.TooLarge},
		{"a: 1\na: 2\n", `line 2: the field "a" occurs twice`, problem.Invalid},
		{"a: &x 1\nb: *x\n", "line 1: anchors and aliases", problem.Invalid},
		{"a: 1\n---\nb: 1\n", "a second YAML document", problem.Invalid},
		{"- a\n", "line 1: want a mapping", problem.Invalid},
		{"a: [", "not YAML", problem.Invalid},
		{"[a]: 1\n", "line 1: the name of a field must be a text", problem.Invalid},
		{"a: \xff\n", "not UTF-8", problem.Invalid},
		{"a: {b: {c: 1}}\n", "nested more than 2 deep", problem.TooLarge},
	} {
		_, err := form.Any([]byte(c.in), small)
		if err == nil || !strings.Contains(err.Error(), c.want) || problem.KindOf(err) != c.kind {
			t.Errorf("%q: %v; want %q of kind %s", c.in, err, c.want, c.kind)
		}
	}
	if _, err := form.JSON([]byte("[1]"), form.Limits{}); err == nil || !strings.Contains(err.Error(), "want a JSON object") {
		t.Errorf("a list: %v", err)
	}
}

func TestReaderGathersComplaints(t *testing.T) {
	n, err := form.Any([]byte("text: \"\"\nday: 2021-13-01\nflag: maybe\nword: blue\nlist: []\nmaps: [1]\ntexts: [\"\", {}]\nbell: \"\\a\"\nversion: 1.0\nnone: ~\nodd: 1\n"), form.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var r form.Reader
	r.Text(n, "text", form.Required)
	r.Text(n, "absent", form.Required)
	r.Text(n, "absent", form.Optional)
	r.Text(n, "none", form.Required)
	r.Text(n, "list", form.Optional)
	r.Text(n, "bell", form.Optional)
	r.Day(n, "day", form.Required)
	r.Flag(n, "flag", form.Required)
	form.Word(&r, n, "word", form.Required, "red", "green")
	r.List(n, "list", form.Required)
	r.Maps(n, "maps", form.Required)
	r.Texts(n, "texts", form.Required)
	r.Map(n, "version", form.Optional)
	r.Only(n, "text", "day", "flag", "word", "list", "maps", "texts", "bell", "version", "none")
	want := []string{
		"line 1, text: want a text, it is empty",
		`line 1: field "absent" is missing`,
		`line 1: field "none" is missing`,
		"line 5, list: want a text, got a list",
		"line 8, bell: a text has a control character or one that is no Unicode",
		`line 2, day: "2021-13-01" is no date; want YYYY-MM-DD`,
		`line 3, flag: want true or false, got "maybe"`,
		`line 4, word: "blue": want red, green`,
		"line 5, list: want at least one",
		"line 6, maps[0]: want a mapping, got 1",
		"line 7, texts[0]: want a text, it is empty",
		"line 7, texts[1]: want a text, got a mapping",
		"line 9, version: want a mapping, got 1.0",
		`line 11: unknown field "odd"; want one of text, day, flag, word, list, maps, texts, bell, version, none`,
	}
	if d := gocmp.Diff(want, r.Complaints()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if got := r.Text(n, "version", form.Required); got != "1.0" {
		t.Errorf("version %q: want it as it is written", got)
	}
	if err := r.Err(); problem.KindOf(err) != problem.Invalid || !strings.HasSuffix(err.Error(), want[len(want)-1]) {
		t.Errorf("%v", err)
	}
	var silent form.Reader
	silent.Text(nil, "x", form.Required)
	if silent.Err() != nil {
		t.Error("complains of a member of nothing")
	}
	for range 103 {
		silent.Complain(n, "x")
	}
	if got := silent.Complaints(); len(got) != 101 || got[100] != "3 more" {
		t.Errorf("%d complaints, the last %q", len(got), got[len(got)-1])
	}
}

func FuzzAny(f *testing.F) {
	f.Add([]byte(asJSON))
	f.Add([]byte(asYAML))
	f.Add([]byte("a: {b: [1, ~, \"\\x07\"]}\n? c\n: d\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		limits := form.Limits{Bytes: 1 << 16, Depth: 6, Values: 200, Text: 500}
		n, err := form.Any(b, limits)
		if err != nil {
			if problem.KindOf(err) == problem.Internal {
				t.Errorf("%q: %v has no kind", b, err)
			}
			return
		}
		count := 0
		var walk func(n *form.Node, depth int)
		walk = func(n *form.Node, depth int) {
			count++
			if n.Line < 1 || depth > limits.Depth || len(n.Scalar) > limits.Text {
				t.Errorf("%q: line %d, depth %d, %d bytes", b, n.Line, depth, len(n.Scalar))
			}
			seen := map[string]bool{}
			for _, m := range n.Members {
				if seen[m.Name] {
					t.Errorf("%q: %q twice", b, m.Name)
				}
				seen[m.Name] = true
				walk(m.Value, depth+1)
			}
			for _, i := range n.Items {
				walk(i, depth+1)
			}
		}
		walk(n, 0)
		if count > limits.Values {
			t.Errorf("%q: %d values", b, count)
		}
	})
}
