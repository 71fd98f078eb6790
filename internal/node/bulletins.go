package node

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
	"countersign.dev/internal/inventory"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/notice"
	"countersign.dev/internal/notice/bulletin"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/sharing/marking"
)

// NewBulletin is what all whom a subject concerns are told of it.
type NewBulletin struct {
	Subject  string
	Text     string // in the teller's own words; may be ""
	Marking  string // a TLP level; TLP:AMBER when ""
	Incident string // that it belongs to; "" for none
	// Only is the organisations that are told, as in audiences; all that are
	// concerned when there are none.
	Only []string
}

// PreviewBulletin is what Tell would tell, and records and sends nothing.
func (n *Node) PreviewBulletin(ctx context.Context, ask access.Ask, nb NewBulletin) (*bulletin.Bulletin, error) {
	from, err := n.teller(ctx, ask.Reader)
	if err != nil {
		return nil, err
	}
	ask, err = n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	if nb.Text, err = bulletin.CheckText(nb.Text); err != nil {
		return nil, err
	}
	level, err := marking.ParseTLP(cmp.Or(strings.TrimSpace(nb.Marking), "TLP:AMBER"))
	if err != nil {
		return nil, err
	}
	if level == marking.Red {
		return nil, problem.New(problem.Invalid, "TLP:RED is for the persons who are named and nobody else, and this tells organisations: want TLP:AMBER+STRICT or less")
	}
	if nb.Incident != "" {
		if err := n.mayTellOf(ctx, ask.Reader, nb.Incident); err != nil {
			return nil, err
		}
	}
	of, err := n.concernedUpTo(ctx, ask, nb.Subject, maxToldSystems)
	if err != nil {
		return nil, err
	}
	if of.Cut {
		return nil, problem.New(problem.TooLarge, "%s concerns more than can be told of at once, so somebody would be left out; tell of a part of it, as one version", strings.TrimSpace(nb.Subject))
	}
	if len(of.Systems) > manyToldSystems {
		for i := range of.Systems {
			of.Systems[i].Paths = of.Systems[i].Paths[:1]
		}
	}
	b := &bulletin.Bulletin{
		Subject: strings.TrimSpace(nb.Subject), Kind: of.kind, Text: nb.Text, Marking: level.String(), Incident: nb.Incident,
		Organisation: from, Member: ask.Reader.Member, At: ask.At.Date, Known: ask.At.Known, Position: ask.At.Position, Recorded: n.now(),
		Letters: []bulletin.Letter{}, Untold: []bulletin.Untold{},
	}
	if err := n.address(ctx, ask, b, of, nb.Only); err != nil {
		return nil, err
	}
	if err := n.discloseLetters(ctx, b, ask.Reader); err != nil {
		return nil, err
	}
	return b, b.Finish()
}

// discloseLetters writes down that readers are told of the shared objects in a
// bulletin's letters: one reader of all, or without one each organisation of its own.
func (n *Node) discloseLetters(ctx context.Context, b *bulletin.Bulletin, readers ...access.Reader) error {
	for i := range b.Letters {
		l := &b.Letters[i]
		to := readerOfLetter(l.Organisation)
		if len(readers) > 0 {
			to = readers[0]
		}
		for _, s := range l.Systems {
			if err := n.discloseWays(ctx, access.Ask{Reader: to}, s.Paths); err != nil {
				return err
			}
		}
	}
	return nil
}

// readerOfLetter is somebody who sees what every member of an organisation does.
func readerOfLetter(organisation string) access.Reader {
	return access.Reader{Member: "letter", Organisations: []string{organisation}}
}

// maxToldSystems bounds the systems that one bulletin tells of. Where there are
// more than manyToldSystems, of each only the shortest way is told: a bulletin is
// one document.
const (
	maxToldSystems  = 10_000
	manyToldSystems = 1000
)

// teller is the organisation for which a reader tells others: the one that runs
// the node, or the reader's own where nobody has set the node up.
func (n *Node) teller(ctx context.Context, by access.Reader) (string, error) {
	home, err := n.runBy(ctx)
	if err != nil {
		return "", err
	}
	if home.ID == "" && !by.Operator && by.MayWrite() && len(by.Organisations) > 0 {
		return by.Organisations[0], nil
	}
	as, err := mayAs(by, home.ID, "tell others what concerns them", access.RoleAdministrator, access.RoleAuthority, access.RoleAssessor, access.RoleAnalyst)
	return cmp.Or(as.Organisation, access.Operator.Member), err
}

// address writes a letter to each organisation that is concerned, or says why
// there is none.
func (n *Node) address(ctx context.Context, ask access.Ask, b *bulletin.Bulletin, of *Concern, only []string) error {
	for i := range of.Organisations {
		o := &of.Organisations[i]
		id := strings.TrimPrefix(o.Organisation, organisationPrefix)
		if len(only) > 0 && !slices.Contains(only, id) {
			continue
		}
		why := ""
		_, err := access.ParseAudience("org:" + id)
		switch {
		case o.Organisation == "":
			why = fmt.Sprintf("no inventory says whose %d systems are that are concerned", o.Systems)
		case err != nil:
			why = "nobody can be a member of an organisation of this id"
		}
		var l *bulletin.Letter
		if why == "" {
			if l, why, err = n.letter(ctx, ask, b, of, o); err != nil {
				return err
			}
		}
		if l == nil {
			b.Untold = append(b.Untold, bulletin.Untold{Organisation: id, Name: o.Name, Why: why})
			continue
		}
		if l.Ways, err = n.waysTo(ctx, ask, id); err != nil {
			return err
		}
		b.Letters = append(b.Letters, *l)
	}
	for _, id := range only {
		if b.Letter(id) == nil && !slices.ContainsFunc(b.Untold, func(u bulletin.Untold) bool { return u.Organisation == id }) {
			return problem.New(problem.Invalid, "organisation %s is not concerned by %s, as far as you may see", id, b.Subject)
		}
	}
	return nil
}

// organisationPrefix is what inventories put before the id that an organisation
// has in audiences.
const organisationPrefix = "organisation:"

// waysTo is how an organisation is reached: as this node was told, or else by
// the one address that inventories give of it. Where they give several, none is
// taken: anybody who hands in an inventory could name one.
func (n *Node) waysTo(ctx context.Context, ask access.Ask, organisation string) ([]bulletin.Way, error) {
	c, err := n.bulletins().Contact(ctx, organisation)
	if err != nil {
		return nil, err
	}
	out := []bulletin.Way{}
	if c != nil {
		for _, w := range []bulletin.Way{{Way: bulletin.ByMail, To: c.Mail}, {Way: bulletin.ByWebhook, To: c.Webhook}, {Way: bulletin.ByTAXII, To: c.Collection}} {
			if w.To != "" {
				out = append(out, w)
			}
		}
		return out, nil
	}
	facts, err := n.Ledger.Said(ctx, ask, []string{inventory.FactOrganisation}, organisationPrefix+organisation)
	if err != nil {
		return nil, err
	}
	var from int64
	given := map[string]bool{}
	for i := range facts {
		var o inventory.Organisation
		if f := &facts[i]; f.StatedOn(ask.At.Known) && f.Decode(&o) == nil && o.Contact != "" {
			given[o.Contact] = true
			from = max(from, f.Document)
		}
	}
	for to := range given {
		if len(given) == 1 && notice.CheckAddress(to) == nil {
			out = append(out, bulletin.Way{Way: bulletin.ByMail, To: to, From: from})
		}
	}
	return out, nil
}

// Tell tells all whom a subject concerns. When it returns, that is durable, the
// letters are documents that their organisations see, and what has to go out by
// mail, webhook or TAXII goes out by a server, be it another.
func (n *Node) Tell(ctx context.Context, ask access.Ask, nb NewBulletin) (*Notice, error) {
	b, err := n.PreviewBulletin(ctx, ask, nb)
	if err != nil {
		return nil, err
	}
	if len(b.Letters) == 0 {
		return nil, problem.New(problem.NotFound, "there is nobody to tell: no organisation that you may see is concerned by %s, or none may see why", b.Subject)
	}
	audience, err := access.ParseAudience("org:" + b.Organisation)
	if err != nil {
		return nil, err
	}
	held, err := n.documentsOf(ctx, access.Operator, b.ID)
	if err == nil {
		err = n.discloseLetters(ctx, b)
	}
	if err != nil {
		return nil, err
	}
	if len(held) == 0 {
		bytes, err := json.Marshal(b)
		if err != nil {
			return nil, err
		}
		_, err = n.Ledger.Append(ctx, ledger.Edition{
			Audience: audience, Actor: ask.Reader.Member, Documents: []ledger.Document{bulletinDocument(bytes, bulletin.Kind, b.ID, b.ID, access.DateOf(b.Recorded))},
			Along: func(ctx context.Context, tx *db.Tx, position int64) error {
				return n.bulletins().Enqueue(ctx, tx, b, position)
			},
		})
		if err != nil {
			return nil, err
		}
	}
	if err := n.keepLetters(ctx); err != nil {
		return nil, err
	}
	if len(held) == 0 && b.Incident != "" {
		if err := n.toldInIncident(ctx, ask.Reader, b); err != nil {
			return nil, fmt.Errorf("all were told by %s, and %s does not say so: %w", b.ID, b.Incident, err)
		}
	}
	return n.Notice(ctx, access.Ask{Reader: ask.Reader}, b.ID)
}

// bulletinDocument is a document of a bulletin, by itself no list of anything.
func bulletinDocument(b []byte, kind, id, part string, published access.Date) ledger.Document {
	return ledger.Document{Bytes: b, Kind: kind, Source: "bulletin/" + id, Part: part, Name: part + ".json", Published: published, Mode: ledger.Increment}
}

// keepLetters makes documents of letters that are not yet.
func (n *Node) keepLetters(ctx context.Context) error {
	_, err := bulletin.NewPost(bulletin.Options{Book: n.bulletins(), Ledger: n.Ledger, Keep: n.keepLetter, Logger: n.log}).Step(ctx)
	return err
}

// keepLetter makes a letter a document that its organisation and whoever tells
// see. Its bytes follow from the bulletin, so it is one however often it is
// appended.
func (n *Node) keepLetter(ctx context.Context, of *bulletin.Bulletin, l *bulletin.Letter) error {
	audience, err := betweenBoth(of.Organisation, l.Organisation)
	if err != nil {
		return err
	}
	b, err := json.Marshal(l)
	if err != nil {
		return err
	}
	_, err = n.Ledger.Append(ctx, ledger.Edition{
		Audience: audience, Actor: of.Member, Documents: []ledger.Document{bulletinDocument(b, bulletin.KindLetter, of.ID, l.ID, access.DateOf(of.Recorded))},
	})
	return err
}

// betweenBoth is the audience of whoever tells and whoever is told.
func betweenBoth(a, b string) (access.Audience, error) {
	if a == b {
		return access.ParseAudience("org:" + a)
	}
	return access.ParseAudience("org:" + a + "|org:" + b)
}

// bulletins is the book of how organisations are reached.
func (n *Node) bulletins() *bulletin.Book { return &bulletin.Book{DB: n.DB, Now: n.now} }
