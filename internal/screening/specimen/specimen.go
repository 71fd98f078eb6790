// Package specimen makes names of persons, organisations and ships that nobody
// bears, for measuring how fast names are found among many. Its words follow
// the habits of names in several languages and scripts: a few given names and
// words of trade are very common, most surnames are rare, a third of the
// entries have aliases in another spelling or script. The same numbers make
// the same names.
//
// It is for benchmarks; whether the right names are found is measured on real
// lists.
package specimen

import (
	"iter"
	"math/rand/v2"
	"strings"

	"countersign.dev/internal/party"
	"countersign.dev/internal/screening/match"
)

// Names makes the names of this many entries, one to four of each.
func Names(entries int) iter.Seq[match.Name] {
	return func(yield func(match.Name) bool) {
		for i := range entries {
			for _, n := range entry(i) {
				if !yield(n) {
					return
				}
			}
		}
	}
}

// maker makes the parts of one entry's names.
type maker struct{ *rand.Rand }

func newMaker(i int, purpose uint64) maker {
	return maker{rand.New(rand.NewPCG(uint64(i), purpose))}
}

func entry(i int) []match.Name {
	m := newMaker(i, 1)
	switch share := m.IntN(100); {
	case share < 58:
		return m.person()
	case share < 94:
		return m.organisation()
	}
	return m.vessel()
}

// pick is an element of a list, the first ones much more often than the last,
// as with the given names of a people.
func (m maker) pick(words []string) string {
	f := m.Float64()
	return words[int(f*f*float64(len(words)))]
}

func (m maker) person() []match.Name {
	c := &cultures[m.pickCulture()]
	given, family := m.given(c, c.given), m.family(c)
	middle := ""
	if m.IntN(100) < c.middles {
		middle = m.given(c, c.middle)
	}
	primary := strings.ToUpper(family) + ", " + joined(given, middle)
	out := []match.Name{{Text: primary, Kind: party.Person, Quality: party.Primary}}
	if m.IntN(100) < 45 {
		out = append(out, match.Name{Text: joined(given, m.respelt(family)), Kind: party.Person, Quality: party.Alias})
	}
	if m.IntN(100) < 25 {
		out = append(out, match.Name{Text: joined(m.given(c, c.given), family), Kind: party.Person, Quality: party.Alias})
	}
	if c.native != nil && m.IntN(100) < 40 {
		out = append(out, match.Name{Text: c.native(m, joined(given, middle, family)), Kind: party.Person, Quality: party.Alias})
	}
	return out
}

func (m maker) pickCulture() int {
	f := m.IntN(100)
	for i := range cultures {
		if f -= cultures[i].share; f < 0 {
			return i
		}
	}
	return 0
}

// given is a given name: of the common ones, or of some thousands that are made
// of syllables, the lower numbers much more often. The commonest word of all
// stands in one name of fifty, as on real lists.
func (m maker) given(c *culture, common []string) string {
	if m.IntN(100) < 45 {
		return m.pick(common)
	}
	f := m.Float64()
	n := int(f * f * f * 4000)
	k := len(c.syllables)
	return capital(c.syllables[n%k] + c.syllables[n/k%k] + c.givenEndings[n%len(c.givenEndings)])
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// trade is a word that says what an organisation does, in the same way.
func (m maker) trade() string {
	if m.IntN(100) < 50 {
		return m.pick(trades)
	}
	return capital(tradeStarts[m.IntN(len(tradeStarts))] + tradeEnds[m.IntN(len(tradeEnds))])
}

// family is a surname: of ten common ones, or made of syllables and an ending.
func (m maker) family(c *culture) string {
	if m.IntN(100) < c.commonFamilies {
		return m.pick(c.families)
	}
	var b strings.Builder
	for range 1 + m.IntN(2) {
		b.WriteString(c.syllables[m.IntN(len(c.syllables))])
	}
	b.WriteString(c.endings[m.IntN(len(c.endings))])
	return capital(b.String())
}

// respelt is a word in another custom of romanisation.
func (m maker) respelt(w string) string {
	pairs := [...][2]string{{"ou", "u"}, {"u", "ou"}, {"i", "y"}, {"k", "q"}, {"kh", "h"}, {"v", "w"}, {"ee", "i"}, {"o", "u"}, {"sh", "ch"}}
	p := pairs[m.IntN(len(pairs))]
	return strings.Replace(w, p[0], p[1], 1)
}

func (m maker) organisation() []match.Name {
	name := m.brand()
	words := []string{name}
	if m.IntN(100) < 30 {
		words = append([]string{m.pick(places)}, words...)
	}
	for range 1 + m.IntN(3) {
		words = append(words, m.trade())
	}
	form := m.pick(legalForms)
	out := []match.Name{{Text: strings.Join(words, " ") + " " + form, Kind: party.Organisation, Quality: party.Primary}}
	if m.IntN(100) < 40 {
		out = append(out, match.Name{Text: strings.ToUpper(strings.Join(words[:len(words)-1], " ")), Kind: party.Organisation, Quality: party.Alias})
	}
	if m.IntN(100) < 15 {
		out = append(out, match.Name{Text: initialsOf(words), Kind: party.Organisation, Quality: party.Acronym})
	}
	switch m.IntN(12) {
	case 0:
		out = append(out, match.Name{Text: "ООО «" + cyrillic(m, name) + " " + m.pick(russianTrades) + "»", Kind: party.Organisation, Quality: party.Alias})
	case 1:
		out = append(out, match.Name{Text: m.pick(chinesePlaces) + m.characters(2+m.IntN(2)) + m.pick(chineseTrades), Kind: party.Organisation, Quality: party.Alias})
	}
	return out
}

// brand is what an organisation calls itself: a made word, a surname, or one
// of the words that many choose.
func (m maker) brand() string {
	switch m.IntN(4) {
	case 0:
		return m.pick(brands)
	case 1:
		return m.family(&cultures[m.pickCulture()])
	}
	var b strings.Builder
	for range 2 + m.IntN(2) {
		b.WriteString(brandSyllables[m.IntN(len(brandSyllables))])
	}
	return capital(b.String())
}

func (m maker) vessel() []match.Name {
	name := m.pick(shipWords)
	switch m.IntN(4) {
	case 0:
		name += " " + m.pick(shipWords)
	case 1:
		name = strings.ToUpper(m.brand())
	case 2:
		name += " " + []string{"I", "II", "III", "1", "2", "7", "12"}[m.IntN(7)]
	}
	out := []match.Name{{Text: name, Kind: party.Vessel, Quality: party.Primary}}
	if m.IntN(100) < 40 {
		out = append(out, match.Name{Text: m.pick(shipWords) + " " + m.brand(), Kind: party.Vessel, Quality: party.Former})
	}
	return out
}

func initialsOf(words []string) string {
	var b strings.Builder
	for _, w := range words {
		b.WriteByte(w[0] &^ 0x20)
	}
	return b.String()
}

func joined(words ...string) string {
	var out []string
	for _, w := range words {
		if w != "" {
			out = append(out, w)
		}
	}
	return strings.Join(out, " ")
}
