package cli

import (
	"strings"
	"time"

	"github.com/spf13/cobra"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/sharing/peer"
)

func (a *app) peerCommand() *cobra.Command {
	return group("peer", "Exchange shared objects with other TAXII servers",
		a.peerAddCommand(),
		a.peerListCommand(),
		a.peerRemoveCommand(),
		a.peerRunCommand(),
	)
}

const peerAddLong = `Add has this node pull a collection of another TAXII 2.1 server into one of its own, or
push one of its own there, again and again while it serves. ROOT is the URL of the other's
API root. What is pulled is shared by ORGANISATION, which must be one that may write the
collection; what is pushed is what ORGANISATION may see of it.

The secret, a password or token, is read from a file.`

func (a *app) peerAddCommand() *cobra.Command {
	p := peer.Peer{}
	var at, secretFile string
	var push bool
	c := command("add ROOT REMOTE", "Add a collection of another server", 2, 2, func(cmd *cobra.Command, args []string) error {
		var err error
		if p.Community, p.Collection, err = place(at); err != nil {
			return usage(cmd, "--with %s", problem.Message(err))
		}
		p.Root, p.Remote, p.Direction = args[0], args[1], peer.Pull
		if push {
			p.Direction = peer.Push
		}
		if secretFile != "" {
			b, err := a.readFile(secretFile)
			if err != nil {
				return err
			}
			p.Secret = access.Secret(strings.TrimSpace(string(b)))
		}
		ctx := cmd.Context()
		var added *peer.Peer
		err = a.asking(ctx, toBegin, "", func(n *node.Node, reader access.Reader) (err error) {
			added, err = n.Peers().Add(ctx, reader, p)
			return err
		})
		if err != nil {
			return err
		}
		if a.wantsJSON() {
			return a.json(added)
		}
		a.line("%s", added.ID)
		return nil
	})
	c.Use = "add ROOT REMOTE --with COMMUNITY/COLLECTION --organisation ID"
	c.Long = peerAddLong
	c.Flags().StringVar(&at, "with", "", "`COMMUNITY/COLLECTION` of this node")
	c.Flags().StringVar(&p.Organisation, "organisation", "", "`ID` of the organisation that the other server belongs to")
	c.Flags().BoolVar(&push, "push", false, "give to the other instead of taking from it")
	c.Flags().BoolVar(&p.Relays, "relays", false, "believe it also of what others made, who are known here")
	c.Flags().StringVar(&p.User, "user", "", "`NAME` to sign in with (default: the secret is a token)")
	c.Flags().StringVar(&secretFile, "secret-file", "", "`FILE` with the password or token")
	c.Flags().DurationVar(&p.Every, "every", 5*time.Minute, "`TIME` between exchanges")
	return c
}

func (a *app) peerListCommand() *cobra.Command {
	return command("list", "List peers and how the exchange with them stands", 0, 0, func(cmd *cobra.Command, _ []string) error {
		ctx := cmd.Context()
		var list []peer.Peer
		err := a.asking(ctx, toRead, "", func(n *node.Node, reader access.Reader) (err error) {
			list, err = n.Peers().List(ctx, reader)
			return err
		})
		if err != nil {
			return err
		}
		if a.wantsJSON() {
			return a.json(list)
		}
		for _, p := range list {
			a.line("%s  %s %s %s  %s/%s", p.ID, p.Direction, oneLine(p.Root), oneLine(p.Remote), oneLine(p.Community), oneLine(p.Collection))
			a.line("  %d taken over, %d refused, up to %s", p.Objects, p.Refused, orElse(p.Added, "nothing"))
			if p.Failure != "" {
				a.line("  %s", a.style(red, oneLine(p.Failure)))
			}
		}
		return nil
	})
}

func (a *app) peerRemoveCommand() *cobra.Command {
	return command("remove ID", "End the exchange with a peer", 1, 1, func(cmd *cobra.Command, args []string) error {
		ctx := cmd.Context()
		return a.asking(ctx, toBegin, "", func(n *node.Node, reader access.Reader) error {
			return n.Peers().Remove(ctx, reader, args[0])
		})
	})
}

func (a *app) peerRunCommand() *cobra.Command {
	c := command("run", "Exchange once with each peer that is due", 0, 0, func(cmd *cobra.Command, _ []string) error {
		ctx := cmd.Context()
		return a.asking(ctx, toBegin, "", func(n *node.Node, reader access.Reader) error {
			var failed []string
			for {
				wait, err := n.Peers().Step(ctx)
				if err != nil {
					failed = append(failed, problem.Message(err))
				}
				if wait == 0 && ctx.Err() == nil {
					continue
				}
				if len(failed) > 0 {
					return &failures{failed}
				}
				return ctx.Err()
			}
		})
	})
	c.Long = `Run exchanges once with each peer whose time has come, without a running server.`
	return c
}
