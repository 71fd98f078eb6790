package duty_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"countersign.dev/internal/duty"
	"github.com/google/go-cmp/cmp"
)

func TestParseRule(t *testing.T) {
	tests := []struct {
		in   string
		want duty.Rule
	}{
		{"designated", duty.Rule{After: "designated"}},
		{"designated + 60 days at 09:30 in America/New_York", duty.Rule{After: "designated", Amount: 60, Unit: duty.Days, Hour: "09:30", Zone: "America/New_York"}},
		{"first aware + 72 hours met by notified", duty.Rule{After: "aware", First: true, Amount: 72, Unit: duty.Hours, MetBy: "notified"}},
		{"notice + 10 business days rolled following", duty.Rule{After: "notice", Amount: 10, Unit: duty.BusinessDays, Roll: duty.Following}},
		{"notice + 1 business day", duty.Rule{After: "notice", Amount: 1, Unit: duty.BusinessDays}},
		{"2021-11-11 at 23:59 in America/New_York", duty.Rule{On: "2021-11-11", Hour: "23:59", Zone: "America/New_York"}},
	}
	for _, tt := range tests {
		got, err := duty.ParseRule("  " + strings.ReplaceAll(tt.in, " ", "   "))
		if err != nil {
			t.Errorf("%q: %v", tt.in, err)
			continue
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.in, diff)
		}
		if got.String() != tt.in {
			t.Errorf("written %q, want %q", got, tt.in)
		}
	}
}

func TestParseRuleErrors(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", "want EVENT or YYYY-MM-DD first"},
		{"Designated", "no kind of event"},
		{"2021-13-01", "want YYYY-MM-DD"},
		{"2021-01-01 + 3 days", "no event to count from"},
		{"first 2021-01-01", "no event to count from"},
		{"designated + many days", "want a number of units"},
		{"designated + 0 days", "want a number of units"},
		{"designated + -3 days", "want 0 to"},
		{"designated + 3 weeks", `unit "weeks"`},
		{"designated + 3", "ends too early"},
		{"designated + 3 business", "ends too early"},
		{"designated + 30000 business days", "want 0 to 20000"},
		{"designated at 9:30", "want HH:MM"},
		{"designated at 24:00", "want HH:MM"},
		{"designated at", "ends too early"},
		{"designated in Atlantis", "no time zone"},
		{"designated in Local", "no time zone"},
		{"designated in ../etc/passwd", "no time zone"},
		{"designated + 3 hours at 09:30", "no hour of the day"},
		{"designated rolled sideways", "want following or preceding"},
		{"aware met notified", "want by after met"},
		{"aware met by Notified", "no kind of event"},
		{"designated in UTC at 09:30", `"at" is out of place`},
	}
	for _, tt := range tests {
		_, err := duty.ParseRule(tt.in)
		if !errors.Is(err, duty.ErrRule) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: %v, want one that says %q", tt.in, err, tt.want)
		}
	}
}

func TestRuleAsText(t *testing.T) {
	in := duty.Rule{After: "designated", Amount: 60, Unit: duty.Days}
	text, err := json.Marshal(in)
	if err != nil || string(text) != `"designated + 60 days"` {
		t.Fatalf("%s, %v", text, err)
	}
	var out duty.Rule
	if err := json.Unmarshal(text, &out); err != nil || out != in {
		t.Errorf("%v, %v", out, err)
	}
	if err := json.Unmarshal([]byte(`"designated +"`), &out); !errors.Is(err, duty.ErrRule) {
		t.Errorf("error %v", err)
	}
}

func TestValidate(t *testing.T) {
	tests := []struct {
		rule duty.Rule
		want string
	}{
		{duty.Rule{After: "a", On: "2021-01-01"}, "either"},
		{duty.Rule{After: "a", Amount: 3}, "want 0 to 0"},
		{duty.Rule{After: "a", Unit: duty.Days}, "has no unit"},
		{duty.Rule{After: "a", Amount: 2_000_000, Unit: duty.Days}, "want 0 to 1000000"},
	}
	for _, tt := range tests {
		if err := tt.rule.Validate(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v, want one that says %q", tt.rule, err, tt.want)
		}
	}
}
