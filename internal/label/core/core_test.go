package core

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
)

func public(n byte) ed25519.PublicKey { return seeded(n).Public().(ed25519.PublicKey) }

// cores draws cores with names in several scripts, short and much too long.
func cores() *rapid.Generator[Core] {
	return rapid.Custom(func(t *rapid.T) Core {
		name := rapid.OneOf(
			rapid.StringMatching(`[A-Za-z][A-Za-z0-9 .&-]{0,60}[a-z]`),
			rapid.StringMatching(`[\p{Han}]{1,40}`),
			rapid.StringMatching(`[\p{L}\p{M}\p{So}]{1,60}`),
			rapid.StringMatching(`\p{Adlam}{1,40}`),
		)
		issued := access.Date("2026-01-01").AddDays(rapid.IntRange(-20000, 20000).Draw(t, "issued"))
		c := Core{
			ID: NewID(bytes.NewReader(rapid.SliceOfN(rapid.Byte(), 9, 9).Draw(t, "id"))), Maker: name.Draw(t, "maker"),
			Product: name.Draw(t, "product"), Tier: rapid.IntRange(0, MaxTier).Draw(t, "tier"),
			Issued: issued, ValidUntil: issued.AddDays(rapid.IntRange(1, 4000).Draw(t, "days")),
			Scheme: rapid.StringMatching(`[a-z][a-z0-9-]{0,11}`).Draw(t, "scheme"),
		}
		copy(c.Document[:], rapid.SliceOfN(rapid.Byte(), 8, 8).Draw(t, "document"))
		if rapid.Bool().Draw(t, "supported") {
			c.SupportEnd = issued.AddDays(rapid.IntRange(0, 9000).Draw(t, "support"))
		}
		return c
	})
}

// What is encoded is read as it was fitted, verifies, and says what was meant.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := cores().Draw(t, "core")
		base := "https://" + rapid.StringMatching(`[a-z]{1,36}`).Draw(t, "host")
		url, fitted, err := Encode(c, base, seeded(1))
		if err != nil {
			t.Fatal(err)
		}
		if len(url) > MaxURL {
			t.Fatalf("%d characters: %s", len(url), url)
		}
		if i := strings.IndexFunc(url, func(r rune) bool { return !strings.ContainsRune("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:", r) }); i >= 0 {
			t.Fatalf("%q is not of the alphanumeric mode", url[i:])
		}
		s, err := ParseURL(url)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(fitted, s.Core); diff != "" {
			t.Fatal(diff)
		}
		if key, err := s.Verify(public(3), public(1)); err != nil || !key.Equal(public(1)) {
			t.Fatal(key, err)
		}
		want := c
		want.KeyHint, want.Maker, want.Product = fitted.KeyHint, fitted.Maker, fitted.Product
		if diff := cmp.Diff(want, fitted); diff != "" {
			t.Fatal(diff)
		}
		for _, n := range []struct{ whole, fitted string }{{oneLine(c.Maker), fitted.Maker}, {oneLine(c.Product), fitted.Product}} {
			begins, cut := strings.CutSuffix(n.fitted, "…")
			if !cut && n.fitted != n.whole || !strings.HasPrefix(n.whole, begins) || !utf8.ValidString(n.fitted) {
				t.Fatalf("%q is not how %q begins", n.fitted, n.whole)
			}
		}
	})
}

// A text is never cut more than it must be: with one character more, of either,
// the address would be too long.
func TestCutsNoMoreThanNeeded(t *testing.T) {
	c := camera()
	c.Maker, c.Product = strings.Repeat("m", 80), strings.Repeat("p", 80)
	url, fitted, err := Encode(c, host, seeded(1))
	if err != nil {
		t.Fatal(err)
	}
	if len(url) < MaxURL-1 {
		t.Errorf("%d characters, and %d would fit", len(url), MaxURL)
	}
	if d := utf8.RuneCountInString(fitted.Maker) - utf8.RuneCountInString(fitted.Product); d < 0 || d > 1 {
		t.Errorf("cut unevenly: %q, %q", fitted.Maker, fitted.Product)
	}
	c.Maker = "Short"
	if _, fitted, err = Encode(c, host, seeded(1)); err != nil || fitted.Maker != "Short" {
		t.Errorf("the shorter one was cut: %q, %v", fitted.Maker, err)
	}
	long := "https://" + strings.Repeat("a", 120) + ".example"
	if _, _, err := Encode(c, long, seeded(1)); !errors.Is(err, problem.Invalid) {
		t.Errorf("a host of 128 characters: %v", err)
	}
}

// The largest core that there is fits under a host of MaxHost characters.
func TestTheLargestFits(t *testing.T) {
	c := camera()
	c.Maker, c.Product = strings.Repeat("𞤀", 40), strings.Repeat("𞤀", 40)
	c.Tier, c.Scheme = MaxTier, "iot-baseline"
	c.Issued, c.ValidUntil, c.SupportEnd = "9999-12-30", access.Forever, access.Forever
	url, fitted, err := Encode(c, "https://"+strings.Repeat("h", MaxHost), seeded(1))
	if err != nil || len(url) > MaxURL {
		t.Fatal(len(url), err)
	}
	if !strings.HasPrefix(fitted.Maker, "𞤀𞤀𞤀") || !strings.HasPrefix(fitted.Product, "𞤀𞤀𞤀") {
		t.Errorf("cut to %q, %q", fitted.Maker, fitted.Product)
	}
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		text  string
		chars int
		want  string
	}{
		{"Northlight", 9, "Northlig…"},
		{"Porch Camera", 7, "Porch…"},
		{"a\u0301e\u0301i\u0301o\u0301", 6, "a\u0301e\u0301…"},
		{"👩\u200d🔧👩\u200d🔧", 3, "👩…"},
	} {
		if got := cut(c.text, c.chars); got != c.want {
			t.Errorf("cut(%q, %d) = %q, want %q", c.text, c.chars, got, c.want)
		}
	}
}

// No bit of map, signature or id can be changed without being noticed.
func TestEveryBitCounts(t *testing.T) {
	url, fitted, err := Encode(camera(), host, seeded(1))
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(url, "/1.")
	whole := must(spelled.DecodeString(text))
	for i := range len(whole) * 8 {
		b := bytes.Clone(whole)
		b[i/8] ^= 1 << (i % 8)
		if s, err := Decode(fitted.ID, "1."+spelled.EncodeToString(b)); err == nil {
			if _, err := s.Verify(public(1)); err == nil {
				t.Errorf("bit %d flipped, and still it verifies", i)
			}
		}
	}
}

// No character of id and core can be another, but for its case and the letters
// that are read as digits; none can be dropped.
func TestEveryCharacterCounts(t *testing.T) {
	url, fitted, err := Encode(camera(), host, seeded(1))
	if err != nil {
		t.Fatal(err)
	}
	verifies := func(url string) bool {
		s, err := ParseURL(url)
		if err != nil {
			return false
		}
		_, err = s.Verify(public(1))
		return err == nil
	}
	idAt := strings.Index(url, fitted.ID)
	coreAt := strings.Index(url, "/1.")
	for i := idAt; i < len(url); i++ {
		for c := byte(' '); c < 0x7f; c++ {
			same := strings.EqualFold(string(c), url[i:i+1]) || i < coreAt && canonical(c) == url[i]
			if changed := url[:i] + string(c) + url[i+1:]; verifies(changed) != same {
				t.Errorf("character %d as %q: verifies %v", i, c, !same)
			}
		}
		if url[i] != '-' && verifies(url[:i]+url[i+1:]) {
			t.Errorf("verifies without character %d", i)
		}
	}
}

func TestIDs(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		id := NewID(rand.Reader)
		if seen[id] {
			t.Fatalf("%s twice", id)
		}
		seen[id] = true
		for _, form := range []string{id, strings.ToLower(id), strings.ReplaceAll(id, "-", ""), strings.NewReplacer("0", "o", "1", "L").Replace(id)} {
			if got, err := ParseID(form); err != nil || got != id {
				t.Fatalf("ParseID(%q) = %q, %v; want %q", form, got, err, id)
			}
		}
		for i := range id {
			for _, c := range alphabet {
				changed := id[:i] + string(c) + id[i+1:]
				pair := strings.ContainsRune("0Z", c) && strings.ContainsRune("0Z", rune(id[i]))
				if _, err := ParseID(changed); err == nil && changed != id && !pair {
					t.Fatalf("%s passes for %s", changed, id)
				}
			}
			if i > 0 && id[i] != '-' && id[i-1] != '-' && id[i] != id[i-1] {
				swapped := id[:i-1] + id[i:i+1] + id[i-1:i] + id[i+1:]
				if _, err := ParseID(swapped); err == nil && !strings.Contains("0Z0", swapped[i-1:i+1]) {
					t.Fatalf("%s passes for %s", swapped, id)
				}
			}
		}
	}
	for _, bad := range []string{"", "-", "7K2MD", "7K2M-D4XPT7", "7K2MD-4XPTU", "7K2MD-4XPT ", "7K2MD4XPT77", strings.Repeat("0", 1<<16), "７K2MD-4XP"} {
		if got, err := ParseID(bad); !errors.Is(err, problem.Invalid) || len(err.Error()) > 200 {
			t.Errorf("ParseID(%.20q) = %q, %v", bad, got, err)
		}
	}
}

// The hint is that of the design: checked against a key whose id openssl
// computed, `openssl pkey -pubin -outform DER | sha256sum`.
func TestHint(t *testing.T) {
	b, err := os.ReadFile("testdata/issuer.pub.pem")
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(b)
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	hint, err := Hint(key.(ed25519.PublicKey))
	if want := [4]byte{0xad, 0x48, 0xca, 0x74}; err != nil || hint != want {
		t.Errorf("hint %x, %v; want %x", hint, err, want)
	}
	if _, err := Hint(nil); !errors.Is(err, problem.Invalid) {
		t.Errorf("no key: %v", err)
	}
}

func TestEncodeRefuses(t *testing.T) {
	for name, change := range map[string]func(*Core){
		"bad id":             func(c *Core) { c.ID = "7K2MD-4XPTU" },
		"no maker":           func(c *Core) { c.Maker = " \t" },
		"no product":         func(c *Core) { c.Product = "" },
		"no UTF-8":           func(c *Core) { c.Scheme = "\xff" },
		"long scheme":        func(c *Core) { c.Scheme = "iot-baselines" },
		"tier below 0":       func(c *Core) { c.Tier = -1 },
		"tier of 100":        func(c *Core) { c.Tier = 100 },
		"ends as it begins":  func(c *Core) { c.ValidUntil = c.Issued },
		"no day":             func(c *Core) { c.ValidUntil = "2027-02-30" },
		"support end no day": func(c *Core) { c.SupportEnd = "soon" },
		"before 1970":        func(c *Core) { c.Issued = "1969-12-31" },
	} {
		c := camera()
		change(&c)
		if url, _, err := Encode(c, host, seeded(1)); !errors.Is(err, problem.Invalid) {
			t.Errorf("%s: %q, %v", name, url, err)
		}
	}
	for _, base := range []string{"", "labels.example", "ftp://labels.example", "https://", "https://labels.example/under", "https://[::1]", "https://läbels.example"} {
		if url, _, err := Encode(camera(), base, seeded(1)); !errors.Is(err, problem.Invalid) {
			t.Errorf("base %q: %q, %v", base, url, err)
		}
	}
	if _, _, err := Encode(camera(), host, nil); !errors.Is(err, problem.Invalid) {
		t.Errorf("no key: %v", err)
	}
	if url, _, err := Encode(camera(), "http://127.0.0.1:8080/", seeded(1)); err != nil || !strings.HasPrefix(url, "HTTP://127.0.0.1:8080/L/") {
		t.Errorf("a trial on one's own machine: %q, %v", url, err)
	}
}

// Names that would be shown as others are signed as they are seen.
func TestTextsAreCleaned(t *testing.T) {
	c := camera()
	c.Maker, c.Product = " North\u202elight\n\n Cameras ", "Cafe\u0301"
	_, fitted, err := Encode(c, host, seeded(1))
	if err != nil {
		t.Fatal(err)
	}
	if fitted.Maker != "Northlight Cameras" || fitted.Product != "Café" {
		t.Errorf("%q, %q", fitted.Maker, fitted.Product)
	}
}

func TestVerifyNeedsTheKey(t *testing.T) {
	url, _, err := Encode(camera(), host, seeded(1))
	if err != nil {
		t.Fatal(err)
	}
	s, err := ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	for _, keys := range [][]ed25519.PublicKey{nil, {public(2)}, {public(2), public(3)}} {
		if _, err := s.Verify(keys...); !errors.Is(err, ErrSignature) || !errors.Is(err, problem.Invalid) {
			t.Errorf("%d keys: %v", len(keys), err)
		}
	}
	if _, err := s.Verify(public(1)[:31]); err == nil || errors.Is(err, ErrSignature) {
		t.Errorf("a key of 31 bytes: %v", err)
	}
}

func FuzzParseURL(f *testing.F) {
	url, _, err := Encode(camera(), host, seeded(1))
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{url, strings.ToLower(url), "", "HTTPS://", "HTTPS://A/L/0000000000/1.AA"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, url string) {
		s, err := ParseURL(url)
		if err != nil {
			if !errors.Is(err, problem.Invalid) || len(err.Error()) > 600 {
				t.Fatalf("error of no kind, or too long: %v", err)
			}
			return
		}
		again, err := s.marshal()
		if err != nil || !bytes.Equal(again, s.bytes) {
			t.Fatalf("%+v has a second form: %x, %x, %v", s.Core, s.bytes, again, err)
		}
	})
}

// FuzzDecode fuzzes the map itself, below the base32 that a fuzzer seldom
// writes.
func FuzzDecode(f *testing.F) {
	c := camera()
	f.Add(must(c.marshal()))
	f.Add([]byte{0xa1, 0x01, 0x01})
	f.Add([]byte{0xbf, 0xff})
	f.Fuzz(func(t *testing.T, core []byte) {
		if len(core) > 200 {
			return
		}
		text := "1." + spelled.EncodeToString(append(bytes.Clone(core), make([]byte, ed25519.SignatureSize)...))
		s, err := Decode(c.ID, text)
		if err != nil {
			if !errors.Is(err, problem.Invalid) {
				t.Fatal(err)
			}
			return
		}
		again, err := s.marshal()
		if err != nil || !bytes.Equal(again, core) {
			t.Fatalf("%+v has a second form: %x, %x, %v", s.Core, core, again, err)
		}
		if _, err := s.Verify(public(1)); !errors.Is(err, ErrSignature) {
			t.Fatalf("a signature of noughts: %v", err)
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	key := seeded(1)
	for b.Loop() {
		if _, _, err := Encode(camera(), host, key); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	url, _, err := Encode(camera(), host, seeded(1))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		s, err := ParseURL(url)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := s.Verify(public(1)); err != nil {
			b.Fatal(err)
		}
	}
}
