package node

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/incident/playbook"
	"countersign.dev/internal/intake"
)

// The variables that make the test binary a responder to be killed.
const (
	runVictimData = "COUNTERSIGN_RUN_VICTIM_DATA"
	runVictimRun  = "COUNTERSIGN_RUN_VICTIM_RUN"
)

// loopBook repeats two steps at once and a third, until that says that it is
// enough.
const loopBook = `{"type":"playbook","spec_version":"cacao-2.0","id":"playbook--00000000-0000-4000-8000-000000000007","name":"Rounds",
"created_by":"identity--00000000-0000-4000-8000-000000000000","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-02T00:00:00.000Z",
"playbook_variables":{"__more__":{"type":"bool","value":"true"}},
"workflow_start":"start--00000000-0000-4000-8000-000000000000","agent_definitions":{"group--00000000-0000-4000-8000-000000000001":{"type":"group","name":"All"}},
"workflow":{
"start--00000000-0000-4000-8000-000000000000":{"type":"start","on_completion":"while-condition--00000000-0000-4000-8000-000000000001"},
"while-condition--00000000-0000-4000-8000-000000000001":{"type":"while-condition","condition":"__more__:value","on_true":"parallel--00000000-0000-4000-8000-000000000001","on_completion":"end--00000000-0000-4000-8000-000000000001"},
"parallel--00000000-0000-4000-8000-000000000001":{"type":"parallel","next_steps":["action--00000000-0000-4000-8000-000000000001","action--00000000-0000-4000-8000-000000000002"],"on_completion":"action--00000000-0000-4000-8000-000000000003"},
"action--00000000-0000-4000-8000-000000000001":{"type":"action","name":"left","agent":"group--00000000-0000-4000-8000-000000000001","commands":[{"type":"manual","command":"x"}],"on_completion":"end--00000000-0000-4000-8000-000000000002"},
"action--00000000-0000-4000-8000-000000000002":{"type":"action","name":"right","agent":"group--00000000-0000-4000-8000-000000000001","commands":[{"type":"manual","command":"x"}],"on_completion":"end--00000000-0000-4000-8000-000000000003"},
"action--00000000-0000-4000-8000-000000000003":{"type":"action","name":"round","agent":"group--00000000-0000-4000-8000-000000000001","commands":[{"type":"manual","command":"x"}],"out_args":["__more__"],"on_completion":"end--00000000-0000-4000-8000-000000000004"},
"end--00000000-0000-4000-8000-000000000001":{"type":"end"},"end--00000000-0000-4000-8000-000000000002":{"type":"end"},"end--00000000-0000-4000-8000-000000000003":{"type":"end"},"end--00000000-0000-4000-8000-000000000004":{"type":"end"}}}`

// endOne ends the first open task of a run.
func endOne(ctx context.Context, n *Node, id, more string) (task int, err error) {
	ask := access.Ask{Reader: access.Operator, At: access.At{Position: access.Now}}
	s, err := n.Run(ctx, ask, id)
	if err != nil || len(s.Waits) == 0 {
		return 0, err
	}
	a := RunAct{Verb: "done", Step: strconv.Itoa(s.Waits[0].Task), By: "victim"}
	if s.Waits[0].Name == "round" {
		a.Values = map[string]string{"__more__": more}
	}
	_, err = n.ActInRun(ctx, access.Operator, id, a)
	return s.Waits[0].Task, err
}

// TestRunVictim is no test but what TestRunsSurviveKills kills: it ends tasks as
// fast as it can, and prints each once that is durable.
func TestRunVictim(t *testing.T) {
	data := os.Getenv(runVictimData)
	if data == "" {
		return
	}
	n, err := Open(context.Background(), Options{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	for {
		task, err := endOne(context.Background(), n, os.Getenv(runVictimRun), "true")
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("ended %d\n", task)
	}
}

// A node that is killed at any moment goes on where it was: what it said was done
// is done, nothing is done twice, and every step comes in its turn.
func TestRunsSurviveKills(t *testing.T) {
	ctx := context.Background()
	data := filepath.Join(t.TempDir(), "data")
	n, err := Open(ctx, Options{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.Import(ctx, access.Operator, []intake.File{{Name: "rounds.json", Bytes: []byte(loopBook)}}, ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	s, err := n.StartRun(ctx, access.Operator, NewRun{Playbook: "playbook--00000000-0000-4000-8000-000000000007", Owner: "acme"})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	said := map[int]bool{}
	const kills = 5
	for range kills {
		for _, task := range killResponder(t, data, s.ID) {
			if said[task] {
				t.Errorf("task %d was ended twice", task)
			}
			said[task] = true
		}
	}
	if n, err = Open(ctx, Options{Data: data}); err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	for {
		task, err := endOne(ctx, n, s.ID, "false")
		if err != nil {
			t.Fatal(err)
		}
		if task == 0 {
			break
		}
		said[task] = true
	}
	if s, err = n.Run(ctx, access.Ask{Reader: access.Operator, At: access.At{Position: access.Now}}, s.ID); err != nil {
		t.Fatal(err)
	}
	if s.Status != playbook.RunDone {
		t.Errorf("it is %s", s.Status)
	}
	begun, ended := map[string]int{}, map[int]int{}
	for i, a := range s.Acts {
		if a.Sequence != i+1 {
			t.Fatalf("act %d has the number %d", i+1, a.Sequence)
		}
		if a.Verb == playbook.Begun {
			begun[a.Step[:len(a.Step)-36]+a.Step[len(a.Step)-1:]]++
		}
		if a.Verb == playbook.Ended {
			ended[a.Of]++
		}
	}
	for task := range said {
		if ended[task] != 1 {
			t.Errorf("task %d was said to be ended, and was %d times", task, ended[task])
		}
	}
	for task, times := range ended {
		if times != 1 {
			t.Errorf("task %d was ended %d times", task, times)
		}
	}
	rounds := begun["action--3"]
	t.Logf("%d rounds, %d acts, killed %d times", rounds, len(s.Acts), kills)
	for _, step := range []string{"parallel--1", "action--1", "action--2", "end--2", "end--3", "end--4"} {
		if begun[step] != rounds {
			t.Errorf("%s was begun %d times in %d rounds", step, begun[step], rounds)
		}
	}
	if len(said) < kills {
		t.Errorf("only %d tasks were ended: the test tests little", len(said))
	}
}

// killResponder runs a victim, kills it and returns the tasks that it said were
// ended.
func killResponder(t *testing.T, data, run string) (out []int) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestRunVictim$")
	cmd.Env = append(os.Environ(), runVictimData+"="+data, runVictimRun+"="+run)
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(pipe)
	for lines.Scan() {
		number, ok := strings.CutPrefix(lines.Text(), "ended ")
		if !ok {
			continue
		}
		task, err := strconv.Atoi(number)
		if err != nil {
			t.Fatal(err)
		}
		if len(out) == 0 {
			time.AfterFunc(time.Duration(rand.IntN(300_000))*time.Microsecond, func() { cmd.Process.Kill() })
		}
		out = append(out, task)
	}
	cmd.Wait()
	return out
}
