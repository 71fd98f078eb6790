package notice

import (
	"errors"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"strings"
	"testing"
	"time"

	"countersign.dev/internal/policy"
)

func testMessage() *Message {
	was := policy.Review
	return &Message{
		Subject: Subject{Query: "pkg:generic/x@1", Name: "Prüfgerät 1.0"}, Purpose: "operate", Was: &was, Is: policy.Deny,
		Because: "CVE-2021-44228 is critical\r\nBcc: everybody@example.org\r\n.\r\n", At: "2021-12-10", Position: 7, Decision: "sha256:ab",
		Changes: []Change{{Change: "appeared", Rule: "critical", Verdict: policy.Deny, Because: "CVE-2021-44228 is critical", Cite: "a policy"}},
		URL:     "https://countersign.example.org/decisions/sha256:ab",
	}
}

func mailer(t *testing.T, s *mailServer, server string) *Mail {
	t.Helper()
	m, err := NewMail(MailOptions{Server: server, From: "countersign@example.org", Roots: s.roots, ReadFile: os.ReadFile, Now: func() time.Time { return time.Unix(1_700_000_000, 0) }})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestMail sends to a real server, encrypted in both ways that there are.
func TestMail(t *testing.T) {
	for _, implicit := range []bool{false, true} {
		s := startMailServer(t, implicit, true)
		w := &Watch{ID: "w-1", Member: "ada", Subject: "pkg:generic/x@1", Mail: "soc@example.org"}
		if err := mailer(t, s, s.url()).Send(t.Context(), w, testMessage()); err != nil {
			t.Fatal(err)
		}
		took := s.took()
		if len(took) != 1 || !took[0].encrypted || took[0].user != mailUser || took[0].to != "TO:<soc@example.org>" || took[0].from != "FROM:<countersign@example.org>" {
			t.Fatalf("the server took %+v", took)
		}
		m, err := mail.ReadMessage(strings.NewReader(took[0].body))
		if err != nil {
			t.Fatal(err)
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
		if err != nil || subject != "[countersign] Prüfgerät 1.0: deny, was review" {
			t.Errorf("subject %q, %v", subject, err)
		}
		if m.Header.Get("Bcc") != "" || len(m.Header["To"]) != 1 {
			t.Errorf("headers %v", m.Header)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"because:    CVE-2021-44228 is critical Bcc: everybody@example.org .\r\n", "https://countersign.example.org/decisions/sha256:ab", "watch w-1 of ada"} {
			if !strings.Contains(string(body), want) {
				t.Errorf("the text has no %q:\n%s", want, body)
			}
		}
		again, err := mailer(t, s, s.url()).compose("soc@example.org", "x", "y", "sha256:abw-1")
		if err != nil || !strings.Contains(string(again), "Message-ID: "+m.Header.Get("Message-Id")) {
			t.Errorf("sent again it has another id: %s", again)
		}
	}
}

// TestMailThatIsNotTaken tells what helps from what does not.
func TestMailThatIsNotTaken(t *testing.T) {
	w := &Watch{ID: "w-1", Mail: "soc@example.org"}
	for _, tt := range []struct {
		what    string
		server  func(s *mailServer) string
		want    string
		forGood bool
	}{
		{"no such mailbox", func(s *mailServer) string { s.refuse = "550 nobody here"; return s.url() }, "refused soc@example.org", true},
		{"busy", func(s *mailServer) string { s.refuse = "451 later"; return s.url() }, "451", false},
		{"wrong password", func(s *mailServer) string { return strings.Replace(s.url(), "correct", "wrong", 1) }, "sign in as countersign", false},
		{"nobody there", func(s *mailServer) string { s.listener.Close(); return s.url() }, "refused", false},
	} {
		s := startMailServer(t, false, true)
		err := mailer(t, s, tt.server(s)).Send(t.Context(), w, testMessage())
		if err == nil || !strings.Contains(err.Error(), tt.want) || errors.Is(err, ErrForGood) != tt.forGood {
			t.Errorf("%s: %v, for good %v", tt.what, err, errors.Is(err, ErrForGood))
		}
		if got := s.took(); len(got) != 0 {
			t.Errorf("%s: the server took %v", tt.what, got)
		}
	}
	s := startMailServer(t, false, false)
	m := mailer(t, s, s.url())
	m.host = "mail.example.org" // what stands for a server elsewhere: the address that is connected to stays
	if err := m.Send(t.Context(), w, testMessage()); err == nil || !strings.Contains(err.Error(), "offers no TLS") {
		t.Errorf("without TLS: %v", err)
	}
}

func TestMailServerAddress(t *testing.T) {
	file := t.TempDir() + "/password"
	if err := os.WriteFile(file, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"smtp://u@mail.example.org?password-file=" + file: "mail.example.org:587 u secret",
		"smtps://u:p%20w@mail.example.org/":               "mail.example.org:465 u p w",
		"smtp://localhost:25":                             "localhost:25  ",
		"smtp://u@h?password-file=/nothing/there":         "password of the mail server",
		"smtp://h?tls=off":                                `no option "tls"`,
		"http://h":                                        "want smtp://",
		"smtp://":                                         "want smtp://",
	} {
		m, err := NewMail(MailOptions{Server: text, From: "a@example.org", ReadFile: os.ReadFile})
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = m.address + " " + m.user + " " + m.password
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestCheckAddress(t *testing.T) {
	for text, ok := range map[string]bool{
		"a@example.org": true, "a+b@example.org": true,
		"": false, "a": false, "A <a@example.org>": false, "a@example.org, b@example.org": false, "a@example.org\r\nBcc: b@example.org": false,
		`"a b"@example.org`: false, "ä@example.org": false, strings.Repeat("a", 250) + "@example.org": false,
	} {
		if err := CheckAddress(text); (err == nil) != ok {
			t.Errorf("%q: %v, want it taken: %v", text, err, ok)
		}
	}
}

// FuzzCompose is the promise that nothing in a message becomes a header of its
// own, a line too long, or the end of the message.
func FuzzCompose(f *testing.F) {
	f.Add("a title", "a text\n.\nmore")
	f.Add("x\r\nBcc: a@example.org", "\r\n.\r\nMAIL FROM:<x>")
	f.Add(strings.Repeat("ü", 300), strings.Repeat("=", 2000))
	f.Fuzz(func(t *testing.T, title, text string) {
		m := &Mail{from: "countersign@example.org", now: time.Now}
		b, err := m.compose("soc@example.org", title, text, "id")
		if err != nil {
			t.Fatal(err)
		}
		read, err := mail.ReadMessage(strings.NewReader(string(b)))
		if err != nil {
			t.Fatalf("%v\n%q", err, b)
		}
		if len(read.Header) != 9 {
			t.Errorf("%d headers, want 9: %v", len(read.Header), read.Header)
		}
		for line := range strings.SplitSeq(string(b), "\r\n") {
			if len(line) > 998 || strings.ContainsAny(line, "\r\n") { // RFC 5322, section 2.1.1
				t.Errorf("line of %d bytes: %q", len(line), line)
			}
		}
	})
}
