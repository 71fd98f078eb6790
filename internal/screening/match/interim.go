// Package match compares names: those with one fold are equal.
package match

import (
	"context"
	"iter"
	"slices"

	"countersign.dev/internal/party"
)

const Version = "match/0"
const Threshold = 0.85

type Name struct {
	Text    string
	Kind    party.Kind
	Quality party.Quality
}
type Unit = uint32
type Segment struct{ names []Name }

func Build(ctx context.Context, names iter.Seq[Name]) (*Segment, error) {
	return &Segment{slices.Collect(names)}, nil
}

type Query struct {
	Text string
	Kind party.Kind
}
type Prepared struct{ fold string }

func Prepare(q Query) *Prepared { return &Prepared{party.Fold(q.Text)} }

type Found struct {
	Unit  Unit
	Score float64
}

func (s *Segment) Search(p *Prepared, min float64, visible func(Unit) bool) []Found {
	var out []Found
	for i, n := range s.names {
		if (visible == nil || visible(Unit(i))) && p.Score(n) >= min {
			out = append(out, Found{Unit(i), 1})
		}
	}
	return out
}
func (p *Prepared) Score(n Name) float64 {
	if party.Fold(n.Text) == p.fold {
		return 1
	}
	return 0
}

type Why struct {
	Score float64 `json:"score"`
}

func (p *Prepared) Explain(n Name) Why { return Why{p.Score(n)} }
