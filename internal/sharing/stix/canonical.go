package stix

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"countersign.dev/internal/problem"
)

// observableSpace is the UUID namespace of observables (section 2.9).
var observableSpace = [16]byte{0x00, 0xab, 0xed, 0xb4, 0xaa, 0x42, 0x46, 0x6c, 0x9c, 0x01, 0xfe, 0xd2, 0x33, 0x15, 0xa9, 0xb7}

// ObservableID is the identifier that the standard makes of an observable of
// STIX 2.1 (section 3.4), so that all who see the same thing name it the same:
// a UUID of version 5 over the canonical JSON (RFC 8785) of some of its
// properties. It refuses what has no such properties, as a process: such
// observables are named at random.
func ObservableID(object []byte) (string, error) {
	v, err := readValue(object, DefaultLimits.Depth)
	if err != nil {
		return "", err
	}
	kind := v.text("type")
	if v.kind != anObject || observableSeeds[kind] == nil {
		return "", problem.New(problem.Invalid, "%q is no observable whose identifier is made from its properties", clip(kind))
	}
	id, ok := observableID(kind, &v)
	if !ok {
		return "", problem.New(problem.Invalid, "the %s has none of the properties that its identifier is made from", kind)
	}
	return id, nil
}

func observableID(kind string, o *value) (string, bool) {
	seed := value{kind: anObject}
	for _, name := range observableSeeds[kind] {
		v, ok := o.member(name)
		if !ok {
			continue
		}
		if name == "hashes" {
			seed.fields = append(seed.fields, field{name, preferredHash(v)})
			continue
		}
		seed.fields = append(seed.fields, field{name, *v})
	}
	if len(seed.fields) == 0 {
		return "", false
	}
	canonical := jsontext.Value(appendValue(nil, &seed))
	if err := canonical.Canonicalize(); err != nil {
		return "", false
	}
	sum := sha1.Sum(append(observableSpace[:], canonical...)) // RFC 4122 section 4.3
	return kind + "--" + uuidOf(sum[:16], 5), true
}

// preferredHash is the one hash that counts of several.
func preferredHash(v *value) value {
	if len(v.fields) == 0 {
		return *v
	}
	names := make([]string, len(v.fields))
	for i := range v.fields {
		names[i] = v.fields[i].name
	}
	slices.Sort(names)
	name := names[0]
	for _, preferred := range []string{"SHA-512", "SHA-256", "SHA-1", "MD5"} {
		if v.has(preferred) {
			name = preferred
		}
	}
	return value{kind: anObject, fields: []field{{name, *v.get(name)}}}
}

// derivedUUID is a UUID that looks as if made at random, but is always the same
// for the same words.
func derivedUUID(words ...string) string {
	h := sha256.New()
	for _, w := range words {
		h.Write([]byte(w))
		h.Write([]byte{0})
	}
	return uuidOf(h.Sum(nil)[:16], 4)
}

// uuidOf makes a UUID of RFC 4122 of 16 bytes.
func uuidOf(b []byte, version byte) string {
	b[6] = b[6]&0x0f | version<<4
	b[8] = b[8]&0x3f | 0x80
	s := hex.EncodeToString(b)
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

// appendValue writes a value as JSON, its members in their order and its
// numbers as they were written.
func appendValue(b []byte, v *value) []byte {
	switch v.kind {
	case aNull, nothing:
		return append(b, "null"...)
	case aBool, aNumber:
		return append(b, v.scalar...)
	case aString:
		return appendText(b, v.scalar)
	case anArray:
		b = append(b, '[')
		for i := range v.items {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendValue(b, &v.items[i])
		}
		return append(b, ']')
	}
	b = append(b, '{')
	for i := range v.fields {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendText(b, v.fields[i].name), ':')
		b = appendValue(b, &v.fields[i].value)
	}
	return append(b, '}')
}

func appendText(b []byte, s string) []byte {
	out, err := jsontext.AppendQuote(b, s)
	if err != nil { // no other than that s is not UTF-8, which the reader has refused
		panic(err)
	}
	return out
}
