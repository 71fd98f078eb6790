package server

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
	"countersign.dev/internal/notice"
)

// Notices are what members are told of when answers change.
type Notices interface {
	// AddWatch has a member told of a subject, or of what runs in a system.
	AddWatch(ctx context.Context, by access.Reader, w notice.New) (*node.Watched, error)
	// Watches is the watches of a member; the operator's are all.
	Watches(ctx context.Context, by access.Reader) ([]notice.Watch, error)
	RemoveWatch(ctx context.Context, by access.Reader, id string) error
	// TestWatch sends a test by every way that a watch has; ways nil for those
	// of the node.
	TestWatch(ctx context.Context, by access.Reader, id string, ways map[string]notice.Sender) ([]string, error)
	// WatchDeliveries is what went out for a watch, newest first.
	WatchDeliveries(ctx context.Context, by access.Reader, id string, limit int) ([]notice.Delivery, error)
	// Changes is the changed decisions that a reader may see, newest first.
	// Addresses in them begin with base.
	Changes(ctx context.Context, reader access.Reader, base string, limit int) ([]notice.Told, error)
	// Origin is the name of the node's log.
	Origin() string
}

// routeNotices registers watches.
func (s *Server) routeNotices(api huma.API) {
	register(s, api, operation{
		id: "watches", method: http.MethodGet, path: "/watches", tag: tagWatches,
		summary: "Your watches",
		about:   "What you are told of when the answer changes, oldest first, and how the messages stand.",
	}, s.watches)
	register(s, api, operation{
		id: "add-watch", method: http.MethodPost, path: "/watches", tag: tagWatches,
		summary: "Be told when an answer changes",
		about: "Answers and records the question at once; from then on each answer that says something else is told. " +
			"A subject that is the id of a system of an inventory stands for every release that runs in it. " +
			"The secret of the webhook is given this once; its messages are signed as Standard Webhooks 1.0.0 has it.",
		right: toWrite, errors: []int{http.StatusNotFound},
	}, s.addWatch)
	register(s, api, operation{
		id: "watch-deliveries", method: http.MethodGet, path: "/watches/{watch}/deliveries", tag: tagWatches,
		summary: "How the messages of a watch stand",
		about:   "The messages that went out or have to, newest first. One that is dead was given up, and says why.",
		errors:  []int{http.StatusNotFound},
	}, s.watchDeliveries)
	register(s, api, operation{
		id: "test-watch", method: http.MethodPost, path: "/watches/{watch}/test", tag: tagWatches,
		summary: "Send a test",
		about:   "Sends a message that says it is a test, by every way that the watch has, and waits for the receiver's answer.",
		right:   toWrite, errors: []int{http.StatusNotFound, http.StatusConflict, http.StatusServiceUnavailable},
	}, s.testWatch)
	register(s, api, operation{
		id: "remove-watch", method: http.MethodDelete, path: "/watches/{watch}", tag: tagWatches,
		summary: "Be told no longer",
		about:   "Ends the watch, with what it still had to tell.",
		right:   toWrite, status: http.StatusNoContent, errors: []int{http.StatusNotFound},
	}, s.removeWatch)
	register(s, api, operation{
		id: "changes", method: http.MethodGet, path: "/changes", tag: tagWatches,
		summary: "Answers that changed",
		about:   "The changed decisions that you may see, newest first, watched by you or not. `/feeds/changes.atom` is the same for feed readers.",
	}, s.changes)
}

type watchesOutput struct{ Body WatchPage }

// WatchPage is some watches.
type WatchPage struct {
	Watches []notice.Watch `json:"watches" doc:"The watches, oldest first."`
}

func (s *Server) watches(ctx context.Context, _ *struct{}) (*watchesOutput, error) {
	found, err := s.opts.Node.Watches(ctx, ReaderOf(ctx))
	if err != nil {
		return nil, err
	}
	return &watchesOutput{WatchPage{orEmpty(found)}}, nil
}

// WatchRequest is what to watch.
type WatchRequest struct {
	Subject string `json:"subject" minLength:"1" maxLength:"2000" example:"pkg:generic/harrow/payroll-suite@5.4.0" doc:"As in a question; or the id of a system, as system:treasury/hr-01."`
	Purpose string `json:"purpose,omitempty" maxLength:"64" example:"operate" doc:"What for; every policy that fits when absent."`
	Webhook string `json:"webhook,omitempty" maxLength:"2000" example:"https://example.org/hook" doc:"Where to post changes to."`
	Mail    string `json:"mail,omitempty" maxLength:"254" example:"soc@example.org" doc:"Where to send changes to."`
}

type addWatchInput struct{ Body WatchRequest }

type addWatchOutput struct{ Body *node.Watched }

func (s *Server) addWatch(ctx context.Context, in *addWatchInput) (*addWatchOutput, error) {
	w, err := s.opts.Node.AddWatch(ctx, ReaderOf(ctx), notice.New{Subject: in.Body.Subject, Purpose: in.Body.Purpose, Webhook: in.Body.Webhook, Mail: in.Body.Mail})
	if err != nil {
		return nil, err
	}
	return &addWatchOutput{w}, nil
}

type watchInput struct {
	Watch string `path:"watch" maxLength:"64" example:"w-0123456789abcdef" doc:"The watch's id."`
}

type deliveriesOutput struct{ Body DeliveryPage }

// DeliveryPage is some messages of a watch.
type DeliveryPage struct {
	Deliveries []notice.Delivery `json:"deliveries" doc:"The messages, newest first."`
}

// maxDeliveries is how many messages are shown.
const maxDeliveries = 200

func (s *Server) watchDeliveries(ctx context.Context, in *watchInput) (*deliveriesOutput, error) {
	found, err := s.opts.Node.WatchDeliveries(ctx, ReaderOf(ctx), in.Watch, maxDeliveries)
	if err != nil {
		return nil, err
	}
	return &deliveriesOutput{DeliveryPage{orEmpty(found)}}, nil
}

type testWatchOutput struct{ Body TestedWatch }

// TestedWatch is how a test went.
type TestedWatch struct {
	Sent []string `json:"sent" doc:"The ways by which it was taken: webhook, mail."`
}

func (s *Server) testWatch(ctx context.Context, in *watchInput) (*testWatchOutput, error) {
	sent, err := s.opts.Node.TestWatch(ctx, ReaderOf(ctx), in.Watch, nil)
	if err != nil {
		return nil, err
	}
	return &testWatchOutput{TestedWatch{orEmpty(sent)}}, nil
}

func (s *Server) removeWatch(ctx context.Context, in *watchInput) (*struct{}, error) {
	if err := s.opts.Node.RemoveWatch(ctx, ReaderOf(ctx), in.Watch); err != nil {
		return nil, err
	}
	return nil, nil
}

type changedInput struct {
	Limit int `query:"limit" minimum:"1" maximum:"500" default:"50" doc:"How many at most."`
}

type changedOutput struct{ Body ChangePage }

// ChangePage is some changed decisions.
type ChangePage struct {
	Changes []notice.Told `json:"changes" doc:"The changes, newest first."`
}

func (s *Server) changes(ctx context.Context, in *changedInput) (*changedOutput, error) {
	found, err := s.opts.Node.Changes(ctx, ReaderOf(ctx), "", in.Limit)
	if err != nil {
		return nil, err
	}
	return &changedOutput{ChangePage{orEmpty(found)}}, nil
}

// feedEntries is how many changes the feed has.
const feedEntries = 50

func tagOf(b []byte) []byte {
	h := sha256.Sum256(b)
	return h[:16]
}

// serveFeed answers with the changes that the reader may see, for feed readers.
func (s *Server) serveFeed(w http.ResponseWriter, r *http.Request) {
	base := s.baseOf(r)
	told, err := s.opts.Node.Changes(r.Context(), ReaderOf(r.Context()), base, feedEntries)
	if err == nil {
		var b []byte
		if b, err = notice.Atom(s.opts.Node.Origin(), base+r.URL.Path, told); err == nil {
			w.Header().Set("Content-Type", "application/atom+xml; charset=utf-8")
			w.Header().Set("Cache-Control", "private, max-age=60")
			w.Header().Set("Etag", fmt.Sprintf("%q", hex.EncodeToString(tagOf(b))))
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b)) // which answers 304 to who has it
			return
		}
	}
	writeProblem(w, r, problemOf(r.Context(), err))
}
