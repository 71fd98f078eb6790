package assessment

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"countersign.dev/internal/access"
)

func supportEnd(f *Facts, on access.Date) found {
	s := f.Support
	switch {
	case s == nil || s.End == "":
		return found{status: Unknown, reason: "it is not said when security support ends"}
	case s.End <= on:
		return found{status: NotMet, reason: "security support ended on " + string(s.End), evidence: s.Evidence, since: s.End}
	case days(on, s.End) < f.Asks.SupportDays:
		return found{status: NotMet, evidence: s.Evidence, reason: fmt.Sprintf(
			"security support ends on %s, in %s: %d are asked", s.End, count(days(on, s.End), "day"), f.Asks.SupportDays)}
	}
	return found{
		status: Met, reason: "there is security support until " + string(s.End), evidence: s.Evidence,
		until: s.End.AddDays(1 - f.Asks.SupportDays),
	}
}

var noMUD = found{status: Unknown, reason: "no MUD file of the product is held"}

func mudParses(f *Facts, _ access.Date) found {
	m := f.MUD
	switch {
	case m == nil:
		return noMUD
	case len(m.Faults) > 0:
		return found{status: NotMet, reason: "the MUD file is broken: " + some(m.Faults), evidence: m.Evidence}
	}
	return found{status: Met, reason: "the MUD file can be read and names " + count(len(m.Hosts), "host"), evidence: m.Evidence}
}

// mudHosts asks that the network is let do no more than the maker says that the
// product needs. That it is let do less is the maker's own trouble.
func mudHosts(f *Facts, _ access.Date) found {
	m := f.MUD
	switch {
	case m == nil:
		return noMUD
	case len(m.Faults) > 0:
		return found{status: Unknown, reason: "the MUD file is broken: " + some(m.Faults), evidence: m.Evidence}
	case m.Any:
		return found{status: NotMet, reason: "the MUD file lets the product reach every host", evidence: m.Evidence}
	case f.Hosts == nil:
		return found{status: Unknown, reason: "it is not declared which hosts the product needs", evidence: m.Evidence}
	}
	lost := ""
	if len(m.Unreadable) > 0 {
		lost = "; declared, and covering nothing: " + list(m.Unreadable)
	}
	if len(m.Undeclared) > 0 {
		return found{status: NotMet, evidence: m.Evidence, reason: "the MUD file lets the product reach hosts that are not declared: " + list(m.Undeclared) + lost}
	}
	if len(m.Unneeded) > 0 {
		lost += "; declared, and not in it: " + list(m.Unneeded)
	}
	return found{status: Met, evidence: m.Evidence, reason: "the MUD file names only hosts that are declared" + lost}
}

// list is names in one sentence, the first of many.
func list(names []string) string {
	if n := len(names) - most; n > 0 {
		return strings.Join(names[:most], ", ") + " and " + count(n, "other")
	}
	return strings.Join(names, ", ")
}

func disclosurePolicy(f *Facts, on access.Date) found {
	d := f.Disclosure
	if d == nil {
		return found{status: Unknown, reason: "no policy for reports of vulnerabilities is known"}
	}
	r := found{status: NotMet, evidence: f.bound(d.Evidence)}
	u, err := url.Parse(d.URL)
	switch {
	case d.None:
		r.reason = "the maker says that it has no policy for reports of vulnerabilities"
	case d.URL == "":
		r.status, r.reason = Unknown, "it is not said where the policy for reports of vulnerabilities is published"
	case err != nil || u.Scheme != "https" || u.Host == "":
		r.reason = fmt.Sprintf("the policy for reports of vulnerabilities is at %q, which is no https address", d.URL)
	case d.Contact == "":
		r.status, r.reason = Unknown, "it is not said whom to tell of vulnerabilities"
	case d.Expires != "" && d.Expires <= on:
		r.since, r.reason = d.Expires, "the policy for reports of vulnerabilities was to be used until "+string(d.Expires)
	case f.Asks.DisclosureTimes && (d.Acknowledge == "" || d.Updates == ""):
		r.status, r.reason = Unknown, "it is not said when reports of vulnerabilities are acknowledged and when updates are given"
	default:
		r.status, r.until = Met, d.Expires
		r.reason = "there is a published policy for reports of vulnerabilities with contact " + d.Contact
	}
	return r
}

// partiesUnrestricted asks that nobody who has to do with the product is
// restricted, and that its maker at least was looked for.
func partiesUnrestricted(f *Facts, _ access.Date) found {
	var restricted, open, clear []string
	var evidence []Evidence
	maker := false
	for i := range f.Parties {
		p := &f.Parties[i]
		maker = maker || p.Role == "maker"
		evidence = append(evidence, p.Evidence...)
		who := fmt.Sprintf("%s (%s)", p.Name, p.Role)
		switch p.State {
		case Restricted:
			restricted = append(restricted, who+": "+cmp.Or(p.Reason, "restricted"))
		case Clear:
			clear = append(clear, who)
		case Undetermined:
			open = append(open, who+": "+cmp.Or(p.Reason, "not determined"))
		default:
			open = append(open, who+": not screened")
		}
	}
	r := found{evidence: f.bound(evidence)}
	switch {
	case len(restricted) > 0:
		r.status, r.reason = NotMet, some(restricted)
	case !maker:
		r.status, r.reason = Unknown, "the maker was not screened"
	case len(open) > 0:
		r.status, r.reason = Unknown, some(open)
	default:
		r.status, r.reason = Met, "nobody who was screened is restricted: "+list(clear)
	}
	return r
}

// scorecard asks for single behaviours, never for the score over all, which
// moves for reasons that say nothing about a release.
func scorecard(f *Facts, on access.Date) found {
	s := f.Scorecard
	switch {
	case s == nil:
		return found{status: Unknown, reason: "no scorecard of the source is held"}
	case s.Repository == "" || !slices.ContainsFunc(f.Sources, func(r string) bool { return repository(r) == repository(s.Repository) }):
		return found{status: Unknown, reason: fmt.Sprintf("the scorecard is of %q, from which the release is not known to be built", s.Repository)}
	case s.Date == "" || s.Date > on || days(s.Date, on) > f.Asks.ScorecardDays:
		return found{status: Unknown, reason: fmt.Sprintf("the scorecard is of %q: want one of the last %d days", s.Date, f.Asks.ScorecardDays)}
	}
	checks := make([]string, 0, len(f.Asks.Scorecard))
	for check := range f.Asks.Scorecard {
		checks = append(checks, check)
	}
	slices.Sort(checks)
	var low, open []string
	for _, check := range checks {
		least := f.Asks.Scorecard[check]
		switch score, ok := s.Checks[check]; {
		case !ok || score < 0:
			open = append(open, check)
		case score < least:
			low = append(low, fmt.Sprintf("%s has %d, %d is asked", check, score, least))
		}
	}
	r := found{evidence: f.bound(s.Evidence)}
	switch {
	case len(low) > 0:
		r.status, r.reason = NotMet, "the scorecard is too low: "+some(low)
	case len(open) > 0:
		r.status, r.reason = Unknown, "the scorecard does not tell of "+list(open)
	default:
		r.status, r.until = Met, s.Date.AddDays(f.Asks.ScorecardDays+1)
		r.reason = "the scorecard of " + string(s.Date) + " has what is asked in " + list(checks)
	}
	return r
}

// repository is the address of a repository as it is compared: host and path,
// without the revision, in whatever way it was written
// ("git+https://host/path@refs/tags/v1", "git@host:path.git"). Paths are compared
// to the letter, since hosts differ in whether case counts.
func repository(s string) string {
	s = strings.TrimPrefix(s, "git+")
	_, rest, url := strings.Cut(s, "://")
	if url {
		s = rest
	}
	if user, rest, ok := strings.Cut(s, "@"); ok && !strings.Contains(user, "/") {
		s = rest
		if !url {
			s = strings.Replace(s, ":", "/", 1)
		}
	}
	s, _, _ = strings.Cut(s, "@")
	s, _, _ = strings.Cut(s, "#")
	host, path, _ := strings.Cut(s, "/")
	return strings.ToLower(host) + "/" + strings.TrimSuffix(strings.TrimSuffix(path, "/"), ".git")
}
