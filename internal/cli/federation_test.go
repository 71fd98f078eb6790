package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The federation of the test: three nodes, each of one organisation.
var federated = []string{"alpha", "beta", "gamma"}

const federation = `countersign: community/v1
community: fed
name: Federation
home: alpha
default: green
members:
  - {organisation: alpha, identities: [identity--00000000-0000-4000-8000-000000000001]}
  - {organisation: beta, identities: [identity--00000000-0000-4000-8000-000000000002]}
  - {organisation: gamma, identities: [identity--00000000-0000-4000-8000-000000000003]}
collections:
  - {id: 11111111-1111-4111-8111-111111111111, alias: all, title: All, read: members, write: members}
`

// fedNode is one node, run as a process of its own.
type fedNode struct {
	t      *testing.T
	number int
	name   string
	dir    string
	listen string
	tokens map[string]string // of the others' members here, and of its own
	cmd    *exec.Cmd
	log    bytes.Buffer
}

func (n *fedNode) run(args ...string) string {
	n.t.Helper()
	c := exec.CommandContext(n.t.Context(), "countersign", append([]string{"--data", n.dir}, args...)...)
	c.Env = append(os.Environ(), "TEST_NOW=")
	out, err := c.CombinedOutput()
	if err != nil {
		n.t.Fatalf("%s: %v: %v\n%s", n.name, args, err, out)
	}
	return string(out)
}

func (n *fedNode) start() {
	n.t.Helper()
	n.cmd = exec.CommandContext(n.t.Context(), "countersign", "--data", n.dir, "serve", "--listen", n.listen)
	n.cmd.Env = append(os.Environ(), "TEST_NOW=")
	n.cmd.Stderr = &n.log
	if err := n.cmd.Start(); err != nil {
		n.t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		if r, err := http.Get("http://" + n.listen + "/healthz"); err == nil {
			r.Body.Close()
			return
		}
		if time.Now().After(deadline) {
			n.t.Fatalf("%s does not start\n%s", n.name, n.log.String())
		}
	}
}

// kill ends the node without a word.
func (n *fedNode) kill() {
	if err := n.cmd.Process.Kill(); err != nil {
		n.t.Fatal(err)
	}
	n.cmd.Wait() // killed, it says
}

// ask asks the node's TAXII door as its own member.
func (n *fedNode) ask(method, path string, body []byte) (int, []byte) {
	r, err := http.NewRequestWithContext(n.t.Context(), method, "http://"+n.listen+"/taxii2/fed/collections/all/"+path, bytes.NewReader(body))
	if err != nil {
		n.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+n.tokens[n.name])
	r.Header.Set("Accept", "application/taxii+json;version=2.1")
	if body != nil {
		r.Header.Set("Content-Type", "application/taxii+json;version=2.1")
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil // it may just have been killed
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, b
}

// give shares objects of the node's own, until the node has taken them.
func (n *fedNode) give(first, count int) {
	n.t.Helper()
	var b strings.Builder
	b.WriteString(`{"objects":[`)
	for i := range count {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"type":"indicator","spec_version":"2.1","id":"indicator--%08x-0000-4000-8000-%012x","created_by_ref":"identity--00000000-0000-4000-8000-00000000000%d",`+
			`"created":"2021-01-01T00:00:00.000Z","modified":"2021-01-01T00:00:00.000Z","name":"n","pattern":"[domain-name:value = 'a%d.example']","pattern_type":"stix","valid_from":"2021-01-01T00:00:00Z",`+
			`"object_marking_refs":["marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"]}`, n.number, first+i, n.number+1, first+i)
	}
	b.WriteString(`]}`)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		status, answer := n.ask(http.MethodPost, "objects/", []byte(b.String()))
		if status == http.StatusAccepted {
			return
		}
		if status != 0 || time.Now().After(deadline) {
			n.t.Fatalf("%s: %d %s", n.name, status, answer)
		}
	}
}

// holds is the ids that the node has, and how many times one came twice.
func (n *fedNode) holds() (ids map[string]bool, twice int) {
	ids = map[string]bool{}
	next := ""
	for {
		status, b := n.ask(http.MethodGet, "manifest/?limit=1000&match[version]=all"+next, nil)
		if status != http.StatusOK {
			return ids, twice
		}
		var page struct {
			More    bool
			Next    string
			Objects []struct{ ID, Version string }
		}
		if err := json.Unmarshal(b, &page); err != nil {
			n.t.Fatal(err)
		}
		for _, o := range page.Objects {
			if ids[o.ID+o.Version] {
				twice++
			}
			ids[o.ID+o.Version] = true
		}
		if !page.More {
			return ids, twice
		}
		next = "&next=" + page.Next
	}
}

// freeAddress is an address on this machine that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// TestFederation lets three nodes share with each other, kills them in the middle,
// and expects each to have everything in the end, and nothing twice.
// COUNTERSIGN_FEDERATION=N shares N objects in all.
func TestFederation(t *testing.T) {
	total := 600
	if n, err := strconv.Atoi(os.Getenv("COUNTERSIGN_FEDERATION")); err == nil {
		total = n
	}
	each := total / len(federated)
	nodes := federate(t)
	r := rand.New(rand.NewPCG(1, uint64(total)))
	batch := min(1000, max(1, each/4))
	for done := 0; done < each; done += batch {
		for _, n := range nodes {
			n.give(done, min(batch, each-done))
		}
		if victim := nodes[r.IntN(len(nodes))]; done/batch < 4 {
			victim.kill()
			victim.start()
		}
	}
	shared := time.Now()
	for deadline := shared.Add(10 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
		whole := 0
		for _, n := range nodes {
			ids, twice := n.holds()
			if twice > 0 {
				t.Fatalf("%s has %d twice", n.name, twice)
			}
			if len(ids) == each*len(nodes) {
				whole++
			}
		}
		if whole == len(nodes) {
			t.Logf("%d objects on %d nodes, %s after the last was shared", each*len(nodes), whole, time.Since(shared).Round(time.Millisecond))
			break
		}
		if time.Now().After(deadline) {
			for _, n := range nodes {
				ids, _ := n.holds()
				t.Logf("%s has %d of %d\n%s\n%s", n.name, len(ids), each*len(nodes), n.run("peer", "list"), n.log.String())
			}
			t.Fatal("they do not come together")
		}
	}
}

// federate starts the nodes, each of which pulls from both others.
func federate(t *testing.T) []*fedNode {
	t.Helper()
	var nodes []*fedNode
	community := filepath.Join(t.TempDir(), "fed.yaml")
	if err := os.WriteFile(community, []byte(federation), 0o600); err != nil {
		t.Fatal(err)
	}
	for i, name := range federated {
		n := &fedNode{t: t, number: i, name: name, dir: filepath.Join(t.TempDir(), name), listen: freeAddress(t), tokens: map[string]string{}}
		n.run("import", community)
		for _, member := range append([]string{name}, federated...) {
			if n.tokens[member] != "" {
				continue
			}
			n.run("member", "add", member+"-node", "--organisation", member, "--role", "analyst")
			n.tokens[member] = strings.TrimSpace(lastLine(n.run("member", "token", member+"-node")))
		}
		nodes = append(nodes, n)
	}
	for _, n := range nodes {
		for _, other := range nodes {
			if other == n {
				continue
			}
			secret := filepath.Join(t.TempDir(), "secret")
			if err := os.WriteFile(secret, []byte(other.tokens[n.name]), 0o600); err != nil {
				t.Fatal(err)
			}
			n.run("peer", "add", "http://"+other.listen+"/taxii2/fed/", "all", "--with", "fed/all", "--organisation", other.name, "--relays", "--secret-file", secret, "--every", "1s")
		}
		n.start()
		t.Cleanup(n.kill)
	}
	return nodes
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}
