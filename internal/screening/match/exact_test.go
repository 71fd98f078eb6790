package match

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"countersign.dev/internal/party"
)

// everyName is what Search must find: the oracle.
func everyName(p *Prepared, names []Name, least float64, visible func(Unit) bool) []Found {
	var out []Found
	for i, n := range names {
		if visible != nil && !visible(Unit(i)) {
			continue
		}
		if s := p.Score(n); s >= least {
			out = append(out, Found{Unit(i), s})
		}
	}
	slices.SortFunc(out, func(a, b Found) int { return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Unit, b.Unit)) })
	return out
}

// nameParts are words that names are made of in the property test: near each
// other, cut in several ways, of every role and script, so that every way into
// the index is taken.
var nameParts = []string{
	"mohammed", "muhamad", "mohamad", "ali", "aly", "al", "bin", "abd", "abdul", "rahman", "abdurrahman", "rehman", "sergey", "sergei",
	"ivanov", "ivanof", "ivanova", "hua", "wei", "huawei", "yong", "chol", "yongchol", "yong-chul", "k", "m", "a", "14", "2", "ii",
	"bank", "melli", "iran", "iraq", "alshabaab", "shabaab", "ltd", "co", "llc", "ooo", "trading", "tradinng", "company", "dr", "de",
	"hassan", "hussein", "saif", "al-din", "saifuddin", "of", "the", "shipping", "yusongshipping", "yusong", "x1y", "ktz", "ktx",
	"путин", "путина", "владимир", "محمد", "علي", "أحمد", "金", "小米", "华为技术", "华为技木", "김정은", "김", "정은", "정운",
}

func drawName(t *rapid.T, label string) string {
	parts := rapid.SliceOfN(rapid.SampledFrom(nameParts), 1, 5).Draw(t, label)
	out := ""
	for i, p := range parts {
		if i > 0 && rapid.IntRange(0, 9).Draw(t, "space") > 0 {
			out += " "
		}
		out += p
	}
	return out
}

var someKinds = []party.Kind{"", party.Person, party.Organisation, party.Vessel}

func TestSearchIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var names []Name
		for range rapid.IntRange(1, 30).Draw(t, "names") {
			names = append(names, Name{
				drawName(t, "name"), rapid.SampledFrom(someKinds).Draw(t, "kind"),
				rapid.SampledFrom([]party.Quality{party.Primary, party.Weak}).Draw(t, "quality"),
			})
		}
		s, err := Build(context.Background(), slices.Values(names))
		if err != nil {
			t.Fatal(err)
		}
		least := rapid.SampledFrom([]float64{Floor, 0.8, Threshold, 0.95, 1}).Draw(t, "least")
		hidden := Unit(rapid.IntRange(0, 30).Draw(t, "hidden"))
		visible := func(u Unit) bool { return u != hidden }
		for range 5 {
			p := Prepare(Query{drawName(t, "query"), rapid.SampledFrom(someKinds).Draw(t, "query kind")})
			if diff := gocmp.Diff(everyName(p, names, least, visible), s.Search(p, least, visible)); diff != "" {
				t.Fatalf("query %q %s at %v (-every name +search):\n%s", p.query.Text, p.query.Kind, least, diff)
			}
		}
	})
}

// TestSearchIsExactOnLists compares with every name of the official lists.
func TestSearchIsExactOnLists(t *testing.T) {
	corpus := loadCorpus(t)
	e := newEvaluated(t, corpus, true)
	queries := loadQueries(t)
	every := 60
	if testing.Short() {
		every = 150
	}
	for i := 0; i < len(queries); i += every {
		q := queries[i]
		p := Prepare(Query{Text: q.Name, Kind: kindsOfTypes[q.Type]})
		if diff := gocmp.Diff(everyName(p, e.names, Floor, nil), e.segment.Search(p, Floor, nil)); diff != "" {
			t.Errorf("query %q (-every name +search):\n%s", q.Name, diff)
		}
	}
}

// TestSearchAtTheSameTime searches one segment from many goroutines, which
// must not see each other.
func TestSearchAtTheSameTime(t *testing.T) {
	names := make([]Name, 0, 400)
	for i := range 400 {
		names = append(names, Name{Text: nameParts[i%len(nameParts)] + " " + nameParts[i*7%len(nameParts)], Kind: someKinds[i%len(someKinds)]})
	}
	s, err := Build(context.Background(), slices.Values(names))
	if err != nil {
		t.Fatal(err)
	}
	want := make([][]Found, len(names))
	for i, n := range names {
		want[i] = s.Search(Prepare(Query{n.Text, n.Kind}), Threshold, nil)
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range names {
				k := (i*13 + g*29) % len(names)
				if got := s.Search(Prepare(Query{names[k].Text, names[k].Kind}), Threshold, nil); !slices.Equal(got, want[k]) {
					t.Errorf("%q finds %v, alone %v", names[k].Text, got, want[k])
				}
			}
		})
	}
	wg.Wait()
}

func TestBuildStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	endless := func(yield func(Name) bool) {
		for yield(Name{Text: "Igor Ivanov"}) {
		}
	}
	if _, err := Build(ctx, endless); err == nil {
		t.Error("an index of endless names was built after its context had ended")
	}
	s, err := Build(context.Background(), slices.Values([]Name(nil)))
	if err != nil || s.Len() != 0 || s.Search(Prepare(Query{Text: "Igor Ivanov"}), 0, nil) != nil {
		t.Errorf("an empty index: %v", err)
	}
}
