// Package dbtest runs tests on a real store of each engine: SQLite in a
// temporary file, PostgreSQL on the server that the variable
// COUNTERSIGN_TEST_POSTGRES names by URL, whose user may create databases.
// Without it the PostgreSQL half is skipped, or fails when
// COUNTERSIGN_NO_SKIP is 1. The script .ci/postgres starts such a server.
package dbtest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"countersign.dev/internal/db"
)

// The variables that the package reads.
const (
	serverVar = "COUNTERSIGN_TEST_POSTGRES"
	noSkipVar = "COUNTERSIGN_NO_SKIP"
)

// Run runs fn once on each engine, as subtests "sqlite" and "postgres". In it
// open opens the store of the test that it is given, which is empty at first
// and gone when the test ends: called twice with one t it opens the same store
// twice, as two nodes do; with the t of a subtest it opens that one's own.
func Run(t *testing.T, fn func(t *testing.T, open func(t testing.TB) *db.DB)) {
	t.Helper()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			fn(t, opener(t, engine))
		})
	}
}

// Each runs fn once on each engine with the URL of an empty database.
func Each(t *testing.T, fn func(t *testing.T, url string)) {
	t.Helper()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) { fn(t, URL(t, engine)) })
	}
}

// URLs gives the URL of an empty database on each engine there is.
func URLs(t testing.TB) []string {
	t.Helper()
	urls := []string{URL(t, "sqlite")}
	switch {
	case os.Getenv(serverVar) != "":
		urls = append(urls, URL(t, "postgres"))
	case os.Getenv(noSkipVar) == "1":
		t.Fatalf("%s=1, and %s names no server", noSkipVar, serverVar)
	default:
		t.Logf("WITHOUT POSTGRESQL: %s names no server", serverVar)
	}
	return urls
}

// URL gives the URL of an empty database on one engine, which is removed when
// the test ends. The test is skipped when there is no server.
func URL(t testing.TB, engine string) string {
	t.Helper()
	if engine == "sqlite" {
		return "sqlite:" + filepath.Join(t.TempDir(), "store.db")
	}
	server := os.Getenv(serverVar)
	if server == "" {
		if os.Getenv(noSkipVar) == "1" {
			t.Fatalf("%s=1, and %s names no server", noSkipVar, serverVar)
		}
		t.Skipf("SKIPPED ON POSTGRESQL: %s names no server; start one with .ci/postgres start DIR", serverVar)
	}
	return createDatabase(t, server, "template0")
}

// Open opens a new empty store on one engine, and closes it with the test.
func Open(t testing.TB, engine string) *db.DB {
	t.Helper()
	return openURL(t, storeURL(t, engine))
}

func opener(t *testing.T, engine string) func(testing.TB) *db.DB {
	own := storeURL(t, engine) // skips here, not in a subtest
	var mu sync.Mutex
	urls := map[string]string{t.Name(): own}
	return func(t testing.TB) *db.DB {
		t.Helper()
		mu.Lock()
		url, ok := urls[t.Name()]
		if !ok {
			url = storeURL(t, engine)
			urls[t.Name()] = url
		}
		mu.Unlock()
		return openURL(t, url)
	}
}

// storeURL is like URL, but the database has its tables already where that is
// quicker than to make them.
func storeURL(t testing.TB, engine string) string {
	t.Helper()
	if server := os.Getenv(serverVar); engine == "postgres" && server != "" {
		return createDatabase(t, server, template(t, server))
	}
	return URL(t, engine)
}

func openURL(t testing.TB, url string) *db.DB {
	t.Helper()
	d, err := db.Open(context.Background(), url, db.Options{})
	if err != nil {
		t.Fatalf("open store: %v", err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("close store: %v", err)
		}
	})
	return d
}
