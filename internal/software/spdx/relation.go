package spdx

import "countersign.dev/internal/software"

// A role says what a relation means beside its edge.
type role uint8

const (
	plain role = iota
	describes
	needs     // the end of the edge is a dependency at run time
	needsAlso // an optional one
	needsThen // one of making or testing only
	generated // the end is what the beginning was built from
	silent    // between files, or to a thing that is no component: no edge
)

// meaning is what a type of relation says.
type meaning struct {
	kind     string // of the edge; "" for depends on
	reversed bool   // the edge leads from the related element to the element
	role     role
}

// Kinds of edges that have a meaning for who reads them.
const (
	contains      = "contains"
	generatedFrom = "generated_from"
)

// other is the type of a relation that no other type fits; its comment says what
// it is.
const other = "OTHER"

// meanings are the types of relations of SPDX 2.3, section 11.1, table 68.
// DESCRIBE is what trivy wrote in 2022.
var meanings = map[string]meaning{
	"DESCRIBES": {kind: "describes", role: describes}, "DESCRIBE": {kind: "describes", role: describes},
	"DESCRIBED_BY": {kind: "describes", role: describes, reversed: true},

	"DEPENDS_ON": {role: needs}, "DEPENDENCY_OF": {role: needs, reversed: true},
	"RUNTIME_DEPENDENCY_OF": {role: needs, reversed: true},
	"HAS_PREREQUISITE":      {role: needs}, "PREREQUISITE_FOR": {role: needs, reversed: true},
	"STATIC_LINK": {role: needs}, "DYNAMIC_LINK": {role: needs},
	"OPTIONAL_DEPENDENCY_OF": {kind: "optional_dependency", role: needsAlso, reversed: true},
	"PROVIDED_DEPENDENCY_OF": {kind: "provided_dependency", role: needsAlso, reversed: true},
	"DEV_DEPENDENCY_OF":      {kind: "dev_dependency", role: needsThen, reversed: true},
	"BUILD_DEPENDENCY_OF":    {kind: "build_dependency", role: needsThen, reversed: true},
	"TEST_DEPENDENCY_OF":     {kind: "test_dependency", role: needsThen, reversed: true},

	"CONTAINS": {kind: contains}, "CONTAINED_BY": {kind: contains, reversed: true},
	"PACKAGE_OF":            {kind: contains, reversed: true},
	"OPTIONAL_COMPONENT_OF": {kind: contains, reversed: true, role: needsAlso},

	"GENERATED_FROM": {kind: generatedFrom, role: generated}, "GENERATES": {kind: generatedFrom, role: generated, reversed: true},

	"ANCESTOR_OF": {kind: "ancestor_of"}, "DESCENDANT_OF": {kind: "ancestor_of", reversed: true},
	"VARIANT_OF": {kind: "variant_of"}, "COPY_OF": {kind: "copy_of"}, "AMENDS": {kind: "amends"},
	"DISTRIBUTION_ARTIFACT": {kind: "distribution_artifact"}, "EXPANDED_FROM_ARCHIVE": {kind: "expanded_from_archive"},
	"PATCH_FOR": {kind: "patch_for"}, "PATCH_APPLIED": {kind: "patch_applied"},
	"BUILD_TOOL_OF": {kind: "build_tool_of"}, "DEV_TOOL_OF": {kind: "dev_tool_of"}, "TEST_TOOL_OF": {kind: "test_tool_of"},
	"TEST_OF": {kind: "test_of"}, "TEST_CASE_OF": {kind: "test_case_of"}, "EXAMPLE_OF": {kind: "example_of"},
	"DOCUMENTATION_OF": {kind: "documentation_of"}, "METAFILE_OF": {kind: "metafile_of"}, "DATA_FILE_OF": {kind: "data_file_of"},
	"DEPENDENCY_MANIFEST_OF": {kind: "dependency_manifest_of"}, "SPECIFICATION_FOR": {kind: "specification_for"},
	"REQUIREMENT_DESCRIPTION_FOR": {kind: "requirement_description_for"}, other: {kind: "other"},
	"FILE_ADDED": {role: silent}, "FILE_DELETED": {role: silent}, "FILE_MODIFIED": {role: silent},
}

// edge draws the relation between two components.
func (d *draft) edge(from, to int32, m meaning) {
	if m.reversed {
		from, to = to, from
	}
	switch m.role {
	case silent:
		return
	case generated:
		d.builtFrom(from, to)
	case needs, needsAlso, needsThen:
		d.needed(to, m.role)
	}
	d.bill.Edges = append(d.bill.Edges, software.Edge{From: int(from), To: int(to), Kind: m.kind})
}

// builtFrom notes the source package of a component, the first that is told.
func (d *draft) builtFrom(built, source int32) {
	c, s := &d.bill.Components[built], &d.bill.Components[source]
	if c.Source != "" || built == source {
		return
	}
	switch {
	case s.PURL != "":
		c.Source = s.PURL
	case s.Version != "":
		c.Source = s.Name + "@" + s.Version
	default:
		c.Source = s.Name
	}
}

// needed notes how much a component is needed; the most that anybody needs it
// counts in the end. The roles are in the order of need.
func (d *draft) needed(i int32, r role) {
	if d.need == nil {
		if r == needs {
			return // nothing to tell apart yet, see scopes
		}
		d.need = make([]role, len(d.bill.Components))
		for _, e := range d.bill.Edges {
			if e.Kind == "" {
				d.need[e.To] = needs
			}
		}
	}
	if d.need[i] == plain || r < d.need[i] {
		d.need[i] = r
	}
}

// scopes says of components that nothing needs at run time what they are for.
func (d *draft) scopes() {
	for i, r := range d.need {
		switch r {
		case needsAlso:
			d.bill.Components[i].Scope = "optional"
		case needsThen:
			d.bill.Components[i].Scope = "excluded"
		}
	}
}
