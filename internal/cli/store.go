package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"countersign.dev/internal/db"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
)

func (a *app) backupCommand() *cobra.Command {
	c := command("backup FILE", "Write the whole store to a file, while others use it", 1, 1, func(cmd *cobra.Command, args []string) error {
		return a.with(cmd.Context(), toRead, func(n *node.Node) error {
			return a.backup(cmd.Context(), n, args[0])
		})
	})
	c.Use = "backup FILE | -"
	c.Long = "Backup writes the store as it is at one moment. It can be restored on either\nengine. The file holds all that is secret in the store; the log's keys are not in\nit and belong into a place of their own."
	return c
}

func (a *app) backup(ctx context.Context, n *node.Node, path string) error {
	if path == "-" {
		return n.DB.Backup(ctx, a.out)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	defer os.Remove(f.Name()) // fails once it is renamed
	done := a.working("backing up")
	err = n.DB.Backup(ctx, f)
	done()
	if err == nil {
		err = f.Sync()
	}
	size, sizeErr := f.Seek(0, io.SeekCurrent)
	if err == nil {
		err = sizeErr
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if a.wantsJSON() {
		return a.json(map[string]any{"file": path, "bytes": size})
	}
	a.line("%s, %d bytes", path, size)
	return nil
}

func (a *app) restoreCommand() *cobra.Command {
	c := command("restore FILE", "Read a backup into an empty store, and verify it", 1, 1, func(cmd *cobra.Command, args []string) error {
		return a.restore(cmd.Context(), args[0])
	})
	c.Use = "restore FILE | -"
	c.Long = "Restore reads a backup into a store that is empty or not there yet, and verifies\nit. The log's public key has to be in place before, and its signing key where this\nnode is to sign: copy ledger.pub and ledger.key into DIR, or name them."
	return c
}

func (a *app) restore(ctx context.Context, path string) error {
	opts, err := a.options()
	if err != nil {
		return err
	}
	public := opts.PublicKey
	if public == "" && opts.Data != "" {
		public = filepath.Join(opts.Data, "ledger.pub")
	}
	if public == "" || !exists(public) {
		return hinted(problem.New(problem.NotFound, "the public key of the backup's log is not there, so the restored store could not be verified"),
			"copy ledger.pub of the old store to %s", orElse(public, "a file and name it with --public-key"))
	}
	url := opts.DB
	if url == "" {
		url = "sqlite:" + filepath.Join(opts.Data, "countersign.db")
	}
	in := a.in
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return problem.New(problem.Invalid, "%s: %s", path, reasonOf(err))
		}
		defer f.Close()
		in = f
	}
	done := a.working("restoring")
	err = db.Restore(ctx, in, url)
	done()
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	var v *ledger.Verification
	err = a.with(ctx, toRead, func(n *node.Node) error {
		progress, done := a.counting("verifying")
		defer done()
		v, err = n.Ledger.Verify(ctx, progress)
		return err
	})
	if err != nil {
		return err
	}
	return a.verified(v)
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
