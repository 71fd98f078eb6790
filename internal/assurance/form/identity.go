package form

import (
	"regexp"
	"slices"
	"strings"

	"countersign.dev/internal/software/purl"
)

// digestLengths is how many hex digits a digest has, by algorithm as in-toto
// writes it.
var digestLengths = map[string][]int{"sha256": {64}, "sha384": {96}, "sha512": {128}, "gitCommit": {40, 64}}

var lowerHex = regexp.MustCompile(`^[0-9a-f]+$`)

// ParseDigest reads a digest, written as the algorithm, a colon and hex digits,
// and gives it in lower case.
func ParseDigest(s string) (string, bool) {
	algorithm, value, _ := strings.Cut(s, ":")
	value = strings.ToLower(value)
	if !slices.Contains(digestLengths[algorithm], len(value)) || !lowerHex.MatchString(value) {
		return "", false
	}
	return algorithm + ":" + value, true
}

// Digests is the items of a list, or a single one, that are digests.
func (r *Reader) Digests(n *Node, name string, need Need) []string {
	var out []string
	for _, s := range r.Texts(n, name, need) {
		d, ok := ParseDigest(s)
		if !ok {
			r.Complain(n.Get(name), "%q is no digest; want sha256: and 64 hex digits, or sha384, sha512 or gitCommit", Clip(s))
			continue
		}
		if !slices.Contains(out, d) {
			out = append(out, d)
		}
	}
	return out
}

// PURL is a member that is a package URL, in its normal form.
func (r *Reader) PURL(n *Node, name string, need Need) string {
	s := r.Text(n, name, need)
	if s == "" {
		return ""
	}
	p, err := purl.Parse(s)
	if err != nil {
		r.Complain(n.Get(name), "%q is no package URL; want one like pkg:generic/maker/product@1.0", Clip(s))
		return ""
	}
	return p.String()
}

// Fold is a name as names of makers and products are compared here: lower
// case, hyphens and underscores as spaces, single spaces.
func Fold(name string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(name), func(c rune) bool {
		return c == '-' || c == '_' || c == ' ' || isRubbish(c) || c == '\n' || c == '\t' || c == '\r'
	}), " ")
}
