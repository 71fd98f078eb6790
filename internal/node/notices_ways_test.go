package node

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/notice"
	"countersign.dev/internal/problem"
)

// TestDemonstrationSendsNothing is the promise of serve --demo: what is due is
// given up, and says why.
func TestDemonstrationSendsNothing(t *testing.T) {
	s := openTellingStage(t, "", "2021-12-10")
	s.importDemo("software/payroll-suite-5.4.0.cdx.json")
	w := s.watch(access.Operator, payroll)
	s.importDemo("advisories/log4shell.2021-12-10.osv.json")
	s.teller = s.node.NewTeller(NoticeOptions{Ways: s.ways(s.node.now), Silent: true})
	s.want("an advisory")
	if d := s.delivery(w); d.State != notice.Dead || !strings.Contains(d.Failure, "demonstration") {
		t.Errorf("the delivery stands at %+v", d)
	}
	changes, err := s.node.Changes(t.Context(), access.Operator, "", 10)
	if err != nil || len(changes) != 1 {
		t.Errorf("the feed has %d changes, %v; want the one", len(changes), err)
	}
}

// TestWayThatIsNotSetUp leaves e-mail due for a node that can send it, and costs
// it no attempt.
func TestWayThatIsNotSetUp(t *testing.T) {
	s := openTellingStage(t, "", "2021-12-10")
	s.importDemo("software/payroll-suite-5.4.0.cdx.json")
	w, err := s.node.AddWatch(t.Context(), access.Operator, notice.New{Subject: payroll, Purpose: "operate", Mail: "soc@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	s.importDemo("advisories/log4shell.2021-12-10.osv.json")
	s.want("an advisory")
	if d := s.delivery(w); d.State != notice.Due || d.Attempts != 0 || d.Way != notice.ByMail {
		t.Errorf("the delivery stands at %+v", d)
	}
	standing, err := s.node.Telling(t.Context())
	if err != nil || standing.Watches != 1 || standing.Due != 1 || !standing.Oldest.Equal(s.node.now()) {
		t.Errorf("standing %+v, %v", standing, err)
	}
	if _, err := s.node.TestWatch(t.Context(), access.Operator, w.ID, s.ways(s.node.now)); problem.KindOf(err) != problem.Conflict {
		t.Errorf("a test by a way that is not set up: %v", err)
	}
}

// TestTestedWatch sends a test that says so.
func TestTestedWatch(t *testing.T) {
	s := openTellingStage(t, "", "2021-12-10")
	w := s.watch(access.Operator, "somebody")
	sent, err := s.node.TestWatch(t.Context(), access.Operator, w.ID, s.ways(s.node.now))
	if err != nil || !slices.Equal(sent, []string{notice.ByWebhook}) {
		t.Fatalf("sent %v, %v", sent, err)
	}
	if len(s.bodies) != 1 || !strings.Contains(string(s.bodies[0]), `"test":true`) || !strings.HasPrefix(s.got[0].Get("webhook-id"), "test-w-") {
		t.Errorf("got %s, %v", s.bodies, s.got)
	}
	s.answers(http.StatusTeapot)
	if _, err := s.node.TestWatch(t.Context(), access.Operator, w.ID, s.ways(s.node.now)); err == nil || !strings.Contains(err.Error(), "418") {
		t.Errorf("a receiver that refuses: %v", err)
	}
}

// TestWhoMayWatch refuses readers, addresses without TLS of members, purposes
// that there are not, and leaves nothing behind.
func TestWhoMayWatch(t *testing.T) {
	s := openTellingStage(t, "", "2021-12-10")
	analyst := access.Reader{Member: "ada", Organisations: []string{"acme"}, Roles: map[string]access.Role{"acme": access.RoleAnalyst}}
	reader := access.Reader{Member: "bob", Organisations: []string{"acme"}, Roles: map[string]access.Role{"acme": access.RoleReader}}
	for what, tt := range map[string]struct {
		by   access.Reader
		w    notice.New
		want problem.Kind
	}{
		"a reader":       {reader, notice.New{Subject: "x"}, problem.Denied},
		"without TLS":    {analyst, notice.New{Subject: "x", Webhook: "http://example.org/"}, problem.Invalid},
		"no address":     {analyst, notice.New{Subject: "x", Mail: "x"}, problem.Invalid},
		"no subject":     {analyst, notice.New{Subject: " "}, problem.Invalid},
		"too long":       {analyst, notice.New{Subject: strings.Repeat("x", 3000)}, problem.Invalid},
		"no such policy": {analyst, notice.New{Subject: "x", Purpose: "nonsense"}, problem.Invalid},
	} {
		if _, err := s.node.AddWatch(t.Context(), tt.by, tt.w); problem.KindOf(err) != tt.want {
			t.Errorf("%s: %v, want %s", what, err, tt.want)
		}
	}
	if left, err := s.node.Watches(t.Context(), access.Operator); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestHalfMadeWatch is bound later when whoever made it was killed before.
func TestHalfMadeWatch(t *testing.T) {
	s := openTellingStage(t, "", "2021-12-10")
	s.importDemo("software/payroll-suite-5.4.0.cdx.json")
	if _, _, err := s.node.watches().Add(t.Context(), access.Operator, notice.New{Subject: payroll, Purpose: "operate", Webhook: s.URL}); err != nil {
		t.Fatal(err)
	}
	s.want("while it may still be bound")
	s.day = "2021-12-11"
	s.want("a day later", "2021-12-11 "+payroll+": nothing to review")
	s.importDemo("advisories/log4shell.2021-12-10.osv.json")
	s.want("an advisory", "2021-12-11 "+payroll+": review to deny")
}
