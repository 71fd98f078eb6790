package node

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/notice"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/watch"
)

// receiver is who gets webhooks: a real server with TLS.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	answer int // status to answer with
	got    []http.Header
	bodies [][]byte
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{answer: http.StatusNoContent}
	r.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		b, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.got, r.bodies = append(r.got, req.Header), append(r.bodies, b)
		w.WriteHeader(r.answer)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) answers(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = status
}

// take is what came since, each as one line, and nothing left.
func (r *receiver) take() (out []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, b := range r.bodies {
		var m notice.Message
		if err := json.Unmarshal(b, &m); err != nil {
			out = append(out, err.Error())
			continue
		}
		was := "nothing"
		if m.Was != nil {
			was = string(*m.Was)
		}
		out = append(out, fmt.Sprintf("%s %s: %s to %s", m.At, m.Subject.Query, was, m.Is))
	}
	slices.Sort(out)
	r.got, r.bodies = nil, nil
	return out
}

// ways sends to the receiver and nowhere else.
func (r *receiver) ways(now func() time.Time) map[string]notice.Sender {
	roots := x509.NewCertPool()
	roots.AddCert(r.Certificate())
	return map[string]notice.Sender{notice.ByWebhook: notice.NewWebhook(notice.WebhookOptions{Agent: "test", Now: now, Private: true, Roots: roots})}
}

// tellingStage is a stage with a teller.
type tellingStage struct {
	*releaseStage
	*receiver
	teller *notice.Teller
	later  time.Duration // past nine o'clock
}

func openTellingStage(t *testing.T, url string, day access.Date) *tellingStage {
	s := &tellingStage{releaseStage: openReleaseStage(t, url, day), receiver: newReceiver(t)}
	s.node.now = func() time.Time { return s.day.Time().Add(9*time.Hour + s.later) }
	s.teller = s.newTeller()
	return s
}

func (s *tellingStage) newTeller() *notice.Teller {
	return s.node.NewTeller(NoticeOptions{Ways: s.ways(s.node.now), Base: "https://countersign.example.org"})
}

// told lets the watcher and the teller catch up, and is what the receiver got.
func (s *tellingStage) told() []string {
	s.t.Helper()
	if err := s.watcher.CatchUp(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	s.step()
	return s.take()
}

func (s *tellingStage) step() {
	s.t.Helper()
	if _, err := s.teller.Step(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

func (s *tellingStage) want(what string, lines ...string) {
	s.t.Helper()
	if d := cmp.Diff(lines, s.told()); d != "" {
		s.t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func (s *tellingStage) watch(by access.Reader, subject string) *Watched {
	s.t.Helper()
	w, err := s.node.AddWatch(s.t.Context(), by, notice.New{Subject: subject, Purpose: "operate", Webhook: s.URL})
	if err != nil {
		s.t.Fatal(err)
	}
	return w
}

// TestWatchedReleaseIsTold is the whole way, from an advisory to the receiver.
func TestWatchedReleaseIsTold(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		s := openTellingStage(t, url, "2021-12-01")
		s.importDemo("software/payroll-suite-5.4.0.cdx.json")
		w := s.watch(access.Operator, payroll)
		if len(w.Subjects) != 1 || w.Subjects[0].Verdict != "review" || w.Secret == "" {
			t.Fatalf("made %+v", w)
		}
		s.want("nothing yet")
		s.day = "2021-12-10"
		s.importDemo("advisories/log4shell.2021-12-10.osv.json")
		s.watcher.CatchUp(t.Context())
		s.step()
		s.verify(w)
		s.want("it was told once")
		s.day = "2021-12-14"
		s.importDemo("software/payroll-suite-5.4.0.2021-12-14.openvex.json")
		s.want("a statement", "2021-12-14 "+payroll+": deny to review")
		if err := s.node.RemoveWatch(t.Context(), access.Operator, w.ID); err != nil {
			t.Fatal(err)
		}
		s.importDemo("advisories/cve-2021-45046.2021-12-14.osv.json")
		s.want("nothing after it was removed")
		changes, err := s.node.Changes(t.Context(), access.Operator, "", 10)
		if err != nil || len(changes) < 3 || changes[len(changes)-1].Title() != "payroll-suite 5.4.0: deny, was review" {
			t.Errorf("the feed has %+v, %v; want every change, watched or not", changes, err)
		}
	})
}

// verify checks the one webhook that came, its signature by the words of the
// specification: HMAC-SHA256 over "id.timestamp.body" with the decoded secret.
func (s *tellingStage) verify(w *Watched) {
	s.t.Helper()
	if len(s.bodies) != 1 {
		s.t.Fatalf("%d webhooks came, want 1", len(s.bodies))
	}
	h, body := s.got[0], s.bodies[0]
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(w.Secret, "whsec_"))
	if err != nil || len(key) < 24 {
		s.t.Fatalf("secret %q: %v", w.Secret, err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(h.Get("webhook-id") + "." + h.Get("webhook-timestamp") + "." + string(body)))
	if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); h.Get("webhook-signature") != want {
		s.t.Errorf("signature %q, want %q", h.Get("webhook-signature"), want)
	}
	if at := fmt.Sprint(s.node.now().Unix()); h.Get("webhook-timestamp") != at {
		s.t.Errorf("timestamp %s, want %s", h.Get("webhook-timestamp"), at)
	}
	var m notice.Message
	if err := json.Unmarshal(body, &m); err != nil {
		s.t.Fatal(err)
	}
	switch {
	case m.Decision != h.Get("webhook-id"):
		s.t.Errorf("id %q, decision %q", h.Get("webhook-id"), m.Decision)
	case m.URL != "https://countersign.example.org/decisions/"+m.Decision, m.Watch != w.ID:
		s.t.Errorf("url %q, watch %q", m.URL, m.Watch)
	case m.Was == nil || *m.Was != "review" || m.Is != "deny" || !strings.Contains(m.Because, "GHSA-jfh8-c2jp-5v3q"):
		s.t.Errorf("was %v is %s because %s", m.Was, m.Is, m.Because)
	case len(m.Changes) == 0 || m.Changes[0].Change != "appeared" || m.Changes[0].Rule != "critical-with-fix":
		s.t.Errorf("changes %+v", m.Changes)
	}
	s.take()
}

// TestReceiverThatFails is tried again, ever more seldom, until it recovers; one
// that never does is given up, and that can be seen.
func TestReceiverThatFails(t *testing.T) {
	s := openTellingStage(t, "", "2021-12-10")
	s.importDemo("software/payroll-suite-5.4.0.cdx.json")
	w := s.watch(access.Operator, payroll)
	s.importDemo("advisories/log4shell.2021-12-10.osv.json")
	s.answers(http.StatusInternalServerError)
	s.want("the first attempt", "2021-12-10 "+payroll+": review to deny")
	s.want("not at once again")
	s.later += notice.Backoff(1)
	s.want("the second", "2021-12-10 "+payroll+": review to deny")
	d := s.delivery(w)
	if d.State != notice.Due || d.Attempts != 2 || !strings.Contains(d.Failure, "500") {
		t.Errorf("the delivery stands at %+v", d)
	}
	s.answers(http.StatusOK)
	s.later += notice.Backoff(2)
	s.want("the third", "2021-12-10 "+payroll+": review to deny")
	if d := s.delivery(w); d.State != notice.Done || d.Attempts != 3 || d.Failure != "" {
		t.Errorf("the delivery stands at %+v", d)
	}
	s.answers(http.StatusBadGateway)
	s.importDemo("advisories/kev.2025-08-25.json")
	for i := 1; i <= notice.MaxAttempts+2; i++ {
		s.told()
		s.later += notice.Backoff(i)
	}
	if d := s.delivery(w); d.State != notice.Dead || d.Attempts != notice.MaxAttempts {
		t.Errorf("after %d attempts the delivery stands at %+v", notice.MaxAttempts+2, d)
	}
}

func (s *tellingStage) delivery(w *Watched) notice.Delivery {
	s.t.Helper()
	all, err := s.node.WatchDeliveries(s.t.Context(), access.Operator, w.ID, 1)
	if err != nil || len(all) == 0 {
		s.t.Fatalf("deliveries %v, %v", all, err)
	}
	return all[0]
}

// TestKilledBeforeItTold has a node recorded a change and gone before anybody
// was told: another one tells, and of two that tell at the same time one.
func TestKilledBeforeItTold(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		s := openTellingStage(t, url, "2021-12-10")
		s.importDemo("software/payroll-suite-5.4.0.cdx.json")
		s.watch(access.Operator, payroll)
		s.importDemo("advisories/log4shell.2021-12-10.osv.json")
		if err := s.watcher.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		// The watcher's node is gone with its memory; these were not there.
		var both sync.WaitGroup
		for range 3 {
			teller := s.newTeller()
			both.Go(func() {
				for range 3 {
					if _, err := teller.Step(t.Context()); err != nil {
						t.Error(err)
					}
				}
			})
		}
		both.Wait()
		if d := cmp.Diff([]string{"2021-12-10 " + payroll + ": review to deny"}, s.take()); d != "" {
			t.Errorf("told (-want +got):\n%s", d)
		}
	})
}

// TestWhoIsTold tells only who may see the decision when it is sent.
func TestWhoIsTold(t *testing.T) {
	s := openTellingStage(t, "", "2021-12-10")
	ctx := t.Context()
	for _, org := range []string{"home", "acme"} {
		if err := s.node.Access.CreateOrganisation(ctx, access.Operator, access.Organisation{ID: org, Name: org}); err != nil {
			t.Fatal(err)
		}
	}
	for name, org := range map[string]string{"stays": "acme", "leaves": "acme", "boss": "home"} {
		if err := s.node.Access.CreateMember(ctx, access.Operator, access.NewMember{Name: name, Organisation: org, Role: access.RoleAnalyst}); err != nil {
			t.Fatal(err)
		}
	}
	s.importDemo("software/payroll-suite-5.4.0.cdx.json")
	ids := map[string]*Watched{}
	for _, name := range []string{"stays", "leaves", "boss"} {
		by, err := s.node.memberNow(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		ids[name] = s.watch(by, payroll)
	}
	if _, err := s.node.WatchDeliveries(ctx, access.Reader{Member: "stays"}, ids["boss"].ID, 1); problem.KindOf(err) != problem.NotFound {
		t.Errorf("another's watch: %v", err)
	}
	if err := s.node.Access.Withdraw(ctx, access.Operator, "leaves", "acme"); err != nil {
		t.Fatal(err)
	}
	s.importDemo("advisories/log4shell.2021-12-10.osv.json")
	line := "2021-12-10 " + payroll + ": review to deny"
	s.want("two of three", line, line)
	if d := s.delivery(ids["leaves"]); d.State != notice.Dead || !strings.Contains(d.Failure, "may no longer see") {
		t.Errorf("who left: %+v", d)
	}
}

// TestWatchedSystem is told of every release that runs in it, of what begins to
// run there, and no longer of what does not run there any more.
func TestWatchedSystem(t *testing.T) {
	s := openTellingStage(t, "", "2021-12-01")
	inventory := func(day, rows string) {
		s.importFile("inventory.csv", []byte("as_of,organisation,system,system_name,purl\n"+strings.ReplaceAll(rows, "DAY", day)))
	}
	s.importDemo("software/payroll-suite-5.4.0.cdx.json")
	s.importDemo("software/vx200-firmware-2.4.0.cdx.json")
	if _, err := s.node.AddWatch(t.Context(), access.Operator, notice.New{Subject: "system:acme/pay", Webhook: s.URL}); problem.KindOf(err) != problem.NotFound {
		t.Errorf("a system that nobody has: %v", err)
	}
	inventory("2021-12-01", "DAY,acme,acme/PAY,Payroll,"+payroll+"\n")
	w, err := s.node.AddWatch(t.Context(), access.Operator, notice.New{Subject: "system:acme/pay", Webhook: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	if !w.System || len(w.Subjects) != 1 || w.Subjects[0].Subject != payroll {
		t.Fatalf("made %+v of %+v", w, w.Watch)
	}
	s.want("nothing yet")
	s.day = "2021-12-05"
	inventory("2021-12-05", "DAY,acme,acme/PAY,Payroll,"+payroll+"\nDAY,acme,acme/PAY,Payroll,"+firm+"\n")
	s.want("something begins to run there", "2021-12-05 "+firm+": nothing to review")
	s.day = "2021-12-10"
	s.importDemo("advisories/log4shell.2021-12-10.osv.json")
	s.want("an advisory", "2021-12-10 "+payroll+": review to deny")
	inventory("2021-12-11", "DAY,acme,acme/PAY,Payroll,"+firm+"\n")
	s.day = "2021-12-11"
	s.want("it runs there no more")
	s.importDemo("advisories/kev.2025-08-25.json")
	s.want("the catalogue is held: of what runs there still, and not of what does no more", "2021-12-11 "+firm+": review to review")
}

// TestKilledWhileItSent has a node gone in the middle of an attempt: its lease
// ends, and another one sends.
func TestKilledWhileItSent(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		s := openTellingStage(t, url, "2021-12-10")
		s.importDemo("software/payroll-suite-5.4.0.cdx.json")
		w := s.watch(access.Operator, payroll)
		s.importDemo("advisories/log4shell.2021-12-10.osv.json")
		if err := s.watcher.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, kill := context.WithCancel(t.Context())
		dying := s.node.NewTeller(NoticeOptions{Ways: map[string]notice.Sender{notice.ByWebhook: killer(kill)}})
		if _, err := dying.Step(ctx); err == nil {
			t.Error("a node that was killed says that all went well")
		}
		s.want("while the lease lasts")
		if d := s.delivery(w); d.State != notice.Due || d.Attempts != 1 {
			t.Errorf("the delivery stands at %+v", d)
		}
		s.later += 3 * time.Minute
		s.want("when it ended", "2021-12-10 "+payroll+": review to deny")
	})
}

// killer is a sender that does not live to see the answer.
type killer func()

// Send implements [notice.Sender].
func (k killer) Send(ctx context.Context, _ *notice.Watch, _ *notice.Message) error {
	k()
	<-ctx.Done()
	return ctx.Err()
}

// TestChangedWhileItWasMade has the answer change, and the ledger read on, just
// after a watch asked its question and before it was bound to it.
func TestChangedWhileItWasMade(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		s := openTellingStage(t, url, "2021-12-10")
		s.importDemo("software/payroll-suite-5.4.0.cdx.json")
		first := s.watch(access.Operator, payroll).Subjects[0].Decision
		s.importDemo("advisories/log4shell.2021-12-10.osv.json")
		s.want("the first watch", "2021-12-10 "+payroll+": review to deny")
		_, e, err := s.node.Decision(t.Context(), access.Ask{Reader: access.Operator}, first)
		if err != nil {
			t.Fatal(err)
		}
		book := s.node.watches()
		w, _, err := book.Add(t.Context(), access.Operator, notice.New{Subject: payroll, Purpose: "operate", Webhook: s.URL})
		if err != nil {
			t.Fatal(err)
		}
		q := notice.Question{ID: notice.QuestionID(watch.Question{Subject: payroll, Purpose: "operate", Audiences: []string{"all"}}), Subject: payroll, Since: e.Position, Decision: first}
		if fresh, err := book.Follow(t.Context(), w.ID, q); err != nil || !fresh {
			t.Fatal(fresh, err)
		}
		s.want("the second, which would have missed it", "2021-12-10 "+payroll+": review to deny")
		if fresh, err := book.Follow(t.Context(), w.ID, q); err != nil || fresh {
			t.Fatal(fresh, err)
		}
		s.want("bound twice")
	})
}

// TestWithdrawnBefore tells of an answer whose predecessor is gone: that it is
// the same nobody can tell.
func TestWithdrawnBefore(t *testing.T) {
	s := openTellingStage(t, "", "2021-12-10")
	s.importDemo("software/payroll-suite-5.4.0.cdx.json")
	w := s.watch(access.Operator, payroll)
	s.step()
	if err := s.watcher.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, e, err := s.node.Decision(t.Context(), access.Ask{Reader: access.Operator}, w.Subjects[0].Decision)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.node.Ledger.Withdraw(t.Context(), access.Ask{Reader: access.Operator}, e.Position, "operator", "names a person"); err != nil {
		t.Fatal(err)
	}
	s.importDemo("advisories/log4shell.2021-12-10.osv.json")
	s.want("an advisory", "2021-12-10 "+payroll+": nothing to deny")
}
