package advisory

import (
	"slices"

	"countersign.dev/internal/software/version"
)

// The types of ranges, as the OSV schema writes them.
const (
	rangeSemver = "SEMVER"
	rangeGit    = "GIT"
)

// Judge says whether a version is concerned, by the evaluation algorithm of the
// OSV schema: it is when it is listed, or lies in an interval of any range.
//
// The answer is [Unknown] when the version cannot be read, or lies nowhere while
// some of what is affected cannot be read, or is told by commits alone. For
// many versions see [Affected.Prepare].
func (a *Affected) Judge(v string) Judgement {
	return a.Prepare().Judge(version.Version{}, v)
}

// Prepared is an [Affected] made ready for many versions: its ranges are
// disjoint intervals in order, so that a judgement costs a binary search. It is
// not changed by being used.
type Prepared struct {
	order order
	spans []span
	// listed is the versions listed one by one that lie in no interval, in
	// order; verbatim those of them that cannot be read.
	listed   []version.Version
	verbatim map[string]bool
	doubt    string // why a version that lies nowhere may be affected all the same
	// fixes is the versions that end an interval and are not listed themselves,
	// in order, and fixed the same as written.
	fixes []version.Version
	fixed []string
}

// Prepare reads the versions of a.
func (a *Affected) Prepare() *Prepared {
	p := &Prepared{order: orderOf(a)}
	readable := 0
	for i := range a.Ranges {
		r := &a.Ranges[i]
		if r.Type == rangeGit {
			continue
		}
		spans, err := p.order.spans(r.Events)
		if err != nil {
			p.doubt = "a range of the advisory cannot be read: " + err.Error()
			continue
		}
		readable++
		p.spans = append(p.spans, spans...)
	}
	p.spans = union(p.spans)
	for _, s := range a.Versions {
		v, err := p.order.read(s)
		switch {
		case err != nil:
			if p.verbatim == nil {
				p.verbatim = map[string]bool{}
			}
			p.verbatim[s] = true
		case !p.within(v):
			p.listed = append(p.listed, v)
		}
	}
	slices.SortFunc(p.listed, version.Version.Compare)
	p.listed = slices.CompactFunc(p.listed, func(v, w version.Version) bool { return v.Compare(w) == 0 })
	if p.doubt == "" && readable == 0 {
		p.doubt = a.undecided()
	}
	for i := range p.spans {
		if s := &p.spans[i]; s.end == endFixed && !p.lists(s.hi) {
			p.fixes, p.fixed = append(p.fixes, s.hi), append(p.fixed, s.fixed)
		}
	}
	return p
}

// undecided is why versions that are not listed may be affected, for an advisory
// without ranges of versions.
func (a *Affected) undecided() string {
	switch {
	case len(a.Ranges) > 0:
		return "the advisory tells commits, not versions"
	case len(a.Versions) == 0:
		return "the advisory names no versions"
	}
	return ""
}

// Judge says whether a version is concerned. raw is the version as written; v is
// the same read by the rules of the package's ecosystem, or the zero Version
// when the caller could not read it, or did not try.
func (p *Prepared) Judge(v version.Version, raw string) Judgement {
	if v == (version.Version{}) || p.order == bySemver || p.order == byProduct {
		if p.verbatim[raw] {
			return Judgement{State: IsAffected}
		}
		var err error
		if v, err = p.order.read(raw); err != nil {
			return Judgement{State: Unknown, Why: p.unread(err)}
		}
	}
	if p.within(v) || p.lists(v) || p.verbatim[raw] {
		return Judgement{State: IsAffected, Fixed: p.fixedAfter(v)}
	}
	if p.doubt != "" {
		return Judgement{State: Unknown, Why: p.doubt}
	}
	return Judgement{State: NotAffected}
}

// unread says why nothing is known of a version that cannot be read. Of an
// advisory about every version it says so: it may be about none that is meant.
func (p *Prepared) unread(err error) string {
	if len(p.spans) == 1 && p.spans[0].start && p.spans[0].end == endNever {
		return err.Error() + "; the advisory is about every version"
	}
	return err.Error()
}

// within reports whether v lies in an interval.
func (p *Prepared) within(v version.Version) bool {
	i, _ := slices.BinarySearchFunc(p.spans, v, func(s span, v version.Version) int {
		if s.beginsBy(v) {
			return -1
		}
		return 1
	})
	return i > 0 && !p.spans[i-1].endsBefore(v)
}

func (p *Prepared) lists(v version.Version) bool {
	_, found := slices.BinarySearchFunc(p.listed, v, version.Version.Compare)
	return found
}

// fixedAfter is the fixed versions after v, nearest first. It is a part of what
// was prepared: not to be changed.
func (p *Prepared) fixedAfter(v version.Version) []string {
	i, found := slices.BinarySearchFunc(p.fixes, v, version.Version.Compare)
	if found {
		i++
	}
	if i == len(p.fixed) {
		return nil
	}
	return p.fixed[i:len(p.fixed):len(p.fixed)]
}
