package stix

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"countersign.dev/internal/problem"
)

// Upgrade gives an object, a bundle, an envelope, an array or lines of STIX 2.0 as STIX
// 2.1. Identifiers, times and properties that the standard does not know stay
// as they are, and so do, byte for byte, objects that are of 2.1 already. What
// had to be decided, since 2.0 does not say it, comes back as problems. The
// observables within observed-data become objects of their own; observed-data
// alone therefore come back as a bundle.
//
// The same document always gives the same bytes. Upgrade does not make a bad
// object good: validate what it gives.
func Upgrade(b []byte) ([]byte, []Problem, error) {
	s, err := split(b, Limits{})
	if err != nil {
		return nil, nil, err
	}
	u := &upgrade{old: s.kind != KindBundle || s.bundle().SpecVersion == "2.0"}
	for _, part := range s.objects {
		if err := u.object(part); err != nil {
			return nil, nil, err
		}
	}
	switch {
	case s.kind == KindObject && len(u.objects) == 1:
		return append(u.objects[0], '\n'), u.problems, nil
	case s.kind == KindObject:
		id := "bundle--" + derivedUUID("upgrade", string(s.objects[0]))
		return u.write(`"type":"bundle","id":"` + id + `",`), u.problems, nil
	case s.kind == KindLines:
		return append(bytes.Join(u.objects, []byte("\n")), '\n'), u.problems, nil
	case s.kind == KindArray:
		return append(append([]byte("["), append(bytes.Join(u.objects, []byte(",\n")), ']')...), '\n'), u.problems, nil
	}
	var head []byte
	for _, m := range s.head {
		if m.name == "spec_version" && s.kind == KindBundle {
			continue // a bundle of 2.1 has none (section 8)
		}
		head = append(append(append(appendText(head, m.name), ':'), m.value...), ',')
	}
	return u.write(string(head)), u.problems, nil
}

// upgrade is one document on its way to 2.1.
type upgrade struct {
	old      bool // objects that do not say are of 2.0
	id       string
	objects  [][]byte
	problems []Problem
}

// write puts the objects behind a head whose members end with a comma.
func (u *upgrade) write(head string) []byte {
	var out bytes.Buffer
	out.WriteString("{" + head + `"objects":[` + "\n")
	out.Write(bytes.Join(u.objects, []byte(",\n")))
	out.WriteString("\n]}\n")
	return out.Bytes()
}

// decided says what the standard left open.
func (u *upgrade) decided(path, section, message string) {
	u.problems = append(u.problems, Problem{Object: u.id, Path: path, Rule: "STIX 2.1 section " + section, Message: message})
}

// object upgrades one object.
func (u *upgrade) object(part []byte) error {
	o, err := Parse(part, Limits{})
	if err != nil {
		return err
	}
	if o.tree.has("spec_version") && o.SpecVersion != "2.0" || o.SpecVersion != "2.0" && !u.old {
		u.objects = append(u.objects, part)
		return nil
	}
	if !o.tree.has("created") && slices.Contains(observableTypes, o.Type) { // of 2.1: 2.0 has no lone observables
		u.objects = append(u.objects, part)
		return nil
	}
	u.id = o.ID
	t := &o.tree
	t.put("spec_version", value{kind: aString, scalar: "2.1"}, "type")
	if types, ok := labelTypes[o.Type]; ok {
		splitLabels(t, types)
	}
	switch o.Type {
	case "malware":
		if !t.has("is_family") {
			t.put("is_family", value{kind: aBool, scalar: "true"}, "name")
			u.decided("is_family", "4.11", "taken for a family, of which STIX 2.0 says nothing")
		}
	case "indicator":
		u.indicator(t)
	case "marking-definition":
		upgradeMarking(t)
	case "observed-data":
		return u.observed(t)
	}
	u.objects = append(u.objects, appendValue(nil, t))
	return nil
}

// labelTypes is where the words of a vocabulary go that 2.0 keeps in labels.
var labelTypes = map[string]struct {
	property string
	words    *vocabulary
}{
	"indicator":    {"indicator_types", indicatorTypes},
	"malware":      {"malware_types", malwareTypes},
	"report":       {"report_types", reportTypes},
	"threat-actor": {"threat_actor_types", actorTypes},
	"tool":         {"tool_types", toolTypes},
	"identity":     {"roles", nil},
}

// splitLabels takes from the labels the words of the vocabulary, or all where
// there is none. Other labels stay labels.
func splitLabels(t *value, to struct {
	property string
	words    *vocabulary
},
) {
	labels := t.get("labels")
	if labels.kind != anArray || t.has(to.property) {
		return
	}
	var moved, left []value
	for _, l := range labels.items {
		if to.words == nil || slices.Contains(to.words.words, l.scalar) {
			moved = append(moved, l)
		} else {
			left = append(left, l)
		}
	}
	if len(moved) == 0 {
		return
	}
	t.put(to.property, value{kind: anArray, items: moved}, "labels")
	if len(left) == 0 {
		t.drop("labels")
		return
	}
	*t.get("labels") = value{kind: anArray, items: left}
}

// times20 is how 2.0 writes the bounds of a pattern, a string where
// 2.1 has a timestamp (section 9.5).
var times20 = regexp.MustCompile(`'(?:[^'\\]|\\.)*'|\b(?:START|STOP)\s*'(?:[^'\\]|\\.)*'`)

func (u *upgrade) indicator(t *value) {
	if p := t.get("pattern"); p.kind == aString {
		p.scalar = upgradePattern(p.scalar)
	}
	if !t.has("pattern_type") {
		t.put("pattern_type", value{kind: aString, scalar: "stix"}, "pattern")
	}
}

func upgradePattern(pattern string) string {
	return times20.ReplaceAllStringFunc(pattern, func(m string) string {
		if strings.HasPrefix(m, "'") {
			return m
		}
		return strings.Replace(m, "'", "t'", 1)
	})
}

// upgradeMarking gives the four TLP markings the form that 2.1 fixes.
func upgradeMarking(t *value) {
	colour := tlp1[t.text("id")]
	if colour == "" || t.text("definition_type") != "tlp" {
		return
	}
	t.drop("created_by_ref")
	t.put("name", value{kind: aString, scalar: "TLP:" + strings.ToUpper(colour)}, "created")
	t.get("created").scalar = tlp1Created
}

// put sets a member, in its place if there is one, otherwise after another.
func (v *value) put(name string, to value, after string) {
	if m, ok := v.member(name); ok {
		*m = to
		return
	}
	at := len(v.fields)
	for i := range v.fields {
		if v.fields[i].name == after {
			at = i + 1
		}
	}
	v.fields, v.index = slices.Insert(v.fields, at, field{name, to}), nil
}

func (v *value) drop(name string) {
	v.fields, v.index = slices.DeleteFunc(v.fields, func(f field) bool { return f.name == name }), nil
}

func (v *value) rename(from, to string) {
	v.index = nil
	for i := range v.fields {
		if v.fields[i].name == from {
			v.fields[i].name = to
		}
	}
}

// renamed is what properties of observables are called since 2.1.
var renamed = map[string]map[string]string{
	"file":                 {"created": "ctime", "modified": "mtime", "accessed": "atime"},
	"directory":            {"created": "ctime", "modified": "mtime", "accessed": "atime"},
	"process":              {"created": "created_time", "binary_ref": "image_ref"},
	"user-account":         {"password_last_changed": "credential_last_changed"},
	"windows-registry-key": {"modified": "modified_time"},
}

// observed makes the observables of observed-data objects of their own.
func (u *upgrade) observed(t *value) error {
	objects := t.get("objects")
	if objects.kind != anObject {
		u.objects = append(u.objects, appendValue(nil, t))
		return nil
	}
	n := naming{owner: u.id, container: objects, ids: map[string]string{}, open: map[string]bool{}}
	refs := value{kind: anArray}
	seen := map[string]string{} // what became of each, by its identifier
	var bodies [][]byte
	for i := range objects.fields {
		id, err := n.name(objects.fields[i].name)
		if err != nil {
			return err
		}
		if _, again := seen[id]; !again {
			seen[id] = ""
			refs.items = append(refs.items, value{kind: aString, scalar: id})
		}
	}
	for i := range objects.fields {
		o := &objects.fields[i]
		id, body := o.value.text("id"), appendValue(nil, &o.value)
		switch seen[id] {
		case "":
			seen[id] = string(body)
			bodies = append(bodies, body)
		case string(body):
		default:
			u.decided("objects."+clip(o.name), "3.4", "names the same thing as an earlier observable with other properties, and is left out")
		}
	}
	t.put("object_refs", refs, "objects")
	t.drop("objects")
	u.objects = append(append(u.objects, appendValue(nil, t)), bodies...)
	return nil
}

// maxChain is how many observables may refer to each other one after the other.
const maxChain = 1_000

// naming gives the observables of one container their identifiers. That of one
// may depend on those of others that it refers to.
type naming struct {
	owner     string
	container *value
	ids       map[string]string // by key
	open      map[string]bool   // keys that are being named
}

func (n *naming) name(key string) (string, error) {
	if id, ok := n.ids[key]; ok {
		return id, nil
	}
	o, ok := n.container.member(key)
	kind := o.text("type")
	if !ok || !isIDType(kind) {
		return "", problem.New(problem.Invalid, "%s: objects.%s is no observable with a type", clip(n.owner), clip(key))
	}
	for from, to := range renamed[kind] {
		o.rename(from, to)
	}
	if h := o.get("hashes"); h.kind == anObject {
		h.rename("ssdeep", "SSDEEP")
	}
	headers := o.get("extensions").get("http-request-ext").get("request_header")
	for i := range headers.fields { // a list of texts since 2.1
		if v := &headers.fields[i].value; v.kind == aString {
			*v = value{kind: anArray, items: []value{*v}}
		}
	}
	if len(n.open) == maxChain {
		return "", problem.New(problem.TooLarge, "%s: more than %d observables refer to each other in a chain", clip(n.owner), maxChain)
	}
	n.open[key] = true
	defer delete(n.open, key)
	if err := n.references(o); err != nil {
		return "", err
	}
	id, ok := n.ids[key] // named already, in a ring
	if !ok {
		if id, ok = observableID(kind, o); !ok {
			id = kind + "--" + derivedUUID(n.owner, key)
		}
		n.ids[key] = id
	}
	o.put("spec_version", value{kind: aString, scalar: "2.1"}, "type")
	o.put("id", value{kind: aString, scalar: id}, "spec_version")
	return id, nil
}

// references puts identifiers in place of keys, at any depth.
func (n *naming) references(v *value) error {
	for i := range v.fields {
		f := &v.fields[i]
		switch {
		case strings.HasSuffix(f.name, "_ref") && f.value.kind == aString:
			if err := n.point(&f.value); err != nil {
				return err
			}
		case strings.HasSuffix(f.name, "_refs"):
			for j := range f.value.items {
				if err := n.point(&f.value.items[j]); err != nil {
					return err
				}
			}
		default:
			if err := n.references(&f.value); err != nil {
				return err
			}
		}
	}
	for i := range v.items {
		if err := n.references(&v.items[i]); err != nil {
			return err
		}
	}
	return nil
}

// point puts an identifier in place of one key. Where observables refer to each
// other in a ring, one has to be named without the others: it gets an
// identifier of its own.
func (n *naming) point(v *value) error {
	if v.kind != aString || IsID(v.scalar) {
		return nil
	}
	if n.open[v.scalar] {
		kind := n.container.get(v.scalar).text("type")
		n.ids[v.scalar] = kind + "--" + derivedUUID(n.owner, v.scalar)
	}
	id, err := n.name(v.scalar)
	if err != nil {
		return err
	}
	v.scalar = id
	return nil
}
