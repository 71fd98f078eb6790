package concern

import "slices"

// Rule is that things of some kinds lead to things of others.
type Rule struct {
	Relation string // as a step calls it
	From, To []Kind
	// STIX is the relationship or the property by which shared objects say so;
	// "" for a rule that is not about them.
	STIX string
	// Back is set where that is said from the other end: an indicator says what
	// it indicates, and the step leads from there to the indicator.
	Back bool
}

// Groups of kinds of STIX objects (STIX 2.1 section 4).
var (
	actors  = []Kind{"threat-actor", "intrusion-set"}
	acts    = []Kind{"campaign", "incident"}
	tools   = []Kind{"malware", "tool", "infrastructure"}
	doers   = []Kind{"threat-actor", "intrusion-set", "campaign", "incident", "malware", "tool", "infrastructure"}
	reports = []Kind{"report", "grouping", "note", "opinion"}
	sighted = []Kind{"threat-actor", "intrusion-set", "campaign", "malware", "tool", "infrastructure", "vulnerability", "indicator"}
)

// reported is what reports and the like lead to.
var reported = []Kind{"threat-actor", "intrusion-set", "campaign", "incident", "malware", "tool", "infrastructure", "vulnerability", "indicator", "sighting", "observed-data", Software, Value}

// Rules are all steps that are taken. The STIX ones are those of the summary of
// relationships in STIX 2.1, appendix B, that lead towards systems, and the
// Incident Core extension's.
var Rules = []Rule{
	{Relation: "is behind", STIX: "attributed-to", Back: true, From: actors, To: []Kind{"intrusion-set", "campaign", "incident"}},
	{Relation: "led to", STIX: "attributed-to", Back: true, From: []Kind{"campaign"}, To: []Kind{"incident"}},
	{Relation: "uses", STIX: "uses", From: slices.Concat(actors, acts, []Kind{"malware", "infrastructure"}), To: tools},
	{Relation: "hosts", STIX: "hosts", From: []Kind{"threat-actor", "intrusion-set", "infrastructure"}, To: []Kind{"infrastructure", "malware", "tool"}},
	{Relation: "owns", STIX: "owns", From: actors, To: []Kind{"infrastructure"}},
	{Relation: "delivers", STIX: "delivers", From: tools, To: []Kind{"malware"}},
	{Relation: "drops", STIX: "drops", From: []Kind{"malware", "tool"}, To: []Kind{"malware", "tool", Value}},
	{Relation: "downloads", STIX: "downloads", From: []Kind{"malware"}, To: []Kind{"malware", "tool", Value}},
	{Relation: "controls", STIX: "controls", From: []Kind{"malware", "infrastructure"}, To: []Kind{"malware", "infrastructure"}},
	{Relation: "beacons to", STIX: "beacons-to", From: []Kind{"malware"}, To: []Kind{"infrastructure"}},
	{Relation: "sends data to", STIX: "exfiltrates-to", From: []Kind{"malware"}, To: []Kind{"infrastructure"}},
	{Relation: "communicates with", STIX: "communicates-with", From: []Kind{"malware", "infrastructure"}, To: []Kind{"infrastructure", Value}},
	{Relation: "consists of", STIX: "consists-of", From: []Kind{"infrastructure"}, To: []Kind{"infrastructure", "observed-data", Value, Software}},
	{Relation: "exploits", STIX: "exploits", From: doers, To: []Kind{"vulnerability"}},
	{Relation: "targets", STIX: "targets", From: doers, To: []Kind{"vulnerability", "identity", Software}},
	{Relation: "has", STIX: "has", From: []Kind{"tool", "infrastructure"}, To: []Kind{"vulnerability"}},
	{Relation: "impacts", STIX: "impacts", From: []Kind{"incident"}, To: []Kind{"infrastructure", "identity"}},
	{Relation: "is indicated by", STIX: "indicates", Back: true, From: doers, To: []Kind{"indicator"}},
	{Relation: "is based on", STIX: "based-on", From: []Kind{"indicator"}, To: []Kind{"observed-data", Value}},
	{Relation: "was sighted", STIX: "sighting_of_ref", Back: true, From: sighted, To: []Kind{"sighting"}},
	{Relation: "was seen as", STIX: "observed_data_refs", From: []Kind{"sighting"}, To: []Kind{"observed-data"}},
	{Relation: "was seen by", STIX: "where_sighted_refs", From: []Kind{"sighting"}, To: []Kind{"identity"}},
	{Relation: "holds", STIX: "object_refs", From: []Kind{"observed-data"}, To: []Kind{Value, Software}},
	{Relation: "is about", STIX: "object_refs", From: reports, To: reported},
	{Relation: "runs on", STIX: "sample_refs", From: []Kind{"malware"}, To: []Kind{Value}},

	// What an object says of itself.
	{Relation: "names", From: []Kind{"indicator", "observed-data"}, To: []Kind{Value, Software}},
	{Relation: "is", From: []Kind{"vulnerability"}, To: []Kind{Weakness}},
	{Relation: "is", From: []Kind{"identity"}, To: []Kind{Organisation}},
	{Relation: "is", From: []Kind{"tool"}, To: []Kind{Software}},
	// The beginning may be a value: it leads up to the indicators that name it,
	// and from no other value does a step lead there.
	{Relation: "is named by", From: []Kind{Value}, To: []Kind{"indicator", "observed-data"}},

	// What bills of materials and inventories say.
	{Relation: "affects", From: []Kind{Weakness}, To: []Kind{Package}},
	{Relation: "is in", From: []Kind{Package}, To: []Kind{Release}},
	{Relation: "supplies", From: []Kind{Supplier}, To: []Kind{Release}},
	{Relation: "is", From: []Kind{Software, Value}, To: []Kind{Release}},
	{Relation: "runs on", From: []Kind{Release, Software}, To: []Kind{Asset}},
	{Relation: "runs in", From: []Kind{Release, Software}, To: []Kind{System}},
	{Relation: "is the address of", From: []Kind{Value}, To: []Kind{Asset}},
	{Relation: "is part of", From: []Kind{Asset}, To: []Kind{System}},
	{Relation: "belongs to", From: []Kind{System}, To: []Kind{Organisation}},
	{Relation: "concerns", From: []Kind{Event}, To: slices.Concat(doers, []Kind{Weakness, Package, Software, Release, Value, Asset, System, Organisation, "indicator", "vulnerability", "observed-data", "sighting", "identity"})},
}

// pair is the kinds of the two ends of a step, and what it is called.
type pair struct {
	from     Kind
	relation string
	to       Kind
}

var allowed = pairs()

func pairs() map[pair]bool {
	out := map[pair]bool{}
	for i := range Rules {
		for _, f := range Rules[i].From {
			for _, t := range Rules[i].To {
				out[pair{f, Rules[i].Relation, t}] = true
			}
		}
	}
	return out
}

// Allowed reports whether a step of this name is taken between things of these
// kinds.
func Allowed(from Kind, relation string, to Kind) bool { return allowed[pair{from, relation, to}] }
