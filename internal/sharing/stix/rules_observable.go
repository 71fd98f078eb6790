package stix

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/idna"
)

// oneOf is that exactly one of two properties is there.
func oneOf(first, second string) rule {
	return func(c *check, o *value) {
		if o.has(first) == o.has(second) {
			c.must("", first, "want exactly one of %s and %s", first, second)
		}
	}
}

// payload is that an artifact has its bytes, or says where they are and what
// they hash to; and that a key opens something (section 6.1).
func payload(c *check, o *value) {
	bytes, url := o.has("payload_bin"), o.has("url")
	switch {
	case bytes && url:
		c.must("", "payload_bin", "must not be there together with url")
	case !bytes && !url:
		c.must("", "payload_bin", "is missing: want it, or url and hashes")
	case url && !o.has("hashes"):
		c.must("", "hashes", "is missing: must be there with a url")
	}
	if o.has("decryption_key") && !o.has("encryption_algorithm") {
		c.must("", "decryption_key", "must not be there without encryption_algorithm")
	}
}

// parts is that a message has the body that its kind has (section 6.6).
func parts(c *check, o *value) {
	m := o.get("is_multipart")
	switch {
	case m.kind != aBool:
	case m.isTrue() && o.has("body"):
		c.must("", "body", "must not be there in a message of several parts")
	case !m.isTrue() && o.has("body_multipart"):
		c.must("", "body_multipart", "must not be there in a message of one part")
	}
}

// headerText is that a header is one text, or a list of several.
func headerText(c *check, v *value) {
	texts := v.kind == aString || v.kind == anArray && len(v.items) > 0
	for i := range v.items {
		texts = texts && v.items[i].kind == aString
	}
	if !texts {
		c.must("6.6", "", "want a string or a list of strings")
	}
}

// otherHeaders is that headers with a property of their own are not among the
// others.
func otherHeaders(c *check, v *value) {
	for i := range v.fields {
		name := strings.ReplaceAll(strings.ToLower(v.fields[i].name), "-", "_")
		switch strings.TrimSuffix(strings.TrimSuffix(name, "_refs"), "_ref") {
		case "date", "received", "received_lines", "content_type", "from", "sender", "to", "cc", "bcc", "subject":
			c.must("6.6", v.fields[i].name, "has a property of its own")
		}
	}
}

// ended is that traffic which has ended is not active (section 6.12).
func ended(c *check, o *value) {
	if o.has("end") && o.get("is_active").isTrue() {
		c.must("", "end", "must not be there while is_active is true")
	}
}

func ports(c *check, o *value) {
	for _, name := range []string{"src_port", "dst_port"} {
		if !o.has(name) {
			c.should("", name, "is missing: should be there")
		}
	}
}

// protocol is the form of a service name (RFC 6335 section 5.1).
func protocol(c *check, v *value) {
	good := v.scalar != "" && len(v.scalar) <= 15
	for i := range len(v.scalar) {
		b := v.scalar[i]
		good = good && (isLower(b|0x20) || isDigit(b) || b == '-')
	}
	if !good {
		c.should("6.12", "", "%q is no name of a protocol in the IANA's registry of services", clip(v.scalar))
	} else if strings.ToLower(v.scalar) != v.scalar {
		c.should("6.12", "", "%q: want lower case letters", clip(v.scalar))
	}
}

// ipfix is that an information element is a number or a text, and named as the
// registry names them.
func ipfix(c *check, v *value) {
	if v.kind != aString && (v.kind != aNumber || strings.ContainsAny(v.scalar, ".eE")) {
		c.must("6.12", "", "want a string or a whole number")
	}
	if name := c.path[len(c.path)-1].name; !elementName.MatchString(name) {
		c.should("6.12", "", "%q is no information element of the IANA's registry of IPFIX", clip(name))
	}
}

var elementName = regexp.MustCompile(`^[a-z][a-zA-Z0-9]+$`)

// domainName is RFC 1034 with the labels of RFC 5890.
func domainName(c *check, v *value) {
	name := strings.TrimSuffix(v.scalar, ".")
	if !isDomainName(name) {
		c.must("6.4", "", "%q is no domain name (RFC 1034, RFC 5890)", clip(v.scalar))
	}
}

// isDomainName takes labels of letters, digits and hyphens, and labels in other
// scripts in their form for people or for the DNS. Underscores, which some names
// in the DNS have (RFC 8552), are in no label of RFC 5890.
func isDomainName(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		ascii := true
		for i := range len(label) {
			b := label[i]
			ascii = ascii && b < 0x80
			if b < 0x80 && !isLower(b|0x20) && !isDigit(b) && b != '-' {
				return false
			}
		}
		if _, err := idna.Lookup.ToASCII(label); err != nil && (!ascii || strings.HasPrefix(strings.ToLower(label), "xn--")) {
			return false
		}
	}
	return true
}

// emailAddress is addr-spec of RFC 5322 section 3.4.1, of the kind without
// quotes and comments, with letters of other scripts (RFC 6531).
func emailAddress(c *check, v *value) {
	local, domain, ok := strings.Cut(v.scalar, "@")
	good := ok && local != "" && strings.Contains(domain, ".") && isDomainName(domain) &&
		local[0] != '.' && local[len(local)-1] != '.' && !strings.Contains(local, "..")
	for i := range len(local) {
		b := local[i]
		good = good && (b >= 0x80 || isLower(b|0x20) || isDigit(b) || strings.IndexByte(".!#$%&'*+-/=?^_`{|}~", b) >= 0)
	}
	if !good {
		c.must("6.5", "", "%q is no e-mail address (RFC 5322 section 3.4.1)", clip(v.scalar))
	}
}

// ipv4 and ipv6 are an address, or a range in CIDR notation.
func ipv4(c *check, v *value) {
	if a, ok := address(v.scalar); !ok || !a.Is4() {
		c.must("6.8", "", "%q is no address or range of IPv4", clip(v.scalar))
	}
}

func ipv6(c *check, v *value) {
	if a, ok := address(v.scalar); !ok || !a.Is6() {
		c.must("6.9", "", "%q is no address or range of IPv6", clip(v.scalar))
	}
}

func address(s string) (netip.Addr, bool) {
	if !strings.Contains(s, "/") {
		a, err := netip.ParseAddr(s)
		return a, err == nil
	}
	p, err := netip.ParsePrefix(s)
	return p.Addr(), err == nil
}

// macAddress is six pairs of lower case hexadecimal digits with colons.
func macAddress(c *check, v *value) {
	good := len(v.scalar) == 17
	for i := range len(v.scalar) {
		b := v.scalar[i]
		if i%3 == 2 {
			good = good && b == ':'
		} else {
			good = good && isHexDigit(b) && (isDigit(b) || isLower(b))
		}
	}
	if !good {
		c.must("6.10", "", "%q is no MAC address: want six pairs of lower case hexadecimal digits with colons between", clip(v.scalar))
	}
}

// hive is that the name of a registry's hive is not shortened (section 6.17).
func hive(c *check, v *value) {
	name, _, _ := strings.Cut(v.scalar, `\`)
	switch strings.ToUpper(name) {
	case "HKLM", "HKCC", "HKCR", "HKCU", "HKU":
		c.must("6.17", "", "%q is short for a hive: want its full name, as HKEY_LOCAL_MACHINE", clip(name))
	}
}

// seconds is that the time in an executable's header has no fraction.
func seconds(c *check, v *value) {
	if strings.Contains(v.scalar, ".") {
		c.must("6.7.6", "", "must not have a fraction of a second, got %q", clip(v.scalar))
	}
}

func priority(c *check, v *value) {
	if name, ok := strings.CutSuffix(v.scalar, "_CLASS"); !ok || name == "" {
		c.should("6.13.2", "", "%q should end in _CLASS", clip(v.scalar))
	}
}

// tagNames and tagValue are EXIF tags: names with an upper case letter first,
// and texts or whole numbers.
func tagNames(c *check, v *value) {
	for i := range v.fields {
		if name := v.fields[i].name; len(name) < 2 || name[0] < 'A' || name[0] > 'Z' {
			c.must("6.7.5", name, "is no name of an EXIF tag: want an upper case letter first")
		}
	}
}

func tagValue(c *check, v *value) {
	if v.kind != aString && (v.kind != aNumber || strings.ContainsAny(v.scalar, ".eE")) {
		c.must("6.7.5", "", "want a string or a whole number")
	}
}

// documentInfo is the entries of a document information dictionary (ISO
// 32000-1 section 14.3.3).
func documentInfo(c *check, v *value) {
	for i := range v.fields {
		switch name := v.fields[i].name; name {
		case "Title", "Author", "Subject", "Keywords", "Creator", "Producer", "CreationDate", "ModDate", "Trapped":
		default:
			c.should("6.7.4", name, "is no entry of a document information dictionary")
		}
	}
}

// socketOptions is names as those of setsockopt.
func socketOptions(c *check, v *value) {
	for i := range v.fields {
		name := v.fields[i].name
		family, rest, ok := strings.Cut(name, "_")
		known := slices.Contains([]string{"SO", "ICMP", "ICMP6", "IP", "IPV6", "MCAST", "TCP", "IRLMP"}, family)
		if !ok || !known || !optionName.MatchString(rest) {
			c.must("6.12.4", name, "is no name of a socket option, as SO_REUSEADDR")
		}
	}
}

var optionName = regexp.MustCompile(`^[A-Z]+(_[A-Z]+)*$`)

// requestHeaders is names of the headers of requests. Private ones begin with
// X- (RFC 6648 has no more made, but many are in use).
func requestHeaders(c *check, v *value) {
	for i := range v.fields {
		name := v.fields[i].name
		if lower := strings.ToLower(name); !strings.HasPrefix(lower, "x-") && !slices.Contains(headerNames, lower) {
			c.should("6.12.2", name, "is no header of HTTP requests that is known")
		}
	}
}

// headerNames is the headers of requests in the IANA's registry of HTTP fields
// and those of the Fetch standard, in lower case.
var headerNames = strings.Fields(`a-im accept accept-charset accept-datetime accept-encoding accept-language accept-patch
	access-control-request-headers access-control-request-method alt-used authorization cache-control cdn-loop client-cert connection
	content-disposition content-encoding content-language content-length content-location content-md5 content-range content-type cookie cookie2
	date depth destination dnt dpop early-data expect forwarded from front-end-https hobareg host http2-settings if if-match if-modified-since
	if-none-match if-range if-unmodified-since keep-alive last-modified link max-forwards origin overwrite pragma prefer priority
	proxy-authorization proxy-connection range referer save-data sec-fetch-dest sec-fetch-mode sec-fetch-site sec-fetch-user
	sec-websocket-extensions sec-websocket-key sec-websocket-protocol sec-websocket-version slug soapaction te timeout topic trailer
	transfer-encoding ttl upgrade upgrade-insecure-requests urgency user-agent via want-content-digest want-repr-digest warning`)

// startupInfo is the STARTUPINFO structure of Windows (section 6.13.2).
func startupInfo(c *check, v *value) {
	if v.kind != anObject || len(v.fields) == 0 {
		c.must("2.3", "", "want a dictionary with at least one entry")
		return
	}
	for i := range v.fields {
		name, got := v.fields[i].name, &v.fields[i].value
		want := nothing
		switch name {
		case "lpDesktop", "lpTitle", "dwFillAttribute", "dwFlags", "wShowWindow", "hStdInput", "hStdOutput", "hStdError":
			want = aString
		case "lpReserved", "lpReserved2":
			want = aNull
		case "cb", "dwX", "dwY", "dwXSize", "dwYSize", "dwXCountChars", "dwYCountChars":
			want = aNumber
		case "cbReserved2":
			if want = aNumber; got.kind == aNumber && got.scalar != "0" {
				c.must("6.13.2", name, "want 0, got %s", clip(got.scalar))
			}
		}
		switch {
		case want == nothing:
			c.must("6.13.2", name, "is no member of STARTUPINFO")
		case got.kind != want, want == aNumber && strings.ContainsAny(got.scalar, ".eE"):
			c.must("6.13.2", name, "want %s, got %s", want, got.kind)
		}
	}
}
