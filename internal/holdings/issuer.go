package holdings

import (
	"regexp"
	"strings"

	"countersign.dev/internal/party"
)

// class is a security's class at the end of its name, with what sets it off: the
// kind of security or receipt, a lettered class, the rule it was sold under, or
// its nominal value. A bare letter is one only behind a hyphen or before
// "shares", since companies are called by letters too.
var class = regexp.MustCompile(`(?i)(?:[\s,;/(]+-?\s*|-\s*)(?:` + strings.Join([]string{
	`(?:un)?spon(?:sored)?`, `adrs?`, `adss?`, `gdrs?`,
	`ord(?:inary)?`, `(?:[abh][\s-]+)?sh(?:are)?s?`, `common(?:\s+stock)?`, `com(?:\s+stk)?`,
	`cl(?:ass)?\s+[a-z]`, `pfd`, `pref(?:erred)?`, `npv`, `reg\s?s`, `144a`,
	`(?:hkd|usd|cny|rmb|eur|gbp|rub|hk\$|us\$)\s?\d+(?:[.,]\d+)?`,
}, "|") + `)[\s.)]*$|-[abh]\s*$`)

// written is usual abbreviations and what they stand for. "Comm", which is
// commercial as often as communications, is not among them.
var written = map[string]string{
	"constr": "Construction", "tech": "Technology", "inv": "Investment", "intl": "International",
	"hldgs": "Holdings", "hldg": "Holding", "grp": "Group", "corp": "Corporation", "elec": "Electric",
	"pwr": "Power", "pete": "Petroleum", "petrol": "Petroleum", "natl": "National", "engr": "Engineering",
	"mfg": "Manufacturing", "inds": "Industries", "svcs": "Services",
}

// Issuer is the name of the issuer in the name of a security, as far as the name
// tells: without classes at its end, and with usual abbreviations written out.
// Something is always left of a name.
func Issuer(name string) string {
	name = strings.TrimSpace(name)
	for {
		at := class.FindStringIndex(name)
		if at == nil || party.Fold(name[:at[0]]) == "" {
			break
		}
		name = strings.TrimRight(name[:at[0]], " \t,;/(-")
	}
	words := strings.Fields(name)
	for i, word := range words {
		if long, ok := written[strings.ToLower(strings.TrimRight(word, ".,"))]; ok {
			words[i] = long
		}
	}
	return strings.Join(words, " ")
}

// Names is the names to look for a row by, in this order: as it is written, and
// its issuer's where that is another. A row is on no list only when none of them
// is like a listed name.
func Names(name string) []string {
	if issuer := Issuer(name); party.Fold(issuer) != party.Fold(name) {
		return []string{name, issuer}
	}
	return []string{name}
}
