package console

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/dossier"
)

// subjectView is what the pages of all subjects show of an answer: the card,
// what it rests on, and how to ask the same again.
type subjectView struct {
	Path           string // of the page
	Query, Purpose string
	Subject        dossier.Subject
	Card           cardView
	Purposes       []tab // none where there is nothing to choose from
	Scale          scale
	Reasons        []reasonView
	Evidence       []dossier.Evidence
	JSON, Command  string // the same question at the other doors

	moment Moment
}

func subjectOf(m Moment, path, query, purpose string, a *decision.Answer, d *dossier.Dossier) subjectView {
	v := subjectView{
		Path: path, Query: query, Purpose: purpose, Subject: d.Subject, moment: m,
		Card: cardOf(a), Reasons: reasonsOf(a), Evidence: evidenceOf(a, d),
	}
	v.Subject.Name = cmp.Or(v.Subject.Name, v.Subject.ID)
	v.JSON, v.Command = sameQuestion(query, purpose, m)
	return v
}

// At is the address of the same page as of another day.
func (v subjectView) At(day *access.Date) string {
	m := v.moment
	m.given = []field{{"at", string(*day)}}
	for _, f := range v.moment.given {
		if f.Name != "at" {
			m.given = append(m.given, f)
		}
	}
	return m.Link(v.Path, "subject", v.Query, "purpose", v.Purpose)
}

// sameQuestion is the question as the API and the command line take it.
func sameQuestion(query, purpose string, m Moment) (address, command string) {
	q := url.Values{"subject": {query}}
	command = "countersign check " + quoted(query)
	add := func(name, value string) {
		if value != "" {
			q.Set(name, value)
			command += " --" + name + " " + value
		}
	}
	add("purpose", purpose)
	add("at", string(m.At))
	add("known", string(m.Known))
	if m.Pinned {
		add("position", fmt.Sprint(m.Position))
	}
	return "/api/v1/check?" + q.Encode(), command
}

// quoted is text as one word of a POSIX shell.
func quoted(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
