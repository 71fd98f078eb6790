package console

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/node"
)

// weaknessView is the page about one weakness: what advisories say of it, and
// who is concerned.
type weaknessView struct {
	*node.Weakness
	Others    []string // ids
	Summary   string
	Word      string
	Tone      string
	Score     float64
	Malicious bool
	Withdrawn access.Date // by the record that tells best; "" for none
	KEVAdded  access.Date
	KEVDue    access.Date
	Records   []recordView
	Says      []saidView
	Impact    *node.Impact
	Systems   int
	Drawing   *blast // nil where nobody is concerned
	Releases  []impactedView
	Pager     pager
}

// recordView is one advisory as the page shows it.
type recordView struct {
	node.AdvisoryRecord
	Published, Modified access.Date
	Word, Tone          string
	Packages            []affectedView
	More                int
}

// affectedView is one package of an advisory with its versions in words.
type affectedView struct {
	Name, Ecosystem string
	Link            string // to the page about the package
	Versions        string
	Unfixed         string
}

// saidView is what somebody says of the weakness in a product.
type saidView struct {
	advisory.VEX
	Tone string
	Day  access.Date
}

// impactedView is one release that is concerned.
type impactedView struct {
	node.ImpactedRelease
	Link  string
	Tone  string
	State advisory.State
	Fixed []string
}

// mostAffected is how many packages of one advisory a page shows.
const mostAffected = 30

// advisory is the page about one weakness.
func (c *Console) advisory(w http.ResponseWriter, r *http.Request) error {
	m, err := c.moment(r)
	if err != nil {
		return err
	}
	id := strings.TrimSpace(r.URL.Query().Get("id"))
	known, err := c.questions.Weakness(r.Context(), m.ask(r), id)
	if err != nil {
		return err
	}
	page, err := pageOf(r.URL.Query().Get("page"))
	if err != nil {
		return err
	}
	subject := known.ID
	if len(known.Records) > 0 {
		subject = known.Records[0].ID
	}
	found, err := c.questions.Impact(r.Context(), m.ask(r), subject, 0, mostImpact)
	if err != nil {
		return err
	}
	v := weaknessViewOf(known, m)
	v.Impact, v.Systems, v.Drawing = found, countSystems(found), drawBlast(known.ID, v.Tone, found, m)
	if page*perPage >= mostImpact {
		if found, err = c.questions.Impact(r.Context(), m.ask(r), subject, page*perPage, perPage); err != nil {
			return err
		}
		v.Releases = impactedOf(found.Releases, m)
	}
	from, to, pager := paged(found.Total, page, func(n string) string { return m.Link("/advisory", "id", id, "page", n) + "#releases" })
	if v.Pager = pager; v.Releases == nil && from < len(found.Releases) {
		v.Releases = impactedOf(found.Releases[from:min(to, len(found.Releases))], m)
	}
	return c.show(w, r, m, "advisory", known.ID, v)
}

func weaknessViewOf(known *node.Weakness, m Moment) weaknessView {
	v := weaknessView{Weakness: known, Word: "unrated"}
	for _, id := range known.IDs {
		if id != known.ID {
			v.Others = append(v.Others, id)
		}
	}
	for i := range known.Records {
		r := &known.Records[i]
		v.Records = append(v.Records, recordViewOf(r, m))
		v.Summary = cmp.Or(v.Summary, r.Summary)
		v.Malicious = v.Malicious || r.Malicious
		if i == 0 {
			v.Withdrawn = advisory.DayOf(r.Withdrawn)
		}
		if r.Severity != nil && v.Word == "unrated" && r.Severity.Word != "" {
			v.Word, v.Score = strings.ToLower(r.Severity.Word), r.Severity.Score
		}
	}
	if v.Malicious {
		v.Word, v.Score = "malicious", 0
	}
	v.Tone = severityTone(v.Word)
	if e := known.Exploited; e != nil {
		v.Summary, v.KEVAdded, v.KEVDue = cmp.Or(v.Summary, e.Name), access.Date(e.Added), access.Date(e.Due)
	}
	for _, s := range known.Statements {
		v.Says = append(v.Says, saidView{s, statusTone(s.Status), advisory.DayOf(s.Issued)})
	}
	return v
}

func recordViewOf(r *node.AdvisoryRecord, m Moment) recordView {
	v := recordView{AdvisoryRecord: *r, Word: "unrated", Published: advisory.DayOf(r.Published), Modified: advisory.DayOf(r.Modified)}
	if r.Severity != nil && r.Severity.Word != "" {
		v.Word = strings.ToLower(r.Severity.Word)
	}
	v.Tone = severityTone(v.Word)
	for i := range r.Affected {
		if len(v.Packages) == mostAffected {
			v.More = len(r.Affected) - mostAffected
			break
		}
		v.Packages = append(v.Packages, affectedOf(&r.Affected[i], m))
	}
	return v
}

func affectedOf(a *advisory.Affected, m Moment) affectedView {
	v := affectedView{Name: cmp.Or(a.Name, a.PURL, a.CPE), Ecosystem: a.Ecosystem, Unfixed: a.Unfixed, Versions: versionsOf(a)}
	if a.PURL != "" {
		v.Link = m.Link("/component", "purl", a.PURL)
	}
	if v.Ecosystem == "" {
		v.Ecosystem = a.Maker
	}
	return v
}

// versionsOf says in words which versions an advisory means.
func versionsOf(a *advisory.Affected) string {
	var parts []string
	for _, r := range a.Ranges {
		if r.Type == "GIT" {
			parts = append(parts, "commits of "+cmp.Or(r.Repo, "its repository"))
			continue
		}
		since := ""
		for _, e := range r.Events {
			switch {
			case e.Introduced != "":
				since = e.Introduced
			case e.Fixed != "":
				parts, since = append(parts, versionSpan(since, "before "+e.Fixed)), ""
			case e.LastAffected != "":
				parts, since = append(parts, versionSpan(since, "up to and with "+e.LastAffected)), ""
			case e.Limit != "":
				parts, since = append(parts, versionSpan(since, "as far as "+e.Limit)), ""
			}
		}
		if since == "0" {
			parts = append(parts, "every version")
		} else if since != "" {
			parts = append(parts, "from "+since+" on")
		}
	}
	if len(a.Versions) > 0 {
		listed := a.Versions
		if len(listed) > 12 {
			listed = append(slices.Clone(listed[:12]), "…")
		}
		if len(parts) == 0 || len(a.Versions) <= 12 {
			parts = append(parts, strings.Join(listed, ", "))
		}
	}
	return strings.Join(parts, "; ")
}

func versionSpan(since, end string) string {
	if since == "" || since == "0" {
		return end
	}
	return "from " + since + " " + end
}

func impactedOf(releases []node.ImpactedRelease, m Moment) []impactedView {
	var out []impactedView
	for _, r := range releases {
		v := impactedView{ImpactedRelease: r, Link: m.Link("/release", "subject", r.ID), Tone: "none"}
		v.Name = cmp.Or(r.Name, r.ID)
		for _, each := range r.Components {
			for _, f := range each.Fixed {
				if !slices.Contains(v.Fixed, f) {
					v.Fixed = append(v.Fixed, f)
				}
			}
			if each.State == advisory.IsAffected || v.State == "" {
				v.State = each.State
			}
		}
		switch v.State {
		case advisory.IsAffected:
			v.Tone = "deny"
		case advisory.Unknown:
			v.Tone = "review"
		}
		out = append(out, v)
	}
	return out
}

// countSystems is in how many systems the releases of a page run.
func countSystems(found *node.Impact) int {
	seen := map[string]bool{}
	for _, r := range found.Releases {
		for _, s := range r.Systems {
			seen[s.ID] = true
		}
	}
	for _, s := range found.Unmatched {
		seen[s.ID] = true
	}
	return len(seen)
}
