package intake

import (
	"context"
	"io/fs"
	"sync"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/listing/ftm"
	"countersign.dev/programmes"
)

func readFTM(ctx context.Context, f File, opts Options) (*ledger.Reading, error) {
	known, err := shippedProgrammes()
	if err != nil {
		return nil, err
	}
	return ftm.Read(ctx, ftm.Input{Name: f.Name, Bytes: f.Bytes, Source: opts.Source, Programmes: known}, ftm.Limits{})
}

// shippedProgrammes is which collections hold the entries of the programmes
// that the product ships. Programmes that a store has beside them play no
// part, so that one file always reads the same.
var shippedProgrammes = sync.OnceValues(func() (*ftm.Programmes, error) {
	names, err := fs.Glob(programmes.FS, "*.yaml")
	if err != nil {
		return nil, err
	}
	var all []*listing.Programme
	for _, name := range names {
		text, err := fs.ReadFile(programmes.FS, name)
		if err != nil {
			return nil, err
		}
		p, err := listing.ParseProgramme(text)
		if err != nil {
			return nil, named(name, err)
		}
		all = append(all, p)
	}
	return ftm.NewProgrammes(all), nil
})
