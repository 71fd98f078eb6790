package console

import (
	"fmt"
	"strings"

	"countersign.dev/internal/software/quality"
)

// qualityView is how good a bill is.
type qualityView struct {
	*quality.Report
	Catalogues []catalogueView
	Parts      []qualityPart
}

// catalogueView is one catalogue with what the bill lacks of it.
type catalogueView struct {
	quality.CatalogueReport
	Tone   string
	Met    int // of Asked
	Asked  int // required elements that are tested
	Lacks  []quality.ElementReport
	Wishes []quality.ElementReport // not required, and not there
}

// qualityPart is one of the other respects in which bills differ.
type qualityPart struct {
	Title, Tone, Says string
	Grade             quality.Grade
	Faults            []quality.Fault
}

func qualityOf(r *quality.Report) *qualityView {
	if r == nil {
		return nil
	}
	v := &qualityView{Report: r}
	for _, c := range r.Catalogues {
		each := catalogueView{CatalogueReport: c, Tone: gradeTone(c.Grade)}
		for _, e := range c.Elements {
			lacks := e.State == quality.Missing || e.State == quality.Partial
			switch {
			case e.Status == quality.Required && (lacks || e.State == quality.Met):
				each.Asked++
				if lacks {
					each.Lacks = append(each.Lacks, e)
				} else {
					each.Met++
				}
			case lacks:
				each.Wishes = append(each.Wishes, e)
			}
		}
		v.Catalogues = append(v.Catalogues, each)
	}
	matched := qualityPart{
		Title: "Matchability", Grade: r.Matchability.Grade,
		Says: fmt.Sprintf("%d of %d components can be read; for %d of them advisories are held", r.Matchability.Readable, r.Matchability.Components, r.Matchability.Sourced),
	}
	for _, g := range r.Matchability.Gaps {
		matched.Faults = append(matched.Faults, quality.Fault{What: fmt.Sprintf("%s: %s", plural(g.Components, "component"), strings.ReplaceAll(string(g.Reason), "_", " ")), Mend: g.Mend})
	}
	v.Parts = []qualityPart{
		matched,
		{Title: "Structure", Grade: r.Structure.Grade, Says: structureSays(&r.Structure), Faults: r.Structure.Faults},
		{Title: "Freshness", Grade: r.Freshness.Grade, Says: freshnessSays(&r.Freshness), Faults: r.Freshness.Faults},
	}
	for i := range v.Parts {
		v.Parts[i].Tone = gradeTone(v.Parts[i].Grade)
	}
	return v
}

func structureSays(s *quality.StructureReport) string {
	if s.Flat {
		return "a plain list: nothing tells what is needed by what"
	}
	return fmt.Sprintf("%s, %d deep; the release leads to %s", plural(s.Relations, "relation"), s.Depth, plural(s.Reached, "component"))
}

func freshnessSays(f *quality.FreshnessReport) string {
	if f.Age == nil {
		return "the bill does not say when it was made"
	}
	return fmt.Sprintf("made %s before the day asked about", plural(*f.Age, "day"))
}

// gradeTone is the tone of a grade. A grade is no verdict, and none is a
// denial.
func gradeTone(g quality.Grade) string {
	switch g {
	case quality.A, quality.B:
		return "allow"
	case quality.C, quality.D, quality.E:
		return "review"
	}
	return "none"
}
