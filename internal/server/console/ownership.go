package console

import (
	"fmt"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/party"
	"countersign.dev/internal/party/ownership"
)

// ownershipView is who holds a party and whom it holds: what the rules make of
// it, a drawing, and tables that say the same as the drawing and more.
type ownershipView struct {
	Rules  []controlView
	Graph  *graphView // nil where nobody holds it
	Tables []holdingsView
	Cut    string
}

// controlView is what one rule makes of the party.
type controlView struct {
	Title string
	dossier.Finding
	Tone string // of a verdict, for colour and shape
	More int    // stakes of the proof that are not shown
}

// mostProof is how many stakes of a proof are written out.
const mostProof = 40

// holdingView is one interest as the tables show it.
type holdingView struct {
	dossier.Holding
	Other          dossier.Party // the other end
	Capital, Votes string
	From, To       access.Date
	Reached, Proof bool
}

// ownershipOf is the view of a dossier's control; nil where no interest is
// held and the party is not listed either.
func ownershipOf(d *dossier.Dossier, m Moment) *ownershipView {
	c := &d.Control
	if len(c.Owners)+len(c.Holdings) == 0 {
		return nil
	}
	v := &ownershipView{Cut: c.Cut, Graph: drawOwners(d)}
	for _, r := range []controlView{{Title: "OFAC 50 percent rule", Finding: c.OFAC50}, {Title: "BIS Affiliates Rule", Finding: c.BISAffiliates}} {
		r.Tone = ownershipTone(r.State)
		if n := len(r.Proof); n > mostProof {
			r.Proof, r.More = r.Proof[:mostProof], n-mostProof
		}
		v.Rules = append(v.Rules, r)
	}
	proof := proofs(c)
	owners := holdingsView{Moment: m, Heading: "Owner", Caption: "Interests in this party, as sources state them for the day asked about."}
	for _, h := range c.Owners {
		row := holdingRow(h, h.Holder)
		row.Reached = h.HolderState == ownership.Blocked
		row.Proof = proof[[2]string{h.Holder.ID, h.Held.ID}]
		owners.Rows = append(owners.Rows, row)
	}
	held := holdingsView{Moment: m, Heading: "Held party", Caption: "Interests of this party in others."}
	for _, h := range c.Holdings {
		held.Rows = append(held.Rows, holdingRow(h, h.Held))
	}
	for _, table := range []holdingsView{owners, held} {
		if len(table.Rows) > 0 {
			v.Tables = append(v.Tables, table)
		}
	}
	return v
}

func holdingRow(h dossier.Holding, other dossier.Party) holdingView {
	return holdingView{Holding: h, Other: other, Capital: shareWords(h.Economic), Votes: shareWords(h.Voting), From: h.From, To: h.To}
}

// holdingsView is one of the tables, with the moment that its links keep.
type holdingsView struct {
	Moment           Moment
	Heading, Caption string
	Rows             []holdingView
}

// ownershipTone is the tone of the verdict that a state comes nearest to. A
// party that is not blocked has none, because it is no clean bill.
func ownershipTone(s ownership.State) string {
	switch s {
	case ownership.Blocked:
		return "deny"
	case ownership.Undetermined, ownership.Flagged:
		return "review"
	}
	return "none"
}

// proofs is the edges of a proof, of the first rule that has one.
func proofs(c *dossier.Control) map[[2]string]bool {
	out := map[[2]string]bool{}
	for _, h := range proofOf(c) {
		out[[2]string{h.Holder.ID, h.Held.ID}] = true
	}
	return out
}

// proofOf is the proof to be drawn.
func proofOf(c *dossier.Control) []dossier.Holding {
	if len(c.OFAC50.Proof) > 0 {
		return c.OFAC50.Proof
	}
	return c.BISAffiliates.Proof
}

// shareWords is a share for people; "" where nothing is stated.
func shareWords(s *party.Stake) string {
	switch {
	case s == nil:
		return ""
	case s.Min == s.Max:
		return s.Min + " %"
	case s.Min == "0" && s.Max == "100":
		return "unknown"
	case s.Min == "0":
		return "up to " + s.Max + " %"
	case s.Max == "100":
		return s.Min + " % or more"
	}
	return s.Min + " to " + s.Max + " %"
}

// graphView is the drawing: the party at the top and its owners below it, each
// under whom it holds, one step to the right. Lengths are pixels, so that it
// needs no more room than a phone has.
type graphView struct {
	Height int
	Nodes  []graphNode
	Edges  []graphEdge
}

type graphNode struct {
	X, Y, TextX, NameY, SaysY int
	Name, Says, Whole         string
	State                     string // "subject", "blocked", "undetermined", "not_blocked", "more"
}

type graphEdge struct {
	Path  string
	Proof bool
	Says  string
}

const (
	nodeHeight = 46
	stepWidth  = 24
	nodeLeft   = 12
	mostSteps  = 6  // levels drawn; deeper ones are in the proof's list
	mostDrawn  = 14 // owners drawn of one party
	nameLength = 38 // runes of a name on the first level
)

// drawOwners draws the owners of a party, and of those that the proof goes
// through theirs; nil where it has none.
func drawOwners(d *dossier.Dossier) *graphView {
	if len(d.Control.Owners) == 0 {
		return nil
	}
	g := &graphView{}
	above := map[string][]dossier.Holding{}
	for _, h := range proofOf(&d.Control) {
		if h.Held.ID != d.Subject.ID {
			above[h.Held.ID] = append(above[h.Held.ID], h)
		}
	}
	proof, drawn := proofs(&d.Control), map[string]bool{d.Subject.ID: true}
	var under func(parent, level int, owners []dossier.Holding)
	under = func(parent, level int, owners []dossier.Holding) {
		for i, h := range owners {
			if i == mostDrawn {
				at := g.node(level, fmt.Sprintf("and %d more, in the table", len(owners)-i), "", "more")
				g.edge(parent, at, false, "further owners")
				return
			}
			says, again := holdingWords(&h), drawn[h.Holder.ID]
			state := string(h.HolderState)
			if proof[[2]string{h.Holder.ID, h.Held.ID}] && state == "" {
				state = string(ownership.Blocked)
			}
			if again {
				says += ", drawn above"
			}
			at := g.node(level, h.Holder.Name, says, state)
			g.edge(parent, at, proof[[2]string{h.Holder.ID, h.Held.ID}], fmt.Sprintf("%s holds %s of %s", h.Holder.Name, says, h.Held.Name))
			if !again && level < mostSteps {
				drawn[h.Holder.ID] = true
				under(at, level+1, above[h.Holder.ID])
			}
		}
	}
	root := g.node(0, d.Subject.Name, "this party", "subject")
	under(root, 1, d.Control.Owners)
	g.Height = len(g.Nodes) * nodeHeight
	slices.SortStableFunc(g.Edges, func(a, b graphEdge) int { return boolOrder(a.Proof) - boolOrder(b.Proof) }) // the proof on top
	return g
}

func boolOrder(b bool) int {
	if b {
		return 1
	}
	return 0
}

// node puts a party on the next line and returns its number.
func (g *graphView) node(level int, name, says, state string) int {
	x, y := nodeLeft+level*stepWidth, len(g.Nodes)*nodeHeight+nodeHeight/2-4
	g.Nodes = append(g.Nodes, graphNode{
		X: x, Y: y, TextX: x + 15, NameY: y, SaysY: y + 16,
		Name: shortened(name, nameLength-3*level), Says: shortened(says, nameLength+4-3*level), Whole: strings.TrimSuffix(name+", "+says, ", "), State: state,
	})
	return len(g.Nodes) - 1
}

// edge joins a party with one of its owners.
func (g *graphView) edge(held, holder int, proof bool, says string) {
	a, b := g.Nodes[held], g.Nodes[holder]
	g.Edges = append(g.Edges, graphEdge{Path: fmt.Sprintf("M%d %dV%dH%d", a.X, a.Y+7, b.Y, b.X-7), Proof: proof, Says: says})
}

// holdingWords says in a few words what is held.
func holdingWords(h *dossier.Holding) string {
	var out []string
	if h.Economic != nil {
		out = append(out, shareWords(h.Economic)+" of capital")
	}
	if h.Voting != nil {
		out = append(out, shareWords(h.Voting)+" of votes")
	}
	if h.Control != party.ControlNone {
		out = append(out, words(string(h.Control)))
	}
	if len(out) == 0 {
		return "unknown share"
	}
	return strings.ReplaceAll(strings.Join(out, ", "), "unknown of", "unknown share of")
}

// shortened is text of at most n runes.
func shortened(text string, n int) string {
	runes := []rune(text)
	if len(runes) <= n {
		return text
	}
	return strings.TrimSpace(string(runes[:n-1])) + "…"
}
