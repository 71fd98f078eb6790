package gate

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"countersign.dev/internal/policy"
)

var update = flag.Bool("update", false, "write the golden files")

// writers are all forms, by the ending of their golden file.
var writers = map[string]func(io.Writer, *Result) error{
	"sarif": func(w io.Writer, r *Result) error { return SARIF(w, r, SARIFOptions{}) },
	"xml":   JUnit,
	"md":    Markdown,
	"csv":   CSV,
}

func written(t testing.TB, form string, r *Result) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := writers[form](&b, r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestGolden(t *testing.T) {
	for name, result := range map[string]*Result{"camera": camera(), "clear": clear()} {
		for form := range writers {
			got := written(t, form, result)
			file := filepath.Join("testdata", name+"."+form)
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s is not what was written; run with -update and read the difference", file)
			}
		}
	}
}

func TestSameBytes(t *testing.T) {
	r := camera()
	for form := range writers {
		first := written(t, form, r)
		for range 10 {
			if !bytes.Equal(written(t, form, r), first) {
				t.Fatalf("two runs of %s differ", form)
			}
		}
	}
	if !reflect.DeepEqual(r, camera()) {
		t.Error("the result was changed")
	}
}

// failing is a full disk.
type failing struct{ left int }

func (f *failing) Write(b []byte) (int, error) {
	if f.left -= len(b); f.left < 0 {
		return 0, io.ErrShortWrite
	}
	return len(b), nil
}

func TestWriteErrors(t *testing.T) {
	for form, write := range writers {
		if err := write(&failing{left: 20}, camera()); err == nil {
			t.Errorf("%s says nothing of a disk that is full", form)
		}
	}
}

func TestOrder(t *testing.T) {
	var got []string
	for _, j := range camera().judge() {
		got = append(got, j.Advisory)
	}
	want := []string{"GHSA-jfh8-c2jp-5v3q", "GO-2025-0001", "GO-2024-2687", "MAL-2026-1", "PYSEC-2024-1", hostile}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the order is %q, want %q", got, want)
	}
}

// TestWorstVerdictWins joins a finding with the worst of the reasons that speak
// of it, and takes a word that is no verdict for a denial.
func TestWorstVerdictWins(t *testing.T) {
	r := &Result{
		Findings: []Finding{{Advisory: "A"}, {Advisory: "B"}},
		Policies: []Policy{
			{Reasons: []Reason{{Verdict: policy.Review, Because: "r", Findings: []int{0, 7, -1}}, {Verdict: policy.Allow, Because: "a", Findings: []int{0}}}},
			{Reasons: []Reason{{Verdict: policy.Deny, Because: "d", Findings: []int{0}}, {Verdict: "perhaps", Because: "p", Findings: []int{1}}}},
		},
	}
	all := r.judge()
	if all[0].verdict != policy.Deny || all[0].because != "d" || all[1].verdict != policy.Deny || all[1].because != "p" {
		t.Errorf("judged %s %q and %s %q", all[0].verdict, all[0].because, all[1].verdict, all[1].because)
	}
}

func TestVEXWords(t *testing.T) {
	for want, v := range map[string]VEX{
		"VEX of Acme: not affected (component_not_present): no server": {Status: "not_affected", Justification: "component_not_present", Statement: "no server", Issuer: "Acme"},
		"VEX of Acme, which another contradicts: affected":             {Status: "affected", Issuer: "Acme", Contested: true},
		"VEX of an unnamed issuer: under investigation":                {Status: "under_investigation"},
	} {
		if got := v.words(); got != want {
			t.Errorf("%+v is %q, want %q", v, got, want)
		}
	}
}

func TestSilenced(t *testing.T) {
	for _, tt := range []struct {
		status  string
		verdict policy.Verdict
		want    bool
	}{
		{"not_affected", policy.Allow, true},
		{"fixed", policy.Allow, true},
		{"affected", policy.Allow, false},
		{"under_investigation", policy.Allow, false},
		{"not_affected", policy.Deny, false},
	} {
		j := judged{Finding: &Finding{VEX: &VEX{Status: tt.status}}, verdict: tt.verdict}
		if j.silenced() != tt.want {
			t.Errorf("%s under %s: silenced is %v", tt.status, tt.verdict, j.silenced())
		}
	}
	if (&judged{Finding: &Finding{}, verdict: policy.Allow}).silenced() {
		t.Error("a finding without a statement is silenced")
	}
}
