// Package vers reads ranges of versions as VEX documents and security
// advisories write them: in the vers notation that goes with
// package URLs ("vers:npm/>=1.2|<2.0", VERS specification), and in the looser
// forms that CSAF advisories of vendors have ("<= 1.12", "All versions < V4.1").
//
// Begin with [Parse]. Whether a version lies in a range is asked of package
// advisory, which knows the order of each ecosystem; [Range.Affected] hands the
// range over.
package vers

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/problem"
)

// MaxLength bounds a range, in bytes.
const MaxLength = 4 << 10

// Range is a set of versions.
type Range struct {
	Scheme      string // "npm", "generic" …; "" when not written in vers
	All         bool   // every version there is
	Constraints []Constraint
}

// Constraint is one bound, or one version alone.
type Constraint struct {
	Op      string // "=", "!=", "<", "<=", ">", ">="
	Version string
}

// Parse reads a range. The error is [problem.Invalid] and says what was
// expected; it is also given for words that do not say which versions they mean.
func Parse(s string) (Range, error) {
	if len(s) > MaxLength {
		return Range{}, problem.New(problem.Invalid, "range of %d bytes: at most %d are read", len(s), MaxLength)
	}
	text := strings.TrimSpace(s)
	if len(text) >= len("vers:") && strings.EqualFold(text[:len("vers:")], "vers:") {
		return parseVers(text[len("vers:"):])
	}
	return parseLoose(text)
}

func parseVers(s string) (Range, error) {
	scheme, list, ok := strings.Cut(s, "/")
	if !ok || scheme == "" || list == "" {
		return Range{}, problem.New(problem.Invalid, "range %q: want vers:SCHEME/CONSTRAINT|CONSTRAINT…", "vers:"+s)
	}
	r := Range{Scheme: strings.ToLower(scheme)}
	if strings.TrimSpace(list) == "*" {
		r.All = true
		return r, nil
	}
	for _, part := range strings.Split(list, "|") {
		c, more := constraint(part)
		if unquoted, err := url.PathUnescape(c.Version); err == nil {
			c.Version = unquoted
		}
		if !says(c.Version) || more != "" {
			return Range{}, problem.New(problem.Invalid, "range %q: %q is no constraint; want a version with =, !=, <, <=, > or >= before it", "vers:"+s, part)
		}
		r.Constraints = append(r.Constraints, c)
	}
	return r, r.paired(s)
}

// every is how advisories say that all versions are meant.
var every = regexp.MustCompile(`^(?i:\*|all|all versions?|any|any versions?)$`)

// wording is what advisories put before a bound and what adds nothing to it.
var wording = regexp.MustCompile(`^(?i:all\s+(?:[a-z]+\s+)?versions?|versions?|bios|firmware)\s*`)

// listed is one version, or several with bars between.
var listed = regexp.MustCompile(`^[vV]?[0-9][0-9A-Za-z.+~-]*(?:\s*\|\s*[vV]?[0-9][0-9A-Za-z.+~-]*)*$`)

// parseLoose reads what is no vers: bounds with operators, one after the other
// or with bars, commas or "and" between.
func parseLoose(s string) (Range, error) {
	if every.MatchString(s) {
		return Range{All: true}, nil
	}
	var r Range
	if listed.MatchString(s) {
		for _, v := range strings.Split(s, "|") {
			r.Constraints = append(r.Constraints, Constraint{"=", strings.TrimSpace(v)})
		}
		return r, nil
	}
	text := wording.ReplaceAllString(s, "")
	if !slices.ContainsFunc(operators, func(op string) bool { return strings.HasPrefix(text, op) }) {
		return Range{}, problem.New(problem.Invalid, "range %q: want bounds, as in >= 1.2 | < 2.0", s)
	}
	for text != "" {
		var c Constraint
		c, text = constraint(text)
		if !says(c.Version) {
			return Range{}, problem.New(problem.Invalid, "range %q: want a version after %s", s, c.Op)
		}
		r.Constraints = append(r.Constraints, c)
	}
	if len(r.Constraints) == 2 && strings.HasPrefix(r.Constraints[0].Op, "<") && strings.HasPrefix(r.Constraints[1].Op, ">") {
		// Vers would mean everything outside; whoever writes like this may
		// as well mean what lies between.
		return Range{}, problem.New(problem.Invalid, "range %q: want the lower bound first", s)
	}
	return r, r.paired(s)
}

// says reports whether a version has a letter or digit.
func says(v string) bool {
	return strings.ContainsFunc(v, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}

// operators, the longer before those they begin with.
var operators = []string{"!=", "<=", ">=", "==", "<", ">", "=", "≤", "≥"}

var spelled = map[string]string{"==": "=", "≤": "<=", "≥": ">="}

// constraint reads one constraint, and gives what follows where another
// operator begins.
func constraint(s string) (c Constraint, rest string) {
	s = strings.TrimSpace(s)
	c.Op = "="
	for _, op := range operators {
		if after, ok := strings.CutPrefix(s, op); ok {
			c.Op, s = op, after
			break
		}
	}
	if op := spelled[c.Op]; op != "" {
		c.Op = op
	}
	end := strings.IndexAny(s, "|<>=!,≤≥")
	if end < 0 {
		end = len(s)
	}
	rest = strings.TrimLeft(s[end:], "|, ")
	c.Version = strings.TrimSpace(s[:end])
	c.Version = strings.TrimSpace(strings.TrimSuffix(c.Version, " and"))
	return c, rest
}

// paired refuses ranges whose bounds do not make intervals in the order in
// which they stand: vers wants them sorted.
func (r *Range) paired(s string) error {
	open := false
	lower := 0
	for i, c := range r.Constraints {
		switch c.Op {
		case ">", ">=":
			if open {
				return problem.New(problem.Invalid, "range %q: two lower bounds without an upper one between", s)
			}
			open = true
			lower++
		case "<", "<=":
			if !open && (lower > 0 || r.upperBefore(i)) {
				return problem.New(problem.Invalid, "range %q: two upper bounds without a lower one between", s)
			}
			open = false
		}
	}
	return nil
}

func (r *Range) upperBefore(i int) bool {
	for _, c := range r.Constraints[:i] {
		if strings.HasPrefix(c.Op, "<") {
			return true
		}
	}
	return false
}

// rangeType is the kind of range whose order is that of its ecosystem.
const rangeType = "ECOSYSTEM"

// Affected puts the versions of the range into a. Versions that the range
// leaves out, and lower bounds that it does not include, cannot be said there;
// they are given in except, and count as affected unless the caller looks.
func (r *Range) Affected(a *advisory.Affected) (except []string) {
	if r.All {
		a.Ranges = append(a.Ranges, advisory.Range{Type: rangeType, Events: []advisory.Event{{Introduced: "0"}}})
		return nil
	}
	var events []advisory.Event
	finish := func() {
		if events != nil {
			a.Ranges = append(a.Ranges, advisory.Range{Type: rangeType, Events: events})
		}
		events = nil
	}
	for _, c := range r.Constraints {
		switch c.Op {
		case "=":
			a.Versions = append(a.Versions, c.Version)
		case "!=":
			except = append(except, c.Version)
		case ">", ">=":
			events = []advisory.Event{{Introduced: c.Version}}
			if c.Op == ">" {
				except = append(except, c.Version)
			}
		case "<", "<=":
			if events == nil {
				events = []advisory.Event{{Introduced: "0"}}
			}
			end := advisory.Event{Fixed: c.Version}
			if c.Op == "<=" {
				end = advisory.Event{LastAffected: c.Version}
			}
			events = append(events, end)
			finish()
		}
	}
	finish()
	if len(a.Ranges) == 0 && len(a.Versions) == 0 && len(except) > 0 {
		a.Ranges = []advisory.Range{{Type: rangeType, Events: []advisory.Event{{Introduced: "0"}}}}
	}
	return except
}

// Exact is the only version that the range has; "" when it has more.
func (r *Range) Exact() string {
	if len(r.Constraints) == 1 && r.Constraints[0].Op == "=" && !r.All {
		return r.Constraints[0].Version
	}
	return ""
}

// String is the range in vers; a scheme that is not known is "generic".
func (r *Range) String() string {
	scheme := r.Scheme
	if scheme == "" {
		scheme = "generic"
	}
	if r.All {
		return "vers:" + scheme + "/*"
	}
	parts := make([]string, len(r.Constraints))
	for i, c := range r.Constraints {
		op := c.Op
		if op == "=" {
			op = ""
		}
		parts[i] = op + escape(c.Version)
	}
	return "vers:" + scheme + "/" + strings.Join(parts, "|")
}

// escape quotes what separates in vers, and what is not visible.
func escape(v string) string {
	var b strings.Builder
	for i := 0; i < len(v); i++ {
		if c := v[i]; strings.IndexByte("|<>=!*,%/", c) >= 0 || c <= ' ' || c == 0x7f {
			const digits = "0123456789ABCDEF"
			b.WriteString("%" + string(digits[c>>4]) + string(digits[c&15]))
			continue
		}
		b.WriteByte(v[i])
	}
	return b.String()
}
