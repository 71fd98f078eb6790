package server

import (
	"net/http/httptest"
	"testing"

	"countersign.dev/internal/access"
)

func TestAsPublic(t *testing.T) {
	member := access.Reader{Member: "ada", Organisations: []string{"labels"}, Roles: map[string]access.Role{"labels": access.RoleAuthority}}
	for _, test := range []struct {
		name string
		c    *caller
		want bool
	}{
		{"nobody passed the door", nil, true},
		{"without credentials", &caller{by: anonymous}, true},
		{"on this machine, nobody in particular", &caller{by: byOpen, reader: Local}, true},
		{"on this machine, a member", &caller{by: byOpen, reader: member}, false},
		{"on this machine, the operator", &caller{by: byOpen, reader: access.Operator}, false},
		{"with a token", &caller{by: byToken, reader: member}, false},
		{"signed in", &caller{by: bySession, reader: access.Reader{Member: "rolf"}}, false},
	} {
		if got := asPublic(test.c); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

func TestIsRegistryRead(t *testing.T) {
	for _, test := range []struct {
		method, path string
		want         bool
	}{
		{"GET", "/api/v1/labels", true}, {"HEAD", "/api/v1/labels/7K3M9-2QXWF", true}, {"OPTIONS", "/api/v1/labels/7K3M9-2QXWF/history", true},
		{"GET", "/api/v1/labels/7K3M9-2QXWF/document", true}, {"POST", "/api/v1/labels", false}, {"DELETE", "/api/v1/labels/7K3M9-2QXWF", false},
		{"GET", "/api/v1/labels/7K3M9-2QXWF/assessment", false}, {"GET", "/api/v1/labelsmore", false}, {"GET", "/api/v1/label", false}, {"GET", "/api/v1/documents", false},
	} {
		if got := isRegistryRead(httptest.NewRequest(test.method, test.path, nil)); got != test.want {
			t.Errorf("%s %s: %v", test.method, test.path, got)
		}
	}
}

func TestHasETag(t *testing.T) {
	for _, test := range []struct {
		list, etag string
		want       bool
	}{
		{`"a"`, `"a"`, true}, {`W/"a"`, `"a"`, true}, {`"a"`, `W/"a"`, true}, {`"b", W/"a"`, `W/"a"`, true}, {"*", `"a"`, true},
		{"", `"a"`, false}, {`"b"`, `"a"`, false}, {"*", "", false}, {`"a`, `"a"`, false},
	} {
		if got := hasETag(test.list, test.etag); got != test.want {
			t.Errorf("%q has %q: %v", test.list, test.etag, got)
		}
	}
}
