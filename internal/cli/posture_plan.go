package cli

import (
	"os"

	"github.com/spf13/cobra"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
)

func (a *app) posturePlanCommand() *cobra.Command {
	var at atFlags
	var ask node.PostureAsk
	var as, to string
	c := command("poam", "What is still to be fixed, as an OSCAL plan of action and milestones", 0, 0, func(cmd *cobra.Command, _ []string) error {
		var plan []byte
		err := a.asMember(cmd.Context(), toRead, as, func(n *node.Node, reader access.Reader) (err error) {
			ask.Ask = at.ask(reader)
			plan, err = n.PosturePlan(cmd.Context(), ask)
			return err
		})
		if err != nil {
			return err
		}
		if to != "" {
			if err := os.WriteFile(to, plan, 0o644); err != nil {
				return problem.New(problem.Invalid, "%s: %s", to, reasonOf(err))
			}
			return nil
		}
		_, err = a.out.Write(plan)
		return err
	})
	c.Long = "Poam writes what is open, overdue or waits for an upgrade as a plan of action and\nmilestones (OSCAL 1.1.3, JSON): each item with what was observed, the asset, the risk\nand its deadline, which is the end of its day in Washington. It is the same when it\nis asked for again."
	c.Example = "  countersign posture poam --organisation treasury --at 2026-07-10 -o poam.json"
	at.add(c.Flags())
	c.Flags().StringVar(&ask.Organisation, "organisation", "", "only of `ORGANISATION`")
	c.Flags().StringVarP(&to, "output", "o", "", "`FILE` to write (default standard output)")
	addAs(c, &as)
	return c
}
