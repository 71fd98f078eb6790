package node

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
)

// Joining is a decision about two subjects that somebody wants to make.
type Joining struct {
	A, B     string // ids of listings or parties, or names that mean one party
	Verdict  party.Verdict
	Reason   string
	Audience *access.Audience // whose decision it is; nil for the organisations of whoever decides
}

// JoinDecision is a decision about two entries, with who made it and when.
type JoinDecision struct {
	A        string        `json:"a"`
	B        string        `json:"b"`
	Verdict  party.Verdict `json:"verdict"` // "same", "apart", or "open" for one taken back
	Reason   string        `json:"reason"`
	Actor    string        `json:"actor"`
	Date     access.Date   `json:"date"`
	Position int64         `json:"position"`
	Digest   string        `json:"digest"`
	Audience string        `json:"audience"`
	InForce  bool          `json:"in_force"` // false when a later one took its place
}

// Join decides whether two entries are one party, for an audience. Everybody's
// decision takes an administrator; an organisation's is its own. Where the same
// is decided already, nothing is recorded and the earlier decision returned.
func (n *Node) Join(ctx context.Context, by access.Reader, j Joining) (*JoinDecision, error) {
	audience := askers(by)
	if j.Audience != nil {
		audience = *j.Audience
	}
	switch {
	case !by.MayWrite():
		return nil, problem.New(problem.Denied, "%s may not decide who is one party; ask for a role other than reader", by.Member)
	case !by.MaySee(audience):
		return nil, problem.New(problem.Denied, "%s is not in the audience %s and may not decide for it", by.Member, audience)
	case audience.IsPublic() && !by.Is(access.RoleAdministrator):
		return nil, problem.New(problem.Denied, "%s: a decision for everybody changes everybody's answers; only an administrator may make it", by.Member)
	}
	ask, err := n.Ledger.Resolve(ctx, access.Ask{Reader: by})
	if err != nil {
		return nil, err
	}
	a, err := n.meant(ctx, ask, j.A)
	if err != nil {
		return nil, err
	}
	b, err := n.meant(ctx, ask, j.B)
	if err != nil {
		return nil, err
	}
	decided, err := party.NewJoin(a, b, j.Verdict, j.Reason)
	if err != nil {
		return nil, err
	}
	return n.recordJoin(ctx, ask, decided, audience)
}

// meant is the id that a subject of a decision means: that of a listing or
// party itself, or of the one party that a name means.
func (n *Node) meant(ctx context.Context, ask access.Ask, text string) (string, error) {
	text = strings.TrimSpace(text)
	d, err := n.builder.Build(ctx, ask, text)
	switch {
	case err != nil:
		return "", err
	case d.Subject.ID != "" && slices.ContainsFunc(d.Joined, func(e dossier.Joined) bool { return e.ID == text }):
		return text, nil // the entry, not what it is joined to
	case d.Subject.ID != "":
		return d.Subject.ID, nil
	case len(d.Candidates) > 0:
		var ids []string
		for _, c := range d.Candidates {
			ids = append(ids, c.ID)
		}
		return "", problem.New(problem.Invalid, "%q may mean %s; name one by its id", text, strings.Join(ids[:min(len(ids), 5)], ", "))
	}
	return "", problem.New(problem.NotFound, "nothing is held about %q", text)
}

// recordJoin appends a decision, unless the newest one for the audience says
// the same.
func (n *Node) recordJoin(ctx context.Context, ask access.Ask, j *party.Join, audience access.Audience) (*JoinDecision, error) {
	all, err := n.joinsIn(ctx, ask, j.Source())
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].Audience != audience.String() {
			continue
		}
		if all[i].Verdict == j.Verdict && all[i].Reason == j.Reason {
			return &all[i], nil
		}
		j.After = all[i].Position
		break
	}
	if j.Verdict == party.JoinOpen && j.After == 0 {
		return nil, problem.New(problem.NotFound, "nothing was decided about %s and %s for %s", j.A, j.B, audience)
	}
	body, r, err := j.Reading()
	if err != nil {
		return nil, err
	}
	_, err = n.Ledger.Append(ctx, ledger.Edition{
		Documents: []ledger.Document{{
			Bytes: body, Kind: r.Kind, Source: r.Source, Name: "join.json", Published: access.DateOf(n.now()), Rows: r.Rows, Mode: r.Mode, Statements: r.Statements,
		}},
		Audience: audience, Actor: ask.Reader.Member,
	})
	if err != nil {
		return nil, fmt.Errorf("record decision about %s and %s: %w", j.A, j.B, err)
	}
	ask.At.Position = access.Now
	if all, err = n.joinsIn(ctx, ask, j.Source()); err != nil || len(all) == 0 {
		return nil, err
	}
	return &all[0], nil
}

// joinsIn is the decisions of one series that the ask allows, newest first.
func (n *Node) joinsIn(ctx context.Context, ask access.Ask, source string) ([]JoinDecision, error) {
	var out []JoinDecision
	before := int64(0)
	for {
		entries, err := n.Ledger.List(ctx, ask, ledger.Filter{Kind: party.KindJoin, Source: source, Newest: true, Before: before, Limit: 500})
		if err != nil {
			return nil, err
		}
		for i := range entries {
			e := &entries[i]
			before = e.Position
			if e.Withdrawn != "" {
				continue
			}
			body, err := n.Ledger.Body(ctx, ask, e.Position)
			if err != nil {
				return nil, err
			}
			j, err := party.ParseJoin(body)
			if err != nil {
				return nil, err
			}
			out = append(out, JoinDecision{
				A: j.A, B: j.B, Verdict: j.Verdict, Reason: j.Reason, Actor: e.Actor, Date: e.Published, Position: e.Position,
				Digest: e.Digest, Audience: e.Audience.String(), InForce: len(out) == 0 && j.Verdict != party.JoinOpen,
			})
		}
		if len(entries) < 500 {
			return out, nil
		}
	}
}

// Joins is every decision about the entries of a subject and others, the latest
// of each pair first.
func (n *Node) Joins(ctx context.Context, ask access.Ask, subject string) ([]JoinDecision, error) {
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	id, err := n.meant(ctx, ask, subject)
	if err != nil {
		return nil, err
	}
	d, err := n.builder.Build(ctx, ask, "party:"+id)
	if err != nil {
		return nil, err
	}
	ids := []string{id}
	for _, e := range d.Joined {
		ids = append(ids, e.ID)
	}
	facts, err := n.Ledger.BySubject(ctx, ask, ids...)
	if err != nil {
		return nil, err
	}
	var sources []string
	for i := range facts {
		if facts[i].Kind == party.FactLink && strings.HasPrefix(facts[i].Source, party.JoinSource) {
			sources = append(sources, facts[i].Source)
		}
	}
	slices.Sort(sources)
	out := []JoinDecision{}
	for _, source := range slices.Compact(sources) {
		all, err := n.joinsIn(ctx, ask, source)
		if err != nil {
			return nil, err
		}
		out = append(out, all...)
	}
	return out, nil
}

// Near is a subject with the parties that may be it and were not taken to be:
// pairs to decide about.
type Near struct {
	Subject dossier.Subject     `json:"subject"`
	Near    []dossier.Candidate `json:"near"`
}

// NearTo is who is near a subject and undecided.
func (n *Node) NearTo(ctx context.Context, ask access.Ask, subject string) (*Near, error) {
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	d, err := n.builder.Build(ctx, ask, subject)
	if err != nil {
		return nil, err
	}
	switch {
	case d.Subject.ID != "":
		return &Near{d.Subject, d.Apart}, nil
	case len(d.Candidates) > 0:
		return &Near{dossier.Subject{Name: subject}, d.Candidates}, nil
	}
	return nil, problem.New(problem.NotFound, "nothing is held about %q", subject)
}
