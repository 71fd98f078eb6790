package witness

import (
	"crypto/ed25519"
	"encoding/binary"
	"math"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
)

func TestCosignatureSaysWhen(t *testing.T) {
	l, w := newLog(t, "log.example/a"), newWitness(t, "witness.example/w")
	l.grow(t, 5, "leaf")
	opened, err := note.Open([]byte(l.checkpoint(t, 5, w)), note.VerifierList(l.key, w.Verifier()))
	if err != nil {
		t.Fatal(err)
	}
	sig := signedBy(opened, w.Verifier())
	if sig == nil || len(opened.Sigs) != 2 {
		t.Fatalf("want the log's signature and the witness's, found %v", opened.Sigs)
	}
	if got := timeOf(sig); !got.Equal(noon) {
		t.Errorf("cosigned at %s, want %s", got, noon)
	}
}

func TestCosignatureIsOfOneTextAndTime(t *testing.T) {
	l, w := newLog(t, "log.example/a"), newWitness(t, "witness.example/w")
	l.grow(t, 6, "leaf")
	text := l.text(t, 5)
	sig, err := w.Sign([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	v := w.Verifier()
	if !v.Verify([]byte(text), sig) {
		t.Fatal("its own signature is not good")
	}
	later := append([]byte{}, sig...)
	binary.BigEndian.PutUint64(later, uint64(noon.Unix()+1))
	negative := append([]byte{}, sig...)
	binary.BigEndian.PutUint64(negative, math.MaxInt64+1)
	for name, c := range map[string]struct {
		text string
		sig  []byte
	}{
		"another size":      {l.text(t, 6), sig},
		"another time":      {text, later},
		"a time past 2^63":  {text, negative},
		"cut":               {text, sig[:len(sig)-1]},
		"without time":      {text, sig[8:]},
		"longer":            {text, append(append([]byte{}, sig...), 0)},
		"an extension line": {text + "more\n", sig},
		"empty":             {text, nil},
	} {
		if v.Verify([]byte(c.text), c.sig) {
			t.Errorf("%s: is good", name)
		}
	}
}

func TestSignerSignsOnlyCheckpoints(t *testing.T) {
	w := newWitness(t, "witness.example/w")
	root := strings.Repeat("A", 43) + "="
	for text, fine := range map[string]bool{
		"log.example/a\n5\n" + root + "\n":              true,
		"log.example/a\n5\n" + root + "\nextension\n":   true,
		"log.example/a\n5\n" + root + "\nextension":     false,
		"log.example/a\n5\n" + root + "\n\nextension\n": false,
		"log.example/a\n05\n" + root + "\n":             false,
		"log.example/a\n-5\n" + root + "\n":             false,
		"log.example/a\n5\n" + root[1:] + "\n":          false,
		"log.example/a\n5\n" + root[:42] + "B=\n":       false, // bits past the end
		"\n5\n" + root + "\n":                           false,
		"a message\n":                                   false,
		"":                                              false,
	} {
		if _, err := w.Sign([]byte(text)); (err == nil) != fine {
			t.Errorf("%q: %v", text, err)
		}
	}
	w.now = func() time.Time { return time.Unix(0, 0) }
	_, err := w.Sign([]byte("log.example/a\n5\n" + root + "\n"))
	wantError(t, err, "clock")
}

func TestKeysThatAreRefused(t *testing.T) {
	signing, verifying, err := GenerateKey("witness.example/w")
	if err != nil {
		t.Fatal(err)
	}
	l := newLog(t, "log.example/a")
	name, rest, _ := strings.Cut(verifying, "+")
	for text, want := range map[string]string{
		"":                                     "want NAME+HASH+BASE64",
		name:                                   "want NAME+HASH+BASE64",
		"other.example+" + rest:                "its hash says",
		"+" + rest:                             "key name",
		"a b+" + rest:                          "key name",
		name + "+0+" + rest[9:]:                "8 hexadecimal digits",
		name + "+" + rest[:9] + "!" + rest[9:]: "not base64",
		verifying[:len(verifying)-4] + "\n" + verifying[len(verifying)-4:]: "not base64",
		l.vkey: "a witness's is of type 4",
		formatKey(name, algorithmMLDSA44, make([]byte, 1312), make([]byte, 1312)):   "ML-DSA-44 is not supported",
		formatKey(name, algorithmCosignature, make([]byte, 31), make([]byte, 31)):   "want 32 bytes",
		formatKey(name, algorithmCosignature, make([]byte, 9999), make([]byte, 99)): "its hash says",
		name + "+00000000+" + strings.Repeat("A", maxKeyText):                       "longer than any",
	} {
		_, err := NewVerifier(text)
		wantError(t, err, want)
	}
	for text, want := range map[string]string{
		verifying: "PRIVATE+KEY+",
		strings.Replace(signing, name, "other", 1): "its hash",
		privatePrefix + verifying[:20]:             "not a key",
	} {
		_, err := NewSigner(text, nil)
		wantError(t, err, want)
	}
	if _, _, err := GenerateKey("a+b"); err == nil {
		t.Error("a name with a plus sign is taken")
	}
}

// A cosignature of no time says nothing of which tree was the largest then.
func TestCosignatureOfNoTimeIsNotTaken(t *testing.T) {
	l, w := newLog(t, "log.example/a"), newWitness(t, "witness.example/w")
	l.grow(t, 5, "leaf")
	signed, err := note.Sign(&note.Note{Text: l.text(t, 5)}, timeless{w})
	if err != nil {
		t.Fatal(err)
	}
	_, lines, _ := strings.Cut(string(signed), "\n\n")
	_, err = cosignatureIn(lines, l.checkpoint(t, 5), w.Verifier())
	wantError(t, err, "no time")
}

// timeless signs with the time 0, as a [Signer] never does.
type timeless struct{ *Signer }

func (s timeless) Sign(text []byte) ([]byte, error) {
	return append(make([]byte, 8), ed25519.Sign(s.key, message(0, text))...), nil
}
