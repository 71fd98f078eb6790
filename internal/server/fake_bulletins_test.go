package server_test

import (
	"context"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/impact/concern"
	"countersign.dev/internal/node"
	"countersign.dev/internal/notice"
	"countersign.dev/internal/notice/bulletin"
	"countersign.dev/internal/notice/outbox"
	"countersign.dev/internal/problem"
)

func fakeBulletin(subject, by string) *bulletin.Bulletin {
	path := concern.Path{{From: concern.Thing{Kind: concern.Release, ID: "pkg:generic/a@1"}, Relation: "runs in", To: concern.Thing{Kind: concern.System, ID: "s"}, Evidence: concern.Evidence{Position: 3}}}
	b := &bulletin.Bulletin{
		Subject: subject, Kind: "weakness", Marking: "TLP:AMBER", Organisation: "acme", Member: by, At: "2026-01-01", Known: "2026-01-01", Position: 7, Recorded: time.Unix(1_700_000_000, 0).UTC(),
		Letters: []bulletin.Letter{{Organisation: "treasury", Systems: []bulletin.System{{ID: "s", Paths: []concern.Path{path}}}, Ways: []bulletin.Way{{Way: bulletin.ByMail, To: "soc@example.org"}}}},
		Untold:  []bulletin.Untold{{Organisation: "x", Why: "so"}},
	}
	if err := b.Finish(); err != nil {
		panic(err)
	}
	b.ID = "b-1"
	return b
}

func fakeNotice(subject, by string) *node.Notice {
	b := fakeBulletin(subject, by)
	return &node.Notice{
		ID: b.ID, Subject: subject, Kind: b.Kind, Marking: b.Marking, From: b.Organisation, Member: by, At: b.At, Recorded: b.Recorded, Document: 8, Sent: true, Untold: b.Untold,
		Told: []node.NoticeReceipt{{
			Letter:       b.Letters[0],
			Deliveries:   []bulletin.Delivery{{ID: "n-1", Organisation: "treasury", Way: bulletin.ByMail, To: "soc@example.org", State: outbox.Done, Attempts: 1, Created: b.Recorded, Ended: b.Recorded}},
			Acknowledged: []bulletin.Acknowledgement{{Form: "acknowledgement/v1", Bulletin: b.ID, Letter: b.Letters[0].ID, Organisation: "treasury", By: "ada", Recorded: b.Recorded}},
		}},
	}
}

func knownNotice(id string) error {
	if id != "b-1" {
		return problem.New(problem.NotFound, "there is no notice %q", id)
	}
	return nil
}

func (n *fakeNode) PreviewBulletin(_ context.Context, ask access.Ask, b node.NewBulletin) (*bulletin.Bulletin, error) {
	return fakeBulletin(b.Subject, ask.Reader.Member), nil
}

func (n *fakeNode) Tell(_ context.Context, ask access.Ask, b node.NewBulletin) (*node.Notice, error) {
	return fakeNotice(b.Subject, ask.Reader.Member), nil
}

func (n *fakeNode) Notices(_ context.Context, ask access.Ask, _ int) ([]node.Notice, error) {
	return []node.Notice{*fakeNotice("X", ask.Reader.Member)}, nil
}

func (n *fakeNode) Notice(_ context.Context, ask access.Ask, id string) (*node.Notice, error) {
	return fakeNotice("X", ask.Reader.Member), knownNotice(id)
}

func (n *fakeNode) Acknowledge(_ context.Context, by access.Reader, id, _ string) (*node.Notice, error) {
	return fakeNotice("X", by.Member), knownNotice(id)
}

func (n *fakeNode) NoticeContacts(context.Context, access.Reader) ([]bulletin.Contact, error) {
	return []bulletin.Contact{{Organisation: "treasury", Mail: "soc@example.org", Member: "ada", Changed: time.Unix(1_700_000_000, 0).UTC()}}, nil
}

func (n *fakeNode) SetNoticeContact(_ context.Context, _ access.Reader, c bulletin.Contact) (notice.Secret, error) {
	if c.Webhook != "" {
		return "", notice.CheckURL(c.Webhook, false)
	}
	return "", nil
}
