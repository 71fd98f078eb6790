package console

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory/findings"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
)

type listsView struct {
	Bills      int // releases of which a bill is held
	Programmes []programmeLine
	Groups     []sourceGroup
}

type programmeLine struct {
	ID, Title, Authority, Kinds string
	Steps                       []stepView
}

// sourceGroup is the sources of one sort.
type sourceGroup struct {
	ID, Heading, About string
	Sources            []ledger.Source
}

// The sorts of sources, by the folder that their names begin with.
const (
	groupLists  = "lists"
	groupEvents = "events"
	groupRules  = "rules"

	groupAdvisories  = "advisories"
	groupBills       = "bills" // as many as there are releases; their page is another
	groupInventories = "inventories"
)

func groupOf(source string) string {
	folder, _, found := strings.Cut(source, "/")
	switch {
	case source == "osv", source == "us-cisa-kev", source == "epss":
		return groupAdvisories
	case !found:
		return groupLists
	case folder == "events":
		return groupEvents
	case folder == "programme", folder == "policy":
		return groupRules
	case folder+"/" == billSeries:
		return groupBills
	case folder == "osv", folder == "csaf", folder == "vex", folder == "epss", findings.IsOwnSource(source):
		return groupAdvisories
	case folder == "inventory":
		return groupInventories
	}
	return groupLists
}

// lists is the page of everything that answers are drawn from.
func (c *Console) lists(w http.ResponseWriter, r *http.Request) error {
	m, err := c.moment(r)
	if err != nil {
		return err
	}
	programmes, err := c.questions.Programmes(r.Context(), m.ask(r))
	if err != nil {
		return err
	}
	sources, err := c.questions.Sources(r.Context(), m.ask(r))
	if err != nil {
		return err
	}
	v := listsView{Groups: []sourceGroup{
		{ID: groupLists, Heading: "Official lists", About: "Each edition is imported whole; what it adds, drops and changes is worked out against the edition published before."},
		{ID: groupEvents, Heading: "Histories", About: "Dated events with their sources: designations, orders of courts, acts of exchanges."},
		{ID: groupAdvisories, Heading: "Advisories and statements", About: "What is published about weaknesses in software, what is known to be exploited, and what makers and analysts say of it."},
		{ID: groupInventories, Heading: "Inventories", About: "What organisations run, as they state it."},
		{ID: groupRules, Heading: "Programmes and policies", About: "The rules that answers apply are documents like any other, so that a decision can be repeated with the rules of its time."},
	}}
	for _, p := range programmes {
		v.Programmes = append(v.Programmes, programmeLine{p.ID, p.Title, p.Authority, kindsOf(p), stepsOf(p.Validity)})
	}
	slices.SortFunc(v.Programmes, func(a, b programmeLine) int { return cmp.Compare(a.ID, b.ID) })
	for _, s := range sources {
		if groupOf(s.Source) == groupBills {
			v.Bills++
		}
		for i := range v.Groups {
			if v.Groups[i].ID == groupOf(s.Source) {
				v.Groups[i].Sources = append(v.Groups[i].Sources, s)
			}
		}
	}
	return c.show(w, r, m, "lists", "Lists", v)
}

// kindsOf is the programme's consequences in words, each once.
func kindsOf(p *listing.Programme) string {
	var out []string
	for _, rule := range p.Consequences {
		if w := words(string(rule.Kind)); !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return strings.Join(out, ", ")
}

// stepView is one stretch in the life of a rule.
type stepView struct {
	From, Until access.Date
	State       string
	Why, Source string
}

// stepsOf gives each step the day on which the next begins.
func stepsOf(steps []listing.Step) []stepView {
	var out []stepView
	for i, s := range steps {
		v := stepView{From: s.From, State: string(s.State), Why: s.Why, Source: s.Source}
		if i+1 < len(steps) {
			v.Until = steps[i+1].From
		}
		out = append(out, v)
	}
	return out
}
