package notice

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/smtp"
	"net/textproto"
	"net/url"
	"strings"
	"time"

	"countersign.dev/internal/problem"
)

// Mail sends messages as e-mail through one server, a connection each. It is
// safe for concurrent use.
type Mail struct {
	address  string // host:port
	host     string
	implicit bool // TLS from the first byte (smtps)
	user     string
	password string
	from     string
	roots    *x509.CertPool
	now      func() time.Time
}

// MailOptions say how e-mail is sent.
type MailOptions struct {
	// Server is smtp://[USER[:PASSWORD]@]HOST[:PORT], where TLS is required but
	// for a server on this machine, or smtps:// for TLS from the beginning.
	// With ?password-file=FILE the password is what that file holds.
	Server string
	From   string // sender's address
	// ReadFile reads the file with the password.
	ReadFile func(name string) ([]byte, error)
	Now      func() time.Time // time.Now when nil
	Roots    *x509.CertPool   // that the server is trusted by; the system's when nil
}

// The ports of submission (RFC 6409, RFC 8314).
const (
	portSubmission  = "587"
	portSubmissions = "465"
)

// NewMail makes a sender.
func NewMail(opts MailOptions) (*Mail, error) {
	u, err := url.Parse(opts.Server)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" || strings.Trim(u.Path, "/") != "" || u.Fragment != "" {
		return nil, problem.New(problem.Invalid, "mail server: want smtp://USER@HOST:PORT or smtps://USER@HOST:PORT, with ?password-file=FILE")
	}
	if err := CheckAddress(opts.From); err != nil {
		return nil, problem.Wrap(problem.Invalid, err, "sender of e-mail")
	}
	m := &Mail{host: u.Hostname(), implicit: u.Scheme == "smtps", from: opts.From, roots: opts.Roots, now: opts.Now}
	if m.now == nil {
		m.now = time.Now
	}
	port := u.Port()
	switch {
	case port == "" && m.implicit:
		port = portSubmissions
	case port == "":
		port = portSubmission
	}
	m.address = net.JoinHostPort(m.host, port)
	if u.User != nil {
		m.user = u.User.Username()
		m.password, _ = u.User.Password()
	}
	query := u.Query()
	if file := query.Get("password-file"); file != "" {
		b, err := opts.ReadFile(file)
		if err != nil {
			return nil, problem.Wrap(problem.Invalid, err, "password of the mail server")
		}
		m.password = strings.TrimRight(string(b), "\r\n")
		query.Del("password-file")
	}
	for name := range query {
		return nil, problem.New(problem.Invalid, "mail server: there is no option %q, only password-file", name)
	}
	return m, nil
}

// Send implements [Sender].
func (s *Mail) Send(ctx context.Context, w *Watch, m *Message) error {
	return s.Post(ctx, w.Mail, m.Title(), m.Text()+s.footer(w), m.Decision+w.ID)
}

// Test sends a message that says no more than that it arrived.
func (s *Mail) Test(ctx context.Context, w *Watch) error {
	text := fmt.Sprintf("This is a test. When an answer about %s changes, it is told to this address.\n", oneLine(w.Subject))
	return s.Post(ctx, w.Mail, "test of a watch", text+s.footer(w), fmt.Sprint("test", w.ID, s.now().UnixNano()))
}

func (*Mail) footer(w *Watch) string {
	return fmt.Sprintf("\n-- \nwatch %s of %s, on %s\n", w.ID, w.Member, oneLine(w.Subject))
}

// compose writes the message as it goes over the line. What comes from
// documents stands in the subject as an encoded word and in the body as
// quoted-printable, so that nothing in it can be taken for a header; the
// addresses were checked when they were given.
func (s *Mail) compose(to, title, text, id string) ([]byte, error) {
	_, domain, _ := strings.Cut(s.from, "@")
	var b bytes.Buffer
	header := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	header("From", "countersign <"+s.from+">")
	header("To", "<"+to+">")
	header("Subject", encodeSubject("[countersign] "+title))
	header("Date", s.now().Format(time.RFC1123Z))
	header("Message-ID", "<"+messageID(id)+"@"+domain+">")
	header("MIME-Version", "1.0")
	header("Content-Type", "text/plain; charset=utf-8")
	header("Content-Transfer-Encoding", "quoted-printable")
	header("Auto-Submitted", "auto-generated") // RFC 3834: nobody answers by a machine
	b.WriteString("\r\n")
	qp := quotedprintable.NewWriter(&b)
	if _, err := qp.Write([]byte(strings.ReplaceAll(text, "\n", "\r\n"))); err != nil {
		return nil, err
	}
	err := qp.Close()
	return b.Bytes(), err
}

// maxTitle bounds a subject line, in bytes before it is encoded.
const maxTitle = 200

func encodeSubject(s string) string {
	s = oneLine(s)
	if len(s) > maxTitle {
		s = strings.ToValidUTF8(s[:maxTitle], "") // a letter may have been cut
	}
	// Encoded words are separated by a space where the line may be folded.
	return strings.ReplaceAll(mime.QEncoding.Encode("utf-8", toValid(s)), "?= =?", "?=\r\n =?")
}

// messageID is an id of letters and digits for anything, the same for the same.
func messageID(id string) string { return hex.EncodeToString(digestOf(id)) }

// Post sends a text under a title. What is sent twice with the same id has the
// same Message-ID.
func (s *Mail) Post(ctx context.Context, to, title, text, id string) error {
	if err := CheckAddress(to); err != nil {
		return problem.Wrap(problem.Invalid, ErrForGood, "%s", problem.Message(err))
	}
	body, err := s.compose(to, title, text, id)
	if err != nil {
		return err
	}
	if err := s.transfer(ctx, to, body); err != nil {
		var answer *textproto.Error
		if errors.As(err, &answer) && answer.Code >= 550 && answer.Code <= 553 {
			// The mailbox is not there, or not theirs (RFC 5321, section 4.2.3).
			return problem.Wrap(problem.Invalid, ErrForGood, "mail: the server refused %s: %v", to, answer)
		}
		return problem.Wrap(problem.Unavailable, err, "mail")
	}
	return nil
}

// transfer hands a message to the server.
func (s *Mail) transfer(ctx context.Context, to string, body []byte) error {
	c, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	if s.user != "" {
		// PlainAuth itself refuses to send a password without TLS.
		if err := c.Auth(smtp.PlainAuth("", s.user, s.password, s.host)); err != nil {
			return fmt.Errorf("sign in as %s: %w", s.user, err)
		}
	}
	if err := c.Mail(s.from); err != nil {
		return err
	}
	if err := c.Rcpt(to); err != nil {
		return err
	}
	data, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := data.Write(body); err != nil {
		return err
	}
	if err := data.Close(); err != nil {
		return err
	}
	c.Quit() // it was taken; how the connection ends does not matter
	return nil
}

// connect opens a connection, with TLS unless the server is on this machine.
func (s *Mail) connect(ctx context.Context) (*smtp.Client, error) {
	conn, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, "tcp", s.address)
	if err != nil {
		return nil, err
	}
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(attemptTime)
	}
	if err := conn.SetDeadline(deadline); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	config := &tls.Config{ServerName: s.host, RootCAs: s.roots, MinVersion: tls.VersionTLS12}
	if s.implicit {
		conn = tls.Client(conn, config)
	}
	c, err := smtp.NewClient(conn, s.host)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	if s.implicit {
		return c, nil
	}
	if ok, _ := c.Extension("STARTTLS"); ok {
		if err := c.StartTLS(config); err != nil {
			return nil, errors.Join(err, c.Close())
		}
	} else if !isLocal(s.host) {
		return nil, errors.Join(fmt.Errorf("%s offers no TLS (STARTTLS), and what is told must not go in the clear", s.address), c.Close())
	}
	return c, nil
}

func isLocal(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
