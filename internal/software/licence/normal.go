package licence

import (
	"slices"
	"strings"
)

// Normal makes an SPDX expression of what people write instead of one: names
// ("Apache License, Version 2.0"), addresses, the shorthand of distributions
// ("GPLv2+ and BSD-3-Clause"), the slash of early crates ("MIT/Apache-2.0",
// either) and lists with commas, as scanners write them (each). It gives false
// for what names no licence of the SPDX list for certain: "BSD", "GPL", "Apache
// License", "Public Domain".
//
// A version of a GNU licence without "or later" is taken for that version
// alone.
func Normal(s string) (string, bool) {
	if len(s) > maxBytes {
		return "", false
	}
	if e, err := Parse(s); err == nil {
		return e.String(), true
	}
	if id, ok := spelling(s); ok {
		return id, true
	}
	for _, joint := range []struct{ separator, operator string }{{",", "AND"}, {"/", "OR"}} {
		if parts := strings.Split(s, joint.separator); len(parts) > 1 {
			return normalParts(parts, joint.operator)
		}
	}
	return normalWords(s)
}

// normalParts joins what the parts stand for; an empty part says that it was
// no list.
func normalParts(parts []string, operator string) (string, bool) {
	e := Expression{Operator: operator}
	for _, part := range parts {
		n, ok := Normal(strings.TrimSpace(part))
		if !ok {
			return "", false
		}
		one, err := Parse(n)
		if err != nil {
			return "", false
		}
		e.Parts = append(e.Parts, one)
	}
	return e.String(), true
}

// normalWords replaces the names that stand between operators and brackets by
// ids.
func normalWords(s string) (string, bool) {
	var out, name []string
	flush := func() bool {
		if len(name) == 0 {
			return true
		}
		id, ok := spelling(strings.Join(name, " "))
		out, name = append(out, id), nil
		return ok
	}
	for _, word := range split(s) {
		switch upper := strings.ToUpper(word); upper {
		case "(", ")", "AND", "OR":
			if !flush() {
				return "", false
			}
			out = append(out, upper)
		default:
			name = append(name, word)
		}
	}
	if !flush() {
		return "", false
	}
	e, err := Parse(strings.Join(out, " "))
	return e.String(), err == nil
}

// spelling is the expression that a name or an address stands for.
func spelling(s string) (string, bool) {
	if at, ok := address(s); ok {
		return at, true
	}
	words := wordsOf(s)
	key := strings.Join(words, " ")
	if id, ok := spellings[key]; ok {
		return id, true
	}
	if id, ok := gnu(words); ok {
		return id, true
	}
	return guess(words)
}

// noise is the words that make no difference between licences.
var noise = map[string]bool{
	"the": true, "license": true, "licence": true, "licenses": true, "version": true, "v": true, "software": true,
	"gnu": true, "of": true, "under": true, "licensed": true, "agreement": true, "terms": true,
}

// wordsOf is the words that tell a licence, in lower case: numbers without ".0",
// a number that is written to a word on its own, "or later" as a plus.
func wordsOf(s string) []string {
	s = strings.ToLower(s)
	for _, later := range []string{"or any later version", "or later version", "or (at your option) any later version", "or later", "or newer", "-or-later"} {
		s = strings.ReplaceAll(s, later, "+")
	}
	var out []string
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool {
		return r != '.' && r != '+' && (r < 'a' || r > 'z') && (r < '0' || r > '9')
	}) {
		plus := strings.HasSuffix(word, "+")
		for _, part := range apart(strings.Trim(word, "+.")) {
			if !noise[part] && part != "" {
				out = append(out, part)
			}
		}
		if plus {
			out = append(out, "+")
		}
	}
	return slices.Compact(out) // "The MIT License (MIT)"
}

// apart separates a word from the number behind it: gplv2 is gpl and 2. What
// begins with a digit, as 0bsd, and short names, as cc0 and x11, stay whole.
func apart(word string) []string {
	i := strings.IndexAny(word, "0123456789")
	switch {
	case i < 0 || word == "cc0" || word == "x11" || word == "w3c":
		return []string{word}
	case i == 0:
		return []string{strings.TrimSuffix(word, ".0")}
	}
	return []string{strings.TrimSuffix(word[:i], "v"), strings.TrimSuffix(word[i:], ".0")}
}

// gnuNames are the names of the GNU licences.
var gnuNames = map[string]string{
	"gpl": "GPL", "general public": "GPL", "general public gpl": "GPL", "gpl general public": "GPL",
	"lgpl": "LGPL", "lesser general public": "LGPL", "library general public": "LGPL", "lesser gpl": "LGPL", "library or lesser general public": "LGPL",
	"lesser general public lgpl": "LGPL",
	"agpl":                       "AGPL", "affero general public": "AGPL", "affero gpl": "AGPL",
	"gfdl": "GFDL", "fdl": "GFDL", "free documentation": "GFDL",
}

// gnu is a GNU licence: a name, a version, and perhaps a plus or "only".
func gnu(words []string) (string, bool) {
	suffix := "-only"
	if n := len(words); n > 0 && (words[n-1] == "+" || words[n-1] == "only") {
		if words[n-1] == "+" {
			suffix = "-or-later"
		}
		words = words[:n-1]
	}
	if len(words) < 2 {
		return "", false
	}
	name, ok := gnuNames[strings.Join(words[:len(words)-1], " ")]
	number := words[len(words)-1]
	if !strings.Contains(number, ".") {
		number += ".0"
	}
	id, known := ids[strings.ToLower(name+"-"+number+suffix)]
	return id, ok && known
}

// guess looks for the words themselves on the SPDX list, with numbers as they
// are and with the ".0" that people leave out.
func guess(words []string) (string, bool) {
	if len(words) == 0 {
		return "", false
	}
	plain := strings.Join(words, "-")
	if id, ok := known(plain); ok {
		return id, true
	}
	full := slices.Clone(words)
	for i, w := range full {
		if strings.Trim(w, "0123456789") == "" {
			full[i] = w + ".0"
		}
	}
	return known(strings.Join(full, "-"))
}
