package label

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
)

// ApplicationForm is the form of an application's file.
const ApplicationForm = "application/v1"

// Limits of an application.
const (
	maxApplication = 1 << 20 // bytes
	maxReleases    = 100
	maxDigests     = 20 // of a release
	maxParties     = 16
	maxDeclared    = 1000
	maxHosts       = 500
	maxFacts       = 300
	maxEvidence    = 500
	maxText        = 1000 // characters
	maxName        = 200
)

// ParseApplication reads an application from YAML, of which JSON is a part. A
// draft may be incomplete; see [Application.Complete].
func ParseApplication(b []byte) (*Application, error) {
	if len(b) > maxApplication {
		return nil, problem.New(problem.TooLarge, "%d bytes, the limit for an application is %d", len(b), maxApplication)
	}
	a := new(Application)
	if err := decodeYAML(b, a); err != nil {
		return nil, err
	}
	return a, a.Validate()
}

// Validate checks what an application says, not whether it says all.
func (a *Application) Validate() error {
	if a.Form == "" {
		a.Form = ApplicationForm
	}
	if a.Form != ApplicationForm {
		return problem.New(problem.Invalid, "countersign: form %q: want %s", a.Form, ApplicationForm)
	}
	if !schemeID.MatchString(a.Scheme) {
		return problem.New(problem.Invalid, "scheme %q: want the id of one", a.Scheme)
	}
	for what, n := range map[string][2]int{
		"releases": {len(a.Releases), maxReleases}, "parties": {len(a.Parties), maxParties}, "declared": {len(a.Declared), maxDeclared}, "hosts": {len(a.Hosts), maxHosts},
		"facts": {len(a.Facts), maxFacts}, "evidence": {len(a.Evidence), maxEvidence}, "tier": {a.Tier, 9},
	} {
		if n[0] > n[1] || n[0] < 0 {
			return problem.New(problem.TooLarge, "%s: %d, the limit is %d", what, n[0], n[1])
		}
	}
	if err := a.validateTexts(); err != nil {
		return err
	}
	if err := a.validateParties(); err != nil {
		return err
	}
	for i, r := range a.Releases {
		if len(r.Digests) > maxDigests {
			return problem.New(problem.TooLarge, "releases[%d]: %d digests, the limit is %d", i, len(r.Digests), maxDigests)
		}
		for _, d := range r.Digests {
			if !isDigest(d) {
				return problem.New(problem.Invalid, "releases[%d]: digest %q: want sha256: and 64 hex digits", i, d)
			}
		}
	}
	return a.validateClaims()
}

func (a *Application) validateTexts() error {
	texts := map[string]string{
		"product": a.Product, "model": a.Model, "declaration": a.Declaration, "registry.default_password": a.Registry.DefaultPassword,
		"registry.secure_configuration": a.Registry.SecureConfiguration, "registry.updates": a.Registry.Updates, "registry.support": a.Registry.Support, "registry.disclosure": a.Registry.Disclosure,
	}
	for i, h := range a.Hosts {
		texts[fmt.Sprintf("hosts[%d]", i)] = h
	}
	for i, r := range a.Releases {
		texts[fmt.Sprintf("releases[%d].purl", i)] = r.PURL
	}
	for i, p := range a.Parties {
		texts[fmt.Sprintf("parties[%d]", i)] = strings.Join([]string{p.Name, p.Country, p.Identifier, p.Organisation, p.Contact}, " ")
	}
	for i, e := range a.Evidence {
		texts[fmt.Sprintf("evidence[%d].title", i)] = e.Title
	}
	for fact := range a.Facts {
		texts[fmt.Sprintf("facts[%q]", fact)] = fact
	}
	for i, d := range a.Declared {
		texts[fmt.Sprintf("declared[%d].note", i)] = lines.Replace(d.Note)
	}
	for _, what := range slices.Sorted(maps.Keys(texts)) {
		s, limit := texts[what], maxText
		if what == "product" || what == "model" {
			limit = maxName
		}
		if !utf8.ValidString(s) || strings.ContainsFunc(s, isUnseen) {
			return problem.New(problem.Invalid, "%s: want text without control characters and marks of direction", what)
		}
		if utf8.RuneCountInString(s) > limit {
			return problem.New(problem.TooLarge, "%s: longer than %d characters", what, limit)
		}
	}
	return nil
}

// lines takes the breaks out of a text that may have several lines.
var lines = strings.NewReplacer("\r\n", " ", "\n", " ", "\t", " ")

// isUnseen reports whether a character shows as nothing but changes what is seen:
// by marks of direction, "gnp.exe" is made to read "exe.png" (Unicode TR 36,
// section 2.8).
func isUnseen(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
}

// Sentence is what a person says of a label for everybody to read: on one line. It
// is refused with characters that change what is seen without being seen.
func Sentence(what, text string) (string, error) {
	text = strings.Join(strings.Fields(text), " ")
	if !utf8.ValidString(text) || strings.ContainsFunc(text, isUnseen) {
		return "", problem.New(problem.Invalid, "%s: want text without control characters and marks of direction", what)
	}
	return text, nil
}

func (a *Application) validateParties() error {
	seen := map[Role]bool{}
	for i, p := range a.Parties {
		switch {
		case !slices.Contains([]Role{Maker, Owner, Laboratory, Administrator}, p.Role):
			return problem.New(problem.Invalid, "parties[%d]: role %q: want maker, owner, laboratory or administrator", i, p.Role)
		case seen[p.Role] && p.Role != Owner:
			return problem.New(problem.Invalid, "parties[%d]: a second %s", i, p.Role)
		case strings.TrimSpace(p.Name) == "":
			return problem.New(problem.Invalid, "parties[%d]: the %s has no name", i, p.Role)
		}
		seen[p.Role] = true
	}
	return nil
}

func (a *Application) validateClaims() error {
	if a.SupportEnd != "" {
		if _, err := access.ParseDate(string(a.SupportEnd)); err != nil {
			return problem.New(problem.Invalid, "support_end: %v", err)
		}
	}
	seen := map[string]bool{}
	for i, d := range a.Declared {
		switch {
		case !strings.Contains(d.Control, "/") || len(d.Control) > maxName:
			return problem.New(problem.Invalid, "declared[%d]: control %q: want catalogue/id", i, d.Control)
		case d.Status != "met" && d.Status != "not_met":
			return problem.New(problem.Invalid, "declared[%d]: %s: status %q: want met or not_met; what does not apply follows from facts", i, d.Control, d.Status)
		case seen[d.Control]:
			return problem.New(problem.Invalid, "declared[%d]: %s is declared twice", i, d.Control)
		case utf8.RuneCountInString(d.Note) > maxText || len(d.Evidence) > maxEvidence:
			return problem.New(problem.TooLarge, "declared[%d]: %s: want a note of at most %d characters", i, d.Control, maxText)
		}
		seen[d.Control] = true
		for _, e := range d.Evidence {
			if !isDigest(e) {
				return problem.New(problem.Invalid, "declared[%d]: evidence %q: want sha256: and 64 hex digits", i, e)
			}
		}
	}
	for i, e := range a.Evidence {
		if !isDigest(e.Digest) {
			return problem.New(problem.Invalid, "evidence[%d]: digest %q: want sha256: and 64 hex digits", i, e.Digest)
		}
	}
	return nil
}

// Complete tells what an application lacks to be handed in under a scheme.
func (a *Application) Complete(s *Scheme) error {
	missing := []string{}
	for what, is := range map[string]bool{
		"product": a.Product != "", "a maker among the parties": a.Party(Maker).Name != "", "releases": len(a.Releases) > 0,
		"a laboratory among the parties": !s.Laboratory || a.Party(Laboratory).Name != "",
		"registry.default_password":      a.Registry.DefaultPassword != "", "registry.secure_configuration": a.Registry.SecureConfiguration != "",
		"registry.updates": a.Registry.Updates != "", "registry.support": a.Registry.Support != "",
		"declaration, by name and title": a.Declaration != "",
	} {
		if !is {
			missing = append(missing, what)
		}
	}
	for i, r := range a.Releases {
		if r.PURL == "" || len(r.Digests) == 0 {
			missing = append(missing, fmt.Sprintf("releases[%d]: a purl and the digest of what is shipped", i))
		}
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		return problem.New(problem.Invalid, "the application lacks %s", strings.Join(missing, ", "))
	}
	if s.Tiers == 0 && a.Tier != 0 || s.Tiers > 0 && (a.Tier < 1 || a.Tier > s.Tiers) {
		return problem.New(problem.Invalid, "tier %d: %s has %s", a.Tier, s.ID, map[bool]string{true: "none", false: fmt.Sprintf("tiers 1 to %d", s.Tiers)}[s.Tiers == 0])
	}
	return nil
}

// isDigest reports whether s is a SHA-256 as the ledger writes it.
func isDigest(s string) bool {
	hex, ok := strings.CutPrefix(s, "sha256:")
	return ok && len(hex) == 64 && strings.Trim(hex, "0123456789abcdef") == ""
}
