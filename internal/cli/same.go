package cli

import (
	"github.com/spf13/cobra"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
	"countersign.dev/internal/party"
)

const sameLong = `Same decides that A and B are one party, whatever lists and numbers say: from
then on whoever asks for one is answered for both. A and B are ids of listings or
parties, or names that mean one party. The decision is a document with author and
reason, for the organisations of whoever decides or for --audience; one for
everybody takes an administrator. The later decision on a pair counts, and --undo
takes back whichever there is.`

const apartLong = `Apart decides that A and B are two parties, whatever name, number or source they
have in common. They are answered for apart from then on, and no longer named as
near each other. It is taken back with countersign same --undo.`

type sameFlags struct {
	reason     string
	audience   audienceFlag
	undo       bool
	candidates string
	list       string
	as         string
}

func (a *app) sameCommand() *cobra.Command {
	var f sameFlags
	c := command("same A B --reason TEXT", "Decide that two entries are one party", 0, 2, func(cmd *cobra.Command, args []string) error {
		switch {
		case f.candidates != "" || f.list != "":
			if len(args) > 0 || f.candidates != "" && f.list != "" {
				return usage(cmd, "want A and B, or --candidates SUBJECT, or --list SUBJECT")
			}
			return a.sameAsk(cmd, &f)
		case len(args) < 2:
			return usage(cmd, "want two subjects, A and B")
		case f.undo:
			return a.decideJoin(cmd, args, party.JoinOpen, &f)
		}
		return a.decideJoin(cmd, args, party.JoinSame, &f)
	})
	c.Use = "same A B | --candidates SUBJECT | --list SUBJECT"
	c.Long = sameLong
	f.add(c)
	c.Flags().BoolVar(&f.undo, "undo", false, "take back what was decided about A and B")
	c.Flags().StringVar(&f.candidates, "candidates", "", "who is near `SUBJECT` and neither joined nor decided about")
	c.Flags().StringVar(&f.list, "list", "", "what was decided about `SUBJECT` and others")
	return c
}

func (a *app) apartCommand() *cobra.Command {
	var f sameFlags
	c := command("apart A B --reason TEXT", "Decide that two entries are two parties", 2, 2, func(cmd *cobra.Command, args []string) error {
		return a.decideJoin(cmd, args, party.JoinApart, &f)
	})
	c.Long = apartLong
	f.add(c)
	return c
}

func (f *sameFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.reason, "reason", "", "`WHY`, for whoever relies on it")
	c.Flags().Var(&f.audience, "audience", "whose decision it is: public or org:ID")
	addAs(c, &f.as)
}

func (a *app) decideJoin(cmd *cobra.Command, args []string, v party.Verdict, f *sameFlags) error {
	if f.reason == "" {
		return usage(cmd, "--reason says why, for whoever relies on it")
	}
	j := node.Joining{A: args[0], B: args[1], Verdict: v, Reason: f.reason}
	if cmd.Flags().Changed("audience") {
		j.Audience = &f.audience.Audience
	}
	return a.asMember(cmd.Context(), toWrite, f.as, func(n *node.Node, reader access.Reader) error {
		d, err := n.Join(cmd.Context(), reader, j)
		if err != nil {
			return err
		}
		if a.wantsJSON() {
			return a.json(d)
		}
		a.joinDecision(d)
		return nil
	})
}

var joinWords = map[party.Verdict]string{party.JoinSame: "one party", party.JoinApart: "two parties", party.JoinOpen: "undecided again"}

func (a *app) joinDecision(d *node.JoinDecision) {
	a.line("%s and %s: %s", d.A, d.B, a.style(bold, joinWords[d.Verdict]))
	a.line("  by %s on %s, for %s, at position %d", d.Actor, d.Date, d.Audience, d.Position)
	a.paragraph("  ", d.Reason)
}

// sameAsk answers who is near a subject, or what was decided about it.
func (a *app) sameAsk(cmd *cobra.Command, f *sameFlags) error {
	return a.asMember(cmd.Context(), toRead, f.as, func(n *node.Node, reader access.Reader) error {
		ask := access.Ask{Reader: reader, At: newest.At}
		if f.list != "" {
			decided, err := n.Joins(cmd.Context(), ask, f.list)
			if err != nil {
				return err
			}
			if a.wantsJSON() {
				return a.json(map[string]any{"joins": decided})
			}
			for i := range decided {
				a.joinDecision(&decided[i])
			}
			return nil
		}
		near, err := n.NearTo(cmd.Context(), ask, f.candidates)
		if err != nil {
			return err
		}
		if a.wantsJSON() {
			return a.json(near)
		}
		a.line("%s  %s: %d near and undecided", a.style(bold, near.Subject.Name), near.Subject.ID, len(near.Near))
		for _, c := range near.Near {
			a.line("  %s  %s", a.style(bold, oneLine(c.Name)), c.ID)
			a.line("    %s", oneLine(c.Why))
		}
		return nil
	})
}
