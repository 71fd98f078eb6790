package sigstore

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/assurance/intoto"
	"countersign.dev/internal/realdata"
)

// expectations is what the collection says of its bundles.
type expectations struct {
	Identity string `json:"identity"`
	Issuer   string `json:"issuer"`
	Artifact string `json:"default_artifact"`
	Root     string `json:"default_trusted_root"`
	Cases    []struct {
		Case   string `json:"case"`
		Expect string `json:"expect"`
	} `json:"cases"`
}

// TestConformance answers every case of Sigstore's conformance suite that is at
// hand, with the artifact and the identity that the suite gives.
func TestConformance(t *testing.T) {
	dir := realdata.Path(t, "data/assurance/sigstore-bundles")
	var e expectations
	if err := json.Unmarshal(read(t, filepath.Join(dir, "expected.json")), &e); err != nil || len(e.Cases) == 0 {
		t.Fatalf("%d cases, %v", len(e.Cases), err)
	}
	for _, c := range e.Cases {
		t.Run(c.Case, func(t *testing.T) {
			_, err := answer(t, dir, c.Case, e)
			got := "valid"
			if err != nil {
				got = "invalid"
			}
			if got != c.Expect {
				t.Errorf("%s, want %s: %v", got, c.Expect, err)
			}
		})
	}
}

// TestRetiredLog has a log of the real root begin after, or end before, the
// entry of a bundle that is else valid.
func TestRetiredLog(t *testing.T) {
	dir := realdata.Path(t, "data/assurance/sigstore-bundles")
	for _, c := range []struct{ name, root, want string }{
		{"happy-path-v0.3", "trusted_root.json", "not enough verified log entries"},
		{"rekor2-dsse-happy-path", "rekor2-dsse-happy-path/trusted_root.json", "not in service at the time"},
	} {
		b, err := ParseBundle(read(t, filepath.Join(dir, c.name, "bundle.sigstore.json")))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range []struct{ start, end, want string }{
			{"2021-01-01T00:00:00Z", "2035-01-01T00:00:00Z", ""},
			{"2021-01-01T00:00:00Z", "2021-02-01T00:00:00Z", c.want},
			{"2034-01-01T00:00:00Z", "2035-01-01T00:00:00Z", c.want},
		} {
			var root map[string]any
			if err := json.Unmarshal(read(t, filepath.Join(dir, c.root)), &root); err != nil {
				t.Fatal(err)
			}
			for _, l := range root["tlogs"].([]any) {
				l.(map[string]any)["publicKey"].(map[string]any)["validFor"] = map[string]any{"start": p.start, "end": p.end}
			}
			changed, err := json.Marshal(root)
			if err != nil {
				t.Fatal(err)
			}
			_, err = parseRoot(t, changed).Verify(b, Want{})
			expectError(t, c.name+" "+p.start+" "+p.end, err, p.want)
		}
	}
}

func answer(t *testing.T, dir, name string, e expectations) (*Proof, error) {
	file := func(own, fallback string) string {
		if path := filepath.Join(dir, name, own); own != "" && exists(path) {
			return path
		}
		return filepath.Join(dir, fallback)
	}
	root, err := ParseRoot(read(t, file("trusted_root.json", e.Root)))
	if err != nil {
		return nil, err
	}
	artifact := file("artifact", e.Artifact)
	want := Want{Identity: e.Identity, Issuer: e.Issuer, Artifact: func() (io.ReadCloser, error) { return os.Open(artifact) }}
	for own, to := range map[string]*string{"identity": &want.Identity, "issuer": &want.Issuer} {
		if path := filepath.Join(dir, name, own); exists(path) {
			*to = strings.TrimSpace(string(read(t, path)))
		}
	}
	if path := filepath.Join(dir, name, "key.pub"); exists(path) {
		if want.Keys, err = dsse.ParsePublicKeys(read(t, path)); err != nil {
			return nil, err
		}
	}
	b, err := ParseBundle(read(t, filepath.Join(dir, name, "bundle.sigstore.json")))
	if err != nil {
		return nil, err
	}
	if b.Envelope != nil {
		if _, err := intoto.Parse(b.Envelope.Payload); err != nil {
			return nil, err
		}
	}
	return root.Verify(b, want)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// BenchmarkVerifyBundle verifies bundles of Sigstore's public instance with a
// root that was read before.
func BenchmarkVerifyBundle(b *testing.B) {
	dir := realdata.Path(b, "data/assurance/sigstore-bundles")
	for _, c := range []struct{ name, root string }{
		{"happy-path-v0.3", "trusted_root.json"},
		{"rekor2-dsse-happy-path", "rekor2-dsse-happy-path/trusted_root.json"},
	} {
		b.Run(c.name, func(b *testing.B) {
			root := parseRoot(b, read(b, filepath.Join(dir, c.root)))
			raw := read(b, filepath.Join(dir, c.name, "bundle.sigstore.json"))
			b.ReportAllocs()
			for b.Loop() {
				bundle, err := ParseBundle(raw)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := root.Verify(bundle, Want{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
