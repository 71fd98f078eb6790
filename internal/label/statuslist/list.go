package statuslist

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"countersign.dev/internal/access"
	"countersign.dev/internal/label/core"
	"countersign.dev/internal/problem"
)

// PayloadType is the payload type of the DSSE envelope that a list is signed in.
const PayloadType = "application/vnd.countersign.status-list+json"

// Lifetime is how long a list may be believed after it was made.
const Lifetime = 24 * time.Hour

// version is the only form of lists there is.
const version = "v1"

// Bounds of a list.
const (
	MaxBytes  = 24 << 20 // of the payload
	MaxLabels = 150_000
	MaxReason = 300 // bytes of a reason; [New] cuts longer ones, and puts them on one line
	maxName   = 200 // bytes of the authority's name
	maxURL    = 500
	maxNote   = 2000 // bytes of the checkpoint
)

// Status is how a label stands.
type Status string

// The statuses. Lists state none but those from Suspended on; Unknown and
// Active are what [List.Lookup] concludes.
const (
	Unknown    Status = "unknown"
	Active     Status = "active"
	Suspended  Status = "suspended"
	Expired    Status = "expired"
	Withdrawn  Status = "withdrawn"
	Revoked    Status = "revoked"
	Superseded Status = "superseded"
)

var listed = []Status{Suspended, Expired, Withdrawn, Revoked, Superseded}

// Head is what a list says of itself.
type Head struct {
	Authority  string    `json:"authority"`  // who gives the labels
	Registry   string    `json:"registry"`   // address of the public registry
	Sequence   int64     `json:"sequence"`   // position of the ledger that the list stands at
	Issued     time.Time `json:"issued"`     // to the second
	Expires    time.Time `json:"expires"`    // the first moment at which it is stale
	Checkpoint string    `json:"checkpoint"` // "origin size root" of the ledger, "" where none is signed
}

// Entry is one label that is not active.
type Entry struct {
	ID     string      `json:"id"`
	Status Status      `json:"status"`
	Since  access.Date `json:"since"`  // "" when it is not told
	Reason string      `json:"reason"` // the rule's short name, or a sentence
	Until  access.Date `json:"until"`  // the first day on which it no longer stands, where that is known
}

// List is a status list. Its labels are in the order of their ids.
type List struct {
	Version string `json:"status_list"`
	Head
	Labels []Entry `json:"labels"`
}

// New makes a list. It puts the entries in order, makes the head's times whole
// seconds of UTC, and gives a list without an end the whole [Lifetime]. The
// slice of entries is the caller's and is not changed.
func New(head Head, entries []Entry) (*List, error) {
	head.Issued = head.Issued.UTC().Truncate(time.Second)
	if head.Expires.IsZero() {
		head.Expires = head.Issued.Add(Lifetime)
	}
	head.Expires = head.Expires.UTC().Truncate(time.Second)
	l := &List{Version: version, Head: head, Labels: make([]Entry, len(entries))}
	copy(l.Labels, entries)
	for i := range l.Labels {
		l.Labels[i].Reason = cut(oneLine(l.Labels[i].Reason), MaxReason)
	}
	slices.SortFunc(l.Labels, func(a, b Entry) int { return cmp.Compare(a.ID, b.ID) })
	return l, l.validate()
}

// oneLine is a text without what cannot stand on one line.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
	return strings.Join(strings.Fields(text), " ")
}

// cut is the beginning of a text and "…", together at most this many bytes; the
// whole text when it is no longer.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	at := most - len("…")
	for at > 0 && !utf8.RuneStart(text[at]) {
		at--
	}
	return strings.TrimRight(text[:at], " ") + "…"
}

// Lookup is how the label stood when the list was made, given the day on which
// it was issued: as listed, or active, or unknown when it is newer than the
// list. Whether the list is still fresh, and the label's own dates, the caller
// has looked at; see [Verify].
func (l *List) Lookup(id string, issued access.Date) Entry {
	i, found := slices.BinarySearchFunc(l.Labels, id, func(e Entry, id string) int { return cmp.Compare(e.ID, id) })
	switch {
	case found:
		return l.Labels[i]
	case issued > access.DateOf(l.Issued):
		return Entry{ID: id, Status: Unknown}
	}
	return Entry{ID: id, Status: Active}
}

// validate checks what makers and readers of a list both rely on.
func (l *List) validate() error {
	switch {
	case l.Version != version:
		return problem.New(problem.Invalid, "status_list: version %.20q, and this reader knows %s", l.Version, version)
	case l.Authority == "" || !plain(l.Authority, maxName):
		return problem.New(problem.Invalid, "authority: want a name of at most %d bytes", maxName)
	case !plain(l.Registry, maxURL):
		return problem.New(problem.Invalid, "registry: want an address of at most %d bytes", maxURL)
	case l.Sequence < 1 || l.Sequence > 1<<53-1:
		return problem.New(problem.Invalid, "sequence: want a position from 1 to 2^53-1, found %d", l.Sequence)
	case !l.Issued.Before(l.Expires) || l.Expires.Sub(l.Issued) > Lifetime:
		return problem.New(problem.Invalid, "expires: want a moment after issued, by at most %s", Lifetime)
	case l.Issued.Year() < 1970 || l.Expires.Year() > 9999:
		return problem.New(problem.Invalid, "issued: want a year from 1970 to 9999")
	case !plain(l.Checkpoint, maxNote):
		return problem.New(problem.Invalid, "checkpoint: want one line of at most %d bytes", maxNote)
	case len(l.Labels) > MaxLabels:
		return problem.New(problem.TooLarge, "labels: %d, the limit is %d", len(l.Labels), MaxLabels)
	}
	for i, e := range l.Labels {
		if err := e.validate(); err != nil {
			return problem.Wrap(problem.Invalid, err, "labels[%d]", i)
		}
		if i > 0 && l.Labels[i-1].ID >= e.ID {
			return problem.New(problem.Invalid, "labels[%d].id: %s is doubled or out of order", i, e.ID)
		}
	}
	return nil
}

func (e *Entry) validate() error {
	if id, err := core.ParseID(e.ID); err != nil || id != e.ID {
		return problem.New(problem.Invalid, "id: want a label's id as XXXXX-XXXXX, found %.20q", e.ID)
	}
	if !slices.Contains(listed, e.Status) {
		return problem.New(problem.Invalid, "status: want one of %v, found %.20q", listed, e.Status)
	}
	if !plain(e.Reason, MaxReason) {
		return problem.New(problem.Invalid, "reason: want one line of at most %d bytes", MaxReason)
	}
	for _, d := range []struct {
		name string
		day  access.Date
	}{{"since", e.Since}, {"until", e.Until}} {
		if d.day == "" {
			continue
		}
		if _, err := access.ParseDate(string(d.day)); err != nil {
			return problem.Wrap(problem.Invalid, err, "%s", d.name)
		}
	}
	return nil
}

// plain reports whether a text is one line of at most this many bytes, which
// may be shown as it is.
func plain(text string, most int) bool {
	return len(text) <= most && utf8.ValidString(text) && strings.IndexFunc(text, unicode.IsControl) < 0
}
