package playbook

import (
	"encoding/json"
	"math"
	"net/mail"
	"net/netip"
	"regexp"
	"strings"
)

// The words of the standard's vocabularies.
var (
	playbookTypes = openly("attack", "detection", "engagement", "investigation", "mitigation", "notification", "prevention", "remediation")
	activities    = openly("compose-content", "deliver-content", "identify-audience", "identify-channel", "scan-system", "match-indicator", "analyze-collected-data",
		"identify-indicators", "scan-vulnerabilities", "configure-systems", "restrict-access", "disconnect-system", "eliminate-risk", "revert-system", "restore-data",
		"restore-capabilities", "map-network", "identify-steps", "step-sequence", "prepare-engagement", "execute-operation", "analyze-engagement-results")
	sectors = openly("aerospace", "aviation", "agriculture", "automotive", "biotechnology", "chemical", "commercial", "consulting", "construction", "cosmetics",
		"critical-infrastructure", "dams", "defense", "education", "emergency-services", "energy", "non-renewable-energy", "renewable-energy", "media", "financial", "food",
		"gambling", "government", "local-government", "national-government", "regional-government", "public-services", "healthcare", "information-communications-technology",
		"electronics-hardware", "software", "telecommunications", "legal-services", "lodging", "manufacturing", "maritime", "metals", "mining", "non-profit",
		"humanitarian-aid", "human-rights", "nuclear", "petroleum", "pharmaceuticals", "research", "transportation", "logistics-shipping", "utilities", "video-game", "water")
	categories = openly("aaa", "analytics", "caldera", "content-gateway", "desktop", "endpoint", "firewall", "handset", "ids", "ips", "kali", "manx", "orchestrator",
		"os-linux", "os-mac", "os-windows", "redcanary-atomicred", "ragdoll", "router", "sandcat", "server", "siem", "switch", "ticketing", "tip", "wireless")
	regions = oneOf("africa", "eastern-africa", "middle-africa", "northern-africa", "southern-africa", "western-africa", "americas", "caribbean", "central-america",
		"latin-america-caribbean", "northern-america", "south-america", "asia", "central-asia", "eastern-asia", "southern-asia", "south-eastern-asia", "western-asia",
		"europe", "eastern-europe", "northern-europe", "southern-europe", "western-europe", "oceania", "antarctica", "australia-new-zealand", "melanesia", "micronesia", "polynesia")
	variableTypes = openly("bool", "dictionary", "float", "hexstring", "integer", "ipv4-addr", "ipv6-addr", "long", "mac-addr", "hash", "md5-hash", "sha256-hash", "string", "uri", "uuid")
	algorithms    = openly("RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "Ed25519", "Ed448", "XMSS-SHA2_10_256", "XMSS-SHA2_16_256",
		"XMSS-SHA2_20_256", "LMS_SHA256_M32_H5", "LMS_SHA256_M32_H10", "LMS_SHA256_M32_H15", "LMS_SHA256_M32_H20", "LMS_SHA256_M32_H25")
)

// The data types that several objects use (CACAO 2.0, section 10).
var (
	reference = &shape{
		section: "section 10.9", required: []string{"name"},
		props: map[string]form{"name": text, "description": text, "source": text, "url": text, "external_id": text, "reference_id": text},
	}
	variable = &shape{
		section: "section 10.18", required: []string{"type"},
		props: map[string]form{"type": variableTypes, "description": text, "value": textOrNull, "constant": boolean, "external": boolean},
	}
	location = &shape{
		section: "section 10.3",
		props: map[string]form{
			"name": text, "description": text, "building_details": text, "network_details": text, "region": regions, "country": text, "administrative_area": text,
			"city": text, "street_address": text, "postal_code": text, "latitude": text, "longitude": text, "precision": text,
		},
	}
	contact = &shape{
		section: "section 10.4",
		props:   map[string]form{"email": dictionary(0, wordForm, "a word", email), "phone": dictionary(0, wordForm, "a word", text), "contact_details": text},
	}
	summary = &shape{section: "section 10.14", props: map[string]form{
		"manual_playbook": boolean, "external_playbooks": boolean, "parallel_processing": boolean, "if_logic": boolean, "while_logic": boolean, "switch_logic": boolean,
		"temporal_logic": boolean, "data_markings": boolean, "digital_signatures": boolean, "countersigned_signatures": boolean, "extensions": boolean,
	}}
	variables      = dictionary(0, variableForm, "a name such as __name__", variable.form())
	furtherReading = list(1, reference.form())
	extensions     = dictionary(1, extensionForm, "the id of an extension", object)
)

func textOrNull(f *former, path string, v any) {
	if v != nil {
		text(f, path, v)
	}
}

func object(f *former, path string, v any) {
	if _, ok := v.(map[string]any); !ok {
		f.wrong(path, "%s: want an object", typeOf(v))
	}
}

// email is an address, or a variable that has one. What follows an address in
// the same text could end in a command line.
func email(f *former, path string, v any) {
	s, ok := v.(string)
	if !ok {
		f.wrong(path, "%s: want a string", typeOf(v))
		return
	}
	if references.FindString(s) == s {
		return
	}
	if a, err := mail.ParseAddress(s); err != nil || a.Address != s {
		f.fail(path, "email", "CACAO 2.0 section 10.4", "%q is no e-mail address", clipped(s))
	}
}

// The steps of a workflow (CACAO 2.0, section 4).
var (
	step = &shape{
		section: "section 4.1", required: []string{"type"},
		props: map[string]form{
			"type": oneOf(TypeStart, TypeEnd, TypeAction, TypePlaybook, TypeParallel, TypeIf, TypeWhile, TypeSwitch),
			"name": text, "description": text, "external_references": furtherReading, "delay": whole(1, math.MaxInt64), "timeout": whole(math.MinInt64, math.MaxInt64),
			"step_variables": variables, "owner": identifier, "on_completion": identifier, "on_success": identifier, "on_failure": identifier, "step_extensions": extensions,
		},
	}
	steps = map[string]*shape{
		TypeStart: {section: "section 4.4", more: []*shape{step}, props: map[string]form{"type": oneOf(TypeStart)}, also: hasNot("on_success", "on_failure")},
		TypeEnd:   {section: "section 4.5", more: []*shape{step}, props: map[string]form{"type": oneOf(TypeEnd)}, also: hasNot("on_completion", "on_success", "on_failure")},
		TypeAction: {
			section: "section 4.6", more: []*shape{step}, required: []string{"commands", "agent"},
			props: map[string]form{"type": oneOf(TypeAction), "commands": list(1, command.form()), "agent": identifier, "targets": list(1, identifier), "in_args": list(1, text), "out_args": list(1, text)},
		},
		TypePlaybook: {
			section: "section 4.7", more: []*shape{step}, required: []string{"playbook_id"},
			props: map[string]form{"type": oneOf(TypePlaybook), "playbook_id": identifier, "playbook_version": timestamp, "in_args": list(1, text), "out_args": list(1, text)},
		},
		TypeParallel: {section: "section 4.8", more: []*shape{step}, required: []string{"next_steps"}, props: map[string]form{"type": oneOf(TypeParallel), "next_steps": list(2, identifier)}},
		TypeIf:       {section: "section 4.9", more: []*shape{step}, required: []string{"condition", "on_true"}, props: map[string]form{"type": oneOf(TypeIf), "condition": text, "on_true": identifier, "on_false": identifier}},
		TypeWhile:    {section: "section 4.10", more: []*shape{step}, required: []string{"condition", "on_true"}, props: map[string]form{"type": oneOf(TypeWhile), "condition": text, "on_true": identifier}},
		TypeSwitch:   {section: "section 4.11", more: []*shape{step}, required: []string{"switch", "cases"}, props: map[string]form{"type": oneOf(TypeSwitch), "switch": text, "cases": cases}},
	}
)

// hasNot refuses an object that has one of these properties.
func hasNot(names ...string) func(*former, string, map[string]any) {
	return func(f *former, path string, o map[string]any) {
		for _, name := range names {
			if _, ok := o[name]; ok {
				f.wrong(join(path, name), "a step of this type has no %s", name)
			}
		}
	}
}

var caseForm = regexp.MustCompile(`(action|end|if-condition|parallel|playbook|start|switch-condition|while-condition)--` + uuidForm + `$`)

func cases(f *former, path string, v any) {
	o, ok := v.(map[string]any)
	if !ok {
		f.wrong(path, "%s: want an object", typeOf(v))
		return
	}
	for _, key := range sortedKeys(o) {
		if s, ok := o[key].(string); !ok || !caseForm.MatchString(s) {
			f.wrong(join(path, key), "%s: want the id of a step", said(o[key]))
		}
	}
}

// command is any command; also checks what its own type asks for (CACAO 2.0,
// section 5).
var command = &shape{
	section: "section 5", required: []string{"type"},
	props: map[string]form{
		"type":        openly("manual", "bash", "caldera-cmd", "elastic", "http-api", "jupyter", "kestrel", "openc2-http", "powershell", "sigma", "ssh", "yara"),
		"description": text, "version": text, "playbook_activity": activities, "external_references": list(0, reference.form()),
		"command": beyond(text), "command_b64": beyond(packed), "headers": beyond(dictionary(0, anyName, "a name", list(0, text))), "content": beyond(text), "content_b64": beyond(packed),
	},
	also: commandAsks,
}

var anyName = regexp.MustCompile(`(?s).*`)

// beyond is a form that the text of the standard asks for but the schemas, by the
// way they refer to each other, do not check.
func beyond(of form) form {
	return func(f *former, path string, v any) {
		inner := &former{Result: new(Result), section: "section 5"}
		of(inner, path, v)
		for _, p := range inner.Errors {
			f.fail(p.Path, "command", p.Rule, "%s", p.Message)
		}
		for _, p := range inner.Warnings {
			f.warn(p.Path, p.Code, p.Rule, "%s", p.Message)
		}
	}
}

// packed is Base64 (RFC 4648, section 4).
func packed(f *former, path string, v any) {
	s, ok := v.(string)
	if !ok {
		f.wrong(path, "%s: want a string", typeOf(v))
		return
	}
	var b []byte
	quoted, err := json.Marshal(s)
	if err != nil || json.Unmarshal(quoted, &b) != nil {
		f.wrong(path, "not Base64")
	}
}

func commandAsks(f *former, path string, o map[string]any) {
	_, plain := o["command"]
	_, b64 := o["command_b64"]
	_, content := o["content_b64"]
	ask := func(ok bool, what string) {
		if !ok {
			f.fail(path, "command", "CACAO 2.0 section 5", "a command of type %s has %s", textOf(o["type"]), what)
		}
	}
	switch textOf(o["type"]) {
	case "manual", "bash", "powershell", "ssh", "caldera-cmd":
		ask(plain || b64, "command or command_b64")
	case "elastic", "jupyter", "kestrel", "sigma", "yara":
		ask(b64, "command_b64")
	case "http-api":
		ask(plain, "command")
	case "openc2-http":
		ask(plain && content, "command and content_b64")
	}
}

// Agents and targets (CACAO 2.0, section 7).
var (
	agent = &shape{
		section: "section 7.1", required: []string{"type", "name"},
		props: map[string]form{"type": text, "name": text, "description": text, "location": location.form(), "agent_target_extensions": extensions},
	}
	agents = map[string]*shape{
		"group":             agentOf("group", "section 7.6", nil, map[string]form{"contact": contact.form()}),
		"individual":        agentOf("individual", "section 7.7", nil, map[string]form{"contact": contact.form()}),
		"organization":      agentOf("organization", "section 7.9", nil, map[string]form{"contact": contact.form()}),
		"location":          agentOf("location", "section 7.8", nil, map[string]form{"logical": list(1, text)}),
		"sector":            agentOf("sector", "section 7.10", []string{"sector"}, map[string]form{"sector": sectors}),
		"security-category": agentOf("security-category", "section 7.11", []string{"category"}, map[string]form{"category": list(1, categories)}),
		"http-api":          machine("http-api", "section 7.3", true),
		"linux":             machine("linux", "section 7.4", true),
		"ssh":               machine("ssh", "section 7.12", true),
		"net-address":       machine("net-address", "section 7.5", false),
	}
)

func agentOf(kind, section string, required []string, props map[string]form) *shape {
	props["type"] = oneOf(kind)
	return &shape{section: section, more: []*shape{agent}, required: required, props: props}
}

func machine(kind, section string, port bool) *shape {
	props := map[string]form{"address": addresses, "authentication_info": identifier, "category": list(1, categories)}
	if port {
		props["port"] = text
	}
	return agentOf(kind, section, []string{"address"}, props)
}

// addresses is how a machine is reached. An address may be a variable.
func addresses(f *former, path string, v any) {
	o, ok := v.(map[string]any)
	if !ok {
		f.wrong(path, "%s: want an object", typeOf(v))
		return
	}
	for _, kind := range sortedKeys(o) {
		l, ok := o[kind].([]any)
		if !ok {
			f.wrong(join(path, kind), "%s: want a list", typeOf(o[kind]))
			continue
		}
		for _, e := range l {
			if what := addressFault(kind, e); what != "" {
				f.fail(join(path, kind), "address", "CACAO 2.0 section 7", "%s: want %s", said(e), what)
			}
		}
	}
}

var (
	macForm      = regexp.MustCompile(`^[a-fA-F0-9]{2}(:[a-fA-F0-9]{2}){5}$`)
	addressKinds = []string{"dname", "ipv4", "ipv6", "l2mac", "vlan", "url"}
)

// addressFault is what an address should be and is not; "" for nothing.
func addressFault(kind string, v any) string {
	s, ok := v.(string)
	if kind == "vlan" {
		n, number := v.(json.Number)
		if i, err := n.Int64(); ok && references.FindString(s) == s || number && err == nil && i >= 0 && i <= 4095 {
			return ""
		}
		return "a number from 0 to 4095"
	}
	if !ok {
		return "a string"
	}
	if references.FindString(s) == s {
		return ""
	}
	a, err := netip.ParseAddr(s)
	switch {
	case kind == "ipv4" && (err != nil || !a.Is4()):
		return "an IPv4 address"
	case kind == "ipv6" && (err != nil || !a.Is6()):
		return "an IPv6 address"
	case kind == "l2mac" && !macForm.MatchString(s):
		return "a MAC address, as 00:1b:44:11:3a:b7"
	case kind == "url" && !strings.Contains(s, ".") && !strings.Contains(s, "://"):
		return "a URL"
	}
	for _, k := range addressKinds {
		if k == kind {
			return ""
		}
	}
	return "one of " + strings.Join(addressKinds, ", ")
}
