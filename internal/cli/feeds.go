package cli

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/net/http/httpproxy"

	"countersign.dev/internal/access"
	"countersign.dev/internal/feed"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
)

const feedsLong = `Feeds lists the official archives that can be fetched by URL, with what this
store has of each: when it was last found to be held, of what it last failed, and
before when it is not asked again. It asks nobody.`

const feedsUpdateLong = `Update fetches feeds and takes in what they bring: those that are named, or --all,
or without either those that were fetched before. It asks only for what changed,
goes on where it was cut, and takes nothing that is not what the feed is for. One
that fails leaves what is held as it is, does not keep the others from being
fetched, and makes the exit code 1.

A feed is asked again only after a while, unless --early. Proxies are taken from
HTTPS_PROXY, HTTP_PROXY and NO_PROXY.`

const feedsUpdateExample = `  countersign feeds update cisa-kev first-epss osv-go
  countersign feeds update
  countersign feeds --table mirrors.yaml update --all`

type feedsFlags struct {
	table   string
	as      string
	all     bool
	early   bool
	loss    bool
	retries int
}

func (a *app) feedsCommand() *cobra.Command {
	var f feedsFlags
	c := command("feeds", "Official archives, and fetching them", 0, 0, func(cmd *cobra.Command, _ []string) error {
		return a.listFeeds(cmd.Context(), &f)
	})
	c.Long = feedsLong
	c.PersistentFlags().StringVar(&f.table, "table", "", "`FILE` with feeds in place of those that the program knows")
	addAs(c, &f.as)
	c.AddCommand(a.feedsUpdateCommand(&f))
	return c
}

func (a *app) feedsUpdateCommand(f *feedsFlags) *cobra.Command {
	c := command("update NAME...", "Fetch feeds and take in what they bring", 0, -1, func(cmd *cobra.Command, args []string) error {
		switch {
		case f.all && len(args) > 0:
			return usage(cmd, "want NAMEs or --all")
		case f.loss && len(args) != 1:
			return usage(cmd, "--accept-loss is for one feed, which has to be named")
		case f.retries < 0 || f.retries > 20:
			return usage(cmd, "--retries %d: want 0 to 20", f.retries)
		}
		return a.updateFeeds(cmd.Context(), args, f)
	})
	c.Use = "update [NAME...]"
	c.Long, c.Example = feedsUpdateLong, feedsUpdateExample
	c.Flags().BoolVar(&f.all, "all", false, "every feed of the table")
	c.Flags().BoolVar(&f.early, "early", false, "ask those too that were asked a short while ago")
	c.Flags().BoolVar(&f.loss, "accept-loss", false, "take an edition that drops more than 20 % of a list")
	c.Flags().IntVar(&f.retries, "retries", 4, "how many more attempts to make that bring nothing")
	addAs(c, &f.as)
	return c
}

// feedTable is the table that was given, or the one that the program ships.
func (a *app) feedTable(path string) (*feed.Table, error) {
	if path == "" {
		return feed.Shipped()
	}
	b, err := a.readFile(path)
	if err != nil {
		return nil, err
	}
	t, err := feed.ParseTable(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

func (a *app) listFeeds(ctx context.Context, f *feedsFlags) error {
	table, err := a.feedTable(f.table)
	if err != nil {
		return err
	}
	feeds := node.ListFeeds(table)
	if a.hasStore() {
		err = a.asMember(ctx, toRead, f.as, func(n *node.Node, reader access.Reader) error {
			feeds, err = n.Feeds(ctx, reader, table)
			return err
		})
		if err != nil {
			return err
		}
	}
	if a.wantsJSON() {
		return a.json(map[string]any{"feeds": feeds})
	}
	for i := range feeds {
		a.feed(&feeds[i])
	}
	return nil
}

// feed prints a feed.
func (a *app) feed(f *node.FeedState) {
	a.line("%s", strings.TrimRight(a.style(bold, f.Name)+"  "+oneLine(f.What), " "))
	if by := strings.Trim(f.By+"; "+f.Licence, "; "); by != "" {
		a.paragraph("  by       ", by)
	}
	for i, file := range f.Files {
		label := "           "
		if i == 0 {
			label = "  from     "
		}
		// Whole, whatever the width: an address is for copying.
		a.line("%s%s", label, oneLine(file.URL))
	}
	if !f.Verified {
		a.paragraph("           ", "this address could not be confirmed, or is not promised to stay")
	}
	a.paragraph("  held     ", a.feedAge(f))
	if f.Failed != nil {
		words := "failed " + instant(*f.Failed)
		if f.Failures == 0 {
			words += ", and went well since"
		} else {
			words += ", " + counted(f.Failures, "time") + " in a row"
		}
		a.paragraph("  failure  ", words+": "+f.Failure)
	}
	if f.Due != nil && f.Due.After(a.now()) {
		a.paragraph("  again    ", "not before "+instant(*f.Due))
	}
	if f.Busy {
		a.paragraph("  now      ", "a run is at it")
	}
}

// feedAge says how old what is held of a feed is.
func (a *app) feedAge(f *node.FeedState) string {
	if f.Fetched == nil {
		return "never fetched"
	}
	words := "found up to date " + instant(*f.Fetched)
	if days := int(a.now().Sub(*f.Fetched).Hours() / 24); days > 0 {
		words += ", " + counted(days, "day") + " ago"
	}
	if f.Changed != nil && !f.Changed.Equal(*f.Fetched) {
		words += "; last changed " + instant(*f.Changed)
	}
	if f.Published != "" {
		words += "; newest of " + f.Source + " published " + string(f.Published)
	}
	return words
}

// instant is a time as people read it.
func instant(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

func (a *app) updateFeeds(ctx context.Context, names []string, f *feedsFlags) error {
	opts, clean, err := a.feedOptions(f.table)
	if err != nil {
		return err
	}
	defer clean()
	for _, name := range names {
		if _, err := opts.Table.Find(name); err != nil {
			return hinted(err, "see countersign feeds")
		}
	}
	opts.Names, opts.All, opts.Early, opts.AcceptLoss, opts.Fetch.Retries = names, f.all, f.early, f.loss, f.retries
	what := toBegin
	if len(names) == 0 && !f.all {
		what = toWrite // what was fetched before was fetched into a store
	}
	var done []node.FeedUpdate
	err = a.asMember(ctx, what, f.as, func(n *node.Node, reader access.Reader) error {
		progress, over := a.counting("fetching")
		defer over()
		opts.Progress = func(_, _ string, size, total int64) { progress(size, total) }
		done, err = n.UpdateFeeds(ctx, reader, *opts)
		return err
	})
	failed := a.updated(done)
	switch {
	case err != nil:
		return err
	case len(failed) > 0:
		return hinted(&failures{failed}, "what is held stays as it is; a file that was fetched in another way is taken in with countersign import")
	case len(done) == 0:
		return hinted(problem.New(problem.NotFound, "no feed was fetched before, so there is none to update"), "name those that are wanted, or all of them with --all; see countersign feeds")
	}
	return nil
}

// updated prints what became of feeds, and gives the lines of those that
// failed.
func (a *app) updated(done []node.FeedUpdate) (failed []string) {
	if a.wantsJSON() {
		if done == nil {
			done = []node.FeedUpdate{}
		}
		_ = a.json(map[string]any{"feeds": done}) // a broken output shows when it is flushed
	}
	for _, u := range done {
		for _, line := range u.Failures {
			failed = append(failed, u.Name+": "+line)
		}
		for _, e := range u.Editions {
			for _, w := range e.Warnings {
				a.warn("%s: %s", u.Name, w)
			}
		}
		if !a.wantsJSON() {
			a.feedUpdate(&u)
		}
	}
	return failed
}

func (a *app) feedUpdate(u *node.FeedUpdate) {
	switch u.Outcome {
	case node.FeedUnchanged:
		a.line("%s: nothing new", u.Name)
	case node.FeedBusy:
		a.line("%s: another run is at it", u.Name)
	case node.FeedEarly:
		a.line("%s: asked a short while ago; again from %s, or with --early", u.Name, instant(*u.Due))
	case node.FeedUpdated:
		for _, e := range u.Editions {
			a.line("%s: published %s: %s, +%d added, -%d removed, ~%d changed, at position %d",
				u.Name, e.Published, counted(e.Rows, "row"), e.Added, e.Removed, e.Changed, e.Position)
		}
	}
}

// feedOptions say how this program fetches. Files on their way lie in the data
// folder, so that the next run can go on with them; a node without one uses a
// folder that clean removes.
func (a *app) feedOptions(tableFile string) (opts *node.FeedOptions, clean func(), err error) {
	table, err := a.feedTable(tableFile)
	if err != nil {
		return nil, nil, err
	}
	store, err := a.options()
	if err != nil {
		return nil, nil, err
	}
	clean = func() {}
	dir := filepath.Join(store.Data, "feeds")
	if store.Data == "" {
		if dir, err = os.MkdirTemp("", "countersign-feeds-"); err != nil {
			return nil, nil, fmt.Errorf("folder of feeds: %w", err)
		}
		clean = func() { _ = os.RemoveAll(dir) }
	}
	opts = &node.FeedOptions{Table: table}
	opts.Fetch = feed.Options{Dir: dir, Agent: "countersign/" + thisBuild().Version, Proxy: a.proxies(), Retries: 4}
	return opts, clean, nil
}

// proxies is what the environment says of proxies, in either case.
func (a *app) proxies() func(*url.URL) (*url.URL, error) {
	say := func(name string) string { return orElse(a.getenv(name), a.getenv(strings.ToLower(name))) }
	c := httpproxy.Config{HTTPProxy: say("HTTP_PROXY"), HTTPSProxy: say("HTTPS_PROXY"), NoProxy: say("NO_PROXY")}
	return c.ProxyFunc()
}

// followFlags say whether a server updates feeds.
type followFlags struct {
	every time.Duration // never when 0
	table string
}

func (f *followFlags) add(c *cobra.Command) {
	c.Flags().DurationVar(&f.every, "feeds-every", 0, "update the feeds that were fetched before at once and every `DURATION`, as 6h (default never)")
	c.Flags().StringVar(&f.table, "feeds-table", "", "`FILE` with feeds in place of those that the program knows")
}

func (f *followFlags) check(cmd *cobra.Command, demo bool) error {
	switch {
	case !cmd.Flags().Changed("feeds-every") && f.table != "":
		return usage(cmd, "--feeds-table needs --feeds-every")
	case !cmd.Flags().Changed("feeds-every"):
		return nil
	case f.every < time.Minute:
		return usage(cmd, "--feeds-every %s: want a duration from 1m on", f.every)
	case demo:
		return usage(cmd, "--demo asks nobody; leave --feeds-every away")
	}
	return nil
}

// followFeeds updates feeds in the background of a server, if it is to. The
// caller calls stop, which waits.
func (a *app) followFeeds(ctx context.Context, n *node.Node, f *followFlags, log *slog.Logger) (stop func(), err error) {
	if f.every == 0 {
		return func() {}, nil
	}
	opts, clean, err := a.feedOptions(f.table)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		n.FollowFeeds(ctx, f.every, *opts, log)
	}()
	return func() { cancel(); <-ended; clean() }, nil
}
