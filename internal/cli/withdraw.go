package cli

import (
	"strconv"

	"github.com/spf13/cobra"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
)

const withdrawLong = `Withdraw takes the body of the document at POSITION out of the store for good,
for every audience that holds the same bytes, where law or safety obliges to.
Its digest, its leaf in the log and the facts that decisions rested on remain.
The act is itself a document of the ledger, with who, when and why. It cannot be
undone; backups made before still have the body.`

func (a *app) withdrawCommand() *cobra.Command {
	var reason, as string
	c := command("withdraw POSITION --reason TEXT", "Take a document's body out for good", 1, 1, func(cmd *cobra.Command, args []string) error {
		p, err := strconv.ParseInt(args[0], 10, 64)
		if err != nil || p < 1 {
			return usage(cmd, "%q: want a position, from 1", args[0])
		}
		if reason == "" {
			return usage(cmd, "--reason says why, for everybody who will look for the document")
		}
		return a.with(cmd.Context(), toWrite, func(n *node.Node) error {
			reader, err := readerFor(cmd.Context(), n, as)
			if err != nil {
				return err
			}
			r, err := n.Withdraw(cmd.Context(), access.Ask{Reader: reader, At: newest.At}, p, reason)
			if err != nil {
				return err
			}
			if a.wantsJSON() {
				return a.json(r)
			}
			a.line("withdrawn, by the document at position %d", r.Position)
			return nil
		})
	})
	c.Long = withdrawLong
	c.Flags().StringVar(&reason, "reason", "", "`WHY` it is withdrawn")
	addAs(c, &as)
	return c
}
