package findings

import (
	"cmp"
	"slices"
	"strings"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/advisory/vex"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/software"
)

// ownSource is what the sources of statements begin with that analysts made on
// this node: who they are is known without a signature.
const ownSource = "analyst-vex/"

// OwnSource is the source of what analysts of an organisation say, by an id of
// what they speak of. Each organisation has its own: what another's analysts say
// takes the place of nothing.
func OwnSource(organisation, id string) string { return ownSource + organisation + "/" + id }

// IsOwnSource reports whether a source is that of analysts of this node.
func IsOwnSource(source string) bool { return strings.HasPrefix(source, ownSource) }

// Operator stands in for an organisation in the sources of what is stated by who
// runs the node and belongs to none.
const Operator = "operator"

// ours reports whether a source is of analysts whom the asker counts as its own:
// those of an organisation that it belongs to, and who runs the node; to its
// operator all.
func (s *search) ours(source string) bool {
	rest, ok := strings.CutPrefix(source, ownSource)
	organisation, _, _ := strings.Cut(rest, "/")
	return ok && (organisation == Operator || s.ask.Reader.Operator || slices.Contains(s.ask.Reader.Organisations, organisation))
}

// argue adds which of the statements about the weakness counts.
func (s *search) argue(f *Finding, ids []string) {
	var held []vex.Held
	facts := map[string]*ledger.Fact{}
	for _, id := range ids {
		for _, fact := range s.vex[id] {
			var v advisory.VEX
			if fact.Decode(&v) != nil {
				continue // the ledger checks bodies; one of another version says nothing here
			}
			// Whoever may add documents here answers for their issuer; what is
			// verified beyond that is only what was said on this node.
			h := vex.Held{VEX: v, ID: factID(fact), Role: s.roleOf(&v, fact), Verified: true}
			facts[h.ID] = fact
			held = append(held, h)
		}
	}
	if len(held) == 0 {
		return
	}
	r := vex.Resolve(held, vex.Target{Weakness: ids, Component: s.thing(f), Release: s.release()})
	if r.Winner == nil {
		return
	}
	w := r.Winner
	f.VEX = &VEX{
		Status: r.Status, Justification: w.Justification, Impact: w.Impact, Action: w.Action, Issuer: cmp.Or(w.Issuer, "an unnamed issuer"),
		Role: w.Role.String(), Issued: w.Issued, Rule: r.Rule, Contested: r.Contested,
	}
	f.Rests = append(f.Rests, facts[w.ID])
	for _, l := range r.Losers {
		f.VEX.Others = append(f.VEX.Others, cmp.Or(l.Issuer, "an unnamed issuer")+": "+l.Counts)
	}
}

func factID(f *ledger.Fact) string { return f.Source + " " + f.Subject + " " + f.Key }

// roleOf is in which capacity the issuer speaks, as far as this node can tell: a
// document may claim what it likes.
func (s *search) roleOf(v *advisory.VEX, f *ledger.Fact) vex.Role {
	switch {
	case s.ours(f.Source):
		return vex.Analyst
	case v.Issuer == "":
		return vex.Unknown
	case slices.ContainsFunc(s.target.Makers, func(m string) bool { return m != "" && software.Fold(m) == software.Fold(v.Issuer) }):
		return vex.Maker
	}
	return vex.ThirdParty
}

// thing is the component of a finding, as statements may name it.
func (s *search) thing(f *Finding) vex.Thing {
	if f.own {
		return s.release()
	}
	t := vex.Thing{PURL: f.Component, Names: []string{f.Name}, Version: f.Version}
	if !strings.HasPrefix(f.Component, "pkg:") {
		t.PURL, t.CPEs = "", []string{f.Component}
	}
	return t
}

// release is the release that is asked about, as statements may name it.
func (s *search) release() vex.Thing {
	return vex.Thing{PURL: s.target.ID, CPEs: s.target.CPEs, Digests: s.target.Digests, Names: s.target.Names, Version: s.target.Version}
}
