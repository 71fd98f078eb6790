package server_test

import (
	"context"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
	"countersign.dev/internal/notice"
	"countersign.dev/internal/policy"
	"countersign.dev/internal/problem"
)

func fakeWatch(by access.Reader) notice.Watch {
	return notice.Watch{ID: "w-1", Subject: "X", Webhook: "https://example.org/hook", Member: by.Member, Created: time.Unix(1_700_000_000, 0).UTC(), Questions: 1}
}

func knownWatch(id string) error {
	if id != "w-1" {
		return problem.New(problem.NotFound, "there is no watch %q of yours", id)
	}
	return nil
}

func (n *fakeNode) Watches(_ context.Context, by access.Reader) ([]notice.Watch, error) {
	return []notice.Watch{fakeWatch(by)}, nil
}

func (n *fakeNode) AddWatch(_ context.Context, by access.Reader, w notice.New) (*node.Watched, error) {
	if w.Webhook != "" {
		if err := notice.CheckURL(w.Webhook, false); err != nil {
			return nil, err
		}
	}
	made := fakeWatch(by)
	made.Subject, made.Purpose = w.Subject, w.Purpose
	return &node.Watched{Watch: &made, Secret: "whsec_c2VjcmV0", Subjects: []node.WatchedAnswer{{Subject: w.Subject, Verdict: "review", Decision: fakeDigest}}}, nil
}

func (n *fakeNode) RemoveWatch(_ context.Context, _ access.Reader, id string) error {
	return knownWatch(id)
}

func (n *fakeNode) TestWatch(_ context.Context, _ access.Reader, id string, _ map[string]notice.Sender) ([]string, error) {
	return []string{notice.ByWebhook}, knownWatch(id)
}

func (n *fakeNode) WatchDeliveries(_ context.Context, _ access.Reader, id string, _ int) ([]notice.Delivery, error) {
	return []notice.Delivery{{ID: "d-1", Watch: id, Way: notice.ByWebhook, Position: 7, Decision: fakeDigest, State: notice.Dead, Attempts: 10, Failure: "webhook: the receiver answered 500, want 2xx"}}, knownWatch(id)
}

func (n *fakeNode) Changes(_ context.Context, _ access.Reader, base string, _ int) ([]notice.Told, error) {
	was, replaces := policy.Allow, fakeDigest
	m := notice.Message{
		Subject: notice.Subject{Query: "X & Y"}, Was: &was, Is: policy.Deny, Because: "so <it> is", At: "2021-03-15", Position: 7, Decision: fakeDigest, Replaces: &replaces,
		Changes: []notice.Change{{Change: "appeared", Rule: "r", Verdict: policy.Deny, Because: "so <it> is", Cite: "a law"}},
	}
	if base != "" {
		m.URL = base + "/decisions/" + fakeDigest
	}
	return []notice.Told{{Message: m, Recorded: time.Unix(1_700_000_000, 0).UTC()}}, nil
}

func (n *fakeNode) Telling(context.Context) (notice.Standing, error) {
	return notice.Standing{Watches: 3, Due: 2, Dead: 1, Oldest: time.Unix(1_700_000_000, 0)}, nil
}

func (n *fakeNode) Origin() string { return "test.example/log" }
