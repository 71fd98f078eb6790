package marking

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"countersign.dev/internal/problem"
)

// Redaction is how an object is made fit for readers who may not see all of it.
type Redaction struct {
	Most   TLP                                     // the strictest level that may remain
	By     string                                  // identity that makes the derived objects
	Now    time.Time                               // when
	ID     func(kind string) string                // gives a new object of a type its id
	Lookup Lookup                                  // of marking definitions
	Refer  func(id string) (other string, ok bool) // what a reference is to lead to instead; false where it must lead nowhere
}

// Redact derives from an object one of the id made, without the parts that are marked stricter
// than may remain, and without references that must lead nowhere. The original
// stays what it is: STIX has one content for an id and version, so the derived
// object has an id, a maker and a date of its own. What remains bears the
// strictest marking that any of it had. With it comes the relationship that says
// from what it is derived, marked as strictly as any part of the original, whose
// id it names.
//
// It answers Denied where the object as a whole is marked too strictly, and
// Invalid for an observable, whose id is made of its values. Whether the derived
// object has what its type demands is for the caller to check.
func Redact(b []byte, made string, r Redaction) (derived, link []byte, err error) {
	tree, err := decode(b)
	if err != nil {
		return nil, nil, err
	}
	id, _ := tree["id"].(string)
	kind, _ := tree["type"].(string)
	if _, ok := tree["created"].(string); !ok || id == "" {
		return nil, nil, problem.New(problem.Invalid, "%s: only an object with an id and a date can have derived ones", kind)
	}
	whole, err := Read(b, r.Lookup)
	if err != nil {
		return nil, nil, err
	}
	var o object
	if err := json.Unmarshal(b, &o); err != nil {
		return nil, nil, problem.New(problem.Invalid, "%s: %v", id, err)
	}
	remain := slices.Clone(o.Refs)
	for _, ref := range o.Refs {
		if m := r.of(ref); !r.fits(m) {
			return nil, nil, problem.New(problem.Denied, "%s as a whole is %s: nothing of it may remain", id, m.named())
		}
	}
	for _, g := range o.Granular {
		switch {
		case g.Ref == "":
		case r.fits(r.of(g.Ref)):
			remain = append(remain, g.Ref)
		default:
			for _, s := range g.Selectors {
				cut(tree, strings.Split(s, "."))
			}
		}
	}
	delete(tree, "granular_markings")
	compacted, _ := compact(tree).(map[string]any)
	r.refer(compacted)
	r.sign(compacted, made, r.strictest(remain))
	if derived, err = json.Marshal(compacted); err != nil {
		return nil, nil, err
	}
	origin := map[string]any{"type": "relationship", "spec_version": "2.1", "relationship_type": "derived-from", "source_ref": made, "target_ref": id}
	r.sign(origin, r.ID("relationship"), r.strictest(whole.Refs))
	link, err = json.Marshal(origin)
	return derived, link, err
}

func decode(b []byte) (map[string]any, error) {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var tree map[string]any
	if err := dec.Decode(&tree); err != nil {
		return nil, problem.New(problem.Invalid, "not an object: %v", err)
	}
	return tree, nil
}

// of is what one marking says.
func (r *Redaction) of(ref string) Marking {
	b, err := json.Marshal(object{Refs: []string{ref}})
	if err != nil {
		return Marking{Refused: "its marking " + quoted(ref) + " cannot be read"}
	}
	m, err := Read(b, r.Lookup)
	if err != nil {
		return Marking{Refused: problem.Message(err)}
	}
	return m
}

func (r *Redaction) fits(m Marking) bool { return m.Refused == "" && m.TLP <= r.Most }

// named is a marking in an error.
func (m Marking) named() string {
	if m.Refused != "" {
		return "kept back, because " + m.Refused
	}
	return m.TLP.String()
}

// strictest is markings without those levels that are not the strictest of them.
func (r *Redaction) strictest(refs []string) []string {
	level := Unmarked
	for _, ref := range refs {
		level = max(level, standard[ref])
	}
	out := []string{}
	for _, ref := range refs {
		if t, ok := standard[ref]; !ok || t == level {
			out = append(out, ref)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// sign makes an object one of whoever redacts.
func (r *Redaction) sign(tree map[string]any, id string, refs []string) {
	now := r.Now.UTC().Format("2006-01-02T15:04:05.000Z")
	tree["id"], tree["created"], tree["modified"], tree["created_by_ref"] = id, now, now, r.By
	if delete(tree, "object_marking_refs"); len(refs) > 0 {
		tree["object_marking_refs"] = refs
	}
}

// gone takes the place of what was cut until the lists around it are compacted,
// so that other selectors still count as they did.
type gone struct{}

// cut takes out what a selector names (STIX 2.1 section 7.2.3.1): members of
// objects by name, of lists by "[0]".
func cut(at any, path []string) {
	for i, step := range path {
		last := i == len(path)-1
		switch v := at.(type) {
		case map[string]any:
			if last {
				delete(v, step)
				return
			}
			at = v[step]
		case []any:
			n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(step, "["), "]"))
			if err != nil || n < 0 || n >= len(v) {
				return
			}
			if last {
				v[n] = gone{}
				return
			}
			at = v[n]
		default:
			return
		}
	}
}

// compact is a value without what was cut, and without lists of which nothing is
// left.
func compact(at any) any {
	switch v := at.(type) {
	case map[string]any:
		for k := range v {
			if v[k] = compact(v[k]); v[k] == (gone{}) {
				delete(v, k)
			}
		}
	case []any:
		out := []any{}
		for _, e := range v {
			if e = compact(e); e != (gone{}) {
				out = append(out, e)
			}
		}
		if len(out) == 0 && len(v) > 0 {
			return gone{}
		}
		return out
	}
	return at
}

// refer leads references to where they are to lead, and takes out the others.
func (r *Redaction) refer(at any) {
	switch v := at.(type) {
	case []any:
		for _, e := range v {
			r.refer(e)
		}
	case map[string]any:
		for k, e := range v {
			one, isOne := e.(string)
			many, isMany := e.([]any)
			switch {
			case isOne && strings.HasSuffix(k, "_ref"):
				if other, ok := r.Refer(one); ok {
					v[k] = other
				} else {
					delete(v, k)
				}
			case isMany && strings.HasSuffix(k, "_refs") && k != "object_marking_refs":
				if kept := r.referAll(many); len(kept) > 0 {
					v[k] = kept
				} else {
					delete(v, k)
				}
			default:
				r.refer(e)
			}
		}
	}
}

func (r *Redaction) referAll(list []any) []any {
	out := []any{}
	for _, e := range list {
		id, ok := e.(string)
		if !ok {
			continue
		}
		if other, ok := r.Refer(id); ok {
			out = append(out, other)
		}
	}
	return out
}
