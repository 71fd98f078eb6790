package cli

import (
	"strings"

	"countersign.dev/internal/decision"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/party"
	"countersign.dev/internal/party/ownership"
)

// cardControl prints what the rules about ownership make of the subject, where
// they have something to go by.
func (a *app) cardControl(c *decision.Control) {
	if !c.OFAC50.Known && !c.BISAffiliates.Known {
		return
	}
	a.line("")
	a.line("%s", a.style(bold, "ownership"))
	a.finding("OFAC 50 percent", &c.OFAC50)
	a.finding("BIS affiliates", &c.BISAffiliates)
}

// mostProof is how many stakes of a proof are printed.
const mostProof = 20

// finding prints one rule's state, and its proof, owners last.
func (a *app) finding(rule string, f *dossier.Finding) {
	a.paragraph("  "+pad(rule, 17), a.style(stateColours[f.State], string(f.State))+": "+f.Why)
	for i := range f.Proof {
		if i == mostProof {
			a.line("    and %d more stakes; all of them with --format json", len(f.Proof)-i)
			return
		}
		a.paragraph("    ", f.Proof[i].Holder.Name+" holds "+stakes(&f.Proof[i])+" of "+f.Proof[i].Held.Name+days(&f.Proof[i]))
	}
}

var stateColours = map[ownership.State]colour{
	ownership.Blocked: red, ownership.Undetermined: yellow, ownership.Flagged: yellow, ownership.NotBlocked: green,
}

// showControl prints who holds a subject and whom it holds.
func (a *app) showControl(c *dossier.Control) {
	if len(c.Owners)+len(c.Holdings) == 0 {
		return
	}
	a.cardControl(&decision.Control{OFAC50: c.OFAC50, BISAffiliates: c.BISAffiliates})
	a.section("owners", len(c.Owners))
	for i := range c.Owners {
		h := &c.Owners[i]
		state := ""
		if h.HolderState != ownership.NotBlocked && h.HolderState != "" {
			state = ", " + string(h.HolderState)
		}
		a.paragraph("  ", h.Holder.Name+state+": "+a.held(h))
	}
	a.section("holdings", len(c.Holdings))
	for i := range c.Holdings {
		a.paragraph("  ", c.Holdings[i].Held.Name+": "+a.held(&c.Holdings[i]))
	}
	if c.Cut != "" {
		a.paragraph("  ", c.Cut)
	}
}

// held says what an interest is, since when, and who states it.
func (a *app) held(h *dossier.Holding) string {
	words := []string{stakes(h) + days(h)}
	if h.Contradicted {
		words = append(words, "sources differ")
	}
	if h.Indirect {
		words = append(words, "the source's own sum, which no rule counts")
	}
	if h.Note != "" {
		words = append(words, h.Note)
	}
	var sources []string
	for i := range h.Evidence {
		sources = append(sources, sourceOf(&h.Evidence[i]))
	}
	return join("  ", strings.Join(words, "; "), strings.Join(sources, " "))
}

// stakes says which shares and what control a holding consists of.
func stakes(h *dossier.Holding) string {
	var words []string
	if h.Economic != nil {
		words = append(words, shareText(h.Economic)+" of the capital")
	}
	if h.Voting != nil {
		words = append(words, shareText(h.Voting)+" of the votes")
	}
	if h.Control != party.ControlNone {
		words = append(words, "control ("+string(h.Control)+")")
	}
	if len(words) == 0 {
		return "an interest of unknown size"
	}
	return strings.Join(words, ", ")
}

// shareText is a share for people.
func shareText(s *party.Stake) string {
	switch {
	case s.Min == s.Max:
		return s.Min + " %"
	case s.Min == "0" && s.Max == "100":
		return "an unknown share"
	case s.Min == "0":
		return "up to " + s.Max + " %"
	case s.Max == "100":
		return s.Min + " % or more"
	}
	return s.Min + " to " + s.Max + " %"
}

// days says from when to when a holding is stated.
func days(h *dossier.Holding) string {
	if text := interval(set(h.From), set(h.To)); text != "" {
		return ", " + text
	}
	return ""
}
