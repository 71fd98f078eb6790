package pattern

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strings"
	"time"

	"countersign.dev/internal/problem"
)

// Observed is an observed-data object with the objects that it is about.
type Observed struct {
	ID          string
	First, Last time.Time
	Number      int // how often it was seen
	Objects     []Observable
}

// Observable is one object that was observed.
type Observable struct {
	ID         string // by which others refer to it
	Type       string
	Properties map[string]any // as JSON is read, with whole numbers as int64
}

// The limits of what is matched against.
const (
	maxData    = 256 << 20 // bytes
	maxObjects = 1_000_000
)

// ReadObserved reads what patterns are matched against: an observed-data object
// of STIX 2.0 or 2.1, a list of them, a bundle, or one of these a line. Those of
// 2.1 refer to objects beside them, which may stand in any of the bundles.
func ReadObserved(b []byte) ([]*Observed, error) {
	if len(b) > maxData {
		return nil, problem.New(problem.TooLarge, "%d bytes, the limit is %d", len(b), maxData)
	}
	r := &observing{byID: map[string]Observable{}}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	for {
		var v any
		err := dec.Decode(&v)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, problem.New(problem.Invalid, "byte %d: %v", dec.InputOffset(), err)
		}
		if err := r.take(v); err != nil {
			return nil, err
		}
	}
	return r.observed()
}

// observing collects what a file holds.
type observing struct {
	data []map[string]any // observed-data objects
	byID map[string]Observable
}

func (r *observing) take(v any) error {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			if err := r.take(e); err != nil {
				return err
			}
		}
		return nil
	case map[string]any:
		if len(r.data)+len(r.byID) > maxObjects {
			return problem.New(problem.TooLarge, "more than %d objects", maxObjects)
		}
		kind, _ := v["type"].(string)
		if kind == "bundle" {
			list, _ := v["objects"].([]any)
			return r.take(list)
		}
		if kind == "observed-data" || v["first_observed"] != nil && v["objects"] != nil {
			r.data = append(r.data, v)
		}
		if o := observable(v); o.ID != "" {
			r.byID[o.ID] = o
		}
		return nil
	}
	return problem.New(problem.Invalid, "want STIX objects, found %T", v)
}

func observable(v map[string]any) Observable {
	o := Observable{Properties: v}
	o.ID, _ = v["id"].(string)
	o.Type, _ = v["type"].(string)
	return o
}

func (r *observing) observed() ([]*Observed, error) {
	out := make([]*Observed, 0, len(r.data))
	for i, v := range r.data {
		o, err := r.one(v)
		if err != nil {
			return nil, problem.New(problem.Invalid, "observed data %d: %v", i+1, err)
		}
		out = append(out, o)
	}
	return out, nil
}

func (r *observing) one(v map[string]any) (*Observed, error) {
	o := &Observed{}
	o.ID, _ = v["id"].(string)
	for name, to := range map[string]*time.Time{"first_observed": &o.First, "last_observed": &o.Last} {
		text, ok := v[name].(string)
		if !ok {
			return nil, problem.New(problem.Invalid, "%s: want a timestamp", name)
		}
		t, err := ParseTime(text)
		if err != nil {
			return nil, problem.New(problem.Invalid, "%s: %v", name, err)
		}
		*to = t
	}
	if o.Last.Before(o.First) {
		return nil, problem.New(problem.Invalid, "last_observed is before first_observed")
	}
	n, ok := number(v["number_observed"])
	if !ok || n < 1 {
		return nil, problem.New(problem.Invalid, "number_observed: want a whole number from 1")
	}
	o.Number = int(min(n, math.MaxInt32))
	if objects, ok := v["objects"].(map[string]any); ok {
		for id, e := range objects {
			if m, ok := e.(map[string]any); ok {
				found := observable(m)
				found.ID = id
				o.Objects = append(o.Objects, found)
			}
		}
		return o, nil
	}
	refs, ok := v["object_refs"].([]any)
	if !ok && v["spec_version"] == "2.1" {
		return nil, problem.New(problem.Invalid, "object_refs: want a list of references")
	}
	for _, ref := range refs {
		id, _ := ref.(string)
		if found, ok := r.byID[id]; ok {
			o.Objects = append(o.Objects, found)
		}
	}
	return o, nil
}

func number(v any) (int64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	i, err := n.Int64()
	return i, err == nil
}

// plain is a value of JSON as constants are: whole numbers as int64, others as
// float64.
func plain(v any) any {
	n, ok := v.(json.Number)
	if !ok {
		return v
	}
	if i, err := n.Int64(); err == nil {
		return i
	}
	f, err := n.Float64()
	if err != nil {
		return n.String()
	}
	return f
}

// suffixed is a property's value as its name says it is to be read (STIX 2.1
// section 2.1): *_hex and *_bin are bytes.
func suffixed(key string, v any) (any, error) {
	text, ok := v.(string)
	if !ok {
		return v, nil
	}
	var b []byte
	var err error
	switch {
	case strings.HasSuffix(key, "_hex"):
		b, err = hex.DecodeString(text)
	case strings.HasSuffix(key, "_bin"):
		b, err = base64.StdEncoding.DecodeString(text)
	default:
		return v, nil
	}
	if err != nil {
		return nil, problem.New(problem.Invalid, "property %s: %v", key, err)
	}
	return b, nil
}
