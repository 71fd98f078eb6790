package impact

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/realdata"
	"countersign.dev/internal/software"
	"countersign.dev/internal/software/purl"
)

// Words keep their numbers and their bytes, however many come after them.
func TestWords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var w words
		numbers := map[string]uint32{}
		for _, s := range rapid.SliceOf(rapid.StringN(0, 3, 12)).Draw(t, "words") {
			n, added := w.add(s)
			was, known := numbers[s]
			if added == known || known && was != n {
				t.Fatalf("%q is number %d, added %v; was %d, %v", s, n, added, was, known)
			}
			numbers[s] = n
		}
		for s, n := range numbers {
			if got, ok := w.look(s); !ok || got != n || w.at(n) != s {
				t.Fatalf("%q is number %d, %v, which is %q; want %d", s, got, ok, w.at(n), n)
			}
			if got, ok := w.find([]byte(s), hashOf([]byte(s))); !ok || got != n {
				t.Fatalf("%q as bytes is number %d, %v; want %d", s, got, ok, n)
			}
		}
		if _, ok := w.look("never added"); ok || w.len() != len(numbers) {
			t.Fatalf("%d words of %d; or one that is not there was found", w.len(), len(numbers))
		}
	})
}

// More words than one page has room for.
func TestWordsOverPages(t *testing.T) {
	var w words
	word := func(i int) string { return fmt.Sprint(i, strings.Repeat("x", i%5000)) }
	for i := range 4000 {
		w.add(word(i))
	}
	if len(w.pages) < 3 {
		t.Fatalf("%d pages: the test tests nothing", len(w.pages))
	}
	for i := range 4000 {
		if n, ok := w.look(word(i)); !ok || int(n) != i || w.at(n) != word(i) {
			t.Fatalf("word %d is number %d, %v", i, n, ok)
		}
	}
}

// Lists and postings are two views of one relation.
func TestPostingsTurnListsAround(t *testing.T) {
	type item struct {
		component uint32
		direct    bool
	}
	rapid.Check(t, func(t *rapid.T) {
		var p postings
		want := map[uint32][]uint32{}
		for n := range rapid.IntRange(1, 8).Draw(t, "lists") {
			var in, out []item
			var l list
			last := uint32(0)
			for range rapid.IntRange(0, 8).Draw(t, "length") {
				c := uint32(rapid.IntRange(0, len(p.heads)).Draw(t, "component"))
				direct := rapid.Bool().Draw(t, "direct")
				l = l.append(last, c, direct)
				p.add(c, uint32(n))
				in, last = append(in, item{c, direct}), c
				if of := want[c]; len(of) == 0 || of[len(of)-1] != uint32(n) {
					want[c] = append(of, uint32(n))
				}
			}
			l.each(func(c uint32, direct bool) { out = append(out, item{c, direct}) })
			if !slices.Equal(in, out) || l.len() != len(in) {
				t.Fatalf("list of %d: %v reads back as %v", l.len(), in, out)
			}
		}
		for c := range p.heads {
			var got []uint32
			p.each(uint32(c), func(n uint32) { got = append(got, n) })
			if diff := cmp.Diff(want[uint32(c)], got); diff != "" {
				t.Fatalf("lists of component %d (-want +got):\n%s", c, diff)
			}
		}
	})
}

// The bytes that a fact's body is cut out of by hand read as JSON does.
func FuzzContents(f *testing.F) {
	f.Add([]byte(`{"components":2,"packed":"aGVsbG8="}`))
	f.Add([]byte(`{"components":2,"packed":"aGVsbG8"}`))
	f.Add([]byte(`{"components":2,"packed":"aGVs\nbG8="}`))
	f.Add([]byte(`{"packed":"","components":-1}`))
	f.Add([]byte(`{"components":1,"packed":"AA==","packed":"aGVsbG8="}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var want software.Contents
		wrong := json.Unmarshal(body, &want)
		var p parcel
		got, err := p.contents(body)
		if wrong == nil && (err != nil || got.Components != want.Components || string(got.Packed) != string(want.Packed)) {
			t.Errorf("%q reads as %+v, %v; want %+v", body, got, err, want)
		}
	})
}

// The term that is cut from a canonical purl is the one that advisories' terms
// are made by.
func TestBareTermOfRealPurls(t *testing.T) {
	f, err := os.Open(realdata.Path(t, "data/software/portfolio-purls.tsv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for rows := bufio.NewScanner(unzipped); rows.Scan(); {
		_, text, _ := strings.Cut(rows.Text(), "\t")
		if seen[text] {
			continue
		}
		seen[text] = true
		p, err := purl.Read(text)
		if err != nil {
			continue
		}
		if got, want := bareTerm(p.String()), advisory.PURLTerm(p); got != want {
			t.Errorf("%s: %s, want %s", p, got, want)
		}
	}
	if len(seen) < 80_000 {
		t.Errorf("%d purls: there are more than 80,000", len(seen))
	}
}

// Questions may be asked while the ledger is followed; each is answered as of
// its own position.
func TestQuestionsWhileFollowing(t *testing.T) {
	w := newWorld(t, open(t))
	r := rand.New(rand.NewPCG(3, 3))
	w.draw(r, "2024-01-01")
	var asked sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		asked.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				ask := access.Ask{Reader: access.Operator, At: access.At{Date: "2031-01-01", Known: "2031-01-01", Position: w.index.Position()}}
				for _, q := range []Query{{Term: "pkg:go/example.com/p1"}, {Advisory: "CVE-1"}} {
					if _, err := w.index.Contains(context.Background(), ask, q, 0, 10); err != nil {
						t.Error(err)
						return
					}
				}
				if _, err := w.index.Findings(context.Background(), ask, "pkg:oci/app1@1"); err == nil {
					w.index.Size()
				}
			}
		})
	}
	day := access.Date("2024-01-02")
	for range 40 {
		w.draw(r, day)
		if _, err := w.index.CatchUp(context.Background()); err != nil {
			t.Fatal(err)
		}
		day = day.AddDays(1)
	}
	close(stop)
	asked.Wait()
	if diff := cmp.Diff(w.scanned(), w.state()); diff != "" {
		t.Errorf("(-scan +index):\n%s", diff)
	}
}
