package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"countersign.dev/internal/access"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/server"
	"countersign.dev/internal/sharing"
)

type benchTaxiiFlags struct {
	objects int
	pages   int
}

func (a *app) benchTaxii() *cobra.Command {
	var f benchTaxiiFlags
	c := command("taxii", "Objects a second that are shared, and pages of a large collection, over HTTP", 0, 0, func(cmd *cobra.Command, _ []string) error {
		if f.objects < 1000 || f.objects > 10_000_000 || f.pages < 10 {
			return usage(cmd, "want 1,000 to 10,000,000 objects and 10 pages or more")
		}
		return a.runBenchTaxii(cmd.Context(), &f)
	})
	c.Long = "Taxii serves a new store on this machine and, with one client, shares indicators in\nenvelopes of 100, validated and durable before each is answered; then reads pages of\n100 from anywhere in the collection, as another organisation; and then all of it in\npages of 1000. With --db the store is that one, which must be new."
	c.Flags().IntVar(&f.objects, "objects", 20_000, "objects shared, `N`")
	c.Flags().IntVar(&f.pages, "pages", 300, "pages read, `N`")
	return c
}

// benchCommunity is who shares in the measurement.
const benchCommunity = `countersign: community/v1
community: bench
name: Bench
home: giver
default: green
members:
  - {organisation: giver}
  - {organisation: taker}
collections:
  - {id: 11111111-1111-4111-8111-111111111111, alias: all, title: All, read: members, write: members}
`

// taxiiMeasured is what was measured.
type taxiiMeasured struct {
	Objects   int       `json:"objects"`
	Engine    string    `json:"engine"`
	Rates     []float64 `json:"objects_per_second"` // shared, for each fifth of the objects
	PageP50   float64   `json:"page_p50_ms"`
	PageP99   float64   `json:"page_p99_ms"`
	AfterP99  float64   `json:"added_after_p99_ms"`
	FirstPage float64   `json:"first_page_ms"` // of the process: the index is made
	Drain     float64   `json:"drain_objects_per_second"`
}

func (a *app) runBenchTaxii(ctx context.Context, f *benchTaxiiFlags) error {
	dir, err := os.MkdirTemp("", "countersign-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	opts := node.Options{Data: filepath.Join(dir, "store"), Logger: slog.New(slog.DiscardHandler)}
	if a.store.db != "" {
		opts.DB = a.store.db
	}
	m := &taxiiMeasured{Objects: f.objects}
	done := a.working("measuring")
	err = m.measure(ctx, opts, f)
	done()
	if err != nil {
		return err
	}
	if a.wantsJSON() {
		return a.json(m)
	}
	a.line("%s", machine())
	a.line("%d objects on %s, shared in envelopes of 100, validated and durable", m.Objects, m.Engine)
	for i, r := range m.Rates {
		a.line("  fifth %d: %.0f objects/s", i+1, r)
	}
	a.line("first page of a process: %.0f ms", m.FirstPage)
	a.line("page of 100: p50 %.1f ms, p99 %.1f ms; added after, p99 %.1f ms", m.PageP50, m.PageP99, m.AfterP99)
	a.line("drain in pages of 1000: %.0f objects/s", m.Drain)
	return nil
}

// benchDoor is a TAXII door that is served, for two members.
type benchDoor struct {
	url    string
	tokens map[string]string
	stop   func() error
}

func openBenchDoor(ctx context.Context, opts node.Options, fresh bool) (*benchDoor, error) {
	n, err := node.Open(ctx, opts)
	if err != nil {
		return nil, err
	}
	d := &benchDoor{tokens: map[string]string{}}
	if fresh {
		_, err = n.Import(ctx, access.Operator, []intake.File{{Name: "bench.yaml", Bytes: []byte(benchCommunity)}}, node.ImportOptions{})
	}
	for _, o := range []string{"giver", "taker"} {
		if err != nil {
			break
		}
		if fresh {
			if err = n.Access.CreateOrganisation(ctx, access.Operator, access.Organisation{ID: o, Name: o}); err == nil {
				err = n.Access.CreateMember(ctx, access.Operator, access.NewMember{Name: o + "-soc", Organisation: o, Role: access.RoleAnalyst})
			}
		}
		var secret access.Secret
		if err == nil {
			secret, _, err = n.Access.CreateToken(ctx, access.Operator, o+"-soc", "bench", time.Time{})
		}
		d.tokens[o] = string(secret)
	}
	if err != nil {
		n.Close()
		return nil, err
	}
	return d, d.serve(ctx, n)
}

func (d *benchDoor) serve(ctx context.Context, n *node.Node) error {
	limits := server.DefaultLimits
	limits.Rate.PerSecond = -1
	s, err := server.New(server.Options{
		Node: n, Accounts: n.Access, Labels: n, Log: slog.New(slog.DiscardHandler), Clock: time.Now, Version: "bench",
		Taxii: &server.Taxii{Sharing: n.Sharing(), Title: "bench"}, Limits: limits,
	})
	if err != nil {
		n.Close()
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		n.Close()
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l) }()
	d.url = "http://" + l.Addr().String() + "/taxii2/bench/collections/all/objects/"
	d.stop = func() error {
		stop()
		<-ended
		return n.Close()
	}
	return nil
}

func (d *benchDoor) ask(ctx context.Context, method, as, query string, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, d.url+query, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+d.tokens[as])
	r.Header.Set("Accept", "application/taxii+json;version=2.1")
	if body != nil {
		r.Header.Set("Content-Type", "application/taxii+json;version=2.1")
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode/100 != 2 {
		err = problem.New(problem.Internal, "%s: %d %s", query, resp.StatusCode, b)
	}
	return b, err
}

func (m *taxiiMeasured) measure(ctx context.Context, opts node.Options, f *benchTaxiiFlags) error {
	d, err := openBenchDoor(ctx, opts, true)
	if err != nil {
		return err
	}
	m.Engine = "sqlite"
	if opts.DB != "" {
		m.Engine = "postgres"
	}
	begin, err := m.give(ctx, d, f.objects)
	if stopped := d.stop(); err == nil {
		err = stopped
	}
	if err != nil {
		return err
	}
	// As another process would, which has no index yet.
	if d, err = openBenchDoor(ctx, opts, false); err != nil {
		return err
	}
	defer d.stop()
	return m.take(ctx, d, f.pages, begin)
}

// give shares objects, and says when it began and ended.
func (m *taxiiMeasured) give(ctx context.Context, d *benchDoor, count int) (spans [2]time.Time, err error) {
	r := rand.New(rand.NewPCG(1, 1))
	spans[0] = time.Now()
	for fifth := range 5 {
		begin, given := time.Now(), 0
		for given < count/5 {
			if _, err := d.ask(ctx, http.MethodPost, "giver", "", benchEnvelope(r, 100)); err != nil {
				return spans, fmt.Errorf("in fifth %d: %w", fifth+1, err)
			}
			given += 100
		}
		m.Rates = append(m.Rates, float64(given)/time.Since(begin).Seconds())
	}
	spans[1] = time.Now()
	return spans, nil
}

// benchEnvelope is an envelope of new indicators.
func benchEnvelope(r *rand.Rand, count int) []byte {
	b := []byte(`{"objects":[`)
	for i := range count {
		if i > 0 {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, `{"type":"indicator","spec_version":"2.1","id":"indicator--%08x-%04x-4%03x-8%03x-%012x","created":"2021-01-01T00:00:00.000Z","modified":"2021-01-01T00:00:00.000Z","name":"Name that a backdoor asks for",`+
			`"description":"Found in the traffic of a machine that should have been quiet.","indicator_types":["malicious-activity"],"pattern":"[domain-name:value = 'c2-%08x.example'] OR [ipv4-addr:value = '198.51.100.%d']","pattern_type":"stix",`+
			`"valid_from":"2021-01-01T00:00:00Z","confidence":80,"labels":["bench"],"object_marking_refs":["marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"]}`,
			r.Uint32(), r.Uint32()&0xffff, r.Uint32()&0xfff, r.Uint32()&0xfff, r.Uint64()&0xffffffffffff, r.Uint32(), r.IntN(256))
	}
	return append(b, "]}"...)
}

// take reads pages from anywhere, and then everything.
func (m *taxiiMeasured) take(ctx context.Context, d *benchDoor, pages int, spans [2]time.Time) error {
	r := rand.New(rand.NewPCG(2, 2))
	anywhere := func() string {
		return "?limit=100&added_after=" + sharing.Instant(spans[0].Add(time.Duration(r.Int64N(int64(spans[1].Sub(spans[0]))))))
	}
	timed := func(query string) (ms float64, b []byte, err error) {
		begin := time.Now()
		b, err = d.ask(ctx, http.MethodGet, "taker", query, nil)
		return float64(time.Since(begin).Microseconds()) / 1000, b, err
	}
	var err error
	if m.FirstPage, _, err = timed("?limit=100"); err != nil {
		return err
	}
	var next, after []float64
	for range pages {
		query := anywhere()
		ms, b, err := timed(query)
		if err != nil {
			return err
		}
		after = append(after, ms)
		var page struct{ Next string }
		if err := json.Unmarshal(b, &page); err != nil {
			return err
		}
		if page.Next != "" { // not near the end
			if ms, _, err = timed(query + "&next=" + page.Next); err != nil {
				return err
			}
		}
		next = append(next, ms)
	}
	slices.Sort(next)
	slices.Sort(after)
	m.PageP50, m.PageP99, m.AfterP99 = next[len(next)/2], next[len(next)*99/100], after[len(after)*99/100]
	begin, got, query := time.Now(), 0, "?limit=1000"
	for {
		b, err := d.ask(ctx, http.MethodGet, "taker", query, nil)
		if err != nil {
			return err
		}
		var page struct {
			More    bool
			Next    string
			Objects []json.RawMessage
		}
		if err := json.Unmarshal(b, &page); err != nil {
			return err
		}
		got += len(page.Objects)
		if query = "?limit=1000&next=" + page.Next; !page.More {
			break
		}
	}
	m.Drain = float64(got) / time.Since(begin).Seconds()
	return nil
}
