package ledger

import (
	"context"
	"fmt"
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
)

// Sight is several reads of one state of the store, by one reader. It is to
// be used by one goroutine, and only while [Ledger.Sight] runs.
type Sight struct {
	tx        *db.Tx
	audiences map[int64]access.Audience
}

// Sight calls fn with a sight of the store for a reader. fn must not read the
// ledger in any other way: it would wait for a second connection while it holds
// one.
func (l *Ledger) Sight(ctx context.Context, reader access.Reader, fn func(*Sight) error) error {
	return l.db.Read(ctx, func(tx *db.Tx) error {
		audiences, err := l.visible(ctx, tx, reader)
		if err != nil {
			return err
		}
		return fn(&Sight{tx, audiences})
	})
}

// at is what is seen as of the ask's moment, by the reader whom the sight is
// for.
func (s *Sight) at(ask access.Ask) *view { return newView(s.tx, ask, s.audiences) }

// BySubject is all facts about these subjects that the ask's moment allows,
// former ones included, by id.
func (s *Sight) BySubject(ctx context.Context, ask access.Ask, subjects ...string) ([]Fact, error) {
	v := s.at(ask)
	var out []Fact
	for chunk := range slices.Chunk(subjects, 200) {
		facts, err := v.facts(ctx, `subject IN (`+db.Placeholders(3, len(chunk))+`)`, 0, anys(chunk)...)
		if err != nil {
			return nil, err
		}
		out = append(out, facts...)
	}
	sortFacts(out)
	return out, nil
}

// Said is those of the facts that BySubject gives that are of these kinds: for
// subjects of which some facts are large.
func (s *Sight) Said(ctx context.Context, ask access.Ask, kinds []string, subjects ...string) ([]Fact, error) {
	v := s.at(ask)
	var out []Fact
	for chunk := range slices.Chunk(subjects, 200) {
		where := `subject IN (` + db.Placeholders(3, len(chunk)) + `) AND kind IN (` + db.Placeholders(3+len(chunk), len(kinds)) + `)`
		facts, err := v.facts(ctx, where, 0, append(anys(chunk), anys(kinds)...)...)
		if err != nil {
			return nil, err
		}
		out = append(out, facts...)
	}
	sortFacts(out)
	return out, nil
}

// ByTerm is the facts of these kinds with one of these terms, at most limit.
func (s *Sight) ByTerm(ctx context.Context, ask access.Ask, kinds, terms []string, limit int) ([]Fact, error) {
	terms = slices.DeleteFunc(slices.Clone(terms), func(t string) bool { return t == "" })
	if len(kinds) == 0 {
		return nil, nil
	}
	v := s.at(ask)
	var out []Fact
	for chunk := range slices.Chunk(terms, 200) {
		where := `term <> '' AND term IN (` + db.Placeholders(3, len(chunk)) + `) AND kind IN (` + db.Placeholders(3+len(chunk), len(kinds)) + `)`
		facts, err := v.facts(ctx, where, limit, append(anys(chunk), anys(kinds)...)...)
		if err != nil {
			return nil, err
		}
		out = append(out, facts...)
	}
	sortFacts(out)
	if limit > 0 && len(out) > limit {
		out = out[:limit]
	}
	return out, nil
}

// ByPrefix is the facts of these kinds whose term begins with prefix, at most
// limit.
func (s *Sight) ByPrefix(ctx context.Context, ask access.Ask, kinds []string, prefix string, limit int) ([]Fact, error) {
	if len(kinds) == 0 || prefix == "" {
		return nil, nil
	}
	from, to := db.PrefixRange(prefix)
	where := `term <> '' AND term >= $3 AND term < $4 AND kind IN (` + db.Placeholders(5, len(kinds)) + `)`
	return s.at(ask).facts(ctx, where, limit, append([]any{from, to}, anys(kinds)...)...)
}

// Documents describes the documents at these positions, by position; those
// that the reader may not see are left out.
func (s *Sight) Documents(ctx context.Context, ask access.Ask, positions ...int64) ([]Entry, error) {
	v := s.at(ask)
	positions = slices.Compact(slices.Sorted(slices.Values(positions)))
	var out []Entry
	for chunk := range slices.Chunk(positions, 200) {
		args := []any{v.ask.At.Position}
		for _, p := range chunk {
			args = append(args, p)
		}
		rows, err := v.tx.Query(ctx, selectEntry+` WHERE d.position IN (`+db.Placeholders(2, len(chunk))+`) AND d.position <= $1 AND d.audience IN `+v.in()+` ORDER BY d.position`, args...)
		if err != nil {
			return nil, fmt.Errorf("documents: %w", err)
		}
		entries, err := scanEntries(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, entries...)
	}
	return out, nil
}

// Series describes the documents of one part of a source, by publication, as
// far as the ask's moment and the reader allow.
func (s *Sight) Series(ctx context.Context, ask access.Ask, source, part string) ([]Entry, error) {
	v := s.at(ask)
	rows, err := v.tx.Query(ctx, selectEntry+` WHERE d.source = $1 AND d.part = $2 AND d.position <= $3 AND d.published <= $4 AND d.audience IN `+v.in()+`
		ORDER BY d.published, d.position`, source, part, v.ask.At.Position, string(v.ask.At.Known))
	if err != nil {
		return nil, fmt.Errorf("series of %s: %w", source, err)
	}
	return scanEntries(rows)
}

// BySubject is [Sight.BySubject] in a sight of its own.
func (l *Ledger) BySubject(ctx context.Context, ask access.Ask, subjects ...string) (out []Fact, err error) {
	err = l.Sight(ctx, ask.Reader, func(s *Sight) error {
		out, err = s.BySubject(ctx, ask, subjects...)
		return err
	})
	return out, err
}

// Said is [Sight.Said] in a sight of its own.
func (l *Ledger) Said(ctx context.Context, ask access.Ask, kinds []string, subjects ...string) (out []Fact, err error) {
	err = l.Sight(ctx, ask.Reader, func(s *Sight) error {
		out, err = s.Said(ctx, ask, kinds, subjects...)
		return err
	})
	return out, err
}

// ByTerm is [Sight.ByTerm] in a sight of its own.
func (l *Ledger) ByTerm(ctx context.Context, ask access.Ask, kinds, terms []string, limit int) (out []Fact, err error) {
	err = l.Sight(ctx, ask.Reader, func(s *Sight) error {
		out, err = s.ByTerm(ctx, ask, kinds, terms, limit)
		return err
	})
	return out, err
}

// ByPrefix is [Sight.ByPrefix] in a sight of its own.
func (l *Ledger) ByPrefix(ctx context.Context, ask access.Ask, kinds []string, prefix string, limit int) (out []Fact, err error) {
	err = l.Sight(ctx, ask.Reader, func(s *Sight) error {
		out, err = s.ByPrefix(ctx, ask, kinds, prefix, limit)
		return err
	})
	return out, err
}

// Documents is [Sight.Documents] in a sight of its own.
func (l *Ledger) Documents(ctx context.Context, ask access.Ask, positions ...int64) (out []Entry, err error) {
	err = l.Sight(ctx, ask.Reader, func(s *Sight) error {
		out, err = s.Documents(ctx, ask, positions...)
		return err
	})
	return out, err
}

// Series is [Sight.Series] in a sight of its own.
func (l *Ledger) Series(ctx context.Context, ask access.Ask, source, part string) (out []Entry, err error) {
	err = l.Sight(ctx, ask.Reader, func(s *Sight) error {
		out, err = s.Series(ctx, ask, source, part)
		return err
	})
	return out, err
}
