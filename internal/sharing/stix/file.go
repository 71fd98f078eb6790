package stix

import (
	"strconv"
	"strings"

	"countersign.dev/internal/problem"
)

// ValidateFile validates what is in a file: the objects of it one by one, after
// the bundle itself when they are in one. Its error is that of [Split], for what
// is no JSON or passes a limit; an object that cannot be read on its own has a
// result that says so.
func ValidateFile(b []byte, l Limits) ([]Result, error) {
	s, err := split(b, l)
	if err != nil {
		return nil, err
	}
	var results []Result
	var old bool
	versions := map[version]bool{}
	if s.kind == KindBundle {
		head := s.bundle()
		old = head.SpecVersion == "2.0"
		results = append(results, Validate(head))
	}
	for i, part := range s.objects {
		o, err := Parse(part, l)
		if err != nil {
			results = append(results, unreadable(i, err))
			continue
		}
		if old && !o.tree.has("spec_version") {
			o.SpecVersion = "2.0"
		}
		r := Validate(o)
		if o.ID == "" && s.kind != KindObject {
			r.placed(i)
		}
		results = append(results, r)
		if v := (version{o.ID, o.tree.text("modified")}); s.kind == KindBundle && v.id != "" && v.modified != "" {
			if versions[v] {
				results[0].Warnings = append(results[0].Warnings, Problem{
					Object: results[0].ID, Path: "objects[" + strconv.Itoa(i) + "]", Rule: "STIX 2.1 section 3.6",
					Message: "is the same version of " + clip(o.ID) + " as an earlier object",
				})
			}
			versions[v] = true
		}
	}
	return results, nil
}

type version struct{ id, modified string }

// bundle is the bundle around the objects, of which only whether there are any
// is kept.
func (s *splitter) bundle() *Object {
	tree := value{kind: anObject}
	for _, m := range s.head {
		v, err := readValue(m.value, s.limits.Depth)
		if err != nil {
			v = value{kind: aNull} // nested too deep: no member of a bundle is nested
		}
		tree.fields = append(tree.fields, field{m.name, v})
	}
	if len(s.objects) > 0 {
		tree.fields = append(tree.fields, field{"objects", value{kind: anArray, items: []value{{kind: anObject}}}})
	} else if s.listed {
		tree.fields = append(tree.fields, field{"objects", value{kind: anArray}})
	}
	o := &Object{ID: tree.text("id"), Type: "bundle", SpecVersion: "2.1", tree: tree}
	if tree.text("spec_version") == "2.0" {
		o.SpecVersion = "2.0"
	}
	return o
}

// placed says of each problem in which of several objects it is.
func (r *Result) placed(i int) {
	for _, list := range [][]Problem{r.Errors, r.Warnings} {
		for j := range list {
			list[j].Path = strings.TrimSuffix("objects["+strconv.Itoa(i)+"]."+list[j].Path, ".")
		}
	}
}

// unreadable is the result of an object that [Parse] refuses.
func unreadable(i int, err error) Result {
	p := Problem{Path: "objects[" + strconv.Itoa(i) + "]", Rule: "STIX 2.1 section 2", Message: problem.Message(err)}
	return Result{Errors: []Problem{p}, Warnings: []Problem{}}
}
