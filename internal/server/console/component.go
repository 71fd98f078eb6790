package console

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/impact"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/software/purl"
)

// componentView is the page about a package, or one version of it.
type componentView struct {
	PURL, Name, Version string
	Ecosystem           string
	Bare                string // address of the page about every version; "" when it is this one
	Release             string // address of its own answer, as of a release
	Versions            []versionView
	MoreVersions        int
	Advisories          []packageAdvisoryView
	MoreAdvisories      int
	Releases            []impactedView
	Total               int
	Pager               pager
}

// versionView is one version that some release has.
type versionView struct {
	Version, Link     string
	Releases          int
	Affected, Unknown int // advisories
	Here              bool
}

type packageAdvisoryView struct {
	node.PackageAdvisory
	Link, Word, Tone string
	Versions         string
	Concerned        []string // of the versions above
	Unsure           []string
}

// The bounds of the page.
const (
	mostVersions        = 40
	mostPackageAdvisory = 60
)

// component is the page about a package: its versions, who has them, and what
// advisories say.
func (c *Console) component(w http.ResponseWriter, r *http.Request) error {
	m, err := c.moment(r)
	if err != nil {
		return err
	}
	text := strings.TrimSpace(r.URL.Query().Get("purl"))
	p, err := purl.Read(text)
	if err != nil {
		return problem.Wrap(problem.Invalid, err, "purl")
	}
	page, err := pageOf(r.URL.Query().Get("page"))
	if err != nil {
		return err
	}
	whole, err := c.questions.Impact(r.Context(), m.ask(r), p.Bare().String(), page*perPage, perPage)
	if err != nil {
		return err
	}
	v := componentView{PURL: p.String(), Name: p.Name, Version: p.Version, Ecosystem: p.Type, Release: m.Link("/release", "subject", p.String())}
	if p.Namespace != "" {
		v.Name = p.Namespace + "/" + p.Name
	}
	versions := v.addVersions(p, whole.Versions, m)
	said, err := c.questions.Advisories(r.Context(), m.ask(r), p.Bare().String(), versions)
	if err != nil {
		return err
	}
	v.addAdvisories(said, versions, m)
	found := whole
	if p.Version != "" || len(p.Qualifiers) > 0 {
		v.Bare = m.Link("/component", "purl", p.Bare().String())
		if found, err = c.questions.Impact(r.Context(), m.ask(r), p.String(), page*perPage, perPage); err != nil {
			return err
		}
	}
	v.Total, v.Releases = found.Total, impactedOf(found.Releases, m)
	_, _, v.Pager = paged(found.Total, page, func(n string) string { return m.Link("/component", "purl", p.String(), "page", n) + "#releases" })
	return c.show(w, r, m, "component", cmp.Or(v.Name, v.PURL), v)
}

// addVersions adds the versions that are in use, with the one that is asked
// about first among them, and gives them as written.
func (v *componentView) addVersions(p purl.PURL, found []impact.Version, m Moment) []string {
	counts := map[string]int{}
	var versions []string
	for _, f := range found {
		if counts[f.Version] == 0 {
			versions = append(versions, f.Version)
		}
		counts[f.Version] += f.Releases
	}
	if p.Version != "" {
		versions = slices.DeleteFunc(versions, func(s string) bool { return s == p.Version })
		versions = append([]string{p.Version}, versions...)
	}
	if v.MoreVersions = len(versions) - mostVersions; v.MoreVersions > 0 {
		versions = versions[:mostVersions]
	}
	for _, version := range versions {
		of := p.Bare()
		of.Version = version
		v.Versions = append(v.Versions, versionView{Version: version, Link: m.Link("/component", "purl", of.String()), Releases: counts[version], Here: version == p.Version})
	}
	return versions
}

// addAdvisories adds what advisories say, those that concern the version asked
// about, or any in use, before the others.
func (v *componentView) addAdvisories(said []node.PackageAdvisory, versions []string, m Moment) {
	for _, a := range said {
		each := packageAdvisoryView{PackageAdvisory: a, Link: m.Link("/advisory", "id", a.ID), Word: "unrated"}
		if a.Severity != nil && a.Severity.Word != "" {
			each.Word = strings.ToLower(a.Severity.Word)
		}
		if a.Malicious {
			each.Word = "malicious"
		}
		each.Tone = severityTone(each.Word)
		var ranges []string
		for i := range a.Affected {
			if text := versionsOf(&a.Affected[i]); text != "" && !slices.Contains(ranges, text) {
				ranges = append(ranges, text)
			}
		}
		each.Versions = strings.Join(ranges, "; ")
		for i, j := range a.Judged {
			switch j.State {
			case advisory.IsAffected:
				v.Versions[i].Affected++
				each.Concerned = append(each.Concerned, versions[i])
			case advisory.Unknown:
				v.Versions[i].Unknown++
				each.Unsure = append(each.Unsure, versions[i])
			}
		}
		v.Advisories = append(v.Advisories, each)
	}
	weight := func(a packageAdvisoryView) int {
		switch {
		case v.Version != "" && slices.Contains(a.Concerned, v.Version):
			return 0
		case v.Version != "" && slices.Contains(a.Unsure, v.Version):
			return 1
		case len(a.Concerned) > 0:
			return 2
		}
		return 3
	}
	slices.SortStableFunc(v.Advisories, func(a, b packageAdvisoryView) int { return cmp.Compare(weight(a), weight(b)) })
	if v.MoreAdvisories = len(v.Advisories) - mostPackageAdvisory; v.MoreAdvisories > 0 {
		v.Advisories = v.Advisories[:mostPackageAdvisory]
	}
}
