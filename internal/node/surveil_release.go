package node

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/advisory/findings"
	"countersign.dev/internal/advisory/vex"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/label"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/surveillance"
)

// hazardID is what stands, or stood, against a release: one of the weaknesses
// that are known to be exploited, or an attack that it contains.
type hazardID struct {
	on label.Trigger
	id string
}

// hazard is one of them on a day.
type hazard struct {
	answered bool        // whoever counts says that the release is not affected, or is fixed
	known    access.Date // since when it is public, and known to be exploited
	findings []*dossier.Weakness
}

// hazardsOf is what a release's findings amount to. What cannot be told for
// certain, or is found by a product's name alone, brings no label down.
func hazardsOf(d *dossier.Dossier) map[hazardID]*hazard {
	out := map[hazardID]*hazard{}
	if d.Software == nil {
		return out
	}
	add := func(on label.Trigger, id string, known access.Date, f *dossier.Weakness) {
		h := out[hazardID{on, id}]
		if h == nil {
			h = &hazard{answered: true, known: known}
			out[hazardID{on, id}] = h
		}
		h.known = min(h.known, known)
		if !closes(f.VEX) {
			if h.answered {
				h.findings = nil
			}
			h.answered = false
		}
		if closes(f.VEX) == h.answered {
			h.findings = append(h.findings, f)
		}
	}
	for i := range d.Software.Findings {
		f := &d.Software.Findings[i]
		if f.State != advisory.IsAffected {
			continue
		}
		public := advisory.DayOf(f.Published)
		if f.KEV != nil && !f.Weak {
			add(label.OnExploited, f.KEV.CVE, max(access.Date(f.KEV.Added), public), f)
		}
		if f.Malicious {
			add(label.OnMalicious, f.Advisory, public, f)
		}
	}
	return out
}

// closes reports whether somebody whose word counts for a label says that a
// finding needs nothing done: the maker of the release, or an analyst of this
// node.
func closes(v *findings.VEX) bool {
	return v != nil && (v.Status == "not_affected" || v.Status == "fixed") && (v.Role == vex.Maker.String() || v.Role == vex.Analyst.String())
}

// release tells which hazards stand against a release, and how those ended that
// are asked about.
func (s *surveyor) release(ctx context.Context, c surveillance.Concern, about []string, at access.At, through func(dossier.Facts) dossier.Facts) (*surveillance.Outcome, error) {
	ask := access.Ask{Reader: s.reader, At: at}
	var read []ledger.Fact
	d, err := s.node.releaseWith(ctx, ask, c.Name, func(f dossier.Facts) dossier.Facts { return &overheard{through(f), &read} })
	if err != nil {
		return nil, err
	}
	now := hazardsOf(d)
	out := &surveillance.Outcome{Ended: map[string]surveillance.Ending{}}
	past := &pastHazards{today: at.Date, days: publicationDays(read), on: map[access.Date]map[hazardID]*hazard{}, ask: func(day access.Date) (map[hazardID]*hazard, error) {
		then := ask
		then.At.Date, then.At.Known = day, day
		d, err := s.node.releaseWith(ctx, then, c.Name, directly)
		if err != nil {
			return nil, err
		}
		return hazardsOf(d), nil
	}}
	standing := map[string]bool{}
	for _, id := range slices.SortedFunc(maps.Keys(now), hazardID.compare) {
		if h := now[id]; !h.answered {
			standing[id.id] = true
			since, err := past.since(id, h)
			if err != nil {
				return nil, err
			}
			out.Causes = append(out.Causes, causeOf(c.Name, id, h, since))
		}
	}
	for _, id := range about {
		if standing[id] {
			continue
		}
		if out.Ended[id], err = past.ended(d, c.Name, id, now); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (h hazardID) compare(o hazardID) int {
	return cmp.Or(strings.Compare(string(h.on), string(o.on)), strings.Compare(h.id, o.id))
}

// releaseWith is the dossier of a release that reads facts as through has it.
func (n *Node) releaseWith(ctx context.Context, ask access.Ask, purl string, through func(dossier.Facts) dossier.Facts) (d *dossier.Dossier, err error) {
	programmes, err := n.Programmes(ctx, ask)
	if err != nil {
		return nil, err
	}
	err = n.Ledger.Sight(ctx, ask.Reader, func(s *ledger.Sight) error {
		builder := &dossier.Builder{Facts: through(snapshotFacts{s, programmes}), Matcher: n.builder.Matcher}
		d, err = builder.Build(ctx, ask, purl)
		return err
	})
	return d, err
}

// causeOf is a hazard as it stands against a release.
func causeOf(release string, id hazardID, h *hazard, since access.Date) surveillance.Cause {
	first := h.findings[0]
	component := strings.TrimSpace(first.Name + " " + first.Version)
	if more := len(h.findings) - 1; more > 0 {
		component += fmt.Sprintf(" and %d more", more)
	}
	c := surveillance.Cause{ID: id.id, On: id.on, Subject: first.Component, Since: since}
	if id.on == label.OnMalicious {
		c.Reason = fmt.Sprintf("%s, a part of %s, is itself an attack (%s)", component, release, id.id)
		c.Cite = id.id
	} else {
		c.Reason = fmt.Sprintf("%s in %s, a part of %s, is known to be exploited since %s", id.id, component, release, h.known)
		c.Cite = fmt.Sprintf("catalogue of weaknesses known to be exploited, %s, added %s", id.id, first.KEV.Added)
	}
	for _, f := range h.findings {
		for _, e := range restingOn(f.Evidence) {
			if len(c.From) < maxEvidence && !slices.Contains(c.From, e) {
				c.From = append(c.From, e)
			}
		}
	}
	return c
}

// publicationDays is the days on which what was read came to be published, or was no
// longer stated.
func publicationDays(read []ledger.Fact) []access.Date {
	days := map[access.Date]bool{}
	for i := range read {
		f := &read[i]
		if !strings.HasPrefix(f.Kind, "advisory.") && !strings.HasPrefix(f.Kind, "software.") || f.Kind == advisory.FactEPSS || f.Kind == advisory.FactFeed {
			continue
		}
		days[f.Published], days[f.Superseded] = true, true
		var r struct {
			Withdrawn string `json:"withdrawn"`
		}
		if f.Kind == advisory.FactRecord && f.Decode(&r) == nil && r.Withdrawn != "" {
			days[advisory.DayOf(r.Withdrawn)] = true
		}
	}
	delete(days, "")
	delete(days, access.Forever)
	return slices.Collect(maps.Keys(days))
}

// pastHazards is what stood against a release on earlier days, by what had been
// published on each.
type pastHazards struct {
	today access.Date
	days  []access.Date
	ask   func(access.Date) (map[hazardID]*hazard, error)
	on    map[access.Date]map[hazardID]*hazard // as far as it was asked
}

// How a hazard stood on a day.
type standing int

const (
	unheard standing = iota // nothing that was published by then tells of it
	isAnswered
	stands
)

func (p *pastHazards) standing(id hazardID, day access.Date) (standing, error) {
	all, ok := p.on[day]
	if !ok {
		var err error
		if all, err = p.ask(day); err != nil {
			return unheard, err
		}
		p.on[day] = all
	}
	switch h := all[id]; {
	case h == nil:
		return unheard, nil
	case h.answered:
		return isAnswered, nil
	}
	return stands, nil
}

// since is the day from which on a hazard that stands has stood without a break:
// that on which it became public and known to be exploited, or on which what had
// answered it ceased to.
func (p *pastHazards) since(id hazardID, h *hazard) (access.Date, error) {
	since, before, turned, err := surveillance.Walk(p.days, p.today, stands, func(day access.Date) (standing, error) { return p.standing(id, day) })
	if err != nil {
		return "", err
	}
	base := h.known
	if base == "" {
		base = since
	}
	if !turned {
		return min(base, p.today), nil
	}
	if before == unheard {
		heard := false // of it, on some day before
		for _, day := range p.days {
			if day >= since || heard {
				continue
			}
			then, err := p.standing(id, day)
			if err != nil {
				return "", err
			}
			heard = then != unheard
		}
		if !heard {
			return min(base, p.today), nil
		}
	}
	return max(base, since), nil
}

// ended is how a hazard ended that does not stand today.
func (p *pastHazards) ended(d *dossier.Dossier, release, id string, now map[hazardID]*hazard) (surveillance.Ending, error) {
	out := surveillance.Ending{}
	for _, on := range []label.Trigger{label.OnExploited, label.OnMalicious} {
		key := hazardID{on, id}
		since, _, turned, err := surveillance.Walk(p.days, p.today, false, func(day access.Date) (bool, error) {
			then, err := p.standing(key, day)
			return then == stands, err
		})
		if err != nil {
			return out, err
		}
		if turned {
			out.On = max(out.On, since)
		}
		if h := now[key]; h != nil {
			f := h.findings[0]
			out.Reason = fmt.Sprintf("%s states that %s is %s with regard to %s", f.VEX.Issuer, release, strings.ReplaceAll(f.VEX.Status, "_", " "), id)
			out.From = restingOn(slices.DeleteFunc(slices.Clone(f.Evidence), func(e dossier.Evidence) bool { return e.What != "vex" }))
			return out, nil
		}
	}
	if d.Software == nil {
		out.Reason = fmt.Sprintf("nothing is held about %s", release)
		return out, nil
	}
	for i := range d.Software.Findings {
		f := &d.Software.Findings[i]
		if f.Advisory == id || slices.Contains(f.Aliases, id) {
			out.Reason = fmt.Sprintf("%s, which %s still contains, is no longer known to be exploited", id, release)
			if f.State != advisory.IsAffected {
				out.Reason = fmt.Sprintf("it is not certain any more that %s concerns %s", id, release)
			}
			out.From = restingOn(f.Evidence)
			return out, nil
		}
	}
	out.Reason = fmt.Sprintf("%s does not concern %s any more, by what is known of what it contains and of which versions are affected", id, release)
	out.From = restingOn(d.Software.Release.Evidence)
	return out, nil
}
