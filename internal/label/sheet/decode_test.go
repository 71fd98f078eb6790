package sheet

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	xdraw "golang.org/x/image/draw"
	"golang.org/x/image/math/f64"
)

// decoder reads the QR code in an image, and says "" when it cannot.
type decoder struct {
	name string
	read func(testing.TB, image.Image) string
}

// decoders is two decoders that have no code in common: a port of ZXing, and
// ZBar, which a test that asks for it is skipped without.
var decoders = []decoder{{"gozxing", readGozxing}, {"zbar", readZBar}}

func readGozxing(_ testing.TB, i image.Image) string {
	bitmap, err := gozxing.NewBinaryBitmapFromImage(i)
	if err != nil {
		return ""
	}
	r, err := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true})
	if err != nil {
		return ""
	}
	return r.GetText()
}

func readZBar(t testing.TB, i image.Image) string {
	t.Helper()
	path := tool(t, "zbarimg")
	var file bytes.Buffer
	if err := png.Encode(&file, i); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", "png:-")
	cmd.Stdin = &file
	out, err := cmd.Output()
	const nothingFound = 4
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != nothingFound) {
		t.Fatalf("zbarimg: %v", err)
	}
	return strings.TrimSuffix(string(out), "\n")
}

// tool is where a program of the machine is.
func tool(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("SKIPPED: no %s on this machine", name)
	}
	return path
}

// printed is a label as a printer of 300 dpi gets it.
func printed(t testing.TB, l Label) image.Image {
	t.Helper()
	file, err := new(Press).PNG(l, 300)
	if err != nil {
		t.Fatal(err)
	}
	return decoded(t, file)
}

func decoded(t testing.TB, file []byte) image.Image {
	t.Helper()
	i, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// Both decoders read the code at 25 mm, as a whole label, in every resolution.
func TestDecodes(t *testing.T) {
	l := sample(t)
	for _, d := range decoders {
		t.Run(d.name, func(t *testing.T) {
			for _, dpi := range []int{MinDPI, 203, 300, MaxDPI} { // 203 is that of label printers
				file, err := new(Press).PNG(l, dpi)
				if err != nil {
					t.Fatal(err)
				}
				if got := d.read(t, decoded(t, file)); got != l.URL {
					t.Errorf("%d dpi: read %q", dpi, got)
				}
			}
		})
	}
}

// The figures that are asserted here were measured with 60 seeds each. Of 10 %
// of the modules gone, level M restores what is gone in one piece, as a scratch
// or a sticker takes it: a codeword is eight modules in a block, so a patch of
// 18 by 18 spoils about 16 % of them, and 18 % can be wrong in a block. Ten
// patches of the same sum spoil a quarter, and a third of such codes is lost;
// no code of this size and level can do better.
func TestDecodesDamaged(t *testing.T) {
	l := sample(t)
	whole := printed(t, l)
	for _, d := range decoders {
		t.Run(d.name, func(t *testing.T) {
			for _, c := range []struct {
				patches int
				least   int // of seeds that are read
			}{{1, 18}, {3, 15}} {
				const seeds = 20
				read := 0
				for seed := range uint64(seeds) {
					if d.read(t, damaged(whole, c.patches, seed)) == l.URL {
						read++
					}
				}
				t.Logf("10 %% of the modules gone in %d patches: %d of %d read", c.patches, read, seeds)
				if read < c.least {
					t.Errorf("10 %% of the modules gone in %d patches: %d of %d read, and %d were to be", c.patches, read, seeds, c.least)
				}
			}
		})
	}
}

// place is where a label's code is at 300 dpi: its corner, and the pixels of a
// module.
func place() (left, top, pixels int) {
	scale := 300 / mmPerInch
	pixels = int(codeSize * scale / maxModules)
	half := float64(maxModules*pixels) / 2
	return int(math.Round((codeX+codeSize/2.0)*scale - half)), int(math.Round((codeY+codeSize/2.0)*scale - half)), pixels
}

// damaged takes 10 % of the modules of a code, in so many square patches. Each
// patch is white, black or noise; the three finder patterns, without which
// nobody knows that there is a code, are spared.
func damaged(i image.Image, patches int, seed uint64) image.Image {
	r := rand.New(rand.NewPCG(seed, uint64(patches)))
	out := copied(i)
	left, top, pixels := place()
	finder := func(x, y int) bool {
		return x < 8 && y < 8 || x >= maxModules-8 && y < 8 || x < 8 && y >= maxModules-8
	}
	gone := map[image.Point]bool{}
	most := (maxModules*maxModules - 3*8*8) / 10
	side := int(math.Ceil(math.Sqrt(float64(most) / float64(patches))))
	for len(gone) < most {
		x0, y0 := r.IntN(maxModules-side+1), r.IntN(maxModules-side+1)
		kind := r.IntN(3)
		for n := range side * side {
			x, y := x0+n%side, y0+n/side
			if finder(x, y) || len(gone) == most {
				continue
			}
			gone[image.Pt(x, y)] = true
			ink := image.White
			if kind == 1 || kind == 2 && r.IntN(2) == 0 {
				ink = image.Black
			}
			draw.Draw(out, image.Rect(0, 0, pixels, pixels).Add(image.Pt(left+x*pixels, top+y*pixels)), ink, image.Point{}, draw.Src)
		}
	}
	return out
}

func copied(i image.Image) *image.RGBA {
	out := image.NewRGBA(i.Bounds())
	draw.Draw(out, out.Bounds(), i, image.Point{}, draw.Src)
	return out
}

// A phone holds the label aslant, in poor light, on a table that is no white.
func TestDecodesPhotographed(t *testing.T) {
	l := sample(t)
	whole := printed(t, l)
	for _, d := range decoders {
		t.Run(d.name, func(t *testing.T) {
			for _, degrees := range []float64{-12, 9, 180} {
				if got := d.read(t, photographed(whole, degrees)); got != l.URL {
					t.Errorf("turned by %v degrees: read %q", degrees, got)
				}
			}
		})
	}
}

// photographed is a printed label on a grey table: turned, blurred by that, with
// less contrast and with noise, at 8 pixels for a module, which a phone has from
// a hand's breadth away.
func photographed(i image.Image, degrees float64) image.Image {
	const side, scale = 1800, 1.6
	out := image.NewRGBA(image.Rect(0, 0, side, side))
	draw.Draw(out, out.Bounds(), image.NewUniform(color.Gray{0x98}), image.Point{}, draw.Src)
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	sin, cos = sin*scale, cos*scale
	cx, cy := float64(i.Bounds().Dx())/2, float64(i.Bounds().Dy())/2
	turn := f64.Aff3{cos, -sin, side/2 - cos*cx + sin*cy, sin, cos, side/2 - sin*cx - cos*cy}
	xdraw.CatmullRom.Transform(out, turn, i, i.Bounds(), draw.Over, nil)
	r := rand.New(rand.NewPCG(1, 2))
	for n := range out.Pix {
		if n%4 != 3 {
			v := 45 + float64(out.Pix[n])*0.65 + r.NormFloat64()*12
			out.Pix[n] = uint8(max(0, min(255, v)))
		}
	}
	return out
}

// The three codes of the page, made into pixels by a renderer that is not ours.
func TestPDFDecodes(t *testing.T) {
	pdftoppm := tool(t, "pdftoppm")
	l := sample(t)
	file, err := new(Press).PDF(l)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "sheet")
	if err := os.WriteFile(path+".pdf", file, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(pdftoppm, "-r", "300", "-png", "-singlefile", path+".pdf", path).CombinedOutput(); err != nil {
		t.Fatalf("pdftoppm: %v: %s", err, out)
	}
	raster, err := os.ReadFile(path + ".png")
	if err != nil {
		t.Fatal(err)
	}
	page := copied(decoded(t, raster))
	for _, d := range decoders {
		t.Run(d.name, func(t *testing.T) {
			for _, s := range sizes {
				scale := 300 / mmPerInch
				cut := image.Rect(int(s.x*scale), int(s.y*scale), int((s.x+frontWidth*s.scale)*scale), int((s.y+frontHeight*s.scale)*scale))
				if got := d.read(t, page.SubImage(cut)); got != l.URL {
					t.Errorf("size %v: read %q", s.scale, got)
				}
			}
		})
	}
}
