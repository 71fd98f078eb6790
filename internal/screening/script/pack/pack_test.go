package pack

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/aliases"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
)

const small = `countersign: aliases/v1
id: zh-few
about: two companies
sources: {self: its own site}
aliases:
  - {latin: [Hikvision, Hangzhou Hikvision], native: {zh: [海康威视]}, part: true, source: self, sure: from_memory}
  - {latin: [AVIC, Aviation Industry Corporation of China], source: "https://www.avic.com/", sure: verified}
`

func TestParse(t *testing.T) {
	got, err := Parse([]byte(small))
	if err != nil {
		t.Fatal(err)
	}
	want := &Pack{ID: "zh-few", About: "two companies", Aliases: []Alias{
		{Latin: []string{"Hikvision", "Hangzhou Hikvision"}, Native: map[string][]string{"zh": {"海康威视"}}, Part: true, Source: "its own site", Sure: FromMemory},
		{Latin: []string{"AVIC", "Aviation Industry Corporation of China"}, Source: "https://www.avic.com/", Sure: Verified},
	}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestParseRefuses(t *testing.T) {
	for change, want := range map[string]string{
		"aliases/v1|aliases/v2":                     `countersign is "aliases/v2", want "aliases/v1"`,
		"zh-few|ZH few":                             `id is "ZH few"`,
		"about:|abuot:":                             "field abuot not found",
		"sure: verified|sure: quite":                `line 7: sure is "quite", want verified or from_memory`,
		"source: self|source: hearsay":              `line 6: source is "hearsay"`,
		"{zh: [海康威视]}|{chinese: [海康威视]}":            `line 6: native has 1 names of language "chinese"`,
		"part: true|piece: true":                    `line 6: unknown field "piece"`,
		"[Hikvision, Hangzhou Hikvision]|[]":        "line 6: no latin name",
		"[海康威视]|['...']":                            `line 6: name "..."`,
		"[AVIC, Aviation Industry|[A #":             "aliases: ",
		", Aviation Industry Corporation of China|": "line 7: one name alone is no alias",
	} {
		from, to, _ := strings.Cut(change, "|")
		_, err := Parse([]byte(strings.Replace(small, from, to, 1)))
		if err == nil || problem.KindOf(err) != problem.Invalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one of kind invalid with %q", change, err, want)
		}
	}
	if _, err := Parse(nil); err == nil || !strings.Contains(err.Error(), "the file is empty") {
		t.Errorf("error %v of an empty file", err)
	}
	if _, err := Parse(make([]byte, maxBytes+1)); problem.KindOf(err) != problem.TooLarge {
		t.Errorf("error %v of a large file, want one of kind too large", err)
	}
}

// Every shipped pack parses, has nothing twice, and is large enough to be what
// it says it is.
func TestShipped(t *testing.T) {
	packs, err := read(aliases.FS)
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]int{}
	for _, p := range packs {
		rows[p.ID] = len(p.Aliases)
		if p.About == "" {
			t.Errorf("%s does not say what is in it", p.ID)
		}
		seen := map[string]string{}
		for _, a := range p.Aliases {
			for _, native := range a.Native {
				for _, n := range native {
					folded := party.Fold(n)
					if other, ok := seen[folded]; ok {
						t.Errorf("%s: %s is %s and %s", p.ID, n, other, a.Latin[0])
					}
					seen[folded] = a.Latin[0]
				}
			}
		}
	}
	for id, least := range map[string]int{"zh-companies": 300, "ru-organisations": 40, "acronyms": 40} {
		if rows[id] < least {
			t.Errorf("%s has %d rows, want at least %d", id, rows[id], least)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte("countersign: aliases/v1\nid: a\naliases: [{}, 1, [x]]"))
	f.Add([]byte("&a [*a]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := Parse(text)
		if err != nil {
			if k := problem.KindOf(err); k != problem.Invalid && k != problem.TooLarge {
				t.Fatalf("error of kind %s: %v", k, err)
			}
			return
		}
		for _, a := range p.Aliases {
			if err := a.check(); err != nil {
				t.Fatalf("accepted an alias that does not check: %v", err)
			}
		}
	})
}
