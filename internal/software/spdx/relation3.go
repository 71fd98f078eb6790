package spdx

// meanings3 are the types of relationships of SPDX 3.0 (Core,
// RelationshipType) by those of SPDX 2 that say the same, perhaps the other way
// round; the migration guide of SPDX 3, annex D, has the table.
var meanings3 = map[string]struct {
	as    string // type of SPDX 2
	turns bool
}{
	"describes": {as: "DESCRIBES"}, "contains": {as: "CONTAINS"}, "packagedBy": {as: "PACKAGE_OF"},
	"dependsOn": {as: "DEPENDS_ON"}, "hasStaticLink": {as: "STATIC_LINK"}, "hasDynamicLink": {as: "DYNAMIC_LINK"},
	"hasPrerequisite":       {as: "HAS_PREREQUISITE"},
	"hasOptionalDependency": {as: "OPTIONAL_DEPENDENCY_OF", turns: true}, "hasProvidedDependency": {as: "PROVIDED_DEPENDENCY_OF", turns: true},
	"hasOptionalComponent": {as: "OPTIONAL_COMPONENT_OF", turns: true},
	"generates":            {as: "GENERATES"}, "ancestorOf": {as: "ANCESTOR_OF"}, "descendantOf": {as: "DESCENDANT_OF"},
	"hasVariant": {as: "VARIANT_OF", turns: true}, "copiedTo": {as: "COPY_OF", turns: true}, "amendedBy": {as: "AMENDS", turns: true},
	"hasDistributionArtifact": {as: "DISTRIBUTION_ARTIFACT"}, "expandsTo": {as: "EXPANDED_FROM_ARCHIVE", turns: true},
	"patchedBy": {as: "PATCH_FOR", turns: true}, "hasTest": {as: "TEST_OF", turns: true}, "hasTestCase": {as: "TEST_CASE_OF", turns: true},
	"hasExample": {as: "EXAMPLE_OF", turns: true}, "hasDocumentation": {as: "DOCUMENTATION_OF", turns: true},
	"hasMetadata": {as: "METAFILE_OF", turns: true}, "hasDataFile": {as: "DATA_FILE_OF", turns: true},
	"hasDependencyManifest": {as: "DEPENDENCY_MANIFEST_OF", turns: true}, "hasSpecification": {as: "SPECIFICATION_FOR", turns: true},
	"hasRequirement": {as: "REQUIREMENT_DESCRIPTION_FOR", turns: true}, "other": {as: "OTHER"},
	"hasAddedFile": {as: "FILE_ADDED"}, "hasDeletedFile": {as: "FILE_DELETED"},
}

// scoped are relations that a phase of life narrows (LifecycleScopeType).
var scoped = map[string]map[string]string{
	"dependsOn": {"build": "BUILD_DEPENDENCY_OF", "development": "DEV_DEPENDENCY_OF", "test": "TEST_DEPENDENCY_OF", "runtime": "RUNTIME_DEPENDENCY_OF"},
	"usesTool":  {"build": "BUILD_TOOL_OF", "development": "DEV_TOOL_OF", "test": "TEST_TOOL_OF"},
}

// others3 are the types that SPDX 2 has nothing like. Their edges keep their
// direction, and their names.
var others3 = map[string]string{
	"availableFrom": "available_from", "configures": "configures", "coordinatedBy": "coordinated_by", "delegatedTo": "delegated_to",
	"hasEvidence": "has_evidence", "hasHost": "has_host", "hasInput": "has_input", "hasOutput": "has_output", "invokedBy": "invoked_by",
	"modifiedBy": "modified_by", "publishedBy": "published_by", "reportedBy": "reported_by", "republishedBy": "republished_by",
	"serializedInArtifact": "serialized_in_artifact", "testedOn": "tested_on", "trainedOn": "trained_on", "usesTool": "uses_tool",
	"affects": "affects", "doesNotAffect": "does_not_affect", "exploitCreatedBy": "exploit_created_by", "fixedBy": "fixed_by",
	"fixedIn": "fixed_in", "foundBy": "found_by", "hasAssessmentFor": "has_assessment_for", "underInvestigationFor": "under_investigation_for",
}

// foreignKinds are the kinds of edges that SPDX 2 has no type for: those of SPDX
// 3, and of CycloneDX, in which one component provides another.
var foreignKinds = func() map[string]bool {
	kinds := map[string]bool{"provides": true}
	for _, k := range others3 {
		kinds[k] = true
	}
	return kinds
}()

// meaning3 is what a type of relationship says, in a phase of life.
func meaning3(kind, scope string) (meaning, bool) {
	if as := scoped[kind][scope]; as != "" {
		m := meanings[as]
		m.reversed = !m.reversed
		return m, true
	}
	if name := others3[kind]; name != "" {
		return meaning{kind: name}, true
	}
	t, ok := meanings3[kind]
	if !ok {
		return meaning{}, false
	}
	m := meanings[t.as]
	m.reversed = m.reversed != t.turns
	return m, true
}
