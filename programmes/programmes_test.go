package programmes_test

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/listing"
	"countersign.dev/programmes"
	"github.com/google/go-cmp/cmp"
)

func shipped(t testing.TB) map[string]*listing.Programme {
	t.Helper()
	names, err := fs.Glob(programmes.FS, "*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*listing.Programme{}
	for _, name := range names {
		text, err := fs.ReadFile(programmes.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		p, err := listing.ParseProgramme(text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if name != p.ID+".yaml" {
			t.Errorf("%s has the programme %s", name, p.ID)
		}
		out[p.ID] = p
	}
	return out
}

func TestShipped(t *testing.T) {
	all := shipped(t)
	var ids []string
	also := map[string]string{}
	for id, p := range all {
		ids = append(ids, id)
		for _, name := range p.Also {
			if other, taken := also[name]; taken {
				t.Errorf("%s and %s are both known as %s", id, other, name)
			}
			also[name] = id
		}
		if p.URL == "" || len(p.Consequences) == 0 {
			t.Errorf("%s has no address, or no consequences", id)
		}
		for _, b := range p.LegalBasis {
			if b.What == "" || b.URL == "" {
				t.Errorf("%s: %q does not say what it is, or where to read it", id, b.Cite)
			}
		}
		for _, r := range p.Consequences {
			if r.Cite == "" || r.Source == "" {
				t.Errorf("%s: %s without citation or source", id, r.Kind)
			}
		}
	}
	slices.Sort(ids)
	want := []string{
		"eu-export-control", "eu-fsf", "eu-sectoral", "eu-transport", "uk-sanctions", "uk-sanctions-other",
		"un-sc", "un-sc-1518", "un-sc-1737", "un-sc-2048",
		"us-bis-dpl", "us-bis-entity-list", "us-bis-meu", "us-bis-mieu", "us-bis-uvl", "us-dod-1237", "us-dod-1260h", "us-fcc-covered",
		"us-ndaa-1286", "us-ndaa-154", "us-ndaa-5949", "us-ndaa-889", "us-ofac-nonsdn",
		"us-ofac-ns-cmic", "us-ofac-ns-plc", "us-ofac-sdn", "us-ofac-ssi", "us-state-debarred", "us-state-inksna", "us-state-isn",
	}
	if diff := cmp.Diff(want, ids); diff != "" {
		t.Errorf("programmes (-want +got):\n%s", diff)
	}
	for name, id := range map[string]string{"dod1237": "us-dod-1237", "dod1260h": "us-dod-1260h", "ofac_cmic": "us-ofac-ns-cmic"} {
		if also[name] != id {
			t.Errorf("%s means %q, want %s", name, also[name], id)
		}
	}
}

// What each programme means for a party designated on a day: the dates that
// the law sets.
func TestConsequences(t *testing.T) {
	tests := []struct {
		programme  string
		designated access.Date
		at         access.Date
		want       []string
	}{
		{"us-dod-1237", "2020-06-12", "2020-11-11", nil},
		{"us-dod-1237", "2020-06-12", "2020-11-12", []string{"purchase pending 2021-01-11"}},
		{"us-dod-1237", "2020-08-28", "2021-01-11", []string{"purchase in_force 2021-01-11"}},
		{"us-dod-1237", "2020-08-28", "2021-01-13", []string{"purchase in_force 2021-01-11", "holding wind_down 2021-11-11"}},
		{"us-dod-1237", "2020-12-03", "2021-02-01", []string{"purchase in_force 2021-02-01", "holding wind_down 2021-12-03"}},
		{"us-dod-1237", "2021-01-14", "2021-03-14", []string{"purchase pending 2021-03-15", "holding pending 2022-01-14"}},
		{"us-dod-1237", "2021-01-14", "2021-03-15", []string{"purchase in_force 2021-03-15", "holding wind_down 2022-01-14"}},
		{"us-dod-1237", "2021-01-14", "2021-06-03", []string{"purchase ended 2021-03-15", "holding ended 2022-01-14"}},
		{"us-dod-1260h", "2021-06-03", "2023-12-21", nil},
		{"us-dod-1260h", "2021-06-03", "2023-12-22", []string{"procurement pending 2026-06-30", "procurement pending 2027-06-30"}},
		{"us-dod-1260h", "2021-06-03", "2026-06-29", []string{"procurement pending 2026-06-30", "procurement pending 2027-06-30"}},
		{"us-dod-1260h", "2021-06-03", "2026-06-30", []string{"procurement in_force 2026-06-30", "procurement pending 2027-06-30"}},
		{"us-dod-1260h", "2021-06-03", "2027-06-30", []string{"procurement in_force 2026-06-30", "procurement in_force 2027-06-30"}},
		{"us-dod-1260h", "2026-11-01", "2026-11-23", []string{"procurement in_force 2026-11-01", "procurement pending 2027-06-30"}},
		{"us-ofac-sdn", "2019-01-10", "2019-01-10", []string{"blocking in_force 2019-01-10"}},
		{"us-ofac-nonsdn", "2019-01-10", "2019-01-10", []string{"procurement undetermined 2019-01-10"}},
		{"us-ofac-ns-cmic", "2021-06-03", "2021-08-01", []string{"purchase pending 2021-08-02", "holding pending 2022-06-03"}},
		{"us-ofac-ns-cmic", "2021-06-03", "2021-08-02", []string{"purchase in_force 2021-08-02", "holding wind_down 2022-06-03"}},
		{"us-ofac-ns-cmic", "2021-06-03", "2022-06-03", []string{"purchase in_force 2021-08-02", "holding in_force 2022-06-03"}},
		{"us-ofac-ssi", "2014-07-16", "2014-08-01", []string{"purchase undetermined 2014-07-16"}},
		{"us-ofac-ssi", "2014-09-12", "2015-01-01", []string{"purchase undetermined 2014-09-12", "export undetermined 2014-09-12"}},
		{"us-ofac-ns-plc", "2006-04-12", "2020-01-01", []string{"procurement in_force 2006-04-12"}},
		{"us-bis-entity-list", "2019-05-16", "2025-09-28", []string{"export in_force 2019-05-16"}},
		{"us-bis-entity-list", "2019-05-16", "2025-09-29", []string{"export in_force 2019-05-16", "affiliate_export in_force 2025-09-29"}},
		{"us-bis-entity-list", "2019-05-16", "2025-11-10", []string{"export in_force 2019-05-16", "affiliate_export stayed 2025-09-29"}},
		{"us-bis-entity-list", "2019-05-16", "2026-11-09", []string{"export in_force 2019-05-16", "affiliate_export stayed 2025-09-29"}},
		{"us-bis-entity-list", "2019-05-16", "2026-11-23", []string{"export in_force 2019-05-16", "affiliate_export undetermined 2025-09-29"}},
		{"us-bis-dpl", "2003-06-19", "2026-11-23", []string{"export in_force 2003-06-19"}},
		{"us-bis-mieu", "2021-03-16", "2021-03-16", []string{"export in_force 2021-03-16"}},
		{"us-bis-meu", "2020-12-23", "2026-11-23", []string{"export undetermined 2020-12-23"}},
		{"us-bis-uvl", "2011-08-15", "2014-01-20", nil},
		{"us-bis-uvl", "2011-08-15", "2014-01-21", []string{"export undetermined 2014-01-21"}},
		{"us-ndaa-889", "2018-08-13", "2019-08-12", []string{"procurement pending 2019-08-13", "procurement pending 2020-08-13"}},
		{"us-ndaa-889", "2018-08-13", "2019-08-13", []string{"procurement in_force 2019-08-13", "procurement pending 2020-08-13"}},
		{"us-ndaa-889", "2018-08-13", "2020-08-13", []string{"procurement in_force 2019-08-13", "procurement in_force 2020-08-13"}},
		{"us-ndaa-5949", "2022-12-23", "2027-12-22", []string{"procurement pending 2027-12-23"}},
		{"us-ndaa-5949", "2022-12-23", "2027-12-23", []string{"procurement in_force 2027-12-23"}},
		{"us-ndaa-154", "2023-12-22", "2027-09-30", []string{"procurement pending 2027-10-01"}},
		{"us-ndaa-154", "2023-12-22", "2027-10-01", []string{"procurement in_force 2027-10-01"}},
		{"us-ndaa-1286", "2023-06-29", "2026-11-23", []string{"procurement undetermined 2023-06-29"}},
		{"us-state-inksna", "2026-01-22", "2026-01-22", []string{"procurement in_force 2026-01-22", "export in_force 2026-01-22"}},
		{"us-state-isn", "2018-04-30", "2026-01-22", []string{"procurement undetermined 2018-04-30", "export undetermined 2018-04-30"}},
		{"us-state-debarred", "2008-09-22", "2026-01-22", []string{"export undetermined 2008-09-22"}},
		{"us-fcc-covered", "2021-03-12", "2026-01-22", []string{"procurement undetermined 2021-03-12"}},
		{"un-sc", "2016-03-02", "2026-02-27", []string{"asset_freeze in_force 2016-03-02"}},
		{"un-sc-1518", "2003-06-27", "2026-02-27", []string{"asset_freeze in_force 2003-06-27"}},
		{"un-sc-1737", "2007-03-24", "2016-01-15", []string{"asset_freeze in_force 2007-03-24"}},
		{"un-sc-1737", "2007-03-24", "2020-01-01", []string{"asset_freeze undetermined 2007-03-24"}},
		{"un-sc-1737", "2007-03-24", "2025-09-28", []string{"asset_freeze in_force 2007-03-24"}},
		{"un-sc-2048", "2012-05-18", "2026-02-27", []string{"visa in_force 2012-05-18"}},
		{"eu-fsf", "2014-03-17", "2026-08-01", []string{"asset_freeze in_force 2014-03-17"}},
		{"eu-transport", "2024-06-24", "2026-08-01", []string{"restriction in_force 2024-06-24"}},
		{"eu-export-control", "2022-02-26", "2026-08-01", []string{"restriction in_force 2022-02-26"}},
		{"eu-sectoral", "2014-08-01", "2026-08-01", []string{"restriction in_force 2014-08-01"}},
		{"uk-sanctions", "2012-06-29", "2020-12-30", nil},
		{"uk-sanctions", "2012-06-29", "2020-12-31", []string{"asset_freeze in_force 2020-12-31"}},
		{"uk-sanctions-other", "2024-06-13", "2025-08-11", []string{"restriction in_force 2024-06-13"}},
	}
	all := shipped(t)
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%s %s on %s", tt.programme, tt.designated, tt.at), func(t *testing.T) {
			events := []listing.Event{{Kind: listing.Designated, Date: tt.designated}}
			var got []string
			for _, c := range all[tt.programme].Fold(events, tt.at).Consequences {
				got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s %s", c.Kind, c.State, c.From)))
				if c.State == listing.StateUndetermined && c.Why == "" {
					t.Errorf("%s is undetermined without a reason", c.Kind)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Asked what could be known in January 2021 about a year later, nobody
// foresaw the end of the list.
func TestKnownThen(t *testing.T) {
	p := shipped(t)["us-dod-1237"].AsKnown("2021-02-01")
	events := []listing.Event{{Kind: listing.Designated, Date: "2021-01-14"}}
	if diff := cmp.Diff([]access.Date{"2021-01-14", "2021-03-15", "2022-01-14"}, p.Dates(events)); diff != "" {
		t.Errorf("dates (-want +got):\n%s", diff)
	}
}
