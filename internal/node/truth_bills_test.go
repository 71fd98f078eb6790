package node

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/access"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/realdata"
	"countersign.dev/internal/software"
	"countersign.dev/internal/software/cyclonedx"
	"countersign.dev/internal/software/spdx"
)

// filesBelow is every file below a folder of the collection's bills, by its
// path there.
func filesBelow(t *testing.T, folder string) map[string][]byte {
	t.Helper()
	root := realdata.Path(t, "data/software/sbom/"+folder)
	out := map[string][]byte{}
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		out[filepath.ToSlash(rel)], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// refusedFiles begin the names of the files among the bills that are refused:
// they are no bills. Some say so.
var refusedFiles = []string{
	"spdx-examples/software/example8/content/examplemaven/pom-with-spdx-plugin.xml", // of Maven
	"cyclonedx-conformance/1", // see below

	"guac-testdata/cd-", "guac-testdata/certify-", "guac-testdata/crev-", "guac-testdata/github-review", // in-toto statements about packages
	"guac-testdata/oci-dsse-att.json", "guac-testdata/oci-kubectl-linux-amd64-in-toto.json", "guac-testdata/oci-kubectl-linux-arm-v7-in-toto.json",
	"guac-testdata/oci-kubectl-linux-arm64-in-toto.json", "guac-testdata/oci-kubectl-windows-amd64-in-toto.json", // provenance
	"guac-testdata/eol-", "guac-testdata/ingest_predicates.json", "guac-testdata/kubernetes-scorecard.json", "guac-testdata/invalid-scorecard.json", // of other tools
	"guac-testdata/invalid-cyclonedx.json", // of format "CDX"
	"guac-testdata/invalid-cyclonedx.xml",  // a beginning of XML
	"guac-testdata/invalid-spdx.json",      // its version is a number
	"guac-testdata/open-vex-affected.json", // without the context that would make it OpenVEX
}

// Every real document is recognised and read, or is no bill and refused.
func TestRealBillsAreRead(t *testing.T) {
	const bill = "software.sbom"
	want := map[string]map[string]int{
		"containers-spdx": {bill: 100}, "guac-data-cyclonedx": {bill: 18}, "guac-data-k8s-spdx": {bill: 12}, "protobom-conformance": {bill: 10}, "sbomqs-samples": {bill: 3},
		"cyclonedx-bom-examples": {bill: 33}, "cyclonedx-hbom": {bill: 1}, "cyclonedx-saasbom": {bill: 1}, "cyclonedx-conformance": {bill: 731, "refused": 12},
		"spdx-examples": {bill: 44, "refused": 1},
		"guac-testdata": {bill: 37, "advisory.csaf": 1, "advisory.cyclonedx-vex": 2, "advisory.openvex": 1, "attestation": 1, "evidence.scorecard": 1, "refused": 28},
	}
	for folder, kinds := range want {
		got := map[string]int{}
		for name, text := range filesBelow(t, folder) {
			editions, failed := intake.Read(t.Context(), []intake.File{{Name: name, Bytes: text}}, intake.Options{})
			if len(failed) == 0 {
				got[editions[0].Files[0].Reading.Kind]++
				continue
			}
			got["refused"]++
			known := slices.ContainsFunc(refusedFiles, func(prefix string) bool { return strings.HasPrefix(folder+"/"+name, prefix) })
			if !known || strings.Contains(name, "/valid-") {
				t.Errorf("%s: %v", folder, failed[0])
			}
		}
		if d := cmp.Diff(kinds, got); d != "" {
			t.Errorf("%s: want (-), got (+): %s", folder, d)
		}
	}
}

// Bills of containers, clusters and packages are imported, and each release has
// what its bill lists.
func TestRealBillsAreHeld(t *testing.T) {
	n := openNode(t, t.TempDir(), "")
	ask := access.Ask{Reader: access.Operator}
	bills, components, relations := 0, 0, 0
	releases := map[string]bool{}
	for _, folder := range []string{"containers-spdx", "guac-data-cyclonedx", "guac-data-k8s-spdx", "protobom-conformance", "sbomqs-samples"} {
		for name, text := range filesBelow(t, folder) {
			r, err := n.Import(t.Context(), access.Operator, []intake.File{{Name: name, Bytes: text}}, ImportOptions{})
			if err != nil || len(r.Failed) > 0 || len(r.Editions) != 1 {
				t.Fatal(folder, name, err, r)
			}
			b, digest := billIn(t, name, text)
			id := software.ReleaseID(b, digest)
			d, err := n.Show(t.Context(), ask, id)
			if err != nil || d.Software == nil || !d.Software.Release.Held {
				t.Fatal(folder, name, id, err)
			}
			if !releases[id] {
				if diff := cmp.Diff(partsOf(b), partsOf(d.Software.Bill)); diff != "" {
					t.Errorf("%s/%s: bill (-), held (+): %s", folder, name, diff)
				}
			}
			releases[id] = true
			bills, components, relations = bills+1, components+len(b.Components), relations+len(b.Edges)
		}
	}
	t.Logf("%d bills of %d releases, %d components, %d relations", bills, len(releases), components, relations)
	if bills != 143 {
		t.Errorf("%d bills", bills)
	}
}

// billIn reads a bill; nil where the file is none. It gives the digest of the
// unpacked text as well.
func billIn(t *testing.T, name string, text []byte) (*software.Bill, string) {
	t.Helper()
	text, err := intake.Open(name, bytes.NewReader(text), intake.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	head := text[:min(len(text), 64<<10)]
	var b *software.Bill
	switch {
	case cyclonedx.Recognise(name, head):
		b, err = cyclonedx.Read(t.Context(), text, cyclonedx.Limits{})
	case spdx.Recognise(name, head):
		b, err = spdx.Read(t.Context(), text, spdx.Limits{})
	}
	if err != nil {
		return nil, ""
	}
	return b, ledger.Digest(text)
}

// throughBoth is the folders whose bills are written anew.
var throughBoth = []string{"containers-spdx", "guac-data-cyclonedx", "guac-data-k8s-spdx", "protobom-conformance", "sbomqs-samples", "spdx-examples", "cyclonedx-bom-examples", "guac-testdata"}

// A bill that is written in the other format and in its own again has the
// components, digests and relations that it had. Left out are bills with what
// the formats have no place for: components without a name, which SPDX calls by
// their ids, and digests by Streebog.
func TestRealBillsThroughBothFormats(t *testing.T) {
	bills, odd := 0, 0
	for _, folder := range throughBoth {
		for name, text := range filesBelow(t, folder) {
			b, _ := billIn(t, name, text)
			if b == nil || len(b.Components) == 0 {
				continue
			}
			if slices.ContainsFunc(b.Components, func(c software.Component) bool {
				return c.Name == "" || slices.ContainsFunc(c.Hashes, func(h software.Hash) bool { return strings.HasPrefix(h.Algorithm, "Streebog") })
			}) {
				odd++
				continue
			}
			bills++
			for _, way := range [][2]string{{"cyclonedx", "spdx"}, {"spdx", "cyclonedx"}} {
				again := rewritten(t, rewritten(t, b, way[0]), way[1])
				if d := cmp.Diff(partsOf(b), partsOf(again)); d != "" || len(again.Broken) > 0 {
					t.Errorf("%s/%s by %v: before (-), after (+): %s, broken: %q", folder, name, way, d, again.Broken)
				}
			}
		}
	}
	if bills != 251 || odd != 5 {
		t.Errorf("%d bills, %d left out", bills, odd)
	}
}

// rewritten is a bill as it is read when it was written in a format.
func rewritten(t *testing.T, b *software.Bill, format string) *software.Bill {
	t.Helper()
	var w bytes.Buffer
	var err error
	var out *software.Bill
	if format == "spdx" {
		if err = spdx.Write(&w, b); err == nil {
			out, err = spdx.Read(t.Context(), w.Bytes(), spdx.Limits{})
		}
	} else if err = cyclonedx.Write(&w, b); err == nil {
		out, err = cyclonedx.Read(t.Context(), w.Bytes(), cyclonedx.Limits{})
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// forWhat is the kinds of dependencies that say what the dependency is for,
// which CycloneDX does with the component.
var forWhat = []string{"optional_dependency", "provided_dependency", "dev_dependency", "build_dependency", "test_dependency"}

// partsOf is a bill's components and relations, each as a line with how often it
// is there. A component within another is contained in it, and what the release
// contains is what the bill lists. Refs are not compared: each format has a form
// of its own for them.
func partsOf(b *software.Bill) map[string]int {
	out := map[string]int{}
	lines := make([]string, len(b.Components))
	contained := map[[2]int]bool{}
	for i := range b.Components {
		c := &b.Components[i]
		var hashes []string
		for _, h := range c.Hashes {
			hashes = append(hashes, h.Algorithm+":"+h.Value)
		}
		name := c.Name
		if c.Group != "" {
			name = c.Group + "/" + name
		}
		lines[i] = strings.Join([]string{name, c.Version, c.PURL, strings.Join(sorted(hashes), " ")}, "|")
		out[lines[i]]++
		if c.Parent >= 0 {
			contained[[2]int{c.Parent, i}] = true
		}
	}
	for _, e := range b.Edges {
		switch {
		case e.Kind == "contains":
			contained[[2]int{e.From, e.To}] = true
		case slices.Contains(forWhat, e.Kind):
			out[lines[e.From]+" --> "+lines[e.To]]++
		default:
			out[lines[e.From]+" -"+e.Kind+"-> "+lines[e.To]]++
		}
	}
	for pair := range contained {
		if pair[0] != b.Root {
			out[lines[pair[0]]+" -contains-> "+lines[pair[1]]]++
		}
	}
	if b.RootComponent() != nil {
		out["about "+lines[b.Root]]++
	}
	return out
}
