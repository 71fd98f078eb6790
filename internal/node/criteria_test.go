package node

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign.dev/catalogues"
	"countersign.dev/internal/access"
	"countersign.dev/internal/assessment"
	"countersign.dev/internal/assurance/catalogue"
	"countersign.dev/internal/assurance/oscal"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/label"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/realdata"
)

// baseline is the profile of the iot-mark as it is shipped, changed.
func baseline(t testing.TB, change ...string) string {
	t.Helper()
	b, err := fs.ReadFile(catalogues.FS, "profiles/iot-baseline.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(change); i += 2 {
		if !strings.Contains(string(b), change[i]) {
			t.Fatalf("the profile has no %q", change[i])
		}
	}
	return strings.NewReplacer(change...).Replace(string(b))
}

// asOSCAL is a profile of our form as other tools read it.
func asOSCAL(t testing.TB, text string, modified time.Time) string {
	t.Helper()
	p, err := catalogue.ParseProfile([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	set, err := catalogue.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := oscal.WriteProfile(&b, p, set, modified); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const ownCatalogue = `countersign: catalogue/v1
catalogue: harbour-rules
title: What the harbour asks of cameras
version: "1"
source: written for a test
verification: ours
controls:
  - {id: H1, kind: rule, title: It is quiet, statement: It makes no noise., applicability: all}
  - {id: H2, kind: rule, title: It is dry, statement: It keeps water out., applicability: all}
`

const ownProfile = `countersign: profile/v1
profile: harbour-mark
title: The mark of the harbour
version: "1"
purpose: label
basis: a test
source: a test
verification: ours
select:
  - {catalogue: harbour-rules, controls: [H2], ask: required}
`

func (d *dayNode) submit(by access.Reader, audience access.Audience, texts ...string) string {
	var files []intake.File
	for _, text := range texts {
		name := "criteria.yaml"
		if strings.HasPrefix(text, "{") {
			name = "criteria.json"
		}
		files = append(files, intake.File{Name: name, Bytes: []byte(text)})
	}
	r, err := d.Import(context.Background(), by, files, ImportOptions{Audience: audience})
	if err != nil {
		return err.Error()
	}
	return strings.Join(r.Failed, "\n")
}

// What is imported stands beside what is shipped, or in its place, for those who
// may see it, from its position on.
func TestImportedCriteria(t *testing.T) {
	l, ctx := newLabelling(t), context.Background()
	shipped, err := catalogue.Shipped()
	l.must(err)
	set, err := l.Catalogues(ctx, anybody)
	l.must(err)
	if set != shipped {
		t.Error("with nothing imported it is not the set that is shipped")
	}
	before, err := l.Ledger.Head(ctx)
	l.must(err)

	// A profile that comes first in the order of the files comes after what it
	// picks from; alone it is refused.
	if got := l.submit(access.Operator, access.Public, ownProfile); !strings.Contains(got, `criteria.yaml: does not fit the criteria that are held: profile harbour-mark: line 10: no catalogue "harbour-rules"`) {
		t.Errorf("a profile of no catalogue: %q", got)
	}
	mine := access.ForOrganisation("northlight")
	if got := l.submit(access.Operator, mine, ownProfile, ownCatalogue); got != "" {
		t.Fatal(got)
	}
	set, err = l.Catalogues(ctx, maker)
	l.must(err)
	if p := set.Profile("harbour-mark"); p == nil || p.Digest != ledger.Digest([]byte(ownProfile)) || set.Catalogue("harbour-rules") == nil || set.Profile("iot-baseline") == nil {
		t.Errorf("its organisation sees %+v", p)
	}
	if set, err = l.Catalogues(ctx, anybody); err != nil || set != shipped {
		t.Errorf("the public sees other criteria than those shipped: %v", err)
	}
	// For everybody it cannot rest on what only some may see, and takes an
	// administrator.
	if got := l.submit(access.Operator, access.Public, ownProfile); !strings.Contains(got, "no catalogue") {
		t.Errorf("a public profile of a private catalogue: %q", got)
	}
	if got := l.submit(maker.Reader, access.Public, ownCatalogue); !strings.Contains(got, "only an administrator") {
		t.Errorf("a maker for everybody: %q", got)
	}
	if got := l.submit(access.Operator, access.Public, ownCatalogue); got != "" {
		t.Fatal(got)
	}
	if got := l.submit(access.Operator, access.Public, ownProfile); got != "" {
		t.Fatal(got)
	}
	// What others pick from cannot be taken from below them.
	if got := l.submit(access.Operator, access.Public, strings.Replace(ownCatalogue, "id: H2", "id: H3", 1)); !strings.Contains(got, `catalogue harbour-rules has no control "H2"`) {
		t.Errorf("a catalogue that lacks what a profile picks: %q", got)
	}
	past := anybody
	past.At.Position = before.Position
	if set, err = l.Catalogues(ctx, past); err != nil || set != shipped {
		t.Errorf("before the import: %v", err)
	}
	// In the place of what is shipped, as OSCAL.
	text := asOSCAL(t, baseline(t, "version: \"1\"", "version: \"1.1\""), l.now())
	if got := l.submit(access.Operator, access.Public, text); got != "" {
		t.Fatal(got)
	}
	set, err = l.Catalogues(ctx, anybody)
	l.must(err)
	if p := set.Profile("iot-baseline"); p.Version != "1.1" || p.Digest != ledger.Digest([]byte(text)) {
		t.Errorf("the new edition: %+v", p)
	}
}

// When the ground of a profile is withdrawn, it is left out and the rest stands.
func TestCriteriaWhoseGroundIsWithdrawn(t *testing.T) {
	l, ctx := newLabelling(t), context.Background()
	if got := l.submit(access.Operator, access.Public, ownProfile, ownCatalogue); got != "" {
		t.Fatal(got)
	}
	e, err := l.Ledger.ByDigest(ctx, anybody, ledger.Digest([]byte(ownCatalogue)))
	l.must(err)
	_, err = l.Withdraw(ctx, access.Ask{Reader: access.Operator, At: anybody.At}, e.Position, "a test")
	l.must(err)
	set, err := l.Catalogues(ctx, anybody)
	l.must(err)
	if set.Profile("harbour-mark") != nil || set.Catalogue("harbour-rules") != nil || set.Profile("iot-baseline") == nil {
		t.Error("a profile stands on a catalogue that is gone")
	}
}

// A label is judged by the criteria of its authority, not by those that the maker
// keeps for itself, also when somebody who sees all asks; what was used is
// named.
func TestLabelsGoByImportedCriteria(t *testing.T) {
	l, ctx := newLabelling(t), context.Background()
	easy := baseline(t, "version: \"1\"", "version: easy")
	if got := l.submit(access.Operator, access.ForOrganisation("northlight"), easy); got != "" {
		t.Fatal(got)
	}
	text := baseline(t, "version: \"1\"", "version: \"2\"")
	if got := l.submit(access.Operator, access.Public, text); got != "" {
		t.Fatal(got)
	}
	// The maker's edition again, so that it is the latest of all.
	if got := l.submit(access.Operator, access.ForOrganisation("northlight"), easy+"# again\n"); got != "" {
		t.Fatal(got)
	}
	id := l.assessed()
	for _, by := range []access.Ask{maker, assessor, {Reader: access.Operator, At: anybody.At}} {
		a, err := l.Assessment(ctx, by, id)
		l.must(err)
		if a.Assessment.Profile.Digest != ledger.Digest([]byte(text)) || a.Assessment.Profile.Version != "2" {
			t.Errorf("%s sees it judged by %+v", by.Reader.Member, a.Assessment.Profile)
		}
	}
	s, err := l.Issue(ctx, authority, id, IssueOptions{})
	l.must(err)
	history, err := l.LabelHistory(ctx, anybody, id)
	l.must(err)
	if last := history[len(history)-1]; s.Terms.ProfileHash != ledger.Digest([]byte(text)) || last.Rules["profile"] != ledger.Digest([]byte(text)) {
		t.Errorf("issued by %s, %v", s.Terms.ProfileHash, last.Rules)
	}
	// What the label names is found in the criteria of its day.
	set, err := l.LabelCriteria(ctx, anybody, id)
	l.must(err)
	if got := set.Profile("iot-baseline").Version; got != "2" {
		t.Errorf("criteria of the label: version %s", got)
	}
	if got := l.submit(access.Operator, access.Public, baseline(t, "version: \"1\"", "version: \"3\"")); got != "" {
		t.Fatal(got)
	}
	if set, err = l.LabelCriteria(ctx, anybody, id); err != nil || set.Profile("iot-baseline").Version != "2" {
		t.Errorf("after another edition: %v", err)
	}
	if a, err := l.Assessment(ctx, assessor, id); err != nil || a.Assessment.Profile.Version != "3" || len(a.Assessment.With(assessment.Met)) == 0 {
		t.Errorf("asked today: %v", err)
	}
}

// TestSurveilRetiredProfile retires the criteria of labels by an edition of their
// profile: warned on the day, with the days that the scheme leaves, suspended
// after them, and offered back when the retirement turns out to be a mistake.
func TestSurveilRetiredProfile(t *testing.T) {
	k := openKeeping(t, "", "2021-01-10")
	id := k.give(1, nil)
	k.wants("2021-01-11", "")
	retired := baseline(t, "verification:", "duty: {from: 2020-01-01, until: 2021-03-01}\nverification:")
	k.take(retired)
	k.wants("2021-01-12", "")
	if got := k.watcher.Stats().NextWake; got != "2021-03-01" {
		t.Errorf("the next day is %s", got)
	}
	k.wants("2021-02-28", "")
	const ground = "retired:iot-baseline"
	k.wants("2021-03-01", "warned 2021-03-01 "+ground+" due 2021-08-28")
	if last := k.events[len(k.events)-1]; last.Rules["profile"] != ledger.Digest([]byte(retired)) || !strings.Contains(last.Reason, "retired on 2021-03-01") {
		t.Errorf("it says %+v", last)
	}
	k.restart()
	k.wants("2021-08-27", "")
	k.wants("2021-08-28", "suspended 2021-08-28 "+ground)
	if got := k.status(id, "2021-08-28"); got != label.StatusSuspended {
		t.Errorf("it is %s", got)
	}
	k.day = "2021-09-01"
	k.take(asOSCAL(t, baseline(t, "verification:", "duty: {from: 2020-01-01}\nverification:"), k.day.Time()))
	k.wants("2021-09-01", "reinstatement_offered 2021-08-28 "+ground)
}

// A retirement whose document is withdrawn leaves what is shipped.
func TestSurveilWithdrawnProfile(t *testing.T) {
	k := openKeeping(t, "", "2021-01-10")
	k.give(1, nil)
	retired := baseline(t, "verification:", "duty: {from: 2020-01-01, until: 2021-03-01}\nverification:")
	k.take(retired)
	const ground = "retired:iot-baseline"
	k.wants("2021-03-02", "warned 2021-03-01 "+ground+" due 2021-08-28")
	e, err := k.Ledger.ByDigest(t.Context(), anybody, ledger.Digest([]byte(retired)))
	k.must(err)
	_, err = k.Withdraw(t.Context(), access.Ask{Reader: access.Operator, At: anybody.At}, e.Position, "a test")
	k.must(err)
	k.wants("2021-03-03", "cleared 2021-03-01 "+ground)
	k.wants("2021-08-30", "") // the warning is gone
}

// Real catalogues are shown beside ours, and profiles may pick from them.
func TestRealCriteria(t *testing.T) {
	l, ctx := newLabelling(t), context.Background()
	for _, path := range []string{"data/assurance/oscal/basic-catalog.json", "data/assurance/ssdf/sp800-218_generated.json", "data/assurance/ssdf/EO14028_min.json"} {
		b, err := os.ReadFile(realdata.Path(t, path))
		l.must(err)
		if got := l.submit(access.Operator, access.Public, string(b)); got != "" {
			t.Fatalf("%s: %s", filepath.Base(path), got)
		}
	}
	set, err := l.Catalogues(ctx, anybody)
	l.must(err)
	const id = "security-catalog-for-sp800-218-secure-software-development"
	c := set.Catalogue(id)
	if c == nil || len(c.Controls) != 61 {
		t.Fatalf("SP 800-218: %v", c)
	}
	picks := strings.NewReplacer("harbour-rules", id, "H2", c.Controls[len(c.Controls)-1].ID).Replace(ownProfile)
	if got := l.submit(access.Operator, access.Public, picks); got != "" {
		t.Fatal(got)
	}
	if set, err = l.Catalogues(ctx, anybody); err != nil || set.Profile("harbour-mark") == nil {
		t.Errorf("a profile of it: %v", err)
	}
	_, err = l.Ledger.ByDigest(ctx, anybody, ledger.Digest([]byte(picks)))
	if problem.KindOf(err) == problem.NotFound {
		t.Error("the profile is not held as it came")
	}
}
