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
	panel := details(l, frontWidth, 1)
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

// details lays out the second panel, w wide, in columns. What is not met comes
// first: it is what one looks for.
func details(l Label, w float64, columns int) *drawing {
	const gutter = 6
	each := (w - 2*margin - gutter*float64(columns-1)) / float64(columns)
	blocks := l.Details.blocks(each)
	whole := 0.0
	for _, b := range blocks {
		whole += b.height
	}
	d := &drawing{width: w}
	d.line(margin, margin+3.2, w-2*margin, 3.3, bold, navy, "What was checked")
	const top = margin + 3.6
	x, y := margin, top
	for i, b := range blocks {
		need := b.height
		if b.heading && i+1 < len(blocks) { // which stays with what follows
			need += blocks[i+1].height
		}
		if y > top && y+need > top+whole/float64(columns)+leading && columns > 1 {
			x, y = x+each+gutter, top
			columns--
		}
		d.place(&b.drawing, x, y, 1)
		y += b.height
		d.height = max(d.height, y+margin)
	}
	d.height = max(d.height, top+margin)
	ground := fill{round(0, 0, w, d.height, 2.6), white}
	border := fill{frame(0, 0, w, d.height, 2.6, 0.45), navy}
	d.items = append([]any{ground, border}, d.items...)
	return d
}

// block is what is not parted between columns: a heading or an entry.
type block struct {
	drawing
	heading bool
}

// blocks lays out headings and entries, w wide.
func (d *Details) blocks(w float64) []block {
	var out []block
	left := maxEntries
	for _, p := range d.parts() {
		if len(p.entries) == 0 {
			continue
		}
		h := block{drawing{width: w, height: leading + 1.6}, true}
		h.line(0, leading+1, w, 2.5, bold, p.ink, fmt.Sprintf("%s (%d)", p.title, len(p.entries)))
		out = append(out, h)
		shown := min(len(p.entries), left)
		left -= shown
		for _, e := range p.entries[:shown] {
			out = append(out, p.entry(e, w))
		}
		if n := len(p.entries) - shown; n > 0 {
			more := block{drawing: drawing{width: w, height: leading}}
			more.line(indent, leading, w-indent, entrySize, regular, grey, fmt.Sprintf("and %d more, under the address of the label", n))
			out = append(out, more)
		}
	}
	return out
}

// indent is the place of the sign before an entry.
const indent = 3.4

// entry sets one sentence with its sign, on as many lines as it needs.
func (p part) entry(words string, w float64) block {
	const icon = 2.1
	b := block{drawing: drawing{width: w}}
	b.fill(p.icon.moved(0, leading-icon+0.25, icon/10), p.ink)
	for _, l := range wrapped(plain(words), w-indent, entrySize) {
		b.height += leading
		b.line(indent, b.height, w-indent, entrySize, regular, navy, l)
	}
	b.height += 0.3
	return b
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
