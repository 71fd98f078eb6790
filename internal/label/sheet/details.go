package sheet

import (
	"fmt"
	"image/color"
	"strings"
)

// maxEntries is how many entries of the details are drawn in all; the address
// has the others.
const maxEntries = 40

const (
	entrySize = 2.3
	leading   = 3.2
)

// whole is the front, with the details below it.
func whole(l Label) (*drawing, error) {
	d, err := front(l)
	if err != nil || l.Details == nil {
		return d, err
	}
	panel := details(l, frontWidth)
	const gap = 1.5
	all := &drawing{width: frontWidth, height: frontHeight + gap + panel.height}
	all.place(d, 0, 0, 1)
	all.place(panel, 0, frontHeight+gap, 1)
	return all, nil
}

// part is one heading of the details.
type part struct {
	title   string
	entries []string
	icon    path
	ink     color.RGBA
}

func (d *Details) parts() []part {
	if d == nil {
		return nil
	}
	return []part{
		{"Not met", d.NotMet, cross(), red},
		{"Met", d.Met, tick(), navy},
		{"Does not apply", d.NotApplicable, dash(), grey},
	}
}

// words is what the details say, for those who do not see them.
func (d *Details) words() string {
	var b strings.Builder
	for _, p := range d.parts() {
		if len(p.entries) > 0 {
			fmt.Fprintf(&b, " %s: %d.", p.title, len(p.entries))
		}
	}
	return b.String()
}

// details lays out the second panel, w wide. What is not met comes first: it is
// what one looks for.
func details(l Label, w float64) *drawing {
	d := &drawing{width: w}
	y := margin + 3.2
	d.line(margin, y, w-2*margin, 3.3, bold, navy, "What was checked")
	y += 1.4
	left := maxEntries
	for _, p := range l.Details.parts() {
		if len(p.entries) == 0 {
			continue
		}
		y += leading + 1
		d.line(margin, y, w-2*margin, 2.5, bold, p.ink, fmt.Sprintf("%s (%d)", p.title, len(p.entries)))
		y += 0.6
		shown := min(len(p.entries), left)
		left -= shown
		for _, e := range p.entries[:shown] {
			y = d.entry(p, e, y, w)
		}
		if n := len(p.entries) - shown; n > 0 {
			y += leading
			d.line(margin+3.4, y, w-2*margin-3.4, entrySize, regular, grey, fmt.Sprintf("and %d more, under the address of the label", n))
		}
	}
	d.height = y + margin
	border := fill{frame(0, 0, w, d.height, 2.6, 0.45), navy}
	ground := fill{round(0, 0, w, d.height, 2.6), white}
	d.items = append([]any{ground, border}, d.items...)
	return d
}

// entry sets one sentence with its sign, on as many lines as it needs, and
// returns the base line of the last.
func (d *drawing) entry(p part, words string, y, w float64) float64 {
	const indent, icon = 3.4, 2.1
	d.fill(p.icon.moved(margin, y+leading-icon+0.25, icon/10), p.ink)
	for _, l := range wrapped(plain(words), w-2*margin-indent, entrySize) {
		y += leading
		d.line(margin+indent, y, w-2*margin-indent, entrySize, regular, navy, l)
	}
	return y + 0.3
}

// wrapped parts a text into at most four lines; the last is left to whoever sets
// it if it is too wide.
func wrapped(words string, most, size float64) []string {
	const maxLines = 4
	var lines []string
	for len(lines) < maxLines-1 {
		line, rest := broken(words, most, size, regular)
		if rest == "" {
			return append(lines, line)
		}
		lines, words = append(lines, line), rest
	}
	return append(lines, words)
}
