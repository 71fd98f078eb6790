package server_test

import (
	"bytes"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"countersign.dev/internal/label/core"
	"countersign.dev/internal/label/statuslist"
)

// The page was opened once; then there is no network, and somebody opens the
// address in a label's code.
func TestOfflineCheck(t *testing.T) {
	b, a := chromium(t), openLabelAuthority(t)
	url, id := a.label(nil)
	tests := []struct {
		name    string
		entries []statuslist.Entry
		now     time.Time
		url     string
		state   string
		parts   []string
	}{
		{"a fresh list without the label", nil, shopping, url, "good", []string{
			"Active", "Porch Cam 3", "Northlight Cameras", "good, by Northland Label Authority", id, "2 (scheme iot-tiers)", "30 September 2028",
			"30 December 2031", "27 November 2026 at 10:00", "a code can be copied",
		}},
		{"suspended", []statuslist.Entry{suspended(id)}, shopping, url, "bad", []string{
			"Suspended since 20 November 2026", "put on a list of restricted parties", "good, by Northland", "as of 27 November 2026 at 10:00",
		}},
		{"revoked, with a sentence", []statuslist.Entry{{ID: id, Status: statuslist.Revoked, Reason: "the test report was forged"}}, shopping, url, "bad", []string{
			"Revoked", "for good", "the test report was forged",
		}},
		{"in lower case", nil, shopping, strings.Replace(strings.ToLower(url), "/l/", "/L/", 1), "good", []string{"Active"}},
		{"the list just before its end", nil, listed.Add(statuslist.Lifetime - time.Second), url, "good", []string{"Active"}},
		{"the list at its end", nil, listed.Add(statuslist.Lifetime), url, "unknown", []string{
			"Status unknown", "no list of the last 24 hours", "27 November 2026", "it had nothing against", "!Active",
		}},
		{"an old list that spoke against it", []statuslist.Entry{suspended(id)}, listed.Add(48 * time.Hour), url, "bad", []string{
			"Status unknown", "suspended since 20 November 2026",
		}},
		{"a clock that is behind", nil, listed.Add(-time.Hour), url, "unknown", []string{"Status unknown", "clock seems to be wrong", "!Active"}},
		{"a clock that is years ahead", nil, listed.AddDate(3, 0, 0), url, "bad", []string{"Expired", "30 September 2028"}},
		{"a clock that is years behind", nil, listed.AddDate(-3, 0, 0), url, "unknown", []string{"Not valid yet", "clock", "!Active"}},
		{"a tampered character", nil, shopping, flip(url, len(url)-20), "bad", []string{"Not a good label", "not signed by Northland", "!Porch Cam"}},
		{"a character of the content", nil, shopping, flip(url, strings.Index(url, "/1.")+40), "bad", []string{"Not a good label"}},
		{"cut short", nil, shopping, url[:len(url)-8], "bad", []string{"Not a good label"}},
		{"a mistyped number", nil, shopping, strings.Replace(url, id, flip(id, 3), 1), "bad", []string{"Not a good label", "mistyped"}},
	}
	s := newShopper(t, b, a).prepare()
	for i, test := range tests {
		s.offline(false).clock(shopping)
		a.publish(int64(101+i), listed, test.entries...)
		s.open("/L/").offline(true).clock(test.now)
		s.open(test.url).expect(test.name, test.state, test.parts...)
	}
}

func suspended(id string) statuslist.Entry {
	return statuslist.Entry{ID: id, Status: statuslist.Suspended, Since: "2026-11-20", Reason: "restricted-party"}
}

// flip changes one character of base32.
func flip(text string, at int) string {
	other := byte('A')
	if text[at] == other {
		other = 'B'
	}
	return text[:at] + string(other) + text[at+1:]
}

// A code that is cut out of one box and stuck on another, under the number of
// a label that is good.
func TestOfflineSwappedCode(t *testing.T) {
	b, a := chromium(t), openLabelAuthority(t)
	url, id := a.label(nil)
	other := core.NewID(strings.NewReader("other cam"))
	s := newShopper(t, b, a).prepare().offline(true)
	s.open(strings.Replace(url, id, other, 1)).expect("under another number", "bad", "Not a good label", "belongs to another label")
	s.open("/L/"+id).expect("a number alone", "unknown", "Only a number", "proves nothing")
}

// Labels of others are not good, whatever they say of themselves.
func TestOfflineStranger(t *testing.T) {
	b, a := chromium(t), openLabelAuthority(t)
	stranger := openLabelAuthority(t)
	stranger.key = signingKey(7)
	url, _ := stranger.label(nil)
	s := newShopper(t, b, a).prepare().offline(true)
	core := url[strings.Index(url, "/L/"):]
	s.open(core).expect("on our address", "unknown", "somebody this page does not know", "!Porch Cam")
	s.open("/L/#"+url).expect("on its own address", "unknown", "somebody this page does not know", strings.TrimPrefix(stranger.url, "http://"))

	// The hint names our key, the signature is another's.
	forged, _ := stranger.label(nil)
	good, _ := a.label(nil)
	at := strings.Index(good, "/1.") + 3
	s.open("/L/#"+good[:at]+splice(t, forged[at:], good[at:])).expect("a forged hint", "bad", "not signed by Northland")
}

// splice is a core with the key hint of another.
func splice(t *testing.T, text, hint string) string {
	t.Helper()
	a, b := unspell(t, text), unspell(t, hint)
	const at = 1 + 2 + 2 // map, version, key and head of the hint
	copy(a[at:at+4], b[at:at+4])
	return spell(a)
}

// A phone that has had no network since the label was opened has no list, and
// says so; one that has never had one knows nobody.
func TestOfflineWithoutList(t *testing.T) {
	b, a := chromium(t), openLabelAuthority(t)
	url, _ := a.label(nil)
	a.serve([]byte(`{"not":"a list"}`))
	s := newShopper(t, b, a).prepare().offline(true)
	s.open(url).expect("no list", "unknown", "Status unknown", "no list of the last 24 hours", "good, by Northland")

	s.offline(false)
	a.publish(100, listed)
	s.open("/L/#"+url).expect("the network is back", "good", "Active")

	s.clock(listed.Add(25 * time.Hour))
	s.open("/L/#"+url).expect("the authority is late", "unknown", "Status unknown", "no newer one", "clock is ahead")

	s.offline(true)
	s.sayYes(func() { s.MustElement("#forget").MustClick() })
	s.open(url).expect("all forgotten", "unknown", "Cannot check yet", "Connect once")
}

// sayYes does something that the page asks back about, and says
// yes.
func (s *shopper) sayYes(do func()) {
	wait, handle := s.MustHandleDialog()
	go do()
	wait()
	handle(true, "")
}

// What is served in place of the list is refused when it is older than one that
// was seen, signed by others, or altered; what the page knows stays.
func TestOfflineForgedLists(t *testing.T) {
	b, a := chromium(t), openLabelAuthority(t)
	url, id := a.label(nil)
	entry := statuslist.Entry{ID: id, Status: statuslist.Suspended, Since: "2026-11-20"}
	before := a.signList(a.key, 100, listed)
	a.publish(101, listed.Add(time.Minute), entry)
	current := a.list
	s := newShopper(t, b, a).prepare()
	for name, forged := range map[string][]byte{
		"older":             before,
		"by another":        a.signList(signingKey(9), 200, listed.Add(time.Hour)),
		"no list":           []byte("<html>"),
		"a label's payload": bytes.Replace(before, []byte("status-list+json"), []byte("status-lisp+json"), 1),
		"altered":           altered(t, current, `"suspended"`, `"withdrawn"`),
	} {
		s.offline(false)
		a.serve(forged)
		s.open("/L/#"+url).expect(name, "bad", "Suspended since 20 November 2026")
		if news := s.MustElement("#news").MustText(); !strings.Contains(news, "list") || strings.Contains(news, "No network") {
			t.Errorf("%s: the page does not tell: %q", name, news)
		}
		s.offline(true)
		s.open(url).expect(name+", offline", "bad", "Suspended since 20 November 2026")
	}
}

// altered is an envelope whose payload was changed after it was signed.
func altered(t *testing.T, envelope []byte, from, to string) []byte {
	t.Helper()
	var w map[string]any
	if err := json.Unmarshal(envelope, &w); err != nil {
		t.Fatal(err)
	}
	payload, err := base64.StdEncoding.DecodeString(w["payload"].(string))
	if err != nil || !bytes.Contains(payload, []byte(from)) {
		t.Fatalf("%v: no %s in %s", err, from, payload)
	}
	w["payload"] = bytes.Replace(payload, []byte(from), []byte(to), 1)
	b, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Keys that come later are told of, and not used until the person takes them.
func TestOfflineKeysChange(t *testing.T) {
	b, a := chromium(t), openLabelAuthority(t)
	old, _ := a.label(nil)
	s := newShopper(t, b, a).prepare()

	a.key = signingKey(2)
	a.keys = append(a.keys, public(a.key))
	a.publish(200, listed.Add(time.Minute))
	renewed, _ := a.label(nil)
	s.open("/L/#"+renewed).expect("before the keys are taken", "unknown", "does not know", "published other keys")
	s.open("/L/#"+old).expect("an old label meanwhile", "good", "Active", "other keys")
	if words := s.MustElement("#offer").MustText(); !strings.Contains(words, "keys have changed") || !strings.Contains(words, "As before") || !strings.Contains(words, "New") {
		t.Errorf("the offer: %s", words)
	}
	s.MustElementR("#offer button", "Take these keys").MustClick()
	s.MustWait(`() => document.getElementById("offer").hidden`)
	s.MustElement("#address").MustInput(renewed)
	s.MustElementR("#typed button", "Check").MustClick()
	s.MustWait(`() => document.getElementById("result").dataset.state === "good"`)
	s.expect("after they are taken", "good", "Active")

	// A key that is out of use vouches for what it signed in its time only.
	a.keys[0].Until = "2026-10-15"
	s = newShopper(t, b, a).prepare()
	s.open("/L/#"+old).expect("signed in its time", "good", "Active")
	a.key = signingKey(1)
	late, _ := a.label(func(c *core.Core) { c.Issued = "2026-10-15" })
	s.open("/L/#"+late).expect("signed later", "bad", "Not a good label", "out of use")
}

// A label that is newer than the list is in no list yet.
func TestOfflineLabelNewerThanList(t *testing.T) {
	b, a := chromium(t), openLabelAuthority(t)
	url, _ := a.label(func(c *core.Core) { c.Issued, c.SupportEnd, c.Tier = "2026-11-28", "2026-11-28", 0 })
	s := newShopper(t, b, a).prepare().offline(true)
	s.clock(listed.Add(20 * time.Hour))
	s.open(url).expect("newer", "unknown", "newer than the status list", "none (scheme", "updates until 27 November 2026 only")
}

// With a network, the address in the code leads to the label's public page
// where there is one.
func TestOnlineLeadsToThePublicPage(t *testing.T) {
	b, a := chromium(t), openLabelAuthority(t)
	url, id := a.label(nil)
	s := newShopper(t, b, a).prepare()
	s.open(url).expect("no public page", "good", "Active")
	a.pages[id] = true
	s.MustNavigate(url).MustWaitLoad()
	if at := s.MustInfo().URL; !strings.HasPrefix(at, a.url+"/labels/"+id+"?code=1.") {
		t.Errorf("led to %s", at)
	}
}

// The page reads and refuses what package core reads and refuses.
func TestOfflineVectors(t *testing.T) {
	file, err := os.ReadFile("../label/core/testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors struct {
		Vectors []struct {
			Name, URL, Refused string
			PublicKey          string `json:"public_key"`
			Core               json.RawMessage
		}
	}
	if err := json.Unmarshal(file, &vectors); err != nil || len(vectors.Vectors) < 20 {
		t.Fatalf("%d vectors: %v", len(vectors.Vectors), err)
	}
	b, a := chromium(t), openLabelAuthority(t)
	s := newShopper(t, b, a).open("/L/")
	for _, v := range vectors.Vectors {
		got := s.MustEval(readVector, v.URL, v.PublicKey).String()
		want := v.Refused
		if want == "" {
			got, want = indented(t, got), indented(t, string(v.Core))
		}
		if got != want {
			t.Errorf("%s: %s\nwant %s", v.Name, got, want)
		}
	}
}

// indented is JSON in one spelling; what is none, as it is.
func indented(t *testing.T, text string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return text
	}
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// readVector is a core as JSON in the form of the vectors' file, or the step at
// which it is refused.
const readVector = `async (url, key) => {
	const { parseAddress, decode, verify } = await import("/L/core.js");
	const hex = (bytes) => [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
	const day = (n) => n === undefined ? "" : new Date(n * 86400000).toISOString().slice(0, 10);
	let c;
	try {
		const { id, core } = parseAddress(url);
		if (!core) return "format";
		c = decode(id, core);
	} catch {
		return "format";
	}
	if (!await verify(c, [{ bytes: Uint8Array.from(atob(key), (x) => x.charCodeAt(0)) }])) return "signature";
	return JSON.stringify({
		id: c.id, key_hint: hex(c.hint), maker: c.maker, product: c.product, tier: c.tier, issued: day(c.issued),
		valid_until: day(c.validUntil), support_end: day(c.supportEnd), document: hex(c.document), scheme: c.scheme,
	});
}`

var spelling = base32.StdEncoding.WithPadding(base32.NoPadding)

func unspell(t *testing.T, text string) []byte {
	t.Helper()
	b, err := spelling.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func spell(b []byte) string { return spelling.EncodeToString(b) }
