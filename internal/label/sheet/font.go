package sheet

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"

	"countersign.dev/internal/problem"
)

// Font is a font whose outlines can be drawn: TrueType or OpenType. It is safe
// for concurrent use.
type Font struct {
	font *sfnt.Font
	em   float64 // units in an em
}

// own is the fonts that the package brings along.
var own = sync.OnceValue(func() [2]*Font {
	var fonts [2]*Font
	for w, ttf := range ownFiles {
		f, err := sfnt.Parse(ttf)
		if err != nil {
			panic(err) // the file is part of the program
		}
		fonts[w] = &Font{f, float64(f.UnitsPerEm())}
	}
	return fonts
})

var ownFiles = [...][]byte{regular: goregular.TTF, bold: gobold.TTF}

// OpenFont reads a font or a collection of fonts, of which it takes the one for
// simplified Chinese if the names tell, else the first. r is read when letters
// are drawn, and must stay open.
func OpenFont(r io.ReaderAt) (*Font, error) {
	c, err := sfnt.ParseCollectionReaderAt(r)
	if err != nil {
		return nil, problem.Wrap(problem.Invalid, err, "font")
	}
	var chosen *sfnt.Font
	for i := range c.NumFonts() {
		f, err := c.Font(i)
		if err != nil {
			return nil, problem.Wrap(problem.Invalid, err, "font %d of the collection", i+1)
		}
		name, _ := f.Name(nil, sfnt.NameIDFull)
		if chosen == nil || strings.Contains(name, " SC") && !strings.Contains(name, "Mono") {
			chosen = f
		}
		if strings.Contains(name, " SC") {
			break
		}
	}
	return &Font{chosen, float64(chosen.UnitsPerEm())}, nil
}

// SystemFonts opens the fonts with many scripts that systems commonly have,
// under folders such as /usr/share/fonts: DejaVu, Noto. What is not there, or
// is no font, is passed over; none at all is fine. The files stay open as long
// as the program runs.
func SystemFonts(folders ...string) []*Font {
	var fonts []*Font
	for _, name := range []string{"DejaVuSans.ttf", "NotoSans-Regular.ttf", "NotoSansCJK-Regular.ttc", "wqy-microhei.ttc", "DroidSansFallbackFull.ttf"} {
		for _, folder := range folders {
			for _, pattern := range []string{name, "*/" + name, "*/*/" + name} {
				found, _ := filepath.Glob(filepath.Join(folder, pattern)) // its one error is a bad pattern
				for _, path := range found {
					if file, err := os.Open(path); err == nil {
						if f, err := OpenFont(file); err == nil {
							fonts = append(fonts, f)
						} else {
							file.Close()
						}
					}
				}
			}
		}
	}
	return fonts
}

// width is that of a text in the package's own font, in the unit of size. What
// that font does not have is taken to be as wide as it usually is: Chinese
// characters are square.
func width(words string, size float64, w weight) float64 {
	f, b := own()[w], new(sfnt.Buffer)
	sum := 0.0
	for _, r := range words {
		switch {
		case f.has(b, r):
			sum += f.advance(b, r)
		case unicode.Is(unicode.M, r):
		case r >= 0x2e80 && r <= 0xffdc, r >= 0x1f000:
			sum++
		default:
			sum += 0.6
		}
	}
	return sum * size
}

// known reports whether the package's own font has all of a text.
func known(words string, w weight) bool {
	f, b := own()[w], new(sfnt.Buffer)
	for _, r := range words {
		if !f.has(b, r) {
			return false
		}
	}
	return true
}

// advance is the width of a character in ems.
func (f *Font) advance(b *sfnt.Buffer, r rune) float64 {
	i, err := f.font.GlyphIndex(b, r)
	if err != nil {
		return 1
	}
	a, err := f.font.GlyphAdvance(b, i, fixed.I(int(f.em)), font.HintingNone)
	if err != nil {
		return 1
	}
	return float64(a) / 64 / f.em
}

func (f *Font) has(b *sfnt.Buffer, r rune) bool {
	i, err := f.font.GlyphIndex(b, r)
	return err == nil && i != 0
}

// outline is the shape of a character in ems, with its base line at y = 0.
func (f *Font) outline(b *sfnt.Buffer, r rune) path {
	i, err := f.font.GlyphIndex(b, r)
	if err != nil {
		return nil
	}
	segments, err := f.font.LoadGlyph(b, i, fixed.I(int(f.em)), nil)
	if err != nil {
		return nil
	}
	kinds := map[sfnt.SegmentOp]kind{sfnt.SegmentOpMoveTo: move, sfnt.SegmentOpLineTo: line, sfnt.SegmentOpQuadTo: quad, sfnt.SegmentOpCubeTo: cubic}
	var p path
	for _, s := range segments {
		if s.Op == sfnt.SegmentOpMoveTo && p != nil {
			p = append(p, at(closed))
		}
		to := segment{kind: kinds[s.Op]}
		for k := range count[to.kind] {
			to.points[k] = point{float64(s.Args[k].X) / 64 / f.em, float64(s.Args[k].Y) / 64 / f.em}
		}
		p = append(p, to)
	}
	if p == nil {
		return nil
	}
	return append(p, at(closed))
}
