package inventory

import (
	"cmp"
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
)

// Running is a deployment as of a day.
type Running struct {
	System string // id
	Deployment
	Term string      // of the release, as it was looked up
	From access.Date // since when; the first day on which an inventory lists it, where none says
	To   access.Date // until when, not included; access.Forever where it still runs
	Fact *ledger.Fact
}

// Deployments says what runs on the day at.Date, using what had been published
// by at.Known: who runs a release, when facts are those of one of its terms, or
// what a system runs, when they are the system's. Facts of other kinds are
// passed over. They come by system, asset and term.
//
// An inventory that no longer lists what it listed before without an end says
// so that it ended, on the day of its edition. What it states of the past it
// may state differently later; the later one holds.
func Deployments(facts []ledger.Fact, at access.At) []Running {
	var out []Running
	for _, s := range standing(facts, at, FactDeployment, FactAlias) {
		r := Running{System: s.Subject, Term: s.Term, From: s.from, To: s.to, Fact: s.Fact}
		if err := s.Decode(&r.Deployment); err != nil {
			continue // written by this package, so never
		}
		out = append(out, r)
	}
	slices.SortStableFunc(out, func(a, b Running) int {
		return cmp.Or(cmp.Compare(a.System, b.System), cmp.Compare(a.Asset, b.Asset), cmp.Compare(a.primary(), b.primary()),
			cmp.Compare(a.Environment, b.Environment), b.compareTerm(&a), cmp.Compare(a.From, b.From))
	})
	// One deployment may have been found by several of its terms, and stated by
	// several inventories.
	return slices.CompactFunc(out, func(a, b Running) bool {
		return a.System == b.System && a.Asset == b.Asset && a.primary() == b.primary() && a.Environment == b.Environment
	})
}

// primary is the surest term of what runs.
func (r *Running) primary() string {
	if terms := r.Terms(); len(terms) > 0 {
		return terms[0]
	}
	return r.Term
}

// compareTerm puts what was found by its surest term last.
func (r *Running) compareTerm(o *Running) int {
	a, b := r.Term == r.primary(), o.Term == o.primary()
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// Systems is the systems among the facts, by id, as of a day. Where several
// inventories, or several parts of one, speak of a system, the latest word on
// each thing holds.
func Systems(facts []ledger.Fact, at access.At) map[string]System {
	return joined(standing(facts, at, FactSystem), fillSystem)
}

// Organisations is the organisations among the facts, by id, as of a day.
func Organisations(facts []ledger.Fact, at access.At) map[string]Organisation {
	return joined(standing(facts, at, FactOrganisation), fillOrganisation)
}

// Assets is the assets among the facts, by id, as of a day, joined as
// [Systems] are.
func Assets(facts []ledger.Fact, at access.At) map[string]Asset {
	return joined(standing(facts, at, FactAsset), fillAsset)
}

// Sightings is when the assets among the facts were looked at, by id, by what
// had been published by at.Known: the latest days that anybody gives.
func Sightings(facts []ledger.Fact, at access.At) map[string]Seen {
	return joined(standing(facts, at, FactSeen), fillSeen)
}

// Behind is the facts that what [Systems] or [Assets] say of a subject as of a day
// rests on, the latest first.
func Behind(facts []ledger.Fact, subject string, at access.At) (out []*ledger.Fact) {
	for _, s := range standing(facts, at, FactSystem, FactAsset) {
		if s.Subject == subject {
			out = append(out, s.Fact)
		}
	}
	return out
}

// Reached is what the facts say of who can reach a subject as of a day: public
// where anybody says so, and not what is said last, because a scan from
// outside that reached it is not undone by a plan that has it inside. Where
// some say that it is internal and others that it is not known, it is not
// known; where nobody says anything, it is "". The facts are those that it
// rests on.
func Reached(facts []ledger.Fact, subject string, at access.At) (Reach, []*ledger.Fact) {
	said := map[Reach][]*ledger.Fact{}
	for _, s := range standing(facts, at, FactExposure) {
		var e Exposure
		if s.Subject == subject && s.Decode(&e) == nil {
			said[e.Reach] = append(said[e.Reach], s.Fact)
		}
	}
	for _, reach := range []Reach{Public, Unknown, Internal} {
		if said[reach] != nil {
			return reach, said[reach]
		}
	}
	return "", nil
}

// joined makes one body of all that stands of each subject.
func joined[T any](stands []stand, fill func(into *T, from T) []string) map[string]T {
	out := map[string]T{}
	for _, s := range stands {
		var body T
		if s.Decode(&body) != nil {
			continue
		}
		if into, ok := out[s.Subject]; ok {
			fill(&into, body)
			body = into
		}
		out[s.Subject] = body
	}
	return out
}

// stand is a fact that is so on a day, with its interval as it is known.
type stand struct {
	*ledger.Fact
	from, to access.Date
}

// standing is which facts of some kinds are so on a day, the latest stated
// first. Of each statement of a source it looks at the latest version that had
// been published by the known day, and at earlier ones only for what later ones
// leave open.
func standing(facts []ledger.Fact, at access.At, kinds ...string) []stand {
	type statement struct{ source, part, kind, subject, key string }
	versions := map[statement][]*ledger.Fact{}
	for i := range facts {
		f := &facts[i]
		if slices.Contains(kinds, f.Kind) && f.PublishedBy(at.Known) {
			of := statement{f.Source, f.Part, f.Kind, f.Subject, f.Key}
			versions[of] = append(versions[of], f)
		}
	}
	var out []stand
	for _, of := range versions {
		slices.SortFunc(of, func(a, b *ledger.Fact) int {
			if a.Newer(b, at.Known) {
				return -1
			}
			return 1
		})
		for _, f := range of {
			s := stand{f, f.ValidFrom, f.ValidTo}
			switch {
			case !f.StatedOn(at.Known):
				s.to = min(s.to, f.Superseded)
			case f.Basis == ledger.FirstSeen:
				s.to = access.Forever // that it ends is known only by a later edition
			}
			if s.from <= at.Date && at.Date < s.to {
				out = append(out, s)
				break
			}
			// A version with days of its own tells all of the statement's history.
			if f.Basis == ledger.Stated {
				break
			}
		}
	}
	slices.SortFunc(out, func(a, b stand) int {
		if a.Newer(b.Fact, at.Known) {
			return -1
		}
		return 1
	})
	return out
}
