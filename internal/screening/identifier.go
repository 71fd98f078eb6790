package screening

import (
	"strings"
	"unicode"

	"countersign.dev/internal/party"
)

// numbered are the schemes under which a bare value with a digit is looked up,
// lettered those of values that may have none. Which one it is, its facts know.
var (
	numbered = []string{
		"lei", "isin", "uscc", "duns", "imo", "imo_company", "mmsi", "msn", "tail_number", "call_sign", "passport", "national_id",
		"social_security", "residence", "driving_licence", "tax", "registration", "licence", "identification", "bik", "swift", "wallet", "ticker",
	}
	lettered = []string{"ticker", "swift", "call_sign"}
)

// maxIdentifier is the longest text, in bytes, that is looked up as a bare
// identifier; longer ones are names.
const maxIdentifier = 64

// identifierTerms is the terms under which text may be held as an identifier.
// "LEI 5493…", "isin:KYG9830T1067" and "IMO 9187629" name their scheme, which
// may be any; a bare value is tried under those known here.
func identifierTerms(text string) []string {
	text = strings.TrimSpace(text)
	if len(text) > maxIdentifier {
		return nil
	}
	schemes := lettered
	if strings.ContainsFunc(text, unicode.IsDigit) {
		schemes = numbered
	}
	out := make([]string, 0, len(schemes)+1)
	for _, scheme := range schemes {
		if term := party.IdentifierTerm(scheme, text); term != scheme+":" {
			out = append(out, term)
		}
	}
	if scheme, value, ok := splitScheme(text); ok {
		if term := party.IdentifierTerm(scheme, value); !strings.HasSuffix(term, ":") {
			out = append(out, term)
		}
	}
	return out
}

// splitScheme takes a scheme off the front of text: what stands before the
// first colon or space, as one word of letters.
func splitScheme(text string) (scheme, value string, ok bool) {
	i := strings.IndexAny(text, ": ")
	if i <= 0 {
		return "", "", false
	}
	scheme = strings.ToLower(text[:i])
	for _, r := range scheme {
		if (r < 'a' || r > 'z') && r != '_' {
			return "", "", false
		}
	}
	return scheme, text[i+1:], true
}

// splitList is the parts of a cell that holds several values.
func splitList(cell string) []string {
	var out []string
	for one := range strings.SplitSeq(cell, ";") {
		if one = strings.TrimSpace(one); one != "" {
			out = append(out, one)
		}
	}
	return out
}

// looksLikeNumber reports whether a name may itself be an identifier: one word
// with more digits than a name has, or a scheme before such a word.
func looksLikeNumber(name string) bool {
	digits := 0
	for _, r := range name {
		if unicode.IsDigit(r) {
			digits++
		}
	}
	return digits >= 4 && len(strings.Fields(name)) <= 3
}
