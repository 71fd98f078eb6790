package stix

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"countersign.dev/internal/problem"
)

func TestSplit(t *testing.T) {
	for name, c := range map[string]struct {
		in, kind string
		want     []string
	}{
		"bundle":            {`{"type":"bundle","id":"bundle--1","objects":[ {"a": 1} ,{"b":"\u00e9"}]}`, KindBundle, []string{`{"a": 1}`, `{"b":"\u00e9"}`}},
		"type after":        {`{"objects":[{"a":1}],"type":"bundle"}`, KindBundle, []string{`{"a":1}`}},
		"empty bundle":      {`{"type":"bundle"}`, KindBundle, nil},
		"envelope":          {`{"more":false,"objects":[{"a":1}]}`, KindEnvelope, []string{`{"a":1}`}},
		"empty envelope":    {`{"more":false}`, KindEnvelope, nil},
		"array":             {` [1, {"a" : [ ]}]` + "\n", KindArray, []string{`1`, `{"a" : [ ]}`}},
		"lines":             {"{\"a\":1}\n {\"b\": 2}\r\n\n{\"c\":3}\n", KindLines, []string{`{"a":1}`, `{"b": 2}`, `{"c":3}`}},
		"object":            {"\ufeff {\"type\":\"tool\"} \n", KindObject, []string{`{"type":"tool"}`}},
		"observed-data":     {`{"type":"observed-data","objects":{"0":{}}}`, KindObject, []string{`{"type":"observed-data","objects":{"0":{}}}`}},
		"objects by a tool": {`{"type":"x-tool","objects":[{"a":1}]}`, KindObject, []string{`{"type":"x-tool","objects":[{"a":1}]}`}},
	} {
		t.Run(name, func(t *testing.T) {
			got, kind, err := Split([]byte(c.in), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if kind != c.kind || len(got) != len(c.want) {
				t.Fatalf("got %s of %d objects, want %s of %d", kind, len(got), c.kind, len(c.want))
			}
			for i := range got {
				if string(got[i]) != c.want[i] {
					t.Errorf("object %d is %s, want %s", i, got[i], c.want[i])
				}
			}
		})
	}
}

func TestSplitRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		in     string
		limits Limits
		kind   problem.Kind
		says   string
	}{
		"empty":         {"", Limits{}, problem.Invalid, "empty"},
		"a number":      {"1", Limits{}, problem.Invalid, "want a STIX bundle"},
		"cut short":     {`{"type":"bundle","objects":[{"a":1`, Limits{}, problem.Invalid, "too early"},
		"twice":         {`{"type":"bundle","type":"tool"}`, Limits{}, problem.Invalid, `"type" occurs twice`},
		"twice within":  {`{"objects":[{"id":1,"id":2}]}`, Limits{}, problem.Invalid, `/objects/0/id`},
		"not UTF-8":     {"{\"a\":\"\xff\"}", Limits{}, problem.Invalid, "UTF-8"},
		"two documents": {`{} {}`, Limits{}, problem.Invalid, "more follows"},
		"a line behind": {"{}\n{}\n1", Limits{}, problem.Invalid, "more follows"},
		"a line cut":    {"{}\n{\"a\"", Limits{}, problem.Invalid, "too early"},
		"many lines":    {"{}\n{}\n{}", Limits{Objects: 2}, problem.TooLarge, "more than 2 objects"},
		"many objects":  {`[1,2,3]`, Limits{Objects: 2}, problem.TooLarge, "more than 2 objects"},
		"many bytes":    {`[1,2,3]`, Limits{Bytes: 5}, problem.TooLarge, "7 bytes"},
		"large object":  {`{"a":"12345"}`, Limits{ObjectBytes: 5}, problem.TooLarge, "one object"},
		"deep":          {strings.Repeat("[", 100_000), Limits{}, problem.Invalid, "depth"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := Split([]byte(c.in), c.limits)
			if problem.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.says) || len(err.Error()) > 400 {
				t.Errorf("got %v, want %s that says %q", err, c.kind, c.says)
			}
		})
	}
}

// TestHostile is that no object takes long, or much memory, for what it is.
func TestHostile(t *testing.T) {
	const head = `{"type":"tool","spec_version":"2.1","id":"tool--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","created":"2020-01-01T00:00:00.000Z","modified":"2020-01-01T00:00:00.000Z","name":"x",`
	many := func(n int, each func(i int) string) string {
		parts := make([]string, n)
		for i := range parts {
			parts[i] = each(i)
		}
		return strings.Join(parts, ",")
	}
	const n = 100_000
	members := many(n, func(i int) string { return `"x_` + strconv.Itoa(i) + `":1` })
	selectors := many(n, func(i int) string { return `"x_` + strconv.Itoa(i) + `"` })
	for name, in := range map[string]string{
		"many members, each selected": head + members + `,"granular_markings":[{"lang":"en","selectors":[` + selectors + `]}]}`,
		"many members, none known":    head + `"granular_markings":[{"lang":"en","selectors":[` + selectors + `]}]}`,
		"names that do not print":     head + `"\u001b[31m\n":1}`,
		"a long language":             head + `"lang":"` + strings.Repeat("a-", 1_000_000) + `"}`,
		"many observables in a chain": `{"type":"observed-data","created":"x","objects":{` +
			many(n, func(i int) string { return fmt.Sprintf(`"%d":{"type":"x-thing","next_ref":"%d"}`, i, i+1) }) + `}}`,
	} {
		results, err := ValidateFile([]byte(in), Limits{})
		if err != nil || len(results) != 1 || len(results[0].Errors) > maxProblems || len(results[0].Warnings) > maxProblems {
			t.Errorf("%s: %d results, %v", name, len(results), err)
			continue
		}
		for _, p := range append(results[0].Errors, results[0].Warnings...) {
			if strings.ContainsAny(p.Path+p.Message, "\x1b\n") {
				t.Errorf("%s: %q", name, p)
			}
		}
		if _, _, err := Upgrade([]byte(in)); strings.Contains(name, "chain") && problem.KindOf(err) != problem.TooLarge {
			t.Errorf("%s: the upgrade gives %v", name, err)
		}
	}
	large := []byte(`{"type":"artifact","payload_bin":"` + strings.Repeat("A", 100<<20) + `"}`)
	if _, err := ValidateFile(large, Limits{}); problem.KindOf(err) != problem.TooLarge {
		t.Errorf("an object of 100 MB gives %v", err)
	}
	deep := head + `"x_deep":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}`
	if results, err := ValidateFile([]byte(deep), Limits{}); err != nil || results[0].Valid || !strings.Contains(results[0].Errors[0].Message, "deeper than 64") {
		t.Errorf("a deep object gives %+v, %v", results, err)
	}
}

func TestParse(t *testing.T) {
	o, err := Parse([]byte(` {"type":"tool","id":"tool--1","created":"2020-01-01T00:00:00.000Z","spec_version":"2.1","revoked":true,
		"modified":"2020-01-02T00:00:00.12Z","created_by_ref":"identity--1","object_marking_refs":["marking-definition--1",7]} `), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if o.ID != "tool--1" || o.Type != "tool" || o.SpecVersion != "2.1" || !o.Revoked || o.CreatedBy != "identity--1" {
		t.Errorf("got %+v", o)
	}
	if o.Version != "2020-01-02T00:00:00.12Z" || o.Modified.Nanosecond() != 120_000_000 || o.Created.Year() != 2020 {
		t.Errorf("got version %s, modified %s, created %s", o.Version, o.Modified, o.Created)
	}
	if len(o.MarkingRefs) != 1 || o.Bytes[0] != '{' {
		t.Errorf("got markings %q, bytes %q", o.MarkingRefs, o.Bytes)
	}
	for in, says := range map[string]string{
		`[]`:                        "want a STIX object",
		`{"a":{"b":[[[1]]]}}`:       "deeper than 4",
		`{"a":1,"a":2}`:             "occurs twice",
		`{"a":"0123456789","b":""}`: "limit for one object is 24",
		`{"a":1} x`:                 "more follows",
	} {
		if _, err := Parse([]byte(in), Limits{Depth: 4, ObjectBytes: 24}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, want an error that says %q", in, err, says)
		}
	}
}

func TestVersionThatIsNotSaid(t *testing.T) {
	for in, want := range map[string]string{
		`{"type":"ipv4-addr","id":"ipv4-addr--1","value":"1.1.1.1"}`:  "2.1",
		`{"type":"tool","created":"2017-01-01T00:00:00Z"}`:            "2.0",
		`{"type":"process","created":"2017-01-01T00:00:00Z"}`:         "2.1",
		`{"type":"note","created":"2017-01-01T00:00:00Z"}`:            "2.1",
		`{"type":"file","spec_version":"2.0"}`:                        "2.0",
		`{"type":"x-thing","created":"2017-01-01T00:00:00Z","id":""}`: "2.0",
	} {
		o, err := Parse([]byte(in), Limits{})
		if err != nil || o.SpecVersion != want {
			t.Errorf("%s: got %q, %v, want %s", in, o.SpecVersion, err, want)
		}
	}
}

func TestParseTime(t *testing.T) {
	for _, good := range []string{"2016-01-20T12:31:12Z", "2016-01-20T12:31:12.1Z", "2016-01-20T12:31:12.123456789012Z", "2016-12-31T23:59:60Z", "2016-02-29T00:00:00.000Z"} {
		if _, err := ParseTime(good); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []string{"", "Z", "2016-01-20", "2016-01-20T12:31:12", "2016-01-20T12:31:12+00:00", "2016-01-20t12:31:12z", "2016-01-20 12:31:12Z",
		"2016-01-20T12:31:12.Z", "2016-01-20T12:31:12,1Z", "2016-02-30T12:31:12Z", "2016-01-20T24:00:00Z", "2016-01-20T12:31:61Z", "2016-01-20T12:31:12.1aZ", "20160-1-20T12:31:12Z"} {
		if got, err := ParseTime(bad); err == nil {
			t.Errorf("%q is taken for %s", bad, got)
		}
	}
}
