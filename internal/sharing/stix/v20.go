package stix

import (
	"slices"
	"strings"
	"sync"
)

// STIX 2.0 (Committee Specification 01 of 19 July 2017) is told here by what
// it has otherwise than 2.1. Its objects do not state a version; a bundle does.

// types20 is the types of STIX 2.0.
var types20 = sync.OnceValue(func() map[string]*objectType {
	common := without(ofDomain, "confidence", "lang", "extensions").with(props{
		"spec_version": text.from(enum("spec-version", "2.0")), "granular_markings": embedded(granularMarking20).list(),
		"created": timestamp.required().that(exactMilliseconds), "modified": timestamp.required().that(exactMilliseconds),
	})
	types := map[string]*objectType{}
	for name, s := range domainTypes20() {
		types[name] = &objectType{name: name, class: domain, shape: s.over(common)}
	}
	for _, name := range []string{"relationship", "sighting"} {
		types[name].class = relation
	}
	types["marking-definition"] = &objectType{name: "marking-definition", class: definition, shape: definition20()}
	types["bundle"] = &objectType{name: "bundle", class: bundle, shape: bundleShape.with(props{
		"spec_version": text.required().from(enum("spec-version", "2.0")),
	})}
	types[unknownDomain] = &objectType{name: unknownDomain, class: domain, shape: newShape("11.2", nil).over(common)}
	types[unknownObservable] = types[unknownDomain] // an object without times is an object that lacks them
	return types
})

// domainTypes20 is the domain and relationship objects of 2.0.
func domainTypes20() map[string]*shape {
	now := domainTypes()
	labelled := props{"labels": text.list().required()}
	shapes := map[string]*shape{
		"attack-pattern":   now["attack-pattern"].without("aliases"),
		"campaign":         now["campaign"],
		"course-of-action": now["course-of-action"],
		"identity":         now["identity"].without("roles").with(props{"identity_class": text.required().from(identityClasses)}),
		"indicator": newShape("4.7", props{
			"name": text, "description": text, "labels": text.from(indicatorTypes).list().required(), "pattern": text.required(),
			"valid_from": timestamp.required(), "valid_until": timestamp, "kill_chain_phases": killChainPhases,
		}, ordered("valid_from", "valid_until", true), patternHolds),
		"intrusion-set": now["intrusion-set"],
		"malware": newShape("4.11", props{
			"name": text.required(), "description": text, "labels": text.from(malwareTypes).list().required(), "kill_chain_phases": killChainPhases,
		}),
		"observed-data": newShape("4.14", props{
			"first_observed": timestamp.required(), "last_observed": timestamp.required(), "number_observed": integer.required().between(1, 999_999_999),
			"objects": anyValue.required().that(container),
		}, ordered("first_observed", "last_observed", false)),
		"report":        now["report"].without("report_types").with(props{"labels": text.from(reportTypes).list().required()}),
		"threat-actor":  now["threat-actor"].without("threat_actor_types", "first_seen", "last_seen").with(props{"labels": text.from(actorTypes).list().required()}),
		"tool":          now["tool"].without("tool_types", "aliases").with(labelled),
		"vulnerability": now["vulnerability"],
	}
	relations := relationTypes()
	shapes["relationship"] = relations["relationship"].without("start_time", "stop_time")
	shapes["sighting"] = relations["sighting"].without("description").with(props{"where_sighted_refs": identifier.to("identity").list()})
	return shapes
}

// granularMarking20 has no languages.
var granularMarking20 = newShape("7.2.3.1", props{
	"selectors": text.list().required().that(selector), "marking_ref": identifier.required().to("marking-definition"),
})

func definition20() *shape {
	return markingDefinition().without("name", "extensions").with(props{
		"spec_version": text.from(enum("spec-version", "2.0")), "granular_markings": embedded(granularMarking20).list(),
	})
}

// observables20 is the observables of 2.0, which stand in observed-data alone.
var observables20 = sync.OnceValue(func() map[string]*objectType {
	common := props{"type": text.required(), "extensions": anyValue}
	times := props{"created": timestamp, "modified": timestamp, "accessed": timestamp}
	shapes := observableShapes()
	change := func(name string, more props, gone ...string) {
		shapes[name] = shapes[name].without(gone...).with(more)
	}
	change("artifact", nil, "encryption_algorithm", "decryption_key")
	change("directory", times, "ctime", "mtime", "atime")
	change("email-message", nil, "message_id")
	change("file", times.with(props{"is_encrypted": boolean, "encryption_algorithm": text, "decryption_key": text}), "ctime", "mtime", "atime")
	change("process", props{"name": text, "arguments": text.list(), "created": timestamp, "binary_ref": identifier.to("file")}, "created_time", "image_ref")
	change("software", props{"languages": text.list()}, "swid")
	change("user-account", props{"user_id": text.required(), "password_last_changed": timestamp}, "credential", "credential_last_changed")
	change("windows-registry-key", props{"key": text.required().that(hive), "modified": timestamp}, "modified_time")
	shapes[unknownObservable] = newShape("11.2", nil)
	shapes["file"].rules = append(slices.Clip(shapes["file"].rules), encrypted)
	types := map[string]*objectType{}
	for name, s := range shapes {
		types[name] = &objectType{name: name, class: observable, shape: s.over(common)}
	}
	for name, extensions := range observableExtensions() {
		types[name].extensions = extensions
		for extension, more := range extensions20 {
			if s := extensions[extension]; s != nil {
				extensions[extension] = s.with(more)
			}
		}
	}
	return types
})

// extensions20 is what the extensions of observables have otherwise in 2.0.
var extensions20 = map[string]props{
	"archive-ext":      {"version": text},
	"raster-image-ext": {"image_compression_algorithm": text},
	"http-request-ext": {"request_header": dictionary.of(text).that(requestHeaders)},
	"socket-ext":       {"protocol_family": text},
}

// encrypted is that only an encrypted file says how it is.
func encrypted(c *check, o *value) {
	for _, name := range []string{"encryption_algorithm", "decryption_key"} {
		if o.has(name) && !o.get("is_encrypted").isTrue() {
			c.must("", name, "must not be there unless is_encrypted is true")
		}
	}
}

// exactMilliseconds is how times of versions are written in 2.0.
func exactMilliseconds(c *check, v *value) {
	if _, fraction, _ := strings.Cut(strings.TrimSuffix(v.scalar, "Z"), "."); len(fraction) != 3 {
		c.must("3.2", "", "want milliseconds, three digits after the seconds, got %q", clip(v.scalar))
	}
}

// reserved20 is the names of properties that 2.0 keeps for later.
var reserved20 = []string{
	"confidence", "severity", "action", "usernames", "phone_numbers", "addresses", "first_seen_precision", "last_seen_precision",
	"valid_from_precision", "valid_until_precision",
}

// without is a copy of properties but for some.
func without(p props, gone ...string) props {
	left := p.with(nil)
	for _, name := range gone {
		delete(left, name)
	}
	return left
}

// with is a copy of properties and others, which replace those of the same name.
func (p props) with(more props) props {
	joined := make(props, len(p)+len(more))
	for name, q := range p {
		joined[name] = q
	}
	for name, q := range more {
		joined[name] = q
	}
	return joined
}

// without is a copy of a shape without some of its properties.
func (s *shape) without(gone ...string) *shape {
	c := *s
	c.props = without(s.props, gone...)
	c.sum()
	if len(c.some) > 0 {
		c.some = slices.DeleteFunc(slices.Clone(c.some), func(name string) bool { return slices.Contains(gone, name) })
	}
	return &c
}
