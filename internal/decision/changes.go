package decision

import (
	"context"
	"fmt"
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/policy"
)

// changes is, for each policy, the first day after at on which the passing of
// time alone changes its answer; "" when it never does.
//
// The days to look at are those on which the dossier changes and those that
// the policy itself compares with the current day; between two of them nothing
// can happen. A later day's dossier may bring new days to compare with, so the
// list grows while it is walked.
func changes(ctx context.Context, t Timeline, at access.Date, policies []*policy.Policy) ([]access.Date, error) {
	out := make([]access.Date, len(policies))
	before := make([]signature, len(policies))
	days := slices.DeleteFunc(slices.Clone(t.Dates()), func(d access.Date) bool { return d <= at })
	in := inputOf(t.On(at))
	for i, p := range policies {
		var err error
		if before[i], err = sign(ctx, p, in); err != nil {
			return nil, fmt.Errorf("on %s: %w", at, err)
		}
		days = append(days, p.Days(in)...)
	}
	for open := len(policies); open > 0 && len(days) > 0; {
		day := slices.Min(days)
		days = slices.DeleteFunc(days, func(d access.Date) bool { return d <= day })
		in := inputOf(t.On(day))
		for i, p := range policies {
			if out[i] != "" {
				continue
			}
			after, err := sign(ctx, p, in)
			if err != nil {
				return nil, fmt.Errorf("on %s: %w", day, err)
			}
			if !after.equal(before[i]) {
				out[i] = day
				open--
				continue
			}
			days = append(days, p.Days(in)...)
		}
	}
	return out, nil
}

// signature is what has to differ for an answer to have changed: words may
// differ without that.
type signature struct {
	verdict policy.Verdict
	reasons []policy.Reason // without text, in the order of the result
}

func sign(ctx context.Context, p *policy.Policy, in *policy.Input) (signature, error) {
	result, err := p.Evaluate(ctx, in)
	if err != nil {
		return signature{}, err
	}
	s := signature{verdict: result.Verdict, reasons: result.Reasons}
	for i := range s.reasons {
		s.reasons[i].Because, s.reasons[i].Cite = "", ""
	}
	return s, nil
}

func (s signature) equal(o signature) bool {
	return s.verdict == o.verdict && slices.Equal(s.reasons, o.reasons)
}
