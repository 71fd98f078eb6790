package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
)

// formatFlag is the form of results.
type formatFlag string

const (
	formatText formatFlag = "text"
	formatJSON formatFlag = "json"
)

func (f *formatFlag) String() string { return string(*f) }
func (f *formatFlag) Type() string   { return "FORMAT" }

func (f *formatFlag) Set(s string) error {
	v := formatFlag(s)
	if v == formatText || v == formatJSON || gateForms[v] != nil {
		*f = v
		return nil
	}
	return errors.New("want text or json; of check also sarif, junit, markdown or csv")
}

// dateFlag is a day.
type dateFlag access.Date

func (d *dateFlag) String() string { return string(*d) }
func (d *dateFlag) Type() string   { return "DATE" }

func (d *dateFlag) Set(s string) error {
	v, err := access.ParseDate(s)
	*d = dateFlag(v)
	return err
}

// audienceFlag is who may see something.
type audienceFlag struct{ access.Audience }

func (a *audienceFlag) Type() string { return "AUDIENCE" }

func (a *audienceFlag) Set(s string) error {
	// Elsewhere nothing said means everybody; here somebody meant to say it.
	if strings.TrimSpace(s) == "" {
		return errors.New("is empty; want public, org:ID, or several joined by | (any of) and & (all of)")
	}
	v, err := access.ParseAudience(s)
	a.Audience = v
	return err
}

// positionFlag is a position of the ledger.
type positionFlag int64

func (p *positionFlag) Type() string { return "N" }

func (p *positionFlag) String() string {
	if *p == 0 {
		return ""
	}
	return strconv.FormatInt(int64(*p), 10)
}

func (p *positionFlag) Set(s string) error {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 {
		return errors.New("want a number from 1")
	}
	*p = positionFlag(n)
	return nil
}

// emptyFlag is a flag of a command that was given without a value: most often a
// script's variable that nobody set. Taken for a flag that was left out, it
// would widen what is asked, or who may see it. Nil when there is none.
func emptyFlag(cmd *cobra.Command) *pflag.Flag {
	var found *pflag.Flag
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if found == nil && strings.TrimSpace(f.Value.String()) == "" {
			found = f
		}
	})
	return found
}

// valueOf is what a flag's value is called in its help.
func valueOf(f *pflag.Flag) string {
	name, _ := pflag.UnquoteUsage(f)
	return name
}

// atFlags are the three clocks of a question.
type atFlags struct {
	date     dateFlag
	known    dateFlag
	position positionFlag
}

func (f *atFlags) add(flags *pflag.FlagSet) {
	flags.Var(&f.date, "at", "the day that is asked about; may lie ahead (default today)")
	flags.Var(&f.known, "known", "use only what had been published by this day (default today)")
	flags.Var(&f.position, "position", "as the ledger stood at this position (default the newest)")
}

// ask is the question's moment, for whoever asks. The node fills in what was
// not said.
func (f *atFlags) ask(reader access.Reader) access.Ask {
	at := access.At{Date: access.Date(f.date), Known: access.Date(f.known), Position: int64(f.position)}
	if at.Position == 0 {
		at.Position = access.Now
	}
	return access.Ask{Reader: reader, At: at}
}

// storeFlags say which store to open.
type storeFlags struct {
	data, db, signingKey, publicKey string
	publicURL                       string // of the public registry
}

// options of the node that the flags name. A database by URL needs no folder,
// but has the keys of one when it is named; the folder that nobody named is not
// for it, or a second node would begin to sign with a key of its own.
func (a *app) options() (node.Options, error) {
	s := a.store
	data := orElse(s.data, a.getenv("COUNTERSIGN_DATA"))
	if data == "" && s.db == "" {
		var err error
		if data, err = dataFolder(a.getenv); err != nil {
			return node.Options{}, err
		}
	}
	return node.Options{
		Data: data, DB: s.db, SigningKey: s.signingKey, PublicKey: s.publicKey, PublicURL: s.publicURL,
		Now: a.now, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}, nil
}

// purpose is what a command opens a store for.
type openFor int

const (
	toRead  openFor = iota // writes nothing; the store must exist
	toWrite                // the store must exist
	toBegin                // a new store is made where there is none
)

// open opens the store that the flags name. The caller closes the node.
func (a *app) open(ctx context.Context, what openFor) (*node.Node, error) {
	opts, err := a.options()
	if err != nil {
		return nil, err
	}
	if what != toBegin && opts.Data != "" && opts.DB == "" && !exists(filepath.Join(opts.Data, "countersign.db")) {
		return nil, noStore(opts.Data)
	}
	opts.ReadOnly = what == toRead
	n, err := node.Open(ctx, opts)
	if errors.Is(err, fs.ErrPermission) {
		err = hinted(err, "run as the user whose store it is, or name another folder with --data")
	}
	return n, err
}

func noStore(dir string) error {
	return hinted(problem.New(problem.NotFound, "%s: no store there", dir),
		"make one with countersign import FILE, or look around with countersign serve --demo")
}

// with opens the store, does something with it and closes it.
func (a *app) with(ctx context.Context, what openFor, do func(*node.Node) error) error {
	n, err := a.open(ctx, what)
	if err != nil {
		return err
	}
	err = do(n)
	if closed := n.Close(); closed != nil && err == nil {
		err = fmt.Errorf("close store: %w", closed)
	}
	return err
}

// hasStore reports whether there is a store to read.
func (a *app) hasStore() bool {
	opts, err := a.options()
	return err == nil && (opts.DB != "" || exists(filepath.Join(opts.Data, "countersign.db")))
}
