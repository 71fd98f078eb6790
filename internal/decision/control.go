package decision

import (
	"slices"

	"countersign.dev/internal/dossier"
	"countersign.dev/internal/party"
	"countersign.dev/internal/party/ownership"
	"countersign.dev/internal/policy"
)

// The rules about ownership, as policies and answers name them.
const (
	ruleOFAC50        = "ofac_50"
	ruleBISAffiliates = "bis_affiliates"
)

// controlOf is what one rule makes of the subject, as a policy sees it.
func controlOf(rule string, f *dossier.Finding, subject string) policy.Control {
	return policy.Control{
		Rule: rule, State: f.State, Why: f.Why, Cite: f.Cite, Known: f.Known,
		Listed: itself(f, subject), Share: share(f.Total),
	}
}

// itself reports whether a state comes from the subject's own listing.
func itself(f *dossier.Finding, subject string) bool {
	switch f.State {
	case ownership.Blocked:
		return len(f.Proof) == 0
	case ownership.Undetermined:
		return !slices.ContainsFunc(f.Decides, func(d dossier.Decider) bool { return d.Party == nil || d.Party.ID != subject }) && f.Rule == ""
	}
	return false
}

// share is what is held together, for people; "" when it is nothing.
func share(s party.Stake) string {
	switch {
	case s.Max == "0" || s.Max == "":
		return ""
	case s.Min == s.Max:
		return s.Min + " %"
	}
	return s.Min + " to " + s.Max + " %"
}

// ownershipEvidence is what a reason about ownership rests on: the stakes of
// the proof or those that decide, where neither is the shares of reached
// owners; and where these are listed.
func ownershipEvidence(r *policy.Reason, d *dossier.Dossier) []dossier.Evidence {
	f := &d.Control.OFAC50
	if r.Control == ruleBISAffiliates {
		f = &d.Control.BISAffiliates
	}
	out := []dossier.Evidence{}
	add := func(list []dossier.Evidence) {
		for _, e := range list {
			if !slices.ContainsFunc(out, func(o dossier.Evidence) bool { return o.Fact == e.Fact && o.Document == e.Document }) {
				out = append(out, e)
			}
		}
	}
	for i := range f.Proof {
		add(f.Proof[i].Evidence)
	}
	for i := range f.Decides {
		if s := f.Decides[i].Stake; s != nil {
			add(s.Evidence)
		}
	}
	if len(f.Proof)+len(f.Decides) == 0 {
		for i := range d.Control.Owners {
			if s := d.Control.Owners[i].HolderState; s == ownership.Blocked || s == ownership.Undetermined {
				add(d.Control.Owners[i].Evidence)
			}
		}
	}
	add(f.Evidence)
	return out
}
