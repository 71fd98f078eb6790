package interestcsv

import (
	"strings"

	"countersign.dev/internal/party"
	"countersign.dev/internal/party/ownership"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/table"
)

// stakeOf reads a kind of share from its one column or its two; nil where all of
// them are empty.
func stakeOf(r table.Row, kind string) (*party.Stake, error) {
	one, low, high := r.Get(kind), r.Get(kind+" min"), r.Get(kind+" max")
	if one != "" && (low != "" || high != "") {
		return nil, problem.New(problem.Invalid, "line %d, column %q: %q, and %s_min or %s_max has a share too; want one of both", r.Line, kind, table.Clip(one), kind, kind)
	}
	columns := [2]string{kind + " min", kind + " max"}
	if one != "" {
		columns = [2]string{kind, kind}
		low, high = one, one
		if from, to, ranged := strings.Cut(one, ".."); ranged {
			low, high = strings.TrimSpace(from), strings.TrimSpace(to)
		}
	}
	if low == "" && high == "" {
		return nil, nil
	}
	s := &party.Stake{Min: "0", Max: "100"}
	from, to := ownership.Percent(0), ownership.Whole
	for _, end := range []struct {
		text, column string
		into         *string
		number       *ownership.Percent
		read         func(string) (ownership.Percent, error)
	}{{low, columns[0], &s.Min, &from, ownership.Floor}, {high, columns[1], &s.Max, &to, ownership.Ceil}} {
		text := strings.TrimSpace(strings.TrimSuffix(end.text, "%"))
		if text == "" || text == "?" || strings.EqualFold(text, "unknown") {
			continue
		}
		n, err := end.read(text)
		if err != nil {
			return nil, problem.New(problem.Invalid, "line %d, column %q: %w", r.Line, end.column, err)
		}
		*end.into, *end.number = text, n
	}
	if from > to {
		return nil, problem.New(problem.Invalid, "line %d, column %q: %s is more than %s; want the smaller first", r.Line, columns[0], s.Min, s.Max)
	}
	return s, nil
}
