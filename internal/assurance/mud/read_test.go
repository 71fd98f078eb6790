package mud

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// camera is a usage description with every kind of rule. The verbs stand for
// members of the mud container, entries of the list from the device, and
// members of the document.
const camera = `{
  "ietf-mud:mud": {
    "mud-version": 1, "mud-url": "https://lumen.example/cam.json", "last-update": "2026-03-01T10:00:00+01:00", "is-supported": true,
    "mfg-name": "Lumen", "model-name": "Cam 2",
    "from-device-policy": {"access-lists": {"access-list": [{"name": "out"}]}},
    "to-device-policy": {"access-lists": {"access-list": [{"name": "in"}]}}%s
  },
  "ietf-access-control-list:acls": {"acl": [
    {"name": "out", "type": "ipv4-acl-type", "aces": {"ace": [%s]}},
    {"name": "in", "type": "ipv4-acl-type", "aces": {"ace": []}}
  ]}%s
}`

func withRules(rules string) string { return fmt.Sprintf(camera, "", rules, "") }
func withMember(m string) string    { return fmt.Sprintf(camera, ",\n"+m, "", "") }

// accept is an entry that lets through what matches.
func accept(name, matches string) string {
	return `{"name": "` + name + `", "matches": {` + matches + `}, "actions": {"forwarding": "accept"}}`
}

func mustRead(t *testing.T, doc string) *File {
	t.Helper()
	f, err := Read(t.Context(), "x.json", []byte(doc), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func hostNames(hosts []Host) string {
	var out []string
	for _, h := range hosts {
		out = append(out, h.Name)
	}
	return strings.Join(out, " ")
}

func TestRead(t *testing.T) {
	f := mustRead(t, fmt.Sprintf(camera, `, "cache-validity": 24, "extensions": ["ol", "transparency"], "ol": {"owners": ["Lumen"]}`,
		strings.Join([]string{
			accept("a", `"ipv4": {"protocol": 6, "ietf-acldns:dst-dnsname": "API.Lumen.example."}, "tcp": {"destination-port": {"operator": "eq", "port": 443}, "ietf-mud:direction-initiated": "from-device"}`),
			accept("b", `"ipv6": {"protocol": 6, "ietf-acldns:dst-dnsname": "api.lumen.example"}, "tcp": {"destination-port": {"operator": "eq", "port": 443}, "ietf-mud:direction-initiated": "from-device"}`),
			accept("c", `"ietf-mud:mud": {"controller": "urn:ietf:params:mud:dns"}, "udp": {"destination-port": {"lower-port": 53, "upper-port": 54}}`),
			accept("d", `"ietf-mud:mud": {"local-networks": [null]}`),
			accept("e", `"ipv4": {"destination-ipv4-network": "192.168.0.1/24"}`),
			accept("f", `"eth": {"ethertype": "0x888e"}`),
			accept("g", `"icmp": {"type": 8}`),
			`{"name": "h", "matches": {"ipv4": {"ietf-acldns:dst-dnsname": "no.example"}}, "actions": {"forwarding": "drop"}}`,
		}, ","), `, "ietf-mud-transparency:transparency": {"sbom-local-well-known": "https"}`))
	want := &File{
		URL: "https://lumen.example/cam.json", LastUpdate: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), Validity: 24 * time.Hour,
		Supported: true, SupportSaid: true, Manufacturer: "Lumen", Model: "Cam 2",
		Hosts: []Host{
			{"api.lumen.example", "", Traffic{FromDevice, FromDevice, "tcp", "443", "out a"}},
			{"192.168.0.0/24", Local, Traffic{FromDevice, "", "", "", "out e"}},
		},
		Peers: []Peer{
			{Controller, "urn:ietf:params:mud:dns", Traffic{FromDevice, "", "udp", "53-54", "out c"}},
			{LocalNetworks, "", Traffic{FromDevice, "", "", "", "out d"}},
			{Link, "0x888e", Traffic{FromDevice, "", "", "", "out f"}},
			{Any, "", Traffic{FromDevice, "", "icmp", "", "out g"}},
		},
		Extensions: []Extension{{Name: "ol", Declared: true}, {Name: "transparency", Declared: true}},
		Flaws: []Flaw{
			{Section: "2", Text: "line 9, ietf-access-control-list:acls.acl[0].aces.ace[4].matches.ipv4.destination-ipv4-network: " +
				"192.168.0.0/24: an address where a name or a kind of peer would last"},
			{Section: "2", Text: `line 9, ietf-access-control-list:acls.acl[0].aces.ace[5].matches.eth: the match "eth" is not of usage descriptions; a network need not know it`},
		},
	}
	if d := gocmp.Diff(want, f, cmpopts.IgnoreFields(Extension{}, "Body")); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for _, x := range f.Extensions {
		if x.Body == nil {
			t.Errorf("the extension %s has no body", x.Name)
		}
	}
	if !f.Sound() || len(f.Anywhere()) != 1 || !f.Refresh().Equal(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)) {
		t.Errorf("sound %v, anywhere %v, refresh %v", f.Sound(), f.Anywhere(), f.Refresh())
	}
}

// Each broken rule is told with its place and section; the rest is used.
func TestFlaws(t *testing.T) {
	dns := `"ipv4": {"ietf-acldns:dst-dnsname": "%s"}`
	for _, c := range []struct {
		doc, flaw string
		must      bool
	}{
		{strings.Replace(withRules(""), `"mud-version": 1, `, "", 1), `line 2, ietf-mud:mud: "mud-version" is missing (RFC 8520, 3.1)`, true},
		{strings.Replace(withRules(""), "https://lumen", "http://lumen", 1), "ietf-mud:mud.mud-url: \"http://lumen.example/cam.json\": want a URL that begins with https:// (RFC 8520, 6)", true},
		{strings.Replace(withRules(""), `"is-supported": true`, `"is-supported": "yes"`, 1), "want true or false, got a text (RFC 8520, 3.6)", true},
		{strings.Replace(withRules(""), `, "is-supported": true`, ``, 1), `"is-supported" is missing`, true},
		{strings.Replace(withRules(""), "2026-03-01T10", "2026-03-01 10", 1), `last-update: "2026-03-01 10:00:00+01:00": want a time like`, true},
		{strings.Replace(withRules(""), `"last-update": "2026-03-01T10:00:00+01:00", `, "", 1), `"last-update" is missing (RFC 8520, 3.4)`, true},
		{withMember(`"cache-validity": 169`), "line 7, ietf-mud:mud.cache-validity: want 1 to 168 hours, got 169; 48 are taken (RFC 8520, 3.5)", true},
		{withMember(`"cache-validity": "48"`), "want 1 to 168 hours", true},
		{withMember(`"systeminfo": 5`), "systeminfo: want a text, got a number", true},
		{withMember(`"systeminfo": "\u0007"`), "a text has a control character", true},
		{withMember(`"mud-signature": "cam.p7s"`), `mud-signature: "cam.p7s": want a URL`, true},
		{withMember(`"extensions": ["` + strings.Repeat("x", 41) + `"]`), "want at most 40 characters (RFC 8520, 3.9)", true},
		{withMember(`"extensions": [{}]`), "want a list of names", true},
		{withMember(`"secret": 1`), `line 7: the member "secret" is of no declared extension (RFC 8520, 3.9)`, true},
		{strings.Replace(withRules(""), `[{"name": "out"}]`, `[{"name": "gone"}]`, 1), `there is no access list "gone" (RFC 8520, 3.3)`, true},
		{strings.Replace(withRules(""), `[{"name": "in"}]`, `[]`, 1), `no policy uses the access list "in"`, false},
		{strings.Replace(withRules(""), `"name": "in", "type"`, `"name": "out", "type"`, 1), `there is a second access list "out"`, true},
		{strings.Replace(withRules(""), "list:acls", "list:access-lists", 1), "as drafts had it", false},
		{`{"ietf-mud:mud": {"mud-version": 1, "mud-url": "https://a.example/", "last-update": "2026-03-01T10:00:00Z", "is-supported": false}}`, "the device may talk to nobody", false},
		{withRules(accept("a", fmt.Sprintf(dns, "*.example.com"))), `"*.example.com" is no host name; it is left out (RFC 8520, 8)`, true},
		{withRules(accept("a", fmt.Sprintf(dns, "192.0.2.1"))), `"192.0.2.1" is no host name`, true},
		{withRules(accept("a", `"ipv4": {"ietf-acldns:src-dnsname": "a.example"}`)), "it is read as the peer's", false},
		{withRules(accept("a", `"ipv4": {"destination-ipv4-network": "here"}`)), `"here" is no block of addresses`, true},
		{withRules(accept("a", `"ietf-mud:mud": {"my-controller": true}`)), "want [null] (RFC 7951, 6.9)", true},
		{withRules(accept("a", `"ietf-mud:mud": {"controller": ""}`)), "want the name of a controller", true},
		{withRules(accept("a", `"ietf-mud:mud": {"friend": "x"}`)), `the peer "friend" is not known`, true},
		{withRules(accept("a", `"ipv4": 4`)), "want an object, got a number", true},
		{withRules(accept("a", `"vlan": {}`)), `the match "vlan" is not of usage descriptions`, false},
		{withRules(accept("a", `"ipv4": {"protocol": 17}, "tcp": {}`)), "the match is for udp and for tcp", false},
		{withRules(accept("a", `"tcp": {"destination-port": {"port": 70000}}`)), "any port is taken (RFC 8519, 4.2)", true},
		{withRules(accept("a", `"tcp": {"ietf-mud:direction-initiated": "up"}`)), `"up": want from-device or to-device (RFC 8520, 4.8)`, true},
		{withRules(`{"name": "a", "matches": {}, "actions": {"forwarding": "reject"}}`), `"reject" is read as that`, false},
		{withRules(`{"name": "a", "matches": {}, "actions": {"forwarding": "maybe"}}`), `"maybe": want accept or drop`, false},
		{withRules(`{"name": "a", "matches": {}, "actions": {}}`), `"forwarding" is missing`, true},
		{withRules(`{"name": "a", "matches": {}, "actions": {"forwarding": "drop", "logging": "log-syslog"}}`), `the action "logging" is not of usage descriptions`, false},
		{withRules(`{"matches": {}}`), `field "actions" is missing`, true},
		{withRules(`7`), "want a mapping, got 7", true},
	} {
		f := mustRead(t, c.doc)
		told := strings.Join(f.Warnings(), "\n")
		if !strings.Contains(told, c.flaw) || f.Sound() == c.must {
			t.Errorf("sound is %v, flaws %q; want %q", f.Sound(), told, c.flaw)
		}
		if f.URL == "" {
			t.Errorf("%q: the sound part is lost", c.flaw)
		}
	}
}

func TestPortsAndAddresses(t *testing.T) {
	for in, want := range map[string]string{
		`{"operator": "eq", "port": 0}`: "0", `{"port": 22}`: "22", `{"operator": "neq", "port": 22}`: "!=22", `{"operator": "gte", "port": 1024}`: ">=1024",
		`{"operator": "lte", "port": 9}`: "<=9", `{"lower-port": 5, "upper-port": 7}`: "5-7", `{"lower-port": 5}`: "5", `{"lower-port": 7, "upper-port": 5}`: "",
	} {
		f := mustRead(t, withRules(accept("a", `"ipv4": {"ietf-acldns:dst-dnsname": "a.example"}, "udp": {"destination-port": `+in+`}`)))
		if got := f.Hosts[0].Ports; got != want || (want == "") == f.Sound() {
			t.Errorf("%s: %q, sound %v; want %q", in, got, f.Sound(), want)
		}
	}
	for in, want := range map[string]Scope{
		"8.8.8.8/32": Global, "10.1.2.3/8": Local, "169.254.0.1": Local, "224.0.0.251/32": Multicast, "255.255.255.255/32": Broadcast,
	} {
		f := mustRead(t, withRules(accept("a", `"ipv4": {"destination-ipv4-network": "`+in+`"}`)))
		if f.Hosts[0].Scope != want {
			t.Errorf("%s: %s, want %s", in, f.Hosts[0].Scope, want)
		}
	}
	if f := mustRead(t, withRules(accept("a", `"ipv6": {"destination-ipv6-network": "::/0"}`))); len(f.Anywhere()) != 1 {
		t.Errorf("the block of all addresses is not anywhere: %+v", f)
	}
}

func TestErrors(t *testing.T) {
	rules := strings.Repeat(accept("a", "")+",", 2) + accept("a", "")
	for _, c := range []struct {
		doc    string
		limits Limits
		kind   problem.Kind
		want   string
	}{
		{"", Limits{}, problem.Invalid, "line 1: not JSON"},
		{"{\n\"ietf-mud:mud\": {,", Limits{}, problem.Invalid, "line 2: not JSON"},
		{`{"a": 1}`, Limits{}, problem.Invalid, "this is no usage description"},
		{`{"ietf-mud:mud": 5}`, Limits{}, problem.Invalid, "line 1, ietf-mud:mud: want an object"},
		{`{"ietf-mud:mud": {"mud-version": 2}}`, Limits{}, problem.Invalid, "want version 1, the only one there is, got 2"},
		{`{"ietf-mud:mud": {"mud-version": 1}}`, Limits{}, problem.Invalid, `"mud-url" is missing or empty`},
		{`{"ietf-mud:mud": {"mud-version": 1, "mud-version": 1}}`, Limits{}, problem.Invalid, `"mud-version" occurs twice`},
		{strings.Replace(withRules(""), "cam.json", strings.Repeat("c", 1000), 1), Limits{}, problem.Invalid, "the limit is 1000"},
		{withRules(""), Limits{Bytes: 100}, problem.TooLarge, "the limit is 100"},
		{withRules(rules), Limits{Rules: 2}, problem.TooLarge, "more than 2 rules"},
	} {
		_, err := Read(t.Context(), "x.json", []byte(c.doc), c.limits)
		if err == nil || !strings.Contains(err.Error(), c.want) || problem.KindOf(err) != c.kind {
			t.Errorf("%.60q: %v; want %q of kind %s", c.doc, err, c.want, c.kind)
		}
	}
}

func TestRecognise(t *testing.T) {
	for doc, want := range map[string]bool{
		withRules(""): true, "\ufeff" + `{"x": [{"y": 1}], "ietf-mud:mud": {`: true, `{"ietf-mud:mud"`: true,
		`{"x": {"ietf-mud:mud": {}}}`: false, `{"x": ["ietf-mud:mud"]}`: false, `["ietf-mud:mud"]`: false, "": false, "ietf-mud:mud": false,
	} {
		if got := Recognise("x", []byte(doc)); got != want {
			t.Errorf("%.60q: %v", doc, got)
		}
	}
}

func TestReading(t *testing.T) {
	f := mustRead(t, withRules(accept("a", `"ipv4": {"ietf-acldns:dst-dnsname": "*.a.example"}`)+","+accept("b", `"ipv4": {"ietf-acldns:dst-dnsname": "b.example"}`)))
	yes := true
	got := Reading(f, "sha256:00")
	want := &ledger.Reading{
		Kind: "evidence.mud", Source: "evidence/mud/lumen.example/cam.json", Mode: ledger.Snapshot, Published: "2026-03-01", Rows: 1, Warnings: f.Warnings(),
		Statements: []ledger.Statement{{
			Kind: "evidence.mud", Subject: "https://lumen.example/cam.json", Key: "usage", Term: "https://lumen.example/cam.json",
			Body: Evidence{
				Document: "sha256:00", URL: "https://lumen.example/cam.json", LastUpdate: "2026-03-01T10:00:00+01:00", Hours: 48, Supported: &yes,
				Manufacturer: "Lumen", Model: "Cam 2", Hosts: f.Hosts, Broken: f.Warnings(),
			},
		}},
	}
	if d := gocmp.Diff(want, got); d != "" || len(f.Warnings()) != 1 {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// What the ledger keeps answers as the file does.
func TestEvidence(t *testing.T) {
	f := mustRead(t, withRules(strings.Join([]string{
		accept("a", `"ipv4": {"ietf-acldns:dst-dnsname": "b.example"}`), accept("b", `"ipv4": {"ietf-acldns:dst-dnsname": "b.example"}, "udp": {}`),
		accept("c", `"ipv4": {"destination-ipv4-network": "192.168.0.0/24"}`), accept("d", `"ipv4": {"destination-ipv4-network": "8.8.8.8/32"}`), accept("e", `"tcp": {}`),
	}, ",")))
	kept, err := json.Marshal(Reading(f, "sha256:00").Statements[0].Body)
	if err != nil {
		t.Fatal(err)
	}
	var e Evidence
	if err := json.Unmarshal(kept, &e); err != nil {
		t.Fatal(err)
	}
	declared := []string{"a.example"}
	if d := gocmp.Diff(Compare(f, declared), e.Compare(declared)); d != "" {
		t.Errorf("(-file +evidence):\n%s", d)
	}
	if hosts, everybody := e.Reaches(); strings.Join(hosts, " ") != "8.8.8.8/32 b.example" || !everybody {
		t.Errorf("%v %v", hosts, everybody)
	}
}

func TestFlawsAreBounded(t *testing.T) {
	f := mustRead(t, withRules(strings.TrimSuffix(strings.Repeat(accept("a", `"ipv4": {"ietf-acldns:dst-dnsname": "*"}`)+",", 500), ",")))
	if len(f.Flaws) != maxFlaws+1 || f.Flaws[maxFlaws].Text != "and more" {
		t.Errorf("%d flaws", len(f.Flaws))
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(withRules(accept("a", `"ipv4": {"protocol": 6, "ietf-acldns:dst-dnsname": "a.example"}, "tcp": {"destination-port": {"operator": "eq", "port": 443}}`))))
	f.Add([]byte(withRules(accept("a", `"ietf-mud:mud": {"same-manufacturer": [null], "model": "https://x/"}, "eth": {}`))))
	f.Add([]byte(withMember(`"extensions": ["ol"], "ol": 5`)))
	f.Fuzz(func(t *testing.T, b []byte) {
		Recognise("x", b)
		m, err := Read(t.Context(), "x", b, Limits{Bytes: 1 << 16, Rules: 50})
		if err != nil {
			if problem.KindOf(err) == problem.Internal {
				t.Errorf("%q: %v has no kind", b, err)
			}
			return
		}
		for _, h := range m.Hosts {
			if block, err := parseBlock(h.Name); !isHostname(h.Name) && (err != nil || block.String() != h.Name) {
				t.Errorf("%q: a host %q", b, h.Name)
			}
		}
		if c := Compare(m, strings.Fields(hostNames(m.Hosts))); len(c.Undeclared) > 0 {
			t.Errorf("%q: what is needed does not cover itself: %+v", b, c)
		}
		if r := Reading(m, ledger.Digest(b)); len(r.Statements) != 1 || r.Statements[0].Subject == "" {
			t.Errorf("%q: %+v", b, r)
		}
	})
}
