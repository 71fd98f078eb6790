package surveillance

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/access"
	"countersign.dev/internal/label"
)

const camera = "pkg:generic/northlight/cam-2-firmware@2.4.1"

var scheme = &label.Scheme{
	ID: "mark", Policy: "who-may", Digest: "sha256:scheme",
	Rules: []label.Rule{
		{ID: "parties", On: label.OnParty, Roles: []label.Role{label.Maker, label.Owner}},
		{ID: "laboratories", On: label.OnParty, Roles: []label.Role{label.Laboratory}, Days: 30},
		{ID: "exploited", On: label.OnExploited, Days: 20, Cite: "s. 5"},
		{ID: "malicious", On: label.OnMalicious},
		{ID: "tests", On: label.OnTest, Days: 20},
		{ID: "retired", On: label.OnRetired, Days: 180},
	},
}

func terms() *label.Terms {
	return &label.Terms{
		Scheme: "mark", Profile: "baseline", Releases: []label.Release{{PURL: camera}}, ValidUntil: "2024-01-01",
		Parties: []label.Party{{Role: label.Maker, Name: "Northlight Devices"}, {Role: label.Laboratory, Name: "Quayside", Identifier: "LEI 5493001KJTIIGC8Y1R12"}},
	}
}

var (
	theMaker   = Concern{OfParty, "Northlight Devices", "who-may"}
	theLab     = Concern{OfParty, "LEI 5493001KJTIIGC8Y1R12", "who-may"}
	theRelease = Concern{Kind: OfRelease, Name: camera}
	theProfile = Concern{Kind: OfProfile, Name: "baseline"}
)

// life is a label whose days a test lives through.
type life struct {
	t        *testing.T
	label    Label
	outcomes map[Concern]*Outcome
	terms    *label.Terms
}

// given is a label that was given on a day.
func given(t *testing.T, on access.Date) *life {
	l := &life{t: t, label: Label{ID: "TESTT-ESTXX", Scheme: scheme}, outcomes: map[Concern]*Outcome{}, terms: terms()}
	for _, kind := range []label.Kind{label.Applied, label.Assessed, label.Issued} {
		l.happen(&label.Event{Kind: kind, On: on})
	}
	return l
}

// happen adds an event, which has to be one that can follow.
func (l *life) happen(e *label.Event) {
	l.t.Helper()
	e.Label, e.Scheme, e.Form, e.Recorded, e.Sequence = l.label.ID, scheme.ID, label.Form, time.Unix(1, 0), len(l.label.Events)+1
	if e.Sequence > 1 && e.Kind != label.Issued {
		e.Previous = "sha256:before"
	}
	if e.Reason == "" {
		e.Reason = "for a test"
	}
	if e.Kind == label.Issued || e.Kind == label.Amended {
		e.Terms = l.terms
	}
	if err := label.Next(l.label.Events, e); err != nil {
		l.t.Fatalf("%s on %s: %v", e.Kind, e.On, err)
	}
	if _, err := e.Marshal(); err != nil {
		l.t.Fatal(err)
	}
	l.label.Events = append(l.label.Events, e)
}

// live reacts on a day, and says what was missing. To react once more finds
// nothing.
func (l *life) live(today access.Date) string {
	l.t.Helper()
	var told []string
	events, questions := React(&l.label, today, func(c Concern) *Outcome { return l.outcomes[c] })
	for _, e := range events {
		l.happen(e)
		line := fmt.Sprintf("%s %s %s", e.Kind, e.On, strings.TrimSuffix(e.Ground, ":"+camera))
		if e.Due != "" {
			line += " due " + e.Due
		}
		told = append(told, line)
		if e.Kind.ByHand() || e.On > today || e.Rules["scheme"] != scheme.Digest || e.Actor != Actor {
			l.t.Errorf("on %s: %+v", today, e)
		}
	}
	for _, q := range questions {
		told = append(told, fmt.Sprintf("ask %s about %q", q.Concern.Name, q.ID))
	}
	if again, _ := React(&l.label, today, func(c Concern) *Outcome { return l.outcomes[c] }); len(again) > 0 {
		l.t.Errorf("on %s it is said again: %+v", today, again[0])
	}
	return strings.Join(told, "; ")
}

func (l *life) status(on access.Date) label.Status { return label.Fold(l.label.Events, on).Status }

func (l *life) wants(today access.Date, want string) {
	l.t.Helper()
	if d := cmp.Diff(want, l.live(today)); d != "" {
		l.t.Errorf("on %s (-want +got):\n%s", today, d)
	}
}

func (l *life) restricted(c Concern, since access.Date) {
	l.outcomes[c] = &Outcome{Causes: []Cause{{On: label.OnParty, Subject: "Northlight", Since: since, Reason: "it is on a list"}}}
}

func (l *life) free(c Concern, on access.Date) {
	l.outcomes[c] = &Outcome{Ended: map[string]Ending{"": {On: on, Reason: "a court stayed it"}}}
}

func (l *life) exploited(since access.Date, ids ...string) {
	o := &Outcome{Ended: map[string]Ending{}}
	for _, id := range ids {
		o.Causes = append(o.Causes, Cause{ID: id, On: label.OnExploited, Subject: "openssl", Since: since, Reason: id + " is exploited"})
	}
	l.outcomes[theRelease] = o
}

func (l *life) remedied(id string, on access.Date) {
	l.outcomes[theRelease] = &Outcome{Ended: map[string]Ending{id: {On: on, Reason: "the maker states that it is fixed"}}}
}

const makersGround = "party:maker:northlight devices"

// TestParty lives through a listing, a stay, its end and the removal.
func TestParty(t *testing.T) {
	l := given(t, "2021-01-10")
	l.wants("2021-01-11", "")
	l.restricted(theMaker, "2021-01-14")
	l.wants("2021-01-20", "suspended 2021-01-14 "+makersGround)
	l.free(theMaker, "2021-03-12")
	l.wants("2021-03-20", "reinstatement_offered 2021-03-12 "+makersGround)
	if l.status("2021-03-20") != label.StatusSuspended {
		t.Error("an offer gives nothing back")
	}
	l.happen(&label.Event{Kind: label.Reinstated, On: "2021-03-12", Ground: makersGround})
	l.wants("2021-03-21", "")
	l.restricted(theMaker, "2021-04-01")
	l.wants("2021-04-02", "suspended 2021-04-01 "+makersGround)
	l.free(theMaker, "2021-05-25")
	l.wants("2021-05-26", "reinstatement_offered 2021-05-25 "+makersGround)
	// It comes back before anybody has confirmed the offer.
	l.restricted(theMaker, "2021-06-01")
	l.wants("2021-06-02", "suspended 2021-06-01 "+makersGround)
	if s := label.Fold(l.label.Events, "2021-06-02"); len(s.Grounds) != 1 || s.Grounds[0].Offered != "" {
		t.Errorf("grounds %+v", s.Grounds)
	}
	for day, want := range map[access.Date]label.Status{"2021-01-13": label.StatusActive, "2021-01-14": label.StatusSuspended, "2021-03-12": label.StatusActive, "2021-04-01": label.StatusSuspended} {
		if got := l.status(day); got != want {
			t.Errorf("on %s it is %s, want %s", day, got, want)
		}
	}
}

// TestEarliest: not before the label was given, nor before the party had to do
// with it; and what turns out to have begun earlier is corrected.
func TestEarliest(t *testing.T) {
	l := given(t, "2021-02-01")
	l.restricted(theMaker, "2021-01-14")
	l.wants("2021-02-02", "suspended 2021-02-01 "+makersGround)

	l = given(t, "2021-01-01")
	l.restricted(theMaker, "2021-03-01")
	l.wants("2021-03-01", "suspended 2021-03-01 "+makersGround)
	l.restricted(theMaker, "2021-01-14")
	l.wants("2021-03-02", "suspended 2021-01-14 "+makersGround)
	l.restricted(theMaker, "2021-02-14") // the later day is not more true
	l.wants("2021-03-03", "")

	l = given(t, "2021-01-01")
	l.terms = terms()
	l.terms.Parties = append(l.terms.Parties, label.Party{Role: label.Owner, Name: "Harbour Holding"})
	l.happen(&label.Event{Kind: label.Amended, On: "2021-02-10"})
	l.restricted(Concern{OfParty, "Harbour Holding", "who-may"}, "2021-01-14")
	l.wants("2021-02-20", "suspended 2021-02-10 party:owner:harbour holding")
	// The owner sells: the label has nothing to do with it any more.
	l.terms = terms()
	l.happen(&label.Event{Kind: label.Amended, On: "2021-04-01"})
	l.wants("2021-04-02", "reinstatement_offered 2021-04-01 party:owner:harbour holding")
}

// TestNeverListed: a listing that, as is known now, never was.
func TestNeverListed(t *testing.T) {
	l := given(t, "2021-01-01")
	l.restricted(theMaker, "2021-01-14")
	l.wants("2021-01-20", "suspended 2021-01-14 "+makersGround)
	l.free(theMaker, "")
	l.wants("2021-01-25", "reinstatement_offered 2021-01-14 "+makersGround)
}

// TestEarlierOrder: an edition of the list lets a party go, and the order of the
// court by which it did is learnt of later.
func TestEarlierOrder(t *testing.T) {
	l := given(t, "2021-01-01")
	l.restricted(theMaker, "2021-01-14")
	l.wants("2021-01-20", "suspended 2021-01-14 "+makersGround)
	l.free(theMaker, "2021-03-20")
	l.wants("2021-03-21", "reinstatement_offered 2021-03-20 "+makersGround)
	l.free(theMaker, "2021-03-12")
	l.wants("2021-03-22", "reinstatement_offered 2021-03-12 "+makersGround)
	l.free(theMaker, "2021-03-15")
	l.wants("2021-03-23", "")
}

// TestDecidedByHand: a person gives a label back while the cause stands. That
// holds until the cause has ended and come back.
func TestDecidedByHand(t *testing.T) {
	l := given(t, "2021-01-01")
	l.restricted(theMaker, "2021-01-14")
	l.wants("2021-01-20", "suspended 2021-01-14 "+makersGround)
	l.happen(&label.Event{Kind: label.Reinstated, On: "2021-02-01", Ground: makersGround})
	l.wants("2021-02-02", "")
	l.free(theMaker, "2021-03-12")
	l.wants("2021-03-12", "")
	l.restricted(theMaker, "2021-04-01")
	l.wants("2021-04-01", "suspended 2021-04-01 "+makersGround)
}

// TestOfferWasWrong: an offer was confirmed whose reason turns out not to hold.
func TestOfferWasWrong(t *testing.T) {
	l := given(t, "2021-01-01")
	l.restricted(theMaker, "2021-01-14")
	l.wants("2021-01-20", "suspended 2021-01-14 "+makersGround)
	l.free(theMaker, "2021-03-12")
	l.wants("2021-03-12", "reinstatement_offered 2021-03-12 "+makersGround)
	l.happen(&label.Event{Kind: label.Reinstated, On: "2021-03-12", Ground: makersGround})
	l.restricted(theMaker, "2021-01-14") // there was no stay
	l.wants("2021-03-15", "suspended 2021-03-12 "+makersGround)
}

// TestExploited: a warning, its day, and remedies before and after it.
func TestExploited(t *testing.T) {
	for _, test := range []struct {
		name     string
		remedied access.Date
		looks    []access.Date // after the warning
		want     []string
	}{
		{"in time", "2021-12-20", []access.Date{"2021-12-21"}, []string{"cleared 2021-12-20 exploited:CVE-2021-44228"}},
		{"on the day", "2021-12-30", []access.Date{"2021-12-30"}, []string{"cleared 2021-12-30 exploited:CVE-2021-44228"}},
		{"too late", "2022-01-05", []access.Date{"2021-12-29", "2021-12-30", "2022-01-05"}, []string{"", "suspended 2021-12-30 exploited:CVE-2021-44228", "reinstatement_offered 2022-01-05 exploited:CVE-2021-44228"}},
		{"too late, and nobody looked", "2022-01-05", []access.Date{"2022-01-08"}, []string{"suspended 2021-12-30 exploited:CVE-2021-44228; reinstatement_offered 2022-01-05 exploited:CVE-2021-44228"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := given(t, "2021-01-10")
			l.exploited("2021-12-10", "CVE-2021-44228")
			l.wants("2021-12-11", "warned 2021-12-10 exploited:CVE-2021-44228 due 2021-12-30")
			for i, day := range test.looks {
				if test.remedied <= day {
					l.remedied("CVE-2021-44228", test.remedied)
				}
				l.wants(day, test.want[i])
			}
		})
	}
}

// TestExploitedBefore: a label is given although a weakness is known; its days
// run from then on. One that comes back is warned of anew.
func TestExploitedBefore(t *testing.T) {
	l := given(t, "2022-02-01")
	l.exploited("2021-12-10", "CVE-2021-44228")
	l.wants("2022-02-01", "warned 2022-02-01 exploited:CVE-2021-44228 due 2022-02-21")
	l.remedied("CVE-2021-44228", "2022-02-10")
	l.wants("2022-02-10", "cleared 2022-02-10 exploited:CVE-2021-44228")
	l.exploited("2022-02-15", "CVE-2021-44228")
	l.wants("2022-02-15", "warned 2022-02-15 exploited:CVE-2021-44228 due 2022-03-07")
	// Whoever cleared it by hand is not contradicted.
	l.happen(&label.Event{Kind: label.Cleared, On: "2022-02-16", Ground: ReleaseGround(label.OnExploited, "CVE-2021-44228", camera)})
	l.wants("2022-03-08", "")
}

// TestLearntLate: what should have been remedied by a day that has passed.
func TestLearntLate(t *testing.T) {
	l := given(t, "2021-01-10")
	l.exploited("2021-12-10", "CVE-2021-44228")
	l.wants("2022-06-01", "suspended 2021-12-30 exploited:CVE-2021-44228")
}

// TestTwoGrounds: each ends by itself.
func TestTwoGrounds(t *testing.T) {
	l := given(t, "2021-01-10")
	l.restricted(theMaker, "2021-02-01")
	l.restricted(theLab, "2021-02-05")
	l.wants("2021-02-06", "warned 2021-02-05 party:laboratory:lei 5493001kjtiigc8y1r12 due 2021-03-07; suspended 2021-02-01 "+makersGround)
	l.free(theMaker, "2021-02-20")
	l.wants("2021-03-08", "suspended 2021-03-07 party:laboratory:lei 5493001kjtiigc8y1r12; reinstatement_offered 2021-02-20 "+makersGround)
	l.happen(&label.Event{Kind: label.Reinstated, On: "2021-02-20", Ground: makersGround})
	if l.status("2021-03-01") != label.StatusActive || l.status("2021-03-07") != label.StatusSuspended {
		t.Error("the maker's ground is closed, the laboratory's is not")
	}
}

// TestOthers: tests, retired criteria, and what is not judged yet.
func TestOthers(t *testing.T) {
	l := given(t, "2021-01-10")
	l.happen(&label.Event{Kind: label.Tested, On: "2021-02-01", Ground: "test:4", Rule: "tests"})
	l.happen(&label.Event{Kind: label.Warned, On: "2021-02-01", Ground: "test:4", Rule: "tests", Due: "2021-02-21", Reason: "port 23 is open"})
	l.wants("2021-02-20", "")
	l.wants("2021-02-21", "suspended 2021-02-21 test:4")

	l = given(t, "2021-01-10")
	l.outcomes[theProfile] = &Outcome{Causes: []Cause{{On: label.OnRetired, Subject: "Baseline", Since: "2021-03-01", Reason: "retired"}}}
	l.wants("2021-03-01", "warned 2021-03-01 retired:baseline due 2021-08-28")

	l = given(t, "2021-01-10")
	l.exploited("2021-12-10", "CVE-2021-44228")
	l.wants("2021-12-11", "warned 2021-12-10 exploited:CVE-2021-44228 due 2021-12-30")
	delete(l.outcomes, theRelease) // another node starts, which has judged nothing
	l.wants("2021-12-12", "")
	l.outcomes[theRelease] = &Outcome{}
	l.wants("2021-12-12", `ask `+camera+` about "CVE-2021-44228"`)
}

// TestOver: nothing is begun against a label whose time is up, or which is no
// more; what was begun comes to its end.
func TestOver(t *testing.T) {
	l := given(t, "2021-01-10")
	l.restricted(theMaker, "2023-12-01")
	l.wants("2024-01-01", "")

	l = given(t, "2021-01-10")
	l.restricted(theMaker, "2021-02-01")
	l.wants("2021-02-01", "suspended 2021-02-01 "+makersGround)
	l.free(theMaker, "2021-02-20")
	l.wants("2024-02-01", "reinstatement_offered 2021-02-20 "+makersGround)

	l = given(t, "2021-01-10")
	l.happen(&label.Event{Kind: label.Withdrawn, On: "2021-02-01"})
	l.restricted(theMaker, "2021-01-14")
	l.wants("2021-02-02", "")
}

// TestConcernsOf: each once, and none that no rule asks about. A party that gives
// an identifier is sought by its name as well.
func TestConcernsOf(t *testing.T) {
	got := concernsOf(terms(), scheme)
	want := []Concern{theMaker, {OfParty, "Quayside", "who-may"}, theLab, theRelease, theProfile}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	few := &label.Scheme{ID: "mark", Policy: "who-may", Rules: []label.Rule{{ID: "parties", On: label.OnParty, Roles: []label.Role{label.Maker}}}}
	if got := concernsOf(terms(), few); !slices.Equal(got, []Concern{theMaker}) {
		t.Errorf("by one rule: %v", got)
	}
}

// TestOrigin: every ground that is made leads back to its concern, also where
// ids have colons in them.
func TestOrigin(t *testing.T) {
	for ground, want := range map[string]Question{
		partyGround(label.Laboratory, theLab.Name):              {theLab, ""},
		ReleaseGround(label.OnExploited, "RHSA-2021:1", camera): {theRelease, "RHSA-2021:1"},
		ReleaseGround(label.OnMalicious, "MAL-1", camera):       {theRelease, "MAL-1"},
		profileGround("baseline"):                               {theProfile, ""},
	} {
		c, id, _, covered, known := origin(terms(), scheme, ground)
		if !known || !covered || c != want.Concern || id != want.ID {
			t.Errorf("%s comes from %+v %q", ground, c, id)
		}
	}
	if _, _, _, covered, known := origin(terms(), scheme, "party:maker:somebody else"); !known || covered {
		t.Error("a party that has no part in the label")
	}
	if _, _, _, _, known := origin(terms(), scheme, "authority:7"); known {
		t.Error("a ground of the authority's is none of ours")
	}
}
