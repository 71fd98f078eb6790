package sheet

import (
	"iter"

	"rsc.io/qr/coding"

	"countersign.dev/internal/problem"
)

// maxVersion is the largest QR code on a label: above version 10, of 57 modules,
// 25 mm are too little for the camera of a phone, with modules below 0.44 mm.
const (
	maxVersion = coding.Version(10)
	maxModules = 57
)

// quiet is the width of the empty border of a QR code, in modules (ISO/IEC
// 18004, section 9.1).
const quiet = 4

// Modules is a QR code without its quiet zone: rows from the top, true for dark.
type Modules [][]bool

// Encode makes the QR code of an address at level M. The address must keep to
// the alphanumeric mode, as those of package core do, and to the 311 characters
// that make 57 modules. Of the eight masks it takes the one with the fewest
// features that mislead a reader (ISO/IEC 18004, section 7.8.3).
func Encode(url string) (Modules, error) {
	text := coding.Alpha(url)
	if err := text.Check(); err != nil || url == "" {
		return nil, problem.New(problem.Invalid, "QR code of %.60q: want an address in the characters of the alphanumeric mode", url)
	}
	v := coding.Version(coding.MinVersion)
	for text.Bits(v) > v.DataBytes(coding.M)*8 {
		if v++; v > maxVersion {
			return nil, problem.New(problem.Invalid, "QR code of %d characters: version %d, of %d modules, is the largest that a label has room for", len(url), maxVersion, maxModules)
		}
	}
	var best Modules
	least := -1
	for mask := range coding.Mask(8) {
		plan, err := coding.NewPlan(v, coding.M, mask)
		if err != nil {
			return nil, problem.Wrap(problem.Internal, err, "QR code")
		}
		code, err := plan.Encode(text)
		if err != nil {
			return nil, problem.Wrap(problem.Internal, err, "QR code")
		}
		m := modulesOf(code)
		if p := m.penalty(); least < 0 || p < least {
			best, least = m, p
		}
	}
	return best, nil
}

func modulesOf(code *coding.Code) Modules {
	m := make(Modules, code.Size)
	for y := range m {
		m[y] = make([]bool, code.Size)
		for x := range m[y] {
			m[y][x] = code.Black(x, y)
		}
	}
	return m
}

// penalty is how much of a code misleads readers, by the four rules of ISO/IEC
// 18004, section 7.8.3.1.
func (m Modules) penalty() int {
	dark, sum := 0, 0
	column := make([]bool, len(m))
	for i, row := range m {
		for k := range m {
			column[k] = m[k][i]
			if row[k] {
				dark++
			}
			if i > 0 && k > 0 && row[k] == row[k-1] && row[k] == m[i-1][k] && row[k] == m[i-1][k-1] {
				sum += 3
			}
		}
		sum += rowPenalty(row) + rowPenalty(column)
	}
	all := len(m) * len(m)
	return sum + 10*(abs(dark*100-50*all)/(5*all))
}

// rowPenalty is the penalty of one row or column: for five or more modules of one
// kind in a row, and for what looks like a finder pattern, which is dark, light,
// three dark, light, dark, with four light on one side.
func rowPenalty(row []bool) int {
	const (
		window = 1<<11 - 1
		before = 0b00001011101
		after  = 0b10111010000
	)
	sum, length, last := 0, 0, 0
	for i, dark := range row {
		last = last << 1 & window
		if dark {
			last |= 1
		}
		if i >= 10 && (last == before || last == after) {
			sum += 40
		}
		if i > 0 && dark == row[i-1] {
			length++
		} else {
			length = 1
		}
		switch {
		case length == 5:
			sum += 3
		case length > 5:
			sum++
		}
	}
	return sum
}

func abs(n int) int { return max(n, -n) }

// darkRun is neighbouring dark modules of a row.
type darkRun struct{ x, y, length int }

// runs gives the dark modules, those of a row that touch as one, so that no
// seams show between them.
func (m Modules) runs() iter.Seq[darkRun] {
	return func(yield func(darkRun) bool) {
		for y, row := range m {
			for x := 0; x < len(row); x++ {
				from := x
				for x < len(row) && row[x] {
					x++
				}
				if x > from && !yield(darkRun{from, y, x - from}) {
					return
				}
			}
		}
	}
}

// path is the dark modules as one shape, one unit wide each.
func (m Modules) path() path {
	var p path
	for r := range m.runs() {
		p = append(p, rect(float64(r.x), float64(r.y), float64(r.length), 1)...)
	}
	return p
}
