package sheet

import (
	"bytes"
	"fmt"
	"image/color"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/sfnt"

	"countersign.dev/internal/problem"
)

// A page of A4, in millimetres.
const (
	pageWidth  = 210
	pageHeight = 297
	pageMargin = 12.0
)

// PDF draws a page to print: the front in three sizes with marks where to cut,
// and the details below, or on a second page if they are long. The smallest has
// a QR code of 25 mm. The same label gives the same bytes.
func (p *Press) PDF(l Label) ([]byte, error) {
	pages, err := pages(p.readable(l))
	if err != nil {
		return nil, err
	}
	f := fpdf.New("P", "mm", "A4", "")
	f.SetCatalogSort(true)
	f.SetCreationDate(l.ValidUntil.Time())
	f.SetModificationDate(l.ValidUntil.Time())
	f.SetTitle("Security label "+l.ID, true)
	f.SetSubject(l.words(), true)
	f.SetProducer("countersign", true)
	f.SetLang("en")
	f.SetAutoPageBreak(false, 0)
	for w, name := range families {
		f.AddUTF8FontFromBytes(name, "", bytes.Clone(ownFiles[w]))
	}
	for _, d := range pages {
		f.AddPage()
		p.page(f, d)
	}
	var b bytes.Buffer
	if err := f.Output(&b); err != nil {
		return nil, problem.Wrap(problem.Internal, err, "label %s", l.ID)
	}
	return b.Bytes(), nil
}

// page draws one page.
func (p *Press) page(f *fpdf.Fpdf, d *drawing) {
	for _, i := range d.items {
		switch i := i.(type) {
		case fill:
			inked(f, i.path, i.ink)
		case code:
			inked(f, i.modules.path().moved(i.x, i.y, i.size/float64(len(i.modules))), black)
		case text:
			p.set(f, i)
		}
	}
}

var families = [...]string{regular: "regular", bold: "bold"}

// set writes a text: letters of the package's own fonts as letters, so that it
// can be searched and copied, others as outlines.
func (p *Press) set(f *fpdf.Fpdf, t text) {
	b := new(sfnt.Buffer)
	x := t.x
	for _, r := range p.runs(t.words, t.weight) {
		if r.own {
			f.SetFont(families[t.weight], "", t.size*72/mmPerInch)
			f.SetTextColor(int(t.ink.R), int(t.ink.G), int(t.ink.B))
			f.Text(x, t.y, r.words)
		}
		for _, c := range r.words {
			if o := r.font.outline(b, c); o != nil && !r.own {
				inked(f, o.moved(x, t.y, t.size), t.ink)
			}
			x += r.font.advance(b, c) * t.size
		}
	}
}

// inked fills a path. PDF has no curves of second degree; they are raised to
// the third, which changes nothing of their shape.
func inked(f *fpdf.Fpdf, p path, ink color.RGBA) {
	f.SetFillColor(int(ink.R), int(ink.G), int(ink.B))
	var from point
	for _, s := range p {
		a, b, c := s.points[0], s.points[1], s.points[2]
		switch s.kind {
		case move:
			f.MoveTo(a.x, a.y)
		case line:
			f.LineTo(a.x, a.y)
		case quad:
			f.CurveBezierCubicTo(from.x+(a.x-from.x)*2/3, from.y+(a.y-from.y)*2/3, b.x+(a.x-b.x)*2/3, b.y+(a.y-b.y)*2/3, b.x, b.y)
		case cubic:
			f.CurveBezierCubicTo(a.x, a.y, b.x, b.y, c.x, c.y)
		case closed:
			f.ClosePath()
		}
		if n := count[s.kind]; n > 0 {
			from = s.points[n-1]
		}
	}
	f.DrawPath("F")
}

// sizes is the places of the front on the page. The smallest has a code of 25 mm,
// the largest is for a box.
var sizes = []struct{ x, y, scale float64 }{{14, 32, 1}, {106, 32, 1.1}, {14, 102, 1.5}}

// pages lays out the sheet.
func pages(l Label) ([]*drawing, error) {
	label, err := front(l)
	if err != nil {
		return nil, err
	}
	first := &drawing{width: pageWidth, height: pageHeight}
	first.line(pageMargin, 15, pageWidth-2*pageMargin, 4.2, bold, navy, fmt.Sprintf("Label %s: %s", l.ID, l.Product))
	first.line(pageMargin, 20, pageWidth-2*pageMargin, 2.6, regular, grey,
		"Print at 100 %. Keep the white border around the code, and do not print the code smaller than 25 mm.")
	for _, s := range sizes {
		first.place(label, s.x, s.y, s.scale)
		first.cuttingMarks(s.x, s.y, label.width*s.scale, label.height*s.scale)
		first.line(s.x+4, s.y+label.height*s.scale+4.6, 80, 2.2, regular, grey, fmt.Sprintf("code %.1f mm", codeSize*s.scale))
	}
	if l.Details == nil {
		return []*drawing{first}, nil
	}
	const below, smallest = 190.0, 0.85
	panel := details(l, pageWidth-2*pageMargin, 2)
	if scale := (pageHeight - pageMargin - below) / panel.height; scale >= smallest {
		first.place(panel, pageMargin, below, min(1, scale))
		return []*drawing{first}, nil
	}
	second := &drawing{width: pageWidth, height: pageHeight}
	second.place(panel, pageMargin, pageMargin, min(1, (pageHeight-2*pageMargin)/panel.height))
	return []*drawing{first, second}, nil
}

// cuttingMarks draws the corners along which a label is cut.
func (d *drawing) cuttingMarks(x, y, w, h float64) {
	const from, long, thick = 0.8, 2.6, 0.15
	for _, cx := range []float64{x, x + w} {
		for _, cy := range []float64{y, y + h} {
			right, down := cx > x, cy > y
			hx, vy := cx-from-long, cy-from-long
			if right {
				hx = cx + from
			}
			if down {
				vy = cy + from
			}
			d.fill(rect(hx, cy-thick/2, long, thick), grey)
			d.fill(rect(cx-thick/2, vy, thick, long), grey)
		}
	}
}
