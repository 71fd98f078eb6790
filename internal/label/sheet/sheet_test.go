package sheet

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"image/color"
	"io"
	"math"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
)

// Every label that can be laid out is printed by all three, and the SVG is
// well-formed, has the texts as text, and nothing that acts or points elsewhere.
func TestPrinters(t *testing.T) {
	gen := labels(t)
	rapid.Check(t, func(t *rapid.T) {
		l := gen.Draw(t, "label")
		file, err := SVG(l)
		if err != nil {
			t.Fatal(err)
		}
		inspect(t, file)
	})
	for _, l := range []Label{sample(t), hostile(t)} {
		if _, err := new(Press).PNG(l, MinDPI); err != nil {
			t.Error(err)
		}
		if _, err := new(Press).PDF(l); err != nil {
			t.Error(err)
		}
	}
}

func hostile(t testing.TB) Label {
	l := sample(t)
	l.Product = "</text><script>alert(1)</script>\x00\u202e"
	l.Maker = `" onload="alert(1)`
	l.Authority = strings.Repeat("x", 1<<16)
	l.Details = &Details{Met: []string{"", strings.Repeat("very long ", 1000), "\xff"}, NotMet: make([]string, 500)}
	return l
}

// inspect reads a drawing as XML, and returns its texts.
func inspect(t interface{ Fatalf(string, ...any) }, file []byte) []string {
	allowed := map[string]bool{"svg": true, "title": true, "desc": true, "path": true, "text": true}
	dec := xml.NewDecoder(bytes.NewReader(file))
	var texts []string
	in := ""
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return texts
		}
		if err != nil {
			t.Fatalf("not well-formed: %v\n%s", err, file)
		}
		switch x := token.(type) {
		case xml.StartElement:
			in = x.Name.Local
			if !allowed[in] {
				t.Fatalf("element %s", in)
			}
			for _, a := range x.Attr {
				if n := strings.ToLower(a.Name.Local); strings.HasPrefix(n, "on") || n == "href" || n == "style" {
					t.Fatalf("attribute %s", n)
				}
			}
		case xml.CharData:
			if in == "text" {
				texts = append(texts, string(x))
			}
		case xml.EndElement:
			in = ""
		}
	}
}

func TestSVGSays(t *testing.T) {
	l := sample(t)
	l.Details = &Details{Met: []string{"Updates are signed"}, NotMet: []string{"The card is not encrypted"}, NotApplicable: []string{"Telemetry"}}
	file, err := SVG(l)
	if err != nil {
		t.Fatal(err)
	}
	texts := strings.Join(inspect(t, file), "\n")
	for _, want := range []string{
		"SECURITY LABEL", "IoT security tiers", "by Demo Label Authority", "Tier 2 of 4", "Porch Cam 3", "Northlight Cameras Ltd",
		"26 Nov 2028", "31 Dec 2031", "7K2MD-4XPTE", "labels.example/L/7K2MD-4XPTE",
		"Met (1)", "Not met (1)", "Does not apply (1)", "Updates are signed", "The card is not encrypted", "Telemetry",
	} {
		if !strings.Contains(texts, want) {
			t.Errorf("no %q in:\n%s", want, texts)
		}
	}
	for _, want := range []string{
		`width="82mm"`, `role="img"`, `aria-labelledby="t-7K2MD-4XPTE d-7K2MD-4XPTE"`,
		`<title id="t-7K2MD-4XPTE">Security label 7K2MD-4XPTE for Porch Cam 3</title>`,
		"Porch Cam 3 by Northlight Cameras Ltd. Tier 2 of 4. Given by Demo Label Authority under IoT security tiers. Valid until 26 Nov 2028.",
		"Not met: 1. Met: 1. Does not apply: 1.</desc>",
	} {
		if !bytes.Contains(file, []byte(want)) {
			t.Errorf("no %s", want)
		}
	}
	l.SupportEnd, l.Tier, l.Tiers, l.Details = "", 0, 0, nil
	if file, err = SVG(l); err != nil {
		t.Fatal(err)
	}
	if texts = strings.Join(inspect(t, file), "\n"); !strings.Contains(texts, "not stated") || strings.Contains(texts, "Tier ") {
		t.Errorf("without support end and tiers:\n%s", texts)
	}
}

// Of many entries the first are shown, what is not met before all, and the
// number of the others is told.
func TestManyEntries(t *testing.T) {
	l := sample(t)
	l.Details = &Details{}
	for i := range 60 {
		l.Details.Met = append(l.Details.Met, fmt.Sprintf("met %d", i))
	}
	l.Details.NotMet = []string{"gap one", "gap two"}
	file, err := SVG(l)
	if err != nil {
		t.Fatal(err)
	}
	texts := strings.Join(inspect(t, file), "\n")
	for _, want := range []string{"gap one", "gap two", "met 37", "and 22 more, under the address of the label"} {
		if !strings.Contains(texts, want) {
			t.Errorf("no %q", want)
		}
	}
	if strings.Contains(texts, "met 38") {
		t.Error("more than 40 entries")
	}
}

// An address that is cut is of no use: it gets two lines before that.
func TestAddressIsWhole(t *testing.T) {
	for _, host := range []string{"a.example", "labels.agency.example", strings.Repeat("a", 28) + ".example", strings.Repeat("w", 36) + ".example"} {
		l := sample(t)
		l.Address = host + "/L/" + l.ID
		file, err := SVG(l)
		if err != nil {
			t.Fatal(err)
		}
		if texts := inspect(t, file); !strings.Contains(strings.Join(texts, ""), l.Address) {
			t.Errorf("no %q in %q", l.Address, texts)
		}
	}
}

// One press serves many at once.
func TestPressIsShared(t *testing.T) {
	p := &Press{Fonts: SystemFonts("/usr/share/fonts")}
	l := sample(t)
	l.Product = "Камера 门廊 Ωmega"
	want, err := p.PNG(l, MinDPI)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if got, err := p.PNG(l, MinDPI); err != nil || !bytes.Equal(got, want) {
				t.Errorf("another picture, or %v", err)
			}
			if _, err := p.PDF(l); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

func TestRefuses(t *testing.T) {
	for name, change := range map[string]func(*Label){
		"tier above the tiers": func(l *Label) { l.Tier = 5 },
		"too many tiers":       func(l *Label) { l.Tiers = maxTiers + 1 },
		"no end":               func(l *Label) { l.ValidUntil = "" },
		"end that is no day":   func(l *Label) { l.ValidUntil = "2027-02-30" },
		"support that is none": func(l *Label) { l.SupportEnd = "soon" },
		"no address":           func(l *Label) { l.URL = "" },
		"lower case":           func(l *Label) { l.URL = strings.ToLower(l.URL) },
		"too long":             func(l *Label) { l.URL = strings.Repeat("A", 312) },
	} {
		l := sample(t)
		change(&l)
		if _, err := SVG(l); !errors.Is(err, problem.Invalid) {
			t.Errorf("%s: SVG: %v", name, err)
		}
		if _, err := new(Press).PNG(l, 300); !errors.Is(err, problem.Invalid) {
			t.Errorf("%s: PNG: %v", name, err)
		}
		if _, err := new(Press).PDF(l); !errors.Is(err, problem.Invalid) {
			t.Errorf("%s: PDF: %v", name, err)
		}
	}
	for _, dpi := range []int{-1, 0, MinDPI - 1, MaxDPI + 1} {
		if _, err := new(Press).PNG(sample(t), dpi); !errors.Is(err, problem.Invalid) {
			t.Errorf("%d dpi: %v", dpi, err)
		}
	}
}

// The resolution stands in the file, in pixels for a metre.
func TestPNGResolution(t *testing.T) {
	file, err := new(Press).PNG(sample(t), 300)
	if err != nil {
		t.Fatal(err)
	}
	i := decoded(t, file) // checks the checksums
	if got := i.Bounds().Dx(); got != 969 {
		t.Errorf("%d pixels wide: 82 mm at 300 dpi are 969", got)
	}
	at := bytes.Index(file, []byte("pHYs"))
	if at < 0 || binary.BigEndian.Uint32(file[at+4:]) != 11811 || file[at+12] != 1 {
		t.Errorf("no resolution of 11811 pixels for a metre")
	}
}

func TestPDFIsTheSameEachTime(t *testing.T) {
	l := sample(t)
	first, err := new(Press).PDF(l)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if again, err := new(Press).PDF(l); err != nil || !bytes.Equal(first, again) {
			t.Fatalf("another file: %v", err)
		}
	}
}

// Letters of the PDF can be searched and copied, and long details have a page of
// their own.
func TestPDFText(t *testing.T) {
	pdftotext := tool(t, "pdftotext")
	l := sample(t)
	l.Product = "Ćwiczenie Камера Ωmega"
	read := func() string {
		file, err := new(Press).PDF(l)
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(pdftotext, "-layout", "-", "-")
		cmd.Stdin = bytes.NewReader(file)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("pdftotext: %v", err)
		}
		return string(out)
	}
	says := read()
	for _, want := range []string{"SECURITY LABEL", l.Product, "Northlight Cameras Ltd", "7K2MD-4XPTE", "Tier 2 of 4", "code 25.0 mm"} {
		if !strings.Contains(strings.ReplaceAll(says, "\u2212", "-"), want) {
			t.Errorf("no %q in:\n%s", want, says)
		}
	}
	l.Details = &Details{Met: []string{"Updates are signed"}}
	if says = read(); strings.Count(says, "\f") != 1 || !strings.Contains(says, "Updates are signed") {
		t.Errorf("short details:\n%q", says)
	}
	for range maxEntries {
		l.Details.Met = append(l.Details.Met, strings.Repeat("Updates are signed. ", 8))
	}
	if says = read(); strings.Count(says, "\f") != 2 {
		t.Errorf("%d pages for long details", strings.Count(says, "\f"))
	}
}

func TestBadge(t *testing.T) {
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		status string
		since  access.Date
		asOf   time.Time
		says   string
		ink    color.RGBA
	}{
		{"active", "", now, "active, as of 27 Nov 2026", green},
		{"active", "2026-01-01", now.Add(-23 * time.Hour), "active, as of 26 Nov 2026", green},
		{"suspended", "2026-11-20", now, "suspended since 20 Nov 2026, as of 27 Nov 2026", amber},
		{"suspended", "nonsense", now, "suspended, as of 27 Nov 2026", amber},
		{"revoked", "2026-11-20", now, "revoked since 20 Nov 2026, as of 27 Nov 2026", red},
		{"active", "", now.Add(-25 * time.Hour), "unknown, was active on 26 Nov 2026", grey},
		{"revoked", "2026-11-20", now.AddDate(0, 0, -9), "unknown, was revoked on 18 Nov 2026", grey},
		{"active", "", now.Add(2 * time.Hour), "unknown, was active on 27 Nov 2026", grey},
		{"draft", "", now, "unknown, as of 27 Nov 2026", grey},
		{"<b>", "", now, "unknown, as of 27 Nov 2026", grey},
	} {
		file := Badge(c.status, c.since, c.asOf, now)
		if texts := inspect(t, file); strings.Join(texts, "|") != "security label|"+c.says {
			t.Errorf("%s, %s: %q", c.status, c.asOf, texts)
		}
		if !bytes.Contains(file, []byte(`fill="`+hex(c.ink)+`"`)) {
			t.Errorf("%s, %s: not in %s", c.status, c.asOf, hex(c.ink))
		}
	}
}

// Inks on white, and white on inks, have the contrast that small text asks for
// (WCAG 2.2, criterion 1.4.3).
func TestContrast(t *testing.T) {
	linear := func(v uint8) float64 {
		x := float64(v) / 255
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	for _, ink := range []color.RGBA{navy, grey, red, green, amber} {
		luminance := 0.2126*linear(ink.R) + 0.7152*linear(ink.G) + 0.0722*linear(ink.B)
		if ratio := 1.05 / (luminance + 0.05); ratio < 4.5 {
			t.Errorf("%s on white: %.2f", hex(ink), ratio)
		}
	}
}

// Names that cannot be set are read instead, and only these.
func TestReadable(t *testing.T) {
	p := &Press{Latin: func(s string) string { return "read " + fmt.Sprint(len([]rune(s))) }}
	for in, want := range map[string]string{
		"Porch Cam":      "Porch Cam",
		"Cafe\u0301":     "Café",
		"Камера":         "Камера",
		"门廊":             "read 2",
		"شركة":           "read 4",
		"x\u0301\u0302y": "read 4",
	} {
		if got := p.readable(Label{Product: in}).Product; got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if got := new(Press).readable(Label{Product: "门廊"}).Product; got != "门廊" {
		t.Errorf("without readings: %q", got)
	}
}

// With fonts of the system, Chinese is set in them.
func TestSystemFonts(t *testing.T) {
	if fonts := SystemFonts(t.TempDir()); fonts != nil {
		t.Errorf("%d fonts in an empty folder", len(fonts))
	}
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/DejaVuSans.ttf", []byte("no font"), 0o600); err != nil {
		t.Fatal(err)
	}
	if fonts := SystemFonts(dir); fonts != nil {
		t.Errorf("%d fonts out of a file that is none", len(fonts))
	}
	p := &Press{Fonts: SystemFonts("/usr/share/fonts"), Latin: func(string) string { return "read" }}
	l := sample(t)
	l.Product = "门廊摄像机"
	if p.readable(l).Product != l.Product {
		t.Skip("SKIPPED: no font with Chinese characters on this machine")
	}
	with, err := p.PNG(l, 300)
	if err != nil {
		t.Fatal(err)
	}
	without, err := new(Press).PNG(l, 300)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(with, without) {
		t.Error("the same picture with and without the font")
	}
	if _, err := p.PDF(l); err != nil {
		t.Error(err)
	}
}
