package server

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"countersign.dev/internal/access"
	"countersign.dev/internal/label"
	"countersign.dev/internal/label/core"
	"countersign.dev/internal/node"
	"countersign.dev/internal/server/registry"
)

const labelsPath = "/labels"

// routeLabels registers the public registry's reads. Whoever brings no
// credentials is answered as everybody is; a member also sees the applications
// that it has part in.
func (s *Server) routeLabels(api huma.API) {
	open := func(o operation) operation {
		o.method, o.tag, o.open = http.MethodGet, tagLabels, true
		return o
	}
	register(s, api, open(operation{
		id: "labels", path: labelsPath, summary: "Find labels",
		about:  "By id. The fields of 47 CFR 8.222(b) come first. Whoever asks needs no credentials, and pages of other sites may ask.",
		errors: []int{http.StatusNotFound},
	}), s.labels)
	register(s, api, open(operation{
		id: "label", path: labelsPath + "/{id}", summary: "How a label stands",
		about:  "Status with its reason, what the label says, and what stands against it. Of a day before today also what was said on that day, where that was something else.",
		errors: []int{http.StatusNotFound},
	}), s.label)
	register(s, api, open(operation{
		id: "label-history", path: labelsPath + "/{id}/history", summary: "What happened to a label",
		about:  "Every public event, oldest first, each with its document's digest and its position in the log.",
		errors: []int{http.StatusNotFound},
	}), s.labelHistory)
	op := register(s, api, open(operation{
		id: "label-proof", path: labelsPath + "/{id}/proof", summary: "Prove an event of a label",
		about:  "The proof that the log holds the event, with a checkpoint, in the form of c2sp.org/tlog-proof. The bytes that it proves are at /labels/{id}/events/{event}.",
		errors: []int{http.StatusNotFound},
	}), s.labelProof)
	describeRaw(op, proofType, "The proof.", "Content-Type", "ETag")
	op = register(s, api, open(operation{
		id: "label-document", path: labelsPath + "/{id}/document", summary: "The signed label",
		about:  "An in-toto statement with a summary verification result, in a DSSE envelope, as the label stood at the moment.",
		errors: []int{http.StatusNotFound},
	}), s.labelDocument)
	describeRaw(op, envelopeType, "The envelope.", "Content-Type", "ETag")
}

// published is the authority's labels; an error on a node that publishes none.
func (s *Server) published() (Labels, error) {
	if s.opts.Labels == nil {
		return nil, newProblem(http.StatusNotFound, "this node publishes no labels")
	}
	return s.opts.Labels, nil
}

// AsOf is the moment that an answer is of.
type AsOf struct {
	At       access.Date `json:"at" doc:"The day the answer is about."`
	Known    access.Date `json:"known" doc:"Only what had been published by this day was used."`
	Position int64       `json:"position,omitempty" doc:"The ledger's position at which it was asked."`
}

type labelsInput struct {
	Q            string `query:"q" maxLength:"200" example:"cam" doc:"In id, product, model or the maker's name."`
	Scheme       string `query:"scheme" maxLength:"12" example:"iot-mark" doc:"Of this scheme."`
	Maker        string `query:"maker" maxLength:"200" doc:"Of the maker with this name, the whole of it; case does not matter."`
	Status       string `query:"status" enum:"active,suspended,expired,withdrawn,revoked,superseded,draft,applied,assessed" doc:"That stand so."`
	Tier         int    `query:"tier" minimum:"1" maximum:"99" doc:"Of this tier."`
	After        string `query:"after" maxLength:"11" doc:"The id after which the page begins."`
	Limit        int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"How many labels at most."`
	Applications bool   `query:"applications" doc:"Also those that are not public yet, as far as you may see them."`
	Moment
}

// openOutput is an answer that everybody may have, and keep while its ETag is
// the same.
type openOutput[T any] struct {
	ETag string `header:"ETag" doc:"Of the answer without its position; send it as If-None-Match."`
	Body T
}

// opened makes an answer. Its ETag leaves out the position, which moves on with
// every document of the ledger.
func opened[T any](body T, asOf *AsOf) (*openOutput[T], error) {
	position := asOf.Position
	asOf.Position = 0
	b, err := json.Marshal(body)
	asOf.Position = position
	if err != nil {
		return nil, err
	}
	return &openOutput[T]{ETag: "W/" + etagOf(b), Body: body}, nil
}

// LabelPage is a page of labels.
type LabelPage struct {
	Labels []LabelSummary `json:"labels" doc:"The labels, by id."`
	Next   string         `json:"next" doc:"Give it as after for the next page; empty on the last one."`
	AsOf   *AsOf          `json:"as_of" doc:"The moment that the answer is of."`
}

// LabelSummary is a label in a list.
type LabelSummary struct {
	registry.Fields
	ID         string      `json:"id" doc:"The label's number."`
	Since      access.Date `json:"since" doc:"From when it stands so."`
	Reason     string      `json:"reason" doc:"Why, in one sentence."`
	Scheme     string      `json:"scheme" doc:"Under whose rules it was given."`
	Tier       int         `json:"tier" doc:"Which it reached; 0 for a scheme without tiers."`
	Model      string      `json:"model" doc:"Of the product."`
	ValidFrom  access.Date `json:"valid_from" doc:"The first day on which it counts."`
	ValidUntil access.Date `json:"valid_until" doc:"The first day on which it no longer does."`
	ChangesOn  access.Date `json:"changes_on" doc:"The next day on which time alone changes its status; empty when there is none."`
}

func summaryOf(s *label.State) LabelSummary {
	out := LabelSummary{Fields: registry.FieldsOf(s), ID: s.Label, Since: s.Since, Reason: s.Reason, ChangesOn: s.ChangesOn}
	if t := s.Terms; t != nil {
		out.Scheme, out.Tier, out.Model, out.ValidFrom, out.ValidUntil = t.Scheme, t.Tier, t.Model, t.ValidFrom, t.ValidUntil
	}
	return out
}

func (s *Server) labels(ctx context.Context, in *labelsInput) (*openOutput[LabelPage], error) {
	all, err := s.published()
	if err != nil {
		return nil, err
	}
	ask, err := askOf(ctx, in.Moment)
	if err != nil {
		return nil, err
	}
	for name, text := range map[string]string{"q": in.Q, "scheme": in.Scheme, "maker": in.Maker} {
		if text == "" {
			continue
		}
		if err := checkText("query."+name, text); err != nil {
			return nil, err
		}
	}
	f := label.Filter{Text: in.Q, Scheme: in.Scheme, Maker: in.Maker, Status: label.Status(in.Status), Tier: in.Tier, Limit: in.Limit, Private: in.Applications}
	if in.After != "" {
		if f.After, err = core.ParseID(in.After); err != nil {
			return nil, invalid("query.after", "want a label's number, as the page before gave it")
		}
	}
	if past := in.Moment != (Moment{}); past || in.Q != "" || in.Maker != "" || in.Status != "" || in.Scheme != "" || in.Tier != 0 {
		leave, err := s.registry.EnterSearch(past)
		if err != nil {
			return nil, err
		}
		defer leave()
	}
	found, err := all.Labels(ctx, ask, f)
	if err != nil {
		return nil, err
	}
	page := LabelPage{Labels: make([]LabelSummary, len(found.Labels)), Next: found.Next, AsOf: &AsOf{At: found.At, Known: found.Known}}
	for i := range found.Labels {
		page.Labels[i] = summaryOf(&found.Labels[i])
	}
	return opened(page, page.AsOf)
}

type labelInput struct {
	ID string `path:"id" maxLength:"40" example:"7K3M9-2QXWF" doc:"The label's number, in any case, with or without the hyphen."`
	Moment
}

// LabelAnswer is how a label stands.
type LabelAnswer struct {
	LabelSummary
	Rule         string          `json:"rule" doc:"Of the scheme, by which it stands so; empty for none."`
	EndsBy       string          `json:"ends_by" enum:"validity,support-end," doc:"What ends it."`
	Tiers        int             `json:"tiers" doc:"How many the scheme has."`
	Profile      string          `json:"profile" doc:"What it was assessed against."`
	ProfileHash  string          `json:"profile_digest" doc:"The digest of the profile."`
	Controls     label.Tally     `json:"controls" doc:"How the controls of the profile came out."`
	Releases     []label.Release `json:"releases" doc:"What it covers."`
	Parties      []label.Party   `json:"parties" doc:"Who has part in it."`
	Grounds      []label.Ground  `json:"grounds" doc:"What stands against it, oldest first."`
	Warnings     []label.Ground  `json:"warnings" doc:"What will be a ground on the day it is due."`
	Reinstated   access.Date     `json:"reinstated" doc:"When it was last given back; empty for never."`
	SupersededBy string          `json:"superseded_by" doc:"The label that took its place; empty for none."`
	Document     string          `json:"document" doc:"The digest of the signed label."`
	Code         string          `json:"code" doc:"The address in its QR code."`
	StatusURL    string          `json:"status_url" doc:"Where people read of it."`
	Said         *LabelSaid      `json:"said,omitempty" doc:"What was said on the day itself, where that was something else."`
	AsOf         *AsOf           `json:"as_of" doc:"The moment that the answer is of."`
}

// LabelSaid is how a label was said to stand.
type LabelSaid struct {
	Status label.Status `json:"status" doc:"How it was said to stand."`
	Since  access.Date  `json:"since" doc:"From when."`
	Reason string       `json:"reason" doc:"Why."`
}

func (s *Server) label(ctx context.Context, in *labelInput) (*openOutput[LabelAnswer], error) {
	all, ask, err := s.labelAsk(ctx, in)
	if err != nil {
		return nil, err
	}
	state, err := all.Label(ctx, ask, in.ID)
	if err != nil {
		return nil, err
	}
	out := answerOf(all, state)
	return opened(out, out.AsOf)
}

// labelAsk is what a request about one label asks.
func (s *Server) labelAsk(ctx context.Context, in *labelInput) (Labels, access.Ask, error) {
	all, err := s.published()
	if err != nil {
		return nil, access.Ask{}, err
	}
	if _, err := core.ParseID(in.ID); err != nil {
		return nil, access.Ask{}, invalid("path.id", "is not a label's number")
	}
	ask, err := askOf(ctx, in.Moment)
	return all, ask, err
}

func answerOf(all Labels, s *node.LabelState) LabelAnswer {
	out := LabelAnswer{
		LabelSummary: summaryOf(&s.State), Rule: s.Rule, Tiers: s.Scheme.Tiers, Grounds: s.Grounds, Warnings: s.Warnings, Reinstated: s.Reinstated,
		SupersededBy: s.By, Document: s.Document, Code: all.LabelCode(&s.State), StatusURL: s.StatusURL,
		Releases: []label.Release{}, Parties: []label.Party{}, AsOf: &AsOf{s.At, s.Known, s.Position},
	}
	if t := s.Terms; t != nil {
		out.EndsBy, out.Profile, out.ProfileHash, out.Controls = t.EndsBy, t.Profile, t.ProfileHash, t.Controls
		out.Releases, out.Parties = orEmpty(slices.Clone(t.Releases)), orEmpty(t.Parties)
	}
	if s.Said != nil {
		out.Said = &LabelSaid{s.Said.Status, s.Said.Since, s.Said.Reason}
	}
	return out
}

// LabelHistory is what happened to a label.
type LabelHistory struct {
	ID     string       `json:"id" doc:"The label's number."`
	Events []LabelEvent `json:"events" doc:"What happened, oldest first."`
	AsOf   *AsOf        `json:"as_of" doc:"The moment that the answer is of."`
}

// LabelEvent is one thing that happened to a label. What an application says is
// in its document, for those who may see it.
type LabelEvent struct {
	Sequence     int               `json:"sequence" doc:"Its number; numbers that are missing are of events that are not public."`
	Kind         label.Kind        `json:"kind" doc:"What happened."`
	Effective    access.Date       `json:"effective" doc:"The day from which it counts."`
	Recorded     time.Time         `json:"recorded" doc:"When it was recorded."`
	Organisation string            `json:"organisation,omitempty" doc:"Who did it; absent when a rule did."`
	Role         access.Role       `json:"role,omitempty" doc:"As what."`
	Rule         string            `json:"rule,omitempty" doc:"Of the scheme, by which it happened."`
	Ground       string            `json:"ground,omitempty" doc:"Which ground it opens, closes or is about."`
	Subject      string            `json:"subject,omitempty" doc:"The party or component that the ground is about."`
	Reason       string            `json:"reason" doc:"Why, in one sentence."`
	Cite         string            `json:"cite,omitempty" doc:"Where it is laid down."`
	Due          string            `json:"due,omitempty" doc:"Of a warning: the day on which it becomes a suspension."`
	Evidence     []label.Evidence  `json:"evidence" doc:"The documents that it rests on."`
	Rules        map[string]string `json:"rules,omitempty" doc:"The digests of the rules by which it came about."`
	SupersededBy string            `json:"superseded_by,omitempty" doc:"The label that took its place."`
	Document     string            `json:"document,omitempty" doc:"The digest of the signed label, where it was signed."`
	Previous     string            `json:"previous,omitempty" doc:"The digest of the public event before it."`
	Digest       string            `json:"digest" doc:"Of the event's own document, whose bytes are the entry of the log."`
	Position     int64             `json:"position" doc:"Of that document in the ledger; its leaf's index is one less."`
}

func (s *Server) labelHistory(ctx context.Context, in *labelInput) (*openOutput[LabelHistory], error) {
	all, ask, err := s.labelAsk(ctx, in)
	if err != nil {
		return nil, err
	}
	events, err := all.LabelHistory(ctx, ask, in.ID)
	if err != nil {
		return nil, err
	}
	// Label tells the moment that was asked of, with what was left out of it.
	state, err := all.Label(ctx, ask, in.ID)
	if err != nil {
		return nil, err
	}
	out := LabelHistory{ID: state.Label, Events: make([]LabelEvent, len(events)), AsOf: &AsOf{state.At, state.Known, state.Position}}
	for i, e := range events {
		out.Events[i] = LabelEvent{
			Sequence: e.Sequence, Kind: e.Kind, Effective: e.On, Recorded: e.Recorded, Organisation: e.Organisation, Role: e.Role, Rule: e.Rule, Ground: e.Ground,
			Subject: e.Subject, Reason: e.Reason, Cite: e.Cite, Due: e.Due, Evidence: orEmpty(e.From), Rules: e.Rules, SupersededBy: e.By, Document: e.Document,
			Previous: e.Previous, Digest: e.Digest, Position: e.Position,
		}
	}
	return opened(out, out.AsOf)
}

type labelProofInput struct {
	ID    string `path:"id" maxLength:"40" example:"7K3M9-2QXWF" doc:"The label's number, in any case, with or without the hyphen."`
	Event int    `query:"event" minimum:"1" doc:"The event's number; the last one when absent."`
	Moment
}

func (s *Server) labelProof(ctx context.Context, in *labelProofInput) (*raw, error) {
	all, ask, err := s.labelAsk(ctx, &labelInput{in.ID, in.Moment})
	if err != nil {
		return nil, err
	}
	events, err := all.LabelHistory(ctx, ask, in.ID)
	if err != nil {
		return nil, err
	}
	at := len(events) - 1
	if in.Event != 0 {
		if at = slices.IndexFunc(events, func(e node.LabelEvent) bool { return e.Sequence == in.Event }); at < 0 {
			return nil, newProblem(http.StatusNotFound, "the label has no such event that you may see")
		}
	}
	// Where a document is in the log does not depend on the day.
	b, err := all.Prove(ctx, access.Ask{Reader: ask.Reader, At: access.At{Position: access.Now}}, events[at].Position)
	if err != nil {
		return nil, err
	}
	return &raw{ContentType: proofType, ETag: etagOf(b), Body: b}, nil
}

func (s *Server) labelDocument(ctx context.Context, in *labelInput) (*raw, error) {
	all, ask, err := s.labelAsk(ctx, in)
	if err != nil {
		return nil, err
	}
	b, _, err := all.LabelDocument(ctx, ask, in.ID)
	if err != nil {
		return nil, err
	}
	return &raw{ContentType: envelopeType, ETag: etagOf(b), Body: b}, nil
}
