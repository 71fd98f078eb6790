package cli

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"countersign.dev/internal/access"
	"countersign.dev/internal/incident"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/node"
)

const incidentLong = `An incident is what was recorded of it: when it was suspected, confirmed, contained
and closed, what is known of it, who was told. What is owed to whom by when follows
from recorded facts and the directives that the organisation is under; a clock whose
fact is missing says which one. What was recorded wrongly is corrected with a reason,
and stays to be seen.

Without --as you act for every organisation, as whoever holds the store's files.`

func (a *app) incidentCommand() *cobra.Command {
	c := group("incident", "Incidents: record them, see what is owed by when, report",
		a.incidentOpenCommand(), a.incidentEventCommand(), a.incidentFactCommand(), a.incidentTellCommand(), a.incidentAcknowledgeCommand(),
		a.incidentCorrectCommand(), a.incidentLinkCommand(), a.incidentRateCommand(), a.incidentClaimCommand(), a.incidentShareCommand(),
		a.incidentListCommand(), a.incidentShowCommand(), a.incidentClocksCommand(), a.incidentReportCommand(), a.incidentExportCommand(),
	)
	c.Long = incidentLong
	return c
}

// instantFlag is an instant: a day means its first one where something happened,
// its last one where somebody asks.
type instantFlag struct {
	time  time.Time
	whole bool // a day
}

func (i *instantFlag) Type() string { return "TIME" }

func (i *instantFlag) String() string {
	if i.time.IsZero() {
		return ""
	}
	return i.time.Format(time.RFC3339)
}

func (i *instantFlag) Set(s string) error {
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02 15:04", "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.Parse(form, s); err == nil {
			i.time, i.whole = t.UTC(), form == time.DateOnly
			return nil
		}
	}
	return errors.New("want a day, or an instant as 2021-05-07T09:30Z; without a zone UTC is meant")
}

// asked is the instant of a question.
func (i *instantFlag) asked() time.Time {
	if i.whole {
		return i.time.AddDate(0, 0, 1).Add(-time.Second)
	}
	return i.time
}

// incidentWriter is the flags of a command that records something.
type incidentWriter struct {
	as       string
	at       instantFlag
	text     string
	only     []string
	evidence []string
}

func (w *incidentWriter) add(c *cobra.Command) {
	addAs(c, &w.as)
	c.Flags().Var(&w.at, "at", "when it happened (default now)")
	c.Flags().StringVar(&w.text, "text", "", "what is to be said of it, in a sentence or more")
	c.Flags().StringSliceVar(&w.only, "only", nil, "`ORG` that may see it beside the owner, of those the incident is shared with; may be repeated")
	c.Flags().StringSliceVar(&w.evidence, "evidence", nil, "`FILE` that it rests on, or the digest of a document that is held; may be repeated")
}

// record records one event and shows how the incident stands then.
func (a *app) record(cmd *cobra.Command, w *incidentWriter, id string, e incident.Event) error {
	e.At, e.Text, e.Only = w.at.time, w.text, w.only
	return a.asMember(cmd.Context(), toWrite, w.as, func(n *node.Node, by access.Reader) error {
		s, err := n.Incident(cmd.Context(), incidentAsk(by, nil, nil), id)
		if err != nil {
			return err
		}
		for _, path := range w.evidence {
			held, err := a.incidentEvidence(cmd, n, by, s.Owner, path)
			if err != nil {
				return err
			}
			e.Evidence = append(e.Evidence, held)
		}
		if s, err = n.RecordIncident(cmd.Context(), by, id, e); err != nil {
			return err
		}
		return a.incidentState(s)
	})
}

// incidentEvidence keeps a file for the incident's organisation, and names it.
func (a *app) incidentEvidence(cmd *cobra.Command, n *node.Node, by access.Reader, owner, path string) (incident.Evidence, error) {
	if digest, err := ledger.ParseDigest(path); err == nil {
		return incident.Evidence{Digest: digest}, nil
	}
	b, err := a.readFile(path)
	if err != nil {
		return incident.Evidence{}, err
	}
	f := intake.File{Name: filepath.Base(path), Bytes: b}
	return n.KeepIncidentEvidence(cmd.Context(), by, f, access.ForOrganisation(owner))
}

func (a *app) incidentOpenCommand() *cobra.Command {
	var w incidentWriter
	var in node.NewIncident
	c := command("open TITLE", "Open an incident that somebody suspects", 1, 1, func(cmd *cobra.Command, args []string) error {
		in.Title, in.At, in.Text = args[0], w.at.time, w.text
		return a.asMember(cmd.Context(), toBegin, w.as, func(n *node.Node, by access.Reader) error {
			s, err := n.OpenIncident(cmd.Context(), by, in)
			if err != nil {
				return err
			}
			return a.incidentState(s)
		})
	})
	c.Long = "Open begins an incident. What is owed because of it depends on the regimes that its\norganisation is under, as us-fceb or eu-essential-entity; countersign incident open\nwith an unknown one names those that directives are for."
	addAs(c, &w.as)
	c.Flags().Var(&w.at, "at", "when it was first suspected (default now)")
	c.Flags().StringVar(&w.text, "text", "", "what is known so far")
	c.Flags().StringVar(&in.Owner, "owner", "", "`ORG` whose incident it is (default your own)")
	c.Flags().StringVar(&in.ID, "id", "", "`ID` of an incident of STIX that it is (default a new one)")
	c.Flags().StringSliceVar(&in.Regimes, "regime", nil, "`REGIME` that the organisation is under; may be repeated")
	c.Flags().StringSliceVar(&in.Markings, "marking", nil, "`ID` of a marking definition that exports carry; may be repeated")
	c.Flags().StringSliceVar(&in.With, "with", nil, "`ORG` to share it with; may be repeated")
	return c
}

func (a *app) incidentEventCommand() *cobra.Command {
	var w incidentWriter
	c := command("event ID KIND", "Record a step, a note or evidence", 2, 2, func(cmd *cobra.Command, args []string) error {
		return a.record(cmd, &w, args[0], incident.Event{Kind: incident.Kind(args[1])})
	})
	c.Long = "Event records that the incident was confirmed, contained, eradicated, recovered,\nclosed or reopened, or a note or evidence. A step that cannot follow is refused."
	w.add(c)
	return c
}

func (a *app) incidentFactCommand() *cobra.Command {
	var w incidentWriter
	c := command("fact ID FACT", "Record a fact that duties count from", 2, 2, func(cmd *cobra.Command, args []string) error {
		return a.record(cmd, &w, args[0], incident.Event{Kind: incident.Fact, Fact: args[1]})
	})
	var known strings.Builder
	for _, name := range incident.FactNames() {
		title, _ := incident.FactTitle(name)
		fmt.Fprintf(&known, "  %-20s %s\n", name, title)
	}
	c.Long = "Fact records with its instant:\n\n" + strings.TrimRight(known.String(), "\n")
	w.add(c)
	return c
}

func (a *app) incidentTellCommand() *cobra.Command {
	var w incidentWriter
	var t incident.Telling
	c := command("tell ID RECIPIENT", "Record that somebody was told", 2, 2, func(cmd *cobra.Command, args []string) error {
		t.Recipient = args[1]
		return a.record(cmd, &w, args[0], incident.Event{Kind: incident.Told, Told: &t})
	})
	c.Long = "Tell records that a recipient was told, which meets what is owed to it. RECIPIENT and\n--report are the words that countersign incident clocks shows, as cisa, or csirt with\nearly_warning. It sends nothing: countersign notice tell does."
	w.add(c)
	c.Flags().StringVar(&t.Report, "report", "", "`WORD` for which of several reports it was")
	c.Flags().StringVar(&t.Name, "name", "", "`NAME` of the person or office")
	c.Flags().StringVar(&t.Way, "way", "", "how: telephone, portal, mail …")
	c.Flags().StringVar(&t.Reference, "reference", "", "`NUMBER` that the recipient gave")
	return c
}

func (a *app) incidentAcknowledgeCommand() *cobra.Command {
	var w incidentWriter
	c := command("acknowledge ID N", "Record that whoever was told said so", 2, 2, func(cmd *cobra.Command, args []string) error {
		of, err := eventNumber(cmd, args[1])
		if err != nil {
			return err
		}
		return a.record(cmd, &w, args[0], incident.Event{Kind: incident.Acknowledged, Of: of})
	})
	w.add(c)
	return c
}

func eventNumber(cmd *cobra.Command, s string) (int, error) {
	var n int
	if _, err := fmt.Sscanf(s, "%d", &n); err != nil || n < 1 || fmt.Sprint(n) != s {
		return 0, usage(cmd, "event %q: want its number, as countersign incident show --history tells", s)
	}
	return n, nil
}

func (a *app) incidentCorrectCommand() *cobra.Command {
	var w incidentWriter
	var undo bool
	var reason string
	c := command("correct ID N", "Correct what was recorded wrongly, with a reason", 2, 2, func(cmd *cobra.Command, args []string) error {
		of, err := eventNumber(cmd, args[1])
		if err != nil {
			return err
		}
		switch {
		case strings.TrimSpace(reason) == "":
			return usage(cmd, "--reason: say why")
		case undo == !w.at.time.IsZero():
			return usage(cmd, "say with --at when it happened, or with --undo that it did not")
		}
		w.text = reason
		return a.record(cmd, &w, args[0], incident.Event{Kind: incident.Corrected, Of: of, Undo: undo})
	})
	c.Long = "Correct says when event N really happened, or that it did not happen. What is due moves\nwith it, and what was recorded first is still shown."
	addAs(c, &w.as)
	c.Flags().Var(&w.at, "at", "when it really happened")
	c.Flags().BoolVar(&undo, "undo", false, "it did not happen")
	c.Flags().StringVar(&reason, "reason", "", "why it was wrong, in a sentence")
	return c
}

func (a *app) incidentLinkCommand() *cobra.Command {
	var w incidentWriter
	var l incident.Link
	var remove bool
	c := command("link ID TO THING", "Say what it affects, or is about", 3, 3, func(cmd *cobra.Command, args []string) error {
		l.To, l.ID = args[1], args[2]
		kind := incident.Linked
		if remove {
			kind = incident.Unlinked
		}
		return a.record(cmd, &w, args[0], incident.Event{Kind: kind, Links: []incident.Link{l}})
	})
	c.Long = "Link says what the incident affects or is about. TO is system, organisation, product,\ncomponent, vulnerability, indicator or stix, and THING its id there: a purl, a CVE, the\nid of an object of STIX."
	w.add(c)
	c.Flags().StringVar(&l.Title, "title", "", "its `NAME`")
	c.Flags().StringVar(&l.Impact, "impact", "", "what became of it, in words")
	c.Flags().BoolVar(&remove, "remove", false, "it was not so")
	return c
}

func (a *app) incidentRateCommand() *cobra.Command {
	var w incidentWriter
	var s incident.Severity
	c := command("rate ID LEVEL", "Say how severe it is, from 0 to 5", 2, 2, func(cmd *cobra.Command, args []string) error {
		if _, err := fmt.Sscanf(args[1], "%d", &s.Level); err != nil || fmt.Sprint(s.Level) != args[1] {
			return usage(cmd, "level %q: want 0 to 5", args[1])
		}
		return a.record(cmd, &w, args[0], incident.Event{Kind: incident.Rated, Severity: &s})
	})
	w.add(c)
	c.Flags().StringVar(&s.Functional, "functional", "", "impact on what the organisation does: none, minimal, significant, denial or loss-of-control")
	c.Flags().StringVar(&s.Information, "information", "", "impact on information: none, suspected, personal, proprietary, credentials or classified")
	c.Flags().StringVar(&s.Recovery, "recovery", "", "what recovery takes: regular, supplemented, extended or not-recoverable")
	return c
}

func (a *app) incidentClaimCommand() *cobra.Command {
	var w incidentWriter
	var claim incident.Claim
	var on dateFlag
	c := command("claim ID TEXT", "Record who says who was behind it", 2, 2, func(cmd *cobra.Command, args []string) error {
		if claim.Text, claim.Date = args[1], access.Date(on); on == "" {
			claim.Date = access.DateOf(a.now())
		}
		if w.at.time.IsZero() {
			w.at.time = claim.Date.Time()
		}
		return a.record(cmd, &w, args[0], incident.Event{Kind: incident.Claimed, Claim: &claim})
	})
	c.Long = "Claim records what somebody says of who was behind the incident. Claims stand side by\nside, and none takes another's place."
	w.add(c)
	c.Flags().StringVar(&claim.Issuer, "by", "", "`WHO` says it")
	c.Flags().Var(&on, "on", "the `DAY` on which it was said (default today)")
	c.Flags().StringVar(&claim.Source, "source", "", "where it is to be read")
	return c
}

func (a *app) incidentShareCommand() *cobra.Command {
	var w incidentWriter
	c := command("share ID ORG...", "Let organisations see it", 2, 100, func(cmd *cobra.Command, args []string) error {
		return a.record(cmd, &w, args[0], incident.Event{Kind: incident.Shared, With: args[1:]})
	})
	c.Long = "Share lets organisations see what was recorded and what will be, but for what is kept\nto fewer with --only. They may acknowledge, and add notes, evidence and claims."
	addAs(c, &w.as)
	return c
}
