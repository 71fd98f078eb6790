package node

import (
	"compress/gzip"
	"encoding/csv"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/realdata"
	"countersign.dev/internal/software/ecosystem"
)

// labelled is what a person said of a weakness in a package of a container.
type labelled struct {
	image, name, version, weakness, cve, says string
}

// readLabels reads the labels of the collection.
func readLabels(t *testing.T) []labelled {
	t.Helper()
	f, err := os.Open(realdata.Path(t, "data/software/truth/match-labels.tsv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	r := csv.NewReader(z)
	r.Comma, r.LazyQuotes = '\t', true
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []labelled
	for _, row := range rows[1:] {
		out = append(out, labelled{row[0], row[1], row[2], row[3], row[4], row[5]})
	}
	return out
}

// installed matches versions as packages of distributions have them.
var installed = regexp.MustCompile(`\.(el|fc|amzn|module)|^\d+:|-r\d+$|\+dfsg|\+deb|ubuntu|-\d+(\.\d+)*$|~`)

// mayMean is the packages of held advisories about the label's weakness that
// its package may be, and why there is none. A label tells neither ecosystem
// nor group.
func (h *holding) mayMean(l labelled) (packages []ecosystem.Package, ids []string, why string) {
	switch {
	case l.says == "??":
		return nil, nil, "the label is undecided"
	case l.name == "":
		return nil, nil, "the label names no package"
	}
	ids = slices.Concat(h.byID[l.weakness], h.byID[l.cve])
	slices.Sort(ids)
	ids = slices.Compact(ids)
	why = "the weakness is not held"
	for _, id := range ids {
		if why == "the weakness is not held" {
			why = "held of other packages only"
		}
		for _, a := range h.affected[id] {
			if !l.names(a) {
				continue
			}
			why = "packed by a distribution of which no advisories are held"
			if a.Ecosystem == "Bitnami" && !installed.MatchString(l.version) {
				why = "held of Bitnami's package only"
			}
			if pkg := ecosystem.FromName(a.Ecosystem, a.Name); a.Ecosystem != "Bitnami" && !installed.MatchString(l.version) && !slices.Contains(packages, pkg) {
				packages = append(packages, pkg)
			}
		}
	}
	return packages, ids, why
}

// names reports whether the label's package may be the advisory's.
func (l labelled) names(a *advisory.Affected) bool {
	pkg := ecosystem.FromName(a.Ecosystem, a.Name)
	switch pkg.Ecosystem {
	case "Maven":
		_, artifact, _ := strings.Cut(pkg.Name, ":")
		return artifact == l.name
	case "Go":
		if l.name == "go" {
			return pkg.Name == "stdlib" || pkg.Name == "toolchain"
		}
	}
	return pkg.Term() == ecosystem.FromName(a.Ecosystem, l.name).Term()
}

// compared tells how a label and what is found of its package compare, and
// where they differ, why that may be. What a person holds to be affected and the
// advisory does not was looked at one by one; of the others a label gives no
// reason, and the package tells it.
func compared(l labelled, pkg ecosystem.Package, state advisory.State) string {
	met := l.says + ", found " + string(state)
	if (l.says == "TP") == (state == advisory.IsAffected) && state != advisory.Unknown {
		return met
	}
	why := ""
	switch {
	case l.says == "TP":
		why = notInRange[pkg.Name]
	case pkg.Name == "stdlib" || pkg.Name == "toolchain":
		why = "something else called go, or a binary that has no such code"
	case pkg.Ecosystem == "Go":
		why = "a module of a service, linked for its client"
	case pkg.Name == "mercurial" || pkg.Name == "protobuf" || pkg.Ecosystem == "npm":
		why = "something else of the same name"
	default:
		why = "a distribution's or maker's copy that has the fix"
	}
	return met + ": " + why
}

// The reasons for which an advisory does not concern what a person says is
// affected.
const (
	atFix   = "fixed in that very version"
	outside = "the advisory speaks of other versions only"
)

// notInRange is the packages of which that is so, with the advisory.
var notInRange = map[string]string{
	"cgi":   atFix, // 0.1.0.1, RSEC-cgi-CVE-2021-41816
	"rdoc":  atFix, // 6.2.1.1, RSEC-rdoc-CVE-2021-31799
	"rexml": atFix, // 3.2.3.1, RSEC-rexml-CVE-2021-28965

	"github.com/opencontainers/runc":              outside, // 0.1.1; from 1.0.1 on, GO-2022-0274
	"com.fasterxml.jackson.core:jackson-databind": outside, // 2.4.0, 2.6.7.3; 2.8 and 2.9, VICTIMS-2018-7489
	"org.springframework:spring-web":              outside, // 2.5; from 3 on, VICTIMS-2013-6429
	"django":                                      outside, // 1.11.29; from 2.2 on, PYSEC-2021-439
	"numpy":                                       outside, // 1.21.2; 1.9 only, PYSEC-2021-855
	"cryptiles":                                   outside, // 2.0.5; from 3.1.0 on, NSWG-ECO-476
}

// unjudged is how many labels cannot be met by the advisories at hand, and why.
var unjudged = map[string]int{
	"the label is undecided":                                   266,
	"the label names no package":                               1048,
	"the weakness is not held":                                 14727,
	"held of other packages only":                              1975,
	"held of Bitnami's package only":                           309,
	"packed by a distribution of which no advisories are held": 221,
}

// metLabels is how many labels meet what is found, and in which ways.
var metLabels = map[string]int{
	"TP, found affected":     252,
	"FP, found not_affected": 17,

	"TP, found not_affected: " + atFix:   8,
	"TP, found not_affected: " + outside: 26,

	"FP, found affected: something else called go, or a binary that has no such code": 158,
	"FP, found affected: a distribution's or maker's copy that has the fix":           45,
	"FP, found affected: something else of the same name":                             23,
	"FP, found unknown: something else of the same name":                              2,
	"FP, found affected: a module of a service, linked for its client":                15,
}

// People's labels are met where an advisory that is held speaks of the package:
// what they say is affected is found, unless the advisory says otherwise of that
// very version, and is never unknown. What they say is not affected and is found
// all the same differs in what no advisory tells.
func (h *holding) labels(t *testing.T) {
	left, met := map[string]int{}, map[string]int{}
	for _, l := range readLabels(t) {
		packages, ids, why := h.mayMean(l)
		if len(packages) == 0 {
			left[why]++
			continue
		}
		state := advisory.NotAffected
		for _, pkg := range packages {
			for id, f := range h.findingsOf(t, pkg, l.version) {
				if slices.Contains(ids, id) && state != advisory.IsAffected {
					state = f.State
				}
			}
		}
		met[compared(l, packages[0], state)]++
	}
	if d := cmp.Diff(unjudged, left); d != "" {
		t.Errorf("not judged: want (-), got (+): %s", d)
	}
	if d := cmp.Diff(metLabels, met); d != "" {
		t.Errorf("judged: want (-), got (+): %s", d)
	}
}
