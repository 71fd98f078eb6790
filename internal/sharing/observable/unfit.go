package observable

import (
	"math"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"
)

// reserved is networks that are everywhere, or nowhere (RFC 6890 and its
// registries), with what they are for.
var reserved = []struct {
	net netip.Prefix
	why string
}{
	{netip.MustParsePrefix("0.0.0.0/8"), "this network"},
	{netip.MustParsePrefix("10.0.0.0/8"), "private use"},
	{netip.MustParsePrefix("100.64.0.0/10"), "shared address space"},
	{netip.MustParsePrefix("127.0.0.0/8"), "this machine"},
	{netip.MustParsePrefix("169.254.0.0/16"), "link-local"},
	{netip.MustParsePrefix("172.16.0.0/12"), "private use"},
	{netip.MustParsePrefix("192.0.2.0/24"), "documentation"},
	{netip.MustParsePrefix("192.168.0.0/16"), "private use"},
	{netip.MustParsePrefix("198.18.0.0/15"), "benchmarks"},
	{netip.MustParsePrefix("198.51.100.0/24"), "documentation"},
	{netip.MustParsePrefix("203.0.113.0/24"), "documentation"},
	{netip.MustParsePrefix("224.0.0.0/4"), "multicast"},
	{netip.MustParsePrefix("240.0.0.0/4"), "reserved"},
	{netip.MustParsePrefix("::/127"), "this machine"},
	{netip.MustParsePrefix("fc00::/7"), "private use"},
	{netip.MustParsePrefix("fe80::/10"), "link-local"},
	{netip.MustParsePrefix("ff00::/8"), "multicast"},
	{netip.MustParsePrefix("2001:db8::/32"), "documentation"},
}

// The widest networks that are looked for: wider ones hold too many who have
// nothing to do with it.
const (
	widestIPv4 = 8
	widestIPv6 = 19
)

// resolvers is addresses that everybody asks for names.
var resolvers = map[string]string{
	"8.8.8.8": "Google", "8.8.4.4": "Google", "1.1.1.1": "Cloudflare", "1.0.0.1": "Cloudflare", "9.9.9.9": "Quad9", "208.67.222.222": "OpenDNS", "208.67.220.220": "OpenDNS",
	"2001:4860:4860::8888": "Google", "2606:4700:4700::1111": "Cloudflare", "2620:fe::fe": "Quad9",
}

// empty is the hashes of a file without content.
var empty = map[string]bool{
	"d41d8cd98f00b204e9800998ecf8427e": true, "da39a3ee5e6b4b0d3255bfef95601890afd80709": true,
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855":                                                                 true,
	"cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e": true,
}

// Unfit says why a value must not be looked for: "" when it may. What everybody
// has would find everybody.
func Unfit(v Value) string {
	switch v.Kind {
	case IPv4, IPv6:
		return unfitAddress(v)
	case Domain:
		if suffix, _ := publicsuffix.PublicSuffix(v.Text); suffix == v.Text {
			return "a public suffix, below which names have many owners"
		}
		if v.Text == "localhost.localdomain" {
			return "this machine"
		}
	case MD5, SHA1, SHA256, SHA512:
		if empty[v.Text] {
			return "the hash of a file without content"
		}
		if strings.Trim(v.Text, v.Text[:1]) == "" {
			return "no hash of anything"
		}
	}
	return ""
}

func unfitAddress(v Value) string {
	p, err := netip.ParsePrefix(v.Text)
	if err != nil {
		a, err := netip.ParseAddr(v.Text)
		if err != nil {
			return "no address"
		}
		p = netip.PrefixFrom(a, a.BitLen())
	}
	if p.Bits() == 0 {
		return "a default route, which is every address"
	}
	for _, r := range reserved {
		if r.net.Overlaps(p) && r.net.Bits() <= p.Bits() {
			return "an address for " + r.why
		}
	}
	if p.Addr().Is4() && p.Bits() < widestIPv4 || p.Addr().Is6() && p.Bits() < widestIPv6 {
		return "a network so wide that it holds too many who have nothing to do with it"
	}
	if who := resolvers[v.Text]; who != "" {
		return "a resolver that everybody asks (" + who + ")"
	}
	return ""
}

// State is whether an indicator counts.
type State string

// The states of an indicator.
const (
	Pending State = "pending" // it counts from a later moment
	Active  State = "active"
	Expired State = "expired" // valid_until has passed
	Revoked State = "revoked"
	Decayed State = "decayed" // nothing says that it ended, but it is too old to be believed
)

// halfLives is after how long a value is half as likely still to be used so:
// addresses change hands soon, hashes never do. They are our judgement.
var halfLives = map[Kind]time.Duration{
	IPv4: 30 * 24 * time.Hour, IPv6: 30 * 24 * time.Hour, URL: 60 * 24 * time.Hour, Domain: 180 * 24 * time.Hour, Email: 365 * 24 * time.Hour,
}

// decayed is the score below which an indicator counts no longer.
const decayed = 10

// Indicator is what decides whether an indicator counts.
type Indicator struct {
	ValidFrom, ValidUntil time.Time // zero for none
	Revoked               bool
	Confidence            int // 0 to 100; 50 when it says none
	Kind                  Kind
}

// Standing is whether an indicator counts at a moment, and how much: a score from
// 0 to 100, which is its confidence, halved with each half-life of its kind since
// it was first valid. One that says until when it is valid does not decay before.
func (i Indicator) Standing(at time.Time) (State, int) {
	switch {
	case i.Revoked:
		return Revoked, 0
	case at.Before(i.ValidFrom):
		return Pending, 0
	case !i.ValidUntil.IsZero() && !at.Before(i.ValidUntil):
		return Expired, 0
	}
	life, ages := halfLives[i.Kind]
	if !ages || !i.ValidUntil.IsZero() || i.ValidFrom.IsZero() {
		return Active, i.Confidence
	}
	score := int(math.Round(float64(i.Confidence) * math.Exp2(-float64(at.Sub(i.ValidFrom))/float64(life))))
	if score < decayed {
		return Decayed, score
	}
	return Active, score
}
