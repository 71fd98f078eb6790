package vex

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/ledger"
)

// The statuses, as OpenVEX writes them.
const (
	NotAffected        = "not_affected"
	Affected           = "affected"
	Fixed              = "fixed"
	UnderInvestigation = "under_investigation"
)

// favour is how good news a status is; the least favourable first.
var favour = map[string]int{Affected: 1, UnderInvestigation: 2, Fixed: 3, NotAffected: 4}

// Justifications are the reasons for "not affected" that CISA's VEX Status
// Justifications (June 2022) name, as OpenVEX and CSAF write them.
var Justifications = []string{
	"component_not_present",
	"vulnerable_code_not_present",
	"vulnerable_code_not_in_execute_path",
	"vulnerable_code_cannot_be_controlled_by_adversary",
	"inline_mitigations_already_exist",
}

func justified(v *advisory.VEX) bool {
	if strings.TrimSpace(v.Impact) != "" {
		return true
	}
	for _, j := range Justifications {
		if v.Justification == j {
			return true
		}
	}
	return false
}

// Effective is what a statement counts as: one of "not affected" that does not
// say why is still under investigation.
func Effective(v *advisory.VEX) string {
	if v.Status == NotAffected && !justified(v) {
		return UnderInvestigation
	}
	return v.Status
}

// bounds of what statements keep, in bytes.
const (
	maxWeakness = 200
	maxProduct  = 1500
	maxWords    = 2000
	maxAliases  = 50
	maxWarnings = 20
)

// Draft is a reading of statements in the making. A document is one chronicle:
// a newer version of it replaces all of it.
type Draft struct {
	Reading *ledger.Reading

	held map[cell]int // index in the reading's statements
	more int          // warnings beyond the bound
}

// cell is what must be unique within a document.
type cell struct{ subject, key string }

// NewDraft begins the reading of a document of a kind, as "advisory.openvex".
func NewDraft(kind, source string, published access.Date) *Draft {
	return &Draft{
		Reading: &ledger.Reading{Kind: kind, Source: source, Mode: ledger.Chronicle, Published: published},
		held:    map[cell]int{},
	}
}

// Done is the reading.
func (d *Draft) Done() *ledger.Reading {
	if d.more > 0 {
		d.Reading.Warnings = append(d.Reading.Warnings, fmt.Sprintf("and %d more like these", d.more))
		d.more = 0
	}
	return d.Reading
}

// Warn says what was passed over, or is amiss, and where; place is "" when the
// text itself says it.
func (d *Draft) Warn(place, format string, args ...any) {
	if len(d.Reading.Warnings) >= maxWarnings {
		d.more++
		return
	}
	text := fmt.Sprintf(format, args...)
	if place != "" {
		text = place + ": " + text
	}
	d.Reading.Warnings = append(d.Reading.Warnings, text)
}

// State adds a statement. One without a weakness, a product or a status that
// exists is passed over with a warning. published is the day on which it was
// said, where that is not the document's.
//
// Of two statements of one document about the same thing, the later one counts,
// and the earlier stays beside it under its own time. Of two of the same time,
// the less favourable one counts alone.
func (d *Draft) State(place string, v advisory.VEX, published access.Date) {
	if !d.fit(place, &v) {
		return
	}
	st := ledger.Statement{
		Kind: advisory.FactVEX, Subject: strings.ToUpper(v.Weakness), Key: Key(&v),
		Term: ProductTerm(cmp.Or(v.Product, v.Component)), Body: v, Published: published,
	}
	at := cell{st.Subject, st.Key}
	i, twice := d.held[at]
	if !twice {
		d.held[at] = len(d.Reading.Statements)
		d.Reading.Statements = append(d.Reading.Statements, st)
		return
	}
	old := d.Reading.Statements[i]
	other := old.Body.(advisory.VEX)
	switch order := instant(v.Issued).Compare(instant(other.Issued)); {
	case order == 0:
		if v.Status != other.Status {
			d.Warn(place, "%s has two statuses for %s at the same time, %s and %s; %s counts", subject(&v), v.Weakness, other.Status, v.Status, Effective(worse(&v, &other)))
		}
		if favour[Effective(&v)] < favour[Effective(&other)] {
			d.Reading.Statements[i] = st
		}
	case order > 0:
		d.Reading.Statements[i] = st
		d.past(other, old.Published)
	default:
		d.past(v, published)
	}
}

// past keeps a statement that the document itself has taken the place of.
func (d *Draft) past(v advisory.VEX, published access.Date) {
	st := ledger.Statement{
		Kind: advisory.FactVEX, Subject: strings.ToUpper(v.Weakness), Key: Key(&v) + "|" + v.Issued,
		Term: ProductTerm(cmp.Or(v.Product, v.Component)), Body: v, Published: cmp.Or(advisory.DayOf(v.Issued), published),
	}
	at := cell{st.Subject, st.Key}
	if i, twice := d.held[at]; twice {
		other := d.Reading.Statements[i].Body.(advisory.VEX)
		if favour[Effective(&v)] >= favour[Effective(&other)] {
			return
		}
		d.Reading.Statements[i] = st
		return
	}
	d.held[at] = len(d.Reading.Statements)
	d.Reading.Statements = append(d.Reading.Statements, st)
}

func worse(a, b *advisory.VEX) *advisory.VEX {
	if favour[Effective(a)] < favour[Effective(b)] {
		return a
	}
	return b
}

// subject is what a statement is about, for messages.
func subject(v *advisory.VEX) string {
	switch {
	case v.Product == "":
		return Clip(v.Component, 100)
	case v.Component == "":
		return Clip(v.Product, 100)
	}
	return Clip(v.Component, 100) + " in " + Clip(v.Product, 100)
}

// fit tells whether a statement can be kept, and bounds what it says.
func (d *Draft) fit(place string, v *advisory.VEX) bool {
	v.Weakness, v.Product, v.Component = strings.TrimSpace(v.Weakness), strings.TrimSpace(v.Product), strings.TrimSpace(v.Component)
	switch {
	case v.Weakness == "" || len(v.Weakness) > maxWeakness:
		d.Warn(place, "no statement: want the id of a vulnerability, of at most %d bytes", maxWeakness)
		return false
	case ProductTerm(cmp.Or(v.Product, v.Component)) == "" || len(v.Product) > maxProduct || len(v.Component) > maxProduct:
		d.Warn(place, "no statement: want a product of 1 to %d bytes", maxProduct)
		return false
	case favour[v.Status] == 0:
		d.Warn(place, "no statement: status is %q; want not_affected, affected, fixed or under_investigation", Clip(v.Status, 60))
		return false
	case v.Status == NotAffected && !justified(v):
		d.Warn(place, "%s is said not to be affected by %s, without a justification or impact statement; it counts as under investigation",
			subject(v), v.Weakness)
	}
	v.Aliases = v.Aliases[:min(len(v.Aliases), maxAliases)]
	v.Impact, v.Action = Clip(v.Impact, maxWords), Clip(v.Action, maxWords)
	v.Issuer, v.Document = Clip(v.Issuer, maxWeakness), Clip(v.Document, maxProduct)
	v.Justification = Clip(v.Justification, maxWeakness)
	return true
}

// Key names a statement within its document and weakness: what it is said of,
// and not what is said.
func Key(v *advisory.VEX) string {
	key := v.Product + "|" + v.Component
	if v.Versions != "" {
		key += "|" + v.Versions
	}
	return key
}

// instant is a time as RFC 3339 writes it; the zero time for anything else.
func instant(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return advisory.DayOf(s).Time()
	}
	return t
}

// Clip is text of at most n bytes, with an ellipsis where some was cut off.
func Clip(s string, n int) string {
	s = strings.ToValidUTF8(strings.TrimSpace(s), "�")
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}

// maxSource bounds the readable part of a source's name, in bytes.
const maxSource = 120

// Source names the series of editions that a document belongs to: a prefix and
// the document's id. An id that has other characters than letters, digits, dots,
// dashes and underscores gets a digest of it behind, so that two are never
// taken for one.
func Source(prefix, id string) string {
	clean := strings.TrimPrefix(strings.TrimPrefix(id, "https://"), "http://")
	var b strings.Builder
	for _, r := range clean {
		switch {
		case r == '-' || r == '.' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z':
			b.WriteRune(r)
		default:
			b.WriteByte('-')
		}
	}
	name := b.String()
	if name == id && len(name) <= maxSource {
		return prefix + "/" + name
	}
	sum := sha256.Sum256([]byte(id))
	return prefix + "/" + strings.Trim(name[:min(len(name), maxSource)], "-") + "-" + hex.EncodeToString(sum[:4])
}
