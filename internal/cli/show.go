package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"countersign.dev/internal/access"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/node"
	"countersign.dev/internal/policy"
	"countersign.dev/internal/problem"
)

const showLong = `Show prints everything that is held about SUBJECT at one moment: its listings with
their events and consequences, its owners and holdings, its names, identifiers and addresses, and who
claims what. It judges nothing.

When SUBJECT is a file, show prints what would be read from it, and takes
nothing in.`

func (a *app) showCommand() *cobra.Command {
	var f atFlags
	var as, bill string
	c := command("show SUBJECT|FILE", "Everything held about a subject, or what a file says", 1, 1, func(cmd *cobra.Command, args []string) error {
		if bill != "" {
			return a.exportBill(cmd.Context(), args[0], bill, &f, as)
		}
		if looksLikeFile(args[0]) {
			return a.showFile(cmd.Context(), args[0], &f, as)
		}
		if err := missingFile(args[0]); err != nil {
			return err
		}
		if err := checkSubject(cmd, args[0]); err != nil {
			return err
		}
		return a.show(cmd.Context(), args[0], &f, as)
	})
	c.Long = showLong
	f.add(c.Flags())
	c.Flags().StringVar(&bill, "bill", "", "print the bill of a release in this `FORM`, cyclonedx or spdx, whichever form it came in")
	addAs(c, &as)
	return c
}

// exportBill prints the bill of a release in a form.
func (a *app) exportBill(ctx context.Context, subject, form string, f *atFlags, as string) error {
	return a.with(ctx, toRead, func(n *node.Node) error {
		reader, err := readerFor(ctx, n, as)
		if err != nil {
			return err
		}
		exported, err := n.ExportBill(ctx, f.ask(reader), subject, form)
		if err != nil {
			return err
		}
		_, err = a.out.Write(exported.Body)
		return err
	})
}

// looksLikeFile reports whether an argument names a file: one that is there,
// or standard input.
func looksLikeFile(arg string) bool { return arg == "-" || exists(arg) }

// fileForms is what names of files that are handed in end with.
var fileForms = []string{".json", ".xml", ".spdx", ".yaml", ".yml", ".csv", ".gz", ".zst", ".bz2", ".zip"}

// missingFile is an error when an argument is written like a path and nothing is
// there: to take it for somebody's name would hide that a build wrote no bill.
func missingFile(arg string) error {
	path := strings.HasPrefix(arg, "./") || strings.HasPrefix(arg, "../") || strings.HasPrefix(arg, "/") ||
		!strings.HasPrefix(arg, "pkg:") && slices.ContainsFunc(fileForms, func(form string) bool { return strings.HasSuffix(strings.ToLower(arg), form) })
	if path && !exists(arg) {
		return problem.New(problem.NotFound, "%s: no such file", arg)
	}
	return nil
}

func (a *app) show(ctx context.Context, subject string, f *atFlags, as string) error {
	var d *dossier.Dossier
	err := a.with(ctx, toRead, func(n *node.Node) error {
		reader, err := readerFor(ctx, n, as)
		if err != nil {
			return err
		}
		d, err = n.Show(ctx, f.ask(reader), subject)
		return err
	})
	if err != nil {
		return err
	}
	if a.wantsJSON() {
		return a.json(d)
	}
	switch {
	case len(d.Candidates) > 0:
		a.line("%s", a.style(bold, oneLine(subject)))
		a.cardCandidates(d.Candidates)
	case d.Subject.ID == "":
		return hinted(problem.New(problem.NotFound, "nothing is held about %q", subject), "see what lists are held with countersign lists")
	default:
		a.dossier(d)
	}
	return nil
}

func (a *app) dossier(d *dossier.Dossier) {
	a.line("%s  %s", a.style(bold, oneLine(d.Subject.Name)), a.style(faint, d.Subject.ID))
	a.line("on %s, by what was published by %s, at position %d", d.At.Date, d.At.Known, d.At.Position)
	if d.Software != nil || d.Product != nil {
		a.product(d.Product)
		a.software(d.Software)
		return
	}
	for i := range d.Listings {
		a.line("")
		a.listing(&d.Listings[i], d.At.Date)
	}
	a.showControl(&d.Control)
	a.section("names", len(d.Names))
	for _, s := range d.Names {
		a.said(s.Value.Name, string(s.Value.Quality), s.Former, &s.Evidence)
	}
	a.section("identifiers", len(d.Identifiers))
	for _, s := range d.Identifiers {
		a.said(s.Value.Value, strings.TrimSpace(s.Value.Scheme+" "+s.Value.Country), s.Former, &s.Evidence)
	}
	a.section("addresses", len(d.Addresses))
	for _, s := range d.Addresses {
		a.said(join(", ", s.Value.Street, s.Value.City, s.Value.Country), s.Value.Remarks, s.Former, &s.Evidence)
	}
	a.section("details", len(d.Details))
	for _, s := range d.Details {
		a.said(s.Value.Value, s.Value.Name, s.Former, &s.Evidence)
	}
	a.section("links", len(d.Links))
	for _, s := range d.Links {
		a.said(join(" ", s.Value.Name, s.Value.To), s.Value.Relation, s.Former, &s.Evidence)
	}
	a.section("claims", len(d.Claims))
	for _, s := range d.Claims {
		a.said(s.Value.Text, join(", ", s.Value.Issuer, s.Value.Date, s.Value.Stance), s.Former, &s.Evidence)
	}
	a.section("taken to be the same party", len(d.Joined))
	for _, j := range d.Joined {
		a.paragraph("  ", join(", ", j.Name, j.ID, j.Why))
	}
	a.section("near it, and not taken to be the same", len(d.Apart))
	for _, c := range d.Apart {
		a.paragraph("  ", join(", ", c.Name, c.ID, c.Why))
	}
}

// section begins a part of a dossier, unless it is empty.
func (a *app) section(title string, n int) {
	if n > 0 {
		a.line("")
		a.line("%s", a.style(bold, title))
	}
}

// said prints one thing that a source says, with where it says so.
func (a *app) said(what, kind string, former bool, e *dossier.Evidence) {
	if former {
		kind = join(", ", kind, "no longer stated")
	}
	if kind != "" {
		kind = " (" + kind + ")"
	}
	a.paragraph("  ", what+kind+"  "+sourceOf(e))
}

func sourceOf(e *dossier.Evidence) string {
	return fmt.Sprintf("[%d %s %s]", e.Document, e.Source, e.Published)
}

// listing prints one listing as it stands on a day, and all its events.
func (a *app) listing(l *dossier.Listing, on access.Date) {
	status := a.style(bold, string(l.Status))
	if l.Since != "" {
		status += " since " + string(l.Since)
	}
	a.line("%s: %s", l.ID, status)
	a.paragraph("  ", join(", ", l.Name, "on "+l.Title, l.Authority))
	for _, c := range l.Consequences {
		a.line("  %-20s%-14s%s", c.Kind, c.State, interval(set(c.From), set(c.To)))
		a.paragraph("    ", join("; ", c.What, c.Why, c.Cite))
	}
	for i := range l.Events {
		e := &l.Events[i]
		if e.Date > on && (i == 0 || l.Events[i-1].Date <= on) {
			a.line("  %s", a.style(faint, "after "+string(on)))
		}
		kind := string(e.Kind)
		if e.Inferred {
			kind += " (inferred)"
		}
		var sources []string
		for j := range e.Evidence {
			sources = append(sources, sourceOf(&e.Evidence[j]))
		}
		a.paragraph(fmt.Sprintf("  %s  ", e.Date), join("  ", join(": ", kind, e.What), e.Citation, strings.Join(sources, " ")))
	}
}

// set is a day, or nil when it is not set.
func set(d access.Date) *access.Date {
	if d == "" || d >= access.Forever {
		return nil
	}
	return &d
}

// join joins what is not empty.
func join(sep string, parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, sep)
}

// fileReport is what would be read from a file.
type fileReport struct {
	File       string   `json:"file"`
	Kind       string   `json:"kind"`
	Source     string   `json:"source"`
	Part       string   `json:"part"`
	Published  string   `json:"published"`
	Rows       int      `json:"rows"`
	Statements int      `json:"statements"`
	Warnings   []string `json:"warnings"`
}

// showFile shows what a file says. Of a bill of materials it shows what is held
// about its release, as if the file were held, where there is a store.
func (a *app) showFile(ctx context.Context, path string, f *atFlags, as string) error {
	files, unread := a.readFiles([]string{path})
	if len(unread) > 0 {
		return &failures{unread}
	}
	if intake.IsBill(files[0]) && a.hasStore() {
		return a.showBill(ctx, files[0], f, as)
	}
	editions, failed := intake.Read(ctx, files, intake.Options{
		CheckPolicy: func(text []byte) error {
			_, err := policy.Parse("policy", text)
			return err
		},
	})
	reports := []fileReport{}
	for _, e := range editions {
		for _, f := range e.Files {
			r := f.Reading
			reports = append(reports, fileReport{
				File: f.Name, Kind: r.Kind, Source: r.Source, Part: r.Part, Published: string(r.Published),
				Rows: r.Rows, Statements: len(r.Statements), Warnings: append([]string{}, r.Warnings...),
			})
			for _, w := range r.Warnings {
				a.warn("%s", w)
			}
		}
	}
	if a.wantsJSON() {
		if err := a.json(map[string]any{"files": reports}); err != nil {
			return err
		}
	} else {
		for _, r := range reports {
			a.fileReport(&r)
		}
	}
	if len(failed) > 0 {
		return failuresOf(failed)
	}
	return nil
}

// showBill shows what is held about the release that a bill describes.
func (a *app) showBill(ctx context.Context, file intake.File, f *atFlags, as string) error {
	var d *dossier.Dossier
	err := a.with(ctx, toRead, func(n *node.Node) error {
		reader, err := readerFor(ctx, n, as)
		if err != nil {
			return err
		}
		d, err = n.ShowFile(ctx, f.ask(reader), file)
		return err
	})
	if err != nil {
		return err
	}
	for _, w := range d.Bill.Broken {
		a.warn("%s: %s", file.Name, w)
	}
	if a.wantsJSON() {
		return a.json(d)
	}
	a.dossier(d)
	return nil
}

func failuresOf(errs []error) error {
	f := &failures{}
	for _, err := range errs {
		f.lines = append(f.lines, err.Error())
	}
	return f
}

func (a *app) fileReport(r *fileReport) {
	a.line("%s", a.style(bold, r.File))
	a.line("  kind        %s", r.Kind)
	a.line("  source      %s", join(", part ", r.Source, r.Part))
	if r.Published == "" {
		a.line("  published   does not say; give it with import --published")
	} else {
		a.line("  published   %s", r.Published)
	}
	a.line("  rows        %d", r.Rows)
	a.line("  statements  %d", r.Statements)
}
