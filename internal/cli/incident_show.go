package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"countersign.dev/internal/access"
	"countersign.dev/internal/duty"
	"countersign.dev/internal/incident"
	"countersign.dev/internal/node"
)

// incidentAt is the clocks of a question about incidents, whose day may be an
// instant.
type incidentAt struct {
	as       string
	at       instantFlag
	known    dateFlag
	position positionFlag
}

func (f *incidentAt) add(c *cobra.Command) {
	addAs(c, &f.as)
	c.Flags().Var(&f.at, "at", "the instant that is asked about; of a day its end (default now)")
	c.Flags().Var(&f.known, "known", "use only what had been recorded by this day (default today)")
	c.Flags().Var(&f.position, "position", "as the ledger stood at this position (default the newest)")
}

// incidentAsk is a question about incidents; at and f are nil for now.
func incidentAsk(by access.Reader, at *instantFlag, f *incidentAt) node.IncidentAsk {
	ask := node.IncidentAsk{Ask: access.Ask{Reader: by, At: access.At{Position: access.Now}}}
	if at != nil {
		ask.Moment = at.asked()
	}
	if f != nil {
		ask.At.Known = access.Date(f.known)
		if f.position != 0 {
			ask.At.Position = int64(f.position)
		}
	}
	return ask
}

func (f *incidentAt) ask(by access.Reader) node.IncidentAsk { return incidentAsk(by, &f.at, f) }

func (a *app) incidentListCommand() *cobra.Command {
	var f incidentAt
	var filter incident.Filter
	var state string
	c := command("list", "Incidents, with what is owed next", 0, 0, func(cmd *cobra.Command, _ []string) error {
		filter.State = incident.State(state)
		return a.asMember(cmd.Context(), toRead, f.as, func(n *node.Node, by access.Reader) error {
			l, err := n.Incidents(cmd.Context(), f.ask(by), filter)
			if err != nil {
				return err
			}
			if a.wantsJSON() {
				return a.json(l)
			}
			rows := [][]string{{"incident", "state", "since", "owner", "title", "owed next", "by"}}
			for _, s := range l.Incidents {
				row := []string{s.ID, string(s.State), incident.Stamp(s.Since), s.Owner, s.Title, "", ""}
				if len(s.Clocks) > 0 && s.Clocks[0].Open() {
					row[5], row[6] = s.Clocks[0].Title, incident.Stamp(s.Clocks[0].Instant)
				}
				rows = append(rows, row)
			}
			a.table(rows)
			if l.Next != "" {
				a.hint("there are more: --after %s", l.Next)
			}
			return nil
		})
	})
	f.add(c)
	c.Flags().StringVar(&state, "state", "", "suspected, confirmed, contained, eradicated, recovered or closed")
	c.Flags().StringVar(&filter.Owner, "owner", "", "`ORG` whose incidents they are")
	c.Flags().StringVar(&filter.Link, "link", "", "`ID` of something that they are linked to")
	c.Flags().StringVar(&filter.After, "after", "", "`ID` after which the page begins")
	c.Flags().IntVar(&filter.Limit, "limit", 0, "most incidents of a page (default 100)")
	return c
}

func (a *app) incidentShowCommand() *cobra.Command {
	var f incidentAt
	var history bool
	c := command("show ID", "How an incident stands, or stood", 1, 1, func(cmd *cobra.Command, args []string) error {
		return a.asMember(cmd.Context(), toRead, f.as, func(n *node.Node, by access.Reader) error {
			s, err := n.Incident(cmd.Context(), f.ask(by), args[0])
			if err != nil {
				return err
			}
			if !history {
				return a.incidentState(s)
			}
			events, err := n.IncidentHistory(cmd.Context(), f.ask(by), args[0])
			if err != nil {
				return err
			}
			if a.wantsJSON() {
				return a.json(map[string]any{"incident": s, "history": events})
			}
			if err := a.incidentState(s); err != nil {
				return err
			}
			a.line("")
			a.incidentHistory(events)
			return nil
		})
	})
	f.add(c)
	c.Flags().BoolVar(&history, "history", false, "every event, with its document")
	return c
}

func (a *app) incidentHistory(events []node.IncidentEvent) {
	rows := [][]string{{"#", "happened", "recorded", "what", "said", "corrected", "position"}}
	for _, e := range events {
		corrected := ""
		if e.Corrected != nil {
			corrected = "did not happen"
			if !e.Corrected.To.IsZero() {
				corrected = incident.Stamp(e.Corrected.To)
			}
		}
		rows = append(rows, []string{fmt.Sprint(e.Sequence), incident.Stamp(e.At), incident.Stamp(e.Recorded), e.Headline(), e.Text, corrected, fmt.Sprint(e.Position)})
	}
	a.table(rows)
}

func (a *app) incidentClocksCommand() *cobra.Command {
	var f incidentAt
	c := command("clocks ID", "What is owed to whom by when, and why", 1, 1, func(cmd *cobra.Command, args []string) error {
		return a.asMember(cmd.Context(), toRead, f.as, func(n *node.Node, by access.Reader) error {
			s, err := n.Incident(cmd.Context(), f.ask(by), args[0])
			if err != nil {
				return err
			}
			if a.wantsJSON() {
				return a.json(map[string]any{"id": s.ID, "at": s.At, "known": s.Known, "clocks": s.Clocks, "changes_on": s.ChangesOn})
			}
			for i := range s.Clocks {
				a.clock(&s.Clocks[i], s.At)
			}
			if !s.ChangesOn.IsZero() {
				a.line("changes on %s", incident.Stamp(s.ChangesOn))
			}
			return nil
		})
	})
	f.add(c)
	return c
}

// clockColours is how the state of a clock is shown.
var clockColours = map[duty.State]colour{duty.Past: red, duty.Late: red, duty.DueNow: red, duty.Running: yellow, duty.Met: green}

// clock shows one clock in full.
func (a *app) clock(c *incident.Clock, at time.Time) {
	law := string(c.Status)
	if !c.Binding {
		law += ", binds nobody"
	}
	a.line("%s  %s/%s: %s", a.style(clockColours[c.State], string(c.State)), c.Directive, c.Duty, c.Title)
	a.line("  to        %s (incident tell %s)", c.Addressee, strings.TrimSpace(c.Recipient+reportFlag(c.Report)))
	if !c.Instant.IsZero() {
		a.line("  due       %s%s", incident.Stamp(c.Instant), gone(c, at))
	}
	a.paragraph("  why       ", c.Why)
	for _, m := range c.Moved {
		a.paragraph("  moved     ", fmt.Sprintf("from %s to %s by event %d: %s", orNever(m.From), orNever(m.To), m.By, m.Reason))
	}
	a.paragraph("  rule      ", c.Rule)
	a.paragraph("  cite      ", fmt.Sprintf("%s (%s; %s)", c.Citation, law, c.Sure))
	if c.Note != "" {
		a.paragraph("  note      ", c.Note)
	}
}

func reportFlag(report string) string {
	if report == "" {
		return ""
	}
	return " --report " + report
}

func gone(c *incident.Clock, at time.Time) string {
	if !c.Open() {
		return ""
	}
	return fmt.Sprintf(", %d %% of the time gone", c.Percent(at))
}

func orNever(t time.Time) string { return orElse(incident.Stamp(t), "never") }

func (a *app) incidentState(s *node.IncidentState) error {
	if a.wantsJSON() {
		return a.json(s)
	}
	a.line("%s  %s since %s", s.ID, s.State, incident.Stamp(s.Since))
	a.paragraph("what    ", s.Title)
	a.line("owner   %s%s", s.Owner, withWhom(s.With))
	if len(s.Regimes) > 0 {
		a.line("under   %s", strings.Join(s.Regimes, ", "))
	}
	if s.Severity != nil {
		a.line("severe  %d of 5", s.Severity.Level)
	}
	for _, f := range s.Facts {
		a.paragraph("fact    ", fmt.Sprintf("%s  %s: %s", incident.Stamp(f.At), f.Fact, f.Title))
	}
	for _, l := range s.Links {
		a.paragraph("about   ", spaced(l.To, l.ID, bracketed(l.Title)))
	}
	for _, t := range s.Told {
		a.paragraph("told    ", fmt.Sprintf("%s  %s%s", incident.Stamp(t.At), spaced(t.Recipient, t.Report, t.Name), acknowledgedOn(t.Acknowledged)))
	}
	for _, c := range s.Claims {
		a.paragraph("claim   ", fmt.Sprintf("%s, %s: %s", c.Issuer, c.Date, c.Text))
	}
	for i := range s.Clocks {
		c := &s.Clocks[i]
		due := ""
		if !c.Instant.IsZero() {
			due = " by " + incident.Stamp(c.Instant)
		}
		if !c.Binding {
			due += " (proposed)"
		}
		a.line("clock   %-10s %s%s  %s/%s", a.style(clockColours[c.State], string(c.State)), c.Title, due, c.Directive, c.Duty)
	}
	if !s.ChangesOn.IsZero() {
		a.line("changes on %s", incident.Stamp(s.ChangesOn))
	}
	return nil
}

func withWhom(with []string) string {
	if len(with) == 0 {
		return ""
	}
	return ", shared with " + strings.Join(with, ", ")
}

func acknowledgedOn(t time.Time) string {
	if t.IsZero() {
		return ", not acknowledged"
	}
	return ", acknowledged " + incident.Stamp(t)
}

func (a *app) incidentReportCommand() *cobra.Command {
	var f incidentAt
	var under string
	c := command("report ID", "A report to print or hand in", 1, 1, func(cmd *cobra.Command, args []string) error {
		return a.asMember(cmd.Context(), toRead, f.as, func(n *node.Node, by access.Reader) error {
			r, err := n.IncidentReport(cmd.Context(), f.ask(by), args[0], under)
			if err != nil {
				return err
			}
			if a.wantsJSON() {
				return a.json(r)
			}
			a.line("%s", r.Text())
			return nil
		})
	})
	c.Long = "Report says what is recorded of an incident, as far as you may see it: everything in\nour own order, or with --under what a directive asks for in its order. In a browser\n/incidents/ID/report prints it."
	f.add(c)
	c.Flags().StringVar(&under, "under", "", "`DIRECTIVE` in whose order it is written, as us-fceb-incident")
	return c
}

func (a *app) incidentExportCommand() *cobra.Command {
	var f incidentAt
	var out string
	c := command("export ID", "The incident as STIX 2.1, for others to take in", 1, 1, func(cmd *cobra.Command, args []string) error {
		return a.asMember(cmd.Context(), toRead, f.as, func(n *node.Node, by access.Reader) error {
			b, err := n.IncidentSTIX(cmd.Context(), f.ask(by), args[0])
			if err != nil {
				return err
			}
			if out == "" {
				a.line("%s", strings.TrimSuffix(string(b), "\n"))
				return nil
			}
			if _, err := os.Stat(out); !errors.Is(err, fs.ErrNotExist) {
				return usage(cmd, "--out: %s is there already", out)
			}
			return os.WriteFile(out, b, 0o600)
		})
	})
	c.Long = "Export writes a bundle: the incident with the Incident Core extension of OASIS, what\nhappened as events, what was done and who was told as tasks, its impact, and how it is\nrelated to other objects. Every object carries the incident's markings."
	f.add(c)
	c.Flags().StringVar(&out, "out", "", "`FILE` to write (default the screen)")
	return c
}
