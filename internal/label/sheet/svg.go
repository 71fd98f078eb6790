package sheet

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image/color"
	"strconv"
	"strings"
)

// SVG draws a label, with its details below if it has any. Texts are texts, in
// whatever plain font the reader has; title and description say the same in
// words. It has no script, no style sheet and no reference to anything, and can
// be shown under the strictest policy. Width and height are in millimetres.
func SVG(l Label) ([]byte, error) {
	d, err := whole(l)
	if err != nil {
		return nil, err
	}
	return d.svg("mm", l.ID, "Security label "+l.ID+" for "+l.Product, l.words()+l.Details.words()), nil
}

// svg writes a drawing whose lengths are in a unit of SVG. The id keeps apart
// what stands in one page.
func (d *drawing) svg(unit, id, title, desc string) []byte {
	var b bytes.Buffer
	id = strings.Map(onlyWord, id)
	w, h := number(d.width), number(d.height)
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%s%s" height="%s%s" viewBox="0 0 %s %s" role="img" aria-labelledby="t-%s d-%s">`+"\n",
		w, unit, h, unit, w, h, id, id)
	fmt.Fprintf(&b, "<title id=\"t-%s\">%s</title>\n<desc id=\"d-%s\">%s</desc>\n", id, escaped(title), id, escaped(desc))
	for _, i := range d.items {
		switch i := i.(type) {
		case fill:
			fmt.Fprintf(&b, "<path fill=\"%s\" d=\"%s\"/>\n", hex(i.ink), i.path.svg())
		case code:
			i.svg(&b)
		case text:
			i.svg(&b)
		}
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

func (c code) svg(b *bytes.Buffer) {
	fmt.Fprintf(b, "<path fill=\"#000\" shape-rendering=\"crispEdges\" transform=\"translate(%s %s) scale(%s)\" d=\"",
		number(c.x), number(c.y), strconv.FormatFloat(c.size/float64(len(c.modules)), 'f', 6, 64))
	for r := range c.modules.runs() {
		fmt.Fprintf(b, "M%d %dh%dv1h-%dz", r.x, r.y, r.length, r.length)
	}
	b.WriteString("\"/>\n")
}

func (t text) svg(b *bytes.Buffer) {
	const family = "Arial, Helvetica, 'Liberation Sans', 'DejaVu Sans', sans-serif"
	attributes := ""
	if t.weight == bold {
		attributes = ` font-weight="700"`
	}
	// The reader's font may be wider than ours. Where we know how wide the
	// text is, it is set to be that wide.
	if known(t.words, t.weight) {
		attributes += fmt.Sprintf(` textLength="%s" lengthAdjust="spacingAndGlyphs"`, number(width(t.words, t.size, t.weight)))
	}
	fmt.Fprintf(b, "<text x=\"%s\" y=\"%s\" font-family=\"%s\" font-size=\"%s\"%s fill=\"%s\">%s</text>\n",
		number(t.x), number(t.y), family, number(t.size), attributes, hex(t.ink), escaped(t.words))
}

var letters = [...]string{move: "M", line: "L", quad: "Q", cubic: "C", closed: "Z"}

func (p path) svg() string {
	var b strings.Builder
	for _, s := range p {
		b.WriteString(letters[s.kind])
		for k := range count[s.kind] {
			if k > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(number(s.points[k].x) + " " + number(s.points[k].y))
		}
	}
	return b.String()
}

// number is a length with a precision of a thousandth of a millimetre.
func number(v float64) string {
	s := strconv.FormatFloat(v, 'f', 3, 64)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

func hex(c color.RGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

func escaped(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(plain(s))) // a buffer takes everything
	return b.String()
}

func onlyWord(r rune) rune {
	if r == '-' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
		return r
	}
	return -1
}
