package stix

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxProblems is after how many findings no more are written down of one
// object: who has so many wants to mend the first ones first.
const maxProblems = 200

// check is the examination of one object.
type check struct {
	id          string
	version     string                 // of the standard: "2.1" or "2.0"
	types       map[string]*objectType // of that version
	observables map[string]*objectType // of it that stand in the objects of observed-data
	kind        *objectType
	root        *value
	container   *value // observed-data's objects (deprecated), while within them: references are its keys
	observing   bool   // within an observable
	section     string // of the shape that is looked at
	path        []step
	errors      []Problem
	warnings    []Problem
}

// step is one step into an object: a member, or an item of a list.
type step struct {
	name  string
	index int // -1 for a member
}

// enter goes one member deeper, enterItem to an item of a list; both until leave.
func (c *check) enter(name string)   { c.path = append(c.path, step{name, -1}) }
func (c *check) enterItem(index int) { c.path = append(c.path, step{"", index}) }
func (c *check) leave()              { c.path = c.path[:len(c.path)-1] }

// here is the path as people write it, with a further member unless that is "".
func (c *check) here(member string) string {
	var b strings.Builder
	for _, s := range c.path {
		switch {
		case s.index >= 0:
			b.WriteString("[" + strconv.Itoa(s.index) + "]")
		case b.Len() > 0:
			b.WriteString("." + nameOf(s.name))
		default:
			b.WriteString(nameOf(s.name))
		}
	}
	if member != "" {
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(nameOf(member))
	}
	return b.String()
}

// nameOf is a name in a path, in quotes when it is like no name.
func nameOf(name string) string {
	if isKey(strings.ReplaceAll(name, ".", "")) { // also paths of several names
		return clip(name)
	}
	return strconv.Quote(clip(name))
}

// must reports that a rule is broken that the standard states with MUST. An
// empty section means that of the object's description. member is a property
// of the object that is looked at, "" for what the check stands at.
func (c *check) must(section, member, format string, args ...any) {
	if len(c.errors) < maxProblems {
		c.errors = append(c.errors, c.problem(section, member, format, args))
	}
}

// should reports that a rule is broken that the standard states with SHOULD.
func (c *check) should(section, member, format string, args ...any) {
	if len(c.warnings) < maxProblems {
		c.warnings = append(c.warnings, c.problem(section, member, format, args))
	}
}

func (c *check) problem(section, member, format string, args []any) Problem {
	if section == "" {
		section = c.section
	}
	rule := "STIX 2.1 section " + section
	if c.version == "2.0" {
		rule = "STIX 2.0, as " + rule
	}
	return Problem{Object: c.id, Path: c.here(member), Rule: rule, Message: fmt.Sprintf(format, args...)}
}

// object examines a JSON object against its shape.
func (c *check) object(o *value, s *shape) {
	outer := c.section
	c.section = s.section
	defer func() { c.section = outer }()
	for i := range o.fields {
		f := &o.fields[i]
		p, known := s.props[f.name]
		switch {
		case known:
			c.enter(f.name)
			c.property(&f.value, &p)
			c.leave()
		case s.closed:
			c.must("", f.name, "is no property of this object")
		}
	}
	for _, name := range s.need {
		if !o.has(name) {
			section := ""
			if _, common := ofDomain[name]; common {
				section = "3.2"
			}
			c.must(section, name, "is missing")
		}
	}
	if len(s.some) > 0 && !slices.ContainsFunc(s.some, o.has) {
		c.must("", "", "has none of %s: at least one is required", strings.Join(s.some, ", "))
	}
	for _, r := range s.rules {
		r(c, o)
	}
}

// property examines the value of a property.
func (c *check) property(v *value, p *prop) {
	if !p.many {
		c.one(v, p)
		return
	}
	if v.kind != anArray {
		c.must("2.12", "", "want a list, got %s", v.kind)
		return
	}
	if len(v.items) == 0 {
		c.must("2.12", "", "is an empty list: leave the property out instead")
		return
	}
	for i := range v.items {
		c.enterItem(i)
		c.one(&v.items[i], p)
		c.leave()
	}
}

// one examines a value that is no list of p's.
func (c *check) one(v *value, p *prop) {
	if !c.hasForm(v, p) {
		return
	}
	if p.words != nil {
		p.words.look(c, v.scalar)
	}
	for _, also := range p.also {
		also(c, v)
	}
}

// hasForm examines what form a value has, and reports whether it is the right
// one, as far as that is worth looking further.
func (c *check) hasForm(v *value, p *prop) bool {
	want := formKinds[p.form]
	if p.form == anything {
		if v.kind == aNull {
			c.must("3.1", "", "is null, which is no value of STIX: leave the property out instead")
		}
		return true
	}
	if v.kind != want {
		c.must(formSections[p.form], "", "want %s, got %s", want, v.kind)
		return false
	}
	switch p.form {
	case integerForm:
		return c.integer(v, p)
	case floatForm:
		return c.float(v, p)
	case timestampForm:
		if _, err := ParseTime(v.scalar); err != nil {
			c.must("2.16", "", "%s", err)
			return false
		}
	case identifierForm:
		return c.reference(v.scalar, p.target)
	case binaryForm:
		if !isBase64(v.scalar) {
			c.must("2.1", "", "is not base64 (RFC 4648 section 4)")
		}
	case hexForm:
		if !isHex(v.scalar) || len(v.scalar)%2 != 0 || v.scalar == "" {
			c.must("2.8", "", "want an even number of hexadecimal digits")
		}
	case hashesForm:
		c.hashes(v)
	case dictionaryForm:
		c.dictionary(v, p.entry)
	case shapeForm:
		c.object(v, p.shape)
		for i := range v.fields {
			if _, known := p.shape.props[v.fields[i].name]; !known && !p.shape.closed {
				c.should("11.1", v.fields[i].name, "is no property of the standard, and no extension defines it")
			}
		}
	}
	return true
}

// formKinds is what each form is in JSON.
var formKinds = [...]kind{
	textForm: aString, integerForm: aNumber, floatForm: aNumber, booleanForm: aBool, timestampForm: aString,
	identifierForm: aString, binaryForm: aString, hexForm: aString, hashesForm: anObject, dictionaryForm: anObject,
	shapeForm: anObject,
}

// formSections is where the standard describes each form.
var formSections = [...]string{
	textForm: "2.15", integerForm: "2.10", floatForm: "2.6", booleanForm: "2.2", timestampForm: "2.16", identifierForm: "2.9",
	binaryForm: "2.1", hexForm: "2.8", hashesForm: "2.7", dictionaryForm: "2.3", shapeForm: "",
}

func (c *check) integer(v *value, p *prop) bool {
	n, err := strconv.ParseInt(v.scalar, 10, 64)
	if err != nil || n > maxInteger || n < -maxInteger {
		c.must("2.10", "", "want a whole number of at most 53 bits, got %s", clip(v.scalar))
		return false
	}
	if (p.min != 0 || p.max != 0) && (n < p.min || n > p.max) {
		c.must("", "", "want a number from %d to %d, got %d", p.min, p.max, n)
		return false
	}
	return true
}

func (c *check) float(v *value, p *prop) bool {
	n, err := strconv.ParseFloat(v.scalar, 64)
	if err != nil {
		c.must("2.6", "", "want a number of 64 bits (IEEE 754), got %s", clip(v.scalar))
		return false
	}
	if (p.min != 0 || p.max != 0) && (n < float64(p.min) || n > float64(p.max)) {
		c.must("", "", "want a number from %d to %d, got %s", p.min, p.max, clip(v.scalar))
		return false
	}
	return true
}

// dictionary examines section 2.3's rules for keys, and the entries.
func (c *check) dictionary(v *value, entry *prop) {
	if len(v.fields) == 0 {
		c.must("2.3", "", "is an empty dictionary: leave the property out instead")
	}
	for i := range v.fields {
		f := &v.fields[i]
		if !isKey(f.name) {
			c.must("2.3", f.name, "is no key of a dictionary: want 1 to 250 letters, digits, hyphens and underscores (ASCII)")
		}
		c.enter(f.name)
		if entry != nil {
			c.property(&f.value, entry)
		} else {
			c.one(&f.value, &anyValue)
		}
		c.leave()
	}
}
