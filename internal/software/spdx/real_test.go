package spdx

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	spdxjson "github.com/spdx/tools-golang/json"
	"github.com/spdx/tools-golang/spdx"
	"github.com/spdx/tools-golang/spdx/v2/common"
	"github.com/spdx/tools-golang/tagvalue"
	spdxyaml "github.com/spdx/tools-golang/yaml"

	"countersign.dev/internal/realdata"
	"countersign.dev/internal/software"
)

// collections of real documents.
var collections = []string{"containers-spdx", "spdx-examples", "guac-data-k8s-spdx", "guac-testdata", "protobom-conformance", "sbomqs-samples"}

// realDocuments are the documents of a collection by their paths, unpacked.
func realDocuments(t testing.TB, collection string) map[string][]byte {
	t.Helper()
	root := realdata.Path(t, "data/software/sbom/"+collection)
	out := map[string][]byte{}
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if strings.HasSuffix(path, ".gz") {
			z, err := gzip.NewReader(bytes.NewReader(b))
			if err != nil {
				return err
			}
			if b, err = io.ReadAll(z); err != nil {
				return err
			}
		}
		if Recognise(path, head(b)) {
			out[strings.TrimPrefix(path, root+"/")] = b
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// How many documents, packages and relations between packages the collections
// have, and how many of the bills name their release. One document of
// guac-testdata is broken on purpose.
func TestRealCollections(t *testing.T) {
	type figures struct{ Documents, Components, Edges, Roots, Broken, Refused int }
	want := map[string]figures{
		"containers-spdx":      {100, 20034, 14392, 56, 0, 0},
		"guac-data-k8s-spdx":   {12, 968, 0, 0, 0, 0},
		"spdx-examples":        {44, 123, 67, 42, 0, 0},
		"guac-testdata":        {13, 585, 184, 5, 9, 1},
		"protobom-conformance": {4, 643, 644, 4, 0, 0},
		"sbomqs-samples":       {1, 38, 37, 1, 0, 0},
	}
	for _, c := range collections {
		var got figures
		for name, b := range realDocuments(t, c) {
			bill, err := Read(t.Context(), b, Limits{})
			if err != nil {
				t.Logf("%s: %v", name, err)
				got.Refused++
				continue
			}
			got.Documents++
			got.Components += len(bill.Components)
			got.Edges += len(bill.Edges)
			got.Broken += len(bill.Broken)
			if bill.Root >= 0 {
				got.Roots++
			}
		}
		if d := cmp.Diff(want[c], got); d != "" {
			t.Errorf("%s: %s", c, d)
		}
	}
}

// The reference reader of SPDX 2 finds the same packages and the same relations
// between them in each real document, and what it writes as tag-value and YAML
// gives the same bill.
func TestReferenceReader(t *testing.T) {
	compared := 0
	for _, c := range collections {
		for name, b := range realDocuments(t, c) {
			doc, err := spdxjson.Read(bytes.NewReader(b))
			if err != nil {
				continue // SPDX 3, and what neither reads
			}
			bill, err := Read(t.Context(), b, Limits{})
			if err != nil {
				t.Errorf("%s/%s: %v", c, name, err)
				continue
			}
			compared++
			if d := cmp.Diff(partsOf(doc), parts(bill)); d != "" {
				t.Errorf("%s/%s: reference (-), ours (+): %s", c, name, d)
			}
			if len(b) < largeToEncode {
				compareEncodings(t, c+"/"+name, doc)
			}
		}
	}
	if compared < 140 {
		t.Errorf("compared %d documents", compared)
	}
}

// largeToEncode is the size of documents that the reference writer is too slow
// for, in bytes.
const largeToEncode = 256 << 10

// compareEncodings reads what the reference writer makes of a document as JSON,
// tag-value and YAML.
func compareEncodings(t *testing.T, name string, doc *spdx.Document) {
	t.Helper()
	var asJSON, asTags, asYAML bytes.Buffer
	for _, err := range []error{spdxjson.Write(doc, &asJSON), tagvalue.Write(doc, &asTags), spdxyaml.Write(doc, &asYAML)} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
	}
	want, err := Read(t.Context(), asJSON.Bytes(), Limits{})
	if err != nil {
		t.Errorf("%s, written again: %v", name, err)
		return
	}
	if len(want.Broken) > 0 {
		return // a package without a name cannot be written as tag-value
	}
	for encoding, b := range map[string][]byte{"tag-value": asTags.Bytes(), "yaml": asYAML.Bytes()} {
		got, err := Read(t.Context(), b, Limits{})
		if err != nil {
			t.Errorf("%s as %s: %v", name, encoding, err)
			continue
		}
		if d := cmp.Diff(sorted(want), sorted(got), cmpopts.IgnoreFields(software.Bill{}, "Encoding", "Broken")); d != "" {
			t.Errorf("%s as %s: JSON (-), it (+): %s", name, encoding, d)
		}
	}
}

// sorted is a bill with its packages in the order of their ids, and its
// relations by these; the reference writer has orders of its own.
func sorted(b *software.Bill) *software.Bill {
	out := *b
	order := make([]int, len(b.Components))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return strings.Compare(b.Components[i].Ref, b.Components[j].Ref) })
	place := make([]int, len(order))
	out.Components = nil
	for to, from := range order {
		place[from] = to
		out.Components = append(out.Components, b.Components[from])
	}
	out.Edges = slices.Clone(b.Edges)
	for i, e := range out.Edges {
		out.Edges[i].From, out.Edges[i].To = place[e.From], place[e.To]
	}
	slices.SortFunc(out.Edges, compareEdges)
	out.Links = slices.Clone(b.Links)
	for i, l := range out.Links {
		if l.From >= 0 {
			out.Links[i].From = place[l.From]
		}
	}
	slices.SortFunc(out.Links, func(a, b software.BillLink) int { return strings.Compare(a.Type+a.Target, b.Type+b.Target) })
	if b.Root >= 0 {
		out.Root = place[b.Root]
	}
	return &out
}

// facts are what is compared of a document: packages and relations, as lines.
type facts map[string]int

func (f facts) pkg(id, name, version string, purls, hashes []string) {
	slices.Sort(purls)
	slices.Sort(hashes)
	f[strings.Join([]string{id, name, version, strings.Join(slices.Compact(purls), " "), strings.Join(hashes, " ")}, "|")]++
}

// parts are the packages and relations of a bill.
func parts(b *software.Bill) facts {
	out := facts{}
	for i := range b.Components {
		c := &b.Components[i]
		if c.Type == "file" && i == b.Root {
			continue
		}
		var purls, hashes []string
		if c.PURL != "" {
			purls = append([]string{c.PURL}, c.MorePURLs...)
		}
		for _, h := range c.Hashes {
			hashes = append(hashes, h.Algorithm+":"+h.Value)
		}
		out.pkg(c.Ref, c.Name, c.Version, purls, hashes)
	}
	for _, e := range b.Edges {
		out[b.Components[e.From].Ref+" "+e.Kind+" "+b.Components[e.To].Ref] = 1
	}
	return out
}

// partsOf are the packages and relations of a document of the reference reader.
func partsOf(doc *spdx.Document) facts {
	out := facts{}
	ids := map[string]bool{}
	for _, p := range doc.Packages {
		var purls, hashes []string
		for _, r := range p.PackageExternalReferences {
			if r.RefType == "purl" {
				purls = append(purls, r.Locator)
			}
		}
		for _, c := range p.PackageChecksums {
			hashes = append(hashes, algorithms[string(c.Algorithm)]+":"+strings.ToLower(c.Value))
		}
		id := "SPDXRef-" + string(p.PackageSPDXIdentifier)
		ids[id] = true
		out.pkg(id, p.PackageName, stated(p.PackageVersion), purls, hashes)
	}
	for _, r := range doc.Relationships {
		from, to := idOf(r.RefA), idOf(r.RefB)
		if !ids[from] || !ids[to] {
			continue
		}
		m := meanings[r.Relationship]
		if m.reversed {
			from, to = to, from
		}
		out[from+" "+m.kind+" "+to] = 1
	}
	return out
}

func idOf(d common.DocElementID) string {
	if d.DocumentRefID != "" {
		return "DocumentRef-" + string(d.DocumentRefID)
	}
	return "SPDXRef-" + string(d.ElementRefID)
}

// No document of another format is taken for SPDX.
func TestRealStrangers(t *testing.T) {
	looked := 0
	for _, rel := range []string{"sbom/cyclonedx-bom-examples", "sbom/cyclonedx-conformance", "sbom/guac-data-cyclonedx", "vex", "csaf/examples", "attest", "kev", "truth/purl-tests"} {
		root := realdata.Path(t, "data/software/"+rel)
		err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if z, err := gzip.NewReader(bytes.NewReader(b)); err == nil {
				b, _ = io.ReadAll(io.LimitReader(z, 64<<10))
			}
			looked++
			if Recognise(path, head(b)) {
				t.Errorf("%s is taken for SPDX", path)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if looked < 900 {
		t.Errorf("looked at %d files", looked)
	}
}

// The purls of the containers' bills are those that the collection lists for
// them.
func TestRealPURLs(t *testing.T) {
	f, err := os.Open(realdata.Path(t, "data/software/portfolio-purls.tsv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]facts{}
	for line := range strings.Lines(string(rows)) {
		if name, purl, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
			if listed[name] == nil {
				listed[name] = facts{}
			}
			listed[name][purl] = 1
		}
	}
	compared := 0
	for name, b := range realDocuments(t, "containers-spdx") {
		want := listed[strings.TrimSuffix(name, ".spdx.json.gz")]
		if want == nil {
			continue
		}
		bill, err := Read(t.Context(), b, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		compared++
		got := facts{}
		for _, c := range bill.Components {
			if c.PURL != "" {
				got[c.PURL] = 1
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: listed (-), read (+): %s", name, d)
		}
	}
	if compared < 90 {
		t.Errorf("compared %d bills", compared)
	}
}

// Every type of relation in the real documents is one that is known.
func TestRealRelationTypes(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range collections {
		for _, b := range realDocuments(t, c) {
			doc, err := spdxjson.Read(bytes.NewReader(b))
			if err != nil {
				continue
			}
			for _, r := range doc.Relationships {
				seen[r.Relationship] = true
			}
		}
	}
	for kind := range maps.Keys(seen) {
		if _, ok := meanings[kind]; !ok {
			t.Errorf("%q has no meaning", kind)
		}
	}
}
