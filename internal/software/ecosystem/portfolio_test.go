package ecosystem_test

import (
	"bufio"
	"compress/gzip"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/realdata"
	"countersign.dev/internal/software/ecosystem"
	"countersign.dev/internal/software/purl"
	"countersign.dev/internal/software/version"
)

// tally is what became of the purls of one type.
type tally struct{ rows, nameless, unordered, unread int }

// TestPortfolio takes every purl of 1,673 containers all the way to a version
// that can be compared.
func TestPortfolio(t *testing.T) {
	list := portfolio(t)
	tallies, odd := map[string]*tally{}, map[string]int{}
	begin := time.Now()
	for _, s := range list {
		p, err := purl.Read(s)
		if err != nil {
			continue // package purl counts these
		}
		c := tallies[p.Type+"/"+distributionOf(p)]
		if c == nil {
			c = &tally{}
			tallies[p.Type+"/"+distributionOf(p)] = c
		}
		c.rows++
		pkgs, v := ecosystem.Of(p)
		switch {
		case len(pkgs) == 0:
			c.nameless++
		case !ecosystem.Supported(pkgs[0].Ecosystem):
			c.unordered++
		default:
			if _, err := version.Parse(pkgs[0].Ecosystem, v); err != nil {
				c.unread++
				odd[p.Type+" "+v]++
			}
		}
	}
	t.Logf("%d purls in %v", len(list), time.Since(begin).Round(time.Millisecond))
	for _, typ := range slices.Sorted(maps.Keys(tallies)) {
		c := tallies[typ]
		t.Logf("%-20s %6d rows, %5d of no ecosystem, %5d without order, %5d versions not read", typ, c.rows, c.nameless, c.unordered, c.unread)
	}
	nameless, unread, rows := map[string]int{}, map[string]int{}, 0
	for typ, c := range tallies {
		rows += c.rows
		if c.nameless > 0 {
			nameless[typ] = c.nameless
		}
		if c.unread > 0 {
			unread[typ] = c.unread
		}
		if c.unordered > 0 {
			t.Errorf("%s: %d of an ecosystem whose versions have no order", typ, c.unordered)
		}
	}
	if rows != len(list)-4 {
		t.Errorf("%d of %d purls have a name", rows, len(list))
	}
	// Folders that take modules' places; programs, files and images.
	if diff := cmp.Diff(map[string]int{"golang/": 579, "generic/": 41, "none/": 174, "oci/": 982}, nameless); diff != "" {
		t.Errorf("of no ecosystem: %s", diff)
	}
	// "(devel)", none at all, branches, and sentences for versions.
	if diff := cmp.Diff(map[string]int{"golang/": 480, "maven/": 243, "npm/": 24, "composer/": 20, "pypi/": 1}, unread); diff != "" {
		t.Errorf("versions not read: %s", diff)
	}
	keys := slices.SortedFunc(maps.Keys(odd), func(a, b string) int { return odd[b] - odd[a] })
	for _, k := range keys[:min(60, len(keys))] {
		t.Logf("not read: %5d %s", odd[k], k)
	}
}

func distributionOf(p purl.PURL) string {
	switch p.Type {
	case "deb", "rpm", "apk":
		return p.Namespace
	}
	return ""
}

func portfolio(t *testing.T) []string {
	t.Helper()
	f, err := os.Open(realdata.Path(t, "data/software/portfolio-purls.tsv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	lines := bufio.NewScanner(z)
	for lines.Scan() {
		if _, s, ok := strings.Cut(lines.Text(), "\t"); ok {
			list = append(list, s)
		}
	}
	if err := lines.Err(); err != nil || len(list) < 300_000 {
		t.Fatalf("%d purls: %v", len(list), err)
	}
	return list
}
