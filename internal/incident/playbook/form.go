package playbook

import (
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"time"
)

// form is what a value has to look like. It puts what is wrong into the result.
type form func(f *former, path string, v any)

// former checks values against forms.
type former struct {
	*Result
	section string // of the standard, that forms belong to at the moment
	strange []strange
}

// strange is a property that the standard does not know, or not at its place: what
// is in it has no form.
type strange struct {
	of   map[string]any
	name string
}

// without is a tree as JSON without the strange properties. A name that means
// something elsewhere must not be read where it does not.
func (f *former) without(root map[string]any) ([]byte, error) {
	kept := make([]any, len(f.strange))
	for i, s := range f.strange {
		kept[i] = s.of[s.name]
		delete(s.of, s.name)
	}
	b, err := json.Marshal(root)
	for i, s := range slices.Backward(f.strange) { // what is named twice was kept the first time
		s.of[s.name] = kept[i]
	}
	return b, err
}

func (f *former) wrong(path, format string, args ...any) {
	f.fail(path, "form", "CACAO 2.0 "+f.section, format, args...)
}

// shape is the properties of an object.
type shape struct {
	section  string // of the standard
	required []string
	props    map[string]form
	more     []*shape                              // whose properties it has as well
	also     func(*former, string, map[string]any) // what no table can say
}

func (s *shape) form() form {
	return func(f *former, path string, v any) {
		o, ok := v.(map[string]any)
		if !ok {
			f.wrong(path, "%s: want an object", typeOf(v))
			return
		}
		defer func(section string) { f.section = section }(f.section)
		f.section = s.section
		known := map[string]bool{}
		s.check(f, path, o, known)
		for _, name := range sortedKeys(o) {
			if !known[name] {
				f.unknown(path, name, known)
				f.strange = append(f.strange, strange{o, name})
			}
		}
	}
}

func (s *shape) check(f *former, path string, o map[string]any, known map[string]bool) {
	for _, m := range s.more {
		m.check(f, path, o, known)
	}
	for _, name := range s.required {
		if _, ok := o[name]; !ok {
			f.wrong(join(path, name), "missing")
		}
	}
	for _, name := range sortedKeys(s.props) {
		known[name] = true
		if v, ok := o[name]; ok {
			s.props[name](f, join(path, name), v)
		}
	}
	if s.also != nil {
		s.also(f, path, o)
	}
}

// unknown tells of a property that the standard does not know. One that differs
// from a known one by case alone is refused: some readers take it for that one.
func (f *former) unknown(path, name string, known map[string]bool) {
	for k := range known {
		if strings.EqualFold(k, name) {
			f.fail(join(path, name), "case", "CACAO 2.0 section 1", "%s: it is written %s", clipped(name), k)
			return
		}
	}
	f.warn(join(path, name), "unknown_property", "CACAO 2.0 section 9", "the standard knows no property of this name; what is added belongs into an extension")
}

func join(path, name string) string {
	if path == "" {
		return clipped(name)
	}
	return path + "." + clipped(name)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func typeOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "true or false"
	case json.Number:
		return "a number"
	case string:
		return "a string"
	case []any:
		return "a list"
	}
	return "an object"
}

// text is any string.
func text(f *former, path string, v any) {
	if _, ok := v.(string); !ok {
		f.wrong(path, "%s: want a string", typeOf(v))
	}
}

func boolean(f *former, path string, v any) {
	if _, ok := v.(bool); !ok {
		f.wrong(path, "%s: want true or false", typeOf(v))
	}
}

// whole is a whole number of at least and at most so much.
func whole(least, most int64) form {
	return func(f *former, path string, v any) {
		n, ok := v.(json.Number)
		if !ok {
			f.wrong(path, "%s: want a whole number", typeOf(v))
			return
		}
		i, ok := new(big.Int).SetString(n.String(), 10)
		if !ok || i.Cmp(big.NewInt(least)) < 0 || i.Cmp(big.NewInt(most)) > 0 {
			f.wrong(path, "%s: want a whole number from %d to %d", clipped(n.String()), least, most)
		}
	}
}

// oneOf is one of these words.
func oneOf(words ...string) form {
	return func(f *former, path string, v any) {
		if s, ok := v.(string); !ok || !slices.Contains(words, s) {
			f.wrong(path, "%s: want %s", said(v), strings.Join(words, ", "))
		}
	}
}

// openly is a word that should be one of these.
func openly(words ...string) form {
	return func(f *former, path string, v any) {
		s, ok := v.(string)
		if !ok {
			f.wrong(path, "%s: want a string", typeOf(v))
		} else if !slices.Contains(words, s) {
			f.warn(path, "vocabulary", "CACAO 2.0 "+f.section, "%q is not in the open vocabulary", clipped(s))
		}
	}
}

func said(v any) string {
	if s, ok := v.(string); ok {
		return fmt.Sprintf("%q", clipped(s))
	}
	return typeOf(v)
}

const uuidForm = `[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-5][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}`

var (
	idForm        = regexp.MustCompile(`^[a-z][a-z0-9-]+[a-z0-9]--` + uuidForm + `$`)
	timeForm      = regexp.MustCompile(`^[0-9]{4}-(0[1-9]|1[012])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?Z$`)
	extensionForm = regexp.MustCompile(`^extension-definition--` + uuidForm + `$`)
	wordForm      = regexp.MustCompile(`^[a-zA-Z0-9_-]{0,250}$`)
)

// IsID reports whether a text can be the id of a playbook.
func IsID(s string) bool { return strings.HasPrefix(s, "playbook--") && idForm.MatchString(s) }

// identifier is an id of CACAO or STIX (CACAO 2.0, section 10.10).
func identifier(f *former, path string, v any) {
	if s, ok := v.(string); !ok || !idForm.MatchString(s) {
		f.wrong(path, "%s: want an id, type--UUID", said(v))
	}
}

// timestamp is a time in UTC (CACAO 2.0, section 10.15).
func timestamp(f *former, path string, v any) {
	s, ok := v.(string)
	if !ok || !timeForm.MatchString(s) {
		f.wrong(path, "%s: want a time in UTC, as 2021-11-16T00:00:00.000Z", said(v))
		return
	}
	if _, err := time.Parse(time.RFC3339, s); err != nil {
		f.fail(path, "time", "CACAO 2.0 section 10.15", "%q: no such time", clipped(s))
	} else if dot := strings.IndexByte(s, '.'); dot < 0 || len(s)-dot != len(".000Z") {
		f.warn(path, "milliseconds", "CACAO 2.0 section 10.15", "%q: want exactly three digits after the dot", clipped(s))
	}
}

// list is at least so many of a form.
func list(least int, of form) form {
	return func(f *former, path string, v any) {
		l, ok := v.([]any)
		if !ok {
			f.wrong(path, "%s: want a list", typeOf(v))
			return
		}
		if len(l) < least {
			f.wrong(path, "%d entries: want at least %d", len(l), least)
		}
		for i, e := range l {
			of(f, fmt.Sprintf("%s[%d]", path, i), e)
		}
	}
}

// dictionary is at least so many of a form, each under a name of the given form.
// A name of another form is wrong by the standard's text, though its schemas
// pass over it.
func dictionary(least int, names *regexp.Regexp, what string, of form) form {
	return func(f *former, path string, v any) {
		o, ok := v.(map[string]any)
		if !ok {
			f.wrong(path, "%s: want an object", typeOf(v))
			return
		}
		if len(o) < least {
			f.wrong(path, "empty: leave it out")
		}
		for _, name := range sortedKeys(o) {
			if !names.MatchString(name) {
				f.fail(join(path, name), "name", "CACAO 2.0 "+f.section, "%q: want %s", clipped(name), what)
				continue
			}
			of(f, join(path, name), o[name])
		}
	}
}

// definitions is objects under their ids. Each has the shape of the type that its
// id begins with.
func definitions(least int, closed bool, shapes map[string]*shape) form {
	return func(f *former, path string, v any) {
		o, ok := v.(map[string]any)
		if !ok {
			f.wrong(path, "%s: want an object", typeOf(v))
			return
		}
		if len(o) < least {
			f.wrong(path, "empty: leave it out")
		}
		for _, id := range sortedKeys(o) {
			prefix, _, _ := strings.Cut(id, "--")
			s := shapes[prefix]
			switch {
			case s != nil && idForm.MatchString(id):
				s.form()(f, join(path, id), o[id])
			case closed:
				f.fail(join(path, id), "name", "CACAO 2.0 "+f.section, "%q: want the id of a %s: type--UUID", clipped(id), strings.Join(sortedKeys(shapes), ", "))
			default:
				f.foreign(join(path, id), o[id])
			}
		}
	}
}

// foreign is an object of a type that the standard does not define, which its
// open vocabularies allow.
func (f *former) foreign(path string, v any) {
	o, ok := v.(map[string]any)
	if !ok {
		f.fail(path, "name", "CACAO 2.0 "+f.section, "%s: want an object", typeOf(v))
		return
	}
	for _, name := range []string{"type", "name"} {
		if _, ok := o[name].(string); o[name] != nil && !ok {
			f.fail(join(path, name), "name", "CACAO 2.0 "+f.section, "%s: want a string", typeOf(o[name]))
		}
	}
	for name := range o {
		if name != "type" && name != "name" {
			f.strange = append(f.strange, strange{o, name})
		}
	}
	f.warn(path, "vocabulary", "CACAO 2.0 "+f.section, "the standard defines no object with an id of this form; what it says is not checked")
}
