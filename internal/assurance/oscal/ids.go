package oscal

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// Namespace is that of the properties that countersign adds.
const Namespace = "https://countersign.dev/ns/oscal"

// space is the UUID under which the identifiers of our documents are made. It
// is the UUID of Namespace in the name space of URLs (RFC 9562, appendix).
var space = func() [16]byte {
	urls := [16]byte{0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8}
	return named(urls, Namespace)
}()

// uuid is the identifier of what has these names: the same names, the same
// identifier. OSCAL takes versions 4 and 5 only.
func uuid(names ...string) string {
	// Each name with its length before it, or "a","bc" would be "ab","c".
	var b strings.Builder
	for _, n := range names {
		fmt.Fprintf(&b, "%d:%s", len(n), n)
	}
	u := named(space, b.String())
	x := hex.EncodeToString(u[:])
	return strings.Join([]string{x[:8], x[8:12], x[12:16], x[16:20], x[20:]}, "-")
}

// named is a UUID of version 5 (RFC 9562, section 5.5). SHA-1 is what it
// prescribes; nothing is secured by it.
func named(space [16]byte, name string) [16]byte {
	sum := sha1.Sum(append(space[:], name...))
	u := [16]byte(sum[:16])
	u[6] = u[6]&0x0f | 0x50
	u[8] = u[8]&0x3f | 0x80
	return u
}

// tokenForm is the form of identifiers in OSCAL.
var tokenForm = regexp.MustCompile(`^(\p{L}|_)(\p{L}|\p{N}|[.\-_])*$`)

// token writes an id of ours as OSCAL takes it: "4e(i)(A)" is "c-4e.i.A". Two
// ids may become one; [tokens] keeps them apart.
func token(id string) string {
	if tokenForm.MatchString(id) {
		return id
	}
	t := strings.Map(func(r rune) rune {
		switch {
		case r == '(':
			return '.'
		case r == ')':
			return -1
		case unicode.IsLetter(r), unicode.IsNumber(r), strings.ContainsRune(".-_", r):
			return r
		}
		return '_'
	}, id)
	return "c-" + t
}

// tokens gives the ids of one document their tokens.
type tokens struct {
	byID map[string]string
	used map[string]bool
}

func newTokens() *tokens { return &tokens{map[string]string{}, map[string]bool{}} }

func (t *tokens) of(id string) string {
	if got, ok := t.byID[id]; ok {
		return got
	}
	got := token(id)
	for n := 2; t.used[got]; n++ {
		got = fmt.Sprintf("%s-%d", token(id), n)
	}
	t.byID[id], t.used[got] = got, true
	return got
}

// slug is a text as an id of a catalogue: its words in lower case, joined by
// hyphens, at most 64 bytes of them.
func slug(text string) string {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	out := ""
	for _, w := range words {
		next := strings.TrimPrefix(out+"-"+w, "-")
		if len(next) > 64 {
			break
		}
		out = next
	}
	return out
}
