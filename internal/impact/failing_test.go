package impact

import (
	"context"
	"errors"

	"countersign.dev/internal/ledger"
)

// failing is a source that fails after so many facts.
type failing struct {
	Source
	after int
}

var errFailing = errors.New("the disk is gone")

func (f *failing) Changes(ctx context.Context, kinds []string, after, upto int64, opened func(*ledger.Fact) error, closed func(id, at int64) error) error {
	n := 0
	return f.Source.Changes(ctx, kinds, after, upto, func(fact *ledger.Fact) error {
		if n++; n > f.after {
			return errFailing
		}
		return opened(fact)
	}, closed)
}
