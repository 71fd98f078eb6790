package stix

import (
	"strconv"
	"strings"
)

// selector is the form of a selector of a granular marking: names of members
// and indexes of lists, as external_references.[0].url (section 7.2.3.1).
func selector(c *check, v *value) {
	segments := strings.Split(v.scalar, ".")
	first := segments[0]
	good := first == "id" || len(first) >= 3 && len(first) <= 249 && isSelectorName(first)
	for _, s := range segments[1:] {
		if _, index := selectorIndex(s); !index && (s == "" || len(s) > 250 || !isSelectorName(s)) {
			good = false
		}
	}
	if !good {
		c.must("7.2.3.1", "", "%q is no selector: want names of properties and [indexes] of lists with dots between", clip(v.scalar))
		return
	}
	at := c.root
	for i, s := range segments {
		next := follow(at, s)
		if next == nil {
			c.must("7.2.3.1", "", "%q selects nothing: there is no %s", clip(v.scalar), clip(strings.Join(segments[:i+1], ".")))
			return
		}
		at = next
	}
}

// follow goes one segment of a selector on, nil when there is nothing.
func follow(v *value, segment string) *value {
	if i, ok := selectorIndex(segment); ok {
		if i < len(v.items) {
			return &v.items[i]
		}
		return nil
	}
	if m, ok := v.member(segment); ok {
		return m
	}
	return nil
}

// selectorIndex reads "[12]".
func selectorIndex(s string) (int, bool) {
	inner, ok := strings.CutPrefix(s, "[")
	inner, ok2 := strings.CutSuffix(inner, "]")
	if !ok || !ok2 || !isDigits(inner) {
		return 0, false
	}
	i, err := strconv.Atoi(inner)
	if err != nil {
		return 1 << 31, true // more than any list has
	}
	return i, true
}

func isSelectorName(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isLower(c) && !isDigit(c) && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

// oneMarking is that a granular marking says a language or a marking.
func oneMarking(c *check, o *value) {
	lang, ref := o.has("lang"), o.has("marking_ref")
	if lang && ref {
		c.must("7.2.3.1", "lang", "must not be there together with marking_ref")
	}
	if !lang && !ref {
		c.must("7.2.3.1", "marking_ref", "is missing: want marking_ref, or lang")
	}
}

// markingItself is that a marking does not apply to itself, directly or by a
// granular marking (section 7.2.1).
func markingItself(c *check, o *value) {
	id := o.text("id")
	refs := o.get("object_marking_refs").items
	for i := range refs {
		if refs[i].kind == aString && refs[i].scalar == id {
			c.must("7.2.1", "object_marking_refs", "names the marking itself")
		}
	}
	granular := o.get("granular_markings").items
	for i := range granular {
		if id != "" && granular[i].text("marking_ref") == id {
			c.must("7.2.1", "granular_markings", "names the marking itself")
		}
	}
}

// tlp1 is the only marking definitions of type tlp that there are (section
// 7.2.1.4): names, by the ids that are theirs.
var tlp1 = map[string]string{
	"marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": "white",
	"marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": "green",
	"marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": "amber",
	"marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": "red",
}

// tlp1Created is when all of them were made.
const tlp1Created = "2017-01-20T00:00:00.000Z"

// statement is the definition of a marking of type statement.
var statement = newShape("7.2.1.3", props{"statement": text.required()})

// markingKinds is what a marking definition has by its type.
func markingKinds(c *check, o *value) {
	kind, definition := o.get("definition_type"), o.get("definition")
	id := o.text("id")
	if tlp1[id] != "" && kind.scalar != "tlp" {
		c.must("7.2.1.4", "definition_type", "want tlp: this id is that of TLP:%s", strings.ToUpper(tlp1[id]))
	}
	if !o.has("extensions") {
		for _, name := range []string{"definition_type", "definition"} {
			if !o.has(name) {
				c.must("7.2.1", name, "is missing: want it, or extensions")
			}
		}
		if kind.kind == aString && kind.scalar != "statement" && kind.scalar != "tlp" {
			c.should("7.2.1", "definition_type", "%q is no type of the standard: want other markings as extensions", clip(kind.scalar))
		}
	}
	if definition.kind != anObject {
		return
	}
	switch kind.scalar {
	case "statement":
		c.enter("definition")
		c.object(definition, statement)
		c.leave()
	case "tlp":
		c.tlp(o)
	}
}

// tlp examines a marking of type tlp, which is one of four to the letter.
func (c *check) tlp(o *value) {
	colour, ok := tlp1[o.text("id")]
	if !ok {
		c.must("7.2.1.4", "id", "is none of the four TLP markings of the standard: others must not be made")
		return
	}
	if got := o.get("definition").text("tlp"); got != colour {
		c.must("7.2.1.4", "definition.tlp", "want %q for this id, got %q", colour, clip(got))
	}
	if got, want := o.text("name"), "TLP:"+strings.ToUpper(colour); got != want && c.version != "2.0" {
		c.must("7.2.1.4", "name", "want %q for this id, got %q", want, clip(got))
	}
	if got := o.text("created"); got != tlp1Created {
		c.must("7.2.1.4", "created", "want %q, got %q", tlp1Created, clip(got))
	}
	for i := range o.fields {
		switch name := o.fields[i].name; name {
		case "type", "spec_version", "id", "created", "name", "definition_type", "definition":
		default:
			c.must("7.2.1.4", name, "is not in the TLP markings of the standard")
		}
	}
}
