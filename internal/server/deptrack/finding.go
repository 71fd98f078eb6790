package deptrack

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory/findings"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
)

// finding is a finding as the API writes it.
type finding struct {
	Component     component     `json:"component"`
	Vulnerability vulnerability `json:"vulnerability"`
	Analysis      analysis      `json:"analysis"`
	Attribution   attribution   `json:"attribution"`
	Matrix        string        `json:"matrix"`
}

type component struct {
	UUID    string `json:"uuid"`
	Name    string `json:"name"`
	Group   string `json:"group,omitempty"`
	Version string `json:"version,omitempty"`
	PURL    string `json:"purl,omitempty"`
	CPE     string `json:"cpe,omitempty"`
	Project string `json:"project"`
}

type vulnerability struct {
	UUID           string              `json:"uuid"`
	Source         string              `json:"source"`
	ID             string              `json:"vulnId"`
	Title          string              `json:"title,omitempty"`
	Description    string              `json:"description,omitempty"`
	Recommendation string              `json:"recommendation,omitempty"`
	Severity       string              `json:"severity"`
	SeverityRank   int                 `json:"severityRank"`
	CVSSv2         float64             `json:"cvssV2BaseScore,omitempty"`
	CVSSv3         float64             `json:"cvssV3BaseScore,omitempty"`
	CVSSv4         float64             `json:"cvssV4Score,omitempty"`
	EPSS           float64             `json:"epssScore,omitempty"`
	EPSSPercentile float64             `json:"epssPercentile,omitempty"`
	CWEs           []struct{}          `json:"cwes"`
	Aliases        []map[string]string `json:"aliases"`
	KnownExploited bool                `json:"knownExploited"` // ours: it is in CISA's catalogue
	ExploitedDue   string              `json:"knownExploitedDue,omitempty"`
}

type analysis struct {
	State      string `json:"state,omitempty"`
	Suppressed bool   `json:"isSuppressed"`
}

type attribution struct {
	Analyzer     string `json:"analyzerIdentity"`
	AttributedOn int64  `json:"attributedOn,omitempty"`
	ReferenceURL string `json:"referenceUrl,omitempty"`
}

// severities are the API's, by rank.
var severities = []string{"CRITICAL", "HIGH", "MEDIUM", "LOW", "INFO", "UNASSIGNED"}

// rankOf is the severity of a finding by rank. An attack that somebody planted
// is rated by nobody and is as bad as anything is.
func rankOf(f *findings.Finding) int {
	if f.Malicious {
		return 0
	}
	if f.Severity != nil {
		for rank, word := range []string{"critical", "high", "medium", "low", "none"} {
			if strings.EqualFold(f.Severity.Word, word) {
				return rank
			}
		}
	}
	return len(severities) - 1
}

// states are the API's states of analysis, by the status of the statement that
// counts.
var states = map[string]string{
	"not_affected": "NOT_AFFECTED", "affected": "EXPLOITABLE", "fixed": "RESOLVED", "under_investigation": "IN_TRIAGE",
}

// sourceOf is who gave a weakness its id, as the API calls them.
func sourceOf(id string) string {
	switch {
	case strings.HasPrefix(id, "CVE-"):
		return "NVD"
	case strings.HasPrefix(id, "GHSA-"):
		return "GITHUB"
	case strings.HasPrefix(id, "SNYK-"):
		return "SNYK"
	}
	return "OSV"
}

// aliasFields are where other ids stand.
var aliasFields = map[string]string{"NVD": "cveId", "GITHUB": "ghsaId", "SNYK": "snykId", "OSV": "osvId"}

func findingOf(p *node.Project, w *dossier.Weakness) finding {
	f := &w.Finding
	rank := rankOf(f)
	c := component{UUID: node.UUID("component", p.UUID, f.Identity), Name: f.Name, Version: f.Version, Project: p.UUID}
	if at := strings.LastIndexByte(f.Name, '/'); at > 0 {
		c.Group, c.Name = f.Name[:at], f.Name[at+1:]
	}
	if strings.HasPrefix(f.Component, "pkg:") {
		c.PURL = f.Component
	} else {
		c.CPE = f.Component
	}
	v := vulnerability{
		UUID: node.UUID("weakness", f.Advisory), Source: sourceOf(f.Advisory), ID: f.Advisory, Title: f.Summary, Description: description(f),
		Severity: severities[rank], SeverityRank: rank, CWEs: []struct{}{}, Aliases: []map[string]string{},
	}
	if len(f.Fixed) > 0 {
		v.Recommendation = "Fixed in " + strings.Join(f.Fixed, ", ") + "."
	}
	for _, id := range f.Aliases {
		v.Aliases = append(v.Aliases, map[string]string{aliasFields[sourceOf(id)]: id})
	}
	v.score(f)
	out := finding{Component: c, Vulnerability: v, Attribution: attribution{Analyzer: "INTERNAL_ANALYZER", ReferenceURL: f.URL}, Matrix: p.UUID + ":" + c.UUID + ":" + v.UUID}
	if !p.Taken.IsZero() {
		out.Attribution.AttributedOn = p.Taken.UnixMilli()
	}
	if f.VEX != nil {
		out.Analysis = analysis{State: states[f.VEX.Status], Suppressed: !f.Open()}
	}
	return out
}

func (v *vulnerability) score(f *findings.Finding) {
	if s := f.Severity; s != nil {
		switch {
		case strings.HasPrefix(s.Vector, "CVSS:4"):
			v.CVSSv4 = s.Score
		case strings.HasPrefix(s.Vector, "CVSS:3"):
			v.CVSSv3 = s.Score
		case s.Vector != "":
			v.CVSSv2 = s.Score
		}
	}
	if f.EPSS != nil {
		v.EPSS, v.EPSSPercentile = f.EPSS.Score, f.EPSS.Percentile
	}
	if f.KEV != nil {
		v.KnownExploited, v.ExploitedDue = true, f.KEV.Due
	}
}

// description says what the API has no field for.
func description(f *findings.Finding) string {
	parts := []string{}
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if f.Summary != "" {
		add("%s", f.Summary)
	}
	if f.Malicious {
		add("The component is itself the attack.")
	}
	if f.KEV != nil {
		add("Known to be exploited since %s.", f.KEV.Added)
	}
	if f.Weak {
		add("Matched by the name of the product only.")
	}
	if f.Why != "" {
		add("Whether it applies is not known: %s.", f.Why)
	}
	if v := f.VEX; v != nil {
		add("%s says: %s.", v.Issuer, strings.ReplaceAll(v.Status, "_", " "))
	}
	return strings.Join(parts, " ")
}

// found is everything that was found in a project's release.
func (h *Handler) found(r *http.Request, ask access.Ask, p *node.Project) (*dossier.Software, []finding, error) {
	d, err := h.Node.Show(r.Context(), ask, p.Release)
	if err != nil {
		return nil, nil, err
	}
	if d.Software == nil {
		return nil, nil, problem.New(problem.NotFound, "no bill of project %s is held at that moment", p.UUID)
	}
	out := make([]finding, len(d.Software.Findings))
	for i := range d.Software.Findings {
		out[i] = findingOf(p, &d.Software.Findings[i])
	}
	return d.Software, out, nil
}

// findings lists what was found; what is suppressed only when it is asked for.
func (h *Handler) findings(r *http.Request) (any, error) {
	p, ask, err := h.asked(r)
	if err != nil {
		return nil, err
	}
	q := r.URL.Query()
	suppressed := false
	if v := q.Get("suppressed"); v != "" {
		if suppressed, err = strconv.ParseBool(v); err != nil {
			return nil, problem.New(problem.Invalid, "suppressed: want true or false")
		}
	}
	_, all, err := h.found(r, ask, p)
	if err != nil {
		return nil, err
	}
	out := []finding{}
	for _, f := range all {
		if source := q.Get("source"); source != "" && source != f.Vulnerability.Source {
			continue
		}
		if suppressed || !f.Analysis.Suppressed {
			out = append(out, f)
		}
	}
	return out, nil
}
