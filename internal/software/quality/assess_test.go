package quality

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"countersign.dev/internal/software"
)

var update = flag.Bool("update", false, "write the golden files")

// camera is a bill with something to say about each part of the assessment.
func camera() *software.Bill {
	at := func(c software.Component) software.Component {
		c.Parent = -1
		return c
	}
	return &software.Bill{
		Format: "CycloneDX", Version: "1.5", ID: "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79", Revision: 1,
		Created: "2026-03-01T09:00:00Z", Authors: []string{"Acme Cameras (sbom@acme.example)"}, Tools: []string{"builder 2.1"},
		Contexts: []string{"build"}, Root: 0, Complete: "incomplete",
		Components: []software.Component{
			at(software.Component{Ref: "cam", Type: "firmware", Name: "camera", Version: "4.2", Maker: "Acme Cameras"}),
			at(software.Component{
				Ref: "req", Type: "library", Name: "requests", Version: "2.31.0", PURL: "pkg:pypi/requests@2.31.0",
				Supplier: "Python Software Foundation", Hashes: []software.Hash{{Algorithm: "SHA-512", Value: strings.Repeat("ab", 64)}},
				Licences: []software.Licence{{Expression: "Apache-2.0", Acknowledged: "concluded"}},
			}),
			at(software.Component{
				Ref: "net", Type: "library", Name: "golang.org/x/net", Version: "v0.17.0", PURL: "pkg:golang/golang.org/x/net@v0.17.0",
				Hashes: []software.Hash{{Algorithm: "SHA-1", Value: strings.Repeat("cd", 20)}}, Licences: []software.Licence{{Expression: "NOASSERTION"}},
			}),
			at(software.Component{Ref: "own", Type: "application", Name: "main", Version: "(devel)", PURL: "pkg:golang/acme.example/main@(devel)"}),
			at(software.Component{Ref: "net", Type: "library", Name: "isp", Version: "1.0", CPEs: []string{"cpe:2.3:a:chip:isp:1.0:*:*:*:*:*:*:*"}}),
			at(software.Component{Ref: "cfg", Type: "file", Name: "camera.conf"}),
			at(software.Component{Ref: "blob", Type: "library", Name: "tuner", PURL: "pkg:generic/tuner"}),
			at(software.Component{Ref: "odd", Type: "library", Name: "odd", PURL: "npm:odd"}),
			at(software.Component{Ref: "none", Type: "library", Name: "left-over"}),
			at(software.Component{Ref: "bare", Type: "library", Name: "bare", PURL: "pkg:npm/bare"}),
		},
		Edges: []software.Edge{
			{From: 0, To: 1},
			{From: 0, To: 3},
			{From: 3, To: 2},
			{From: 3, To: 99},
			{From: 0, To: 4, Kind: "contains"},
			{From: 0, To: 6},
			{From: 0, To: 7},
			{From: 0, To: 9},
		},
		Broken: []string{"components[9].hashes[0]: content is no string"},
	}
}

func cameraEnv() Env {
	return Env{Day: "2026-07-01", Released: "2026-04-01", Places: 3, Source: func(ecosystem string) bool { return ecosystem == "PyPI" }}
}

// TestGolden holds the whole report of one bill, as JSON.
func TestGolden(t *testing.T) {
	r := Assess(camera(), shippedCatalogues(t), cameraEnv())
	got, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	file := filepath.Join("testdata", "camera.json")
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
		t.Errorf("the report is not that of %s; run with -update and read the difference", file)
	}
}

func TestAssessIsDeterministicAndReadsOnly(t *testing.T) {
	b := camera()
	all := shippedCatalogues(t)
	first := Assess(b, all, cameraEnv())
	for range 20 {
		if !reflect.DeepEqual(Assess(b, all, cameraEnv()), first) {
			t.Fatal("two assessments of one bill differ")
		}
	}
	if !reflect.DeepEqual(b, camera()) {
		t.Error("the bill was changed")
	}
}

func elementOf(t *testing.T, r *Report, catalogue, id string) ElementReport {
	t.Helper()
	for _, c := range r.Catalogues {
		for _, e := range c.Elements {
			if c.ID == catalogue && e.ID == id {
				return e
			}
		}
	}
	t.Fatalf("no element %s of %s", id, catalogue)
	return ElementReport{}
}

func TestElements(t *testing.T) {
	r := Assess(camera(), shippedCatalogues(t), cameraEnv())
	if r.Components != 9 || r.LeftOut != 1 {
		t.Errorf("%d components and %d left out, want 9 and 1", r.Components, r.LeftOut)
	}
	for _, tt := range []struct {
		catalogue, id     string
		state             State
		have, of, unknown int
		misses            int
	}{
		{"sbom-ntia-2021", "data.supplier", Partial, 1, 9, 0, 3},
		{"sbom-ntia-2021", "data.name", Met, 9, 9, 0, 0},
		{"sbom-ntia-2021", "data.author", Met, 1, 1, 0, 0},
		{"sbom-ntia-2021", "practices.access", NotTested, 0, 0, 0, 0},
		{"sbom-cisa-2026", "component.licence", Partial, 2, 9, 1, 3},
		{"sbom-cisa-2026", "component.hash-algorithm", Partial, 1, 9, 0, 3},
		{"sbom-cisa-2026", "component.hash", Partial, 2, 9, 0, 3},
		{"sbom-cisa-2026", "metadata.signature", Missing, 0, 1, 0, 0},
		{"sbom-bsi-tr-03183-2", "format", Missing, 0, 1, 0, 0},
		{"sbom-bsi-tr-03183-2", "component.hash", Partial, 1, 9, 0, 3},
		{"sbom-bsi-tr-03183-2", "component.distribution-licences", Partial, 1, 9, 0, 3},
		{"sbom-bsi-tr-03183-2", "additional.original-licences", Missing, 0, 9, 0, 3},
	} {
		e := elementOf(t, r, tt.catalogue, tt.id)
		if e.State != tt.state || e.Have != tt.have || e.Of != tt.of || e.Unknown != tt.unknown || len(e.Misses) != tt.misses {
			t.Errorf("%s %s: %s, %d of %d, %d unknown, %d misses; want %+v", tt.catalogue, tt.id, e.State, e.Have, e.Of, e.Unknown, len(e.Misses), tt)
		}
		if wantMend := tt.state == Missing || tt.state == Partial; (e.Mend != "") != wantMend {
			t.Errorf("%s %s is %s and says to mend it by %q", tt.catalogue, tt.id, e.State, e.Mend)
		}
	}
	if e := elementOf(t, r, "sbom-bsi-tr-03183-2", "format"); e.Found != "CycloneDX 1.5" {
		t.Errorf("the format found is %q", e.Found)
	}
}

func TestLacks(t *testing.T) {
	r := Assess(camera(), shippedCatalogues(t), cameraEnv())
	want := []string{"Supplier name", "Version of the component", "Other unique identifiers", "Dependency relationship"}
	if got := r.Catalogues[1].Lacks(); !slices.Equal(got, want) {
		t.Errorf("%s lacks %q, want %q", r.Catalogues[1].ID, got, want)
	}
}

// TestUnknownInOrder sees to it that what is missing and what is said to be
// unknown stand in the order of the bill where neither is accepted.
func TestUnknownInOrder(t *testing.T) {
	b := &software.Bill{Root: -1}
	for i := range 8 {
		c := software.Component{Name: fmt.Sprint(i), Parent: -1}
		if i%2 == 0 {
			c.Version = "NOASSERTION"
		}
		b.Components = append(b.Components, c)
	}
	r := Assess(b, shippedCatalogues(t), Env{Places: 3})
	e := elementOf(t, r, "sbom-ntia-2021", "data.version")
	if e.Have != 0 || e.Unknown != 4 || len(e.Misses) != 3 || e.Misses[0].Index != 0 || e.Misses[1].Index != 1 || e.Misses[2].Index != 2 {
		t.Errorf("versions: %+v", e)
	}
	e = elementOf(t, r, "sbom-cisa-2026", "component.version")
	if e.Have != 4 || e.Percent != 50 || e.Misses[0].Index != 1 || e.Misses[1].Index != 3 {
		t.Errorf("versions, unknown accepted: %+v", e)
	}
}

func TestEmptyBill(t *testing.T) {
	r := Assess(&software.Bill{Format: "CycloneDX", Version: "1.6", Root: -1}, shippedCatalogues(t), Env{})
	if e := elementOf(t, r, "sbom-cisa-2026", "component.name"); e.State != NotApplicable {
		t.Errorf("names of no components are %s", e.State)
	}
	if r.Structure.Grade != E || r.Freshness.Grade != E || r.Matchability.Grade != Ungraded {
		t.Errorf("grades of an empty bill: %s %s %q", r.Structure.Grade, r.Freshness.Grade, r.Matchability.Grade)
	}
}

func TestPercent(t *testing.T) {
	for _, tt := range []struct {
		n, m int
		want float64
	}{{0, 0, 0}, {0, 3, 0}, {1, 3, 33.3}, {2, 3, 66.6}, {99999, 100000, 99.9}, {3, 3, 100}} {
		if got := percent(tt.n, tt.m); got != tt.want {
			t.Errorf("percent(%d, %d) = %v, want %v", tt.n, tt.m, got, tt.want)
		}
	}
	for p, want := range map[float64]Grade{100: A, 95: A, 94.9: B, 80: B, 50: C, 49.9: D, 20: D, 19.9: E, 0: E} {
		if got := gradeOf(p); got != want {
			t.Errorf("gradeOf(%v) = %s, want %s", p, got, want)
		}
	}
}
