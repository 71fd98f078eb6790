package ofac

import (
	"context"
	"fmt"
	"slices"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// File is one file of a set.
type File struct {
	Name  string
	Bytes []byte
}

// Result is what became of one file of a set.
type Result struct {
	Source  string          // the list it is of; "" when that cannot be told
	Reading *ledger.Reading // nil when there is an error
	Err     error
}

// maxStrangers is the share of a part's entries, in percent, that may be
// missing from the primary part beside it. More means parts of two lists, or of
// two years, were put together.
const maxStrangers = 20

// ReadSet reads the files of one or more editions that were handed in
// together; the results are in their order. Which list an alias, address or
// comments file belongs to is told by source, when it is given; else by its
// name; else by the other files of the set.
func ReadSet(ctx context.Context, files []File, source string, limits Limits) []Result {
	results := make([]Result, len(files))
	set := make([]Input, len(files))
	for i, f := range files {
		part, ok := Recognise(f.Name, f.Bytes[:min(len(f.Bytes), 64<<10)])
		if !ok {
			results[i].Err = problem.New(problem.Invalid, "not a part of an OFAC list")
			continue
		}
		set[i] = Input{Name: f.Name, Bytes: f.Bytes, Part: part, Source: source}
		if source == "" {
			set[i].Source = sourceByName(f.Name)
		}
		if part == Primary && set[i].Source == "" {
			set[i].Source = sourceByContent(f.Bytes, limits.orDefault())
		}
	}
	fillSources(set)
	primaries := map[string]*Output{}
	// Primary parts come first: the others are held against them.
	for _, primary := range []bool{true, false} {
		for i, in := range set {
			if results[i].Err != nil || (in.Part == Primary) != primary {
				continue
			}
			if !primary {
				in.Primary = primaries[in.Source]
			}
			out, err := readOne(ctx, in, limits)
			results[i] = Result{Source: in.Source, Err: err}
			if err != nil {
				continue
			}
			results[i].Reading = out.Reading
			if _, second := primaries[in.Source]; second {
				out = nil // of two editions handed in at once there is no telling which is whose
			}
			if primary {
				primaries[in.Source] = out
			}
		}
	}
	return results
}

// fillSources gives files whose name does not tell their list the one that
// all the others have.
func fillSources(set []Input) {
	var known []string
	for _, in := range set {
		if in.Source != "" && !slices.Contains(known, in.Source) {
			known = append(known, in.Source)
		}
	}
	for i := range set {
		if set[i].Source == "" && len(known) == 1 {
			set[i].Source = known[0]
		}
	}
}

func readOne(ctx context.Context, in Input, limits Limits) (*Output, error) {
	if in.Source == "" {
		return nil, problem.New(problem.Invalid, "cannot tell whether this %s part is of the SDN or the non-SDN list; say --source %s or --source %s",
			in.Part, SourceSDN, SourceNonSDN)
	}
	out, err := Read(ctx, in, limits)
	if err != nil {
		return nil, err
	}
	return out, out.checkStrangers(in)
}

// checkStrangers compares a part with the primary part of its edition.
// Comments are exempt: [Read] passes over those on entries that are not there.
func (o *Output) checkStrangers(in Input) error {
	primary := in.Primary
	if primary == nil || in.Part == Comments {
		return nil
	}
	var strangers []uint64
	for entry := range o.Entries {
		if _, known := primary.Entries[entry]; !known {
			strangers = append(strangers, entry)
		}
	}
	if len(strangers) == 0 {
		return nil
	}
	first := slices.MinFunc(strangers, func(a, b uint64) int { return o.Entries[a] - o.Entries[b] })
	if len(strangers)*100 > len(o.Entries)*maxStrangers {
		return problem.New(problem.Invalid, "line %d: entry %d is not in the primary part beside it (%d of %d such entries); these are parts of different editions or lists",
			o.Entries[first], first, len(strangers), len(o.Entries))
	}
	o.Reading.Warnings = append(o.Reading.Warnings, fmt.Sprintf("line %d: entry %d is not in the primary part beside it (%d such entries)", o.Entries[first], first, len(strangers)))
	return nil
}

// sourceByContent tells a primary part's list from its programme codes.
func sourceByContent(b []byte, limits Limits) string {
	s := newScanner(b, limits)
	var v votes
	for {
		rec, err := s.next()
		if err != nil {
			source, _ := v.source()
			return source
		}
		if len(rec.fields) == columns[Primary] {
			v.count(tagsOf(null(rec.fields[3])), rec.line)
		}
	}
}
