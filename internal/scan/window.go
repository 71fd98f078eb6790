package scan

import (
	"fmt"
	"slices"
	"time"

	"countersign.dev/internal/logs"
	"countersign.dev/internal/sharing/observable"
	"countersign.dev/internal/sharing/pattern"
)

// window is a pattern that one value does not decide: it is matched against what
// the lines with one of its values say, for each host by itself.
type window struct {
	matcher   *pattern.Matcher
	indicator int32
}

// The limits of what is remembered of a host for one pattern.
const (
	maxRemembered = 256
	remembered    = 24 * time.Hour
)

// addWindow adds a pattern of which every way to match has a value to look for.
func (x *Index) addWindow(p *pattern.Pattern, atoms []pattern.Atom, indicator int32) {
	m, err := pattern.Compile(p)
	if err != nil {
		x.Skipped++
		return
	}
	n := int32(len(x.windows)) + 1
	linked := 0
	for _, a := range atoms {
		if a.Negated {
			continue
		}
		if a.Op == pattern.Like || a.Op == pattern.Matches {
			if observable.OfPath(a.Path) != "" && x.addForm(a, indicator, n) {
				linked++
			}
			continue
		}
		for _, v := range observable.OfAtom(a) {
			if kindNumbers[v.Kind] != 0 {
				x.link(v, indicator, n)
				linked++
			}
		}
	}
	x.windows = append(x.windows, &window{m, indicator})
	if linked == 0 {
		x.Skipped++
	}
}

// candidate is a line with a value of a window's pattern.
type candidate struct {
	window   int32
	hit      Hit
	observed *pattern.Observed
}

// memory is what was seen, by window and host.
type memory map[memoryKey][]candidate

type memoryKey struct {
	window int32
	host   string
}

// match takes a candidate in, and gives the lines by which the pattern then
// matches: none when it does not.
func (m memory) match(x *Index, c candidate) []candidate {
	key := memoryKey{c.window, c.hit.Host}
	seen := append(m[key], c)
	now := c.observed.Last
	seen = slices.DeleteFunc(seen, func(o candidate) bool { return now.Sub(o.observed.Last) > remembered })
	if len(seen) > maxRemembered {
		seen = seen[len(seen)-maxRemembered:]
	}
	m[key] = seen
	data := make([]*pattern.Observed, len(seen))
	for i := range seen {
		data[i] = seen[i].observed
	}
	ok, by, err := x.windows[c.window-1].matcher.Match(data)
	if err != nil || !ok {
		return nil // what cannot be compared is no match; the pattern was looked at when it was added
	}
	out := make([]candidate, 0, len(by))
	for _, i := range by {
		out = append(out, seen[i])
	}
	delete(m, key)
	return out
}

// observe makes of a line what patterns are matched against.
func observe(line []byte, r logs.Record) *pattern.Observed {
	o := &pattern.Observed{First: r.Time, Last: r.Time, Number: 1}
	ids := map[string]string{}
	add := func(kind, key string, properties map[string]any) string {
		if id, ok := ids[kind+key]; ok {
			return id
		}
		id := fmt.Sprintf("%d", len(o.Objects))
		ids[kind+key] = id
		properties["type"] = kind
		o.Objects = append(o.Objects, pattern.Observable{ID: id, Type: kind, Properties: properties})
		return id
	}
	value := func(v observable.Value) string {
		return add(string(v.Kind), v.Text, map[string]any{"value": v.Text})
	}
	for _, v := range valuesOf(line) {
		switch v.Kind {
		case observable.MD5, observable.SHA1, observable.SHA256, observable.SHA512:
			name := map[observable.Kind]string{observable.MD5: "MD5", observable.SHA1: "SHA-1", observable.SHA256: "SHA-256", observable.SHA512: "SHA-512"}[v.Kind]
			add("file", v.Text, map[string]any{"hashes": map[string]any{name: v.Text}})
		case observable.CVE, observable.PURL, observable.CPE, observable.AS:
		default:
			value(v)
		}
	}
	if r.Flow.From.IsValid() && r.Flow.To.IsValid() {
		traffic := map[string]any{}
		for key, a := range map[string]string{"src_ref": r.Flow.From.String(), "dst_ref": r.Flow.To.String()} {
			if v, ok := observable.ParseQuery(a); ok {
				traffic[key] = value(v)
			}
		}
		for key, n := range map[string]int{"src_port": r.Flow.FromPort, "dst_port": r.Flow.ToPort} {
			if n > 0 {
				traffic[key] = int64(n)
			}
		}
		if r.Flow.Protocol != "" {
			traffic["protocols"] = []any{r.Flow.Protocol}
		}
		add("network-traffic", "", traffic)
	}
	return o
}

// maxValues bounds the values of one line.
const maxValues = 200

// valuesOf is the values that stand in a line, by their form.
func valuesOf(line []byte) (out []observable.Value) {
	add := func(t []byte) {
		if v, ok := observable.ParseQuery(string(t)); ok && len(out) < maxValues && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	for t := range fields(line, outer) {
		add(t)
		for p := range fields(t, part) {
			if len(p) < len(t) {
				add(p)
			}
		}
	}
	return out
}
