package jsondoc

import (
	"encoding/json"
	"strings"
	"testing"

	"countersign.dev/internal/problem"
)

func TestCheck(t *testing.T) {
	small := Limits{Bytes: 60, Depth: 3, Values: 4, Text: 12}
	for _, c := range []struct {
		in, want string
		kind     problem.Kind
	}{
		{`{"a": 1}`, "", ""},
		{"\ufeff{}", "", ""},
		{`{"a\"": ["]}", {}]}`, "", ""},
		{"[]", "line 1: want a JSON object", problem.Invalid},
		{"", "not JSON", problem.Invalid},
		{"{\n\"a\": 1,\n}", "line 3: not JSON", problem.Invalid},
		{"{}\n{}", "line 2: not JSON", problem.Invalid},
		{"{\n" + `"a": [[[1]]]}`, "line 2: nested more than 3 deep", problem.TooLarge},
		{`{"a": [1,2,3,4,5,6]}`, "more than 4 values", problem.TooLarge},
		{`{"a": "0123456789012345"}`, "a text of 17 bytes", problem.TooLarge},
		{`{"a": "` + strings.Repeat("x", 60) + `"}`, "the limit is 60", problem.TooLarge},
	} {
		_, err := Check([]byte(c.in), small)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%q: %v", c.in, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || problem.KindOf(err) != c.kind):
			t.Errorf("%q: %v; want %q of kind %s", c.in, err, c.want, c.kind)
		}
	}
}

func TestDecodeNamesThePlace(t *testing.T) {
	var v struct {
		Products []struct {
			Name string `json:"name"`
		} `json:"products"`
	}
	err := Decode(json.RawMessage(`{"products": [{"name": 7}]}`), At("statements", 3), &v)
	if want := "statements[3].products.name: want a text, got number"; err == nil || err.Error() != want {
		t.Errorf("%v; want %s", err, want)
	}
}

func TestKeys(t *testing.T) {
	const doc = `{"list": [{"x": {"y": 1}}], "document": {"notes": [[]], "csaf_version": "2.0", "n": {"deep": "no"}}, "after": "z", "cut": "of`
	var got []string
	Keys([]byte(doc), func(outer, key, text string) bool {
		got = append(got, Place(outer, key)+"="+text)
		return true
	})
	want := "list= document= document.notes= document.csaf_version=2.0 document.n= after=z cut="
	if s := strings.Join(got, " "); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
	Keys([]byte("<xml/>"), func(_, _, _ string) bool { t.Error("visited"); return false })
}

func FuzzCheck(f *testing.F) {
	f.Add([]byte(`{"a": ["b\\", 1e5, {"c": null}]}`))
	f.Add([]byte(`{"a": "\u12`))
	f.Fuzz(func(t *testing.T, b []byte) {
		Keys(b, func(_, _, _ string) bool { return true })
		out, err := Check(b, Limits{Bytes: 1 << 16, Depth: 8, Values: 100, Text: 100})
		if err == nil && !json.Valid(out) {
			t.Errorf("%q taken for JSON", b)
		}
		if err != nil && problem.KindOf(err) == problem.Internal {
			t.Errorf("%q: %v has no kind", b, err)
		}
	})
}
