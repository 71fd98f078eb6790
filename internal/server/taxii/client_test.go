package taxii_test

import (
	"os/exec"
	"testing"

	"countersign.dev/internal/db"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/foreign"
	"countersign.dev/internal/sharing"
)

// TestForeignClient: a client that others wrote finds, reads, adds and deletes,
// and a checker that others wrote finds nothing wrong with what it reads.
func TestForeignClient(t *testing.T) {
	python := foreign.Python(t)
	dbtest.Run(t, func(t *testing.T, store func(testing.TB) *db.DB) {
		w := open(t, store(t), sharing.Limits{}, nil)
		out, err := exec.CommandContext(t.Context(), python, "testdata/client.py", "http://"+w.addr+"/taxii2/", "demo", "demo", names["rw"], names["ro"]).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		t.Logf("%s", out)
	})
}
