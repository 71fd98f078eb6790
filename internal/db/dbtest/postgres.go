package dbtest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net/url"
	"testing"

	"countersign.dev/internal/db"
	"countersign.dev/internal/db/migrations"
	"github.com/jackc/pgx/v5"
)

// createDatabase makes a database with a name of its own, as a copy of another.
func createDatabase(t testing.TB, server, template string) string {
	t.Helper()
	random := make([]byte, 8)
	rand.Read(random)
	name := "countersign_test_" + hex.EncodeToString(random)
	onServer(t, server, func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "CREATE DATABASE "+name+" TEMPLATE "+template+" ENCODING 'UTF8'")
		return err
	})
	t.Cleanup(func() {
		onServer(t, server, func(ctx context.Context, conn *pgx.Conn) error {
			// FORCE ends what a crashed or killed node left connected.
			_, err := conn.Exec(ctx, "DROP DATABASE "+name+" WITH (FORCE)")
			return err
		})
	})
	return databaseURL(t, server, name)
}

// template makes, once on a server, a database with the tables of a new store
// to copy from. It is named by the schema, stays there, and is made under the
// name of a draft so that half a template is never copied.
func template(t testing.TB, server string) string {
	t.Helper()
	name := "countersign_template_" + schemaDigest(t)
	onServer(t, server, func(ctx context.Context, conn *pgx.Conn) error {
		// The lock ends with the connection.
		if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock(1668246126)"); err != nil {
			return err
		}
		var there bool
		err := conn.QueryRow(ctx, "SELECT count(*) > 0 FROM pg_database WHERE datname = $1", name).Scan(&there)
		if err != nil || there {
			return err
		}
		draft := name + "_draft"
		for _, q := range []string{"DROP DATABASE IF EXISTS " + draft + " WITH (FORCE)", "CREATE DATABASE " + draft + " TEMPLATE template0 ENCODING 'UTF8'"} {
			if _, err := conn.Exec(ctx, q); err != nil {
				return err
			}
		}
		d, err := db.Open(ctx, databaseURL(t, server, draft), db.Options{})
		if err != nil {
			return err
		}
		if err := d.Close(); err != nil {
			return err
		}
		_, err = conn.Exec(ctx, "ALTER DATABASE "+draft+" RENAME TO "+name)
		return err
	})
	return name
}

func schemaDigest(t testing.TB) string {
	t.Helper()
	h := sha256.New()
	err := fs.WalkDir(migrations.Files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		b, err := fs.ReadFile(migrations.Files, path)
		h.Write(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// onServer runs fn on a connection to the server's own database. The context
// outlives the test, as databases are dropped when it is over.
func onServer(t testing.TB, server string, fn func(context.Context, *pgx.Conn) error) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatalf("server named by %s: %v", serverVar, err)
	}
	defer conn.Close(ctx)
	if err := fn(ctx, conn); err != nil {
		t.Fatalf("server named by %s: %v", serverVar, err)
	}
}

func databaseURL(t testing.TB, server, name string) string {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatalf("%s: want a URL: %v", serverVar, err)
	}
	u.Path = "/" + name
	return u.String()
}
