package script

import "strings"

// Jamo in the order in which a syllable's number counts them.
var (
	rrInitial = strings.Split("g kk n d tt r m b pp s ss  j jj ch k t p h", " ")
	rrVowel   = strings.Split("a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i", " ")
	rrFinal   = strings.Split(" k k k n n n t l k m l l l p l m p p t t ng t t k t p t", " ")
)

// readHangul reads Korean.
func readHangul(out *readings, text string) {
	var b strings.Builder
	for _, r := range text {
		if r < 0xac00 || r > 0xd7a3 {
			b.WriteRune(r)
			continue
		}
		n := int(r - 0xac00)
		b.WriteString(rrInitial[n/588] + rrVowel[n%588/28] + rrFinal[n%28] + " ")
	}
	out.add(b.String(), "ko", false)
}
