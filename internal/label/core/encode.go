package core

import (
	"crypto/ed25519"
	"encoding/base32"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"countersign.dev/internal/problem"
)

// context begins what is signed, so that no signature of the same key over
// something else is ever taken for one of a core.
const context = "countersign label core v1\n"

// spelled is base32 as RFC 4648 has it, in upper case and without padding.
var spelled = base32.StdEncoding.WithPadding(base32.NoPadding)

// Encode signs a core and gives the address for its QR code, of at most
// [MaxURL] characters, and the core as it then reads: with the hint of the key,
// texts in normal form C and on one line, maker and product cut to fit. base is
// where the label is served, as "https://labels.example"; its case does not
// matter. Whatever the names, they fit under a host of up to [MaxHost] characters;
// under a longer one it is an error when they do not.
func Encode(c Core, base string, key ed25519.PrivateKey) (url string, fitted Core, err error) {
	if len(key) != ed25519.PrivateKeySize {
		return "", Core{}, problem.New(problem.Invalid, "issuer's key of %d bytes: an Ed25519 key has %d", len(key), ed25519.PrivateKeySize)
	}
	if c.KeyHint, err = Hint(key.Public().(ed25519.PublicKey)); err != nil {
		return "", Core{}, err
	}
	if c.ID, err = ParseID(c.ID); err != nil {
		return "", Core{}, err
	}
	base, err = parseBase(base)
	if err != nil {
		return "", Core{}, err
	}
	c.Maker, c.Product = oneLine(c.Maker), oneLine(c.Product)
	if f := c.fault(); f != "" {
		return "", Core{}, problem.New(problem.Invalid, "label core: %s", f)
	}
	if c.ValidUntil <= c.Issued {
		return "", Core{}, problem.New(problem.Invalid, "label core: valid until %s, and issued on %s", c.ValidUntil, c.Issued)
	}
	prefix := base + "/L/" + c.ID + "/1."
	b, err := c.fit(MaxURL - len(prefix))
	if err != nil {
		return "", Core{}, err
	}
	b = append(b, ed25519.Sign(key, signed(c.ID, b))...)
	return prefix + spelled.EncodeToString(b), c, nil
}

// signed is the bytes that the signature covers.
func signed(id string, core []byte) []byte { return []byte(context + id + "\n" + string(core)) }

// parseBase is scheme and host in upper case, as QR codes hold them best. HTTP
// is for trials on one's own machine.
func parseBase(base string) (string, error) {
	b, ok := upper(strings.TrimSuffix(base, "/"))
	if ok {
		_, host, found := cutScheme(b)
		ok = found && hostLike(host)
	}
	if !ok {
		return "", problem.New(problem.Invalid, "address of the labels %s: want scheme and host, as https://labels.example", quote(base))
	}
	return b, nil
}

// fit cuts maker and product, the longer first and the product of equals, until
// the core with its signature is spelled in this many characters.
func (c *Core) fit(chars int) ([]byte, error) {
	maker, product := c.Maker, c.Product
	makerLen, productLen := utf8.RuneCountInString(maker), utf8.RuneCountInString(product)
	for {
		b, err := c.marshal()
		if err != nil || spelled.EncodedLen(len(b)+ed25519.SignatureSize) <= chars {
			return b, err
		}
		mayMaker, mayProduct := mayCut(c.Maker), mayCut(c.Product)
		switch {
		case mayProduct && (productLen >= makerLen || !mayMaker):
			productLen--
			c.Product = cut(product, productLen)
		case mayMaker:
			makerLen--
			c.Maker = cut(maker, makerLen)
		default:
			return nil, problem.New(problem.Invalid, "label %s: maker and product do not fit into its QR code; the host's name is too long", c.ID)
		}
	}
}

// mayCut reports whether enough of a text is there to take some away.
func mayCut(text string) bool {
	return utf8.RuneCountInString(text) > MinText || len(text) > MinTextBytes
}

// cut is the beginning of a text and "…", together at most this many
// characters. A letter keeps its accents, or goes with them.
func cut(text string, chars int) string {
	runes := []rune(text)
	n := chars - 1
	for n > 1 && (unicode.Is(unicode.M, runes[n]) || joiner(runes[n]) || joiner(runes[n-1])) {
		n--
	}
	return strings.TrimRight(string(runes[:n]), " ") + "…"
}

// joiner is the character that makes one sign of two (ZERO WIDTH JOINER).
func joiner(r rune) bool { return r == 0x200d }

// oneLine is a name as a label shows it: composed (UAX #15, form C), white
// space single, without characters that are [misleading].
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case misleading(r):
			return -1
		}
		return r
	}, text)
	return norm.NFC.String(strings.Join(strings.Fields(text), " "))
}
