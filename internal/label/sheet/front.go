package sheet

import (
	"image/color"
	"strings"
)

// The front of a label, in millimetres.
const (
	frontWidth  = 82
	frontHeight = 50
	codeSize    = 25
	codeX       = frontWidth - codeSize - 4
	codeY       = 4.25
	margin      = 4.0
	column      = codeX - 2.5 - margin // width of the text beside the code
	bandTop     = 42.5                 // of the strip with the address
)

// front lays out what everybody sees.
func front(l Label) (*drawing, error) {
	if err := l.fault(); err != nil {
		return nil, err
	}
	m, err := Encode(l.URL)
	if err != nil {
		return nil, err
	}
	d := &drawing{width: frontWidth, height: frontHeight}
	d.fill(round(0, 0, frontWidth, frontHeight, 2.6), white)
	d.items = append(d.items, code{codeX, codeY, codeSize, m})
	d.heading(l)
	d.subject(l)
	d.band(l)
	d.fill(frame(0, 0, frontWidth, frontHeight, 2.6, 0.45), navy)
	return d, nil
}

// heading is the mark, and who gives what.
func (d *drawing) heading(l Label) {
	const markW = 10.5
	d.mark(margin, 3.9, markW, navy, white)
	x := margin + markW + 2.2
	w := margin + column - x
	d.line(x, 7.2, w, 3.3, bold, navy, "SECURITY LABEL")
	d.line(x, 11.1, w, 2.6, regular, navy, l.Scheme)
	d.line(x, 14.7, w, 2.2, regular, grey, "by "+l.Authority)
}

// subject is the tier, the product and the dates.
func (d *drawing) subject(l Label) {
	y := 23.6
	if l.Tiers > 0 {
		d.bars(l, 18.7)
		y = 26.7
	}
	y = d.title(l.Product, y)
	d.line(margin, y+4, column, 2.7, regular, navy, l.Maker)
	const second = 23.5
	d.date(margin, "VALID UNTIL", lastDay(l.ValidUntil))
	d.date(margin+second, "UPDATES UNTIL", l.support())
	d.centred(codeX+codeSize/2.0, 36.5, codeSize, 3.7, bold, l.ID)
}

// title sets the name of the product on one line, or smaller on two, and returns
// the base line of the last.
func (d *drawing) title(words string, y float64) float64 {
	const size, smaller, smallest = 3.9, 2.9, 2.4
	words = plain(words)
	if width(words, size, bold) <= column/0.85 {
		d.line(margin, y, column, size, bold, navy, words)
		return y
	}
	s := smaller
	first, rest := broken(words, column, s, bold)
	if width(rest, s, bold) > column {
		s = smallest
		first, rest = broken(words, column, s, bold)
	}
	d.line(margin, y-0.8, column, s, bold, navy, first)
	if rest == "" {
		return y - 0.8
	}
	d.items = append(d.items, text{margin, y + 2.6, s, cut(rest, column, s, bold), bold, navy})
	return y + 2.2
}

// bars is one bar for each tier, filled up to the one reached.
func (d *drawing) bars(l Label, y float64) {
	const gap, height, most, label = 0.9, 3.0, 6.2, 17.0
	w := min(most, (column-label)/float64(l.Tiers)-gap)
	for i := range l.Tiers {
		x := margin + float64(i)*(w+gap)
		if i < l.Tier {
			d.fill(round(x, y, w, height, 0.5), navy)
		} else {
			d.fill(frame(x, y, w, height, 0.5, 0.3), navy)
		}
	}
	x := margin + float64(l.Tiers)*(w+gap) + 1.2
	d.line(x, y+2.4, margin+column-x, 2.7, bold, navy, l.tier())
}

func (d *drawing) date(x float64, caption, value string) {
	d.line(x, 36.8, 22, 1.9, regular, grey, caption)
	d.line(x, 39.7, 22, 2.6, bold, navy, value)
}

// band is the strip at the bottom: what to do with the label, in words.
func (d *drawing) band(l Label) {
	d.fill(path{
		at(move, 0, bandTop), at(line, frontWidth, bandTop), at(line, frontWidth, frontHeight-2.6),
		at(cubic, frontWidth, frontHeight-1.16, frontWidth-1.16, frontHeight, frontWidth-2.6, frontHeight),
		at(line, 2.6, frontHeight),
		at(cubic, 1.16, frontHeight, 0, frontHeight-1.16, 0, frontHeight-2.6), at(closed),
	}, navy)
	const lead = "Scan, or look up "
	const most = frontWidth - 2*margin
	y := bandTop + 4.7
	address := plain(l.Address)
	used := width(lead, 2.5, regular) + 0.6
	switch host, path, _ := strings.Cut(address, "/"); {
	case used+width(address, 2.2, bold) <= most:
		d.line(margin, y, used, 2.5, regular, white, lead)
		d.line(margin+used, y, most-used, 2.6, bold, white, address)
	case width(address, 2, bold) <= most: // it says itself what it is for
		d.line(margin, y, most, 2.6, bold, white, address)
	default: // an address that is cut is of no use
		d.line(margin, y-1.6, most, 2.2, bold, white, host)
		d.line(margin, y+1.4, most, 2.2, bold, white, "/"+path)
	}
}

// line sets a text within a width: smaller if need be, down to 70 %, and then
// cut.
func (d *drawing) line(x, y, most, size float64, w weight, ink color.RGBA, words string) {
	words, size = fitted(plain(words), most, size, w)
	if words != "" {
		d.items = append(d.items, text{x, y, size, words, w, ink})
	}
}

// centred is line around a middle, in navy.
func (d *drawing) centred(middle, y, most, size float64, w weight, words string) {
	words, size = fitted(plain(words), most, size, w)
	d.items = append(d.items, text{middle - width(words, size, w)/2, y, size, words, w, navy})
}

// broken parts a text where the first line must end: after a word, or within
// one that is a line by itself, as all are in Chinese.
func broken(words string, most, size float64, w weight) (line, rest string) {
	used, space := 0.0, 0
	for i, r := range words {
		if used += width(string(r), size, w); used > most {
			if space > 0 {
				return words[:space], words[space+1:]
			}
			return words[:i], words[i:]
		}
		if r == ' ' {
			space = i
		}
	}
	return words, ""
}

// fitted is a text, and the size at which it is no wider than most.
func fitted(words string, most, size float64, w weight) (string, float64) {
	const smallest = 0.7
	natural := width(words, size, w)
	if natural <= most {
		return words, size
	}
	if natural*smallest <= most {
		return words, size * most / natural
	}
	size *= smallest
	return cut(words, most, size, w), size
}

// cut is a text that is no wider than most, ending in "…" if something is gone.
func cut(words string, most, size float64, w weight) string {
	if width(words, size, w) <= most {
		return words
	}
	used := width("…", size, w)
	for i, r := range words {
		if used += width(string(r), size, w); used > most {
			return strings.TrimRight(words[:i], " ") + "…"
		}
	}
	return words
}
