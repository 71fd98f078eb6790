package stix

import "strings"

// extensions examines the extensions of an object (sections 7.3 and 11.3).
func (c *check) extensions(o *value) {
	v, ok := o.member("extensions")
	if !ok {
		return
	}
	c.enter("extensions")
	defer c.leave()
	if v.kind != anObject || len(v.fields) == 0 {
		c.must("2.3", "", "want a dictionary with at least one extension")
		return
	}
	for i := range v.fields {
		f := &v.fields[i]
		c.enter(f.name)
		c.extension(f.name, &f.value)
		c.leave()
	}
}

// extension examines one extension by its name.
func (c *check) extension(name string, v *value) {
	defined := TypeOfID(name) == "extension-definition" && IsID(name)
	predefined := c.kind.extensions[name]
	switch {
	case v.kind != anObject || len(v.fields) == 0:
		c.must("2.3", "", "want an object with at least one property")
	case predefined != nil:
		c.object(v, predefined)
		c.extensionNames(v, predefined)
	case c.version == "2.0":
		if !strings.HasPrefix(name, "x-") {
			c.should("11.3", "", "is no extension of the standard, and should begin with x-")
		}
	case defined:
		kind, ok := v.member("extension_type")
		switch {
		case !ok:
			c.must("7.3", "extension_type", "is missing")
		case kind.kind != aString:
			c.must("7.3", "extension_type", "want a string, got %s", kind.kind)
		default:
			c.enter("extension_type")
			extensionTypes.look(c, kind.scalar)
			c.leave()
		}
		c.extensionNames(v, nil)
	case strings.HasSuffix(name, "-ext") && isTypeName(name) && c.kind.class != definition:
		c.should("11.3", "", "is no extension of the standard: want one of an extension definition")
		c.extensionNames(v, nil)
	case c.isDetail(name):
		c.extensionNames(v, nil)
	default:
		c.must("7.3", "", "is no name of an extension: want the id of an extension definition")
	}
}

// isDetail reports whether an extension is the details of an impact, which the
// Incident Core extension of OASIS (section 2.3.2) calls by the impact's category.
func (c *check) isDetail(name string) bool {
	kind, _ := c.root.member("type")
	category, ok := c.root.member("impact_category")
	return ok && kind.scalar == "impact" && category.scalar == name
}

// extensionNames examines the properties of an extension that the shape, if
// any, does not name.
func (c *check) extensionNames(v *value, s *shape) {
	for i := range v.fields {
		f := &v.fields[i]
		if s != nil {
			if _, known := s.props[f.name]; known {
				continue
			}
			c.should("11.1", f.name, "is no property of the standard, and no extension defines it")
		}
		if !isPropertyName(f.name) {
			c.must("3.1", f.name, "is no name of a property: want 3 to 250 lower case letters, digits and underscores (ASCII), a letter first")
		}
		c.unknownValue(f)
	}
}
