package notice

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"

	"countersign.dev/internal/problem"
)

// reserved are networks that are not the public internet, beyond those that
// package netip has a word for (IANA, IPv4 and IPv6 Special-Purpose Address
// Registries), and those that carry an IPv4 address inside, by which a private
// one could be meant.
var reserved = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),       // this network
	netip.MustParsePrefix("100.64.0.0/10"),   // shared by carriers (RFC 6598); metadata services of some clouds
	netip.MustParsePrefix("192.0.0.0/24"),    // protocol assignments
	netip.MustParsePrefix("192.0.2.0/24"),    // documentation
	netip.MustParsePrefix("198.18.0.0/15"),   // benchmarks
	netip.MustParsePrefix("198.51.100.0/24"), // documentation
	netip.MustParsePrefix("203.0.113.0/24"),  // documentation
	netip.MustParsePrefix("240.0.0.0/4"),     // reserved, and broadcast
	netip.MustParsePrefix("64:ff9b::/96"),    // NAT64
	netip.MustParsePrefix("64:ff9b:1::/48"),  // NAT64, local
	netip.MustParsePrefix("100::/64"),        // discard
	netip.MustParsePrefix("2001::/32"),       // Teredo
	netip.MustParsePrefix("2001:db8::/32"),   // documentation
	netip.MustParsePrefix("2002::/16"),       // 6to4
	netip.MustParsePrefix("fec0::/10"),       // site-local
	netip.MustParsePrefix("::/96"),           // IPv4-compatible
}

// Guard refuses addresses that are not of the public internet: whoever may
// watch must not be able to have the node talk to machines beside it.
func Guard(a netip.Addr) error {
	a = a.Unmap()
	bad := !a.IsValid() || a.IsUnspecified() || a.IsLoopback() || a.IsPrivate() || a.IsMulticast() ||
		a.IsLinkLocalUnicast() || a.IsLinkLocalMulticast() || a.IsInterfaceLocalMulticast() || a.Zone() != ""
	for _, p := range reserved {
		bad = bad || p.Contains(a)
	}
	if bad {
		return problem.New(problem.Denied, "%s is no address of the public internet", a)
	}
	return nil
}

// errGuarded marks a connection that was refused.
var errGuarded = errors.New("address refused")

// guardDial refuses a connection by the address that it would go to, after its
// name was resolved, so that a name cannot mean one thing when it is looked at
// and another when it is used.
func guardDial(network, address string, _ syscall.RawConn) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("%w: %s %s: %w", errGuarded, network, address, err)
	}
	a, err := netip.ParseAddr(host)
	if err == nil {
		err = Guard(a)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errGuarded, err)
	}
	return nil
}
