package bulletin

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/impact/concern"
	"countersign.dev/internal/problem"
)

// The kinds of documents of this room.
const (
	Kind                = "notice.bulletin"
	KindLetter          = "notice.letter"
	KindAcknowledgement = "notice.acknowledgement"
)

// The forms of the documents.
const (
	form                = "bulletin/v1"
	formLetter          = "letter/v1"
	formAcknowledgement = "acknowledgement/v1"
)

// OfClock is the kind of a bulletin that warns of time that goes by: its subject is
// a sentence, and it concerns no systems.
const OfClock = "clock"

// Bulletin is one act of telling.
type Bulletin struct {
	Form         string      `json:"bulletin"`
	ID           string      `json:"id"`
	Subject      string      `json:"subject"`
	Kind         string      `json:"kind"` // of the subject, as an impact has it
	Text         string      `json:"text"`
	Marking      string      `json:"marking"`            // "TLP:AMBER"
	Incident     string      `json:"incident,omitempty"` // that it belongs to
	Organisation string      `json:"organisation"`       // that tells, as in audiences
	Member       string      `json:"member"`
	At           access.Date `json:"at"`
	Known        access.Date `json:"known"`
	Position     int64       `json:"position"` // of the ledger, as it was asked
	Recorded     time.Time   `json:"recorded"` // to the second, UTC
	Letters      []Letter    `json:"letters"`
	Untold       []Untold    `json:"untold"` // whom it concerns and who is not told
}

// Letter is what one organisation is told.
type Letter struct {
	Form         string      `json:"letter"`
	ID           string      `json:"id"`
	Bulletin     string      `json:"bulletin"`
	Organisation string      `json:"organisation"` // as in audiences
	Name         string      `json:"name,omitempty"`
	From         string      `json:"from"` // organisation that tells
	Subject      string      `json:"subject"`
	Kind         string      `json:"kind"`
	Text         string      `json:"text"`
	Marking      string      `json:"marking"`
	At           access.Date `json:"at"`
	Recorded     time.Time   `json:"recorded"`
	Systems      []System    `json:"systems"`
	// Withheld is set where more of its systems are concerned, or by other ways,
	// than the organisation may see.
	Withheld bool `json:"withheld,omitempty"`
	// Ways is how it is told, beside the ledger.
	Ways []Way `json:"ways"`
}

// System is a system of the organisation that is concerned.
type System struct {
	ID          string         `json:"id"`
	Name        string         `json:"name,omitempty"`
	Criticality string         `json:"criticality,omitempty"`
	Paths       []concern.Path `json:"paths"` // that the organisation may see
}

// Way is where a letter goes.
type Way struct {
	Way  string `json:"way"`            // see [ByLedger] and the others
	To   string `json:"to,omitempty"`   // an address, a URL, or a community and a collection
	From int64  `json:"from,omitempty"` // position of the inventory that names the address; 0 where it was given to this node
}

// Untold is an organisation that something concerns and that is not told.
type Untold struct {
	Organisation string `json:"organisation"`
	Name         string `json:"name,omitempty"`
	Why          string `json:"why"`
}

// Acknowledgement is that somebody has taken notice of a letter.
type Acknowledgement struct {
	Form         string    `json:"acknowledgement"`
	Bulletin     string    `json:"bulletin"`
	Letter       string    `json:"letter"`
	Organisation string    `json:"organisation"`
	By           string    `json:"by"`   // member, or the address that the link was sent to
	Link         bool      `json:"link"` // by the link: whoever could read what was sent to By
	Text         string    `json:"text,omitempty"`
	Recorded     time.Time `json:"recorded"`
}

// The limits of a bulletin.
const (
	maxText       = 8000 // bytes
	maxDocument   = 32 << 20
	maxRecipients = 2000
)

// ID is the id of a bulletin: the same for the same words told by the same
// organisation in the same second, so that what is handed in twice is told once.
func (b *Bulletin) newID() string {
	return "b-" + digest(b.Organisation, b.Member, b.Subject, b.Text, b.Incident, b.Recorded.Format(time.RFC3339))
}

// LetterID is the id of the letter of a bulletin to an organisation.
func LetterID(bulletin, organisation string) string { return "l-" + digest(bulletin, organisation) }

func digest(parts ...string) string {
	h := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(h[:10])
}

// CheckText is a text without spaces around it, or why it is none.
func CheckText(text string) (string, error) {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	if len(text) > maxText {
		return "", problem.New(problem.TooLarge, "the text has %d bytes, the limit is %d", len(text), maxText)
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r == '\uFFFD' }) {
		return "", problem.New(problem.Invalid, "the text has a control character, or is no UTF-8")
	}
	return text, nil
}

// Finish gives a bulletin and its letters their ids, and copies into the letters
// what all are told.
func (b *Bulletin) Finish() error {
	if len(b.Letters) > maxRecipients {
		return problem.New(problem.TooLarge, "%d organisations are concerned: at most %d are told at once", len(b.Letters), maxRecipients)
	}
	b.Form, b.Recorded = form, b.Recorded.UTC().Truncate(time.Second)
	b.ID = b.newID()
	slices.SortFunc(b.Letters, func(x, y Letter) int { return strings.Compare(x.Organisation, y.Organisation) })
	for i := range b.Letters {
		l := &b.Letters[i]
		l.Form, l.ID, l.Bulletin = formLetter, LetterID(b.ID, l.Organisation), b.ID
		l.From, l.Subject, l.Kind, l.Text, l.Marking, l.At, l.Recorded = b.Organisation, b.Subject, b.Kind, b.Text, b.Marking, b.At, b.Recorded
	}
	return nil
}

// Letter is the letter to an organisation; nil when there is none.
func (b *Bulletin) Letter(organisation string) *Letter {
	for i := range b.Letters {
		if b.Letters[i].Organisation == organisation {
			return &b.Letters[i]
		}
	}
	return nil
}

// Parse reads a bulletin's document.
func Parse(b []byte) (*Bulletin, error) {
	var out Bulletin
	return &out, parse(b, &out, &out.Form, form)
}

// ParseLetter reads a letter's document.
func ParseLetter(b []byte) (*Letter, error) {
	var out Letter
	return &out, parse(b, &out, &out.Form, formLetter)
}

// ParseAcknowledgement reads an acknowledgement's document.
func ParseAcknowledgement(b []byte) (*Acknowledgement, error) {
	var out Acknowledgement
	return &out, parse(b, &out, &out.Form, formAcknowledgement)
}

func parse(b []byte, into any, is *string, want string) error {
	if len(b) > maxDocument {
		return problem.New(problem.TooLarge, "a document of %d bytes, the limit is %d", len(b), maxDocument)
	}
	if err := json.Unmarshal(b, into); err != nil {
		return problem.Wrap(problem.Invalid, err, "no %s", want)
	}
	if *is != want {
		return problem.New(problem.Invalid, "the form is %q, want %s", *is, want)
	}
	return nil
}

// Marshal writes an acknowledgement as its document.
func (a *Acknowledgement) Marshal() ([]byte, error) {
	a.Form, a.Recorded = formAcknowledgement, a.Recorded.UTC().Truncate(time.Second)
	return json.Marshal(a)
}
