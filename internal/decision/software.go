package decision

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/policy"
	"countersign.dev/internal/software/licence"
	"countersign.dev/internal/software/quality"
)

// softwareInput adds what is held about a release to what a policy sees on a day.
func softwareInput(in *policy.Input, s *dossier.Software, at access.Date) {
	r := &s.Release
	in.Release = policy.Release{
		ID: r.ID, Name: r.Name, Version: r.Version, Type: r.Type, Supplier: r.Supplier, Maker: r.Maker,
		Complete: r.Complete, Created: day(r.Created), EndOfLife: access.Date(r.EndOfLife), Signed: r.Signed,
		Components: int64(r.Components), Relations: int64(r.Relations), Unnamed: int64(r.Unnamed), Broken: int64(r.Broken),
		Age: age(day(r.Created), at),
	}
	if r.Held {
		in.Release.Format = r.Format
	}
	for i := range s.Findings {
		in.Findings = append(in.Findings, findingInput(&s.Findings[i]))
	}
	for i := range s.Suppliers {
		sup := &s.Suppliers[i]
		in.Suppliers = append(in.Suppliers, policy.Supplier{
			Name: sup.Name, Role: sup.Role, Components: int64(sup.Components), Party: sup.Party, State: sup.State, Why: sup.Why, Cite: sup.Cite,
		})
	}
	for _, src := range s.Sources {
		in.Sources = append(in.Sources, policy.Source{
			Kind: src.Kind, Ecosystem: src.Ecosystem, Components: int64(src.Components), Held: src.Held, Newest: src.Newest, Age: age(src.Newest, at),
		})
	}
	for _, l := range s.Licences {
		_, err := licence.Parse(l.Expression)
		in.Licences = append(in.Licences, policy.Licensed{Expression: l.Expression, Components: int64(l.Components), Example: l.Example, Known: err == nil})
	}
	if s.Quality != nil {
		for _, c := range s.Quality.Catalogues {
			for _, e := range c.Elements {
				if e.State == quality.NotTested || e.State == quality.NotApplicable {
					continue
				}
				in.Elements = append(in.Elements, policy.Element{
					Catalogue: c.ID, ID: e.ID, Title: e.Title, Have: int64(e.Have), Of: int64(e.Of), Percent: e.Percent, Mend: e.Mend,
				})
			}
		}
	}
}

func findingInput(w *dossier.Weakness) policy.Finding {
	f := policy.Finding{
		Component: w.Component, Name: cmp.Or(w.Name, w.Component), Version: w.Version, Direct: w.Direct, Weak: w.Weak,
		Advisory: w.Advisory, Aliases: w.Aliases, Summary: cmp.Or(w.Summary, "no summary"), State: string(w.State), Why: w.Why,
		Malicious: w.Malicious, Fixed: w.Fixed,
	}
	if w.Severity != nil {
		f.Word, f.Score = strings.ToLower(w.Severity.Word), w.Severity.Score
	}
	if w.KEV != nil {
		f.Exploited, f.Added, f.Due, f.Ransomware = true, access.Date(w.KEV.Added), access.Date(w.KEV.Due), w.KEV.Ransomware
	}
	if w.EPSS != nil {
		f.EPSS, f.Percentile = w.EPSS.Score, w.EPSS.Percentile
	}
	if w.VEX != nil {
		f.VEX, f.VEXIssuer, f.VEXRole = w.VEX.Status, w.VEX.Issuer, w.VEX.Role
		f.Justification, f.Contested = cmp.Or(w.VEX.Justification, w.VEX.Impact), w.VEX.Contested
	}
	return f
}

// day is the day of a time as RFC 3339 writes it; "" for anything else.
func day(t string) access.Date {
	if len(t) < len(time.DateOnly) {
		return ""
	}
	d, err := access.ParseDate(t[:len(time.DateOnly)])
	if err != nil {
		return ""
	}
	return d
}

// age is how many days lie between; -1 when nobody knows since when.
func age(from, at access.Date) int64 {
	a, err := time.Parse(time.DateOnly, string(from))
	if err != nil {
		return -1
	}
	b, err := time.Parse(time.DateOnly, string(at))
	if err != nil {
		return -1
	}
	return int64(b.Sub(a).Hours() / 24)
}

// everything is what an answer as a whole is about.
const everything = "everything"

// softwareEvidence is what a reason about something of a release rests on: the
// bill, and for a finding, supplier or source the documents that speak of it. An
// answer as a whole, about [everything], rests on the bill and on every source.
func softwareEvidence(about string, s *dossier.Software) []dossier.Evidence {
	out := slices.Clone(s.Release.Evidence)
	kind, rest, _ := strings.Cut(about, " ")
	add := func(list []dossier.Evidence) {
		for _, e := range list {
			if !slices.ContainsFunc(out, func(o dossier.Evidence) bool { return o.Fact == e.Fact && o.Document == e.Document }) {
				out = append(out, e)
			}
		}
	}
	switch kind {
	case "finding":
		for i := range s.Findings {
			if w := &s.Findings[i]; rest == w.Component+" "+w.Advisory {
				add(w.Evidence)
			}
		}
	case "supplier":
		for i := range s.Suppliers {
			if sup := &s.Suppliers[i]; rest == sup.Name+" ("+sup.Role+")" {
				add(sup.Evidence)
			}
		}
	case "source", everything:
		for i := range s.Sources {
			if src := &s.Sources[i]; kind == everything || rest == src.Ecosystem {
				add(src.Evidence)
			}
		}
	}
	return slices.DeleteFunc(out, func(e dossier.Evidence) bool { return e.Document == 0 })
}
