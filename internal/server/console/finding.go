package console

import (
	"fmt"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/dossier"
)

// mostFindings is how many findings of one group a page shows.
const mostFindings = 100

// findingGroup is findings that ask for the same of the reader.
type findingGroup struct {
	ID, Heading, About string
	Findings           []findingView
	More               int // that are not shown
}

// findingView is one weakness of one component.
type findingView struct {
	dossier.Weakness
	Number    int // on the page
	Tone      string
	Word      string // severity
	Others    string // its other ids
	Link      string // to the weakness
	Where     string // to the component
	Release   string // that a statement would be about; "" where none can be made
	CVE       string // the id that a statement would name
	Inside    string // the component, as a statement would name it
	KEVAdded  access.Date
	KEVDue    access.Date
	Published access.Date
}

// groupFindings sorts findings, which come most urgent first, by what they ask
// for: to be mended, to be looked at, or nothing any more.
func groupFindings(s *dossier.Software, m Moment) []findingGroup {
	groups := []findingGroup{
		{ID: "open", Heading: "To be dealt with", About: "They concern a component, and nobody who counts says otherwise. The most urgent first: planted attacks, those that are exploited, then by severity."},
		{ID: "undecided", Heading: "Cannot be told", About: "The version, or what the advisory says of versions, cannot be read. Such a finding is no all-clear."},
		{ID: "answered", Heading: "Answered by a statement", About: "Somebody who counts says that the release is not affected, or that it is fixed. The statement is theirs; it is shown with its issuer and why it counts."},
	}
	for i := range s.Findings {
		f := &s.Findings[i]
		g := &groups[0]
		switch {
		case !f.Open():
			g = &groups[2]
		case f.State == advisory.Unknown:
			g = &groups[1]
		}
		if len(g.Findings) == mostFindings {
			g.More++
			continue
		}
		g.Findings = append(g.Findings, findingOf(f, s, m, i+1))
	}
	return slices.DeleteFunc(groups, func(g findingGroup) bool { return len(g.Findings) == 0 })
}

func findingOf(f *dossier.Weakness, s *dossier.Software, m Moment, number int) findingView {
	v := findingView{
		Weakness: *f, Number: number, Word: "unrated", Others: strings.Join(f.Aliases, ", "),
		Link: m.Link("/advisory", "id", f.Advisory), CVE: weaknessID(f), Published: advisory.DayOf(f.Published),
	}
	if f.Severity != nil && f.Severity.Word != "" {
		v.Word = strings.ToLower(f.Severity.Word)
	}
	if f.Malicious {
		v.Word = "malicious"
	}
	v.Tone = severityTone(v.Word)
	if f.KEV != nil {
		v.KEVAdded, v.KEVDue = access.Date(f.KEV.Added), access.Date(f.KEV.Due)
	}
	named := strings.HasPrefix(f.Component, "pkg:")
	if named {
		v.Where = m.Link("/component", "purl", f.Component)
	}
	switch {
	case f.Identity == s.Release.ID:
		v.Release = s.Release.ID
	case named:
		v.Release, v.Inside = s.Release.ID, f.Component
	}
	if !strings.HasPrefix(v.Release, "pkg:") {
		v.Release = ""
	}
	return v
}

// weaknessID is the id by which others know the weakness best.
func weaknessID(f *dossier.Weakness) string {
	for _, id := range append([]string{f.Advisory}, f.Aliases...) {
		if strings.HasPrefix(id, "CVE-") {
			return id
		}
	}
	return f.Advisory
}

// severityTone is the tone of a severity's word.
func severityTone(word string) string {
	switch word {
	case "malicious", "critical", "high":
		return "deny"
	case "medium":
		return "review"
	}
	return "none"
}

// severities are the words that findings are counted by, the gravest first.
var severities = []string{"malicious", "critical", "high", "medium", "low", "unrated"}

// tallyView counts findings for a glance.
type tallyView struct {
	Rows     []tallyRow // of those to be dealt with, by severity; none is left out
	Open     int
	KEV      int // exploited, of those to be dealt with
	Fixable  int // of those to be dealt with
	Unknown  int
	Answered int
}

type tallyRow struct {
	Word, Tone string
	Count      int
}

func tallyOf(findings []dossier.Weakness) tallyView {
	var v tallyView
	counts := map[string]int{}
	for i := range findings {
		f := &findings[i]
		switch {
		case !f.Open():
			v.Answered++
			continue
		case f.State == advisory.Unknown:
			v.Unknown++
			continue
		}
		v.Open++
		if f.KEV != nil {
			v.KEV++
		}
		if len(f.Fixed) > 0 {
			v.Fixable++
		}
		word := "unrated"
		if f.Severity != nil && f.Severity.Word != "" {
			word = strings.ToLower(f.Severity.Word)
		}
		if f.Malicious {
			word = "malicious"
		}
		if !slices.Contains(severities, word) { // "none", or a word of the source's own
			word = "unrated"
		}
		counts[word]++
	}
	for _, word := range severities {
		if counts[word] > 0 || word == "critical" || word == "high" {
			v.Rows = append(v.Rows, tallyRow{word, severityTone(word), counts[word]})
		}
	}
	return v
}

// Says is the count in words, for those who hear the page.
func (v tallyView) Says() string {
	return fmt.Sprintf("%s to be dealt with, %d of them exploited; %d cannot be told, %d answered", plural(v.Open, "finding"), v.KEV, v.Unknown, v.Answered)
}
