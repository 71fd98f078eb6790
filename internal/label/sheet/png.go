package sheet

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/vector"

	"countersign.dev/internal/problem"
)

// The resolutions in which PNG are made, in dots per inch.
const (
	MinDPI = 150 // below which modules of 0.44 mm have less than 3 pixels
	MaxDPI = 600
)

const mmPerInch = 25.4

// PNG draws a label, with its details below if it has any. The file says its
// resolution, so that it prints in its size. Modules of the QR code are whole
// pixels, all of one width, and the code therefore up to a module's width of
// pixels narrower than 25 mm.
func (p *Press) PNG(l Label, dpi int) ([]byte, error) {
	if dpi < MinDPI || dpi > MaxDPI {
		return nil, problem.New(problem.Invalid, "%d dpi: want %d to %d", dpi, MinDPI, MaxDPI)
	}
	d, err := whole(p.readable(l))
	if err != nil {
		return nil, err
	}
	c := &canvas{scale: float64(dpi) / mmPerInch}
	c.image = image.NewRGBA(image.Rect(0, 0, int(math.Ceil(d.width*c.scale)), int(math.Ceil(d.height*c.scale))))
	draw.Draw(c.image, c.image.Bounds(), image.White, image.Point{}, draw.Src)
	for _, i := range d.items {
		switch i := i.(type) {
		case fill:
			c.fill(i.path, i.ink)
		case code:
			c.code(i)
		case text:
			p.write(i, c.fill)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, c.image); err != nil {
		return nil, problem.Wrap(problem.Internal, err, "label %s", l.ID)
	}
	return resolved(b.Bytes(), dpi), nil
}

// write draws a text as outlines, through a function that fills them.
func (p *Press) write(t text, filled func(path, color.RGBA)) {
	b := new(sfnt.Buffer)
	x := t.x
	for _, r := range p.runs(t.words, t.weight) {
		for _, c := range r.words {
			if o := r.font.outline(b, c); o != nil {
				filled(o.moved(x, t.y, t.size), t.ink)
			}
			x += r.font.advance(b, c) * t.size
		}
	}
}

// canvas is an image that is drawn on in millimetres.
type canvas struct {
	image *image.RGBA
	scale float64 // pixels in a millimetre
	pen   vector.Rasterizer
}

// fill rasterises a path within the pixels that it touches.
func (c *canvas) fill(p path, ink color.RGBA) {
	p = p.moved(0, 0, c.scale)
	box := p.bounds().Intersect(c.image.Bounds())
	if box.Empty() {
		return
	}
	c.pen.Reset(box.Dx(), box.Dy())
	f := func(i int, s segment) (x, y float32) {
		return float32(s.points[i].x - float64(box.Min.X)), float32(s.points[i].y - float64(box.Min.Y))
	}
	for _, s := range p {
		ax, ay := f(0, s)
		bx, by := f(1, s)
		cx, cy := f(2, s)
		switch s.kind {
		case move:
			c.pen.MoveTo(ax, ay)
		case line:
			c.pen.LineTo(ax, ay)
		case quad:
			c.pen.QuadTo(ax, ay, bx, by)
		case cubic:
			c.pen.CubeTo(ax, ay, bx, by, cx, cy)
		case closed:
			c.pen.ClosePath()
		}
	}
	c.pen.Draw(c.image, box, image.NewUniform(ink), image.Point{})
}

// bounds is the pixels that a path may touch.
func (p path) bounds() image.Rectangle {
	box := image.Rectangle{Min: image.Pt(math.MaxInt32, math.MaxInt32), Max: image.Pt(math.MinInt32, math.MinInt32)}
	for _, s := range p {
		for _, q := range s.points[:count[s.kind]] {
			box.Min.X, box.Min.Y = min(box.Min.X, int(math.Floor(q.x))), min(box.Min.Y, int(math.Floor(q.y)))
			box.Max.X, box.Max.Y = max(box.Max.X, int(math.Ceil(q.x))), max(box.Max.Y, int(math.Ceil(q.y)))
		}
	}
	return box
}

// code draws modules of whole pixels, in the middle of their place.
func (c *canvas) code(i code) {
	n := len(i.modules)
	pixels := int(i.size * c.scale / float64(n))
	left := int(math.Round((i.x+i.size/2)*c.scale - float64(n*pixels)/2))
	top := int(math.Round((i.y+i.size/2)*c.scale - float64(n*pixels)/2))
	for y, row := range i.modules {
		for x, dark := range row {
			if dark {
				r := image.Rect(left+x*pixels, top+y*pixels, left+(x+1)*pixels, top+(y+1)*pixels)
				draw.Draw(c.image, r, image.Black, image.Point{}, draw.Src)
			}
		}
	}
}

// resolved is a PNG with a pHYs chunk, which says how large a pixel is (PNG
// specification, section 11.3.4.3); Go's encoder writes none. It stands right
// after the header, whose length is fixed.
func resolved(file []byte, dpi int) []byte {
	const header = 8 + 4 + 4 + 13 + 4 // signature; length, type, data and checksum of IHDR
	perMetre := uint32(math.Round(float64(dpi) * 1000 / mmPerInch))
	chunk := []byte("pHYs")
	chunk = binary.BigEndian.AppendUint32(chunk, perMetre)
	chunk = binary.BigEndian.AppendUint32(chunk, perMetre)
	chunk = append(chunk, 1) // the unit is the metre
	out := append([]byte{}, file[:header]...)
	out = binary.BigEndian.AppendUint32(out, uint32(len(chunk)-4))
	out = append(out, chunk...)
	out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(chunk))
	return append(out, file[header:]...)
}
