package intake

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"countersign.dev/internal/problem"
)

func packed(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func noise(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func TestOpen(t *testing.T) {
	for name, content := range map[string][]byte{
		"empty": {}, "one byte": {0x1f}, "text": []byte("hello"), "noise": noise(3 << 20), "long": bytes.Repeat([]byte("a,b,c\n"), 1000),
	} {
		for form, b := range map[string][]byte{"plain": content, "gzip": packed(t, content), "two members": append(packed(t, content), packed(t, nil)...)} {
			got, err := Open(name, bytes.NewReader(b), Limits{})
			if err != nil || !bytes.Equal(got, content) {
				t.Errorf("%s, %s: %d bytes, %v", name, form, len(got), err)
			}
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	z := packed(t, noise(1<<16))
	flipped := bytes.Clone(z)
	flipped[len(flipped)/2] ^= 0x55
	for _, c := range []struct {
		name   string
		bytes  []byte
		limits Limits
		kind   problem.Kind
		want   string
	}{
		{"cut", z[:len(z)-5], Limits{}, problem.Invalid, "cut: the gzip data ends too early; the file is cut off"},
		{"cut in half", z[:len(z)/2], Limits{}, problem.Invalid, "the file is cut off"},
		{"cut in header", z[:4], Limits{}, problem.Invalid, "the file is cut off"},
		{"damaged", flipped, Limits{}, problem.Invalid, "damaged gzip data"},
		{"tail", append(bytes.Clone(z), "rest"...), Limits{}, problem.Invalid, "cut off"},
		{"long tail", append(bytes.Clone(z), "rest of some other file"...), Limits{}, problem.Invalid, "damaged gzip data"},
		{"large", noise(2000), Limits{Compressed: 1999}, problem.TooLarge, "large: the file is larger than 1999 bytes"},
		{"large packed", z, Limits{Compressed: int64(len(z) - 1)}, problem.TooLarge, "large packed: the file is larger than"},
		{"large content", z, Limits{Bytes: 1 << 15}, problem.TooLarge, "large content: more than 32768 bytes"},
		{"bomb", packed(t, make([]byte, 8<<20)), Limits{}, problem.TooLarge, "bomb: swells to more than 200 times its size"},
	} {
		_, err := Open(c.name, bytes.NewReader(c.bytes), c.limits)
		if err == nil || !strings.Contains(err.Error(), c.want) || !errors.Is(err, c.kind) {
			t.Errorf("%s: got %v, want %s (%s)", c.name, err, c.want, c.kind)
		}
	}
	if _, err := Open("just", bytes.NewReader(z), Limits{Compressed: int64(len(z)), Bytes: 1 << 16}); err != nil {
		t.Errorf("a file of just the limits: %v", err)
	}
}

// endless is a gzip stream of zeros without end, made as it is read.
type endless struct {
	z   *gzip.Writer
	buf bytes.Buffer
	out int64
}

func (e *endless) Read(p []byte) (int, error) {
	for e.buf.Len() == 0 {
		if _, err := e.z.Write(make([]byte, 1<<20)); err != nil {
			return 0, err
		}
		if err := e.z.Flush(); err != nil {
			return 0, err
		}
	}
	n, err := e.buf.Read(p)
	e.out += int64(n)
	return n, err
}

// A bomb is refused after little of it was unpacked.
func TestOpenStopsEarly(t *testing.T) {
	e := &endless{}
	e.z = gzip.NewWriter(&e.buf)
	_, err := Open("endless", e, Limits{})
	if !errors.Is(err, problem.TooLarge) || e.out > 64<<10 {
		t.Errorf("%v after reading %d bytes, want too large within 64 KiB", err, e.out)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("disk gone") }

func TestOpenTellsReadErrors(t *testing.T) {
	for _, r := range []io.Reader{failing{}, io.MultiReader(strings.NewReader("abc"), failing{}), io.MultiReader(bytes.NewReader(packed(t, noise(99))[:20]), failing{})} {
		if _, err := Open("f", r, Limits{}); err == nil || !strings.Contains(err.Error(), "f: disk gone") {
			t.Errorf("got %v", err)
		}
	}
}
