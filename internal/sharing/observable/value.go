// Package observable is the values by which threats are looked for: addresses,
// names, hashes and the like, as they stand in STIX objects and patterns, in
// lists, and in what people type.
//
// Begin with Value, ParseQuery, which reads what somebody typed, also where it
// was made harmless ("evil[.]example", "hxxps://…"), and OfObject and OfPattern,
// which take values out of STIX. Unfit says which values must not be looked for,
// because too much that is harmless has them, and Standing whether an indicator
// still counts.
//
// The room knows no store and asks nobody.
package observable

import (
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/net/idna"
)

// Kind is what a value is. Those of observables are named as STIX types are.
type Kind string

// The kinds.
const (
	IPv4   Kind = "ipv4-addr" // or a network, "198.51.100.0/24"
	IPv6   Kind = "ipv6-addr"
	Domain Kind = "domain-name"
	URL    Kind = "url"
	Email  Kind = "email-addr"
	MD5    Kind = "md5"
	SHA1   Kind = "sha1"
	SHA256 Kind = "sha256"
	SHA512 Kind = "sha512"
	MAC    Kind = "mac-addr"
	AS     Kind = "autonomous-system"
	File   Kind = "file-name"
	Key    Kind = "windows-registry-key"
	Mutex  Kind = "mutex"
	CVE    Kind = "cve"
	CPE    Kind = "cpe"
	PURL   Kind = "purl"
)

// Value is a value in its canonical form: names and hashes in lower case,
// addresses as RFC 5952 writes them.
type Value struct {
	Kind Kind   `json:"kind"`
	Text string `json:"text"`
}

// String is the value with its kind, as an index keys it.
func (v Value) String() string { return string(v.Kind) + ":" + v.Text }

// IsAddress reports whether the value is an address of a network or of an
// adapter.
func (v Value) IsAddress() bool { return v.Kind == IPv4 || v.Kind == IPv6 || v.Kind == MAC }

// harmless undoes what is done to values so that nobody follows them by mistake.
var harmless = strings.NewReplacer(
	"[.]", ".", "(.)", ".", "{.}", ".", "[dot]", ".", "(dot)", ".", "{dot}", ".", "[DOT]", ".", "(DOT)", ".", " dot ", ".", "[.", ".", ".]", ".", "．", ".", "。", ".",
	"[:]", ":", "(:)", ":", "[://]", "://", "[/]", "/", "[@]", "@", "(@)", "@", "[at]", "@", "(at)", "@", "{at}", "@", "[AT]", "@", " at ", "@",
)

var harmlessScheme = regexp.MustCompile(`(?i)^(h(?:xx|\*\*|tt)ps?|meows?|fxps?)\b`)

// Refang gives a value back the form that it had before it was made harmless.
func Refang(s string) string {
	s = harmless.Replace(strings.TrimSpace(s))
	return harmlessScheme.ReplaceAllStringFunc(s, func(scheme string) string {
		lower := strings.ToLower(scheme)
		switch {
		case strings.HasPrefix(lower, "f"):
			return strings.Replace(lower, "fxp", "ftp", 1)
		case strings.HasSuffix(lower, "s") && lower != "meows", lower == "meows":
			return "https"
		}
		return "http"
	})
}

var (
	hexForm    = regexp.MustCompile(`^[0-9a-fA-F]+$`)
	cveForm    = regexp.MustCompile(`(?i)^CVE-[0-9]{4}-[0-9]{4,19}$`)
	asForm     = regexp.MustCompile(`(?i)^AS[0-9]{1,10}$`)
	emailForm  = regexp.MustCompile(`^[^\s@<>"]{1,64}@([^\s@<>"]{1,253})$`)
	schemeForm = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9+.-]{1,20}://`)
)

var hashKinds = map[int]Kind{32: MD5, 40: SHA1, 64: SHA256, 128: SHA512}

// maxText bounds a value.
const maxText = 4096

// ParseQuery reads what somebody typed, or what stands in a list: false when it
// is none of the kinds that can be told by their form.
func ParseQuery(s string) (Value, bool) {
	s = Refang(s)
	if s == "" || len(s) > maxText {
		return Value{}, false
	}
	switch {
	case cveForm.MatchString(s):
		return Value{CVE, strings.ToUpper(s)}, true
	case strings.HasPrefix(s, "pkg:"):
		return Value{PURL, s}, true
	case strings.HasPrefix(s, "cpe:"):
		return Value{CPE, strings.ToLower(s)}, true
	case hexForm.MatchString(s) && hashKinds[len(s)] != "":
		return Value{hashKinds[len(s)], strings.ToLower(s)}, true
	case asForm.MatchString(s):
		return Value{AS, strings.ToUpper(s)}, true
	case schemeForm.MatchString(s):
		return ofURL(s)
	}
	if v, ok := ofAddress(s); ok {
		return v, true
	}
	if m := emailForm.FindStringSubmatch(s); m != nil {
		if d, ok := ofDomain(m[1]); ok {
			return Value{Email, strings.ToLower(s[:len(s)-len(m[1])]) + d.Text}, true
		}
	}
	if mac, err := net.ParseMAC(s); err == nil && len(mac) == 6 {
		return Value{MAC, mac.String()}, true
	}
	return ofDomain(s)
}

// ofAddress reads an address or a network.
func ofAddress(s string) (Value, bool) {
	kind := func(a netip.Addr) Kind {
		if a.Is4() {
			return IPv4
		}
		return IPv6
	}
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return Value{kind(a), a.String()}, true
	}
	if p, err := netip.ParsePrefix(s); err == nil {
		p = p.Masked()
		if p.IsSingleIP() {
			return Value{kind(p.Addr()), p.Addr().String()}, true
		}
		return Value{kind(p.Addr()), p.String()}, true
	}
	return Value{}, false
}

// ofDomain reads a name of two labels or more.
func ofDomain(s string) (Value, bool) {
	s = strings.TrimSuffix(strings.ToLower(s), ".")
	if !strings.Contains(s, ".") || len(s) > 253 {
		return Value{}, false
	}
	ascii, err := idna.Lookup.ToASCII(s)
	if err != nil {
		ascii = s // names with underscores are no host names, and are looked up nevertheless
	}
	labels := strings.Split(ascii, ".")
	for _, l := range labels {
		if l == "" || len(l) > 63 || !labelForm.MatchString(l) {
			return Value{}, false
		}
	}
	if top := labels[len(labels)-1]; !topForm.MatchString(top) {
		return Value{}, false
	}
	return Value{Domain, ascii}, true
}

var (
	labelForm = regexp.MustCompile(`^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?$`)
	topForm   = regexp.MustCompile(`^(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})$`)
)

// ofURL reads an address of the web: scheme and host in lower case, and nothing
// else changed.
func ofURL(s string) (Value, bool) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" {
		return Value{}, false
	}
	u.Scheme, u.Host = strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	return Value{URL, u.String()}, true
}

// Of makes a value of a kind that is known; false when the text is none of it.
func Of(kind Kind, text string) (Value, bool) {
	text = strings.TrimSpace(text)
	if text == "" || len(text) > maxText {
		return Value{}, false
	}
	switch kind {
	case File, Key, Mutex:
		return Value{kind, strings.ToLower(text)}, true
	case URL:
		return ofURL(Refang(text))
	}
	v, ok := ParseQuery(text)
	return v, ok && (v.Kind == kind)
}
