package match

import (
	"math/bits"
	"slices"
	"unicode/utf8"
)

// probe is where the rows are that may have one unit of the query.
type probe struct {
	unit  int
	words []wordID
	cost  int  // rows in all
	cut   bool // its rows may have the unit as two words
}

// lookUp finds every word of the dictionary that is like unit i of the query,
// which is what comparing the unit with each word would find.
func (s *Segment) lookUp(x *scratch, q *querySequence, i int) {
	u := &q.units[i]
	l := s.looked(x, u)
	p := probe{unit: i, words: x.foundWords[l.from:l.to], cost: l.cost, cut: l.cut}
	for k, w := range p.words {
		x.add(w, i, int(x.foundSims[l.from+k]))
	}
	x.probes = append(x.probes, p)
	if u.measured.role == roleWord && !u.joined {
		s.lookUpCuts(x, u, i)
	}
}

// lookedUp is what was found for a unit, for the next sequence of the same
// query that has it too.
type lookedUp struct {
	text          string
	role          role
	joined, fuzzy bool
	from, to      int // in scratch.foundWords and foundSims
	cost          int // rows in all
	cut           bool
}

// looked finds the words that are like a unit, unless that was done before.
func (s *Segment) looked(x *scratch, u *unit) lookedUp {
	m := &u.measured
	for i := range x.memo {
		if l := &x.memo[i]; l.text == m.text && l.role == m.role && l.joined == u.joined && l.fuzzy == u.fuzzy {
			return *l
		}
	}
	l := lookedUp{text: m.text, role: m.role, joined: u.joined, fuzzy: u.fuzzy, from: len(x.foundWords)}
	key := lookKey{m.text, m.role, u.joined, u.fuzzy}
	if r := s.remembered.get(key); r != nil {
		x.foundWords, x.foundSims = append(x.foundWords, r.words...), append(x.foundSims, r.sims...)
		l.cost, l.cut, l.to = r.cost, r.cut, len(x.foundWords)
		x.memo = append(x.memo, l)
		return l
	}
	take := func(w wordID, sim int) {
		x.foundWords, x.foundSims = append(x.foundWords, w), append(x.foundSims, int16(sim))
		l.cost += len(s.rows.of(w))
		l.cut = l.cut || s.dict.info[w].role == roleJoined
	}
	if u.joined {
		s.lookUpJoined(x, u, take)
	} else {
		if w := s.dict.find(m.text, m.role); w != noWord {
			take(w, simEqual)
		}
		switch m.role {
		case roleWord:
			s.lookUpWord(x, u, take)
		case roleSkeleton:
			s.lookUpSkeleton(m, take)
		}
	}
	l.to = len(x.foundWords)
	x.memo = append(x.memo, l)
	s.remembered.put(key, &kept{
		words: slices.Clone(x.foundWords[l.from:]), sims: slices.Clone(x.foundSims[l.from:]), cost: l.cost, cut: l.cut,
	})
	return l
}

// lookUpWord finds the words that are like a word of the query and not equal
// to it.
func (s *Segment) lookUpWord(x *scratch, u *unit, take func(wordID, int)) {
	m := &u.measured
	r, n := utf8.DecodeRuneInString(m.text)
	if w := s.dict.find(m.text[:n], roleInitial); w != noWord && r < 0x530 {
		take(w, simInitial)
	}
	for light := range lightSpellings {
		if sim := lightSimilarity(m, light); sim > 0 {
			if w := s.dict.find(light, roleLight); w != noWord {
				take(w, sim)
			}
		}
	}
	s.eachLike(x, m, false, take)
	if m.code {
		return
	}
	if n, ok := s.dict.skeletons[m.skeleton]; ok && m.skeleton != "" {
		for _, w := range s.dict.sounding.of(n) {
			if s.dict.info[w].role == roleSkeleton {
				take(w, skeletonGrade(m.skeleton))
			}
		}
	}
}

// lookUpJoined finds single words for tokens of the query taken together.
func (s *Segment) lookUpJoined(x *scratch, u *unit, take func(wordID, int)) {
	m := &u.measured
	if w := s.dict.find(m.text, roleWord); w != noWord {
		take(w, simJoined)
	}
	if !u.fuzzy {
		return
	}
	s.eachLike(x, m, true, func(w wordID, sim int) {
		if s.dict.info[w].role == roleWord {
			take(w, sim)
		}
	})
}

// lookUpSkeleton finds the words with a skeleton.
func (s *Segment) lookUpSkeleton(m *measured, take func(wordID, int)) {
	n, ok := s.dict.skeletons[m.skeleton]
	if !ok || m.skeleton == "" {
		return
	}
	for _, w := range s.dict.sounding.of(n) {
		if info := &s.dict.info[w]; info.role == roleWord || info.role == roleSkeleton && string(s.dict.text(w)) != m.text {
			take(w, skeletonGrade(m.skeleton))
		}
	}
}

// eachLike calls do with the words and joined syllables that are like a word
// and not equal to it; syllables says that the word is two of the query.
func (s *Segment) eachLike(x *scratch, m *measured, syllables bool, do func(w wordID, sim int)) {
	x.stamp++
	if m.role == roleWord {
		if w := s.dict.find(m.text, roleJoined); w != noWord {
			x.seen[w] = x.stamp
			do(w, simJoined)
		}
	}
	if m.code {
		return
	}
	skeleton, limit := s.dict.skeletons[m.skeleton], 2*allowed(len(m.letters))
	try := func(w wordID) {
		if x.seen[w] == x.stamp {
			return
		}
		x.seen[w] = x.stamp
		info := &s.dict.info[w]
		if info.role != roleWord && info.role != roleJoined || info.flags&flagCode != 0 {
			return
		}
		sounds := skeleton != 0 && info.skeleton == skeleton && soundsSize(int(info.size), len(m.letters))
		if !sounds && bits.OnesCount32(m.has^info.letters) > limit {
			return
		}
		text := s.dict.text(w)
		if string(text) == m.text {
			return
		}
		sim := s.likeness(x, m, info, text, sounds, syllables)
		if sim > 0 {
			do(w, sim)
		}
	}
	s.eachArticled(m.text, try)
	if skeleton != 0 {
		for _, w := range s.dict.sounding.of(skeleton) {
			try(w)
		}
	}
	s.slips.near(m.letters, try)
}

// likeness is what [wordSimilarity] says of a word and a different one of the
// dictionary.
func (s *Segment) likeness(x *scratch, m *measured, info *wordInfo, text []byte, sounds, syllables bool) (sim int) {
	joined := syllables || info.role == roleJoined
	switch {
	case articled(m.text, string(text)) || articled(string(text), m.text):
		sim = simArticle
	case m.abbrev && info.flags&flagAbbrev != 0:
	default:
		x.letters = lettersOf(x.letters, string(text))
		sim = lettersSimilarity(m.letters, x.letters, sounds, joined || m.known && info.flags&flagKnown != 0)
	}
	if joined {
		sim = sim * simJoined / simEqual
	}
	return sim
}

// eachArticled calls try with the words that are w with an article or without.
func (s *Segment) eachArticled(w string, try func(wordID)) {
	for _, r := range []role{roleWord, roleJoined} {
		for _, article := range []string{"al", "el"} {
			if id := s.dict.find(article+w, r); id != noWord {
				try(id)
			}
			if len(w) > 2 && w[:2] == article {
				if id := s.dict.find(w[2:], r); id != noWord {
					try(id)
				}
			}
		}
	}
}

// lookUpCuts finds the pairs of words that are a word of the query, cut.
func (s *Segment) lookUpCuts(x *scratch, u *unit, i int) {
	text := u.measured.text
	for at := range text {
		if at == 0 {
			continue
		}
		for _, ra := range joinableRoles {
			a := s.dict.find(text[:at], ra)
			if a == noWord {
				continue
			}
			for _, rb := range joinableRoles {
				b := s.dict.find(text[at:], rb)
				if b == noWord || s.dict.info[a].flags&s.dict.info[b].flags&flagSyllable != 0 {
					continue // two syllables are in the dictionary as one word
				}
				x.cuts = append(x.cuts, cutWord{a, b, uint8(i)})
				rarer := a
				if len(s.rows.of(b)) < len(s.rows.of(a)) {
					rarer = b
				}
				x.probes = append(x.probes, probe{unit: i, words: []wordID{rarer}, cost: len(s.rows.of(rarer)), cut: true})
			}
		}
	}
}

var joinableRoles = [...]role{roleWord, roleInitial, roleNumber}
