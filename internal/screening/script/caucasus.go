package script

import "strings"

// plainAlphabet is a script whose letters are each written one way, with the
// words that are translated.
type plainAlphabet struct {
	letters map[rune]string
	words   map[string]string
}

// Armenian and Georgian by BGN/PCGN without apostrophes, and their legal forms.
var (
	armenian = plainAlphabetOf("աa բb գg դd եe զz էe ըy թt ժzh իi լl խkh ծts կk հh ձdz ղgh ճch մm յy նn շsh ոo չch պp ջj ռr սs վv տt րr ցts ւv փp քk օo ֆf",
		map[string]string{"սպը": "llc", "փբը": "cjsc", "բբը": "ojsc"})
	georgian = plainAlphabetOf("აa ბb გg დd ეe ვv ზz თt იi კk ლl მm ნn ოo პp ჟzh რr სs ტt უu ფp ქk ღgh ყq შsh ჩch ცts ძdz წts ჭch ხkh ჯj ჰh",
		map[string]string{"შპს": "llc", "სს": "jsc"})
)

func plainAlphabetOf(letters string, words map[string]string) *plainAlphabet {
	out := &plainAlphabet{letters: map[rune]string{}, words: words}
	for _, pair := range strings.Fields(letters) {
		for i, r := range pair {
			if i == 0 {
				out.letters[r] = pair[len(string(r)):]
			}
		}
	}
	return out
}

func (a *plainAlphabet) read(text string) string {
	var b strings.Builder
	for _, w := range strings.Fields(strings.ReplaceAll(text, "ու", "u")) {
		if translated, ok := a.words[w]; ok {
			w = translated
		}
		for _, r := range w {
			if s, ok := a.letters[r]; ok {
				b.WriteString(s)
			} else {
				b.WriteRune(r)
			}
		}
		b.WriteByte(' ')
	}
	return b.String()
}
