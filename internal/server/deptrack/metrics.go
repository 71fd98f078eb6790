package deptrack

import (
	"net/http"
	"strings"

	"countersign.dev/internal/decision"
	"countersign.dev/internal/node"
	"countersign.dev/internal/policy"
)

// metrics are a project's numbers as the API writes them.
type metrics struct {
	Critical             int     `json:"critical"`
	High                 int     `json:"high"`
	Medium               int     `json:"medium"`
	Low                  int     `json:"low"`
	Unassigned           int     `json:"unassigned"`
	Vulnerabilities      int     `json:"vulnerabilities"`
	VulnerableComponents int     `json:"vulnerableComponents"`
	Components           int     `json:"components"`
	Suppressed           int     `json:"suppressed"`
	FindingsTotal        int     `json:"findingsTotal"`
	FindingsAudited      int     `json:"findingsAudited"`
	FindingsUnaudited    int     `json:"findingsUnaudited"`
	InheritedRiskScore   float64 `json:"inheritedRiskScore"`
	ViolationsTotal      int     `json:"policyViolationsTotal"`
	ViolationsFail       int     `json:"policyViolationsFail"`
	ViolationsWarn       int     `json:"policyViolationsWarn"`
	ViolationsInfo       int     `json:"policyViolationsInfo"`
	FirstOccurrence      int64   `json:"firstOccurrence"`
	LastOccurrence       int64   `json:"lastOccurrence"`
}

// count counts what was found.
func (m *metrics) count(all []finding) {
	bySeverity := []*int{&m.Critical, &m.High, &m.Medium, &m.Low, new(int), &m.Unassigned}
	vulnerable := map[string]bool{}
	for _, f := range all {
		if f.Analysis.Suppressed {
			m.Suppressed++
			continue
		}
		*bySeverity[f.Vulnerability.SeverityRank]++
		m.Vulnerabilities++
		if f.Analysis.State != "" {
			m.FindingsAudited++
		}
		vulnerable[f.Component.UUID] = true
	}
	m.VulnerableComponents = len(vulnerable)
	m.FindingsTotal, m.FindingsUnaudited = m.Vulnerabilities, m.Vulnerabilities-m.FindingsAudited
	// The weights are those of their server, so that scores can be compared.
	m.InheritedRiskScore = float64(10*m.Critical + 5*m.High + 3*m.Medium + m.Low + 5*m.Unassigned)
}

func (h *Handler) metrics(r *http.Request) (any, error) {
	p, ask, err := h.asked(r)
	if err != nil {
		return nil, err
	}
	s, all, err := h.found(r, ask, p)
	if err != nil {
		return nil, err
	}
	m := &metrics{Components: s.Release.Components}
	m.count(all)
	violations, err := h.judged(r, p)
	if err != nil {
		return nil, err
	}
	for _, v := range violations {
		m.ViolationsTotal++
		if v.Condition.Policy.State == fails {
			m.ViolationsFail++
		} else {
			m.ViolationsWarn++
		}
	}
	if !p.Taken.IsZero() {
		m.FirstOccurrence, m.LastOccurrence = p.Taken.UnixMilli(), p.Taken.UnixMilli()
	}
	return m, nil
}

// refresh has nothing to do: numbers are counted when they are asked for.
func (h *Handler) refresh(w http.ResponseWriter, r *http.Request) {
	if _, _, err := h.asked(r); err != nil {
		h.fail(w, r, err)
	}
}

// violation is a reason of the verdict as the API writes it.
type violation struct {
	UUID      string    `json:"uuid"`
	Type      string    `json:"type"`
	Text      string    `json:"text"`
	Project   project   `json:"project"`
	Component component `json:"component"`
	Condition condition `json:"policyCondition"`
}

type condition struct {
	UUID   string         `json:"uuid"`
	Policy policyOfTheirs `json:"policy"`
}

type policyOfTheirs struct {
	UUID  string `json:"uuid"`
	Name  string `json:"name"`
	State string `json:"violationState"`
}

// The API's words for what a violation does: deny fails, review warns.
const (
	fails = "FAIL"
	warns = "WARN"
)

func (h *Handler) violations(r *http.Request) (any, error) {
	p, _, err := h.asked(r)
	if err != nil {
		return nil, err
	}
	return h.judged(r, p)
}

// judged is what the policies for operating software hold against a project's
// release.
func (h *Handler) judged(r *http.Request, p *node.Project) ([]violation, error) {
	ask, err := h.Ask(r)
	if err != nil {
		return nil, err
	}
	a, _, err := h.Node.Check(r.Context(), ask, node.Question{Subject: p.Release, Purpose: "operate"})
	if err != nil {
		return nil, err
	}
	out := []violation{}
	for i := range a.Reasons {
		if reason := &a.Reasons[i]; reason.Verdict != policy.Allow {
			out = append(out, violationOf(p, a, reason))
		}
	}
	return out, nil
}

func violationOf(p *node.Project, a *decision.Answer, reason *decision.Reason) violation {
	name := reason.Policy
	if name == "" && a.Policy != nil {
		name = a.Policy.Name
	}
	v := violation{
		UUID: node.UUID("violation", p.UUID, name, reason.Rule, reason.About), Type: "OPERATIONAL", Text: reason.Because, Project: projectOf(p),
		Component: component{UUID: node.UUID("component", p.UUID, p.Release), Name: p.Told.Name, Version: p.Told.Version, PURL: p.Told.PURL, Project: p.UUID},
		Condition: condition{node.UUID("rule", name, reason.Rule), policyOfTheirs{node.UUID("policy", name), name + ": " + reason.Rule, warns}},
	}
	if reason.Verdict == policy.Deny {
		v.Condition.Policy.State = fails
	}
	switch kind, _, _ := strings.Cut(reason.About, " "); kind {
	case "licence":
		v.Type = "LICENSE"
	case "finding":
		v.Type = "SECURITY"
		for i := 0; a.Software != nil && i < len(a.Software.Findings); i++ {
			if w := &a.Software.Findings[i]; reason.About == "finding "+w.Component+" "+w.Advisory {
				v.Component = findingOf(p, w).Component
			}
		}
	}
	return v
}
