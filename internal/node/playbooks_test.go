package node

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/incident"
	"countersign.dev/internal/incident/playbook"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// Ids of the playbooks that the product ships.
const (
	incidentBook      = "playbook--dad62427-b275-5110-a604-1194c02d1cac"
	vulnerabilityBook = "playbook--91e18cc1-396e-5063-bba7-5e0da03290d6"
)

// smallBook is a playbook of actions, which do not set anything, one after the
// other. Its n tells it from others.
func smallBook(n int, actions ...string) []byte {
	id := func(kind string, i int) string { return fmt.Sprintf("%s--00000000-0000-4000-8000-%012d", kind, i) }
	steps := []string{fmt.Sprintf(`%q:{"type":"start","on_completion":%q}`, id("start", 0), id("action", 1))}
	for i, a := range actions {
		next := id("action", i+2)
		if i == len(actions)-1 {
			next = id("end", 99)
		}
		steps = append(steps, fmt.Sprintf(`%q:{"type":"action","agent":%q,"on_completion":%q,%s}`, id("action", i+1), id("individual", 1), next, a))
	}
	steps = append(steps, fmt.Sprintf(`%q:{"type":"end"}`, id("end", 99)))
	return fmt.Appendf(nil, `{"type":"playbook","spec_version":"cacao-2.0","id":%q,"name":"Playbook %d","created_by":"identity--00000000-0000-4000-8000-000000000000",
"created":"2026-01-01T00:00:00.000Z","modified":"2026-01-02T00:00:00.000Z","workflow_start":%q,"agent_definitions":{%q:{"type":"individual","name":"The analyst"}},
"target_definitions":{%q:{"type":"http-api","name":"The firewall","address":{"url":["https://firewall.example"]}}},
"playbook_variables":{"__answer__":{"type":"string","external":false}},"workflow":{%s}}`, id("playbook", n), n, id("start", 0), id("individual", 1), id("http-api", 1), strings.Join(steps, ","))
}

const manual = `"name":"%s","commands":[{"type":"manual","command":"do it"}]`

func (r *room) importBook(by access.Reader, b []byte, audience access.Audience) error {
	r.t.Helper()
	report, err := r.nodes[0].Import(context.Background(), by, []intake.File{{Name: "book.json", Bytes: b}}, ImportOptions{Audience: audience})
	if err != nil {
		return err
	}
	if len(report.Failed) > 0 {
		return fmt.Errorf("%s", report.Failed[0])
	}
	return nil
}

func (r *room) act(by access.Reader, run string, a RunAct) (*RunState, error) {
	return r.nodes[0].ActInRun(context.Background(), by, run, a)
}

func waiting(s *RunState) string {
	var out []string
	for _, w := range s.Waits {
		out = append(out, w.Name)
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

func TestRuns(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		ctx := context.Background()
		r := openRoom(t, url, 1, "2026-11-27 09:00")
		n, acme, other := r.nodes[0], analyst("acme"), analyst("other")
		boss := access.Reader{Member: "boss", Organisations: []string{"acme"}, Roles: map[string]access.Role{"acme": access.RoleAuthority}}
		in := r.open(acme, NewIncident{Title: "Odd logins", Owner: "acme", Regimes: []string{"us-fceb"}})
		r.record(acme, in.ID, incident.Event{Kind: incident.Fact, Fact: "aware", At: instantOf(t, "2026-11-27 09:00")})
		s, err := n.StartRun(ctx, acme, NewRun{Playbook: incidentBook, Incident: in.ID})
		if err != nil {
			t.Fatal(err)
		}
		do := func(by access.Reader, a RunAct) {
			t.Helper()
			if s, err = r.act(by, s.ID, a); err != nil {
				t.Fatal(err)
			}
		}
		do(acme, RunAct{Verb: "done", Step: "See that the response can begin"})
		do(acme, RunAct{Verb: "done", Step: "look at the event", Values: map[string]string{"__incident__": "true"}})
		do(acme, RunAct{Verb: "done", Step: "Declare the incident", Values: map[string]string{"__coordinator__": "Ana"}})
		if got := s.Waits[0]; got.Name != "Report it to CISA" || got.Due.Format("15:04") != "10:00" || got.Late {
			t.Errorf("%+v", got)
		}
		r.set("2026-11-27 10:01")
		if err := n.TendOnce(ctx); err != nil {
			t.Fatal(err)
		}
		if s, err = n.Run(ctx, r.now(acme).Ask, s.ID); err != nil || !s.Waits[0].Late {
			t.Fatalf("%v %+v", err, s.Waits)
		}
		do(acme, RunAct{Verb: "done", Step: "Report it to CISA", Values: map[string]string{"__cisa_number__": "INC-1"}})
		if _, err := r.act(acme, s.ID, RunAct{Verb: "done", Step: "Decide whether it is a major incident", Values: map[string]string{"__major__": "false"}}); problem.KindOf(err) != problem.Conflict {
			t.Errorf("without approval: %v", err)
		}
		if _, err := r.act(acme, s.ID, RunAct{Verb: "approve", Step: "Decide whether it is a major incident"}); problem.KindOf(err) != problem.Denied {
			t.Errorf("an analyst approves: %v", err)
		}
		do(boss, RunAct{Verb: "approve", Step: "Decide whether it is a major incident"})
		do(acme, RunAct{Verb: "done", Step: "Decide whether it is a major incident", Values: map[string]string{"__major__": "false"}})
		if got := waiting(s); got != "Collect and preserve data, Decide whom to bring in" {
			t.Errorf("waits for %s", got)
		}

		// Others cannot tell it from none.
		for _, ask := range []access.Ask{r.now(other).Ask, {At: access.At{Position: access.Now}}} {
			if _, err := n.Run(ctx, ask, s.ID); problem.KindOf(err) != problem.NotFound {
				t.Errorf("others: %v", err)
			}
			if list, err := n.Runs(ctx, ask, RunFilter{}); err != nil || len(list.Runs) != 0 {
				t.Errorf("others: %v %+v", err, list)
			}
		}
		if _, err := r.act(other, s.ID, RunAct{Verb: "cancel", Note: "x"}); problem.KindOf(err) != problem.NotFound {
			t.Errorf("others act: %v", err)
		}
		list, err := n.Runs(ctx, r.now(acme).Ask, RunFilter{Incident: in.ID, Status: playbook.Running})
		if err != nil || len(list.Runs) != 1 || list.Runs[0].ID != s.ID {
			t.Errorf("%v %+v", err, list)
		}
		do(acme, RunAct{Verb: "cancel", Note: "a drill"})
		if s.Status != playbook.CalledOff || len(s.Waits) != 0 {
			t.Errorf("%+v", s)
		}
		if v, err := n.Ledger.Verify(ctx, nil); err != nil || len(v.Problems) > 0 {
			t.Errorf("%v %+v", err, v)
		}
	})
}

// The playbook for vulnerabilities goes over into the one for incidents.
func TestRunCallsPlaybook(t *testing.T) {
	ctx := context.Background()
	r := openRoom(t, "", 1, "2026-11-27 09:00")
	acme := analyst("acme")
	if _, err := r.nodes[0].StartRun(ctx, acme, NewRun{Playbook: vulnerabilityBook}); err == nil || !strings.Contains(err.Error(), "__cve__ must be given") {
		t.Errorf("%v", err)
	}
	s, err := r.nodes[0].StartRun(ctx, acme, NewRun{Playbook: vulnerabilityBook, Values: map[string]string{"__cve__": "CVE-2021-26855"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []RunAct{
		{Step: "See that the response can begin"},
		{Step: "Take in what is known", Values: map[string]string{"__exploited__": "true"}},
		{Step: "Find the affected systems", Values: map[string]string{"__affected__": "false"}},
		{Step: "Look for signs of exploitation", Values: map[string]string{"__compromised__": "true"}},
		{Step: "See that the response can begin"},
		{Step: "Look at the event", Values: map[string]string{"__incident__": "false"}},
		{Step: "Record why it is none"},
		{Step: "Record why nothing is affected"},
		{Step: "Report how it stands"},
	} {
		a.Verb = "done"
		if s, err = r.act(acme, s.ID, a); err != nil {
			t.Fatal(err)
		}
	}
	if s.Status != playbook.RunDone {
		t.Errorf("%s: %s", s.Status, waiting(s))
	}
}

func TestPlaybooksAreKept(t *testing.T) {
	ctx := context.Background()
	r := openRoom(t, "", 1, "2026-11-27 09:00")
	n, acme, other := r.nodes[0], analyst("acme"), analyst("other")
	b := smallBook(1, fmt.Sprintf(manual, "One"))
	if err := r.importBook(acme, b, access.ForOrganisation("acme")); err != nil {
		t.Fatal(err)
	}
	doc, err := n.Playbook(ctx, r.now(acme).Ask, "playbook--00000000-0000-4000-8000-000000000001", "")
	if err != nil || string(doc.Bytes) != string(b) || doc.Digest != ledger.Digest(b) {
		t.Fatalf("%v %+v", err, doc)
	}
	if list, err := n.Playbooks(ctx, r.now(acme).Ask); err != nil || len(list) != 3 {
		t.Errorf("%v %+v", err, list)
	}
	if list, err := n.Playbooks(ctx, r.now(other).Ask); err != nil || len(list) != 2 {
		t.Errorf("others: %v %+v", err, list)
	}
	if _, err := n.Playbook(ctx, r.now(other).Ask, doc.ID, ""); problem.KindOf(err) != problem.NotFound {
		t.Errorf("others: %v", err)
	}
	changed := smallBook(1, fmt.Sprintf(manual, "Two"))
	if err := r.importBook(acme, changed, access.ForOrganisation("acme")); err == nil || !strings.Contains(err.Error(), "other bytes") {
		t.Errorf("another playbook under the same id and version: %v", err)
	}
	if err := r.importBook(other, changed, access.ForOrganisation("other")); err != nil {
		t.Errorf("another organisation's own: %v", err)
	}
	later := []byte(strings.Replace(string(changed), `"modified":"2026-01-02`, `"modified":"2026-01-03`, 1))
	if err := r.importBook(acme, later, access.ForOrganisation("acme")); err != nil {
		t.Fatal(err)
	}
	if doc, err = n.Playbook(ctx, r.now(acme).Ask, doc.ID, ""); err != nil || doc.Version != "2026-01-03T00:00:00.000Z" || len(doc.Versions) != 2 {
		t.Errorf("%v %+v", err, doc)
	}
	if doc, err = n.Playbook(ctx, r.now(acme).Ask, doc.ID, "2026-01-02T00:00:00.000Z"); err != nil || string(doc.Bytes) != string(b) {
		t.Errorf("%v %+v", err, doc)
	}
	if _, err := n.StartRun(ctx, acme, NewRun{Playbook: doc.ID, With: []string{"other"}}); problem.KindOf(err) != problem.Denied {
		t.Errorf("a run shared with who may not see its playbook: %v", err)
	}
}

// Several nodes on one store act at once: each step is ended once.
func TestRunsOfSeveralNodes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		ctx := context.Background()
		r := openRoom(t, url, 3, "2026-11-27 09:00")
		acme := analyst("acme")
		var steps []string
		for i := range 6 {
			steps = append(steps, fmt.Sprintf(manual, fmt.Sprint("step ", i)))
		}
		if err := r.importBook(acme, smallBook(1, steps...), access.ForOrganisation("acme")); err != nil {
			t.Fatal(err)
		}
		s, err := r.nodes[0].StartRun(ctx, acme, NewRun{Playbook: "playbook--00000000-0000-4000-8000-000000000001"})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 6 {
			var wg sync.WaitGroup
			done := make([]error, len(r.nodes))
			for j, n := range r.nodes {
				wg.Go(func() {
					_, done[j] = n.ActInRun(ctx, acme, s.ID, RunAct{Verb: "done", Step: fmt.Sprint("step ", i), By: fmt.Sprint("person ", j)})
				})
			}
			wg.Wait()
			well := 0
			for _, err := range done {
				if err == nil {
					well++
				} else if k := problem.KindOf(err); k != problem.NotFound && k != problem.Conflict {
					t.Fatal(err)
				}
			}
			if well != 1 {
				t.Fatalf("step %d was ended %d times: %v", i, well, done)
			}
		}
		if s, err = r.nodes[1].Run(ctx, r.now(acme).Ask, s.ID); err != nil || s.Status != playbook.RunDone {
			t.Errorf("%v %+v", err, s)
		}
	})
}

func TestConnector(t *testing.T) {
	ctx := context.Background()
	var mu sync.Mutex
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, req.Method+" "+req.URL.Path)
		if req.URL.Path == "/broken" {
			w.WriteHeader(http.StatusTeapot)
		}
		fmt.Fprint(w, "blocked 3 addresses")
	}))
	defer server.Close()
	send := func(path string) string {
		return fmt.Sprintf(`"name":"Block","targets":["http-api--00000000-0000-4000-8000-000000000001"],"out_args":["__answer__"],"commands":[{"type":"http-api","command":"POST %s HTTP/1.1","content":"x"}]`, path)
	}
	begin := func(t *testing.T, opts RunOptions, action string) (*room, string) {
		r := openRoom(t, "", 1, "2026-11-27 09:00")
		r.nodes[0].Connect(opts)
		b := strings.Replace(string(smallBook(1, action)), "https://firewall.example", server.URL, 1)
		if err := r.importBook(analyst("acme"), []byte(b), access.ForOrganisation("acme")); err != nil {
			t.Fatal(err)
		}
		s, err := r.nodes[0].StartRun(ctx, analyst("acme"), NewRun{Playbook: "playbook--00000000-0000-4000-8000-000000000001"})
		if err != nil {
			t.Fatal(err)
		}
		got = nil
		for range 3 {
			if err := r.nodes[0].TendOnce(ctx); err != nil {
				t.Fatal(err)
			}
		}
		return r, s.ID
	}
	state := func(r *room, id string) *RunState {
		s, err := r.nodes[0].Run(ctx, r.now(analyst("acme")).Ask, id)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	t.Run("off", func(t *testing.T) {
		r, id := begin(t, RunOptions{}, send("/block"))
		if s := state(r, id); len(got) > 0 || waiting(s) != "Block" || s.Waits[0].What != "to be done" {
			t.Errorf("%v %+v", got, s.Waits)
		}
	})
	t.Run("another host", func(t *testing.T) {
		r, id := begin(t, RunOptions{Hosts: []string{"firewall.example"}, Private: true}, send("/block"))
		if s := state(r, id); len(got) > 0 || waiting(s) != "Block" {
			t.Errorf("%v %+v", got, s.Waits)
		}
	})
	t.Run("a private address", func(t *testing.T) {
		r, id := begin(t, RunOptions{Hosts: []string{"127.0.0.1"}}, send("/block"))
		if s := state(r, id); len(got) > 0 || waiting(s) != "Block" {
			t.Errorf("%v %+v", got, s.Waits)
		}
	})
	t.Run("sent once", func(t *testing.T) {
		r, id := begin(t, RunOptions{Hosts: []string{"127.0.0.1"}, Private: true}, send("/block"))
		if s := state(r, id); !slices.Equal(got, []string{"POST /block"}) || s.Status != playbook.RunDone || s.Values()["__answer__"] != "blocked 3 addresses" {
			t.Errorf("%v %s %v", got, s.Status, s.Values())
		}
	})
	t.Run("refused there", func(t *testing.T) {
		r, id := begin(t, RunOptions{Hosts: []string{"127.0.0.1"}, Private: true}, send("/broken"))
		if s := state(r, id); len(got) != 1 || s.Tasks[1].Outcome != playbook.Failed || !strings.Contains(s.Tasks[1].Note, "418") {
			t.Errorf("%v %+v", got, s.Tasks[1])
		}
	})
	t.Run("stopped after it was sent", func(t *testing.T) {
		r, id := begin(t, RunOptions{}, send("/block"))
		n := r.nodes[0]
		err := n.changeRun(ctx, id, func(run *playbook.Run) (*playbook.Act, error) { return run.Send(run.Open()[0], n.now()) })
		if err != nil {
			t.Fatal(err)
		}
		n.Connect(RunOptions{Hosts: []string{"127.0.0.1"}, Private: true})
		if err := n.TendOnce(ctx); err != nil {
			t.Fatal(err)
		}
		if s := state(r, id); len(got) > 0 || !strings.Contains(s.Waits[0].What, "not known") {
			t.Errorf("%v %+v", got, s.Waits)
		}
	})
	t.Run("never", func(t *testing.T) {
		_, _ = begin(t, RunOptions{Hosts: []string{"127.0.0.1"}, Private: true}, `"name":"Shell","targets":["http-api--00000000-0000-4000-8000-000000000001"],"commands":[{"type":"bash","command":"rm -rf /"}]`)
		if len(got) > 0 {
			t.Errorf("%v", got)
		}
	})
}
