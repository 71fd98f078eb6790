package decision

import (
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
	was, err := tree(old)
	if err != nil {
		return Outcome{}, err
	}
	is, err := tree(again)
	if err != nil {
		return Outcome{}, err
	}
	out := Outcome{Result: Same, Differences: []Difference{}}
	diff("", was, is, &out.Differences)
	switch {
	case old.Engine != now.Engine:
		out.Result = OtherEngine
	case len(out.Differences) > 0:
		out.Result = Differs
	}
	return out, nil
}

// tree is a decision as generic JSON, with numbers kept as written.
func tree(r *Recorded) (any, error) {
	b, err := r.encode()
	if err != nil {
		return nil, fmt.Errorf("compare decisions: %w", err)
	}
	dec := json.NewDecoder(strings.NewReader(string(b)))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, fmt.Errorf("compare decisions: %w", err)
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
