// Package realdata finds the collection of official files that some tests run
// on. It lies beside the project, not in it: nothing fetched is kept here.
package realdata

import (
	"os"
	"path/filepath"
	"testing"
)

// Path is where the file rel of the collection is. The test is skipped, and
// says so, where the collection is absent.
func Path(t testing.TB, rel string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		path := filepath.Join(dir, "..", "shared", filepath.FromSlash(rel))
		if _, err := os.Stat(path); err == nil {
			return path
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Skipf("SKIPPED: no collection of official files beside the project; wanted %s", rel)
		}
		dir = parent
	}
}
