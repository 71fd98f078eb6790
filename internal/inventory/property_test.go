package inventory

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
)

// stated is what an edition says of a deployment: nothing, that it is there, or
// from when to when.
type stated struct {
	there    bool
	from, to access.Date
}

// runs says whether something ran on a day, by going through the editions that
// had been published by another. It is written from what the guide says of
// editions, and knows no facts.
func runs(editions map[access.Date]stated, date, known access.Date) bool {
	type stretch struct {
		stated
		begin, end access.Date
	}
	var history []stretch
	for _, day := range slices.Sorted(maps.Keys(editions)) {
		if day > known {
			break
		}
		if n := len(history); n > 0 {
			if history[n-1].stated == editions[day] {
				continue
			}
			history[n-1].end = day
		}
		history = append(history, stretch{editions[day], day, access.Forever})
	}
	for _, s := range slices.Backward(history) {
		switch {
		case !s.there:
		case s.from == "" && s.to == "":
			if s.begin <= date && date < s.end {
				return true
			}
		default:
			from, to := s.from, s.to
			if to == "" {
				to = access.Forever
			}
			return from <= date && date < min(to, s.end)
		}
	}
	return false
}

// Whatever the editions say, and in whichever order they are imported, the
// answer is that of going through them.
func TestDeploymentsAreWhatEditionsSay(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	day := func(n int) access.Date { return access.Date("2021-01-01").AddDays(n) }
	l := kept(t)
	checked, running := 0, 0
	for trial := range 60 {
		editions := map[access.Date]stated{}
		for range 1 + random.IntN(5) {
			s := stated{there: random.IntN(4) > 0}
			if s.there && random.IntN(2) == 0 {
				s.from = day(random.IntN(10))
				if random.IntN(2) == 0 {
					s.to = s.from.AddDays(1 + random.IntN(8))
				}
			}
			editions[day(random.IntN(12))] = s
		}
		source := fmt.Sprintf("inventory/t%d", trial)
		days := slices.Sorted(maps.Keys(editions))
		random.Shuffle(len(days), func(i, j int) { days[i], days[j] = days[j], days[i] })
		for _, d := range days {
			add(t, l, source, d, editions[d])
		}
		subject := SystemID(inventoryOf(source), "s")
		facts := about(t, l, on(string(day(20)), "2026-01-01"), subject, "")
		for date := range 14 {
			for known := range 14 {
				at := access.At{Date: day(date), Known: day(known)}
				got, want := len(Deployments(facts, at)) == 1, runs(editions, at.Date, at.Known)
				if got != want {
					t.Fatalf("%v imported as %v: on %s as known on %s running is %v, want %v", editions, days, at.Date, at.Known, got, want)
				}
				checked++
				if got {
					running++
				}
			}
		}
	}
	if running < checked/10 || running > checked*9/10 {
		t.Errorf("%d of %d answers are yes: the test says little", running, checked)
	}
}

// add imports an edition with one deployment, or none.
func add(t *testing.T, l *ledger.Ledger, source string, published access.Date, s stated) {
	t.Helper()
	var text strings.Builder
	fmt.Fprintf(&text, "as_of,system,purl,from,to\n%s,other,pkg:npm/other@1,,\n", published)
	if s.there {
		fmt.Fprintf(&text, "%s,s,pkg:npm/a@1,%s,%s\n", published, s.from, s.to)
	}
	r, err := Read(t.Context(), []byte(text.String()), Options{Source: source})
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.Append(t.Context(), ledger.Edition{Actor: "test", Documents: []ledger.Document{{
		Bytes: []byte(source + text.String()), Kind: r.Kind, Source: r.Source, Part: r.Part, Mode: r.Mode, Name: "x.csv", Published: r.Published, Statements: r.Statements,
	}}})
	if err != nil {
		t.Fatal(err)
	}
}
