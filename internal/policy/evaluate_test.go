package policy_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"countersign.dev/internal/access"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
	"countersign.dev/internal/policy"
)

func parse(t testing.TB, source string) *policy.Policy {
	t.Helper()
	p, err := policy.Parse("test.yaml", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// rule writes one rule of a policy.
func rule(id, each, when, verdict, because string) string {
	return "  - {id: " + id + ", each: " + each + ", when: '" + when + "', verdict: " + verdict + ", because: '" + because + "', cite: c}\n"
}

func TestReasonsAreOrdered(t *testing.T) {
	p := parse(t, head+
		rule("inform", "listing", "true", "allow", "i {listing.id}")+
		rule("look", "listing", "true", "review", "l {listing.id}")+
		rule("bar", "consequence", `consequence.kind == "export"`, "deny", "b {listing.id}")+
		rule("bar-all", "subject", "size(listings) > 1", "deny", "{size(listings)} listings"))
	in := threeListings()
	result, err := p.Evaluate(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range result.Reasons {
		got = append(got, string(r.Verdict)+" "+r.Because)
	}
	want := []string{
		"deny b us-bis-entity-list:example", "deny 3 listings",
		"review l us-bis-entity-list:example", "review l us-dod-1237:example", "review l us-ofac-nonsdn:1",
		"allow i us-bis-entity-list:example", "allow i us-dod-1237:example", "allow i us-ofac-nonsdn:1",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("reasons (-want +got):\n%s", d)
	}
	first := result.Reasons[0]
	first.Because, first.Cite = "", ""
	if d := cmp.Diff(policy.Reason{Rule: "bar", Verdict: "deny", Listing: "us-bis-entity-list:example",
		Status: "listed", Consequence: "export", State: "in_force"}, first); d != "" {
		t.Errorf("first reason (-want +got):\n%s", d)
	}
}

func TestUnknownSubjectIsNeverAllowed(t *testing.T) {
	permissive := parse(t, head+rule("fine", "subject", "true", "allow", "fine"))
	tests := []struct {
		name    string
		subject policy.Subject
		rule    string
		because string
	}{
		{"unknown", policy.Subject{}, "subject-unknown", "published by 2021-03-16"},
		{"several", policy.Subject{Candidates: []string{"A", "B", "C", "D", "E", "F", "G"}}, "subject-ambiguous", "7 parties may be meant: A; B; C; D; E; and 2 more"},
		{"several, one of them named", policy.Subject{ID: "a", Candidates: []string{"A", "B"}}, "subject-ambiguous", "A; B"},
		{"near a listed namesake", policy.Subject{ID: "a", Name: "A", Apart: []string{"A Works (us-ofac-sdn:1)"}}, "subject-near-others", "us-ofac-sdn:1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, p := range []*policy.Policy{permissive, shipped(t, "us-securities-investment"), shipped(t, "us-federal-procurement"), shipped(t, "export")} {
				result, err := p.Evaluate(t.Context(), &policy.Input{At: "2021-03-16", Known: "2021-03-16", Subject: tt.subject})
				if err != nil {
					t.Fatal(err)
				}
				if result.Verdict != policy.Review || result.Reasons[0].Rule != tt.rule || !strings.Contains(result.Reasons[0].Because, tt.because) {
					t.Errorf("%s: got %+v", p.ID, result)
				}
			}
		})
	}
}

func TestDefault(t *testing.T) {
	silent := rule("silent", "subject", "false", "deny", "x")
	in := &policy.Input{At: "2021-01-01", Known: "2021-01-01", Subject: policy.Subject{ID: "a"}}
	for _, verdict := range []policy.Verdict{policy.Allow, policy.Review, policy.Deny} {
		p := parse(t, strings.Replace(head, "default: allow", "default: "+string(verdict), 1)+silent)
		result, err := p.Evaluate(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		if result.Verdict != verdict || (len(result.Reasons) == 0) != (verdict == policy.Allow) {
			t.Errorf("default %s gave %+v", verdict, result)
		}
	}
	permit := parse(t, strings.Replace(head, "default: allow", "default: review", 1)+rule("permit", "subject", "subject.known", "allow", "x"))
	if result, err := permit.Evaluate(t.Context(), in); err != nil || result.Verdict != policy.Allow {
		t.Errorf("a rule that permits gave %+v, %v", result, err)
	}
}

func TestTemplates(t *testing.T) {
	tests := []struct{ because, want string }{
		{"plain", "plain"},
		{"{listing.name} since {listing.since}", "Example since 2019-05-21"},
		{"{{{listing.name}}}", "{Example}"},
		{`{listing.name == "Example" ? "}" : "{"}!`, "}!"},
		{"{size(listings)} of {subject.name}", "3 of Example"},
		{"until {consequence.to}", "until a day not stated"},
		{"{either(consequence.what, consequence.cite)}", "E.O. 13959"},
		{"{either(listing.last.citation, listing.title)}.", "."},
		{"{at} {known}", "2021-03-16 2021-03-16"},
	}
	for _, tt := range tests {
		p := parse(t, head+rule("only", "consequence", `consequence.kind == "export"`, "deny", tt.because))
		result, err := p.Evaluate(t.Context(), threeListings())
		if err != nil {
			t.Errorf("%s: %v", tt.because, err)
			continue
		}
		if got := result.Reasons[0].Because; got != tt.want {
			t.Errorf("%s gave %q, want %q", tt.because, got, tt.want)
		}
	}
}

// TestFailureIsNoVerdict: a rule that cannot be applied fails the evaluation
// and says where, even though other rules could be.
func TestFailureIsNoVerdict(t *testing.T) {
	p := parse(t, head+
		rule("fine", "subject", "true", "deny", "x")+
		rule("broken", "consequence", "consequence.to > at", "deny", "x"))
	result, err := p.Evaluate(t.Context(), threeListings())
	if err == nil || result.Verdict != "" {
		t.Fatalf("got %+v, %v; want an error and no verdict", result, err)
	}
	want := "evaluate policy small: rule broken, listing us-bis-entity-list:example, consequence export: when: consequence.to is not set; ask has() first"
	if err.Error() != want {
		t.Errorf("error is\n\t%q\nwant\n\t%q", err, want)
	}
	endless := threeListings()
	endless.Listings[0].Consequences[0].To = access.Forever
	p = parse(t, head+rule("guarded", "consequence", "has(consequence.to) && consequence.to > at", "deny", "x"))
	if result, err := p.Evaluate(t.Context(), endless); err != nil || result.Verdict != policy.Allow {
		t.Errorf("with has(): %+v, %v", result, err)
	}
}

// TestManyAtOnce: a policy may be applied by many goroutines, and an input read
// by them.
func TestManyAtOnce(t *testing.T) {
	p, in := shipped(t, "us-securities-investment"), threeListings()
	slices.Reverse(in.Listings)
	want, err := p.Evaluate(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				got, err := p.Evaluate(t.Context(), in)
				if d := cmp.Diff(want, got); err != nil || d != "" {
					t.Errorf("%v (-alone +among others):\n%s", err, d)
				}
			}
		})
	}
	wg.Wait()
}

func TestDates(t *testing.T) {
	tests := map[string]bool{
		`at < date("2021-03-17")`: true, `at < date("2021-03-16")`: false,
		`at <= known`: true, `at > date("2021-03-15")`: true, `at > known`: false,
		`at >= date("2021-03-17")`: false, `at == date("2021-03-16")`: true, `at != known`: false,
		`at in [date("2021-03-15"), date("2021-03-16")]`:   true,
		`listings.exists(l, l.since < date("2020-01-01"))`: true,
		`listings.all(l, l.since < date("2020-01-01"))`:    false,
		`has(listings[0].since)`:                           true, `has(listings[0].last.date)`: false,
	}
	for when, want := range tests {
		result, err := parse(t, head+rule("only", "subject", when, "deny", "x")).Evaluate(t.Context(), threeListings())
		if err != nil || (result.Verdict == policy.Deny) != want {
			t.Errorf("%s: got %+v, %v; want it to be %v", when, result, err, want)
		}
	}
	for _, when := range []string{`size(at) > 1`, `at + "x" == "y"`, `at < "2021-01-01"`, `at.year > 1`, `date{} == at`, `has(at.x)`} {
		if _, err := policy.Parse("p.yaml", []byte(head+rule("only", "subject", when, "deny", "x"))); err == nil {
			t.Errorf("%s: no error, though a date can only be compared", when)
		}
	}
}

func TestIndexOutOfRangeFails(t *testing.T) {
	p := parse(t, head+rule("first", "subject", `listings[7].status == "listed"`, "deny", "x"))
	if result, err := p.Evaluate(t.Context(), threeListings()); err == nil {
		t.Errorf("got %+v, want an error", result)
	}
}

func TestCostIsBounded(t *testing.T) {
	loops := `listings.all(a, listings.all(b, listings.all(c, a.id + b.id != "x" + c.id)))`
	p := parse(t, head+rule("costly", "subject", loops, "deny", "x"))
	in := &policy.Input{At: "2021-01-01", Known: "2021-01-01", Subject: policy.Subject{ID: "a"}, Listings: make([]policy.Listing, 300)}
	_, err := p.Evaluate(t.Context(), in)
	if err == nil || !strings.Contains(err.Error(), "cost limit exceeded") {
		t.Errorf("error is %v, want one about cost", err)
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := shipped(t, "export").Evaluate(ctx, threeListings()); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want %v", err, context.Canceled)
	}
}

func TestDays(t *testing.T) {
	in := &policy.Input{
		At: "2021-02-01", Known: "2021-02-01", Subject: policy.Subject{ID: "a"},
		Listings: []policy.Listing{{
			ID: "l", Since: "2021-01-14",
			Consequences: []listing.Consequence{{Kind: listing.Purchase, From: "2021-03-15", To: access.Forever}},
			Events:       []listing.Event{{Kind: listing.Designated, Date: "2021-01-14", Published: "2021-02-03"}},
		}},
		Claims: []policy.Claim{{Claim: party.Claim{Date: "2021-02-10"}}},
	}
	clock := parse(t, head+rule("clock", "subject", `at >= date("2021-06-01")`, "deny", "x"))
	want := []access.Date{"2021-02-02", "2021-02-03", "2021-02-04", "2021-02-10", "2021-02-11", "2021-03-15", "2021-03-16", "2021-06-01", "2021-06-02"}
	if d := cmp.Diff(want, clock.Days(in)); d != "" {
		t.Errorf("days (-want +got):\n%s", d)
	}
	timeless := parse(t, head+rule("timeless", "listing", `listing.status == "listed"`, "deny", "{at}"))
	if got := timeless.Days(in); got != nil {
		t.Errorf("a policy whose conditions ask for no day has days %v", got)
	}
}

func TestWorst(t *testing.T) {
	tests := []struct {
		verdicts []policy.Verdict
		want     policy.Verdict
	}{
		{nil, policy.Allow},
		{[]policy.Verdict{policy.Allow, policy.Review}, policy.Review},
		{[]policy.Verdict{policy.Deny, policy.Review}, policy.Deny},
		{[]policy.Verdict{policy.Review, "nonsense"}, "nonsense"}, // and so never milder than deny
	}
	for _, tt := range tests {
		if got := policy.Worst(tt.verdicts...); got != tt.want {
			t.Errorf("Worst(%v) = %s, want %s", tt.verdicts, got, tt.want)
		}
	}
}

// anyInput draws inputs over the whole vocabulary of listings.
func anyInput(t *rapid.T) *policy.Input {
	programmes := []string{"us-dod-1237", "us-dod-1260h", "us-ofac-sdn", "us-ofac-ns-cmic", "us-ofac-ssi", "us-ofac-ns-plc", "us-ofac-nonsdn", "us-bis-entity-list", "another"}
	statuses := []listing.Status{"not_listed", "listed", "listed", "stayed", "removed", "vacated", "expired", "superseded"}
	kinds := []listing.ConsequenceKind{"purchase", "holding", "procurement", "export", "affiliate_export", "blocking", "exchange_delisting", "index_removal", "visa", "secondary"}
	states := []listing.State{"pending", "in_force", "wind_down", "stayed", "ended", "undetermined"}
	days := []access.Date{"", "2021-01-14", "2021-03-15", "2026-06-30"}
	in := &policy.Input{At: "2021-02-01", Known: "2021-02-01", Subject: policy.Subject{ID: "p", Name: "P"}}
	for i := range rapid.IntRange(0, 4).Draw(t, "listings") {
		l := policy.Listing{
			ID: string(rune('a' + i)), Name: "P", Title: "T",
			Programme: rapid.SampledFrom(programmes).Draw(t, "programme"),
			Status:    rapid.SampledFrom(statuses).Draw(t, "status"),
			Since:     rapid.SampledFrom(days).Draw(t, "since"),
		}
		for range rapid.IntRange(0, 3).Draw(t, "consequences") {
			l.Consequences = append(l.Consequences, listing.Consequence{
				Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), State: rapid.SampledFrom(states).Draw(t, "state"),
				From: rapid.SampledFrom(days).Draw(t, "from"),
			})
		}
		in.Listings = append(in.Listings, l)
	}
	return in
}

func TestOrderOfListingsDoesNotMatter(t *testing.T) {
	p := []*policy.Policy{shipped(t, "us-securities-investment"), shipped(t, "us-federal-procurement"), shipped(t, "export")}
	rapid.Check(t, func(t *rapid.T) {
		in := anyInput(t)
		shuffled := *in
		shuffled.Listings = slices.Clone(in.Listings)
		seed := rapid.Uint64().Draw(t, "seed")
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(in.Listings), func(i, j int) {
			shuffled.Listings[i], shuffled.Listings[j] = shuffled.Listings[j], shuffled.Listings[i]
		})
		for _, p := range p {
			a, err := p.Evaluate(context.Background(), in)
			if err != nil {
				t.Fatal(err)
			}
			b, err := p.Evaluate(context.Background(), &shuffled)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(a, b); d != "" {
				t.Fatalf("%s (-as given +shuffled):\n%s", p.ID, d)
			}
		}
	})
}

// TestNoListingIsPassedOver: whoever is on a list today, or may come back on
// it, is never allowed for any purpose, whatever the list.
func TestNoListingIsPassedOver(t *testing.T) {
	p := []*policy.Policy{shipped(t, "us-securities-investment"), shipped(t, "us-federal-procurement"), shipped(t, "export")}
	rapid.Check(t, func(t *rapid.T) {
		in := anyInput(t)
		active := slices.ContainsFunc(in.Listings, func(l policy.Listing) bool { return l.Status == "listed" || l.Status == "stayed" })
		for _, p := range p {
			result, err := p.Evaluate(context.Background(), in)
			if err != nil {
				t.Fatal(err)
			}
			if active && result.Verdict == policy.Allow {
				t.Fatalf("%s allows %+v", p.ID, in.Listings)
			}
		}
	})
}

// TestMoreListingsNeverMilder: what is held in addition never makes a verdict
// milder, and neither does a rule added to a policy whose default is allow.
func TestMoreListingsNeverMilder(t *testing.T) {
	severity := map[policy.Verdict]int{policy.Allow: 0, policy.Review: 1, policy.Deny: 2}
	p := []*policy.Policy{shipped(t, "us-securities-investment"), shipped(t, "us-federal-procurement"), shipped(t, "export")}
	base := rule("listed", "listing", `listing.status == "listed"`, "review", "x") + rule("past", "listing", `listing.status == "removed"`, "allow", "x")
	p = append(p, parse(t, head+base))
	harsher := parse(t, head+base+rule("added", "consequence", `consequence.state == "in_force"`, "deny", "x"))
	rapid.Check(t, func(t *rapid.T) {
		in := anyInput(t)
		fewer := *in
		if n := len(in.Listings); n > 0 {
			fewer.Listings = in.Listings[:n-1]
		}
		for _, p := range p {
			more, err := p.Evaluate(context.Background(), in)
			if err != nil {
				t.Fatal(err)
			}
			less, err := p.Evaluate(context.Background(), &fewer)
			if err != nil {
				t.Fatal(err)
			}
			if severity[more.Verdict] < severity[less.Verdict] {
				t.Fatalf("%s: %s with a listing more, %s without", p.ID, more.Verdict, less.Verdict)
			}
		}
		before, err := p[len(p)-1].Evaluate(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		after, err := harsher.Evaluate(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		if severity[after.Verdict] < severity[before.Verdict] {
			t.Fatalf("%s with a rule more, %s without", after.Verdict, before.Verdict)
		}
	})
}

// TestUnseenIsForReview is the promise that a day on which no edition shows
// whether the party was listed is never taken for one on which it was not.
func TestUnseenIsForReview(t *testing.T) {
	for _, after := range []access.Date{"", "2019-01-15"} {
		in := &policy.Input{At: "2020-06-01", Known: "2026-11-23", Subject: policy.Subject{ID: "a", Name: "A"}, Listings: []policy.Listing{{
			ID: "us-ofac-sdn:1", Programme: "us-ofac-sdn", Title: "SDN", Name: "A", Status: listing.StatusNotListed, UnseenAfter: after, UnseenUntil: "2021-07-15",
		}}}
		for _, name := range []string{"us-securities-investment", "us-federal-procurement", "export"} {
			result, err := shipped(t, name).Evaluate(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			if result.Verdict != policy.Review || result.Reasons[0].Rule != "listing-unseen" || !strings.Contains(result.Reasons[0].Because, "2021-07-15") {
				t.Errorf("%s after %q: %+v", name, after, result)
			}
		}
	}
}
