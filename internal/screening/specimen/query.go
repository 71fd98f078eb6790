package specimen

import (
	"strings"

	"countersign.dev/internal/screening/match"
)

// Queries makes queries to names of this many entries, in the mix that a desk
// sees: names of nobody on the list most of all, then exact names, names with a
// slip, in another order, and with a word left out.
func Queries(entries, count int) []match.Query {
	out := make([]match.Query, count)
	for i := range out {
		m := newMaker(i, 2)
		share := m.IntN(100)
		if share < 40 {
			// An entry that the list has not: one behind its end.
			names := entry(entries + 1 + m.IntN(1<<30))
			n := names[m.IntN(len(names))]
			out[i] = match.Query{Text: n.Text, Kind: n.Kind}
			continue
		}
		names := entry(m.IntN(entries))
		n := names[m.IntN(len(names))]
		switch {
		case share < 55:
		case share < 75:
			n.Text = m.slip(n.Text)
		case share < 88:
			n.Text = m.reordered(n.Text)
		default:
			n.Text = m.partial(n.Text)
		}
		out[i] = match.Query{Text: n.Text, Kind: n.Kind}
	}
	return out
}

// slip types one letter wrongly.
func (m maker) slip(s string) string {
	r := []rune(s)
	at := m.IntN(len(r))
	letter := rune('a' + m.IntN(26))
	switch m.IntN(4) {
	case 0:
		r[at] = letter
	case 1:
		return string(r[:at]) + string(letter) + string(r[at:])
	case 2:
		return string(r[:at]) + string(r[at+1:])
	default:
		if at > 0 {
			r[at-1], r[at] = r[at], r[at-1]
		}
	}
	return string(r)
}

func (m maker) reordered(s string) string {
	words := strings.Fields(strings.ReplaceAll(s, ",", ""))
	m.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
	return strings.Join(words, " ")
}

func (m maker) partial(s string) string {
	words := strings.Fields(s)
	if len(words) < 3 {
		return s
	}
	at := m.IntN(len(words))
	return strings.Join(append(words[:at:at], words[at+1:]...), " ")
}
