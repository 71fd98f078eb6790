package stix

import "slices"

// described is that an indicator should say what it is for (section 4.7).
func described(c *check, o *value) {
	for _, name := range []string{"name", "description"} {
		if !o.has(name) {
			c.should("", name, "is missing: an indicator should have it")
		}
	}
}

// placed is that a location says where (section 4.10).
func placed(c *check, o *value) {
	latitude, longitude := o.has("latitude"), o.has("longitude")
	switch {
	case latitude != longitude:
		c.must("", "latitude", "latitude and longitude must be there together")
	case !latitude && !o.has("region") && !o.has("country"):
		c.must("", "", "has neither region, country, nor latitude and longitude: one is required")
	}
	if o.has("precision") && !(latitude && longitude) {
		c.must("", "precision", "must not be there without latitude and longitude")
	}
}

// familyHasName is that a family of malware has a name (section 4.11).
func familyHasName(c *check, o *value) {
	if o.get("is_family").isTrue() && !o.has("name") {
		c.must("", "name", "is missing: a family of malware must have one")
	}
}

// productName is how products should be written (section 4.12).
func productName(c *check, v *value) {
	for i := range len(v.scalar) {
		if b := v.scalar[i]; !isLower(b) && !isDigit(b) && b != '-' {
			c.should("", "", "%q: want lower case letters, with hyphens between the words", clip(v.scalar))
			return
		}
	}
}

// observedOnce is that observed data are given in one of two ways, and hold
// something that was observed (section 4.14).
func observedOnce(c *check, o *value) {
	objects, refs := o.has("objects"), o.has("object_refs")
	switch {
	case objects && refs:
		c.must("", "objects", "must not be there together with object_refs")
	case !objects && !refs:
		c.must("", "object_refs", "is missing")
	case objects:
		c.should("", "objects", "is deprecated: want object_refs")
	}
	seen := func(v value) bool {
		kind := TypeOfID(v.scalar)
		return kind != "relationship" && kind != "sighting"
	}
	if items := o.get("object_refs").items; len(items) > 0 && !slices.ContainsFunc(items, seen) {
		c.must("", "object_refs", "points to no observable: at least one is required")
	}
}

// relationName is the form of the type of a relationship (section 5.1).
func relationName(c *check, v *value) {
	for i := range len(v.scalar) {
		if b := v.scalar[i]; !isLower(b) && !isDigit(b) && b != '-' {
			c.must("", "", "%q: want lower case letters, digits and hyphens (ASCII)", clip(v.scalar))
			return
		}
	}
	if v.scalar == "" {
		c.must("", "", "is empty")
	}
}

// translations is the contents of language-content (section 7.1).
func translations(c *check, v *value) {
	for i := range v.fields {
		lang, texts := v.fields[i].name, &v.fields[i].value
		if !isLanguage(lang) {
			c.must("7.1", lang, "is no language tag (RFC 5646)")
		}
		if texts.kind != anObject {
			c.must("7.1", lang, "want a dictionary of properties, got %s", texts.kind)
			continue
		}
		for j := range texts.fields {
			if name := texts.fields[j].name; !isPropertyName(name) {
				c.must("7.1", lang, "%q is no name of a property", clip(name))
			}
		}
	}
}

// extensionStates is what an extension definition says of new properties
// (section 7.3).
func extensionStates(c *check, o *value) {
	if !o.has("description") {
		c.should("", "description", "is missing: an extension should have it")
	}
	types := o.get("extension_types").items
	toplevel := slices.ContainsFunc(types, func(v value) bool { return v.scalar == "toplevel-property-extension" })
	named := o.has("extension_properties")
	if named && !toplevel && types != nil {
		c.must("", "extension_properties", "must not be there unless the extension is a toplevel-property-extension")
	}
	if toplevel && !named {
		c.should("", "extension_properties", "is missing: a toplevel-property-extension should name its properties")
	}
}
