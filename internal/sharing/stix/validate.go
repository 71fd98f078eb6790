package stix

import (
	"slices"
	"strings"
	"sync"
)

// Validate says what an object breaks of its version of the standard: of STIX
// 2.1, or of 2.0 for an object that states so, or states nothing and is no
// observable. What the standard demands with MUST are errors, what it
// recommends with SHOULD are warnings. Properties and types that the standard
// does not know are allowed, with a warning where no extension defines them.
//
// Of a bundle only its own properties are examined; see [ValidateFile].
func Validate(o *Object) Result {
	c := &check{id: o.ID, version: "2.1", types: types21(), observables: types21(), root: &o.tree, path: make([]step, 0, 8)}
	if o.SpecVersion == "2.0" {
		c.version, c.types, c.observables = "2.0", types20(), observables20()
	}
	c.whole(&o.tree)
	return Result{ID: o.ID, Valid: len(c.errors) == 0, Errors: orEmpty(c.errors), Warnings: orEmpty(c.warnings)}
}

// orEmpty is a list that is written as [], not null.
func orEmpty(p []Problem) []Problem {
	if p == nil {
		return []Problem{}
	}
	return p
}

// whole examines an object from its type on.
func (c *check) whole(o *value) {
	name := o.get("type")
	switch {
	case name.kind != aString:
		c.section = "3.2"
		c.must("3.2", "type", "want the name of a type, got %s", name.kind)
		return
	case !isTypeName(name.scalar):
		c.must("3.1", "type", "%q is no name of a type: want 3 to 250 lower case letters, digits and single hyphens (ASCII)", clip(name.scalar))
	case name.scalar == "action", c.version == "2.0" && (name.scalar == "incident" || name.scalar == "infrastructure"):
		c.must("3.8", "type", "%q is reserved", name.scalar)
	}
	c.kind = c.typeOf(name.scalar, o)
	c.observing = c.kind.class == observable
	c.section = "3.2"
	c.names(o)
	c.object(o, c.kind.shape)
	c.identity(o)
	c.versions(o)
	if c.version == "2.1" {
		c.extensions(o)
	}
	c.unusual(o)
}

// typeOf is a type of the standard, or what one that it does not know is like.
func (c *check) typeOf(name string, o *value) *objectType {
	if t := c.types[name]; t != nil {
		return t
	}
	return c.types[unknownLike(o)]
}

// unknownLike is which of the two kinds of types an object belongs to whose
// type the standard does not know, by the extension that defines it or, where
// none does, by whether it has the dates of a domain object.
func unknownLike(o *value) string {
	extensions := o.get("extensions")
	for i := range extensions.fields {
		switch extensions.fields[i].value.text("extension_type") {
		case "new-sco":
			return unknownObservable
		case "new-sdo", "new-sro":
			return unknownDomain
		}
	}
	if !o.has("created") && !o.has("modified") {
		return unknownObservable
	}
	return unknownDomain
}

// The names, in the tables of types, of what is like no type of the standard.
const (
	unknownDomain     = "(domain)"
	unknownObservable = "(observable)"
)

// types21 is the types of STIX 2.1.
var types21 = sync.OnceValue(func() map[string]*objectType {
	types := map[string]*objectType{}
	add := func(class class, shapes map[string]*shape, common props) {
		for name, s := range shapes {
			types[name] = &objectType{name: name, class: class, shape: s.over(common)}
		}
	}
	add(domain, domainTypes(), ofDomain)
	add(relation, relationTypes(), ofDomain)
	add(meta, metaTypes(), ofDomain)
	add(observable, observableShapes(), ofObservable)
	add(definition, map[string]*shape{"marking-definition": markingDefinition()}, nil)
	add(bundle, map[string]*shape{"bundle": bundleShape}, nil)
	add(domain, map[string]*shape{unknownDomain: newShape("11.2", nil)}, ofDomain)
	add(observable, map[string]*shape{unknownObservable: newShape("11.2", nil)}, ofObservable)
	for name, extensions := range observableExtensions() {
		types[name].extensions = extensions
	}
	for name, seeds := range observableSeeds {
		types[name].seeds = seeds
	}
	return types
})

// over is a shape with what is common to a family of types.
func (s *shape) over(common props) *shape {
	c := *s
	c.props = common.with(s.props)
	c.sum()
	return &c
}

// names examines the names of an object's properties (section 3.1), those that
// are reserved (section 3.8), and what a name says of its value.
func (c *check) names(o *value) {
	for i := range o.fields {
		f := &o.fields[i]
		if _, known := c.kind.shape.props[f.name]; known {
			continue
		}
		switch {
		case !isPropertyName(f.name):
			c.must("3.1", f.name, "is no name of a property: want 3 to 250 lower case letters, digits and underscores (ASCII), a letter first")
		case slices.Contains(c.reserved(), f.name):
			c.must("3.8", f.name, "is a reserved name")
		}
		c.unknownValue(f)
	}
}

// reserved21 is the names of properties that 2.1 keeps for later (section 3.8).
var reserved21 = []string{"severity", "action", "username", "phone_numbers"}

func (c *check) reserved() []string {
	switch {
	case c.version != "2.0":
		return reserved21
	case c.container != nil:
		return nil
	}
	return reserved20
}

// unknownValue examines what can be said of a property that the standard does
// not define: no null, no empty list, and the form that its name promises.
func (c *check) unknownValue(f *field) {
	v := &f.value
	if c.observing && v.kind == anObject {
		c.enter(f.name)
		c.lowerKeys(v)
		c.leave()
	}
	switch {
	case v.kind == aNull:
		c.must("3.1", f.name, "is null, which is no value of STIX: leave the property out instead")
	case v.kind == anArray && len(v.items) == 0:
		c.must("2.12", f.name, "is an empty list: leave the property out instead")
	case f.name == "lang" && (v.kind != aString || !isLanguage(v.scalar)):
		c.must("3.2", f.name, "is no language tag (RFC 5646)")
	case strings.HasSuffix(f.name, "_bin") && (v.kind != aString || !isBase64(v.scalar)):
		c.must("2.1", f.name, "is not base64 (RFC 4648 section 4), as the end of its name demands")
	case strings.HasSuffix(f.name, "_hex") && (v.kind != aString || v.scalar == "" || len(v.scalar)%2 != 0 || !isHex(v.scalar)):
		c.must("2.8", f.name, "is not an even number of hexadecimal digits, as the end of its name demands")
	}
}

// lowerKeys is that keys of dictionaries in observables should be in lower case
// (section 2.3), at any depth.
func (c *check) lowerKeys(v *value) {
	for i := range v.fields {
		f := &v.fields[i]
		if strings.ToLower(f.name) != f.name {
			c.should("2.3", f.name, "is a key with upper case letters: should be in lower case")
		}
		if f.value.kind == anObject {
			c.enter(f.name)
			c.lowerKeys(&f.value)
			c.leave()
		}
	}
}

// identity examines an object's identifier (sections 2.9, 3.3 and 3.4).
func (c *check) identity(o *value) {
	id := o.get("id")
	if id.kind != aString {
		return
	}
	if !IsID(id.scalar) {
		c.must("2.9", "id", "%q is no identifier: want a type, two hyphens and a UUID (RFC 4122)", clip(id.scalar))
		return
	}
	if kind := o.text("type"); TypeOfID(id.scalar) != kind {
		c.must("2.9", "id", "names the type %s, the type is %s", clip(TypeOfID(id.scalar)), clip(kind))
	}
	version := uuidVersion(id.scalar)
	switch {
	case c.container != nil, c.kind.name == unknownObservable: // what an unknown one is named after is not known
	case c.kind.class != observable:
		if version != 4 {
			report := c.should
			if c.version == "2.0" {
				report = c.must
			}
			report("2.9", "id", "has a UUID of version %d: want 4", version)
		}
	case o.text("type") == "process":
		if version != 4 {
			c.must("6.13", "id", "has a UUID of version %d: a process must have 4", version)
		}
	case c.kind.seeds != nil && !slices.ContainsFunc(c.kind.seeds, o.has):
		if version != 4 {
			c.must("2.9", "id", "has a UUID of version %d: want 4, since there is none of %s", version, strings.Join(c.kind.seeds, ", "))
		}
	case version != 5:
		c.should("2.9", "id", "has a UUID of version %d: an observable should have 5", version)
	}
}

// versions examines the times of an object's versions (section 3.6).
func (c *check) versions(o *value) {
	created, err := ParseTime(o.text("created"))
	modified, err2 := ParseTime(o.text("modified"))
	if err == nil && err2 == nil && modified.Before(created) {
		c.must("3.2", "modified", "%s is before created, which is %s", o.text("modified"), o.text("created"))
	}
}

// unusual says what the standard has no name for, unless an extension brings it
// (sections 7.3 and 11).
func (c *check) unusual(o *value) {
	if c.version == "2.0" {
		c.unusual20(o)
		return
	}
	extension := map[string]bool{}
	extensions := o.get("extensions")
	for i := range extensions.fields {
		extension[extensions.fields[i].value.text("extension_type")] = true
	}
	if c.kind.unknown() {
		if !extension["new-sdo"] && !extension["new-sro"] && !extension["new-sco"] {
			c.should("11.2", "type", "%q is no type of the standard, and no extension defines it", clip(o.text("type")))
		}
		return
	}
	if extension["toplevel-property-extension"] {
		return
	}
	for i := range o.fields {
		name := o.fields[i].name
		if _, known := c.kind.shape.props[name]; !known {
			c.should("11.1", name, "is no property of the standard, and no extension defines it")
		}
	}
}

// unusual20 is the same in STIX 2.0, which has no extensions, but asks for
// names that tell what is not its own.
func (c *check) unusual20(o *value) {
	if kind := o.text("type"); c.kind.unknown() {
		if !strings.HasPrefix(kind, "x-") {
			c.should("11.2", "type", "%q is no type of the standard, and should begin with x-", clip(kind))
		}
		return
	}
	for i := range o.fields {
		name := o.fields[i].name
		if _, known := c.kind.shape.props[name]; !known && !strings.HasPrefix(name, "x_") {
			c.should("11.1", name, "is no property of the standard, and should begin with x_")
		}
	}
}

// unknown reports whether the type is one that the standard does not know.
func (k *objectType) unknown() bool { return k.name == unknownDomain || k.name == unknownObservable }
