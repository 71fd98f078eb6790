package console

import (
	"net/http"
	"strings"

	"countersign.dev/internal/decision"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/problem"
)

// purposes is what the switch above the card offers.
var purposes = []string{"procure", "invest", "export"}

type partyView struct {
	subjectView
	Listings     []listingView
	Consequences []consequenceView
	Ownership    *ownershipView // nil where no interest is held
	Claims       []claimsView
	Joined       []dossier.Joined
	Apart        []dossier.Candidate // alike, and not taken to be this party
	Identity     []identityView
}

// tab is one choice of a switch; following it reloads the page.
type tab struct {
	Name, Link string
	Here       bool
}

// consequenceView is one consequence with the programme it comes from.
type consequenceView struct {
	listing.Consequence
	Programme string
}

// choiceView is the page of a name that several parties have, or none.
type choiceView struct {
	Query      string
	Candidates []dossier.Candidate
	Sources    []ledger.Source
	Documents  int
}

// party is the page about one party: the card, and everything behind it. With
// part=answer it is only what changes with the moment, for the scrubber.
func (c *Console) party(w http.ResponseWriter, r *http.Request) error {
	m, err := c.moment(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	subject := strings.TrimSpace(q.Get("subject"))
	if subject == "" {
		see(w, r, "%s", m.Link("/"))
		return nil
	}
	purpose, err := purposeOf(q.Get("purpose"))
	if err != nil {
		return err
	}
	answer, d, err := c.questions.Check(r.Context(), m.ask(r), Question{Subject: subject, Purpose: purpose})
	if err != nil {
		return err
	}
	switch {
	case len(d.Candidates) > 0:
		return c.show(w, r, m, "choice", "Which "+subject, choiceView{Query: subject, Candidates: d.Candidates})
	case d.Subject.ID == "":
		return c.unknown(w, r, m, subject)
	case isProduct(d):
		see(w, r, "%s", m.Link("/product", "subject", d.Subject.ID, "purpose", purpose))
		return nil
	case d.Software != nil:
		see(w, r, "%s", m.Link("/release", "subject", d.Subject.ID))
		return nil
	}
	programmes, err := c.questions.Programmes(r.Context(), m.ask(r))
	if err != nil {
		return err
	}
	v := partyViewOf(m, subject, purpose, answer, d, programmes)
	if q.Get("part") == "answer" {
		return c.fragment(w, r, m, "party", "answer", v)
	}
	return c.show(w, r, m, "party", d.Subject.Name, v)
}

// purposeOf reads the purpose; "" and "all" are every one that fits.
func purposeOf(text string) (string, error) {
	switch text {
	case "", "all":
		return "", nil
	case "procure", "invest", "export", "operate", "label":
		return text, nil
	}
	return "", problem.New(problem.Invalid, "purpose %q: want procure, invest, export, operate, label or all", text)
}

// unknown is the page of a name that nothing is held about: it says what was
// searched, and never that the way is free.
func (c *Console) unknown(w http.ResponseWriter, r *http.Request, m Moment, query string) error {
	sources, err := c.questions.Sources(r.Context(), m.ask(r))
	if err != nil {
		return err
	}
	v := choiceView{Query: query}
	for _, s := range sources {
		if group := groupOf(s.Source); group == groupLists || group == groupEvents {
			v.Sources = append(v.Sources, s)
			v.Documents += s.Documents
		}
	}
	return c.show(w, r, m, "unknown", query, v)
}

func partyViewOf(m Moment, query, purpose string, a *decision.Answer, d *dossier.Dossier, programmes map[string]*listing.Programme) partyView {
	v := partyView{
		subjectView: subjectOf(m, "/party", query, purpose, a, d),
		Joined:      d.Joined, Apart: d.Apart, Ownership: ownershipOf(d, m), Claims: claimsOf(d, m), Identity: identityOf(d),
	}
	for _, p := range append([]string{""}, purposes...) {
		name := "All purposes"
		if p != "" {
			name = capital(p)
		}
		v.Purposes = append(v.Purposes, tab{name, m.Link("/party", "subject", query, "purpose", p), p == purpose})
	}
	courses := make([]course, len(d.Listings))
	for i, l := range d.Listings {
		courses[i] = courseOf(l, programmes[l.Programme], m.Known)
	}
	v.Scale = scaleOf(courses, min(m.Known, m.Today))
	for i, l := range d.Listings {
		v.Listings = append(v.Listings, listingOf(v.Scale, l, courses[i], m))
		for _, each := range l.Consequences {
			v.Consequences = append(v.Consequences, consequenceView{each, l.Programme})
		}
	}
	return v
}
