package playbook

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/problem"
)

const testRun = "run--00000000-0000-4000-8000-000000000000"

// player drives a run as a node does: it keeps the acts, and before each step it
// may forget all but them.
type player struct {
	t      testing.TB
	acts   []*Act
	run    *Run
	books  Books
	now    time.Time
	called map[string]*Playbook
	clock  map[string]time.Time
}

func parsed(t testing.TB, b []byte) *Playbook {
	t.Helper()
	p, err := Parse(b, Limits{})
	if err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	return p
}

func play(t testing.TB, b []byte, values map[string]string) *player {
	t.Helper()
	p := parsed(t, b)
	x := &player{t: t, books: Books{"sha256:top": p}, now: now, called: map[string]*Playbook{}, clock: map[string]time.Time{}}
	given, err := p.NewValues(values)
	if err != nil {
		t.Fatal(err)
	}
	x.acts = []*Act{Begin(testRun, Start{Playbook: p.ID, Version: p.Version, Digest: "sha256:top", Name: p.Name, Owner: "acme", Values: given}, Person{Member: "ann"}, "", now)}
	x.forget()
	x.settle()
	return x
}

// forget folds the run anew from its acts as they are written.
func (x *player) forget() {
	x.t.Helper()
	acts := make([]*Act, len(x.acts))
	for i, a := range x.acts {
		b, err := a.Marshal()
		if err != nil {
			x.t.Fatal(err)
		}
		if acts[i], err = ParseAct(b); err != nil {
			x.t.Fatal(err)
		}
	}
	for _, a := range acts {
		if a.Playbook != "" {
			x.books[a.Playbook] = x.called[strings.TrimPrefix(a.Playbook, "sha256:")]
		}
	}
	run, err := Fold(acts, maps.Clone(x.books))
	if err != nil {
		x.t.Fatal(err)
	}
	x.run = run
}

func (x *player) world() World {
	return World{
		Now:   x.now,
		Call:  func(id, _ string) (*Playbook, string) { return x.called[id], "sha256:" + id },
		Clock: func(name string) (time.Time, bool) { c, ok := x.clock[name]; return c, ok },
	}
}

func (x *player) settle() {
	for {
		out, err := x.run.Next(x.world())
		if err != nil {
			x.t.Fatal(err)
		}
		if len(out) == 0 {
			return
		}
		x.acts = append(x.acts, out...)
	}
}

// do does something to the open task of a step.
func (x *player) do(step string, by string, d Doing) error {
	x.t.Helper()
	x.settle()
	for _, t := range x.run.Open() {
		if t.Name == step {
			a, err := x.run.Do(t.Of, Person{Member: by, Role: "analyst"}, d, x.now)
			if err == nil {
				x.acts = append(x.acts, a)
				x.settle()
			}
			return err
		}
	}
	return fmt.Errorf("%s is not open; %s", step, x.open())
}

func (x *player) done(step string, values map[string]string) {
	x.t.Helper()
	if err := x.do(step, "ann", Doing{Verb: Ended, Values: values}); err != nil {
		x.t.Fatal(err)
	}
}

// open is the names of the steps that wait for people, in order.
func (x *player) open() string {
	var out []string
	for _, t := range x.run.Open() {
		if t.Type == TypeAction || t.Type == TypePlaybook {
			out = append(out, t.Name)
		}
	}
	return strings.Join(out, ", ")
}

func (x *player) want(open string, status Status) {
	x.t.Helper()
	if x.open() != open || x.run.Status != status {
		x.t.Errorf("open are %q and it is %s, want %q and %s", x.open(), x.run.Status, open, status)
	}
	was := asJSON(x.t, x.run)
	x.forget()
	if diff := cmp.Diff(was, asJSON(x.t, x.run)); diff != "" {
		x.t.Errorf("folded anew it is another:\n%s", diff)
	}
}

func asJSON(t testing.TB, v any) string {
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestRuns(t *testing.T) {
	end := func(n int) string { return fmt.Sprintf(`end %d: "description":"x"`, n) }
	t.Run("one after the other", func(t *testing.T) {
		x := play(t, book("", `action 1: "on_completion":@action-2.`, `action 2: "on_completion":@end-99.`), nil)
		x.want("step 1", Running)
		x.done("step 1", nil)
		x.want("step 2", Running)
		x.done("step 2", nil)
		x.want("", RunDone)
	})
	t.Run("success and failure", func(t *testing.T) {
		b := book("", `action 1: "on_success":@action-2.,"on_failure":@action-3.`, `action 2: "on_completion":@end-99.`, `action 3: "on_completion":@end-99.`)
		x := play(t, b, nil)
		if err := x.do("step 1", "ann", Doing{Verb: Ended, Failed: true, Note: "no such host"}); err != nil {
			t.Fatal(err)
		}
		x.want("step 3", Running)
		x = play(t, b, nil)
		x.done("step 1", nil)
		x.want("step 2", Running)
	})
	t.Run("if", func(t *testing.T) {
		b := book(`"__n__":{"type":"integer","external":true}`, `if-condition 1: "condition":"__n__:value >= 3","on_true":@action-2.,"on_false":@action-3.,"on_completion":@action-4.`,
			`action 2: "on_completion":@end-5.`, `action 3: "on_completion":@end-6.`, `action 4: "on_completion":@end-99.`, end(5), end(6))
		x := play(t, b, map[string]string{"__n__": "10"})
		x.want("step 2", Running)
		x.done("step 2", nil)
		x.want("step 4", Running)
		x = play(t, b, map[string]string{"__n__": "2"})
		x.want("step 3", Running)
	})
	t.Run("while", func(t *testing.T) {
		x := play(t, book(`"__more__":{"type":"bool","value":"true"}`, `while-condition 1: "condition":"__more__:value","on_true":@action-2.,"on_completion":@end-99.`,
			`action 2: "out_args":["__more__"],"on_completion":@end-3.`, end(3)), nil)
		for range 3 {
			x.want("step 2", Running)
			x.done("step 2", map[string]string{"__more__": "true"})
		}
		x.done("step 2", map[string]string{"__more__": "false"})
		x.want("", RunDone)
	})
	t.Run("while without an end", func(t *testing.T) {
		x := play(t, book(`"__more__":{"type":"bool","external":true}`, `while-condition 1: "condition":"__more__:value","on_true":@end-2.,"on_completion":@end-99.`, end(2)), map[string]string{"__more__": "true"})
		x.want("", RunDone) // what is to be done on completion is done
		if got := x.run.Tasks[1]; got.Outcome != Failed || !strings.Contains(got.Note, "1000 turns") {
			t.Errorf("%+v", got)
		}
	})
	t.Run("switch", func(t *testing.T) {
		b := book(`"__k__":{"type":"string","external":true}`, `switch-condition 1: "switch":"__k__:value","cases":{"red":@action-2.,"default":@action-3.},"on_completion":@end-99.`,
			`action 2: "on_completion":@end-4.`, `action 3: "on_completion":@end-5.`, end(4), end(5))
		play(t, b, map[string]string{"__k__": "red"}).want("step 2", Running)
		play(t, b, map[string]string{"__k__": "blue"}).want("step 3", Running)
	})
	t.Run("parallel", func(t *testing.T) {
		x := play(t, book("", `parallel 1: "next_steps":[@action-2.,@action-3.],"on_completion":@action-4.`, `action 2: "on_completion":@end-5.`, `action 3: "on_completion":@end-6.`, `action 4: "on_completion":@end-99.`, end(5), end(6)), nil)
		x.want("step 2, step 3", Running)
		x.done("step 3", nil)
		x.want("step 2", Running)
		x.done("step 2", nil)
		x.want("step 4", Running)
	})
	t.Run("exception", func(t *testing.T) {
		b := strings.Replace(string(book("", `parallel 1: "next_steps":[@action-2.,@action-3.],"on_completion":@end-99.`, `action 2: "on_success":@end-5.`, `action 3: "on_completion":@end-6.`, `action 4: "on_completion":@end-7.`, end(5), end(6), end(7))),
			`"workflow_start"`, `"workflow_exception":"`+id("action", 4)+`","workflow_start"`, 1)
		x := play(t, []byte(b), nil)
		if err := x.do("step 2", "ann", Doing{Verb: Ended, Failed: true, Note: "it broke"}); err != nil {
			t.Fatal(err)
		}
		x.want("step 4", Running)
		x.done("step 4", nil)
		x.want("", RunFailed)
	})
	t.Run("failure without an exception", func(t *testing.T) {
		x := play(t, book("", `action 1: "on_success":@end-99.`), nil)
		if err := x.do("step 1", "ann", Doing{Verb: Ended, Failed: true, Note: "it broke"}); err != nil {
			t.Fatal(err)
		}
		x.want("", RunFailed)
	})
	t.Run("condition without a value", func(t *testing.T) {
		x := play(t, book(`"__n__":{"type":"integer"}`, `if-condition 1: "condition":"__n__:value > 3","on_true":@end-2.,"on_success":@end-99.,"on_failure":@action-3.`, end(2), `action 3: "on_completion":@end-99.`), nil)
		x.want("step 3", Running)
	})
	t.Run("cancelled", func(t *testing.T) {
		x := play(t, book("", `action 1: "on_completion":@end-99.`), nil)
		a, err := x.run.Cancel(Person{Member: "ann"}, "a false alarm", x.now)
		if err != nil {
			t.Fatal(err)
		}
		x.acts = append(x.acts, a)
		x.want("", CalledOff)
		if _, err := x.run.Do(x.run.Tasks[1].Of, Person{Member: "ann"}, Doing{Verb: Ended}, x.now); problem.KindOf(err) != problem.Conflict {
			t.Errorf("%v", err)
		}
	})
}

func TestCalledPlaybook(t *testing.T) {
	inner := strings.NewReplacer("playbook--00000000-0000-4000-8000-000000000000", "playbook--00000000-0000-4000-8000-000000000001", "step 1", "inner").Replace(string(
		book(`"__in__":{"type":"string","external":true},"__back__":{"type":"string"}`, `action 1: "in_args":["__in__"],"out_args":["__back__"],"on_success":@end-99.`)))
	outer := book(`"__in__":{"type":"string","value":"x"},"__back__":{"type":"string"}`,
		`playbook-action 1: "playbook_id":"playbook--00000000-0000-4000-8000-000000000001","in_args":["__in__"],"out_args":["__back__"],"on_success":@action-2.,"on_failure":@action-3.`,
		`action 2: "on_completion":@end-99.`, `action 3: "on_completion":@end-99.`)
	begin := func() *player {
		x := play(t, outer, nil)
		x.want("step 1", Running) // it is not held: people do it
		x.called["playbook--00000000-0000-4000-8000-000000000001"] = parsed(t, []byte(inner))
		x.settle()
		x.want("step 1, inner", Running)
		return x
	}
	x := begin()
	x.done("inner", map[string]string{"__back__": "y"})
	x.want("step 2", Running)
	if got := x.run.Values()["__back__"]; got != "y" {
		t.Errorf("it gave back %q", got)
	}
	x = begin()
	if err := x.do("inner", "ann", Doing{Verb: Ended, Failed: true, Note: "no"}); err != nil {
		t.Fatal(err)
	}
	x.want("step 3", Running)
	x = begin()
	if err := x.do("step 1", "ann", Doing{Verb: Ended}); err == nil || !strings.Contains(err.Error(), "ends by itself") {
		t.Errorf("%v", err)
	}
}

// A playbook that calls itself by way of another ends, at the fifth call.
func TestPlaybooksCallEachOther(t *testing.T) {
	a := book("", `playbook-action 1: "playbook_id":"playbook--00000000-0000-4000-8000-000000000001","on_completion":@end-99.`)
	b := strings.NewReplacer("playbook--00000000-0000-4000-8000-000000000000", "playbook--00000000-0000-4000-8000-000000000001",
		"playbook--00000000-0000-4000-8000-000000000001", "playbook--00000000-0000-4000-8000-000000000000").Replace(string(a))
	x := play(t, a, nil)
	x.called["playbook--00000000-0000-4000-8000-000000000000"], x.called["playbook--00000000-0000-4000-8000-000000000001"] = parsed(t, a), parsed(t, []byte(b))
	x.settle()
	x.want("", RunDone)
	if !slices.ContainsFunc(x.run.Tasks, func(t *Task) bool { return strings.Contains(t.Note, "deep") }) {
		t.Error("nothing says why it ended")
	}
}

func TestApprovalsAndDeadlines(t *testing.T) {
	b := strings.Replace(string(book("", `action 1: "timeout":3600000,"step_extensions":{"`+ExtensionID+`":{"phase":"containment","clock":"d/report","approvals":{"count":2,"roles":["analyst"]}}},"on_completion":@end-99.`,
		`action 2: "delay":60000,"on_completion":@end-99.`)), `"workflow_start"`,
		`"extension_definitions":{"`+ExtensionID+`":{"type":"extension-definition","name":"n","created_by":"identity--00000000-0000-4000-8000-000000000000","schema":"s","version":"1.0.0"}},"workflow_start"`, 1)
	b = strings.Replace(b, `"approvals":{"count":2,"roles":["analyst"]}}},"on_completion":"end--00000000-0000-4000-8000-000000000099"`, `"approvals":{"count":2,"roles":["analyst"]}}},"on_completion":"action--00000000-0000-4000-8000-000000000002"`, 1)
	x := play(t, []byte(b), nil)
	task := x.run.Open()[0]
	if task.Needs != 2 || task.Phase != "containment" || !task.Due.Equal(now.Add(time.Hour)) {
		t.Fatalf("%+v", task)
	}
	for _, c := range []struct{ by, problem string }{{"bob", ""}, {"bob", "already"}, {"ann", ""}} {
		if err := x.do("step 1", c.by, Doing{Verb: Approved}); (err == nil) != (c.problem == "") || err != nil && !strings.Contains(err.Error(), c.problem) {
			t.Errorf("%s approves: %v", c.by, err)
		}
	}
	for _, d := range []Doing{{Verb: Approved}, {Verb: Ended}} {
		if _, err := x.run.Do(task.Of, Person{Member: "ann", Name: "cid", Role: "analyst"}, d, x.now); err == nil {
			t.Errorf("who signs in has become somebody else: %s", d.Verb)
		}
	}
	if err := x.do("step 1", "ann", Doing{Verb: Ended}); err == nil || !strings.Contains(err.Error(), "1 of 2 approvals by others") {
		t.Errorf("who does it approves it: %v", err)
	}
	if _, err := x.run.Do(task.Of, Person{Member: "eve", Role: "maker"}, Doing{Verb: Approved}, x.now); problem.KindOf(err) != problem.Denied {
		t.Errorf("a maker approves: %v", err)
	}
	x.clock["d/report"] = now.Add(30 * time.Minute)
	x.now = now.Add(29 * time.Minute)
	x.settle()
	if x.run.Open()[0].Late {
		t.Error("late before its time")
	}
	x.now = now.Add(31 * time.Minute)
	x.settle()
	if got := x.run.Open()[0]; !got.Late || !got.Due.Equal(now.Add(30*time.Minute)) {
		t.Errorf("%+v", got)
	}
	if err := x.do("step 1", "eve", Doing{Verb: Ended}); err != nil {
		t.Fatal(err)
	}
	if err := x.do("step 2", "eve", Doing{Verb: Ended}); err == nil || !strings.Contains(err.Error(), "not to begin before") {
		t.Errorf("before its delay: %v", err)
	}
	x.now = x.now.Add(time.Minute)
	x.done("step 2", nil)
	x.want("", RunDone)
}

func TestVariablesAreChecked(t *testing.T) {
	x := play(t, book(`"__n__":{"type":"integer"}`, `action 1: "out_args":["__n__"],"on_completion":@end-99.`), nil)
	for value, want := range map[string]string{"x": "a whole number", "1.5": "a whole number"} {
		if err := x.do("step 1", "ann", Doing{Verb: Ended, Values: map[string]string{"__n__": value}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", value, err)
		}
	}
	if err := x.do("step 1", "ann", Doing{Verb: Ended, Values: map[string]string{"__n__": "1", "__m__": "2"}}); err == nil || !strings.Contains(err.Error(), "does not set __m__") {
		t.Errorf("%v", err)
	}
	if err := x.do("step 1", "ann", Doing{Verb: Ended}); err == nil || !strings.Contains(err.Error(), "give its value") {
		t.Errorf("%v", err)
	}
	x.done("step 1", map[string]string{"__n__": "7"})
	if _, err := parsed(t, book(`"__n__":{"type":"integer","external":true}`, `action 1: "in_args":["__n__"],"on_completion":@end-99.`)).NewValues(nil); err == nil || !strings.Contains(err.Error(), "must be given") {
		t.Errorf("%v", err)
	}
}

// A run that is folded anew before everything that happens comes to the same end
// as one that never stopped, and every step is done as often as the playbook, read
// by itself, says.
func TestRunsSurviveStops(t *testing.T) {
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 1))
		g := &grower{r: r}
		steps, first := g.sequence(3, 99)
		b := book(`"__more__":{"type":"bool","value":"false"}`, steps...)
		b = []byte(strings.Replace(string(b), fmt.Sprintf("%q", id("start", 0))+`:{"type":"start","on_completion":`+fmt.Sprintf("%q", firstOfBook(steps)), fmt.Sprintf("%q", id("start", 0))+`:{"type":"start","on_completion":`+fmt.Sprintf("%q", first), 1))
		got, err := Lint(b, Limits{}, now)
		if err != nil || !got.Valid {
			t.Fatalf("seed %d: %v %+v\n%s", seed, err, got, b)
		}
		x := play(t, b, nil)
		did := map[string]int{}
		for turns := 0; x.run.Status == Running; turns++ {
			if turns > 2000 {
				t.Fatalf("seed %d: no end", seed)
			}
			x.forget()
			if r.IntN(3) == 0 {
				x.settle() // what follows by itself is there already
				x.forget()
			}
			open := x.run.Open()
			open = slices.DeleteFunc(open, func(t *Task) bool { return t.Type != TypeAction })
			task := open[r.IntN(len(open))]
			a, err := x.run.Do(task.Of, Person{Member: "ann"}, Doing{Verb: Ended}, x.now)
			if err != nil {
				t.Fatal(err)
			}
			x.acts = append(x.acts, a)
			did[task.Step]++
			x.settle()
		}
		want := map[string]int{}
		p := parsed(t, b)
		interpret(p, p.Start, want)
		if diff := cmp.Diff(want, did); diff != "" || x.run.Status != RunDone {
			t.Fatalf("seed %d: %s: %s\n%s", seed, x.run.Status, diff, b)
		}
	}
}

func firstOfBook(steps []string) string {
	head, _, _ := strings.Cut(steps[0], ":")
	kind, number, _ := strings.Cut(head, " ")
	var n int
	fmt.Sscan(number, &n)
	return id(kind, n)
}

// interpret runs a playbook the plain way, by recursion, and counts what is done.
func interpret(p *Playbook, step string, did map[string]int) {
	for step != "" {
		s := p.Steps[step]
		switch s.Type {
		case TypeAction:
			did[s.ID]++
		case TypeParallel:
			for _, b := range s.Next {
				interpret(p, b, did)
			}
		case TypeIf:
			if s.If == "true" {
				interpret(p, s.OnTrue, did)
			} else {
				interpret(p, s.OnFalse, did)
			}
		}
		step = s.OnCompletion
	}
}

// grower grows workflows of sequences, parallels and conditions in each other.
type grower struct {
	r *rand.Rand
	n int
}

func (g *grower) id() int { g.n++; return g.n + 100 }

// sequence is one to three steps that lead to an end step, which it makes unless
// it is given one, and the id of the first.
func (g *grower) sequence(depth, last int) (steps []string, first string) {
	next := id("end", last)
	if last == 0 {
		n := g.id()
		next = id("end", n)
		steps = append(steps, fmt.Sprintf(`end %d: "description":"x"`, n))
	}
	for range 1 + g.r.IntN(3) {
		n := g.id()
		switch kind := g.r.IntN(4); {
		case kind == 0 && depth > 0:
			a, firstA := g.sequence(depth-1, 0)
			b, firstB := g.sequence(depth-1, 0)
			steps = append(slices.Concat(steps, a, b), fmt.Sprintf(`parallel %d: "next_steps":[%q,%q],"on_completion":%q`, n, firstA, firstB, next))
			next = id("parallel", n)
		case kind == 1 && depth > 0:
			a, firstA := g.sequence(depth-1, 0)
			b, firstB := g.sequence(depth-1, 0)
			steps = append(slices.Concat(steps, a, b), fmt.Sprintf(`if-condition %d: "condition":"%t","on_true":%q,"on_false":%q,"on_completion":%q`, n, g.r.IntN(2) == 0, firstA, firstB, next))
			next = id("if-condition", n)
		default:
			steps = append(steps, fmt.Sprintf(`action %d: "on_completion":%q`, n, next))
			next = id("action", n)
		}
	}
	return steps, next
}

func FuzzAct(f *testing.F) {
	f.Add([]byte(`{"playbook_act":"playbook-act/v1","run":"` + testRun + `","sequence":2,"verb":"begun","at":"2026-01-01T00:00:00Z","step":"x"}`))
	f.Add([]byte(`{"playbook_act":"playbook-act/v1","run":"` + testRun + `","sequence":2,"verb":"ended","of":1,"at":"2026-01-01T00:00:00Z","values":{"__a__":"1"}}`))
	p, err := Parse(book("", `action 1: "on_completion":@end-99.`), Limits{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := ParseAct(b)
		if err != nil {
			return
		}
		start := Begin(testRun, Start{Digest: "d"}, Person{Member: "ann"}, "", now)
		if r, err := Fold([]*Act{start, a}, Books{"d": p}); err == nil {
			_, _ = r.Next(World{Now: now})
		}
	})
}
