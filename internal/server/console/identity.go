package console

import (
	"strings"

	"countersign.dev/internal/dossier"
	"countersign.dev/internal/party"
)

// claimsView is one side of an argument.
type claimsView struct {
	Heading string
	Claims  []dossier.Sourced[party.Claim]
	Moment  Moment
}

// claimsOf sets the sides beside each other: those who accuse, those who deny,
// and those who found something out between them.
func claimsOf(d *dossier.Dossier, m Moment) []claimsView {
	sides := []struct{ stance, heading string }{
		{"accuses", "Against"}, {"denies", "In answer"}, {"finds", "Found by a court or authority"}, {"", "Others"},
	}
	var out []claimsView
	for _, side := range sides {
		v := claimsView{Heading: side.heading, Moment: m}
		for _, c := range d.Claims {
			stance := c.Value.Stance
			if stance != "accuses" && stance != "denies" && stance != "finds" {
				stance = ""
			}
			if stance == side.stance {
				v.Claims = append(v.Claims, c)
			}
		}
		if len(v.Claims) > 0 {
			out = append(out, v)
		}
	}
	return out
}

// identityView is one sort of thing that sources say of who the party is.
type identityView struct {
	Heading string
	Rows    []identityRow
}

type identityRow struct {
	Text, Kind string
	Former     bool
	Documents  []int64
}

func identityOf(d *dossier.Dossier) []identityView {
	out := []identityView{{Heading: "Names"}, {Heading: "Identifiers"}, {Heading: "Addresses"}, {Heading: "Further details"}, {Heading: "Linked to"}}
	for _, s := range d.Names {
		out[0].add(s.Value.Name, words(string(s.Value.Quality)), s.Former, s.Evidence)
	}
	for _, s := range d.Identifiers {
		out[1].add(s.Value.Value, joined(" ", schemeWord(s.Value.Scheme), s.Value.Country), s.Former, s.Evidence)
	}
	for _, s := range d.Addresses {
		a := s.Value
		out[2].add(joined(", ", a.Street, a.City, a.Country), a.Remarks, s.Former, s.Evidence)
	}
	for _, s := range d.Details {
		out[3].add(s.Value.Value, words(s.Value.Name), s.Former, s.Evidence)
	}
	for _, s := range d.Links {
		out[4].add(joined(" ", s.Value.Name, s.Value.To), words(s.Value.Relation), s.Former, s.Evidence)
	}
	return out
}

// add puts a row in place, or another document to one that says the same.
func (v *identityView) add(text, kind string, former bool, e dossier.Evidence) {
	for i := range v.Rows {
		r := &v.Rows[i]
		if r.Text == text && r.Kind == kind && r.Former == former {
			r.Documents = append(r.Documents, e.Document)
			return
		}
	}
	r := identityRow{Text: text, Kind: kind, Former: former}
	if e.Document > 0 {
		r.Documents = []int64{e.Document}
	}
	v.Rows = append(v.Rows, r)
}

// schemeWord writes an identifier's scheme; short ones are initials.
func schemeWord(scheme string) string {
	if len(scheme) <= 4 {
		return strings.ToUpper(scheme)
	}
	return words(scheme)
}

func joined(separator string, parts ...string) string {
	var kept []string
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, separator)
}
