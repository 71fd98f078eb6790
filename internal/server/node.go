package server

import (
	"context"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/node"
	"countersign.dev/internal/screening"
)

// Node is one running countersign, as this door needs it. All methods are safe
// for concurrent use, look at their context, and return errors of package
// problem: NotFound also for what the reader may not see, Invalid with the
// place for bad input, Unavailable when trying again may help. In an ask, an
// empty date means today and position 0 the newest one. [node.Node] is one.
type Node interface {
	Questions
	Lists
	Documents
	Watches
	Notices
	Bulletins
	Playbooks
	Sharing
	Joins
	Holdings
	Software
	Attestations
	Incidents
	Posture
	Log

	// Applied is the position up to which this node's views follow the ledger.
	Applied() int64
}

// Questions are answered from what the ledger holds.
type Questions interface {
	// Check answers a question and records nothing.
	Check(ctx context.Context, ask access.Ask, q node.Question) (*decision.Answer, *dossier.Dossier, error)
	// Decide answers a question and records the decision. On return it is
	// durable, and the answer names its digest.
	Decide(ctx context.Context, ask access.Ask, q node.Question) (*decision.Answer, error)
	// Decision is the recorded decision's bytes, and its place in the ledger.
	Decision(ctx context.Context, ask access.Ask, digest string) ([]byte, *ledger.Entry, error)
	// Bundle is the decision with all that it takes to verify it offline.
	Bundle(ctx context.Context, ask access.Ask, digest string) ([]byte, error)
	// Replay decides again from what the decision says it was made of.
	Replay(ctx context.Context, ask access.Ask, digest string) (*decision.Outcome, error)
	// Search is the parties whose names are like the query, best first.
	Search(ctx context.Context, ask access.Ask, query string, limit int) ([]dossier.Candidate, error)
	// Screen finds whom each name may mean. What is wrong with one name is told
	// in its result.
	Screen(ctx context.Context, ask access.Ask, sought []screening.Sought, opts node.ScreenOptions) (*node.ScreenedAll, error)
	// Screening begins to screen names at one moment, as many as there are.
	Screening(ctx context.Context, ask access.Ask, opts node.ScreenOptions) (*node.Screening, error)
	// Profile is what is said under one id; NotFound when nothing is.
	Profile(ctx context.Context, ask access.Ask, id string) (*node.Profile, error)
	// Show is everything held about a subject.
	Show(ctx context.Context, ask access.Ask, subject string) (*dossier.Dossier, error)
}

// Lists are the programmes, and the series of editions they are read from.
type Lists interface {
	Programmes(ctx context.Context, ask access.Ask) (map[string]*listing.Programme, error)
	Sources(ctx context.Context, ask access.Ask) ([]ledger.Source, error)
	Editions(ctx context.Context, ask access.Ask, source string) ([]ledger.EditionEntry, error)
	// Differences is what changed between two editions, named by position.
	Differences(ctx context.Context, ask access.Ask, source string, from, to int64) (*ledger.Differences, error)
}

// Documents are what the ledger keeps.
type Documents interface {
	// Import reads files and appends what they are; a file that cannot be read
	// is told of in the report, and does not keep the others out.
	Import(ctx context.Context, reader access.Reader, files []intake.File, opts node.ImportOptions) (*node.ImportReport, error)
	// List is the documents that a filter leaves, by position.
	List(ctx context.Context, ask access.Ask, f ledger.Filter) ([]ledger.Entry, error)
	Document(ctx context.Context, ask access.Ask, position int64) (*ledger.Entry, error)
	Body(ctx context.Context, ask access.Ask, position int64) ([]byte, error)
	// Prove is an inclusion proof in the form of c2sp.org/tlog-proof.
	Prove(ctx context.Context, ask access.Ask, position int64) ([]byte, error)
}

// Log is the public log, which everybody may read.
type Log interface {
	Head(ctx context.Context) (node.Head, error)
	// Checkpoint is the newest signed one.
	Checkpoint(ctx context.Context) (string, error)
	// Tile is a tile or entry bundle by its path after c2sp.org/tlog-tiles, as
	// "tile/0/x001/234.p/5". NotFound when the log is not that long.
	Tile(ctx context.Context, path string) ([]byte, error)
	// VerifierKey is the log's public key as a note key.
	VerifierKey() string
}

// Accounts knows who may come in, and who may decide on that: methods that
// take a reader answer Denied when that one may not. [access.Store] is one.
type Accounts interface {
	// ReaderOfToken is whom an API token speaks for, ReaderOfSession whom a
	// session does. Unauthenticated when it is unknown, revoked or has ended.
	ReaderOfToken(ctx context.Context, secret string) (access.Reader, error)
	ReaderOfSession(ctx context.Context, secret string) (access.Reader, error)
	// ReaderOfPassword is the member whose password this is. It answers as SignIn.
	ReaderOfPassword(ctx context.Context, member, password string) (access.Reader, error)
	// ReaderOfRemembered is the same, if it was found out lately.
	ReaderOfRemembered(ctx context.Context, member, password string) (r access.Reader, ok bool, err error)
	// SignIn opens a session. Unauthenticated for a wrong name or password,
	// TooMany after many of them in a row.
	SignIn(ctx context.Context, member, password string) (secret string, expires time.Time, err error)
	SignOut(ctx context.Context, secret string) error

	Organisations(ctx context.Context, by access.Reader) ([]access.Organisation, error)
	CreateOrganisation(ctx context.Context, by access.Reader, o access.Organisation) error
	Members(ctx context.Context, by access.Reader) ([]access.Member, error)
	CreateMember(ctx context.Context, by access.Reader, m access.NewMember) error
	Grant(ctx context.Context, by access.Reader, member, organisation string, role access.Role) error
	Withdraw(ctx context.Context, by access.Reader, member, organisation string) error
	Disable(ctx context.Context, by access.Reader, member string) error
	Tokens(ctx context.Context, by access.Reader, member string) ([]access.Token, error)
	CreateToken(ctx context.Context, by access.Reader, member, label string, expires time.Time) (access.Secret, access.Token, error)
	RevokeToken(ctx context.Context, by access.Reader, id string) error
}
