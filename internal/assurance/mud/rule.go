package mud

import (
	"slices"
	"strconv"
	"strings"

	"countersign.dev/internal/assurance/form"
)

// side is which of a packet's ends is the peer: the other is the device.
type side struct{ name, network4, network6, ports string }

var sides = map[Direction]side{
	FromDevice: {"ietf-acldns:dst-dnsname", "destination-ipv4-network", "destination-ipv6-network", "destination-port"},
	ToDevice:   {"ietf-acldns:src-dnsname", "source-ipv4-network", "source-ipv6-network", "source-port"},
}

func opposite(d Direction) Direction {
	if d == FromDevice {
		return ToDevice
	}
	return FromDevice
}

// matchers is the parts of a match that usage descriptions may have (RFC 8520,
// section 2), and eth, which is in files that were made from traffic.
var matchers = []string{"ipv4", "ipv6", "tcp", "udp", "icmp", "eth", top}

// rule reads what one accepting entry allows.
func (r *reader) rule(matches *form.Node, t Traffic) {
	for _, m := range matches.Members {
		switch {
		case m.Value.Kind != form.Map:
			r.must(m.Value, "2", "want an object, got %s", m.Value.Kind)
			return
		case m.Name == "eth" && r.first("eth"):
			r.should(m.Value, "2", "the match \"eth\" is not of usage descriptions; a network need not know it")
		case !slices.Contains(matchers, m.Name):
			r.should(m.Value, "2", "the match %q is not of usage descriptions: the rule may allow less than is read here", form.Clip(m.Name))
		}
	}
	r.transport(matches, &t)
	if r.names(matches, t) || r.class(matches.Get(top), t) || r.networks(matches, t) {
		return
	}
	if eth := matches.Get("eth"); eth != nil && matches.Get("ipv4") == nil && matches.Get("ipv6") == nil {
		r.peer(Peer{Link, scalar(eth.Get("ethertype")), t})
		return
	}
	r.peer(Peer{Any, "", t})
}

// names reads the names of DNS in a match (RFC 8520, section 8).
func (r *reader) names(matches *form.Node, t Traffic) bool {
	found := false
	for _, family := range []string{"ipv4", "ipv6"} {
		at := matches.Get(family)
		v := at.Get(sides[t.Direction].name)
		if v == nil {
			if v = at.Get(sides[opposite(t.Direction)].name); v == nil {
				continue
			}
			r.should(v, "8", "the name is of the device's own side in a %s policy; it is read as the peer's", t.Direction)
		}
		found = true
		name := Fold(scalar(v))
		if !isHostname(name) {
			r.must(v, "8", "%q is no host name; it is left out", form.Clip(scalar(v)))
			continue
		}
		r.host(Host{Name: name, Traffic: t})
	}
	return found
}

// class reads the abstract peers of a match (RFC 8520, section 4).
func (r *reader) class(m *form.Node, t Traffic) bool {
	if m == nil {
		return false
	}
	found := false
	for _, member := range m.Members {
		switch c := Class(member.Name); c {
		case Controller, Manufacturers, Model:
			if found = true; member.Value.Kind != form.Text || member.Value.Scalar == "" {
				r.must(member.Value, "4", "want the name of a %s, got %s", c, member.Value.Kind)
				continue
			}
			r.peer(Peer{c, member.Value.Scalar, t})
		case MyController, SameManufacturer, LocalNetworks:
			if found = true; !isEmptyLeaf(member.Value) {
				r.must(member.Value, "4", "want [null] (RFC 7951, 6.9)")
			}
			r.peer(Peer{c, "", t})
		default:
			r.should(member.Value, "4", "the peer %q is not known", form.Clip(member.Name))
		}
	}
	if !found {
		r.must(m, "4", "no peer is named; the rule is passed over")
	}
	return true
}

// isEmptyLeaf reports whether a value is how JSON has YANG's type empty.
func isEmptyLeaf(n *form.Node) bool {
	return n.Kind == form.List && len(n.Items) == 1 && n.Items[0].Kind == form.Null
}

// networks reads addresses in a match.
func (r *reader) networks(matches *form.Node, t Traffic) bool {
	found := false
	s := sides[t.Direction]
	for _, at := range []struct{ family, member string }{{"ipv4", s.network4}, {"ipv6", s.network6}} {
		v := matches.Get(at.family).Get(at.member)
		if v == nil {
			continue
		}
		found = true
		block, err := parseBlock(scalar(v))
		if err != nil {
			r.must(v, "2", "%q is no block of addresses; it is left out", form.Clip(scalar(v)))
			continue
		}
		if block.Bits() == 0 {
			r.peer(Peer{Any, "", t})
			continue
		}
		scope := scopeOf(block)
		if (scope == Global || scope == Local) && r.first(block) {
			r.should(v, "2", "%s: an address where a name or a kind of peer would last", block)
		}
		r.host(Host{block.String(), scope, t})
	}
	return found
}

// transport reads protocol and ports.
func (r *reader) transport(matches *form.Node, t *Traffic) {
	for _, family := range []string{"ipv4", "ipv6"} {
		if v := matches.Get(family).Get("protocol"); v != nil {
			t.Protocol = protocol(scalar(v))
		}
	}
	if matches.Get("icmp") != nil && t.Protocol == "" {
		t.Protocol = "icmp"
	}
	for _, p := range []string{"tcp", "udp"} {
		at := matches.Get(p)
		if at == nil {
			continue
		}
		if t.Protocol != "" && t.Protocol != p {
			r.should(at, "2", "the match is for %s and for %s: nothing fits both", t.Protocol, p)
		}
		t.Protocol = p
		if v := at.Get(sides[t.Direction].ports); v != nil {
			t.Ports = r.ports(v)
		}
		r.initiated(at, t)
	}
}

func (r *reader) initiated(at *form.Node, t *Traffic) {
	v := at.Get("ietf-mud:direction-initiated")
	if v == nil {
		return
	}
	switch d := Direction(scalar(v)); d {
	case FromDevice, ToDevice:
		t.Initiated = d
	default:
		r.must(v, "4.8", "%q: want from-device or to-device", form.Clip(string(d)))
	}
}

// ports reads an operator and a port, or a range (RFC 8519, section 4.2).
func (r *reader) ports(v *form.Node) string {
	port := func(name string) (int, bool) {
		n, err := strconv.Atoi(scalar(v.Get(name)))
		return n, err == nil && n >= 0 && n <= 65535
	}
	lower, isRange := port("lower-port")
	upper, closed := port("upper-port")
	one, isOne := port("port")
	operators := map[string]string{"eq": "", "lte": "<=", "gte": ">=", "neq": "!=", "": ""}
	sign, isOperator := operators[scalar(v.Get("operator"))]
	switch {
	case isRange && closed && lower <= upper:
		return strconv.Itoa(lower) + "-" + strconv.Itoa(upper)
	case isRange && v.Get("upper-port") == nil:
		return strconv.Itoa(lower)
	case isOne && isOperator:
		return sign + strconv.Itoa(one)
	}
	r.must(v, "2", "want a port with eq, lte, gte or neq, or lower-port and upper-port; any port is taken (RFC 8519, 4.2)")
	return ""
}

// protocols is the numbers that usage descriptions have, in words.
var protocols = map[string]string{"1": "icmp", "2": "igmp", "6": "tcp", "17": "udp", "58": "icmpv6"}

func protocol(number string) string {
	if p, ok := protocols[number]; ok {
		return p
	}
	return form.Clip(number)
}

func scalar(n *form.Node) string {
	if n == nil {
		return ""
	}
	return strings.TrimSpace(n.Scalar)
}

// host keeps a host once for each traffic; families of addresses make no
// difference.
func (r *reader) host(h Host) {
	key := h
	key.Why = ""
	if r.first(key) {
		r.file.Hosts = append(r.file.Hosts, h)
	}
}

func (r *reader) peer(p Peer) {
	key := p
	key.Why = ""
	if r.first(key) {
		r.file.Peers = append(r.file.Peers, p)
	}
}

func (r *reader) first(key any) bool {
	if r.seen == nil {
		r.seen = map[any]bool{}
	}
	if r.seen[key] {
		return false
	}
	r.seen[key] = true
	return true
}
