package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"countersign.dev/internal/problem"
	"countersign.dev/internal/sharing/pattern"
)

const stixPatternLong = `Pattern says whether PATTERN is one of STIX 2.1 (section 9 of the standard), and how
it is written in short; where it is none, at which byte it goes wrong.

Exit codes: 0 valid, 1 not valid.`

func (a *app) stixPatternCommand() *cobra.Command {
	c := command("pattern PATTERN", "Say whether a pattern is one", 1, 1, func(_ *cobra.Command, args []string) error {
		return a.stixPattern(args[0])
	})
	c.Long = stixPatternLong
	return c
}

// patternReport is what is said of a pattern.
type patternReport struct {
	Valid     bool           `json:"valid"`
	Canonical string         `json:"canonical,omitempty"`
	Error     *pattern.Error `json:"error,omitempty"`
	Message   string         `json:"message,omitempty"`
}

func (a *app) stixPattern(text string) error {
	r := patternReport{}
	p, err := pattern.Parse(text)
	if err == nil {
		err = pattern.Check(p)
	}
	if err == nil {
		_, err = pattern.Compile(p)
	}
	if r.Valid = err == nil; r.Valid {
		r.Canonical = p.String()
	} else {
		errors.As(err, &r.Error)
		r.Message = problem.Message(err)
		if r.Error != nil {
			r.Message = r.Error.Error()
		}
	}
	if a.wantsJSON() {
		if err := a.json(r); err != nil {
			return err
		}
	} else if r.Valid {
		a.line("%s  %s", a.style(green, "valid"), oneLine(r.Canonical))
	} else {
		a.line("%s  %s", a.style(red, "not valid"), oneLine(r.Message))
	}
	if !r.Valid {
		return resultError{}
	}
	return nil
}

const stixMatchLong = `Match tries a pattern on observed data: FILE has observed-data objects of STIX 2.0 or
2.1 with what they refer to, as a bundle, a list, or one of them a line. Which of the
observations fulfil the pattern is told by their ids.

Exit codes: 0 whether it matches or not, 1 when that cannot be said.`

func (a *app) stixMatchCommand() *cobra.Command {
	var text, file string
	c := command("match FILE", "Try a pattern on observed data", 1, 1, func(cmd *cobra.Command, args []string) error {
		if (text == "") == (file == "") {
			return usage(cmd, "want either --pattern or --pattern-file")
		}
		if file != "" {
			b, err := a.readFile(file)
			if err != nil {
				return err
			}
			text = strings.TrimSpace(string(b))
		}
		return a.stixMatch(cmd.Context(), text, args[0])
	})
	c.Use = "match FILE|-"
	c.Long = stixMatchLong
	c.Flags().StringVar(&text, "pattern", "", "the `PATTERN`")
	c.Flags().StringVar(&file, "pattern-file", "", "`FILE` that the pattern stands in")
	return c
}

func (a *app) stixMatch(_ context.Context, text, path string) error {
	p, err := pattern.Parse(text)
	if err != nil {
		var old error
		if p, old = pattern.Parse20(text); old != nil {
			return problem.New(problem.Invalid, "pattern: %v", err)
		}
	}
	m, err := pattern.Compile(p)
	if err != nil {
		return err
	}
	b, err := a.readSTIX(path)
	if err != nil {
		return err
	}
	data, err := pattern.ReadObserved(b)
	if err != nil {
		return problem.Wrap(problem.KindOf(err), err, "%s", path)
	}
	if len(data) == 0 {
		a.warn("%s holds no observed-data, which patterns are tried on", path)
	}
	found, by, err := m.Match(data)
	if err != nil {
		return err
	}
	out := struct {
		Match bool     `json:"match"`
		By    []string `json:"by"`
	}{found, []string{}}
	for _, i := range by {
		out.By = append(out.By, data[i].ID)
	}
	if a.wantsJSON() {
		return a.json(out)
	}
	if !found {
		a.line("no match")
		return nil
	}
	a.line("%s  %s", a.style(green, "match"), oneLine(strings.Join(out.By, ", ")))
	return nil
}
