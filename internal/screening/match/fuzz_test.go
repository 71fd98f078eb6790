package match

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign.dev/internal/party"
)

// FuzzScore compares whatever bytes: a score lies between 0 and 1, a name is
// itself, nothing takes long, and the index says the same.
func FuzzScore(f *testing.F) {
	for _, s := range []string{
		"Igor Ivanov", "IVANOV, I.", "ООО «Ромашка»", "محمد علي", "华为技术有限公司", "김정은", "a b c d e f g h", "l l c", "s de r l de c v",
		"abd al abd al", "o'brien's", "\xff\xfe", "ⅣⅤ", "'''", strings.Repeat("a", 3000), strings.Repeat("al ", 500), strings.Repeat("ab cd ", 300),
	} {
		f.Add(s, "Ivanov, Igor", uint8(1), uint8(2))
		f.Add("Hua Wei Trading", s, uint8(2), uint8(0))
	}
	kinds := []party.Kind{"", party.Person, party.Organisation, party.Vessel, party.Aircraft}
	f.Fuzz(func(t *testing.T, query, name string, a, b uint8) {
		n := Name{Text: name, Kind: kinds[int(b)%len(kinds)]}
		at := time.Now()
		p := Prepare(Query{query, kinds[int(a)%len(kinds)]})
		score := p.Score(n)
		if took := time.Since(at); took > 5*time.Second {
			t.Errorf("took %v", took)
		}
		if score < 0 || score > 1 {
			t.Errorf("score %v", score)
		}
		if len(tokens(wordsOf(name), false)) > 0 {
			if s := Prepare(Query{name, n.Kind}).Score(n); s != 1 {
				t.Errorf("%q and itself score %v", name, s)
			}
		}
		s, err := Build(context.Background(), slices.Values([]Name{n}))
		if err != nil {
			t.Fatal(err)
		}
		var want []Found
		if score >= Floor {
			want = []Found{{0, score}}
		}
		if got := s.Search(p, 0, nil); !slices.Equal(got, want) {
			t.Errorf("search finds %v, score says %v", got, score)
		}
		if why := p.Explain(n); why.Score != score {
			t.Errorf("explained %v, scored %v", why.Score, score)
		}
	})
}
