package attestation

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign.dev/internal/assurance/intoto"
	"countersign.dev/internal/assurance/sigstore"
	"countersign.dev/internal/assurance/verify"
	"countersign.dev/internal/realdata"
)

// TestRealFiles takes in every attestation of the collection that is of a form
// that is kept, and holds what is verified of each against what is expected of
// it: never is one valid that must not be.
func TestRealFiles(t *testing.T) {
	dir := realdata.Path(t, "data/assurance")
	b, err := os.ReadFile(filepath.Join(dir, "sigstore-bundles", "trusted_root.json"))
	if err != nil {
		t.Fatal(err)
	}
	if !RecogniseRoot("x", b) {
		t.Error("the trusted root is not recognised")
	}
	reading, err := ReadRoot(context.Background(), "root", b, Limits{})
	if err != nil || reading.Source != "trust-root/fulcio.sigstore.dev" {
		t.Fatalf("%+v, %v", reading, err)
	}
	root, err := sigstore.ParseRoot(b)
	if err != nil {
		t.Fatal(err)
	}
	kept, valid := 0, 0
	var refused []string
	for _, pattern := range []string{"slsa/*.json*", "label-vectors/*.json"} {
		paths, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !Recognise(path, b[:min(len(b), 64<<10)]) {
				continue
			}
			r, err := Read(context.Background(), path, b, Limits{})
			if err != nil {
				refused = append(refused, strings.TrimSuffix(filepath.Base(path), ".dsse.json"))
				continue
			}
			kept++
			for _, s := range r.Statements {
				if _, err := json.Marshal(s.Body); err != nil || s.Subject == "" {
					t.Errorf("%s: %+v", path, s)
				}
			}
			parts, err := verify.Parts(verify.File{Name: filepath.Base(path), Bytes: b})
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range (verify.Trust{Root: root}).Each(parts) {
				if a.Result != Valid {
					continue
				}
				valid++
				// In what is called so the signature of the provenance was changed, and
				// not that of the publication beside it.
				if strings.Contains(path, "invalidsigprov") && strings.HasPrefix(a.PredicateType, intoto.TypeSLSAProvenance) || strings.Contains(path, "expired") {
					t.Errorf("%s is valid", a.File)
				}
			}
		}
	}
	if got := strings.Join(refused, " "); got != "duplicate-json-key no-signature payload-type-changed" {
		t.Errorf("refused: %s", got)
	}
	if kept < 8 || valid < 3 {
		t.Errorf("%d files kept, %d attestations valid", kept, valid)
	}
}
