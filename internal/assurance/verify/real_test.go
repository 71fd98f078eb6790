package verify

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign.dev/internal/realdata"
)

// noon is a moment after everything in the collection was signed.
var noon = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

func file(t testing.TB, path string) *File {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return &File{Name: filepath.Base(path), Bytes: b}
}

func load(t *testing.T, path string, into any) {
	t.Helper()
	if err := json.Unmarshal(file(t, path).Bytes, into); err != nil {
		t.Fatal(err)
	}
}

func artifact(path string) *Artifact {
	return &Artifact{Name: filepath.Base(path), Open: func() (io.ReadCloser, error) { return os.Open(path) }}
}

func expect(t *testing.T, a Answer, want string) {
	t.Helper()
	if a.Result != want || (a.Result == Valid) != (a.Reason == "") {
		t.Errorf("%s (%s), want %s", a.Result, a.Reason, want)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// TestSigstoreCases answers every case of Sigstore's conformance suite that is
// at hand through the door, in each of the ways that the files can be given.
func TestSigstoreCases(t *testing.T) {
	dir := realdata.Path(t, "data/assurance/sigstore-bundles")
	var e struct {
		Identity, Issuer string
		Artifact         string `json:"default_artifact"`
		Root             string `json:"default_trusted_root"`
		Cases            []struct{ Case, Expect string }
	}
	load(t, filepath.Join(dir, "expected.json"), &e)
	if len(e.Cases) == 0 {
		t.Fatal("no cases")
	}
	for _, c := range e.Cases {
		t.Run(c.Case, func(t *testing.T) {
			own := func(name, fallback string) string {
				if path := filepath.Join(dir, c.Case, name); exists(path) {
					return path
				}
				return filepath.Join(dir, fallback)
			}
			q := Question{
				TrustedRoot: file(t, own("trusted_root.json", e.Root)), At: noon,
				Files: []File{*file(t, filepath.Join(dir, c.Case, "bundle.sigstore.json"))},
			}
			if key := own("key.pub", "none"); exists(key) {
				q.Keys = []File{*file(t, key)}
			}
			expect(t, Verify(q), c.Expect) // what the bundle says of itself

			q.Artifact = artifact(own("artifact", e.Artifact))
			expect(t, Verify(q), c.Expect)

			q.Identity, q.Issuer = e.Identity, e.Issuer
			for name, to := range map[string]*string{"identity": &q.Identity, "issuer": &q.Issuer} {
				if path := own(name, "none"); exists(path) {
					*to = strings.TrimSpace(string(file(t, path).Bytes))
				}
			}
			expect(t, Verify(q), c.Expect)

			q.Artifact, q.Files = nil, append(q.Files, *file(t, own("artifact", e.Artifact)))
			expect(t, Verify(q), c.Expect)

			// Nothing is valid for another artifact, or by another signer.
			q.Files[1].Bytes = append(q.Files[1].Bytes, '.')
			expect(t, Verify(q), Invalid)
			q.Files = q.Files[:1]
			if len(q.Keys) == 0 {
				q.Identity += "x"
				expect(t, Verify(q), Invalid)
			}
		})
	}
}

// TestSLSACases answers the cases of slsa-verifier's regression tests that are
// at hand.
func TestSLSACases(t *testing.T) {
	dir := realdata.Path(t, "data/assurance/slsa")
	root := file(t, realdata.Path(t, "data/assurance/sigstore-bundles/trusted_root.json"))
	var e struct {
		Cases []struct {
			File, Expect string
			SHA256       string `json:"artifact_sha256"`
			SHA512       string `json:"artifact_sha512"`
		}
	}
	load(t, filepath.Join(dir, "expected.json"), &e)
	if len(e.Cases) == 0 {
		t.Fatal("no cases")
	}
	for _, c := range e.Cases {
		if c.Expect == "n/a" {
			continue
		}
		t.Run(c.File, func(t *testing.T) {
			q := Question{TrustedRoot: root, Files: []File{*file(t, filepath.Join(dir, c.File))}, At: noon}
			if strings.HasPrefix(c.File, "vsa__") {
				keys, err := filepath.Glob(filepath.Join(dir, "vsa__*.pem"))
				if err != nil || len(keys) != 1 {
					t.Fatalf("keys of the summary: %v, %v", keys, err)
				}
				q.Keys = []File{*file(t, keys[0])}
			}
			expect(t, Verify(q), c.Expect)
			if c.SHA256 == "" {
				return
			}
			q.Digest = "sha256:" + c.SHA256
			if strings.HasPrefix(c.File, "npm__") {
				q.Digest = c.SHA512 // by its length
			}
			a := Verify(q)
			expect(t, a, c.Expect)
			if c.Expect == Valid && (a.Artifact == nil || a.Signer == nil || a.Signer.Identity == "" && a.Signer.Publisher == "") {
				t.Errorf("artifact %v, signer %v", a.Artifact, a.Signer)
			}
			q.Digest = "sha256:" + strings.Repeat("0", 64)
			expect(t, Verify(q), Invalid)
		})
	}
}

// TestLabelVectors answers the vectors of labels and of log proofs.
func TestLabelVectors(t *testing.T) {
	dir := realdata.Path(t, "data/assurance/label-vectors")
	var cases []struct {
		File, Kind, Expect, Reason string
		Key                        string    `json:"trusted_key"`
		At                         time.Time `json:"check_time"`
		Leaf, Policy               string
		Old, New, Proof            string
	}
	load(t, filepath.Join(dir, "expected.json"), &cases)
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
	for _, c := range cases {
		t.Run(c.File+c.New, func(t *testing.T) {
			at := func(name string) *File {
				if name == "" {
					return nil
				}
				return file(t, filepath.Join(dir, name))
			}
			q := Question{At: c.At, Leaf: at(c.Leaf), Policy: at(c.Policy), Old: at(c.Old), New: at(c.New), Proof: at(c.Proof)}
			if c.File != "" {
				q.Files = []File{*at(c.File)}
			}
			if c.Key != "" {
				q.Keys = []File{*at(c.Key)}
			}
			a := Verify(q)
			expect(t, a, c.Expect)
			// Where the reason is one of DSSE's own, it is the same one.
			if c.Expect == Invalid && (c.Reason == "signature" || c.Reason == "signer not trusted" || c.Reason == "no signature") && !strings.HasPrefix(a.Reason, c.Reason) {
				t.Errorf("reason %q, want %q", a.Reason, c.Reason)
			}
			switch c.Kind {
			case "consistency":
				q.Policy = at("log-policy.txt")
				expect(t, Verify(q), c.Expect)
				q.Files, q.New, q.Proof = []File{*q.Proof, *q.New}, nil, nil
				expect(t, Verify(q), c.Expect)
			case "tlog-proof":
				q.Files, q.Leaf = []File{*q.Leaf, *at(c.File)}, nil
				expect(t, Verify(q), c.Expect)
			}
		})
	}
}
