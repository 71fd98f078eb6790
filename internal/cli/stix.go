package cli

import (
	"bytes"
	"cmp"
	"os"

	"github.com/spf13/cobra"

	"countersign.dev/internal/intake"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/sharing/stix"
)

func (a *app) stixCommand() *cobra.Command {
	return group("stix", "Threat intelligence in STIX: check, match, share, search",
		a.stixValidateCommand(),
		a.stixUpgradeCommand(),
		a.stixRedactCommand(),
		a.stixPatternCommand(),
		a.stixMatchCommand(),
		a.stixCollectionsCommand(),
		a.stixSubmitCommand(),
		a.stixPullCommand(),
		a.stixSearchCommand(),
		a.stixShowCommand(),
		a.stixGraphCommand(),
		a.stixTimelineCommand(),
		a.stixSameCommand(),
		a.stixVisibleCommand(),
		a.stixRecipientsCommand(),
	)
}

const stixValidateLong = `Validate says what a file with STIX breaks of the standard: an object, a bundle, a
TAXII envelope, an array of objects or one object a line, of STIX 2.1 or 2.0, also packed
with gzip. What the standard demands with MUST is an error, what it recommends with
SHOULD a warning. It needs no store and no network.

Exit codes: 0 valid, 1 not valid.`

func (a *app) stixValidateCommand() *cobra.Command {
	var strict bool
	c := command("validate FILE", "Validate STIX objects against the standard", 1, 1, func(_ *cobra.Command, args []string) error {
		b, err := a.readSTIX(args[0])
		if err != nil {
			return err
		}
		report := validateSTIX(b, strict)
		if a.wantsJSON() {
			if err := a.json(report.asJSON()); err != nil {
				return err
			}
		} else {
			a.printSTIX(report)
		}
		if !report.Valid {
			return resultError{}
		}
		return nil
	})
	c.Use = "validate FILE|-"
	c.Long = stixValidateLong
	c.Flags().BoolVar(&strict, "strict", false, "take warnings for errors")
	return c
}

// readSTIX reads a file with STIX, which may be packed, as libraries of it are
// published.
func (a *app) readSTIX(path string) ([]byte, error) {
	b, err := a.readFile(path)
	if err != nil {
		return nil, err
	}
	return intake.Open(path, bytes.NewReader(b), intake.Limits{Compressed: maxFile, Bytes: maxFile})
}

// stixReport is what is said of a file. For one that holds a lone object it is
// said of that object; otherwise the errors and warnings are those of all.
type stixReport struct {
	stix.Result
	Objects []stix.Result `json:"objects"`
	lone    bool
}

// asJSON leaves the list of objects out where there is only one.
func (r *stixReport) asJSON() any {
	if r.lone {
		return r.Result
	}
	return r
}

// validateSTIX never fails: a file that is no JSON is not valid.
func validateSTIX(b []byte, strict bool) *stixReport {
	_, kind, err := stix.Split(b, stix.Limits{})
	var results []stix.Result
	if err == nil {
		results, err = stix.ValidateFile(b, stix.Limits{})
	}
	if err != nil {
		p := stix.Problem{Rule: "RFC 8259", Message: problem.Message(err)}
		return &stixReport{lone: true, Result: stix.Result{Errors: []stix.Problem{p}, Warnings: []stix.Problem{}}}
	}
	if strict {
		for i := range results {
			r := &results[i]
			r.Errors, r.Warnings = append(r.Errors, r.Warnings...), []stix.Problem{}
			r.Valid = len(r.Errors) == 0
		}
	}
	if kind == stix.KindObject {
		return &stixReport{lone: true, Result: results[0]}
	}
	report := &stixReport{Objects: results, Result: stix.Result{Valid: true, Errors: []stix.Problem{}, Warnings: []stix.Problem{}}}
	if kind == stix.KindBundle {
		report.ID, report.Objects = results[0].ID, results[1:]
	}
	for _, r := range results {
		report.Valid = report.Valid && r.Valid
		report.Errors = append(report.Errors, r.Errors...)
		report.Warnings = append(report.Warnings, r.Warnings...)
	}
	return report
}

// mostSTIXProblems is how many errors, and how many warnings, people are shown.
const mostSTIXProblems = 50

func (a *app) printSTIX(r *stixReport) {
	result := a.style(green, "valid")
	if !r.Valid {
		result = a.style(red, "not valid")
	}
	objects := counted(len(r.Objects), "object")
	if r.lone {
		objects = counted(1, "object")
	}
	a.line("%s  %s, %s, %s", result, objects, counted(len(r.Errors), "error"), counted(len(r.Warnings), "warning"))
	a.printSTIXProblems("error", red, r.Errors)
	a.printSTIXProblems("warning", yellow, r.Warnings)
}

func (a *app) printSTIXProblems(word string, c colour, problems []stix.Problem) {
	for i, p := range problems {
		if i == mostSTIXProblems {
			a.line("and %d more; --format json gives all", len(problems)-i)
			return
		}
		place := cmp.Or(p.Object, "the file")
		if p.Path != "" {
			place += " " + p.Path
		}
		a.line("%s: %s", a.style(c, word), oneLine(sprintf("%s: %s (%s)", place, p.Message, p.Rule)))
	}
}

func (a *app) stixUpgradeCommand() *cobra.Command {
	var to string
	c := command("upgrade FILE", "Turn STIX 2.0 into STIX 2.1", 1, 1, func(_ *cobra.Command, args []string) error {
		b, err := a.readSTIX(args[0])
		if err != nil {
			return err
		}
		upgraded, problems, err := stix.Upgrade(b)
		if err != nil {
			return err
		}
		for _, p := range problems {
			a.warn("%s %s: %s", p.Object, p.Path, p.Message)
		}
		if to != "" {
			if err := os.WriteFile(to, upgraded, 0o644); err != nil {
				return problem.New(problem.Invalid, "%s: %s", to, reasonOf(err))
			}
			return nil
		}
		_, err = a.out.Write(upgraded)
		return err
	})
	c.Use = "upgrade FILE|-"
	c.Long = "Upgrade gives an object or a bundle of STIX 2.0 as one of STIX 2.1. Identifiers, times\nand unknown properties stay; what had to be decided is warned of. Objects of 2.1 stay\nbyte for byte."
	c.Flags().StringVarP(&to, "output", "o", "", "`FILE` to write (default standard output)")
	return c
}
