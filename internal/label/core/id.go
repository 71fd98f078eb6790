package core

import (
	"fmt"
	"io"
	"strings"

	"countersign.dev/internal/problem"
)

// alphabet is Crockford's base32: no I, L, O and U, which are misread or
// misheard.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// An id is two groups of five characters; the last one checks the others.
const (
	group   = 5
	idChars = 2 * group
)

// NewID draws the id of a new label: nine characters, 45 bits, and a check
// character, written XXXXX-XXXXX. It panics when random fails, as there is no
// id to go on with; crypto/rand's Reader never does.
func NewID(random io.Reader) string {
	var drawn [idChars - 1]byte
	if _, err := io.ReadFull(random, drawn[:]); err != nil {
		panic(fmt.Sprintf("no random bytes for the id of a label: %v", err))
	}
	id := make([]byte, 0, idChars)
	for _, b := range drawn {
		id = append(id, alphabet[b%32])
	}
	return grouped(append(id, check(id)))
}

// ParseID reads an id as people and machines write it: in any case, with or
// without the hyphen, with I or L for 1 and O for 0. It gives the one form that
// is signed.
func ParseID(s string) (string, error) {
	text := s
	if len(text) == idChars+1 && text[group] == '-' {
		text = text[:group] + text[group+1:]
	}
	if len(text) != idChars {
		return "", problem.New(problem.Invalid, "label id %s: want ten letters and digits, as X7K2M-4QPTS", quote(s))
	}
	id := make([]byte, 0, idChars)
	for i := range idChars {
		c := canonical(text[i])
		if strings.IndexByte(alphabet, c) < 0 {
			return "", problem.New(problem.Invalid, "label id %s: character %d is none of those that ids have", quote(s), i+1)
		}
		id = append(id, c)
	}
	if want := check(id[:idChars-1]); id[idChars-1] != want {
		return "", problem.New(problem.Invalid, "label id %s: its last character does not fit the others; one of them is mistyped", quote(s))
	}
	return grouped(id), nil
}

// canonical is the character that c is taken for.
func canonical(c byte) byte {
	if 'a' <= c && c <= 'z' {
		c -= 'a' - 'A'
	}
	switch c {
	case 'I', 'L':
		return '1'
	case 'O':
		return '0'
	}
	return c
}

// check is the check character of the others: their values, each times its place
// and one, counted from 1, modulo 31. As 31 is prime and no weight a multiple
// of it, one wrong character or two swapped neighbours are found, but for 0
// and Z, which are 31 apart.
func check(id []byte) byte {
	sum := 0
	for i, c := range id {
		sum += (i + 2) * strings.IndexByte(alphabet, c)
	}
	return alphabet[sum%31]
}

func grouped(id []byte) string { return string(id[:group]) + "-" + string(id[group:]) }

// quote shows a foreign text in a message, its beginning only.
func quote(s string) string {
	const most = 40
	if len(s) > most {
		return fmt.Sprintf("%q…", s[:most])
	}
	return fmt.Sprintf("%q", s)
}
