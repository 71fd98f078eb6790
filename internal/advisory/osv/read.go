package osv

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"

	"countersign.dev/internal/advisory/vex/jsondoc"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// Kind is the kind of the documents, and Source the source of all of them.
const (
	Kind   = "advisory.osv"
	Source = "osv"
)

// Read reads a record, an array or lines of records, or an archive of them. It
// is an error when no record can be read; otherwise what could not is among the
// reading's warnings. Nothing is unpacked to anywhere but memory.
//
// The reading is an increment: it states all there is to say about its
// advisories and is silent about all others. All are of one source, whichever
// document an advisory came in, so that a later one takes the place of the
// earlier. What is a part of it is the document: one record by its id, a
// collection by the family of ecosystems that most of its records are of, as
// "go" or "debian".
func Read(ctx context.Context, name string, b []byte, limits Limits) (*ledger.Reading, error) {
	limits = limits.orDefault()
	if len(b) > limits.Bytes {
		return nil, problem.New(problem.TooLarge, "%d bytes, the limit is %d", len(b), limits.Bytes)
	}
	g := &gatherer{limits: limits, at: map[string]int{}}
	if isZip(b) {
		if err := g.archive(ctx, b); err != nil {
			return nil, err
		}
		return g.collection()
	}
	b = bytes.TrimLeft(bytes.TrimPrefix(b, byteOrderMark), " \t\r\n")
	switch {
	case bytes.HasPrefix(b, []byte("[")):
		if err := g.array(ctx, b); err != nil {
			return nil, err
		}
		return g.collection()
	case !bytes.HasPrefix(b, []byte("{")):
		return nil, problem.New(problem.Invalid, "line 1: want a JSON object, an array of them, or a zip archive")
	case hasLines(b):
		if err := g.lines(ctx, b); err != nil {
			return nil, err
		}
		return g.collection()
	}
	one, err := Parse(b, limits)
	if err != nil {
		return nil, err
	}
	return g.single(one), nil
}

// hasLines reports whether b is lines of records: the first line or the second
// is an object by itself, and is not all there is.
func hasLines(b []byte) bool {
	for range 2 {
		line, rest, more := bytes.Cut(b, []byte("\n"))
		if !more || len(bytes.TrimSpace(rest)) == 0 {
			return false
		}
		if line = bytes.TrimSpace(line); bytes.HasPrefix(line, []byte("{")) && json.Valid(line) {
			return true
		}
		b = rest
	}
	return false
}

func (g *gatherer) lines(ctx context.Context, b []byte) error {
	for n := 1; len(b) > 0; n++ {
		line, rest, _ := bytes.Cut(b, []byte("\n"))
		b = rest
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if err := g.next(ctx); err != nil {
			return err
		}
		g.add(line, "line %d", n)
	}
	return nil
}

// array reads the elements of an array up to where it breaks, if it does.
func (g *gatherer) array(ctx context.Context, b []byte) error {
	dec := json.NewDecoder(bytes.NewReader(b))
	if _, err := dec.Token(); err != nil {
		return problem.New(problem.Invalid, "line 1: not JSON: %v", err)
	}
	for n := 0; dec.More(); n++ {
		if err := g.next(ctx); err != nil {
			return err
		}
		start := dec.InputOffset()
		var element json.RawMessage
		if err := dec.Decode(&element); err != nil {
			g.warn("line %d: the array breaks off in element %d: %v", lineAt(b, start), n, ended(err))
			return nil
		}
		g.add(element, "%s", jsondoc.At("", n))
	}
	if _, err := dec.Token(); err != nil {
		g.warn("line %d: the array does not end: %v", lineAt(b, dec.InputOffset()), ended(err))
	}
	return nil
}

// ended says it in words when a document ends too early.
func ended(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the document is cut off")
	}
	return err
}

func lineAt(b []byte, offset int64) int { return 1 + bytes.Count(b[:offset], []byte("\n")) }
