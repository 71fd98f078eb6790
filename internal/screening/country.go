package screening

import (
	"strings"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"countersign.dev/internal/party"
)

// otherCountryNames are names by which lists know countries besides those of
// the Unicode CLDR, folded.
var otherCountryNames = map[string]string{
	"burma": "MM", "cote d ivoire": "CI", "ivory coast": "CI", "czech republic": "CZ", "swaziland": "SZ", "macedonia": "MK",
	"north macedonia": "MK", "the former yugoslav republic of macedonia": "MK", "korea north": "KP", "north korea": "KP", "dprk": "KP",
	"democratic people s republic of korea": "KP", "korea south": "KR", "south korea": "KR", "republic of korea": "KR", "korea": "KR",
	"russian federation": "RU", "islamic republic of iran": "IR", "iran islamic republic of": "IR", "syrian arab republic": "SY",
	"congo democratic republic of the": "CD", "democratic republic of the congo": "CD", "drc": "CD", "congo republic of the": "CG",
	"republic of the congo": "CG", "congo": "CG", "the gambia": "GM", "bahamas the": "BS", "the bahamas": "BS", "viet nam": "VN",
	"lao people s democratic republic": "LA", "bolivia plurinational state of": "BO", "venezuela bolivarian republic of": "VE",
	"tanzania united republic of": "TZ", "united republic of tanzania": "TZ", "moldova republic of": "MD", "republic of moldova": "MD",
	"people s republic of china": "CN", "china mainland": "CN", "prc": "CN", "taiwan province of china": "TW", "hong kong": "HK",
	"hong kong china": "HK", "macau": "MO", "macao": "MO", "uk": "GB", "great britain": "GB", "england": "GB", "scotland": "GB",
	"usa": "US", "united states of america": "US", "u s a": "US", "u s": "US", "uae": "AE", "palestine": "PS",
	"palestinian territories": "PS", "state of palestine": "PS", "west bank": "PS", "gaza": "PS", "holy see": "VA", "east timor": "TL",
	"timor leste": "TL", "cape verde": "CV", "libyan arab jamahiriya": "LY", "turkiye": "TR", "turkey": "TR", "brunei darussalam": "BN",
	"micronesia federated states of": "FM", "st vincent and the grenadines": "VC", "st kitts and nevis": "KN", "kosovo": "XK",
}

// regions is every name of a country, folded, with its ISO 3166-1 code: the
// English name, both codes, and what lists write.
var regions = sync.OnceValue(func() map[string]string {
	names := map[string]string{}
	english := display.English.Regions()
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			region, err := language.ParseRegion(string([]rune{a, b}))
			if err != nil || !region.IsCountry() || region.Canonicalize().String() != string([]rune{a, b}) {
				continue // UK and others of its sort are further names below
			}
			code := region.String()
			names[strings.ToLower(code)] = code
			names[strings.ToLower(region.ISO3())] = code
			names[party.Fold(english.Name(region))] = code
		}
	}
	for name, code := range otherCountryNames {
		names[name] = code
	}
	return names
})

// countriesIn is the codes of the countries that a text names: each part
// between ";" as a whole. What is not known stands as its fold, so that equal
// texts are still equal.
func countriesIn(text string) []string {
	var out []string
	for one := range strings.SplitSeq(text, ";") {
		folded := party.Fold(one)
		if folded == "" {
			continue
		}
		if code, ok := regions()[folded]; ok {
			folded = code
		} else if code, ok := regions()[strings.TrimPrefix(folded, "the ")]; ok {
			folded = code
		}
		out = append(out, folded)
	}
	return out
}

// compareCountries is whether any country asked for is one of those held.
func compareCountries(asked string, held []string) string {
	theirs := map[string]bool{}
	for _, text := range held {
		for _, c := range countriesIn(text) {
			theirs[c] = true
		}
	}
	if len(theirs) == 0 {
		return OutcomeUnknown
	}
	for _, c := range countriesIn(asked) {
		if theirs[c] {
			return OutcomeEqual
		}
	}
	return OutcomeConflict
}

// CountryCode is the ISO 3166-1 code of the country that a text names, in any
// form that lists write; "" when it names none that is known.
func CountryCode(text string) string {
	if codes := countriesIn(text); len(codes) == 1 && len(codes[0]) == 2 && codes[0] == strings.ToUpper(codes[0]) {
		return codes[0]
	}
	return ""
}
