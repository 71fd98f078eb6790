package csaf

import (
	"encoding/json"
	"slices"
	"strings"

	"countersign.dev/internal/advisory/vex"
	"countersign.dev/internal/advisory/vex/jsondoc"
	"countersign.dev/internal/advisory/vex/vers"
	"countersign.dev/internal/software/purl"
)

// product is an entry of the product tree.
type product struct {
	name    string // the full product name
	purls   []string
	cpes    []string
	digests []string

	// What the branches that lead to it say.
	maker   string
	line    string // the product's name without its version
	version string // one version, or
	ranged  string // a range of versions, as written
	narrow  bool   // something else sets it apart from others of that name

	component, host *product // of a relationship
}

// tree is the products of a document by their ids.
type tree struct {
	draft    *vex.Draft
	products map[string]*product
	groups   map[string][]string
	count    int
}

// bounds of a product tree beside those of the document.
const (
	maxBranches = 40 // deep; section 3.1.2.1 has no bound, real documents stay under 8
	maxProducts = 2_000_000
)

// readTree reads the product tree. Parts that cannot be read are told in
// warnings.
func readTree(part json.RawMessage, draft *vex.Draft) (*tree, error) {
	t := &tree{draft: draft, products: map[string]*product{}, groups: map[string][]string{}}
	if len(part) == 0 || string(part) == "null" {
		return t, nil
	}
	const place = "product_tree"
	var in productTree
	if err := jsondoc.Decode(part, place, &in); err != nil {
		return nil, err
	}
	t.branches(in.Branches, place+".branches", product{}, 1)
	for i, part := range in.FullProductNames {
		t.leaf(part, jsondoc.At(place+".full_product_names", i), product{})
	}
	for i := range in.Paths {
		p := &in.Paths[i]
		if n := len(p.Subpaths); n > 0 {
			in.Relationships = append(in.Relationships, relationship{Product: p.Product, Component: p.Component, RelatesTo: p.Subpaths[n-1].Next})
		}
	}
	t.relate(in.Relationships, place+".relationships")
	for i, g := range in.Groups {
		for _, id := range g.Products {
			if t.products[id] == nil {
				draft.Warn(jsondoc.At(place+".product_groups", i), "product %q is not defined", vex.Clip(id, 100))
			}
		}
		t.groups[g.ID] = append(t.groups[g.ID], g.Products...)
	}
	return t, nil
}

// branches walks down from what the branches above say.
func (t *tree) branches(parts []json.RawMessage, place string, above product, depth int) {
	if depth > maxBranches {
		t.draft.Warn(place, "branches nested more than %d deep are not read", maxBranches)
		return
	}
	for i, part := range parts {
		here := jsondoc.At(place, i)
		var b branch
		if err := jsondoc.Decode(part, here, &b); err != nil {
			t.draft.Warn("", "%s", err)
			continue
		}
		p := above
		p.descend(b.Category, strings.TrimSpace(b.Name))
		if len(b.Product) > 0 {
			t.leaf(b.Product, here+".product", p)
		}
		t.branches(b.Branches, here+".branches", p, depth+1)
	}
}

// descend notes what one branch says (section 3.1.2.2).
func (p *product) descend(category, name string) {
	switch category {
	case "vendor":
		p.maker = name
	case "product_name":
		p.line = name
	case "product_version":
		p.version = name
	case "product_version_range":
		p.ranged = name
	case "service_pack", "patch_level":
		if p.version != "" && !strings.HasPrefix(name, p.version) && !strings.HasPrefix(name, leading(p.version)) {
			name = p.version + " " + name
		}
		p.version = name
	case "product_family":
	default: // architecture, language, host_name, platform and others
		p.narrow = true
	}
}

// leading is the digits and dots that a version begins with.
func leading(version string) string {
	end := strings.IndexFunc(version, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	if end < 0 {
		return version
	}
	if end == 0 {
		return version + " "
	}
	return version[:end]
}

// leaf reads a product at the end of branches.
func (t *tree) leaf(part json.RawMessage, place string, p product) {
	var full fullProductName
	if err := jsondoc.Decode(part, place, &full); err != nil {
		t.draft.Warn("", "%s", err)
		return
	}
	t.add(&full, place, &p)
}

// add notes a product under its id, with its identifiers.
func (t *tree) add(full *fullProductName, place string, p *product) {
	if full.ID == "" {
		t.draft.Warn(place+".product_id", "missing")
		return
	}
	if t.products[full.ID] != nil {
		t.draft.Warn(place+".product_id", "%q is defined twice; the first definition counts", vex.Clip(full.ID, 100))
		return
	}
	if t.count++; t.count > maxProducts {
		if t.count == maxProducts+1 {
			t.draft.Warn(place, "more than %d products are not read", maxProducts)
		}
		return
	}
	p.name = strings.TrimSpace(full.Name)
	for _, s := range append([]string{full.Helper.PURL}, full.Helper.PURLs...) {
		if s == "" {
			continue
		}
		if _, err := purl.Read(s); err != nil {
			t.draft.Warn(place, "%s", err)
			continue
		}
		p.purls = append(p.purls, s)
	}
	if full.Helper.CPE != "" {
		p.cpes = append(p.cpes, full.Helper.CPE)
	}
	for _, file := range full.Helper.Hashes {
		for _, h := range file.FileHashes {
			if d := vex.Digest(h.Algorithm, h.Value); d != "" && !slices.Contains(p.digests, d) {
				p.digests = append(p.digests, d)
			}
		}
	}
	t.products[full.ID] = p
}

// relate adds the products that are a component of another, or installed with
// it. A relationship may name what another one defines, before or after it.
func (t *tree) relate(in []relationship, place string) {
	defined := make([]*product, len(in))
	for i := range in {
		here := jsondoc.At(place, i)
		p := &product{}
		t.add(&in[i].Product, here+".full_product_name", p)
		if t.products[in[i].Product.ID] == p {
			defined[i] = p
		}
	}
	for i, p := range defined {
		if p == nil {
			continue
		}
		here := jsondoc.At(place, i)
		p.component, p.host = t.products[in[i].Component], t.products[in[i].RelatesTo]
		for _, id := range []string{in[i].Component, in[i].RelatesTo} {
			if t.products[id] == nil {
				t.draft.Warn(here, "%q is not defined", vex.Clip(id, 100))
			}
		}
	}
	for i, p := range defined {
		if p != nil && (p.inner() == nil || p.outer() == nil) {
			if p.component != nil && p.host != nil {
				t.draft.Warn(jsondoc.At(place, i), "a product that is a component of itself")
			}
			// Nothing may be concluded from the whole about its parts.
			p.component, p.host = nil, nil
			p.narrow = true
		}
	}
}

// inner is the component of a component and so on; nil when that has no end.
func (p *product) inner() *product {
	return p.follow(func(q *product) *product { return q.component })
}

// outer is what the product is a component of at last; nil when that has no end.
func (p *product) outer() *product {
	return p.follow(func(q *product) *product { return q.host })
}

func (p *product) follow(next func(*product) *product) *product {
	for range maxBranches {
		q := next(p)
		if q == nil {
			return p
		}
		p = q
	}
	return nil
}

// related reports whether the product is one within, or with, another.
func (p *product) related() bool { return p.component != nil && p.host != nil }

// identified reports whether the product has an identifier of its own.
func (p *product) identified() bool { return len(p.purls)+len(p.cpes)+len(p.digests) > 0 }

// called is a name of a product and the versions of it that are meant.
type called struct{ id, versions string }

// identities is every name of the product, the best first.
func (p *product) identities() []called {
	var out []called
	for _, s := range p.purls {
		c := called{id: s}
		if u, err := purl.Read(s); err == nil && u.Version == "" {
			c.versions = p.versions(u.Type)
		}
		out = append(out, c)
	}
	for _, s := range p.cpes {
		c := called{id: s}
		if !vex.CPEHasVersion(s) {
			c.versions = p.versions("generic")
		}
		out = append(out, c)
	}
	for _, s := range p.digests {
		out = append(out, called{id: s})
	}
	if len(out) > 0 {
		return out
	}
	if p.line == "" || p.narrow {
		return []called{{id: p.name}}
	}
	return []called{{id: p.title(), versions: p.versions("generic")}}
}

// title is maker and product.
func (p *product) title() string {
	if p.maker == "" || strings.HasPrefix(strings.ToLower(p.line), strings.ToLower(p.maker)+" ") {
		return p.line
	}
	return p.maker + " " + p.line
}

// versions is the versions that the branches give, as a vers range; text that
// is no range as it is; "" for none. Branches of sort product_version may hold
// the name of a package instead, which has its version elsewhere.
func (p *product) versions(scheme string) string {
	if p.ranged != "" {
		r, err := vers.Parse(p.ranged)
		if err != nil {
			return p.ranged
		}
		if r.Scheme == "" || r.Scheme == "all" {
			r.Scheme = scheme
		}
		return r.String()
	}
	if r, err := vers.Parse(p.version); err == nil { // "All versions", and bounds
		r.Scheme = scheme
		return r.String()
	}
	if p.version == "" || p.identified() && !startsAsVersion(p.version) {
		return ""
	}
	one := vers.Range{Scheme: scheme, Constraints: []vers.Constraint{{Op: "=", Version: p.version}}}
	return one.String()
}

func startsAsVersion(s string) bool {
	s = strings.TrimLeft(s, "vV")
	return s != "" && s[0] >= '0' && s[0] <= '9'
}
