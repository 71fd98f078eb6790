package openvex

import (
	"strings"
	"testing"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/advisory/vex"
	"countersign.dev/internal/advisory/vex/jsondoc"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/software/purl"
)

// Each of the published statements decides about the very component of the very
// product that it names, by whichever id of the weakness is asked for, and about
// no other product, component or weakness.
func TestRealStatementsDecide(t *testing.T) {
	all := map[string][]vex.Held{} // by weakness
	var statements []ledger.Statement
	each(t, "data/software/vex/openvex-vexhub", func(name string, b []byte) {
		r, err := Read(t.Context(), name, b, jsondoc.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		for _, st := range r.Statements {
			all[st.Subject] = append(all[st.Subject], vex.Held{VEX: st.Body.(advisory.VEX), ID: r.Source + " " + st.Key, Role: vex.Maker, Verified: true})
		}
		statements = append(statements, r.Statements...)
	})
	asked := 0
	for i, st := range statements {
		if i%10 != 0 {
			continue
		}
		v := st.Body.(advisory.VEX)
		asked++
		target := vex.Target{Weakness: append([]string{v.Weakness}, v.Aliases...), Component: concrete(t, v.Component), Release: concrete(t, v.Product)}
		r := vex.Resolve(all[st.Subject], target)
		if r.Winner == nil || r.Status != v.Status || r.Winner.Reach != vex.Here || r.Contested {
			t.Errorf("%s of %s in %s: %+v", v.Weakness, v.Component, v.Product, r)
			continue
		}
		if n := len(target.Weakness); n > 1 {
			target.Weakness = target.Weakness[n-1:]
			if byAlias := vex.Resolve(all[st.Subject], target); byAlias.Winner == nil || byAlias.Status != v.Status {
				t.Errorf("%s by its alias %s: %+v", v.Weakness, target.Weakness[0], byAlias)
			}
		}
		for what, other := range map[string]vex.Target{
			"another product":   {Weakness: target.Weakness, Component: target.Component, Release: vex.Thing{PURL: "pkg:golang/example.org/other@v1.0.0"}},
			"another component": {Weakness: target.Weakness, Component: vex.Thing{PURL: "pkg:golang/example.org/other@v1.0.0"}, Release: target.Release},
			"another weakness":  {Weakness: []string{"CVE-1999-0001"}, Component: target.Component, Release: target.Release},
		} {
			if r := vex.Resolve(all[st.Subject], other); r.Winner != nil && r.Winner.VEX.Component != "" {
				t.Errorf("%s: %s of %s in %s decides", what, r.Winner.Weakness, r.Winner.VEX.Component, r.Winner.Product)
			}
		}
	}
	if asked != 1550 {
		t.Errorf("%d statements asked about", asked)
	}
}

// concrete is a thing of the name, in some version where it has none, and with
// a qualifier that nobody asked for.
func concrete(t *testing.T, id string) vex.Thing {
	t.Helper()
	p, err := purl.Read(id)
	if err != nil {
		t.Fatalf("%s: %v", id, err)
	}
	if p.Version == "" {
		p.Version = "v9.9.9"
	}
	if p.Type == "golang" && !strings.HasPrefix(p.Version, "v") {
		p.Version = "v" + p.Version
	}
	p.Qualifiers = append(p.Qualifiers, purl.Qualifier{Key: "type", Value: "module"})
	return vex.Thing{PURL: p.String()}
}
