package playbook

// By what agents say who they are (CACAO 2.0, section 6).
var (
	auth = &shape{
		section: "section 6.1", required: []string{"type"},
		props: map[string]form{"type": text, "name": text, "description": text, "authentication_info_extensions": extensions, "kms": boolean, "kms_key_identifier": text},
	}
	auths = map[string]*shape{
		"http-basic": {section: "section 6.3", more: []*shape{auth}, props: map[string]form{"type": oneOf("http-basic"), "user_id": text, "password": text}},
		"oauth2":     {section: "section 6.4", more: []*shape{auth}, required: []string{"oauth_header", "token"}, props: map[string]form{"type": oneOf("oauth2"), "oauth_header": text, "token": text}},
		"user-auth":  {section: "section 6.5", more: []*shape{auth}, props: map[string]form{"type": oneOf("user-auth"), "username": text, "password": text}},
	}
)

// Markings and extensions (CACAO 2.0, sections 8 and 9).
var (
	marking = &shape{
		section: "section 8.1", required: []string{"type", "id", "created_by", "created"},
		props: map[string]form{
			"type": oneOf("marking-statement", "marking-tlp", "marking-iep"), "id": identifier, "name": text, "description": text, "created_by": identifier, "created": timestamp,
			"revoked": boolean, "valid_from": timestamp, "valid_until": timestamp, "labels": list(1, text), "marking_extensions": extensions,
		},
	}
	referring = &shape{section: "section 8.1", props: map[string]form{"external_references": furtherReading}}
	markings  = map[string]*shape{
		"marking-statement": {section: "section 8.2", more: []*shape{marking, referring}, required: []string{"statement"}, props: map[string]form{"type": oneOf("marking-statement"), "statement": text}},
		"marking-tlp": {
			section: "section 8.3", more: []*shape{marking, referring}, required: []string{"tlpv2_level"},
			props: map[string]form{"type": oneOf("marking-tlp"), "tlpv2_level": oneOf("TLP:RED", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:GREEN", "TLP:CLEAR")},
		},
		// Its references are texts, those of other markings objects. The published schema
		// asks for both at once, which nothing can be.
		"marking-iep": {
			section: "section 8.4",
			required: []string{
				"type", "id", "created_by", "created", "name", "description", "tlp", "iep_version", "start_date", "end_date", "encrypt_in_transit", "permitted_actions",
				"affected_party_notifications", "attribution", "unmodified_resale", "external_references",
			},
			more: []*shape{marking},
			props: map[string]form{
				"type": oneOf("marking-iep"), "tlp": text, "iep_version": whole(-1<<53, 1<<53), "start_date": timestamp, "end_date": timestampOrNull, "encrypt_in_transit": text,
				"permitted_actions": text, "affected_party_notifications": text, "attribution": text, "unmodified_resale": text, "external_references": list(0, text),
			},
		},
	}
	extension = &shape{
		section: "section 9", required: []string{"type", "name", "created_by", "schema", "version"},
		props: map[string]form{
			"type": oneOf("extension-definition"), "name": text, "description": text, "created_by": identifier, "schema": text, "version": text, "external_references": list(0, reference.form()),
		},
	}
)

func timestampOrNull(f *former, path string, v any) {
	if v != nil {
		timestamp(f, path, v)
	}
}

// signatureShape is a signature (CACAO 2.0, section 10.16). One may countersign
// another, so it is a function: a table cannot hold itself.
func signatureShape(f *former, path string, v any) {
	(&shape{
		section:  "section 10.16",
		required: []string{"type", "id", "created", "modified", "signee", "related_to", "related_version", "hash_algorithm", "algorithm", "value"},
		props: map[string]form{
			"type": oneOf("jss"), "id": identifier, "created_by": identifier, "created": timestamp, "modified": timestamp, "revoked": boolean, "signee": text,
			"valid_from": timestamp, "valid_until": timestamp, "related_to": identifier, "related_version": timestamp, "hash_algorithm": text, "algorithm": algorithms,
			"public_key": text, "public_cert_chain": list(1, text), "cert_url": text, "thumbprint": text, "value": text, "signature": signatureShape,
		},
		also: func(f *former, path string, o map[string]any) {
			n := 0
			for _, name := range []string{"public_key", "public_cert_chain", "cert_url", "thumbprint"} {
				if _, ok := o[name]; ok {
					n++
				}
			}
			if n != 1 {
				f.wrong(path, "%d keys: want exactly one of public_key, public_cert_chain, cert_url and thumbprint", n)
			}
		},
	}).form()(f, path, v)
}

// playbookShape is a whole playbook (CACAO 2.0, section 3.1).
var playbookShape = &shape{
	section:  "section 3.1",
	required: []string{"type", "spec_version", "id", "name", "created_by", "created", "modified", "workflow_start", "workflow"},
	props: map[string]form{
		"type": oneOf("playbook"), "spec_version": oneOf("cacao-2.0"), "id": identifier, "name": text, "description": text,
		"playbook_types": list(0, playbookTypes), "playbook_activities": list(1, activities), "playbook_processing_summary": summary.form(),
		"created_by": identifier, "created": timestamp, "modified": timestamp, "revoked": boolean, "valid_from": timestamp, "valid_until": timestamp,
		"derived_from": list(1, identifier), "related_to": list(1, identifier), "priority": whole(0, 100), "severity": whole(0, 100), "impact": whole(0, 100),
		"industry_sectors": list(1, sectors), "labels": list(1, text), "external_references": furtherReading, "markings": list(1, identifier),
		"playbook_variables": variables, "workflow_start": identifier, "workflow_exception": identifier, "workflow": definitions(0, true, steps),
		"playbook_extensions": extensions, "authentication_info_definitions": definitions(1, false, auths), "agent_definitions": definitions(1, false, agents),
		"target_definitions": definitions(1, false, agents), "extension_definitions": dictionary(0, extensionForm, "the id of an extension", extension.form()),
		"data_marking_definitions": definitions(0, true, markings), "signatures": list(1, signatureShape),
	},
}

// checkForm checks the form of a playbook by the tables. It gives the playbook as
// JSON without what has no form there.
func checkForm(root map[string]any, found *Result) ([]byte, error) {
	if textOf(root["type"]) != "playbook" {
		found.fail("type", "form", "CACAO 2.0 section 3.1", "%s: want \"playbook\"", said(root["type"]))
		return nil, nil
	}
	f := &former{Result: found, section: playbookShape.section}
	playbookShape.form()(f, "", root)
	if id := textOf(root["id"]); idForm.MatchString(id) && !IsID(id) {
		found.fail("id", "name", "CACAO 2.0 section 3.1", "%q: want playbook--UUID", clipped(id))
	}
	if steps, ok := root["workflow"].(map[string]any); ok && len(steps) == 0 {
		found.fail("workflow", "no_steps", "CACAO 2.0 section 3.1", "no steps: want at least a start and an end")
	}
	return f.without(root)
}
