package script

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of one name. The longest native names of official lists stay under a
// half of them; what lies beyond is not read.
const (
	maxRunes    = 400 // of a name that are looked at
	maxReadings = 6   // of one name
)

// Reading is a name written in Latin letters.
type Reading struct {
	Text     string // words of a-z and 0-9 with single spaces
	Rule     string // how it was made: "ru", "ar-skeleton", "zh-terms", "pack:zh-companies" …
	Skeleton bool   // vowels are missing: compare it by [Skeleton] only
}

// Script is a writing system.
type Script string

// The scripts that are told apart. Other is any that has no readings.
const (
	None       Script = "" // no letter at all
	Latin      Script = "latin"
	Cyrillic   Script = "cyrillic"
	Greek      Script = "greek"
	Arabic     Script = "arabic"
	Hebrew     Script = "hebrew"
	Hanzi      Script = "han"
	Kana       Script = "kana"
	Hangul     Script = "hangul"
	Armenian   Script = "armenian"
	Georgian   Script = "georgian"
	Thai       Script = "thai"
	Devanagari Script = "devanagari"
	Other      Script = "other"
)

// scripts are the ranges of letters by which a script is recognised, in the
// order in which a tie is decided.
var scripts = []struct {
	script Script
	lo, hi rune
}{
	{Cyrillic, 0x0400, 0x052f},
	{Arabic, 0x0600, 0x077f},
	{Arabic, 0x08a0, 0x08ff},
	{Hanzi, 0x3400, 0x9fff},
	{Hanzi, 0xf900, 0xfaff},
	{Hanzi, 0x20000, 0x323af},
	{Hangul, 0xac00, 0xd7a3},
	{Hangul, 0x1100, 0x11ff},
	{Kana, 0x3040, 0x30ff},
	{Kana, 0x31f0, 0x31ff},
	{Greek, 0x0370, 0x03ff},
	{Hebrew, 0x0590, 0x05ff},
	{Armenian, 0x0530, 0x058f},
	{Georgian, 0x10a0, 0x10ff},
	{Georgian, 0x1c90, 0x1cbf},
	{Thai, 0x0e00, 0x0e7f},
	{Devanagari, 0x0900, 0x097f},
	{Latin, 0x0000, 0x02af},
	{Latin, 0x1e00, 0x1eff},
}

// of is the script of one letter; None for anything that is no letter.
func of(r rune) Script {
	if r < utf8.RuneSelf {
		if 'a' <= r|0x20 && r|0x20 <= 'z' {
			return Latin
		}
		return None
	}
	if !unicode.IsLetter(r) {
		return None
	}
	for i := range scripts {
		if s := &scripts[i]; s.lo <= r && r <= s.hi {
			return s.script
		}
	}
	return Other
}

// Of is the script that most letters of text are of. Of two with as many
// letters, the one that is not Latin: a Latin word within a native name is
// more usual than the reverse. Kana among Chinese characters makes a name
// Japanese, however few.
func Of(text string) Script {
	dominant, _ := survey(text)
	return dominant
}

// survey is the script of most letters, and that of most letters which are
// not Latin.
func survey(text string) (dominant, foreign Script) {
	if ascii(text) {
		for i := range len(text) {
			if of(rune(text[i])) == Latin {
				return Latin, None
			}
		}
		return None, None
	}
	var counts [16]int
	scripts := [...]Script{
		Cyrillic, Arabic, Hanzi, Hangul, Kana, Greek, Hebrew, Armenian, Georgian, Thai, Devanagari, Other, Latin,
	}
	n := 0
	for _, r := range text {
		if n++; n > maxRunes {
			break
		}
		s := of(r)
		for i := range scripts {
			if scripts[i] == s {
				counts[i]++
				break
			}
		}
	}
	if counts[4] > 0 { // kana
		counts[4] += counts[2]
		counts[2] = 0
	}
	best := 0
	for i, s := range scripts {
		if s == Latin {
			if counts[i] > best {
				return Latin, foreign
			}
			return foreign, foreign
		}
		if counts[i] > best {
			best, foreign = counts[i], s
		}
	}
	return foreign, foreign
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// Readings is the ways in which a name may be written in Latin letters, best
// first, at most six, each once; none when text has no letter of another
// script. Text is folded words with single spaces (party.Fold). Letters of
// Latin and digits stay as they are in every reading.
func Readings(text string) []Reading {
	if ascii(text) {
		return nil
	}
	_, foreign := survey(text)
	if foreign == None || foreign == Other {
		return nil
	}
	out := &readings{}
	text = strings.ToValidUTF8(cut(text), " ")
	known := readPacks(out, text, foreign)
	switch foreign {
	case Cyrillic:
		readCyrillic(out, text)
	case Greek:
		readGreek(out, text)
	case Arabic:
		readArabic(out, text)
	case Hebrew:
		readHebrew(out, text)
	case Hanzi:
		readHan(out, text, known)
	case Kana:
		readKana(out, text)
	case Armenian:
		out.add(armenian.read(text), "hy", false)
	case Georgian:
		out.add(georgian.read(text), "ka", false)
	case Hangul:
		readHangul(out, text)
	}
	return out.list
}

// readings collects readings, best first.
type readings struct{ list []Reading }

// add appends a reading unless there is one of the same text, or there are
// enough. Whatever is left of other scripts is dropped from it.
func (out *readings) add(text, rule string, skeleton bool) {
	text = clean(text)
	if text == "" || len(out.list) == maxReadings {
		return
	}
	for _, r := range out.list {
		if r.Text == text && r.Skeleton == skeleton {
			return
		}
	}
	out.list = append(out.list, Reading{Text: text, Rule: rule, Skeleton: skeleton})
}

// clean keeps letters a to z, digits, and single spaces between words.
func clean(s string) string {
	plain := true
	for i := range len(s) {
		if c := s[i]; !word(c) && (c != ' ' || i == 0 || s[i-1] == ' ' || i == len(s)-1) {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := range len(s) {
		switch c := s[i]; {
		case word(c):
			b.WriteByte(c)
		case c == ' ' && b.Len() > 0 && !strings.HasSuffix(b.String(), " "):
			b.WriteByte(' ')
		}
	}
	return strings.TrimRight(b.String(), " ")
}

func word(c byte) bool { return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' }

// cut bounds text to what is looked at.
func cut(text string) string {
	n := 0
	for i := range text {
		if n == maxRunes {
			return text[:i]
		}
		n++
	}
	return text
}
