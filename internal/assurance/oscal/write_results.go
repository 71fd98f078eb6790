package oscal

import (
	"cmp"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// WriteResults writes an assessment as OSCAL assessment results that were last
// changed at a time. There is no assessment plan in our assessments; where the
// model wants one, the profile stands.
func WriteResults(w io.Writer, r *Results, modified time.Time) error {
	x := &resultsExporter{r: r, tokens: map[string]*tokens{}, actors: map[string]actor{}, evidence: map[string]string{}}
	x.subject = x.uuid("subject", r.Subject.ID)
	x.assessors()
	plan := x.source("profile", propProfile, &r.Profile)
	out := result{
		UUID: x.uuid("result"), Title: said(r.Title, "Assessment"), Description: said(r.Description, "Assessment by a profile."),
		Start: moment(r.Start), Props: x.props(), Local: x.local(), Reviewed: x.reviewed(),
	}
	if !r.End.IsZero() {
		out.End = moment(r.End)
	}
	for i := range r.Findings {
		f, seen := x.finding(&r.Findings[i])
		out.Findings, out.Observations = append(out.Findings, f), append(out.Observations, seen...)
	}
	return encode(w, &document{Results: &assessmentResults{
		UUID: x.uuid("assessment-results"), Metadata: x.metadata(modified), Results: []result{out}, BackMatter: &x.back,
		ImportAP: importAP{Href: "#" + plan, Remarks: "No assessment plan was written: the profile says which controls were assessed."},
	}})
}

type resultsExporter struct {
	r        *Results
	subject  string // its UUID
	tokens   map[string]*tokens
	actors   map[string]actor // by id of the party
	parties  []party
	tools    []component
	evidence map[string]string // UUID of the resource
	back     backMatter
}

// uuid is the identifier of a part of this assessment.
func (x *resultsExporter) uuid(names ...string) string {
	return uuid(append([]string{"assessment", x.r.ID}, names...)...)
}

// token is how OSCAL writes the id of a control in a catalogue.
func (x *resultsExporter) token(catalogue, id string) string {
	if x.tokens[catalogue] == nil {
		x.tokens[catalogue] = newTokens()
	}
	return x.tokens[catalogue].of(id)
}

func (x *resultsExporter) metadata(modified time.Time) *metadata {
	var p props
	p.add(propID, x.r.ID)
	m := &metadata{
		Title: said(x.r.Title, "Assessment"), LastModified: moment(modified), Version: cmp.Or(x.r.Version, "1"),
		OSCALVersion: version, Props: p, Parties: x.parties,
	}
	if len(x.parties) > 0 {
		m.Roles = []role{{ID: "assessor", Title: "Assessor"}}
		all := responsibleParty{RoleID: "assessor"}
		for _, p := range x.parties {
			all.UUIDs = append(all.UUIDs, p.UUID)
		}
		m.Responsible = []responsibleParty{all}
	}
	return m
}

func (x *resultsExporter) props() []property {
	var p props
	if x.r.Tier > 0 {
		p.add("tier", strconv.Itoa(x.r.Tier))
	}
	return p
}

// assessors makes people and organisations parties, and programs components.
func (x *resultsExporter) assessors() {
	for _, a := range x.r.Assessors {
		id := x.uuid("assessor", a.ID)
		var p props
		p.add(propID, a.ID)
		if a.Kind == "tool" {
			x.actors[a.ID] = actor{"tool", id}
			x.tools = append(x.tools, component{
				UUID: id, Type: "software", Title: said(a.Name, a.ID), Description: "Automatic assessor " + a.ID, Props: p, Status: state{State: "operational"},
			})
			continue
		}
		x.actors[a.ID] = actor{"party", id}
		kind := a.Kind
		if kind != "person" {
			kind = "organization"
		}
		x.parties = append(x.parties, party{UUID: id, Type: kind, Name: said(a.Name, a.ID), Props: p})
	}
}

// local defines the subject, and the programs that looked at it.
func (x *resultsExporter) local() *localDefinitions {
	s := &x.r.Subject
	var p props
	p.add(propID, s.ID)
	p.list(propDigest, s.Digests)
	out := &localDefinitions{Components: []component{{
		UUID: x.subject, Type: cmp.Or(s.Kind, "software"), Title: said(s.Title, s.ID),
		Description: said(s.Description, s.Title, s.ID), Props: p, Status: state{State: "operational"},
	}}}
	if len(x.tools) > 0 {
		on := platform{UUID: x.uuid("platform"), Title: "countersign"}
		for _, t := range x.tools {
			on.Uses = append(on.Uses, uses{t.UUID})
		}
		out.Assets = &assets{Components: x.tools, Platforms: []platform{on}}
	}
	return out
}

// source is the UUID of the resource that is a catalogue or a profile.
func (x *resultsExporter) source(kind, prop string, s *Source) string {
	var p props
	p.add(prop, s.ID)
	p.add("version", s.Version)
	p.add(propDigest, s.Digest)
	r := resource{UUID: x.uuid(kind, s.ID), Title: said(s.Title, s.ID), Props: p, RLinks: []resourceLink{{Href: s.ID + ".json"}}}
	x.back.Resources = append(x.back.Resources, r)
	return r.UUID
}

// reviewed is the controls that were assessed, a selection for each catalogue.
func (x *resultsExporter) reviewed() reviewed {
	out := reviewed{Description: "The controls that the profile asks for."}
	at := map[string]int{}
	for i := range x.r.Catalogues {
		c := &x.r.Catalogues[i]
		at[c.ID] = len(out.Selections)
		out.Selections = append(out.Selections, controlSelection{
			Description: "Controls of " + cmp.Or(c.Title, c.ID), Links: []link{{Href: "#" + x.source("catalogue", propCatalogue, c), Rel: "reference"}},
		})
	}
	for i := range x.r.Findings {
		f := &x.r.Findings[i]
		to, ok := at[f.Catalogue]
		if !ok {
			to = len(out.Selections)
			at[f.Catalogue] = to
			out.Selections = append(out.Selections, controlSelection{})
		}
		out.Selections[to].Include = append(out.Selections[to].Include, controlRef{x.token(f.Catalogue, f.Control)})
	}
	return out
}

// states is how OSCAL says our statuses.
var states = map[string]state{
	Met:           {State: "satisfied", Reason: "pass"},
	NotApplicable: {State: "satisfied", Reason: "other"},
	NotMet:        {State: "not-satisfied", Reason: "fail"},
	Unknown:       {State: "not-satisfied", Reason: "other", Remarks: "Nobody has shown it; what is not known does not pass."},
}

func (x *resultsExporter) finding(f *Finding) (finding, []observation) {
	var p props
	p.add(propCatalogue, f.Catalogue)
	p.add("control", f.Control)
	p.add("status", f.Status)
	p.add("ask", map[bool]string{true: "required", false: "recommended"}[f.Required])
	p.add("method", f.Method)
	if f.Tier > 0 {
		p.add("tier", strconv.Itoa(f.Tier))
	}
	st, ok := states[f.Status]
	if !ok {
		st = states[Unknown]
	}
	out := finding{
		UUID: x.uuid("finding", f.Catalogue, f.Control), Title: said(f.Title, f.Control), Description: said(f.Reason, f.Title, f.Control),
		Props:  p,
		Target: target{Type: "statement-id", ID: x.token(f.Catalogue, f.Control) + "_smt", Title: oneLine(f.Title), Status: st},
	}
	if f.Status == NotApplicable {
		out.Target.Implementation = &state{State: "not-applicable"}
	}
	var seen []observation
	for i := range f.Observations {
		o := x.observation(f, i)
		seen = append(seen, o)
		out.Related = append(out.Related, relatedObs{o.UUID})
	}
	return out, seen
}

// methods is how OSCAL says how something was found out: a declaration is read,
// a program or a laboratory tests.
var methods = map[string]string{"declared": "EXAMINE", "automated": "TEST", "laboratory": "TEST"}

func (x *resultsExporter) observation(f *Finding, n int) observation {
	o := &f.Observations[n]
	var p props
	p.add("method", o.Method)
	p.add("status", o.Status)
	p.add("assessor", o.Assessor)
	out := observation{
		UUID: x.uuid("observation", f.Catalogue, f.Control, strconv.Itoa(n)), Title: said(f.Title, f.Control),
		Description: said(o.Text, f.Title, f.Control), Props: p, Methods: []string{cmp.Or(methods[o.Method], "UNKNOWN")},
		Types: []string{"control-objective"}, Subjects: []subject{{x.subject, "component"}}, Collected: moment(o.Collected),
	}
	if !o.Expires.IsZero() {
		out.Expires = moment(o.Expires)
	}
	if a, ok := x.actors[o.Assessor]; ok {
		out.Origins = []origin{{Actors: []actor{a}}}
	}
	for i := range o.Evidence {
		e := &o.Evidence[i]
		out.Evidence = append(out.Evidence, evidenceR{
			Href: "#" + x.resource(e), Description: said(e.Title, e.Kind, e.Digest, "evidence"), Props: evidenceProps(e),
		})
	}
	return out
}

func evidenceProps(e *Evidence) []property {
	var p props
	p.add("kind", e.Kind)
	p.add(propDigest, e.Digest)
	return p
}

// resource is the UUID of the resource that is a piece of evidence.
func (x *resultsExporter) resource(e *Evidence) string {
	key := fmt.Sprintf("%q", []string{e.Digest, e.Href, e.Title, e.Kind})
	if got, ok := x.evidence[key]; ok {
		return got
	}
	r := resource{UUID: x.uuid("evidence", key), Title: said(e.Title, e.Kind, "Evidence"), Props: evidenceProps(e)}
	if address(e.Href) != "" || e.Digest != "" {
		l := resourceLink{Href: cmp.Or(address(e.Href), "urn:"+e.Digest)}
		if hex, ok := strings.CutPrefix(e.Digest, "sha256:"); ok {
			l.Hashes = []hash{{"SHA-256", hex}}
		}
		r.RLinks = []resourceLink{l}
	}
	x.back.Resources = append(x.back.Resources, r)
	x.evidence[key] = r.UUID
	return r.UUID
}

// said is the first of some texts that says something, in one line.
func said(texts ...string) string {
	for _, t := range texts {
		if t = oneLine(t); t != "" {
			return t
		}
	}
	return ""
}

// address is an address as a document may hold it, "" for what is none.
func address(href string) string {
	u, err := url.Parse(oneLine(href))
	if err != nil {
		return ""
	}
	return u.String()
}
