package notice

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
)

// Watch is what a member wants to be told of, and how.
type Watch struct {
	ID        string    `json:"id"`
	Subject   string    `json:"subject"` // as it is asked for; a system's id when System
	Purpose   string    `json:"purpose,omitempty"`
	System    bool      `json:"system,omitempty"`  // watch every release that runs in it
	Webhook   string    `json:"webhook,omitempty"` // URL; "" for none
	Mail      string    `json:"mail,omitempty"`    // address; "" for none
	Member    string    `json:"member"`
	Created   time.Time `json:"created"`
	Questions int       `json:"questions"` // that it is told of: one, or one for each release in the system
	Due       int       `json:"due"`       // messages that have to go out
	Dead      int       `json:"dead"`      // messages that were given up
	Failure   string    `json:"failure,omitempty"`

	secret    Secret
	audiences []string // what the member could see, see decision.Audiences
}

// New is a watch to be made.
type New struct {
	Subject string
	Purpose string
	System  bool
	Webhook string
	Mail    string
}

// Secret is what messages to a webhook are signed with, in the written form of
// Standard Webhooks: "whsec_" and base64. It is shown only when it is made.
type Secret string

const secretPrefix = "whsec_"

// String hides the secret from logs.
func (Secret) String() string { return "(hidden)" }

// GoString hides the secret from logs.
func (Secret) GoString() string { return "(hidden)" }

// key is the bytes to sign with.
func (s Secret) key() ([]byte, error) {
	return base64.StdEncoding.DecodeString(strings.TrimPrefix(string(s), secretPrefix))
}

// secretBytes is within the 24 to 64 that Standard Webhooks asks for.
const secretBytes = 32

// NewSecret makes a secret.
func NewSecret() Secret {
	b := make([]byte, secretBytes)
	rand.Read(b)
	return Secret(secretPrefix + base64.StdEncoding.EncodeToString(b))
}

func newID() string {
	b := make([]byte, 8)
	rand.Read(b)
	return "w-" + hex.EncodeToString(b)
}

// The limits of a watch.
const (
	maxSubject = 2000 // bytes
	maxURL     = 2000 // bytes
	maxMail    = 254  // bytes (RFC 5321, section 4.5.3.1.3, less the brackets)
	// MaxWatches is how many a member may have.
	MaxWatches = 1000
	// MaxReleases is how many releases of one system are watched.
	MaxReleases = 2000
)

// check refuses a watch that cannot be told of; insecure allows webhooks
// without TLS, for tests and private networks.
func (n *New) check(insecure bool) error {
	n.Subject = strings.TrimSpace(n.Subject)
	switch {
	case n.Subject == "" || len(n.Subject) > maxSubject:
		return problem.New(problem.Invalid, "the subject is %d bytes long: want 1 to %d", len(n.Subject), maxSubject)
	case n.Webhook != "":
		if err := CheckURL(n.Webhook, insecure); err != nil {
			return err
		}
	}
	if n.Mail != "" {
		return CheckAddress(n.Mail)
	}
	return nil
}

// CheckURL refuses what is no address to send webhooks to. Plain http is one
// only where insecure.
func CheckURL(text string, insecure bool) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return problem.New(problem.Invalid, "webhook: want an address as https://example.org/hook")
	case len(text) > maxURL:
		return problem.New(problem.Invalid, "webhook: the address is %d bytes long: want at most %d", len(text), maxURL)
	case u.Scheme != "https" && (!insecure || u.Scheme != "http"):
		return problem.New(problem.Invalid, "webhook: the scheme is %q: want https, so that nobody on the way reads or changes what is told", u.Scheme)
	case u.User != nil:
		return problem.New(problem.Invalid, "webhook: a name or password in the address would be stored and logged; messages are signed instead")
	case u.Fragment != "":
		return problem.New(problem.Invalid, "webhook: a fragment (#%s) is never sent", u.Fragment)
	}
	return nil
}

// CheckAddress refuses what is not one plain e-mail address: no display name,
// no list, nothing that could end a header line.
func CheckAddress(text string) error {
	a, err := mail.ParseAddress(text)
	if err != nil || a.Address != text || len(text) > maxMail || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '"' }) {
		return problem.New(problem.Invalid, "mail: %q is no plain address: want one as security@example.org", text)
	}
	return nil
}

// Reader is somebody who sees what the watch may tell its member as of now:
// what it was made with, as far as the member still sees that.
func (w *Watch) Reader(member access.Reader) access.Reader {
	if slices.Contains(w.audiences, "all") {
		return access.Operator
	}
	out := access.Reader{Member: member.Member}
	for _, expr := range w.audiences {
		if id, ok := strings.CutPrefix(expr, "org:"); ok && (member.Operator || slices.Contains(member.Organisations, id)) {
			out.Organisations = append(out.Organisations, id)
		}
	}
	return out
}

// narrowed reports whether a reader no longer sees all that the watch was made
// with.
func (w *Watch) narrowed(reader access.Reader) bool {
	return !reader.Operator && len(reader.Organisations) < len(w.audiences)-1 // one is "public"
}

// public reports whether the watch was made with what everybody may see, by
// somebody who belongs to no organisation: who is let in on loopback.
func (w *Watch) public() bool {
	return len(w.audiences) == 1 && w.audiences[0] == access.Public.String()
}

// operators reports whether the watch was made by the store's operator, who is
// no member.
func (w *Watch) operators() bool { return slices.Contains(w.audiences, "all") }
