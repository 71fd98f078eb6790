package party

import (
	"slices"
	"strings"
)

// Core is the fold of a name without its legal forms at the ends, so that
// "Xiaomi Corp." and "Xiaomi Corporation" have one core. Forms inside the name
// are written one way ("company" as "co") but stay. A name that is nothing but
// legal forms keeps the first of them: the core of a name with any letter or
// number is never empty.
func Core(name string) string {
	folded := Fold(name)
	words := canonical(strings.Fields(folded))
	for {
		rest := stripBack(stripFront(words))
		if len(rest) == len(words) {
			break
		}
		words = rest
	}
	core := stripUnspaced(strings.Join(words, " "))
	if core == "" {
		return folded
	}
	return core
}

// canonical writes each legal form one way: spelled-out forms short, and
// initials that punctuation had kept apart joined ("s p a" as "spa").
func canonical(words []string) []string {
	out := make([]string, 0, len(words))
	for i := 0; i < len(words); {
		n, form := formAt(words[i:])
		if n == 0 {
			n, form = 1, words[i]
		}
		out = append(out, form)
		i += n
	}
	return out
}

// formAt finds the longest legal form that words begin with.
func formAt(words []string) (n int, form string) {
	for n := min(len(words), longestForm); n > 0; n-- {
		if form, ok := forms[strings.Join(words[:n], " ")]; ok {
			return n, form
		}
	}
	return 0, ""
}

func stripBack(words []string) []string {
	for len(words) > 1 && endForms[words[len(words)-1]] {
		words = words[:len(words)-1]
		// "Acme and Co." leaves "acme and".
		if n := len(words); n > 1 && words[n-1] == "and" {
			words = words[:n-1]
		}
	}
	return words
}

func stripFront(words []string) []string {
	for len(words) > 1 && frontForms[words[0]] {
		words = words[1:]
	}
	return words
}

// stripUnspaced takes legal forms off names of scripts that put no space
// before them.
func stripUnspaced(s string) string {
	for !slices.Contains(unspacedForms, s) {
		before := s
		for _, form := range unspacedForms {
			if rest := strings.TrimSpace(strings.TrimSuffix(s, form)); rest != "" {
				s = rest
			}
			if rest := strings.TrimSpace(strings.TrimPrefix(s, form)); rest != "" && !strings.HasSuffix(form, "公司") {
				s = rest
			}
		}
		if s == before {
			break
		}
	}
	return s
}

// forms are legal forms as folding leaves them, and the one way each is
// written in a core.
var forms = map[string]string{
	"co": "co", "company": "co", "compania": "co", "compagnie": "co",
	"corp": "corp", "corporation": "corp", "inc": "inc", "incorporated": "inc",
	"ltd": "ltd", "limited": "ltd", "lmtd": "ltd", "ltda": "ltda", "limitada": "ltda",
	"llc": "llc", "l l c": "llc", "limited liability company": "llc", "limited liability co": "llc",
	"llp": "llp", "l l p": "llp", "lp": "lp", "l p": "lp", "plc": "plc", "p l c": "plc", "public limited company": "plc",
	"gmbh": "gmbh", "mbh": "gmbh", "g m b h": "gmbh", "kg": "kg", "ag": "ag", "a g": "ag", "se": "se",
	"sa": "sa", "s a": "sa", "sociedad anonima": "sa", "societe anonyme": "sa",
	"sa de cv": "sa de cv", "s a de c v": "sa de cv", "s a de cv": "sa de cv", "de c v": "de cv", "de cv": "de cv",
	"sas": "sas", "s a s": "sas", "spa": "spa", "s p a": "spa", "srl": "srl", "s r l": "srl", "sarl": "sarl", "s a r l": "sarl",
	"s de r l": "s de rl", "s de rl": "s de rl", "s de r l de c v": "s de rl de cv", "s de rl de cv": "s de rl de cv",
	"sal": "sal", "s a l": "sal", "sau": "sau", "s a u": "sau", "sl": "sl", "s l": "sl",
	"bv": "bv", "b v": "bv", "nv": "nv", "n v": "nv", "ab": "ab", "a b": "ab", "oy": "oy", "oyj": "oyj",
	"as": "as", "a s": "as", "aps": "aps", "asa": "asa", "ao": "ao",
	"jsc": "jsc", "joint stock company": "jsc", "joint stock co": "jsc", "j s c": "jsc",
	"ojsc": "ojsc", "open joint stock company": "ojsc", "cjsc": "cjsc", "closed joint stock company": "cjsc",
	"pjsc": "pjsc", "public joint stock company": "pjsc", "pjs co": "pjsc",
	"ooo": "ooo", "oao": "oao", "zao": "zao", "pao": "pao", "fgup": "fgup",
	"ооо": "ооо", "оао": "оао", "зао": "зао", "пао": "пао", "ао": "ао",
	"kk": "kk", "k k": "kk", "kabushiki kaisha": "kk", "株式会社": "kk",
	"pte": "pte", "pty": "pty", "pvt": "pvt", "private": "pvt", "sdn bhd": "sdn bhd", "sdn": "sdn", "bhd": "bhd", "tbk": "tbk", "pt": "pt",
	"fze": "fze", "fzco": "fzco", "fzc": "fzc", "fz llc": "fz llc", "wll": "wll", "w l l": "wll", "dmcc": "dmcc",
	"doo": "doo", "d o o": "doo", "ad": "ad", "a d": "ad", "eood": "eood", "ood": "ood", "sp z o o": "sp z oo", "sp z oo": "sp z oo",
	"주식회사": "주식회사", "유한회사": "유한회사",
}

const longestForm = 6

// endForms are taken off the end, frontForms off the beginning. "private" and
// "pt" are only forms at their own end of a name; "sa", "as", "ag" and Latin
// "ao" begin names that mean something else, as that of A. O. Smith.
var (
	endForms   = setOf(forms, "pt")
	frontForms = map[string]bool{
		"llc": true, "jsc": true, "ojsc": true, "cjsc": true, "pjsc": true, "ooo": true, "oao": true, "zao": true, "pao": true,
		"fgup": true, "ооо": true, "оао": true, "зао": true, "пао": true, "ао": true, "kk": true, "pt": true, "주식회사": true, "유한회사": true,
	}
)

// unspacedForms are forms of Chinese, Japanese and Korean, longest first, as
// folding leaves them.
var unspacedForms = []string{
	"股份有限责任公司", "股份有限公司", "有限责任公司", "有限責任公司", "有限公司", "公司",
	"株式会社", "有限会社", "合同会社", "주식회사", "유한회사",
}

func setOf(forms map[string]string, but ...string) map[string]bool {
	set := make(map[string]bool, len(forms))
	for _, form := range forms {
		if !slices.Contains(but, form) {
			set[form] = true
		}
	}
	return set
}
