package vex

import (
	"cmp"
	"slices"
	"strings"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/advisory/vex/vers"
	"countersign.dev/internal/software"
)

// Thing is a release or a component as statements may name it.
type Thing struct {
	PURL    string
	CPEs    []string
	Digests []string // "sha256:…"
	Names   []string // by which it is called where it has none of these, with or without version
	Version string   // of what Names call it; that of PURL when empty
}

// thing is a Thing, read once.
type thing struct {
	ids     []identity
	version string
}

func (t *Thing) read() *thing {
	out := &thing{version: t.Version}
	for _, id := range slices.Concat([]string{t.PURL}, t.CPEs, t.Digests, t.Names) {
		if strings.TrimSpace(id) == "" {
			continue
		}
		is := identify(id)
		if is.sort == ByPURL {
			out.version = cmp.Or(out.version, is.purl.Version)
		}
		out.ids = append(out.ids, is)
	}
	return out
}

// Specificity is how closely a statement names its subject.
type Specificity int

// The specificities, the closer the higher.
const (
	Unnamed   Specificity = iota
	OfFamily              // every version of it
	OfRange               // versions of a range
	OfVersion             // one version
	OfDigest              // the very file
)

// outcome is whether a name is a thing's.
type outcome struct {
	specificity Specificity // Unnamed when it is not
	doubt       string      // why that could not be told
}

// named tells how closely id, in versions where that is not "", names the
// thing. Of its several identities the closest counts.
func (t *thing) named(id, versions string) outcome {
	if !t.mayBe(id) {
		return outcome{}
	}
	want := identify(id)
	var best outcome
	for i := range t.ids {
		got := want.names(&t.ids[i], t.version)
		if got == Unnamed {
			continue
		}
		o := outcome{specificity: got}
		if versions != "" && got < OfDigest {
			o = t.inRange(&t.ids[i], versions, got)
		}
		if o.specificity > best.specificity || best.specificity == Unnamed && o.doubt != "" {
			best = o
		}
	}
	return best
}

// mayBe is false for what is surely no name of the thing, and does not read it
// for that: most of what is said of a weakness is about other products.
func (t *thing) mayBe(id string) bool {
	id = strings.TrimSpace(id)
	var sort Sort
	switch {
	case hasPrefixFold(id, "pkg:"):
		sort = ByPURL
	case hasPrefixFold(id, "cpe:"):
		sort = ByCPE
	default:
		return true
	}
	last := lastName(id)
	for i := range t.ids {
		is := &t.ids[i]
		switch {
		case is.sort == ByName && hasPrefixFold(is.text, id[:len("pkg:")]): // what cannot be read counts as a name
			return true
		case is.sort == sort && (sort == ByCPE || last == "" || sameName(last, is.purl.Name)):
			return true
		}
	}
	return false
}

// lastName is the name in a package URL as it is written; "" when that takes
// reading.
func lastName(id string) string {
	if i := strings.IndexAny(id, "?#"); i >= 0 {
		id = id[:i]
	}
	for i := 1; i < len(id); i++ {
		if id[i] == '@' && id[i-1] != '/' {
			id = id[:i]
			break
		}
	}
	id = strings.TrimRight(id, "/")
	last := id[strings.LastIndexByte(id, '/')+1:]
	if strings.ContainsAny(last, "%:") {
		return ""
	}
	return last
}

// sameName compares names without case, and with runs of the signs for one
// that some ecosystems do not tell apart.
func sameName(a, b string) bool {
	sign := func(s string, i int) bool { return i < len(s) && (s[i] == '-' || s[i] == '_' || s[i] == '.') }
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		if sign(a, i) && sign(b, j) {
			for ; sign(a, i); i++ {
			}
			for ; sign(b, j); j++ {
			}
			continue
		}
		if a[i]|0x20 != b[j]|0x20 {
			return false
		}
		i, j = i+1, j+1
	}
	return i == len(a) && j == len(b)
}

// names tells how closely the identity names another.
func (is *identity) names(other *identity, version string) Specificity {
	if is.sort != other.sort {
		return Unnamed
	}
	switch is.sort {
	case ByPURL:
		return is.namesPURL(other)
	case ByCPE:
		ok, exact := is.cpe.within(&other.cpe)
		switch {
		case !ok:
			return Unnamed
		case exact:
			return OfVersion
		}
		return OfFamily
	case ByDigest:
		if is.text == other.text {
			return OfDigest
		}
		return Unnamed
	}
	switch {
	case is.text == "" || is.text != other.text:
		return Unnamed
	case version != "" && hasVersion(is.text, software.Fold(version)):
		return OfVersion
	}
	return OfFamily
}

// hasVersion reports whether a folded name ends with the version.
func hasVersion(name, version string) bool {
	rest, ok := strings.CutSuffix(name, version)
	return ok && rest != "" && strings.ContainsAny(rest[len(rest)-1:], " @v-:/")
}

// namesPURL compares package URLs as OpenVEX does: a version that the statement
// does not give means every one, and what qualifiers it gives must be there.
func (is *identity) namesPURL(other *identity) Specificity {
	p, q := &is.purl, &other.purl
	if !strings.EqualFold(p.Bare().String(), q.Bare().String()) || p.Subpath != "" && p.Subpath != q.Subpath {
		return Unnamed
	}
	for _, want := range p.Qualifiers {
		if q.Get(want.Key) != want.Value {
			return Unnamed
		}
	}
	switch {
	case p.Version == "":
		return OfFamily
	case !sameVersion(p.Type, p.Version, q.Version):
		return Unnamed
	}
	if _, isDigest := digest(p.Version); isDigest {
		return OfDigest
	}
	return OfVersion
}

// sameVersion compares versions by their letters; of Go modules with or without
// the "v" that tools leave out as often as not.
func sameVersion(typ, a, b string) bool {
	if typ == "golang" {
		a, b = strings.TrimPrefix(a, "v"), strings.TrimPrefix(b, "v")
	}
	return a == b
}

// inRange tells whether the thing's version lies in a range that a statement
// about one of its identities gives.
func (t *thing) inRange(is *identity, versions string, named Specificity) outcome {
	r, err := vers.Parse(versions)
	if err != nil {
		return outcome{doubt: err.Error()}
	}
	version := t.version
	a, left := advisory.Affected{}, advisory.Affected{}
	switch is.sort {
	case ByPURL:
		version = is.purl.Version
		a.PURL = is.purl.Bare().String()
	case ByCPE:
		version = cmp.Or(is.cpe.Version, version)
	}
	left.PURL = a.PURL
	left.Versions = r.Affected(&a)
	if r.All {
		return outcome{specificity: named}
	}
	if version == "" {
		return outcome{doubt: "the version is not known; the statement is about " + versions}
	}
	if len(left.Versions) > 0 {
		if out := left.Judge(version); out.State == advisory.IsAffected {
			return outcome{}
		}
	}
	switch judged := a.Judge(version); judged.State {
	case advisory.IsAffected:
		if named == OfFamily && r.Exact() == "" {
			return outcome{specificity: OfRange}
		}
		return outcome{specificity: OfVersion}
	case advisory.Unknown:
		return outcome{doubt: judged.Why}
	}
	return outcome{}
}
