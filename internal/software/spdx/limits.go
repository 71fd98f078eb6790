package spdx

import (
	"fmt"

	"countersign.dev/internal/problem"
)

// Limits bound what is read of one document. A zero field means its default.
type Limits struct {
	Bytes      int // of the document; default 512 MiB
	YAML       int // of a document in YAML, which is held as a tree; default 32 MiB
	Nodes      int // of that tree, by the least that they can be written with; default 2,500,000
	Depth      int // of nesting, where it is not passed over; default 64
	Components int // default 2,000,000
	Relations  int // relations, ids of files and elements of other kinds; default 20,000,000 of each
	Text       int // bytes of one value; a longer one is left out and reported; default 64 KiB
	Faults     int // places in Broken, before the rest is only counted; default 100
}

func (l Limits) orDefault() Limits {
	for _, d := range []struct {
		limit *int
		def   int
	}{
		{&l.Bytes, 512 << 20},
		{&l.YAML, 32 << 20},
		{&l.Nodes, 2_500_000},
		{&l.Depth, 64},
		{&l.Components, 2_000_000},
		{&l.Relations, 20_000_000},
		{&l.Text, 64 << 10},
		{&l.Faults, 100},
	} {
		if *d.limit <= 0 {
			*d.limit = d.def
		}
	}
	return l
}

// tooMany is the error for the n-th of what a limit bounds, or nil.
func tooMany(n, limit int, what string) error {
	if n <= limit {
		return nil
	}
	return problem.New(problem.TooLarge, "more than %d %s", limit, what)
}

// faults collects what could not be read.
type faults struct {
	limit int
	list  []string
	more  int
}

// add notes a fault.
func (f *faults) add(format string, args ...any) {
	if len(f.list) >= f.limit {
		f.more++
		return
	}
	f.list = append(f.list, fmt.Sprintf(format, args...))
}

// all is what was collected; its last line counts what is not told.
func (f *faults) all() []string {
	if f.more == 0 {
		return f.list
	}
	return append(f.list, fmt.Sprintf("and %d more", f.more))
}

// clipped is how much of a value an error shows, in bytes.
const clipped = 60

func clip[T string | []byte](s T) string {
	if len(s) <= clipped {
		return string(s)
	}
	return string(s[:clipped]) + "…"
}
