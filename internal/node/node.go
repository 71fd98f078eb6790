package node

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/note"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/impact"
	"countersign.dev/internal/incident"
	"countersign.dev/internal/label"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/screening"
	"countersign.dev/internal/sharing"
	"countersign.dev/internal/sharing/search"
	"countersign.dev/internal/watch"
)

// Options say which store a node opens, and how.
type Options struct {
	// Data is the folder of an embedded store: countersign.db and the log's
	// keys. It is made when it does not exist.
	Data string
	// DB is the URL of a store, in place of Data's database.
	DB string
	// SigningKey is the file of the log's signing key. Where Data is given it
	// defaults to Data/ledger.key, which is made with a new store; with DB
	// alone, a node without it appends and leaves signing to others.
	SigningKey string
	// PublicKey is the file of the log's public key: Data/ledger.pub by default.
	PublicKey string

	// IssuerKey is the file of the key by which labels are signed: Data/issuer.key
	// by default, which is made when the first label is issued.
	IssuerKey string
	// PublicURL is where people find this node; "http://127.0.0.1:8080" by default.
	// Labels name it, so it should stay.
	PublicURL string

	ReadOnly bool             // refuse everything that would write
	Now      func() time.Time // time.Now when nil
	Logger   *slog.Logger     // slog.Default when nil
}

// Node is one running countersign. It is safe for concurrent use.
type Node struct {
	DB     *db.DB
	Ledger *ledger.Ledger
	Access *access.Store

	builder    *dossier.Builder
	names      *screening.Index
	portfolio  *impact.Index
	labels     *label.View
	shared     *sharing.Store
	incidents  incidents
	runs       runs
	finding    *search.Index // among what is shared
	labelling  sync.Mutex    // while events of labels are appended
	issuer     issuer
	statusList published
	dumping    sync.Mutex
	dumps      map[string]*published // pages of the dump, by the id after which each begins
	registry   string                // URL at which people find the public registry, without a slash at its end
	rules      rules
	verifying  verifying
	now        func() time.Time
	log        *slog.Logger
	signer     note.Signer // of the log; nil on a node that only appends
	verifier   string      // the log's public key, as a note key
	readOnly   bool

	stop    context.CancelFunc
	running sync.WaitGroup
	closing sync.Once
	closed  error // of closing
	applied appliedPosition

	watcher   atomic.Pointer[watch.Watcher] // nil until Watch
	stopWatch context.CancelFunc

	surveilled surveilled

	witnessing witnessing

	stopExchange context.CancelFunc // nil until Exchange

	senders     atomic.Pointer[NoticeOptions] // nil until Notify
	stopNotices context.CancelFunc
}

// Open opens a store, making it when it is new, and brings its programmes and
// policies up to date. Close releases it.
func Open(ctx context.Context, opts Options) (*Node, error) {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Logger == nil {
		opts.Logger = slog.Default()
	}
	keys, err := loadKeys(&opts)
	if err != nil {
		return nil, err
	}
	store, err := db.Open(ctx, opts.DB, db.Options{ReadOnly: opts.ReadOnly})
	if err != nil {
		return nil, err
	}
	n := &Node{DB: store, Access: access.NewStore(store), now: opts.Now, log: opts.Logger, verifier: keys.public, signer: keys.signer, readOnly: opts.ReadOnly}
	n.Ledger = ledger.New(store, ledger.Options{Signer: keys.signer, Verifier: keys.verifier, Now: opts.Now})
	n.builder = &dossier.Builder{Facts: n, Labels: true}
	n.names = screening.NewIndex(n.Ledger)
	n.portfolio = impact.New(n.Ledger, nil)
	n.labels = label.NewView(n.Ledger)
	n.incidents.view = incident.NewView(n.Ledger)
	n.incidents.sent = map[string]bool{}
	n.shared = sharing.New(store, n.Ledger, sharing.Options{Now: opts.Now})
	n.finding = search.New(store, n.shared)
	n.registry = strings.TrimRight(cmp.Or(opts.PublicURL, "http://127.0.0.1:8080"), "/")
	n.issuer.path = opts.IssuerKey
	if n.issuer.path == "" && opts.Data != "" {
		n.issuer.path = filepath.Join(opts.Data, "issuer.key")
	}
	n.keepPortfolio(opts.Data)
	if err := n.sameLog(ctx); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	if !opts.ReadOnly {
		if err := n.ensureRules(ctx); err != nil {
			return nil, errors.Join(err, n.Close())
		}
		if err := n.Ledger.SignHead(ctx); err != nil {
			return nil, errors.Join(err, n.Close())
		}
	}
	return n, nil
}

// sameLog refuses keys that are not those of the store's log: signed with
// others, it would no longer be one log.
func (n *Node) sameLog(ctx context.Context) error {
	signed, err := n.Ledger.Checkpoint(ctx)
	if problem.KindOf(err) == problem.NotFound || err == nil && n.verifier == "" {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := n.Ledger.Tree(signed); err != nil {
		return problem.New(problem.Conflict, "the store's log is not the one of this public key (%s): %v", n.Ledger.Origin(), err)
	}
	return nil
}

// Close ends the node's work and closes its store. It may be called more than
// once.
func (n *Node) Close() error {
	n.closing.Do(func() {
		if n.stop != nil {
			n.stop()
		}
		if n.stopWatch != nil {
			n.stopWatch()
		}
		if n.surveilled.stop != nil {
			n.surveilled.stop()
		}
		if n.incidents.stop != nil {
			n.incidents.stop()
		}
		if n.runs.stop != nil {
			n.runs.stop()
		}
		if n.stopNotices != nil {
			n.stopNotices()
		}
		if n.witnessing.stop != nil {
			n.witnessing.stop()
		}
		if n.stopExchange != nil {
			n.stopExchange()
		}
		n.running.Wait()
		n.closed = errors.Join(n.Ledger.Close(), n.DB.Close())
	})
	return n.closed
}

// VerifierKey is the log's public key, as a note key; "" when this node has
// none.
func (n *Node) VerifierKey() string { return n.verifier }

// keys of a log. signer is nil on a node that only appends.
type keys struct {
	signer   note.Signer
	verifier note.Verifier
	public   string
}

// loadKeys finds the keys of the log and fills in what opts leave open. A new
// data folder gets a new pair of keys; an old one is never given another.
func loadKeys(opts *Options) (*keys, error) {
	if opts.Data == "" && opts.DB == "" {
		return nil, problem.New(problem.Invalid, "say which store to open: a data folder or a database URL")
	}
	if opts.Data != "" {
		if opts.SigningKey == "" {
			opts.SigningKey = filepath.Join(opts.Data, "ledger.key")
		}
		if opts.PublicKey == "" {
			opts.PublicKey = filepath.Join(opts.Data, "ledger.pub")
		}
		if opts.DB == "" {
			opts.DB = "sqlite:" + filepath.Join(opts.Data, "countersign.db")
		}
		if err := makeData(opts); err != nil {
			return nil, err
		}
	}
	k := &keys{}
	if opts.SigningKey != "" {
		b, err := os.ReadFile(opts.SigningKey)
		switch {
		case err == nil:
			if k.signer, err = note.NewSigner(trim(b)); err != nil {
				return nil, problem.New(problem.Invalid, "%s: not a signing key of a log: %v", opts.SigningKey, err)
			}
		case !errors.Is(err, fs.ErrNotExist) || opts.Data == "":
			return nil, fmt.Errorf("signing key: %w", err)
		}
	}
	if opts.PublicKey != "" {
		b, err := os.ReadFile(opts.PublicKey)
		if err != nil {
			return nil, fmt.Errorf("public key of the log: %w", err)
		}
		k.public = trim(b)
		if k.verifier, err = note.NewVerifier(k.public); err != nil {
			return nil, problem.New(problem.Invalid, "%s: not a public key of a log: %v", opts.PublicKey, err)
		}
	}
	if k.signer != nil && k.verifier == nil {
		return nil, problem.New(problem.Invalid, "%s: the signing key needs the public key beside it; name it with --public-key", opts.SigningKey)
	}
	if k.signer != nil && (k.signer.Name() != k.verifier.Name() || k.signer.KeyHash() != k.verifier.KeyHash()) {
		return nil, problem.New(problem.Invalid, "%s and %s are keys of different logs", opts.SigningKey, opts.PublicKey)
	}
	return k, nil
}

// makeData makes a new data folder with new keys. The public key is written
// last: a folder that has it is whole.
func makeData(opts *Options) error {
	if _, err := os.Stat(opts.PublicKey); err == nil {
		return nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("data folder: %w", err)
	}
	if opts.ReadOnly {
		return problem.New(problem.NotFound, "%s: no store there", opts.Data)
	}
	if _, err := os.Stat(filepath.Join(opts.Data, "countersign.db")); err == nil {
		return problem.New(problem.Conflict, "%s has a store but no ledger.pub; put the log's public key back", opts.Data)
	}
	if err := os.MkdirAll(opts.Data, 0o700); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	return WriteKeys(opts.SigningKey, opts.PublicKey)
}
