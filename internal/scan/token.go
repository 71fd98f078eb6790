package scan

import (
	"bytes"
	"net"
	"net/netip"

	"countersign.dev/internal/sharing/observable"
)

// class says what a character of a line is: between tokens, between parts of one,
// or in a part.
var class [256]byte

const (
	inside = iota
	part   // : / @ ? # & = % \ and the like: between parts of a token
	outer  // space, quotes, brackets, commas: between tokens
)

func init() {
	for i := range 256 {
		if i <= ' ' {
			class[i] = outer
		}
	}
	for _, c := range "\"'`,;()<>[]{}|" {
		class[c] = outer
	}
	for _, c := range `:/@?#&=%\+!$*~^` {
		class[c] = part
	}
}

// found is a value that stands in a line.
type found struct {
	text []byte
	kind observable.Kind
	link int32
}

// finder looks through lines. It serves one goroutine.
type finder struct {
	x     *Index
	lower []byte
	out   []found
}

// find is the values of a line that are looked for, in their order. What it gives
// is good until the next call.
func (f *finder) find(line []byte) []found {
	f.out = f.out[:0]
	for i := 0; i < len(line); {
		if class[line[i]] == outer {
			i++
			continue
		}
		start, parts, dots, colons := i, 0, 0, 0
		for i < len(line) && class[line[i]] != outer {
			switch line[i] {
			case '.':
				dots++
			case ':':
				colons++
				parts++
			default:
				if class[line[i]] == part {
					parts++
				}
			}
			i++
		}
		if i-start >= 3 {
			f.token(line[start:i], parts, dots, colons)
		}
	}
	return f.out
}

// token looks at what stands between spaces and brackets.
func (f *finder) token(t []byte, parts, dots, colons int) {
	if parts == 0 {
		f.piece(t, dots)
		return
	}
	if colons >= 2 && (f.x.v6any || f.x.kinds[observable.MAC] > 0) {
		f.colons(t)
	}
	if colons > 0 && f.x.kinds[observable.URL] > 0 {
		f.address(t)
	}
	if f.x.kinds[observable.Email] > 0 && bytes.IndexByte(t, '@') > 0 {
		f.look(observable.Email, f.lowered(bytes.TrimSuffix(bytes.TrimPrefix(t, []byte("mailto:")), []byte("."))), t)
	}
	for len(t) > 0 {
		n, d := 0, 0
		for n < len(t) && class[t[n]] != part {
			if t[n] == '.' {
				d++
			}
			n++
		}
		if n >= 3 {
			f.piece(t[:n], d)
		}
		if n == len(t) {
			return
		}
		t = t[n+1:]
	}
}

// piece looks at a part of a token: an address, a hash, a name.
func (f *finder) piece(t []byte, dots int) {
	for len(t) > 0 && (t[len(t)-1] == '.' || t[len(t)-1] == '-') { // the end of a sentence, or of a name written out
		if t[len(t)-1] == '.' {
			dots--
		}
		t = t[:len(t)-1]
	}
	if len(t) < 3 {
		return
	}
	if dots == 3 && t[0] >= '0' && t[0] <= '9' {
		if a, ok := parseV4(t); ok {
			f.v4(a, t)
			return
		}
	}
	if dots == 0 {
		switch len(t) {
		case 32:
			f.hash(observable.MD5, t)
		case 40:
			f.hash(observable.SHA1, t)
		case 64:
			f.hash(observable.SHA256, t)
		case 128:
			f.hash(observable.SHA512, t)
		}
	} else if f.x.kinds[observable.Domain] > 0 && endsAsName(t) {
		f.domain(t)
	}
	if f.x.kinds[observable.File] > 0 {
		f.look(observable.File, f.lowered(t), t)
	}
	if f.x.kinds[observable.AS] > 0 && (t[0]|0x20) == 'a' && (t[1]|0x20) == 's' {
		f.look(observable.AS, bytes.ToUpper(t), t)
	}
}

// endsAsName reports whether a text may be a name by its end: top domains are
// letters, but for those in other scripts. Most with dots are numbers.
func endsAsName(t []byte) bool {
	c := t[len(t)-1] | 0x20
	return c >= 'a' && c <= 'z' || bytes.Contains(t, []byte("xn--")) || bytes.Contains(t, []byte("XN--"))
}

func (f *finder) hash(kind observable.Kind, t []byte) {
	if f.x.kinds[kind] > 0 {
		f.look(kind, f.lowered(t), t)
	}
}

// lowered is a text in lower case, in memory that is used again.
func (f *finder) lowered(t []byte) []byte {
	f.lower = append(f.lower[:0], t...)
	for i, c := range f.lower {
		if c >= 'A' && c <= 'Z' {
			f.lower[i] = c | 0x20
		}
	}
	return f.lower
}

// domain looks for a name, and for those above it.
func (f *finder) domain(t []byte) {
	low := f.lowered(t)
	for len(low) > 0 {
		dot := bytes.IndexByte(low, '.')
		if dot < 0 {
			return
		}
		f.look(observable.Domain, low, t)
		low = low[dot+1:]
	}
}

func (f *finder) look(kind observable.Kind, text, as []byte) {
	if n, ok := f.x.exact.get(kindNumbers[kind], text); ok {
		f.out = append(f.out, found{as, kind, n})
	}
}

// address looks for an address of the web, with scheme and host in lower case.
func (f *finder) address(t []byte) {
	i := bytes.Index(t, []byte("://"))
	if i <= 0 {
		return
	}
	host := i + 3
	end := host
	for end < len(t) && t[end] != '/' && t[end] != '?' && t[end] != '#' {
		end++
	}
	low := append(f.lower[:0], t...)
	for j := range end {
		if c := low[j]; c >= 'A' && c <= 'Z' {
			low[j] = c | 0x20
		}
	}
	f.lower = low
	for j := i - 1; j >= 0; j-- { // a token may have something before the scheme, as url=http://
		if c := low[j] | 0x20; c < 'a' || c > 'z' {
			low, t = low[j+1:], t[j+1:]
			break
		}
	}
	f.look(observable.URL, low, t)
}

// colons looks for an address of version 6 or of a network card.
func (f *finder) colons(t []byte) {
	if f.x.v6any {
		if a, err := netip.ParseAddr(string(t)); err == nil && a.Is6() {
			f.v6(a, t)
			return
		}
	}
	if f.x.kinds[observable.MAC] > 0 && len(t) == 17 {
		if mac, err := net.ParseMAC(string(t)); err == nil {
			f.look(observable.MAC, []byte(mac.String()), t)
		}
	}
}

func (f *finder) v6(a netip.Addr, t []byte) {
	if a.Is4In6() {
		b := a.As4()
		f.v4(uint32(b[0])<<24|uint32(b[1])<<16|uint32(b[2])<<8|uint32(b[3]), t)
		return
	}
	for bits := range f.x.v6 {
		if f.x.v6[bits] == nil {
			continue
		}
		if n, ok := f.x.v6[bits][netip.PrefixFrom(a, bits).Masked()]; ok {
			f.out = append(f.out, found{t, observable.IPv6, n})
		}
	}
}

func (f *finder) v4(a uint32, t []byte) {
	if f.x.v4near[a>>22]>>(a>>16&63)&1 == 0 {
		return
	}
	for bits := range f.x.v4 {
		if f.x.v4[bits] == nil {
			continue
		}
		if n, ok := f.x.v4[bits][a&(^uint32(0)<<(32-bits))]; ok {
			f.out = append(f.out, found{t, observable.IPv4, n})
		}
	}
}

// parseV4 reads four numbers with dots.
func parseV4(t []byte) (a uint32, ok bool) {
	if len(t) > 15 {
		return 0, false
	}
	n, digits := uint32(0), 0
	for _, c := range t {
		switch {
		case c == '.':
			if digits == 0 {
				return 0, false
			}
			a, n, digits = a<<8|n, 0, 0
		case c < '0' || c > '9' || digits == 3:
			return 0, false
		default:
			if digits > 0 && n == 0 {
				return 0, false // netip reads no numbers that begin with a zero
			}
			n, digits = n*10+uint32(c-'0'), digits+1
			if n > 255 {
				return 0, false
			}
		}
	}
	return a<<8 | n, digits > 0
}
