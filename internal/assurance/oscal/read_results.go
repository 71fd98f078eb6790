package oscal

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign.dev/internal/problem"
)

// ReadResults reads OSCAL assessment results, one [Results] for each result in
// them. Of results that another made, a finding says of a control only whether
// it is satisfied, how its observations were collected, and on what they rest. An
// error is of kind [problem.Invalid] or [problem.TooLarge] and names the place; a
// finding without a control and a time that is none are told in notes.
func ReadResults(b []byte) ([]Results, []Note, error) {
	d, err := open(b, modelResults)
	if err != nil {
		return nil, nil, err
	}
	in := d.Results
	if in == nil {
		return nil, nil, problem.New(problem.Invalid, "assessment-results: want an object, found null")
	}
	if err := in.Metadata.check(modelResults); err != nil {
		return nil, nil, err
	}
	if len(in.Results) == 0 {
		return nil, nil, problem.New(problem.Invalid, "assessment-results/results: missing")
	}
	r := &resultsImporter{in: in, resources: map[string]*resource{}, actors: map[string]string{}}
	if in.BackMatter != nil {
		for i := range in.BackMatter.Resources {
			r.resources["#"+in.BackMatter.Resources[i].UUID] = &in.BackMatter.Resources[i]
		}
	}
	var out []Results
	for i := range in.Results {
		out = append(out, r.result(fmt.Sprintf("assessment-results/results/%d", i), &in.Results[i]))
	}
	return out, r.notes.done(), nil
}

type resultsImporter struct {
	notes
	in        *assessmentResults
	resources map[string]*resource // by "#" and UUID
	actors    map[string]string    // ids of parties, by UUID
}

func (r *resultsImporter) result(place string, in *result) Results {
	out := Results{
		ID: cmp.Or(first(r.in.Metadata.Props, propID), in.UUID), Title: oneLine(in.Title), Description: oneLine(in.Description),
		Version: oneLine(r.in.Metadata.Version), Tier: atoi(first(in.Props, "tier")),
		Start: r.time(place+"/start", in.Start), End: r.time(place+"/end", in.End),
		Assessors: r.assessors(in),
	}
	if res := r.resources[r.in.ImportAP.Href]; res != nil {
		out.Profile = source(res, propProfile)
	}
	for i := range in.Reviewed.Selections {
		for _, l := range in.Reviewed.Selections[i].Links {
			if res := r.resources[l.Href]; res != nil && first(res.Props, propCatalogue) != "" {
				out.Catalogues = append(out.Catalogues, source(res, propCatalogue))
			}
		}
	}
	if in.Local != nil && len(in.Local.Components) > 0 {
		c := &in.Local.Components[0]
		out.Subject = Subject{
			ID: cmp.Or(first(c.Props, propID), c.UUID), Title: oneLine(c.Title), Description: oneLine(c.Description), Kind: oneLine(c.Type),
			Digests: own(c.Props, propDigest),
		}
	}
	seen := map[string]*observation{}
	for i := range in.Observations {
		seen[in.Observations[i].UUID] = &in.Observations[i]
	}
	for i := range in.Findings {
		if f, ok := r.finding(fmt.Sprintf("%s/findings/%d", place, i), &in.Findings[i], seen); ok {
			out.Findings = append(out.Findings, f)
		}
	}
	return out
}

func source(res *resource, prop string) Source {
	return Source{
		ID: first(res.Props, prop), Title: oneLine(res.Title), Version: first(res.Props, "version"), Digest: first(res.Props, propDigest),
	}
}

// assessors is the parties that are responsible as assessors, and the programs.
func (r *resultsImporter) assessors(in *result) []Party {
	var out []Party
	take := func(id, name, kind string, props []property, uuid string) {
		p := Party{ID: cmp.Or(first(props, propID), id), Name: oneLine(name), Kind: kind}
		r.actors[uuid] = p.ID
		out = append(out, p)
	}
	for _, p := range r.in.Metadata.Parties {
		for _, by := range r.in.Metadata.Responsible {
			if by.RoleID == "assessor" && slices.Contains(by.UUIDs, p.UUID) {
				take(p.UUID, p.Name, p.Type, p.Props, p.UUID)
				break
			}
		}
	}
	if in.Local != nil && in.Local.Assets != nil {
		for _, c := range in.Local.Assets.Components {
			take(c.UUID, c.Title, "tool", c.Props, c.UUID)
		}
	}
	return out
}

// ends is how the targets of findings end behind the id of the control.
var ends = []string{"_smt", "_stm", "_obj"}

func (r *resultsImporter) finding(place string, in *finding, seen map[string]*observation) (Finding, bool) {
	f := Finding{
		Catalogue: first(in.Props, propCatalogue), Control: first(in.Props, "control"), Title: oneLine(in.Title), Reason: oneLine(in.Description),
		Required: first(in.Props, "ask") != "recommended", Tier: atoi(first(in.Props, "tier")), Method: first(in.Props, "method"),
		Status: first(in.Props, "status"),
	}
	if f.Control == "" {
		f.Control = oneLine(in.Target.ID)
		for _, end := range ends {
			// "ac-6.1_obj.a-1" is an objective of ac-6.1.
			if at := strings.Index(f.Control, end); at > 0 {
				f.Control = f.Control[:at]
			}
		}
	}
	if f.Control == "" {
		r.tell(place, "target-id: missing; the finding is left out")
		return f, false
	}
	if _, known := states[f.Status]; !known {
		f.Status = r.status(place, &in.Target)
	}
	for _, rel := range in.Related {
		o := seen[rel.UUID]
		if o == nil {
			r.tell(place+"/related-observations", "there is no observation %s", clip(rel.UUID))
			continue
		}
		f.Observations = append(f.Observations, r.observation(place, o))
	}
	return f, true
}

// status is what another's finding says of a control.
func (r *resultsImporter) status(place string, t *target) string {
	switch {
	case t.Implementation != nil && t.Implementation.State == "not-applicable":
		return NotApplicable
	case t.Status.State == "satisfied":
		return Met
	case t.Status.State == "not-satisfied":
		return NotMet
	}
	r.tell(place+"/target/status", "state is %q, want satisfied or not-satisfied; taken for unknown", clip(t.Status.State))
	return Unknown
}

func (r *resultsImporter) observation(place string, in *observation) Observation {
	at := place + "/observation " + clip(in.UUID)
	o := Observation{
		Status: first(in.Props, "status"), Method: first(in.Props, "method"), Assessor: first(in.Props, "assessor"), Text: oneLine(in.Description),
		Collected: r.time(at+"/collected", in.Collected), Expires: r.time(at+"/expires", in.Expires),
	}
	if o.Method == "" && len(in.Methods) > 0 {
		o.Method = oneLine(in.Methods[0])
	}
	for _, from := range in.Origins {
		for _, a := range from.Actors {
			o.Assessor = cmp.Or(o.Assessor, r.actors[a.UUID])
		}
	}
	for _, e := range in.Evidence {
		o.Evidence = append(o.Evidence, r.evidence(&e))
	}
	return o
}

func (r *resultsImporter) evidence(in *evidenceR) Evidence {
	e := Evidence{Title: oneLine(in.Description), Kind: first(in.Props, "kind"), Digest: first(in.Props, propDigest), Href: oneLine(in.Href)}
	res := r.resources[in.Href]
	if res == nil {
		return e
	}
	e.Href = ""
	for _, l := range res.RLinks {
		// A link that only repeats the digest leads nowhere.
		if l.Href != "urn:"+e.Digest {
			e.Href = cmp.Or(e.Href, oneLine(l.Href))
		}
		for _, h := range l.Hashes {
			if h.Algorithm == "SHA-256" {
				e.Digest = cmp.Or(e.Digest, "sha256:"+strings.ToLower(oneLine(h.Value)))
			}
		}
	}
	return e
}

// time is a moment, the zero one when it is not given or none.
func (r *resultsImporter) time(place, s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		r.tell(place, "%q is no time: want one as 2026-03-12T10:00:00Z", clip(s))
	}
	return t.UTC()
}
