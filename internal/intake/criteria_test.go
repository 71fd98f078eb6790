package intake

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign.dev/catalogues"
	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/catalogue"
	"countersign.dev/internal/assurance/oscal"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/realdata"
)

// taken is a file that exactly one format recognises, as it was read.
func taken(t *testing.T, f File) *ledger.Reading {
	t.Helper()
	var by []string
	for _, of := range formats {
		if of.recognise(f.Name, headOf(f.Bytes)) {
			by = append(by, of.name)
		}
	}
	editions, errs := Read(t.Context(), []File{f}, Options{})
	if len(by) != 1 || len(errs) > 0 || len(editions) != 1 || len(editions[0].Files) != 1 {
		t.Fatalf("%s: recognised by %q; %d editions, %v", f.Name, by, len(editions), errs)
	}
	return editions[0].Files[0].Reading
}

// Every catalogue and profile of the product can be handed in as it is shipped,
// and as it is exported for other tools; both are of the series of its id.
func TestShippedCriteriaAreTaken(t *testing.T) {
	set, err := catalogue.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	modified := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	for _, pattern := range []string{"*.yaml", "profiles/*.yaml"} {
		names, err := fs.Glob(catalogues.FS, pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(names), err)
		}
		for _, name := range names {
			b, err := fs.ReadFile(catalogues.FS, name)
			if err != nil {
				t.Fatal(err)
			}
			r := taken(t, File{Name: name, Bytes: b})
			id := strings.TrimSuffix(filepath.Base(name), ".yaml")
			held := r.Statements[0].Body.(catalogue.Held)
			if r.Source != r.Kind+"/"+id || r.Mode != ledger.Chronicle || r.Published != "" || held.ID != id || held.Digest != ledger.Digest(b) {
				t.Errorf("%s: %+v", name, r)
			}
			var out bytes.Buffer
			if r.Kind == catalogue.KindCatalogue {
				err = oscal.WriteCatalogue(&out, set.Catalogue(id), modified)
			} else {
				err = oscal.WriteProfile(&out, set.Profile(id), set, modified)
			}
			if err != nil {
				t.Fatal(err)
			}
			x := taken(t, File{Name: id + ".json", Bytes: out.Bytes()})
			if x.Source != r.Source || x.Published != "2026-03-01" || len(x.Warnings) > 0 || x.Statements[0].Body.(catalogue.Held).Until != held.Until {
				t.Errorf("%s as OSCAL: %+v", name, x)
			}
		}
	}
}

func TestCriteriaErrors(t *testing.T) {
	for text, want := range map[string]string{
		"countersign: catalogue/v2\ncatalogue: a\n":                     "x: catalogue: line 1: countersign: want catalogue/v1",
		"countersign: profile/v1\nprofile: A\n":                         "x: profile: line 2: profile",
		`{"assessment-results": {"uuid": "a", "metadata": {}}}`:         "x: want the OSCAL model catalog, found assessment-results",
		`{"catalog": {"uuid": "a", "metadata": {"title": "Only one"}}}`: "x: catalog/metadata/version: missing",
	} {
		editions, errs := Read(t.Context(), []File{{Name: "x", Bytes: []byte(text)}}, Options{})
		if len(editions) != 0 || len(errs) != 1 || !strings.HasPrefix(errs[0].Error(), want) {
			t.Errorf("%q: %d editions, %v; want %q", text, len(editions), errs, want)
		}
	}
}

// Catalogues that others published as OSCAL are taken as they are.
func TestRealCriteria(t *testing.T) {
	for path, want := range map[string]struct {
		source    string
		published access.Date
		rows      int
	}{
		"data/assurance/oscal/basic-catalog.json":      {"catalogue/sample-security-catalog-for-demonstration-and-testing", "2023-10-12", 8},
		"data/assurance/ssdf/sp800-218_generated.json": {"catalogue/security-catalog-for-sp800-218-secure-software-development", "2023-03-28", 61},
		"data/assurance/ssdf/EO14028_min.json":         {"catalogue/secure-software-development-attestation-form-requirements", "2023-06-26", 16},
	} {
		b, err := os.ReadFile(realdata.Path(t, path))
		if err != nil {
			t.Fatal(err)
		}
		r := taken(t, File{Name: filepath.Base(path), Bytes: b})
		if r.Source != want.source || r.Published != want.published || r.Rows != want.rows {
			t.Errorf("%s: of %s, published %q, %d controls", path, r.Source, r.Published, r.Rows)
		}
	}
}
