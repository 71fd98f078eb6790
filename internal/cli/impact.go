package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"countersign.dev/internal/impact/concern"
	"countersign.dev/internal/node"
)

const impactLong = `Impact says who is concerned by SUBJECT: which organisations have to know, by
which ways; which releases contain it, and which systems run them on the day.
SUBJECT is the id of a weakness or advisory, a package by its purl (with a version
that one alone), the name of a supplier, a product by name or CPE, an address or
the SHA-256 of a release, a system or asset of an inventory, an incident, or an
object that is shared as STIX: by its id, or a malware, campaign or actor by name.

Each step of a way names what it rests on: [12] is the document at position 12.`

const impactExample = `  countersign impact CVE-2021-44228
  countersign impact pkg:golang/golang.org/x/net --limit 20
  countersign impact "Orion Platform" --at 2020-12-13
  countersign impact 10.21.1.10 --at 2020-12-13`

func (a *app) impactCommand() *cobra.Command {
	var f atFlags
	var as string
	var offset, limit int
	c := command("impact SUBJECT", "Who is concerned by a weakness, package, supplier, indicator or malware", 1, 1, func(cmd *cobra.Command, args []string) error {
		return a.impact(cmd.Context(), args[0], &f, as, offset, limit)
	})
	c.Long, c.Example = impactLong, impactExample
	f.add(c.Flags())
	addAs(c, &as)
	c.Flags().IntVar(&offset, "offset", 0, "leave out the first `N` releases")
	c.Flags().IntVar(&limit, "limit", 50, "show at most `N` releases")
	return c
}

func (a *app) impact(ctx context.Context, subject string, f *atFlags, as string, offset, limit int) error {
	var found *node.WholeImpact
	// What is shared is given only with a note of who got it, and an index follows it.
	err := a.with(ctx, toWrite, func(n *node.Node) error {
		reader, err := readerFor(ctx, n, as)
		if err != nil {
			return err
		}
		found, err = n.ImpactWhole(ctx, f.ask(reader), subject, offset, limit)
		return err
	})
	if err != nil {
		return err
	}
	if a.wantsJSON() {
		return a.json(found)
	}
	a.line("%s  %s", a.style(bold, oneLine(found.Subject)), a.style(faint, fmt.Sprintf("%s, on %s, by what was published by %s", found.Kind, found.At, found.Known)))
	a.concerned(&found.Concern)
	a.impacted(&found.Impact)
	return nil
}

// concerned prints whom something concerns, each with the ways.
func (a *app) concerned(c *node.Concern) {
	a.line("%s, %s", counted(len(c.Systems), "system"), counted(len(c.Organisations), "organisation"))
	if c.Cut {
		a.warn("there is more than could be looked at")
	}
	for i := range c.Organisations {
		o := &c.Organisations[i]
		a.line("")
		name := orElse(o.Name, orElse(o.Organisation, "systems of which nobody says whose they are"))
		a.line("%s  %s", a.style(bold, oneLine(name)), a.style(faint, oneLine(join(", ", o.Organisation, counted(o.Systems, "system")))))
		for j, p := range o.Paths {
			if j == 5 {
				a.line("  %s", a.style(faint, fmt.Sprintf("and %d more", len(o.Paths)-j)))
				break
			}
			a.paragraph("  ", pathLine(p))
		}
	}
}

// pathLine is a way in one line.
func pathLine(p concern.Path) string {
	if len(p) == 0 {
		return "is what was asked about"
	}
	var b strings.Builder
	b.WriteString(oneLine(orElse(p[0].From.Name, p[0].From.ID)))
	for _, s := range p {
		fmt.Fprintf(&b, " > %s %s", s.Relation, oneLine(orElse(s.To.Name, s.To.ID)))
		switch {
		case s.Evidence.Position > 0:
			fmt.Fprintf(&b, " [%d]", s.Evidence.Position)
		case s.Evidence.Object != "":
			fmt.Fprintf(&b, " [%s]", oneLine(s.Evidence.Object))
		}
	}
	return b.String()
}

// impacted prints the releases that contain something.
func (a *app) impacted(found *node.Impact) {
	if found.Total == 0 && len(found.Unmatched) == 0 {
		return
	}
	words := counted(found.Total, "release")
	if found.Kind == "weakness" {
		words += fmt.Sprintf(" with components that it is about, %d concerned for certain", found.Affected)
	}
	a.line("")
	a.line("%s", words)
	for i, v := range found.Versions {
		if i == 10 {
			a.line("  %s", a.style(faint, fmt.Sprintf("and %d more versions", len(found.Versions)-i)))
			break
		}
		a.line("  %-30s %s %s", oneLine(v.Version), counted(v.Releases, "release"), strings.ReplaceAll(string(v.State), "_", " "))
	}
	for i := range found.Releases {
		r := &found.Releases[i]
		a.line("")
		a.line("%s  %s", a.style(bold, oneLine(join(" ", r.Name, r.Version))), a.style(faint, oneLine(r.ID)))
		for _, c := range r.Components {
			how := "indirectly"
			if c.Direct {
				how = "directly"
			}
			a.paragraph("  contains  ", oneLine(join(", ", c.PURL, how, strings.ReplaceAll(string(c.State), "_", " "), fixedIn(c.Fixed))))
		}
		a.runsIn(r.Systems)
	}
	if found.Total > len(found.Releases) {
		a.line("")
		a.line("%s", a.style(faint, fmt.Sprintf("shown %d of %d; see --offset and --limit", len(found.Releases), found.Total)))
	}
	if len(found.Unmatched) > 0 {
		a.line("")
		a.line("%s", a.style(bold, "runs, and no bill of materials is held of it"))
		a.runsIn(found.Unmatched)
	}
}

func fixedIn(versions []string) string {
	if len(versions) == 0 {
		return ""
	}
	return "fixed in " + strings.Join(versions[:min(len(versions), 3)], ", ")
}

func (a *app) runsIn(systems []node.ImpactedSystem) {
	for _, s := range systems {
		when := ""
		if s.From != "" {
			when = "since " + string(s.From)
		}
		if s.To != "" {
			when += " until " + string(s.To)
		}
		a.paragraph("  runs in   ", oneLine(join(", ", orElse(s.Name, s.ID), s.Asset, s.Organisation, s.Runs, s.Environment, when)))
	}
}
