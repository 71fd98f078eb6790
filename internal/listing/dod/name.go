package dod

import (
	"regexp"
	"strings"

	"countersign.dev/internal/party"
)

// unstarred takes off the marks by which the lists point to footnotes.
func unstarred(name string) string { return strings.TrimRight(strings.TrimSpace(name), "*†‡ ") }

var (
	// bracketed is a name followed by another in brackets, whose closing one
	// is missing or mistaken in places.
	bracketed = regexp.MustCompile(`^(.+?) \(([^()\]]*(?:\([^()]*\)[^()\]]*)*)[)\]]?\.?$`)
	formerly  = regexp.MustCompile(`(?i)^(?:formerly|previously|f/?k/?a)(?: known as)? `)
	alsoKnown = regexp.MustCompile(`(?i)^(?:also known as|a/?k/?a) `)
	acronym   = regexp.MustCompile(`^[A-Z0-9][A-Z0-9&.-]{1,9}$`)
)

// splitBrackets parts "Aerosun Corporation (Aerosun)" into name and alias. A
// legal form in brackets is a part of the name.
func splitBrackets(listed string) (name string, others []party.Name) {
	m := bracketed.FindStringSubmatch(listed)
	if m == nil || party.Core(m[1]+" "+m[2]) == party.Core(m[1]) {
		return listed, nil
	}
	inner := m[2]
	if rest := formerly.ReplaceAllString(inner, ""); rest != inner {
		former, more := splitBrackets(rest)
		others = append(others, party.Name{Name: former, Quality: party.Former})
		for _, n := range more {
			others = append(others, party.Name{Name: n.Name, Quality: party.Former})
		}
		return m[1], others
	}
	return m[1], namesOf(alsoKnown.ReplaceAllString(inner, ""), party.Alias)
}

// namesOf splits a column of names. Semicolons part names; a comma does unless
// a legal form follows it, as in "Hesai Technology Co., Ltd.".
func namesOf(column string, quality party.Quality) []party.Name {
	var names []string
	for part := range strings.SplitSeq(column, ";") {
		for i, piece := range strings.Split(part, ",") {
			piece = unstarred(piece)
			last := len(names) - 1
			switch {
			case piece == "":
			case i > 0 && last >= 0 && party.Core("x "+piece) == "x":
				names[last] += ", " + piece
			default:
				names = append(names, piece)
			}
		}
	}
	out := make([]party.Name, 0, len(names))
	for _, n := range names {
		q := quality
		if q == party.Alias {
			q = shortQuality(n)
		}
		out = append(out, party.Name{Name: n, Quality: q})
	}
	return out
}

// shortQuality tells an acronym from another alias.
func shortQuality(name string) party.Quality {
	if acronym.MatchString(name) {
		return party.Acronym
	}
	return party.Alias
}
