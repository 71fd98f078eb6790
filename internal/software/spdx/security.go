package spdx

import (
	"cmp"
	"strconv"

	"countersign.dev/internal/software"
)

// identifier is a name of a weakness: of kind "cve" or "securityOther".
type identifier struct{ kind, value string }

// assessment is what an element of the security profile says beside its ends:
// a vulnerability, or a statement on one.
type assessment struct {
	ids           []identifier
	description   string
	published     string
	modified      string
	withdrawn     string
	notes         string
	action        string
	impact        string
	justification string
	vector        string
	score         float64
	severity      string
}

// weaknesses collects what a bill says of vulnerabilities. Each status that it
// gives one for some components is a weakness of the bill.
type weaknesses struct {
	named     map[string]int // index in found of vulnerabilities by their ids
	found     []software.Weakness
	statement []statement
}

// statement is a status, or a rating, of the vulnerability with an id.
type statement struct {
	of      string
	affects []software.Affects
	rating  *software.Severity
	software.Weakness
}

// securityMember reads a property of the security profile, or passes over one
// of a profile that is not read.
func (r *document3) securityMember(e *element, name string) error {
	s, w := r.scanner, &e.weak
	switch name {
	case "description", "summary":
		return r.describesWeakness(w, name)
	case "security_publishedTime":
		return s.text(name, &w.published)
	case "security_modifiedTime":
		return s.text(name, &w.modified)
	case "security_withdrawnTime":
		return s.text(name, &w.withdrawn)
	case "security_statusNotes":
		return s.text(name, &w.notes)
	case "security_actionStatement":
		return s.text(name, &w.action)
	case "security_impactStatement":
		return s.text(name, &w.impact)
	case "security_justificationType":
		return r.word(name, &w.justification)
	case "security_vectorString":
		return s.text(name, &w.vector)
	case "security_severity":
		return s.text(name, &w.severity)
	case "security_score":
		return r.score(w)
	}
	return s.skip()
}

// describesWeakness reads a text that packages have too, where it is of no use:
// the description, or else the summary.
func (r *document3) describesWeakness(w *assessment, name string) error {
	text, _, err := r.scanner.raw(name)
	if len(text) > 0 && (name == "description" || w.description == "") {
		w.description = string(text)
	}
	return err
}

// score reads a number, which JSON-LD may have as a text.
func (r *document3) score(w *assessment) error {
	var text string
	if r.scanner.dec.PeekKind() != '0' {
		if err := r.scanner.text("security_score", &text); err != nil {
			return err
		}
	} else {
		t, err := r.scanner.dec.ReadToken()
		if err != nil {
			return r.scanner.fatal(err)
		}
		text = t.String()
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || v < 0 || v > 10 {
		r.scanner.wrong("security_score", "want a number from 0 to 10, got %q", clip(text))
		return nil
	}
	w.score = v
	return nil
}

// vulnerability takes a vulnerability; one of no known name is called by its
// own.
func (w *weaknesses) vulnerability(e *element, limits Limits) error {
	v := software.Weakness{
		Description: e.weak.description, Published: e.weak.published, Updated: e.weak.modified,
	}
	for _, id := range e.weak.ids {
		if v.ID == "" {
			v.ID = id.value
		} else {
			v.Aliases = append(v.Aliases, id.value)
		}
	}
	v.ID = cmp.Or(v.ID, e.component.Name)
	w.named[string(e.id)] = len(w.found)
	w.found = append(w.found, v)
	return tooMany(len(w.found), limits.Components, "vulnerabilities")
}

// states are the statements of VEX in SPDX 3 as CycloneDX's analysis has them.
var states = map[string]string{
	"security_VexAffectedVulnAssessmentRelationship":           "exploitable",
	"security_VexNotAffectedVulnAssessmentRelationship":        "not_affected",
	"security_VexFixedVulnAssessmentRelationship":              "resolved",
	"security_VexUnderInvestigationVulnAssessmentRelationship": "in_triage",
}

// justifications as CycloneDX has them. It has none for code that an adversary
// cannot control; that it is not reached is the nearest.
var justifications = map[string]string{
	"componentNotPresent":                         "code_not_present",
	"vulnerableCodeNotPresent":                    "code_not_present",
	"vulnerableCodeNotInExecutePath":              "code_not_reachable",
	"vulnerableCodeCannotBeControlledByAdversary": "code_not_reachable",
	"inlineMitigationsAlreadyExist":               "protected_by_mitigating_control",
}

// ratings are the methods of ratings as CycloneDX has them.
var ratings = map[string]string{
	"security_CvssV2VulnAssessmentRelationship": "CVSSv2",
	"security_CvssV3VulnAssessmentRelationship": "CVSSv31",
	"security_CvssV4VulnAssessmentRelationship": "CVSSv4",
}

// assess takes a statement on a vulnerability. One that was withdrawn says
// nothing any more; of the others, those that are neither a status nor a CVSS
// rating are not read.
func (w *weaknesses) assess(e *element) {
	s := statement{of: string(e.from.id)}
	method, state := ratings[e.kind], states[e.kind]
	switch {
	case e.weak.withdrawn != "" || method == "" && state == "":
		return
	case method != "":
		if method == "CVSSv31" && len(e.weak.vector) > 8 && e.weak.vector[:8] == "CVSS:3.0" {
			method = "CVSSv3"
		}
		s.rating = &software.Severity{Method: method, Vector: e.weak.vector, Score: e.weak.score, Word: e.weak.severity}
	default:
		s.State, s.Justification = state, justifications[e.weak.justification]
		s.Statement, s.Recommended = cmp.Or(e.weak.impact, e.weak.notes), e.weak.action
		s.FirstIssued, s.LastUpdated = e.weak.published, cmp.Or(e.weak.modified, e.weak.published)
	}
	for _, to := range e.to {
		s.affects = append(s.affects, software.Affects{Ref: string(to.id)})
	}
	w.statement = append(w.statement, s)
}

// associate notes that a component has a vulnerability, of which no status is
// given.
func (w *weaknesses) associate(component, of string) {
	w.statement = append(w.statement, statement{of: of, affects: []software.Affects{{Ref: component}}})
}

// all is one weakness for each status of each vulnerability, and those of which
// nothing is said.
func (w *weaknesses) all() []software.Weakness {
	said := make([]bool, len(w.found))
	var out []software.Weakness
	for _, s := range w.statement {
		if i, ok := w.named[s.of]; ok && s.rating != nil {
			w.found[i].Severities = append(w.found[i].Severities, *s.rating)
		}
	}
	for _, s := range w.statement {
		i, ok := w.named[s.of]
		if !ok || s.rating != nil {
			continue
		}
		said[i] = true
		v := w.found[i]
		v.State, v.Justification, v.Statement, v.Recommended = s.State, s.Justification, s.Statement, s.Recommended
		v.FirstIssued, v.LastUpdated, v.Affects = s.FirstIssued, s.LastUpdated, s.affects
		out = append(out, v)
	}
	for i, v := range w.found {
		if !said[i] {
			out = append(out, v)
		}
	}
	return out
}
