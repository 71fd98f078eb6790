package cli

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

type appendFlags struct {
	documents int
	size      int
	dir       string
}

func (a *app) benchAppend() *cobra.Command {
	var f appendFlags
	c := command("append", "Documents a second that the ledger makes durable", 0, 0, func(cmd *cobra.Command, _ []string) error {
		if f.documents < 1 || f.size < 64 {
			return usage(cmd, "want at least 1 document of at least 64 bytes")
		}
		return a.runBenchAppend(cmd.Context(), &f)
	})
	c.Long = "Append measures how many documents a second become durable, from 1, 8 and 64\nclients, beside a loop that does nothing but write the same bytes to a file and\nsync it. It uses a new store in a folder of its own, and with --db also an empty\ndatabase there, which it fills."
	c.Flags().IntVar(&f.documents, "documents", 2000, "how many for each figure, `N`")
	c.Flags().IntVar(&f.size, "size", 1024, "of one document, in `BYTES`")
	c.Flags().StringVar(&f.dir, "in", "", "`DIR` on the disk to measure (default the system's for temporary files)")
	return c
}

func (a *app) runBenchAppend(ctx context.Context, f *appendFlags) error {
	dir, err := os.MkdirTemp(f.dir, "countersign-bench-*")
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	defer os.RemoveAll(dir)
	report := &benchReport{
		Machine: machine(),
		Data:    fmt.Sprintf("%d documents of %d random bytes, in %s", f.documents, f.size, filepath.Dir(dir)),
	}
	bare, err := benchSync(filepath.Join(dir, "bare"), f)
	if err != nil {
		return err
	}
	report.Figures = append(report.Figures, bare)
	urls := []string{"sqlite:" + filepath.Join(dir, "countersign.db")}
	if a.store.db != "" {
		urls = append(urls, a.store.db)
	}
	for _, url := range urls {
		figures, err := benchLedger(ctx, url, f)
		if err != nil {
			return err
		}
		report.Figures = append(report.Figures, figures...)
	}
	return a.benched(report)
}

// document is unlike every other one and cannot be packed.
func (f *appendFlags) document() []byte {
	b := make([]byte, f.size/2)
	rand.Read(b)
	return []byte(hex.EncodeToString(b))
}

// benchSync writes and syncs one document after the other: what the disk alone
// takes.
func benchSync(path string, f *appendFlags) (figure, error) {
	file, err := os.Create(path)
	if err != nil {
		return figure{}, fmt.Errorf("bench: %w", err)
	}
	defer file.Close()
	took := make([]time.Duration, 0, f.documents)
	begun := time.Now()
	for range f.documents {
		b, at := f.document(), time.Now()
		_, err := file.Write(b)
		if err := errors.Join(err, file.Sync()); err != nil {
			return figure{}, fmt.Errorf("bench: %w", err)
		}
		took = append(took, time.Since(at))
	}
	return newFigure("write and fsync", 1, took, time.Since(begun)), nil
}

// benchLedger appends documents to the ledger of an empty store.
func benchLedger(ctx context.Context, url string, f *appendFlags) ([]figure, error) {
	store, err := db.Open(ctx, url, db.Options{})
	if err != nil {
		return nil, err
	}
	defer store.Close()
	signing, public, err := ledger.GenerateKey("countersign.local/bench")
	if err != nil {
		return nil, err
	}
	signer, err := note.NewSigner(signing)
	if err != nil {
		return nil, err
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		return nil, err
	}
	l := ledger.New(store, ledger.Options{Signer: signer, Verifier: verifier})
	defer l.Close()
	h, err := l.Head(ctx)
	if err != nil {
		return nil, err
	}
	if h.Position > 0 {
		return nil, hinted(problem.New(problem.Conflict, "the database of --db holds %d documents", h.Position), "name an empty database; it will be filled with random ones")
	}
	var figures []figure
	for _, clients := range []int{1, 8, 64} {
		fig, err := appendFrom(ctx, l, clients, f)
		if err != nil {
			return nil, err
		}
		fig.What = "append, " + store.Engine()
		figures = append(figures, fig)
	}
	return figures, nil
}

// appendFrom appends f.documents from so many clients at once.
func appendFrom(ctx context.Context, l *ledger.Ledger, clients int, f *appendFlags) (figure, error) {
	var mu sync.Mutex
	var took []time.Duration
	var failed error
	var wg sync.WaitGroup
	begun := time.Now()
	for c := range clients {
		share := (f.documents + c) / clients // adds up to f.documents
		wg.Go(func() {
			own := make([]time.Duration, 0, share)
			var err error
			for range share {
				b, at := f.document(), time.Now()
				_, err = l.Append(ctx, ledger.Edition{
					Documents: []ledger.Document{{Bytes: b, Kind: "bench", Name: "bench"}}, Actor: access.Operator.Member,
				})
				if err != nil {
					break
				}
				own = append(own, time.Since(at))
			}
			mu.Lock()
			defer mu.Unlock()
			took, failed = append(took, own...), errors.Join(failed, err)
		})
	}
	wg.Wait()
	return newFigure("", clients, took, time.Since(begun)), failed
}
