package node

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/notice"
	"countersign.dev/internal/notice/bulletin"
	"countersign.dev/internal/problem"
)

// Notice is a bulletin as one reader sees it: whoever tells sees all whom it
// went to, whoever was told sees its own letter.
type Notice struct {
	ID       string            `json:"id"`
	Subject  string            `json:"subject"`
	Kind     string            `json:"kind"` // of the subject
	Text     string            `json:"text,omitempty"`
	Marking  string            `json:"marking"`
	Incident string            `json:"incident,omitempty"`
	From     string            `json:"from"` // organisation that tells
	Member   string            `json:"member,omitempty"`
	At       access.Date       `json:"at"`
	Recorded time.Time         `json:"recorded"`
	Document int64             `json:"document"` // position of the bulletin, or else of the letter
	Sent     bool              `json:"sent"`     // the reader is of whoever tells
	Told     []NoticeReceipt   `json:"told"`
	Untold   []bulletin.Untold `json:"untold"`
}

// NoticeReceipt is what became of one letter.
type NoticeReceipt struct {
	Letter       bulletin.Letter            `json:"letter"`
	Deliveries   []bulletin.Delivery        `json:"deliveries"` // none for whoever was told
	Acknowledged []bulletin.Acknowledgement `json:"acknowledged"`
}

// Notices is the newest bulletins and letters that a reader may see.
func (n *Node) Notices(ctx context.Context, ask access.Ask, limit int) ([]Notice, error) {
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	limit = min(max(limit, 1), maxNotices)
	var ids []string
	newest := map[string]int64{}
	for _, kind := range []string{bulletin.Kind, bulletin.KindLetter} {
		entries, err := n.Ledger.List(ctx, ask, ledger.Filter{Kind: kind, Newest: true, Limit: limit})
		if err != nil {
			return nil, err
		}
		for i := range entries {
			id := strings.TrimPrefix(entries[i].Source, "bulletin/")
			if newest[id] == 0 {
				ids = append(ids, id)
			}
			newest[id] = max(newest[id], entries[i].Position)
		}
	}
	slices.SortFunc(ids, func(a, b string) int { return cmp.Compare(newest[b], newest[a]) })
	out := []Notice{}
	for _, id := range ids[:min(len(ids), limit)] {
		one, err := n.Notice(ctx, ask, id)
		if problem.KindOf(err) == problem.NotFound {
			continue // withdrawn
		}
		if err != nil {
			return nil, err
		}
		out = append(out, *one)
	}
	return out, nil
}

// maxNotices is how many are listed.
const maxNotices = 200

// documentsOf is the documents of a bulletin that a reader may see.
func (n *Node) documentsOf(ctx context.Context, reader access.Reader, id string) ([]ledger.Entry, error) {
	if !strings.HasPrefix(id, "b-") || len(id) > 64 {
		return nil, noNotice(id)
	}
	ask, err := n.Ledger.Resolve(ctx, access.Ask{Reader: reader, At: access.At{Known: access.Forever}})
	if err != nil {
		return nil, err
	}
	return n.Ledger.List(ctx, ask, ledger.Filter{Source: "bulletin/" + id, Limit: maxNoticeDocuments})
}

// maxNoticeDocuments bounds the letters and acknowledgements of one bulletin.
const maxNoticeDocuments = 20_000

func noNotice(id string) error { return problem.New(problem.NotFound, "there is no notice %q", id) }

// Notice is one bulletin by its id, with its receipts.
func (n *Node) Notice(ctx context.Context, ask access.Ask, id string) (*Notice, error) {
	entries, err := n.documentsOf(ctx, ask.Reader, id)
	if err != nil {
		return nil, err
	}
	out := &Notice{ID: id, Told: []NoticeReceipt{}, Untold: []bulletin.Untold{}}
	read := access.Ask{Reader: ask.Reader, At: access.At{Known: access.Forever, Position: access.Now}}
	acks := map[string][]bulletin.Acknowledgement{}
	for i := range entries {
		e := &entries[i]
		body, err := n.Ledger.Body(ctx, read, e.Position)
		if problem.KindOf(err) == problem.NotFound {
			continue // withdrawn
		}
		if err != nil {
			return nil, err
		}
		if err := out.add(e, body, acks); err != nil {
			return nil, err
		}
	}
	if out.Document == 0 {
		return nil, noNotice(id)
	}
	var deliveries []bulletin.Delivery
	if out.Sent {
		if deliveries, err = n.bulletins().Deliveries(ctx, id); err != nil {
			return nil, err
		}
	}
	for i := range out.Told {
		t := &out.Told[i]
		t.Acknowledged = append([]bulletin.Acknowledgement{}, acks[t.Letter.ID]...)
		t.Deliveries = []bulletin.Delivery{}
		for _, d := range deliveries {
			if d.Organisation == t.Letter.Organisation {
				t.Deliveries = append(t.Deliveries, d)
			}
		}
		if !out.Sent {
			t.Letter.Ways = []bulletin.Way{} // how it is reached is whoever tells' to know
		}
	}
	return out, nil
}

// add takes one document of a bulletin into what a reader sees of it. The
// bulletin itself has all letters.
func (o *Notice) add(e *ledger.Entry, body []byte, acks map[string][]bulletin.Acknowledgement) error {
	switch e.Kind {
	case bulletin.Kind:
		b, err := bulletin.Parse(body)
		if err != nil {
			return err
		}
		o.Subject, o.Kind, o.Text, o.Marking, o.Incident, o.From, o.Member = b.Subject, b.Kind, b.Text, b.Marking, b.Incident, b.Organisation, b.Member
		o.At, o.Recorded, o.Document, o.Sent, o.Untold = b.At, b.Recorded, e.Position, true, b.Untold
		o.Told = o.Told[:0]
		for _, l := range b.Letters {
			o.Told = append(o.Told, NoticeReceipt{Letter: l})
		}
	case bulletin.KindLetter:
		if o.Sent {
			return nil
		}
		l, err := bulletin.ParseLetter(body)
		if err != nil {
			return err
		}
		o.Subject, o.Kind, o.Text, o.Marking, o.From, o.At, o.Recorded, o.Document = l.Subject, l.Kind, l.Text, l.Marking, l.From, l.At, l.Recorded, e.Position
		o.Told = append(o.Told, NoticeReceipt{Letter: *l})
	case bulletin.KindAcknowledgement:
		a, err := bulletin.ParseAcknowledgement(body)
		if err != nil {
			return err
		}
		acks[a.Letter] = append(acks[a.Letter], *a)
	}
	return nil
}

// Acknowledge says that a member has taken notice of what its organisation was
// told; of several organisations that it belongs to, for each. Said again, it
// changes nothing.
func (n *Node) Acknowledge(ctx context.Context, by access.Reader, id, text string) (*Notice, error) {
	seen, err := n.Notice(ctx, access.Ask{Reader: by}, id)
	if err != nil {
		return nil, err
	}
	found := false
	for i := range seen.Told {
		t := &seen.Told[i]
		if !slices.Contains(by.Organisations, t.Letter.Organisation) {
			continue
		}
		found = true
		a := bulletin.Acknowledgement{Bulletin: id, Letter: t.Letter.ID, Organisation: t.Letter.Organisation, By: by.Member, Text: text}
		if err := n.acknowledge(ctx, t, a); err != nil {
			return nil, err
		}
	}
	if !found {
		return nil, problem.New(problem.Denied, "%s is a member of no organisation that was told; only those acknowledge", by.Member)
	}
	return n.Notice(ctx, access.Ask{Reader: by}, id)
}

// acknowledge appends an acknowledgement, unless the same person gave one.
func (n *Node) acknowledge(ctx context.Context, t *NoticeReceipt, a bulletin.Acknowledgement) error {
	var err error
	if a.Text, err = bulletin.CheckText(a.Text); err != nil {
		return err
	}
	if slices.ContainsFunc(t.Acknowledged, func(h bulletin.Acknowledgement) bool { return h.By == a.By && h.Link == a.Link && h.Text == a.Text }) {
		return nil
	}
	audience, err := betweenBoth(t.Letter.From, t.Letter.Organisation)
	if err != nil {
		return err
	}
	a.Recorded = n.now()
	b, err := a.Marshal()
	if err != nil {
		return err
	}
	_, err = n.Ledger.Append(ctx, ledger.Edition{
		Audience: audience, Actor: a.By, Documents: []ledger.Document{bulletinDocument(b, bulletin.KindAcknowledgement, a.Bulletin, "acknowledgement", access.DateOf(a.Recorded))},
	})
	if err != nil {
		return err
	}
	return n.acknowledgedInIncident(ctx, &a)
}

// LinkedLetter is the letter that a link leads to, and where the link was sent.
// Whoever has the link may see it.
func (n *Node) LinkedLetter(ctx context.Context, delivery, token string) (*NoticeReceipt, string, error) {
	position, organisation, to, err := n.bulletins().Linked(ctx, delivery, token)
	if err != nil {
		return nil, "", err
	}
	ask := access.Ask{Reader: access.Operator, At: access.At{Known: access.Forever, Position: access.Now}}
	body, err := n.Ledger.Body(ctx, ask, position)
	if err != nil {
		return nil, "", err
	}
	b, err := bulletin.Parse(body)
	if err != nil {
		return nil, "", err
	}
	whole, err := n.Notice(ctx, ask, b.ID)
	if err != nil {
		return nil, "", err
	}
	for i := range whole.Told {
		if t := &whole.Told[i]; t.Letter.Organisation == organisation {
			t.Deliveries, t.Letter.Ways = nil, nil
			return t, to, nil
		}
	}
	return nil, "", noNotice(b.ID)
}

// AcknowledgeLink acknowledges a letter by the link that was sent with it.
func (n *Node) AcknowledgeLink(ctx context.Context, delivery, token, text string) (*NoticeReceipt, error) {
	t, to, err := n.LinkedLetter(ctx, delivery, token)
	if err != nil {
		return nil, err
	}
	a := bulletin.Acknowledgement{Bulletin: t.Letter.Bulletin, Letter: t.Letter.ID, Organisation: t.Letter.Organisation, By: to, Link: true, Text: text}
	if err := n.acknowledge(ctx, t, a); err != nil {
		return nil, err
	}
	t, _, err = n.LinkedLetter(ctx, delivery, token)
	return t, err
}

// NoticeContacts is how organisations are reached that a reader may know of:
// for whoever runs the node all, for others their own.
func (n *Node) NoticeContacts(ctx context.Context, by access.Reader) ([]bulletin.Contact, error) {
	all, err := n.bulletins().Contacts(ctx)
	if err != nil {
		return nil, err
	}
	home, err := n.runBy(ctx)
	if err != nil {
		return nil, err
	}
	runs := by.Operator || home.ID != "" && slices.Contains(by.Organisations, home.ID)
	return slices.DeleteFunc(all, func(c bulletin.Contact) bool { return !runs && !slices.Contains(by.Organisations, c.Organisation) }), nil
}

// SetNoticeContact keeps how an organisation is reached. Its own administrators
// may say so, and those of the organisation that runs the node. The secret of a
// webhook that is new is given this once.
func (n *Node) SetNoticeContact(ctx context.Context, by access.Reader, c bulletin.Contact) (notice.Secret, error) {
	home, err := n.runBy(ctx)
	if err != nil {
		return "", err
	}
	if !by.Operator && by.Roles[c.Organisation] != access.RoleAdministrator && (home.ID == "" || by.Roles[home.ID] != access.RoleAdministrator) {
		return "", problem.New(problem.Denied, "only administrators of %s, or of who runs the node, say how it is reached", c.Organisation)
	}
	c.Member = by.Member
	return n.bulletins().SetContact(ctx, c, by.Operator)
}
