package console

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/width"

	"countersign.dev/internal/screening/match"
)

// alignment is the drawing of two names above each other, with a line between
// the words that were taken for one. Lengths are in pixels.
type alignment struct {
	Width, Height int
	Words         []wordBox
	Lines         []wordLine
}

// wordBox is one word of either name.
type wordBox struct {
	Text         string
	X, Y, Width  int
	Middle, Base int
	Class        string // paired, left, or aside for what is not compared
}

// wordLine joins the words of a pair. It is the thicker the more they tell.
type wordLine struct {
	X1, Y1, X2, Y2 int
	Stroke         string
	Equal          bool
	Label          string
	LabelX, LabelY int
}

const (
	boxHeight = 34
	boxGap    = 12
	rowGap    = 76 // between the two names
)

// drawAlignment places the words. An account names them by what they are, not
// where, so of equal words those that stand together are found first.
func drawAlignment(w *match.Why) alignment {
	asked, listed := boxesOf(w.Query.Words), boxesOf(w.Name.Words)
	d := alignment{Width: max(rowWidth(asked), rowWidth(listed)), Height: 2*boxHeight + rowGap}
	place(asked, (d.Width-rowWidth(asked))/2, 0)
	place(listed, (d.Width-rowWidth(listed))/2, boxHeight+rowGap)
	pairs := slices.Clone(w.Pairs)
	length := func(p match.WhyPair) int { return strings.Count(p.Query, " ") + strings.Count(p.Name, " ") }
	slices.SortStableFunc(pairs, func(a, b match.WhyPair) int { return cmp.Compare(length(b), length(a)) })
	for _, p := range pairs {
		from, ok := take(asked, p.Query, "paired")
		to, both := take(listed, p.Name, "paired")
		if ok && both {
			d.Lines = append(d.Lines, lineOf(p, from, to))
		}
	}
	for _, t := range w.OnlyQuery {
		take(asked, t.Word, "left")
	}
	for _, t := range w.OnlyName {
		take(listed, t.Word, "left")
	}
	d.Words = slices.Concat(asked, listed)
	return d
}

func lineOf(p match.WhyPair, from, to int) wordLine {
	return wordLine{
		X1: from, Y1: boxHeight, X2: to, Y2: boxHeight + rowGap, Equal: p.Similarity == 1,
		Stroke: strconv.FormatFloat(1.5+5*min(p.Weight, 1), 'f', 1, 64), Label: strconv.FormatFloat(p.Similarity, 'f', 2, 64),
		LabelX: from + (to-from)/4, LabelY: boxHeight + rowGap/4 + 4, // near its own word, where lines have not crossed yet
	}
}

func boxesOf(words string) []wordBox {
	var out []wordBox
	for _, text := range strings.Fields(words) {
		out = append(out, wordBox{Text: text, Width: textWidth(text) + 22, Class: "aside"})
	}
	return out
}

// textWidth is about how wide a word is at the size that it is drawn in; a
// little more rather than less.
func textWidth(text string) int {
	n := 0
	for _, r := range text {
		switch width.LookupRune(r).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth:
			n += 16
		default:
			n += 9
		}
	}
	return n
}

func rowWidth(row []wordBox) int {
	n := 0
	for _, b := range row {
		n += b.Width + boxGap
	}
	return max(n-boxGap, 0)
}

func place(row []wordBox, x, y int) {
	for i := range row {
		b := &row[i]
		b.X, b.Y, b.Middle, b.Base = x, y, x+b.Width/2, y+boxHeight/2+5
		x += b.Width + boxGap
	}
}

// take gives a class to the first boxes that have none and are these words, one
// or several that stand together, and says where their middle is.
func take(row []wordBox, words, class string) (middle int, ok bool) {
	parts := strings.Fields(words)
	for i := 0; len(parts) > 0 && i+len(parts) <= len(row); i++ {
		run := row[i : i+len(parts)]
		taken := false
		for j := range run {
			taken = taken || run[j].Class != "aside" || run[j].Text != parts[j]
		}
		if taken {
			continue
		}
		for j := range run {
			run[j].Class = class
		}
		return (run[0].X + run[len(run)-1].X + run[len(run)-1].Width) / 2, true
	}
	return 0, false
}
