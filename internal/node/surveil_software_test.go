package node

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/label"
	"countersign.dev/internal/surveillance"
)

// firmware is a bill of materials of a release of Northlight's.
func firmware(release string, on access.Date, components ...string) string {
	name, version, _ := strings.Cut(strings.TrimPrefix(release, "pkg:generic/northlight/"), "@")
	var listed []string
	for i, purl := range components {
		what, v, _ := strings.Cut(purl[strings.LastIndex(purl, "/")+1:], "@")
		listed = append(listed, fmt.Sprintf(`{"bom-ref": "c%d", "type": "library", "name": %q, "version": %q, "purl": %q}`, i, what, v, purl))
	}
	return fmt.Sprintf(`{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "metadata": {"timestamp": "%sT09:00:00Z", "component": {"bom-ref": "root", "type": "firmware", "name": %q, "version": %q, "purl": %q, "supplier": {"name": "Northlight Devices"}}}, "components": [%s]}`,
		on, name, version, release, strings.Join(listed, ", "))
}

// advise is an advisory about versions of an npm package below 2.0.0.
func advise(id, alias, name string, on access.Date, more string) string {
	return fmt.Sprintf(`{"schema_version": "1.6.0", "id": %q, "aliases": [%q], "published": "%[3]sT10:00:00Z", "modified": "%[3]sT10:00:00Z", "summary": "constructed for a test"%s,
		"affected": [{"package": {"ecosystem": "npm", "name": %q}, "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "2.0.0"}]}]}]}`, id, alias, on, more, name)
}

// exploited is an edition of the catalogue of weaknesses known to be exploited:
// ids and the days on which they were added.
func exploited(on access.Date, entries ...string) string {
	var listed []string
	for i := 0; i < len(entries); i += 2 {
		listed = append(listed, fmt.Sprintf(`{"cveID": %q, "vendorProject": "x", "product": "x", "vulnerabilityName": "x", "dateAdded": %q, "shortDescription": "x", "requiredAction": "x", "dueDate": "2031-01-01", "knownRansomwareCampaignUse": "Unknown", "notes": "", "cwes": []}`, entries[i], entries[i+1]))
	}
	return fmt.Sprintf(`{"title": "CISA Catalog of Known Exploited Vulnerabilities", "catalogVersion": %q, "dateReleased": "%sT17:00:00.000Z", "count": %d, "vulnerabilities": [%s]}`, on, on, len(listed), strings.Join(listed, ", "))
}

// states is what somebody says of a weakness in the camera's firmware.
func states(author string, version int, on access.Date, weakness, component, status string) string {
	extra := ""
	switch status {
	case "not_affected":
		extra = `, "justification": "vulnerable_code_not_in_execute_path"`
	case "affected":
		extra = `, "action_statement": "update"`
	}
	return fmt.Sprintf(`{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://%s.example/vex", "author": %q, "timestamp": "2021-11-01T00:00:00Z", "last_updated": "%sT08:00:00Z", "version": %d,
		"statements": [{"vulnerability": {"name": %q}, "timestamp": "%[3]sT08:00:00Z", "products": [{"@id": %[6]q, "subcomponents": [{"@id": %[7]q}]}], "status": %[8]q%[9]s}]}`,
		slug(author), author, on, version, weakness, cameraPURL, component, status, extra)
}

const (
	tiny        = "pkg:npm/tiny-log@1.0.0"
	exploitedID = "exploited:CVE-2021-1001:" + cameraPURL
)

// TestSurveilExploited lives through a weakness that comes to be exploited, what
// the maker says of it, what it takes back, and a new release; on both engines.
func TestSurveilExploited(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		k := openKeeping(t, url, "2021-11-01")
		k.take(firmware(cameraPURL, "2021-10-20", tiny, "pkg:npm/sound@1.0.0"))
		id := k.give(1, nil)
		k.wants("2021-11-02", "")
		k.day = "2021-12-01"
		k.take(advise("GHSA-aaaa-bbbb-cccc", "CVE-2021-1001", "tiny-log", "2021-12-01", ""))
		k.wants("2021-12-01", "")
		k.day = "2021-12-12"
		k.take(exploited("2021-12-11", "CVE-2021-1001", "2021-12-10"))
		k.wants("2021-12-12", "warned 2021-12-10 "+exploitedID+" due 2021-12-30")
		if last := k.events[len(k.events)-1]; last.Subject != tiny || !strings.Contains(last.Reason, "CVE-2021-1001 in tiny-log 1.0.0") || !strings.Contains(last.Reason, "2021-12-30") || len(last.From) < 2 || last.Rule != "exploited-component" {
			t.Errorf("it says %+v", last)
		}
		k.day = "2021-12-20"
		k.take(states("A Stranger", 1, "2021-12-20", "CVE-2021-1001", tiny, "not_affected"))
		k.wants("2021-12-20", "")
		k.day = "2021-12-22"
		k.take(states("Northlight Devices", 1, "2021-12-21", "CVE-2021-1001", tiny, "not_affected"))
		k.wants("2021-12-22", "cleared 2021-12-21 "+exploitedID)
		if last := k.events[len(k.events)-1]; !strings.Contains(last.Reason, "Northlight Devices states that") || len(last.From) != 1 {
			t.Errorf("it says %+v", last)
		}
		k.day = "2022-01-06"
		k.take(states("Northlight Devices", 2, "2022-01-05", "CVE-2021-1001", tiny, "affected"))
		k.wants("2022-01-06", "warned 2022-01-06 "+exploitedID+" due 2022-01-26")
		k.wants("2022-01-25", "")
		k.restart()
		k.wants("2022-01-27", "suspended 2022-01-26 "+exploitedID)
		// A release without it takes the place of the one that has it.
		k.day = "2022-02-01"
		const next = "pkg:generic/northlight/cam-2-firmware@2.4.2"
		k.take(firmware(next, "2022-01-30", "pkg:npm/tiny-log@2.0.0"))
		k.amend(id, func(t *label.Terms) { t.Releases = []label.Release{{PURL: next}} })
		k.wants("2022-02-02", "reinstatement_offered 2022-02-01 "+exploitedID)
		k.giveBack(id, "")
		k.wants("2022-02-03", "")
		if got := k.status(id, "2022-01-25") + k.status(id, "2022-01-26") + k.status(id, "2022-02-03"); got != label.StatusActive+label.StatusSuspended+label.StatusActive {
			t.Errorf("in the end it was %s", got)
		}
	})
}

// amend changes what a label says today.
func (k *keeping) amend(id string, with func(*label.Terms)) {
	k.t.Helper()
	_, err := k.labels.CatchUp(context.Background(), k.day)
	k.must(err)
	ask := access.Ask{Reader: access.Operator, At: access.At{Date: k.day, Known: access.Forever, Position: access.Now}}
	s, _ := k.labels.State(ask, id)
	terms := *s.Terms
	with(&terms)
	e := &label.Event{Label: id, Kind: label.Amended, On: k.day, Scheme: terms.Scheme, Reason: "for a test", Terms: &terms}
	k.must(k.appendLabels(context.Background(), access.Public, "test", []change{{e, -1}}))
}

// TestSurveilWithdrawnEntry: the catalogue takes an entry back, before and after
// the label was suspended for it.
func TestSurveilWithdrawnEntry(t *testing.T) {
	k := openKeeping(t, "", "2021-11-01")
	k.take(firmware(cameraPURL, "2021-10-20", tiny))
	k.take(advise("GHSA-aaaa-bbbb-cccc", "CVE-2021-1001", "tiny-log", "2021-10-25", ""))
	k.give(1, nil)
	k.wants("2021-11-02", "")
	k.day = "2021-12-10"
	k.take(exploited("2021-12-10", "CVE-2021-1001", "2021-12-10", "CVE-2021-9999", "2021-12-10"))
	k.wants("2021-12-10", "warned 2021-12-10 "+exploitedID+" due 2021-12-30")
	k.day = "2021-12-15"
	k.take(exploited("2021-12-14", "CVE-2021-9999", "2021-12-10"))
	k.wants("2021-12-15", "cleared 2021-12-14 "+exploitedID)
	k.day = "2022-01-03"
	k.take(exploited("2022-01-02", "CVE-2021-1001", "2021-12-10", "CVE-2021-9999", "2021-12-10")) // and it is back
	k.wants("2022-01-03", "warned 2022-01-03 "+exploitedID+" due 2022-01-23")
	k.wants("2022-01-23", "suspended 2022-01-23 "+exploitedID)
	k.day = "2022-02-05"
	k.take(exploited("2022-02-04", "CVE-2021-9999", "2021-12-10"))
	k.wants("2022-02-05", "reinstatement_offered 2022-02-04 "+exploitedID)
}

// TestSurveilMalicious: a component turns out to be an attack; and then not.
func TestSurveilMalicious(t *testing.T) {
	k := openKeeping(t, "", "2021-11-01")
	id := k.give(1, nil)
	k.wants("2021-11-02", "") // no bill is held yet
	k.day = "2021-12-06"
	k.take(advise("MAL-2021-7", "X-1", "tiny-log", "2021-12-05", ""))
	k.wants("2021-12-06", "")
	k.take(firmware(cameraPURL, "2021-10-20", tiny))
	const ground = "malicious:MAL-2021-7:" + cameraPURL
	k.wants("2021-12-06", "suspended 2021-12-05 "+ground)
	if last := k.events[len(k.events)-1]; !strings.Contains(last.Reason, "is itself an attack") || last.Rule != "malicious-component" {
		t.Errorf("it says %+v", last)
	}
	k.day = "2021-12-20"
	k.take(advise("MAL-2021-7", "X-1", "tiny-log", "2021-12-05", `, "withdrawn": "2021-12-18T00:00:00Z"`))
	k.wants("2021-12-20", "reinstatement_offered 2021-12-18 "+ground)
	if got := k.status(id, "2021-12-20"); got != label.StatusSuspended {
		t.Errorf("it is %s", got)
	}
}

// TestSurveilWhatThePublicSees: a bill that only the maker may see brings down no
// label; nor does what is found by a name alone, or is not certain.
func TestSurveilWhatThePublicSees(t *testing.T) {
	k := openKeeping(t, "", "2021-11-01")
	k.must(k.Access.CreateOrganisation(t.Context(), access.Operator, access.Organisation{ID: "northlight", Name: "Northlight"}))
	k.takeFor(firmware(cameraPURL, "2021-10-20", tiny), access.ForOrganisation("northlight"))
	k.take(advise("GHSA-aaaa-bbbb-cccc", "CVE-2021-1001", "tiny-log", "2021-10-25", ""))
	k.give(1, nil)
	k.give(2, func(t *label.Terms) { t.Releases[0].PURL = "pkg:generic/northlight/cam-3@1" })
	k.take(firmware("pkg:generic/northlight/cam-3@1", "2021-10-20", "pkg:npm/tiny-log@nightly"))
	k.take(exploited("2021-12-10", "CVE-2021-1001", "2021-12-10"))
	k.wants("2021-12-10", "")
	// Who may see the bill is told what no event tells.
	for reader, want := range map[string]string{"": "", "labels": "", "northlight": "10000-00002 exploited CVE-2021-1001 2021-12-10 2021-12-30"} {
		ask := as(reader, access.RoleAuthority)
		if reader == "" {
			ask = anybody
		}
		risks, err := k.UnseenRisks(t.Context(), ask)
		k.must(err)
		var told []string
		for _, r := range risks {
			told = append(told, fmt.Sprintf("%s %s %s %s %s", r.Label, r.Trigger, r.ID, r.Since, r.Due))
		}
		if got := strings.Join(told, "; "); got != want {
			t.Errorf("%q is told %q, want %q", reader, got, want)
		}
	}
}

// TestSurveilAsksNoMore: a hundred labels of fifty makers; what is heard of one
// maker, or of one component, asks about no other.
func TestSurveilAsksNoMore(t *testing.T) {
	k := openKeeping(t, "", "2021-11-01")
	for i := range 100 {
		release := fmt.Sprintf("pkg:generic/northlight/cam-%d@1.0.0", i)
		k.give(i, func(t *label.Terms) { t.Parties[0].Name, t.Releases[0].PURL = fmt.Sprint("Maker ", i/2), release })
		component := "pkg:npm/sound@1.0.0"
		if i%10 == 3 {
			component = tiny
		}
		k.take(firmware(release, "2021-10-20", component))
	}
	k.wants("2021-11-02", "")
	before := k.watcher.Stats()
	if before.Labels != 100 || before.Concerns != 50+1+100+1 || before.Cleared != 100 || before.Judged != 52 {
		t.Errorf("at the start: %+v", before)
	}
	asked := func(what string, want int64) {
		t.Helper()
		now := k.watcher.Stats()
		if got := now.Judged - before.Judged; got != want {
			t.Errorf("%s asks about %d concerns, want %d", what, got, want)
		}
		before = now
	}
	k.day = "2021-11-10"
	k.take(listingFile("one", "us-dod-1260h", "Maker 7", "2021-11-09", "designated", "2021-11-09"))
	k.wants("2021-11-10", "suspended 2021-11-09 party:maker:maker 7; suspended 2021-11-09 party:maker:maker 7")
	asked("a listing", 1)
	k.take(exploited("2021-11-10", "CVE-2021-1001", "2021-11-10"))
	k.wants("2021-11-10", "")
	asked("an entry about nothing", 0)
	k.take(advise("GHSA-aaaa-bbbb-cccc", "CVE-2021-1001", "tiny-log", "2021-11-10", ""))
	if got := strings.Count(k.live("2021-11-10"), "warned"); got != 10 {
		t.Errorf("%d are warned, want 10", got)
	}
	asked("an advisory", 10)
	k.take(exploited("2021-11-11", "CVE-2021-1001", "2021-11-10", "CVE-2021-5555", "2021-11-10"))
	k.wants("2021-11-11", "")
	asked("another entry", 0)
	if s := k.watcher.Stats(); s.NextWake != "2021-11-30" || s.Due+s.Waiting != 0 || s.Appended != 12 || s.Failed != 0 {
		t.Errorf("in the end: %+v", s)
	}
	k.watcher = k.NewSurveillance(surveillance.Options{})
	k.wants("2021-11-11", "")
	if s := k.watcher.Stats(); s.Cleared != 90 || s.Judged != 52+10 || s.Appended != 0 {
		t.Errorf("a new one: %+v", s)
	}
}
