package intake

import (
	"bytes"
	"context"
	"fmt"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// File is one file as handed in.
type File struct {
	Name  string // a path or a file's name; it may help to recognise what it is
	Bytes []byte
}

// Options say what files do not say themselves.
type Options struct {
	Source    string      // the series they belong to, where their content does not tell; an error where it tells another
	Published access.Date // issue date, where they give none
	Limits    Limits

	// CheckPolicy, when set, refuses the text of a policy that cannot be used.
	// Policies stand beside this room, so their reader comes in as a value.
	CheckPolicy func(text []byte) error
}

// ReadFile is a file with what was read from it.
type ReadFile struct {
	File
	Reading *ledger.Reading
}

// Edition is the files of one issue of a source. They belong in the ledger
// together or not at all.
type Edition struct {
	Source    string
	Files     []ReadFile
	Published access.Date // the issue date that its files give, else that of the options; "" when neither does
}

// Read recognises files, reads them, and puts those of one source together as
// an edition. Gzip files are unpacked. Order is that of the files.
//
// Every error names its file, the place in it and what was expected. A source
// one of whose files has an error has no edition in the result; the others do.
func Read(ctx context.Context, files []File, opts Options) ([]Edition, []error) {
	outcomes := make([]outcome, len(files))
	batches := map[*format][]int{}
	for i := range files {
		f, err := open(files[i], opts.Limits)
		outcomes[i] = outcome{file: f, err: err}
		if err != nil {
			continue
		}
		of, err := recognise(f)
		if err != nil {
			outcomes[i].err = err
			continue
		}
		batches[of] = append(batches[of], i)
	}
	for _, of := range formats {
		batch := batches[of]
		if len(batch) == 0 {
			continue
		}
		in := make([]File, len(batch))
		for k, i := range batch {
			in[k] = outcomes[i].file
		}
		for k, res := range of.read(ctx, in, opts) {
			outcomes[batch[k]].take(res, opts)
		}
	}
	return group(outcomes, opts)
}

// outcome is what became of one file.
type outcome struct {
	file    File
	source  string // known even of some files that have an error
	reading *ledger.Reading
	err     error
}

func (o *outcome) take(r result, opts Options) {
	o.source, o.reading, o.err = r.source, r.reading, r.err
	switch {
	case o.err != nil:
		o.err = named(o.file.Name, o.err)
	case opts.Source != "" && opts.Source != o.source:
		o.err = problem.New(problem.Invalid, "%s: belongs to source %s, not to %s", o.file.Name, o.source, opts.Source)
	}
}

// named puts a file's name before an error, without hiding its kind.
func named(name string, err error) error { return fmt.Errorf("%s: %w", name, err) }

// group puts the files of each source together.
func group(outcomes []outcome, opts Options) ([]Edition, []error) {
	var errs []error
	refused := map[string]bool{}
	index := map[string]int{}
	var editions []Edition
	for _, o := range outcomes {
		if o.err != nil {
			errs = append(errs, o.err)
			refused[o.source] = true
			continue
		}
		i, ok := index[o.source]
		if !ok {
			i = len(editions)
			index[o.source] = i
			editions = append(editions, Edition{Source: o.source})
		}
		if err := editions[i].add(o, opts); err != nil {
			errs = append(errs, err)
			refused[o.source] = true
		}
	}
	kept := editions[:0]
	for _, e := range editions {
		if !refused[e.Source] {
			kept = append(kept, e)
		}
	}
	return kept, errs
}

// add puts a file into an edition. The same bytes handed in twice are one file;
// two files for one part are an error, since only one can be of this issue.
func (e *Edition) add(o outcome, opts Options) error {
	for _, f := range e.Files {
		switch {
		case f.Reading.Part != o.reading.Part:
		case bytes.Equal(f.Bytes, o.file.Bytes):
			return nil
		case o.reading.Part == "":
			return problem.New(problem.Invalid, "%s: is of source %s, as is %s; import one edition at a time", o.file.Name, e.Source, f.Name)
		default:
			return problem.New(problem.Invalid, "%s: is the %s part of %s, as is %s; import one edition at a time", o.file.Name, o.reading.Part, e.Source, f.Name)
		}
	}
	e.Files = append(e.Files, ReadFile{File: o.file, Reading: o.reading})
	if e.Published == "" {
		e.Published = o.reading.Published
	}
	if e.Published == "" {
		e.Published = opts.Published
	}
	return nil
}

// open unpacks a file that was handed in packed.
func open(f File, limits Limits) (File, error) {
	if packedBy(f.Bytes) == nil {
		return f, nil
	}
	b, err := Open(f.Name, bytes.NewReader(f.Bytes), limits)
	return File{Name: f.Name, Bytes: b}, err
}
