package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
	"countersign.dev/internal/notice/bulletin"
)

const noticeLong = `Notice tells organisations that something concerns them, and shows who was told
by which way and who has taken notice. A letter holds what its organisation may
see: which of its systems are concerned, and by which ways. It becomes a document
of the ledger at once; a server sends it by mail, webhook or TAXII.`

func (a *app) noticeCommand() *cobra.Command {
	c := group("notice", "Tell all whom something concerns, and see who has read it",
		a.noticeTellCommand(), a.noticeListCommand(), a.noticeShowCommand(), a.noticeAcknowledgeCommand(), a.noticeContactCommand())
	c.Long = noticeLong
	return c
}

func (a *app) noticeTellCommand() *cobra.Command {
	var b node.NewBulletin
	var f atFlags
	var as string
	var dry bool
	c := command("tell SUBJECT", "Tell all organisations that a subject concerns", 1, 1, func(cmd *cobra.Command, args []string) error {
		b.Subject = args[0]
		return a.asMember(cmd.Context(), toWrite, as, func(n *node.Node, reader access.Reader) error {
			if dry {
				found, err := n.PreviewBulletin(cmd.Context(), f.ask(reader), b)
				if err != nil {
					return err
				}
				return a.bulletinPreview(found)
			}
			told, err := n.Tell(cmd.Context(), f.ask(reader), b)
			if err != nil {
				return err
			}
			return a.noticePrint(told)
		})
	})
	c.Long = "Tell asks whom SUBJECT concerns, as impact does, and tells each of these\norganisations. With --dry-run it prints the letters, and records and sends nothing."
	c.Example = "  countersign notice tell CVE-2021-44228 --text \"Patch today.\" --dry-run\n  countersign notice tell CVE-2021-44228 --text \"Patch today.\""
	f.add(c.Flags())
	addAs(c, &as)
	c.Flags().BoolVar(&dry, "dry-run", false, "print what would be told, and tell nobody")
	c.Flags().StringVar(&b.Text, "text", "", "your own `WORDS` to all of them")
	c.Flags().StringVar(&b.Marking, "marking", "TLP:AMBER", "`LEVEL` of the Traffic Light Protocol")
	c.Flags().StringVar(&b.Incident, "incident", "", "`ID` of the incident that it belongs to, which keeps who was told")
	c.Flags().StringSliceVar(&b.Only, "only", nil, "tell `ORGANISATION` only; may be given several times")
	return c
}

func (a *app) bulletinPreview(b *bulletin.Bulletin) error {
	if a.wantsJSON() {
		return a.json(b)
	}
	a.line("%s would be told of %s, %s", counted(len(b.Letters), "organisation"), a.style(bold, oneLine(b.Subject)), b.Marking)
	for i := range b.Letters {
		l := &b.Letters[i]
		a.line("")
		a.line("%s  %s", a.style(bold, l.Organisation), a.style(faint, "by "+waysWords(l)))
		for _, line := range strings.Split(strings.TrimRight(l.Plain(""), "\n"), "\n") {
			a.line("  %s", line)
		}
	}
	a.untold(b.Untold)
	return nil
}

// waysWords is by which ways a letter goes.
func waysWords(l *bulletin.Letter) string {
	out := []string{"the ledger"}
	for _, w := range l.Ways {
		word := w.Way + " to " + oneLine(w.To)
		if w.From > 0 {
			word += fmt.Sprintf(" (of the inventory at %d)", w.From)
		}
		out = append(out, word)
	}
	return strings.Join(out, ", ")
}

func (a *app) untold(of []bulletin.Untold) {
	for _, u := range of {
		a.warn("%s is not told: %s", orElse(u.Organisation, "nobody"), u.Why)
	}
}

func (a *app) noticePrint(n *node.Notice) error {
	if a.wantsJSON() {
		return a.json(n)
	}
	a.line("%s  %s", a.style(bold, oneLine(n.Subject)), a.style(faint, fmt.Sprintf("%s, %s, from %s on %s", n.ID, n.Marking, n.From, n.Recorded.Format("2006-01-02 15:04 MST"))))
	if n.Text != "" {
		a.paragraph("", oneLine(n.Text))
	}
	for i := range n.Told {
		t := &n.Told[i]
		a.line("")
		a.line("%s  %s", a.style(bold, t.Letter.Organisation), a.style(faint, counted(len(t.Letter.Systems), "system")))
		if !n.Sent {
			for _, s := range t.Letter.Systems {
				a.line("  %s", oneLine(orElse(s.Name, s.ID)))
				for _, p := range s.Paths {
					a.paragraph("    ", pathLine(p))
				}
			}
		}
		for _, d := range t.Deliveries {
			a.paragraph("  ", oneLine(join(", ", d.Way, d.To, string(d.State), d.Failure)))
		}
		for _, k := range t.Acknowledged {
			by := "acknowledged by " + k.By
			if k.Link {
				by = "acknowledged by the link sent to " + k.By
			}
			a.paragraph("  ", oneLine(join(", ", by, k.Recorded.Format("2006-01-02 15:04 MST"), k.Text)))
		}
		if len(t.Acknowledged) == 0 {
			a.line("  %s", a.style(faint, "not acknowledged"))
		}
	}
	a.untold(n.Untold)
	return nil
}

func (a *app) noticeListCommand() *cobra.Command {
	var as string
	var limit int
	c := command("list", "Who was told what, newest first", 0, 0, func(cmd *cobra.Command, _ []string) error {
		return a.asMember(cmd.Context(), toRead, as, func(n *node.Node, reader access.Reader) error {
			found, err := n.Notices(cmd.Context(), access.Ask{Reader: reader}, limit)
			if err != nil {
				return err
			}
			if a.wantsJSON() {
				return a.json(map[string]any{"bulletins": found})
			}
			rows := [][]string{{"id", "on", "subject", "from", "told", "acknowledged"}}
			for i := range found {
				b := &found[i]
				told := fmt.Sprint(len(b.Told))
				if !b.Sent {
					told = "you"
				}
				rows = append(rows, []string{b.ID, b.Recorded.Format("2006-01-02"), oneLine(b.Subject), b.From, told, fmt.Sprint(acknowledged(b))})
			}
			a.table(rows)
			return nil
		})
	})
	addAs(c, &as)
	c.Flags().IntVar(&limit, "limit", 50, "show at most `N`")
	return c
}

// acknowledged counts the organisations that have taken notice.
func acknowledged(n *node.Notice) (out int) {
	for i := range n.Told {
		if len(n.Told[i].Acknowledged) > 0 {
			out++
		}
	}
	return out
}

func (a *app) noticeShowCommand() *cobra.Command {
	var as string
	c := command("show ID", "One notice, with its receipts", 1, 1, func(cmd *cobra.Command, args []string) error {
		return a.asMember(cmd.Context(), toRead, as, func(n *node.Node, reader access.Reader) error {
			found, err := n.Notice(cmd.Context(), access.Ask{Reader: reader}, args[0])
			if err != nil {
				return err
			}
			return a.noticePrint(found)
		})
	})
	addAs(c, &as)
	return c
}

func (a *app) noticeAcknowledgeCommand() *cobra.Command {
	var as, text string
	c := command("acknowledge ID", "Say that you have taken notice", 1, 1, func(cmd *cobra.Command, args []string) error {
		return a.asMember(cmd.Context(), toWrite, as, func(n *node.Node, reader access.Reader) error {
			found, err := n.Acknowledge(cmd.Context(), reader, args[0], text)
			if err != nil {
				return err
			}
			return a.noticePrint(found)
		})
	})
	c.Long = "Acknowledge keeps that a member of an organisation that was told has taken notice,\nfor whoever told and its own organisation to see. Say who with --as."
	addAs(c, &as)
	c.Flags().StringVar(&text, "text", "", "`WORDS` to whoever told")
	return c
}

func (a *app) noticeContactCommand() *cobra.Command {
	var as string
	var contact bulletin.Contact
	c := command("contact [ORGANISATION]", "How organisations are reached", 0, 1, func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return a.asMember(cmd.Context(), toRead, as, func(n *node.Node, reader access.Reader) error { return a.contacts(cmd, n, reader) })
		}
		contact.Organisation = args[0]
		return a.asMember(cmd.Context(), toWrite, as, func(n *node.Node, reader access.Reader) error {
			secret, err := n.SetNoticeContact(cmd.Context(), reader, contact)
			if err != nil {
				return err
			}
			if a.wantsJSON() {
				return a.json(map[string]any{"organisation": contact.Organisation, "secret": string(secret)})
			}
			a.line("%s is reached by %s", contact.Organisation, orElse(join(", ", contact.Mail, contact.Webhook, contact.Collection), "what inventories say"))
			if secret != "" {
				a.line("%s", string(secret))
				a.tell("the line above is the webhook's secret; it is not shown again")
			}
			return nil
		})
	})
	c.Long = "Contact lists how organisations are reached; with ORGANISATION it says so, in\nplace of what was held, or ends it where no way is given. Where nothing is held,\nthe one address that inventories give of an organisation is used."
	addAs(c, &as)
	c.Flags().StringVar(&contact.Mail, "mail", "", "e-mail `ADDRESS`")
	c.Flags().StringVar(&contact.Webhook, "webhook", "", "`URL` to post letters to, https")
	c.Flags().StringVar(&contact.Collection, "collection", "", "`COMMUNITY/COLLECTION` into which letters are put")
	return c
}

func (a *app) contacts(cmd *cobra.Command, n *node.Node, reader access.Reader) error {
	found, err := n.NoticeContacts(cmd.Context(), reader)
	if err != nil {
		return err
	}
	if a.wantsJSON() {
		return a.json(map[string]any{"contacts": append([]bulletin.Contact{}, found...)})
	}
	rows := [][]string{{"organisation", "mail", "webhook", "collection", "by", "since"}}
	for _, c := range found {
		rows = append(rows, []string{c.Organisation, c.Mail, c.Webhook, c.Collection, c.Member, c.Changed.Format("2006-01-02")})
	}
	a.table(rows)
	return nil
}
