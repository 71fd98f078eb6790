package cli

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"countersign.dev/internal/access"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
)

// expand puts in place of each folder the files below it, by name; hidden ones
// are passed over.
func expand(paths []string) ([]string, error) {
	var out []string
	for _, path := range paths {
		if path == "-" || !isFolder(path) {
			out = append(out, path)
			continue
		}
		err := filepath.WalkDir(path, func(p string, e fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case p != path && strings.HasPrefix(e.Name(), "."):
				if e.IsDir() {
					return fs.SkipDir
				}
			case e.Type().IsRegular():
				out = append(out, p)
			}
			return nil
		})
		if err != nil {
			return nil, problem.New(problem.Invalid, "%s: %s", path, reasonOf(err))
		}
	}
	return out, nil
}

// importing is one run of import. Files that are editions by themselves, such as
// bills of materials, go in as they are read, some at a time, so that any number
// of them takes little memory; all others are kept until the last is read, since
// several may make one edition.
type importing struct {
	app    *app
	node   *node.Node
	reader access.Reader
	opts   node.ImportOptions

	mu       sync.Mutex
	taken    []numbered
	together []intake.File
	kept     []numberedFile
	unread   []string
}

// numbered is what became of a file, by its place on the command line.
type numbered struct {
	at     int
	report *node.ImportReport
}

type numberedFile struct {
	at   int
	file intake.File
}

func (in *importing) took(r *node.ImportReport) { in.taken = append(in.taken, numbered{-1, r}) }

// run takes in the files at paths, and those read before.
func (in *importing) run(ctx context.Context, paths []string) error {
	if len(paths) == 0 {
		done := in.app.working("taking in")
		defer done()
		return in.rest(ctx, len(paths))
	}
	progress, done := in.app.counting("taking in")
	defer done()
	next, stop := make(chan int), make(chan struct{})
	var workers sync.WaitGroup
	var once sync.Once
	var failed error
	var read atomic.Int64
	for range 2 * runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for at := range next {
				if err := in.one(ctx, at, paths[at]); err != nil {
					once.Do(func() { failed = err; close(stop) })
					return
				}
				progress(read.Add(1), int64(len(paths)))
			}
		})
	}
feed:
	for at := range paths {
		select {
		case next <- at:
		case <-stop:
			break feed
		case <-ctx.Done():
			break feed
		}
	}
	close(next)
	workers.Wait()
	if failed != nil {
		return failed
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	slices.SortFunc(in.kept, func(a, b numberedFile) int { return a.at - b.at })
	for _, k := range in.kept {
		in.together = append(in.together, k.file)
	}
	return in.rest(ctx, len(paths))
}

// one reads a file and takes it in, or keeps it.
func (in *importing) one(ctx context.Context, at int, path string) error {
	files, unread := in.app.readFiles([]string{path})
	in.mu.Lock()
	in.unread = append(in.unread, unread...)
	in.mu.Unlock()
	for _, f := range files {
		if !intake.Alone(f) {
			in.mu.Lock()
			in.kept = append(in.kept, numberedFile{at, f})
			in.mu.Unlock()
			continue
		}
		r, err := in.node.Import(ctx, in.reader, []intake.File{f}, in.opts)
		if r != nil {
			in.mu.Lock()
			in.taken = append(in.taken, numbered{at, r})
			in.mu.Unlock()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// rest takes in what was kept.
func (in *importing) rest(ctx context.Context, at int) error {
	if len(in.together) == 0 {
		return nil
	}
	r, err := in.node.Import(ctx, in.reader, in.together, in.opts)
	if r != nil {
		in.taken = append(in.taken, numbered{at, r})
	}
	return err
}

// report is what became of all files, in the order they were named.
func (in *importing) report() *node.ImportReport {
	out := &node.ImportReport{Editions: []node.ImportedEdition{}, Failed: slices.Sorted(slices.Values(in.unread))}
	slices.SortStableFunc(in.taken, func(a, b numbered) int { return a.at - b.at })
	for _, t := range in.taken {
		out.Editions = append(out.Editions, t.report.Editions...)
		out.Failed = append(out.Failed, t.report.Failed...)
	}
	if out.Failed == nil {
		out.Failed = []string{}
	}
	return out
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
