package spdx

import (
	"bytes"
	"strings"

	"countersign.dev/internal/software"
)

// license gives a component what a relationship says of its licence.
func (r *document3) license(j join) {
	i, ok := r.index[string(j.from.id)]
	if !ok {
		r.miss(j.from)
		return
	}
	l := software.Licence{Expression: r.licence(j.to.id), Acknowledged: "declared"}
	if j.kind == "hasConcludedLicense" {
		l.Acknowledged = "concluded"
	}
	term, here := r.terms[string(j.to.id)]
	if term.expression == "" && term.with == "" {
		l.Name = stated(term.name)
	}
	if l.Expression == "" && l.Name == "" {
		if !here && !bytes.Contains(j.to.id, []byte(terms)) {
			r.miss(j.to)
		}
		return
	}
	c := &r.bill.Components[i]
	c.Licences = append(c.Licences, l)
}

// clause is a licence as an element: an expression, or what it is made of.
type clause struct {
	expression string
	name       string
	with       string // "AND", "OR", "WITH", "+"; "" for a licence
	parts      [][]byte
}

// clauseOf is the licence that an element is.
func clauseOf(e *element) clause {
	c := clause{expression: string(e.expression), name: e.component.Name, parts: e.members}
	switch e.kind {
	case "expandedlicensing_ConjunctiveLicenseSet":
		c.with = " AND "
	case "expandedlicensing_DisjunctiveLicenseSet":
		c.with = " OR "
	case "expandedlicensing_WithAdditionOperator":
		c.with, c.parts = " WITH ", [][]byte{e.operand, e.addition}
	case "expandedlicensing_OrLaterOperator":
		c.with, c.parts = "+", [][]byte{e.operand}
	}
	return c
}

// licence is the expression for the licence with an id; "" when it says
// nothing, or is a part of itself. Each is worked out once: they may share
// parts many times over.
func (r *document3) licence(id []byte) string {
	if text, done := r.spelt[string(id)]; done {
		return text
	}
	c, ok := r.terms[string(id)]
	switch {
	case !ok:
		return listed(r.scanner.shared.text(id))
	case c.expression != "":
		return stated(c.expression)
	case c.with == "":
		return listed(string(id))
	}
	r.spelt[string(id)] = "" // until it is known, to its own parts
	text := r.spell(c)
	if len(text) > r.limits.Text {
		text = ""
	}
	r.spelt[string(id)] = text
	return text
}

// spell writes a licence that is made of others.
func (r *document3) spell(c clause) string {
	var parts []string
	size := 0
	for _, p := range c.parts {
		text := r.licence(p)
		if text == "" {
			continue
		}
		if strings.Contains(text, " ") && len(c.parts) > 1 {
			text = "(" + text + ")"
		}
		if size += len(text); size > r.limits.Text {
			return ""
		}
		parts = append(parts, text)
	}
	if c.with == "+" && len(parts) == 1 {
		return parts[0] + "+"
	}
	return strings.Join(parts, c.with)
}

// listed is the id in an address of the SPDX list of licences, or the local
// part of the id of a licence that is not on it.
func listed(id string) string {
	for _, prefix := range []string{"https://spdx.org/licenses/", "http://spdx.org/licenses/"} {
		if rest, ok := strings.CutPrefix(id, prefix); ok {
			return stated(rest)
		}
	}
	if i := strings.LastIndex(id, "LicenseRef-"); i >= 0 {
		return id[i:]
	}
	return ""
}
