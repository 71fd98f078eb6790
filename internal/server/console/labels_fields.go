package console

import (
	"cmp"
	"fmt"
	"mime/multipart"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assessment"
	"countersign.dev/internal/assurance/catalogue"
	"countersign.dev/internal/label"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
)

// releaseField is one row of the releases; Name is the start of its fields'.
type releaseField struct {
	Name, PURL, Digests string
	Fault               string
}

// partyField is one party of the form.
type partyField struct {
	Name string // start of its fields' names
	label.Party
	Needed bool
	Hint   string
	Fault  string
}

// factField is one question about the product.
type factField struct {
	catalogue.Fact
	Name, Said string // "yes", "no" or ""
}

// declareGroup is the controls of one group, for the maker's declarations.
type declareGroup struct {
	Title    string
	Said, Of int
	Open     int // of those that are required: unknown or not met
	Controls []declareField
}

// declareField is one control.
type declareField struct {
	Ref, ID, Title, Statement string
	Verify                    string
	Method                    string // the weakest that will do
	Required                  bool
	Said, Note                string
	Rests                     map[string]bool     // by digest
	Held                      *assessment.Outcome // nil before anything was kept
}

// evidenceField is one document of the application.
type evidenceField struct {
	label.Evidence
	Missing bool // it is named, and not held
	Kind    string
	About   int // how many names it gives to what it is about
}

const mostOwners = 4

// fill makes the form's fields of the application.
func (v *applyView) fill(asked *criteria, got *node.Assessed) {
	v.Releases = releaseFields(v.A.Releases, v.Faults)
	v.fillParties()
	v.Hosts = strings.Join(v.A.Hosts, "\n")
	for _, f := range asked.facts {
		said := ""
		if so, ok := v.A.Facts[f.Key]; ok {
			said = map[bool]string{true: "yes", false: "no"}[so]
		}
		v.Facts = append(v.Facts, factField{f, "fact-" + f.Key, said})
	}
	for _, e := range v.A.Evidence {
		v.Evidence = append(v.Evidence, evidenceFieldOf(e, got))
	}
	declared := map[string]label.Declaration{}
	for _, d := range v.A.Declared {
		declared[d.Control] = d
	}
	for _, g := range asked.groups {
		out := declareGroup{Title: g.Title, Of: len(g.Controls)}
		for i := range g.Controls {
			f := declareFieldOf(&g.Controls[i], declared[g.Controls[i].Ref()], got)
			if f.Said != "" {
				out.Said++
			}
			if h := f.Held; h != nil && h.Required && (h.Status == assessment.Unknown || h.Status == assessment.NotMet) {
				out.Open++
			}
			out.Controls = append(out.Controls, f)
		}
		v.Groups = append(v.Groups, out)
	}
}

// releaseFields is the rows of releases, and an empty one, with what is wrong
// with each.
func releaseFields(all []label.Release, faults map[string]string) []releaseField {
	var out []releaseField
	for i, r := range append(slices.Clone(all), label.Release{}) {
		out = append(out, releaseField{
			Name: fmt.Sprintf("release-%d", i), PURL: r.PURL, Digests: strings.Join(r.Digests, "\n"), Fault: faults[fmt.Sprintf("releases[%d]", i)],
		})
	}
	return out
}

func (v *applyView) fillParties() {
	find := func(role label.Role) label.Party {
		p := v.A.Party(role)
		p.Role = role
		return p
	}
	add := func(p label.Party, needed bool, hint string) {
		f := partyField{Name: "party-" + string(p.Role), Party: p, Needed: needed, Hint: hint}
		for i, was := range v.A.Parties {
			if was == p {
				f.Fault = v.Faults[fmt.Sprintf("parties[%d]", i)]
			}
		}
		v.Parties = append(v.Parties, f)
	}
	add(find(label.Maker), true, "")
	owners := 0
	for _, p := range append(slices.Clone(v.A.Parties), label.Party{Role: label.Owner}) {
		if p.Role != label.Owner || owners == mostOwners {
			continue
		}
		add(p, false, "Whoever owns or controls the maker, where somebody does.")
		v.Parties[len(v.Parties)-1].Name = fmt.Sprintf("party-owner-%d", owners)
		owners++
	}
	hint := "Its id on this registry lets it see the application and judge it."
	add(find(label.Laboratory), v.Scheme.Laboratory, hint)
}

func evidenceFieldOf(e label.Evidence, got *node.Assessed) evidenceField {
	f := evidenceField{Evidence: e}
	if got == nil {
		return f
	}
	f.Missing = slices.Contains(got.Missing, e.Digest)
	for _, held := range got.Evidence {
		if held.Digest == e.Digest {
			f.Kind, f.Position, f.About = held.Kind, held.Position, len(held.About)
			f.Title = cmp.Or(f.Title, held.Title)
		}
	}
	return f
}

func declareFieldOf(s *catalogue.Selected, said label.Declaration, got *node.Assessed) declareField {
	f := declareField{
		Ref: s.Ref(), ID: s.Control.ID, Title: s.Control.Title, Statement: s.Control.Statement, Verify: s.Control.Verify, Method: s.Method, Required: s.Required,
		Said: said.Status, Note: said.Note, Rests: map[string]bool{},
	}
	for _, d := range said.Evidence {
		f.Rests[d] = true
	}
	if got != nil {
		f.Held = got.Assessment.Outcome(f.Ref)
	}
	return f
}

// readApplication reads the form over what was kept before: what the form does
// not show stays. It gives the application also where its error says what of it
// cannot be read.
func readApplication(r *http.Request, base *label.Application, s *label.Scheme, set *catalogue.Set) (*label.Application, error) {
	a := *base
	a.Product, a.Model, a.Declaration = value(r, "product"), value(r, "model"), value(r, "declaration")
	a.Registry = label.Registry{
		DefaultPassword: value(r, "default_password"), SecureConfiguration: value(r, "secure_configuration"), UpdatesAutomatic: value(r, "updates_automatic") != "",
		Updates: value(r, "updates"), Support: value(r, "support"), SBOM: value(r, "sbom") != "", HBOM: value(r, "hbom") != "", Disclosure: value(r, "disclosure"),
	}
	a.SupportEnd = access.Date(value(r, "support_end"))
	a.Releases, a.Parties, a.Hosts = readReleases(r), readParties(r, base), lines(r, "hosts")
	var bad error
	if text := value(r, "tier"); text != "" && s.Tiers > 0 {
		tier, err := strconv.Atoi(text)
		if err != nil || tier < 1 || tier > s.Tiers {
			bad = problem.New(problem.Invalid, "tier %q: %s has tiers 1 to %d", text, s.ID, s.Tiers)
		} else {
			a.Tier = tier
		}
	}
	asked, err := criteriaOf(set, s, a.Tier)
	if err != nil {
		return &a, err
	}
	a.Facts = readFacts(r, base.Facts, asked.facts)
	a.Evidence = readEvidence(r, base.Evidence)
	a.Declared = readDeclared(r, base.Declared, asked)
	for _, d := range a.Declared {
		if d.Status == "" {
			bad = problem.New(problem.Invalid, "declared: %s has a note; say beside it whether it is met", d.Control)
		}
	}
	return &a, bad
}

func readReleases(r *http.Request) []label.Release {
	var out []label.Release
	for i := 0; r.PostForm.Has(fmt.Sprintf("release-%d-purl", i)); i++ {
		rel := label.Release{PURL: value(r, fmt.Sprintf("release-%d-purl", i))}
		for _, d := range lines(r, fmt.Sprintf("release-%d-digests", i)) {
			d = strings.ToLower(d)
			if len(d) == 64 {
				d = "sha256:" + d
			}
			rel.Digests = append(rel.Digests, d)
		}
		if rel.PURL != "" || len(rel.Digests) > 0 {
			out = append(out, rel)
		}
	}
	return out
}

// readParties reads the parties that the form has; an administrator, which it
// does not ask for, stays. A maker without a name is called by its organisation,
// since an application without a maker would be nobody's.
func readParties(r *http.Request, base *label.Application) []label.Party {
	var out []label.Party
	read := func(name string, role label.Role) {
		p := label.Party{
			Role: role, Name: value(r, name+"-name"), Country: value(r, name+"-country"), Identifier: value(r, name+"-identifier"),
			Organisation: value(r, name+"-organisation"), Contact: value(r, name+"-contact"),
		}
		if role == label.Maker {
			p.Name = cmp.Or(p.Name, p.Organisation)
		}
		if p != (label.Party{Role: role}) {
			out = append(out, p)
		}
	}
	read("party-maker", label.Maker)
	for i := range mostOwners {
		read(fmt.Sprintf("party-owner-%d", i), label.Owner)
	}
	read("party-laboratory", label.Laboratory)
	for _, p := range base.Parties {
		if p.Role == label.Administrator {
			out = append(out, p)
		}
	}
	return out
}

func readFacts(r *http.Request, base map[string]bool, asked []catalogue.Fact) map[string]bool {
	out := map[string]bool{}
	for key, so := range base {
		out[key] = so
	}
	for _, f := range asked {
		switch value(r, "fact-"+f.Key) {
		case "yes":
			out[f.Key] = true
		case "no":
			out[f.Key] = false
		default:
			delete(out, f.Key)
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// readEvidence is the evidence that is still ticked, with what the form itself
// kept already.
func readEvidence(r *http.Request, base []label.Evidence) []label.Evidence {
	var out []label.Evidence
	for _, digest := range r.PostForm["evidence"] {
		e := label.Evidence{Digest: digest, Title: value(r, "title-"+digest)}
		for _, was := range base {
			if was.Digest == digest {
				e.Title, e.Position = cmp.Or(e.Title, was.Title), was.Position
			}
		}
		out = append(out, e)
	}
	return out
}

func readDeclared(r *http.Request, base []label.Declaration, asked *criteria) []label.Declaration {
	shown := asked.controls()
	var out []label.Declaration
	for _, d := range base {
		if !shown[d.Control] {
			out = append(out, d)
		}
	}
	kept := map[string]bool{}
	for _, digest := range r.PostForm["evidence"] {
		kept[digest] = true
	}
	for _, g := range asked.groups {
		for i := range g.Controls {
			ref := g.Controls[i].Ref()
			d := label.Declaration{Control: ref, Status: value(r, "said-"+ref), Note: value(r, "note-"+ref)}
			for _, digest := range r.PostForm["rests-"+ref] {
				if kept[digest] {
					d.Evidence = append(d.Evidence, digest)
				}
			}
			if d.Status != "" || d.Note != "" {
				out = append(out, d)
			}
		}
	}
	return out
}

// lines is the lines of a field that say something.
func lines(r *http.Request, name string) []string {
	var out []string
	for _, s := range strings.FieldsFunc(r.PostFormValue(name), func(c rune) bool { return c == '\n' || c == '\r' || c == ',' }) {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

func hasFile(all []*multipart.FileHeader) bool {
	return slices.ContainsFunc(all, func(h *multipart.FileHeader) bool { return h.Filename != "" || h.Size > 0 })
}

// placed is the places in an application's errors at which a form has fields.
var placed = regexp.MustCompile(`(releases\[\d+\]|parties\[\d+\]|hosts\[\d+\]|registry\.\w+|a maker among the parties|a laboratory among the parties|\b(?:product|model|declaration|support_end|tier|evidence|declared|releases)\b)[^,;]*`)

// faultsOf is what an error of an application says of single fields, by their
// names.
func faultsOf(message string) map[string]string {
	lacks := strings.Contains(message, "the application lacks ")
	message = strings.TrimPrefix(message, "the application lacks ")
	out := map[string]string{}
	for _, found := range placed.FindAllStringSubmatch(message, -1) {
		name, says := found[1], found[0]
		switch {
		case strings.HasPrefix(name, "registry."):
			name = strings.TrimPrefix(name, "registry.")
		case strings.HasPrefix(name, "hosts["):
			name = "hosts"
		case strings.HasPrefix(name, "a "):
			name = strings.Fields(name)[1]
		}
		if lacks {
			says = "This is still missing."
			if strings.HasPrefix(name, "releases[") {
				says = "Want a purl and the digest of what is shipped."
			}
		}
		if out[name] == "" {
			out[name] = sentence(says)
		}
	}
	return out
}
