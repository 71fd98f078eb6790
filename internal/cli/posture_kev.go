package cli

import (
	"encoding/csv"
	"strconv"

	"github.com/spf13/cobra"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
)

const postureKEVLong = `Kev is the catalogue of weaknesses known to be exploited as it stood on a day, with
what it says of each now. It is rewritten without telling: days are moved, entries
taken out, and one owed what it said then. Give --changed for those alone of which
something else is said now.`

func (a *app) postureKEVCommand() *cobra.Command {
	var at atFlags
	var as string
	var changed bool
	format := tableFormat(formatText)
	c := command("kev", "What the catalogue of exploited weaknesses said then, and says now", 0, 0, func(cmd *cobra.Command, _ []string) error {
		var list *node.ExploitedList
		err := a.asMember(cmd.Context(), toRead, as, func(n *node.Node, reader access.Reader) (err error) {
			list, err = n.Exploited(cmd.Context(), at.ask(reader), changed)
			return err
		})
		if err != nil {
			return err
		}
		switch format {
		case tableFormat(formatJSON):
			return a.json(list)
		case formatCSV:
			return a.exploitedCSV(list)
		}
		a.exploitedPrint(list)
		return nil
	})
	c.Long = postureKEVLong
	c.Example = "  countersign posture kev --at 2021-11-20 --changed"
	at.add(c.Flags())
	c.Flags().BoolVar(&changed, "changed", false, "only those of which something else is said now")
	c.Flags().Var(&format, "format", "text for people, json or csv for programs")
	addAs(c, &as)
	return c
}

func (a *app) exploitedCSV(list *node.ExploitedList) error {
	w := csv.NewWriter(a.out)
	if err := w.Write([]string{"cve", "listed", "added", "due", "ransomware", "listed_now", "added_now", "due_now", "ransomware_now", "changed"}); err != nil {
		return err
	}
	for _, e := range list.Entries {
		now := node.ExploitedWord{}
		if e.Now != nil {
			now = *e.Now
		}
		err := w.Write([]string{
			e.CVE, strconv.FormatBool(e.Listed), string(e.Added), string(e.Due), strconv.FormatBool(e.Ransomware),
			strconv.FormatBool(e.Now != nil), string(now.Added), string(now.Due), strconv.FormatBool(now.Ransomware), strconv.FormatBool(e.Changed),
		})
		if err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

func (a *app) exploitedPrint(list *node.ExploitedList) {
	a.line("%d listed on %s; of %d something else is said by %s", list.Listed, list.At, list.Changed, max(list.Known, list.At))
	for _, e := range list.Entries {
		then, now := "not listed", "not listed"
		if e.Listed {
			then = exploitedWords(e.Due, e.Ransomware)
		}
		if e.Now != nil {
			now = exploitedWords(e.Now.Due, e.Now.Ransomware)
		}
		switch {
		case !e.Changed:
			a.line("%-18s %s", e.CVE, then)
		case now == then:
			a.line("%-18s %s, now added %s", e.CVE, then, e.Now.Added)
		default:
			a.line("%-18s %s, now %s", e.CVE, then, a.style(yellow, now))
		}
	}
}

func exploitedWords(due access.Date, ransomware bool) string {
	words := "due " + orElse(string(due), "never")
	if ransomware {
		words += ", used for ransom"
	}
	return words
}
