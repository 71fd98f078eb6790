package assessment

import (
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/software/purl"
)

// Subject is what is assessed: a product in the releases that the answer is for.
type Subject struct {
	Releases []Release `json:"releases"`
	// Declared is what the maker says of the product, by the keys of facts
	// ([catalogue.Fact]): "etsi-en-303-645/e" is false when it cannot be
	// authenticated to over the network. What is absent was not said.
	Declared       map[string]bool `json:"declared,omitempty"`
	Maker          string          `json:"maker"`                // id of the organisation
	Affiliates     []string        `json:"affiliates,omitempty"` // ids of organisations under one control with the maker
	Accreditations []Accreditation `json:"accreditations,omitempty"`
}

// Release is one version of the product: by its purl, its bytes, or both.
type Release struct {
	PURL    string   `json:"purl,omitempty"`
	Digests []string `json:"digests,omitempty"` // of the same bytes, "sha256:…", "sha512:…"
}

// Accreditation says that an organisation may test, from when to when.
type Accreditation struct {
	Laboratory string      `json:"laboratory"`      // id of the organisation
	By         string      `json:"by,omitempty"`    // who accredited it
	From       access.Date `json:"from,omitempty"`  // first day; "" for always
	Until      access.Date `json:"until,omitempty"` // first day without; "" for none
}

// covers reports whether a day is in a half-open interval.
func covers(from, until, day access.Date) bool {
	return from <= day && (until == "" || day < until)
}

// check reports what makes a subject one that nothing can be said about.
func (s *Subject) check() error {
	if s.Maker == "" {
		return problem.New(problem.Invalid, "subject: want its maker, without whom no judge is known to be independent")
	}
	if len(s.Releases) == 0 {
		return problem.New(problem.Invalid, "subject: want a release, without which no evidence is bound to it")
	}
	for i := range s.Releases {
		if r := &s.Releases[i]; len(r.Digests) == 0 && versioned(r.PURL) == "" {
			return problem.New(problem.Invalid, "subject: release %d: %q: want a purl with a version, or a digest", i+1, r.PURL)
		}
	}
	for i := range s.Accreditations {
		a := &s.Accreditations[i]
		for _, day := range []access.Date{a.From, a.Until} {
			if day != "" && !isDay(day) {
				return problem.New(problem.Invalid, "accreditation of %s: %q: want a day, as 2026-03-12", a.Laboratory, day)
			}
		}
	}
	return nil
}

// own reports whether an organisation is the maker or one of its affiliates.
func (s *Subject) own(organisation string) bool {
	return organisation == s.Maker || slices.Contains(s.Affiliates, organisation)
}

// accredited reports whether an organisation is an accredited laboratory on a
// day, and if not, what is known of it.
func (s *Subject) accredited(organisation string, day access.Date) (bool, string) {
	known := false
	for i := range s.Accreditations {
		a := &s.Accreditations[i]
		if a.Laboratory != organisation {
			continue
		}
		if covers(a.From, a.Until, day) {
			return true, ""
		}
		known = true
	}
	if known {
		return false, "the accreditation of " + organisation + " does not cover " + string(day)
	}
	return false, organisation + " is not known as an accredited laboratory"
}

// binding tells whether documents are about the releases of a subject. It
// remembers how it read purls, because many documents name the same.
type binding struct {
	releases []bound
	read     map[string]string // purls as written, as they are compared
}

// bound is a release in the form in which it is compared.
type bound struct {
	purl    string
	digests map[string][]string // by algorithm
}

func bind(releases []Release) *binding {
	b := &binding{read: map[string]string{}}
	for i := range releases {
		r := bound{purl: b.purl(releases[i].PURL), digests: map[string][]string{}}
		for _, d := range releases[i].Digests {
			alg, hex := digest(d)
			r.digests[alg] = append(r.digests[alg], hex)
		}
		b.releases = append(b.releases, r)
	}
	return b
}

// purl is what [versioned] gives, remembered.
func (b *binding) purl(s string) string {
	out, ok := b.read[s]
	if !ok {
		out = versioned(s)
		b.read[s] = out
	}
	return out
}

// versioned is a purl as it is compared, by the rules of its own type; "" when it
// cannot be read or names no version, since it then names no release.
func versioned(s string) string {
	if p, err := purl.Read(s); err == nil && p.Version != "" {
		return p.String()
	}
	return ""
}

// digest is a digest as it is compared: algorithm and digits in lower case,
// "sha-256" as "sha256".
func digest(s string) (alg, hex string) {
	alg, hex, ok := strings.Cut(strings.ToLower(strings.TrimSpace(s)), ":")
	if !ok {
		return "", ""
	}
	return strings.ReplaceAll(alg, "-", ""), hex
}

// about reports whether a document is about a release of the subject. Bytes go
// before names: one that gives the release's purl and other bytes, by an
// algorithm in which those of the release are known, is about something else
// that bears the name.
func (b *binding) about(names []string) bool {
	for i := range b.releases {
		if b.is(&b.releases[i], names) {
			return true
		}
	}
	return false
}

func (b *binding) is(r *bound, names []string) bool {
	named, other := false, false
	for _, name := range names {
		if strings.HasPrefix(name, "pkg:") {
			named = named || r.purl != "" && b.purl(name) == r.purl
			continue
		}
		alg, hex := digest(name)
		known := r.digests[alg]
		if hex != "" && slices.Contains(known, hex) {
			return true
		}
		other = other || len(known) > 0
	}
	return named && !other
}
