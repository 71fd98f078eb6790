package script

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"testing"

	"countersign.dev/aliases"
)

//go:embed tables
var shippedTables embed.FS

// TestVersionNamesTheTables finds tables and alias packs that changed while
// [Version] did not: names would then be read otherwise under an old name, and
// what was recorded could not be repeated. Whoever changes one raises Version
// and puts the new digest here.
func TestVersionNamesTheTables(t *testing.T) {
	want := map[string]string{"script/1": "65b78b7ac6c0a31a7575ca5a558412bca2123cf374a3b9190ddea2367fd23c56"}
	h := sha256.New()
	for _, dir := range []fs.FS{aliases.FS, shippedTables} {
		err := fs.WalkDir(dir, ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := fs.ReadFile(dir, path)
			h.Write([]byte(path))
			h.Write(b)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != want[Version] {
		t.Errorf("the tables and packs have the digest %s, and %s is for %s: raise Version", got, Version, want[Version])
	}
}
