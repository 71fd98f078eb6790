package stix

import (
	"errors"

	"countersign.dev/internal/sharing/pattern"
)

// patternHolds is that the pattern of an indicator is one of STIX, and asks of
// objects and properties that there may be (section 9). Patterns in other
// languages are not looked into.
func patternHolds(c *check, o *value) {
	text := o.get("pattern")
	if text.kind != aString || c.version != "2.0" && o.text("pattern_type") != "stix" {
		return
	}
	written := text.scalar
	if c.version == "2.0" || o.text("pattern_version") == "2.0" {
		written = upgradePattern(written)
	}
	p, err := pattern.Parse(written)
	if err != nil {
		var e *pattern.Error
		if errors.As(err, &e) && written != text.scalar {
			c.must("9", "pattern", "is no pattern: want %s, found %s", e.Expected, clip(e.Found)) // the place is that of another text
			return
		}
		c.must("9", "pattern", "is no pattern: %s", err)
		return
	}
	seen := map[string]bool{}
	for _, a := range p.Atoms() {
		c.asks(a.Path, seen)
	}
}

// asks examines what a comparison looks at. Each name is reported once.
func (c *check) asks(path pattern.ObjectPath, seen map[string]bool) {
	if !isTypeName(path.Type) && !seen[path.Type] {
		seen[path.Type] = true
		c.must("3.1", "pattern", "asks of %q, which is no name of a type", clip(path.Type))
	}
	if len(path.Steps) == 0 || path.Steps[0].Element {
		return
	}
	name := path.Steps[0].Key
	if k := c.types[path.Type]; k != nil {
		if _, known := k.shape.props[name]; known {
			return
		}
	}
	if !isPropertyName(name) && !seen[path.Type+":"+name] {
		seen[path.Type+":"+name] = true
		c.must("3.1", "pattern", "asks of %s for %q, which is no name of a property", clip(path.Type), clip(name))
	}
}
