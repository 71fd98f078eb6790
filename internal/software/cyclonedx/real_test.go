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
