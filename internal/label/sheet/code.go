package sheet

import (
	"image/color"

	"github.com/boombuler/barcode/qr"

	"countersign.dev/internal/problem"
)

// maxModules is the width of version 10, above which 25 mm are too little for
// the camera of a phone: modules would be smaller than 0.44 mm.
const maxModules = 57

// quiet is the width of the empty border of a QR code, in modules (ISO/IEC
// 18004, section 9.1).
const quiet = 4

// Modules is a QR code without its quiet zone: rows from the top, true for dark.
type Modules [][]bool

// Encode makes the QR code of an address at level M. The address must keep to
// the alphanumeric mode, as those of package core do, and to the 311 characters
// that make 57 modules.
func Encode(url string) (Modules, error) {
	if url == "" {
		return nil, problem.New(problem.Invalid, "QR code of nothing: want the address of a label")
	}
	code, err := qr.Encode(url, qr.M, qr.AlphaNumeric)
	if err != nil {
		return nil, problem.Wrap(problem.Invalid, err, "QR code of %.60q", url)
	}
	width := code.Bounds().Dx()
	if width > maxModules {
		return nil, problem.New(problem.Invalid, "QR code of %d characters: %d modules wide, and %d are the most that a label has room for", len(url), width, maxModules)
	}
	m := make(Modules, width)
	for y := range m {
		m[y] = make([]bool, width)
		for x := range m[y] {
			m[y][x] = dark(code.At(x, y))
		}
	}
	return m, nil
}

func dark(c color.Color) bool {
	r, _, _, _ := c.RGBA()
	return r < 0x8000
}

// path is the dark modules, one unit wide each, as one shape: runs of a row are
// one rectangle, so that no seams show between modules.
func (m Modules) path() path {
	var p path
	for y, row := range m {
		for x := 0; x < len(row); x++ {
			from := x
			for x < len(row) && row[x] {
				x++
			}
			if x > from {
				p = append(p, rect(float64(from), float64(y), float64(x-from), 1)...)
			}
		}
	}
	return p
}
