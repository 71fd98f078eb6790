package node

import (
	"io/fs"
	"strings"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/label"
	"countersign.dev/policies"
	"countersign.dev/schemes"
)

// TestSurveilEveryRole: the laboratory, the administrator and the owner count as
// the maker does, each as a ground of its own.
func TestSurveilEveryRole(t *testing.T) {
	k := openKeeping(t, "", "2021-01-10")
	id := k.give(1, func(t *label.Terms) {
		t.Parties = append(t.Parties, label.Party{Role: label.Owner, Name: "Harbour Holding"}, label.Party{Role: label.Administrator, Name: "Meridian Marks"})
	})
	k.wants("2021-01-11", "")
	for _, role := range []struct{ role, name, called string }{
		{"laboratory", "Quayside Test Laboratory", "the laboratory that tested"}, {"owner", "Harbour Holding", "an owner of the maker"}, {"administrator", "Meridian Marks", "the administrator of the label"},
	} {
		ground := "party:" + role.role + ":" + strings.ToLower(role.name)
		k.day = "2021-02-03"
		k.take(listingFile(role.role, "us-bis-entity-list", role.name, "2021-02-01", "designated", "2021-02-01"))
		k.wants("2021-02-03", "suspended 2021-02-01 "+ground)
		if last := k.events[len(k.events)-1]; !strings.HasPrefix(last.Reason, role.called+", "+role.name) {
			t.Errorf("it says %q", last.Reason)
		}
	}
	k.day = "2021-03-03"
	k.take(listingFile("laboratory-off", "us-bis-entity-list", "Quayside Test Laboratory", "2021-03-01", "removed", "2021-03-01"))
	k.wants("2021-03-03", "reinstatement_offered 2021-03-01 party:laboratory:quayside test laboratory")
	k.giveBack(id, "party:laboratory:quayside test laboratory")
	if got := k.status(id, "2021-03-03"); got != label.StatusSuspended {
		t.Errorf("two grounds are left, and it is %s", got)
	}
}

// TestSurveilOwners: a maker that blocked persons come to own half of, and then
// less.
func TestSurveilOwners(t *testing.T) {
	k := openKeeping(t, "", "2021-01-10")
	k.give(1, func(t *label.Terms) { t.Parties[0].Identifier = "Northlight Devices" })
	k.wants("2021-01-11", "")
	k.day = "2021-02-05"
	k.take(listingFile("tycoon", "us-ofac-sdn", "Tycoon Trading", "2021-02-01", "designated", "2021-02-01"))
	k.wants("2021-02-05", "")
	const header = "owner,owner_kind,owned,owned_kind,economic_min,economic_max,voting_min,voting_max,control,valid_from,valid_to,published,source,note\n"
	k.take(header + "Tycoon Trading,organisation,Northlight Devices,organisation,60,60,,,,2021-02-03,,2021-02-03,https://example.com,constructed\n")
	const ground = "party:maker:northlight devices"
	k.wants("2021-02-05", "suspended 2021-02-03 "+ground)
	if last := k.events[len(k.events)-1]; !strings.Contains(last.Reason, "own half") || len(last.From) == 0 {
		t.Errorf("it says %+v", last)
	}
	k.day = "2021-03-05"
	k.take(listingFile("tycoon-off", "us-ofac-sdn", "Tycoon Trading", "2021-03-02", "removed", "2021-03-02"))
	k.wants("2021-03-05", "reinstatement_offered 2021-03-02 "+ground)
}

// TestSurveilIdentifierHidesNobody: a maker is sought by its name too where it
// gives an identifier, which may be anybody's.
func TestSurveilIdentifierHidesNobody(t *testing.T) {
	k := openKeeping(t, "", "2021-01-10")
	k.give(1, func(t *label.Terms) { t.Parties[0].Identifier = "LEI 5493001KJTIIGC8Y1R12" })
	k.wants("2021-01-11", "")
	k.day = "2021-02-03"
	k.take(listingFile("maker", "us-dod-1260h", "Northlight Devices", "2021-02-01", "designated", "2021-02-01"))
	k.wants("2021-02-03", "suspended 2021-02-01 party:maker:northlight devices")
}

// TestSurveilPublishedAhead: what is held before it is published counts from its
// day, by time alone.
func TestSurveilPublishedAhead(t *testing.T) {
	k := openKeeping(t, "", "2021-01-10")
	k.give(1, nil)
	k.take(listingFile("ahead", "us-dod-1260h", "Northlight Devices", "2021-01-20", "designated", "2021-01-20", "removed", "2021-02-20"))
	k.take(firmware(cameraPURL, "2020-10-20", tiny))
	k.take(advise("GHSA-aaaa-bbbb-cccc", "CVE-2021-1001", "tiny-log", "2021-01-05", ""))
	k.take(exploited("2021-01-15", "CVE-2021-1001", "2021-01-15"))
	k.wants("2021-01-14", "")
	k.wants("2021-01-15", "warned 2021-01-15 "+exploitedID+" due 2021-02-04")
	k.wants("2021-01-21", "suspended 2021-01-20 party:maker:northlight devices")
	k.restart()
	k.wants("2021-02-21", "suspended 2021-02-04 "+exploitedID+"; reinstatement_offered 2021-02-20 party:maker:northlight devices")
}

// TestSurveilRemedyOnLastDay: what remedies a weakness on the day on which the
// warning falls due clears it: before a label is suspended, what bears on it is
// judged anew.
func TestSurveilRemedyOnLastDay(t *testing.T) {
	k := openKeeping(t, "", "2021-01-10")
	k.give(1, nil)
	k.take(firmware(cameraPURL, "2020-10-20", tiny))
	k.take(advise("GHSA-aaaa-bbbb-cccc", "CVE-2021-1001", "tiny-log", "2021-01-05", ""))
	k.take(exploited("2021-01-15", "CVE-2021-1001", "2021-01-15"))
	k.wants("2021-01-15", "warned 2021-01-15 "+exploitedID+" due 2021-02-04")
	k.take(states("Northlight Devices", 1, "2021-02-04", "CVE-2021-1001", tiny, "fixed"))
	k.wants("2021-02-03", "")
	k.wants("2021-02-04", "cleared 2021-02-04 "+exploitedID)
}

// TestSurveilFailedTest: a test that a laboratory reports as failed.
func TestSurveilFailedTest(t *testing.T) {
	k := openKeeping(t, "", "2021-01-10")
	id := k.give(1, nil)
	k.wants("2021-01-11", "")
	_, err := k.Act(t.Context(), access.Ask{Reader: access.Operator, At: access.At{Position: access.Now}}, id, LabelAct{Kind: label.Tested, Reason: "port 23 is open"})
	k.must(err)
	k.wants("2021-01-30", "")
	k.wants("2021-02-01", "suspended 2021-01-31 test:2")
}

// TestSurveilRulesChange: a new version of a scheme, and of its policy, counts for
// the labels that are there.
func TestSurveilRulesChange(t *testing.T) {
	k := openKeeping(t, "", "2021-01-10")
	k.give(1, nil)
	k.wants("2021-01-11", "")
	read := func(fsys fs.FS, name string) string {
		b, err := fs.ReadFile(fsys, name)
		k.must(err)
		return string(b)
	}
	text := read(schemes.FS, "iot-mark.yaml")
	k.take(strings.Replace(text, "roles: [maker, owner, laboratory, administrator]", "roles: [owner]", 1))
	k.day = "2021-01-20"
	k.take(listingFile("listing", "us-dod-1260h", "Northlight Devices", "2021-01-15", "designated", "2021-01-15"))
	k.wants("2021-01-20", "")
	k.take(strings.Replace(text, "days: 0", "days: 7", 1))
	k.wants("2021-01-21", "warned 2021-01-15 party:maker:northlight devices due 2021-01-22")
	k.wants("2021-01-22", "suspended 2021-01-22 party:maker:northlight devices")

	k.take(strings.ReplaceAll(read(policies.FS, "us-federal-iot.yaml"), `"us-dod-1260h"`, `"us-dod-none"`))
	k.wants("2021-01-23", "reinstatement_offered 2021-01-22 party:maker:northlight devices")
	if last := k.events[len(k.events)-1]; !strings.Contains(last.Reason, "by what is known now there was no ground") {
		t.Errorf("it says %q", last.Reason)
	}
}

// TestSurveilDayToCome: a label that counts from a later day on is kept from then
// on.
func TestSurveilDayToCome(t *testing.T) {
	k := openKeeping(t, "", "2021-01-10")
	k.take(listingFile("listing", "us-dod-1260h", "Northlight Devices", "2021-01-05", "designated", "2021-01-05"))
	k.wants("2021-01-10", "")
	k.give(1, func(t *label.Terms) { t.ValidFrom = "2021-01-13" })
	k.wants("2021-01-12", "")
	k.wants("2021-01-13", "suspended 2021-01-13 party:maker:northlight devices")
}
