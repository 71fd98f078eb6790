package console_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
	"countersign.dev/internal/notice"
)

// letterbox keeps what would go by mail.
type letterbox struct{ texts []string }

func (l *letterbox) Send(context.Context, *notice.Watch, *notice.Message) error { return nil }

func (l *letterbox) Post(_ context.Context, _, _, text, _ string) error {
	l.texts = append(l.texts, text)
	return nil
}

// From the question whom it concerns to who has taken notice, by links and
// forms alone.
func TestTellInTheConsole(t *testing.T) {
	v, n := nodeVisit(t, analyst)
	day := []string{"subject", "CVE-2021-44228", "at", "2021-12-13"}
	page := v.get(at("/impact", day...), 200)
	tell := page.attribute(`main a[href^="/notices/tell"]`, "href")
	wholesome(t, tell, v.fetch(tell))
	form := v.get(tell, 200)
	form.says(`[data-letter=roads]`, "Agency for Rural Roads", "Payroll", "mail to soc@roads.example", "is in payroll-suite 5.4.0")
	action := form.attribute("main form", "action")
	refused := v.post(action, url.Values{"csrf": {token}, "subject": {"CVE-2021-44228"}, "marking": {"TLP:RED"}})
	if refused.StatusCode != http.StatusBadRequest {
		t.Errorf("TLP:RED: %d", refused.StatusCode)
	}
	told := v.post(action, url.Values{"csrf": {token}, "subject": {"CVE-2021-44228"}, "marking": {"TLP:AMBER"}, "text": {"Patch <today>."}})
	sent := told.Header.Get("Location")
	if told.StatusCode != http.StatusSeeOther || !strings.HasPrefix(sent, "/notices/b-") {
		t.Fatalf("told: %d to %q", told.StatusCode, sent)
	}
	box := &letterbox{}
	if _, err := n.NewPost(node.NoticeOptions{Ways: map[string]notice.Sender{"mail": box}, Base: "https://here.example"}).Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{"/notices", sent} {
		wholesome(t, address, v.fetch(address))
	}
	v.get(sent, 200).says(`[data-letter=roads] [data-way=mail]`, "soc@roads.example", "taken")
	v.get("/notices", 200).says("main", "2 organisations", "0 of 2")

	roads := &visit{t, v.console, access.Reader{Member: "ben", Organisations: []string{"roads"}, Roles: map[string]access.Role{"roads": access.RoleReader}}}
	seen := roads.get(sent, 200)
	seen.says("[data-letter=roads]", "Patch <today>.", "Payroll")
	if len(seen.all("[data-letter]")) != 1 || len(seen.all("[data-way]")) != 0 {
		t.Error("whoever was told sees more than its own letter")
	}
	roads.post(sent+"/acknowledge", url.Values{"csrf": {token}, "text": {"on it"}})
	v.get(sent, 200).says("[data-letter=roads]", "has taken notice", "ben", "on it")
	followLink(t, v, sent, box)
	stranger := &visit{t, v.console, access.Anonymous}
	stranger.get(sent, 404)
	if got := stranger.post(action, url.Values{"csrf": {token}, "subject": {"CVE-2021-44228"}}).StatusCode; got != http.StatusForbidden {
		t.Errorf("told by nobody: %d", got)
	}
}

// followLink takes notice by the link that came by mail, as somebody who has
// nothing else.
func followLink(t *testing.T, v *visit, sent string, box *letterbox) {
	t.Helper()
	_, link, _ := strings.Cut(strings.Join(box.texts, "\n"), "https://here.example")
	link, _, _ = strings.Cut(link, "\n")
	nobody := &visit{t, v.console, access.Anonymous}
	wholesome(t, link, nobody.fetch(link))
	opened := nobody.get(link, 200)
	opened.says("main", "CVE-2021-44228", "Patch <today>.")
	if len(opened.all("main [href^='/documents/']")) > 0 {
		t.Error("the letter leads where its reader may not go")
	}
	before := v.get(sent, 200).one("main")
	if strings.Contains(before, "By the link") {
		t.Error("to open the link acknowledged")
	}
	if got := nobody.post(opened.attribute("main form", "action"), url.Values{"csrf": {token}}); got.StatusCode != http.StatusSeeOther {
		t.Errorf("taking notice: %d", got.StatusCode)
	}
	nobody.get(link, 200).says("[role=status]", "You have taken notice")
	v.get(sent, 200).says("main", "By the link sent to")
	nobody.get(link[:len(link)-1], 404)
}
