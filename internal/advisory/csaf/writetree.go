package csaf

import (
	"fmt"
	"strings"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/advisory/vex"
	"countersign.dev/internal/advisory/vex/vers"
	"countersign.dev/internal/problem"
)

// subject is the id of what a statement is about: a product, or a component as
// part of one.
func (w *writer) subject(v *advisory.VEX) (string, error) {
	host := called{v.Product, v.Versions}
	if v.Product == "" {
		host.id = v.Component
	}
	if strings.TrimSpace(host.id) == "" {
		return "", problem.New(problem.Invalid, "want a product")
	}
	id, err := w.product(host)
	if err != nil || v.Product == "" || v.Component == "" {
		return id, err
	}
	part, err := w.product(called{id: v.Component})
	if err != nil {
		return "", err
	}
	pair := [2]string{part, id}
	if w.pairs[pair] == "" {
		w.pairs[pair] = id + ":" + part
		w.related = append(w.related, object{
			"category": "default_component_of", "product_reference": part, "relates_to_product_reference": id,
			"full_product_name": object{"product_id": id + ":" + part, "name": v.Component + " as a component of " + titled(host)},
		})
	}
	return w.pairs[pair], nil
}

// product is the id of a product in the versions that are meant.
func (w *writer) product(c called) (string, error) {
	if vex.SortOf(c.id) == vex.ByDigest && fileHash(c.id) == nil {
		return "", problem.New(problem.Invalid, "%s: want a digest of SHA-256, SHA-384 or SHA-512", vex.Clip(c.id, 80))
	}
	if c.versions != "" {
		if _, err := vers.Parse(c.versions); err != nil {
			return "", err
		}
	}
	if w.products[c] == "" {
		w.order = append(w.order, c)
		w.products[c] = fmt.Sprintf("CSAFPID-%04d", len(w.order))
	}
	return w.products[c], nil
}

func titled(c called) string {
	if c.versions == "" {
		return c.id
	}
	return c.id + " " + c.versions
}

// tree is the product tree: names where there is nothing else to say, branches
// where versions are.
func (w *writer) tree() object {
	var names []object
	var branches []object
	for _, c := range w.order {
		p := object{"product_id": w.products[c], "name": titled(c)}
		if h := helperOf(c.id); h != nil {
			p["product_identification_helper"] = h
		}
		if c.versions == "" {
			names = append(names, p)
			continue
		}
		r, _ := vers.Parse(c.versions) // was read before
		leaf := object{"category": "product_version_range", "name": r.String(), "product": p}
		if one := r.Exact(); one != "" {
			leaf["category"], leaf["name"] = "product_version", one
		}
		branches = append(branches, object{"category": "product_name", "name": c.id, "branches": []object{leaf}})
	}
	out := object{}
	if names != nil {
		out["full_product_names"] = names
	}
	if branches != nil {
		out["branches"] = branches
	}
	if w.related != nil {
		out["relationships"] = w.related
	}
	return out
}

// helperOf is how a product is identified; nil when it only has a name.
func helperOf(id string) object {
	switch vex.SortOf(id) {
	case vex.ByPURL:
		return object{"purl": id}
	case vex.ByCPE:
		return object{"cpe": id}
	case vex.ByDigest:
		return fileHash(id)
	}
	return nil
}

// fileHash is a digest as the hash of a file. The format wants a name for the
// file; one that is known by its digest alone is named by it.
func fileHash(id string) object {
	algorithm, value, _ := strings.Cut(strings.ToLower(strings.TrimSpace(id)), ":")
	if vex.Digest(algorithm, value) == "" {
		return nil
	}
	return object{"hashes": []object{{"filename": value, "file_hashes": []object{{"algorithm": algorithm, "value": value}}}}}
}
