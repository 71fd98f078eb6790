package node

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"countersign.dev/internal/advisory/findings"
	"countersign.dev/internal/impact"
)

// portfolioFile is the snapshot of the portfolio's index in a data folder. It
// can be deleted at any time.
const portfolioFile = "portfolio.index"

// keepPortfolio lets the index of the portfolio begin with the snapshot in the
// data folder. It is bound to the log and its content up to there, by the root,
// and to the program, since another one may judge otherwise.
func (n *Node) keepPortfolio(data string) {
	if data == "" {
		return
	}
	program := thisProgram()
	n.portfolio.Keep(impact.Keeping{
		Path: filepath.Join(data, portfolioFile),
		Bound: func(ctx context.Context, position int64) (string, error) {
			root, err := n.Ledger.Root(ctx, position)
			return fmt.Sprintf("%s\n%s\n%s\n", n.verifier, root, program), err
		},
		Refused: func(err error) { n.log.Info("portfolio is indexed anew", "reason", err.Error()) },
	})
}

// thisProgram tells one build of this program from another.
func thisProgram() string {
	out := findings.Engine
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" || s.Key == "GOARCH" {
				out += " " + s.Value
			}
		}
	}
	if path, err := os.Executable(); err == nil {
		if file, err := os.Stat(path); err == nil {
			out += fmt.Sprintf(" %d %d", file.Size(), file.ModTime().UnixNano())
		}
	}
	return out
}

// When a running node writes a snapshot: after it has caught up with so many
// positions more than the last one has, and when it is this long ago that it
// did and there is something new.
const (
	saveAfter = 1000
	saveEvery = time.Hour
)

// savePortfolio writes a snapshot of the portfolio's index. A failure costs the
// next process some time, and nothing else.
func (n *Node) savePortfolio(ctx context.Context) {
	if n.readOnly || ctx.Err() != nil {
		return
	}
	if err := n.portfolio.Save(ctx); err != nil {
		n.log.Warn("portfolio is not kept", "error", err)
	}
}
