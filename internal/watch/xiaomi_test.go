package watch_test

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/demo"
	"countersign.dev/internal/access"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/watch"
)

const xiaomiParty = `party: {id: xiaomi, name: Xiaomi Corporation, kind: organisation, identifiers: [{scheme: isin, value: KYG9830T1067}]}
listings:
  - programme: us-dod-1237
    id: us-dod-1237:xiaomi-corporation
    name: Xiaomi Corporation
    events:
`

// xiaomiFiles is the event files by the day on which they are published. The
// first only makes the party known: it is talked about, and on no list.
var xiaomiFiles = map[access.Date]string{
	"2021-01-04": "countersign: events/v1\nid: before\npublished: 2021-01-04\n" + xiaomiParty +
		"      - {kind: announced, date: 2021-01-04, what: said to be considered}\n",
	"2021-01-14": "countersign: events/v1\nid: designation\npublished: 2021-01-14\n" + xiaomiParty +
		"      - {kind: designated, date: 2021-01-14, authority: US Department of Defense}\n",
	"2021-03-12": "countersign: events/v1\nid: injunction\npublished: 2021-03-12\n" + xiaomiParty +
		"      - {kind: stayed, date: 2021-03-12, authority: US District Court for the District of Columbia}\n",
	"2021-05-25": "countersign: events/v1\nid: vacatur\npublished: 2021-05-25\n" + xiaomiParty +
		"      - {kind: vacated, date: 2021-05-25, authority: US District Court for the District of Columbia}\n",
}

// TestXiaomi lives through the case day by day. A decision is recorded once,
// on the first day; whatever follows, the watch finds.
func TestXiaomi(t *testing.T) {
	tests := []struct {
		name    string
		held    []access.Date // the files that arrive
		want    []string
		changes []string // as told to hooks
	}{
		{
			name: "as it was",
			held: []access.Date{"2021-01-04", "2021-01-14", "2021-03-12", "2021-05-25"},
			want: []string{
				"2021-01-10 operator allow -",
				"2021-01-14 watch review 2021-03-15",
				"2021-03-12 watch review -",
				"2021-05-25 watch allow -",
			},
			changes: []string{
				"2021-01-14 Xiaomi Corporation: allow, now review until 2021-03-15",
				"2021-03-12 Xiaomi Corporation: review, now review",
				"2021-05-25 Xiaomi Corporation: review, now allow",
			},
		},
		{
			name: "the injunction never heard of",
			held: []access.Date{"2021-01-04", "2021-01-14"},
			want: []string{
				"2021-01-10 operator allow -",
				"2021-01-14 watch review 2021-03-15",
				"2021-03-15 watch deny 2022-01-14",
			},
			changes: []string{
				"2021-01-14 Xiaomi Corporation: allow, now review until 2021-03-15",
				"2021-03-15 Xiaomi Corporation: review, now deny until 2022-01-14",
			},
		},
		{
			name: "nobody held anything of it before",
			held: []access.Date{"2021-01-14"},
			want: []string{
				"2021-01-10 operator review -",
				"2021-01-14 watch review 2021-03-15",
				"2021-03-15 watch deny 2022-01-14",
			},
			changes: []string{
				"2021-01-14 Xiaomi Corporation: review, now review until 2021-03-15",
				"2021-03-15 Xiaomi Corporation: review, now deny until 2022-01-14",
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, url string) {
				s := openStage(t, t.TempDir(), url, "2021-01-04")
				var changes []string
				w := s.watcher(watch.Options{OnChange: []func(watch.Change){func(c watch.Change) {
					changes = append(changes, describe(c))
				}}})
				for _, day := range days("2021-01-04", "2021-06-01") {
					s.clock.set(day)
					s.catchUp(w) // the day breaks
					if slices.Contains(tt.held, day) {
						s.importYAML(xiaomiFiles[day], access.Public)
					}
					if day == "2021-01-10" {
						s.decide(access.Operator, "Xiaomi Corp.", "invest")
					}
					s.catchUp(w) // the ledger has grown
				}
				if diff := cmp.Diff(tt.want, tell(s.decisions(access.Operator))); diff != "" {
					t.Errorf("recorded (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(tt.changes, changes); diff != "" {
					t.Errorf("told (-want +got):\n%s", diff)
				}
				if n := strings.Count(s.log.String(), "decision changed"); n != len(changes) {
					t.Errorf("%d changes are logged, want %d:\n%s", n, len(changes), s.log.String())
				}
			})
		})
	}
}

func describe(c watch.Change) string {
	line := fmt.Sprintf("%s %s: %s, now %s", c.At, c.Subject.Name, c.Was, c.Is)
	if c.ChangesOn != "" {
		line += " until " + string(c.ChangesOn)
	}
	return line
}

// TestXiaomiHeldAhead has the whole of the case in the ledger from the first
// day, each event with the day on which it was published. The days then come
// as they did, because nothing counts before it is published.
func TestXiaomiHeldAhead(t *testing.T) {
	text, err := fs.ReadFile(demo.FS, "events/xiaomi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s := openStage(t, t.TempDir(), "", "2021-01-10")
	s.importYAML(string(text), access.Public)
	w := s.watcher(watch.Options{})
	s.decide(access.Operator, "Xiaomi Corporation", "invest")
	for _, day := range days("2021-01-10", "2021-06-01") {
		s.clock.set(day)
		s.catchUp(w)
	}
	var verdicts []string
	for _, line := range tell(s.decisions(access.Operator)) {
		day, rest, _ := strings.Cut(line, " ")
		verdicts = append(verdicts, day+" "+strings.Fields(rest)[1])
	}
	want := []string{
		"2021-01-10 review", // nobody is known by that name
		"2021-01-14 review", // put on the list
		"2021-03-05 review", // an index announces to drop it
		"2021-03-12 review", // stayed; and the index has
		"2021-05-25 allow",
	}
	if diff := cmp.Diff(want, verdicts); diff != "" {
		t.Errorf("recorded (-want +got):\n%s", diff)
	}
	if asked := w.Stats().Asked; asked > 20 {
		t.Errorf("asked %d times in 143 days; want about as often as something is published", asked)
	}
}

// TestMissedDays is a node that was down: it makes up for all days at once.
func TestMissedDays(t *testing.T) {
	s := openStage(t, t.TempDir(), "", "2021-01-14")
	s.importYAML(xiaomiFiles["2021-01-14"], access.Public)
	s.decide(access.Operator, "Xiaomi Corporation", "invest")
	s.clock.set("2022-02-01")
	w := s.watcher(watch.Options{})
	s.catchUp(w)
	want := []string{"2021-01-14 operator review 2021-03-15", "2022-02-01 watch deny -"}
	if got := tell(s.decisions(access.Operator)); !cmp.Equal(got[:1], want[:1]) || len(got) != 2 || !strings.HasPrefix(got[1], "2022-02-01 watch") {
		t.Errorf("recorded %q, want one decision of the day on which the node came back", got)
	}
}
