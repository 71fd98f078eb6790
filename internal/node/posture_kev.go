package node

import (
	"context"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/ledger"
)

// ExploitedThen is what a catalogue of weaknesses known to be exploited said of one
// on a day, beside what it says by all that is held.
type ExploitedThen struct {
	CVE        string         `json:"cve"`
	Listed     bool           `json:"listed"` // it stood in the catalogue on the day
	Added      access.Date    `json:"added,omitempty"`
	Due        access.Date    `json:"due,omitempty"`
	Ransomware bool           `json:"ransomware"`
	Document   int64          `json:"document,omitempty"`
	Now        *ExploitedWord `json:"now"` // null when it stands there no more
	Changed    bool           `json:"changed"`
}

// ExploitedWord is what a catalogue says of a weakness.
type ExploitedWord struct {
	Added      access.Date `json:"added,omitempty"`
	Due        access.Date `json:"due,omitempty"`
	Ransomware bool        `json:"ransomware"`
	Document   int64       `json:"document"`
}

// ExploitedList is the catalogue as it stood on a day.
type ExploitedList struct {
	At       access.Date     `json:"at"`
	Known    access.Date     `json:"known"`
	Position int64           `json:"position"`
	Listed   int             `json:"listed"`  // on the day
	Changed  int             `json:"changed"` // of all, those of which something else is said now
	Entries  []ExploitedThen `json:"entries"`
}

// Exploited is the catalogue of weaknesses known to be exploited as it stood on the
// ask's day, with what became of each entry by what was published up to the known
// day: it is rewritten without telling. With changed only those of which something
// else is said now.
func (n *Node) Exploited(ctx context.Context, ask access.Ask, changed bool) (*ExploitedList, error) {
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	facts, err := n.Ledger.ByPrefix(ctx, ask, []string{advisory.FactKEV}, "CVE-", 0)
	if err != nil {
		return nil, err
	}
	by := map[string][]*ledger.Fact{}
	for i := range facts {
		by[facts[i].Subject] = append(by[facts[i].Subject], &facts[i])
	}
	out := &ExploitedList{At: ask.At.Date, Known: ask.At.Known, Position: ask.At.Position, Entries: []ExploitedThen{}}
	for cve, versions := range by {
		then, err := wordOn(versions, ask.At.Date)
		if err != nil {
			return nil, err
		}
		now, err := wordOn(versions, max(ask.At.Known, ask.At.Date))
		if err != nil {
			return nil, err
		}
		e := ExploitedThen{CVE: cve, Listed: then != nil, Now: now}
		if then != nil {
			out.Listed++
			e.Added, e.Due, e.Ransomware, e.Document = then.Added, then.Due, then.Ransomware, then.Document
		}
		e.Changed = (then == nil) != (now == nil) || then != nil && (then.Added != now.Added || then.Due != now.Due || then.Ransomware != now.Ransomware)
		if e.Changed {
			out.Changed++
		}
		if e.Changed || !changed && e.Listed {
			out.Entries = append(out.Entries, e)
		}
	}
	slices.SortFunc(out.Entries, func(a, b ExploitedThen) int { return strings.Compare(a.CVE, b.CVE) })
	return out, nil
}

// wordOn is what was stated on a day; nil when nothing was.
func wordOn(versions []*ledger.Fact, on access.Date) (*ExploitedWord, error) {
	var best *ledger.Fact
	for _, f := range versions {
		if f.StatedOn(on) && (best == nil || f.Newer(best, on)) {
			best = f
		}
	}
	if best == nil {
		return nil, nil
	}
	var body advisory.Exploited
	if err := best.Decode(&body); err != nil {
		return nil, err
	}
	return &ExploitedWord{access.Date(body.Added), access.Date(body.Due), body.Ransomware, best.Document}, nil
}
