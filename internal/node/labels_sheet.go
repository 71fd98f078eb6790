package node

import (
	"context"
	"encoding/json"
	"strings"
	"sync"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/catalogue"
	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/label"
	"countersign.dev/internal/label/sheet"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/screening/script"
)

// KeepEvidence imports a document that an application or an event rests on, for
// an audience. One that is held for it already is not imported again.
func (n *Node) KeepEvidence(ctx context.Context, by access.Reader, f intake.File, audience access.Audience) error {
	r, err := n.Import(ctx, by, []intake.File{f}, ImportOptions{Audience: audience})
	if err != nil {
		return err
	}
	if len(r.Failed) > 0 {
		return problem.New(problem.Invalid, "%s", strings.Join(r.Failed, "; "))
	}
	return nil
}

// ApplicationAudience is who may see an application and its evidence, for one
// who takes part in it.
func (n *Node) ApplicationAudience(ctx context.Context, by access.Reader, a *label.Application) (access.Audience, error) {
	scheme, err := n.scheme(ctx, access.Ask{Reader: by, At: access.At{Position: access.Now}}, a.Scheme)
	if err != nil {
		return access.Public, err
	}
	if maker := a.Party(label.Maker); maker.Organisation == "" {
		as, err := applicant(by, a)
		if err != nil {
			return access.Public, err
		}
		for i := range a.Parties {
			if a.Parties[i].Role == label.Maker {
				a.Parties[i].Organisation = as.Organisation
			}
		}
	}
	return n.applicationAudience(ctx, scheme, a)
}

// LabelSheet is a label as it is printed, with how its controls came out.
func (n *Node) LabelSheet(ctx context.Context, ask access.Ask, s *LabelState) (*sheet.Label, error) {
	t := s.Terms
	if t == nil || s.Code == "" {
		return nil, problem.New(problem.Conflict, "label %s was not given: there is nothing to print", s.Label)
	}
	out := n.sheetOf(s.Label, n.LabelCode(&s.State), s.Scheme, t)
	b, _, err := n.LabelDocument(ctx, ask, s.Label)
	if err != nil {
		return nil, err
	}
	said, err := saidIn(b)
	if err != nil {
		return nil, err
	}
	set, err := n.LabelCriteria(ctx, ask, s.Label)
	if err != nil {
		return nil, err
	}
	out.Details = &sheet.Details{Met: statements(set, said.Met), NotMet: statements(set, said.NotMet), NotApplicable: statements(set, said.NotApplicable)}
	return out, nil
}

// saidIn is what a label's signed document says.
func saidIn(b []byte) (*label.Said, error) {
	env, err := dsse.Parse(b)
	if err != nil {
		return nil, err
	}
	var s label.Statement
	if err := json.Unmarshal(env.Payload, &s); err != nil {
		return nil, problem.New(problem.Invalid, "not a label's statement: %v", err)
	}
	return &s.Predicate.Annotations.Label, nil
}

// LabelSaid is what a label's signed document says, as it stood for the ask.
func (n *Node) LabelSaid(ctx context.Context, ask access.Ask, id string) (*label.Said, error) {
	b, _, err := n.LabelDocument(ctx, ask, id)
	if err != nil {
		return nil, err
	}
	return saidIn(b)
}

// statements are the titles of controls at the top of what a catalogue groups:
// ten capabilities say more on a package than eighty-eight outcomes.
func statements(set *catalogue.Set, refs []string) []string {
	in := map[string]bool{}
	for _, ref := range refs {
		in[ref] = true
	}
	var out []string
	for _, ref := range refs {
		id, control, _ := strings.Cut(ref, "/")
		c := set.Catalogue(id)
		if c == nil {
			continue
		}
		if ctl := c.Control(control); ctl != nil && (ctl.Parent == "" || !in[id+"/"+ctl.Parent]) {
			out = append(out, ctl.Title)
		}
	}
	return out
}

// press prints names in every script: in the fonts of the system where they have
// it, else as it is read.
var press = sync.OnceValue(func() *sheet.Press {
	return &sheet.Press{Fonts: sheet.SystemFonts("/usr/share/fonts", "/usr/local/share/fonts"), Latin: reading}
})

// reading is a name in Latin letters.
func reading(name string) string {
	if all := script.Readings(party.Fold(name)); len(all) > 0 {
		return all[0].Text
	}
	return name
}

// PrintLabel is a label as it is printed, in the form svg, png or pdf, and its
// media type. dots are those of a png, per inch.
func (n *Node) PrintLabel(ctx context.Context, ask access.Ask, s *LabelState, form string, dots int) (b []byte, mediaType string, err error) {
	drawn, err := n.LabelSheet(ctx, ask, s)
	if err != nil {
		return nil, "", err
	}
	return n.DrawSheet(drawn, form, dots)
}
