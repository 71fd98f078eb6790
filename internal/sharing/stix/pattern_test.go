package stix

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestPatternOfIndicator(t *testing.T) {
	for _, c := range []struct{ pattern, patch, says string }{
		{`[domain-name:value = 'avsvmcloud.com']`, "", ""},
		{`[x-own:x_thing.'Any Key' = 1] WITHIN 5 SECONDS`, "", ""},
		{`[ipv4-addr:id = 'x']`, "", ""},
		{`domain-name:value = 'avsvmcloud.com'`, "", "is no pattern"},
		{`[domain-name:value = ]`, "", "at byte"},
		{`[]`, "", "is no pattern"},
		{`[file:ab = 1]`, "", `for "ab"`},
		{`[file:name = 'x'] START '2020-01-01T00:00:00Z' STOP '2021-01-01T00:00:00Z'`, "", "is no pattern"},
		{`[file:name = 'x'] START '2020-01-01T00:00:00Z' STOP '2021-01-01T00:00:00Z'`, `"pattern_version":"2.0"`, ""},
		{`anything`, `"pattern_type":"yara"`, ""},
	} {
		text, err := json.Marshal(c.pattern)
		if err != nil {
			t.Fatal(err)
		}
		patch := `{"pattern":` + string(text)
		if c.patch != "" {
			patch += "," + c.patch
		}
		r := Validate(changed(t, "indicator", patch+"}"))
		switch {
		case c.says == "" && !r.Valid:
			t.Errorf("%s: %+v", c.pattern, r.Errors)
		case c.says != "" && (len(r.Errors) != 1 || r.Errors[0].Path != "pattern" || !strings.Contains(r.Errors[0].Message, c.says)):
			t.Errorf("%s: got %+v, want an error that says %s", c.pattern, r.Errors, c.says)
		}
	}
}
