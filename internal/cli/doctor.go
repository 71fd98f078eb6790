package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
)

// finding is what the doctor says of one thing.
type finding struct {
	Check string `json:"check"`
	OK    bool   `json:"ok"`
	Found string `json:"found"`
	Hint  string `json:"hint,omitempty"`
}

func (a *app) doctorCommand() *cobra.Command {
	c := command("doctor", "Look for what is wrong with this installation", 0, 0, func(cmd *cobra.Command, _ []string) error {
		return a.doctor(cmd.Context())
	})
	c.Long = "Doctor looks at the store, the log's keys, the clock, the disk and the follower,\nand says of each whether it is well and else what to do. It changes nothing.\nWhether anything in the ledger was changed is for ledger verify to say."
	return c
}

func (a *app) doctor(ctx context.Context) error {
	opts, err := a.options()
	if err != nil {
		return err
	}
	findings := []finding{}
	n, err := a.open(ctx, toRead)
	if err != nil {
		findings = append(findings, storeFailed(err))
	} else {
		findings = append(findings, a.examine(ctx, n, opts)...)
		if err := n.Close(); err != nil {
			findings = append(findings, finding{"store", false, fmt.Sprintf("close: %v", err), ""})
		}
	}
	if opts.Data != "" && exists(opts.Data) {
		findings = append(findings, disk(opts.Data))
	}
	return a.findings(findings)
}

func storeFailed(err error) finding {
	f := finding{Check: "store", Found: err.Error()}
	var h *hintedError
	if errors.As(err, &h) {
		f.Hint = h.hint
	}
	return f
}

func (a *app) findings(findings []finding) error {
	bad := 0
	for _, f := range findings {
		word, c := "ok", green
		if !f.OK {
			bad++
			word, c = "problem", red
		}
		if a.wantsJSON() {
			continue
		}
		a.line("%s%-10s%s", a.style(c, fmt.Sprintf("%-9s", word)), f.Check, oneLine(f.Found))
		if f.Hint != "" {
			a.line("                   hint: %s", oneLine(f.Hint)) // not wrapped, as it may be a command
		}
	}
	if a.wantsJSON() {
		if err := a.json(map[string]any{"checks": findings}); err != nil {
			return err
		}
	}
	if bad > 0 {
		return problem.New(problem.Conflict, "%d of %d checks found a problem", bad, len(findings))
	}
	return nil
}

// examine asks an open store.
func (a *app) examine(ctx context.Context, n *node.Node, opts node.Options) []finding {
	return []finding{
		examineStore(ctx, n), a.examineKeys(ctx, n, opts), a.examineClock(ctx, n),
		examineFollower(ctx, n), examineLists(ctx, n), examineMembers(ctx, n),
	}
}

// failed is the finding of a check that could not be made.
func failed(check string, err error) finding { return finding{Check: check, Found: err.Error()} }

func examineStore(ctx context.Context, n *node.Node) finding {
	found, err := n.DB.Check(ctx)
	switch {
	case err != nil:
		return failed("store", err)
	case len(found) > 0:
		return finding{"store", false, strings.Join(found, "; "), "restore the last backup into a new store"}
	}
	// Opening it for reading has seen to it that its schema is this program's.
	return finding{"store", true, n.DB.Engine() + ", sound, schema up to date", ""}
}

func (a *app) examineKeys(ctx context.Context, n *node.Node, opts node.Options) finding {
	f := finding{Check: "keys"}
	h, err := n.Head(ctx)
	if err != nil {
		return failed("keys", err)
	}
	if h.VerifierKey == "" {
		f.Found, f.Hint = "this node does not have the log's public key", "name it with --public-key"
		return f
	}
	signing := opts.SigningKey
	if signing == "" && opts.Data != "" {
		signing = filepath.Join(opts.Data, "ledger.key")
	}
	info, err := os.Stat(signing)
	switch {
	case signing == "" || errors.Is(err, os.ErrNotExist):
		f.OK, f.Found = true, "public key of "+h.Origin+"; no signing key, so another node has to sign"
	case err != nil:
		return failed("keys", err)
	case info.Mode().Perm()&0o077 != 0:
		f.Found, f.Hint = fmt.Sprintf("%s can be read by others: mode %o", signing, info.Mode().Perm()), "chmod 600 "+signing
	default:
		f.OK, f.Found = true, "signs for "+h.Origin
	}
	return f
}

// clockSlack is how far a document may seem to come from the future before
// the clock is blamed. Nodes of one store need not agree to the second.
const clockSlack = time.Minute

// examineClock compares the clock with the newest document: time that has
// passed cannot come back.
func (a *app) examineClock(ctx context.Context, n *node.Node) finding {
	last, err := n.List(ctx, newest, ledger.Filter{Newest: true, Limit: 1})
	if err != nil {
		return failed("clock", err)
	}
	now := a.now().UTC()
	if len(last) > 0 && last[0].Received.After(now.Add(clockSlack)) {
		return finding{
			"clock", false,
			fmt.Sprintf("it is %s here, but the newest document came in on %s", now.Format(time.RFC3339), last[0].Received.Format(time.RFC3339)),
			"set the clock, and keep it by NTP",
		}
	}
	return finding{"clock", true, now.Format(time.RFC3339), ""}
}

// followerPatience is how long the follower may take to see the head.
const followerPatience = 5 * time.Second

func examineFollower(ctx context.Context, n *node.Node) finding {
	h, err := n.Head(ctx)
	if err != nil {
		return failed("follower", err)
	}
	if err := n.Start(ctx); err != nil {
		return failed("follower", err)
	}
	for begun := time.Now(); n.Applied() < h.Position; time.Sleep(time.Millisecond) {
		if time.Since(begun) > followerPatience {
			return finding{"follower", false, fmt.Sprintf("at position %d after %s; the head is at %d", n.Applied(), followerPatience, h.Position), "see whether the store answers slowly"}
		}
	}
	return finding{"follower", true, fmt.Sprintf("at the head, position %d", h.Position), ""}
}

func examineLists(ctx context.Context, n *node.Node) finding {
	sources, err := n.Sources(ctx, newest)
	if err != nil {
		return failed("lists", err)
	}
	lists, byHand := 0, 0
	for _, s := range sources {
		switch rankOf(s.Source) {
		case 0:
			lists++
		case 1:
			byHand++
		}
	}
	if lists+byHand == 0 {
		return finding{"lists", false, "none is held, so every answer is review", "take one in with countersign import FILE, or countersign import --demo"}
	}
	return finding{"lists", true, fmt.Sprintf("%s, %s", counted(lists, "list"), counted(byHand, "event file")), ""}
}

func examineMembers(ctx context.Context, n *node.Node) finding {
	empty, err := n.Access.NeedsSetup(ctx)
	if err != nil {
		return failed("members", err)
	}
	if empty {
		return finding{"members", true, "none yet; countersign serve prints a link to make the first one", ""}
	}
	return finding{"members", true, "set up", ""}
}

// leastFree is the space on disk, in bytes, below which it is time to act.
const leastFree = 1 << 30

func disk(dir string) finding {
	free, err := freeSpace(dir)
	if err != nil {
		return failed("disk", err)
	}
	f := finding{Check: "disk", OK: free >= leastFree, Found: fmt.Sprintf("%d MB free in %s", free>>20, dir)}
	if !f.OK {
		f.Hint = "make room: a full disk stops appends, and nothing that is held is ever dropped"
	}
	return f
}
