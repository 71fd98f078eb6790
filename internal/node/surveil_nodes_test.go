package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/label"
	"countersign.dev/internal/surveillance"
)

// TestSurveilTwoNodes: two nodes on one store keep the same labels at the same
// time. Each event is written once, and each label ends where it has to.
func TestSurveilTwoNodes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		k := openKeeping(t, url, "2021-01-10")
		const labels = 60
		for i := range labels {
			k.give(i, func(t *label.Terms) { t.Parties[0].Name = fmt.Sprint("Maker ", i%2) })
		}
		options := k.options
		options.Logger = slog.New(slog.DiscardHandler)
		second, err := Open(t.Context(), options)
		k.must(err)
		defer second.Close()
		small := surveillance.Options{Group: 4, Batch: 1}
		watchers := []*surveillance.Watcher{k.NewSurveillance(small), second.NewSurveillance(small)}
		k.day = "2021-02-01"
		k.take(listingFile("both", "us-dod-1260h", "Maker 0", "2021-01-20", "designated", "2021-01-20"))
		k.take(listingFile("other", "us-dod-1260h", "Maker 1", "2021-01-20", "designated", "2021-01-20", "removed", "2021-01-25"))
		var all sync.WaitGroup
		for _, w := range watchers {
			all.Go(func() {
				if err := w.CatchUp(t.Context()); err != nil {
					t.Errorf("catch up: %v", err)
				}
			})
		}
		all.Wait()
		told := strings.Split(k.news(surveillance.Actor), "; ")
		if len(told) != labels/2 {
			t.Errorf("%d events, want one for each label of the listed maker, %d: %v", len(told), labels/2, told[:min(len(told), 4)])
		}
		if first, other := watchers[0].Stats(), watchers[1].Stats(); first.Appended+other.Appended != labels/2 || first.Failed+other.Failed != 0 {
			t.Errorf("%+v and %+v", first, other)
		}
	})
}

// dying is a judge whose node is killed when it has found something.
type dying struct {
	*surveyor
	kill context.CancelFunc
}

func (d dying) Judge(ctx context.Context, c surveillance.Concern, about []string, at access.At, through func(dossier.Facts) dossier.Facts) (*surveillance.Outcome, error) {
	o, err := d.surveyor.Judge(ctx, c, about, at, through)
	if err == nil && len(o.Causes) > 0 {
		d.kill()
	}
	return o, err
}

// TestSurveilKilled: a node is killed between finding something and saying so.
// The next one says it.
func TestSurveilKilled(t *testing.T) {
	k := openKeeping(t, "", "2021-01-10")
	k.give(1, nil)
	k.wants("2021-01-11", "")
	k.day = "2021-01-20"
	k.take(listingFile("listing", "us-dod-1260h", "Northlight Devices", "2021-01-15", "designated", "2021-01-15"))
	ctx, kill := context.WithCancel(t.Context())
	w := k.NewSurveillance(surveillance.Options{Judge: dying{&surveyor{node: k.Node, upstream: map[string][]string{}}, kill}})
	if err := w.CatchUp(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("it goes on: %v", err)
	}
	if news := k.news(surveillance.Actor); news != "" {
		t.Fatalf("it has said %s", news)
	}
	k.restart()
	k.wants("2021-01-21", "suspended 2021-01-15 party:maker:northlight devices")
}

// TestSurveilOnce: a node that serves keeps its labels by itself, once.
func TestSurveilOnce(t *testing.T) {
	k := openKeeping(t, "", "2021-01-10")
	if _, ok := k.Surveilling(); ok {
		t.Error("it keeps labels unasked")
	}
	k.must(k.Surveil(t.Context(), surveillance.Options{}))
	if err := k.Surveil(t.Context(), surveillance.Options{}); err == nil {
		t.Error("it keeps them twice")
	}
	id := k.give(1, nil)
	k.take(listingFile("listing", "us-dod-1260h", "Northlight Devices", "2021-01-10", "designated", "2021-01-10"))
	for k.status(id, k.day) != label.StatusSuspended {
		if t.Context().Err() != nil {
			t.Fatal("nobody suspends it")
		}
		time.Sleep(10 * time.Millisecond)
	}
	if s, ok := k.Surveilling(); !ok || s.Labels > 1 {
		t.Errorf("%+v", s)
	}
	options := k.options
	options.ReadOnly = true
	reading, err := Open(t.Context(), options)
	k.must(err)
	defer reading.Close()
	if err := reading.Surveil(t.Context(), surveillance.Options{}); err == nil {
		t.Error("a node that may not write keeps labels")
	}
}
