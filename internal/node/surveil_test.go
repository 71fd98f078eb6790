package node

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/label"
	"countersign.dev/internal/surveillance"
	"countersign.dev/internal/surveillance/specimen"
)

// keeping is a node that lives through days and keeps its labels.
type keeping struct {
	*Node
	t       testing.TB
	options Options
	day     access.Date
	watcher *surveillance.Watcher
	told    map[string]int // events of a label that were told of
	events  []*label.Event // that were appended by hand or by the watcher, of all labels
}

func openKeeping(t testing.TB, url string, day access.Date) *keeping {
	t.Helper()
	k := &keeping{t: t, day: day, told: map[string]int{}}
	k.options = Options{Data: t.TempDir(), DB: url, Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return k.day.Time().Add(9 * time.Hour) }}
	k.open()
	t.Cleanup(func() { k.Close() })
	return k
}

func (k *keeping) open() {
	k.t.Helper()
	n, err := Open(context.Background(), k.options)
	k.must(err)
	k.Node, k.watcher = n, n.NewSurveillance(surveillance.Options{})
}

// restart is another process on the same store.
func (k *keeping) restart() {
	k.t.Helper()
	k.must(k.Close())
	k.open()
}

func (k *keeping) must(err error) {
	k.t.Helper()
	if err != nil {
		k.t.Fatal(err)
	}
}

// give gives a label today.
func (k *keeping) give(number int, change func(*label.Terms)) string {
	k.t.Helper()
	t := specimen.Terms("iot-mark", "Northlight Devices", cameraPURL, k.day)
	if change != nil {
		change(t)
	}
	id := specimen.Number(number)
	e, err := specimen.Edition(k.options.Now(), []specimen.Given{{ID: id, Terms: t}})
	k.must(err)
	_, err = k.Ledger.Append(context.Background(), e)
	k.must(err)
	return id
}

func (k *keeping) take(text string) {
	k.t.Helper()
	k.takeFor(text, access.Public)
}

func (k *keeping) takeFor(text string, audience access.Audience) {
	k.t.Helper()
	name := "file.json"
	switch {
	case strings.HasPrefix(text, "countersign:"):
		name = "file.yaml"
	case strings.HasPrefix(text, "owner,"):
		name = "ownership.csv"
	}
	r, err := k.Import(context.Background(), access.Operator, []intake.File{{Name: name, Bytes: []byte(text)}}, ImportOptions{AcceptLoss: true, Audience: audience})
	k.must(err)
	if len(r.Failed) > 0 {
		k.t.Fatalf("import: %v\n%s", r.Failed, text)
	}
}

// listingFile is an event file of one party on one list: kinds and days of events.
func listingFile(file, programme, name string, published access.Date, events ...string) string {
	id := slug(name)
	var b strings.Builder
	for i := 0; i < len(events); i += 2 {
		fmt.Fprintf(&b, "      - {kind: %s, date: %[2]s, published: %[2]s, what: constructed for a test}\n", events[i], events[i+1])
	}
	return fmt.Sprintf("countersign: events/v1\nid: %s\npublished: %s\nparty: {id: %s, name: %s, kind: organisation}\nlistings:\n  - programme: %s\n    id: %s:%s\n    name: %s\n    events:\n%s",
		file, published, id, name, programme, programme, id, name, b.String())
}

// live does what is due on a day, and tells of the events that it appended.
func (k *keeping) live(day access.Date) string {
	k.t.Helper()
	k.day = day
	k.must(k.watcher.CatchUp(context.Background()))
	return k.news(surveillance.Actor)
}

// news is the events since that somebody made; those of others are passed over.
func (k *keeping) news(actor string) string {
	k.t.Helper()
	_, err := k.labels.CatchUp(context.Background(), k.day)
	k.must(err)
	var ids []string
	k.labels.Each(func(s *label.State) bool {
		ids = append(ids, s.Label)
		return true
	})
	var out []string
	for _, id := range ids {
		events := k.labels.Events(access.Ask{Reader: access.Anonymous, At: access.At{Known: access.Forever, Position: access.Now}}, id)
		for _, e := range events[k.told[id]:] {
			if e.Actor != actor {
				continue
			}
			line := fmt.Sprintf("%s %s %s", e.Kind, e.On, e.Ground)
			if e.Due != "" {
				line += " due " + e.Due
			}
			out = append(out, line)
			k.events = append(k.events, e)
			k.explains(e)
		}
		k.told[id] = len(events)
	}
	return strings.Join(out, "; ")
}

// explains holds an event to what every one of them has to say.
func (k *keeping) explains(e *label.Event) {
	k.t.Helper()
	if e.Rule == "" || e.Reason == "" || e.Rules["scheme"] == "" {
		k.t.Errorf("%s of %s does not say why: %+v", e.Kind, e.Label, e)
	}
	for _, ev := range e.From {
		entry, err := k.Document(context.Background(), access.Ask{Reader: access.Anonymous}, ev.Position)
		if err != nil || entry.Digest != ev.Digest {
			k.t.Errorf("%s rests on %+v, which the public finds to be %+v, %v", e.Kind, ev, entry, err)
		}
	}
}

func (k *keeping) wants(day access.Date, want string) {
	k.t.Helper()
	if d := cmp.Diff(want, k.live(day)); d != "" {
		k.t.Errorf("on %s (-want +got):\n%s", day, d)
	}
}

// status is how a label stands for everybody on a day.
func (k *keeping) status(id string, on access.Date) label.Status {
	k.t.Helper()
	ask := anybody
	ask.At.Date = on
	s, err := k.Label(context.Background(), ask, id)
	k.must(err)
	return s.Status
}

func (k *keeping) giveBack(id, ground string) {
	k.t.Helper()
	_, err := k.Act(context.Background(), access.Ask{Reader: access.Operator, At: access.At{Position: access.Now}}, id, LabelAct{Kind: label.Reinstated, Ground: ground, Reason: "confirmed"})
	k.must(err)
}

// xiaomi is the case of Xiaomi as it became known day by day.
func xiaomi(file string, published access.Date, events ...string) string {
	return strings.Replace(listingFile(file, "us-dod-1237", "Xiaomi Corporation", published, events...), "kind: stayed,", "kind: stayed, authority: US District Court for the District of Columbia, citation: 'D.D.C. No. 1:21-cv-00280',", 1)
}

// TestSurveilXiaomi lives through the case on both engines: listed, stayed, given
// back, the stay lifted (which it never was), and removed; with a restart in
// between.
func TestSurveilXiaomi(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		k := openKeeping(t, url, "2021-01-10")
		id := k.give(1, func(t *label.Terms) { t.Parties[0].Name = "Xiaomi Corporation" })
		other := k.give(2, nil)
		k.wants("2021-01-11", "")
		const ground = "party:maker:xiaomi corporation"
		k.day = "2021-01-16"
		k.take(xiaomi("designation", "2021-01-14", "designated", "2021-01-14"))
		k.wants("2021-01-16", "suspended 2021-01-14 "+ground)
		if got := k.status(id, "2021-01-13") + k.status(id, "2021-01-14"); got != label.StatusActive+label.StatusSuspended {
			t.Errorf("before and on the day of the listing: %s", got)
		}
		last := k.events[len(k.events)-1]
		if !strings.Contains(last.Reason, "the maker, Xiaomi Corporation, is restricted since 2021-01-14: ") || last.Cite == "" || len(last.From) == 0 || last.Rules["policy"] == "" || last.Rule != "restricted-party" {
			t.Errorf("it says %+v", last)
		}
		k.restart()
		k.wants("2021-01-17", "")

		k.day = "2021-03-20"
		k.take(xiaomi("injunction", "2021-03-12", "stayed", "2021-03-12"))
		k.wants("2021-03-20", "reinstatement_offered 2021-03-12 "+ground)
		if last = k.events[len(k.events)-1]; !strings.Contains(last.Reason, "stayed by US District Court for the District of Columbia") || !strings.Contains(last.Cite, "1:21-cv-00280") || len(last.From) == 0 {
			t.Errorf("it says %+v", last)
		}
		if got := k.status(id, "2021-03-20"); got != label.StatusSuspended {
			t.Errorf("an offer gives nothing back, it is %s", got)
		}
		k.giveBack(id, "")
		k.wants("2021-03-21", "")
		if got := k.status(id, "2021-03-11") + k.status(id, "2021-03-12"); got != label.StatusSuspended+label.StatusActive {
			t.Errorf("before and on the day of the order: %s", got)
		}

		k.day = "2021-04-03"
		k.take(xiaomi("appeal", "2021-04-01", "stay_lifted", "2021-04-01"))
		k.restart() // between what was imported and what follows from it
		k.wants("2021-04-03", "suspended 2021-04-01 "+ground)
		k.day = "2021-05-26"
		k.take(xiaomi("vacatur", "2021-05-25", "vacated", "2021-05-25"))
		k.wants("2021-05-26", "reinstatement_offered 2021-05-25 "+ground)
		k.giveBack(id, "")
		k.wants("2021-05-27", "")
		if got := k.status(id, "2021-05-27") + k.status(other, "2021-05-27"); got != label.StatusActive+label.StatusActive {
			t.Errorf("in the end: %s", got)
		}
	})
}
