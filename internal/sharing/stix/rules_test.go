package stix

import (
	"strings"
	"testing"
)

// broken is what is done to a good object, and the only error that it makes: a
// path, the section of the rule, and a part of the message.
type broken struct{ kind, patch, path, section, says string }

const (
	malwareID  = `"malware--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"`
	markingID  = `"marking-definition--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"`
	identityID = `"identity--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"`
	softwareID = `"software--8e2e2d2b-17d4-5cbf-938f-98ee46b3cd3f"`
)

var brokenCommon = []broken{
	{"campaign", `{"name":null}`, "name", "4.2", "is missing"},
	{"campaign", `{"modified":null}`, "modified", "3.2", "is missing"},
	{"campaign", `{"spec_version":"2.2"}`, "spec_version", "10", "want one of 2.1"},
	{"campaign", `{"name":7}`, "name", "2.15", "want a string, got a number"},
	{"campaign", `{"aliases":"x"}`, "aliases", "2.12", "want a list"},
	{"campaign", `{"aliases":[]}`, "aliases", "2.12", "empty list"},
	{"campaign", `{"aliases":["a",{}]}`, "aliases[1]", "2.15", "want a string, got an object"},
	{"campaign", `{"revoked":"no"}`, "revoked", "2.2", "want a boolean"},
	{"campaign", `{"confidence":101}`, "confidence", "4.2", "0 to 100"},
	{"campaign", `{"confidence":1.5}`, "confidence", "2.10", "whole number"},
	{"campaign", `{"created":"2020-12-13T21:00:00Z"}`, "created", "3.2", "three digits"},
	{"campaign", `{"created":"2020-12-13 21:00:00.000Z"}`, "created", "2.16", "no timestamp"},
	{"campaign", `{"created":"2021-12-13T21:00:00.000Z"}`, "modified", "3.2", "is before created"},
	{"campaign", `{"last_seen":"2019-01-01T00:00:00Z"}`, "last_seen", "4.2", "is before first_seen"},
	{"campaign", `{"id":"campaign--1"}`, "id", "2.9", "no identifier"},
	{"campaign", `{"id":` + malwareID + `}`, "id", "2.9", "the type is campaign"},
	{"campaign", `{"created_by_ref":` + malwareID + `}`, "created_by_ref", "4.2", "want identity"},
	{"campaign", `{"created_by_ref":"nobody"}`, "created_by_ref", "2.9", "no identifier"},
	{"campaign", `{"object_marking_refs":[` + malwareID + `]}`, "object_marking_refs[0]", "4.2", "want marking-definition"},
	{"campaign", `{"lang":"english"}`, "lang", "4.2", "RFC 5646"},
	{"campaign", `{"lang":"eng"}`, "lang", "4.2", "RFC 5646"},
	{"campaign", `{"severity":1}`, "severity", "3.8", "reserved"},
	{"campaign", `{"Xy":1}`, "Xy", "3.1", "no name of a property"},
	{"campaign", `{"x_agency":[]}`, "x_agency", "2.12", "empty list"},
	{"campaign", `{"x_mask_hex":"abc"}`, "x_mask_hex", "2.8", "hexadecimal"},
	{"campaign", `{"x_blob_bin":"abc"}`, "x_blob_bin", "2.1", "base64"},
	{"campaign", `{"external_references":[{"source_name":"x"}]}`, "external_references[0]", "2.5", "at least one"},
	{"campaign", `{"external_references":[{"description":"x"}]}`, "external_references[0].source_name", "2.5", "is missing"},
	{"campaign", `{"external_references":[{"source_name":"cve","external_id":"CVE-20-1"}]}`, "external_references[0].external_id", "2.5", "CVE"},
	{"campaign", `{"external_references":[{"source_name":"nvd","external_id":"CVE-2020-10148"}]}`, "external_references[0].source_name", "2.5", "want cve"},
	{"campaign", `{"external_references":[{"source_name":"capec","external_id":"550"}]}`, "external_references[0].external_id", "2.5", "CAPEC"},
	{"campaign", `{"external_references":[{"source_name":"x","url":"no url"}]}`, "external_references[0].url", "2.5", "RFC 3986"},
	{"campaign", `{"external_references":[{"source_name":"x","url":"http://a.example/","hashes":{"x_own":"1"}}]}`, "external_references[0].hashes.x_own", "2.5", "hash-algorithm-ov"},
	{"tool", `{"kill_chain_phases":[{"phase_name":"x"}]}`, "kill_chain_phases[0].kill_chain_name", "2.11", "is missing"},
	{"tool", `{"granular_markings":[{"selectors":["name"]}]}`, "granular_markings[0].marking_ref", "7.2.3.1", "want marking_ref, or lang"},
	{"tool", `{"granular_markings":[{"selectors":["name"],"lang":"de","marking_ref":` + markingID + `}]}`, "granular_markings[0].lang", "7.2.3.1", "together"},
	{"tool", `{"granular_markings":[{"selectors":["nome"],"lang":"de"}]}`, "granular_markings[0].selectors[0]", "7.2.3.1", "selects nothing"},
	{"tool", `{"granular_markings":[{"selectors":["aliases.[1]"],"lang":"de"}]}`, "granular_markings[0].selectors[0]", "7.2.3.1", "there is no aliases.[1]"},
	{"tool", `{"granular_markings":[{"selectors":["aliases[0]"],"lang":"de"}]}`, "granular_markings[0].selectors[0]", "7.2.3.1", "no selector"},
	{"tool", `{"extensions":{}}`, "extensions", "2.3", "at least one"},
	{"tool", `{"extensions":{"x":{"abc":1}}}`, "extensions.x", "7.3", "no name of an extension"},
	{"tool", `{"extensions":{"extension-definition--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f":{"abc":1}}}`, "extensions.extension-definition--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f.extension_type", "7.3", "is missing"},
	{"tool", `{"extensions":{"extension-definition--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f":{"extension_type":"new"}}}`, "extensions.extension-definition--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f.extension_type", "10", "extension-type-enum"},
	{"tool", `{"extensions":{"extension-definition--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f":{"extension_type":"property-extension","a":1}}}`, "extensions.extension-definition--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f.a", "3.1", "no name of a property"},
}

var brokenDomain = []broken{
	{"grouping", `{"object_refs":["x"]}`, "object_refs[0]", "2.9", "no identifier"},
	{"indicator", `{"valid_until":"2020-12-13T21:00:00.000Z"}`, "valid_until", "4.7", "want a later time"},
	{"indicator", `{"pattern_type":null}`, "pattern_type", "4.7", "is missing"},
	{"location", `{"longitude":null,"precision":null}`, "latitude", "4.10", "together"},
	{"location", `{"latitude":90.5}`, "latitude", "4.10", "-90 to 90"},
	{"location", `{"latitude":null,"longitude":null}`, "precision", "4.10", "without latitude"},
	{"location", `{"latitude":null,"longitude":null,"precision":null,"region":null,"country":null}`, "", "4.10", "one is required"},
	{"malware", `{"is_family":null}`, "is_family", "4.11", "is missing"},
	{"malware", `{"name":null}`, "name", "4.11", "must have one"},
	{"malware", `{"sample_refs":[` + malwareID + `]}`, "sample_refs[0]", "4.11", "want file or artifact"},
	{"malware-analysis", `{"result":null,"analysis_sco_refs":null}`, "", "4.12", "at least one"},
	{"malware-analysis", `{"analysis_sco_refs":[` + malwareID + `]}`, "analysis_sco_refs[0]", "4.12", "want an observable"},
	{"observed-data", `{"number_observed":0}`, "number_observed", "4.14", "1 to 999999999"},
	{"observed-data", `{"number_observed":1000000000}`, "number_observed", "4.14", "1 to 999999999"},
	{"observed-data", `{"object_refs":null}`, "object_refs", "4.14", "is missing"},
	{"observed-data", `{"object_refs":[` + malwareID + `]}`, "object_refs[0]", "4.14", "want an observable"},
	{"observed-data", `{"object_refs":["sighting--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"]}`, "object_refs", "4.14", "no observable"},
	{"observed-data", `{"last_observed":"2019-01-01T00:00:00Z"}`, "last_observed", "4.14", "is before first_observed"},
	{"opinion", `{"opinion":"perhaps"}`, "opinion", "10", "opinion-enum"},
	{"report", `{"published":null}`, "published", "4.16", "is missing"},
	{"relationship", `{"relationship_type":"Uses it"}`, "relationship_type", "5.1", "lower case"},
	{"relationship", `{"target_ref":` + markingID + `}`, "target_ref", "5.1", "must not point to type marking-definition"},
	{"relationship", `{"stop_time":"2020-12-13T21:00:00.000Z"}`, "stop_time", "5.1", "later time"},
	{"sighting", `{"count":-1}`, "count", "5.2", "0 to 999999999"},
	{"sighting", `{"sighting_of_ref":` + softwareID + `}`, "sighting_of_ref", "5.2", "must not point to type software"},
	{"sighting", `{"where_sighted_refs":[` + malwareID + `]}`, "where_sighted_refs[0]", "5.2", "want identity or location"},
	{"language-content", `{"contents":{"german":{"name":"x"}}}`, "contents.german", "7.1", "RFC 5646"},
	{"language-content", `{"contents":{"de":"x"}}`, "contents.de", "7.1", "dictionary of properties"},
	{"language-content", `{"contents":{"de":{"X":"x"}}}`, "contents.de", "7.1", "name of a property"},
	{"language-content", `{"object_ref":"bundle--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"}`, "object_ref", "7.1", "must not point to type bundle"},
	{"extension-definition", `{"extension_types":["property-extension"]}`, "extension_properties", "7.3", "must not be there"},
	{"extension-definition", `{"created_by_ref":null}`, "created_by_ref", "3.2", "is missing"},
	{"marking-definition", `{"definition":{"statement":7}}`, "definition.statement", "2.15", "want a string"},
	{"marking-definition", `{"definition":{"text":"x"}}`, "definition.statement", "7.2.1.3", "is missing"},
	{"marking-definition", `{"definition":null}`, "definition", "7.2.1", "is missing"},
	{"marking-definition", `{"definition_type":"tlp","definition":{"tlp":"green"}}`, "id", "7.2.1.4", "none of the four"},
	{"marking-definition", `{"id":"marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"}`, "definition_type", "7.2.1.4", "TLP:RED"},
	{"marking-definition", `{"id":` + markingID + `,"object_marking_refs":[` + markingID + `]}`, "object_marking_refs", "7.2.1", "the marking itself"},
}

var brokenObservables = []broken{
	{"artifact", `{"url":"https://agency.example/"}`, "payload_bin", "6.1", "together"},
	{"artifact", `{"payload_bin":null}`, "payload_bin", "6.1", "url and hashes"},
	{"artifact", `{"id":"artifact--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","payload_bin":null,"hashes":null,"url":"https://agency.example/"}`, "hashes", "6.1", "with a url"},
	{"artifact", `{"payload_bin":"AAA"}`, "payload_bin", "2.1", "base64"},
	{"artifact", `{"encryption_algorithm":null}`, "decryption_key", "6.1", "without encryption_algorithm"},
	{"artifact", `{"encryption_algorithm":"rot13"}`, "encryption_algorithm", "10", "encryption-algorithm-enum"},
	{"artifact", `{"mime_type":"zip"}`, "mime_type", "6.1", "media type"},
	{"artifact", `{"hashes":{"MD5":"abc"}}`, "hashes.MD5", "10.7", "32 hexadecimal digits"},
	{"artifact", `{"hashes":{}}`, "hashes", "2.3", "empty"},
	{"directory", `{"path_enc":"no-such-set"}`, "path_enc", "6.3", "character set"},
	{"directory", `{"path_enc":"latin1"}`, "path_enc", "6.3", "ISO-8859-1"},
	{"directory", `{"contains_refs":[` + softwareID + `]}`, "contains_refs[0]", "6.3", "want file or directory"},
	{"domain-name", `{"value":"no_name.example"}`, "value", "6.4", "RFC 5890"},
	{"domain-name", `{"value":"a..example"}`, "value", "6.4", "RFC 5890"},
	{"email-addr", `{"value":"nobody"}`, "value", "6.5", "RFC 5322"},
	{"email-message", `{"body":"x"}`, "body", "6.6", "several parts"},
	{"email-message", `{"is_multipart":false}`, "body_multipart", "6.6", "one part"},
	{"email-message", `{"body_multipart":[{"content_type":"x"}]}`, "body_multipart[0].body", "6.6.2", "exactly one"},
	{"email-message", `{"additional_header_fields":{"Subject":"x"}}`, "additional_header_fields.Subject", "6.6", "property of its own"},
	{"email-message", `{"additional_header_fields":{"X-Thing":1}}`, "additional_header_fields.X-Thing", "6.6", "list of strings"},
	{"file", `{"name":null,"hashes":null}`, "", "6.7", "at least one"},
	{"file", `{"size":-1}`, "size", "6.7", "from 0"},
	{"file", `{"magic_number_hex":"4d5"}`, "magic_number_hex", "2.8", "even number"},
	{"file", `{"extensions":{"ntfs-ext":{"x_own":1}}}`, "extensions.ntfs-ext", "6.7.3", "at least one"},
	{"file", `{"extensions":{"windows-pebinary-ext":{"pe_type":"exe"}}}`, "extensions.windows-pebinary-ext", "6.7.6", "at least one"},
	{"file", `{"extensions":{"windows-pebinary-ext":{"pe_type":"exe","optional_header":{"own":1,"size_of_code":1}}}}`, "extensions.windows-pebinary-ext.optional_header.own", "6.7.6.1", "no property"},
	{"file", `{"extensions":{"windows-pebinary-ext":{"pe_type":"exe","time_date_stamp":"2020-01-01T00:00:00.5Z"}}}`, "extensions.windows-pebinary-ext.time_date_stamp", "6.7.6", "fraction"},
	{"file", `{"extensions":{"archive-ext":{"comment":"x"}}}`, "extensions.archive-ext.contains_refs", "6.7.2", "is missing"},
	{"file", `{"extensions":{"raster-image-ext":{"exif_tags":{"make":"x"}}}}`, "extensions.raster-image-ext.exif_tags.make", "6.7.5", "upper case"},
	{"ipv4-addr", `{"value":"256.0.0.1"}`, "value", "6.8", "IPv4"},
	{"ipv4-addr", `{"value":"10.0.0.1/33"}`, "value", "6.8", "IPv4"},
	{"ipv4-addr", `{"value":"2001:db8::1"}`, "value", "6.8", "IPv4"},
	{"ipv6-addr", `{"value":"10.0.0.1"}`, "value", "6.9", "IPv6"},
	{"mac-addr", `{"value":"D2:FB:49:24:37:18"}`, "value", "6.10", "lower case"},
	{"network-traffic", `{"src_ref":null,"dst_ref":null}`, "", "6.12", "at least one"},
	{"network-traffic", `{"src_ref":null,"dst_ref":null,"extensions":{"tcp-ext":{"src_flags_hex":"02"}}}`, "", "6.12", "at least one"},
	{"network-traffic", `{"src_port":65536}`, "src_port", "6.12", "65535"},
	{"network-traffic", `{"protocols":null}`, "protocols", "6.12", "is missing"},
	{"network-traffic", `{"is_active":true,"end":"2021-01-01T00:00:00Z"}`, "end", "6.12", "is_active"},
	{"network-traffic", `{"ipfix":{"minimumIpTotalLength":true}}`, "ipfix.minimumIpTotalLength", "6.12", "whole number"},
	{"network-traffic", `{"extensions":{"icmp-ext":{"icmp_type_hex":"08"}}}`, "extensions.icmp-ext.icmp_code_hex", "6.12.3", "is missing"},
	{"network-traffic", `{"extensions":{"socket-ext":{"address_family":"AF_INET","options":{"reuse":1}}}}`, "extensions.socket-ext.options.reuse", "6.12.4", "socket option"},
	{"network-traffic", `{"extensions":{"socket-ext":{"address_family":"INET"}}}`, "extensions.socket-ext.address_family", "10", "AF_INET"},
	{"process", `{"pid":null}`, "", "6.13", "at least one"},
	{"process", `{"id":"process--8e2e2d2b-17d4-5cbf-938f-98ee46b3cd3f"}`, "id", "6.13", "must have 4"},
	{"process", `{"extensions":{"windows-process-ext":{"startup_info":{"own":1}}}}`, "extensions.windows-process-ext.startup_info.own", "6.13.2", "STARTUPINFO"},
	{"process", `{"extensions":{"windows-service-ext":{"start_type":"never"}}}`, "extensions.windows-service-ext.start_type", "10", "SERVICE_AUTO_START"},
	{"software", `{"cpe":"cpe:/a:x:y"}`, "cpe", "6.14", "CPE 2.3"},
	{"software", `{"cpe":"cpe:2.3:a:x:y:1:*:*:*:*:*:*"}`, "cpe", "6.14", "CPE 2.3"},
	{"software", `{"languages":["english"]}`, "languages[0]", "6.14", "RFC 5646"},
	{"url", `{"value":"agency.example"}`, "value", "6.15", "RFC 3986"},
	{"user-account", `{"id":"user-account--8e2e2d2b-17d4-5cbf-938f-98ee46b3cd3f","user_id":null,"account_login":null,"account_type":null}`, "id", "2.9", "want 4"},
	{"windows-registry-key", `{"key":"HKLM\\Software"}`, "key", "6.17", "full name"},
	{"windows-registry-key", `{"values":[{"name":"x","data_type":"REG_X"}]}`, "values[0].data_type", "10", "REG_SZ"},
	{"windows-registry-key", `{"values":[{"own":"x"}]}`, "values[0]", "6.17.2", "at least one"},
	{"x509-certificate", `{"x509_v3_extensions":{}}`, "x509_v3_extensions", "6.18.2", "at least one"},
}

func TestBrokenObjects(t *testing.T) {
	for _, table := range [][]broken{brokenCommon, brokenDomain, brokenObservables} {
		for _, b := range table {
			r := Validate(changed(t, b.kind, b.patch))
			if len(r.Errors) != 1 || r.Valid {
				t.Errorf("%s %s: want one error, got %+v", b.kind, b.patch, r.Errors)
				continue
			}
			e := r.Errors[0]
			if e.Path != b.path || e.Rule != "STIX 2.1 section "+b.section || !strings.Contains(e.Message, b.says) || e.Object != r.ID {
				t.Errorf("%s %s: got %+v, want %s of section %s that says %q", b.kind, b.patch, e, b.path, b.section, b.says)
			}
		}
	}
}

// TestUnusualObjects is about what makes a warning, and nothing worse.
func TestUnusualObjects(t *testing.T) {
	for _, b := range []broken{
		{"campaign", `{"x_agency_score":1}`, "x_agency_score", "11.1", "no extension defines it"},
		{"campaign", `{"id":"campaign--8e2e2d2b-17d4-1cbf-938f-98ee46b3cd3f"}`, "id", "2.9", "want 4"},
		{"campaign", `{"created":"2020-12-13T21:00:00.000000Z"}`, "created", "3.2", "finer"},
		{"campaign", `{"external_references":[{"source_name":"x","url":"http://a.example/"}]}`, "external_references[0].hashes", "2.5", "with a url"},
		{"campaign", `{"external_references":[{"source_name":"x","description":"y","own":1}]}`, "external_references[0].own", "11.1", "no property"},
		{"tool", `{"tool_types":["hammer"]}`, "tool_types[0]", "10", "tool-type-ov"},
		{"tool", `{"kill_chain_phases":[{"kill_chain_name":"my chain","phase_name":"x"}]}`, "kill_chain_phases[0].kill_chain_name", "2.11", "hyphens"},
		{"tool", `{"extensions":{"x-own-ext":{"abc":1}}}`, "extensions.x-own-ext", "11.3", "extension definition"},
		{"indicator", `{"name":null}`, "name", "4.7", "should have it"},
		{"location", `{"country":"XX"}`, "country", "4.10", "ISO 3166"},
		{"malware-analysis", `{"product":"My AV"}`, "product", "4.12", "lower case"},
		{"relationship", `{"relationship_type":"eats"}`, "relationship_type", "3.7", "suggests no"},
		{"relationship", `{"target_ref":` + identityID + `}`, "target_ref", "3.7", "to type identity"},
		{"extension-definition", `{"extension_properties":null}`, "extension_properties", "7.3", "should name"},
		{"marking-definition", `{"definition_type":"house","definition":{"rule":"x"}}`, "definition_type", "7.2.1", "as extensions"},
		{"mutex", `{"id":"mutex--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"}`, "id", "2.9", "should have 5"},
		{"artifact", `{"hashes":{"CRC-32":"12345678"}}`, "hashes.CRC-32", "10.7", "hash-algorithm-ov"},
		{"x-agency-seen", `{"x_agency_map":{"Upper":1}}`, "x_agency_map.Upper", "2.3", "lower case"},
		{"marking-definition", `{"id":"marking-definition--8e2e2d2b-17d4-1cbf-938f-98ee46b3cd3f"}`, "id", "2.9", "want 4"},
		{"file", `{"mime_type":"dll"}`, "mime_type", "6.7", "media type"},
		{"file", `{"extensions":{"pdf-ext":{"document_info_dict":{"Own":"x"}}}}`, "extensions.pdf-ext.document_info_dict.Own", "6.7.4", "document information"},
		{"network-traffic", `{"dst_port":null}`, "dst_port", "6.12", "should be there"},
		{"network-traffic", `{"protocols":["not a protocol"]}`, "protocols[0]", "6.12", "IANA"},
		{"network-traffic", `{"extensions":{"http-request-ext":{"request_method":"get","request_value":"/","request_header":{"Fly":["x"]}}}}`, "extensions.http-request-ext.request_header.Fly", "6.12.2", "header"},
		{"process", `{"extensions":{"windows-process-ext":{"priority":"HIGH"}}}`, "extensions.windows-process-ext.priority", "6.13.2", "_CLASS"},
		{"software", `{"languages":["eng"]}`, "languages[0]", "6.14", "ISO 639-2"},
		{"x-agency-thing", `{"extensions":null}`, "type", "11.2", "no type of the standard"},
	} {
		r := Validate(changed(t, b.kind, b.patch))
		if len(r.Warnings) != 1 || !r.Valid {
			t.Errorf("%s %s: want one warning, got %+v %+v", b.kind, b.patch, r.Warnings, r.Errors)
			continue
		}
		w := r.Warnings[0]
		if w.Path != b.path || w.Rule != "STIX 2.1 section "+b.section || !strings.Contains(w.Message, b.says) {
			t.Errorf("%s %s: got %+v, want %s of section %s that says %q", b.kind, b.patch, w, b.path, b.section, b.says)
		}
	}
}
