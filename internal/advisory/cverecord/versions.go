package cverecord

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"

	"countersign.dev/internal/advisory"
)

const (
	affected   = "affected"
	unaffected = "unaffected"
)

// versions is which versions of a product are affected, as ranges and one by
// one.
func (r *reader) versions(in *product, place string) (ranges []advisory.Range, versions []string) {
	rest := advisory.Range{Type: ecosystemType, Events: []advisory.Event{{Introduced: "0"}}}
	for i := range in.Versions {
		e := &in.Versions[i]
		if !e.isSound() {
			r.warn("%s.versions[%d]: want versions in a line of at most %d bytes; left out", place, i, maxName)
			continue
		}
		switch {
		case strings.EqualFold(e.Type, "git"):
			if e.Status == affected {
				ranges = append(ranges, e.commits(in.Repo))
			}
		case in.Default == affected:
			if e.Status == unaffected {
				rest.Events = append(rest.Events, e.exception()...)
			}
		case e.isRange():
			if read := e.span(); len(read.Events) > 0 {
				ranges = append(ranges, read)
			}
		case e.Status == affected && !saysNothing(e.Version):
			read, listed := e.single()
			ranges = append(ranges, read...)
			if listed {
				versions = append(versions, e.Version)
			}
		}
	}
	if in.Default == affected {
		ranges = append(ranges, rest)
	}
	return ranges, versions
}

// The types of ranges, as the OSV schema writes them.
const (
	ecosystemType = "ECOSYSTEM"
	semverType    = "SEMVER"
	gitType       = "GIT"
)

func (e *entry) rangeType() string {
	if strings.EqualFold(e.Type, "semver") {
		return semverType
	}
	return ecosystemType
}

func (e *entry) isRange() bool { return e.LessThan != "" || e.LessThanOrEqual != "" }

func (e *entry) isSound() bool {
	sound := isLine(e.Version) && isLine(e.Type) && isLine(e.LessThan) && isLine(e.LessThanOrEqual)
	for _, c := range e.Changes {
		sound = sound && isLine(c.At) && c.At != ""
	}
	return sound
}

// saysNothing reports whether a version stands for none in particular.
func saysNothing(version string) bool {
	switch strings.ToLower(strings.TrimSpace(version)) {
	case "", "n/a", "na", "unspecified", "unknown", "not specified", "none", "-":
		return true
	}
	return false
}

// start is where a range begins.
func (e *entry) start() string {
	if v := strings.TrimSpace(e.Version); !saysNothing(v) && v != "*" {
		return v
	}
	return "0"
}

// span is the affected part of a range: from its beginning, as far as changes of
// status within it do not say otherwise.
func (e *entry) span() advisory.Range {
	out := advisory.Range{Type: e.rangeType()}
	status := e.Status
	if status == affected {
		out.Events = append(out.Events, advisory.Event{Introduced: e.start()})
	}
	for _, c := range e.Changes {
		switch {
		case c.Status == affected && status != affected:
			out.Events = append(out.Events, advisory.Event{Introduced: c.At})
		case c.Status != affected && status == affected:
			out.Events = append(out.Events, advisory.Event{Fixed: c.At})
		}
		status = c.Status
	}
	if len(out.Events) == 0 {
		return out
	}
	switch after, wild := afterBranch(cmp.Or(e.LessThan, e.LessThanOrEqual)); {
	case wild && after != "":
		out.Events = append(out.Events, advisory.Event{Limit: after})
	case wild:
	case status != affected:
		// The last change ended it.
	case e.LessThan != "":
		out.Events = append(out.Events, advisory.Event{Fixed: e.LessThan})
	default:
		out.Events = append(out.Events, advisory.Event{LastAffected: e.LessThanOrEqual})
	}
	return out
}

// exception takes an unaffected range out of a product of which all else is
// affected. Where it ends with a version and not before one, no event says
// "after it": the empty event makes the whole range unreadable, and what it
// does not tell, unknown.
func (e *entry) exception() []advisory.Event {
	out := []advisory.Event{{Fixed: e.start()}}
	status := unaffected
	for _, c := range e.Changes {
		switch {
		case c.Status != unaffected && status == unaffected:
			out = append(out, advisory.Event{Introduced: c.At})
		case c.Status == unaffected && status != unaffected:
			out = append(out, advisory.Event{Fixed: c.At})
		}
		status = c.Status
	}
	switch after, wild := afterBranch(cmp.Or(e.LessThan, e.LessThanOrEqual)); {
	case status != unaffected || wild && after == "":
	case wild:
		out = append(out, advisory.Event{Introduced: after})
	case e.LessThan != "":
		out = append(out, advisory.Event{Introduced: e.LessThan})
	default:
		out = append(out, advisory.Event{})
	}
	return out
}

// afterBranch is where a branch of versions ends that is written with a star:
// "6.1.*" ends before "6.2", and "*" never, for which it gives "". It is false
// for a version without a star.
func afterBranch(version string) (after string, wild bool) {
	branch, wild := strings.CutSuffix(strings.TrimSpace(version), "*")
	if !wild {
		return "", false
	}
	parts := strings.Split(strings.TrimSuffix(branch, "."), ".")
	last, err := strconv.ParseUint(parts[len(parts)-1], 10, 32)
	if err != nil {
		return "", true
	}
	parts[len(parts)-1] = strconv.FormatUint(last+1, 10)
	return strings.Join(parts, "."), true
}

// commits is a range of commits.
func (e *entry) commits(repo string) advisory.Range {
	out := advisory.Range{Type: gitType, Repo: repo, Events: []advisory.Event{{Introduced: e.start()}}}
	switch {
	case e.LessThan != "":
		out.Events = append(out.Events, advisory.Event{Fixed: e.LessThan})
	case e.LessThanOrEqual != "":
		out.Events = append(out.Events, advisory.Event{LastAffected: e.LessThanOrEqual})
	}
	return out
}

// versionForm is a version in one word.
var versionForm = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z.+_~:-]*$`)

// single reads an entry that is no range by the format: one version, all of
// them, or a range in words. GitHub writes ">= 1.0, < 1.2.3". What cannot be
// read is listed as it is and stands as a range that cannot be read as well, so
// that no version counts as not affected for it.
func (e *entry) single() (ranges []advisory.Range, listed bool) {
	version := strings.TrimSpace(e.Version)
	switch {
	case version == "*" || strings.EqualFold(version, "all") || strings.EqualFold(version, "all versions"):
		return []advisory.Range{{Type: e.rangeType(), Events: []advisory.Event{{Introduced: "0"}}}}, false
	case strings.ContainsAny(version, "<>="):
		if events, ok := comparisons(version); ok {
			return []advisory.Range{{Type: e.rangeType(), Events: events}}, false
		}
	case versionForm.MatchString(version) || advisory.IsProductVersion(version):
		return nil, true
	}
	return []advisory.Range{{Type: e.rangeType(), Events: []advisory.Event{{Introduced: version}}}}, true
}

// comparisons reads ">= 1.0, < 1.2.3". What is above a version is taken from it
// on: no event says "after it".
func comparisons(text string) ([]advisory.Event, bool) {
	lower, upper := advisory.Event{Introduced: "0"}, advisory.Event{}
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		version := strings.TrimSpace(strings.TrimLeft(part, "<>="))
		operator := strings.TrimSpace(part[:len(part)-len(version)])
		if !versionForm.MatchString(version) {
			return nil, false
		}
		switch operator {
		case "<":
			upper = advisory.Event{Fixed: version}
		case "<=":
			upper = advisory.Event{LastAffected: version}
		case ">", ">=":
			lower = advisory.Event{Introduced: version}
		case "=", "==":
			lower, upper = advisory.Event{Introduced: version}, advisory.Event{LastAffected: version}
		default:
			return nil, false
		}
	}
	if upper == (advisory.Event{}) {
		return []advisory.Event{lower}, true
	}
	return []advisory.Event{lower, upper}, true
}

// applies reads which CPEs a record applies to. Of a match that is negated, or
// names what the vulnerable product runs on, nothing is stated.
func (r *reader) applies(in *applicability) {
	for _, node := range in.Nodes {
		for _, m := range node.Matches {
			c, ok := advisory.ParseCPE(m.CPE)
			if !ok || node.Negate || !m.Vulnerable || !isLine(m.CPE+m.StartIncluding+m.StartExcluding+m.EndIncluding+m.EndExcluding) {
				continue
			}
			a := advisory.Affected{Name: c.Product, Maker: c.Vendor, CPE: bareCPE(c)}
			events := []advisory.Event{{Introduced: cmp.Or(m.StartIncluding, m.StartExcluding, "0")}}
			switch {
			case m.EndExcluding != "":
				events = append(events, advisory.Event{Fixed: m.EndExcluding})
			case m.EndIncluding != "":
				events = append(events, advisory.Event{LastAffected: m.EndIncluding})
			case c.Version != "" && m.StartIncluding == "" && m.StartExcluding == "":
				events = nil
				a.Versions = []string{c.Version}
			}
			if events != nil {
				a.Ranges = []advisory.Range{{Type: ecosystemType, Events: events}}
			}
			r.add(a)
		}
	}
}
