package stix

import (
	"slices"
	"strings"
)

// suggestions is which relationships the standard suggests between which types
// (sections 4 to 6): per type of the source, the types of relationships, and
// after each the types of targets.
var suggestions = map[string]map[string]string{
	"attack-pattern": {"delivers": "malware", "targets": "identity location vulnerability", "uses": "malware tool"},
	"campaign": {
		"attributed-to": "intrusion-set threat-actor", "compromises": "infrastructure", "originates-from": "location",
		"targets": "identity location vulnerability", "uses": "attack-pattern infrastructure malware tool",
	},
	"course-of-action": {
		"investigates": "indicator", "mitigates": "attack-pattern indicator malware tool vulnerability", "remediates": "malware vulnerability",
	},
	"domain-name": {"resolves-to": "domain-name ipv4-addr ipv6-addr"},
	"identity":    {"located-at": "location"},
	"indicator": {
		"indicates": "attack-pattern campaign infrastructure intrusion-set malware threat-actor tool", "based-on": "observed-data",
	},
	"infrastructure": {
		"communicates-with": "infrastructure ipv4-addr ipv6-addr domain-name url",
		"consists-of":       "infrastructure observed-data " + strings.Join(observableTypes, " "),
		"controls":          "infrastructure malware", "delivers": "malware", "has": "vulnerability", "hosts": "tool malware",
		"located-at": "location", "uses": "infrastructure",
	},
	"intrusion-set": {
		"attributed-to": "threat-actor", "compromises": "infrastructure", "hosts": "infrastructure", "originates-from": "location",
		"owns": "infrastructure", "targets": "identity location vulnerability", "uses": "attack-pattern infrastructure malware tool",
	},
	"ipv4-addr": {"resolves-to": "mac-addr", "belongs-to": "autonomous-system"},
	"ipv6-addr": {"resolves-to": "mac-addr", "belongs-to": "autonomous-system"},
	"malware": {
		"authored-by": "threat-actor intrusion-set", "beacons-to": "infrastructure", "exfiltrates-to": "infrastructure",
		"communicates-with": "ipv4-addr ipv6-addr domain-name url", "controls": "malware", "downloads": "malware tool file",
		"drops": "malware tool file", "exploits": "vulnerability", "originates-from": "location",
		"targets": "identity infrastructure location vulnerability", "uses": "attack-pattern infrastructure malware tool", "variant-of": "malware",
	},
	"malware-analysis": {
		"characterizes": "malware", "analysis-of": "malware", "static-analysis-of": "malware", "dynamic-analysis-of": "malware",
	},
	"threat-actor": {
		"attributed-to": "identity", "compromises": "infrastructure", "hosts": "infrastructure", "owns": "infrastructure",
		"impersonates": "identity", "located-at": "location", "targets": "identity location vulnerability",
		"uses": "attack-pattern infrastructure malware tool",
	},
	"tool": {
		"delivers": "malware", "drops": "malware", "has": "vulnerability", "targets": "identity infrastructure location vulnerability",
		"uses": "infrastructure",
	},
}

// suggested is that a relationship should be one that the standard suggests.
// Every type may have those of section 3.7.
func suggested(c *check, o *value) {
	name := o.text("relationship_type")
	source, target := TypeOfID(o.text("source_ref")), TypeOfID(o.text("target_ref"))
	if name == "" || source == "" || target == "" || slices.Contains([]string{"derived-from", "duplicate-of", "related-to"}, name) {
		return
	}
	targets, ok := suggestions[source][name]
	switch {
	case !ok:
		c.should("3.7", "relationship_type", "the standard suggests no %q from type %s", clip(name), clip(source))
	case !slices.Contains(strings.Fields(targets), target):
		c.should("3.7", "target_ref", "the standard suggests no %q from type %s to type %s", clip(name), source, clip(target))
	}
}
