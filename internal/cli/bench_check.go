package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/node"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/server"
)

type benchCheckFlags struct {
	seconds int
	clients int
}

func (a *app) benchCheck() *cobra.Command {
	var f benchCheckFlags
	c := command("check", "Answers a second from the store that is there", 0, 0, func(cmd *cobra.Command, _ []string) error {
		if f.seconds < 1 || f.clients < 1 {
			return usage(cmd, "want at least 1 second and 1 client")
		}
		return a.runBenchCheck(cmd.Context(), &f)
	})
	c.Long = "Check measures, on the store that is there, how long a new process takes to\nanswer, and how many answers a second come from a running one, asked directly and\nover HTTP on the loopback. The subjects are names out of the store's lists, taken\nevenly. Nothing is recorded."
	c.Flags().IntVar(&f.seconds, "seconds", 5, "for each figure, `N`")
	c.Flags().IntVar(&f.clients, "clients", 8, "HTTP connections at the same time, `N`")
	return c
}

// maxSubjects is how many names a benchmark asks for in turn.
const maxSubjects = 1000

func (a *app) runBenchCheck(ctx context.Context, f *benchCheckFlags) error {
	report := &benchReport{Machine: machine()}
	return a.with(ctx, toRead, func(n *node.Node) error {
		subjects, err := subjectsOf(ctx, n)
		if err != nil {
			return err
		}
		h, err := n.Head(ctx)
		if err != nil {
			return err
		}
		report.Data = fmt.Sprintf("%s store at position %d, %d names in turn, every purpose", h.Engine, h.Position, len(subjects))
		for _, measure := range []func(context.Context, *node.Node, []string, *benchCheckFlags) ([]figure, error){
			a.benchCold, a.benchWarm, a.benchHTTP,
		} {
			figures, err := measure(ctx, n, subjects, f)
			if err != nil {
				return err
			}
			report.Figures = append(report.Figures, figures...)
		}
		return a.benched(report)
	})
}

// subjectsOf is names out of the newest document of every source, evenly.
func subjectsOf(ctx context.Context, n *node.Node) ([]string, error) {
	sources, err := n.Sources(ctx, newest)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, s := range sources {
		documents, err := n.List(ctx, newest, ledger.Filter{Source: s.Source, Newest: true, Limit: 4})
		if err != nil {
			return nil, err
		}
		for _, d := range documents {
			facts, err := n.FactsOf(ctx, newest, d.Position, 100_000)
			if err != nil {
				return nil, err
			}
			for i := range facts {
				var name party.Name
				if facts[i].Kind == party.FactName && facts[i].Decode(&name) == nil {
					names = append(names, name.Name)
				}
			}
		}
	}
	if len(names) == 0 {
		return nil, hinted(problem.New(problem.NotFound, "the store holds no names to ask for"), "countersign import --demo")
	}
	if len(names) <= maxSubjects {
		return names, nil
	}
	out := make([]string, maxSubjects)
	for i := range out {
		out[i] = names[i*len(names)/maxSubjects]
	}
	return out, nil
}

// coldRuns is how often the program is started anew.
const coldRuns = 20

// benchCold starts the program anew for each question: the whole life of a
// process, from its start to its end.
func (a *app) benchCold(ctx context.Context, _ *node.Node, subjects []string, _ *benchCheckFlags) ([]figure, error) {
	if a.self == "" {
		return nil, nil
	}
	opts, err := a.options()
	if err != nil {
		return nil, err
	}
	var took []time.Duration
	begun := time.Now()
	for i := range coldRuns {
		args := []string{"check", "--dry-run", "--format", "json"}
		for flag, value := range map[string]string{"--data": opts.Data, "--db": opts.DB, "--signing-key": opts.SigningKey, "--public-key": opts.PublicKey} {
			if value != "" {
				args = append(args, flag, value)
			}
		}
		cmd := exec.CommandContext(ctx, a.self, append(args, "--", subjects[i*len(subjects)/coldRuns])...)
		cmd.Stderr = os.Stderr
		at := time.Now()
		err := cmd.Run()
		var exit *exec.ExitError
		if errors.As(err, &exit) && exit.ExitCode() >= problem.ExitReview {
			err = nil // a verdict
		}
		if err != nil {
			return nil, fmt.Errorf("start %s: %w", a.self, err)
		}
		took = append(took, time.Since(at))
	}
	return []figure{newFigure("check, new process", 1, took, time.Since(begun))}, nil
}

// benchWarm asks a running node directly.
func (a *app) benchWarm(ctx context.Context, n *node.Node, subjects []string, f *benchCheckFlags) ([]figure, error) {
	ask := func(ctx context.Context, subject string) error {
		_, _, err := n.Check(ctx, newest, node.Question{Subject: subject})
		return err
	}
	var figures []figure
	for _, clients := range []int{1, runtime.GOMAXPROCS(0)} {
		fig, err := repeat(ctx, "check, in process", clients, f.seconds, subjects, ask)
		if err != nil {
			return nil, err
		}
		figures = append(figures, fig)
	}
	return figures, nil
}

// benchHTTP asks over the loopback, with a connection for each client.
func (a *app) benchHTTP(ctx context.Context, n *node.Node, subjects []string, f *benchCheckFlags) ([]figure, error) {
	unlimited := server.Rate{PerSecond: -1}
	s, err := server.New(server.Options{
		Node: n, Open: true, Log: slog.New(slog.NewJSONHandler(io.Discard, nil)), Clock: a.now,
		Limits: server.Limits{Rate: unlimited, Anonymous: unlimited},
	})
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	base := "http://" + listener.Addr().String() + "/api/v1/check?subject="
	serving, stop := context.WithCancel(ctx)
	served := make(chan error, 1)
	go func() { served <- s.Serve(serving, listener) }()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: f.clients}}
	fig, err := repeat(ctx, "GET /api/v1/check", f.clients, f.seconds, subjects, func(ctx context.Context, subject string) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+url.QueryEscape(subject), nil)
		if err != nil {
			return err
		}
		response, err := client.Do(r)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		b, err := io.ReadAll(response.Body)
		if err == nil && response.StatusCode != http.StatusOK {
			err = fmt.Errorf("check %q: status %d: %.200s", subject, response.StatusCode, b)
		}
		return err
	})
	client.CloseIdleConnections()
	stop()
	return []figure{fig}, errors.Join(err, <-served)
}

// repeat does something with each subject in turn, from several clients at
// once, for some seconds.
func repeat(ctx context.Context, what string, clients, seconds int, subjects []string, do func(context.Context, string) error) (figure, error) {
	var mu sync.Mutex
	var took []time.Duration
	var failed error
	var wg sync.WaitGroup
	begun := time.Now()
	end := begun.Add(time.Duration(seconds) * time.Second)
	for c := range clients {
		wg.Go(func() {
			var own []time.Duration
			var err error
			for i := c * len(subjects) / clients; err == nil; i++ {
				at := time.Now()
				if at.After(end) || ctx.Err() != nil {
					break
				}
				err = do(ctx, subjects[i%len(subjects)])
				own = append(own, time.Since(at))
			}
			mu.Lock()
			defer mu.Unlock()
			took, failed = append(took, own...), errors.Join(failed, err)
		})
	}
	wg.Wait()
	return newFigure(what, clients, took, time.Since(begun)), errors.Join(failed, ctx.Err())
}
