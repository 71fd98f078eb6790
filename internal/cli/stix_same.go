package cli

import (
	"github.com/spf13/cobra"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
	"countersign.dev/internal/party"
)

const stixSameLong = `Same decides that the shared objects A and B are one thing under two ids, or with --apart
that they are two. The objects stay as they are. The decision is a document with author and
reason, for the organisations of whoever decides; the later one on a pair counts, and --undo
takes back whichever there is. countersign stix show names what seems to be the same.`

// sharedVerdicts is how decisions about shared objects are read.
var sharedVerdicts = map[party.Verdict]string{party.JoinSame: "same as", party.JoinApart: "other than"}

func (a *app) stixSameCommand() *cobra.Command {
	var as, reason string
	var apart, undo bool
	c := command("same A B", "Decide that two shared objects are one thing", 2, 2, func(cmd *cobra.Command, args []string) error {
		verdict := party.JoinSame
		switch {
		case reason == "":
			return usage(cmd, "--reason says why, for whoever relies on it")
		case apart && undo:
			return usage(cmd, "want one of --apart and --undo")
		case apart:
			verdict = party.JoinApart
		case undo:
			verdict = party.JoinOpen
		}
		ctx := cmd.Context()
		return a.asking(ctx, toWrite, as, func(n *node.Node, reader access.Reader) error {
			d, err := n.JoinShared(ctx, reader, args[0], args[1], verdict, reason)
			if err != nil {
				return err
			}
			if a.wantsJSON() {
				return a.json(d)
			}
			words := map[party.Verdict]string{party.JoinSame: "one thing", party.JoinApart: "two things", party.JoinOpen: "undecided again"}
			a.line("%s and %s: %s", d.A, d.B, a.style(bold, words[d.Verdict]))
			a.line("  by %s on %s, for %s, at position %d", d.Actor, d.Date, d.Audience, d.Position)
			return nil
		})
	})
	c.Long = stixSameLong
	c.Flags().StringVar(&reason, "reason", "", "`WHY`, for whoever relies on it")
	c.Flags().BoolVar(&apart, "apart", false, "they are two things")
	c.Flags().BoolVar(&undo, "undo", false, "take back what was decided about A and B")
	addAs(c, &as)
	return c
}
