package csaf

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/advisory/vex/jsondoc"
	"countersign.dev/internal/realdata"
)

// each calls f with every file of the collection below rel: a folder, or an
// archive that is unpacked in memory.
func each(t testing.TB, rel string, f func(name string, b []byte)) {
	t.Helper()
	path := realdata.Path(t, rel)
	if strings.HasSuffix(rel, ".tar.gz") {
		archive(t, path, f)
		return
	}
	err := filepath.WalkDir(path, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err == nil && strings.HasSuffix(path, ".gz") {
			b, err = unpack(b)
		}
		if err == nil {
			f(path, b)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func unpack(b []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

func archive(t testing.TB, path string, f func(name string, b []byte)) {
	t.Helper()
	packed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b, err := unpack(packed)
	if err != nil {
		t.Fatal(err)
	}
	files := tar.NewReader(bytes.NewReader(b))
	for {
		h, err := files.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		b, err := io.ReadAll(files)
		if err != nil {
			t.Fatal(err)
		}
		f(h.Name, b)
	}
}

// counts is what real documents come to.
type counts struct{ documents, rows, records, affected, vex, warned, doubtful int }

// count reads every CSAF document below rel.
func count(t *testing.T, rel string) counts {
	t.Helper()
	var n counts
	each(t, rel, func(name string, b []byte) {
		if !Recognise(name, b[:min(len(b), 64<<10)]) {
			return
		}
		r, err := Read(t.Context(), name, b, jsondoc.Limits{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		n.documents++
		n.rows += r.Rows
		if len(r.Warnings) > 0 {
			n.warned++
			t.Logf("%s: %q", filepath.Base(name), r.Warnings)
		}
		seen := map[[3]string]bool{}
		for _, st := range r.Statements {
			at := [3]string{st.Kind, st.Subject, st.Key}
			if seen[at] || st.Subject == "" {
				t.Errorf("%s: twice, or about nothing: %q", name, at)
			}
			seen[at] = true
			switch st.Kind {
			case advisory.FactRecord:
				n.records++
			case advisory.FactAffected:
				n.affected++
				if st.Body.(*advisory.Affected).Judge("0.0.1").State == advisory.Unknown {
					n.doubtful++
				}
			case advisory.FactVEX:
				n.vex++
			}
		}
	})
	return n
}

// Every real document is read. Of CISA's ranges of versions all but a few dozen
// are bounds; most that a version cannot be judged by name service packs, dates
// or builds. The warnings are of ids defined twice (Red Hat), missing
// justifications, and a product that the document does not define.
func TestRealDocuments(t *testing.T) {
	for rel, want := range map[string]counts{
		"data/software/csaf/cisa-advisories-sample.tar.gz": {documents: 477, rows: 1550, records: 477, affected: 3232, vex: 7345, warned: 0, doubtful: 349},
		"data/software/csaf/redhat":                        {documents: 19, rows: 27, records: 19, affected: 138, vex: 6772, warned: 2},
		"data/software/csaf/examples":                      {documents: 19, rows: 60, records: 19, affected: 11, vex: 378, warned: 1},
		"data/software/vex/openvex-go-vex":                 {documents: 3, rows: 5, records: 3, affected: 0, vex: 1477, warned: 1},
	} {
		if got := count(t, rel); got != want {
			t.Errorf("%s: %+v; want %+v", rel, got, want)
		}
	}
}

// toldBy is the mandatory tests (section 6.1) whose failures change what a
// document means to us, and are told.
var toldBy = map[string]bool{
	"6.1.1": true, "6.1.2": true, "6.1.3": true, "6.1.4": true, "6.1.6": true, "6.1.32": true,
}

// Of the conformance tests every document is read, the valid ones without a
// warning that it is invalid.
func TestConformanceDocuments(t *testing.T) {
	type example struct {
		Name  string
		Valid bool
	}
	var suite struct {
		Tests []struct {
			ID              string
			Failures, Valid []example
		}
	}
	files := map[string][]byte{}
	each(t, "data/software/csaf/csaf-2.0-validator-tests.tar.gz", func(name string, b []byte) {
		if strings.HasSuffix(name, "data/testcases.json") {
			if err := json.Unmarshal(b, &suite); err != nil {
				t.Fatal(err)
			}
		}
		files[name] = b
	})
	documents, told := 0, 0
	for _, test := range suite.Tests {
		for _, e := range slices.Concat(test.Failures, test.Valid) {
			r, err := Read(t.Context(), e.Name, files["validator/data/"+e.Name], jsondoc.Limits{})
			if err != nil {
				t.Errorf("%s: %v", e.Name, err)
				continue
			}
			documents++
			if len(r.Warnings) > 0 && !e.Valid {
				told++
			}
			amiss := slices.DeleteFunc(slices.Clone(r.Warnings), func(w string) bool {
				return strings.HasSuffix(w, "counts as under investigation") || strings.HasPrefix(w, "document.tracking.status: a draft")
			})
			if e.Valid && strings.HasPrefix(test.ID, "6.1.") && len(amiss) > 0 {
				t.Errorf("%s is valid: %q", e.Name, amiss)
			}
			if !e.Valid && toldBy[test.ID] && len(r.Warnings) == 0 {
				t.Errorf("%s breaks test %s, which no warning tells", e.Name, test.ID)
			}
		}
	}
	if documents != 239 || told != 19 {
		t.Errorf("%d documents, %d of them invalid with a warning", documents, told)
	}
}

// Among a thousand bills of materials of every format only the one CSAF document
// that lies there is taken for one.
func TestRecogniseAmongBills(t *testing.T) {
	files := 0
	var taken []string
	each(t, "data/software/sbom", func(name string, b []byte) {
		files++
		if Recognise(name, b[:min(len(b), 64<<10)]) {
			taken = append(taken, filepath.Base(name))
		}
	})
	if !slices.Equal(taken, []string{"rhsa-csaf.json"}) || files < 1000 {
		t.Errorf("of %d files taken: %q", files, taken)
	}
}

// BenchmarkRead reads CISA's advisories.
func BenchmarkRead(b *testing.B) {
	var docs [][]byte
	size := 0
	each(b, "data/software/csaf/cisa-advisories-sample.tar.gz", func(_ string, doc []byte) {
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
