package match

// letters is a word as runes, for measuring.
type letters []rune

func lettersOf(dst letters, s string) letters {
	dst = dst[:0]
	for _, r := range s {
		dst = append(dst, r)
	}
	return dst
}

// signature is which letters a word has: a bit for each of a to z, and six for
// all others. A slip changes two of them at most.
func signature(w letters) uint32 {
	s := uint32(0)
	for _, r := range w {
		if 'a' <= r && r <= 'z' {
			s |= 1 << (r - 'a')
		} else {
			s |= 1 << (26 + uint32(r)%6)
		}
	}
	return s
}

// slips is how many typing slips (a letter too many, too few, another, two
// swapped) lie between two words: the optimal string alignment distance, or
// limit+1 for anything above limit.
func slips(a, b letters, limit int) int {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	if d := len(a) - len(b); d > limit || -d > limit {
		return limit + 1
	}
	if len(a) == 0 || len(b) == 0 {
		return len(a) + len(b)
	}
	if limit == 1 {
		switch {
		case len(a) == 1 && len(b) == 1, len(a) == 2 && len(b) == 2 && a[0] == b[1] && a[1] == b[0]:
			return 1
		}
		return 2
	}
	return slipsMatrix(a, b, limit)
}

func slipsMatrix(a, b letters, limit int) int {
	var rows [3][maxWord + 2]int8
	before, last, row := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		last[j] = int8(j)
	}
	for i := 1; i <= len(a); i++ {
		row[0] = int8(i)
		least := row[0]
		for j := 1; j <= len(b); j++ {
			cost := int8(1)
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, before[j-2]+1)
			}
			row[j] = d
			least = min(least, d)
		}
		if int(least) > limit {
			return limit + 1
		}
		before, last, row = last, row, before
	}
	return min(int(last[len(b)]), limit+1)
}

// effort is like slips with a price for each, in hundredths: what customs of
// romanisation do all the time (a doubled letter, k for q, ou for u) costs less
// than what only a slip does.
func effort(a, b letters) int {
	for len(a) > 1 && len(b) > 1 && a[len(a)-1] == b[len(b)-1] && a[len(a)-2] == b[len(b)-2] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	var rows [3][maxWord + 2]int32
	var inserted [maxWord + 2]int32
	before, last, row := &rows[0], &rows[1], &rows[2]
	for j := 1; j <= len(b); j++ {
		inserted[j] = insertion(b, j-1)
		last[j] = last[j-1] + inserted[j]
	}
	for i := 1; i <= len(a); i++ {
		deleted := insertion(a, i-1)
		row[0] = last[0] + deleted
		for j := 1; j <= len(b); j++ {
			d := min(last[j]+deleted, row[j-1]+inserted[j], last[j-1]+substitution(a[i-1], b[j-1]))
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] && a[i-1] != b[j-1] {
				d = min(d, before[j-2]+90)
			}
			row[j] = d
		}
		before, last, row = last, row, before
	}
	return int(last[len(b)])
}

// insertion is the price of the letter at i, which the other word has not. It
// looks at the letters beside it, of which the second is why effort keeps one
// letter of what two words end with.
func insertion(w letters, i int) int32 {
	c := w[i]
	if i > 0 && w[i-1] == c {
		return 30
	}
	switch c {
	case 'h':
		if i > 0 {
			return 50
		}
	case 'a', 'e', 'i', 'o', 'u', 'y':
		if i > 0 && isVowel(w[i-1]) || i+1 < len(w) && isVowel(w[i+1]) {
			return 50
		}
		return 80
	}
	return 100
}

func isVowel(c rune) bool {
	switch c {
	case 'a', 'e', 'i', 'o', 'u', 'y':
		return true
	}
	return false
}

// substitution is the price of one letter for another.
func substitution(a, b rune) int32 {
	if a == b {
		return 0
	}
	if a > 'z' || b > 'z' || a < 'a' || b < 'a' {
		return 100
	}
	return substitutions[a-'a'][b-'a']
}

// substitutions has the prices of pairs of letters that customs of romanisation
// use for each other.
var substitutions = func() (t [26][26]int32) {
	for i := range t {
		for j := range t[i] {
			t[i][j] = 100
		}
	}
	for _, p := range []struct {
		pairs string
		price int32
	}{
		{"iy ou", 20},
		{"ae ei ey uw vw jy ij ck kq cq", 35},
		{"sz gq gk gj dt bp fv ao cs eo aw ow", 55},
		{"ai au iu eu ay", 80},
	} {
		for i := 0; i+1 < len(p.pairs); i += 3 {
			a, b := p.pairs[i]-'a', p.pairs[i+1]-'a'
			t[a][b], t[b][a] = p.price, p.price
		}
	}
	return t
}()
