package vex

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"countersign.dev/internal/advisory"
)

// Role is in which capacity an issuer speaks, as far as the caller knows.
type Role int

// The roles, in order of trust.
const (
	Unknown    Role = iota // nobody whose word counts
	ThirdParty             // a distributor, a coordinator, another user
	Maintainer             // of the component
	Maker                  // of the release; about a component wherever it is it counts as Maintainer
	Analyst                // of one's own organisation, with the authority to judge
)

func (r Role) String() string {
	return [...]string{"unknown", "third party", "maintainer of the component", "maker of the release", "own analyst"}[r]
}

// Held is a statement and who makes it.
type Held struct {
	advisory.VEX
	ID       string // by which the caller knows it
	Role     Role
	Verified bool // the statement is known to be its issuer's, by a signature or because it was made here
}

// Target is what is asked about: a weakness in a component of a release. The
// component may be the release itself.
type Target struct {
	Weakness  []string // every id of it
	Component Thing
	Release   Thing
}

// Reach is of what a statement speaks.
type Reach int

// The reaches.
const (
	Anywhere Reach = iota + 1 // of the component, in whatever it is
	Here                      // of this release, or of the component within it
)

// Applied is a statement that speaks of the target, and what it weighs.
type Applied struct {
	Held
	Reach       Reach
	OfProduct   Specificity // how closely it names what it is said of
	OfComponent Specificity // and the component within that
	Trust       Role        // as far as it is verified
	Counts      string      // as which status, see [Effective]
	Rule        string      // by which it yields; "" for the one that counts
}

// Doubt is a statement of which it cannot be told whether it speaks of the
// target.
type Doubt struct {
	Held
	Why string
}

// Resolution is which statement counts.
type Resolution struct {
	Winner *Applied // nil when none speaks of the target
	Status string   // the winner's; "" without one
	Rule   string   // by which it counts more than the next
	// Contested tells that the winner is not undisputed: another of the same
	// weight says something else, or someone more trusted is less favourable in
	// more general terms.
	Contested bool
	Losers    []Applied // the strongest first
	Doubts    []Doubt
}

// rules are by what one statement counts more than another, the first that
// tells them apart. Only the last two do not weigh, but settle.
var rules = []struct {
	name    string
	compare func(a, b *Applied) int
}{
	{"its issuer is known, that of others is not", func(a, b *Applied) int { return cmp.Compare(min(a.Trust, ThirdParty), min(b.Trust, ThirdParty)) }},
	{"it is about this release, others are about the component wherever it is", func(a, b *Applied) int { return cmp.Compare(a.Reach, b.Reach) }},
	{"it names the product more closely", func(a, b *Applied) int { return cmp.Compare(a.OfProduct, b.OfProduct) }},
	{"it names the component more closely", func(a, b *Applied) int { return cmp.Compare(a.OfComponent, b.OfComponent) }},
	{"its issuer is trusted more", func(a, b *Applied) int { return cmp.Compare(a.Trust, b.Trust) }},
	{"it is newer", func(a, b *Applied) int { return instant(a.Issued).Compare(instant(b.Issued)) }},
	{settled, func(a, b *Applied) int { return -cmp.Compare(favour[a.Counts], favour[b.Counts]) }},
}

const (
	settled  = "of contradicting statements of one weight the less favourable counts"
	repeated = "others say the same"
	only     = "nobody says otherwise"
)

// Resolve says which of several statements about one target counts. The order
// in which they are given does not matter.
//
// Statements of unknown issuers yield to all others. Then one about this release
// counts more than one about the component wherever it is; one that names its
// subject more closely, more than one in general terms; one of a more trusted
// issuer, and then a newer one, more than others. Of contradicting ones that
// weigh the same the less favourable counts, and that they contradict is told.
func Resolve(statements []Held, target Target) Resolution {
	weakness := map[string]bool{}
	for _, id := range target.Weakness {
		weakness[strings.ToUpper(id)] = true
	}
	release, component := target.Release.read(), target.Component.read()
	var out Resolution
	var applied []Applied
	for _, h := range statements {
		if !h.about(weakness) {
			continue
		}
		a, doubt := h.apply(release, component)
		switch {
		case a.Reach != 0:
			applied = append(applied, a)
		case doubt != "":
			out.Doubts = append(out.Doubts, Doubt{h, doubt})
		}
	}
	slices.SortFunc(out.Doubts, func(a, b Doubt) int { return a.Held.settle(&b.Held) })
	if len(applied) == 0 {
		return out
	}
	slices.SortFunc(applied, func(a, b Applied) int {
		if _, c := weigh(&a, &b); c != 0 {
			return -c
		}
		return a.Held.settle(&b.Held)
	})
	out.Winner, out.Losers = &applied[0], applied[1:]
	out.Status, out.Rule = out.Winner.Counts, only
	for i := range out.Losers {
		out.Losers[i].Rule = out.against(&out.Losers[i])
	}
	if len(out.Losers) > 0 {
		out.Rule = out.Losers[0].Rule
	}
	return out
}

// against is by which rule the winner counts more than l; it notes where that
// is in dispute.
func (r *Resolution) against(l *Applied) string {
	rule, _ := weigh(r.Winner, l)
	if rule == "" {
		return repeated
	}
	if rule == settled || l.Trust > r.Winner.Trust && favour[l.Counts] < favour[r.Winner.Counts] {
		r.Contested = true
	}
	return rule
}

// weigh compares two statements by the rules, and names the one that tells
// them apart.
func weigh(a, b *Applied) (rule string, order int) {
	for _, r := range rules {
		if c := r.compare(a, b); c != 0 {
			return r.name, c
		}
	}
	return "", 0
}

// settle puts statements in some order that is always the same.
func (h *Held) settle(other *Held) int {
	if c := cmp.Or(strings.Compare(h.Document, other.Document), strings.Compare(h.ID, other.ID)); c != 0 {
		return c
	}
	a, _ := json.Marshal(h)
	b, _ := json.Marshal(other)
	return strings.Compare(string(a), string(b))
}

// about reports whether the statement is about one of the ids.
func (h *Held) about(weakness map[string]bool) bool {
	return weakness[strings.ToUpper(h.Weakness)] ||
		slices.ContainsFunc(h.Aliases, func(id string) bool { return weakness[strings.ToUpper(id)] })
}

// apply works out whether the statement speaks of the component of the release,
// and what it weighs. Its reach is 0 when it does not; doubt says when that
// cannot be told.
func (h *Held) apply(release, component *thing) (a Applied, doubt string) {
	a = Applied{Held: *h, Counts: Effective(&h.VEX), Trust: h.Role}
	if !h.Verified {
		a.Trust = Unknown
	}
	var product, part outcome
	switch {
	case h.Product == "":
		product = component.named(h.Component, h.Versions)
		a.reached(Anywhere, product, outcome{})
	case h.Component != "":
		if product = release.named(h.Product, h.Versions); product == (outcome{}) {
			return a, ""
		}
		if part = component.named(h.Component, ""); part.specificity == Unnamed {
			return a, ""
		}
		a.reached(Here, product, part)
	default:
		if product = release.named(h.Product, h.Versions); product.specificity != Unnamed {
			a.reached(Here, product, outcome{})
			break
		}
		doubt = product.doubt
		product = component.named(h.Product, h.Versions)
		a.reached(Anywhere, product, outcome{})
	}
	return a, cmp.Or(product.doubt, doubt)
}

// reached notes that a statement applies, unless it does not name its subject.
func (a *Applied) reached(reach Reach, product, part outcome) {
	if product.specificity == Unnamed {
		return
	}
	a.Reach, a.OfProduct, a.OfComponent = reach, product.specificity, part.specificity
	if reach == Anywhere && a.Trust == Maker {
		a.Trust = Maintainer
	}
}
