package scan

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign.dev/internal/sharing/observable"

	"countersign.dev/internal/sharing/marking"
)

// scanned is the hits of a text, as "line value indicator".
func scanned(t testing.TB, x *Index, text string, opts Options) (out []string, stats *Stats) {
	t.Helper()
	stats, err := x.Scan(context.Background(), "log", strings.NewReader(text), opts, func(h Hit) error {
		out = append(out, fmt.Sprintf("%d %s %s", h.Line, h.Value, h.Indicator.ID))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out, stats
}

func indicator(id, pattern, more string) []byte {
	return fmt.Appendf(nil, `{"type":"indicator","id":"indicator--%s","pattern_type":"stix","pattern":%q%s}`, id, pattern, more)
}

// TestScan finds values wherever they stand by themselves.
func TestScan(t *testing.T) {
	x := NewIndex()
	for id, p := range map[string]string{
		"dns": "[domain-name:value = 'avsvmcloud.com']", "ip": "[ipv4-addr:value = '13.59.205.66']", "net": "[ipv4-addr:value ISSUBSET '54.193.0.0/16']",
		"url": "[url:value = 'https://evil.example/a/b.php?x=1']", "hash": "[file:hashes.'SHA-256' = '32519b85c0b422e4656de6e6c41878e95fd95026267daab4215ee59c107d6c77']",
		"mail": "[email-addr:value = 'bob@evil.example']", "v6": "[ipv6-addr:value ISSUBSET '2a01:4f8::/32']", "like": "[url:value LIKE '%/owa/auth/RedirSuiteServerProxy.aspx%']",
		"re": "[domain-name:value MATCHES '^[a-z0-9]{8,}[.]appsync-api[.]']", "private": "[ipv4-addr:value = '10.0.0.1']",
		"both": "[domain-name:value = 'first.example'] FOLLOWEDBY [ipv4-addr:value = '203.0.114.9']",
		"port": "[network-traffic:dst_ref.value = '203.0.114.77' AND network-traffic:dst_port = 443]",
	} {
		x.AddObject(indicator(id, p, ""), Indicator{})
	}
	x.AddObject(indicator("old", "[domain-name:value = 'old.example']", `,"valid_until":"2020-06-01T00:00:00Z"`), Indicator{})
	x.AddObject(indicator("revoked", "[domain-name:value = 'revoked.example']", `,"revoked":true`), Indicator{})
	if x.Unfit["an address for private use"] != 1 || x.Skipped != 1 {
		t.Errorf("unfit %v, skipped %d", x.Unfit, x.Skipped)
	}
	tests := map[string]string{ // line: indicators
		"query avsvmcloud.com from 10.0.0.1": "dns", "x.AVSVMCLOUD.com.": "dns", "notavsvmcloud.com": "", "avsvmcloud.com.evil.org": "",
		"src=13.59.205.66:443": "ip", "13.59.205.661": "", "1.13.59.205.66": "", `{"ip":"13.59.205.66"}`: "ip", "54.193.7.8/x": "net", "54.194.7.8": "",
		"GET HTTPS://Evil.example/a/b.php?x=1 HTTP/1.1": "url", "url=https://evil.example/a/b.php?x=1": "url", "https://evil.example/a/b.php?x=12": "",
		"SHA256:32519B85C0B422E4656DE6E6C41878E95FD95026267DAAB4215EE59C107D6C77": "hash", "from=<bob@Evil.example>": "mail", "2a01:4f8:1::1 55": "v6", "[2a01:4f8:1::1]:80": "v6",
		"POST https://mail.agency.example/owa/auth/RedirSuiteServerProxy.aspx": "like", "7sbvaemscs0mc925tb99.appsync-api.eu-west-1.other.example": "re",
		"old.example": "", "revoked.example": "",
	}
	for line, want := range tests {
		got, stats := scanned(t, x, line+"\n", Options{Format: "plain"})
		ids := []string{}
		for _, h := range got {
			ids = append(ids, h[strings.LastIndex(h, "--")+2:])
		}
		if strings.Join(ids, " ") != want || stats.Lines != 1 {
			t.Errorf("%q: %v, want %s", line, got, want)
		}
	}
	const head = "ts\tid.orig_h\tid.resp_h\tid.resp_p\tproto\tquery\n"
	text := head + "1607817600\t10.0.0.7\t203.0.114.9\t80\ttcp\t-\n" + // before the name
		"1607817601\t10.0.0.7\t10.0.0.53\t53\tudp\tfirst.example\n" +
		"1607817602\t10.0.0.8\t203.0.114.9\t80\ttcp\t-\n" + // another host
		"1607817603\t10.0.0.7\t203.0.114.9\t80\ttcp\t-\n" +
		"1607817604\t10.0.0.7\t203.0.114.77\t80\ttcp\t-\n" + // another port
		"1607817605\t10.0.0.7\t203.0.114.77\t443\ttcp\t-\n" +
		"1577836800\t10.0.0.7\t10.0.0.53\t53\tudp\told.example\n" + // when it was valid
		"odd\n"
	got, stats := scanned(t, x, text, Options{})
	want := []string{"5 203.0.114.9 indicator--both", "7 203.0.114.77 indicator--port", "8 old.example indicator--old"}
	if !slices.Equal(got, want) || stats.Odd != 1 || stats.Lines != 9 || stats.Format != "tsv" {
		t.Errorf("%v, %+v", got, stats)
	}
}

// TestOracle compares what is found with a plain look for each indicator in each
// line.
func TestOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	num := func(n int) int { return r.IntN(n) }
	name := func() string {
		return []string{"a", "b", "evil", "x-y"}[num(4)] + []string{".", ".sub."}[num(2)] + []string{"example", "test.example", "org"}[num(3)]
	}
	address := func() string { return fmt.Sprintf("%d.%d.%d.%d", 50+num(3), num(3), num(3), num(4)) }
	hash := func() string { return strings.Repeat(fmt.Sprintf("%x", 10+num(4)), 31) + fmt.Sprint(num(4)) }
	type wanted struct {
		value observable.Value
		id    string
	}
	var values []wanted
	x := NewIndex()
	for range 60 {
		text := []string{name(), address(), fmt.Sprintf("%d.%d.0.0/%d", 50+num(3), num(3), 15+num(4)), hash(), "http://" + name() + "/p", "bob@" + name(), fmt.Sprintf("2a01::%x", num(4))}[num(7)]
		v, ok := observable.ParseQuery(text)
		if !ok {
			continue
		}
		id := fmt.Sprintf("i%d", len(values))
		if x.AddValue(v, Indicator{ID: id}) {
			values = append(values, wanted{v, id})
		}
	}
	var lines []string
	for range 5000 {
		var parts []string
		for range 1 + num(6) {
			token := []string{name(), strings.ToUpper(name()), address(), hash(), "http://" + name() + "/p", "HTTP://" + strings.ToUpper(name()) + "/p", "bob@" + name(), fmt.Sprintf("2a01::%x", num(4)), address() + ":80", name() + ".", "k=" + name(), "-", "1607817600.1"}[num(13)]
			parts = append(parts, token)
		}
		lines = append(lines, strings.Join(parts, []string{" ", "\t", ",", `","`, "|"}[num(5)]))
	}
	var want []string
	for n, line := range lines {
		for _, v := range values {
			if holds(line, v.value) {
				want = append(want, fmt.Sprintf("%d %s", n+1, v.id))
			}
		}
	}
	var got []string
	hits, _ := scanned(t, x, strings.Join(lines, "\n"), Options{Format: "plain", Jobs: 3})
	for _, h := range hits {
		f := strings.Fields(h)
		got = append(got, f[0]+" "+f[len(f)-1])
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		for _, w := range want {
			if _, in := slices.BinarySearch(got, w); !in {
				t.Fatalf("not found: %s", w)
			}
		}
		for _, g := range got {
			if _, in := slices.BinarySearch(want, g); !in {
				t.Fatalf("found: %s", g)
			}
		}
		t.Fatalf("%d hits, want %d", len(got), len(want))
	}
	t.Logf("%d lines, %d indicators, %d hits", len(lines), len(values), len(got))
}

var (
	outerForm = regexp.MustCompile("[\\s\"'`,;()<>\\[\\]{}|]+")
	partForm  = regexp.MustCompile(`[:/@?#&=%\\+!$*~^]`)
)

// holds is the oracle: does a line have a value?
func holds(line string, v observable.Value) bool {
	for _, token := range outerForm.Split(line, -1) {
		switch v.Kind {
		case observable.URL:
			scheme, rest, ok := strings.Cut(token, "://")
			host, path, _ := strings.Cut(rest, "/")
			if ok && strings.ToLower(scheme)+"://"+strings.ToLower(host)+"/"+path == v.Text {
				return true
			}
		case observable.Email:
			if strings.TrimSuffix(strings.ToLower(token), ".") == v.Text {
				return true
			}
		case observable.IPv6:
			if a, err := netip.ParseAddr(token); err == nil && a.String() == v.Text {
				return true
			}
		}
		for _, p := range partForm.Split(token, -1) {
			p = strings.ToLower(strings.TrimRight(p, ".-"))
			switch v.Kind {
			case observable.IPv4:
				a, err := netip.ParseAddr(p)
				n, ok := prefixOf(v.Text)
				if err == nil && ok && n.Contains(a) {
					return true
				}
			case observable.Domain:
				if p == v.Text || strings.HasSuffix(p, "."+v.Text) {
					return true
				}
			case observable.MD5:
				if p == v.Text {
					return true
				}
			}
		}
	}
	return false
}

// TestLists reads lists of values, made harmless or not.
func TestLists(t *testing.T) {
	x := NewIndex()
	n := x.AddList([]byte("# a comment\nevil[.]example\n13[.]59.205.66,seen 2020\n\"hash\",d41d8cd98f00b204e9800998ecf8427e\nnothing here\n10.0.0.0/8\n"), Indicator{Source: "list"})
	if n != 2 || x.Unfit["the hash of a file without content"] != 1 || x.Unfit["an address for private use"] != 1 {
		t.Errorf("%d added, %v", n, x.Unfit)
	}
	got, _ := scanned(t, x, "evil.example 13.59.205.66\n", Options{})
	if len(got) != 2 {
		t.Errorf("%v", got)
	}
}

// TestSightings sums hits up, marked like what was seen.
func TestSightings(t *testing.T) {
	at := time.Date(2020, 12, 13, 0, 0, 0, 0, time.UTC)
	i := Indicator{ID: "indicator--00000000-0000-4000-8000-000000000001", Refs: []string{"marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"}}
	hits := []Hit{{Indicator: i, Time: at, SHA256: "aa"}, {Indicator: i, Time: at.Add(time.Hour), SHA256: "bb"}, {Indicator: Indicator{ID: "evil.example"}}}
	got := Sightings(hits, at.Add(2*time.Hour))
	if len(got) != 1 {
		t.Fatalf("%d sightings", len(got))
	}
	for _, want := range []string{`"count":2`, `"first_seen":"2020-12-13T00:00:00.000Z"`, `"last_seen":"2020-12-13T01:00:00.000Z"`, `"sighting_of_ref":"indicator--00000000-0000-4000-8000-000000000001"`, "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421", "aa, bb"} {
		if !strings.Contains(string(got[0].Body), want) {
			t.Errorf("%s lacks %s", got[0].Body, want)
		}
	}
}

// TestSightingsOfWhatIsForEverybody leaves who was hit to the community's default.
func TestSightingsOfWhatIsForEverybody(t *testing.T) {
	i := Indicator{ID: "indicator--00000000-0000-4000-8000-000000000001", Refs: []string{marking.RefOf(marking.Clear), "marking-definition--fa42a846-8d90-4e51-bc29-71d5b4802168"}}
	got := Sightings([]Hit{{Indicator: i}}, time.Date(2020, 12, 13, 0, 0, 0, 0, time.UTC))
	if want := `"object_marking_refs":["marking-definition--fa42a846-8d90-4e51-bc29-71d5b4802168"]`; len(got) != 1 || !strings.Contains(string(got[0].Body), want) {
		t.Errorf("%s lacks %s", got[0].Body, want)
	}
}
