package surveillance

import (
	"cmp"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/label"
	"countersign.dev/internal/party"
)

// partyGround is the ground by which a party in a role stands against a label.
func partyGround(role label.Role, asked string) string {
	return "party:" + string(role) + ":" + party.Fold(asked)
}

// ReleaseGround is the ground by which a weakness, or an attack, in a release
// does.
func ReleaseGround(on label.Trigger, id, release string) string {
	return string(on) + ":" + id + ":" + release
}

func profileGround(profile string) string { return string(label.OnRetired) + ":" + profile }

// claim is a cause as it bears on one label by one rule of its scheme.
type claim struct {
	ground string
	rule   label.Rule
	cause  *Cause
	role   label.Role  // of a party
	from   access.Date // the first day on which the label has to do with it
}

// since is from when the cause counts against the label.
func (c *claim) since() access.Date { return max(c.cause.Since, c.from) }

// claims is what stands against a label by its scheme, by ground. Of several
// rules about one ground the one that leaves the fewest days counts.
func claims(l *Label, outcomes func(Concern) *Outcome) map[string]*claim {
	out := map[string]*claim{}
	add := func(c *claim) {
		if was := out[c.ground]; was == nil || c.rule.Days < was.rule.Days {
			out[c.ground] = c
		}
	}
	for _, r := range l.Scheme.Rules {
		switch r.On {
		case label.OnParty:
			for _, p := range l.terms.Parties {
				if !slices.Contains(r.Roles, p.Role) {
					continue
				}
				for _, sought := range p.Sought() {
					for _, cause := range causes(outcomes(Concern{OfParty, sought, l.Scheme.Policy}), r.On) {
						add(&claim{partyGround(p.Role, sought), r, cause, p.Role, l.partyFrom(p.Role, sought)})
					}
				}
			}
		case label.OnExploited, label.OnMalicious:
			for _, release := range l.terms.Releases {
				for _, cause := range causes(outcomes(Concern{Kind: OfRelease, Name: release.PURL}), r.On) {
					add(&claim{ReleaseGround(r.On, cause.ID, release.PURL), r, cause, "", l.releaseFrom(release.PURL)})
				}
			}
		case label.OnRetired:
			for _, cause := range causes(outcomes(Concern{Kind: OfProfile, Name: l.terms.Profile}), r.On) {
				add(&claim{profileGround(l.terms.Profile), r, cause, "", l.profileFrom()})
			}
		}
	}
	return out
}

func causes(o *Outcome, on label.Trigger) (out []*Cause) {
	if o == nil {
		return nil
	}
	for i := range o.Causes {
		if o.Causes[i].On == on {
			out = append(out, &o.Causes[i])
		}
	}
	return out
}

// origin is the concern that a ground comes from by the label's terms, and the
// id of the cause. known is false for a ground of another sort than those that
// are found here; covered is false when the terms no longer have to do with it.
func origin(t *label.Terms, s *label.Scheme, ground string) (c Concern, id string, role label.Role, covered, known bool) {
	on, rest, _ := strings.Cut(ground, ":")
	switch label.Trigger(on) {
	case label.OnParty:
		for _, p := range t.Parties {
			for _, sought := range p.Sought() {
				if partyGround(p.Role, sought) == ground {
					return Concern{OfParty, sought, s.Policy}, "", p.Role, true, true
				}
			}
		}
		name, _, _ := strings.Cut(rest, ":")
		return Concern{}, "", label.Role(name), false, true
	case label.OnExploited, label.OnMalicious:
		for _, r := range t.Releases {
			if id, ok := strings.CutSuffix(rest, ":"+r.PURL); ok && r.PURL != "" {
				return Concern{Kind: OfRelease, Name: r.PURL}, id, "", true, true
			}
		}
		return Concern{}, "", "", false, true
	case label.OnRetired:
		return Concern{Kind: OfProfile, Name: rest}, "", "", rest == t.Profile, true
	}
	return Concern{}, "", "", false, false
}

// partyFrom is the day from which on a party that is sought so has had its role in
// the label without a break.
func (l *Label) partyFrom(role label.Role, sought string) access.Date {
	return l.from(func(t *label.Terms) bool {
		return slices.ContainsFunc(t.Parties, func(q label.Party) bool { return q.Role == role && slices.Contains(q.Sought(), sought) })
	})
}

func (l *Label) releaseFrom(purl string) access.Date {
	return l.from(func(t *label.Terms) bool {
		return slices.ContainsFunc(t.Releases, func(r label.Release) bool { return r.PURL == purl })
	})
}

func (l *Label) profileFrom() access.Date {
	return l.from(func(t *label.Terms) bool { return t.Profile == l.terms.Profile })
}

// from is the day from which on the label's terms have had something without a
// break; it was given on the first of these days at the earliest.
func (l *Label) from(has func(*label.Terms) bool) (day access.Date) {
	for _, e := range l.Events {
		switch {
		case e.Terms == nil:
		case !has(e.Terms):
			day = ""
		case day == "":
			day = e.On
		}
	}
	return day
}

// unsettled is the first day from which on the terms have had nothing to do
// with a ground: that of the last event that changed them; "" when none did.
func (l *Label) unsettled(ground string) (day access.Date) {
	for _, e := range l.Events {
		if e.Terms == nil {
			continue
		}
		if _, _, _, covered, _ := origin(e.Terms, l.Scheme, ground); covered {
			day = ""
		} else {
			day = cmp.Or(day, e.On)
		}
	}
	return day
}
