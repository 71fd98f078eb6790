package mud

import (
	"strings"
	"testing"
)

// needing is a file that needs these hosts.
func needing(names ...string) *File {
	f := &File{}
	for _, n := range names {
		h := Host{Name: n, Traffic: Traffic{Direction: FromDevice}}
		if p, err := parseBlock(n); err == nil {
			h.Name, h.Scope = p.String(), scopeOf(p)
		}
		f.Hosts = append(f.Hosts, h)
	}
	return f
}

func TestCompare(t *testing.T) {
	for _, c := range []struct{ needed, declared, undeclared, unneeded, unreadable string }{
		{"a.example b.example", "a.example", "b.example", "", ""},
		{"a.example", "a.example b.example", "", "b.example", ""},
		{"a.example", "A.Example.", "", "", ""},
		{"a.example", "https://a.example/path", "", "", ""},
		{"a.example", "a.example:443", "", "", ""},
		{"a.b.example.com example.com", "*.example.com", "example.com", "", ""},
		{"a.example.com", "*.example.com a.example.com", "", "", ""},
		{"notexample.com", "*.example.com", "notexample.com", "*.example.com", ""},
		{"a.example.com", "*.com", "a.example.com", "", "*.com: below it are the names of many owners; name the domain"},
		{"a.example.co.uk", "*.co.uk", "a.example.co.uk", "", "*.co.uk: below it are the names of many owners; name the domain"},
		{"a.example", "*", "a.example", "", "*: it is no host; want a name, *.name, an address or a block of addresses"},
		{"a.example", "a.*.example", "a.example", "", "a.*.example: it is no host; want a name, *.name, an address or a block of addresses"},
		{"8.8.8.8", "8.8.8.0/24", "", "", ""},
		{"8.8.8.8", "8.8.8.8:53", "", "", ""},
		{"8.8.8.0/23", "8.8.8.0/24", "8.8.8.0/23", "8.8.8.0/24", ""},
		{"2001:4860:4860::8888", "[2001:4860:4860::8888]:53", "", "", ""},
		{"2001:4860:4860::8888", "2001:4860::/32 8.8.8.8", "", "8.8.8.8", ""},
		{"8.8.8.8", "0.0.0.0/0", "8.8.8.8/32", "", "0.0.0.0/0: it means every address there is"},
		{"192.168.1.1 224.0.0.251", "", "", "", ""},
		{"192.168.1.1", "192.168.0.0/16", "", "", ""},
	} {
		got := Compare(needing(strings.Fields(c.needed)...), strings.Fields(c.declared))
		var unreadable []string
		for _, u := range got.Unreadable {
			unreadable = append(unreadable, u.Declared+": "+u.Why)
		}
		if hostNames(got.Undeclared) != c.undeclared || strings.Join(got.Unneeded, " ") != c.unneeded || strings.Join(unreadable, " ") != c.unreadable {
			t.Errorf("needed %s, declared %s: %+v", c.needed, c.declared, got)
		}
		if got.Agrees() != (c.undeclared+c.unneeded+c.unreadable == "") {
			t.Errorf("needed %s, declared %s: agrees is %v", c.needed, c.declared, got.Agrees())
		}
	}
}

func TestHostnames(t *testing.T) {
	long := strings.Repeat("a", 63)
	for name, want := range map[string]bool{
		"a.example": true, "a-b_c.example": true, "xn--bcher-kva.example": true, long + ".example": true, "localhost": true, "0.a": true,
		"": false, "a..b": false, "-a.example": false, "a-.example": false, "a b": false, "192.0.2.1": false, "1": false, "büro.example": false,
		long + "a.example": false, strings.Repeat(long+".", 4): false,
	} {
		if got := isHostname(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
	if got := Fold(" API.Lumen.Example. "); got != "api.lumen.example" {
		t.Errorf("%q", got)
	}
}

func TestCompareTellsAHostOnce(t *testing.T) {
	f := needing("a.example", "a.example")
	f.Hosts[1].Direction = ToDevice
	if got := Compare(f, nil); len(got.Undeclared) != 1 {
		t.Errorf("%+v", got.Undeclared)
	}
	f.Peers = []Peer{{Class: Any}}
	if got := Compare(f, []string{"a.example"}); got.Agrees() || len(got.Anywhere) != 1 {
		t.Errorf("a rule that names nobody is covered by a declaration: %+v", got)
	}
}
