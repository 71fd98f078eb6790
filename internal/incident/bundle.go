package incident

import (
	"bytes"
	"crypto/sha1"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Extensions of STIX that an incident is written with, by the Incident Core
// extension of OASIS (cti-stix-common-objects, version 2.0 of the suite).
const (
	extensionIncident = "extension-definition--ef765651-680c-498d-9894-99799f2fa126" // section 2.1
	extensionEvent    = "extension-definition--4ca6de00-5b0d-45ef-a1dc-ea7279ea910e" // section 2.2
	extensionImpact   = "extension-definition--7cc33dd6-f6a1-489b-98ea-522d351d71b9" // section 2.3
	extensionTask     = "extension-definition--2074a052-8be4-4932-849e-f5e7798e0030" // section 2.4
)

// object is one object of STIX; its keys are written in the order of the alphabet.
type object map[string]any

// Bundle writes an incident as a bundle of STIX 2.1: the incident with its Core
// extension, the organisation whose it is, what happened as events, what was done
// and who was told as tasks, the impact, and relationships to the objects of STIX
// that it is linked to. Every object carries the incident's markings. Ids follow
// from the incident's and from the events', so that a later bundle has later
// versions of the same objects. Events are those that one reader may see.
func Bundle(s *Incident, events []*Event, ownerName string, at time.Time) ([]byte, error) {
	effective, _ := Effective(events)
	b := &bundler{s: s, at: at, modified: s.Recorded}
	b.identity(ownerName)
	core := object{"extension_type": "property-extension", "determination": determination(s), "investigation_status": status(s, events)}
	for _, e := range happened(effective, at) {
		b.event(e, core)
	}
	b.impacts(core)
	b.incident(core)
	b.relationships()
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(object{"type": "bundle", "id": "bundle--" + derived(s.ID, "bundle", s.Recorded.String(), at.String()), "objects": b.objects})
	return out.Bytes(), err
}

type bundler struct {
	s        *Incident
	at       time.Time
	modified time.Time
	objects  []object
	owner    string
}

// derived is a UUID made of names (RFC 9562, version 5, below the namespace of
// URLs), so that the same thing has the same id in each bundle.
func derived(names ...string) string {
	namespace := []byte{0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8}
	h := sha1.Sum(append(namespace, strings.Join(names, "\x00")...))
	h[6], h[8] = h[6]&0x0f|0x50, h[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[:4], h[4:6], h[6:8], h[8:10], h[10:16])
}

// stamp is an instant as STIX writes it (section 3.2: at least milliseconds are
// customary, and UTC).
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// add adds an object of a type, with the properties that all have.
func (b *bundler) add(kind, id string, created time.Time, o object) string {
	o["type"], o["spec_version"], o["id"] = kind, "2.1", kind+"--"+id
	modified := b.modified
	if modified.Before(created) {
		modified = created
	}
	o["created"], o["modified"] = stamp(created), stamp(modified)
	if kind != "identity" {
		o["created_by_ref"] = b.owner
	}
	if len(b.s.Markings) > 0 {
		o["object_marking_refs"] = b.s.Markings
	}
	b.objects = append(b.objects, o)
	return kind + "--" + id
}

func (b *bundler) identity(name string) {
	if name == "" {
		name = b.s.Owner
	}
	b.owner = b.add("identity", derived("organisation", b.s.Owner), b.s.Opened, object{"name": name, "identity_class": "organization"})
}

// determination is what the Core extension calls it (section 5.5).
func determination(s *Incident) string {
	if s.State == StateSuspected {
		return "suspected"
	}
	return "confirmed"
}

// status is the state of the investigation: new until something was done.
func status(s *Incident, events []*Event) string {
	switch {
	case s.State == StateClosed:
		return "closed"
	case s.State == StateSuspected && len(events) == 1:
		return "new"
	}
	return "open"
}

// event writes an event of ours: a step that was taken or a notice given is a
// task, what became known is an event.
func (b *bundler) event(e *Event, core object) {
	entry := func(list, key, ref string) {
		entries, _ := core[list].([]object)
		core[list] = append(entries, object{key: ref})
	}
	id := derived(b.s.ID, fmt.Sprint(e.Sequence))
	said := object{"name": clipped(e.Headline()), "start_time": stamp(e.At)}
	if e.Text != "" {
		said["description"] = e.Text
	}
	switch e.Kind {
	case Fact:
		said["status"], said["extensions"] = "occurred", object{extensionEvent: object{"extension_type": "new-sdo"}}
		entry("events", "event_ref", b.add("event", id, e.Recorded, said))
	case Confirmed, Contained, Eradicated, Recovered, Told:
		said["outcome"], said["task_types"] = "successful", []string{taskTypes[e.Kind]}
		said["extensions"] = object{extensionTask: object{"extension_type": "new-sdo"}}
		entry("tasks", "task_ref", b.add("task", id, e.Recorded, said))
	}
}

// taskTypes is what the steps are called in the extension's open vocabulary of
// tasks (section 4).
var taskTypes = map[Kind]string{
	Confirmed: "confirmed", Contained: "containment", Eradicated: "eradication", Recovered: "recovery", Told: "reporting",
}

func clipped(text string) string {
	const most = 200
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}

// functional is the availability impact that words stand for, by the simple
// qualitative scale of appendix A.
var functional = map[string]int{"none": 0, "minimal": 20, "significant": 50, "denial": 75, "loss-of-control": 95}

// losses is the confidentiality impact that words stand for (sections 4 and 5.4).
var losses = map[string]object{
	"none":        {"loss_type": "none"},
	"suspected":   {"loss_type": "suspected-loss", "information_type": "unknown"},
	"personal":    {"loss_type": "confirmed-loss", "information_type": "personally-identifiable"},
	"proprietary": {"loss_type": "confirmed-loss", "information_type": "proprietary"},
	"credentials": {"loss_type": "confirmed-loss", "information_type": "credentials-user"},
	"classified":  {"loss_type": "confirmed-loss", "information_type": "classified-material"},
}

// impacts writes how severe the incident is.
func (b *bundler) impacts(core object) {
	s := b.s.Severity
	if s == nil {
		return
	}
	core["criticality"] = 20 * s.Level
	if s.Recovery != "" {
		core["recoverability"] = s.Recovery
	}
	var refs []string
	impact := func(category string, details object) {
		refs = append(refs, b.add("impact", derived(b.s.ID, category), b.s.Opened, object{
			"impact_category": category, "start_time": stamp(b.s.Opened),
			"extensions": object{extensionImpact: object{"extension_type": "new-sdo"}, category: details},
		}))
	}
	if s.Functional != "" {
		impact("availability", object{"availability_impact": functional[s.Functional]})
	}
	if s.Information != "" {
		impact("confidentiality", losses[s.Information])
	}
	if len(refs) > 0 {
		core["impact_refs"] = refs
	}
}

func (b *bundler) incident(core object) {
	o := object{"name": clipped(b.s.Title), "extensions": object{extensionIncident: core}}
	var external []object
	for _, l := range b.s.Links {
		switch l.To {
		case ToVulnerability: // a CVE is called by its source, section 2.5
			external = append(external, object{"source_name": "cve", "external_id": l.ID})
		case ToProduct, ToComponent:
			external = append(external, object{"source_name": l.To, "external_id": l.ID})
		}
	}
	if len(external) > 0 {
		o["external_references"] = external
	}
	b.add("incident", strings.TrimPrefix(b.s.ID, "incident--"), b.s.Opened, o)
}

// relationships writes how the incident is related to objects of STIX, and to the
// organisations that it affects.
func (b *bundler) relationships() {
	relate := func(kind, source, target string) {
		b.add("relationship", derived(b.s.ID, kind, source, target), b.s.Opened, object{"relationship_type": kind, "source_ref": source, "target_ref": target})
	}
	for _, l := range b.s.Links {
		switch {
		case l.To == ToOrganisation && l.ID == b.s.Owner:
			relate("impacts", b.s.ID, b.owner)
		case l.To != ToObject && l.To != ToIndicator || !strings.Contains(l.ID, "--"):
		case slices.Contains([]string{"threat-actor", "intrusion-set"}, typeOf(l.ID)):
			relate("attributed-to", b.s.ID, l.ID)
		case typeOf(l.ID) == "indicator":
			relate("detected", l.ID, b.s.ID)
		case typeOf(l.ID) == "campaign":
			relate("associated-with", l.ID, b.s.ID)
		default:
			relate("related-to", b.s.ID, l.ID)
		}
	}
}

func typeOf(id string) string {
	kind, _, _ := strings.Cut(id, "--")
	return kind
}
