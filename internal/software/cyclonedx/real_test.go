package cyclonedx

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"countersign.dev/internal/realdata"
)

// realFile is one of the collection's documents.
type realFile struct {
	name  string // below data/software
	bytes []byte
}

// realFiles are the documents below some folders that are CycloneDX.
func realFiles(t testing.TB, folders ...string) []realFile {
	t.Helper()
	root := realdata.Path(t, "data/software")
	var out []realFile
	for _, folder := range folders {
		err := filepath.WalkDir(filepath.Join(root, filepath.FromSlash(folder)), func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			b := unpacked(t, path)
			if Recognise(path, b[:min(len(b), 64<<10)]) {
				name, _ := filepath.Rel(root, path)
				out = append(out, realFile{filepath.ToSlash(name), b})
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(out) == 0 {
		t.Fatalf("no document of CycloneDX below %v", folders)
	}
	return out
}

// everyFolder is where the collection has documents of CycloneDX.
var everyFolder = []string{
	"sbom/cyclonedx-bom-examples", "sbom/cyclonedx-conformance", "sbom/cyclonedx-hbom", "sbom/cyclonedx-saasbom", "sbom/guac-data-cyclonedx",
	"sbom/guac-testdata", "sbom/protobom-conformance", "sbom/sbomqs-samples", "vex/cyclonedx-vex",
}

// unpacked is the content of a file that may be compressed.
func unpacked(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var in io.Reader = bytes.NewReader(b)
	switch filepath.Ext(path) {
	case ".gz":
		in, err = gzip.NewReader(in)
	case ".zst":
		in, err = zstd.NewReader(in)
	default:
		return b
	}
	if err != nil {
		t.Fatal(err)
	}
	if b, err = io.ReadAll(in); err != nil {
		t.Fatal(err)
	}
	return b
}

// meant reports whether a document is of the kind that the specification's
// tests are: one that must be accepted, or one that must not.
func meant(name, how string) bool {
	return strings.HasPrefix(filepath.Base(name), how+"-") && strings.Contains(name, "cyclonedx-conformance")
}

// What the specification's tests call valid is read without a complaint. What
// they call invalid is mostly used all the same: many of these are wrong in a
// part that is not read, or in a word that another version may add.
func TestConformance(t *testing.T) {
	valid, invalid, told := 0, 0, 0
	for _, f := range realFiles(t, "sbom/cyclonedx-conformance") {
		b, err := Read(t.Context(), f.bytes, Limits{})
		switch {
		case meant(f.name, "valid"):
			valid++
			if err != nil {
				t.Errorf("%s: %v", f.name, err)
			} else if len(b.Broken) > 0 {
				t.Errorf("%s: %q", f.name, b.Broken)
			}
		case meant(f.name, "invalid"):
			invalid++
			if err != nil || len(b.Broken) > 0 {
				told++
			}
		}
	}
	t.Logf("%d valid documents; %d invalid ones, of which %d are refused or have broken parts", valid, invalid, told)
	if valid < 450 || told < 100 {
		t.Errorf("%d valid documents, %d invalid ones with a complaint", valid, told)
	}
}

// Of the documents that tools made, all but two are without fault.
func TestRealDocuments(t *testing.T) {
	faulty := map[string]bool{"sbom/guac-testdata/small-legal-cyclonedx.json": true, "sbom/guac-testdata/small-legal-cyclonedx-no-inline.json": true}
	sources := 0
	for _, f := range realFiles(t, everyFolder...) {
		if strings.Contains(f.name, "cyclonedx-conformance") {
			continue
		}
		b, err := Read(t.Context(), f.bytes, Limits{})
		if err != nil {
			t.Errorf("%s: %v", f.name, err)
			continue
		}
		if faulty[f.name] != (len(b.Broken) > 0) {
			t.Errorf("%s: %q", f.name, b.Broken)
		}
		for _, c := range b.Components {
			if c.Source != "" {
				sources++
			}
		}
	}
	if sources < 2200 {
		t.Errorf("%d components with a source package", sources)
	}
}

func BenchmarkReal(b *testing.B) {
	files := realFiles(b, "sbom/guac-data-cyclonedx", "sbom/cyclonedx-bom-examples", "sbom/protobom-conformance")
	for _, encoding := range []string{"json", "xml"} {
		b.Run(encoding, func(b *testing.B) {
			var some [][]byte
			size := 0
			for _, f := range files {
				if strings.Contains(f.name, "."+encoding) {
					some, size = append(some, f.bytes), size+len(f.bytes)
				}
			}
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				for _, text := range some {
					if _, err := Read(b.Context(), text, Limits{}); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(len(some)), "documents")
		})
	}
}
