package decision

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"countersign.dev/internal/access"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/policy"
)

// TestXiaomi is the verdict table of the design, with the reason and the day on
// which the answer changes.
func TestXiaomi(t *testing.T) {
	tests := []struct {
		purpose   string
		at, known access.Date
		status    listing.Status
		verdict   policy.Verdict
		because   string // of the first reason
		changes   access.Date
		evidence  int // of the first reason
	}{
		{"invest", "2021-01-13", "", "not_listed", "allow", "", "", 0},
		{"invest", "2021-02-01", "", "listed", "review", "purchases of securities of Xiaomi Corporation are barred from 2021-03-15 (Section 1237 list)", "2021-03-15", 2},
		{"invest", "2021-03-13", "", "stayed", "review", "Xiaomi Corporation is on the list but the listing is stayed since 2021-03-12 (preliminary injunction); a stay may be lifted", "", 3},
		{"invest", "2021-03-16", "2021-02-01", "listed", "deny", "purchases of securities of Xiaomi Corporation are barred since 2021-03-15 (Section 1237 list)", "2022-01-14", 2},
		{"invest", "2021-05-26", "", "vacated", "allow", "Xiaomi Corporation was listed (Section 1237 list); vacated since 2021-05-25", "", 4},
		{"procure", "2021-02-01", "", "listed", "review", "Xiaomi Corporation is on a defense list since 2021-01-14 (Section 1237 list); no procurement ban is cited for it on this day", "", 2},
	}
	for _, tt := range tests {
		t.Run(tt.purpose+" "+string(tt.at), func(t *testing.T) {
			a := xiaomi(tt.at, tt.known).ask(t, tt.purpose)
			if a.Verdict != tt.verdict || a.Listings[0].Status != tt.status {
				t.Errorf("got %s while %s, want %s while %s", a.Verdict, a.Listings[0].Status, tt.verdict, tt.status)
			}
			if d := cmp.Diff(optional(tt.changes), a.ChangesOn); d != "" {
				t.Errorf("changes_on (-want +got):\n%s", d)
			}
			if tt.because == "" {
				if len(a.Reasons) != 0 {
					t.Errorf("reasons %+v, want none", a.Reasons)
				}
				return
			}
			if first := a.Reasons[0]; first.Because != tt.because || len(first.Evidence) != tt.evidence || first.Cite == "" {
				t.Errorf("first reason is %+v, want %q with %d pieces of evidence", first, tt.because, tt.evidence)
			}
		})
	}
}

// TestSeveralPurposes: without a purpose every policy answers, and the whole is
// as bad as the worst of them.
func TestSeveralPurposes(t *testing.T) {
	a := xiaomi("2021-03-16", "2021-02-01").ask(t, "")
	if a.Verdict != policy.Deny || a.Purpose != nil || a.Policy != nil || len(a.Policies) != 3 {
		t.Errorf("got %s, purpose %v, policy %v, %d policies", a.Verdict, a.Purpose, a.Policy, len(a.Policies))
	}
	var got []string
	for _, r := range a.Reasons {
		got = append(got, r.Policy+" "+r.Rule)
	}
	want := []string{
		"us-securities-investment purchase-barred", "export military-end-user",
		"us-federal-procurement defense-list", "us-securities-investment holding-wind-down",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("reasons (-want +got):\n%s", d)
	}
	if v := a.Answers.Buy.Verdict; v == nil || *v != policy.Deny || a.Answers.Buy.Because != a.Reasons[0].Because {
		t.Errorf("buy is %+v", a.Answers.Buy)
	}
	for name, line := range map[string]Line{"run": a.Answers.Run, "trust": a.Answers.Trust, "tell": a.Answers.Tell} {
		if line.Verdict != nil || !strings.HasPrefix(line.Because, "no verdict: ") {
			t.Errorf("%s is %+v, want no verdict and what is missing", name, line)
		}
	}
}

func TestUnknownAndAmbiguous(t *testing.T) {
	nobody := &world{query: "xiaomo", at: access.At{Date: "2021-02-01", Known: "2021-02-01", Position: 3}}
	several := &world{
		query: "china telecom", at: nobody.at,
		candidates: []dossier.Candidate{{ID: "a", Name: "China Telecom", Kind: "organisation"}, {ID: "b", Name: "China Telecommunications", Kind: "organisation", Listings: []string{"us-dod-1260h"}}},
	}
	for _, purpose := range []string{"", "invest"} {
		a := nobody.ask(t, purpose)
		if a.Verdict != policy.Review || a.Reasons[0].Rule != "subject-unknown" || a.Candidates != nil {
			t.Errorf("nobody, %q: %+v", purpose, a)
		}
		a = several.ask(t, purpose)
		if a.Verdict != policy.Review || a.Reasons[0].Rule != "subject-ambiguous" || len(a.Candidates) != 2 || a.Candidates[0].Listings == nil {
			t.Errorf("several, %q: %+v", purpose, a)
		}
	}
}

func TestPoliciesThatFit(t *testing.T) {
	vessel := &world{query: "ship", subject: dossier.Subject{ID: "v", Name: "Ship", Kind: "vessel"}, at: access.At{Date: "2021-02-01", Known: "2021-02-01"}}
	a := vessel.ask(t, "")
	var names []string
	for _, p := range a.Policies {
		names = append(names, p.Name)
	}
	if d := cmp.Diff([]string{"export", "us-federal-procurement"}, names); d != "" {
		t.Errorf("policies for a vessel (-want +got):\n%s", d)
	}
	if a := vessel.ask(t, "invest"); a.Policy.Name != "us-securities-investment" {
		t.Errorf("a purpose asked for was answered by %s", a.Policy.Name)
	}
	_, err := evaluate(t.Context(), vessel.dossier(), vessel, Question{Purpose: "operate", Policies: shipped(t)})
	if !errors.Is(err, ErrPurpose) {
		t.Errorf("purpose operate: error is %v, want %v", err, ErrPurpose)
	}
	_, err = evaluate(t.Context(), vessel.dossier(), vessel, Question{})
	if !errors.Is(err, ErrPurpose) {
		t.Errorf("no policies: error is %v, want %v", err, ErrPurpose)
	}
}

func TestPositionHasToBeKnown(t *testing.T) {
	w := xiaomi("2021-02-01", "")
	w.at.Position = access.Now
	if _, err := evaluate(t.Context(), w.dossier(), w, Question{Policies: shipped(t)}); !errors.Is(err, ErrPosition) {
		t.Errorf("error is %v, want %v", err, ErrPosition)
	}
}

// TestBrokenPolicyGivesNoAnswer: a rule that fails, be it on a later day only,
// is never taken for one that is silent.
func TestBrokenPolicyGivesNoAnswer(t *testing.T) {
	for _, when := range []string{`consequence.to > at`, `consequence.state == "in_force" && consequence.to > at`} {
		p := parsePolicy(t, "consequence", when)
		w := xiaomi("2021-02-01", "")
		a, err := evaluate(t.Context(), w.dossier(), w, Question{Purpose: "invest", Policies: []*policy.Policy{p}, Engine: engine})
		if err == nil || !strings.Contains(err.Error(), "consequence.to is not set") {
			t.Errorf("%s: got %+v, %v; want an error", when, a, err)
		}
	}
}

// parsePolicy makes an invest policy with one rule that denies.
func parsePolicy(t testing.TB, each, when string) *policy.Policy {
	t.Helper()
	p, err := policy.Parse("own.yaml", []byte("countersign: policy/v1\nid: own\ntitle: Own\npurpose: invest\ndefault: allow\nrules:\n"+
		"  - {id: own, each: "+each+", when: '"+when+"', verdict: deny, because: b, cite: c}\n"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// anyWorld draws a subject with up to three listings whose lives lie within
// the years 2021 to 2023.
func anyWorld(t *rapid.T) *world {
	day := func(name string) access.Date {
		return access.Date("2021-01-01").AddDays(rapid.IntRange(0, 900).Draw(t, name))
	}
	at := day("at")
	w := &world{
		query: "q", subject: dossier.Subject{ID: "s", Name: "S", Kind: "organisation"},
		at: access.At{Date: at, Known: max(at, day("known")), Position: 1},
	}
	if rapid.Bool().Draw(t, "earlier") {
		w.at.Known = day("known before")
	}
	kinds := []listing.ConsequenceKind{"purchase", "holding", "procurement", "export", "blocking", "exchange_delisting"}
	for i := range rapid.IntRange(1, 3).Draw(t, "listings") {
		s := scripted{
			id: string(rune('a' + i)), title: "T", name: "S",
			programme: rapid.SampledFrom([]string{"us-dod-1237", "us-dod-1260h", "us-ofac-sdn", "us-ofac-ssi", "us-bis-entity-list"}).Draw(t, "programme"),
		}
		start := day("designated")
		s.turns = append(s.turns, turn{date: start, published: start.AddDays(-rapid.IntRange(0, 40).Draw(t, "ahead")), status: "listed", event: listing.Designated})
		for _, next := range []turn{{status: "stayed", event: listing.Stayed}, {status: "removed", event: listing.Removed}} {
			if rapid.Bool().Draw(t, string(next.status)) {
				start = start.AddDays(rapid.IntRange(1, 200).Draw(t, "later"))
				next.date, next.published = start, start.AddDays(-rapid.IntRange(0, 60).Draw(t, "announced"))
				s.turns = append(s.turns, next)
			}
		}
		for range rapid.IntRange(0, 3).Draw(t, "consequences") {
			c := span{kind: rapid.SampledFrom(kinds).Draw(t, "kind"), from: day("from")}
			if rapid.Bool().Draw(t, "ends") {
				c.to = c.from.AddDays(rapid.IntRange(1, 300).Draw(t, "to"))
			}
			if rapid.Bool().Draw(t, "winds down") {
				c.windDown = c.from.AddDays(-rapid.IntRange(1, 300).Draw(t, "wind_down"))
			}
			s.spans = append(s.spans, c)
		}
		w.listings = append(w.listings, s)
	}
	return w
}

// TestChangesOnAgainstEachDay compares changes_on with asking again on each of
// the following days, for three years, of policies that look at the calendar
// themselves too.
func TestChangesOnAgainstEachDay(t *testing.T) {
	choices := append(shipped(t),
		parsePolicy(t, "subject", `at >= date("2022-02-03") && at < date("2022-05-06")`),
		parsePolicy(t, "consequence", `at > consequence.from && consequence.kind == "purchase"`),
		parsePolicy(t, "listing", `listing.status == "listed" && at == listing.since || known < at`),
		parsePolicy(t, "event", `event.date == at || event.published > at`),
	)
	rapid.Check(t, func(rt *rapid.T) {
		w := anyWorld(rt)
		p := rapid.SampledFrom(choices).Draw(rt, "policy")
		got, err := changes(t.Context(), w, w.at.Date, []*policy.Policy{p})
		if err != nil {
			rt.Fatal(err)
		}
		before, err := sign(t.Context(), p, inputOf(w.On(w.at.Date)))
		if err != nil {
			rt.Fatal(err)
		}
		var want access.Date
		for i := 1; i <= 3*366 && want == ""; i++ {
			day := w.at.Date.AddDays(i)
			after, err := sign(t.Context(), p, inputOf(w.On(day)))
			if err != nil {
				rt.Fatal(err)
			}
			if !after.equal(before) {
				want = day
			}
		}
		if got[0] != want && !(want == "" && got[0] > w.at.Date.AddDays(3*366)) {
			rt.Fatalf("%s changes on %q, but asked on each day on %q", p.ID, got[0], want)
		}
	})
}

// TestChangesOnOfSeveralIsTheEarliest and each policy has its own.
func TestChangesOnOfSeveralIsTheEarliest(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := anyWorld(rt)
		whole := w.ask(t, "")
		earliest := access.Forever
		for _, p := range whole.Policies {
			alone := w.ask(t, p.Purpose)
			if d := cmp.Diff(alone.ChangesOn, p.ChangesOn); d != "" || alone.Verdict != p.Verdict {
				rt.Fatalf("%s alone answers %s, among others %s; changes_on differs by %s", p.Name, alone.Verdict, p.Verdict, d)
			}
			if p.ChangesOn != nil {
				earliest = min(earliest, *p.ChangesOn)
			}
		}
		if d := cmp.Diff(optional(earliest), whole.ChangesOn); d != "" {
			rt.Fatalf("changes_on (-earliest +got):\n%s", d)
		}
	})
}

// TestOrderOfListingsDoesNotMatter: only the list of listings itself follows
// the dossier's order.
func TestOrderOfListingsDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := anyWorld(rt)
		turned := *w
		turned.listings = slices.Clone(w.listings)
		slices.Reverse(turned.listings)
		d := turned.dossier()
		for i := range d.Listings { // evidence is numbered by place in the script
			d.Listings[i].Evidence, d.Listings[i].Events = nil, nil
		}
		e := w.dossier()
		for i := range e.Listings {
			e.Listings[i].Evidence, e.Listings[i].Events = nil, nil
		}
		q := Question{Policies: shipped(t), Engine: engine}
		a, err := evaluate(t.Context(), e, w, q)
		if err != nil {
			rt.Fatal(err)
		}
		b, err := evaluate(t.Context(), d, &turned, q)
		if err != nil {
			rt.Fatal(err)
		}
		a.Listings, b.Listings = nil, nil
		if d := cmp.Diff(a, b, cmp.AllowUnexported(Answer{}), cmp.Comparer(func(a, b access.Audience) bool { return a == b })); d != "" {
			rt.Fatalf("(-as given +turned):\n%s", d)
		}
	})
}

// TestEvidence follows a listing that ended and began again.
func TestEvidence(t *testing.T) {
	w := xiaomi("2023-06-01", "")
	l := &w.listings[0]
	l.turns = append(l.turns,
		turn{date: "2023-01-01", published: "2023-01-01", status: listing.StatusListed, event: listing.Designated},
		turn{date: "2023-03-01", published: "2023-03-01", status: listing.StatusListed, event: listing.Amended},
		turn{date: "2023-04-01", published: "2023-04-01", status: listing.StatusListed, event: listing.Designated},
		turn{date: "2023-09-01", published: "2023-03-01", status: listing.StatusRemoved, event: listing.Removed},
	)
	d := w.dossier()
	d.Listings[0].Events[1].Consequences = []listing.Stated{{Kind: listing.Holding}}
	facts := func(consequence listing.ConsequenceKind) []int64 {
		var out []int64
		for _, e := range evidenceFor(&policy.Reason{Listing: d.Listings[0].ID, Consequence: consequence}, d) {
			out = append(out, e.Fact)
		}
		return out
	}
	// The entry (0), the designation that stands (4), its confirmation (6); not
	// the earlier life (1-3), the amendment (5) or what is to come (7).
	if d := cmp.Diff([]int64{0, 4, 6}, facts("")); d != "" {
		t.Errorf("evidence (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]int64{0, 2, 4, 6}, facts(listing.Holding)); d != "" {
		t.Errorf("evidence of a consequence that an event states (-want +got):\n%s", d)
	}
	if got := evidenceFor(&policy.Reason{Rule: "subject-unknown"}, d); got == nil || len(got) != 0 {
		t.Errorf("evidence of a reason about no listing is %v", got)
	}
}

func TestExitCode(t *testing.T) {
	for v, want := range map[policy.Verdict]int{policy.Allow: 0, policy.Review: 3, policy.Deny: 4, "": 4} {
		if got := ExitCode(v); got != want {
			t.Errorf("ExitCode(%q) = %d, want %d", v, got, want)
		}
	}
}

func TestEngine(t *testing.T) {
	if got, want := Engine("dossier/7+fold/2"), "dossier/7+fold/2+policy/2+decision/2"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// BenchmarkEvaluate answers about Xiaomi for all three purposes, with the days
// on which the answers change.
func BenchmarkEvaluate(b *testing.B) {
	w := xiaomi("2021-02-01", "")
	d := w.dossier()
	q := Question{Policies: shipped(b), Engine: engine}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := evaluate(b.Context(), d, w, q); err != nil {
			b.Fatal(err)
		}
	}
}
