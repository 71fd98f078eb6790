package inventory

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/problem"
	"countersign.dev/internal/software"
	"countersign.dev/internal/software/cyclonedx"
)

// A bill of what is in operation: a system with a device, and what runs on it.
func TestFromBill(t *testing.T) {
	text, err := os.ReadFile("testdata/border.cdx.json")
	if err != nil {
		t.Fatal(err)
	}
	b, err := cyclonedx.Read(t.Context(), text, cyclonedx.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if !IsInventory(b) || IsInventory(&software.Bill{Contexts: []string{"build"}}) {
		t.Error("not told from a bill of a build")
	}
	r, err := FromBill(b, Options{Source: "inventory/border", Organisation: "Border Agency"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`organisation organisation:border-agency <name:border agency> {"name":"Border Agency"}`,
		`system system:border/border-cameras <name:border cameras> {"name":"Border Cameras","organisation":"organisation:border-agency"}`,
		`asset asset:border/cam-7 <system:border/border-cameras> {"system":"system:border/border-cameras","kind":"device","model":"Cam X 2","vendor":"Example Vision"}`,
		`deployment system:border/border-cameras <purl:pkg:generic/example-vision/camfw@4.1> {"asset":"asset:border/cam-7","purl":"pkg:generic/example-vision/camfw@4.1","name":"camfw","version":"4.1","vendor":"Example Vision"}`,
		`alias system:border/border-cameras <name:camfw 4.1> {"asset":"asset:border/cam-7","purl":"pkg:generic/example-vision/camfw@4.1","name":"camfw","version":"4.1","vendor":"Example Vision"}`,
		`deployment system:border/border-cameras <cpe:2.3:o:microsoft:windows_server_2019:-:*:*:*:*:*:*:*> {"cpe":"cpe:2.3:o:microsoft:windows_server_2019:-:*:*:*:*:*:*:*","name":"Windows Server","version":"2019"}`,
		`alias system:border/border-cameras <name:windows server 2019> {"cpe":"cpe:2.3:o:microsoft:windows_server_2019:-:*:*:*:*:*:*:*","name":"Windows Server","version":"2019"}`,
		`deployment system:border/border-cameras <name:thing> {"name":"thing"}`,
	}
	if d := cmp.Diff(want, short(r)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if len(r.Warnings) != 2 || r.Warnings[0] != `component bad: "pkg:broken" is no purl` || !strings.HasPrefix(r.Warnings[1], "components[3]") || r.Published != "2021-01-05" {
		t.Errorf("published %q, warnings %q", r.Published, r.Warnings)
	}
}

// A bill in operation whose subject has a version is of a release that runs.
func TestFromBillOfRelease(t *testing.T) {
	b := &software.Bill{Contexts: []string{"operations"}, Components: []software.Component{{Type: "application", Name: "portal", Version: "3.2.1", Parent: -1}}}
	r, err := FromBill(b, Options{Source: "inventory/a"})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{`system system:a/portal <name:portal> {"name":"portal"}`, `deployment system:a/portal <name:portal 3.2.1> {"name":"portal","version":"3.2.1"}`}, short(r)); d != "" || r.Part != "bill of portal" {
		t.Errorf("part %q: %s", r.Part, d)
	}
	if _, err := FromBill(&software.Bill{Root: -1, Contexts: []string{"operations"}}, Options{}); problem.KindOf(err) != problem.Invalid {
		t.Errorf("a bill about nothing: %v", err)
	}
	// Components that are nested in themselves end somewhere.
	loop := &software.Bill{Root: -1, Name: "x", Components: []software.Component{{Type: "application", Name: "a", Parent: 0}}}
	if r, err := FromBill(loop, Options{}); err != nil || len(r.Statements) != 2 {
		t.Errorf("%v, %v", r, err)
	}
}
