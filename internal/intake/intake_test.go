package intake

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

const (
	sdnPrimary  = "7,\"ACME\",-0- ,\"CUBA\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"DOB 1946.\"\r\n"
	consPrimary = "9,\"BETA\",-0- ,\"NS-PLC\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n"
	alias       = "7,12,\"aka\",\"A\",-0- \n"
	ccmc        = "name_as_listed,designated_on\nAcme Corp.,2021-01-14\n"
	history     = "Clean Name,Start date\nAcme Corp.,2021-06-03\n"
	events      = "countersign: events/v1\nid: acme\npublished: 2026-11-01\nparty: {id: acme, name: Acme}\nlistings: [{programme: p, id: 'p:acme', name: Acme, events: [{kind: designated, date: 2021-01-14}]}]\n"
	policyText  = "countersign: policy/v1\nid: some-policy\npublished: 2026-01-02\nrules: []\n"
)

// told is editions and errors in short.
func told(editions []Edition, errs []error) string {
	var out []string
	for _, e := range editions {
		text := e.Source + " " + string(e.Published) + " ["
		for i, f := range e.Files {
			if i > 0 {
				text += " "
			}
			text += f.Name + ":" + f.Reading.Kind
		}
		out = append(out, text+"]")
	}
	for _, err := range errs {
		out = append(out, "error: "+err.Error())
	}
	return strings.Join(out, "\n")
}

func file(name, text string) File { return File{Name: name, Bytes: []byte(text)} }

func TestRead(t *testing.T) {
	for _, c := range []struct {
		name  string
		files []File
		opts  Options
		want  []string // lines; an error's may be its beginning
	}{
		{"nothing", nil, Options{}, []string{""}},
		{"one of each", []File{
			file("sdn.csv", sdnPrimary), file("cons_prim.csv", consPrimary), file("1237.csv", ccmc), file("1260h.csv", history),
			file("acme.yaml", events), file("policy.yaml", policyText),
		}, Options{}, []string{
			"us-ofac-sdn  [sdn.csv:ofac.primary]", "us-ofac-nonsdn  [cons_prim.csv:ofac.primary]", "us-dod-1237  [1237.csv:dod.1237]",
			"us-dod-1260h  [1260h.csv:dod.1260h]", "events/acme 2026-11-01 [acme.yaml:events]", "policy/some-policy 2026-01-02 [policy.yaml:policy]",
		}},
		{"parts of one edition", []File{file("alt.csv", alias), file("x.yaml", events), file("sdn.csv", sdnPrimary)}, Options{Published: "2021-07-01"}, []string{
			"us-ofac-sdn 2021-07-01 [alt.csv:ofac.alias sdn.csv:ofac.primary]", "events/acme 2026-11-01 [x.yaml:events]",
		}},
		{"one file twice", []File{file("sdn.csv", sdnPrimary), file("copy of sdn.csv", sdnPrimary)}, Options{}, []string{"us-ofac-sdn  [sdn.csv:ofac.primary]"}},
		{"one part twice", []File{file("sdn.csv", sdnPrimary), file("sdn2.csv", "6"+sdnPrimary), file("x.yaml", events)}, Options{}, []string{
			"events/acme 2026-11-01 [x.yaml:events]", "error: sdn2.csv: is the primary part of us-ofac-sdn, as is sdn.csv; import one edition at a time",
		}},
		{"one chronicle twice", []File{file("a.yaml", events), file("b.yaml", events+"#\n")}, Options{}, []string{
			"error: b.yaml: is of source events/acme, as is a.yaml; import one edition at a time",
		}},
		{"a broken part keeps its edition out", []File{file("sdn.csv", sdnPrimary+"8,\"B\"\n"), file("alt.csv", alias), file("1237.csv", ccmc)}, Options{}, []string{
			"us-dod-1237  [1237.csv:dod.1237]", "error: sdn.csv: line 2: 2 columns, the primary part of an OFAC list has 12",
		}},
		{"a list that cannot be told", []File{file("x.csv", alias)}, Options{}, []string{"error: x.csv: cannot tell whether this alias part is of the SDN or the non-SDN list; say --source"}},
		{"a list that is told", []File{file("x.csv", alias)}, Options{Source: "us-ofac-sdn"}, []string{"us-ofac-sdn  [x.csv:ofac.alias]"}},
		{"another source", []File{file("1237.csv", ccmc)}, Options{Source: "us-ofac-sdn"}, []string{"error: 1237.csv: belongs to source us-dod-1237, not to us-ofac-sdn"}},
		{"packed", []File{{"sdn.csv.gz", packed(t, []byte(sdnPrimary))}}, Options{}, []string{"us-ofac-sdn  [sdn.csv.gz:ofac.primary]"}},
		{"packed and cut", []File{{"sdn.csv.gz", packed(t, []byte(sdnPrimary))[:30]}, file("1237.csv", ccmc)}, Options{}, []string{
			"us-dod-1237  [1237.csv:dod.1237]", "error: sdn.csv.gz: the gzip data ends too early; the file is cut off",
		}},
		{"another version", []File{file("x.yaml", strings.Replace(events, "events/v1", "events/v2", 1))}, Options{}, []string{`error: x.yaml: line 1: format "events/v2": want events/v1`}},
	} {
		editions, errs := Read(t.Context(), c.files, c.opts)
		got := strings.Split(told(editions, errs), "\n")
		if len(got) != len(c.want) {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			continue
		}
		for i := range got {
			if !strings.HasPrefix(got[i], c.want[i]) || strings.HasPrefix(got[i], "us-") && got[i] != c.want[i] {
				t.Errorf("%s:\n got %s\nwant %s", c.name, got[i], c.want[i])
			}
		}
		for _, err := range errs {
			if problem.KindOf(err) == problem.Internal {
				t.Errorf("%s: %v has no kind", c.name, err)
			}
		}
	}
}

// Bytes of an edition are those unpacked, so that one file has one digest
// however it comes.
func TestReadKeepsTheContent(t *testing.T) {
	editions, _ := Read(t.Context(), []File{{"sdn.csv.gz", packed(t, []byte(sdnPrimary))}}, Options{})
	if got := string(editions[0].Files[0].Bytes); got != sdnPrimary {
		t.Errorf("content %q", got)
	}
}

// A byte order mark before a document is no part of what it says, and stays
// in the bytes that are kept.
func TestByteOrderMark(t *testing.T) {
	const mark = "\ufeff"
	programme, err := os.ReadFile("../../programmes/us-bis-entity-list.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"events": events, "events below a comment": "# ours\n" + events, "policy": policyText, "programme": string(programme), "ccmc": ccmc, "sdn": sdnPrimary,
	} {
		plain, errs := Read(t.Context(), []File{file("x", text)}, Options{})
		if len(errs) != 0 {
			t.Fatalf("%s: %v", name, errs)
		}
		marked, errs := Read(t.Context(), []File{file("x", mark+text)}, Options{})
		if len(errs) != 0 || len(marked) != 1 {
			t.Errorf("%s behind a byte order mark: %d editions, %v", name, len(marked), errs)
			continue
		}
		if got := string(marked[0].Files[0].Bytes); got != mark+text {
			t.Errorf("%s: kept %.20q…", name, got)
		}
		if told(marked, nil) != told(plain, nil) || marked[0].Files[0].Reading.Rows != plain[0].Files[0].Reading.Rows {
			t.Errorf("%s: %s, without the mark %s", name, told(marked, nil), told(plain, nil))
		}
	}
}

func TestUnknownFormats(t *testing.T) {
	for text, want := range map[string]string{
		"":                                 "it is empty",
		" \n\n":                            "it is empty",
		"%PDF-1.7\n...":                    `it looks like a PDF file, beginning with "%PDF-1.7"`,
		"PK\x03\x04rest":                   `it looks like a zip archive, or an office document; unpack or export it first, beginning with "PK\x03\x04rest"`,
		"\xff\xfe7\x00,\x00":               "text in UTF-16; save it as UTF-8",
		"<!DOCTYPE html><p>not found":      "a web page",
		"<someList>":                       "XML or HTML",
		`{"bomFormat":"Other"}`:            "JSON of a kind that is not known",
		"countersign: banana/v1\n":         "a document of countersign's of a kind or version that is not known",
		"schema,name,start-date\nx\n":      `it begins with "schema,name,start-date"`,
		"\x00\x01\x02":                     "it is binary",
		"a\xffb" + strings.Repeat("c", 99): `it is binary, beginning with "a\xffb`,
		"Xiaomi ist gelistet, sagt eine sehr lange erste Zeile": `"Xiaomi ist gelistet, sagt eine sehr lang"…`,
	} {
		_, errs := Read(t.Context(), []File{file("f", text)}, Options{})
		if len(errs) != 1 || !strings.Contains(errs[0].Error(), want) || !errors.Is(errs[0], problem.Invalid) {
			t.Errorf("%q: got %v, want %s", text, errs, want)
		}
	}
}

func TestRules(t *testing.T) {
	editions, errs := Read(t.Context(), []File{file("p.yaml", policyText)}, Options{CheckPolicy: func([]byte) error { return nil }})
	if len(errs) != 0 || len(editions) != 1 {
		t.Fatal(errs)
	}
	r := editions[0].Files[0].Reading
	want := ledger.Statement{Kind: "policy.policy", Subject: "some-policy", Key: "some-policy", Body: rule{ID: "some-policy", YAML: policyText}}
	if r.Kind != "policy" || r.Mode != ledger.Chronicle || len(r.Statements) != 1 || r.Statements[0] != want {
		t.Errorf("reading %+v", r)
	}
	check := func([]byte) error { return problem.New(problem.Invalid, "line 4: no rules") }
	for text, want := range map[string]string{
		policyText: "p.yaml: line 4: no rules",
		strings.Replace(policyText, "some-policy", "Some Policy", 1): `p.yaml: id "Some Policy": want lower-case letters`,
		strings.Replace(policyText, "2026-01-02", "someday", 1):      `p.yaml: line 3: published "someday" is no date`,
		strings.Replace(policyText, "policy/v1", "policy/v7", 1):     `p.yaml: line 1: format "policy/v7": want policy/v1`,
		policyText + "---\nid: b\n":                                  "p.yaml: a second YAML document follows",
		policyText + "x: [\n":                                        "p.yaml: line ",
		"countersign: programme/v1\nid: p\n":                         "p.yaml: programme: ",
		policyText + strings.Repeat("# padding\n", 1<<17):            "p.yaml: 1310",
	} {
		_, errs := Read(t.Context(), []File{file("p.yaml", text)}, Options{CheckPolicy: check})
		if len(errs) != 1 || !strings.HasPrefix(errs[0].Error(), want) {
			t.Errorf("got %v, want %s", errs, want)
		}
	}
}

func TestReadStopsWhenAsked(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	editions, errs := Read(ctx, []File{file("sdn.csv", sdnPrimary), file("a.yaml", events), file("1237.csv", ccmc)}, Options{})
	if len(editions) != 0 || len(errs) != 3 || !errors.Is(errs[0], context.Canceled) {
		t.Errorf("%d editions, %v", len(editions), errs)
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{sdnPrimary, consPrimary, alias, ccmc, history, events, policyText, "{", "%PDF"} {
		f.Add("x", []byte(s))
		f.Add("sdn.csv.gz", packed(f, []byte(s)))
	}
	f.Fuzz(func(t *testing.T, name string, b []byte) {
		editions, errs := Read(t.Context(), []File{{name, b}}, Options{Limits: Limits{Bytes: 1 << 20}})
		if len(editions)+len(errs) != 1 {
			t.Errorf("%d editions, %d errors of one file", len(editions), len(errs))
		}
		for _, err := range errs {
			if problem.KindOf(err) == problem.Internal {
				t.Errorf("%v has no kind", err)
			}
			if s := fmt.Sprint(err); !strings.HasPrefix(s, name) {
				t.Errorf("%q does not name the file %q", s, name)
			}
		}
	})
}
