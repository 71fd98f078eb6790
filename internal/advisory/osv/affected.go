package osv

import (
	"encoding/json"
	"strings"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/advisory/vex/jsondoc"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/software/ecosystem"
)

// affected reads one affected package. The error names the place.
func (p *parser) affected(raw json.RawMessage, place string) (advisory.Affected, error) {
	var in affected
	if err := jsondoc.Decode(raw, place, &in); err != nil {
		return advisory.Affected{}, err
	}
	pkg := in.Package
	for _, s := range []string{pkg.Ecosystem, pkg.Name, pkg.PURL} {
		if !isLine(s) {
			return advisory.Affected{}, problem.New(problem.Invalid, "%s.package: want one line of at most %d bytes, got %q", place, maxName, advisory.Clip(s))
		}
	}
	out := advisory.Affected{Name: pkg.Name, PURL: pkg.PURL}
	if pkg.Ecosystem != "" {
		named := ecosystem.FromName(pkg.Ecosystem, pkg.Name)
		out.Ecosystem, out.Name = named.Ecosystem, named.Name
	}
	events := 0
	for _, r := range in.Ranges {
		events += len(r.Events)
	}
	if events > maxEvents || len(in.Versions) > maxVersions {
		return advisory.Affected{}, problem.New(problem.TooLarge, "%s: %d events and %d versions, the limits are %d and %d", place, events, len(in.Versions), maxEvents, maxVersions)
	}
	for i, r := range in.Ranges {
		read, err := rangeOf(r, jsondoc.Place(place, jsondoc.At("ranges", i)))
		if err != nil {
			return advisory.Affected{}, err
		}
		out.Ranges = append(out.Ranges, read)
		if out.Name == "" && out.Ecosystem == "" {
			out.Name = read.Repo
		}
	}
	if out.Name == "" {
		return advisory.Affected{}, problem.New(problem.Invalid, "%s.package: neither a name nor a repository", place)
	}
	for _, v := range in.Versions {
		if isLine(v) && v != "" {
			out.Versions = append(out.Versions, v)
		}
	}
	if n := len(in.Versions) - len(out.Versions); n > 0 {
		p.warn("%s.versions: %d of them are no versions; left out", place, n)
	}
	out.Severities = p.ratings(in.Severity, place+".severity", "")
	additions(&out, in.EcosystemSpecific, in.DatabaseSpecific)
	return out, nil
}

// rangeOf reads a range. An object that names several events is taken for as
// many: the schema wants one each, and some write a pair together.
func rangeOf(in versionRange, place string) (advisory.Range, error) {
	out := advisory.Range{Type: strings.ToUpper(in.Type), Repo: in.Repo}
	if !isLine(in.Repo) || !isLine(in.Type) {
		return out, problem.New(problem.Invalid, "%s: want type and repository in a line of at most %d bytes each", place, maxName)
	}
	for i, e := range in.Events {
		known := false
		for _, one := range []advisory.Event{{Introduced: e.Introduced}, {Fixed: e.Fixed}, {LastAffected: e.LastAffected}, {Limit: e.Limit}} {
			if one == (advisory.Event{}) {
				continue
			}
			if at := one.Introduced + one.Fixed + one.LastAffected + one.Limit; !isLine(at) {
				return out, problem.New(problem.Invalid, "%s.events[%d]: want a version of at most %d bytes, got %q", place, i, maxName, advisory.Clip(at))
			}
			known = true
			out.Events = append(out.Events, one)
		}
		if !known {
			// Kept, so that the range is known to say something that cannot be read.
			out.Events = append(out.Events, advisory.Event{})
		}
	}
	return out, nil
}

// additions takes from what sources add, each in its own way, what is of use.
func additions(out *advisory.Affected, parts ...json.RawMessage) {
	family, _, _ := strings.Cut(out.Ecosystem, ":")
	for _, raw := range parts {
		var in ofAffected
		// It has whatever shape its source likes: what can be read is used.
		_ = json.Unmarshal(raw, &in)
		for _, word := range []any{in.Urgency, in.Severity} {
			if s, ok := wordOf(word, family); ok {
				out.Severities = append(out.Severities, s)
			}
		}
		for _, imported := range in.Imports {
			for _, symbol := range imported.Symbols {
				if len(out.Symbols) < maxSymbols && isLine(imported.Path) && isLine(symbol) {
					out.Symbols = append(out.Symbols, imported.Path+"."+symbol)
				}
			}
		}
		if why, _ := in.Informational.(string); why != "" && !hasFix(out) {
			out.Unfixed = advisory.Text(why, advisory.MaxID)
		}
		if last, _ := in.LastKnown.(string); last != "" && !hasFix(out) {
			out.Unfixed = "none is known; its source knows " + advisory.Text(last, advisory.MaxID) + " to be affected"
		}
		if fixes := customFixes(in.CustomRanges); fixes != "" && !hasFix(out) {
			out.Unfixed = "its source gives the fix only in versions of its own: " + fixes
		}
	}
}

func hasFix(a *advisory.Affected) bool {
	for _, r := range a.Ranges {
		for _, e := range r.Events {
			if e.Fixed != "" && r.Type != "GIT" {
				return true
			}
		}
	}
	return false
}

// customFixes is the fixed versions that the Go project tells beside ranges for
// modules whose tags are no versions by its rules.
func customFixes(ranges []versionRange) string {
	var out []string
	for _, r := range ranges {
		for _, e := range r.Events {
			if e.Fixed != "" && len(out) < 10 && isLine(e.Fixed) {
				out = append(out, e.Fixed)
			}
		}
	}
	return strings.Join(out, ", ")
}
