package db_test

import (
	"database/sql"
	"strings"
	"testing"
)

// rawDB opens a database past the package, to do to it what a store never
// does. Both drivers are registered by the package under test.
func rawDB(t testing.TB, url string) *sql.DB {
	t.Helper()
	driver, name := "pgx", url
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		driver, name = "sqlite", path
	}
	raw, err := sql.Open(driver, name)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
