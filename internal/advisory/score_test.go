package advisory

import (
	"errors"
	"strings"
	"testing"

	"countersign.dev/internal/problem"
)

// The vectors and scores are from the examples documents of CVSS 3.1 and 4.0
// and from section 3.3 of the guide to CVSS 2.0.
func TestScore(t *testing.T) {
	for _, c := range []struct {
		vector, typ string
		score       float64
		word        string
	}{
		{"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", CVSSv3, 10, "critical"}, // CVE-2021-44228
		{"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", CVSSv3, 7.5, "high"},
		{"CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", CVSSv3, 6.4, "medium"},
		{"CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N", CVSSv3, 3.1, "low"},
		{"CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", CVSSv3, 0, "none"},
		{"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:U/RL:O/RC:U", CVSSv3, 9.8, "critical"}, // the base score
		{"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", CVSSv4, 10, "critical"},
		{"CVSS:4.0/AV:L/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", CVSSv4, 7.3, "high"},
		{"AV:N/AC:L/Au:N/C:N/I:N/A:C", CVSSv2, 7.8, "high"},
		{"(AV:N/AC:L/Au:N/C:C/I:C/A:C)", CVSSv2, 10, "critical"},
	} {
		typ, score, err := Score(c.vector)
		if err != nil || typ != c.typ || score != c.score || Word(score) != c.word {
			t.Errorf("%s: %s %.1f %s %v, want %s %.1f %s", c.vector, typ, score, Word(score), err, c.typ, c.score, c.word)
		}
	}
	for _, bad := range []string{"", "high", "CVSS:3.1/", "CVSS:3.1/AV:N", "CVSS:5.0/AV:N", "CVSS:4.0/AV:N/AC:L", "9.8", "()", strings.Repeat("AV:N/", 1000)} {
		if typ, score, err := Score(bad); !errors.Is(err, problem.Invalid) {
			t.Errorf("%.40q: %s %.1f %v, want an error", bad, typ, score, err)
		}
	}
}

func TestRatings(t *testing.T) {
	for text, want := range map[string]string{"MODERATE": "medium", "Important": "high", "negligible": "low", "CRITICAL": "critical", "9.8": "critical", "4": "medium"} {
		if s, ok := RateWord(text, ""); !ok || s.Word != want {
			t.Errorf("%q: %+v %v, want %s", text, s, ok, want)
		}
	}
	for _, text := range []string{"", "unknown", "None of these", "11", "-1", "NaN", "Inf"} {
		if s, ok := RateWord(text, ""); ok {
			t.Errorf("%q: %+v, want nothing", text, s)
		}
	}
	if s := RateVector(CVSSv3, "CVSS:3.1/oops", "nvd"); s != (Severity{Type: CVSSv3, Vector: "CVSS:3.1/oops", Source: "nvd"}) {
		t.Errorf("a broken vector became %+v", s)
	}
	for vector, want := range map[string]Severity{
		"AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N": {Type: CVSSv3, Vector: "AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", Score: 7.5, Word: "high"},
		"9.8":                                 {Type: CVSSv3, Score: 9.8, Word: "critical"},
		"high":                                {Type: CVSSv3, Vector: "high"},
	} {
		if s := RateVector(CVSSv3, vector, ""); s != want {
			t.Errorf("%s became %+v, want %+v", vector, s, want)
		}
	}
	worst, ok := Worst([]Severity{{Type: CVSSv3}, {Word: "high"}, {Word: "high", Score: 8.1}, {Word: "medium", Score: 6.9}})
	if !ok || worst.Score != 8.1 {
		t.Errorf("worst %+v %v", worst, ok)
	}
	if w, ok := Worst([]Severity{{Type: CVSSv2, Vector: "?"}}); ok {
		t.Errorf("worst of nothing: %+v", w)
	}
}

func FuzzScore(f *testing.F) {
	f.Add("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H")
	f.Add("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H/E:U")
	f.Add("AV:N/AC:L/Au:N/C:N/I:N/A:C/E:F")
	f.Fuzz(func(t *testing.T, vector string) {
		typ, score, err := Score(vector)
		if err == nil && (Word(score) == "" || typ == "") {
			t.Errorf("%q: %s %f", vector, typ, score)
		}
	})
}
