package stix

import "slices"

// class is which of the families of section 1.3 of STIX 2.1 a type is in.
type class byte

const (
	domain     class = iota // SDO: what is known
	relation                // SRO: how it hangs together
	observable              // SCO: what was seen
	meta                    // what is said about other objects
	bundle                  // no object: a box of them
	definition              // a marking definition, a meta object that has no versions
)

// objectType is a type of objects of one version of the standard.
type objectType struct {
	name       string
	class      class
	shape      *shape            // common properties included
	extensions map[string]*shape // that the standard defines for it, by their name
	seeds      []string          // of an observable: what its identifier is made from (section 3.4)
}

// shape is what a JSON object of the standard looks like.
type shape struct {
	section string // where the standard describes it
	props   props
	need    []string // names of the required properties
	some    []string // at least one of these must be there
	someOwn bool     // some is all its own properties
	rules   []rule
	closed  bool // other properties are errors, not only unusual
}

// props is properties by name.
type props map[string]prop

// rule is a rule about several properties of an object. It looks only at those
// that have the right form: wrong ones are reported already.
type rule func(c *check, o *value)

// form is what form a value has (section 2).
type form byte

const (
	anything form = iota
	textForm
	integerForm
	floatForm
	booleanForm
	timestampForm
	identifierForm
	binaryForm
	hexForm
	hashesForm
	dictionaryForm
	shapeForm // an embedded object of the standard
)

// prop is what a property holds.
type prop struct {
	form     form
	many     bool // a list of them, never empty (section 2.12)
	needed   bool
	min, max int64 // of an integer or float; no limits when both are 0
	target   *target
	words    *vocabulary
	shape    *shape
	entry    *prop // of a dictionary: what its entries hold
	also     []func(c *check, v *value)
}

// target is what an identifier may point to.
type target struct {
	only      []string // types; any when empty
	except    []string
	seen      bool // observables, and types that the standard does not know
	relations bool // with seen: relationships and sightings too
}

var (
	text        = prop{form: textForm}
	integer     = prop{form: integerForm}
	float       = prop{form: floatForm}
	boolean     = prop{form: booleanForm}
	timestamp   = prop{form: timestampForm}
	identifier  = prop{form: identifierForm}
	binary      = prop{form: binaryForm}
	hexadecimal = prop{form: hexForm}
	hashes      = prop{form: hashesForm}
	dictionary  = prop{form: dictionaryForm}
	anyValue    = prop{form: anything}
	count       = integer.between(0, maxInteger)
)

// maxInteger is the largest whole number (section 2.10).
const maxInteger = 1<<53 - 1

// embedded is an object of the standard within another.
func embedded(s *shape) prop { return prop{form: shapeForm, shape: s} }

// list is a list of what p holds.
func (p prop) list() prop { p.many = true; return p }

// required is a property that must be there.
func (p prop) required() prop { p.needed = true; return p }

func (p prop) between(low, high int64) prop { p.min, p.max = low, high; return p }

// from is a text that should, or must, be a word of a vocabulary.
func (p prop) from(v *vocabulary) prop { p.words = v; return p }

// to is an identifier of objects of these types.
func (p prop) to(types ...string) prop { p.target = &target{only: types}; return p }

// notTo is an identifier of objects of other types than these.
func (p prop) notTo(types ...string) prop { p.target = &target{except: types}; return p }

// toSeen is an identifier of observables.
func (p prop) toSeen() prop {
	p.target = &target{seen: true}
	return p
}

// toSeenOrRelation is an identifier of observables and of relationships.
func (p prop) toSeenOrRelation() prop {
	p.target = &target{seen: true, relations: true}
	return p
}

// of is a dictionary whose entries all hold the same.
func (p prop) of(entry prop) prop { p.entry = &entry; return p }

// that has to pass another check besides.
func (p prop) that(check func(c *check, v *value)) prop {
	p.also = append(slices.Clip(p.also), check)
	return p
}

// newShape is a shape described in a section of the standard.
func newShape(section string, p props, rules ...rule) *shape {
	s := &shape{section: section, props: p, rules: rules}
	s.sum()
	return s
}

// sum collects the names of what is required.
func (s *shape) sum() {
	s.need = nil
	for name, p := range s.props {
		if p.needed {
			s.need = append(s.need, name)
		}
	}
	slices.Sort(s.need)
}

// withSome demands at least one of some properties; of all when none are named.
func (s *shape) withSome(names ...string) *shape {
	s.some = names
	if len(names) == 0 {
		s.someOwn = true
		for name := range s.props {
			s.some = append(s.some, name)
		}
		slices.Sort(s.some)
	}
	return s
}

// alone makes other properties errors.
func (s *shape) alone() *shape { s.closed = true; return s }

// with is a copy of a shape that has other properties too, which replace those
// of the same name.
func (s *shape) with(more props) *shape {
	c := *s
	c.props = s.props.with(more)
	if s.someOwn {
		c.some = slices.Clone(s.some)
		for name := range more {
			if !slices.Contains(c.some, name) {
				c.some = append(c.some, name)
			}
		}
		slices.Sort(c.some)
	}
	c.sum()
	return &c
}
