package licence

import (
	"slices"
	"strings"

	"github.com/github/go-spdx/v2/spdxexp/spdxlicenses"
)

// ids and exceptions are those of the SPDX list, by their lower-case spelling:
// case has no weight. Ids that the list has replaced are among them.
var (
	ids        = byLower(spdxlicenses.GetLicenses(), spdxlicenses.GetDeprecated())
	exceptions = byLower(spdxlicenses.GetExceptions())
)

// families are the versions of licences, from the earliest, by the base of each.
var families = func() map[string][]string {
	m := map[string][]string{}
	for _, versions := range spdxlicenses.LicenseRanges() {
		var family []string
		for _, version := range versions {
			for _, id := range version {
				// "Or later" ids stand with the last version.
				if !strings.HasSuffix(id, "-or-later") && !slices.Contains(family, base(id)) {
					family = append(family, base(id))
				}
			}
		}
		for _, id := range family {
			m[id] = family
		}
	}
	return m
}()

func byLower(lists ...[]string) map[string]string {
	m := map[string]string{}
	for _, list := range lists {
		for _, id := range list {
			m[strings.ToLower(id)] = id
		}
	}
	return m
}

// known is an id as the list writes it. A plus makes it "or later"; where the
// list has an id of that meaning, it is that.
func known(s string) (string, bool) {
	if id, ok := ids[strings.ToLower(s)]; ok && !strings.HasSuffix(s, "+") {
		return id, true
	}
	if isRef(s, "LicenseRef-") {
		return s, true
	}
	document, rest, ok := strings.Cut(s, ":")
	if ok && isRef(document, "DocumentRef-") && isRef(rest, "LicenseRef-") {
		return s, true
	}
	plain, ok := strings.CutSuffix(s, "+")
	if !ok {
		return "", false
	}
	if id, ok := ids[strings.ToLower(plain)+"-or-later"]; ok {
		return id, true
	}
	id, ok := ids[strings.ToLower(plain)]
	return id + "+", ok
}

// isRef reports whether s is a reference of the kind: letters, digits, dots and
// dashes after its prefix.
func isRef(s, prefix string) bool {
	name, ok := strings.CutPrefix(s, prefix)
	return ok && name != "" && strings.IndexFunc(name, func(r rune) bool {
		return r != '.' && r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) < 0
}

// base is an id without what says whether later versions may be chosen.
func base(id string) string {
	for _, suffix := range []string{"+", "-only", "-or-later"} {
		id = strings.TrimSuffix(id, suffix)
	}
	return id
}

// versions is the ids that may be chosen of a licence: its own, and where it
// says so, those of later versions.
func (e Expression) versions() []string {
	out := []string{e.ID}
	if !strings.HasSuffix(e.ID, "+") && !strings.HasSuffix(e.ID, "-or-later") {
		return out
	}
	family := families[base(e.ID)]
	at := slices.Index(family, base(e.ID))
	return append(out, family[at+1:]...)
}
