package marking

import (
	"encoding/json"
	"slices"

	"countersign.dev/internal/access"
)

// Rule decides who may see one object in one community. Equal rules have equal
// keys.
type Rule struct {
	TLP        TLP      `json:"tlp"`
	Assigned   bool     `json:"assigned,omitempty"` // the object carries no level; this is the community's default, ours
	Community  string   `json:"community"`
	Source     string   `json:"source"`               // organisation that shared it; always sees it
	Recipients []string `json:"recipients,omitempty"` // organisations; none: the community's members are the recipients
	Persons    []string `json:"persons,omitempty"`    // members named, sorted
	Refused    string   `json:"refused,omitempty"`    // why nobody but the source sees it
}

// In is the rule of an object with these markings that an organisation shares in
// a community, whose default holds where the object carries no level.
func (m Marking) In(community, source string, fallback TLP) Rule {
	r := Rule{TLP: m.TLP, Community: community, Source: source, Recipients: m.Recipients, Persons: m.Persons, Refused: m.Refused}
	if r.TLP == Unmarked {
		r.TLP, r.Assigned = fallback, true
	}
	return r
}

// Key is the rule as canonical JSON.
func (r Rule) Key() string {
	b, err := json.Marshal(r)
	if err != nil {
		panic(err) // texts and a level
	}
	return string(b)
}

// Directory knows who belongs where at the moment that is asked about.
type Directory interface {
	// Member reports whether an organisation belongs to a community.
	Member(community, organisation string) bool
	// Client reports whether an organisation is served by another, as a community
	// has it.
	Client(community, organisation, of string) bool
	// Served reports whether an organisation is served by a member of a community.
	Served(community, organisation string) bool
}

// Answer is whether a reader may see something, and why.
type Answer struct {
	Allowed bool
	Code    string // stable: one of the constants
	Why     string // for people
}

// The codes of answers.
const (
	ByOperator   = "operator"
	BySource     = "source"
	ByClear      = "clear"
	ByMember     = "member"
	ByRecipient  = "recipient"
	ByClient     = "client"
	ByName       = "named"
	NotMember    = "not_member"
	NotRecipient = "not_recipient"
	NotNamed     = "not_named"
	Refused      = "refused"
)

// May reports whether a reader may see an object under a rule (FIRST, TLP 2.0,
// section 3). Whoever holds the store sees all of it, and who shared an object
// sees it always.
func May(r access.Reader, rule Rule, d Directory) Answer {
	switch {
	case r.Operator:
		return Answer{true, ByOperator, "you run this node"}
	case rule.Source != "" && slices.Contains(r.Organisations, rule.Source):
		return Answer{true, BySource, "your organisation shared it"}
	case rule.Refused != "":
		return Answer{false, Refused, rule.Refused + ": only its source may see it"}
	case r.Member != "" && slices.Contains(rule.Persons, r.Member):
		return Answer{true, ByName, "you are named as a recipient"}
	}
	switch rule.TLP {
	case Clear:
		return Answer{true, ByClear, "TLP:CLEAR is for everybody"}
	case Green:
		if belongs(r, rule.Community, d) {
			return Answer{true, ByMember, "TLP:GREEN is for the community, to which your organisation belongs"}
		}
		return Answer{false, NotMember, "TLP:GREEN is for the community, to which your organisation does not belong"}
	case Amber, AmberStrict:
		return received(r, rule, d)
	}
	return Answer{false, NotNamed, "TLP:RED is for the persons named, and you are not one"}
}

func belongs(r access.Reader, community string, d Directory) bool {
	return slices.ContainsFunc(r.Organisations, func(o string) bool { return d.Member(community, o) })
}

// received answers for what is for the organisations that received it.
func received(r access.Reader, rule Rule, d Directory) Answer {
	named := len(rule.Recipients) > 0
	for _, o := range r.Organisations {
		switch {
		case named && slices.Contains(rule.Recipients, o):
			return Answer{true, ByRecipient, rule.TLP.String() + " is for the organisations named, of which yours is one"}
		case !named && d.Member(rule.Community, o):
			return Answer{true, ByRecipient, rule.TLP.String() + " is for the members of the community, of which your organisation is one"}
		}
	}
	if rule.TLP == Amber && slices.ContainsFunc(r.Organisations, func(o string) bool { return served(o, rule, d) }) {
		return Answer{true, ByClient, "TLP:AMBER may go on to clients, and your organisation is one of a recipient's"}
	}
	return Answer{false, NotRecipient, rule.TLP.String() + " is for the organisations that received it, and yours is none of them"}
}

func served(organisation string, rule Rule, d Directory) bool {
	if len(rule.Recipients) == 0 {
		return d.Served(rule.Community, organisation)
	}
	return slices.ContainsFunc(rule.Recipients, func(of string) bool { return d.Client(rule.Community, organisation, of) })
}
