package stix

// container is the objects of observed-data, which STIX 2.1 deprecates (section
// 2.13): observables by keys, which name each other by them.
func container(c *check, v *value) {
	if v.kind != anObject || len(v.fields) == 0 {
		c.must("2.13", "", "want a dictionary with at least one observable")
		return
	}
	outer := *c
	for i := range v.fields {
		f := &v.fields[i]
		if !isDigits(f.name) {
			c.should("2.13", f.name, "should be a whole number from 0 on")
		}
		c.enter(f.name)
		c.contained(&f.value, v)
		c.leave()
	}
	c.kind, c.root, c.container, c.observing = outer.kind, outer.root, outer.container, outer.observing
}

// contained examines one observable of a container.
func (c *check) contained(o, container *value) {
	name := o.get("type")
	if o.kind != anObject || name.kind != aString {
		c.must("2.13", "", "want an observable with a type")
		return
	}
	if !isTypeName(name.scalar) {
		c.must("3.1", "type", "%q is no name of a type: want 3 to 250 lower case letters, digits and single hyphens (ASCII)", clip(name.scalar))
	}
	c.root, c.container, c.observing = o, container, true
	c.kind = c.observables[name.scalar]
	if c.kind == nil || c.kind.class != observable {
		c.kind = c.observables[unknownObservable]
	}
	c.names(o)
	c.object(o, c.kind.shape)
	c.identity(o)
	c.extensions(o)
	c.unusual(o)
}
