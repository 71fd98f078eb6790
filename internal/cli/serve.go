package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"

	"github.com/spf13/cobra"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/server"
	"countersign.dev/internal/server/console"
	"countersign.dev/internal/surveillance"
	"countersign.dev/internal/watch"
)

const serveLong = `Serve answers over HTTP until it is interrupted: the console at /, the JSON API
under /api/v1/, TAXII 2.1 under /taxii2/, the public log under /log/, and
/healthz, /readyz, /metrics and /openapi.json.

On a store without members it prints a set-up code, good once, with which the
first administrator makes itself known. With --open nobody has to sign in who
comes from this machine; --demo is --open with demonstration data, of which it
adds what is missing.

The first interrupt lets the requests in hand finish.`

type serveFlags struct {
	listen     string
	demo       bool
	open       bool
	trustProxy bool
	publicURL  string
	notices    noticeFlags
	feeds      followFlags
	witness    witnessFlags
	playbooks  playbookFlags
}

func (a *app) serveCommand() *cobra.Command {
	var f serveFlags
	c := command("serve", "Run the console and the API", 0, 0, func(cmd *cobra.Command, _ []string) error {
		if err := f.feeds.check(cmd, f.demo); err != nil {
			return err
		}
		if err := f.witness.check(cmd, f.demo); err != nil {
			return err
		}
		return a.serve(cmd.Context(), &f)
	})
	c.Long = serveLong
	c.Flags().StringVar(&f.listen, "listen", "127.0.0.1:8080", "`ADDRESS` to listen on; port 0 takes a free one")
	c.Flags().BoolVar(&f.demo, "demo", false, "add the demonstration data that the program carries, and need no login from this machine")
	c.Flags().BoolVar(&f.open, "open", false, "need no login from this machine")
	c.Flags().BoolVar(&f.trustProxy, "trust-proxy", false, "believe X-Forwarded-For and X-Forwarded-Proto, for use behind a proxy that sets them")
	c.Flags().StringVar(&f.publicURL, "public-url", "", "`URL` at which people reach this node: labels name it, and links in what is told (default the address that is listened on)")
	f.notices.add(c)
	f.feeds.add(c)
	f.witness.add(c)
	f.playbooks.add(c)
	return c
}

func (a *app) serve(ctx context.Context, f *serveFlags) error {
	listener, err := net.Listen("tcp", f.listen)
	if err != nil {
		return listenFailed(f.listen, err)
	}
	err = a.with(ctx, toBegin, func(n *node.Node) error {
		defer listener.Close() // a second time when it was served; that does no harm
		if f.demo {
			done := a.working("taking in the demonstration data")
			report, err := n.ImportDemo(ctx)
			done()
			if err != nil {
				return err
			}
			for _, failed := range report.Failed {
				a.warn("%s", failed)
			}
		}
		log := a.logger()
		s, err := a.newServer(n, f, log)
		if err != nil {
			return err
		}
		n.ServeAt(orElse(f.publicURL, "http://"+browsable(listener.Addr())))
		if err := n.Start(ctx); err != nil {
			return err
		}
		if err := n.Watch(ctx, watch.Options{Logger: log}); err != nil {
			return err
		}
		if err := n.Surveil(ctx, surveillance.Options{Logger: log}); err != nil {
			return err
		}
		if err := n.AttendIncidents(ctx, node.IncidentOptions{Logger: log}); err != nil {
			return err
		}
		if err := n.TendRuns(ctx, f.playbooks.options(log)); err != nil {
			return err
		}
		if err := a.notify(ctx, n, f, listener.Addr(), log); err != nil {
			return err
		}
		if err := a.witness(ctx, n, &f.witness, log); err != nil {
			return err
		}
		if !f.demo { // a demonstration sends nothing out
			n.Exchange(ctx, log)
		}
		stop, err := a.followFeeds(ctx, n, &f.feeds, log)
		if err != nil {
			return err
		}
		defer stop()
		if err := a.greet(ctx, n, f, listener.Addr()); err != nil {
			return err
		}
		return s.Serve(ctx, listener)
	})
	if err == nil && ctx.Err() != nil {
		a.tell("stopped")
	}
	return err
}

// notify begins to tell of changes. A demonstration sends nothing.
func (a *app) notify(ctx context.Context, n *node.Node, f *serveFlags, address net.Addr, log *slog.Logger) error {
	ways, err := a.ways(&f.notices)
	if err != nil {
		return err
	}
	return n.Notify(ctx, node.NoticeOptions{Ways: ways, Base: orElse(f.publicURL, "http://"+browsable(address)), Silent: f.demo, Logger: log})
}

func listenFailed(address string, err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	return hinted(problem.New(problem.Invalid, "listen on %s: %v", address, err), "choose another address with --listen, as 127.0.0.1:0 for a free port")
}

// logger is the log of a running server: for programs, unless a person looks
// on.
func (a *app) logger() *slog.Logger {
	if a.stderrTerminal {
		return slog.New(slog.NewTextHandler(a.err, nil))
	}
	return slog.New(slog.NewJSONHandler(a.err, nil))
}

func (a *app) newServer(n *node.Node, f *serveFlags, log *slog.Logger) (*server.Server, error) {
	var s *server.Server
	pages := console.New(n, n.Access, console.Options{
		Now:     a.now,
		OpenAPI: func() ([]byte, error) { return s.OpenAPI() },
		Failed:  func(r *http.Request, err error) { server.Cause(r.Context(), err) },
	})
	local := access.Reader{}
	if f.demo {
		local = node.DemoReader
	}
	s, err := server.New(server.Options{
		Reader: local,
		Node:   n, Accounts: n.Access, Console: pages, Labels: n, Open: f.open || f.demo, TrustProxy: f.trustProxy,
		Taxii: f.taxii(n), Version: thisBuild().Version, Log: log, Clock: a.now,
	})
	return s, err
}

// greet says where the server is, and how the first administrator gets in.
func (a *app) greet(ctx context.Context, n *node.Node, f *serveFlags, address net.Addr) error {
	url := "http://" + browsable(address) + "/"
	a.line("%s", url)
	if err := a.out.Flush(); err != nil {
		return err
	}
	if n.VerifierKey() == "" {
		a.warn("this node has no keys of the log: it proves nothing, and another one has to sign; give it a folder with them by --data")
	}
	if f.demo || f.open {
		a.tell("whoever is on this machine needs no login")
	}
	if f.demo {
		return a.greetTaxii(ctx, n, url)
	}
	if f.open {
		return nil
	}
	empty, err := n.Access.NeedsSetup(ctx)
	if err != nil || !empty {
		return err
	}
	code, err := n.Access.SetupCode(ctx)
	if err != nil {
		return fmt.Errorf("set-up code: %w", err)
	}
	a.tell("nobody is a member yet; make the first administrator at %ssetup with this code, good once within a day:", url)
	a.tell("%s", string(code))
	return nil
}

// browsable is a listener's address as a browser on this machine can use it.
func browsable(address net.Addr) string {
	host, port, err := net.SplitHostPort(address.String())
	if err != nil {
		return address.String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}
