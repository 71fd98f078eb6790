package core

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"slices"
	"strings"
	"testing"
)

// making is the making of vectors, all signed by one key unless said.
type making struct {
	t   *testing.T
	key ed25519.PrivateKey
	out []vector
}

const host = "https://labels.example"

// seeded is a key that is the same on each run; it signs nothing but tests.
func seeded(n byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
}

// id is nine characters with their check.
func id(nine string) string { return grouped(append([]byte(nine), check([]byte(nine)))) }

func camera() Core {
	return Core{
		ID: id("7K2MD4XPT"), Maker: "Northlight Cameras", Product: "Porch Cam 3", Tier: 2,
		Issued: "2026-11-27", ValidUntil: "2028-11-27", SupportEnd: "2031-12-31",
		Document: [8]byte{0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4}, Scheme: "iot-tiers",
	}
}

func (m *making) public() string {
	return base64.StdEncoding.EncodeToString(m.key.Public().(ed25519.PublicKey))
}

func (m *making) read(name, url string, c Core) {
	m.out = append(m.out, vector{Name: name, URL: url, PublicKey: m.public(), Core: shown(c)})
}

func (m *making) refuse(name, step, url string) {
	m.out = append(m.out, vector{Name: name, URL: url, PublicKey: m.public(), Refused: step})
}

func (m *making) encode(c Core) (string, Core) {
	m.t.Helper()
	url, fitted, err := Encode(c, host, m.key)
	if err != nil {
		m.t.Fatal(err)
	}
	return url, fitted
}

// good is what a reader reads.
func (m *making) good() {
	c := camera()
	url, fitted := m.encode(c)
	m.read("valid", url, fitted)
	m.read("valid in lower case", strings.ToLower(url), fitted)
	m.read("valid without the hyphen", strings.Replace(url, c.ID, strings.ReplaceAll(c.ID, "-", ""), 1), fitted)
	m.read("valid on another host, which nothing signs", strings.Replace(url, "LABELS.EXAMPLE", "MIRROR.EXAMPLE:8443", 1), fitted)
	for _, v := range []struct {
		name   string
		change func(*Core)
	}{
		{"valid without support end", func(c *Core) { c.SupportEnd = "" }},
		{"valid without tiers", func(c *Core) { c.Tier, c.Scheme = 0, "iot-baseline" }},
		{"valid from the first day to the last", func(c *Core) { c.Issued, c.ValidUntil, c.SupportEnd = "1970-01-01", "9999-12-31", "9999-12-31" }},
		{"valid in Chinese", func(c *Core) { c.Maker, c.Product = "深圳市北光科技有限公司", "门廊摄像机三号" }},
		{"valid in Arabic", func(c *Core) { c.Maker, c.Product = "شركة الضوء", "كاميرا الباب" }},
		{"valid with a length of two bytes", func(c *Core) { c.Maker, c.Product = strings.Repeat("m", 24), strings.Repeat("p", 23) }},
		{"valid and cut", func(c *Core) { c.Maker, c.Product = strings.Repeat("Maker ", 9), strings.Repeat("Product ", 9) }},
		{"valid beyond the basic plane", func(c *Core) { c.Maker, c.Product = "𝔑orthlight", "Cam 📷" }},
		{"valid with the characters of markup", func(c *Core) { c.Maker, c.Product = `A&B <"Labs">`, "It's <b>" }},
	} {
		c := camera()
		v.change(&c)
		url, fitted := m.encode(c)
		m.read(v.name, url, fitted)
	}
	c.ID = id("001101D4X")
	url, fitted = m.encode(c)
	m.read("valid with letters for digits in the id", strings.Replace(url, "00110-1", "oOiL0-l", 1), fitted)
}

// badText is what a reader refuses before it comes to the map.
func (m *making) badText() {
	url, _ := m.encode(camera())
	start := url[:len(url)-len(m.last(url))]
	for _, v := range []struct{ name, url string }{
		{"no address", "Porch Cam 3"},
		{"empty", ""},
		{"address of the label without its core", strings.TrimSuffix(start, "/")},
		{"another scheme", strings.Replace(url, "HTTPS", "FTP", 1)},
		{"without a host", strings.Replace(url, "LABELS.EXAMPLE", "", 1)},
		{"with a name before the host", strings.Replace(url, "LABELS", "USER@LABELS", 1)},
		{"another path", strings.Replace(url, "/L/", "/M/", 1)},
		{"another version", strings.Replace(url, "/1.", "/2.", 1)},
		{"with a query", url + "?A=1"},
		{"with something after it", url + "/A"},
		{"with a space after it", url + " "},
		{"with a letter whose capital is an I", strings.Replace(strings.ToLower(url), "i", "ı", 1)},
		{"with padding", url + "="},
		{"cut in the middle", url[:len(url)/2]},
		{"of more than 400 characters", strings.Replace(url, "LABELS", strings.Repeat("A", 200), 1)},
		{"id with a letter that ids do not have", strings.Replace(url, "7K2MD", "7K2MU", 1)},
		{"id with a mistyped character", strings.Replace(url, "7K2MD", "7K2ND", 1)},
		{"id with two characters swapped", strings.Replace(url, "7K2MD", "7KM2D", 1)},
		{"id that is too short", strings.Replace(url, "7K2MD-", "", 1)},
		{"id with the hyphen elsewhere", strings.Replace(url, "7K2MD-", "7K2M-D", 1)},
	} {
		m.refuse(v.name, "format", v.url)
	}
	// 167 bytes are 267.2 characters: the last one has bits to spare.
	spare := url[:len(url)-1] + string(spare(url[len(url)-1]))
	m.refuse("with bits left over in the base32", "format", spare)
}

func (m *making) last(url string) string { return url[strings.LastIndex(url, "/")+1:] }

// spare is a last character of base32 with its lowest bit set.
func spare(c byte) byte {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	return letters[strings.IndexByte(letters, c)|1]
}

// badMaps is maps that are signed well and are no cores.
func (m *making) badMaps() {
	good := func() map[int]any {
		return map[int]any{
			1: 1, 2: []byte{1, 2, 3, 4}, 3: "Maker", 4: "Product", 5: 0, 6: 20000, 7: 20730, 9: make([]byte, 8), 10: "iot",
		}
	}
	put := func(key int, v any) map[int]any { g := good(); g[key] = v; return g }
	drop := func(key int) map[int]any { g := good(); delete(g, key); return g }
	for _, v := range []struct {
		name string
		core map[int]any
	}{
		{"map of version 2", put(1, 2)},
		{"map with an unknown member", put(11, "x")},
		{"map without a version", drop(1)},
		{"map without a key hint", drop(2)},
		{"map without a maker", drop(3)},
		{"map without a product", drop(4)},
		{"map without a tier", drop(5)},
		{"map without a day of issue", drop(6)},
		{"map without an end", drop(7)},
		{"map without a document", drop(9)},
		{"map without a scheme", drop(10)},
		{"map with null for a maker", put(3, nil)},
		{"map with an empty maker", put(3, "")},
		{"map with a line break in the product", put(4, "Porch\nCam")},
		{"map with a mark of direction in the product", put(4, "Porch \u202eCam")},
		{"map with bytes for a text", put(4, []byte("Product"))},
		{"map with a text for bytes", put(2, "abcd")},
		{"map with a hint of 3 bytes", put(2, []byte{1, 2, 3})},
		{"map with a digest of 9 bytes", put(9, make([]byte, 9))},
		{"map with a scheme of 13 bytes", put(10, "iot-baselines")},
		{"map with a tier of 100", put(5, 100)},
		{"map with a tier below 0", put(5, -1)},
		{"map with a fraction for a tier", put(5, 1.5)},
		{"map with a day after 9999", put(7, lastDay+1)},
		{"map with a day beyond 2^53", put(8, uint64(1)<<60)},
		{"map with a day below 0", put(6, -1)},
	} {
		m.signed(v.name, must(writing.Marshal(v.core)))
	}
	plain := must(writing.Marshal(good()))
	m.signed("map with a member below 0", must(writing.Marshal(put(-1, 1))))
	m.signed("map with a number longer than it need be", bytes.Replace(plain, []byte{0x05, 0x00}, []byte{0x05, 0x18, 0x00}, 1))
	m.signed("map of no stated length", append(append([]byte{0xbf}, plain[1:]...), 0xff))
	m.signed("map with the members in another order", slices.Concat(plain[:1], plain[3:], plain[1:3]))
	m.signed("map with a member twice", append(append([]byte{plain[0] + 1}, plain[1:]...), 0x05, 0x00))
	m.signed("map with something after it", append(bytes.Clone(plain), 0))
	m.signed("map with a text that is no UTF-8", bytes.Replace(plain, []byte("Maker"), []byte("Mak\xffr"), 1))
	m.signed("map with a tag before it", append([]byte{0xc1}, plain...))
	m.signed("array", must(writing.Marshal([]int{1, 2, 3})))
	m.signed("signature alone", nil)
}

// signed adds a map that the key signed, whatever it is, to be refused.
func (m *making) signed(name string, core []byte) {
	c := camera()
	m.refuse(name, "format", strings.ToUpper(host)+"/L/"+c.ID+"/1."+spelled.EncodeToString(append(bytes.Clone(core), ed25519.Sign(m.key, signed(c.ID, core))...)))
}

// badSignatures is cores that read well and that the key did not sign so.
func (m *making) badSignatures() {
	c := camera()
	url, fitted := m.encode(c)
	m.refuse("core of another label", "signature", strings.Replace(url, c.ID, id("7K2MD4XPV"), 1))
	other := *m
	other.key = seeded(2)
	forged, _ := other.encode(c)
	m.refuse("signed by another key", "signature", forged)
	b := must(fitted.marshal())
	sign := func(over []byte) string {
		return strings.ToUpper(host) + "/L/" + c.ID + "/1." + spelled.EncodeToString(append(bytes.Clone(b), ed25519.Sign(m.key, over)...))
	}
	spoofed := ed25519.Sign(other.key, signed(c.ID, b))
	m.refuse("signed by another key with the hint of this one", "signature",
		strings.ToUpper(host)+"/L/"+c.ID+"/1."+spelled.EncodeToString(append(bytes.Clone(b), spoofed...)))
	m.refuse("signed without the line that says what it is", "signature", sign([]byte(c.ID+"\n"+string(b))))
	m.refuse("signed without the id", "signature", sign(b))
	later := fitted
	later.ValidUntil = "2038-11-27"
	longer := append(must(later.marshal()), ed25519.Sign(m.key, signed(c.ID, b))...)
	m.refuse("prolonged after it was signed", "signature", strings.ToUpper(host)+"/L/"+c.ID+"/1."+spelled.EncodeToString(longer))
	hint := fitted
	hint.KeyHint = [4]byte{}
	unhinted := must(hint.marshal())
	m.read("valid with the hint of no key",
		strings.ToUpper(host)+"/L/"+c.ID+"/1."+spelled.EncodeToString(append(bytes.Clone(unhinted), ed25519.Sign(m.key, signed(c.ID, unhinted))...)), hint)
}
