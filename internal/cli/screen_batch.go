package cli

import (
	"context"
	"errors"
	"io"
	"os"

	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/screening"
)

// chunkSize is how many rows are read before they are answered. A few chunks
// are all of a batch that is in memory.
const chunkSize = 512

// screenBatch answers the rows of a CSV file in their order.
func (a *app) screenBatch(ctx context.Context, f *screenFlags) error {
	in, size, err := a.openBatch(f.batch)
	if err != nil {
		return err
	}
	defer in.Close()
	read := &countingReader{r: in}
	batch, err := screening.ReadBatch(f.batch, read)
	if err != nil {
		return err
	}
	var failed []string
	err = a.screening(ctx, f, func(s *node.Screening, k *keeper) error {
		progress, done := a.counting("screening")
		defer done()
		for {
			rows, err := batch.Next(chunkSize)
			for i, r := range s.Rows(ctx, rows) {
				if r.Error != "" {
					failed = append(failed, r.Error)
				} else if err := k.add(rows[i].Sought, r); err != nil {
					return err
				}
				if err := a.jsonLine(r); err != nil {
					return err
				}
			}
			progress(read.n, size)
			if errors.Is(err, io.EOF) {
				return ctx.Err()
			}
			if err != nil {
				return err
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
	})
	if err == nil && len(failed) > 0 {
		return &failures{failed}
	}
	return err
}

// openBatch opens the file of a batch, and says how large it is; -1 when that
// is not known.
func (a *app) openBatch(path string) (io.ReadCloser, int64, error) {
	if path == "-" {
		return io.NopCloser(a.in), -1, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, problem.New(problem.Invalid, "%s: %s", path, reasonOf(err))
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = errors.New("is a folder")
	}
	if err != nil {
		f.Close()
		return nil, 0, problem.New(problem.Invalid, "%s: %s", path, reasonOf(err))
	}
	return f, info.Size(), nil
}

// countingReader counts what is read.
type countingReader struct {
	r io.Reader
	n int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
