package listing

import (
	"countersign.dev/internal/access"
	"countersign.dev/internal/party"
)

// Kinds of facts that this room reads and writes. Their subject is the listing
// id, "<programme>:<key>".
const (
	FactEntry = "listing.entry" // body [Entry], term its Party, by which a party's entries are found
	FactEvent = "listing.event" // body [Event], term its Successor, by which what it replaced is found
)

// Entry is a party as a source writes it on a programme's list.
type Entry struct {
	ID        string     `json:"id"`              // listing id, see [ID]
	Programme string     `json:"programme"`       // id of the programme it is on
	List      string     `json:"list,omitempty"`  // whose publisher tells its entries apart, where the id does not begin with it
	Party     string     `json:"party,omitempty"` // id of the party, where a hand-written file names it
	Name      string     `json:"name"`            // as listed
	Kind      party.Kind `json:"kind"`
	Title     string     `json:"title,omitempty"`
	Tags      []string   `json:"tags,omitempty"`    // the publisher's programme codes, as "SDGT"
	Remarks   string     `json:"remarks,omitempty"` // as written, whole
	Note      string     `json:"note,omitempty"`    // the authority's stated reason
}

// ID is the id of the listing that a list's publisher knows by key: its own
// number, or [party.Slug] of the name as listed where it gives none. Several
// sources that write of one listing use the same id, which joins them. One
// list may serve several programmes, as OFAC's non-SDN list does.
func ID(list, key string) string { return list + ":" + key }

// EventKind is what happened to a listing.
type EventKind string

// The kinds of events. Only some change the status; the others are told in
// the timeline.
const (
	Designated   EventKind = "designated"   // put on the list
	Redesignated EventKind = "redesignated" // put on it anew, which starts the clocks again
	Amended      EventKind = "amended"      // the entry's text changed
	Respelled    EventKind = "respelled"    // withdrawn in favour of another entry, see Event.Successor
	Stayed       EventKind = "stayed"       // a court suspends its effect
	StayLifted   EventKind = "stay_lifted"
	Removed      EventKind = "removed"
	Vacated      EventKind = "vacated" // void from the start by a court's order
	Expired      EventKind = "expired"
	Challenged   EventKind = "challenged" // a complaint or motion filed
	Announced    EventKind = "announced"
	Agreed       EventKind = "agreed"        // the parties agree to end it; the order is still to come
	MarketAction EventKind = "market_action" // an exchange or index acts
)

// Event is one dated act in the life of a listing. Its day is the first on
// which it has effect.
type Event struct {
	Kind      EventKind   `json:"kind"`
	Date      access.Date `json:"date"`
	Published access.Date `json:"published,omitempty"` // when it became public; Date when empty
	What      string      `json:"what,omitempty"`      // in our words
	Authority string      `json:"authority,omitempty"` // who acted
	Citation  string      `json:"citation,omitempty"`  // docket, statute, notice number
	Source    string      `json:"source,omitempty"`    // where it can be read
	Successor string      `json:"successor,omitempty"` // respelled: listing id of the entry that replaces this one
	Inferred  bool        `json:"inferred,omitempty"`  // concluded from an entry that came to or went from an edition, not stated

	// Consequences states dates that the act itself sets, in place of those
	// computed from the programme; and market actions, which only exist here.
	Consequences []Stated `json:"consequences,omitempty"`
}

// Stated is a consequence's dates as an event itself states them.
type Stated struct {
	Kind     ConsequenceKind `json:"kind"`
	From     access.Date     `json:"from,omitempty"`      // in force from
	To       access.Date     `json:"to,omitempty"`        // until
	WindDown access.Date     `json:"wind_down,omitempty"` // only disposal is still allowed, from
	Ended    bool            `json:"ended,omitempty"`     // the act ends the consequence, as a withdrawn delisting
	What     string          `json:"what,omitempty"`
}

// Status is where a listing stands on a day.
type Status string

// The statuses of a listing.
const (
	StatusNotListed  Status = "not_listed"
	StatusListed     Status = "listed"
	StatusStayed     Status = "stayed"
	StatusRemoved    Status = "removed"
	StatusVacated    Status = "vacated"
	StatusExpired    Status = "expired"
	StatusSuperseded Status = "superseded"
)

// ConsequenceKind is what a listing forbids or brings about.
type ConsequenceKind string

// The kinds of consequences.
const (
	Purchase          ConsequenceKind = "purchase"           // buying its securities
	Holding           ConsequenceKind = "holding"            // possessing its securities
	Procurement       ConsequenceKind = "procurement"        // contracting with it, or buying its goods
	Export            ConsequenceKind = "export"             // sending it goods, software or technology
	AffiliateExport   ConsequenceKind = "affiliate_export"   // the same, to parties it owns
	Blocking          ConsequenceKind = "blocking"           // its property is blocked, under the law of the United States
	AssetFreeze       ConsequenceKind = "asset_freeze"       // its funds are frozen, and none made available to it, under other law
	Restriction       ConsequenceKind = "restriction"        // what its rule says in words, under other law: ports, capital markets, services
	ExchangeDelisting ConsequenceKind = "exchange_delisting" // an exchange ends trading in its securities
	IndexRemoval      ConsequenceKind = "index_removal"      // an index drops its securities
	Visa              ConsequenceKind = "visa"
	Secondary         ConsequenceKind = "secondary" // those who deal with it may be listed themselves
)

// State is where a consequence stands on a day.
type State string

// The states of a consequence.
const (
	StatePending      State = "pending" // begins later
	StateInForce      State = "in_force"
	StateWindDown     State = "wind_down" // only disposal is still allowed
	StateStayed       State = "stayed"    // a court, or the rule's own suspension, holds it back
	StateEnded        State = "ended"
	StateUndetermined State = "undetermined" // the rule's state on that day is not verified
)

// Consequence is one consequence of a listing on a day.
type Consequence struct {
	Kind     ConsequenceKind `json:"kind"`
	State    State           `json:"state"`
	From     access.Date     `json:"from"` // in force from; "" when no day is set
	To       access.Date     `json:"to"`   // until; "" when no end is set
	WindDown access.Date     `json:"wind_down,omitempty"`
	What     string          `json:"what,omitempty"`
	Cite     string          `json:"cite,omitempty"`
	Why      string          `json:"why,omitempty"` // how the dates come about, or why undetermined
}
