package sharing

import (
	"bytes"
	"encoding/json"
	"slices"

	"countersign.dev/internal/sharing/marking"
	"countersign.dev/internal/sharing/stix"
)

// relaxes reports whether a rule lets in somebody whom another keeps out, by
// what it says alone.
func relaxes(rule, than marking.Rule) bool {
	if rule.Refused != "" {
		return false
	}
	if than.Refused != "" || rule.TLP < than.TLP {
		return true
	}
	more := func(named, before []string) bool {
		return slices.ContainsFunc(named, func(n string) bool { return !slices.Contains(before, n) })
	}
	if than.Recipients != nil && (rule.Recipients == nil || more(rule.Recipients, than.Recipients)) {
		return true
	}
	return more(rule.Persons, than.Persons)
}

// markingRefs is the marking definitions that an object names, for itself or for
// parts of it (STIX 2.1 sections 7.2.1 and 7.2.3).
func markingRefs(o *stix.Object) []string {
	refs := o.MarkingRefs
	if !bytes.Contains(o.Bytes, []byte(`granular_markings`)) {
		return refs
	}
	var parts struct {
		Granular []struct {
			Ref string `json:"marking_ref"`
		} `json:"granular_markings"`
	}
	if json.Unmarshal(o.Bytes, &parts) != nil {
		return refs // what is no list of markings is told by the validation
	}
	for _, p := range parts.Granular {
		if p.Ref != "" {
			refs = append(refs, p.Ref)
		}
	}
	return refs
}
