package incident

import (
	"encoding/json"
	"slices"
	"testing"

	"countersign.dev/internal/duty/directive"
	"countersign.dev/internal/sharing/stix"
)

// told in full, with something of every kind.
func fullStory() []*Event {
	return story(
		Event{Kind: Opened, At: at("2020-12-13 22:00"), Owner: "treasury", Title: "SUNBURST in Orion", Text: "The vendor says that its updates were tampered with.", Regimes: []string{"us-fceb"}, Markings: []string{"marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"}},
		fact("aware", "2020-12-13 21:30"), told("cisa", "2020-12-13 22:20"), Event{Kind: Acknowledged, Of: 3, At: at("2020-12-13 22:50")},
		step(Confirmed, "2020-12-14"),
		Event{Kind: Linked, At: at("2020-12-14"), Links: []Link{
			{To: ToSystem, ID: "system:treasury/nms", Title: "Network management", Impact: "taken off the network"},
			{To: ToOrganisation, ID: "treasury"}, {To: ToComponent, ID: "pkg:generic/orion@2020.2.1"}, {To: ToVulnerability, ID: "CVE-2020-10148"},
			{To: ToObject, ID: "intrusion-set--3753cc21-2dae-4dfb-8481-d004e74502cc"}, {To: ToIndicator, ID: "indicator--0a2d1f0e-7d4c-4d2b-8f4f-2d1e6c1b7a11"},
		}},
		Event{Kind: Rated, At: at("2020-12-15"), Severity: &Severity{Level: 4, Functional: "significant", Information: "suspected", Recovery: "extended"}},
		step(Contained, "2020-12-18"), step(Eradicated, "2020-12-28"),
		Event{Kind: Claimed, At: at("2021-01-05"), Claim: &Claim{Issuer: "FBI, CISA, ODNI and NSA", Date: "2021-01-05", Text: "an actor likely Russian in origin", Source: "joint statement"}},
		Event{Kind: Found, At: at("2020-12-20"), Evidence: []Evidence{{Digest: "sha256:" + "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", Title: "dns.log"}}},
		Event{Kind: Corrected, Of: 2, At: at("2020-12-13 21:00"), Text: "the call came earlier", Recorded: at("2021-01-06")},
	)
}

func TestBundleIsValid(t *testing.T) {
	events := fullStory()
	s := Fold(events, at("2021-02-01"))
	b, err := Bundle(&s, events, "Department of the Treasury", at("2021-02-01"))
	if err != nil {
		t.Fatal(err)
	}
	results, err := stix.ValidateFile(b, stix.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		for _, p := range r.Errors {
			t.Errorf("%s: %s: %s (%s)", r.ID, p.Path, p.Message, p.Rule)
		}
	}
	var bundle struct {
		Objects []struct {
			Type, ID   string
			Markings   []string `json:"object_marking_refs"`
			Extensions map[string]struct {
				Determination string              `json:"determination"`
				Status        string              `json:"investigation_status"`
				Events        []map[string]string `json:"events"`
				Tasks         []map[string]string `json:"tasks"`
				Impacts       []string            `json:"impact_refs"`
			}
		}
	}
	if err := json.Unmarshal(b, &bundle); err != nil {
		t.Fatal(err)
	}
	count, ids := map[string]int{}, map[string]bool{}
	for _, o := range bundle.Objects {
		count[o.Type]++
		ids[o.ID] = true
		if !slices.Equal(o.Markings, s.Markings) {
			t.Errorf("%s is marked %v", o.ID, o.Markings)
		}
	}
	if want := map[string]int{"identity": 1, "event": 1, "task": 4, "impact": 2, "incident": 1, "relationship": 3}; !equalCounts(count, want) {
		t.Errorf("objects %v, want %v", count, want)
	}
	for _, o := range bundle.Objects {
		if o.Type != "incident" {
			continue
		}
		core := o.Extensions[extensionIncident]
		if o.ID != testID || core.Determination != "confirmed" || core.Status != "open" {
			t.Errorf("%s: %+v", o.ID, core)
		}
		for _, list := range [][]map[string]string{core.Events, core.Tasks} {
			for _, entry := range list {
				for _, ref := range entry {
					if !ids[ref] {
						t.Errorf("refers to %s, which is not there", ref)
					}
				}
			}
		}
	}
	later, err := Bundle(&s, events, "Department of the Treasury", at("2021-02-01"))
	if err != nil || string(later) != string(b) {
		t.Error("the same incident is written differently")
	}
}

func equalCounts(a, b map[string]int) bool {
	for k, n := range a {
		if b[k] != n {
			return false
		}
	}
	return len(a) == len(b)
}

func TestReport(t *testing.T) {
	events := fullStory()
	s := Fold(events, at("2021-02-01"))
	all := shipped(t)
	clocks := Clocks(events, all, at("2021-02-01"))
	r := NewReport(&s, events, clocks, at("2021-02-01"), nil)
	got := map[string]int{}
	for _, section := range r.Sections {
		got[section.ID] = len(section.Rows)
	}
	want := map[string]int{"summary": 1, "clocks": 4, "impact": 3, "timeline": 10, "systems": 2, "products": 1, "indicators": 3, "claims": 1, "actions": 3, "evidence": 1, "told": 1, "corrections": 1}
	if !equalCounts(got, want) {
		t.Errorf("rows %v, want %v", got, want)
	}
	i := slices.IndexFunc(all, func(d *directive.Directive) bool { return d.ID == "us-fceb-breach" })
	under := NewReport(&s, events, clocks, at("2021-02-01"), all[i])
	var order []string
	for _, section := range under.Sections {
		order = append(order, section.ID)
	}
	if !slices.Equal(order, all[i].Asks) || len(under.Basis) == 0 {
		t.Errorf("sections %v, want %v", order, all[i].Asks)
	}
	// As of a day before the claims, nothing of them is told.
	s = Fold(events, at("2020-12-15"))
	for _, section := range NewReport(&s, events, nil, at("2020-12-15"), nil).Sections {
		if section.ID == "claims" {
			t.Error("a claim before it was made")
		}
	}
}
