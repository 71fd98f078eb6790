package match

import (
	_ "embed"
	"strings"
	"unicode/utf8"
)

// weightTable is the words of names on official lists that are not rare, each
// with how common it is. TestWeights makes it anew with -update.
//
//go:embed weights.txt
var weightTable string

// commonness is the class of each word of the table: the base-two logarithm of
// in how many names of the lists it stands, rounded down.
var commonness = func() map[string]uint8 {
	out := make(map[string]uint8, 8192)
	class := uint8(0)
	for line := range strings.Lines(weightTable) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '=':
			class = line[1] - '0'
			if len(line) > 2 {
				class = class*10 + line[2] - '0'
			}
		default:
			for _, w := range strings.Fields(line) {
				out[w] = class
			}
		}
	}
	return out
}()

// classWeights is the weight of a word by its class.
var classWeights = [...]weight{100, 100, 98, 93, 85, 76, 67, 57, 48, 40, 34, 30, 30}

func isKnown(w string) bool {
	_, ok := commonness[w]
	return ok
}

// weightOf is the weight of a word. One that is not in the table is rare, and
// tells the more the longer it is: short ones are often one half of a word, or
// the rest of an abbreviation.
func weightOf(w string) weight {
	if class, ok := commonness[w]; ok {
		return classWeights[min(int(class), len(classWeights)-1)]
	}
	n := len(w)
	if n > 0 && w[0] >= utf8.RuneSelf {
		n = utf8.RuneCountInString(w) * 2
	}
	switch {
	case n < 3:
		return 55
	case n == 3:
		return 75
	case n == 4:
		return 90
	}
	return 100
}
