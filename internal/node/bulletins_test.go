package node

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"mime/quotedprintable"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/notice"
	"countersign.dev/internal/notice/bulletin"
	"countersign.dev/internal/notice/outbox"
	"countersign.dev/internal/problem"
)

// postman is a mail server that takes everything.
type postman struct {
	net.Listener
	mu   sync.Mutex
	mail []string // decoded bodies, each after its recipient
}

func newPostman(t *testing.T) *postman {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &postman{Listener: l}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.talk(c)
		}
	}()
	return p
}

func (p *postman) talk(c net.Conn) {
	defer c.Close()
	fmt.Fprint(c, "220 here\r\n")
	to, in := "", bufio.NewReader(c)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		word, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch strings.ToUpper(word) {
		case "RCPT":
			to = strings.TrimSpace(line)
			fmt.Fprint(c, "250 fine\r\n")
		case "DATA":
			fmt.Fprint(c, "354 go on\r\n")
			var text strings.Builder
			for {
				line, err := in.ReadString('\n')
				if err != nil || line == ".\r\n" {
					break
				}
				text.WriteString(line)
			}
			_, body, _ := strings.Cut(text.String(), "\r\n\r\n")
			plain, _ := io.ReadAll(quotedprintable.NewReader(strings.NewReader(body)))
			p.mu.Lock()
			p.mail = append(p.mail, to+"\n"+string(plain))
			p.mu.Unlock()
			fmt.Fprint(c, "250 taken\r\n")
		case "QUIT":
			fmt.Fprint(c, "221 bye\r\n")
			return
		default:
			fmt.Fprint(c, "250 fine\r\n")
		}
	}
}

// office is a node that an organisation runs, with what it takes to send.
type office struct {
	*Node
	*receiver
	*postman
	later time.Duration
	cert  access.Reader // an analyst of who runs the node
}

func openOffice(t *testing.T, url string) *office {
	o := &office{Node: storyteller(t, url), receiver: newReceiver(t), postman: newPostman(t)}
	o.now = func() time.Time { return time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC).Add(o.later) }
	if err := o.Access.CreateOrganisation(t.Context(), access.Operator, access.Organisation{ID: "cert", Name: "CERT"}); err != nil {
		t.Fatal(err)
	}
	o.cert = member("ada", "cert", access.RoleAnalyst)
	return o
}

func member(name, organisation string, role access.Role) access.Reader {
	return access.Reader{Member: name, Organisations: []string{organisation}, Roles: map[string]access.Role{organisation: role}}
}

func (o *office) ways(t *testing.T) map[string]notice.Sender {
	mail, err := notice.NewMail(notice.MailOptions{Server: "smtp://" + o.postman.Addr().String(), From: "cert@example.org", Now: o.now})
	if err != nil {
		t.Fatal(err)
	}
	out := o.receiver.ways(o.now)
	out[notice.ByMail] = mail
	return out
}

func (o *office) post(t *testing.T) *bulletin.Post {
	return o.NewPost(NoticeOptions{Ways: o.ways(t), Base: "https://cert.example.org"})
}

func (o *office) asCert() access.Ask {
	return access.Ask{Reader: o.cert, At: access.At{Date: "2021-12-13"}}
}

var log4shell = NewBulletin{Subject: "CVE-2021-44228", Text: "Patch today; tell us when it is done."}

// letterStands is how the letters of a notice stand: organisation, way and state.
func letterStands(n *Notice) (out []string) {
	for _, t := range n.Told {
		for _, d := range t.Deliveries {
			out = append(out, fmt.Sprint(d.Organisation, " ", d.Way, " ", d.State))
		}
	}
	return out
}

// From an advisory to all whom it concerns, and back: who was told, by which
// way, and who has read it, on both stores.
func TestTell(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		o := openOffice(t, url)
		secret, err := o.SetNoticeContact(t.Context(), access.Operator, bulletin.Contact{Organisation: "records", Webhook: o.receiver.URL})
		if err != nil {
			t.Fatal(err)
		}
		sent, err := o.Tell(t.Context(), o.asCert(), log4shell)
		if err != nil {
			t.Fatal(err)
		}
		if got := letterStands(sent); !slices.Equal(got, []string{"records ledger done", "records webhook due", "roads ledger done", "roads mail due"}) {
			t.Errorf("before anything went out: %q", got)
		}
		if again, err := o.Tell(t.Context(), o.asCert(), log4shell); err != nil || again.ID != sent.ID || again.Document != sent.Document {
			t.Errorf("told again in the same second: %+v, %v", again, err)
		}
		if _, err := o.post(t).Step(t.Context()); err != nil {
			t.Fatal(err)
		}
		link := o.checkMail(t)
		o.checkHook(t, secret)

		// Whoever was told sees its letter, and nothing of the others.
		roads := member("ben", "roads", access.RoleReader)
		seen, err := o.Notices(t.Context(), access.Ask{Reader: roads}, 10)
		if err != nil || len(seen) != 1 || seen[0].Sent || len(seen[0].Told) != 1 || seen[0].Told[0].Letter.Organisation != "roads" || len(seen[0].Told[0].Deliveries) > 0 || seen[0].Member != "" {
			t.Fatalf("roads sees %+v, %v", seen, err)
		}
		if b, _ := json.Marshal(seen); strings.Contains(string(b), "records") {
			t.Errorf("roads sees that records is concerned: %s", b)
		}
		if _, err := o.Notice(t.Context(), access.Ask{Reader: member("eve", "harbours", access.RoleAdministrator)}, sent.ID); problem.KindOf(err) != problem.NotFound {
			t.Errorf("whom it does not concern: %v", err)
		}
		o.checkAcknowledged(t, sent.ID, roads, link)
	})
}

// checkMail looks at the one message that came by mail, and gives its link.
func (o *office) checkMail(t *testing.T) (link string) {
	t.Helper()
	if len(o.mail) != 1 || !strings.Contains(o.mail[0], "<soc@roads.example>") {
		t.Fatalf("mail: %q", o.mail)
	}
	for _, want := range []string{"CVE-2021-44228 concerns a system of yours", "Patch today", "TLP:AMBER", "Payroll (moderate)", "> is in payroll-suite 5.4.0 > runs on pay-1.roads.example > is part of Payroll"} {
		if !strings.Contains(o.mail[0], want) {
			t.Errorf("the mail does not say %q:\n%s", want, o.mail[0])
		}
	}
	_, link, _ = strings.Cut(o.mail[0], "Please acknowledge: https://cert.example.org/notices/acknowledge/")
	return strings.TrimSpace(link)
}

func (o *office) checkHook(t *testing.T, secret notice.Secret) {
	t.Helper()
	if len(o.bodies) != 1 {
		t.Fatalf("%d webhooks", len(o.bodies))
	}
	var m bulletin.Message
	if err := json.Unmarshal(o.bodies[0], &m); err != nil || m.Type != "bulletin" || m.Letter.Organisation != "records" || len(m.Letter.Systems) != 2 || len(m.Letter.Systems[0].Paths) == 0 {
		t.Errorf("the webhook got %s, %v", o.bodies[0], err)
	}
	h := o.got[0]
	want, err := notice.Sign(secret, h.Get("webhook-id"), o.now(), o.bodies[0])
	if err != nil || h.Get("webhook-signature") != want {
		t.Errorf("signed %q, want %q (%v)", h.Get("webhook-signature"), want, err)
	}
}

func (o *office) checkAcknowledged(t *testing.T, id string, roads access.Reader, link string) {
	t.Helper()
	delivery, token, _ := strings.Cut(link, "/")
	for range 2 {
		if _, err := o.AcknowledgeLink(t.Context(), delivery, token, ""); err != nil {
			t.Fatal(err)
		}
	}
	for _, wrong := range [][2]string{{delivery, token[1:]}, {delivery, ""}, {"n-0", token}, {strings.Repeat("n-", 100), token}} {
		if _, err := o.AcknowledgeLink(t.Context(), wrong[0], wrong[1], ""); problem.KindOf(err) != problem.NotFound {
			t.Errorf("link %q: %v", wrong, err)
		}
	}
	for range 2 {
		if _, err := o.Acknowledge(t.Context(), roads, id, "done"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := o.Acknowledge(t.Context(), o.cert, id, ""); problem.KindOf(err) != problem.Denied {
		t.Errorf("acknowledged by who told: %v", err)
	}
	n, err := o.Notice(t.Context(), access.Ask{Reader: o.cert}, id)
	if err != nil {
		t.Fatal(err)
	}
	var acks []string
	for _, told := range n.Told {
		for _, a := range told.Acknowledged {
			acks = append(acks, fmt.Sprint(a.Organisation, " ", a.By, " ", a.Link, " ", a.Text))
		}
	}
	if !slices.Equal(acks, []string{"roads soc@roads.example true ", "roads ben false done"}) {
		t.Errorf("acknowledged %q", acks)
	}
	if got := letterStands(n); !slices.Equal(got, []string{"records ledger done", "records webhook done", "roads ledger done", "roads mail done"}) {
		t.Errorf("in the end %q", got)
	}
}

// A receiver that is down holds up nobody, and is tried again with the same id,
// by whichever node; a node that is stopped in between loses nothing.
func TestTellAgain(t *testing.T) {
	o := openOffice(t, "")
	if _, err := o.SetNoticeContact(t.Context(), access.Operator, bulletin.Contact{Organisation: "records", Webhook: o.receiver.URL, Mail: "soc@records.example"}); err != nil {
		t.Fatal(err)
	}
	o.answers(http.StatusBadGateway)
	sent, err := o.Tell(t.Context(), o.asCert(), log4shell)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.post(t).Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	first := o.got[0].Get("webhook-id")
	o.answers(http.StatusNoContent)
	o.later += outbox.Backoff(1)
	if _, err := o.post(t).Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(o.got) != 2 || o.got[1].Get("webhook-id") != first || len(o.mail) != 2 {
		t.Errorf("%d webhooks, %d mails", len(o.got), len(o.mail))
	}
	n, err := o.Notice(t.Context(), access.Ask{Reader: o.cert}, sent.ID)
	if err != nil || strings.Contains(strings.Join(letterStands(n), " "), "due") {
		t.Errorf("%q, %v", letterStands(n), err)
	}
	// A contact that is withdrawn gets nothing more.
	if _, err := o.SetNoticeContact(t.Context(), access.Operator, bulletin.Contact{Organisation: "records", Mail: "soc@records.example"}); err != nil {
		t.Fatal(err)
	}
}

// A demonstration keeps letters and sends nothing out.
func TestDemonstrationTellsNobody(t *testing.T) {
	n := storyteller(t, "")
	sent, err := n.Tell(t.Context(), access.Ask{Reader: DemoReader, At: access.At{Date: "2021-12-13"}}, log4shell)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.NewPost(NoticeOptions{Silent: true}).Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	if sent, err = n.Notice(t.Context(), access.Ask{Reader: DemoReader}, sent.ID); err != nil {
		t.Fatal(err)
	}
	for _, told := range sent.Told {
		for _, d := range told.Deliveries {
			if d.Way == bulletin.ByLedger && d.State != outbox.Done || d.Way != bulletin.ByLedger && (d.State != outbox.Dead || !strings.Contains(d.Failure, "demonstration")) {
				t.Errorf("%+v", d)
			}
		}
	}
}

func TestWhoMayTell(t *testing.T) {
	o := openOffice(t, "")
	for _, by := range []access.Reader{access.Anonymous, member("r", "cert", access.RoleReader), member("m", "roads", access.RoleAdministrator)} {
		if _, err := o.PreviewBulletin(t.Context(), access.Ask{Reader: by}, log4shell); problem.KindOf(err) != problem.Denied {
			t.Errorf("%s: %v", by.Member, err)
		}
		if _, err := o.SetNoticeContact(t.Context(), by, bulletin.Contact{Organisation: "records", Mail: "a@b.example"}); problem.KindOf(err) != problem.Denied {
			t.Errorf("%s says how records is reached: %v", by.Member, err)
		}
	}
	for want, nb := range map[problem.Kind]NewBulletin{
		problem.NotFound: {Subject: "CVE-2031-1"}, problem.Invalid: {Subject: "CVE-2021-44228", Marking: "TLP:RED"}, problem.TooLarge: {Subject: "CVE-2021-44228", Text: strings.Repeat("x", 9000)},
	} {
		if _, err := o.Tell(t.Context(), o.asCert(), nb); problem.KindOf(err) != want {
			t.Errorf("%.40q: %v, want %s", nb, err, want)
		}
	}
	if _, err := o.Tell(t.Context(), o.asCert(), NewBulletin{Subject: "CVE-2021-44228", Only: []string{"harbours"}}); problem.KindOf(err) != problem.Invalid {
		t.Errorf("an organisation that is not concerned: %v", err)
	}
	for _, c := range []bulletin.Contact{{Organisation: "A b"}, {Organisation: "a", Mail: "x"}, {Organisation: "a", Webhook: "http://169.254.169.254/"}, {Organisation: "a", Collection: "x"}} {
		if _, err := o.SetNoticeContact(t.Context(), member("root", "cert", access.RoleAdministrator), c); problem.KindOf(err) != problem.Invalid {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// What is in a letter both sides may see, and both only.
func TestLettersKeepToAudiences(t *testing.T) {
	n := openNode(t, t.TempDir(), "")
	if err := n.Access.CreateOrganisation(t.Context(), access.Operator, access.Organisation{ID: "cert", Name: "CERT"}); err != nil {
		t.Fatal(err)
	}
	take := func(name, text string, audience string) {
		t.Helper()
		a, err := access.ParseAudience(audience)
		if err != nil {
			t.Fatal(err)
		}
		if r, err := n.Import(t.Context(), access.Operator, []intake.File{{Name: name, Bytes: []byte(text)}}, ImportOptions{Audience: a}); err != nil || len(r.Failed) > 0 {
			t.Fatal(err, r)
		}
	}
	const bill = `{"bomFormat": "CycloneDX", "specVersion": "1.5", "metadata": {"component": {"bom-ref": "r", "type": "application", "name": "mail", "version": "%s"}},
		"components": [{"bom-ref": "a", "type": "library", "name": "lodash", "version": "4.17.20", "purl": "pkg:npm/lodash@4.17.20"}]}`
	take("bill1.json", fmt.Sprintf(bill, "1"), "org:cert|org:north")
	take("bill2.json", fmt.Sprintf(bill, "2"), "org:north")
	const rows = "as_of,system,organisation,software,version\n2026-01-01,mail,%s,mail,1\n2026-01-01,second,%s,mail,2\n"
	take("north.2026-01-01.csv", fmt.Sprintf(rows, "north", "north"), "org:cert|org:north")
	take("south.2026-01-01.csv", fmt.Sprintf(rows, "south", "south"), "org:cert|org:south")
	take("west.2026-01-01.csv", fmt.Sprintf(rows, "west", "west"), "org:cert")
	b, err := n.PreviewBulletin(t.Context(), access.Ask{Reader: member("ada", "cert", access.RoleAnalyst), At: access.At{Date: "2026-02-01"}}, NewBulletin{Subject: "pkg:npm/lodash"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range b.Letters {
		line := fmt.Sprint(l.Organisation, " withheld=", l.Withheld)
		for _, s := range l.Systems {
			line += fmt.Sprint(" ", s.ID, ":", len(s.Paths))
		}
		got = append(got, line)
	}
	// The second system of each is concerned by a bill that only north may see,
	// so nobody is told of it: the letter is cert's to read as well.
	want := []string{"north withheld=false system:north/mail:1", "south withheld=true system:south/mail:0", "west withheld=true"}
	if !slices.Equal(got, want) {
		t.Errorf("letters %q, want %q", got, want)
	}
}
