package node

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/incident/playbook"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// NewRun is a run that is to be started.
type NewRun struct {
	Playbook string // id
	Version  string // "" for the newest
	Incident string // that it belongs to; "" for none
	Owner    string // organisation; that of the incident, or of the reader when it is in but one
	With     []string
	Values   map[string]string // variables of the playbook
	By       string            // the person, where the reader is not
	Note     string
}

// RunState is how a run stands for an ask.
type RunState struct {
	*playbook.Run
	Position int64           `json:"position"`
	Audience string          `json:"audience"`
	At       time.Time       `json:"at"`
	Waits    []Waiting       `json:"waits"` // what is to be done now, most urgent first
	Acts     []*playbook.Act `json:"-"`
}

// noRun is the answer about a run that does not exist, and about one that the
// reader may not know of.
func noRun(id string) error { return problem.New(problem.NotFound, "no run %s", id) }

// StartRun starts a run of a playbook.
func (n *Node) StartRun(ctx context.Context, by access.Reader, in NewRun) (*RunState, error) {
	ask := n.moment(access.Ask{Reader: by})
	if in.Incident != "" {
		state, err := n.Incident(ctx, IncidentAsk{Ask: ask}, in.Incident)
		if err != nil {
			return nil, err
		}
		if in.Owner == "" {
			in.Owner = state.Owner
		}
	}
	owner, err := n.runOwner(ctx, by, in.Owner)
	if err != nil {
		return nil, err
	}
	doc, err := n.Playbook(ctx, ask, in.Playbook, in.Version)
	if err != nil {
		return nil, err
	}
	if err := doc.Playbook.Ready(n.now()); err != nil {
		return nil, err
	}
	values, err := doc.Playbook.NewValues(in.Values)
	if err != nil {
		return nil, err
	}
	organisations := append([]string{owner}, in.With...)
	if err := forAllOf(doc.PlaybookEntry, organisations); err != nil {
		return nil, err
	}
	audience, err := playbook.AudienceOf(slices.Clone(organisations)...)
	if err != nil {
		return nil, problem.New(problem.Invalid, "organisations %s: %v", strings.Join(organisations, ", "), err)
	}
	if err := n.holdPlaybook(ctx, doc); err != nil {
		return nil, err
	}
	id := "run--" + newUUID()
	first := playbook.Begin(id, playbook.Start{
		Playbook: doc.ID, Version: doc.Version, Digest: doc.Digest, Name: doc.Name, Owner: owner, Incident: in.Incident, Values: values,
	}, playbook.Person{Member: by.Member, Name: in.By}, in.Note, n.now())
	r, err := playbook.Fold([]*playbook.Act{first}, playbook.Books{doc.Digest: doc.Playbook})
	if err != nil {
		return nil, err
	}
	acts := []*playbook.Act{first}
	if acts, err = n.settleRun(ctx, r, audience, acts); err != nil {
		return nil, err
	}
	if err := n.appendActs(ctx, audience, by.Member, 0, acts); err != nil {
		return nil, err
	}
	return n.Run(ctx, n.moment(ask), id)
}

// runOwner is the organisation whose run a reader starts: the one that is named,
// or the only one that it may act for.
func (n *Node) runOwner(ctx context.Context, by access.Reader, named string) (string, error) {
	if named == "" {
		only, err := n.ownerOf(ctx, by, "")
		if err != nil {
			return "", problem.New(problem.Invalid, "say whose run it is: an organisation in which you are analyst, authority or administrator")
		}
		named = only
	}
	if _, err := access.ParseAudience("org:" + named); err != nil {
		return "", problem.New(problem.Invalid, "organisation %q: %v", named, err)
	}
	_, err := mayAs(by, named, "run playbooks of "+named, responders...)
	return named, err
}

// forAllOf refuses a playbook that one of the organisations may not see: with the
// run it would see its steps.
func forAllOf(e PlaybookEntry, organisations []string) error {
	a, err := access.ParseAudience(e.Audience)
	if err != nil {
		return err
	}
	for _, org := range organisations {
		if !a.Includes([]string{org}) {
			return problem.New(problem.Denied, "the playbook %s is not for %s", e.Name, org)
		}
	}
	return nil
}

// settleRun adds what follows by itself.
func (n *Node) settleRun(ctx context.Context, r *playbook.Run, audience access.Audience, acts []*playbook.Act) ([]*playbook.Act, error) {
	const batches = 3 // the rest comes when the run is tended
	for range batches {
		more, err := r.Next(n.worldOf(ctx, r, audience))
		if err != nil {
			return nil, err
		}
		if len(more) == 0 {
			break
		}
		acts = append(acts, more...)
	}
	return acts, nil
}

// worldOf is what a run needs to know beside its acts: what its owner may see.
func (n *Node) worldOf(ctx context.Context, r *playbook.Run, audience access.Audience) playbook.World {
	ask := n.moment(access.Ask{Reader: access.Reader{Organisations: []string{r.Start.Owner}}})
	clocks := n.clocksOf(ctx, ask, r.Start.Incident)
	return playbook.World{
		Now:   n.now(),
		Clock: func(name string) (time.Time, bool) { at, ok := clocks[name]; return at, ok },
		Call: func(id, version string) (*playbook.Playbook, string) {
			doc, err := n.Playbook(ctx, ask, id, version)
			if err != nil || forAllOf(doc.PlaybookEntry, organisationsOf(audience)) != nil {
				return nil, ""
			}
			if err := n.holdPlaybook(ctx, doc); err != nil {
				return nil, ""
			}
			return doc.Playbook, doc.Digest
		},
	}
}

// organisationsOf is the organisations of an audience that is a choice of them.
func organisationsOf(a access.Audience) []string {
	names := strings.Split(a.String(), "|")
	for i := range names {
		names[i] = strings.TrimPrefix(names[i], "org:")
	}
	return names
}

// clocksOf is when the open duties of an incident are due, by DIRECTIVE/DUTY.
func (n *Node) clocksOf(ctx context.Context, ask access.Ask, id string) map[string]time.Time {
	out := map[string]time.Time{}
	if id == "" {
		return out
	}
	state, err := n.Incident(ctx, IncidentAsk{Ask: ask}, id)
	if err != nil {
		return out // the run goes by its own timeouts
	}
	for i := range state.Clocks {
		c := &state.Clocks[i]
		name := c.Directive + "/" + c.Duty
		if at, ok := out[name]; c.Open() && !c.Instant.IsZero() && (!ok || c.Instant.Before(at)) {
			out[name] = c.Instant
		}
	}
	return out
}

// Run is how a run stands.
func (n *Node) Run(ctx context.Context, ask access.Ask, id string) (*RunState, error) {
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	return n.runAt(ctx, ask, id)
}

func (n *Node) runAt(ctx context.Context, ask access.Ask, id string) (*RunState, error) {
	acts, audience, err := n.actsOf(ctx, ask, id)
	if err != nil {
		return nil, err
	}
	books, err := n.booksOf(ctx, acts)
	if err != nil {
		return nil, err
	}
	r, err := playbook.Fold(acts, books)
	if err != nil {
		return nil, err
	}
	out := &RunState{Run: r, Position: ask.At.Position, Audience: audience.String(), At: n.now().UTC().Truncate(time.Second), Acts: acts}
	out.Waits = waitsOf(r, n.worldOf(ctx, r, audience))
	return out, nil
}

// actsOf is the acts of a run that the ask allows, by sequence.
func (n *Node) actsOf(ctx context.Context, ask access.Ask, id string) ([]*playbook.Act, access.Audience, error) {
	if !playbook.IsRunID(id) {
		return nil, access.Audience{}, problem.New(problem.Invalid, "run %q: want run--UUID", id)
	}
	facts, err := n.Ledger.Said(ctx, ask, []string{playbook.FactAct}, id)
	if err != nil {
		return nil, access.Audience{}, err
	}
	var acts []*playbook.Act
	for i := range facts {
		a := new(playbook.Act)
		if err := facts[i].Decode(a); err != nil {
			return nil, access.Audience{}, fmt.Errorf("act of %s: %w", id, err)
		}
		if access.DateOf(a.At) <= ask.At.Date {
			acts = append(acts, a)
		}
	}
	if len(acts) == 0 {
		return nil, access.Audience{}, noRun(id)
	}
	slices.SortFunc(acts, func(a, b *playbook.Act) int { return a.Sequence - b.Sequence })
	return acts, facts[0].Audience, nil
}

// booksOf is the playbooks that acts are about.
func (n *Node) booksOf(ctx context.Context, acts []*playbook.Act) (playbook.Books, error) {
	ask, err := n.Ledger.Resolve(ctx, everything)
	if err != nil {
		return nil, err
	}
	out := playbook.Books{}
	for _, a := range acts {
		digest := a.Playbook
		if a.Start != nil {
			digest = a.Start.Digest
		}
		if digest == "" || out[digest] != nil {
			continue
		}
		n.runs.mu.Lock()
		p := n.runs.books[digest]
		n.runs.mu.Unlock()
		if p == nil {
			e, err := n.Ledger.ByDigest(ctx, ask, digest)
			if err != nil {
				return nil, err
			}
			b, err := n.Ledger.Body(ctx, ask, e.Position)
			if err != nil {
				return nil, err
			}
			if p, err = n.parsedBook(digest, b); err != nil {
				return nil, err
			}
		}
		out[digest] = p
	}
	return out, nil
}

// RunAct is what a person does in a run.
type RunAct struct {
	Verb   string // done, failed, approve or cancel
	Step   string // number of the task, id of the step, or its name where no other open task has it
	By     string // the person, where the reader is not
	Note   string
	Values map[string]string
}

// ActInRun does what a person says to a run: ends a step, approves it, or calls
// the run off.
func (n *Node) ActInRun(ctx context.Context, by access.Reader, id string, act RunAct) (*RunState, error) {
	ask, err := n.Ledger.Resolve(ctx, n.moment(access.Ask{Reader: by}))
	if err != nil {
		return nil, err
	}
	seen, err := n.runAt(ctx, ask, id)
	if err != nil {
		return nil, err
	}
	as, err := n.mayActInRun(by, seen)
	if err != nil {
		return nil, err
	}
	who := playbook.Person{Member: by.Member, Name: act.By, Role: as.Role}
	if by.Operator {
		who.Role = ""
	}
	if who.Unsigned, err = n.isUnsigned(ctx, by); err != nil {
		return nil, err
	}
	err = n.changeRun(ctx, id, func(r *playbook.Run) (*playbook.Act, error) {
		if act.Verb == "cancel" {
			return r.Cancel(who, act.Note, n.now())
		}
		task, err := taskOf(r, act.Step)
		if err != nil {
			return nil, err
		}
		switch act.Verb {
		case "approve":
			return r.Do(task, who, playbook.Doing{Verb: playbook.Approved, Note: act.Note}, n.now())
		case "done", "failed":
			return r.Do(task, who, playbook.Doing{Verb: playbook.Ended, Failed: act.Verb == "failed", Note: act.Note, Values: act.Values}, n.now())
		}
		return nil, problem.New(problem.Invalid, "%q is nothing that one does in a run: want done, failed, approve or cancel", act.Verb)
	})
	if err != nil {
		return nil, err
	}
	return n.Run(ctx, n.moment(ask), id)
}

// isUnsigned reports whether a reader did not sign in: who holds the store, and who
// is let in without, on the machine of a demonstration.
func (n *Node) isUnsigned(ctx context.Context, by access.Reader) (bool, error) {
	if by.Operator {
		return true, nil
	}
	all, err := n.Access.Members(ctx, access.Operator)
	return !slices.ContainsFunc(all, func(m access.Member) bool { return m.Name == by.Member }), err
}

// mayActInRun says in which role a reader acts: in the organisation whose run it
// is, or else in one that it is shared with.
func (n *Node) mayActInRun(by access.Reader, r *RunState) (taking, error) {
	as, err := mayAs(by, r.Start.Owner, "act in its runs", responders...)
	if err == nil {
		return as, nil
	}
	a, parseErr := access.ParseAudience(r.Audience)
	if parseErr != nil {
		return taking{}, parseErr
	}
	for _, org := range organisationsOf(a) {
		if as, other := mayAs(by, org, "", responders...); other == nil {
			return as, nil
		}
	}
	return taking{}, err
}

// taskOf finds the open task that is meant.
func taskOf(r *playbook.Run, name string) (int, error) {
	if number, err := strconv.Atoi(name); err == nil {
		return number, nil
	}
	var found []int
	var open []string
	for _, t := range r.Open() {
		if t.Type == playbook.TypeAction || t.Type == playbook.TypePlaybook || t.Needs > 0 {
			open = append(open, fmt.Sprintf("%d (%s)", t.Of, t.Name))
		}
		if t.Step == name || strings.EqualFold(t.Name, name) {
			found = append(found, t.Of)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return 0, problem.New(problem.Conflict, "%q is open several times; give the number of the task: %s", name, strings.Join(open, ", "))
	case len(open) == 0:
		return 0, problem.New(problem.NotFound, "no open step %q; none is open", name)
	}
	return 0, problem.New(problem.NotFound, "no open step %q; open are %s", name, strings.Join(open, ", "))
}

// changeRun has a run changed, and appends that with what follows by itself, all
// of it or nothing: whatever stops the node in between, no step is lost and none
// is done twice. do may be nil, and may give nil, for only what follows.
func (n *Node) changeRun(ctx context.Context, id string, do func(*playbook.Run) (*playbook.Act, error)) error {
	n.runs.acting.Lock()
	defer n.runs.acting.Unlock()
	for try := 0; ; try++ {
		err := n.changeRunOnce(ctx, id, do)
		if err == nil || !errors.Is(err, ledger.ErrMoved) || try == maxMoved {
			return err
		}
	}
}

func (n *Node) changeRunOnce(ctx context.Context, id string, do func(*playbook.Run) (*playbook.Act, error)) error {
	ask, err := n.Ledger.Resolve(ctx, everything)
	if err != nil {
		return err
	}
	acts, audience, err := n.actsOf(ctx, ask, id)
	if err != nil {
		return err
	}
	books, err := n.booksOf(ctx, acts)
	if err != nil {
		return err
	}
	r, err := playbook.Fold(acts, books)
	if err != nil {
		return err
	}
	// What has come of time alone is told before what a person does.
	out, err := n.settleRun(ctx, r, audience, nil)
	if err != nil {
		return err
	}
	actor := ""
	if do != nil {
		a, err := do(r)
		if err != nil {
			return err
		}
		if a != nil {
			actor = a.Actor
			if out, err = n.settleRun(ctx, r, audience, append(out, a)); err != nil {
				return err
			}
		}
	}
	if len(out) == 0 {
		return nil
	}
	return n.appendActs(ctx, audience, actor, ask.At.Position, out)
}

// appendActs appends acts of one run, which were made from what the ledger held at
// a position; 0 for the first ones.
func (n *Node) appendActs(ctx context.Context, audience access.Audience, actor string, from int64, acts []*playbook.Act) error {
	e := ledger.Edition{Audience: audience, Actor: actor, MadeFrom: from}
	for _, a := range acts {
		b, err := a.Marshal()
		if err != nil {
			return err
		}
		kind, part, day := playbook.KindAct, fmt.Sprintf("%06d", a.Sequence), access.DateOf(n.now())
		if a.Start != nil {
			kind = playbook.KindRun
		}
		e.Documents = append(e.Documents, ledger.Document{
			Bytes: b, Kind: kind, Source: "run/" + strings.TrimPrefix(a.Run, "run--"), Part: part, Name: "act-" + part + ".json", Published: day, Rows: 1, Mode: ledger.Chronicle,
			Statements: []ledger.Statement{{Kind: playbook.FactAct, Subject: a.Run, Key: part, Body: a, ValidFrom: access.DateOf(a.At), ValidTo: access.Forever, Published: day}},
		})
	}
	_, err := n.Ledger.Append(ctx, e)
	return err
}
