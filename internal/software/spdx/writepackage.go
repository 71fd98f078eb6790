package spdx

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"

	"countersign.dev/internal/software"
)

// writtenPackage is a package of SPDX 2.3 in JSON.
type writtenPackage struct {
	ID         string             `json:"SPDXID"`
	Name       string             `json:"name"`
	Version    string             `json:"versionInfo,omitempty"`
	Purpose    string             `json:"primaryPackagePurpose,omitempty"`
	Supplier   string             `json:"supplier,omitempty"`
	Originator string             `json:"originator,omitempty"`
	Download   string             `json:"downloadLocation"`
	Analyzed   bool               `json:"filesAnalyzed"`
	Checksums  []writtenChecksum  `json:"checksums,omitempty"`
	Source     string             `json:"sourceInfo,omitempty"`
	Concluded  string             `json:"licenseConcluded"`
	Declared   string             `json:"licenseDeclared"`
	Copyright  string             `json:"copyrightText"`
	EndOfLife  string             `json:"validUntilDate,omitempty"`
	References []writtenReference `json:"externalRefs,omitempty"`
}

type writtenChecksum struct {
	Algorithm string `json:"algorithm"`
	Value     string `json:"checksumValue"`
}

type writtenReference struct {
	Category string `json:"referenceCategory"`
	Type     string `json:"referenceType"`
	Locator  string `json:"referenceLocator"`
}

const silence = "NOASSERTION"

// pkg is a component as a package. SPDX has no groups; one stands before the
// name.
func (d *writer) pkg(i int) writtenPackage {
	c := &d.bill.Components[i]
	name := cmp.Or(c.Name, c.PURL, c.Ref, silence)
	if c.Group != "" {
		name = c.Group + "/" + name
	}
	p := writtenPackage{
		ID: d.ids[i], Name: name, Version: c.Version, Purpose: purposes[c.Type],
		Supplier: agentOf(cmp.Or(c.Supplier, c.Publisher), c.Author), Originator: agentOf(cmp.Or(c.Maker, c.Author), c.Author),
		Download: cmp.Or(c.Download, silence), Concluded: d.licence(c, "concluded"), Declared: d.licence(c, "declared"),
		Copyright: cmp.Or(c.Copyright, silence), References: references(c),
	}
	if c.Source != "" {
		p.Source = builtPackage + c.Source
		if j := strings.LastIndexByte(c.Source, '@'); j > 0 && !strings.HasPrefix(c.Source, "pkg:") {
			p.Source = builtPackage + c.Source[:j] + " " + c.Source[j+1:]
		}
	}
	if c.EndOfLife != "" {
		p.EndOfLife = timeOf(c.EndOfLife)
	}
	for _, h := range c.Hashes {
		if a := written2[h.Algorithm]; a != "" {
			p.Checksums = append(p.Checksums, writtenChecksum{a, strings.ToLower(h.Value)})
		}
	}
	return p
}

// agentOf writes who somebody is. A component's author, which a person is where
// SPDX says so, tells that it is one.
func agentOf(name, author string) string {
	switch name {
	case "":
		return ""
	case author:
		return "Person: " + name
	}
	return "Organization: " + name
}

// purposes are the types of components as section 7.24 has them.
var purposes = map[string]string{
	"application": "APPLICATION", "framework": "FRAMEWORK", "library": "LIBRARY", "container": "CONTAINER",
	"operating-system": "OPERATING_SYSTEM", "device": "DEVICE", "firmware": "FIRMWARE", "file": "FILE",
	"platform": "OTHER", "device-driver": "OTHER", "machine-learning-model": "OTHER", "data": "OTHER", "cryptographic-asset": "OTHER",
}

// written2 are the digests that the schema of SPDX 2.3 has, as it has them.
var written2 = map[string]string{
	"SHA-1": "SHA1", "SHA-224": "SHA224", "SHA-256": "SHA256", "SHA-384": "SHA384", "SHA-512": "SHA512",
	"SHA3-256": "SHA3-256", "SHA3-384": "SHA3-384", "SHA3-512": "SHA3-512",
	"BLAKE2b-256": "BLAKE2b-256", "BLAKE2b-384": "BLAKE2b-384", "BLAKE2b-512": "BLAKE2b-512", "BLAKE3": "BLAKE3",
	"MD2": "MD2", "MD4": "MD4", "MD5": "MD5", "MD6": "MD6", "ADLER32": "ADLER32",
}

func references(c *software.Component) []writtenReference {
	var out []writtenReference
	for _, p := range append([]string{c.PURL}, c.MorePURLs...) {
		if p != "" {
			out = append(out, writtenReference{"PACKAGE-MANAGER", "purl", p})
		}
	}
	for _, cpe := range c.CPEs {
		kind := "cpe22Type"
		if strings.HasPrefix(cpe, "cpe:2.3:") {
			kind = "cpe23Type"
		}
		out = append(out, writtenReference{"SECURITY", kind, cpe})
	}
	return out
}

var ownLicence = regexp.MustCompile(`\bLicenseRef-[A-Za-z0-9.-]+`)

// licence is what a component's licences say together in this sense. Those of
// which a bill does not say in which are declared. That several hold at once is
// what can be relied on.
func (d *writer) licence(c *software.Component, sense string) string {
	var parts []string
	for _, l := range c.Licences {
		if cmp.Or(l.Acknowledged, "declared") != sense {
			continue
		}
		text := l.Expression
		if text == "" && l.Name != "" {
			text = "LicenseRef-" + idText(l.Name)
		}
		for _, ref := range ownLicence.FindAllString(text, -1) {
			if d.refs[ref] == "" || ref == text {
				d.refs[ref] = cmp.Or(l.Name, d.refs[ref])
			}
		}
		if text != "" && !slices.Contains(parts, text) {
			parts = append(parts, text)
		}
	}
	if len(parts) > 1 {
		for i, p := range parts {
			if strings.Contains(p, " OR ") {
				parts[i] = "(" + p + ")"
			}
		}
	}
	return cmp.Or(strings.Join(parts, " AND "), silence)
}

type writtenLicence struct {
	ID   string `json:"licenseId"`
	Name string `json:"name,omitempty"`
	Text string `json:"extractedText"`
}

// licences tells of licences that are not on SPDX's list (section 10). Their
// texts are no part of a bill.
func (d *writer) licences() {
	if len(d.refs) == 0 {
		return
	}
	d.array("hasExtractedLicensingInfos", func() {
		for _, id := range slices.Sorted(maps.Keys(d.refs)) {
			d.value(writtenLicence{id, d.refs[id], silence})
		}
	})
}

type writtenRelation struct {
	From    string `json:"spdxElementId"`
	Type    string `json:"relationshipType"`
	To      string `json:"relatedSpdxElement"`
	Comment string `json:"comment,omitempty"`
}

// kinds2 are the kinds of edges as types of relations, and whether these lead
// the other way.
var kinds2 = map[string]writtenKind{
	"": {as: "DEPENDS_ON"}, contains: {as: "CONTAINS"}, generatedFrom: {as: "GENERATED_FROM"}, "ancestor_of": {as: "ANCESTOR_OF"},
	"optional_dependency": {as: "OPTIONAL_DEPENDENCY_OF", turns: true}, "provided_dependency": {as: "PROVIDED_DEPENDENCY_OF", turns: true},
	"dev_dependency": {as: "DEV_DEPENDENCY_OF", turns: true}, "build_dependency": {as: "BUILD_DEPENDENCY_OF", turns: true},
	"test_dependency": {as: "TEST_DEPENDENCY_OF", turns: true},
}

type writtenKind struct {
	as    string
	turns bool
}

// relations writes what the document describes, and all edges. A bill that does
// not say what it is about describes nothing that is asserted.
func (d *writer) relations() {
	b := d.bill
	about := silence
	if b.RootComponent() != nil {
		about = d.ids[b.Root]
	}
	d.value(writtenRelation{From: documentID, Type: "DESCRIBES", To: about})
	nested := map[[2]int]bool{}
	for _, e := range b.Edges {
		if !d.has(e.From) || !d.has(e.To) {
			continue
		}
		if e.Kind == contains {
			nested[[2]int{e.From, e.To}] = true
		}
		d.value(d.relation(e))
	}
	for i := range b.Components {
		if p := b.Components[i].Parent; d.has(p) && !nested[[2]int{p, i}] {
			d.value(writtenRelation{From: d.ids[p], Type: "CONTAINS", To: d.ids[i]})
		}
	}
	if about != silence && (b.Complete == "unknown" || b.Complete == "incomplete") {
		d.value(writtenRelation{From: about, Type: "DEPENDS_ON", To: silence})
	}
}

func (d *writer) has(i int) bool { return i >= 0 && i < len(d.ids) }

// relation is an edge as a relation. A component that is optional is an
// optional dependency.
func (d *writer) relation(e software.Edge) writtenRelation {
	kind := kinds2[e.Kind]
	if e.Kind == "" && d.bill.Components[e.To].Scope == "optional" {
		kind = kinds2["optional_dependency"]
	}
	out := writtenRelation{From: d.ids[e.From], Type: kind.as, To: d.ids[e.To]}
	if kind.turns {
		out.From, out.To = out.To, out.From
	}
	if out.Type != "" {
		return out
	}
	out.Type = strings.ToUpper(e.Kind)
	if m, ok := meanings[out.Type]; !ok || m.kind != e.Kind || m.reversed {
		out.Type, out.Comment = other, e.Kind
	}
	return out
}
