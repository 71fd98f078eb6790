package node

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/incident"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/notice/bulletin"
	"countersign.dev/internal/notice/outbox"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/sharing"
	"countersign.dev/internal/sharing/marking"
)

const sharingCommunity = `countersign: community/v1
community: fceb
name: Agencies
home: cert
default: amber+strict
members:
  - {organisation: cert}
  - {organisation: north}
  - {organisation: south}
collections:
  - id: a9e7c1d2-0001-4b6f-8c3a-2d5e7f901b34
    alias: threats
    title: Threats
    read: members
    write: members
`

const sharedAt = "2026-01-05T00:00:00.000Z"

func sharedUUID(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }

// sharedObject writes an object with what else it says.
func sharedObject(kind string, n int, more string) string {
	return fmt.Sprintf(`{"type":%q,"spec_version":"2.1","id":"%s--%s","created":%q,"modified":%q%s}`, kind, kind, sharedUUID(n), sharedAt, sharedAt, more)
}

func relates(n int, from, kind, to string) string {
	return sharedObject("relationship", n, fmt.Sprintf(`,"relationship_type":%q,"source_ref":%q,"target_ref":%q`, kind, from, to))
}

// agencies is a node on which three organisations share what is known of an
// attack on a mail server and on a component.
func agencies(t *testing.T, url string) *Node {
	n := openNode(t, t.TempDir(), url)
	n.now = func() time.Time { return time.Date(2026, 2, 1, 9, 0, 0, 0, time.UTC) }
	if err := n.Access.CreateOrganisation(t.Context(), access.Operator, access.Organisation{ID: "cert", Name: "CERT"}); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"fceb.yaml": sharingCommunity,
		"bill.json": `{"bomFormat": "CycloneDX", "specVersion": "1.5", "metadata": {"component": {"bom-ref": "r", "type": "application", "group": "acme", "name": "portal", "version": "3"}},
			"components": [{"bom-ref": "a", "type": "library", "name": "lodash", "version": "4.17.20", "purl": "pkg:npm/lodash@4.17.20"}]}`,
		"weak.json": `{"id": "GHSA-35jh-r3h4-6jhm", "modified": "2021-05-06T16:05:51Z", "aliases": ["CVE-2021-23337"], "summary": "x",
			"affected": [{"package": {"ecosystem": "npm", "name": "lodash"}, "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "4.17.21"}]}]}]}`,
		"north.2026-01-01.csv": "as_of,system,organisation,asset,ip,purl\n2026-01-01,mail,north,m-1,10.0.0.1,pkg:generic/acme/mail@1\n",
		"south.2026-01-01.csv": "as_of,system,organisation,asset,ip,purl\n2026-01-01,web,south,w-1,10.0.0.2,pkg:generic/acme/portal@3\n",
	} {
		if r, err := n.Import(t.Context(), access.Operator, []intake.File{{Name: name, Bytes: []byte(text)}}, ImportOptions{Published: "2026-01-02"}); err != nil || len(r.Failed) > 0 {
			t.Fatal(name, err, r)
		}
	}
	return n
}

// share hands in objects as an organisation.
func share(t *testing.T, n *Node, organisation string, objects ...string) {
	t.Helper()
	ask := access.Ask{Reader: member("m", organisation, access.RoleAnalyst)}
	st, err := n.Sharing().Submit(t.Context(), ask, "fceb", "threats", []byte(`{"objects":[`+strings.Join(objects, ",")+`]}`))
	if err != nil || len(st.Failures) > 0 {
		t.Fatalf("%v, %+v", err, st)
	}
}

// attack is a malware that uses a weakness of a component and is indicated by a
// domain, which north has sighted on a machine. What north has sighted it shares
// with cert alone.
func attack(t *testing.T, n *Node) {
	malware, indicator, weakness := "malware--"+sharedUUID(1), "indicator--"+sharedUUID(2), "vulnerability--"+sharedUUID(3)
	share(t, n, "cert",
		sharedObject("malware", 1, `,"name":"Quiet Otter","is_family":false`),
		sharedObject("indicator", 2, `,"name":"its server","pattern":"[domain-name:value = 'c2.otter.com']","pattern_type":"stix","valid_from":"2026-01-05T00:00:00Z"`),
		sharedObject("vulnerability", 3, `,"name":"CVE-2021-23337"`),
		relates(11, indicator, "indicates", malware), relates(12, malware, "exploits", weakness))
	recipients := "marking-definition--" + sharedUUID(9)
	definition, err := marking.Name(recipients, time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC), []string{"cert"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	marks := fmt.Sprintf(`,"object_marking_refs":[%q,%q]`, marking.RefOf(marking.AmberStrict), recipients)
	address := `{"type":"ipv4-addr","spec_version":"2.1","id":"ipv4-addr--` + sharedUUID(4) + `","value":"10.0.0.1"` + marks + `}`
	observed := "observed-data--" + sharedUUID(5)
	share(t, n, "north", string(definition), address,
		sharedObject("observed-data", 5, fmt.Sprintf(`,"first_observed":%q,"last_observed":%q,"number_observed":1,"object_refs":["ipv4-addr--%s"]%s`, sharedAt, sharedAt, sharedUUID(4), marks)),
		sharedObject("sighting", 6, fmt.Sprintf(`,"sighting_of_ref":%q,"observed_data_refs":[%q]%s`, indicator, observed, marks)))
}

func of(organisation string) access.Ask {
	return access.Ask{Reader: member("m", organisation, access.RoleAnalyst)}
}

// From what is shared to whom it concerns, as each of the organisations may see
// it, on both stores.
func TestConcernOfWhatIsShared(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		n := agencies(t, url)
		attack(t, n)
		const exploited = "Quiet Otter > exploits > CVE-2021-23337 > is > CVE-2021-23337 > affects > pkg:npm/lodash@4.17.20 > is in > portal 3 > runs on > "
		const sighted = "> was sighted > sighting--00000000-0000-4000-8000-000000000006 > was seen as > observed-data--00000000-0000-4000-8000-000000000005 > holds > 10.0.0.1 > is the address of > "
		for _, c := range []struct {
			by, subject, kind string
			want              []string // organisations
			ways              []string
		}{
			{"cert", "quiet otter", "malware", []string{"organisation:north", "organisation:south"}, []string{"Quiet Otter > is indicated by > its server " + sighted, exploited}},
			{"cert", "malware--" + sharedUUID(1), "malware", []string{"organisation:north", "organisation:south"}, nil},
			{"cert", "c2[.]otter[.]com", "value", []string{"organisation:north"}, []string{"c2.otter.com > is named by > its server " + sighted}},
			{"north", "Quiet Otter", "malware", []string{"organisation:north", "organisation:south"}, nil},
			{"south", "Quiet Otter", "malware", []string{"organisation:south"}, []string{exploited}},
			{"south", "c2.otter.com", "value", []string{}, nil},
			{"other", "Quiet Otter", "release", []string{}, nil},
			{"other", "CVE-2021-23337", "weakness", []string{"organisation:south"}, nil},
		} {
			got, err := n.ImpactWhole(t.Context(), of(c.by), c.subject, 0, 0)
			if err != nil {
				t.Errorf("%s asks about %s: %v", c.by, c.subject, err)
				continue
			}
			orgs := []string{}
			all := ""
			for _, o := range got.Organisations {
				orgs = append(orgs, o.Organisation)
				all += wayOf(o.Paths[0]) + "\n"
			}
			slices.Sort(orgs)
			if !slices.Equal(orgs, c.want) || got.Impact.Kind != c.kind {
				t.Errorf("%s asks about %s: a %s that concerns %q, want a %s and %q", c.by, c.subject, got.Impact.Kind, orgs, c.kind, c.want)
			}
			for _, way := range c.ways {
				if !strings.Contains(all, way) {
					t.Errorf("%s asks about %s: no way %q in\n%s", c.by, c.subject, way, all)
				}
			}
		}
		for _, id := range []string{"malware--" + sharedUUID(1), "sighting--" + sharedUUID(6), "malware--" + sharedUUID(7)} {
			if _, err := n.Concerned(t.Context(), of("other"), id); problem.KindOf(err) != problem.NotFound {
				t.Errorf("a stranger asks about %s: %v", id, err)
			}
		}
		// Before it was created nobody could know it.
		if _, err := n.Concerned(t.Context(), access.Ask{Reader: of("cert").Reader, At: access.At{Known: "2026-01-04"}}, "malware--"+sharedUUID(1)); problem.KindOf(err) != problem.NotFound {
			t.Errorf("before it was known: %v", err)
		}
		given, err := n.Sharing().Recipients(t.Context(), of("cert"), "malware--"+sharedUUID(1))
		if err != nil || !slices.ContainsFunc(given, func(d sharing.Disclosure) bool { return slices.Contains(d.Organisations, "south") }) {
			t.Errorf("that south was told of the malware is not written down: %+v, %v", given, err)
		}
	})
}

// What is shared is told to those who may see it, in a collection too, and an
// incident keeps who was told and who has read it.
func TestTellOfWhatIsShared(t *testing.T) {
	n := agencies(t, "")
	attack(t, n)
	by := of("cert")
	open, err := n.OpenIncident(t.Context(), by.Reader, NewIncident{Title: "Otter"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.RecordIncident(t.Context(), by.Reader, open.ID, incident.Event{Kind: incident.Linked, Links: []incident.Link{{To: incident.ToObject, ID: "malware--" + sharedUUID(1)}, {To: incident.ToSystem, ID: "system:north/mail"}}}); err != nil {
		t.Fatal(err)
	}
	concerned, err := n.Concerned(t.Context(), by, open.ID)
	if err != nil || len(concerned.Systems) != 2 {
		t.Fatalf("the incident concerns %+v, %v", concerned, err)
	}
	if _, err := n.SetNoticeContact(t.Context(), access.Operator, bulletin.Contact{Organisation: "south", Collection: "fceb/threats"}); err != nil {
		t.Fatal(err)
	}
	if _, err := n.PreviewBulletin(t.Context(), of("cert"), NewBulletin{Subject: "Quiet Otter", Incident: "incident--" + sharedUUID(8)}); problem.KindOf(err) != problem.NotFound {
		t.Errorf("an incident that is not there: %v", err)
	}
	told, err := n.Tell(t.Context(), by, NewBulletin{Subject: "Quiet Otter", Text: "Look for it.", Incident: open.ID})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // as after a node that was killed before it wrote down that this was done
		if err := n.shareLetter(t.Context(), mustBulletin(t, n, told.Document), &told.Told[1].Letter, "fceb/threats"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := n.NewPost(NoticeOptions{}).Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	note := stixID("note", told.Told[1].Letter.ID)
	for who, want := range map[string]bool{"south": true, "cert": true, "north": false} {
		if _, err := n.Sharing().Object(t.Context(), of(who), note); (err == nil) != want {
			t.Errorf("%s and the note to south: %v", who, err)
		}
	}
	told, err = n.Acknowledge(t.Context(), of("south").Reader, told.ID, "we looked")
	if err != nil || len(told.Told[0].Acknowledged) != 1 {
		t.Fatalf("%+v, %v", told, err)
	}
	state, err := n.Incident(t.Context(), IncidentAsk{Ask: by}, open.ID)
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	for _, s := range state.Told {
		kept = append(kept, fmt.Sprint(s.Recipient, " ", s.Way, " ", s.Reference == told.ID, " ", !s.Acknowledged.IsZero()))
	}
	if want := []string{"north ledger true false", "south ledger, taxii true true"}; !slices.Equal(kept, want) {
		t.Errorf("the incident says %q, want %q", kept, want)
	}
	sent, err := n.Notice(t.Context(), by, told.ID)
	if err != nil || sent.Told[1].Deliveries[1].State != outbox.Done {
		t.Errorf("%+v, %v", sent, err)
	}
	// An organisation that may not see what it is about is not told.
	theirs := sharedObject("malware", 21, fmt.Sprintf(`,"name":"Private Otter","is_family":false,"object_marking_refs":[%q,%q]`, marking.RefOf(marking.AmberStrict), "marking-definition--"+sharedUUID(9)))
	share(t, n, "cert", theirs, relates(22, "malware--"+sharedUUID(21), "exploits", "vulnerability--"+sharedUUID(3)))
	b, err := n.PreviewBulletin(t.Context(), by, NewBulletin{Subject: "Private Otter"})
	if err != nil || len(b.Letters) != 0 || len(b.Untold) != 1 || !strings.Contains(b.Untold[0].Why, "may not see what this is about") {
		t.Errorf("%+v, %v", b, err)
	}
}

func mustBulletin(t *testing.T, n *Node, position int64) *bulletin.Bulletin {
	t.Helper()
	body, err := n.Ledger.Body(t.Context(), access.Ask{Reader: access.Operator, At: access.At{Known: access.Forever, Position: access.Now}}, position)
	if err != nil {
		t.Fatal(err)
	}
	b, err := bulletin.Parse(body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
