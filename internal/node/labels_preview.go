package node

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assessment"
	"countersign.dev/internal/label"
	"countersign.dev/internal/label/core"
	"countersign.dev/internal/label/sheet"
	"countersign.dev/internal/problem"
)

// LabelPreview is what a label would say, and look like, if it were given now.
type LabelPreview struct {
	Terms *label.Terms
	Sheet *sheet.Label
}

// PreviewLabel is a label before it is given, for those who have a part in it. Its
// code is of the size that the real one will have, but is signed by a key that
// is made for it and thrown away: no reader takes it for genuine.
func (n *Node) PreviewLabel(ctx context.Context, ask access.Ask, id string, opts IssueOptions) (*LabelPreview, error) {
	p, err := n.proceeding(ctx, n.moment(ask), id)
	if err != nil {
		return nil, err
	}
	today := access.DateOf(n.now())
	made, err := assessedOf(p.events, today)
	if err != nil {
		return nil, err
	}
	terms, err := p.terms(made, opts, today)
	if err != nil {
		return nil, err
	}
	url, err := n.specimenCode(p.id, terms)
	if err != nil {
		return nil, err
	}
	s := n.sheetOf(p.id, url, p.scheme, terms)
	s.Details = &sheet.Details{
		Met: statements(p.criteria, made.With(assessment.Met)), NotMet: statements(p.criteria, made.With(assessment.NotMet)), NotApplicable: statements(p.criteria, made.With(assessment.NotApplicable)),
	}
	return &LabelPreview{terms, s}, nil
}

// specimenCode is the address that a code would hold, under a key of nobody's.
func (n *Node) specimenCode(id string, t *label.Terms) (string, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return "", err
	}
	url, _, err := core.Encode(core.Core{
		ID: id, Maker: t.Party(label.Maker).Name, Product: t.Product, Tier: t.Tier, Issued: t.Authorised, ValidUntil: t.ValidUntil, SupportEnd: t.SupportEnd, Scheme: t.Scheme,
	}, strings.ToUpper(n.registry), key)
	return url, err
}

// sheetOf is the front of a label as it is printed.
func (n *Node) sheetOf(id, url string, s *label.Scheme, t *label.Terms) *sheet.Label {
	return &sheet.Label{
		URL: url, ID: id, Authority: t.Party(label.Administrator).Name, Scheme: s.Title, Tier: t.Tier, Tiers: s.Tiers,
		Maker: t.Party(label.Maker).Name, Product: t.Product, ValidUntil: t.ValidUntil, SupportEnd: t.SupportEnd,
		Address: strings.TrimPrefix(strings.TrimPrefix(n.registry, "https://"), "http://") + "/L/" + id,
	}
}

// DrawSheet draws a sheet in the form svg, png or pdf, and gives its media type.
// dots are those of a png, per inch.
func (n *Node) DrawSheet(l *sheet.Label, form string, dots int) (b []byte, mediaType string, err error) {
	switch form {
	case "svg":
		b, err = sheet.SVG(*l)
		return b, "image/svg+xml", err
	case "png":
		b, err = press().PNG(*l, dots)
		return b, "image/png", err
	case "pdf":
		b, err = press().PDF(*l)
		return b, "application/pdf", err
	}
	return nil, "", problem.New(problem.Invalid, "form %q: want svg, png or pdf", form)
}
