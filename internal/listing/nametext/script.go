package nametext

import (
	"strings"
	"unicode"
)

// scripts is a set of scripts.
type scripts uint8

const (
	latin scripts = 1 << iota
	cyrillic
	arabic
	han
	otherScript
)

// scriptsOf is the scripts of the words of a text. A word in two is in that of
// most of its letters: Latin letters stand in many a Cyrillic name, since they
// look the same.
func scriptsOf(s string) scripts {
	var out scripts
	for word := range strings.FieldsSeq(s) {
		count := map[scripts]int{}
		var most scripts
		for _, r := range word {
			of := scriptOf(r)
			if of == 0 {
				continue
			}
			if count[of]++; count[of] > count[most] {
				most = of
			}
		}
		out |= most
	}
	return out
}

// scriptOf is the script of a letter, 0 of anything else.
func scriptOf(r rune) scripts {
	switch {
	case !unicode.IsLetter(r):
		return 0
	case unicode.Is(unicode.Latin, r):
		return latin
	case unicode.Is(unicode.Cyrillic, r):
		return cyrillic
	case unicode.Is(unicode.Arabic, r):
		return arabic
	case unicode.Is(unicode.Han, r):
		return han
	}
	return otherScript
}

// splitScripts parts a name that is written once in one script and then in
// another: "Osama AL-MALIKI أسامة المالكي". Scripts that change more than once,
// or a first or last part too short to be a name, leave it whole.
func splitScripts(text string) []string {
	words := strings.Fields(text)
	at, changes := 0, 0
	var now scripts
	for i, w := range words {
		s := scriptsOf(w)
		if s == 0 {
			continue
		}
		if now != 0 && s&now == 0 {
			at = i
			changes++
		}
		now = s
	}
	if changes != 1 || at < 2 || len(words)-at < 2 {
		return []string{text}
	}
	return []string{strings.Join(words[:at], " "), strings.Join(words[at:], " ")}
}
