package inventory

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/ledger"
)

// edition is a file with the day on which it was published.
type edition struct {
	source, published, text string
}

// kept puts editions into a ledger, and gives it.
func kept(t *testing.T, editions ...edition) *ledger.Ledger {
	t.Helper()
	l := ledger.New(dbtest.Open(t, "sqlite"), ledger.Options{Now: func() time.Time { return time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC) }})
	t.Cleanup(func() { l.Close() })
	for i, e := range editions {
		r, err := Read(t.Context(), []byte(e.text), Options{Source: e.source})
		if err != nil {
			t.Fatal(err)
		}
		_, err = l.Append(t.Context(), ledger.Edition{Actor: "test", Documents: []ledger.Document{{
			Bytes: []byte(e.text), Kind: r.Kind, Source: r.Source, Part: r.Part, Mode: r.Mode, Name: fmt.Sprintf("%d.csv", i),
			Published: access.Date(e.published), Rows: r.Rows, Statements: r.Statements, Head: FactSystem,
		}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	return l
}

// on asks as of a day, with all that had been published by another.
func on(date, known string) access.Ask {
	return access.Ask{Reader: access.Operator, At: access.At{Date: access.Date(date), Known: access.Date(known), Position: access.Now}}
}

// about is the facts with a term, or else about a subject.
func about(t *testing.T, l *ledger.Ledger, ask access.Ask, subject, term string) []ledger.Fact {
	t.Helper()
	ask, err := l.Resolve(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	var facts []ledger.Fact
	if term != "" {
		facts, err = l.ByTerm(t.Context(), ask, []string{FactDeployment, FactAlias}, []string{term}, 0)
	} else {
		facts, err = l.BySubject(t.Context(), ask, subject)
	}
	if err != nil {
		t.Fatal(err)
	}
	return facts
}

const orion = "purl:pkg:generic/solarwinds/orion-platform@2020.2-hf1"

// Who runs a release, on which day, by what was known on which.
func TestDeployments(t *testing.T) {
	const head = "system,asset,purl,cpe,from,to\n"
	const purl = "pkg:generic/solarwinds/orion-platform@2020.2-hf1"
	l := kept(t,
		edition{"inventory/a", "2020-09-01", head + "NOC,n1," + purl + ",cpe:2.3:a:solarwinds:orion_platform:2020.2:hf1:*:*:*:*:*:*,2020-07-01,\nLAB,,pkg:npm/x@1,,,\n"},
		edition{"inventory/b", "2020-09-01", head + "Net,," + purl + ",,,\n"},                                                                                                                             // no days
		edition{"inventory/a", "2021-01-10", head + "NOC,n1," + purl + ",cpe:2.3:a:solarwinds:orion_platform:2020.2:hf1:*:*:*:*:*:*,2020-06-15,2020-12-14\nNOC,n1," + purl + ",,2021-02-01,\nLAB,,,,,\n"}, // corrected, and put back later
		edition{"inventory/b", "2021-03-01", head + "Net,,pkg:npm/y@2,,,\n"},                                                                                                                              // no longer listed
	)
	for _, c := range []struct {
		date, known string
		want        []string
	}{
		{"2020-06-20", "2026-01-01", []string{"system:a/noc 2020-06-15..2020-12-14"}}, // as corrected
		{"2020-06-20", "2020-10-01", nil},                                             // as first stated
		{"2020-12-13", "2020-12-13", []string{"system:a/noc 2020-07-01..9999-12-31", "system:b/net 2020-09-01..9999-12-31"}},
		{"2020-12-13", "2026-01-01", []string{"system:a/noc 2020-06-15..2020-12-14", "system:b/net 2020-09-01..2021-03-01"}},
		{"2020-12-14", "2026-01-01", []string{"system:b/net 2020-09-01..2021-03-01"}},
		{"2020-12-14", "2020-12-14", []string{"system:a/noc 2020-07-01..9999-12-31", "system:b/net 2020-09-01..9999-12-31"}},
		{"2020-08-31", "2026-01-01", []string{"system:a/noc 2020-06-15..2020-12-14"}}, // before b was first seen
		{"2021-03-01", "2026-01-01", []string{"system:a/noc 2021-02-01..9999-12-31"}},
		{"2021-03-01", "2021-02-28", []string{"system:a/noc 2021-02-01..9999-12-31", "system:b/net 2020-09-01..9999-12-31"}},
	} {
		var got []string
		for _, r := range Deployments(about(t, l, on(c.date, c.known), "", orion), on(c.date, c.known).At) {
			got = append(got, fmt.Sprintf("%s %s..%s", r.System, r.From, r.To))
			if r.Term != orion || r.Fact == nil || (r.System == "system:a/noc") != (r.Asset == "asset:a/n1") {
				t.Errorf("%+v", r)
			}
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("on %s as known on %s (-want +got):\n%s", c.date, c.known, d)
		}
	}
	// By its CPE, and by the system: once, although three facts tell of it.
	ask := on("2020-12-13", "2026-01-01")
	for name, facts := range map[string][]ledger.Fact{
		"cpe":    about(t, l, ask, "", "cpe:2.3:a:solarwinds:orion_platform:2020.2:hf1:*:*:*:*:*:*"),
		"system": about(t, l, ask, "system:a/noc", ""),
	} {
		got := Deployments(facts, ask.At)
		if len(got) != 1 || got[0].PURL != purl {
			t.Errorf("by %s: %+v", name, got)
		}
	}
	if got := Deployments(about(t, l, ask, "system:a/noc", ""), ask.At); len(got) == 1 && got[0].Term != orion {
		t.Errorf("found by %q, want its surest term", got[0].Term)
	}
}

// Parts of an inventory, and inventories, tell of one system together.
func TestSystemsAndAssets(t *testing.T) {
	l := kept(t,
		edition{"inventory/a", "2021-01-01", "system,agency,fips199,nss,system owner\nS,Treasury,high,no,Jo\n"},
		edition{"inventory/a", "2021-01-02", "system,asset,hostname,os,exposure,exposure by\nS,M1,m1.example,Debian 10,internal,Jo\n"},
		edition{"inventory/a", "2021-02-02", "system,asset,hostname,os,exposure,exposure by,first seen,last seen\nS,M1,m1.example,Debian 11,internal,Jo,2020-05-01,2021-02-28\n"},
		edition{"inventory/scan", "2021-01-15", "system,asset,ip,exposure,exposure by,last scan\na/S,a/M1,192.0.2.7,public,scanner,2021-01-14\n"},
		edition{"inventory/scan", "2021-03-01", "system,asset,ip,exposure,exposure by,last scan\na/S,a/M1,192.0.2.7,unknown,scanner,2021-01-14\n"},
		edition{"inventory/a", "2021-04-01", "system,agency,fips199,nss,system owner\nS,Treasury,moderate,,Al\n"},
	)
	for _, c := range []struct {
		date  string
		crit  Criticality
		owner string
		os    string
		reach Reach
	}{
		{"2021-01-01", High, "Jo", "", ""},
		{"2021-01-02", High, "Jo", "Debian 10", Internal},
		{"2021-01-15", High, "Jo", "Debian 10", Public},
		{"2021-02-02", High, "Jo", "Debian 11", Public},
		{"2021-03-01", High, "Jo", "Debian 11", Unknown},
		{"2021-04-01", Moderate, "Al", "Debian 11", Unknown},
	} {
		ask := on(c.date, "2026-01-01")
		facts := slices.Concat(about(t, l, ask, "system:a/s", ""), about(t, l, ask, "asset:a/m1", ""))
		s, a := Systems(facts, ask.At)["system:a/s"], Assets(facts, ask.At)["asset:a/m1"]
		reach, why := Reached(facts, "asset:a/m1", ask.At)
		if s.Criticality != c.crit || s.Owner != c.owner || s.Organisation != "organisation:treasury" || a.OS != c.os || reach != c.reach {
			t.Errorf("on %s: %+v, %+v, %q; want %+v", c.date, s, a, reach, c)
		}
		if (reach != "") != (len(why) == 1) {
			t.Errorf("on %s: %q rests on %d facts", c.date, reach, len(why))
		}
		if c.os != "" && c.reach == Public && !slices.Equal(a.Addresses, []string{"192.0.2.7"}) {
			t.Errorf("on %s: addresses %q, want what the scanner saw", c.date, a.Addresses)
		}
	}
	facts := about(t, l, on("2021-03-15", "2026-01-01"), "asset:a/m1", "")
	if got := Sightings(facts, on("2021-03-15", "2026-01-01").At)["asset:a/m1"]; got != (Seen{First: "2020-05-01", Last: "2021-02-28", Scan: "2021-01-14"}) {
		t.Errorf("%+v", got)
	}
	organisations := Organisations(about(t, l, on("2021-01-01", "2026-01-01"), "organisation:treasury", ""), on("2021-01-01", "2026-01-01").At)
	if o := organisations["organisation:treasury"]; o.Name != "Treasury" {
		t.Errorf("%+v", organisations)
	}
}

// An inventory that is imported again, in other order or with a row more,
// changes only what it changes.
func TestEditionsChangeWhatTheyChange(t *testing.T) {
	first := "system,purl,from\nA,pkg:npm/a@1,2020-01-01\nB,pkg:npm/b@1,\n"
	l := kept(t, edition{"inventory/a", "2021-01-01", first})
	again := "system,purl,from\nC,pkg:npm/c@1,\nB,pkg:npm/b@1,\nA,pkg:npm/a@1,2020-01-01\n"
	r, err := Read(t.Context(), []byte(again), Options{Source: "inventory/a"})
	if err != nil {
		t.Fatal(err)
	}
	receipt, err := l.Append(t.Context(), ledger.Edition{Actor: "test", Documents: []ledger.Document{{
		Bytes: []byte(again), Kind: r.Kind, Source: r.Source, Part: r.Part, Mode: r.Mode, Name: "again.csv",
		Published: "2021-02-01", Rows: r.Rows, Statements: r.Statements, Head: FactSystem,
	}}})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"system:a/c"}, receipt.Added); d != "" || len(receipt.Removed)+len(receipt.Changed) != 0 {
		t.Errorf("added %q, removed %q, changed %q", receipt.Added, receipt.Removed, receipt.Changed)
	}
}

func BenchmarkRead(b *testing.B) {
	var text strings.Builder
	text.WriteString("system,asset,purl,version,environment,from\n")
	const rows = 50_000
	for i := range rows {
		fmt.Fprintf(&text, "S%d,A%d,pkg:npm/package-%d@1.%d.0,,production,2020-01-%02d\n", i%100, i%5000, i%700, i%9, 1+i%28)
	}
	doc := []byte(text.String())
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Read(b.Context(), doc, Options{Source: "inventory/bench"}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
