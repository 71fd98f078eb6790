package script

import "strings"

// greekPairs are letters that are written together, before single ones.
// Folding has taken accents and diaereses off.
var greekPairs = map[string]string{
	"ου": "ou", "αι": "ai", "ει": "ei", "οι": "oi", "υι": "yi",
	"γγ": "ng", "γξ": "nx", "γχ": "nch", "γκ": "gk", "μπ": "mp", "ντ": "nt", "τζ": "tz", "τσ": "ts",
}

var greekLetters = map[rune]string{
	'α': "a", 'β': "v", 'γ': "g", 'δ': "d", 'ε': "e", 'ζ': "z", 'η': "i", 'θ': "th", 'ι': "i", 'κ': "k", 'λ': "l",
	'μ': "m", 'ν': "n", 'ξ': "x", 'ο': "o", 'π': "p", 'ρ': "r", 'σ': "s", 'ς': "s", 'τ': "t", 'υ': "y", 'φ': "f",
	'χ': "ch", 'ψ': "ps", 'ω': "o",
}

// greekCommon is what people write instead of what ELOT 743 says, and
// greekSpoken what they write by ear.
var (
	greekCommon = strings.NewReplacer("ch", "h", "gk", "g")
	greekSpoken = strings.NewReplacer("mp", "b", "nt", "d", "ei", "i", "oi", "i", "y", "i")
)

// readGreek reads by ELOT 743, and as names are commonly spelled: b and d for
// μπ and ντ at the start of a word, h for χ.
func readGreek(out *readings, text string) {
	official := make([]string, 0, 8)
	common := make([]string, 0, 8)
	spoken := make([]string, 0, 8)
	for _, w := range strings.Fields(text) {
		o := greekWord(w)
		c := o
		switch {
		case strings.HasPrefix(w, "μπ"):
			o, c = "b"+o[2:], "b"+o[2:]
		case strings.HasPrefix(w, "ντ"):
			c = "d" + c[2:]
		}
		c = greekCommon.Replace(c)
		official = append(official, o)
		common = append(common, c)
		spoken = append(spoken, greekSpoken.Replace(c))
	}
	out.add(strings.Join(official, " "), "el", false)
	out.add(strings.Join(common, " "), "el-common", false)
	out.add(strings.Join(spoken, " "), "el-spoken", false)
}

func greekWord(w string) string {
	var b strings.Builder
	runes := []rune(w)
	for i := 0; i < len(runes); i++ {
		if i+1 < len(runes) {
			pair := string(runes[i : i+2])
			if s, ok := greekPairs[pair]; ok {
				b.WriteString(s)
				i++
				continue
			}
			if s := greekUpsilon(runes, i); s != "" {
				b.WriteString(s)
				i++
				continue
			}
		}
		if s, ok := greekLetters[runes[i]]; ok {
			b.WriteString(s)
		} else {
			b.WriteRune(runes[i])
		}
	}
	return b.String()
}

// greekUpsilon reads αυ, ευ and ηυ: f before voiceless consonants and at the
// end of a word, v elsewhere; "" where no such pair begins.
func greekUpsilon(w []rune, i int) string {
	first := ""
	switch w[i] {
	case 'α':
		first = "a"
	case 'ε':
		first = "e"
	case 'η':
		first = "i"
	}
	if first == "" || w[i+1] != 'υ' {
		return ""
	}
	if i+2 == len(w) || strings.ContainsRune("θκξπσςτφχψ", w[i+2]) {
		return first + "f"
	}
	return first + "v"
}
