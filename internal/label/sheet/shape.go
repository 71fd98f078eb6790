package sheet

import "image/color"

// The inks. All but the two of the details print well in one black.
var (
	navy  = color.RGBA{0x10, 0x24, 0x3e, 0xff}
	grey  = color.RGBA{0x52, 0x5e, 0x6c, 0xff}
	white = color.RGBA{0xff, 0xff, 0xff, 0xff}
	black = color.RGBA{0x00, 0x00, 0x00, 0xff}
	red   = color.RGBA{0xa4, 0x1e, 0x22, 0xff}
)

// drawing is shapes and texts, in the order in which they are drawn, in
// millimetres from the top left corner.
type drawing struct {
	width, height float64
	items         []any // fill, text or code
}

// fill is a path filled by the non-zero rule.
type fill struct {
	path path
	ink  color.RGBA
}

// text is a line of letters; y is its base line.
type text struct {
	x, y   float64
	size   float64 // of the em
	words  string
	weight weight
	ink    color.RGBA
}

// code is a QR code, without its quiet zone, size wide.
type code struct {
	x, y, size float64
	modules    Modules
}

type weight int

const (
	regular weight = iota
	bold
)

// place adds another drawing at a scale.
func (d *drawing) place(other *drawing, x, y, scale float64) {
	for _, i := range other.items {
		switch i := i.(type) {
		case fill:
			d.items = append(d.items, fill{i.path.moved(x, y, scale), i.ink})
		case text:
			i.x, i.y, i.size = x+i.x*scale, y+i.y*scale, i.size*scale
			d.items = append(d.items, i)
		case code:
			i.x, i.y, i.size = x+i.x*scale, y+i.y*scale, i.size*scale
			d.items = append(d.items, i)
		}
	}
}

func (d *drawing) fill(p path, ink color.RGBA) { d.items = append(d.items, fill{p, ink}) }

// path is closed figures of straight lines and curves.
type path []segment

// segment is one step of a path. The last of its points is where it leads.
type segment struct {
	kind   kind
	points [3]point
}

type point struct{ x, y float64 }

type kind int

const (
	move kind = iota
	line
	quad
	cubic
	closed
)

// count is how many points a kind of segment has.
var count = [...]int{move: 1, line: 1, quad: 2, cubic: 3, closed: 0}

func (p path) moved(x, y, scale float64) path {
	out := make(path, len(p))
	for i, s := range p {
		for k := range count[s.kind] {
			s.points[k] = point{x + s.points[k].x*scale, y + s.points[k].y*scale}
		}
		out[i] = s
	}
	return out
}

// polygon is a closed figure of straight lines, of pairs x, y.
func polygon(xy ...float64) path {
	p := path{{kind: move, points: [3]point{{xy[0], xy[1]}}}}
	for i := 2; i < len(xy); i += 2 {
		p = append(p, segment{kind: line, points: [3]point{{xy[i], xy[i+1]}}})
	}
	return append(p, segment{kind: closed})
}

func rect(x, y, w, h float64) path { return polygon(x, y, x+w, y, x+w, y+h, x, y+h) }

// round is a rectangle with round corners, drawn clockwise.
func round(x, y, w, h, r float64) path {
	const k = 0.5523 // of a cubic that is nearly a quarter of a circle
	c := r * (1 - k)
	return path{
		at(move, x+r, y),
		at(line, x+w-r, y), at(cubic, x+w-c, y, x+w, y+c, x+w, y+r),
		at(line, x+w, y+h-r), at(cubic, x+w, y+h-c, x+w-c, y+h, x+w-r, y+h),
		at(line, x+r, y+h), at(cubic, x+c, y+h, x, y+h-c, x, y+h-r),
		at(line, x, y+r), at(cubic, x, y+c, x+c, y, x+r, y),
		at(closed),
	}
}

// frame is the border of a round rectangle: the inside is drawn the other way
// round, and so left out.
func frame(x, y, w, h, r, width float64) path {
	return append(round(x, y, w, h, r), mirrored(round(x+width, y+width, w-2*width, h-2*width, r-width), 2*x+w)...)
}

// mirrored is a path turned over at the middle of 0 and sum, which turns its
// direction.
func mirrored(p path, sum float64) path {
	out := make(path, len(p))
	for i, s := range p {
		for k := range count[s.kind] {
			s.points[k].x = sum - s.points[k].x
		}
		out[i] = s
	}
	return out
}

func at(k kind, xy ...float64) segment {
	s := segment{kind: k}
	for i := range count[k] {
		s.points[i] = point{xy[2*i], xy[2*i+1]}
	}
	return s
}
