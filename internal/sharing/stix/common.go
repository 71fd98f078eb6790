package stix

import (
	"slices"
	"strings"
)

// The shapes that many types share.
var (
	externalReference = newShape("2.5", props{
		"source_name": text.required(),
		"description": text,
		"url":         text.that(uri),
		"hashes":      hashes.that(onlyKnownHashes),
		"external_id": text,
	}, externalID, linkedHashes).withSome("description", "url", "external_id")

	killChainPhase = newShape("2.11", props{
		"kill_chain_name": text.required().that(words),
		"phase_name":      text.required().that(words),
	})

	granularMarking = newShape("7.2.3.1", props{
		"selectors":   text.list().required().that(selector),
		"lang":        text.that(languageTag),
		"marking_ref": identifier.to("marking-definition"),
	}, oneMarking)

	externalReferences = embedded(externalReference).list()
	killChainPhases    = embedded(killChainPhase).list()
	markingRefs        = identifier.to("marking-definition").list()
	granularMarkings   = embedded(granularMarking).list()
)

// ofDomain is the common properties of domain and relationship objects and of
// the meta objects that have versions (section 3.2).
var ofDomain = props{
	"type":                text.required(),
	"spec_version":        text.required().from(enum("spec-version", "2.1")),
	"id":                  text.required(),
	"created_by_ref":      identifier.to("identity"),
	"created":             timestamp.required().that(milliseconds),
	"modified":            timestamp.required().that(milliseconds),
	"revoked":             boolean,
	"labels":              text.list(),
	"confidence":          integer.between(0, 100),
	"lang":                text.that(languageTag),
	"external_references": externalReferences,
	"object_marking_refs": markingRefs,
	"granular_markings":   granularMarkings,
	"extensions":          anyValue,
}

// ofObservable is the common properties of observables (section 3.2).
var ofObservable = props{
	"type":                text.required(),
	"spec_version":        text.from(enum("spec-version", "2.1")),
	"id":                  text.required(),
	"defanged":            boolean,
	"object_marking_refs": markingRefs,
	"granular_markings":   granularMarkings,
	"extensions":          anyValue,
}

// reference examines where an identifier points to.
func (c *check) reference(id string, t *target) bool {
	if c.container != nil && t != nil {
		return c.withinContainer(id, t)
	}
	if !IsID(id) {
		c.must("2.9", "", "%q is no identifier: want a type, two hyphens and a UUID (RFC 4122)", clip(id))
		return false
	}
	if c.version == "2.0" && uuidVersion(id) != 4 {
		c.must("2.9", "", "has a UUID of version %d: want 4", uuidVersion(id))
		return false
	}
	if t == nil {
		return true
	}
	return c.takes(t, TypeOfID(id))
}

// withinContainer examines a reference from one observable to another in the
// objects of observed-data, where they are named by their keys.
func (c *check) withinContainer(key string, t *target) bool {
	to, ok := c.container.member(key)
	if !ok {
		if IsID(key) && len(t.only) > 0 && !slices.Contains(observableTypes, t.only[0]) {
			return c.takes(t, TypeOfID(key)) // markings are outside
		}
		c.must("2.13", "", "%q is no key of the objects", clip(key))
		return false
	}
	return c.takes(t, to.text("type"))
}

// takes examines the type of what is pointed to.
func (c *check) takes(t *target, kind string) bool {
	switch {
	case len(t.only) > 0 && !slices.Contains(t.only, kind):
		c.must("", "", "points to type %s: want %s", clip(kind), strings.Join(t.only, " or "))
	case slices.Contains(t.except, kind):
		c.must("", "", "must not point to type %s", clip(kind))
	case t.relations && (kind == "relationship" || kind == "sighting"):
		return true
	case t.seen && !slices.Contains(observableTypes, kind) && slices.Contains(otherTypes, kind):
		c.must("", "", "points to type %s: want an observable", clip(kind))
	default:
		return true
	}
	return false
}

// milliseconds is how exact the times of versions are (section 3.2).
func milliseconds(c *check, v *value) {
	_, fraction, _ := strings.Cut(strings.TrimSuffix(v.scalar, "Z"), ".")
	if len(fraction) < 3 {
		c.must("3.2", "", "want milliseconds, three digits after the seconds, got %q", clip(v.scalar))
	} else if len(fraction) > 3 {
		c.should("3.2", "", "is finer than milliseconds: want three digits after the seconds, got %q", clip(v.scalar))
	}
}

// uri is RFC 3986.
func uri(c *check, v *value) {
	if !isURI(v.scalar) {
		c.must("", "", "%q is no URI (RFC 3986)", clip(v.scalar))
	}
}

// words is how the names of kill chains and of their phases should be written.
func words(c *check, v *value) {
	if strings.ToLower(v.scalar) != v.scalar || strings.ContainsAny(v.scalar, " _") {
		c.should("2.11", "", "%q: want lower case letters, with hyphens between the words", clip(v.scalar))
	}
}

// externalID is which identifiers belong to which source.
func externalID(c *check, o *value) {
	source, id := o.text("source_name"), o.text("external_id")
	switch {
	case source == "cve" && !isCVE(id):
		c.must("2.5", "external_id", "want the number of a CVE, as CVE-2020-10148, with the source cve; got %q", clip(id))
	case source == "capec" && !isCAPEC(id):
		c.must("2.5", "external_id", "want the number of a CAPEC entry, as CAPEC-550, with the source capec; got %q", clip(id))
	case source != "cve" && isCVE(id):
		c.must("2.5", "source_name", "want cve for %s, got %q", clip(id), clip(source))
	case source != "capec" && isCAPEC(id):
		c.must("2.5", "source_name", "want capec for %s, got %q", clip(id), clip(source))
	}
}

// isCVE is the syntax of CVE identifiers since 2014: four digits or more, with
// leading zeros only to fill up four.
func isCVE(s string) bool {
	rest, ok := strings.CutPrefix(s, "CVE-")
	year, number, cut := strings.Cut(rest, "-")
	return ok && cut && len(year) == 4 && isDigits(year) && len(number) >= 4 && isDigits(number) && (len(number) == 4 || number[0] != '0')
}

func isCAPEC(s string) bool {
	rest, ok := strings.CutPrefix(s, "CAPEC-")
	return ok && isDigits(rest)
}

// isDigits reports whether s is digits, at least one.
func isDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}

// linkedHashes is that what a link leads to should be told apart from what will
// be there later.
func linkedHashes(c *check, o *value) {
	if o.has("url") && !o.has("hashes") {
		c.should("2.5", "hashes", "is missing: should be there with a url")
	}
}

// hashDigits is how many hexadecimal digits a hash has.
var hashDigits = map[string]int{
	"MD5": 32, "SHA-1": 40, "SHA-256": 64, "SHA-512": 128, "SHA3-256": 64, "SHA3-512": 128,
	"RIPEMD-160": 40, "SHA-224": 56, "SHA-384": 96, "SHA3-224": 56, "SHA3-384": 96, "WHIRLPOOL": 128, // of STIX 2.0
}

// hashNames20 is the further names that STIX 2.0 has.
var hashNames20 = []string{"MD6", "RIPEMD-160", "SHA-224", "SHA-384", "SHA3-224", "SHA3-384", "WHIRLPOOL", "ssdeep"}

// hashes examines a dictionary of hashes (section 2.7).
func (c *check) hashes(v *value) {
	c.dictionary(v, &text)
	for i := range v.fields {
		name, hash := v.fields[i].name, &v.fields[i].value
		known := slices.Contains(hashNames.words, name) || c.version == "2.0" && slices.Contains(hashNames20, name)
		switch {
		case len(name) < 3:
			c.must("2.7", name, "is too short for the name of a hash: want 3 to 250 characters")
		case !known && len(name) > 30:
			c.should("2.7", name, "is longer than 30 characters")
			fallthrough
		case !known && !strings.HasPrefix(name, "x_"):
			c.should("10.7", name, "is no name of %s", hashNames.name)
		}
		if hash.kind != aString || !known {
			continue
		}
		digits := hashDigits[name]
		switch {
		case digits > 0 && (len(hash.scalar) != digits || !isHex(hash.scalar)):
			c.must("10.7", name, "want %d hexadecimal digits, got %q", digits, clip(hash.scalar))
		case strings.EqualFold(name, "SSDEEP") && !isSSDEEP(hash.scalar):
			c.must("10.7", name, "is no ssdeep hash: %q", clip(hash.scalar))
		case name == "TLSH" && !isTLSH(hash.scalar):
			c.must("10.7", name, "want 70 letters and digits, got %q", clip(hash.scalar))
		}
	}
}

// onlyKnownHashes is the stricter rule for what external references give.
func onlyKnownHashes(c *check, v *value) {
	for i := range v.fields {
		if name := v.fields[i].name; !slices.Contains(hashNames.words, name) {
			c.must("2.5", name, "is no name of %s, of which the hashes of an external reference are", hashNames.name)
		}
	}
}

// isSSDEEP takes a block size and two hashes with colons between, of the
// alphabet of base64.
func isSSDEEP(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isLower(c|0x20) && !isDigit(c) && !strings.ContainsRune("/+:.", rune(c)) {
			return false
		}
	}
	return s != "" && len(s) <= 128
}

func isTLSH(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isLower(c|0x20) && !isDigit(c) {
			return false
		}
	}
	return len(s) == 70
}

// ordered is that a time does not come before another, or, strictly, that it
// comes after.
func ordered(first, second string, strictly bool) rule {
	return func(c *check, o *value) {
		a, err := ParseTime(o.text(first))
		b, err2 := ParseTime(o.text(second))
		switch {
		case err != nil || err2 != nil:
		case b.Before(a):
			c.must("", second, "%s is before %s, which is %s", o.text(second), first, o.text(first))
		case strictly && b.Equal(a):
			c.must("", second, "%s is the same as %s: want a later time", o.text(second), first)
		}
	}
}
