package oscal

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/assurance/catalogue"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/realdata"
)

func real(t *testing.T, rel string) []byte {
	t.Helper()
	b, err := os.ReadFile(realdata.Path(t, "data/"+rel))
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(rel, ".gz") {
		z, err := gzip.NewReader(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if b, err = io.ReadAll(z); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// TestRealSSDF: the tasks of SP 800-218 that others wrote down are those of our
// catalogue.
func TestRealSSDF(t *testing.T) {
	c, notes, err := ReadCatalogue(real(t, "assurance/ssdf/sp800-218_generated.json"), "sp800-218")
	if err != nil {
		t.Fatal(err)
	}
	var theirs, ours []string
	for i := range c.Controls {
		if !c.Head(c.Controls[i].ID) {
			theirs = append(theirs, strings.ReplaceAll(c.Controls[i].ID, "_", "."))
		}
	}
	ssdf := shipped(t).Catalogue("nist-ssdf")
	for i := range ssdf.Controls {
		if ssdf.Controls[i].Kind == "task" {
			ours = append(ours, ssdf.Controls[i].ID)
		}
	}
	slices.Sort(theirs)
	slices.Sort(ours)
	if len(theirs) != 42 || !slices.Equal(theirs, ours) {
		t.Errorf("tasks (-ours +theirs):\n%s", cmp.Diff(ours, theirs))
	}
	// Its groups have id and title exchanged.
	told := Note{"catalog/groups/0", "id and title look exchanged here and in 18 other groups: used the other way round"}
	if len(notes) != 1 || notes[0] != told || c.Control("PO_1") == nil || c.Control("PO_1").Title != "Define Security Requirements for Software Development" {
		t.Errorf("notes %v, practice %+v", notes, c.Control("PO_1"))
	}
	if got := c.Control("PO_1_1"); got.Parent != "PO_1" || !strings.HasPrefix(got.Statement, "Identify and document all security requirements") {
		t.Errorf("task %+v", got)
	}
}

// TestRealFormMapping: on which tasks each clause of the order stands in our
// catalogue of the form is what others wrote down for its draft.
func TestRealFormMapping(t *testing.T) {
	d, err := open(real(t, "assurance/ssdf/EO14028_min.json"), modelCatalog)
	if err != nil {
		t.Fatal(err)
	}
	ours := map[string][]string{}
	form := shipped(t).Catalogue("cisa-ssda-common-form")
	for i := range form.Controls {
		if c := &form.Controls[i]; c.EO14028 != "" {
			ours[c.EO14028] = c.SSDF
		}
	}
	compared := 0
	same := func(clause string, props []property) {
		for _, p := range props {
			var theirs []string
			for _, task := range strings.Split(p.Value, ",") {
				theirs = append(theirs, strings.ReplaceAll(strings.TrimSpace(task), " ", "."))
			}
			slices.Sort(theirs)
			if diff := cmp.Diff(ours[clause], theirs); diff != "" {
				t.Errorf("%s (-ours +theirs):\n%s", clause, diff)
			}
			compared++
		}
	}
	for _, g := range d.Catalog.Groups {
		same(g.ID, g.Props)
		for _, c := range g.Controls {
			same(c.ID, c.Props)
		}
	}
	if compared != 9 {
		t.Errorf("compared %d clauses, want 9", compared)
	}
}

func TestRealCatalogues(t *testing.T) {
	for _, want := range []struct {
		file, id        string
		controls, notes int
		control, says   string
	}{
		{"assurance/oscal/basic-catalog.json", "sample-security-catalog-for-demonstration-and-testing", 8, 0, "s1.1.1",
			"All information security responsibilities should be defined and allocated. A value has been assigned to [initiating a device lock"},
		{"network/oscal/basic-catalog.json", "sample-security-catalog-for-demonstration-and-testing", 8, 0, "s1.1.2", "Conflicting duties"},
		{"assurance/ssdf/EO14028_min.json", "secure-software-development-attestation-form-requirements", 16, 1, "4e(vi)", "The software producer maintains provenance"},
		{"network/oscal/NIST_SP-800-53_rev5_LOW-resolved_catalog.json.gz", "", 0, 0, "ac-1", "a. Develop, document, and disseminate to"},
	} {
		c, notes, err := ReadCatalogue(real(t, want.file), "")
		if err != nil {
			t.Errorf("%s: %v", want.file, err)
			continue
		}
		if want.controls > 0 && (c.ID != want.id || len(c.Controls) != want.controls || len(notes) != want.notes) {
			t.Errorf("%s: %s with %d controls and notes %v, want %s with %d and %d notes", want.file, c.ID, len(c.Controls), notes, want.id, want.controls, want.notes)
		}
		if ctl := c.Control(want.control); ctl == nil || !strings.HasPrefix(ctl.Statement, want.says) {
			t.Errorf("%s: control %s is %+v, want one that says %s", want.file, want.control, ctl, want.says)
		}
		// What came in goes out as YAML and as OSCAL and comes back the same.
		for form, again := range map[string]func() (*catalogue.Catalogue, error){
			"YAML": func() (*catalogue.Catalogue, error) { return catalogue.Parse(c.YAML()) },
			"OSCAL": func() (*catalogue.Catalogue, error) {
				got, _, err := ReadCatalogue(written(t, c), "")
				return got, err
			},
		} {
			got, err := again()
			if err != nil {
				t.Errorf("%s as %s: %v", want.file, form, err)
			} else if diff := cmp.Diff(c, got, asIs); diff != "" {
				t.Errorf("%s as %s (-want +got):\n%s", want.file, form, diff)
			}
		}
		valid(t, schema(t, "catalog"), written(t, c))
	}
}

// TestRealBroken: four documents that are none, each refused in one line that
// says what is wrong.
func TestRealBroken(t *testing.T) {
	for file, says := range map[string]string{
		"Empty.json":           "no OSCAL document: want an object with the member catalog, found an empty one",
		"MissingMetaData.json": "catalog/metadata: missing",
		"MissingVersion.json":  "catalog/metadata/version: missing",
		"noGroups.json":        "catalog: has neither groups nor controls",
	} {
		_, _, err := ReadCatalogue(real(t, "assurance/ssdf/invalid-oscal/"+file), "")
		if problem.KindOf(err) != problem.Invalid || err.Error() != says {
			t.Errorf("%s: %v, want %s", file, err, says)
		}
	}
}

// TestRealOthers: models that are not read here are named in the error.
func TestRealOthers(t *testing.T) {
	for file, says := range map[string]string{
		"example-component-definition.json":          "found component-definition",
		"ifa_assessment-plan-example.json":           "found assessment-plan",
		"ifa_plan-of-action-and-milestones.json":     "found plan-of-action-and-milestones",
		"ifa_plan-of-action-and-milestones-min.json": "found plan-of-action-and-milestones",
		"ifa_assessment-results-example.json":        "found assessment-results",
	} {
		b := real(t, "assurance/oscal/"+file)
		_, _, err := ReadCatalogue(b, "")
		if problem.KindOf(err) != problem.Invalid || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %s", file, err, says)
		}
		if got := Recognise(file, b[:1000]); got != strings.Contains(file, "results") {
			t.Errorf("%s: recognised %v", file, got)
		}
	}
	for _, file := range []string{"assurance/oscal/basic-catalog.json", "assurance/ssdf/sp800-218_generated.json", "assurance/ssdf/EO14028_min.json", "network/oscal/NIST_SP-800-53_rev5_LOW-baseline_profile.json"} {
		if !Recognise(file, real(t, file)[:1000]) {
			t.Errorf("%s: not recognised", file)
		}
	}
}

func TestRealProfile(t *testing.T) {
	for file, n := range map[string]int{"LOW": 149, "MODERATE": 287} {
		p, notes, err := ReadProfile(real(t, "network/oscal/NIST_SP-800-53_rev5_"+file+"-baseline_profile.json"), nil)
		if err != nil {
			t.Fatal(err)
		}
		got := 0
		for _, a := range p.Asks {
			got += len(a.Controls)
		}
		if got != n || p.Version != "5.1.1+u4" {
			t.Errorf("%s: %d controls of %v, version %s, want %d; %v", file, got, p.Catalogues(), p.Version, n, notes)
		}
	}
	// What LOW selects is what NIST resolved it to.
	p, _, err := ReadProfile(real(t, "network/oscal/NIST_SP-800-53_rev5_LOW-baseline_profile.json"), func(string) string { return "low" })
	if err != nil {
		t.Fatal(err)
	}
	c, _, err := ReadCatalogue(real(t, "network/oscal/NIST_SP-800-53_rev5_LOW-resolved_catalog.json.gz"), "low")
	if err != nil {
		t.Fatal(err)
	}
	set, err := catalogue.NewSet([]*catalogue.Catalogue{c}, []*catalogue.Profile{p})
	if err != nil {
		t.Fatal(err)
	}
	asked, err := p.Select(set, 0)
	if err != nil || len(asked) != 149 {
		t.Errorf("%d controls selected, want 149: %v", len(asked), err)
	}
}

func TestRealResults(t *testing.T) {
	all, notes, err := ReadResults(real(t, "assurance/oscal/ifa_assessment-results-example.json"))
	if err != nil || len(all) != 1 || len(notes) != 0 {
		t.Fatalf("%d results, notes %v: %v", len(all), notes, err)
	}
	r := all[0]
	if len(r.Findings) != 1 || len(r.Assessors) != 1 || r.Assessors[0].Name != "Amy Assessor" {
		t.Fatalf("results %+v", r)
	}
	f := r.Findings[0]
	if f.Control != "ac-6.1" || f.Status != NotMet || len(f.Observations) != 1 || f.Observations[0].Method != "TEST" {
		t.Errorf("finding %+v", f)
	}
}
