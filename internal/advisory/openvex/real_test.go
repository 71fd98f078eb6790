package openvex

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/advisory/vex/jsondoc"
	"countersign.dev/internal/realdata"
)

// each calls f with every file below a folder of the collection, unpacked.
func each(t testing.TB, folder string, f func(name string, b []byte)) {
	t.Helper()
	err := filepath.WalkDir(realdata.Path(t, folder), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
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
		f(filepath.Base(path), b)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Every published OpenVEX document of the collection is read without a warning,
// as are the edge cases of the format's reference implementation.
func TestRealDocuments(t *testing.T) {
	for _, c := range []struct {
		folder                                   string
		documents, rows, statements, notAffected int
	}{
		{"data/software/vex/openvex-vexhub", 56, 15300, 15495, 15495},
		{"data/software/vex/openvex-go-vex", 8, 12, 20, 4},
	} {
		documents, rows, statements, notAffected := 0, 0, 0, 0
		sources := map[string]string{}
		each(t, c.folder, func(name string, b []byte) {
			if !Recognise(name, b[:min(len(b), 64<<10)]) {
				return
			}
			r, err := Read(t.Context(), name, b, jsondoc.Limits{})
			if err != nil {
				t.Errorf("%s: %v", name, err)
				return
			}
			about := said(r)[0].Product
			if other, twice := sources[r.Source]; twice && other != about {
				t.Errorf("%s: documents about %s and %s are both %s", name, other, about, r.Source)
			}
			sources[r.Source] = about
			documents++
			rows += r.Rows
			statements += len(r.Statements)
			for _, st := range r.Statements {
				if st.Body.(advisory.VEX).Status == "not_affected" {
					notAffected++
				}
			}
			if len(r.Warnings) > 0 || r.Published == "" {
				t.Errorf("%s: published %q, warnings %q", name, r.Published, r.Warnings)
			}
		})
		if documents != c.documents || rows != c.rows || statements != c.statements || notAffected != c.notAffected {
			t.Errorf("%s: %d documents, %d rows, %d statements, %d not affected; want %+v", c.folder, documents, rows, statements, notAffected, c)
		}
	}
}

// Among a thousand bills of materials of every format only the one OpenVEX
// document that lies there is taken for one.
func TestRecogniseAmongBills(t *testing.T) {
	files := 0
	var taken []string
	each(t, "data/software/sbom", func(name string, b []byte) {
		files++
		if Recognise(name, b[:min(len(b), 64<<10)]) {
			taken = append(taken, name)
		}
	})
	if len(taken) != 1 || taken[0] != "open-vex-not-affected.json" || files < 1000 {
		t.Errorf("of %d files taken: %q", files, taken)
	}
}

// BenchmarkRead reads the documents of VEX Hub.
func BenchmarkRead(b *testing.B) {
	var docs [][]byte
	size := 0
	each(b, "data/software/vex/openvex-vexhub", func(_ string, doc []byte) {
		docs = append(docs, doc)
		size += len(doc)
	})
	b.SetBytes(int64(size))
	for b.Loop() {
		for _, doc := range docs {
			if _, err := Read(b.Context(), "", doc, jsondoc.Limits{}); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(len(docs))*float64(b.N)/b.Elapsed().Seconds(), "documents/s")
}
