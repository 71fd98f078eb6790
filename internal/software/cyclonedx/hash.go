package cyclonedx

import (
	"strings"

	"countersign.dev/internal/software"
)

// algorithms are those that a digest can be of, in CycloneDX 1.7, by their name
// in small letters without hyphens, with the digits that a digest has in hex;
// 0 for those that are of any length.
var algorithms = map[string]struct {
	name   string
	digits int
}{
	"md5": {"MD5", 32}, "sha1": {"SHA-1", 40},
	"sha256": {"SHA-256", 64}, "sha384": {"SHA-384", 96}, "sha512": {"SHA-512", 128},
	"sha3256": {"SHA3-256", 64}, "sha3384": {"SHA3-384", 96}, "sha3512": {"SHA3-512", 128},
	"blake2b256": {"BLAKE2b-256", 64}, "blake2b384": {"BLAKE2b-384", 96}, "blake2b512": {"BLAKE2b-512", 128}, "blake3": {"BLAKE3", 0},
	"streebog256": {"Streebog-256", 64}, "streebog512": {"Streebog-512", 128},
}

// hashOf checks a digest and writes it in one way. wrong says what is wrong
// with it, "" when nothing is.
func hashOf(algorithm, value string) (h software.Hash, wrong string) {
	a, known := algorithms[strings.ToLower(strings.ReplaceAll(algorithm, "-", ""))]
	switch {
	case !known:
		return h, "no algorithm is called " + quote(algorithm)
	case !hexadecimal(value):
		return h, quote(value) + " is no digest in hexadecimal"
	case a.digits != 0 && len(value) != a.digits:
		return h, quote(value) + " is not as long as a digest by " + a.name
	}
	return software.Hash{Algorithm: a.name, Value: strings.ToLower(value)}, ""
}

// hexadecimal reports whether s is a digest in hex of one of the lengths that
// the schema allows.
func hexadecimal(s string) bool {
	switch len(s) {
	case 32, 40, 64, 96, 128:
	default:
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case '0' <= c && c <= '9', 'a' <= c && c <= 'f', 'A' <= c && c <= 'F':
		default:
			return false
		}
	}
	return true
}
