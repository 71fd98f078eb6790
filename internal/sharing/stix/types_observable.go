package stix

// observableTypes is the names of the observables of STIX 2.1 (section 6).
var observableTypes = []string{
	"artifact", "autonomous-system", "directory", "domain-name", "email-addr", "email-message", "file", "ipv4-addr", "ipv6-addr", "mac-addr",
	"mutex", "network-traffic", "process", "software", "url", "user-account", "windows-registry-key", "x509-certificate",
}

// observableSeeds is from which properties the identifier of an observable is
// made (section 3.4), as sections 6.1 to 6.18 say for each; a process has none.
var observableSeeds = map[string][]string{
	"artifact":             {"hashes", "payload_bin"},
	"autonomous-system":    {"number"},
	"directory":            {"path"},
	"domain-name":          {"value"},
	"email-addr":           {"value"},
	"email-message":        {"from_ref", "subject", "body"},
	"file":                 {"hashes", "name", "extensions", "parent_directory_ref"},
	"ipv4-addr":            {"value"},
	"ipv6-addr":            {"value"},
	"mac-addr":             {"value"},
	"mutex":                {"name"},
	"network-traffic":      {"start", "end", "src_ref", "dst_ref", "src_port", "dst_port", "protocols", "extensions"},
	"software":             {"name", "cpe", "swid", "vendor", "version"},
	"url":                  {"value"},
	"user-account":         {"account_type", "user_id", "account_login"},
	"windows-registry-key": {"key", "values"},
	"x509-certificate":     {"hashes", "serial_number"},
}

// observableShapes is the observables of STIX 2.1, without what all have.
func observableShapes() map[string]*shape {
	shapes := map[string]*shape{
		"autonomous-system": newShape("6.2", props{"number": integer.required(), "name": text, "rir": text}),
		"directory": newShape("6.3", props{
			"path": text.required(), "path_enc": text.that(charset), "ctime": timestamp, "mtime": timestamp, "atime": timestamp,
			"contains_refs": identifier.to("file", "directory").list(),
		}),
		"domain-name": newShape("6.4", props{
			"value": text.required().that(domainName), "resolves_to_refs": identifier.to("ipv4-addr", "ipv6-addr", "domain-name").list(),
		}),
		"email-addr": newShape("6.5", props{
			"value": text.required().that(emailAddress), "display_name": text, "belongs_to_ref": identifier.to("user-account"),
		}),
		"ipv4-addr": newShape("6.8", props{
			"value": text.required().that(ipv4), "resolves_to_refs": identifier.to("mac-addr").list(),
			"belongs_to_refs": identifier.to("autonomous-system").list(),
		}),
		"ipv6-addr": newShape("6.9", props{
			"value": text.required().that(ipv6), "resolves_to_refs": identifier.to("mac-addr").list(),
			"belongs_to_refs": identifier.to("autonomous-system").list(),
		}),
		"mac-addr": newShape("6.10", props{"value": text.required().that(macAddress)}),
		"mutex":    newShape("6.11", props{"name": text.required()}),
		"software": newShape("6.14", props{
			"name": text.required(), "cpe": text.that(cpe), "swid": text, "languages": text.that(softwareLanguage).list(), "vendor": text,
			"version": text,
		}),
		"url": newShape("6.15", props{"value": text.required().that(uri)}),
		"user-account": newShape("6.16", props{
			"user_id": text, "credential": text, "account_login": text, "account_type": text.from(accountTypes), "display_name": text,
			"is_service_account": boolean, "is_privileged": boolean, "can_escalate_privs": boolean, "is_disabled": boolean,
			"account_created": timestamp, "account_expires": timestamp, "credential_last_changed": timestamp, "account_first_login": timestamp,
			"account_last_login": timestamp,
		}).withSome(),
		"windows-registry-key": newShape("6.17", props{
			"key": text.that(hive), "values": embedded(registryValue).list(), "modified_time": timestamp,
			"creator_user_ref": identifier.to("user-account"), "number_of_subkeys": integer,
		}).withSome(),
		"x509-certificate": newShape("6.18", props{
			"is_self_signed": boolean, "hashes": hashes, "version": text, "serial_number": text, "signature_algorithm": text, "issuer": text,
			"validity_not_before": timestamp, "validity_not_after": timestamp, "subject": text, "subject_public_key_algorithm": text,
			"subject_public_key_modulus": text, "subject_public_key_exponent": integer, "x509_v3_extensions": embedded(certificateExtensions),
		}).withSome(),
	}
	for name, s := range contentShapes() {
		shapes[name] = s
	}
	for name := range observableExtensions() { // where any property will do, an extension will
		if s := shapes[name]; s.someOwn {
			s.some = append(s.some, "extensions")
		}
	}
	return shapes
}

// contentShapes is the observables with content of their own kind: files,
// messages, traffic, processes.
func contentShapes() map[string]*shape {
	return map[string]*shape{
		"artifact": newShape("6.1", props{
			"mime_type": text.that(mustBeMediaType), "payload_bin": binary, "url": text.that(uri), "hashes": hashes,
			"encryption_algorithm": text.from(encryptions), "decryption_key": text,
		}, payload),
		"email-message": newShape("6.6", props{
			"is_multipart": boolean.required(), "date": timestamp, "content_type": text, "from_ref": identifier.to("email-addr"),
			"sender_ref": identifier.to("email-addr"), "to_refs": identifier.to("email-addr").list(), "cc_refs": identifier.to("email-addr").list(),
			"bcc_refs": identifier.to("email-addr").list(), "message_id": text, "subject": text, "received_lines": text.list(),
			"additional_header_fields": dictionary.of(anyValue.that(headerText)).that(otherHeaders), "body": text,
			"body_multipart": embedded(mimePart).list(), "raw_email_ref": identifier.to("artifact"),
		}, parts),
		"file": newShape("6.7", props{
			"hashes": hashes, "size": count, "name": text, "name_enc": text.that(charset), "magic_number_hex": hexadecimal,
			"mime_type": text.that(shouldBeMediaType), "ctime": timestamp, "mtime": timestamp, "atime": timestamp,
			"parent_directory_ref": identifier.to("directory"), "contains_refs": identifier.toSeen().list(), "content_ref": identifier.to("artifact"),
		}).withSome("hashes", "name"),
		"network-traffic": newShape("6.12", props{
			"start": timestamp, "end": timestamp, "is_active": boolean, "src_ref": identifier.to(endpoints...), "dst_ref": identifier.to(endpoints...),
			"src_port": integer.between(0, 65535), "dst_port": integer.between(0, 65535), "protocols": text.required().that(protocol).list(),
			"src_byte_count": count, "dst_byte_count": count, "src_packets": count, "dst_packets": count, "ipfix": dictionary.of(anyValue.that(ipfix)),
			"src_payload_ref": identifier.to("artifact"), "dst_payload_ref": identifier.to("artifact"),
			"encapsulates_refs": identifier.to("network-traffic").list(), "encapsulated_by_ref": identifier.to("network-traffic"),
		}, ordered("start", "end", false), ended, ports).withSome("src_ref", "dst_ref"),
		"process": newShape("6.13", props{
			"is_hidden": boolean, "pid": integer, "created_time": timestamp, "cwd": text, "command_line": text,
			"environment_variables": dictionary.of(text), "opened_connection_refs": identifier.to("network-traffic").list(),
			"creator_user_ref": identifier.to("user-account"), "image_ref": identifier.to("file"), "parent_ref": identifier.to("process"),
			"child_refs": identifier.to("process").list(),
		}).withSome(),
	}
}

// endpoints is what traffic goes between.
var endpoints = []string{"ipv4-addr", "ipv6-addr", "mac-addr", "domain-name"}

var (
	mimePart = newShape("6.6.2", props{
		"body": text, "body_raw_ref": identifier.to("artifact", "file"), "content_type": text, "content_disposition": text,
	}, oneOf("body", "body_raw_ref"))

	registryValue = newShape("6.17.2", props{"name": text, "data": text, "data_type": text.from(registryTypes)}).withSome()

	certificateExtensions = newShape("6.18.2", props{
		"basic_constraints": text, "name_constraints": text, "policy_constraints": text, "key_usage": text, "extended_key_usage": text,
		"subject_key_identifier": text, "authority_key_identifier": text, "subject_alternative_name": text, "issuer_alternative_name": text,
		"subject_directory_attributes": text, "crl_distribution_points": text, "inhibit_any_policy": text,
		"private_key_usage_period_not_before": timestamp, "private_key_usage_period_not_after": timestamp, "certificate_policies": text,
		"policy_mappings": text,
	}).withSome()
)
