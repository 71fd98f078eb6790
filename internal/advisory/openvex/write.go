package openvex

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/advisory/vex"
	"countersign.dev/internal/advisory/vex/vers"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/software/purl"
)

// Document is what [Write] writes.
type Document struct {
	ID         string // an IRI, the same for every version of the document
	Author     string
	Role       string    // of the author, in words
	Issued     time.Time // of the first version
	Updated    time.Time // of this one; the zero time when it is the first
	Version    int       // from 1
	Tooling    string
	Statements []advisory.VEX
}

// namespace is the @context of the version written.
const namespace = contextPrefix + "/v0.2.0"

type written struct {
	Context     string             `json:"@context"`
	ID          string             `json:"@id"`
	Author      string             `json:"author"`
	Role        string             `json:"role,omitempty"`
	Timestamp   string             `json:"timestamp"`
	LastUpdated string             `json:"last_updated,omitempty"`
	Version     int                `json:"version"`
	Tooling     string             `json:"tooling,omitempty"`
	Statements  []writtenStatement `json:"statements"`
}

type writtenStatement struct {
	Vulnerability   writtenVulnerability `json:"vulnerability"`
	Timestamp       string               `json:"timestamp,omitempty"`
	Products        []writtenProduct     `json:"products"`
	Status          string               `json:"status"`
	Justification   string               `json:"justification,omitempty"`
	ImpactStatement string               `json:"impact_statement,omitempty"`
	ActionStatement string               `json:"action_statement,omitempty"`

	at    map[string]int     // index of products
	parts map[[2]string]bool // products and their components
}

type writtenVulnerability struct {
	Name    string   `json:"name"`
	Aliases []string `json:"aliases,omitempty"`
}

type writtenProduct struct {
	ID            string            `json:"@id,omitempty"`
	Identifiers   map[string]string `json:"identifiers,omitempty"`
	Hashes        map[string]string `json:"hashes,omitempty"`
	Subcomponents []writtenProduct  `json:"subcomponents,omitempty"`
}

// Write writes statements as an OpenVEX document of version 0.2.0. The same
// statements give the same bytes. What several products have in common becomes
// one statement.
//
// OpenVEX cannot say everything: a statement about a range of versions is
// refused, and so is one that lacks what the format requires, a justification
// or impact for not_affected and an action for affected. A product that only
// has a name is written as a package URL of type generic.
func Write(d *Document) ([]byte, error) {
	if d.ID == "" || d.Author == "" || d.Issued.IsZero() || d.Version < 1 || len(d.Statements) == 0 {
		return nil, problem.New(problem.Invalid, "a document wants an id, an author, a time, a version of 1 or more, and a statement")
	}
	out := written{
		Context: namespace, ID: d.ID, Author: d.Author, Role: d.Role, Timestamp: d.Issued.UTC().Format(time.RFC3339),
		Version: d.Version, Tooling: d.Tooling,
	}
	if !d.Updated.IsZero() {
		out.LastUpdated = d.Updated.UTC().Format(time.RFC3339)
	}
	index := map[string]int{}
	for i := range d.Statements {
		v := &d.Statements[i]
		if err := writable(v); err != nil {
			return nil, problem.New(problem.Invalid, "statement %d, about %s: %v", i+1, cmp.Or(v.Weakness, "no weakness"), err)
		}
		st := writtenStatement{
			Vulnerability: writtenVulnerability{v.Weakness, unique(v.Aliases)}, Timestamp: v.Issued, Status: v.Status,
			Justification: v.Justification, ImpactStatement: v.Impact, ActionStatement: v.Action,
		}
		common, err := json.Marshal(st)
		if err != nil {
			return nil, err
		}
		at, seen := index[string(common)]
		if !seen {
			at = len(out.Statements)
			index[string(common)] = at
			out.Statements = append(out.Statements, st)
		}
		if err := out.Statements[at].add(v); err != nil {
			return nil, problem.New(problem.Invalid, "statement %d, about %s: %v", i+1, v.Weakness, err)
		}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(out); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// writable reports what the format requires and a statement lacks.
func writable(v *advisory.VEX) error {
	switch {
	case strings.TrimSpace(v.Weakness) == "":
		return problem.New(problem.Invalid, "want the id of a vulnerability")
	case v.Justification != "" && !slices.Contains(vex.Justifications, v.Justification):
		return problem.New(problem.Invalid, "justification %q; want one of %s", v.Justification, strings.Join(vex.Justifications, ", "))
	case vex.Effective(v) != v.Status:
		return problem.New(problem.Invalid, "not_affected wants a justification or an impact statement")
	case v.Status == vex.Affected && strings.TrimSpace(v.Action) == "":
		return problem.New(problem.Invalid, "affected wants an action: what to do about it")
	case !slices.Contains([]string{vex.NotAffected, vex.Affected, vex.Fixed, vex.UnderInvestigation}, v.Status):
		return problem.New(problem.Invalid, "status %q; want not_affected, affected, fixed or under_investigation", v.Status)
	case v.Issued != "":
		if _, err := time.Parse(time.RFC3339, v.Issued); err != nil {
			return problem.New(problem.Invalid, "time %q; want one like 2024-05-01T10:00:00Z", v.Issued)
		}
	}
	return nil
}

// add adds what a statement is about: to a product that is there, its
// component.
func (st *writtenStatement) add(v *advisory.VEX) error {
	id, component := v.Product, v.Component
	if id == "" {
		id, component = v.Component, ""
	}
	p, err := productOf(id, v.Versions)
	if err != nil {
		return err
	}
	if component == "" {
		st.place(p, false)
		return nil
	}
	c, err := productOf(component, "")
	if err != nil {
		return err
	}
	at := st.place(p, true)
	if pair := [2]string{p.key(), c.key()}; !st.parts[pair] {
		st.parts[pair] = true
		st.Products[at].Subcomponents = append(st.Products[at].Subcomponents, c)
	}
	return nil
}

// place is the index of a product in the statement, which it is added to when
// it is new. Whole products and those of which a component is meant are apart.
func (st *writtenStatement) place(p writtenProduct, inPart bool) int {
	key := p.key()
	if inPart {
		key += " in part"
	}
	if st.at == nil {
		st.at, st.parts = map[string]int{}, map[[2]string]bool{}
	}
	at, known := st.at[key]
	if !known {
		at = len(st.Products)
		st.at[key] = at
		st.Products = append(st.Products, p)
	}
	return at
}

// key is what a product is called, in one text.
func (p *writtenProduct) key() string { return p.ID + p.Identifiers["cpe23"] + p.Identifiers["cpe22"] }

// hashNames are OpenVEX's names of algorithms of digests.
var hashNames = map[string]string{"sha256": "sha-256", "sha384": "sha-384", "sha512": "sha-512"}

// productOf is how a product is written, in the one version that is meant.
func productOf(id, versions string) (writtenProduct, error) {
	version, err := oneVersion(versions)
	if err != nil {
		return writtenProduct{}, err
	}
	switch vex.SortOf(id) {
	case vex.ByPURL:
		p, err := purl.Read(id)
		if err != nil {
			return writtenProduct{}, err
		}
		if version == "" || version == p.Version {
			return writtenProduct{ID: id, Identifiers: map[string]string{"purl": id}}, nil
		}
		if p.Version != "" {
			return writtenProduct{}, problem.New(problem.Invalid, "%s is of another version than %s", id, version)
		}
		p.Version = version
		return writtenProduct{ID: p.String(), Identifiers: map[string]string{"purl": p.String()}}, nil
	case vex.ByCPE:
		if version != "" && !vex.CPEHasVersion(id) {
			return writtenProduct{}, problem.New(problem.Invalid, "%s: put version %s into the CPE; OpenVEX has no other place for it", id, version)
		}
		if strings.HasPrefix(strings.ToLower(id), "cpe:2.3:") {
			return writtenProduct{Identifiers: map[string]string{"cpe23": id}}, nil
		}
		return writtenProduct{Identifiers: map[string]string{"cpe22": id}}, nil
	case vex.ByDigest:
		return digestOf(strings.ToLower(strings.TrimSpace(id)))
	}
	if strings.TrimSpace(id) == "" {
		return writtenProduct{}, problem.New(problem.Invalid, "want a product")
	}
	p := purl.PURL{Type: "generic", Name: strings.TrimSpace(id), Version: version}
	return writtenProduct{ID: p.String(), Identifiers: map[string]string{"purl": p.String()}}, nil
}

// digestOf names a file by its digest, as RFC 6920 does in section 3.
func digestOf(digest string) (writtenProduct, error) {
	algorithm, value, _ := strings.Cut(digest, ":")
	sum, err := hex.DecodeString(value)
	name := hashNames[algorithm]
	if err != nil || name == "" {
		return writtenProduct{}, problem.New(problem.Invalid, "%s: want a digest of SHA-256, SHA-384 or SHA-512", vex.Clip(digest, 80))
	}
	iri := "ni:///" + name + ";" + base64.RawURLEncoding.EncodeToString(sum)
	return writtenProduct{ID: iri, Hashes: map[string]string{name: value}}, nil
}

// oneVersion is the version that a range has, and "" for every one.
func oneVersion(versions string) (string, error) {
	if versions == "" {
		return "", nil
	}
	r, err := vers.Parse(versions)
	if err != nil {
		return "", err
	}
	if r.All {
		return "", nil
	}
	if one := r.Exact(); one != "" {
		return one, nil
	}
	return "", problem.New(problem.Invalid, "versions %s: OpenVEX has no ranges; write one statement for each version, or CSAF", versions)
}

func unique(list []string) []string {
	out := slices.Clone(list)
	slices.Sort(out)
	return slices.Compact(out)
}
