package findings

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/ledger"
)

// world is facts held in memory, as the ledger would give them.
type world struct{ facts []ledger.Fact }

func (w *world) state(t testing.TB, source string, on access.Date, statements ...ledger.Statement) {
	t.Helper()
	for _, s := range statements {
		f, err := ledger.Unheld(s, source, on)
		if err != nil {
			t.Fatal(err)
		}
		f.ID = int64(len(w.facts) + 1)
		w.facts = append(w.facts, f)
	}
}

func (w *world) BySubject(_ context.Context, ask access.Ask, subjects ...string) ([]ledger.Fact, error) {
	return w.those(ask, func(f *ledger.Fact) bool { return slices.Contains(subjects, f.Subject) }), nil
}

func (w *world) ByTerm(_ context.Context, ask access.Ask, kinds, terms []string, _ int) ([]ledger.Fact, error) {
	return w.those(ask, func(f *ledger.Fact) bool {
		return f.Term != "" && slices.Contains(kinds, f.Kind) && slices.Contains(terms, f.Term)
	}), nil
}

func (w *world) those(ask access.Ask, want func(*ledger.Fact) bool) []ledger.Fact {
	var out []ledger.Fact
	for i := range w.facts {
		if f := &w.facts[i]; f.PublishedBy(ask.At.Known) && want(f) {
			out = append(out, *f)
		}
	}
	return out
}

// advise states an advisory about versions of a package below fixed.
func (w *world) advise(t testing.TB, on access.Date, r advisory.Record, ecosystem, name, fixed string) {
	t.Helper()
	a := advisory.Affected{Ecosystem: ecosystem, Name: name, Ranges: []advisory.Range{{Type: "ECOSYSTEM", Events: []advisory.Event{{Introduced: "0"}}}}}
	if fixed != "" {
		a.Ranges[0].Events = append(a.Ranges[0].Events, advisory.Event{Fixed: fixed})
	}
	w.state(t, "osv/"+strings.ToLower(ecosystem), on, advisory.Statements(&r, []advisory.Affected{a}, "")...)
}

func (w *world) find(t testing.TB, known access.Date, components ...Component) *Result {
	t.Helper()
	target := Target{ID: "pkg:generic/acme/portal@3", Names: []string{"portal"}, Makers: []string{"Acme"}}
	r, err := Find(t.Context(), w, access.Ask{Reader: access.Reader{Organisations: []string{"acme"}}, At: access.At{Date: known, Known: known}}, target, components)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func npm(name, version string) Component {
	return Component{Identity: "pkg:npm/" + name + "@" + version, Name: name, Version: version}
}

func TestOneWeaknessIsOneFinding(t *testing.T) {
	var w world
	w.advise(t, "2021-01-01", advisory.Record{ID: "GHSA-1", Aliases: []string{"CVE-2021-1001"}, Summary: "first", Severities: []advisory.Severity{{Type: "CVSS_V3", Score: 5, Word: "medium"}}}, "npm", "a", "2.0.0")
	w.advise(t, "2021-01-02", advisory.Record{ID: "OWN-7", Aliases: []string{"CVE-2021-1001"}, Severities: []advisory.Severity{{Type: "CVSS_V3", Score: 7.5, Word: "high"}}}, "npm", "a", "2.0.1")
	w.advise(t, "2021-01-02", advisory.Record{ID: "GHSA-2"}, "npm", "a", "")
	got := w.find(t, "2021-02-01", npm("a", "1.0.0"), npm("a", "2.0.0"), npm("b", "1.0.0")).Findings
	var told []string
	for _, f := range got {
		told = append(told, strings.Join([]string{f.Component, f.Advisory, strings.Join(f.Aliases, "+"), strings.Join(f.Fixed, "+")}, " "))
	}
	want := []string{
		"pkg:npm/a@1.0.0 GHSA-1 CVE-2021-1001+OWN-7 2.0.0+2.0.1",
		"pkg:npm/a@2.0.0 OWN-7 CVE-2021-1001 2.0.1",
		"pkg:npm/a@1.0.0 GHSA-2  ",
		"pkg:npm/a@2.0.0 GHSA-2  ",
	}
	if d := cmp.Diff(want, told); d != "" {
		t.Errorf("findings (-want +got):\n%s", d)
	}
	if got[0].Severity.Score != 7.5 || got[0].Summary != "first" {
		t.Errorf("severity %+v, summary %q", got[0].Severity, got[0].Summary)
	}
	if n := len(w.find(t, "2020-12-31", npm("a", "1.0.0")).Findings); n != 0 {
		t.Errorf("%d findings before anything was published", n)
	}
}

func TestWithdrawn(t *testing.T) {
	var w world
	w.advise(t, "2021-01-01", advisory.Record{ID: "GHSA-1", Withdrawn: "2021-03-01T00:00:00Z"}, "npm", "a", "")
	for known, want := range map[access.Date]int{"2021-02-01": 1, "2021-03-01": 0, "2022-01-01": 0} {
		if got := len(w.find(t, known, npm("a", "1.0.0")).Findings); got != want {
			t.Errorf("on %s: %d findings, want %d", known, got, want)
		}
	}
}

func TestWhatIsNotKnownIsShown(t *testing.T) {
	var w world
	w.advise(t, "2021-01-01", advisory.Record{ID: "GO-1"}, "Go", "example.org/x", "1.2.0")
	w.state(t, "osv/go", "2021-01-01", ledger.Statement{Kind: advisory.FactFeed, Subject: "feed:Go", Term: "feed:go", Body: advisory.Feed{Ecosystem: "Go", Newest: "2020-12-24"}})
	r := w.find(t, "2021-02-01",
		Component{Identity: "pkg:golang/example.org/x@%28devel%29", Name: "example.org/x", Version: "(devel)"},
		Component{Identity: "pkg:cargo/y@1.0.0", Name: "y", Version: "1.0.0"})
	if len(r.Findings) != 1 || r.Findings[0].State != advisory.Unknown || r.Findings[0].Why == "" {
		t.Errorf("findings %+v", r.Findings)
	}
	want := []Source{
		{Kind: SourceAdvisories, Ecosystem: "Go", Components: 1, Held: true, Newest: "2020-12-24"}, {Kind: SourceAdvisories, Ecosystem: "crates.io", Components: 1},
		{Kind: SourceExploited, Ecosystem: "CISA KEV", Components: 2}, {Kind: SourceLikelihood, Ecosystem: "FIRST EPSS", Components: 2},
	}
	if d := cmp.Diff(want, r.Sources, cmpopts.IgnoreFields(Source{}, "Rests")); d != "" {
		t.Errorf("sources (-want +got):\n%s", d)
	}
}

func TestTheStandardLibraryIsMeantByNothingElse(t *testing.T) {
	var w world
	w.advise(t, "2021-01-01", advisory.Record{ID: "GO-1"}, "Go", "stdlib", "1.20.1")
	for identity, want := range map[string]int{
		"pkg:golang/stdlib@1.19.0": 1, "pkg:golang/stdlib@1.20.1": 0, "pkg:golang/cloud.google.com/go@v0.1.0": 0,
		"pkg:golang/github.com/json-iterator/go@v1.1.12": 0, "pkg:golang/std@1.19.0": 1,
	} {
		if got := len(w.find(t, "2021-02-01", Component{Identity: identity}).Findings); got != want {
			t.Errorf("%s: %d findings, want %d", identity, got, want)
		}
	}
}

func TestProductsByCPEAreWeak(t *testing.T) {
	var w world
	r := advisory.Record{ID: "ACME-1"}
	w.state(t, "csaf/acme", "2021-01-01", advisory.Statements(&r, []advisory.Affected{{Name: "Thing", CPE: "cpe:2.3:a:acme:thing:*:*:*:*:*:*:*:*", Versions: []string{"2.1"}}}, "")...)
	for cpe, want := range map[string]int{
		"cpe:2.3:a:acme:thing:2.1:*:*:*:*:*:*:*": 1, "cpe:2.3:a:acme:thing:2.2:*:*:*:*:*:*:*": 0, "cpe:2.3:a:acme:other:2.1:*:*:*:*:*:*:*": 0,
	} {
		got := w.find(t, "2021-02-01", Component{Identity: cpe}).Findings
		if len(got) != want || want == 1 && !got[0].Weak {
			t.Errorf("%s: %+v, want %d", cpe, got, want)
		}
	}
}

// said is a statement about CVE-2021-1.
func said(source, status, issuer, product, component string) (string, ledger.Statement) {
	v := advisory.VEX{Weakness: "CVE-2021-1001", Product: product, Component: component, Status: status, Issuer: issuer, Issued: "2021-01-10T00:00:00Z", Format: "OpenVEX"}
	if status == "not_affected" {
		v.Justification = "vulnerable_code_not_present"
	}
	return source, ledger.Statement{Kind: advisory.FactVEX, Subject: "CVE-2021-1001", Key: product + component, Term: "x", Body: v}
}

func TestWhatIsSaidOfAWeakness(t *testing.T) {
	var w world
	w.advise(t, "2021-01-01", advisory.Record{ID: "GHSA-1", Aliases: []string{"CVE-2021-1001"}}, "npm", "a", "")
	w.state(t, "us-cisa-kev", "2021-01-05", ledger.Statement{Kind: advisory.FactKEV, Subject: "CVE-2021-1001", Body: advisory.Exploited{CVE: "CVE-2021-1001", Added: "2021-01-05", Due: "2021-01-19", Ransomware: true}})
	packed, err := advisory.PackScores("v1", "2021-01-06", []advisory.Forecast{{CVE: "CVE-2021-1001", Score: 0.9, Percentile: 0.99}})
	if err != nil {
		t.Fatal(err)
	}
	w.state(t, "first-epss", "2021-01-06", ledger.Statement{Kind: advisory.FactEPSS, Subject: advisory.SubjectEPSS, Body: packed})
	source, s := said("vex/acme", "not_affected", "Acme", "pkg:generic/acme/portal@3", "pkg:npm/a")
	w.state(t, source, "2021-01-10", s)

	early := w.find(t, "2021-01-02", npm("a", "1.0.0")).Findings[0]
	if early.KEV != nil || early.EPSS != nil || early.VEX != nil || !early.Open() {
		t.Errorf("known before it was said: %+v", early)
	}
	f := w.find(t, "2021-01-11", npm("a", "1.0.0")).Findings[0]
	if f.KEV == nil || f.KEV.Due != "2021-01-19" || !f.KEV.Ransomware || f.EPSS == nil || f.EPSS.Score != 0.9 {
		t.Errorf("KEV %+v, EPSS %+v", f.KEV, f.EPSS)
	}
	if f.VEX == nil || f.VEX.Status != "not_affected" || f.VEX.Issuer != "Acme" || f.Open() {
		t.Errorf("VEX %+v", f.VEX)
	}
	if len(f.Rests) != 5 {
		t.Errorf("rests on %d facts, want the affected package, the advisory, KEV, EPSS and VEX", len(f.Rests))
	}

	// What is said of another product, or of another component, does not count.
	var other world
	other.facts = slices.Clone(w.facts[:len(w.facts)-1])
	for _, about := range [][2]string{{"pkg:generic/acme/shop@3", "pkg:npm/a"}, {"pkg:generic/acme/portal@3", "pkg:npm/b"}, {"pkg:generic/acme/portal@2", "pkg:npm/a"}} {
		source, s := said("vex/other", "not_affected", "Acme", about[0], about[1])
		other.state(t, source, "2021-01-10", s)
	}
	if f := other.find(t, "2021-01-11", npm("a", "1.0.0")).Findings[0]; f.VEX != nil {
		t.Errorf("VEX %+v, want none", f.VEX)
	}

	// Nobody makes a weakness harmless by rating it low under another id.
	low := slices.Clone(w.facts)
	rated := world{facts: low}
	rated.advise(t, "2021-01-09", advisory.Record{ID: "EVIL-9", Aliases: []string{"CVE-2021-1001"}, Severities: []advisory.Severity{{Type: "CVSS_V4", Score: 1, Word: "low"}}}, "npm", "a", "")
	rated.advise(t, "2021-01-09", advisory.Record{ID: "GHSA-3", Aliases: []string{"CVE-2021-1001"}, Severities: []advisory.Severity{{Type: "CVSS_V3", Score: 10, Word: "critical"}}}, "npm", "a", "")
	if f := rated.find(t, "2021-01-11", npm("a", "1.0.0")).Findings; len(f) != 1 || f[0].Severity.Score != 10 || f[0].Advisory != "GHSA-1" {
		t.Errorf("findings %+v", f)
	}

	// An analyst of another organisation is one's own analyst no more than others.
	source, s = said(OwnSource("other", "1"), "affected", "mallory", "pkg:generic/acme/portal@3", "pkg:npm/a")
	theirs := world{facts: slices.Clone(w.facts)}
	theirs.state(t, source, "2021-01-10", s)
	if f := theirs.find(t, "2021-01-11", npm("a", "1.0.0")).Findings[0]; f.VEX.Issuer != "Acme" || f.VEX.Role != "maker of the release" {
		t.Errorf("VEX %+v, want the maker's", f.VEX)
	}

	// One's own analyst counts more than a stranger.
	source, s = said(OwnSource("acme", "1"), "affected", "alice", "pkg:generic/acme/portal@3", "pkg:npm/a")
	w.state(t, source, "2021-01-10", s)
	if f := w.find(t, "2021-01-11", npm("a", "1.0.0")).Findings[0]; f.VEX == nil || f.VEX.Status != "affected" || f.VEX.Issuer != "alice" || len(f.VEX.Others) != 1 {
		t.Errorf("VEX %+v, want the analyst's", f.VEX)
	}
}
