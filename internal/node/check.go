package node

import (
	"context"
	"fmt"

	"countersign.dev/internal/access"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/policy"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/screening"
	"countersign.dev/internal/watch"
)

// KindDecision is the kind of the documents in which decisions are recorded.
const KindDecision = watch.KindDecision

// Question is what is asked of a node.
type Question struct {
	Subject string // a name, an identifier or an id; a release; a label's id
	Purpose string // what for, as "invest"; "" for all that fit

	// Party is set where a party is meant and nothing else: a product or release of
	// the same name is not looked at.
	Party bool

	// Policy, when set, is applied in place of those that the ledger holds. An
	// answer by it cannot be recorded, because it could not be repeated.
	Policy *policy.Policy
}

// Engine names the versions of everything that takes part in an answer.
func Engine() string { return decision.Engine((&dossier.Builder{}).Engine() + "+" + screening.Engine) }

// Check answers a question about a subject and records nothing.
func (n *Node) Check(ctx context.Context, ask access.Ask, q Question) (*decision.Answer, *dossier.Dossier, error) {
	return n.checkWith(ctx, directly, ask, q)
}

// directly reads facts as they are given.
func directly(f dossier.Facts) dossier.Facts { return f }

// checkWith is Check that reads facts as through has it. All of them are read
// in one snapshot; the rules, which are remembered, before it.
func (n *Node) checkWith(ctx context.Context, through func(dossier.Facts) dossier.Facts, ask access.Ask, q Question) (*decision.Answer, *dossier.Dossier, error) {
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, nil, err
	}
	policies := []*policy.Policy{q.Policy}
	if q.Policy == nil {
		if policies, err = n.policiesFor(ctx, ask, q.Purpose); err != nil {
			return nil, nil, err
		}
	}
	programmes, err := n.Programmes(ctx, ask)
	if err != nil {
		return nil, nil, err
	}
	over, err := n.bill(ctx, ask, q.Subject)
	if err != nil {
		return nil, nil, err
	}
	if over != nil {
		outer := through
		through = func(f dossier.Facts) dossier.Facts { return outer(over.through(f)) }
	}
	var d *dossier.Dossier
	err = n.Ledger.Sight(ctx, ask.Reader, func(s *ledger.Sight) error {
		builder := &dossier.Builder{Facts: through(snapshotFacts{s, programmes}), Matcher: n.builder.Matcher, Labels: true}
		if q.Party {
			d, err = builder.Party(ctx, ask, q.Subject)
		} else {
			d, err = builder.Build(ctx, ask, q.Subject)
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	if err := n.attest(ctx, ask, d); err != nil {
		return nil, nil, err
	}
	if d.Near, err = n.near(ctx, ask, d, q.Subject, programmes); err != nil {
		return nil, nil, err
	}
	a, err := decision.Evaluate(ctx, d, decision.Question{Purpose: q.Purpose, Policies: policies, Engine: Engine()})
	if err != nil {
		return nil, nil, err
	}
	rules, err := n.rulesAudience(ctx, ask, q.Purpose, d)
	if err != nil {
		return nil, nil, err
	}
	a.Audience = d.Audience.And(rules)
	return a, d, nil
}

// Decide answers a question and keeps the decision in the ledger, for the
// audience that its inputs allow. The answer's Decision is its digest.
func (n *Node) Decide(ctx context.Context, ask access.Ask, q Question) (*decision.Answer, error) {
	if q.Policy != nil {
		return nil, problem.New(problem.Invalid, "an answer by a policy that the ledger does not hold cannot be recorded; import the policy, or ask without recording")
	}
	if !ask.Reader.MayWrite() {
		return nil, problem.New(problem.Denied, "%s may not record decisions; ask for a role other than reader", ask.Reader.Member)
	}
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	a, _, err := n.Check(ctx, ask, q)
	if err != nil {
		return nil, err
	}
	a.Audience = a.Audience.And(askers(ask.Reader))
	b, err := decision.Record(a, decision.Circumstances{Audiences: decision.Audiences(ask.Reader)})
	if err != nil {
		return nil, err
	}
	r, err := n.Ledger.Append(ctx, ledger.Edition{
		Documents: []ledger.Document{{Bytes: b, Kind: KindDecision, Name: "decision.json"}},
		Audience:  a.Audience, Actor: ask.Reader.Member,
	})
	if err != nil {
		return nil, fmt.Errorf("record decision: %w", err)
	}
	digest := r.Documents[0].Digest
	a.Decision = &digest
	return a, nil
}

// OwnAudience is who may see what a reader keeps to its own organisations.
func OwnAudience(r access.Reader) access.Audience { return askers(r) }

// askers is who may see what a reader asked: those who belong to every
// organisation that the reader belongs to, and so could have asked it. Whom an
// organisation looks into is its own affair, and that an answer of its
// changed may tell of a document that others do not have.
func askers(r access.Reader) access.Audience {
	a := access.Public
	for _, org := range r.Organisations {
		a = a.And(access.ForOrganisation(org))
	}
	return a
}

// Show is everything held about a subject.
func (n *Node) Show(ctx context.Context, ask access.Ask, subject string) (*dossier.Dossier, error) {
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	d, err := n.builder.Build(ctx, ask, subject)
	if err != nil {
		return nil, err
	}
	return d, n.attest(ctx, ask, d)
}

// Search is the parties that a query may mean, best first.
func (n *Node) Search(ctx context.Context, ask access.Ask, query string, limit int) ([]dossier.Candidate, error) {
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	return n.builder.Search(ctx, ask, query, limit)
}

// Decision is a recorded decision, as its bytes, by digest.
func (n *Node) Decision(ctx context.Context, ask access.Ask, digest string) ([]byte, *ledger.Entry, error) {
	b, e, err := n.recorded(ctx, ask, digest)
	if err == nil && e.Kind != KindDecision {
		return nil, nil, problem.New(problem.NotFound, "%s is no decision but a document of kind %s", digest, e.Kind)
	}
	return b, e, err
}

// recorded is the bytes of what this node recorded, by digest.
func (n *Node) recorded(ctx context.Context, ask access.Ask, digest string) ([]byte, *ledger.Entry, error) {
	digest, err := ledger.ParseDigest(digest)
	if err != nil {
		return nil, nil, problem.New(problem.Invalid, "%v", err)
	}
	if ask, err = n.Ledger.Resolve(ctx, ask); err != nil {
		return nil, nil, err
	}
	e, err := n.Ledger.ByDigest(ctx, ask, digest)
	if err != nil {
		return nil, nil, err
	}
	b, err := n.Ledger.Body(ctx, ask, e.Position)
	return b, e, err
}

// Replay asks the question of a recorded decision or screening again, at its
// moment and for its audience, and compares the answers.
func (n *Node) Replay(ctx context.Context, ask access.Ask, digest string) (*decision.Outcome, error) {
	b, e, err := n.recorded(ctx, ask, digest)
	if err != nil {
		return nil, err
	}
	switch e.Kind {
	case KindDecision:
	case KindScreening:
		return n.replayScreening(ctx, b)
	default:
		return nil, problem.New(problem.NotFound, "%s is no decision or screening but a document of kind %s", digest, e.Kind)
	}
	old, err := decision.ParseRecord(b)
	if err != nil {
		return nil, err
	}
	past, q := asked(old)
	now, _, err := n.Check(ctx, past, q)
	if err != nil {
		return nil, fmt.Errorf("replay %s: %w", digest, err)
	}
	out, err := decision.Compare(old, now)
	return &out, err
}

// asked is the question of a recorded decision, for a reader who sees what its
// asker saw.
func asked(r *decision.Recorded) (access.Ask, Question) {
	ask := access.Ask{Reader: readerOf(r.Audiences), At: access.At{Date: r.At, Known: r.Known, Position: r.Position}}
	q := Question{Subject: r.Query}
	if r.Purpose != nil {
		q.Purpose = *r.Purpose
	}
	return ask, q
}

// readerOf is a reader who sees what one saw of whom this is recorded.
func readerOf(audiences []string) access.Reader { return watch.Question{Audiences: audiences}.Reader() }

// Bundle exports a decision with the policies and documents it rests on, and
// the proofs of all.
func (n *Node) Bundle(ctx context.Context, ask access.Ask, digest string) ([]byte, error) {
	b, e, err := n.Decision(ctx, ask, digest)
	if err != nil {
		return nil, err
	}
	old, err := decision.ParseRecord(b)
	if err != nil {
		return nil, err
	}
	if ask, err = n.Ledger.Resolve(ctx, ask); err != nil {
		return nil, err
	}
	wanted := []ledger.Wanted{{Position: e.Position, Role: "decision"}}
	for _, p := range old.Policies {
		entry, err := n.Ledger.ByDigest(ctx, ask, p.Digest)
		if err != nil {
			return nil, err
		}
		wanted = append(wanted, ledger.Wanted{Position: entry.Position, Role: "policy"})
	}
	for _, ev := range old.Evidence {
		wanted = append(wanted, ledger.Wanted{Position: ev.Position, Role: "evidence"})
	}
	return n.Ledger.Bundle(ctx, ask, wanted)
}

// snapshotFacts reads the facts of one answer in one snapshot of the store.
type snapshotFacts struct {
	*ledger.Sight
	programmes map[string]*listing.Programme
}

// Programmes is those that were read before the snapshot began.
func (f snapshotFacts) Programmes(context.Context, access.Ask) (map[string]*listing.Programme, error) {
	return f.programmes, nil
}

// The dossier reads facts through the node.
var _ dossier.Facts = (*Node)(nil)

// BySubject is all facts about these subjects that the ask allows.
func (n *Node) BySubject(ctx context.Context, ask access.Ask, subjects ...string) ([]ledger.Fact, error) {
	return n.Ledger.BySubject(ctx, ask, subjects...)
}

// ByTerm is the facts of these kinds with one of these terms.
func (n *Node) ByTerm(ctx context.Context, ask access.Ask, kinds, terms []string, limit int) ([]ledger.Fact, error) {
	return n.Ledger.ByTerm(ctx, ask, kinds, terms, limit)
}

// ByPrefix is the facts of these kinds whose term begins with prefix.
func (n *Node) ByPrefix(ctx context.Context, ask access.Ask, kinds []string, prefix string, limit int) ([]ledger.Fact, error) {
	return n.Ledger.ByPrefix(ctx, ask, kinds, prefix, limit)
}

// Documents describes documents by position.
func (n *Node) Documents(ctx context.Context, ask access.Ask, positions ...int64) ([]ledger.Entry, error) {
	return n.Ledger.Documents(ctx, ask, positions...)
}

// Series describes the documents of one part of a source, by publication.
func (n *Node) Series(ctx context.Context, ask access.Ask, source, part string) ([]ledger.Entry, error) {
	return n.Ledger.Series(ctx, ask, source, part)
}

// Sources is the series of editions that the reader may see.
func (n *Node) Sources(ctx context.Context, ask access.Ask) ([]ledger.Source, error) {
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	return n.Ledger.Sources(ctx, ask)
}

// Editions is the editions of a source with what each changed.
func (n *Node) Editions(ctx context.Context, ask access.Ask, source string) ([]ledger.EditionEntry, error) {
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	return n.Ledger.Editions(ctx, ask, source, listing.FactEntry)
}

// Differences compares two editions of a source, given by position.
func (n *Node) Differences(ctx context.Context, ask access.Ask, source string, from, to int64) (*ledger.Differences, error) {
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	return n.Ledger.Differences(ctx, ask, source, listing.FactEntry, from, to)
}

// List is the documents that a filter leaves.
func (n *Node) List(ctx context.Context, ask access.Ask, f ledger.Filter) ([]ledger.Entry, error) {
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	return n.Ledger.List(ctx, ask, f)
}

// Document describes the document at a position.
func (n *Node) Document(ctx context.Context, ask access.Ask, position int64) (*ledger.Entry, error) {
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	return n.Ledger.Document(ctx, ask, position)
}

// Body is the bytes of the document at a position.
func (n *Node) Body(ctx context.Context, ask access.Ask, position int64) ([]byte, error) {
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	return n.Ledger.Body(ctx, ask, position)
}

// FactsOf is the facts taken from the document at a position.
func (n *Node) FactsOf(ctx context.Context, ask access.Ask, position int64, limit int) ([]ledger.Fact, error) {
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	return n.Ledger.FactsOf(ctx, ask, position, limit)
}

// Withdraw takes the body of a document out of the ledger for good, as
// [ledger.Ledger.Withdraw] describes. Only an administrator may.
func (n *Node) Withdraw(ctx context.Context, ask access.Ask, position int64, reason string) (*ledger.Receipt, error) {
	if !ask.Reader.Is(access.RoleAdministrator) {
		return nil, problem.New(problem.Denied, "%s may not withdraw documents; only an administrator may", ask.Reader.Member)
	}
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	return n.Ledger.Withdraw(ctx, ask, position, ask.Reader.Member, reason)
}

// Prove is the inclusion proof of the document at a position, in the form of
// c2sp.org/tlog-proof.
func (n *Node) Prove(ctx context.Context, ask access.Ask, position int64) ([]byte, error) {
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	p, err := n.Ledger.Prove(ctx, ask, position)
	if err != nil {
		return nil, err
	}
	return []byte(p.String()), nil
}

// Head describes the ledger's head.
type Head struct {
	Origin      string `json:"origin"`
	Position    int64  `json:"position"`
	Checkpoint  string `json:"checkpoint"` // that is published, see [Node.Checkpoint]; "" when there is none
	VerifierKey string `json:"verifier_key"`
	Engine      string `json:"engine"` // of the store
}

// Head reads the ledger's head.
func (n *Node) Head(ctx context.Context) (Head, error) {
	h, err := n.Ledger.Head(ctx)
	if err != nil {
		return Head{}, err
	}
	signed, err := n.Ledger.Published(ctx)
	if err != nil && problem.KindOf(err) != problem.NotFound {
		return Head{}, err
	}
	return Head{n.Ledger.Origin(), h.Position, signed, n.verifier, n.DB.Engine()}, nil
}

// Checkpoint is the checkpoint that readers of the log are given: the newest
// that a quorum of witnesses has cosigned, or the newest signed one where there
// are no witnesses, or none have answered for a day.
func (n *Node) Checkpoint(ctx context.Context) (string, error) { return n.Ledger.Published(ctx) }

// Tile is a tile or entry bundle of the log, by its path below /log/.
func (n *Node) Tile(ctx context.Context, path string) ([]byte, error) {
	return n.Ledger.Tile(ctx, path)
}
