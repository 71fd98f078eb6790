package console

import (
	"net/http"

	"countersign.dev/internal/access"
	"countersign.dev/internal/duty"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/problem"
)

type programmeView struct {
	*listing.Programme
	Steps        []stepView
	Consequences []ruleView
	Source       string // of the document that describes it
}

// ruleView is one consequence that a listing brings, with its dates in words.
type ruleView struct {
	Kind             listing.ConsequenceKind
	What, Cite       string
	Source           string
	Begins, WindDown string
	Ends             string
	For              string // which listings, where not all
	Steps            []stepView
}

// programme is the page about one programme: whose it is, by what law, and what
// it brings.
func (c *Console) programme(w http.ResponseWriter, r *http.Request) error {
	m, err := c.moment(r)
	if err != nil {
		return err
	}
	programmes, err := c.questions.Programmes(r.Context(), m.ask(r))
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	p := programmes[id]
	if p == nil {
		return problem.New(problem.NotFound, "no programme %q", id)
	}
	v := programmeView{Programme: p, Steps: stepsOf(p.Validity), Source: "programme/" + id}
	for _, rule := range p.Consequences {
		v.Consequences = append(v.Consequences, ruleView{
			Kind: rule.Kind, What: rule.What, Cite: rule.Cite, Source: rule.Source,
			Begins: dutyWords(&rule.Starts), WindDown: dutyWords(rule.WindDown), Ends: dutyWords(rule.Ends),
			For: trancheWords(rule.DesignatedSince, rule.DesignatedBefore), Steps: stepsOf(rule.Validity),
		})
	}
	return c.show(w, r, m, "programme", p.Title, v)
}

// dutyWords is a rule for a day as it is written, which reads as English.
func dutyWords(r *duty.Rule) string {
	if r == nil {
		return ""
	}
	return words(r.String())
}

func trancheWords(since, before access.Date) string {
	switch {
	case since != "" && before != "":
		return "designated from " + string(since) + ", before " + string(before)
	case since != "":
		return "designated from " + string(since)
	case before != "":
		return "designated before " + string(before)
	}
	return ""
}
