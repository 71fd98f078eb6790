package node

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/label"
	"countersign.dev/internal/policy"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/surveillance/specimen"
)

// found gives a label today that can be found by what it is on, as one that was
// given by an authority can.
func (k *keeping) found(number int, change func(*label.Terms)) string {
	k.t.Helper()
	t := specimen.Terms("iot-mark", "Northlight Devices", cameraPURL, k.day)
	if change != nil {
		change(t)
	}
	id := specimen.Number(number)
	e, err := specimen.Edition(k.options.Now(), []specimen.Given{{ID: id, Terms: t}})
	k.must(err)
	given := &label.Event{Label: id, Terms: t, On: t.ValidFrom}
	e.Documents[0].Statements = append(e.Documents[0].Statements, handles(given, k.day)...)
	_, err = k.Ledger.Append(context.Background(), e)
	k.must(err)
	return id
}

// asks answers for everybody.
func (k *keeping) asks(subject, purpose string, at access.Date) *decision.Answer {
	k.t.Helper()
	a, _, err := k.Check(context.Background(), access.Ask{Reader: access.Anonymous, At: access.At{Date: at, Position: access.Now}}, Question{Subject: subject, Purpose: purpose})
	if err != nil {
		k.t.Fatalf("%s on %s: %v", subject, at, err)
	}
	return a
}

// spoken is the verdict and the rules that spoke, with what they spoke about.
func spoken(a *decision.Answer) []string {
	out := []string{string(a.Verdict)}
	for _, r := range a.Reasons {
		out = append(out, strings.TrimSpace(r.Rule+" "+r.About))
	}
	return out
}

func reasonOf(t *testing.T, a *decision.Answer, rule string) decision.Reason {
	t.Helper()
	i := slices.IndexFunc(a.Reasons, func(r decision.Reason) bool { return r.Rule == rule })
	if i < 0 {
		t.Fatalf("%s does not speak, but %v", rule, spoken(a))
	}
	return a.Reasons[i]
}

// A camera with a restricted maker's chip, and its maker with none.
func TestCheckLabelOfCamera(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		k := openKeeping(t, url, "2026-11-02")
		if r, err := k.ImportDemo(t.Context()); err != nil || len(r.Failed) > 0 {
			t.Fatal(err, r)
		}
		const vx200 = "pkg:generic/oakridge-vision/vx200-firmware@2.4.0"
		id := k.found(1, func(t *label.Terms) {
			t.Product, t.Parties[0].Name, t.Releases = "VX-200", "Oakridge Vision", []label.Release{{PURL: vx200}}
		})
		a := k.asks(strings.ToLower(strings.ReplaceAll(id, "-", "")), "", "")
		if a.Verdict != policy.Deny || a.Subject != (decision.Subject{ID: id, Name: "VX-200"}) || a.Answers.Trust.Verdict == nil || *a.Answers.Trust.Verdict != policy.Deny {
			t.Fatalf("%+v says %v", a.Subject, spoken(a))
		}
		r := reasonOf(t, a, "component-restricted")
		if r.About != "supplier Huawei Technologies Co., Ltd. (supplier)" || !strings.Contains(r.Because, "restriction in force") && !strings.Contains(r.Because, "export in force") {
			t.Errorf("%s: %s", r.About, r.Because)
		}
		if len(r.Evidence) < 3 { // the label, the bill, the listing
			t.Errorf("it rests on %+v", r.Evidence)
		}
		// The chip, which only the hardware part of the bill names: its maker is held
		// by a listed one, which counts again from 2026-11-10 or may not.
		if got := reasonOf(t, k.asks(id, "label", "2026-12-01"), "component-owned"); got.About != "supplier HiSilicon Technologies Co., Ltd. (maker)" {
			t.Errorf("%s: %s", got.About, got.Because)
		}
		reasonOf(t, a, "label-active")

		// The release and its name lead to the same label, and the party that is
		// called like the product does not.
		release := k.asks(vx200, "", "")
		if release.Answers.Run.Verdict == nil || release.Answers.Trust.Verdict == nil || *release.Answers.Trust.Verdict != policy.Deny {
			t.Errorf("the release: %v", spoken(release))
		}
		if got := k.asks("vx 200", "label", ""); got.Subject.ID != id {
			t.Errorf("by its name: %+v, %v", got.Subject, spoken(got))
		}
		party, _, err := k.Check(t.Context(), anybody, Question{Subject: "VX-200", Purpose: "label", Party: true})
		if err != nil || party.Subject.ID != "" {
			t.Errorf("as a party: %+v, %v", party, err)
		}
		_, _, err = k.Check(t.Context(), anybody, Question{Subject: id, Purpose: "procure"})
		if problem.KindOf(err) != problem.Invalid || !strings.Contains(err.Error(), "is a product: no policy for the purpose procure is about that") {
			t.Errorf("to buy from a product: %v", err)
		}
	})
}

// What a label says is answered as of any day, and what was said on one.
func TestCheckLabelOverTime(t *testing.T) {
	k := openKeeping(t, "", "2026-10-01")
	id := k.found(1, func(t *label.Terms) {
		t.SupportEnd, t.ValidUntil, t.EndsBy = "2027-06-01", "2027-06-01", label.EndsBySupport
	})
	k.take(firmware(cameraPURL, "2026-09-20"))
	says := func(at access.Date, want string) {
		t.Helper()
		a := k.asks(id, "label", at)
		got := strings.Join(spoken(a), "; ")
		if a.ChangesOn != nil {
			got += "; changes on " + string(*a.ChangesOn)
		}
		if got != want {
			t.Errorf("on %s:\n got %s\nwant %s", at, got, want)
		}
	}
	active := "allow; label-active label " + id + "; no-advisories source pkg:generic; attestation-optional"
	says("2026-10-02", active+"; changes on 2027-03-03") // 90 days before support ends
	says("2027-03-03", "review; support-ends-soon label "+id+"; label-active label "+id+"; no-advisories source pkg:generic; attestation-optional; changes on 2027-06-01")
	says("2027-06-01", "deny; label-ended label "+id+"; no-advisories source pkg:generic; attestation-optional")
	// It is known since that it was given; that day it had not been.
	says("2026-09-30", "review; mark-ahead; no-advisories source pkg:generic; attestation-optional; changes on 2027-01-04")

	k.day = "2026-10-10"
	_, err := k.Act(t.Context(), access.Ask{Reader: access.Operator, At: access.At{Position: access.Now}}, id, LabelAct{Kind: label.Suspended, On: "2026-10-05", Reason: "sold with other firmware"})
	k.must(err)
	says("2026-10-10", "deny; label-suspended label "+id+"; no-advisories source pkg:generic; attestation-optional; changes on 2027-03-03")
	says("2026-10-04", active+"; changes on 2027-03-03")
	a, _, err := k.Check(t.Context(), access.Ask{Reader: access.Anonymous, At: access.At{Date: "2026-10-06", Known: "2026-10-06", Position: access.Now}}, Question{Subject: id})
	if err != nil || a.Verdict != policy.Allow {
		t.Errorf("as was said on 2026-10-06: %v, %v", a, err)
	}
	if got := reasonOf(t, k.asks(id, "", ""), "label-suspended"); !strings.Contains(got.Because, "since 2026-10-05: sold with other firmware") || len(got.Evidence) != 2 {
		t.Errorf("%s, by %+v", got.Because, got.Evidence)
	}

	// A party to it that is listed, and the court's order.
	k.take(listingFile("laboratory", "us-bis-entity-list", "Quayside Test Laboratory", "2026-10-10", "designated", "2026-10-08"))
	r := reasonOf(t, k.asks(id, "label", ""), "party-barred")
	if r.About != "party Quayside Test Laboratory (laboratory)" || r.Listing != "us-bis-entity-list:quayside-test-laboratory" || !strings.Contains(r.Because, "since 2026-10-08") {
		t.Errorf("%+v", r)
	}
}

// TestCheckLabelIdentifierHidesNobody: a maker that is listed by name is told of
// under somebody else's identifier too.
func TestCheckLabelIdentifierHidesNobody(t *testing.T) {
	k := openKeeping(t, "", "2026-11-02")
	id := k.found(1, func(t *label.Terms) { t.Parties[0].Identifier = "LEI 5493001KJTIIGC8Y1R12" })
	k.take(listingFile("maker", "us-bis-entity-list", "Northlight Devices", "2026-11-01", "designated", "2026-11-01"))
	if r := reasonOf(t, k.asks(id, "label", "2026-11-03"), "party-barred"); r.About != "party Northlight Devices (maker)" {
		t.Errorf("%+v", r)
	}
}

// The mark is asked of devices from a day on; a release that no label covers
// says so before.
func TestCheckReleaseWithoutLabel(t *testing.T) {
	k := openKeeping(t, "", "2026-10-01")
	k.take(firmware(cameraPURL, "2026-09-20"))
	if got := spoken(k.asks(cameraPURL, "label", "2026-12-01")); got[0] != "review" || got[1] != "mark-ahead" {
		t.Errorf("before: %v", got)
	}
	if a := k.asks(cameraPURL, "label", "2026-12-01"); a.ChangesOn == nil || *a.ChangesOn != "2027-01-04" {
		t.Errorf("it changes on %v", a.ChangesOn)
	}
	if got := spoken(k.asks(cameraPURL, "label", "2027-01-04")); got[0] != "deny" || got[1] != "mark-missing" {
		t.Errorf("from then on: %v", got)
	}
	if a := k.asks(cameraPURL, "", "2027-01-04"); a.Policy == nil || a.Policy.Name != "us-federal-software" {
		t.Errorf("nobody asked for a mark, and %+v spoke", a.Policies)
	}
	if got := spoken(k.asks("pkg:npm/left-pad@1.3.0", "label", "2027-01-04")); !slices.Contains(got, "no-label") || got[0] != "review" {
		t.Errorf("a library: %v", got)
	}
	if got := spoken(k.asks(cameraPURL, "label", "2024-06-01")); !slices.Contains(got, "attestation-missing") {
		t.Errorf("while an attestation was asked for: %v", got)
	}
}

// What somebody applies for is between those who take part.
func TestCheckApplicationIsConfidential(t *testing.T) {
	l := newLabelling(t)
	id := l.assessed()
	ask := func(a access.Ask) *decision.Answer {
		t.Helper()
		got, _, err := l.Check(t.Context(), a, Question{Subject: id, Purpose: "label"})
		l.must(err)
		return got
	}
	unknown, theirs := ask(anybody), ask(maker)
	if unknown.Subject.ID != "" || unknown.Product != nil || unknown.Verdict != policy.Review {
		t.Errorf("everybody is told of an application: %+v", unknown)
	}
	if theirs.Subject.Name != "Northlight Cam 2 (NL-C2)" || !slices.Contains(spoken(theirs), "mark-ahead") || theirs.Audience.IsPublic() {
		t.Errorf("the maker: %+v, %v for %s", theirs.Subject, spoken(theirs), theirs.Audience)
	}
	if got := ask(as("other", access.RoleMaker)); got.Subject.ID != "" {
		t.Errorf("another maker: %+v", got.Subject)
	}
	release, _, err := l.Check(t.Context(), authority, Question{Subject: cameraPURL})
	l.must(err)
	if release.Product != nil && len(release.Product.Labels) > 0 {
		t.Errorf("the release tells of the application: %+v", release.Product)
	}
	_, err = l.Issue(t.Context(), authority, id, IssueOptions{})
	l.must(err)
	for _, subject := range []string{id, cameraPURL, cameraDigest} {
		a, d, err := l.Check(t.Context(), anybody, Question{Subject: subject})
		l.must(err)
		if len(d.Labels) != 1 || d.Labels[0].State.Label != id || a.Answers.Trust.Verdict == nil || !a.Audience.IsPublic() {
			t.Errorf("%s: %+v %v", subject, d.Product, spoken(a))
		}
	}
}

// Whatever happens to labels: what is said again as of a day, by what was known
// on it, is what was said on the day; nothing changes before changes_on by time
// alone, and something does on it; and a decision repeats.
func TestCheckLabelProperty(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		k := openKeeping(t, "", "2026-10-01")
		defer k.Close()
		k.take(firmware(cameraPURL, "2026-09-20", tiny))
		ids := []string{k.found(1, func(t *label.Terms) { t.SupportEnd = "2027-02-20" }), k.found(2, func(t *label.Terms) { t.Product = "Doorbell" })}
		said := map[string][]string{}
		var decided []string
		for step := range rapid.IntRange(2, 6).Draw(rt, "days") {
			k.day = k.day.AddDays(rapid.IntRange(1, 20).Draw(rt, "later"))
			id := rapid.SampledFrom(ids).Draw(rt, "label")
			back := k.day.AddDays(-rapid.IntRange(0, 5).Draw(rt, "back"))
			operator := access.Ask{Reader: access.Operator, At: access.At{Position: access.Now}}
			act := func(kind label.Kind) { // refused where it cannot follow, which changes nothing
				_, _ = k.Act(context.Background(), operator, id, LabelAct{Kind: kind, On: back, Reason: fmt.Sprintf("step %d", step)})
			}
			switch rapid.SampledFrom([]string{"suspend", "reinstate", "revoke", "test", "party", "nothing"}).Draw(rt, "deed") {
			case "suspend":
				act(label.Suspended)
			case "reinstate":
				act(label.Reinstated)
			case "revoke":
				act(label.Revoked)
			case "test":
				act(label.Tested)
			case "party": // its events are as of the day of the file, or else they would have been known before
				k.take(listingFile(fmt.Sprint("lab", step), "us-dod-1260h", "Quayside Test Laboratory", k.day, rapid.SampledFrom([]string{"designated", "removed"}).Draw(rt, "event"), string(k.day)))
			}
			subject := rapid.SampledFrom(append(ids, cameraPURL)).Draw(rt, "subject")
			a, err := k.Decide(context.Background(), operator, Question{Subject: subject, Purpose: "label"})
			if err != nil {
				rt.Fatal(err)
			}
			said[subject+" "+string(k.day)] = spoken(a)
			decided = append(decided, *a.Decision)
			k.foresees(rt, subject, a)
		}
		for about, was := range said {
			subject, day, _ := strings.Cut(about, " ")
			at := access.At{Date: access.Date(day), Known: access.Date(day), Position: access.Now}
			a, _, err := k.Check(context.Background(), access.Ask{Reader: access.Operator, At: at}, Question{Subject: subject, Purpose: "label"})
			if err != nil {
				rt.Fatal(err)
			}
			if d := cmp.Diff(was, spoken(a)); d != "" {
				rt.Errorf("%s (-said that day +said of it):\n%s", about, d)
			}
		}
		for _, digest := range decided {
			if out, err := k.Replay(context.Background(), access.Ask{Reader: access.Operator, At: access.At{Position: access.Now}}, digest); err != nil || out.Result != decision.Same {
				rt.Errorf("replay: %+v, %v", out, err)
			}
		}
	})
}

// foresees holds an answer's changes_on to what is answered for the days after,
// by what is known today.
func (k *keeping) foresees(rt *rapid.T, subject string, a *decision.Answer) {
	ahead := func(day access.Date) []string {
		at := access.At{Date: day, Known: k.day, Position: access.Now}
		later, _, err := k.Check(context.Background(), access.Ask{Reader: access.Operator, At: at}, Question{Subject: subject, Purpose: "label"})
		if err != nil {
			rt.Fatal(err)
		}
		return spoken(later)
	}
	now := spoken(a)
	until := k.day.AddDays(400)
	if a.ChangesOn != nil {
		until = *a.ChangesOn
		if cmp.Equal(now, ahead(until)) {
			rt.Errorf("%s does not change on %s: %v", subject, until, now)
		}
	}
	for _, days := range []int{1, 9, 40, 100, 150, 399} {
		if day := k.day.AddDays(days); day < until {
			if d := cmp.Diff(now, ahead(day)); d != "" {
				rt.Errorf("%s changes by %s, before %s:\n%s", subject, day, until, d)
			}
		}
	}
}

// A label's own watch is not told of labels through the releases that they
// cover.
func TestReleasesWithoutLabels(t *testing.T) {
	k := openKeeping(t, "", "2026-10-01")
	k.found(1, nil)
	for labels, want := range map[bool]int{true: 1, false: 0} {
		b := &dossier.Builder{Facts: k.Node, Labels: labels}
		ask, err := k.Ledger.Resolve(t.Context(), anybody)
		k.must(err)
		d, err := b.Build(t.Context(), ask, cameraPURL)
		k.must(err)
		got := 0
		if d.Product != nil {
			got = len(d.Labels)
		}
		if got != want {
			t.Errorf("with labels %v: %d", labels, got)
		}
	}
}

// What is signed about a release counts as far as it is good, by whom may say it,
// and until it is taken back.
func TestCheckAttested(t *testing.T) {
	a := newAttesting(t, "")
	a.hand(access.Operator, billOf2("cam", camPURL, camDigest))
	a.hand(acmeMaker.Reader, a.provenance(a.stranger, camPURL, camDigest))
	digest := a.hand(acmeMaker.Reader, a.provenance(a.acme, camPURL, camDigest))
	a.day = "2026-04-01"
	_, err := a.RevokeAttestation(t.Context(), acmeMaker, AttestationRevocation{Document: digest, On: "2026-03-20", Reason: "the key was copied"})
	a.must(err)
	for _, c := range []struct {
		on, known access.Date
		held      bool
	}{
		{"2026-03-01", "2026-04-01", false}, // nobody shows that it was there before
		{"2026-03-10", "2026-03-10", true},
		{"2026-03-19", "2026-04-01", true},
		{"2026-03-20", "2026-04-01", false},
		{"2026-03-25", "2026-03-31", true},
		{"2026-04-05", "2026-04-05", false},
	} {
		ask := access.Ask{At: access.At{Date: c.on, Known: c.known, Position: access.Now}}
		got, d, err := a.Check(t.Context(), ask, Question{Subject: camPURL, Purpose: "label"})
		a.must(err)
		held := slices.Contains(spoken(got), "attestation-held attestation provenance of "+camDigest)
		if held != c.held || len(d.Attestations) != map[bool]int{true: 1}[c.held] {
			t.Errorf("on %s, known on %s: %v, %+v", c.on, c.known, spoken(got), d.Attestations)
		}
		if !held {
			continue
		}
		r := reasonOf(t, got, "attestation-held")
		if !strings.HasSuffix(r.Because, ", signed") || len(r.Evidence) != 1 || r.Evidence[0].Digest != digest {
			t.Errorf("%s, by %+v", r.Because, r.Evidence)
		}
		// That it will be taken back is foreseen by nobody.
		if got.ChangesOn != nil && *got.ChangesOn == "2026-03-20" {
			t.Errorf("on %s it changes on %s", c.on, *got.ChangesOn)
		}
	}
}

// BenchmarkCheckLabel answers for a product of which a bill is held.
func BenchmarkCheckLabel(b *testing.B) {
	k := openKeeping(b, "", "2026-10-01")
	id := k.found(1, nil)
	k.take(firmware(cameraPURL, "2026-09-20", tiny, "pkg:npm/sound@1.0.0", "pkg:npm/other@1.0.0"))
	for _, subject := range []string{id, cameraPURL, "Northlight Devices"} {
		b.Run(subject, func(b *testing.B) {
			for b.Loop() {
				if _, _, err := k.Check(b.Context(), anybody, Question{Subject: subject, Purpose: "label"}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
