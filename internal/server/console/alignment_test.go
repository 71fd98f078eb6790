package console

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"countersign.dev/internal/party"
	"countersign.dev/internal/screening/match"
)

// TestAlignment: whatever two names are compared, their words stand beside each
// other inside the drawing, and each pair has one line between its words.
func TestAlignment(t *testing.T) {
	words := []string{"Huawei", "Hua", "Wei", "Technologies", "Co.", "Ltd", "al", "Muhammad", "Mohamed", "V.", "7", "Владимир", "Путин", "华为", "技术有限公司", "김정식", "محمد"}
	name := rapid.Map(rapid.SliceOfN(rapid.SampledFrom(words), 1, 8), func(w []string) string { return strings.Join(w, " ") })
	kind := rapid.SampledFrom([]party.Kind{"", party.Person, party.Organisation, party.Vessel})
	rapid.Check(t, func(t *rapid.T) {
		query := match.Query{Text: name.Draw(t, "query"), Kind: kind.Draw(t, "query kind")}
		w := match.Prepare(query).Explain(match.Name{Text: name.Draw(t, "name"), Kind: kind.Draw(t, "kind"), Quality: party.Primary})
		d := drawAlignment(&w)
		if len(d.Lines) != len(w.Pairs) {
			t.Fatalf("%d lines for the pairs %+v of %q and %q", len(d.Lines), w.Pairs, w.Query.Words, w.Name.Words)
		}
		left := 0
		for i, b := range d.Words {
			if b.X < 0 || b.X+b.Width > d.Width || b.Y+boxHeight > d.Height {
				t.Fatalf("%q at %d+%d, %d is outside of %d by %d", b.Text, b.X, b.Width, b.Y, d.Width, d.Height)
			}
			if i > 0 && d.Words[i-1].Y == b.Y && d.Words[i-1].X+d.Words[i-1].Width > b.X {
				t.Fatalf("%q stands on %q", b.Text, d.Words[i-1].Text)
			}
			if b.Class == "left" {
				left++
			}
		}
		if left != len(w.OnlyQuery)+len(w.OnlyName) {
			t.Fatalf("%d words are drawn as left over, of %+v and %+v", left, w.OnlyQuery, w.OnlyName)
		}
	})
}

func TestSteps(t *testing.T) {
	whys := func(query, name string) []string {
		w := match.Prepare(match.Query{Text: query, Kind: party.Person}).Explain(match.Name{Text: name, Kind: party.Person, Quality: party.Primary})
		var out []string
		for _, s := range accountOf(&w).Steps {
			out = append(out, s.What)
		}
		return out
	}
	if got := whys("Vladimir Putin", "PUTIN, Vladimir"); !slices.Equal(got, []string{"Words that were taken for one"}) {
		t.Errorf("equal names: %q", got)
	}
	if got := whys("Putin", "PUTIN, Vladimir"); !slices.Contains(got, "Only listed") || !slices.Contains(got, "One word") {
		t.Errorf("one word of two: %q", got)
	}
}

func TestReadings(t *testing.T) {
	for rule, want := range map[string]string{
		"": "", "ru": "Russian → Latin", "ar-skeleton": "Arabic → Latin, consonants only",
		"zh-wade-giles": "Chinese → Latin, by Wade–Giles", "pack:zh-companies": "brand names of the pack zh-companies",
		"uk-bgn-terms": "Ukrainian → Latin, by the rules of BGN/PCGN, common words translated", "?": "? → Latin",
	} {
		if got := readingSays(rule); got != want {
			t.Errorf("%q is told as %q, want %q", rule, got, want)
		}
	}
}

func TestSentence(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "the file is empty": "The file is empty.", "names.csv: line 2: is empty": "names.csv: line 2: is empty.",
		"us-ofac-sdn:7 is listed": "us-ofac-sdn:7 is listed.", "published: want a day": "Published: want a day.",
	} {
		if got := sentence(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}
