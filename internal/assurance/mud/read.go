package mud

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"time"

	"countersign.dev/internal/assurance/form"
	"countersign.dev/internal/problem"
)

// Limits bound what is read of one file. A zero field means its default.
type Limits struct {
	Bytes int // default 1 MiB
	Rules int // entries of all access lists together; default 10,000
}

func (l Limits) orDefault() Limits {
	if l.Bytes <= 0 {
		l.Bytes = 1 << 20
	}
	if l.Rules <= 0 {
		l.Rules = 10_000
	}
	return l
}

// top is the member that makes a JSON document a usage description.
const top = "ietf-mud:mud"

// Recognise tells a usage description by its outermost members.
func Recognise(_ string, head []byte) bool {
	dec := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(head, []byte("\ufeff"))))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return false
	}
	for depth := 1; depth > 0; {
		t, err := dec.Token()
		if err != nil {
			return false
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		case top:
			if depth == 1 {
				return true
			}
		}
	}
	return false
}

// Read reads a usage description. An error names the line and what was
// expected; flaws that leave the rest usable are in the file's Flaws.
func Read(ctx context.Context, _ string, b []byte, limits Limits) (*File, error) {
	limits = limits.orDefault()
	doc, err := form.JSON(b, form.Limits{Bytes: limits.Bytes, Text: 8 << 10})
	if err != nil {
		return nil, err
	}
	m := doc.Get(top)
	switch {
	case m == nil:
		return nil, problem.New(problem.Invalid, "no member %q: this is no usage description (RFC 8520, 2.1)", top)
	case m.Kind != form.Map:
		return nil, m.Wrong("want an object")
	}
	r := &reader{file: &File{}, limits: limits}
	if err := r.container(m); err != nil {
		return nil, err
	}
	if err := r.lists(ctx, doc, m); err != nil {
		return nil, err
	}
	r.extensions(doc, m)
	return r.file, nil
}

// reader makes a file of a document's values.
type reader struct {
	file   *File
	limits Limits
	rules  int
	seen   map[any]bool // hosts and peers that were told already
}

// must keeps a rule of the RFC that is broken.
func (r *reader) must(n *form.Node, section, format string, args ...any) {
	r.flaw(true, n, section, format, args...)
}

// should keeps a rule that one may break with reason.
func (r *reader) should(n *form.Node, section, format string, args ...any) {
	r.flaw(false, n, section, format, args...)
}

// maxFlaws is how many flaws are told one by one.
const maxFlaws = 200

func (r *reader) flaw(must bool, n *form.Node, section, format string, args ...any) {
	switch len(r.file.Flaws) {
	case maxFlaws:
		r.file.Flaws = append(r.file.Flaws, Flaw{Must: must, Text: "and more"})
	case maxFlaws + 1:
		r.file.Flaws[maxFlaws].Must = r.file.Flaws[maxFlaws].Must || must
	default:
		r.file.Flaws = append(r.file.Flaws, Flaw{must, section, n.Say(format, args...)})
	}
}

// maxURL bounds a MUD URL, in bytes. The option of DHCP holds 255.
const maxURL = 1000

// container reads the members of the mud container (RFC 8520, section 3).
func (r *reader) container(m *form.Node) error {
	f := r.file
	version := m.Get("mud-version")
	switch {
	case version == nil:
		r.must(m, "3.1", `"mud-version" is missing`)
	case version.Kind != form.Number || version.Scalar != "1":
		return version.Wrong("want version 1, the only one there is, got %s (RFC 8520, 3.1)", form.Clip(version.Scalar))
	}
	if f.URL = r.text(m, "mud-url", "3.2"); f.URL == "" {
		return m.Wrong(`"mud-url" is missing or empty: nothing says what is described (RFC 8520, 3.2)`)
	}
	if len(f.URL) > maxURL {
		return m.Get("mud-url").Wrong("a URL of %d bytes, the limit is %d", len(f.URL), maxURL)
	}
	if !isURL(f.URL, "https") {
		r.must(m.Get("mud-url"), "6", "%q: want a URL that begins with https://", form.Clip(f.URL))
	}
	if f.Signature = r.text(m, "mud-signature", "3"); f.Signature != "" && !isURL(f.Signature, "https", "http", "coaps") {
		r.must(m.Get("mud-signature"), "7", "%q: want a URL", form.Clip(f.Signature))
	}
	r.times(m)
	r.supported(m)
	f.SystemInfo = r.text(m, "systeminfo", "3.7")
	f.Manufacturer = r.text(m, "mfg-name", "3.8")
	f.Model = r.text(m, "model-name", "3.8")
	f.FirmwareRev = r.text(m, "firmware-rev", "3.8")
	f.SoftwareRev = r.text(m, "software-rev", "3.8")
	f.Documentation = r.text(m, "documentation", "7")
	return nil
}

func (r *reader) supported(m *form.Node) {
	v := m.Get("is-supported")
	switch {
	case v == nil:
		r.must(m, "3.6", `"is-supported" is missing: the file does not say whether the device is still supported`)
	case v.Kind != form.Bool:
		r.must(v, "3.6", "want true or false, got %s", v.Kind)
	default:
		r.file.Supported, r.file.SupportSaid = v.Scalar == "true", true
	}
}

// The hours of cache-validity (RFC 8520, section 3.5).
const (
	minValidity     = 1
	maxValidity     = 168
	defaultValidity = 48
)

func (r *reader) times(m *form.Node) {
	r.file.Validity = defaultValidity * time.Hour
	if v := m.Get("cache-validity"); v != nil {
		hours, err := strconv.Atoi(v.Scalar)
		if v.Kind != form.Number || err != nil || hours < minValidity || hours > maxValidity {
			r.must(v, "3.5", "want %d to %d hours, got %s; %d are taken", minValidity, maxValidity, form.Clip(v.Scalar), defaultValidity)
		} else {
			r.file.Validity = time.Duration(hours) * time.Hour
		}
	}
	v := m.Get("last-update")
	if v == nil {
		r.must(m, "3.4", `"last-update" is missing`)
		return
	}
	t, err := time.Parse(time.RFC3339, v.Scalar)
	if v.Kind != form.Text || err != nil {
		r.must(v, "3.4", "%q: want a time like 2026-01-31T09:30:00Z", form.Clip(v.Scalar))
		return
	}
	r.file.LastUpdate = t
}

// text is a member that must be a text where it is there.
func (r *reader) text(m *form.Node, name, section string) string {
	var in form.Reader
	if v := m.Get(name); v != nil && v.Kind != form.Text {
		r.must(v, section, "want a text, got %s", v.Kind)
		return ""
	}
	s := in.Text(m, name, form.Optional)
	for range in.Complaints() {
		r.must(m.Get(name), section, "a text has a control character")
	}
	return s
}

// isURL reports whether s is an absolute URL of one of some schemes.
func isURL(s string, schemes ...string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Host != "" && slices.Contains(schemes, u.Scheme)
}

// known is the members of the mud container that the RFC itself has.
var known = []string{
	"mud-version", "mud-url", "mud-signature", "last-update", "cache-validity", "is-supported", "systeminfo", "mfg-name", "model-name",
	"firmware-rev", "software-rev", "documentation", "extensions", "from-device-policy", "to-device-policy",
}

// maxExtension is how many characters the name of an extension may have.
const maxExtension = 40

// extensions keeps what the RFC does not have. Other members than declared ones
// may not be there.
func (r *reader) extensions(doc, m *form.Node) {
	f := r.file
	var in form.Reader
	for _, name := range in.Texts(m, "extensions", form.Optional) {
		if len(name) > maxExtension {
			r.must(m.Get("extensions"), "3.9", "%q: want at most %d characters", form.Clip(name), maxExtension)
		}
		f.Extensions = append(f.Extensions, Extension{Name: name, Declared: true})
	}
	for range in.Complaints() {
		r.must(m.Get("extensions"), "3.9", "want a list of names")
	}
	for _, e := range m.Members {
		if !slices.Contains(known, e.Name) {
			r.extension(e, e.Name)
		}
	}
	for _, e := range doc.Members {
		if e.Name != top && e.Name != listsNow && e.Name != listsOld {
			r.extension(e, e.Name)
		}
	}
}

// extension keeps one. An extension's members have the name of its module
// before theirs, or its own name, as "ol" and "ietf-mud-transparency:transparency".
func (r *reader) extension(e form.Member, name string) {
	f := r.file
	for i := range f.Extensions {
		if x := &f.Extensions[i]; x.Declared && x.Body == nil && belongs(name, x.Name) {
			x.Body = e.Value
			return
		}
	}
	if len(f.Extensions) < maxFlaws {
		f.Extensions = append(f.Extensions, Extension{Name: name, Body: e.Value})
	}
	r.must(&form.Node{Line: e.Line}, "3.9", "the member %q is of no declared extension", form.Clip(name))
}
