package party

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// PersonTerm is the term by which a person is found whatever the order of the
// names: "HANIYA, Ismail Abdul Salah" and "Ismail Abdul Salah HANIYA" have one.
// It begins with "person:", which no fold does, so that an organisation whose
// core consists of the same words is not found by it.
func PersonTerm(name string) string {
	words := strings.Fields(Fold(name))
	slices.Sort(words)
	return "person:" + strings.Join(words, " ")
}

// IdentifierTerm is the term of an identifier: scheme, colon, and the value
// without the spaces and punctuation that issuers and lists put in
// differently. "Passport AB 123-456" and "AB123456" have one term. A ticker
// keeps its words, since "CHA US" and "CH AUS" are two.
func IdentifierTerm(scheme, value string) string {
	scheme = strings.ToLower(strings.TrimSpace(scheme))
	sep := ""
	if scheme == "ticker" {
		sep = " "
	}
	value = strings.ToLower(cut(norm.NFKC.String(cut(strings.ToValidUTF8(value, "")))))
	words := strings.FieldsFunc(value, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) })
	return scheme + ":" + strings.Join(words, sep)
}

const maxSlug = 96

// Slug makes a name into the part of an id that consists of a-z, 0-9 and "-"
// only. Names with one fold have one slug. Where letters of other scripts are
// left out, or the name is very long, a hash of the fold stands in for what is
// lost; so a slug is never empty, and two names in native script do not
// collide.
func Slug(name string) string {
	folded := Fold(name)
	var b strings.Builder
	lost, hyphen := false, false
	for _, r := range folded {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			if hyphen && b.Len() > 0 {
				b.WriteByte('-')
			}
			hyphen = false
			b.WriteRune(r)
		case r == ' ':
			hyphen = true
		default:
			lost, hyphen = true, true
		}
	}
	slug := b.String()
	if !lost && slug != "" && len(slug) <= maxSlug {
		return slug
	}
	of := folded
	if of == "" {
		of = name
	}
	sum := sha256.Sum256([]byte(of))
	mark := "x" + hex.EncodeToString(sum[:6])
	if slug == "" {
		return mark
	}
	return strings.TrimSuffix(slug[:min(len(slug), maxSlug)], "-") + "-" + mark
}
