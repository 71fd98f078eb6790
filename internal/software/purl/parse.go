package purl

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"countersign.dev/internal/problem"
)

// Parse reads a purl as the standard has it (ECMA-427, section "How to
// parse"). The error is [problem.Invalid] and says what is wrong.
func Parse(s string) (PURL, error) {
	p, err := parse(s)
	if err != nil {
		return PURL{}, err
	}
	if err := p.settle(); err != nil {
		return PURL{}, invalid(s, "%v", err)
	}
	return p, nil
}

// invalid is an error about purl s, of which it shows the beginning.
func invalid(s, format string, args ...any) error {
	if len(s) > 200 {
		s = strings.ToValidUTF8(s[:200], "") + "…"
	}
	return problem.New(problem.Invalid, "purl %q: %w", s, fmt.Errorf(format, args...))
}

// parse takes a purl apart. What its type makes of the parts is left to
// settle.
func parse(s string) (PURL, error) {
	if len(s) > MaxLength {
		return PURL{}, invalid(s, "%d bytes, at most %d are read", len(s), MaxLength)
	}
	if len(s) < 4 || !strings.EqualFold(s[:4], "pkg:") {
		return PURL{}, invalid(s, `does not begin with "pkg:"`)
	}
	rest, fragment, _ := strings.Cut(strings.TrimLeft(s[4:], "/"), "#")
	rest, query, _ := strings.Cut(rest, "?")
	typ, rest, ok := strings.Cut(rest, "/")
	if !ok {
		return PURL{}, invalid(s, "type or name is missing: a slash stands between them")
	}
	p := PURL{Type: strings.ToLower(typ)}
	steps := []struct {
		part string
		err  error
	}{
		{"", p.takeName(rest)},
		{"qualifier ", p.takeQualifiers(query)},
		{"subpath ", p.takeSubpath(fragment)},
	}
	for _, step := range steps {
		if step.err != nil {
			return PURL{}, invalid(s, "%s%w", step.part, step.err)
		}
	}
	return p, nil
}

// takeName reads namespace, name and version. The version follows the last
// commercial at; one that begins the rest, or a segment of it, is a scope's, as
// in npm/@angular/core.
func (p *PURL) takeName(rest string) (err error) {
	rest = strings.Trim(rest, "/")
	if at := strings.LastIndexByte(rest, '@'); at > 0 && rest[at-1] != '/' || at == 0 && !strings.Contains(rest, "/") {
		if p.Version, err = unescape(rest[at+1:]); err != nil {
			return fmt.Errorf("version %w", err)
		}
		rest = rest[:at]
	} else if at > 0 {
		return errors.New("name is missing: nothing stands between a slash and the version")
	}
	slash := strings.LastIndexByte(rest, '/')
	if p.Name, err = unescape(rest[slash+1:]); err != nil {
		return fmt.Errorf("name %w", err)
	}
	if p.Name == "" {
		return errors.New("name is missing")
	}
	if slash > 0 {
		namespace, err := unescape(rest[:slash])
		if err != nil {
			return fmt.Errorf("namespace %w", err)
		}
		p.Namespace = path(namespace)
	}
	return nil
}

// takeQualifiers reads the pairs of a query.
func (p *PURL) takeQualifiers(query string) error {
	if query == "" {
		return nil
	}
	p.Qualifiers = make([]Qualifier, 0, 1+strings.Count(query, "&"))
	for pair := range strings.SplitSeq(query, "&") {
		key, value, _ := strings.Cut(pair, "=")
		if value == "" && key == "" {
			continue
		}
		value, err := unescape(value)
		if err != nil {
			return fmt.Errorf("%q: %w", key, err)
		}
		p.Qualifiers = append(p.Qualifiers, Qualifier{Key: strings.ToLower(key), Value: value})
	}
	return nil
}

func (p *PURL) takeSubpath(fragment string) error {
	decoded, err := unescape(fragment)
	p.Subpath = subpath(decoded)
	return err
}

// settle checks the parts and gives them the form that the type asks for.
// Qualifiers come to stand in order, without those that say nothing.
func (p *PURL) settle() error {
	if !wellFormed(p.Type, "+.-") {
		return fmt.Errorf("type %q: letters, digits, plus, dot and dash, no digit first", p.Type)
	}
	if p.Name == "" {
		return errors.New("name is missing")
	}
	for _, q := range p.Qualifiers {
		if !wellFormed(q.Key, "_.-") {
			return fmt.Errorf("qualifier %q: letters, digits, dot, dash and underscore, no digit first", q.Key)
		}
	}
	p.Qualifiers = slices.DeleteFunc(p.Qualifiers, func(q Qualifier) bool { return q.Value == "" })
	slices.SortStableFunc(p.Qualifiers, func(a, b Qualifier) int { return strings.Compare(a.Key, b.Key) })
	for i := 1; i < len(p.Qualifiers); i++ {
		if p.Qualifiers[i].Key == p.Qualifiers[i-1].Key {
			return fmt.Errorf("qualifier %q is given twice", p.Qualifiers[i].Key)
		}
	}
	if len(p.Qualifiers) == 0 {
		p.Qualifiers = nil
	}
	p.fold()
	return p.check()
}

// wellFormed reports whether s is a type or a key: letters, digits and the
// punctuation given, no digit first.
func wellFormed(s, punctuation string) bool {
	if s == "" || '0' <= s[0] && s[0] <= '9' {
		return false
	}
	for i := 0; i < len(s); i++ {
		if !alnum(s[i]) && strings.IndexByte(punctuation, s[i]) < 0 {
			return false
		}
	}
	return true
}
