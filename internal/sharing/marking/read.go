package marking

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"countersign.dev/internal/problem"
)

// The extensions of marking definitions that are read.
const (
	// ExtensionTLP2 carries levels of version 2.0 (OASIS common objects).
	ExtensionTLP2 = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
	// ExtensionACS carries the Access Control Specification.
	ExtensionACS = "extension-definition--3a65884d-005a-4290-8335-cb2d778a83ce"
	// ExtensionRecipients is ours: it names organisations and members of a node.
	ExtensionRecipients = "extension-definition--c1f2e6a4-7d3b-4f0e-9a52-6b8d0e4c7f19"
)

// Marking is what an object's markings say, all of them together.
type Marking struct {
	TLP        TLP      // the strictest level of the object and of its parts
	Refs       []string // ids of the marking definitions, sorted
	Recipients []string // organisations that may see it, sorted; nil when none are named
	Persons    []string // members named, sorted
	Refused    string   // why nobody but the source may see it; "" when nothing forbids it
	Granular   bool     // parts are marked by themselves
	Statements []string // texts of copyrights and terms, as they come
	Kept       []string // kinds of markings that are kept and shown beside: "iep", "acs", "cui"
}

// Lookup gives the bytes of a marking definition; nil when it is not held.
type Lookup func(id string) []byte

// object is what of an object is read here.
type object struct {
	Type     string   `json:"type"`
	Refs     []string `json:"object_marking_refs"`
	Granular []struct {
		Ref       string   `json:"marking_ref"`
		Lang      string   `json:"lang"`
		Selectors []string `json:"selectors"`
	} `json:"granular_markings"`
}

// maxRefs bounds the markings of one object.
const maxRefs = 200

// Read reads what an object's markings say. It answers Invalid where they are no
// markings at all.
func Read(b []byte, lookup Lookup) (Marking, error) {
	var o object
	if err := json.Unmarshal(b, &o); err != nil {
		return Marking{}, problem.New(problem.Invalid, "markings: %v", err)
	}
	m := Marking{Granular: len(o.Granular) > 0}
	refs := slices.Clone(o.Refs)
	for _, g := range o.Granular {
		if g.Ref != "" {
			refs = append(refs, g.Ref)
		}
	}
	slices.Sort(refs)
	if refs = slices.Compact(refs); len(refs) > maxRefs {
		return Marking{}, problem.New(problem.TooLarge, "markings: %d, the limit is %d", len(refs), maxRefs)
	}
	m.Refs = refs
	for _, ref := range refs {
		if t, ok := standard[ref]; ok {
			m.TLP = max(m.TLP, t)
			continue
		}
		text := lookup(ref)
		if text == nil {
			m.refuse(Unknown(ref))
			continue
		}
		m.define(ref, text)
	}
	return m, nil
}

// Unknown is why nobody but its source sees an object whose marking is not held.
// It may be held later.
func Unknown(id string) string { return "its marking " + id + " is not known here" }

// definition is a marking definition.
type definition struct {
	Type       string                     `json:"definition_type"`
	Definition json.RawMessage            `json:"definition"`
	Extensions map[string]json.RawMessage `json:"extensions"`
}

// define adds what one definition says.
func (m *Marking) define(id string, text []byte) {
	var d definition
	if err := json.Unmarshal(text, &d); err != nil {
		m.refuse("its marking " + id + " cannot be read")
		return
	}
	known := false
	switch d.Type {
	case "tlp":
		known = m.level(d.Definition, "tlp")
	case "statement":
		var s struct {
			Statement string `json:"statement"`
		}
		if known = json.Unmarshal(d.Definition, &s) == nil; known {
			m.Statements = append(m.Statements, s.Statement)
		}
	case "iep":
		known = m.policy(d.Definition)
	}
	for _, ext := range slices.Sorted(maps.Keys(d.Extensions)) {
		known = m.extension(ext, d.Extensions[ext]) || known
	}
	if !known {
		m.refuse("its marking " + id + " says nothing that is known here")
	}
}

// extension adds what an extension of a definition says, and whether it was
// understood.
func (m *Marking) extension(id string, body json.RawMessage) bool {
	switch id {
	case ExtensionTLP2:
		return m.level(body, "tlp_2_0")
	case ExtensionACS:
		return m.acs(body)
	case ExtensionRecipients:
		return m.recipients(body)
	}
	var looks map[string]json.RawMessage
	if json.Unmarshal(body, &looks) != nil {
		return false
	}
	switch {
	case looks["tlp_2_0"] != nil:
		return m.level(body, "tlp_2_0")
	case looks["iep_version"] != nil:
		return m.policy(body)
	case looks["cui"] != nil || looks["cui_marking"] != nil:
		m.keep("cui")
	}
	return false // controlled information, and what is not known, is left to its source
}

func (m *Marking) level(body json.RawMessage, property string) bool {
	var values map[string]json.RawMessage
	var word string
	if json.Unmarshal(body, &values) != nil || json.Unmarshal(values[property], &word) != nil {
		return false
	}
	t, err := ParseTLP(word)
	if err != nil || t == Unmarked {
		return false
	}
	m.TLP = max(m.TLP, t)
	return true
}

// policy reads an Information Exchange Policy (FIRST, IEP 2.0): its level is
// enforced, the rest shown.
func (m *Marking) policy(body json.RawMessage) bool {
	m.keep("iep")
	var values map[string]json.RawMessage
	if json.Unmarshal(body, &values) != nil {
		return false
	}
	if values["tlp"] == nil {
		return true // a policy that restricts no sharing by level
	}
	return m.level(body, "tlp")
}

// acs reads an Access Control Specification. Only what it leaves to everybody
// with a need is let through: unclassified, and without a privilege that names
// who may.
func (m *Marking) acs(body json.RawMessage) bool {
	m.keep("acs")
	var a struct {
		ControlSet struct {
			Classification string `json:"classification"`
		} `json:"control_set"`
		Privileges []struct {
			Action string          `json:"privilege_action"`
			Scope  json.RawMessage `json:"privilege_scope"`
		} `json:"access_privilege"`
	}
	if json.Unmarshal(body, &a) != nil {
		return false
	}
	if c := a.ControlSet.Classification; c != "U" {
		m.refuse("its access control gives the classification " + quoted(c))
	}
	for _, p := range a.Privileges {
		if !scopeIsOpen(p.Scope) {
			m.refuse("its access control names who may " + quoted(strings.ToLower(p.Action)))
		}
	}
	return true
}

// scopeIsOpen reports whether the scope of a privilege names nobody: each of its
// lists is empty or says ALL.
func scopeIsOpen(scope json.RawMessage) bool {
	if len(scope) == 0 {
		return true
	}
	var lists map[string][]string
	if json.Unmarshal(scope, &lists) != nil {
		return false
	}
	for _, list := range lists {
		if slices.ContainsFunc(list, func(v string) bool { return !strings.EqualFold(v, "ALL") }) {
			return false
		}
	}
	return true
}

func quoted(s string) string {
	if s == "" {
		return "none"
	}
	if len(s) > 40 {
		s = s[:40]
	}
	return `"` + strings.ToValidUTF8(s, "") + `"`
}

// named is the body of our extension.
type named struct {
	ExtensionType string   `json:"extension_type"`
	Organisations []string `json:"organisations,omitempty"`
	Persons       []string `json:"persons,omitempty"`
}

// recipients reads who is named. Of several such markings only who all of them
// name is a recipient.
func (m *Marking) recipients(body json.RawMessage) bool {
	var n named
	if json.Unmarshal(body, &n) != nil || len(n.Organisations)+len(n.Persons) == 0 {
		return false
	}
	m.TLP = max(m.TLP, AmberStrict) // to name who may is to leave out all others
	slices.Sort(n.Organisations)
	slices.Sort(n.Persons)
	n.Organisations, n.Persons = slices.Compact(n.Organisations), slices.Compact(n.Persons)
	if m.Recipients == nil && m.Persons == nil {
		m.Recipients, m.Persons = n.Organisations, n.Persons
		if len(m.Recipients) == 0 {
			m.TLP = max(m.TLP, Red) // for persons alone
		}
		return true
	}
	m.Recipients, m.Persons = common(m.Recipients, n.Organisations), common(m.Persons, n.Persons)
	if len(m.Recipients) == 0 {
		m.TLP = max(m.TLP, Red)
	}
	return true
}

func common(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(v string) bool { _, in := slices.BinarySearch(b, v); return !in })
}

func (m *Marking) refuse(why string) {
	if m.Refused == "" {
		m.Refused = why
	}
}

func (m *Marking) keep(kind string) {
	if !slices.Contains(m.Kept, kind) {
		m.Kept = append(m.Kept, kind)
		slices.Sort(m.Kept)
	}
}
