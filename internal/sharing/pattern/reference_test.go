package pattern

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"
	"time"

	"countersign.dev/internal/foreign"
)

// TestReference compares random patterns and data with what the reference
// validator and matcher say. What the package's comment tells of differences is
// left out.
func TestReference(t *testing.T) {
	python := foreign.Python(t)
	g := &generator{Rand: rand.New(rand.NewPCG(6, 9))}
	type question struct {
		Pattern string           `json:"pattern"`
		Data    []map[string]any `json:"data"`
	}
	var asked []question
	var in bytes.Buffer
	for i := range 1500 {
		q := question{g.observations(0), g.bundle(g.data())}
		if i%2 == 0 {
			q = question{"[" + g.values(0) + "]", g.bundle(g.valued())}
		}
		if i%5 == 0 {
			q.Pattern = g.damaged(q.Pattern)
		}
		asked = append(asked, q)
		if err := json.NewEncoder(&in).Encode(q); err != nil {
			t.Fatal(err)
		}
	}
	c := exec.CommandContext(t.Context(), python, "testdata/reference.py")
	c.Stdin = &in
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, err.(*exec.ExitError).Stderr)
	}
	answers := json.NewDecoder(bytes.NewReader(out))
	counts := map[string]int{}
	for _, q := range asked {
		var theirs struct {
			Valid bool
			Match *bool
		}
		if err := answers.Decode(&theirs); err != nil {
			t.Fatal(err)
		}
		valid, match := ours(t, q.Pattern, q.Data)
		if want := said(theirs.Match); valid != theirs.Valid || match != want {
			data, _ := json.Marshal(q.Data)
			t.Errorf("%s: valid %t, match %s; the reference says %t, %s\n%s", q.Pattern, valid, match, theirs.Valid, want, data)
		}
		counts[said(theirs.Match)]++
	}
	t.Log(counts)
	if counts["true"] < 200 || counts["false"] < 200 || counts["error"] < 200 {
		t.Errorf("%v: this compares too little", counts)
	}
}

func said(match *bool) string {
	if match == nil {
		return "error"
	}
	return fmt.Sprint(*match)
}

// ours is the same of this package.
func ours(t *testing.T, text string, data []map[string]any) (valid bool, match string) {
	p, err := Parse(text)
	if err != nil {
		return false, "error"
	}
	valid = Check(p) == nil
	b, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	observed, err := ReadObserved(b)
	if err != nil {
		t.Fatalf("%s: %v", b, err)
	}
	m, err := Compile(p)
	if err != nil {
		return valid, "error"
	}
	ok, _, err := m.Match(observed)
	if err != nil {
		return valid, "error"
	}
	return valid, fmt.Sprint(ok)
}

// bundle is observations as objects of STIX 2.1.
func (g *generator) bundle(data []*Observed) []map[string]any {
	var objects []any
	for i, o := range data {
		var refs []string
		for _, e := range o.Objects {
			id := fmt.Sprintf("%s--%d-%s", e.Type, i, e.ID)
			refs = append(refs, id)
			e.Properties["id"], e.Properties["type"] = id, e.Type
			objects = append(objects, e.Properties)
		}
		objects = append(objects, map[string]any{
			"type": "observed-data", "id": fmt.Sprintf("observed-data--%d", i), "number_observed": o.Number, "object_refs": refs,
			"first_observed": o.First.Format(time.RFC3339), "last_observed": o.Last.Format(time.RFC3339),
		})
	}
	return []map[string]any{{"type": "bundle", "id": "bundle--1", "objects": objects}}
}

// valued is one observation of an object with values of all kinds.
func (g *generator) valued() []*Observed {
	one := func() any {
		pool := []any{1, 0, 2.5, -1.5, true, false, nil, "1", "true", "abc", "a\nb", "aa\n", "A", "é", "e\u0301", "中", "", []any{}, map[string]any{"k": 1}, []any{1}, "2021-01-01T00:00:00Z"}
		return pool[g.IntN(len(pool))]
	}
	list := []any{}
	for range g.IntN(4) {
		list = append(list, one())
	}
	o := &Observed{Number: 1, First: epoch, Last: epoch}
	o.Objects = []Observable{{ID: "0", Type: "x", Properties: map[string]any{
		"v": one(), "l": list, "h_hex": g.pick("6162", "", "0aff"), "p_bin": g.pick("YWI=", "6Q==", ""),
		"n": g.pick("10.0.0.1", "10.0.0.0/24", "10.1.0.0/16", "192.168.1.7", "300.1.1.1"),
	}}}
	return []*Observed{o}
}

// values is comparisons of these.
func (g *generator) values(depth int) string {
	if depth < 2 && g.IntN(3) == 0 {
		return g.values(depth+1) + g.pick(" AND ", " OR ") + g.values(depth+1)
	}
	not := g.pick("", " NOT")
	if g.IntN(6) == 0 {
		return "x:n" + not + g.pick(" ISSUBSET ", " ISSUPERSET ") + g.pick("'10.0.0.0/8'", "'10.0.0.1'", "'10.0.0.128/25'", "'10.0.0.1/32'", "'10.0.0.0/33'")
	}
	path := g.pick("x:v", "x:l[*]", "x:l[0]", "x:h_hex", "x:p_bin", "x:v.k", "x:v[0]", "x:none") + not
	text := []string{"'1'", "'true'", "'abc'", "''", "'A'", "'é'", "'e\u0301'", "'中'", "'ab'", "'2021-01-01T00:00:00Z'"}
	number := []string{"1", "0", "2.5", "-1.5", "+1"}
	binary := []string{"h'6162'", "h'e9'", "h''", "b'YWI='"}
	other := []string{"t'2021-01-01T00:00:00Z'"}
	kinds := [][]string{text, number, binary, other}
	kind := kinds[g.IntN(len(kinds))]
	switch g.IntN(5) {
	case 0:
		return path + g.pick(" = ", " != ", " <> ", " == ") + g.pick(append([]string{"true", "false"}, kind...)...)
	case 1:
		return path + g.pick(" < ", " <= ", " > ", " >= ") + g.pick(kind...)
	case 2:
		if kind[0] == number[0] { // there, 1 and true are the same
			kind = text
		}
		return path + " IN (" + g.pick(kind...) + ", " + g.pick(kind...) + ")"
	case 3:
		return path + " LIKE " + g.pick("'%'", "'a%'", "'_'", "'%b'", "'é'", "'e\u0301'", "'a_b'", "'aa'", "''")
	}
	return path + " MATCHES " + g.pick("'a'", "'^a'", "'b$'", "'.'", "'^.$'", "'é'", "''", "'a.b'", "'(?s)a.b'", "'(?P<q>a)'", "'^aa$'", "'[^a]'", "'(?<=a)b'", "'a{1,2}'", "'(a)\\\\1'")
}

// damaged is a pattern with something inserted or taken away outside of strings,
// where it is clear what is still one.
func (g *generator) damaged(text string) string {
	words := strings.Split(text, " ")
	i := g.IntN(len(words))
	if g.IntN(2) == 0 {
		words = append(words[:i:i], words[i+1:]...)
	} else {
		words = append(words[:i:i], append([]string{g.pick("AND", "NOT", "(", ")", "]", "[", "=", "05", "1e5", ".5", "'", "/*", "//x", "h'0'", "WITHIN", "a:b", "LAST", "\u00a0", "#")}, words[i:]...)...)
	}
	return strings.Join(words, " ")
}
