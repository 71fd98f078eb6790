package node

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"countersign.dev/internal/access"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/screening"
	"countersign.dev/internal/watchlist"
)

// dayNode is a node that lives through days that a test sets.
type dayNode struct {
	*Node
	day access.Date
}

func openDayNode(t interface{ Fatal(...any) }, data string, day access.Date) *dayNode {
	n := &dayNode{day: day}
	opened, err := Open(context.Background(), Options{Data: data, Now: func() time.Time { return n.day.Time().Add(9 * time.Hour) }})
	if err != nil {
		t.Fatal(err)
	}
	n.Node = opened
	return n
}

// drawnNames is a watch list over the parties that documents are drawn about,
// and others.
func drawnNames(t *rapid.T) []byte {
	rows := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{
		"1,Alpha Works,company,", "2,alpha wroks,,", "3,Beta Trading,,LEIalpha", "4,Gamma,company,", "5,Nobody Here,,", "6,Delta,,LEIgamma", "1,Beta Tradings,,",
	}), 1, 7, rapid.ID).Draw(t, "names")
	return []byte("id,name,type,identifier\n" + strings.Join(rows, "\n") + "\n")
}

// difference is what a report must say, worked out by screening every name at
// both moments.
func difference(t *rapid.T, n *Node, reader access.Reader, r *watchlist.Report, before, now []byte) []string {
	ctx := context.Background()
	matches := func(m *watchlist.Moment, s screening.Sought) map[string]screening.Match {
		if m == nil {
			return nil
		}
		all, err := n.Screen(ctx, access.Ask{Reader: reader, At: access.At{Date: m.At, Known: m.At, Position: m.Position}}, []screening.Sought{s}, ScreenOptions{})
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]screening.Match{}
		for _, found := range all.Results[0].Matches {
			out[found.ID] = found
		}
		return out
	}
	old, _, err := watchlist.ReadNames("before", before)
	if err != nil {
		t.Fatal(err)
	}
	names, _, err := watchlist.ReadNames("now", now)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, s := range names {
		is := matches(&r.To, s)
		var was map[string]screening.Match
		at := slices.Index(old, s)
		if at < 0 {
			for i := range old { // the last of an id counts
				if old[i].ID == s.ID {
					at = i
				}
			}
		}
		if at >= 0 {
			was = matches(r.From, old[at])
		}
		for id, m := range is {
			if w, ok := was[id]; !ok {
				out = append(out, fmt.Sprint(s.Name, " appeared ", words(m)))
			} else if words(w) != words(m) {
				out = append(out, fmt.Sprint(s.Name, " changed ", words(w), " to ", words(m)))
			}
		}
		for id, w := range was {
			if _, ok := is[id]; !ok {
				out = append(out, fmt.Sprint(s.Name, " disappeared ", words(w)))
			}
		}
	}
	slices.Sort(out)
	return out
}

func words(m screening.Match) string {
	return fmt.Sprint(m.ID, " ", m.Name, " ", m.Matched, " ", m.Score, " ", m.Evidence, " ", m.List, " ", m.Status)
}

func told(r *watchlist.Report) []string {
	one := func(id string, s *watchlist.State) string {
		return fmt.Sprint(id, " ", s.Name, " ", s.Matched, " ", s.Score, " ", s.Evidence, " ", s.List, " ", s.Status)
	}
	var out []string
	for _, c := range r.Changes {
		switch c.Change {
		case watchlist.Appeared:
			out = append(out, fmt.Sprint(c.Query, " appeared ", one(c.Entry, c.Is)))
		case watchlist.Disappeared:
			out = append(out, fmt.Sprint(c.Query, " disappeared ", one(c.Entry, c.Was)))
		default:
			out = append(out, fmt.Sprint(c.Query, " changed ", one(c.Entry, c.Was), " to ", one(c.Entry, c.Is)))
		}
	}
	slices.Sort(out)
	return out
}

// TestReportIsTheDifference lives through days on which documents come in, some
// before their own day and some for others' eyes, and on which lists are
// replaced: each report is the difference of two full screenings.
func TestReportIsTheDifference(t *testing.T) {
	dir := t.TempDir()
	stores := 0
	rapid.Check(t, func(t *rapid.T) {
		stores++
		n := openDayNode(t, filepath.Join(dir, fmt.Sprint(stores)), "2021-01-01")
		defer n.Close()
		ctx := context.Background()
		audience := rapid.SampledFrom([]access.Audience{access.Public, access.ForOrganisation("acme")}).Draw(t, "audience")
		var reader access.Reader
		if !audience.IsPublic() {
			reader.Organisations = []string{"acme"}
		}
		var before, names []byte
		for day := range rapid.IntRange(2, 6).Draw(t, "days") {
			if day == 0 || rapid.IntRange(0, 3).Draw(t, "replaced") == 0 {
				names = drawnNames(t)
				if _, err := n.SetWatchList(ctx, access.Operator, NewWatchList{Name: "all", Audience: &audience, File: "all.csv", CSV: names}); err != nil {
					t.Fatal(err)
				}
			}
			for i := range rapid.IntRange(0, 3).Draw(t, "documents") {
				d := drawDocument(t, day*10+i)
				published := n.day.AddDays(rapid.IntRange(-30, 60).Draw(t, "published in"))
				text := strings.Replace(d.yaml, "published: 2026-01-0", "published: "+string(published)+" # 0", 1)
				if _, err := n.Import(ctx, access.Operator, []intake.File{{Name: "d.yaml", Bytes: []byte(text)}}, ImportOptions{Audience: d.audience, AcceptLoss: true}); err != nil {
					t.Fatal(err)
				}
			}
			r, err := n.RunWatchList(ctx, access.Operator, "all", nil)
			if err != nil {
				t.Fatal(err)
			}
			if before == nil {
				before = names
			}
			if r.New {
				if diff := cmp.Diff(difference(t, n.Node, reader, &r.Report, before, names), told(&r.Report)); diff != "" {
					t.Fatalf("on %s (-full +report):\n%s", n.day, diff)
				}
			}
			before = names
			n.day = n.day.AddDays(rapid.IntRange(0, 90).Draw(t, "later"))
		}
	})
}
