// Package foreign finds what others wrote, for tests that compare us with it. The
// product needs none of it.
package foreign

import (
	"os"
	"testing"
)

// Python is a Python with the packages of .ci/requirements.txt, which .ci/python
// makes. The test is skipped where it is not named, but that COUNTERSIGN_NO_SKIP
// is 1.
func Python(t testing.TB) string {
	t.Helper()
	python := os.Getenv("COUNTERSIGN_PYTHON")
	switch {
	case python != "":
	case os.Getenv("COUNTERSIGN_NO_SKIP") == "1":
		t.Fatal("COUNTERSIGN_PYTHON is not set: .ci/python makes what it is to name")
	default:
		t.Skip("SKIPPED: COUNTERSIGN_PYTHON is not set: .ci/python makes what it is to name")
	}
	return python
}
