package watch_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/node"
	"countersign.dev/internal/watch"
)

// deed is something that somebody does on a day.
type deed struct {
	file     string          // an event file is imported
	audience access.Audience // for these

	reader           access.Reader // or: a question is decided on
	subject, purpose string
}

var (
	readers   = []access.Reader{access.Operator, member("acme"), member("cisa"), member("acme", "cisa")}
	audiences = []string{"public", "public", "org:acme", "org:acme|org:cisa", "org:acme&org:cisa"}
	names     = []string{"Alpha Works", "Alpha Works Ltd", "Beta Trading", "Gamma", "Alpha", "Nobody"}
)

// drawDeed draws something that is done on a day of the year 2021.
func drawDeed(t *rapid.T, n int, day access.Date) deed {
	if rapid.IntRange(0, 2).Draw(t, "deed") == 0 {
		subjects := append(names, "alpha", "us-dod-1237:beta", "LEI LEIgamma")
		return deed{
			reader:  rapid.SampledFrom(readers).Draw(t, "reader"),
			subject: rapid.SampledFrom(subjects).Draw(t, "subject"),
			purpose: rapid.SampledFrom([]string{"", "invest", "procure", "export"}).Draw(t, "purpose"),
		}
	}
	near := func(name string) access.Date { return day.AddDays(rapid.IntRange(-90, 20).Draw(t, name)) }
	expr := rapid.SampledFrom(audiences).Draw(t, "audience")
	a, err := access.ParseAudience(expr)
	if err != nil {
		t.Fatal(err)
	}
	var events []string
	designated := near("designated")
	events = append(events, fmt.Sprintf("{kind: designated, date: %s, published: %s}", designated, near("published")))
	for i := range rapid.IntRange(0, 2).Draw(t, "events") {
		kind := rapid.SampledFrom([]string{"redesignated", "removed", "stayed", "stay_lifted", "vacated"}).Draw(t, "kind")
		stated := ""
		if rapid.Bool().Draw(t, "states dates") {
			stated = fmt.Sprintf(", consequences: [{kind: purchase, from: %s}]", near("purchase"))
		}
		events = append(events, fmt.Sprintf("{kind: %s, date: %s, published: %s, what: w%d%s}", kind, near("date"), near("published"), i, stated))
	}
	key := rapid.SampledFrom([]string{"alpha", "beta", "gamma"}).Draw(t, "key")
	programme := rapid.SampledFrom([]string{"us-dod-1237", "us-dod-1260h", "us-bis-entity-list", "us-ofac-sdn"}).Draw(t, "programme")
	name := rapid.SampledFrom(names[:4]).Draw(t, "name")
	file := rapid.SampledFrom([]string{"shared", fmt.Sprint("own-", n)}).Draw(t, "file")
	return deed{audience: a, file: fmt.Sprintf(`countersign: events/v1
id: %s
published: %s
party: {id: %s, name: %s, kind: organisation, identifiers: [{scheme: lei, value: "LEI%s"}]}
listings:
  - {programme: %s, id: "%s:%s", name: %s, events: [%s]}
`, file, near("file published"), key, name, key, programme, programme, key, name, strings.Join(events, ", "))}
}

func (s *stage) do(d deed) {
	s.t.Helper()
	if d.file != "" {
		s.importYAML(d.file, d.audience)
		return
	}
	s.decide(d.reader, d.subject, d.purpose)
}

// lifetime is the days of a drawn world, with what is done on each.
type lifetime struct {
	days  []access.Date
	deeds map[access.Date][]deed
}

func drawLifetime(t *rapid.T) lifetime {
	l := lifetime{days: days("2021-05-01", "2021-05-24"), deeds: map[access.Date][]deed{}}
	for i := range rapid.IntRange(3, 14).Draw(t, "deeds") {
		day := rapid.SampledFrom(l.days).Draw(t, "day")
		l.deeds[day] = append(l.deeds[day], drawDeed(t, i, day))
	}
	return l
}

// blank is the folder of a store with nothing but the rules, to begin each
// world from.
func blank(t *testing.T) string {
	data := t.TempDir()
	s := openStage(t, data, "", "2021-01-01")
	if err := s.node.Close(); err != nil {
		t.Fatal(err)
	}
	return data
}

func copyStage(t *testing.T, rt *rapid.T, blank string, day access.Date) *stage {
	data := filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(data, os.DirFS(blank)); err != nil {
		rt.Fatal(err)
	}
	return openStage(t, data, "", day)
}

// failer is a test of either sort.
type failer interface {
	Fatal(...any)
	Fatalf(string, ...any)
}

// askEverything is the oracle: it asks every question that was ever decided on
// and holds the newest decision against the answer.
func (s *stage) askEverything(t failer) {
	newest := map[string]recordedDecision{}
	for _, d := range s.decisions(access.Operator) {
		if before, ok := newest[d.question()]; ok && d.Actor == watch.Actor && gist(before.Recorded) == gist(d.Recorded) && before.Entry.Audience == d.Entry.Audience {
			t.Fatalf("%s: %s is recorded at positions %d and %d, and nothing changed:\n%s", s.clock.today(), d.question(), before.Entry.Position, d.Entry.Position, gist(d.Recorded))
		}
		newest[d.question()] = d
	}
	for question, d := range newest {
		q := watch.Question{Subject: d.Query, Audiences: d.Recorded.Audiences}
		if d.Purpose != nil {
			q.Purpose = *d.Purpose
		}
		a, _, err := s.node.Check(context.Background(), access.Ask{Reader: q.Reader()}, node.Question{Subject: q.Subject, Purpose: q.Purpose})
		if err != nil {
			t.Fatal(err)
		}
		b, err := decision.Record(a, decision.Circumstances{Audiences: q.Audiences})
		if err != nil {
			t.Fatal(err)
		}
		now, err := decision.ParseRecord(b)
		if err != nil {
			t.Fatal(err)
		}
		if a.Audience.And(d.Entry.Audience) != d.Entry.Audience {
			t.Fatalf("%s: %s is for %s and the newest decision, of %s, for %s", s.clock.today(), question, a.Audience, d.At, d.Entry.Audience)
		}
		if was, is := gist(d.Recorded), gist(now); was != is {
			t.Fatalf("%s: %s is now\n%s\nand the newest decision, of %s, says\n%s", s.clock.today(), question, is, d.At, was)
		}
	}
}

// TestFindsEveryChange lives through drawn worlds. On each day the watch does
// what is due by its calendar and index, and must then have found what asking
// everything finds; and recorded nothing else.
func TestFindsEveryChange(t *testing.T) {
	empty := blank(t)
	rapid.Check(t, func(rt *rapid.T) {
		life := drawLifetime(rt)
		s := copyStage(t, rt, empty, life.days[0])
		defer s.node.Close()
		batch := rapid.IntRange(1, 4).Draw(rt, "batch")
		w := s.watcher(watch.Options{Batch: batch})
		for _, day := range life.days {
			s.clock.set(day)
			for _, d := range life.deeds[day] {
				s.do(d)
				if rapid.Bool().Draw(rt, "at once") {
					s.catchUp(w)
				}
			}
			switch rapid.IntRange(0, 19).Draw(rt, "node") {
			case 0: // is down all day
				continue
			case 1: // starts again
				w = s.watcher(watch.Options{Batch: batch})
			}
			s.catchUp(w)
			s.askEverything(rt)
		}
	})
}

// visible is what a reader sees of the decisions: all of each but where in the
// ledger things stand, which the public log shows to everybody.
func (s *stage) visible(reader access.Reader) []string {
	var out []string
	for _, d := range s.decisions(reader) {
		b, err := json.Marshal(d.Recorded)
		if err != nil {
			s.t.Fatal(err)
		}
		out = append(out, d.Actor+" "+d.Entry.Audience.String()+" "+positions.ReplaceAllString(string(b), `"$1":0`))
	}
	slices.Sort(out)
	return out
}

var positions = regexp.MustCompile(`"(position|document|fact)":\d+`)

// TestWatchKeepsAudiences lives through drawn worlds twice: once whole, once
// without the documents that a reader may not see. Whatever decision that
// reader sees in the first stands in the second too: documents of others have
// no part in it. Of questions whose askers saw no more than the reader does,
// all the decisions of the second stand in the first.
func TestWatchKeepsAudiences(t *testing.T) {
	empty := blank(t)
	rapid.Check(t, func(rt *rapid.T) {
		life := drawLifetime(rt)
		reader := rapid.SampledFrom([]access.Reader{access.Anonymous, member("cisa"), member("dod")}).Draw(rt, "outsider")
		whole, part := copyStage(t, rt, empty, life.days[0]), copyStage(t, rt, empty, life.days[0])
		defer whole.node.Close()
		defer part.node.Close()
		all, some := whole.watcher(watch.Options{}), part.watcher(watch.Options{})
		for _, day := range life.days {
			whole.clock.set(day)
			part.clock.set(day)
			for _, d := range life.deeds[day] {
				whole.do(d)
				if d.file == "" || reader.MaySee(d.audience) {
					part.do(d)
				}
				whole.catchUp(all)
				part.catchUp(some)
			}
			whole.catchUp(all)
			part.catchUp(some)
		}
		seen, allowed := whole.visible(reader), part.visible(reader)
		for _, line := range seen {
			if !slices.Contains(allowed, line) {
				rt.Fatalf("a member of %v sees a decision that there is not without the documents of others:\n%s", reader.Organisations, line)
			}
		}
		for _, line := range allowed {
			if !seesMore(line, reader) && !slices.Contains(seen, line) {
				rt.Fatalf("a member of %v misses a decision that has nothing to do with the documents of others:\n%s", reader.Organisations, line)
			}
		}
	})
}

// seesMore reports whether the asker of a visible decision could see what the
// reader does not.
func seesMore(line string, reader access.Reader) bool {
	_, rest, _ := strings.Cut(line, `"audiences":[`)
	list, _, _ := strings.Cut(rest, "]")
	for quoted := range strings.SplitSeq(list, ",") {
		id, isOrganisation := strings.CutPrefix(strings.Trim(quoted, `"`), "org:")
		if quoted == `"all"` || isOrganisation && !slices.Contains(reader.Organisations, id) {
			return true
		}
	}
	return false
}

// TestFindsEveryChangeOnBothEngines lives through a few fixed worlds in which
// much happens.
func TestFindsEveryChangeOnBothEngines(t *testing.T) {
	worlds := rapid.Custom(drawLifetime)
	for _, seed := range []int{6, 8, 9} {
		t.Run(fmt.Sprint("world ", seed), func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, url string) {
				life := worlds.Example(seed)
				s := openStage(t, t.TempDir(), url, life.days[0])
				w := s.watcher(watch.Options{})
				for _, day := range life.days {
					s.clock.set(day)
					for _, d := range life.deeds[day] {
						s.do(d)
					}
					s.catchUp(w)
					s.askEverything(t)
				}
				if w.Stats().Changes < 3 {
					t.Errorf("the world has %d changes; draw another one", w.Stats().Changes)
				}
			})
		})
	}
}
