package sharing

import (
	"time"

	"countersign.dev/internal/sharing/stix"
)

// Collection is a set of objects, as one reader sees it (TAXII 2.1 section 5.1).
type Collection struct {
	ID          string   `json:"id"` // UUID
	Alias       string   `json:"alias,omitempty"`
	Title       string   `json:"title"`
	Description string   `json:"description,omitempty"`
	Community   string   `json:"community"`
	CanRead     bool     `json:"can_read"`
	CanWrite    bool     `json:"can_write"`
	MediaTypes  []string `json:"media_types"`
}

// Root is a community, as one reader sees it: an API root of TAXII (2.1
// section 4.2).
type Root struct {
	Community   string `json:"community"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
}

// Filter narrows what a collection gives (TAXII 2.1 section 3.4).
type Filter struct {
	AddedAfter   time.Time // zero for no bound; strictly after
	IDs          []string
	Types        []string
	Versions     []string // "all", "first", "last" or versions as written; none means "last"
	SpecVersions []string // none means: of each object the newest specification version there is
	Limit        int      // 0 for the store's own; larger ones are cut to it
	Next         string   // cursor of an earlier page
}

// Entry is an object of a collection.
type Entry struct {
	Number      int64 // of the object version
	ID          string
	Version     string // as TAXII 2.1 section 3.4.1 says: modified, else created, else when it was added
	Type        string
	SpecVersion string    // "2.1" or "2.0"
	Added       time.Time // to the microsecond; no two of a reader's collection are equal
	Body        []byte    // exactly as submitted

	at int64 // number of the entry, where it is to be removed
}

// MediaType is what the entry's object is given as.
func (e *Entry) MediaType() string { return "application/stix+json;version=" + e.SpecVersion }

// Page is a part of what a reader sees of a collection, in the order of Added.
type Page struct {
	Entries []Entry
	More    bool
	Next    string // cursor of what follows; "" when there is nothing more
}

// Kind says what of a collection's entries is wanted.
type Kind int

const (
	// Objects wants them with their bodies. Giving them is a disclosure.
	Objects Kind = iota
	// Manifest wants what describes them.
	Manifest
	// Versions wants the versions of one object, whichever there are.
	Versions
)

// State of a submission (TAXII 2.1 section 4.3.1).
type State string

// The states of a submission.
const (
	Pending  State = "pending"
	Complete State = "complete"
)

// Outcome is what became of one object of a submission.
type Outcome struct {
	ID       string         `json:"id"`
	Version  string         `json:"version"`
	Message  string         `json:"message,omitempty"`
	Code     string         `json:"code,omitempty"` // why it failed: "invalid", "conflict", "not_source", "duplicate", "refused"
	Problems []stix.Problem `json:"problems,omitempty"`
}

// Status is where a submission stands.
type Status struct {
	ID        string    `json:"id"` // UUID
	Community string    `json:"community"`
	State     State     `json:"status"`
	Requested time.Time `json:"request_timestamp"`
	Total     int       `json:"total_count"`
	Pending   int       `json:"pending_count"` // not looked at yet
	Successes []Outcome `json:"successes"`
	Failures  []Outcome `json:"failures"`
	Document  int64     `json:"document"` // position of the envelope
}

// Seen is an object version that a reader may see, and why.
type Seen struct {
	Entry
	Community  string
	Collection string
	Source     string // organisation that shared it
	Document   int64  // position of the envelope it came in
	Marking    string // "TLP:AMBER"
	Assigned   bool   // the community's default, which the object does not say
	Why        string
	Code       string
	Outdone    bool // another organisation's word on this id goes further, see [Store.Object]

	standing standing
}

// Explained is how many objects of a collection a reader sees by one rule.
type Explained struct {
	Community  string `json:"community"`
	Collection string `json:"collection"`
	Marking    string `json:"marking"` // "TLP:AMBER"
	Assigned   bool   `json:"assigned,omitempty"`
	Source     string `json:"source"`
	Objects    int    `json:"objects"`
	Code       string `json:"code"`
	Why        string `json:"why"`
}

// Disclosure is that somebody was given a version of an object.
type Disclosure struct {
	Object        string    `json:"object"`
	Version       string    `json:"version"`
	Source        string    `json:"source"` // the organisation that shared the version
	Member        string    `json:"member"`
	Organisations []string  `json:"organisations"`
	At            time.Time `json:"at"`
	Way           string    `json:"way"` // "taxii", "peer", "console", "api", "export"
}
