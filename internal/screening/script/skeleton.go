package script

// classes are the groups of Latin letters, longest first, that stand for one
// sound in some custom of romanisation, and the class of each. Classes are
// wide enough to join customs (Qadir, Kadir, Ghadir) and no wider: s and z,
// m and n, l and r stay apart.
var classes = []struct{ letters, class string }{
	{"shch", "x"}, {"tsch", "j"}, {"sch", "x"}, {"tch", "j"}, {"dzh", "j"},
	{"sh", "x"}, {"ch", "j"}, {"zh", "j"}, {"dj", "j"}, {"kh", "h"}, {"gh", "k"}, {"th", "t"}, {"dh", "t"}, {"ph", "f"},
	{"ts", "s"}, {"tz", "s"}, {"ck", "k"}, {"qu", "k"},
	{"j", "j"}, {"b", "b"}, {"p", "b"}, {"d", "t"}, {"t", "t"}, {"g", "k"}, {"k", "k"}, {"q", "k"}, {"c", "k"}, {"x", "ks"},
	{"f", "f"}, {"v", "v"}, {"h", "h"}, {"l", "l"}, {"m", "m"}, {"n", "n"}, {"r", "r"}, {"s", "s"}, {"z", "z"},
}

// maxSkeleton bounds the word that is looked at, in bytes.
const maxSkeleton = 64

// Skeleton is the consonants of a word in Latin letters, each as its class,
// doubled ones once. A vowel at the start is kept as "a", because Ahmad is not
// Hamid; y and w count as consonants only before a vowel, and y never inside
// the word, because lists write Dayf and Daif, Diyab and Diab; h at the end
// after a vowel is a spelling of the vowel. Digits stay. Two words of one
// skeleton are probably one name in two customs, and possibly two names:
// skeletons say that a pair is worth looking at, and by itself no more.
func Skeleton(word string) string {
	if len(word) > maxSkeleton {
		word = word[:maxSkeleton]
	}
	out := make([]byte, 0, len(word))
	for i := 0; i < len(word); {
		n := 1
		switch c := word[i]; {
		case c == 'y':
			if i == 0 {
				out = append(out, 'a')
			}
		case c == 'w':
			if i == 0 || i+1 < len(word) && (vowel(word[i+1]) || word[i+1] == 'y') {
				out = extend(out, "v", word, i)
			}
		case vowel(c):
			if i == 0 {
				out = append(out, 'a')
			}
		case '0' <= c && c <= '9':
			out = append(out, c)
		case c == 'h' && i > 0 && i == len(word)-1 && vowel(word[i-1]):
		default:
			var class string
			n, class = classAt(word[i:])
			out = extend(out, class, word, i)
		}
		i += n
	}
	return string(out)
}

// extend appends a class, unless it only doubles the consonant before it.
func extend(out []byte, class, word string, i int) []byte {
	if class == "" {
		return out
	}
	if i > 0 && len(out) > 0 && out[len(out)-1] == class[0] && !vowel(word[i-1]) && word[i-1] != 'y' {
		return append(out, class[1:]...)
	}
	return append(out, class...)
}

// classAt is the longest group of letters that s begins with, and its class;
// one byte and no class for anything else.
func classAt(s string) (n int, class string) {
	for _, c := range classes {
		if len(s) >= len(c.letters) && s[:len(c.letters)] == c.letters {
			return len(c.letters), c.class
		}
	}
	return 1, ""
}

func vowel(c byte) bool {
	switch c {
	case 'a', 'e', 'i', 'o', 'u':
		return true
	}
	return false
}
