package taxii_test

import (
	"os"
	"os/exec"
	"testing"

	"countersign.dev/internal/db"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/sharing"
)

// foreignPython is a Python with the packages of .ci/requirements.txt, which
// .ci/python makes.
func foreignPython(t testing.TB) string {
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

// TestForeignClient: a client that others wrote finds, reads, adds and deletes,
// and a checker that others wrote finds nothing wrong with what it reads.
func TestForeignClient(t *testing.T) {
	python := foreignPython(t)
	dbtest.Run(t, func(t *testing.T, store func(testing.TB) *db.DB) {
		w := open(t, store(t), sharing.Limits{}, nil)
		out, err := exec.CommandContext(t.Context(), python, "testdata/client.py", "http://"+w.addr+"/taxii2/", "demo", "demo", names["rw"], names["ro"]).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		t.Logf("%s", out)
	})
}
