package playbook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"countersign.dev/internal/problem"
)

// Limits bound a playbook that is read. A zero field means its default.
type Limits struct {
	Bytes int // 8 MiB
	Depth int // of nesting; 64
	Steps int // 10,000
}

func (l Limits) orDefault() Limits {
	if l.Bytes == 0 {
		l.Bytes = 8 << 20
	}
	if l.Depth == 0 {
		l.Depth = 64
	}
	if l.Steps == 0 {
		l.Steps = 10_000
	}
	return l
}

// tree reads JSON into maps, lists, strings, json.Number, bool and nil. A name
// that stands twice in one object is refused: readers disagree on which counts,
// so that a step could be one thing to who approves it and another to who runs
// it.
func tree(b []byte, l Limits) (any, error) {
	if len(b) > l.Bytes {
		return nil, problem.New(problem.TooLarge, "%d bytes, the limit for a playbook is %d", len(b), l.Bytes)
	}
	dec := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(b, []byte("\ufeff"))))
	dec.UseNumber()
	r := &treeReader{dec: dec, depth: l.Depth}
	v, err := r.value(0)
	if err != nil {
		return nil, r.located(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, r.located(errors.New("more after the end of the object"))
	}
	return v, nil
}

type treeReader struct {
	dec   *json.Decoder
	depth int
}

func (r *treeReader) located(err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return problem.New(problem.Invalid, "not JSON of a playbook: byte %d: %v", r.dec.InputOffset(), err)
}

func (r *treeReader) value(depth int) (any, error) {
	if depth > r.depth {
		return nil, fmt.Errorf("nested deeper than %d", r.depth)
	}
	t, err := r.dec.Token()
	if err != nil {
		return nil, err
	}
	switch t {
	case json.Delim('{'):
		return r.object(depth)
	case json.Delim('['):
		return r.list(depth)
	}
	return t, nil
}

func (r *treeReader) object(depth int) (any, error) {
	out := map[string]any{}
	for r.dec.More() {
		t, err := r.dec.Token()
		if err != nil {
			return nil, err
		}
		name, ok := t.(string)
		if !ok {
			return nil, fmt.Errorf("%v: want a name", t)
		}
		if _, twice := out[name]; twice {
			return nil, fmt.Errorf("%s stands twice in one object", strconv.Quote(clipped(name)))
		}
		if out[name], err = r.value(depth + 1); err != nil {
			return nil, err
		}
	}
	_, err := r.dec.Token()
	return out, err
}

func (r *treeReader) list(depth int) (any, error) {
	out := []any{}
	for r.dec.More() {
		v, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	_, err := r.dec.Token()
	return out, err
}

// clipped keeps a foreign text short enough for a message.
func clipped(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > 0 && s[cut]&0xC0 == 0x80 {
		cut--
	}
	return s[:cut] + "…"
}
