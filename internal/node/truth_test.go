package node

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/advisory/findings"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/realdata"
	"countersign.dev/internal/software/cyclonedx"
	"countersign.dev/internal/software/ecosystem"
	"countersign.dev/internal/software/spdx"
)

// What others answered is answered here, the whole way from an imported archive
// to the findings of a purl.
func TestTruth(t *testing.T) {
	n := openNode(t, t.TempDir(), "")
	takeIn(t, n, "osv/*.zip")
	h := recordsHeld(t, n)
	t.Run("OSV", h.answersOfOSV)
	t.Run("labels", h.labels)
	t.Run("formats", h.sameInBothFormats)
}

// holding is a node with every advisory that it holds.
type holding struct {
	*Node
	records  map[string]*advisory.Record
	affected map[string][]*advisory.Affected // by the advisory's id
	byID     map[string][]string             // advisories by every id of their weakness
}

// recordsHeld reads the advisories of a node.
func recordsHeld(t *testing.T, n *Node) *holding {
	t.Helper()
	h := &holding{n, map[string]*advisory.Record{}, map[string][]*advisory.Affected{}, map[string][]string{}}
	head, err := n.Ledger.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	opened := func(f *ledger.Fact) error {
		if f.Kind == advisory.FactAffected {
			var a advisory.Affected
			err := f.Decode(&a)
			h.affected[a.Advisory] = append(h.affected[a.Advisory], &a)
			return err
		}
		var r advisory.Record
		err := f.Decode(&r)
		h.records[r.ID] = &r
		for _, id := range slices.Concat([]string{r.ID}, r.Aliases, r.Upstream) {
			h.byID[id] = append(h.byID[id], r.ID)
		}
		return err
	}
	closed := func(int64, int64) error { return nil }
	if err := n.Ledger.Changes(t.Context(), []string{advisory.FactRecord, advisory.FactAffected}, 0, head.Position, opened, closed); err != nil {
		t.Fatal(err)
	}
	return h
}

// findingsOf is what is found of one package, by every advisory that a finding
// rests on. It is nil when the ecosystem has no type of purl.
func (h *holding) findingsOf(t *testing.T, pkg ecosystem.Package, version string) map[string]findings.Finding {
	t.Helper()
	p, ok := ecosystem.ToPURL(pkg)
	if !ok {
		return nil
	}
	p.Version = version
	d, err := h.Show(t.Context(), access.Ask{Reader: access.Operator}, p.String())
	if err != nil || d.Software == nil {
		t.Fatalf("%s: %v", p, err)
	}
	out := map[string]findings.Finding{}
	for _, f := range d.Findings {
		for _, fact := range f.Rests {
			if fact.Kind == advisory.FactAffected {
				out[fact.Subject] = f.Finding
			}
		}
	}
	return out
}

// answer is what OSV's API said of one package.
type answer struct {
	Ecosystem string   `json:"ecosystem"`
	Name      string   `json:"name"`
	Version   string   `json:"version"`
	IDs       []string `json:"ids"`
}

// besideOSV is what is found that osv.dev did not answer.
var besideOSV = map[string]bool{
	"VICTIMS-2017-7525":                 true, // not a source of osv.dev; tells 2.0 to 2.7.0, in which 2.6.7.1 has the fix
	"RSEC-nokogiri-GHSA-g9g8-vgvw-g3vf": true, // of 2026-06-19, after the recording
}

// Of what the API of osv.dev answered nothing is missing that is held, and
// what is found beside it is known.
func (h *holding) answersOfOSV(t *testing.T) {
	b, err := os.ReadFile(realdata.Path(t, "data/software/truth/osv-api-recorded.json"))
	if err != nil {
		t.Fatal(err)
	}
	var rows []answer
	if err := json.Unmarshal(b, &rows); err != nil {
		t.Fatal(err)
	}
	var asked, unnamed, found, notHeld, same, beside, unknown int
	for _, row := range rows {
		got := h.findingsOf(t, ecosystem.FromName(row.Ecosystem, row.Name), row.Version)
		if got == nil {
			unnamed++
			continue
		}
		asked++
		for _, id := range row.IDs {
			switch {
			case got[id].State == advisory.IsAffected:
				found++
			case h.records[id] == nil:
				notHeld++
			default:
				t.Errorf("%s %s %s: %s is missing", row.Ecosystem, row.Name, row.Version, id)
			}
		}
		for _, id := range slices.Sorted(maps.Keys(got)) {
			f := got[id]
			switch {
			case slices.Contains(row.IDs, id):
			case f.State == advisory.Unknown:
				unknown++
				t.Logf("unknown: %s %s %s: %s: %s", row.Ecosystem, row.Name, row.Version, id, f.Why)
			case slices.ContainsFunc(f.Aliases, func(alias string) bool { return slices.Contains(row.IDs, alias) }):
				same++
			default:
				if beside++; !besideOSV[id] {
					t.Errorf("beside: %s %s %s: %s, published %q, modified %q, aliases %v", row.Ecosystem, row.Name, row.Version, id, h.records[id].Published, h.records[id].Modified, f.Aliases)
				}
			}
		}
	}
	t.Logf("%d answers, %d of ecosystems without purls: %d ids found, %d of records that are not held, %d found as another record of the weakness, %d beside, %d unknown", asked, unnamed, found, notHeld, same, beside, unknown)
	if found != 218 || unnamed > 2 {
		t.Errorf("%d ids found, %d packages without a purl", found, unnamed)
	}
}

// A bill has the same findings in either format.
func (h *holding) sameInBothFormats(t *testing.T) {
	found := 0
	for _, folder := range []string{"containers-spdx", "guac-data-cyclonedx"} {
		for name, text := range filesBelow(t, folder) {
			b, _ := billIn(t, name, text)
			want := h.findingsIn(t, name, text)
			found += len(want)
			var w bytes.Buffer
			write := cyclonedx.Write
			if b.Format == "CycloneDX" {
				write = spdx.Write
			}
			if err := write(&w, b); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, h.findingsIn(t, "bill.json", w.Bytes())); d != "" {
				t.Errorf("%s: as it came (-), written in the other format (+): %s", name, d)
			}
		}
	}
	if t.Logf("%d findings", found); found < 2500 {
		t.Errorf("%d findings", found)
	}
}

// findingsIn is what is found of a bill that is only shown, each as a line,
// sorted.
func (h *holding) findingsIn(t *testing.T, name string, text []byte) []string {
	t.Helper()
	d, err := h.ShowFile(t.Context(), access.Ask{Reader: access.Operator}, intake.File{Name: name, Bytes: text})
	if err != nil {
		t.Fatal(name, err)
	}
	var out []string
	for _, f := range d.Findings {
		out = append(out, strings.Join([]string{f.Identity, f.Advisory, string(f.State)}, " "))
	}
	slices.Sort(out)
	return out
}
