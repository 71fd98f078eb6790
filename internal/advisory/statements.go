package advisory

import (
	"cmp"
	"strconv"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
)

// Statements is what the ledger keeps of one advisory: the record, the other
// ids of the weakness, and which versions of which packages it concerns. It
// gives each Affected the record's id. published is the day from which the
// record reads like this; "" when its source does not say.
func Statements(r *Record, affected []Affected, published access.Date) []ledger.Statement {
	out := make([]ledger.Statement, 0, 1+len(r.Aliases)+len(affected))
	state := func(kind, key, term string, body any) {
		out = append(out, ledger.Statement{Kind: kind, Subject: r.ID, Key: key, Term: term, Body: body, Published: published})
	}
	state(FactRecord, "", strings.ToUpper(r.ID), r)
	seen := map[string]bool{}
	for _, alias := range r.Aliases {
		if alias == "" || alias == r.ID || seen[alias] {
			continue
		}
		seen[alias] = true
		state(FactAlias, alias, strings.ToUpper(alias), Alias{ID: alias})
	}
	taken, times := map[string]bool{}, map[string]int{}
	for i := range affected {
		a := &affected[i]
		a.Advisory = r.ID
		term := TermOf(a)
		name := cmp.Or(term, "name:"+strings.ToLower(a.Maker+"/"+a.Name))
		key := name
		for taken[key] || times[name] == 0 {
			if times[name]++; times[name] > 1 {
				key = name + "#" + strconv.Itoa(times[name])
			}
		}
		taken[key] = true
		state(FactAffected, key, term, a)
	}
	return out
}

// The names by which feeds of exploitation are told of, where others are
// ecosystems.
const (
	FeedKEV  = "CISA KEV"
	FeedEPSS = "FIRST EPSS"
)

// FeedTerm is the term of facts that say what is held of an ecosystem.
func FeedTerm(name string) string { return "feed:" + strings.ToLower(name) }

// FeedStatement states what a document covers of an ecosystem, from the day of
// the oldest that it has to that of the newest; either may be "".
func FeedStatement(f Feed, oldest access.Date) ledger.Statement {
	return ledger.Statement{Kind: FactFeed, Subject: "feed:" + f.Ecosystem, Term: FeedTerm(f.Ecosystem), Body: f, Published: oldest}
}

// rankedForms is what ids of databases of their ecosystems begin with.
var rankedForms = []string{"GO-", "RUSTSEC-", "PYSEC-", "BIT-", "RSEC-", "FOP-", "MAL-", "DSA-", "DLA-", "USN-", "RHSA-", "RHBA-", "ALSA-", "RLSA-", "SUSE-", "OPENSUSE-", "ALPINE-", "DEBIAN-", "UBUNTU-", "CGA-", "HSEC-", "EEF-", "DRUPAL-", "NSWG-", "RETIRE-", "VICTIMS-"}

// Rank is how well an id names a weakness of a package: what its own database
// calls it comes first, then GitHub's, then MITRE's, and last what anybody else
// may call it.
func Rank(id string) int {
	upper := strings.ToUpper(id)
	for _, form := range rankedForms {
		if strings.HasPrefix(upper, form) {
			return 0
		}
	}
	switch {
	case strings.HasPrefix(upper, "GHSA-"):
		return 1
	case strings.HasPrefix(upper, "CVE-"):
		return 2
	}
	return 3
}

// SameWeakness is the other ids of the very weakness that an advisory is about:
// its aliases, and the upstream id that it repeats for a distribution. One that
// repeats several is a collection, and no other name for any of them.
func SameWeakness(aliases, upstream []string) []string {
	if len(upstream) != 1 {
		return aliases
	}
	return append(aliases[:len(aliases):len(aliases)], upstream[0])
}

// DayOf is the day of a time as RFC 3339 writes it, or of a day alone; "" when
// it is neither, or is the zero time that some sources write for a time they do
// not have.
func DayOf(t string) access.Date {
	const day = "2006-01-02"
	if len(t) < len(day) || len(t) > len(day) && t[len(day)] != 'T' && t[len(day)] != 't' && t[len(day)] != ' ' {
		return ""
	}
	d, err := access.ParseDate(t[:len(day)])
	if err != nil {
		return ""
	}
	return d
}
