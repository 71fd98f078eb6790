package stix

import (
	"maps"
	"slices"
)

// otherTypes is the names of the types of STIX 2.1 that are no observables.
var otherTypes = []string{
	"attack-pattern", "campaign", "course-of-action", "grouping", "identity", "incident", "indicator", "infrastructure", "intrusion-set",
	"location", "malware", "malware-analysis", "note", "observed-data", "opinion", "report", "threat-actor", "tool", "vulnerability",
	"relationship", "sighting", "language-content", "marking-definition", "extension-definition", "bundle",
}

// domainTypes is the domain objects of STIX 2.1 (section 4).
func domainTypes() map[string]*shape {
	types := threatTypes()
	maps.Copy(types, evidenceTypes())
	return types
}

// threatTypes is who attacks, with what, and what is done about it.
func threatTypes() map[string]*shape {
	seen := ordered("first_seen", "last_seen", false)
	named := props{"name": text.required(), "description": text}
	return map[string]*shape{
		"attack-pattern": newShape("4.1", props{
			"name": text.required(), "description": text, "aliases": text.list(), "kill_chain_phases": killChainPhases,
		}),
		"campaign": newShape("4.2", props{
			"name": text.required(), "description": text, "aliases": text.list(), "first_seen": timestamp, "last_seen": timestamp, "objective": text,
		}, seen),
		"course-of-action": newShape("4.3", named),
		"infrastructure": newShape("4.8", props{
			"name": text.required(), "description": text, "infrastructure_types": text.from(infrastructureTypes).list(), "aliases": text.list(),
			"kill_chain_phases": killChainPhases, "first_seen": timestamp, "last_seen": timestamp,
		}, seen),
		"intrusion-set": newShape("4.9", props{
			"name": text.required(), "description": text, "aliases": text.list(), "first_seen": timestamp, "last_seen": timestamp, "goals": text.list(),
			"resource_level": text.from(resourceLevels), "primary_motivation": text.from(motivations),
			"secondary_motivations": text.from(motivations).list(),
		}, seen),
		"malware": newShape("4.11", props{
			"name": text, "description": text, "malware_types": text.from(malwareTypes).list(), "is_family": boolean.required(), "aliases": text.list(),
			"kill_chain_phases": killChainPhases, "first_seen": timestamp, "last_seen": timestamp,
			"operating_system_refs":       identifier.to("software").list(),
			"architecture_execution_envs": text.from(processors).list(), "implementation_languages": text.from(languages).list(),
			"capabilities": text.from(malwareCapabilities).list(), "sample_refs": identifier.to("file", "artifact").list(),
		}, seen, familyHasName),
		"malware-analysis": newShape("4.12", props{
			"product": text.required().that(productName), "version": text, "host_vm_ref": identifier.to("software"),
			"operating_system_ref": identifier.to("software"), "installed_software_refs": identifier.to("software").list(),
			"configuration_version": text, "modules": text.list(), "analysis_engine_version": text, "analysis_definition_version": text,
			"submitted": timestamp, "analysis_started": timestamp, "analysis_ended": timestamp, "result_name": text,
			"result": text.from(malwareResults), "analysis_sco_refs": identifier.toSeen().list(),
			"sample_ref": identifier.to("file", "artifact", "network-traffic"),
		}).withSome("result", "analysis_sco_refs"),
		"threat-actor": newShape("4.17", props{
			"name": text.required(), "description": text, "threat_actor_types": text.from(actorTypes).list(), "aliases": text.list(),
			"first_seen": timestamp, "last_seen": timestamp, "roles": text.from(actorRoles).list(), "goals": text.list(),
			"sophistication": text.from(skills), "resource_level": text.from(resourceLevels), "primary_motivation": text.from(motivations),
			"secondary_motivations": text.from(motivations).list(), "personal_motivations": text.from(motivations).list(),
		}, seen),
		"tool": newShape("4.18", props{
			"name": text.required(), "description": text, "tool_types": text.from(toolTypes).list(), "aliases": text.list(),
			"kill_chain_phases": killChainPhases, "tool_version": text,
		}),
		"vulnerability": newShape("4.19", named),
	}
}

// evidenceTypes is what was seen, by whom and where, and what is said of it.
func evidenceTypes() map[string]*shape {
	return map[string]*shape{
		"grouping": newShape("4.4", props{
			"name": text, "description": text, "context": text.required().from(groupings), "object_refs": identifier.list().required(),
		}),
		"identity": newShape("4.5", props{
			"name": text.required(), "description": text, "roles": text.list(), "identity_class": text.from(identityClasses),
			"sectors": text.from(sectors).list(), "contact_information": text,
		}),
		"incident": newShape("4.6", props{"name": text.required(), "description": text}),
		"indicator": newShape("4.7", props{
			"name": text, "description": text, "indicator_types": text.from(indicatorTypes).list(), "pattern": text.required(),
			"pattern_type": text.required().from(patternTypes), "pattern_version": text, "valid_from": timestamp.required(), "valid_until": timestamp,
			"kill_chain_phases": killChainPhases,
		}, ordered("valid_from", "valid_until", true), described, patternHolds),
		"location": newShape("4.10", props{
			"name": text, "description": text, "latitude": float.between(-90, 90), "longitude": float.between(-180, 180), "precision": float,
			"region": text.from(regions), "country": text.that(country), "administrative_area": text, "city": text, "street_address": text,
			"postal_code": text,
		}, placed),
		"note": newShape("4.13", props{
			"abstract": text, "content": text.required(), "authors": text.list(), "object_refs": identifier.list().required(),
		}),
		"observed-data": newShape("4.14", props{
			"first_observed": timestamp.required(), "last_observed": timestamp.required(), "number_observed": integer.required().between(1, 999_999_999),
			"objects": anyValue.that(container), "object_refs": identifier.toSeenOrRelation().list(),
		}, ordered("first_observed", "last_observed", false), observedOnce),
		"opinion": newShape("4.15", props{
			"explanation": text, "authors": text.list(), "opinion": text.required().from(opinions), "object_refs": identifier.list().required(),
		}),
		"report": newShape("4.16", props{
			"name": text.required(), "description": text, "report_types": text.from(reportTypes).list(), "published": timestamp.required(),
			"object_refs": identifier.list().required(),
		}),
	}
}

// relationTypes is the relationship objects (section 5).
func relationTypes() map[string]*shape {
	end := identifier.required().notTo("relationship", "sighting", "bundle", "marking-definition", "language-content")
	return map[string]*shape{
		"relationship": newShape("5.1", props{
			"relationship_type": text.required().that(relationName), "description": text, "source_ref": end, "target_ref": end,
			"start_time": timestamp, "stop_time": timestamp,
		}, ordered("start_time", "stop_time", true), suggested),
		"sighting": newShape("5.2", props{
			"description": text, "first_seen": timestamp, "last_seen": timestamp, "count": integer.between(0, 999_999_999),
			"sighting_of_ref": identifier.required().notTo(slices.Concat(observableTypes, []string{
				"relationship", "sighting", "bundle", "marking-definition", "language-content", "extension-definition",
			})...),
			"observed_data_refs": identifier.to("observed-data").list(), "where_sighted_refs": identifier.to("identity", "location").list(),
			"summary": boolean,
		}, ordered("first_seen", "last_seen", false)),
	}
}

// metaTypes is the meta objects that have versions (sections 7.1 and 7.3).
func metaTypes() map[string]*shape {
	return map[string]*shape{
		"language-content": newShape("7.1", props{
			"object_ref": identifier.required().notTo("bundle", "language-content"), "object_modified": timestamp,
			"contents": dictionary.required().that(translations),
		}),
		"extension-definition": newShape("7.3", props{
			"created_by_ref": identifier.required().to("identity"), "name": text.required(), "description": text, "schema": text.required(),
			"version": text.required(), "extension_types": text.from(extensionTypes).list().required(), "extension_properties": text.list(),
		}, extensionStates),
	}
}

// markingDefinition is the type of marking definitions (section 7.2.1), which
// have no versions.
func markingDefinition() *shape {
	return newShape("7.2.1", props{
		"type": text.required(), "spec_version": text.required().from(enum("spec-version", "2.1")), "id": text.required(),
		"created_by_ref": identifier.to("identity"), "created": timestamp.required(), "external_references": externalReferences,
		"object_marking_refs": markingRefs, "granular_markings": granularMarkings, "extensions": anyValue,
		"name": text, "definition_type": text, "definition": dictionary,
	}, markingItself, markingKinds)
}

// bundleShape is a bundle (section 8). Its objects are examined one by one.
var bundleShape = newShape("8", props{
	"type": text.required(), "id": text.required(), "objects": anyValue.list(),
})
