package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/catalogue"
	"countersign.dev/internal/assurance/oscal"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
)

const catalogueShowLong = `Show prints a catalogue with its controls, one control of it, or what a profile
asks. ID is that of a catalogue or profile, of the product or imported, or a file:
YAML of our form, or a catalogue or profile as OSCAL JSON. What of a file could not
be used is warned about.

Each catalogue says how sure its lines are and by what they were checked; a line
that is still to be compared with the publication is marked.`

const catalogueExportLong = `Export writes a catalogue or profile: oscal for other tools, validated by the
schema of NIST; yaml, the form that the product reads; json, for programs. The same
catalogue and date give the same bytes. ID may be a file, as with show.`

const catalogueExportExample = `  countersign catalogue export nistir-8425 --format oscal -o nistir-8425.json
  countersign catalogue export iot-baseline --format oscal -o iot-baseline.json
  countersign catalogue export sp800-53.json --format yaml`

func (a *app) catalogueCommand() *cobra.Command {
	list := command("list", "Catalogues and profiles, of the product and imported", 0, 0, func(cmd *cobra.Command, _ []string) error {
		set, err := a.criteriaSet(cmd.Context())
		if err != nil {
			return err
		}
		return a.listCatalogues(set)
	})
	return group("catalogue", "Criteria, and the profiles that pick from them", list, a.catalogueShowCommand(), a.catalogueExportCommand())
}

func (a *app) catalogueShowCommand() *cobra.Command {
	var tier int
	var at dateFlag
	c := command("show ID [CONTROL]", "A catalogue, one control of it, or what a profile asks", 1, 2, func(cmd *cobra.Command, args []string) error {
		set, what, err := a.criteria(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		tiered := cmd.Flags().Changed("tier")
		switch what := what.(type) {
		case *catalogue.Catalogue:
			switch {
			case tiered:
				return usage(cmd, "--tier is for profiles; %s is a catalogue", what.ID)
			case len(args) == 2:
				return a.showCriterion(what, args[1])
			}
			return a.showCatalogue(what)
		case *catalogue.Profile:
			if len(args) == 2 {
				return usage(cmd, "%s is a profile; a CONTROL is shown with its catalogue", what.ID)
			}
			if !tiered {
				tier = len(what.Tiers) // the highest includes the others
			}
			if at == "" {
				at = dateFlag(access.DateOf(a.now()))
			}
			return a.showProfile(set, what, tier, access.Date(at))
		}
		return nil
	})
	c.Long = catalogueShowLong
	c.Flags().IntVar(&tier, "tier", 0, "`N` of a profile with tiers, with those below it (default the highest)")
	c.Flags().Var(&at, "at", "`DATE` to say of whether the profile was a duty then (default today)")
	return c
}

// exportForm is the form that a catalogue is written in.
type exportForm string

func (f *exportForm) String() string { return string(*f) }
func (f *exportForm) Type() string   { return "FORM" }

func (f *exportForm) Set(s string) error {
	switch s {
	case "oscal", "yaml", "json":
		*f = exportForm(s)
		return nil
	}
	return errors.New("want oscal, yaml or json")
}

func (a *app) catalogueExportCommand() *cobra.Command {
	form := exportForm("oscal")
	var output string
	var day dateFlag
	c := command("export ID", "Write a catalogue or profile as OSCAL, YAML or JSON", 1, 1, func(cmd *cobra.Command, args []string) error {
		set, what, err := a.criteria(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		modified := access.DateOf(a.now()).Time()
		if day != "" {
			modified = access.Date(day).Time()
		}
		var b bytes.Buffer
		if err := exportCriteria(&b, form, set, what, modified); err != nil {
			return err
		}
		if output == "" || output == "-" {
			_, err = a.out.Write(b.Bytes())
			return err
		}
		if err := writeFile(output, b.Bytes(), 0o644); err != nil {
			return problem.New(problem.Invalid, "%s: %s", output, reasonOf(err))
		}
		return nil
	})
	c.Long, c.Example = catalogueExportLong, catalogueExportExample
	// In place of the flag that all commands have: text is no form of export.
	c.Flags().Var(&form, "format", "oscal, yaml or json")
	c.Flags().StringVarP(&output, "output", "o", "", "`FILE` to write, whole or not at all (default standard output)")
	c.Flags().Var(&day, "date", "`DATE` that OSCAL says it was last changed (default today)")
	return c
}

func exportCriteria(w io.Writer, form exportForm, set *catalogue.Set, what any, modified time.Time) error {
	if form == "json" {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(what)
	}
	switch what := what.(type) {
	case *catalogue.Catalogue:
		if form == "oscal" {
			return oscal.WriteCatalogue(w, what, modified)
		}
		_, err := w.Write(what.YAML())
		return err
	case *catalogue.Profile:
		if form == "oscal" {
			return oscal.WriteProfile(w, what, set, modified)
		}
		_, err := w.Write(what.YAML())
		return err
	}
	return nil
}

// criteriaSet is the criteria of the store, where there is one: those of the
// product, and what was imported. Without a store it is those of the product.
func (a *app) criteriaSet(ctx context.Context) (set *catalogue.Set, err error) {
	if !a.hasStore() {
		return catalogue.Shipped()
	}
	err = a.with(ctx, toRead, func(n *node.Node) error {
		set, err = n.Catalogues(ctx, newest)
		return err
	})
	return set, err
}

// criteria is the catalogue or profile that a name means, with the set that it
// belongs to.
func (a *app) criteria(ctx context.Context, name string) (*catalogue.Set, any, error) {
	set, err := a.criteriaSet(ctx)
	if err != nil {
		return nil, nil, err
	}
	if c := set.Catalogue(name); c != nil {
		return set, c, nil
	}
	if p := set.Profile(name); p != nil {
		return set, p, nil
	}
	if !exists(name) {
		return nil, nil, hinted(problem.New(problem.NotFound, "no catalogue or profile %q, and no file of this name", name), "see countersign catalogue list")
	}
	b, err := readCriteria(name)
	if err != nil {
		return nil, nil, err
	}
	what, notes, err := oscal.ReadAny(b)
	if err != nil {
		return nil, nil, problem.Wrap(problem.Invalid, err, "%s", name)
	}
	for _, n := range notes {
		a.warn("%s: %s: %s", name, n.Place, n.Text)
	}
	return set, what, nil
}

// readCriteria reads a file that is no longer than what is read of one.
func readCriteria(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, problem.New(problem.NotFound, "%s: %s", name, reasonOf(err))
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, oscal.MaxBytes+1))
	if err != nil {
		return nil, problem.New(problem.Invalid, "%s: %s", name, reasonOf(err))
	}
	return b, nil
}

// listedCatalogue is a line of the list of catalogues.
type listedCatalogue struct {
	ID           string `json:"id"`
	Title        string `json:"title"`
	Version      string `json:"version"`
	Source       string `json:"source"`
	Verification string `json:"verification"`
	Controls     int    `json:"controls"`
	ToVerify     int    `json:"to_verify"` // controls that are marked as still to be compared with the publication
	Digest       string `json:"digest"`
}

// listedProfile is a line of the list of profiles.
type listedProfile struct {
	ID           string      `json:"id"`
	Title        string      `json:"title"`
	Version      string      `json:"version"`
	Purpose      string      `json:"purpose"`
	Basis        string      `json:"basis"`
	Verification string      `json:"verification"`
	From         access.Date `json:"from,omitempty"`
	Until        access.Date `json:"until,omitempty"`
	Tiers        int         `json:"tiers"`
	Catalogues   []string    `json:"catalogues"`
	Required     int         `json:"required"` // at the highest tier
	Recommended  int         `json:"recommended"`
	Digest       string      `json:"digest"`
}

func (a *app) listCatalogues(set *catalogue.Set) error {
	var cs []listedCatalogue
	for _, c := range set.Catalogues() {
		cs = append(cs, listedCatalogue{c.ID, c.Title, c.Version, c.Source, c.Verification, len(c.Controls), toVerify(c), c.Digest})
	}
	var ps []listedProfile
	for _, p := range set.Profiles() {
		asked, err := p.Select(set, len(p.Tiers))
		if err != nil {
			return err
		}
		l := listedProfile{
			ID: p.ID, Title: p.Title, Version: p.Version, Purpose: p.Purpose, Basis: p.Basis, Verification: p.Verification,
			From: p.From, Until: p.Until, Tiers: len(p.Tiers), Catalogues: p.Catalogues(), Required: required(asked), Digest: p.Digest,
		}
		l.Recommended = len(asked) - l.Required
		ps = append(ps, l)
	}
	if a.wantsJSON() {
		return a.json(map[string]any{"catalogues": cs, "profiles": ps})
	}
	rows := [][]string{{"catalogue", "controls", "title", "how sure its lines are"}}
	for _, c := range cs {
		rows = append(rows, []string{c.ID, strconv.Itoa(c.Controls), cut(c.Title, 44), cut(c.Verification, 56)})
	}
	a.table(rows)
	a.line("")
	rows = [][]string{{"profile", "tiers", "required", "recommended", "duty", "title"}}
	for _, p := range ps {
		rows = append(rows, []string{p.ID, strconv.Itoa(p.Tiers), strconv.Itoa(p.Required), strconv.Itoa(p.Recommended), dutyWords(p.From, p.Until), p.Title})
	}
	a.table(rows)
	return nil
}

func toVerify(c *catalogue.Catalogue) int {
	n := 0
	for i := range c.Controls {
		if c.Controls[i].Verify != "" {
			n++
		}
	}
	return n
}

func required(asked []catalogue.Selected) int {
	n := 0
	for i := range asked {
		if asked[i].Required {
			n++
		}
	}
	return n
}

// dutyWords says from when to when a profile was a duty.
func dutyWords(from, until access.Date) string {
	switch {
	case from == "":
		return "none"
	case until == "":
		return fmt.Sprintf("from %s", from)
	}
	return fmt.Sprintf("%s until %s", from, until)
}

// cut shortens a text for a column.
func cut(s string, columns int) string {
	if columnsOf(s) <= columns {
		return s
	}
	var out strings.Builder
	for _, r := range s {
		if columnsOf(out.String()+string(r)) > columns-1 {
			break
		}
		out.WriteRune(r)
	}
	return strings.TrimRight(out.String(), " (,;:") + "…"
}
