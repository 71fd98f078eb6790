package oscal

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/catalogue"
	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/problem"
)

// MaxBytes is how long a document may be that is read here.
const MaxBytes = 32 << 20

// Bounds of one document. SP 800-53 as a catalogue is 10 MB of JSON and nests
// parts six deep.
var limits = dsse.Limits{Bytes: MaxBytes, Depth: 64, Values: 2_000_000}

const (
	maxNotes = 200      // told one by one
	maxDepth = 12       // of groups and controls in each other
	maxText  = 64 << 10 // bytes of one text
)

// Note is what could not be used of a document, and where.
type Note struct {
	Place string `json:"place"` // "catalog/groups/2/controls/0"
	Text  string `json:"text"`
}

// notes collects what is told about a document.
type notes struct {
	all  []Note
	more int
}

func (n *notes) tell(place, format string, args ...any) {
	if len(n.all) == maxNotes {
		n.more++
		return
	}
	n.all = append(n.all, Note{place, fmt.Sprintf(format, args...)})
}

func (n *notes) done() []Note {
	if n.more > 0 {
		n.all = append(n.all, Note{"", fmt.Sprintf("%d more notes are left out", n.more)})
	}
	return n.all
}

// The models of OSCAL, by the member that has them.
const (
	modelCatalog = "catalog"
	modelProfile = "profile"
	modelResults = "assessment-results"
)

// others is models of OSCAL that are not read here.
var others = []string{"component-definition", "system-security-plan", "assessment-plan", "plan-of-action-and-milestones", "mapping-collection"}

// Recognise tells an OSCAL document that is read here by its first member, or
// by the version that its metadata name.
func Recognise(_ string, head []byte) bool {
	return wrapped.Match(head) || bare.Match(head)
}

var (
	wrapped = regexp.MustCompile(`^(?:\xef\xbb\xbf)?\s*\{\s*(?:"\$schema"\s*:\s*"[^"]*"\s*,\s*)?"(?:catalog|profile|assessment-results)"\s*:\s*\{[^{]*"(?:uuid|metadata)"`)
	bare    = regexp.MustCompile(`^(?:\xef\xbb\xbf)?\s*\{\s*"uuid"\s*:\s*"[0-9a-fA-F-]{36}"\s*,\s*"metadata"\s*:\s*\{[^{}]*"oscal-version"`)
)

// open decodes a document that should have a model. A bare model, without the
// member that names it, is taken too: tools of OSCAL 1.0 wrote catalogues so.
func open(b []byte, model string) (*document, error) {
	var members map[string]any
	if err := dsse.Unmarshal(b, &members, limits); err != nil {
		return nil, err
	}
	var d document
	if _, ok := members[model]; ok {
		return &d, dsse.Unmarshal(b, &d, limits)
	}
	for _, other := range append([]string{modelCatalog, modelProfile, modelResults}, others...) {
		if _, ok := members[other]; ok {
			return nil, problem.New(problem.Invalid, "want the OSCAL model %s, found %s", model, other)
		}
	}
	if _, ok := members["metadata"]; !ok {
		return nil, problem.New(problem.Invalid, "no OSCAL document: want an object with the member %s, found %s", model, described(members))
	}
	switch model {
	case modelCatalog:
		return &d, dsse.Unmarshal(b, &d.Catalog, limits)
	case modelProfile:
		return &d, dsse.Unmarshal(b, &d.Profile, limits)
	}
	return &d, dsse.Unmarshal(b, &d.Results, limits)
}

func described(members map[string]any) string {
	if len(members) == 0 {
		return "an empty one"
	}
	return fmt.Sprintf("one with %d others", len(members))
}

// check refuses what cannot be a document of a version that is known.
func (m *metadata) check(model string) error {
	switch {
	case m == nil:
		return problem.New(problem.Invalid, "%s/metadata: missing", model)
	case oneLine(m.Title) == "":
		return problem.New(problem.Invalid, "%s/metadata/title: missing", model)
	case oneLine(m.Version) == "":
		return problem.New(problem.Invalid, "%s/metadata/version: missing", model)
	case !versionForm.MatchString(m.OSCALVersion):
		return problem.New(problem.Invalid, "%s/metadata/oscal-version: is %q, want 1.0, 1.1 or a later 1", model, clip(m.OSCALVersion))
	}
	return nil
}

var versionForm = regexp.MustCompile(`^1\.\d{1,3}(\.\d{1,3})?$`)

// own is the values of a property of ours, by name.
func own(all []property, name string) []string {
	var out []string
	for _, p := range all {
		if p.NS == Namespace && p.Name == name {
			out = append(out, oneLine(p.Value))
		}
	}
	return out
}

// first is the first value of a property of ours, "" when there is none.
func first(all []property, name string) string {
	if v := own(all, name); len(v) > 0 {
		return v[0]
	}
	return ""
}

// codes is a table of codes that properties of ours have.
func codes(all []property, name string) map[string]string {
	var out map[string]string
	for _, p := range all {
		if p.NS == Namespace && p.Name == name && oneLine(p.Remarks) != "" {
			if out == nil {
				out = map[string]string{}
			}
			out[oneLine(p.Value)] = oneLine(p.Remarks)
		}
	}
	return out
}

// oneLine is a text as our catalogues have it: in one line, of bounded length
// and without control characters.
func oneLine(s string) string {
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f && r <= 0xa0 || r == 0x2028 || r == 0x2029 }), " ")
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText-4], "") + " …"
	}
	return s
}

// clip shortens what an error repeats of a document.
func clip(s string) string {
	if s = oneLine(s); len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "…"
	}
	return s
}

// ReadAny reads a catalogue or a profile, as OSCAL or as YAML of our own form: a
// *[catalogue.Catalogue] or a *[catalogue.Profile]. An error is of kind
// [problem.Invalid] or [problem.TooLarge] and names the place.
func ReadAny(b []byte) (any, []Note, error) {
	if !strings.HasPrefix(strings.TrimLeft(strings.TrimPrefix(string(b[:min(len(b), 256)]), "\ufeff"), " \t\r\n"), "{") {
		if isProfile.Match(b) {
			p, err := catalogue.ParseProfile(b)
			return orNil(p, nil, err)
		}
		c, err := catalogue.Parse(b)
		return orNil(c, nil, err)
	}
	var members map[string]any
	if err := dsse.Unmarshal(b, &members, limits); err != nil {
		return nil, nil, err
	}
	_, profile := members[modelProfile]
	if _, imports := members["imports"]; profile || imports {
		return orNil(ReadProfile(b, nil))
	}
	return orNil(ReadCatalogue(b, ""))
}

var isProfile = regexp.MustCompile(`(?m)^countersign:\s*["']?profile/`)

// orNil keeps a nil pointer from becoming a value that is not nil.
func orNil[T any](v *T, n []Note, err error) (any, []Note, error) {
	if v == nil {
		return nil, n, err
	}
	return v, n, err
}

// Published is the day on which a catalogue or profile says that it was made
// available, else last changed; "" when it says neither, or is no OSCAL document.
func Published(b []byte) access.Date {
	var d document
	if dsse.Unmarshal(b, &d, limits) != nil {
		return ""
	}
	var m *metadata
	switch {
	case d.Catalog != nil:
		m = d.Catalog.Metadata
	case d.Profile != nil:
		m = d.Profile.Metadata
	default:
		var bare struct {
			Metadata *metadata `json:"metadata"`
		}
		if dsse.Unmarshal(b, &bare, limits) != nil {
			return ""
		}
		m = bare.Metadata
	}
	if m == nil {
		return ""
	}
	for _, v := range []string{m.Published, m.LastModified} {
		if t, err := time.Parse(time.RFC3339, v); err == nil {
			return access.DateOf(t)
		}
		// Tools leave the zone out, which the schema asks for.
		if t, err := time.Parse("2006-01-02T15:04:05", v); err == nil {
			return access.DateOf(t)
		}
	}
	return ""
}
