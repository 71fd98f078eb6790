package cli

import (
	"crypto/x509"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
	"countersign.dev/internal/notice"
	"countersign.dev/internal/problem"
)

const watchLong = `A watch is a subject that you want to be told of when the answer about it
changes: a release, a product or a party, as check takes it; or a system of an
inventory, by its id, which stands for every release that runs in it. A server
tells, by a webhook or by e-mail; every change is in its feed as well.

Names of a whole file are screened again by watchlist.`

func (a *app) watchCommand() *cobra.Command {
	c := group("watch", "Be told when an answer changes",
		a.watchAddCommand(), a.watchListCommand(), a.watchRemoveCommand(), a.watchTestCommand())
	c.Long = watchLong
	return c
}

func (a *app) watchAddCommand() *cobra.Command {
	var w notice.New
	var as string
	c := command("add SUBJECT", "Watch a release, a product, a party or a system", 1, 1, func(cmd *cobra.Command, args []string) error {
		if err := checkSubject(cmd, args[0]); err != nil {
			return err
		}
		w.Subject = args[0]
		return a.asMember(cmd.Context(), toWrite, as, func(n *node.Node, reader access.Reader) error {
			made, err := n.AddWatch(cmd.Context(), reader, w)
			if err != nil {
				return err
			}
			return a.watchMade(made)
		})
	})
	c.Long = "Add answers and records the question at once, and prints the verdict from which on\nchanges are told. A webhook's secret is printed this once: what it receives is\nsigned with it, as Standard Webhooks 1.0.0 has it."
	c.Flags().StringVar(&w.Purpose, "purpose", "", "what for, as `operate`; without it every policy that fits")
	c.Flags().StringVar(&w.Webhook, "webhook", "", "`URL` to post changes to, https")
	c.Flags().StringVar(&w.Mail, "mail", "", "`ADDRESS` to send changes to")
	addAs(c, &as)
	return c
}

func (a *app) watchMade(w *node.Watched) error {
	if a.wantsJSON() {
		return a.json(w)
	}
	a.line("%s watches %s", w.ID, oneLine(w.Subject))
	for _, s := range w.Subjects {
		a.line("  %-7s %s", s.Verdict, oneLine(s.Subject))
	}
	if w.System && len(w.Subjects) == 0 {
		a.line("  nothing runs there yet")
	}
	if w.Secret != "" {
		a.line("%s", w.Secret)
		a.tell("the line above is the webhook's secret; it is not shown again")
	}
	return nil
}

func (a *app) watchListCommand() *cobra.Command {
	var as string
	c := command("list", "What is watched, and how messages stand", 0, 0, func(cmd *cobra.Command, _ []string) error {
		return a.asMember(cmd.Context(), toRead, as, func(n *node.Node, reader access.Reader) error {
			watches, err := n.Watches(cmd.Context(), reader)
			if err != nil {
				return err
			}
			if a.wantsJSON() {
				return a.json(map[string]any{"watches": append([]notice.Watch{}, watches...)})
			}
			rows := [][]string{{"id", "subject", "purpose", "by", "questions", "due", "dead", "tells"}}
			for i := range watches {
				w := &watches[i]
				rows = append(rows, []string{w.ID, w.Subject, w.Purpose, w.Member, fmt.Sprint(w.Questions), fmt.Sprint(w.Due), fmt.Sprint(w.Dead), tells(w)})
			}
			a.table(rows)
			for i := range watches {
				if w := &watches[i]; w.Failure != "" {
					a.warn("%s: %s", w.ID, w.Failure)
				}
			}
			return nil
		})
	})
	addAs(c, &as)
	return c
}

// tells is the ways by which a watch tells.
func tells(w *notice.Watch) string {
	var ways []string
	if w.Webhook != "" {
		ways = append(ways, w.Webhook)
	}
	if w.Mail != "" {
		ways = append(ways, w.Mail)
	}
	return orElse(strings.Join(ways, ", "), "in the feed")
}

func (a *app) watchRemoveCommand() *cobra.Command {
	var as string
	c := command("remove ID", "Be told no longer", 1, 1, func(cmd *cobra.Command, args []string) error {
		return a.asMember(cmd.Context(), toWrite, as, func(n *node.Node, reader access.Reader) error {
			if err := n.RemoveWatch(cmd.Context(), reader, args[0]); err != nil {
				return err
			}
			if a.wantsJSON() {
				return a.json(map[string]any{"removed": args[0]})
			}
			a.line("%s tells no longer", args[0])
			return nil
		})
	})
	addAs(c, &as)
	return c
}

func (a *app) watchTestCommand() *cobra.Command {
	var as string
	var f noticeFlags
	c := command("test ID", "Send a test by every way that a watch has", 1, 1, func(cmd *cobra.Command, args []string) error {
		return a.asMember(cmd.Context(), toRead, as, func(n *node.Node, reader access.Reader) error {
			ways, err := a.ways(&f)
			if err != nil {
				return err
			}
			sent, err := n.TestWatch(cmd.Context(), reader, args[0], ways)
			if err != nil {
				return err
			}
			if a.wantsJSON() {
				return a.json(map[string]any{"sent": append([]string{}, sent...)})
			}
			if len(sent) == 0 {
				a.line("%s tells in the feed only", args[0])
				return nil
			}
			a.line("taken by %s", strings.Join(sent, " and "))
			return nil
		})
	})
	c.Long = "Test sends a message that says it is one, and waits for the answer. It sends from\nthis machine, as a server would that is started with the same flags."
	f.add(c)
	addAs(c, &as)
	return c
}

// noticeFlags say how messages go out.
type noticeFlags struct {
	smtp    string
	from    string
	private bool
	caFile  string
}

func (f *noticeFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.smtp, "smtp", "", "`URL` of the mail server, smtp://USER@HOST:PORT?password-file=FILE or smtps://")
	c.Flags().StringVar(&f.from, "mail-from", "", "`ADDRESS` that e-mail comes from")
	c.Flags().BoolVar(&f.private, "private-webhooks", false, "send webhooks to private addresses, this machine and http as well")
	c.Flags().StringVar(&f.caFile, "notice-ca", "", "`FILE` of certificates that receivers and mail server are trusted by, in place of the system's")
}

// ways is the senders that there are.
func (a *app) ways(f *noticeFlags) (map[string]notice.Sender, error) {
	if (f.smtp == "") != (f.from == "") {
		return nil, problem.New(problem.Invalid, "--smtp and --mail-from need one another: through which server, and from whom")
	}
	var roots *x509.CertPool
	if f.caFile != "" {
		b, err := os.ReadFile(f.caFile)
		if err != nil {
			return nil, fmt.Errorf("certificates: %w", err)
		}
		roots = x509.NewCertPool()
		if !roots.AppendCertsFromPEM(b) {
			return nil, problem.New(problem.Invalid, "%s: no certificate in it; want PEM", f.caFile)
		}
	}
	ways := map[string]notice.Sender{
		notice.ByWebhook: notice.NewWebhook(notice.WebhookOptions{Agent: "countersign/" + thisBuild().Version, Private: f.private, Roots: roots}),
	}
	if f.smtp != "" {
		m, err := notice.NewMail(notice.MailOptions{Server: f.smtp, From: f.from, ReadFile: os.ReadFile, Roots: roots})
		if err != nil {
			return nil, err
		}
		ways[notice.ByMail] = m
	}
	return ways, nil
}
