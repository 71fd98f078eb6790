package intake

import (
	"context"

	"countersign.dev/internal/assurance/catalogue"
	"countersign.dev/internal/assurance/oscal"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// criteriaFormats is what criteria are taken in from. They are rules as well,
// and held as they came.
var criteriaFormats = []*format{
	{name: "catalogue of criteria (YAML, countersign: catalogue/v1)", recognise: recogniseRule(catalogue.KindCatalogue), read: each(readCatalogue)},
	{name: "profile of criteria (YAML, countersign: profile/v1)", recognise: recogniseRule(catalogue.KindProfile), read: each(readProfile)},
	{name: "catalogue or profile of criteria (OSCAL 1, JSON)", recognise: oscal.Recognise, read: each(readOSCAL)},
}

func readCatalogue(_ context.Context, f File, _ Options) (*ledger.Reading, error) {
	c, err := catalogue.Parse(f.Bytes)
	if err != nil {
		return nil, err
	}
	return c.Reading(), nil
}

func readProfile(_ context.Context, f File, _ Options) (*ledger.Reading, error) {
	p, err := catalogue.ParseProfile(f.Bytes)
	if err != nil {
		return nil, err
	}
	return p.Reading(), nil
}

// readOSCAL reads what another tool wrote, or this one. What could not be used
// is told with its place.
func readOSCAL(_ context.Context, f File, _ Options) (*ledger.Reading, error) {
	read, notes, err := oscal.ReadAny(f.Bytes)
	if err != nil {
		return nil, err
	}
	var r *ledger.Reading
	switch read := read.(type) {
	case *catalogue.Catalogue:
		r = read.Reading()
	case *catalogue.Profile:
		r = read.Reading()
	default:
		return nil, problem.New(problem.Internal, "criteria of the type %T", read)
	}
	r.Published = oscal.Published(f.Bytes)
	for _, n := range notes {
		r.Warnings = append(r.Warnings, n.Place+": "+n.Text)
	}
	return r, nil
}
