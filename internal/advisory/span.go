package advisory

import (
	"slices"

	"countersign.dev/internal/software/version"
)

// end is how an interval of versions ends.
type end int

const (
	endNever end = iota
	endFixed     // before hi, which is fixed
	endLimit     // before hi, where the range stops speaking
	endLast      // with hi, the last that is affected
)

// span is one interval of versions.
type span struct {
	start bool // begins before every version; lo is not set
	lo    version.Version
	hi    version.Version // not set when it ends never
	end   end
	fixed string // hi as written, for endFixed
}

func (s *span) beginsBy(v version.Version) bool { return s.start || s.lo.Compare(v) <= 0 }

// endsBefore reports whether all of s lies before v.
func (s *span) endsBefore(v version.Version) bool {
	switch s.end {
	case endNever:
		return false
	case endLast:
		return s.hi.Compare(v) < 0
	}
	return s.hi.Compare(v) <= 0
}

// point is what the events of a range say of one version.
type point struct {
	start, introduced, fixed, last bool
	at                             version.Version // not set for start
	text                           string          // as the fixed event writes it
}

// spans works out the intervals of one range, as the evaluation algorithm of
// the OSV schema does: events are looked at in the order of their versions,
// whatever order they are written in.
//
// That leaves an end over where its writer fixed a version before it was
// introduced, and the beginning then has none: every later version would be
// affected. Such a pair is a slip, and is no interval at all.
func (o order) spans(events []Event) ([]span, error) {
	written, limit, err := o.points(events)
	if err != nil {
		return nil, err
	}
	out, loose := intervals(inOrder(written))
	if loose {
		out, _ = intervals(inOrder(withoutSlips(written)))
	}
	return limited(out, limit), nil
}

// intervals goes through points in order. loose is whether an end among them
// closes nothing.
func intervals(points []point) (out []span, loose bool) {
	open := false
	for _, p := range points {
		closes := open && p.fixed
		if closes {
			s := &out[len(out)-1]
			s.end, s.hi, s.fixed = endFixed, p.at, p.text
			open = false
		}
		empty := p.introduced && p.fixed && !closes
		if p.introduced && !open && !empty {
			out = append(out, span{start: p.start, lo: p.at})
			open = true
		}
		loose = loose || p.fixed && !closes && !empty || p.last && !open
		if p.last && open {
			s := &out[len(out)-1]
			s.end, s.hi = endLast, p.at
			open = false
		}
	}
	return out, loose
}

// withoutSlips is points as written without the beginnings that are followed by
// an end before them, and without these ends.
func withoutSlips(written []point) []point {
	var out []point
	for i := 0; i < len(written); i++ {
		p := written[i]
		if p.introduced && !p.start && i+1 < len(written) {
			if next := written[i+1]; !next.introduced && next.at.Compare(p.at) < 0 {
				i++
				continue
			}
		}
		out = append(out, p)
	}
	return out
}

// points is what events say, as written, and the highest limit among them; nil
// when the range has no limit.
func (o order) points(events []Event) ([]point, *version.Version, error) {
	points := make([]point, 0, len(events))
	var limit *version.Version
	endless := false
	for _, e := range events {
		p := point{introduced: e.Introduced != "", fixed: e.Fixed != "", last: e.LastAffected != ""}
		if e.Introduced == "0" {
			p.start = true
			points = append(points, p)
			continue
		}
		if e.Limit == "*" {
			endless = true
			continue
		}
		read := o.bound
		switch {
		case p.introduced:
			read = o.beginning
		case p.last:
			read = o.read // a pattern is no last version
		}
		var err error
		p.text = e.Introduced + e.Fixed + e.LastAffected + e.Limit
		if p.at, err = read(p.text); err != nil {
			return nil, nil, err
		}
		if e.Limit == "" {
			points = append(points, p)
		} else if limit == nil || limit.Compare(p.at) < 0 {
			limit = &p.at
		}
	}
	if endless {
		limit = nil
	}
	return points, limit, nil
}

// inOrder is the versions that points name, in order and each once.
func inOrder(written []point) []point {
	points := slices.Clone(written)
	slices.SortStableFunc(points, func(p, q point) int {
		switch {
		case p.start && q.start:
			return 0
		case p.start:
			return -1
		case q.start:
			return 1
		}
		return p.at.Compare(q.at)
	})
	return melt(points)
}

// melt makes one point of those that are of one version.
func melt(points []point) []point {
	out := points[:0]
	for _, p := range points {
		if n := len(out); n > 0 && p.start == out[n-1].start && (p.start || p.at.Compare(out[n-1].at) == 0) {
			last := &out[n-1]
			if p.fixed && !last.fixed {
				last.text = p.text
			}
			last.introduced, last.fixed, last.last = last.introduced || p.introduced, last.fixed || p.fixed, last.last || p.last
			continue
		}
		out = append(out, p)
	}
	return out
}

// limited is what of spans in order lies before a limit.
func limited(spans []span, limit *version.Version) []span {
	if limit == nil {
		return spans
	}
	out := spans[:0]
	for _, s := range spans {
		if !s.start && s.lo.Compare(*limit) >= 0 {
			break
		}
		if !s.endsBefore(*limit) {
			s.end, s.hi, s.fixed = endLimit, *limit, ""
		}
		out = append(out, s)
	}
	return out
}

// union is the intervals that cover what any of spans covers, in order and
// without overlap.
func union(spans []span) []span {
	slices.SortStableFunc(spans, func(a, b span) int {
		switch {
		case a.start && b.start:
			return 0
		case a.start:
			return -1
		case b.start:
			return 1
		}
		return a.lo.Compare(b.lo)
	})
	out := spans[:0]
	for _, s := range spans {
		if n := len(out); n > 0 && out[n-1].reaches(&s) {
			if s.outlasts(&out[n-1]) {
				last := &out[n-1]
				last.end, last.hi, last.fixed = s.end, s.hi, s.fixed
			}
			continue
		}
		out = append(out, s)
	}
	return out
}

// reaches reports whether s, which begins no later, goes on to where t begins.
func (s *span) reaches(t *span) bool {
	return s.end == endNever || t.start || s.hi.Compare(t.lo) >= 0
}

// outlasts reports whether s ends later than t; where both end before the same
// version, whether s alone calls it fixed.
func (s *span) outlasts(t *span) bool {
	if s.end == endNever || t.end == endNever {
		return s.end == endNever && t.end != endNever
	}
	if c := s.hi.Compare(t.hi); c != 0 {
		return c > 0
	}
	return s.end == endLast && t.end != endLast || s.end == endFixed && t.end == endLimit
}
