package server_test

import (
	"context"

	"countersign.dev/internal/access"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/holdings"
	"countersign.dev/internal/node"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/screening"
	"countersign.dev/internal/watchlist"
)

func (n *fakeNode) WatchLists(_ context.Context, reader access.Reader) ([]watchlist.List, error) {
	return []watchlist.List{{Name: "suppliers", Audience: "org:acme", Names: 3, Digest: fakeDigest, Set: "2021-01-14", Actor: reader.Member, Position: 5,
		LastRun: &watchlist.LastRun{At: "2021-01-15", Position: 6, Digest: fakeDigest}}}, nil
}

func (n *fakeNode) SetWatchList(_ context.Context, by access.Reader, l node.NewWatchList) (*node.WatchListSet, error) {
	audience := "org:" + by.Organisations[0]
	if l.Audience != nil {
		audience = l.Audience.String()
	}
	return &node.WatchListSet{New: true, Wrong: []string{}, List: &watchlist.List{Name: l.Name, Audience: audience, Names: len(l.CSV), Digest: fakeDigest}}, nil
}

func knownList(name string) error {
	if name != "suppliers" && name != "admin" {
		return problem.New(problem.NotFound, "no watch list %q", name)
	}
	return nil
}

func (n *fakeNode) RemoveWatchList(_ context.Context, _ access.Reader, name, _ string) error {
	return knownList(name)
}

func fakeRun() watchlist.Recorded {
	state := &watchlist.State{Name: "X", Matched: "x", Score: 1, List: "us-dod-1237", Status: "listed"}
	return watchlist.Recorded{Digest: fakeDigest, Recorded: 6, Report: watchlist.Report{
		Form: "rescreening/v1", List: "suppliers", From: &watchlist.Moment{At: "2021-01-14", Position: 3, Names: fakeDigest},
		To: watchlist.Moment{At: "2021-01-15", Position: 5, Names: fakeDigest}, Engine: "fake/1", Counts: watchlist.Counts{Names: 3, Appeared: 1},
		Changes: []watchlist.Change{{ID: "1", Query: "x", Change: watchlist.Appeared, Entry: "us-dod-1237:x", Is: state}},
	}}
}

func (n *fakeNode) RunWatchList(_ context.Context, _ access.Reader, name string, _ func(done, of int64)) (*watchlist.Recorded, error) {
	r := fakeRun()
	return &r, knownList(name)
}

func (n *fakeNode) WatchListRuns(_ context.Context, _ access.Reader, name string, since watchlist.Since) ([]watchlist.Recorded, error) {
	if since.Position > 6 || since.Day > "2021-01-15" {
		return nil, knownList(name)
	}
	return []watchlist.Recorded{fakeRun()}, knownList(name)
}

func (n *fakeNode) Join(_ context.Context, by access.Reader, j node.Joining) (*node.JoinDecision, error) {
	if j.Audience != nil && j.Audience.IsPublic() && !by.Is(access.RoleAdministrator) {
		return nil, problem.New(problem.Denied, "only an administrator may make it")
	}
	return &node.JoinDecision{A: j.A, B: j.B, Verdict: j.Verdict, Reason: j.Reason, Actor: by.Member, Date: "2021-01-15", Position: 8, Digest: fakeDigest, Audience: "org:acme", InForce: true}, nil
}

func (n *fakeNode) Joins(_ context.Context, _ access.Ask, subject string) ([]node.JoinDecision, error) {
	return []node.JoinDecision{{A: subject, B: "y", Verdict: party.JoinApart, Reason: "r", InForce: true}}, nil
}

func (n *fakeNode) NearTo(_ context.Context, _ access.Ask, subject string) (*node.Near, error) {
	if subject == "nobody" {
		return nil, problem.New(problem.NotFound, "nothing is held about %q", subject)
	}
	return &node.Near{Subject: dossier.Subject{ID: "x", Name: subject}, Near: []dossier.Candidate{{ID: "y", Name: "Y", Listings: []string{}, Why: "has the name too"}}}, nil
}

func (n *fakeNode) Holdings(_ context.Context, ask access.Ask, rows []holdings.Row, record bool) (*holdings.Answer, string, error) {
	a := &holdings.Answer{Form: holdings.Form, Purpose: holdings.Purpose, At: ask.At.Date, Position: 7, Audiences: []string{"public"}, Engine: "fake/1", Holdings: []holdings.Holding{}}
	for i := range rows {
		a.Holdings = append(a.Holdings, holdings.Resembling(rows[i].Security, []screening.Match{{ID: "l:x", Name: "X"}}))
	}
	a.Sum()
	digest := ""
	if record {
		digest = fakeDigest
	}
	return a, digest, nil
}
