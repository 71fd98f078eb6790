package label

import (
	"strings"
	"testing"

	"countersign.dev/internal/problem"
)

const camera = `countersign: application/v1
scheme: iot-mark
product: Northlight Cam 2
model: NL-C2
releases:
  - purl: pkg:generic/northlight/cam-2-firmware@2.4.1
    digests: ["sha256:` + hex64 + `"]
parties:
  - {role: maker, name: Northlight Devices, country: CA}
  - {role: laboratory, name: Quayside Test Laboratory}
registry:
  default_password: there is none; the owner sets one at first use
  secure_configuration: https://northlight.example/cam-2/secure
  updates_automatic: true
  updates: by itself, at night
  support: until the end of 2030
  sbom: true
support_end: 2031-01-01
facts: {etsi-en-303-645/e: true}
declared:
  - {control: nistir-8425/AI.1, status: met, note: printed serial number}
declaration: A. Norris, Managing Director
`

const hex64 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func TestParseApplication(t *testing.T) {
	a, err := ParseApplication([]byte(camera))
	if err != nil {
		t.Fatal(err)
	}
	s := &Scheme{ID: "iot-mark", Laboratory: true}
	if err := a.Complete(s); err != nil {
		t.Error(err)
	}
	for cut, want := range map[string]string{
		"  - {role: laboratory, name: Quayside Test Laboratory}\n": "lacks a laboratory among the parties",
		"declaration: A. Norris, Managing Director\n":              "lacks declaration",
		"    digests: [\"sha256:" + hex64 + "\"]\n":                "releases[0]: a purl and the digest",
	} {
		a, err := ParseApplication([]byte(strings.Replace(camera, cut, "", 1)))
		if err != nil {
			t.Errorf("without %q: %v", cut, err)
			continue
		}
		if err := a.Complete(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("without %q: %v, want %q", cut, err, want)
		}
	}
	if err := a.Complete(&Scheme{ID: "iot-tiers", Tiers: 4}); err == nil || !strings.Contains(err.Error(), "tiers 1 to 4") {
		t.Errorf("without a tier: %v", err)
	}
}

func TestParseApplicationRefuses(t *testing.T) {
	for change, want := range map[string]string{
		"product: Northlight Cam 2=>produkt: x":        "line 3: field produkt not found",
		"role: maker=>role: boss":                      `parties[0]: role "boss"`,
		"role: laboratory=>role: maker":                "parties[1]: a second maker",
		"status: met=>status: not_applicable":          "want met or not_met",
		"nistir-8425/AI.1=>AI.1":                       "want catalogue/id",
		hex64 + "=>abc":                                "releases[0]: digest",
		"support_end: 2031-01-01=>support_end: x":      "support_end",
		"application/v1=>application/v9":               "want application/v1",
		"scheme: iot-mark=>scheme: No Scheme":          "want the id of one",
		"by itself, at night=>\"by itself\\u0007\"":    "registry.updates: want text without control characters",
		"Northlight Cam 2=>\"\\u202egnp.Cam 2\"":       "product: want text without control characters and marks of direction",
		"Northlight Devices=>\"North\\u2066light\"":    "parties[0]: want text without",
		"printed serial number=>\"\\u001b]0;x\"":       "declared[0].note: want text without",
		"etsi-en-303-645/e: true=>\"a/\\u0007\": true": `facts["a/\a"]: want text without`,
	} {
		from, to, _ := strings.Cut(change, "=>")
		_, err := ParseApplication([]byte(strings.Replace(camera, from, to, 1)))
		if err == nil || !strings.Contains(err.Error(), want) || problem.KindOf(err) == problem.Internal {
			t.Errorf("%s: %v, want %q", change, err, want)
		}
	}
	if _, err := ParseApplication([]byte(camera + "---\n" + camera)); err == nil {
		t.Error("two applications in one file are taken for one")
	}
	if _, err := ParseApplication(make([]byte, maxApplication+1)); problem.KindOf(err) != problem.TooLarge {
		t.Errorf("a file beyond the limit: %v", err)
	}
}

func FuzzParseApplication(f *testing.F) {
	f.Add([]byte(camera))
	f.Add([]byte(`{"countersign": "application/v1", "scheme": "a", "parties": [{}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if a, err := ParseApplication(b); err == nil {
			_ = a.Complete(&Scheme{Laboratory: true, Tiers: 4})
		} else if problem.KindOf(err) == problem.Internal {
			t.Errorf("%v has no kind", err)
		}
	})
}

func FuzzParseScheme(f *testing.F) {
	f.Add([]byte("countersign: scheme/v1\nid: a\ntitle: b\nmark: c\nauthority: {name: d}\nprofile: e\npolicy: f\nvalid_months: 3\nrules: [{id: g, on: test, title: h}]\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := ParseScheme(b); err != nil && problem.KindOf(err) == problem.Internal {
			t.Errorf("%v has no kind", err)
		}
	})
}

func FuzzParseEvent(f *testing.F) {
	f.Add([]byte(`{"label_event": "label-event/v1", "label": "a", "sequence": 1, "kind": "applied", "effective": "2021-01-01", "recorded": "2021-01-01T00:00:00Z", "scheme": "s", "reason": "r"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := ParseEvent(b)
		if err != nil {
			if problem.KindOf(err) == problem.Internal {
				t.Errorf("%v has no kind", err)
			}
			return
		}
		Fold([]*Event{e}, e.On)
		if again, err := e.Marshal(); err != nil || len(again) == 0 {
			t.Errorf("what was read cannot be written: %v", err)
		}
	})
}
