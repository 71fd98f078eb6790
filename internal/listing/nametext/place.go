package nametext

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"countersign.dev/internal/party"
)

// placeWord is a word by which a bracket tells one of several bodies of a name
// apart, or says what sort it is.
var placeWord = regexp.MustCompile(`(?i)\b(?:branch|office|union|province|region|district|city|republic|military|company in|formerly)\b`)

// isOwnName reports whether the text in a bracket at the end of an
// organisation's or ship's name is a name of its own: not a country, a legal
// form, or a description.
func isOwnName(text string) bool {
	first, _ := utf8.DecodeRuneInString(text)
	if unicode.IsLower(first) || !unicode.IsLetter(first) || placeWord.MatchString(text) || len(text) < 4 {
		return false
	}
	folded := strings.TrimPrefix(party.Fold(text), "the ")
	const any = "acme"
	return !countries()[folded] && party.Core(any+" "+text) != any
}

// countries is the English names of countries, folded.
var countries = sync.OnceValue(func() map[string]bool {
	names := map[string]bool{"korea": true, "dprk": true, "burma": true, "uae": true, "russian federation": true}
	english := display.English.Regions()
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			if region, err := language.ParseRegion(string([]rune{a, b})); err == nil && region.IsCountry() {
				names[party.Fold(english.Name(region))] = true
			}
		}
	}
	return names
})
