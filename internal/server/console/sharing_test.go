package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"countersign.dev/internal/access"
)

const sharedBundle = `{"type":"bundle","id":"bundle--0e1fc1a8-5f5c-4a0e-9a3b-1d2f5a6b7c80","objects":[
{"type":"indicator","spec_version":"2.1","id":"indicator--0e1fc1a8-5f5c-4a0e-9a3b-1d2f5a6b7c81","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","name":"Beacon of <Winter>","pattern":"[domain-name:value = 'winter-beacon.example']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z"},
{"type":"malware","spec_version":"2.1","id":"malware--0e1fc1a8-5f5c-4a0e-9a3b-1d2f5a6b7c82","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","name":"Winter","is_family":false},
{"type":"relationship","spec_version":"2.1","id":"relationship--0e1fc1a8-5f5c-4a0e-9a3b-1d2f5a6b7c83","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","relationship_type":"indicates","source_ref":"indicator--0e1fc1a8-5f5c-4a0e-9a3b-1d2f5a6b7c81","target_ref":"malware--0e1fc1a8-5f5c-4a0e-9a3b-1d2f5a6b7c82"},
{"type":"malware","spec_version":"2.1","id":"malware--0e1fc1a8-5f5c-4a0e-9a3b-1d2f5a6b7c84","created":"yesterday","modified":"2026-01-01T00:00:00.000Z","name":"Summer","is_family":false}]}`

const sharedIndicator = "indicator--0e1fc1a8-5f5c-4a0e-9a3b-1d2f5a6b7c81"

func memberOf(organisation string) access.Reader {
	return access.Reader{Member: "of-" + organisation, Organisations: []string{organisation}, Roles: map[string]access.Role{organisation: access.RoleAnalyst}}
}

// From sharing a bundle to who was given it, by links and forms alone; and for
// who may not see it there is nothing of it on any page.
func TestShareInTheConsole(t *testing.T) {
	v, _ := nodeVisit(t, memberOf("harbours"))
	wholesome(t, "/sharing/submit", v.fetch("/sharing/submit"))
	form := v.get("/sharing/submit?to=agencies/threats", 200)
	action := form.attribute("main form", "action")
	if got := v.post(action, url.Values{"csrf": {token}, "to": {"agencies/threats"}, "text": {"{"}}); got.StatusCode != http.StatusBadRequest {
		t.Errorf("what is no envelope: %d", got.StatusCode)
	}
	shared := v.post(action, url.Values{"csrf": {token}, "to": {"agencies/threats"}, "text": {sharedBundle}})
	status := shared.Header.Get("Location")
	if shared.StatusCode != http.StatusSeeOther || !strings.HasPrefix(status, "/sharing/status/agencies/") {
		t.Fatalf("shared: %d to %q", shared.StatusCode, status)
	}
	wholesome(t, status, v.fetch(status))
	outcome := v.get(status, 200)
	outcome.says("h1", "3 of 4 objects")
	outcome.says(`[data-object="malware--0e1fc1a8-5f5c-4a0e-9a3b-1d2f5a6b7c84"]`, "invalid", "created")

	object := at("/sharing/object", "id", sharedIndicator)
	for _, address := range []string{"/sharing", "/sharing/visible", "/sharing/search?q=winter-beacon%5B.%5Dexample", object} {
		wholesome(t, address, v.fetch(address))
	}
	v.get("/sharing", 200).says("main", "Beacon of <Winter>", "read and share", "/taxii2/agencies/")
	v.get("/sharing/search?q=winter-beacon%5B.%5Dexample", 200).says("main", "Looked for as", "winter-beacon.example", "Beacon of <Winter>")

	other := &visit{t, v.console, memberOf("records")}
	page := other.get(object, 200)
	page.says("main", "TLP:AMBER+STRICT", "given by the community", "harbours", "winter-beacon.example", "Winter", "indicates")
	if strings.Contains(page.one("main"), "Who got it") {
		t.Error("a recipient sees who else was given the object")
	}
	other.get(status, 404)
	both := memberOf("harbours")
	both.Member, both.Organisations = "of-both", []string{"harbours", "roads"}
	(&visit{t, v.console, both}).get(object, 200)
	v.get(object, 200).says("main", "Who got it", "of-records", "of-both")
	if main := v.get(object, 200).one("main"); strings.Contains(main, "of-harbours") {
		t.Error("who shared it is among those who were given it")
	}
	v.get(page.attribute(`main a[href^="/impact"]`, "href"), 200)

	stranger := &visit{t, v.console, memberOf("demo")}
	stranger.get(object, 404)
	stranger.get(at("/sharing/object", "id", "malware--00000000-0000-4000-8000-000000000000"), 404)
	stranger.get(status, 404)
	for _, address := range []string{"/sharing", "/sharing/visible", "/sharing/search?q=winter-beacon.example", "/sharing/search?q=beacon"} {
		main := stranger.get(address, 200).one("main")
		for _, trace := range []string{"Beacon of", "harbours", "agencies", sharedIndicator} {
			if strings.Contains(main, trace) {
				t.Errorf("%s tells a stranger of %s", address, trace)
			}
		}
	}
	if got := stranger.post(action, url.Values{"csrf": {token}, "to": {"agencies/threats"}, "text": {sharedBundle}}); got.StatusCode != http.StatusNotFound {
		t.Errorf("a stranger shares: %d", got.StatusCode)
	}
	nobody := &visit{t, v.console, access.Anonymous}
	nobody.get(object, 404)
}
