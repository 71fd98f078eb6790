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
			for i, r := range screenRows(ctx, s, rows) {
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

// screenRows answers some rows, in their order. What is wrong with one is told
// in its place, and keeps no other from being answered.
func screenRows(ctx context.Context, s *node.Screening, rows []screening.Row) []*screening.Result {
	var sought []screening.Sought
	for _, row := range rows {
		if row.Err == nil {
			sought = append(sought, row.Sought)
		}
	}
	answered := s.All(ctx, sought)
	out := make([]*screening.Result, len(rows))
	for i, row := range rows {
		if row.Err != nil {
			out[i] = &screening.Result{ID: row.ID, Query: row.Name, Matches: []screening.Match{}, Error: problem.Message(row.Err)}
			continue
		}
		out[i], answered = answered[0], answered[1:]
		if out[i].Error != "" {
			out[i].Error = row.Place() + out[i].Error
		}
	}
	return out
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
