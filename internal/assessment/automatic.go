package assessment

import (
	"cmp"
	"regexp"
	"slices"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/catalogue"
)

// Assessor is a program that judges by what is held.
type Assessor struct {
	Name  string // as profiles name it, "sbom-present"
	Wants string // what it looks at, for a person who is to bring it
	judge func(f *Facts, on access.Date) found
}

// found is what an automatic assessor found.
type found struct {
	status   Status
	reason   string
	evidence []Evidence
	since    access.Date // first day of a failure, where it is known
	until    access.Date // first day on which it is otherwise, as far as is known; "" for none
}

// assessors is the automatic assessors, by name.
var assessors = []Assessor{
	{"disclosure-policy", "the address of the published policy for reports of vulnerabilities, with contact", disclosurePolicy},
	{"mud-hosts", "a MUD file of the product and the list of hosts that it needs", mudHosts},
	{"mud-parses", "a MUD file of the product (RFC 8520)", mudParses},
	{"no-exploited-component", "a bill of materials of the release whose components can be matched with advisories", noExploitedComponent},
	{"parties-unrestricted", "the names of maker, owners, laboratory and administrator, so that they can be screened", partiesUnrestricted},
	{"provenance-level", "SLSA provenance that names the digest of the release, signed by its builder", provenanceLevel},
	{"sbom-complete", "a bill of materials of the release with the minimum elements", sbomComplete},
	{"sbom-fresh", "a dated bill of materials, made for this release", sbomFresh},
	{"sbom-present", "a bill of materials of the release (CycloneDX or SPDX)", sbomPresent},
	{"scorecard", "a result of OpenSSF Scorecard for the repository that the release is built from", scorecard},
	{"signed-release", "a signature of the maker over the release", signedRelease},
	{"support-end", "the day on which security support ends", supportEnd},
}

// Assessors is the automatic assessors, by name.
func Assessors() []Assessor { return slices.Clone(assessors) }

// AssessorNamed is an automatic assessor, false when there is none of the name.
func AssessorNamed(name string) (Assessor, bool) {
	for _, a := range assessors {
		if a.Name == name {
			return a, true
		}
	}
	return Assessor{}, false
}

// Judge is the assessor's judgement by what is held, as it is on a day. It names
// no control; [Run] does.
func (a Assessor) Judge(f Facts, on access.Date) Judgement {
	f.Asks = f.Asks.or()
	r := a.judge(&f, on)
	if r.since > on {
		r.since = "" // a document dated ahead
	}
	return Judgement{
		Status: r.status, Method: Automated, Assessor: a.Name, Role: RoleAutomatic,
		Reason: r.reason, Evidence: r.evidence, On: on, Since: r.since, Until: r.until,
	}
}

// Run is the judgements of the automatic assessors that a profile lets judge the
// controls that it asks for. What a control itself asks goes before what the
// scheme asks: one that stands for a level of a track ("L2") is judged by that
// level, and provision 5.2-1 of ETSI EN 303 645, and what equals it, by the times
// that a policy must give.
func Run(asked []catalogue.Selected, f Facts, on access.Date) []Judgement {
	type question struct {
		name  string
		level int
		times bool
	}
	answers := map[question]Judgement{}
	var out []Judgement
	for i := range asked {
		s := &asked[i]
		a, ok := AssessorNamed(s.Automatic)
		if !ok {
			continue
		}
		q := question{a.Name, levelOf(s.Control), f.Asks.DisclosureTimes || asksTimes(s)}
		j, ok := answers[q]
		if !ok {
			g := f
			g.Asks.Level, g.Asks.DisclosureTimes = cmp.Or(q.level, f.Asks.Level), q.times
			j = a.Judge(g, on)
			answers[q] = j
		}
		j.Control = s.Ref()
		out = append(out, j)
	}
	return out
}

var trackLevel = regexp.MustCompile(`^L[1-9]$`)

// levelOf is the level of a track that a control stands for, 0 for none.
func levelOf(c *catalogue.Control) int {
	if !trackLevel.MatchString(c.Level) {
		return 0
	}
	return int(c.Level[1] - '0')
}

// disclosureProvision is the provision that asks a disclosure policy for times.
const disclosureProvision = "5.2-1"

func asksTimes(s *catalogue.Selected) bool {
	return s.Ref() == "etsi-en-303-645/"+disclosureProvision || slices.Contains(s.Control.ETSI, disclosureProvision)
}

// days is how many days b is after a.
func days(a, b access.Date) int { return int(b.Time().Sub(a.Time()) / (24 * time.Hour)) }

// bound is evidence that is about the releases by way of something that is known
// of them: their maker, their source. It is for the assessor to know that.
func (f *Facts) bound(evidence []Evidence) []Evidence {
	out := make([]Evidence, len(evidence))
	for i, e := range evidence {
		about := slices.Clone(e.About)
		for j := range f.Releases {
			if r := &f.Releases[j]; len(r.Digests) > 0 {
				about = append(about, r.Digests...)
			} else {
				about = append(about, r.PURL)
			}
		}
		e.About = about
		out[i] = e
	}
	return out
}
