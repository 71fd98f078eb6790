package node

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"countersign.dev/internal/access"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/label"
	"countersign.dev/internal/surveillance"
	"countersign.dev/internal/surveillance/specimen"
)

// step is what happens on a day of a drawn life: a document comes, or a label is
// given, or a person gives one back.
type step struct {
	what  string
	file  string
	given *label.Terms
	back  bool
}

var (
	drawnMakers     = []string{"Alpha Works", "Beta Trading", "Gamma", "Delta Devices"}
	drawnReleases   = []string{cameraPURL, "pkg:generic/northlight/cam-3@1.0.0", "pkg:generic/northlight/cam-4@1.0.0"}
	drawnComponents = []string{tiny, "pkg:npm/tiny-log@2.0.0", "pkg:npm/sound@1.0.0", "pkg:npm/other@1.0.0"}
)

// drawStep draws what happens on a day.
func drawStep(t *rapid.T, n int, day access.Date) step {
	near := func(name string, before, after int) access.Date {
		return day.AddDays(rapid.IntRange(-before, after).Draw(t, name))
	}
	switch what := rapid.SampledFrom([]string{"give", "give", "list", "list", "list", "bill", "bill", "advise", "advise", "malicious", "kev", "kev", "kev", "vex", "back", "back", "own"}).Draw(t, "what"); what {
	case "give":
		return step{what: what, given: drawTerms(t, day)}
	case "list":
		var events []string
		events = append(events, "designated", string(near("designated", 40, 5)))
		for range rapid.IntRange(0, 2).Draw(t, "events") {
			events = append(events, rapid.SampledFrom([]string{"stayed", "stay_lifted", "removed", "redesignated"}).Draw(t, "kind"), string(near("date", 30, 10)))
		}
		file := rapid.SampledFrom([]string{"shared", fmt.Sprint("own-", n)}).Draw(t, "file")
		return step{what: what, file: listingFile(file, rapid.SampledFrom([]string{"us-dod-1260h", "us-ofac-sdn", "us-bis-entity-list"}).Draw(t, "programme"), rapid.SampledFrom(drawnMakers).Draw(t, "name"), near("published", 5, 3), events...)}
	case "own":
		owner, owned := rapid.SampledFrom(drawnMakers).Draw(t, "owner"), rapid.SampledFrom(drawnMakers).Draw(t, "owned")
		return step{what: what, file: fmt.Sprintf("owner,owner_kind,owned,owned_kind,economic_min,economic_max,voting_min,voting_max,control,valid_from,valid_to,published,source,note\n%s,organisation,%s,organisation,60,60,,,,%[3]s,,%[3]s,https://example.com,drawn\n", owner, owned, near("from", 20, 0))}
	case "bill":
		return step{what: what, file: firmware(rapid.SampledFrom(drawnReleases).Draw(t, "release"), near("on", 20, 0), rapid.SliceOfNDistinct(rapid.SampledFrom(drawnComponents), 1, 3, rapid.ID).Draw(t, "components")...)}
	case "advise":
		more := ""
		if rapid.IntRange(0, 4).Draw(t, "withdrawn") == 0 {
			more = fmt.Sprintf(`, "withdrawn": "%sT00:00:00Z"`, near("withdrawn on", 5, 0))
		}
		if rapid.IntRange(0, 3).Draw(t, "collection") == 0 {
			more += `, "upstream": ["CVE-2021-1001", "CVE-2021-1002"]`
		}
		return step{what: what, file: advise(rapid.SampledFrom([]string{"GHSA-aaaa-bbbb-cccc", "GHSA-dddd-eeee-ffff"}).Draw(t, "id"), rapid.SampledFrom([]string{"CVE-2021-1001", "CVE-2021-1002", "X-1"}).Draw(t, "alias"),
			rapid.SampledFrom([]string{"tiny-log", "other"}).Draw(t, "package"), near("on", 10, 2), more)}
	case "malicious":
		return step{what: what, file: advise("MAL-2021-7", "X-7", rapid.SampledFrom([]string{"sound", "other"}).Draw(t, "package"), near("on", 5, 1), rapid.SampledFrom([]string{"", fmt.Sprintf(`, "withdrawn": "%sT00:00:00Z"`, day)}).Draw(t, "withdrawn"))}
	case "kev":
		entries := []string{"CVE-2021-5555", "2021-01-01"}
		for _, id := range []string{"CVE-2021-1001", "CVE-2021-1002"} {
			if rapid.Bool().Draw(t, id) {
				entries = append(entries, id, string(near("added", 30, 0)))
			}
		}
		return step{what: what, file: exploited(near("edition", 3, 2), entries...)}
	case "vex":
		author := rapid.SampledFrom([]string{"Northlight Devices", "A Stranger"}).Draw(t, "author")
		return step{what: what, file: states(author, n+1, near("on", 3, 2), rapid.SampledFrom([]string{"CVE-2021-1001", "CVE-2021-1002", "GHSA-aaaa-bbbb-cccc"}).Draw(t, "weakness"), rapid.SampledFrom(drawnComponents).Draw(t, "component"),
			rapid.SampledFrom([]string{"not_affected", "affected", "fixed", "under_investigation"}).Draw(t, "status"))}
	}
	return step{what: "back", back: true}
}

func drawTerms(t *rapid.T, day access.Date) *label.Terms {
	terms := specimen.Terms(rapid.SampledFrom([]string{"iot-mark", "iot-tiers", "software"}).Draw(t, "scheme"), rapid.SampledFrom(drawnMakers).Draw(t, "maker"), rapid.SampledFrom(drawnReleases).Draw(t, "release"), day)
	terms.Parties[1].Name = rapid.SampledFrom(drawnMakers).Draw(t, "laboratory")
	terms.Profile = rapid.SampledFrom([]string{"iot-baseline", "us-ssdf-form"}).Draw(t, "profile")
	if rapid.IntRange(0, 3).Draw(t, "ends soon") == 0 {
		terms.ValidUntil = day.AddDays(12)
	}
	return terms
}

// lifeOf is the days of a drawn life with what happens on each, in order.
type lifeOf struct {
	days  []access.Date
	steps map[access.Date][]step
}

func drawLife(t *rapid.T) lifeOf {
	l := lifeOf{steps: map[access.Date][]step{}}
	for day := access.Date("2021-05-01"); day <= "2021-05-22"; day = day.AddDays(1) {
		l.days = append(l.days, day)
	}
	// A world in which one step more can mean something.
	first := []step{{what: "advise", file: advise("GHSA-aaaa-bbbb-cccc", "CVE-2021-1001", "tiny-log", "2021-04-10", "")}}
	for _, release := range drawnReleases {
		first = append(first, step{what: "bill", file: firmware(release, "2021-04-10", tiny, rapid.SampledFrom(drawnComponents[1:]).Draw(t, "component"))})
	}
	for range 3 {
		first = append(first, step{what: "give", given: drawTerms(t, l.days[0])})
	}
	l.steps[l.days[0]] = first
	for i := range rapid.IntRange(4, 14).Draw(t, "steps") {
		day := rapid.SampledFrom(l.days).Draw(t, "day")
		l.steps[day] = append(l.steps[day], drawStep(t, i, day))
	}
	return l
}

// lived is one run of a drawn life.
type lived struct {
	*Node
	day   access.Date
	given int
}

func (l *lived) do(t *rapid.T, s step) {
	ctx := context.Background()
	switch {
	case s.given != nil:
		l.given++
		e, err := specimen.Edition(l.now(), []specimen.Given{{ID: specimen.Number(l.given), Terms: s.given}})
		if err == nil {
			_, err = l.Ledger.Append(ctx, e)
		}
		if err != nil {
			t.Fatal(err)
		}
	case s.back:
		l.giveBack(t)
	default:
		name := "file.json"
		if !strings.HasPrefix(s.file, "{") {
			name = map[bool]string{true: "file.yaml", false: "file.csv"}[strings.HasPrefix(s.file, "countersign:")]
		}
		r, err := l.Import(ctx, access.Operator, []intake.File{{Name: name, Bytes: []byte(s.file)}}, ImportOptions{AcceptLoss: true})
		if err != nil || len(r.Failed) > 0 {
			t.Fatalf("%v, %v: %s", err, r, s.file)
		}
	}
}

// giveBack confirms every offer there is, and of the grounds that stand without
// one the first.
func (l *lived) giveBack(t *rapid.T) {
	operator := access.Ask{Reader: access.Operator, At: access.At{Position: access.Now}}
	found, err := l.Labels(context.Background(), operator, label.Filter{Status: label.StatusSuspended})
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range found.Labels {
		for j, g := range s.Grounds {
			if g.Offered == "" && i+j > 0 {
				continue
			}
			if _, err := l.Act(context.Background(), operator, s.Label, LabelAct{Kind: label.Reinstated, Ground: g.ID, Reason: "confirmed"}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// history is all events of all labels, as lines that do not tell where in the
// ledger they stand, nor which of two grounds of a day was found first.
func (l *lived) history(t *rapid.T) (out []string) {
	ask := access.Ask{Reader: access.Anonymous, At: access.At{Known: access.Forever, Position: access.Now}}
	if _, err := l.labels.CatchUp(context.Background(), l.day); err != nil {
		t.Fatal(err)
	}
	for n := range l.given {
		id := specimen.Number(n + 1)
		for _, e := range l.labels.Events(ask, id) {
			out = append(out, fmt.Sprintf("%s %s %s %s %s due %q about %q: %s", id, access.DateOf(e.Recorded), e.Ground, e.Kind, e.On, e.Due, e.Subject, e.Reason))
		}
	}
	slices.Sort(out)
	return out
}

// blankStore is the folder of a store with nothing but the rules.
func blankStore(t *testing.T) string {
	t.Helper()
	data := filepath.Join(t.TempDir(), "blank")
	n, err := Open(context.Background(), Options{Data: data, Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return access.Date("2021-04-01").Time() }})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	return data
}

func openLived(t *testing.T, rt *rapid.T, blank string) *lived {
	l := &lived{day: "2021-05-01"}
	data := filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(data, os.DirFS(blank)); err != nil {
		rt.Fatal(err)
	}
	n, err := Open(context.Background(), Options{Data: data, Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return l.day.Time().Add(9 * time.Hour) }})
	if err != nil {
		rt.Fatal(err)
	}
	l.Node = n
	return l
}

// unclear is a judge that finds nothing in a pass, so that each concern is judged
// by itself.
type unclear struct{ *surveyor }

func (unclear) Clear(context.Context, access.At) (map[string]bool, error) { return nil, nil }

// TestSurveillanceFindsAll lives through drawn lives twice. In the first a watcher
// follows what happens, and starts again now and then; in the second a new one,
// which judges every concern by itself, looks at everything after every step.
// Both have to append the same events.
func TestSurveillanceFindsAll(t *testing.T) {
	blank, kinds := blankStore(t), map[label.Kind]int{}
	rapid.Check(t, func(rt *rapid.T) {
		life := drawLife(rt)
		followed, looked := openLived(t, rt, blank), openLived(t, rt, blank)
		defer followed.Close()
		defer looked.Close()
		follow := followed.NewSurveillance(surveillance.Options{Batch: rapid.IntRange(1, 4).Draw(rt, "batch"), Group: rapid.IntRange(1, 3).Draw(rt, "group")})
		settle := func(what string) {
			if rapid.IntRange(0, 15).Draw(rt, "restart") == 0 {
				follow = followed.NewSurveillance(surveillance.Options{})
			}
			look := looked.NewSurveillance(surveillance.Options{Judge: unclear{&surveyor{node: looked.Node, upstream: map[string][]string{}}}})
			for _, w := range []*surveillance.Watcher{follow, look} {
				if err := w.CatchUp(context.Background()); err != nil {
					rt.Fatal(err)
				}
				if s := w.Stats(); s.Failed > 0 || s.Due+s.Waiting > 0 {
					rt.Fatalf("on %s, after %s: %+v", followed.day, what, s)
				}
			}
			if d := cmp.Diff(looked.history(rt), followed.history(rt)); d != "" {
				rt.Fatalf("on %s, after %s (-looked at everything +followed):\n%s", followed.day, what, d)
			}
		}
		for _, day := range life.days {
			followed.day, looked.day = day, day
			settle("the night")
			for _, s := range life.steps[day] {
				followed.do(rt, s)
				looked.do(rt, s)
				settle(s.what)
			}
		}
		verifyLabels(rt, followed, kinds)
	})
	for _, kind := range []label.Kind{label.Warned, label.Cleared, label.Suspended, label.Offered, label.Reinstated} {
		if kinds[kind] == 0 && !t.Failed() {
			t.Errorf("no label of all these lives was %s; draw others", kind)
		}
	}
}

// verifyLabels holds all events to the laws that no course of things may break,
// and counts them.
func verifyLabels(t *rapid.T, l *lived, kinds map[label.Kind]int) {
	ask := access.Ask{Reader: access.Operator, At: access.At{Known: access.Forever, Position: access.Now}}
	for n := range l.given {
		events := l.labels.Events(ask, specimen.Number(n+1))
		for i, e := range events {
			kinds[e.Kind]++
			if err := label.Next(events[:i], e); i > 0 && err != nil {
				t.Fatalf("event %d of label %s could not follow: %v", e.Sequence, e.Label, err)
			}
			if e.Actor == surveillance.Actor && (e.Kind.ByHand() || e.On < events[0].On || e.On > access.DateOf(e.Recorded)) {
				t.Fatalf("surveillance appended %+v", e)
			}
		}
	}
}
