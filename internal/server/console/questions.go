package console

import (
	"context"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/holdings"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/node"
	"countersign.dev/internal/screening"
	"countersign.dev/internal/watchlist"
)

// The node's own words, under this package's names.
type (
	Question        = node.Question
	Head            = node.Head
	File            = intake.File
	ImportOptions   = node.ImportOptions
	ImportReport    = node.ImportReport
	ImportedEdition = node.ImportedEdition
	ScreenOptions   = node.ScreenOptions
)

// Questions is what the pages ask a node; [node.Node] answers them. All methods are safe for concurrent
// use and return errors of package problem: NotFound also for what the reader
// may not see, Invalid with the place for bad input. In an ask, position
// [access.Now] means the newest.
type Questions interface {
	Screener
	Watches
	Joiner
	Holder
	Software
	Labeller
	Teller
	Casebook
	Responder
	Sharer
	Owing

	Check(ctx context.Context, ask access.Ask, q Question) (*decision.Answer, *dossier.Dossier, error)
	Decide(ctx context.Context, ask access.Ask, q Question) (*decision.Answer, error)
	Search(ctx context.Context, ask access.Ask, query string, limit int) ([]dossier.Candidate, error)
	Show(ctx context.Context, ask access.Ask, subject string) (*dossier.Dossier, error)

	Decision(ctx context.Context, ask access.Ask, digest string) ([]byte, *ledger.Entry, error)
	Replay(ctx context.Context, ask access.Ask, digest string) (*decision.Outcome, error)
	Bundle(ctx context.Context, ask access.Ask, digest string) ([]byte, error)

	Programmes(ctx context.Context, ask access.Ask) (map[string]*listing.Programme, error)
	Sources(ctx context.Context, ask access.Ask) ([]ledger.Source, error)
	Editions(ctx context.Context, ask access.Ask, source string) ([]ledger.EditionEntry, error)
	Differences(ctx context.Context, ask access.Ask, source string, from, to int64) (*ledger.Differences, error)

	List(ctx context.Context, ask access.Ask, f ledger.Filter) ([]ledger.Entry, error)
	Document(ctx context.Context, ask access.Ask, position int64) (*ledger.Entry, error)
	Body(ctx context.Context, ask access.Ask, position int64) ([]byte, error)
	FactsOf(ctx context.Context, ask access.Ask, position int64, limit int) ([]ledger.Fact, error)
	// Prove is an inclusion proof in the form of c2sp.org/tlog-proof.
	Prove(ctx context.Context, ask access.Ask, position int64) ([]byte, error)

	Head(ctx context.Context) (Head, error)
	Import(ctx context.Context, reader access.Reader, files []File, opts ImportOptions) (*ImportReport, error)
}

// Screener screens names: a few at once, or a batch of any size at one moment.
type Screener interface {
	Screen(ctx context.Context, ask access.Ask, sought []screening.Sought, opts ScreenOptions) (*node.ScreenedAll, error)
	Screening(ctx context.Context, ask access.Ask, opts ScreenOptions) (*node.Screening, error)
	// Screened is a recorded screening, as its bytes, by digest.
	Screened(ctx context.Context, ask access.Ask, digest string) ([]byte, *ledger.Entry, error)
}

// Watches keeps lists of names, and tells what changed about them.
type Watches interface {
	WatchLists(ctx context.Context, reader access.Reader) ([]watchlist.List, error)
	SetWatchList(ctx context.Context, by access.Reader, l node.NewWatchList) (*node.WatchListSet, error)
	RemoveWatchList(ctx context.Context, by access.Reader, name, reason string) error
	RunWatchList(ctx context.Context, by access.Reader, name string, progress func(done, of int64)) (*watchlist.Recorded, error)
	WatchListRuns(ctx context.Context, reader access.Reader, name string, since watchlist.Since) ([]watchlist.Recorded, error)
}

// Holder answers tables of securities.
type Holder interface {
	Holdings(ctx context.Context, ask access.Ask, rows []holdings.Row, record bool) (*holdings.Answer, string, error)
}

// Software answers about releases, what they contain and what is said of it.
type Software interface {
	// Impact is who is concerned by a weakness, a package, a supplier or a
	// release: one page of the releases, with the systems that run them.
	Impact(ctx context.Context, ask access.Ask, subject string, offset, limit int) (*node.Impact, error)
	// ImpactWhole is Impact with the organisations and systems concerned, and the
	// ways to them.
	ImpactWhole(ctx context.Context, ask access.Ask, subject string, offset, limit int) (*node.WholeImpact, error)
	// Weakness is what is held of a weakness, by any id of it; NotFound when
	// nothing is.
	Weakness(ctx context.Context, ask access.Ask, id string) (*node.Weakness, error)
	// Advisories is what advisories say of a purl's package, and what that means
	// for versions of it.
	Advisories(ctx context.Context, ask access.Ask, purl string, versions []string) ([]node.PackageAdvisory, error)
	// Portfolio is every release with what concerns it now.
	Portfolio(ctx context.Context, ask access.Ask) (*node.Portfolio, error)
	// Assert keeps what an analyst says of a weakness in a release.
	Assert(ctx context.Context, ask access.Ask, s node.Assertion) (*node.Asserted, error)
	// Assertions is what analysts say of a release, or of all when it is "".
	Assertions(ctx context.Context, ask access.Ask, release string) ([]node.Asserted, error)
	// Publish is the same as one document of a form; NotFound when nothing is said.
	Publish(ctx context.Context, ask access.Ask, release, form, namespace string) (*node.Publication, error)
}

// Joiner takes decisions about which entries are one party.
type Joiner interface {
	Join(ctx context.Context, by access.Reader, j node.Joining) (*node.JoinDecision, error)
	Joins(ctx context.Context, ask access.Ask, subject string) ([]node.JoinDecision, error)
}

// Members is who may come in, for the pages that set it up; [access.Store] is
// one. Sessions are opened and ended by the server's door.
type Members interface {
	NeedsSetup(ctx context.Context) (bool, error)
	Setup(ctx context.Context, code access.Secret, home access.Organisation, admin access.NewMember) error
	Organisations(ctx context.Context, by access.Reader) ([]access.Organisation, error)
	CreateOrganisation(ctx context.Context, by access.Reader, o access.Organisation) error
	Members(ctx context.Context, by access.Reader) ([]access.Member, error)
	CreateMember(ctx context.Context, by access.Reader, m access.NewMember) error
	Grant(ctx context.Context, by access.Reader, member, organisation string, role access.Role) error
	Disable(ctx context.Context, by access.Reader, member string) error
	Tokens(ctx context.Context, by access.Reader, member string) ([]access.Token, error)
	CreateToken(ctx context.Context, by access.Reader, member, label string, expires time.Time) (access.Secret, access.Token, error)
	RevokeToken(ctx context.Context, by access.Reader, id string) error
}
