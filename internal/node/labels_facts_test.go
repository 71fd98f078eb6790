package node

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assessment"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/label"
	"countersign.dev/internal/ledger"
)

// usageOf is a usage description that lets a device reach hosts: a name, or a
// block of addresses.
func usageOf(name string, hosts ...string) string {
	var entries []string
	for i, h := range hosts {
		match := `"ietf-acldns:dst-dnsname": "` + h + `"`
		if strings.Contains(h, "/") {
			match = `"destination-ipv4-network": "` + h + `"`
		}
		entries = append(entries, fmt.Sprintf(`{"name": "e%d", "matches": {"ipv4": {%s}}, "actions": {"forwarding": "accept"}}`, i, match))
	}
	return `{"ietf-mud:mud": {"mud-version": 1, "mud-url": "https://northlight.example/` + name + `.json", "last-update": "2026-10-01T09:00:00Z",
		"cache-validity": 48, "is-supported": true, "systeminfo": "a camera",
		"from-device-policy": {"access-lists": {"access-list": [{"name": "out"}]}}},
		"ietf-access-control-list:acls": {"acl": [{"name": "out", "type": "ipv4-acl-type", "aces": {"ace": [` + strings.Join(entries, ", ") + `]}}]}}`
}

// Declared hosts are held against what usage descriptions let a product reach as
// package mud compares them, all descriptions of an application together.
func TestDeclaredHosts(t *testing.T) {
	l, ctx := newLabelling(t), context.Background()
	keep := func(text string) label.Evidence {
		r, err := l.Import(ctx, access.Operator, []intake.File{{Name: "cam.mud.json", Bytes: []byte(text)}}, ImportOptions{})
		l.must(err)
		if len(r.Failed) > 0 {
			t.Fatal(r.Failed)
		}
		return label.Evidence{Digest: ledger.Digest([]byte(text)), Title: "usage description"}
	}
	cloud, clock := keep(usageOf("cam-2", "eu.cloud.northlight.example", "203.0.113.7/32")), keep(usageOf("cam-2-night", "time.example.com"))
	for _, c := range []struct {
		hosts    []string
		evidence []label.Evidence
		status   assessment.Status
		reason   string
	}{
		{[]string{"*.cloud.northlight.example", "203.0.113.0/24"}, []label.Evidence{cloud}, assessment.Met, "names only hosts that are declared"},
		{[]string{"*.cloud.northlight.example"}, []label.Evidence{cloud}, assessment.NotMet, "not declared: 203.0.113.7/32"},
		{[]string{"*.com", "*.cloud.northlight.example", "203.0.113.7"}, []label.Evidence{cloud, clock}, assessment.NotMet, "not declared: time.example.com; declared, and covering nothing: *.com (below it are the names of many owners"},
		{[]string{"https://eu.cloud.northlight.example/", "203.0.113.7", "time.example.com", "old.example.com"}, []label.Evidence{cloud, clock}, assessment.Met, "declared, and not in it: old.example.com"},
		{nil, []label.Evidence{cloud}, assessment.Unknown, "not declared which hosts"},
	} {
		a := l.application()
		a.Scheme, a.Tier, a.Hosts, a.Evidence = "iot-tiers", 4, c.hosts, append(a.Evidence, c.evidence...)
		s, err := l.Apply(ctx, maker, a, ApplyOptions{})
		l.must(err)
		got, err := l.Assessment(ctx, maker, s.Label)
		l.must(err)
		o := got.Assessment.Outcome("nistir-8425/DOC.1.a.iii")
		if o.Status != c.status || !strings.Contains(o.Reason, c.reason) {
			t.Errorf("declared %q: %s, %q; want %s, %q", c.hosts, o.Status, o.Reason, c.status, c.reason)
		}
	}
}
