package assessment

import (
	"fmt"
	"strings"

	"countersign.dev/internal/access"
)

// daysLag is how long before its release a bill may have been made and still be
// of that release: builds are often tagged some days later. Package quality
// allows the same.
const daysLag = 7

var noBill = found{status: Unknown, reason: "no bill of materials of the release is held"}

func sbomPresent(f *Facts, _ access.Date) found {
	b := f.Bill
	switch {
	case b == nil:
		return noBill
	case b.Components == 0:
		return found{status: NotMet, reason: "the bill of materials lists no component", evidence: b.Evidence}
	}
	return found{status: Met, reason: "the bill of materials lists " + count(b.Components, "component"), evidence: b.Evidence}
}

func sbomFresh(f *Facts, on access.Date) found {
	b := f.Bill
	if b == nil {
		return noBill
	}
	r := found{status: Unknown, evidence: b.Evidence}
	switch {
	case b.Created == "":
		r.reason = "the bill of materials does not say when it was made"
	case b.Created > on:
		r.reason = fmt.Sprintf("the bill of materials is dated %s, after %s", b.Created, on)
	case b.Released != "" && days(b.Created, b.Released) > daysLag:
		r.status = NotMet
		r.reason = fmt.Sprintf("the bill of materials is of %s, before the release of %s: it is of an earlier one", b.Created, b.Released)
	case days(b.Created, on) > f.Asks.BillDays:
		r.status, r.since = NotMet, b.Created.AddDays(f.Asks.BillDays+1)
		r.reason = fmt.Sprintf("the bill of materials is %d days old, more than %d", days(b.Created, on), f.Asks.BillDays)
	default:
		r.status, r.until = Met, b.Created.AddDays(f.Asks.BillDays+1)
		r.reason = fmt.Sprintf("the bill of materials is of %s", b.Created)
	}
	return r
}

func sbomComplete(f *Facts, _ access.Date) found {
	b := f.Bill
	if b == nil {
		return noBill
	}
	var faults []string
	if b.Components == 0 {
		faults = append(faults, "it lists no component")
	}
	if b.Elements < f.Asks.Complete {
		faults = append(faults, fmt.Sprintf("it has %s of the minimum elements, less than %s", percent(b.Elements), percent(f.Asks.Complete)))
	}
	if b.Flat {
		faults = append(faults, "it does not say what is needed by what")
	}
	if b.Broken > 0 {
		faults = append(faults, count(b.Broken, "part")+" of it cannot be read")
	}
	if len(faults) > 0 {
		return found{
			status: NotMet, reason: "the bill of materials is not complete: " + strings.Join(faults, "; "), evidence: b.Evidence,
			since: b.Created,
		}
	}
	return found{status: Met, reason: "the bill of materials has " + percent(b.Elements) + " of the minimum elements", evidence: b.Evidence}
}

// noExploitedComponent does not take silence for an answer: that nothing was
// found counts only where something could have been found.
func noExploitedComponent(f *Facts, on access.Date) found {
	var bad []string
	var evidence []Evidence
	var latest access.Date
	for i := range f.Findings {
		n := &f.Findings[i]
		if why := n.unremedied(f.Asks.RemedyDays, on); why != "" {
			bad = append(bad, why)
			latest = max(latest, n.Since)
			evidence = append(evidence, f.bound(n.Evidence)...)
		}
	}
	b := f.Bill
	if b != nil {
		evidence = append(evidence[:len(evidence):len(evidence)], b.Evidence...)
	}
	switch {
	case len(bad) > 0:
		return found{status: NotMet, reason: some(bad), evidence: evidence, since: latest}
	case b == nil:
		return noBill
	case f.Advisories == "" || f.Advisories > on:
		return found{status: Unknown, reason: "no advisories are held to look the components up in", evidence: evidence}
	case days(f.Advisories, on) > f.Asks.AdvisoryDays:
		return found{status: Unknown, evidence: evidence, reason: fmt.Sprintf("the advisories held are of %s, more than %d days before", f.Advisories, f.Asks.AdvisoryDays)}
	case b.Components == 0 || b.Broken > 0:
		return found{status: Unknown, reason: "the bill of materials is empty or cannot be read in parts", evidence: evidence}
	case b.Matchable < f.Asks.Matchable:
		return found{status: Unknown, evidence: evidence, reason: fmt.Sprintf(
			"advisories can be found for %s of the components only, less than %s", percent(b.Matchable), percent(f.Asks.Matchable))}
	}
	return found{status: Met, evidence: evidence, reason: fmt.Sprintf(
		"none of %s is known to be exploited or malicious, by advisories up to %s", count(b.Components, "component"), f.Advisories)}
}

// unremedied says why a finding counts on a day, "" when it does not.
func (n *Finding) unremedied(remedy int, on access.Date) string {
	if n.Since > on {
		return ""
	}
	fix := "no fixed version is known"
	if n.Fixed != "" {
		fix = "fixed in " + n.Fixed
	}
	switch {
	case n.Malicious:
		return fmt.Sprintf("%s is malicious (%s)", n.Component, n.Advisory)
	case n.Exploited && (remedy == 0 || n.Since == "" || n.Since.AddDays(remedy) <= on):
		since := ""
		if n.Since != "" {
			since = " since " + string(n.Since)
		}
		return fmt.Sprintf("%s has %s, known to be exploited%s; %s", n.Component, n.Advisory, since, fix)
	}
	return ""
}

// most is how many things a sentence lists.
const most = 5

// some is reasons in one sentence, the first of many.
func some(reasons []string) string {
	if n := len(reasons) - most; n > 0 {
		return strings.Join(reasons[:most], ". ") + ". And " + count(n, "other")
	}
	return strings.Join(reasons, ". ")
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func percent(p float64) string { return fmt.Sprintf("%g %%", p) }
