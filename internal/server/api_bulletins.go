package server

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
	"countersign.dev/internal/notice"
	"countersign.dev/internal/notice/bulletin"
)

// Bulletins tell organisations that something concerns them.
type Bulletins interface {
	// PreviewBulletin is what Tell would tell; it records and sends nothing.
	PreviewBulletin(ctx context.Context, ask access.Ask, b node.NewBulletin) (*bulletin.Bulletin, error)
	// Tell tells all whom a subject concerns. On return that is durable.
	Tell(ctx context.Context, ask access.Ask, b node.NewBulletin) (*node.Notice, error)
	// Notices is the newest that a reader has sent or was told, Notice one by its
	// id.
	Notices(ctx context.Context, ask access.Ask, limit int) ([]node.Notice, error)
	Notice(ctx context.Context, ask access.Ask, id string) (*node.Notice, error)
	// Acknowledge says that a member has taken notice, for its organisations.
	Acknowledge(ctx context.Context, by access.Reader, id, text string) (*node.Notice, error)
	// NoticeContacts is how organisations are reached, as far as the reader may
	// know; SetNoticeContact says so, and gives the secret of a new webhook.
	NoticeContacts(ctx context.Context, by access.Reader) ([]bulletin.Contact, error)
	SetNoticeContact(ctx context.Context, by access.Reader, c bulletin.Contact) (notice.Secret, error)
}

// routeBulletins registers telling.
func (s *Server) routeBulletins(api huma.API) {
	register(s, api, operation{
		id: "bulletins", method: http.MethodGet, path: "/bulletins", tag: tagWatches,
		summary: "Who was told what",
		about:   "The bulletins that your organisation has sent, with what became of each letter, and the letters that it was sent, newest first.",
	}, s.bulletins)
	register(s, api, operation{
		id: "tell", method: http.MethodPost, path: "/bulletins", tag: tagWatches,
		summary: "Tell all whom something concerns",
		about: "Asks whom the subject concerns, as /impact does, and tells each of these organisations which of its systems are concerned and by which ways, as far as it may see them. " +
			"On return that is durable and the letters can be seen by their organisations; what goes by mail, webhook or TAXII follows.",
		right: toWrite, status: http.StatusCreated, errors: []int{http.StatusNotFound},
	}, s.tell)
	register(s, api, operation{
		id: "preview-bulletin", method: http.MethodPost, path: "/bulletins/preview", tag: tagWatches,
		summary: "See what all would be told",
		about:   "The bulletin with all its letters, and by which ways they would go. Nothing is recorded or sent.",
		right:   toWrite, errors: []int{http.StatusNotFound},
	}, s.previewBulletin)
	register(s, api, operation{
		id: "bulletin", method: http.MethodGet, path: "/bulletins/{bulletin}", tag: tagWatches,
		summary: "One bulletin, with its receipts",
		about:   "Whoever tells sees every letter, how it stands on each way, and who has acknowledged it; whoever was told sees its own letter.",
		errors:  []int{http.StatusNotFound},
	}, s.bulletin)
	register(s, api, operation{
		id: "acknowledge", method: http.MethodPost, path: "/bulletins/{bulletin}/acknowledge", tag: tagWatches,
		summary: "Say that you have taken notice",
		about:   "Acknowledges the letter to your organisation in your name. It is a document of the ledger, which both sides see. Said again with the same words, it changes nothing.",
		errors:  []int{http.StatusNotFound},
	}, s.acknowledge)
	register(s, api, operation{
		id: "notice-contacts", method: http.MethodGet, path: "/notice-contacts", tag: tagWatches,
		summary: "How organisations are reached",
		about:   "For whoever runs the node those of all organisations, for others their own. Where none is held, the one address that inventories give of an organisation is used.",
	}, s.noticeContacts)
	register(s, api, operation{
		id: "set-notice-contact", method: http.MethodPut, path: "/notice-contacts/{organisation}", tag: tagWatches,
		summary: "Say how an organisation is reached",
		about:   "Takes the place of what was held; without any way it ends it. The secret of a webhook that is new is given this once; messages are signed as Standard Webhooks 1.0.0 has it. It takes an administrator of the organisation, or of the one that runs the node.",
		right:   toWrite,
	}, s.setNoticeContact)
}

type bulletinsOutput struct{ Body NoticePage }

// NoticePage is some bulletins.
type NoticePage struct {
	Bulletins []node.Notice `json:"bulletins" doc:"The bulletins, newest first."`
}

type bulletinsInput struct {
	Limit int `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many at most."`
}

func (s *Server) bulletins(ctx context.Context, in *bulletinsInput) (*bulletinsOutput, error) {
	found, err := s.opts.Node.Notices(ctx, access.Ask{Reader: ReaderOf(ctx)}, in.Limit)
	if err != nil {
		return nil, err
	}
	return &bulletinsOutput{NoticePage{orEmpty(found)}}, nil
}

// BulletinRequest is what to tell.
type BulletinRequest struct {
	Subject       string   `json:"subject" minLength:"1" maxLength:"500" example:"CVE-2021-44228" doc:"As in /impact."`
	Text          string   `json:"text,omitempty" maxLength:"8000" doc:"Your own words to all of them."`
	Marking       string   `json:"marking,omitempty" maxLength:"20" example:"TLP:AMBER" doc:"A TLP level; TLP:AMBER when absent."`
	Incident      string   `json:"incident,omitempty" maxLength:"100" doc:"The incident that it belongs to."`
	Organisations []string `json:"organisations,omitempty" maxItems:"1000" doc:"Tell only these, by their ids; all that are concerned when absent."`
	At            string   `json:"at,omitempty" example:"2021-12-13" doc:"Whom it concerns on this day; today when absent."`
	Known         string   `json:"known,omitempty" example:"2021-12-13" doc:"Using only what had been published by this day; today when absent."`
}

type tellInput struct{ Body BulletinRequest }

func (in *tellInput) read(ctx context.Context) (access.Ask, node.NewBulletin, error) {
	b := node.NewBulletin{Subject: in.Body.Subject, Text: in.Body.Text, Marking: in.Body.Marking, Incident: in.Body.Incident, Only: in.Body.Organisations}
	if err := checkText("body.subject", b.Subject); err != nil {
		return access.Ask{}, b, err
	}
	ask, err := askOf(ctx, Moment{At: in.Body.At, Known: in.Body.Known})
	return ask, b, err
}

type noticeOutput struct{ Body *node.Notice }

func (s *Server) tell(ctx context.Context, in *tellInput) (*noticeOutput, error) {
	ask, b, err := in.read(ctx)
	if err != nil {
		return nil, err
	}
	told, err := s.opts.Node.Tell(ctx, ask, b)
	if err != nil {
		return nil, err
	}
	return &noticeOutput{told}, nil
}

type previewBulletinOutput struct{ Body *bulletin.Bulletin }

func (s *Server) previewBulletin(ctx context.Context, in *tellInput) (*previewBulletinOutput, error) {
	ask, b, err := in.read(ctx)
	if err != nil {
		return nil, err
	}
	found, err := s.opts.Node.PreviewBulletin(ctx, ask, b)
	if err != nil {
		return nil, err
	}
	return &previewBulletinOutput{found}, nil
}

type bulletinInput struct {
	Bulletin string `path:"bulletin" maxLength:"64" example:"b-0123456789abcdef0123" doc:"The bulletin's id."`
}

func (s *Server) bulletin(ctx context.Context, in *bulletinInput) (*noticeOutput, error) {
	found, err := s.opts.Node.Notice(ctx, access.Ask{Reader: ReaderOf(ctx)}, in.Bulletin)
	if err != nil {
		return nil, err
	}
	return &noticeOutput{found}, nil
}

// AcknowledgeRequest is what is said with an acknowledgement.
type AcknowledgeRequest struct {
	Text string `json:"text,omitempty" maxLength:"8000" doc:"What whoever told should know, as what you are doing about it."`
}

type acknowledgeInput struct {
	Bulletin string `path:"bulletin" maxLength:"64" example:"b-0123456789abcdef0123" doc:"The bulletin's id."`
	Body     AcknowledgeRequest
}

func (s *Server) acknowledge(ctx context.Context, in *acknowledgeInput) (*noticeOutput, error) {
	found, err := s.opts.Node.Acknowledge(ctx, ReaderOf(ctx), in.Bulletin, in.Body.Text)
	if err != nil {
		return nil, err
	}
	return &noticeOutput{found}, nil
}

type contactsOutput struct{ Body ContactPage }

// ContactPage is how some organisations are reached.
type ContactPage struct {
	Contacts []bulletin.Contact `json:"contacts" doc:"The contacts, by organisation."`
}

func (s *Server) noticeContacts(ctx context.Context, _ *struct{}) (*contactsOutput, error) {
	found, err := s.opts.Node.NoticeContacts(ctx, ReaderOf(ctx))
	if err != nil {
		return nil, err
	}
	return &contactsOutput{ContactPage{orEmpty(found)}}, nil
}

// ContactRequest is how an organisation is reached.
type ContactRequest struct {
	Mail       string `json:"mail,omitempty" maxLength:"254" example:"soc@example.org" doc:"An e-mail address."`
	Webhook    string `json:"webhook,omitempty" maxLength:"2000" example:"https://example.org/hook" doc:"Where to post letters to."`
	Collection string `json:"collection,omitempty" maxLength:"200" example:"fceb/indicators" doc:"A community and a collection into which letters are put as STIX notes, marked for the organisation alone."`
}

type setContactInput struct {
	Organisation string `path:"organisation" maxLength:"64" example:"treasury" doc:"The organisation's id."`
	Body         ContactRequest
}

type setContactOutput struct{ Body ContactSet }

// ContactSet is how an organisation is reached from now on.
type ContactSet struct {
	Organisation string `json:"organisation" doc:"The organisation's id."`
	Secret       string `json:"secret,omitempty" doc:"Of a webhook that is new; given only here."`
}

func (s *Server) setNoticeContact(ctx context.Context, in *setContactInput) (*setContactOutput, error) {
	secret, err := s.opts.Node.SetNoticeContact(ctx, ReaderOf(ctx), bulletin.Contact{Organisation: in.Organisation, Mail: in.Body.Mail, Webhook: in.Body.Webhook, Collection: in.Body.Collection})
	if err != nil {
		return nil, err
	}
	return &setContactOutput{ContactSet{in.Organisation, string(secret)}}, nil
}
