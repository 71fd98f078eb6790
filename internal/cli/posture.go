package cli

import (
	"encoding/csv"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
	"countersign.dev/internal/posture"
)

const postureDueLong = `Due is by when each weakness that a scanner found on an asset, or that the bill of
materials of a release that runs there has, is to be fixed, under which directive, and
where that stands. It is worked out from the inventory (whose
asset, and who can reach it), what was found, the catalogue of weaknesses known to be
exploited, what was judged of them, and the directives, which are data: each answer
names the row of the table that it comes from, and what was not known.

A past day has its own answer: --at D asks where it stood on that day, --known D by
nothing but what had been published then.`

const postureDueExample = `  countersign import systems.csv assets.csv findings.csv kev.json ssvc.jsonl
  countersign posture due --state overdue --organisation treasury
  countersign posture due --at 2026-07-10 --format csv > due.csv`

func (a *app) postureCommand() *cobra.Command {
	c := group("posture", "What is due for what runs, under which directive", a.postureDueCommand(), a.postureKEVCommand(), a.posturePlanCommand())
	c.Long = "Posture is what an organisation owes for what it runs, as of any day."
	return c
}

// stateFlag is states of findings.
type stateFlag []posture.State

var postureStates = []posture.State{
	posture.Open, posture.Overdue, posture.ClosedOnTime, posture.ClosedLate, posture.Deferred, posture.OutOfScope, posture.NoClock, posture.Undetermined,
}

func (s *stateFlag) Type() string { return "STATE" }

func (s *stateFlag) String() string {
	words := make([]string, len(*s))
	for i, state := range *s {
		words[i] = string(state)
	}
	return strings.Join(words, ",")
}

func (s *stateFlag) Set(text string) error {
	for word := range strings.SplitSeq(text, ",") {
		if !slices.Contains(postureStates, posture.State(word)) {
			all := stateFlag(postureStates)
			return errors.New("want some of " + all.String())
		}
		*s = append(*s, posture.State(word))
	}
	return nil
}

type postureDueFlags struct {
	at     atFlags
	ask    node.PostureAsk
	format tableFormat
	states stateFlag
	as     string
}

func (a *app) postureDueCommand() *cobra.Command {
	f := postureDueFlags{format: tableFormat(formatText)}
	c := command("due", "By when each weakness that was found is to be fixed", 0, 0, func(cmd *cobra.Command, _ []string) error {
		return a.postureDue(cmd, &f)
	})
	c.Long, c.Example = postureDueLong, postureDueExample
	f.at.add(c.Flags())
	c.Flags().Var(&f.format, "format", "text for people, json or csv for programs")
	c.Flags().StringVar(&f.ask.Organisation, "organisation", "", "only of `ORGANISATION`")
	c.Flags().Var(&f.states, "state", "only those in `STATE`; several with commas")
	c.Flags().IntVar(&f.ask.Offset, "offset", 0, "leave out the first `N`")
	c.Flags().IntVar(&f.ask.Limit, "limit", 0, "give at most `N` (default all)")
	addAs(c, &f.as)
	return c
}

func (a *app) postureDue(cmd *cobra.Command, f *postureDueFlags) error {
	var due *node.PostureDue
	err := a.asMember(cmd.Context(), toRead, f.as, func(n *node.Node, reader access.Reader) (err error) {
		f.ask.Ask, f.ask.States = f.at.ask(reader), f.states
		due, err = n.PostureDue(cmd.Context(), f.ask)
		return err
	})
	if err != nil {
		return err
	}
	switch f.format {
	case tableFormat(formatJSON):
		return a.json(due)
	case formatCSV:
		return a.postureCSV(due)
	}
	a.posturePrint(due, f.ask.Organisation != "" || len(f.states) > 0)
	return nil
}

// postureColumns are those of the CSV form. The first six stay what they are;
// others may be added behind them.
var postureColumns = []string{
	"finding", "rule", "due", "state", "incomplete", "forensic", "why", "weakness", "asset", "hostname", "system", "organisation", "exposure", "found", "remediated", "listed", "by", "release",
}

func (a *app) postureCSV(due *node.PostureDue) error {
	w := csv.NewWriter(a.out)
	if err := w.Write(postureColumns); err != nil {
		return err
	}
	for i := range due.Findings {
		d := &due.Findings[i]
		err := w.Write([]string{
			safeCell(d.Finding), d.Rule, string(d.Due), string(d.State), strconv.FormatBool(d.Incomplete), strconv.FormatBool(d.Forensic), d.Why, d.Weakness,
			d.Asset, safeCell(d.Hostname), d.System, d.Organisation, d.Exposure, string(d.Found), string(d.Remediated), string(d.Listed), safeCell(d.By), safeCell(d.Release),
		})
		if err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

var postureColours = map[posture.State]colour{posture.Overdue: red, posture.Open: yellow, posture.ClosedOnTime: green, posture.ClosedLate: yellow}

func (a *app) posturePrint(due *node.PostureDue, narrowed bool) {
	if due.Total == 0 {
		if narrowed {
			a.line("none")
		} else {
			a.line("nothing was found; import what scanners found, a CSV with asset, cve and detected, or bills of what runs")
		}
		return
	}
	var counts []string
	for _, s := range postureStates {
		if n := due.States[s]; n > 0 {
			counts = append(counts, strconv.Itoa(n)+" "+string(s))
		}
	}
	a.line("%s on %s, by what was published by %s: %s", counted(due.Total, "finding"), due.At, due.Known, strings.Join(counts, ", "))
	for i := range due.Findings {
		d := &due.Findings[i]
		note := d.Why
		if len(d.Assumed) > 0 {
			note += " (" + strings.Join(d.Assumed, "; ") + ")"
		}
		if d.Forensic {
			note += "; collect evidence first"
		}
		a.line("%-14s %-10s %-15s %-17s %s  %s", a.style(postureColours[d.State], sprintf("%-14s", d.State)), orElse(string(d.Due), "-"), d.Rule, d.Weakness, oneLine(join(" ", orElse(d.Hostname, d.Asset), d.SystemName)), a.style(faint, oneLine(note)))
	}
}
