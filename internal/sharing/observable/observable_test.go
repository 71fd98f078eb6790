package observable

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"countersign.dev/internal/sharing/pattern"
)

// TestParseQuery reads what people type, also where it was made harmless.
func TestParseQuery(t *testing.T) {
	tests := map[string]string{
		"avsvmcloud[.]com":                 "domain-name:avsvmcloud.com",
		"AVSVMCLOUD.COM.":                  "domain-name:avsvmcloud.com",
		"avsvmcloud (dot) com":             "",
		"avsvmcloud(dot)com":               "domain-name:avsvmcloud.com",
		"bücher.example":                   "domain-name:xn--bcher-kva.example",
		"hxxps://evil[.]example/A?b":       "url:https://evil.example/A?b",
		"hXXp://Evil.example":              "url:http://evil.example",
		"meow://evil.example/":             "url:http://evil.example/",
		"13[.]59.205.66":                   "ipv4-addr:13.59.205.66",
		"13.59.205.0/24":                   "ipv4-addr:13.59.205.0/24",
		"13.59.205.66/32":                  "ipv4-addr:13.59.205.66",
		"13.59.205.66/24":                  "ipv4-addr:13.59.205.0/24",
		"2001:DB8:0:0::1":                  "ipv6-addr:2001:db8::1",
		"::ffff:1.2.3.4":                   "ipv4-addr:1.2.3.4",
		"Bob[at]Evil[.]example":            "email-addr:bob@evil.example",
		"D41D8CD98F00B204E9800998ECF8427E": "md5:d41d8cd98f00b204e9800998ecf8427e",
		"02-00-5E-10-00-01":                "mac-addr:02:00:5e:10:00:01",
		"as15169":                          "autonomous-system:AS15169",
		"cve-2021-26855":                   "cve:CVE-2021-26855",
		"pkg:npm/a@1":                      "purl:pkg:npm/a@1",
		"999.1.1.1":                        "",
		"report.txt.1":                     "",
		"SolarWinds Orion":                 "",
		"":                                 "",
		"a..b.example":                     "",
	}
	for text, want := range tests {
		got := ""
		if v, ok := ParseQuery(text); ok {
			got = v.String()
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestOfObject takes the values out of STIX objects.
func TestOfObject(t *testing.T) {
	tests := map[string]string{
		`{"type":"domain-name","value":"Evil.example"}`:                                                       "[domain-name:evil.example]",
		`{"type":"ipv4-addr","value":"203.0.113.0/24"}`:                                                       "[ipv4-addr:203.0.113.0/24]",
		`{"type":"file","name":"C:\\x\\Netsetupsvc.dll","hashes":{"MD5":"d41d8cd98f00b204e9800998ecf8427e"}}`: "[file-name:netsetupsvc.dll md5:d41d8cd98f00b204e9800998ecf8427e]",
		`{"type":"indicator","pattern_type":"stix","pattern":"[domain-name:value = 'a.example' OR domain-name:value IN ('b.example', 'a.example')] AND [ipv4-addr:value ISSUBSET '198.51.100.0/24' AND domain-name:value != 'c.example']"}`: "[domain-name:a.example domain-name:b.example ipv4-addr:198.51.100.0/24]",
		`{"type":"indicator","pattern_type":"stix","pattern":"[network-traffic:dst_ref.value = '198.51.100.7' AND x-t:value = 'a.example']"}`:                                                                                               "[ipv4-addr:198.51.100.7]",
		`{"type":"indicator","pattern_type":"yara","pattern":"[domain-name:value = 'a.example']"}`:                                                                                                                                          "[]",
		`{"type":"vulnerability","name":"CVE-2021-26855","external_references":[{"source_name":"cve","external_id":"cve-2021-26855"}]}`:                                                                                                     "[cve:CVE-2021-26855]",
		`{"type":"observed-data","objects":{"0":{"type":"url","value":"http://a.example/"}}}`:                                                                                                                                               "[url:http://a.example/]",
		`{"type":"file","hashes":5}`: "[]",
	}
	for text, want := range tests {
		if got := fmt.Sprint(OfObject([]byte(text))); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

// TestUnfit refuses what everybody has.
func TestUnfit(t *testing.T) {
	for text, want := range map[string]string{
		"10.1.2.3": "private", "0.0.0.0/0": "default route", "::/0": "default route", "127.0.0.1": "this machine", "8.0.0.0/7": "wide", "8.8.8.8": "resolver",
		"co.uk": "public suffix", "github.io": "public suffix", "d41d8cd98f00b204e9800998ecf8427e": "without content", "ffffffffffffffffffffffffffffffff": "no hash",
		"13.59.205.66": "", "13.59.0.0/16": "", "avsvmcloud.com": "", "evil.github.io": "",
	} {
		v, ok := ParseQuery(text)
		if !ok {
			t.Fatal(text)
		}
		if got := Unfit(v); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// TestStanding lets an indicator count from when to when it says, and fade by its
// kind.
func TestStanding(t *testing.T) {
	at := func(day int) time.Time { return time.Date(2021, 1, day, 0, 0, 0, 0, time.UTC) }
	tests := []struct {
		i     Indicator
		at    time.Time
		state State
		score int
	}{
		{Indicator{ValidFrom: at(2), Confidence: 80, Kind: IPv4}, at(1), Pending, 0},
		{Indicator{ValidFrom: at(1), Confidence: 80, Kind: IPv4}, at(1), Active, 80},
		{Indicator{ValidFrom: at(1), Confidence: 80, Kind: IPv4}, at(31), Active, 40},
		{Indicator{ValidFrom: at(1), Confidence: 80, Kind: IPv4}, at(200), Decayed, 1},
		{Indicator{ValidFrom: at(1), Confidence: 80, Kind: SHA256}, at(2000), Active, 80},
		{Indicator{ValidFrom: at(1), ValidUntil: at(400), Confidence: 80, Kind: IPv4}, at(200), Active, 80},
		{Indicator{ValidFrom: at(1), ValidUntil: at(10), Confidence: 80, Kind: IPv4}, at(10), Expired, 0},
		{Indicator{ValidFrom: at(1), Revoked: true, Confidence: 80}, at(2), Revoked, 0},
	}
	for _, test := range tests {
		if state, score := test.i.Standing(test.at); state != test.state || score != test.score {
			t.Errorf("%+v at %s: %s %d, want %s %d", test.i, test.at, state, score, test.state, test.score)
		}
	}
}

// FuzzParseQuery gives canonical values only: read again they are the same.
func FuzzParseQuery(f *testing.F) {
	for _, s := range []string{"evil[.]example", "hxxp://a[.]example/b", "1.2.3.4/8", "a@b.example", "fe80::1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, ok := ParseQuery(s)
		if !ok {
			return
		}
		if again, ok := ParseQuery(v.Text); (!ok || again != v) && v.Kind != URL && v.Kind != PURL && v.Kind != CPE && v.Kind != Email {
			t.Errorf("%q is %s, which is %s, %t", s, v, again, ok)
		}
		Unfit(v)
	})
}

// FuzzOfObject never fails.
func FuzzOfObject(f *testing.F) {
	f.Add(`{"type":"indicator","pattern":"[domain-name:value = 'a.example']"}`)
	f.Fuzz(func(t *testing.T, s string) {
		OfObject([]byte(s))
		if p, err := pattern.Parse(s); err == nil {
			OfPattern(p)
		}
	})
}
