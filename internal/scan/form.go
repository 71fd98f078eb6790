package scan

import (
	"bytes"
	"encoding/binary"
	"strings"

	"countersign.dev/internal/sharing/observable"
	"countersign.dev/internal/sharing/pattern"
)

// form is a comparison by LIKE or MATCHES.
type form struct {
	kind    observable.Kind
	holds   func(any) (bool, error)
	literal []byte // letters that what fulfils it must have; nil when there are none to look for
	link    int32
}

// gram is how many letters are looked for at first.
const gram = 4

// addForm adds a comparison by LIKE or MATCHES.
func (x *Index) addForm(a pattern.Atom, indicator, window int32) bool {
	kind := observable.OfPath(a.Path)
	holds, err := a.Holds()
	text, ok := a.Value.Value.(string)
	if err != nil || !ok || kind == "" || a.Negated {
		x.Skipped++
		return false
	}
	x.next = append(x.next, link{indicator: indicator, window: window})
	f := &form{kind: kind, holds: holds, link: int32(len(x.next))}
	if a.Op == pattern.Like {
		f.literal = longest(strings.FieldsFunc(text, func(r rune) bool { return r == '%' || r == '_' }))
	} else {
		f.literal = literalOf(text)
	}
	if len(x.grams) == 0 {
		x.grams = make([]uint64, 1<<10)
	}
	if len(f.literal) < gram {
		f.literal = nil
	} else {
		h := gramOf(f.literal)
		x.grams[h>>6] |= 1 << (h & 63)
	}
	x.forms = append(x.forms, f)
	return true
}

func longest(parts []string) []byte {
	best := ""
	for _, p := range parts {
		if len(p) > len(best) {
			best = p
		}
	}
	return []byte(best)
}

// literalOf is the longest run of letters and digits that a text must have to
// match a regular expression; nothing where that is not plain to see.
func literalOf(re string) []byte {
	if strings.ContainsAny(re, "|[(?*{") {
		re = withoutOptional(re)
	}
	var parts []string
	part := ""
	flush := func() { parts, part = append(parts, part), "" }
	for i := 0; i < len(re); i++ {
		c := re[i]
		switch {
		case c == '\\' && i+1 < len(re) && !isAlnum(re[i+1]):
			i++
			part += string(re[i])
		case c == '\\':
			i++
			flush()
		case isAlnum(c) || c == '-' || c == '/' || c == ' ' || c == ':' || c == '_' || c == '=':
			part += string(c)
		default:
			if c == '*' || c == '?' || c == '+' {
				part = part[:max(0, len(part)-1)]
			}
			flush()
		}
	}
	flush()
	return longest(parts)
}

// withoutOptional leaves of a regular expression what stands before anything that
// may be left out or chosen: nothing where there are alternatives at the top.
func withoutOptional(re string) string {
	if strings.Contains(re, "|") || strings.Contains(re, "(?") {
		return ""
	}
	end := strings.IndexAny(re, "[({")
	if end < 0 {
		end = len(re)
	}
	return re[:end]
}

func isAlnum(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' }

func gramOf(b []byte) uint32 {
	return binary.LittleEndian.Uint32(b) * 2654435761 >> 16
}

// forms tries what is looked for by LIKE and MATCHES on a line.
func (f *finder) forms(line []byte) {
	near := false
	for i := 0; i+gram <= len(line); i++ {
		h := gramOf(line[i:])
		if f.x.grams[h>>6]>>(h&63)&1 == 1 {
			near = true
			break
		}
	}
	for _, form := range f.x.forms {
		if form.literal != nil && (!near || !bytes.Contains(line, form.literal)) {
			continue
		}
		f.form(form, line)
	}
}

// form tries one on the values of its kind.
func (f *finder) form(form *form, line []byte) {
	for t := range bytes.FieldsFuncSeq(line, func(r rune) bool { return r < 256 && class[r] == outer }) {
		if ok, err := f.fits(form, t); ok && err == nil {
			f.out = append(f.out, found{t, form.kind, form.link})
			continue
		}
		for p := range bytes.FieldsFuncSeq(t, func(r rune) bool { return r < 256 && class[r] == part }) {
			if len(p) == len(t) {
				break
			}
			if ok, err := f.fits(form, p); ok && err == nil {
				f.out = append(f.out, found{p, form.kind, form.link})
			}
		}
	}
}

// fits reports whether a token is of the form's kind and fulfils it.
func (f *finder) fits(form *form, t []byte) (bool, error) {
	switch form.kind {
	case observable.Domain:
		if bytes.IndexByte(t, '.') <= 0 || bytes.ContainsAny(t, "/:@=") {
			return false, nil
		}
	case observable.URL:
		if !bytes.Contains(t, []byte("://")) {
			return false, nil
		}
	case observable.Email:
		if bytes.IndexByte(t, '@') <= 0 {
			return false, nil
		}
	}
	return form.holds(string(t))
}
