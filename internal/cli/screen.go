package cli

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"countersign.dev/internal/node"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/screening"
)

const screenLong = `Screen looks for NAME among the entries of every list that is held, in any
script, with its spelling, word order and legal form as people write them. An
entry whose name is at least as similar as the published threshold is a match.
Birth date, country and identifiers are weighed apart from the name: they order
the matches and are shown, and an equal identifier is a match by itself.

With --format json, and always with --batch, each name is one JSON object on a
line of its own. A batch is a CSV file with the header
id,name,type,dob,country,identifier, of which only name is needed; it is read
as it is answered, so it may be of any size.

No match is no proof that a party is not listed, only that no name held is like
the one that was given.`

const screenExample = `  countersign screen "Hua Wei Technologies"
  countersign screen --dob 1952 --country RU "Владимир Путин" --why
  countersign screen --batch customers.csv > hits.jsonl`

type screenFlags struct {
	at         atFlags
	batch      string
	kind       string
	birth      string
	country    string
	identifier string
	lists      []string
	limit      int
	why        bool
	record     bool
	as         string
}

func (a *app) screenCommand() *cobra.Command {
	var f screenFlags
	c := command("screen NAME...", "Find whom a name may mean on the lists", 0, -1, func(cmd *cobra.Command, args []string) error {
		if (len(args) == 0) == (f.batch == "") {
			return usage(cmd, "want either NAME or --batch FILE")
		}
		kind, ok := screening.KindNamed(f.kind)
		if !ok {
			return usage(cmd, "--type %q: want person, company, vessel or aircraft", f.kind)
		}
		if f.limit < 0 {
			return usage(cmd, "--limit %d: want a number from 1", f.limit)
		}
		if f.batch != "" {
			for _, name := range []string{"type", "dob", "country", "identifier"} {
				if cmd.Flags().Changed(name) {
					return usage(cmd, "--%s belongs to a single name; in a batch it is a column", name)
				}
			}
			return a.screenBatch(cmd.Context(), &f)
		}
		return a.screen(cmd.Context(), args, kind, &f)
	})
	c.Use = "screen NAME... | --batch FILE"
	c.Long, c.Example = screenLong, screenExample
	flags := c.Flags()
	flags.StringVar(&f.batch, "batch", "", "screen the names of the CSV `FILE`; - is standard input")
	flags.StringVar(&f.kind, "type", "", "what the name is of: person, company, vessel or aircraft (`TYPE`)")
	flags.StringVar(&f.birth, "dob", "", "birth `DATE` as YYYY, YYYY-MM or YYYY-MM-DD")
	flags.StringVar(&f.country, "country", "", "`COUNTRY` by name or ISO 3166-1 code")
	flags.StringVar(&f.identifier, "identifier", "", "`NUMBER` of a passport, registration, LEI, IMO …")
	flags.StringSliceVar(&f.lists, "list", nil, "only entries of this `PROGRAMME`; may be given more than once")
	flags.IntVar(&f.limit, "limit", 0, "most matches `N` of one name (default 50)")
	flags.BoolVar(&f.why, "why", false, "say of each match how it came about")
	flags.BoolVar(&f.record, "record", false, "keep what was asked and found in the ledger, as one document")
	f.at.add(flags)
	addAs(c, &f.as)
	return c
}

// screening opens the store to screen names in, and does so.
func (a *app) screening(ctx context.Context, f *screenFlags, do func(*node.Screening, *keeper) error) error {
	what := toRead
	if f.record {
		what = toWrite
	}
	return a.with(ctx, what, func(n *node.Node) error {
		reader, err := readerFor(ctx, n, f.as)
		if err != nil {
			return err
		}
		done := a.working("reading names")
		s, err := n.Screening(ctx, f.at.ask(reader), node.ScreenOptions{Why: f.why, Limit: f.limit, Lists: f.lists})
		done()
		if err != nil {
			return err
		}
		k := &keeper{wanted: f.record}
		if err := do(s, k); err != nil {
			return err
		}
		return a.keep(ctx, s, k)
	})
}

// keeper gathers what is to be recorded.
type keeper struct {
	wanted   bool
	screened []screening.Screened
}

func (k *keeper) add(sought screening.Sought, r *screening.Result) error {
	if !k.wanted {
		return nil
	}
	if len(k.screened) == screening.MaxRecorded {
		return problem.New(problem.TooLarge, "more than %d names: screen them in parts to record them", screening.MaxRecorded)
	}
	k.screened = append(k.screened, screening.Screened{Sought: sought, Matches: r.Matches})
	return nil
}

// keep records what was screened, when that is wanted.
func (a *app) keep(ctx context.Context, s *node.Screening, k *keeper) error {
	if !k.wanted {
		return nil
	}
	digest, err := s.Record(ctx, k.screened)
	if err == nil {
		a.tell("recorded as %s", digest)
	}
	return err
}

func (a *app) screen(ctx context.Context, names []string, kind party.Kind, f *screenFlags) error {
	return a.screening(ctx, f, func(s *node.Screening, k *keeper) error {
		for i, name := range names {
			sought := screening.Sought{Name: name, Kind: kind, Birth: f.birth, Country: f.country, Identifier: f.identifier}
			r, err := s.One(ctx, sought)
			if err != nil {
				return err
			}
			if err := k.add(sought, r); err != nil {
				return err
			}
			if a.wantsJSON() {
				if err := a.jsonLine(r); err != nil {
					return err
				}
				continue
			}
			if i > 0 {
				a.line("")
			}
			a.screened(r, s)
		}
		return nil
	})
}

// jsonLine prints a value as one line of JSON.
func (p *printer) jsonLine(v any) error {
	enc := json.NewEncoder(p.out)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// screened prints what was found for people.
func (a *app) screened(r *screening.Result, s *node.Screening) {
	at := s.At()
	a.line("%s", a.style(bold, r.Query))
	matches := "1 match"
	if len(r.Matches) != 1 {
		matches = fmt.Sprintf("%d matches", len(r.Matches))
	}
	a.line("%s on %s, by what was published by %s, at position %d", matches, at.Date, at.Known, at.Position)
	for _, m := range r.Matches {
		a.line("")
		a.line("  %.3f  %s  %s", m.Score, a.style(bold, m.Name), m.ID)
		if m.Matched != m.Name && m.Matched != "" {
			a.line("         by its %s %q", qualityWords(m.Quality), m.Matched)
		}
		list := "on no list"
		if m.List != "" {
			list = fmt.Sprintf("%s, %s", m.List, m.Status)
		}
		if m.Evidence != 0 {
			list += fmt.Sprintf("; other evidence %+.2f", m.Evidence)
		}
		a.line("         %s", list)
		if m.Why != nil {
			a.why(m.Why)
		}
	}
}

// qualityWords is what a sort of name is called.
func qualityWords(q party.Quality) string {
	switch q {
	case party.Primary:
		return "name"
	case party.Weak:
		return "weak alias"
	case party.Former:
		return "former name"
	case party.Acronym:
		return "acronym"
	default:
		return "alias"
	}
}

// why prints the account of a match.
func (a *app) why(w *screening.Why) {
	b, err := json.MarshalIndent(w, "         ", "  ")
	if err != nil {
		panic(err) // plain values only
	}
	a.line("         %s", b)
}
