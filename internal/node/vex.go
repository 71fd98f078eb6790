package node

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/advisory/csaf"
	"countersign.dev/internal/advisory/findings"
	"countersign.dev/internal/advisory/openvex"
	"countersign.dev/internal/advisory/vex/jsondoc"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/software"
	"countersign.dev/internal/software/purl"
)

// Assertion is what an analyst says of a weakness in a release.
type Assertion struct {
	Weakness      string // id, as "CVE-2021-44228"
	Release       string // a purl
	Component     string // purl of a component of it; "" for the release as a whole
	Status        string // as OpenVEX writes it
	Justification string // likewise; not_affected wants one, or an impact
	Impact        string
	Action        string // affected wants one
	Audience      access.Audience
}

// Asserted is an analyst's statement as the ledger holds it.
type Asserted struct {
	advisory.VEX
	By       string    `json:"by"` // member
	At       time.Time `json:"at"`
	Position int64     `json:"position"`
	Digest   string    `json:"digest"`
	Audience string    `json:"audience"`
}

// Assert keeps what an analyst says. A later statement about the same weakness
// in the same thing takes the place of the earlier one.
func (n *Node) Assert(ctx context.Context, ask access.Ask, s Assertion) (*Asserted, error) {
	by := ask.Reader
	if !by.MayWrite() {
		return nil, problem.New(problem.Denied, "%s may not make statements; ask for a role other than reader", by.Member)
	}
	if !by.MaySee(s.Audience) {
		return nil, problem.New(problem.Denied, "%s is not in the audience %s and may not speak to it", by.Member, s.Audience)
	}
	if s.Audience.IsPublic() && !by.Is(access.RoleAdministrator) {
		return nil, problem.New(problem.Denied, "a statement for everybody changes everybody's answers; only an administrator may make it. For your organisation name its audience")
	}
	for what, id := range map[string]string{"release": s.Release, "component": s.Component} {
		if _, err := purl.Read(id); err != nil && (id != "" || what == "release") {
			return nil, problem.New(problem.Invalid, "%s %q: %s", what, id, problem.Message(err))
		}
	}
	now := n.now().UTC().Truncate(time.Second)
	organisation := findings.Operator
	if len(by.Organisations) > 0 {
		organisation = by.Organisations[0]
	}
	key := sha256.Sum256([]byte(strings.Join([]string{organisation, strings.ToUpper(s.Weakness), s.Release, s.Component}, "\n")))
	id := hex.EncodeToString(key[:10])
	body, err := openvex.Write(&openvex.Document{
		ID: "https://openvex.dev/docs/countersign/" + id, Author: author(by), Role: "analyst", Issued: now, Version: 1, Tooling: "countersign",
		Statements: []advisory.VEX{{
			Weakness: s.Weakness, Product: s.Release, Component: s.Component, Status: s.Status, Justification: s.Justification,
			Impact: s.Impact, Action: s.Action, Issued: now.Format(time.RFC3339),
		}},
	})
	if err != nil {
		return nil, err
	}
	r, err := openvex.Read(ctx, "statement", body, jsondoc.Limits{})
	if err != nil {
		return nil, fmt.Errorf("read back the statement: %w", err)
	}
	receipt, err := n.Ledger.Append(ctx, ledger.Edition{
		Documents: []ledger.Document{{
			Bytes: body, Kind: r.Kind, Source: findings.OwnSource(organisation, id), Name: "statement.openvex.json", Published: access.DateOf(n.now()),
			Rows: r.Rows, Mode: ledger.Chronicle, Statements: r.Statements,
		}},
		Audience: s.Audience, Actor: by.Member,
	})
	if err != nil {
		return nil, fmt.Errorf("keep the statement: %w", err)
	}
	ask.At = access.At{Position: receipt.Position}
	all, err := n.Assertions(ctx, ask, s.Release)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].Position == receipt.Documents[0].Position {
			return &all[i], nil
		}
	}
	return nil, problem.New(problem.Conflict, "another statement about %s took the place of this one", s.Weakness)
}

// author is who speaks: the member, for the organisations that it belongs to.
func author(by access.Reader) string {
	if len(by.Organisations) == 0 {
		return by.Member
	}
	return by.Member + " (" + strings.Join(by.Organisations, ", ") + ")"
}

// Assertions is what analysts say of a release; of all releases when it is "".
// They come by weakness, release and component.
func (n *Node) Assertions(ctx context.Context, ask access.Ask, release string) ([]Asserted, error) {
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	facts, err := n.Ledger.ByDocumentKind(ctx, ask, "advisory.openvex")
	if err != nil {
		return nil, err
	}
	facts = slices.DeleteFunc(facts, func(f ledger.Fact) bool {
		return !findings.IsOwnSource(f.Source) || f.Kind != advisory.FactVEX || !f.StatedOn(ask.At.Known)
	})
	var positions []int64
	for i := range facts {
		positions = append(positions, facts[i].Document)
	}
	entries, err := n.Ledger.Documents(ctx, ask, positions...)
	if err != nil {
		return nil, err
	}
	of := map[int64]ledger.Entry{}
	for _, e := range entries {
		of[e.Position] = e
	}
	out := []Asserted{}
	for i := range facts {
		e := of[facts[i].Document]
		a := Asserted{By: e.Actor, At: e.Received, Position: e.Position, Digest: e.Digest, Audience: facts[i].Audience.String()}
		if err := facts[i].Decode(&a.VEX); err != nil {
			return nil, fmt.Errorf("statement at %d: %w", e.Position, err)
		}
		if release == "" || software.Term("purl", a.Product) == software.Term("purl", release) {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, func(a, b Asserted) int {
		return strings.Compare(a.Weakness+"\n"+a.Product+"\n"+a.Component, b.Weakness+"\n"+b.Product+"\n"+b.Component)
	})
	return out, nil
}

// The forms in which statements are published, and their media types.
const (
	FormOpenVEX = "openvex"
	FormCSAF    = "csaf"
)

var mediaTypes = map[string]string{FormOpenVEX: "application/vnd.openvex+json", FormCSAF: "application/csaf+json"}

// Publication is statements as a document of a form.
type Publication struct {
	Form      string
	MediaType string
	Body      []byte
	// Envelope is the body in a DSSE envelope, signed with the log's key; nil on
	// a node without it.
	Envelope []byte
}

// Publish writes what analysts say of a release, or of all, as one document.
// Namespace is a URL of the publisher's, which CSAF wants.
func (n *Node) Publish(ctx context.Context, ask access.Ask, release, form, namespace string) (*Publication, error) {
	all, err := n.Assertions(ctx, ask, release)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, problem.New(problem.NotFound, "no analyst has said anything of %s", orAll(release))
	}
	p := &Publication{Form: form, MediaType: mediaTypes[form]}
	statements := make([]advisory.VEX, len(all))
	first, last := all[0].At, all[0].At
	for i, a := range all {
		statements[i] = a.VEX
		if a.At.Before(first) {
			first = a.At
		}
		if a.At.After(last) {
			last = a.At
		}
	}
	sum := sha256.Sum256([]byte(release))
	id := "countersign-" + hex.EncodeToString(sum[:6])
	switch form {
	case FormOpenVEX:
		p.Body, err = openvex.Write(&openvex.Document{
			ID: "https://openvex.dev/docs/countersign/" + id, Author: n.Ledger.Origin(), Role: "analyst", Issued: first.UTC(), Updated: last.UTC(), Version: len(all), Tooling: "countersign", Statements: statements,
		})
	case FormCSAF:
		p.Body, err = csaf.Write(&csaf.Document{
			ID: id, Title: "Exploitability of weaknesses in " + orAll(release), Engine: "countersign",
			Publisher: csaf.Publisher{Name: n.Ledger.Origin(), Namespace: namespace, Category: "user"},
			Revisions: []csaf.Revision{{Date: last.UTC(), Summary: "statements as of position " + fmt.Sprint(all[len(all)-1].Position)}}, Statements: statements,
		})
	default:
		err = problem.New(problem.Invalid, "form %q: want openvex or csaf", form)
	}
	if err != nil {
		return nil, err
	}
	p.Envelope, err = n.sign(ctx, p.MediaType, p.Body)
	return p, err
}

func orAll(release string) string {
	if release == "" {
		return "any release"
	}
	return release
}

// sign puts a body into a DSSE envelope, signed with the log's key; nil on a
// node without it. What DSSE signs begins with its name and the media type, so
// that it is never a checkpoint.
func (n *Node) sign(ctx context.Context, mediaType string, body []byte) ([]byte, error) {
	if n.signer == nil {
		return nil, nil
	}
	s, err := dsse.NewEnvelopeSigner(envelopeSigner{n})
	if err != nil {
		return nil, err
	}
	env, err := s.SignPayload(ctx, mediaType, body)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err = enc.Encode(env)
	return b.Bytes(), err
}

// envelopeSigner signs with the log's Ed25519 key.
type envelopeSigner struct{ node *Node }

func (s envelopeSigner) Sign(_ context.Context, data []byte) ([]byte, error) {
	return s.node.signer.Sign(data)
}

// KeyID is the log's public key as a note key.
func (s envelopeSigner) KeyID() (string, error) { return s.node.verifier, nil }
