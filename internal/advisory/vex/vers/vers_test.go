package vers

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/advisory"
)

func TestParse(t *testing.T) {
	for in, want := range map[string]string{
		"vers:all/*":                      "vers:all/*",
		"All versions":                    "vers:generic/*",
		"*":                               "vers:generic/*",
		"vers:npm/1.2.3":                  "vers:npm/1.2.3",
		"vers:npm/>=1.2|<2.0":             "vers:npm/>=1.2|<2.0",
		"vers:NPM/ >=1.2 | !=1.3 | < 2.0": "vers:npm/>=1.2|!=1.3|<2.0",
		"vers:deb/<1%3A2.0":               "vers:deb/<1:2.0",
		"vers:generic/<1|>=2|<3|4":        "vers:generic/<1|>=2|<3|4",
		"<= 1.12.0.25":                    "vers:generic/<=1.12.0.25",
		"<V8.3.0 HF5":                     "vers:generic/<V8.3.0%20HF5",
		">= 2.1 | <= 2.4":                 "vers:generic/>=2.1|<=2.4",
		">= V1.0 < V2.0":                  "vers:generic/>=V1.0|<V2.0",
		">=1.0, <2.0":                     "vers:generic/>=1.0|<2.0",
		">=1.0 and <2.0":                  "vers:generic/>=1.0|<2.0",
		"All versions < V4.1":             "vers:generic/<V4.1",
		"All BIOS versions < V21":         "vers:generic/<V21",
		"V1.0.2":                          "vers:generic/V1.0.2",
		"1.32|1.33 | 2":                   "vers:generic/1.32|1.33|2",
		"BIOS < V2":                       "vers:generic/<V2",
		"≤ 3":                             "vers:generic/<=3",
	} {
		r, err := Parse(in)
		if err != nil {
			t.Errorf("%q: %v", in, err)
			continue
		}
		if got := r.String(); got != want {
			t.Errorf("%q: %s; want %s", in, got, want)
		}
		again, err := Parse(r.String())
		if err != nil || again.String() != r.String() {
			t.Errorf("%q: written as %q, which reads as %q, %v", in, r.String(), again.String(), err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for in, want := range map[string]string{
		"":                           "want bounds",
		"vers:":                      "want vers:SCHEME/CONSTRAINT",
		"vers:npm/":                  "want vers:SCHEME/CONSTRAINT",
		"vers:npm/>=1|":              "no constraint",
		"vers:npm/1|*":               "no constraint",
		"vers:npm/>=1<2":             "no constraint",
		"vers:npm/>=1|>2":            "two lower bounds",
		"vers:npm/>=1|<2|<3":         "two upper bounds",
		"vers:npm/<2|<3":             "two upper bounds",
		"< 2 | >= 1":                 "want the lower bound first",
		"<":                          "want a version after <",
		"see the release notes":      "want bounds",
		"2.00 to 6.11":               "want bounds",
		"V4.7: < V4.7 HF27":          "want bounds",
		strings.Repeat("1", 1+4<<10): "at most",
	} {
		if r, err := Parse(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, %v; want %q", in, r, err, want)
		}
	}
}

func TestAffected(t *testing.T) {
	for _, c := range []struct {
		in     string
		want   advisory.Affected
		except []string
	}{
		{"vers:all/*", advisory.Affected{Ranges: []advisory.Range{{Type: "ECOSYSTEM", Events: []advisory.Event{{Introduced: "0"}}}}}, nil},
		{"vers:x/1|<=2|>=3|<4|>5", advisory.Affected{
			Versions: []string{"1"},
			Ranges: []advisory.Range{
				{Type: "ECOSYSTEM", Events: []advisory.Event{{Introduced: "0"}, {LastAffected: "2"}}},
				{Type: "ECOSYSTEM", Events: []advisory.Event{{Introduced: "3"}, {Fixed: "4"}}},
				{Type: "ECOSYSTEM", Events: []advisory.Event{{Introduced: "5"}}},
			},
		}, []string{"5"}},
		{"vers:x/!=7", advisory.Affected{Ranges: []advisory.Range{{Type: "ECOSYSTEM", Events: []advisory.Event{{Introduced: "0"}}}}}, []string{"7"}},
	} {
		r, err := Parse(c.in)
		if err != nil {
			t.Errorf("%s: %v", c.in, err)
			continue
		}
		var got advisory.Affected
		except := r.Affected(&got)
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: (-want +got)\n%s", c.in, d)
		}
		if d := cmp.Diff(c.except, except); d != "" {
			t.Errorf("%s: except (-want +got)\n%s", c.in, d)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("vers:npm/>=1.2|!=1.3|<2.0%7C")
	f.Add(">= V1.0 and < V2.0 HF 3")
	f.Add("All versions")
	f.Fuzz(func(t *testing.T, s string) {
		r, err := Parse(s)
		if err != nil {
			return
		}
		again, err := Parse(r.String())
		if err != nil || again.String() != r.String() {
			t.Errorf("%q: written as %q, which reads as %q, %v", s, r.String(), again.String(), err)
		}
		var a advisory.Affected
		r.Affected(&a)
		if len(a.Ranges) == 0 && len(a.Versions) == 0 {
			t.Errorf("%q: nothing is affected", s)
		}
	})
}
