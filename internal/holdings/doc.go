// Package holdings tells of a table of securities which may be bought, which
// may be held, and which have to be sold by when.
//
// Begin with [Read], which reads the table, and [Judge], which makes a row's
// answer of the decision on its issuer. Whom a row means is found by whoever
// holds the ledger, in this order: by ISIN, by ticker, by name. An ISIN is
// issued once; tickers are used again by others, so that one that leads to
// somebody is told as what it was found by. A name that is only like a listed
// one is for a person to look at, with whom it may be.
//
// A row of which nothing held has ISIN, ticker or a name that is like its own is
// allowed, because lists name whomever they list. That is looser than the answer
// to a question about one subject, where not being known is a reason to look: a
// portfolio consists of parties that are on no list. A row without a name is not
// allowed so, since lists give the ISINs of few.
package holdings

import (
	"countersign.dev/internal/access"
	"countersign.dev/internal/policy"
	"countersign.dev/internal/screening"
)

// Form is the form of the documents in which holdings are recorded, and Kind
// their kind.
const (
	Form = "holdings/v1"
	Kind = "holdings"
)

// Purpose is what holdings are asked for.
const Purpose = "invest"

// Security is one row of a table.
type Security struct {
	Line     int    `json:"line"`         // of the file, from 1
	ID       string `json:"id,omitempty"` // the asker's own
	ISIN     string `json:"isin,omitempty"`
	Ticker   string `json:"ticker,omitempty"`
	Name     string `json:"name,omitempty"`
	Quantity string `json:"quantity,omitempty"` // as written; only carried along
}

// May is whether something is permitted on the asked day.
type May string

// The answers. Review means that a person has to look.
const (
	Yes    May = "yes"
	No     May = "no"
	Review May = "review"
)

// The ways by which a row was found to mean somebody.
const (
	ByISIN   = "isin"
	ByTicker = "ticker"
	ByName   = "name"
	Similar  = "similar" // only like a listed name
	NotFound = "none"
)

// Holding is the answer to one row.
type Holding struct {
	Security
	Verdict    policy.Verdict    `json:"verdict"`
	MayBuy     May               `json:"may_buy"`
	MayHold    May               `json:"may_hold"`
	SellBy     *access.Date      `json:"sell_by"`    // the day from which it may no longer be held; null when there is none
	ChangesOn  *access.Date      `json:"changes_on"` // null when time alone changes nothing
	FoundBy    string            `json:"found_by"`
	Subject    string            `json:"subject,omitempty"` // id of the party meant
	Issuer     string            `json:"issuer,omitempty"`  // its name
	Listing    string            `json:"listing,omitempty"` // id of the listing that decides
	Reason     string            `json:"reason"`
	Cite       string            `json:"cite,omitempty"`
	Candidates []screening.Match `json:"candidates,omitempty"` // whom a name is like
	Error      string            `json:"error,omitempty"`      // what is wrong with the row
}

// Summary counts the rows by their answers.
type Summary struct {
	Rows    int `json:"rows"`
	Allow   int `json:"allow"`
	Review  int `json:"review"`
	Deny    int `json:"deny"`
	NoBuy   int `json:"may_not_buy"`
	NoHold  int `json:"may_not_hold"`
	Sell    int `json:"to_sell"` // that have a day to be sold by, and may still be held
	Invalid int `json:"invalid"` // rows that could not be read; they are among those for review
}

// Answer is the answer to a table.
type Answer struct {
	Form      string         `json:"countersign"`
	Purpose   string         `json:"purpose"`
	At        access.Date    `json:"at"`
	Known     access.Date    `json:"known"`
	Position  int64          `json:"position"`
	Audiences []string       `json:"audiences"` // what the asker could see
	Engine    string         `json:"engine"`
	Verdict   policy.Verdict `json:"verdict"` // the worst of the rows
	Summary   Summary        `json:"summary"`
	Holdings  []Holding      `json:"holdings"` // in the order of the rows
}

// Sum makes the summary of the rows and the verdict.
func (a *Answer) Sum() {
	a.Summary, a.Verdict = Summary{Rows: len(a.Holdings)}, policy.Allow
	s := &a.Summary
	for i := range a.Holdings {
		h := &a.Holdings[i]
		switch h.Verdict {
		case policy.Allow:
			s.Allow++
		case policy.Deny:
			s.Deny++
			a.Verdict = policy.Deny
		default:
			s.Review++
			if a.Verdict == policy.Allow {
				a.Verdict = policy.Review
			}
		}
		s.NoBuy += count(h.MayBuy == No)
		s.NoHold += count(h.MayHold == No)
		s.Sell += count(h.SellBy != nil && h.MayHold != No)
		s.Invalid += count(h.Error != "")
	}
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}
