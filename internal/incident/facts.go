package incident

import (
	"slices"

	"countersign.dev/internal/duty"
)

// facts is what can be recorded as a fact, with what it means.
var facts = []struct{ name, title string }{
	{"aware", "the organisation became aware of the incident"},
	{"began", "the incident began"},
	{"detected", "it was detected"},
	{"major", "it was determined to be a major incident"},
	{"material", "it was determined to be material"},
	{"significant", "the organisation became aware that its impact is significant"},
	{"severe", "the organisation became aware that it is severe for a product's security"},
	{"most_severe", "it was found to be of the most severe kind"},
	{"personal_data", "the organisation became aware that personal data are concerned"},
	{"no_risk", "it was found unlikely to put persons at risk"},
	{"exploited", "the organisation became aware that a vulnerability of its product is exploited"},
	{"remedy_available", "a corrective measure became available"},
	{"ransom_paid", "a ransom was paid"},
	{"new_information", "substantial new information came to light"},
	{"disclosure_delayed", "an authority had disclosure put off"},
}

// FactTitle is what a fact means, for people; false when there is none of that
// name.
func FactTitle(name string) (string, bool) {
	for _, f := range facts {
		if f.name == name {
			return f.title, true
		}
	}
	return "", false
}

// FactNames is the facts that can be recorded, in the order in which one asks for
// them.
func FactNames() []string {
	out := make([]string, len(facts))
	for i, f := range facts {
		out[i] = f.name
	}
	return out
}

// IsCounted reports whether duties can count from, or be met by, events of this
// kind: a fact, a step of the incident, or that somebody was told.
func IsCounted(kind string) bool {
	if _, ok := FactTitle(kind); ok {
		return true
	}
	_, step := becomes[Kind(kind)]
	return step || len(kind) > 5 && kind[:5] == "told_"
}

// counted is the events of an incident as duties count them, with the sequence of
// the event that each comes from.
func counted(events []*Event) (out []duty.Event, sequences []int) {
	add := func(kind string, e *Event) {
		out = append(out, duty.Event{Kind: kind, Time: e.At})
		sequences = append(sequences, e.Sequence)
	}
	for _, e := range events {
		switch e.Kind {
		case Fact:
			add(e.Fact, e)
		case Told:
			// Who gets one of several reports has not thereby got the others.
			kind := "told_" + e.Told.Recipient
			if e.Told.Report != "" {
				kind += "_" + e.Told.Report
			}
			add(kind, e)
		default:
			if _, step := becomes[e.Kind]; step {
				add(string(e.Kind), e)
			}
		}
	}
	return out, sequences
}

// has reports whether something of a kind happened.
func has(events []duty.Event, kind string) bool {
	return slices.ContainsFunc(events, func(e duty.Event) bool { return e.Kind == kind })
}
