package cli

import (
	"encoding/csv"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"countersign.dev/internal/access"
	"countersign.dev/internal/holdings"
	"countersign.dev/internal/node"
	"countersign.dev/internal/policy"
)

const holdingsLong = `Holdings answers for a table of securities which may be bought, which may be held,
and which have to be sold by when. FILE is CSV with commas, semicolons or tabs and
at least one of the columns isin, ticker and name; id and quantity are carried
along. A row is found by its ISIN, else its ticker, else its name; a name that is
only like a listed one is review.

The exit code is the worst of the rows: 0 allow, 3 review, 4 deny.`

const holdingsExample = `  countersign holdings portfolio.csv
  countersign holdings portfolio.csv --at 2021-08-02 --format csv > answer.csv`

// tableFormat is the form of an answer that can be a table.
type tableFormat string

const formatCSV tableFormat = "csv"

func (f *tableFormat) String() string { return string(*f) }
func (f *tableFormat) Type() string   { return "FORMAT" }

func (f *tableFormat) Set(s string) error {
	switch v := tableFormat(s); v {
	case tableFormat(formatText), tableFormat(formatJSON), formatCSV:
		*f = v
		return nil
	}
	return errors.New("want text, json or csv")
}

type holdingsFlags struct {
	at     atFlags
	format tableFormat
	record bool
	as     string
}

func (a *app) holdingsCommand() *cobra.Command {
	f := holdingsFlags{format: tableFormat(formatText)}
	c := command("holdings FILE", "Which securities may be bought or held, and what has to be sold by when", 1, 1, func(cmd *cobra.Command, args []string) error {
		return a.holdings(cmd, args[0], &f)
	})
	c.Use = "holdings FILE | -"
	c.Long, c.Example = holdingsLong, holdingsExample
	f.at.add(c.Flags())
	c.Flags().Var(&f.format, "format", "text for people, json or csv for programs")
	c.Flags().BoolVar(&f.record, "record", false, "keep the answer in the ledger, as one document")
	addAs(c, &f.as)
	return c
}

func (a *app) holdings(cmd *cobra.Command, path string, f *holdingsFlags) error {
	b, err := a.readFile(path)
	if err != nil {
		return err
	}
	rows, err := holdings.Read(filepath.Base(path), b)
	if err != nil {
		return err
	}
	what := toRead
	if f.record {
		what = toWrite
	}
	return a.asMember(cmd.Context(), what, f.as, func(n *node.Node, reader access.Reader) error {
		done := a.working("looking for " + strconv.Itoa(len(rows)) + " securities")
		answer, digest, err := n.Holdings(cmd.Context(), f.at.ask(reader), rows, f.record)
		done()
		if err != nil {
			return err
		}
		for i := range answer.Holdings {
			if e := answer.Holdings[i].Error; e != "" {
				a.warn("%s", e)
			}
		}
		switch f.format {
		case tableFormat(formatJSON):
			err = a.json(answer)
		case formatCSV:
			err = a.holdingsCSV(answer)
		default:
			a.holdingsText(answer)
		}
		if digest != "" {
			a.tell("recorded as %s", digest)
		}
		if err != nil {
			return err
		}
		return verdictError{answer.Verdict}
	})
}

// holdingsText prints for people what a person has to act on or look at.
func (a *app) holdingsText(answer *holdings.Answer) {
	s := &answer.Summary
	a.line("%s on %s, by what was published by %s, at position %d", counted(s.Rows, "holding"), answer.At, answer.Known, answer.Position)
	a.line("%d allow, %d review, %d deny; %d may not be bought, %d may not be held, %d have to be sold by a day",
		s.Allow, s.Review, s.Deny, s.NoBuy, s.NoHold, s.Sell)
	for i := range answer.Holdings {
		h := &answer.Holdings[i]
		if h.Verdict == policy.Allow && h.FoundBy == holdings.NotFound {
			continue
		}
		a.line("")
		a.line("%s  %s", a.style(verdictColours[h.Verdict], fmt.Sprintf("%-6s", h.Verdict)), a.style(bold, oneLine(securityName(&h.Security))))
		words := fmt.Sprintf("buy: %s; hold: %s", h.MayBuy, h.MayHold)
		if h.SellBy != nil {
			words += "; holding prohibited from " + string(*h.SellBy)
		}
		if h.ChangesOn != nil {
			words += "; changes on " + string(*h.ChangesOn)
		}
		a.line("        %s", words)
		if h.Issuer != "" {
			a.line("        %s  %s, by %s", oneLine(h.Issuer), h.Subject, h.FoundBy)
		}
		a.paragraph("        ", h.Reason)
	}
}

// securityName is what a row calls its security.
func securityName(s *holdings.Security) string {
	var parts []string
	for _, part := range []string{s.ID, s.ISIN, s.Ticker, s.Name} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		return "line " + strconv.Itoa(s.Line)
	}
	return strings.Join(parts, "  ")
}

// holdingsCSV prints every row as a row. Cells that a spreadsheet would take for
// a formula are kept from being one.
func (a *app) holdingsCSV(answer *holdings.Answer) error {
	w := csv.NewWriter(a.out)
	rows := [][]string{{"line", "id", "isin", "ticker", "name", "quantity", "verdict", "may_buy", "may_hold", "sell_by", "changes_on", "found_by", "subject", "issuer", "listing", "reason"}}
	for i := range answer.Holdings {
		h := &answer.Holdings[i]
		rows = append(rows, []string{
			strconv.Itoa(h.Line), h.ID, h.ISIN, h.Ticker, h.Name, h.Quantity, string(h.Verdict), string(h.MayBuy), string(h.MayHold),
			orNone(h.SellBy), orNone(h.ChangesOn), h.FoundBy, h.Subject, h.Issuer, h.Listing, h.Reason,
		})
	}
	for _, row := range rows {
		for i, cell := range row {
			if cell != "" && strings.ContainsRune("=+@\t\r", rune(cell[0])) || strings.HasPrefix(cell, "-") && i != 5 {
				row[i] = "'" + cell
			}
		}
	}
	return w.WriteAll(rows)
}

func orNone(d *access.Date) string {
	if d == nil {
		return ""
	}
	return string(*d)
}
