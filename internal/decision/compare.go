package decision

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Replay is how an answer compares with one recorded earlier.
type Replay string

// The outcomes of asking again. Only Differs is a failure.
const (
	Same        Replay = "same"
	Differs     Replay = "differs"
	OtherEngine Replay = "other_engine" // made by another version, which may rightly answer otherwise
)

// Outcome is the result of a comparison.
type Outcome struct {
	Result      Replay       `json:"result"`
	Differences []Difference `json:"differences"`
}

// Difference is one value of a decision that is not what it was.
type Difference struct {
	Path string `json:"path"` // as "reasons[0].because"
	Was  string `json:"was"`  // as JSON; "" when it was not there
	Now  string `json:"now"`  // as JSON; "" when it is not there
}

func (d Difference) String() string {
	word := func(s string) string {
		if s == "" {
			return "nothing"
		}
		return s
	}
	return fmt.Sprintf("%s: was %s, is %s", d.Path, word(d.Was), word(d.Now))
}

// Compare says whether now repeats old. The caller asks again with old's
// query, purpose, moment, audiences and policies; what those circumstances
// were is not compared.
func Compare(old *Recorded, now *Answer) (Outcome, error) {
	again := recorded(now, Circumstances{Audiences: old.Audiences})
	again.Programmes = old.Programmes
	was, err := old.encode()
	if err != nil {
		return Outcome{}, fmt.Errorf("compare decisions: %w", err)
	}
	is, err := again.encode()
	if err != nil {
		return Outcome{}, fmt.Errorf("compare decisions: %w", err)
	}
	return CompareDocuments(was, is, old.Engine == now.Engine)
}

// CompareDocuments says whether a document made anew repeats the one that was
// recorded, both of them JSON. same tells whether one engine made both.
func CompareDocuments(was, now []byte, same bool) (Outcome, error) {
	out := Outcome{Result: Same, Differences: []Difference{}}
	a, err := treeOf(was)
	if err != nil {
		return out, err
	}
	b, err := treeOf(now)
	if err != nil {
		return out, err
	}
	diff("", a, b, &out.Differences)
	switch {
	case !same:
		out.Result = OtherEngine
	case len(out.Differences) > 0:
		out.Result = Differs
	}
	return out, nil
}

// treeOf is JSON as generic values, with numbers kept as written.
func treeOf(b []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, fmt.Errorf("compare documents: %w", err)
	}
	return v, nil
}

// diff notes where two trees of JSON differ, in order of their paths.
func diff(path string, was, is any, out *[]Difference) {
	switch w := was.(type) {
	case map[string]any:
		if n, ok := is.(map[string]any); ok {
			keys := slices.Sorted(maps.Keys(w))
			for k := range n {
				if _, both := w[k]; !both {
					keys = append(keys, k)
				}
			}
			slices.Sort(keys)
			for _, k := range keys {
				diffAt(strings.TrimPrefix(path+"."+k, "."), w, n, k, out)
			}
			return
		}
	case []any:
		if n, ok := is.([]any); ok {
			for i := range max(len(w), len(n)) {
				place := fmt.Sprintf("%s[%d]", path, i)
				switch {
				case i >= len(w):
					*out = append(*out, Difference{Path: place, Now: jsonText(n[i])})
				case i >= len(n):
					*out = append(*out, Difference{Path: place, Was: jsonText(w[i])})
				default:
					diff(place, w[i], n[i], out)
				}
			}
			return
		}
	}
	if a, b := jsonText(was), jsonText(is); a != b {
		*out = append(*out, Difference{Path: path, Was: a, Now: b})
	}
}

// diffAt compares the values of one key, which either side may lack.
func diffAt(path string, was, is map[string]any, key string, out *[]Difference) {
	w, before := was[key]
	n, after := is[key]
	switch {
	case !before:
		*out = append(*out, Difference{Path: path, Now: jsonText(n)})
	case !after:
		*out = append(*out, Difference{Path: path, Was: jsonText(w)})
	default:
		diff(path, w, n, out)
	}
}

func jsonText(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}
