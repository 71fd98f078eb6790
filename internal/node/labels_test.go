package node

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assessment"
	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/label"
	"countersign.dev/internal/label/core"
	"countersign.dev/internal/label/statuslist"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// labelling is a node with an authority, a maker and a laboratory, and a
// camera's bill of materials.
type labelling struct {
	*dayNode
	t    testing.TB
	bill string // digest
}

const cameraPURL = "pkg:generic/northlight/cam-2-firmware@2.4.1"

var cameraDigest = "sha256:" + strings.Repeat("5a", 32)

func newLabelling(t testing.TB) *labelling {
	n := openDayNode(t, filepath.Join(t.TempDir(), "data"), "2026-11-02")
	t.Cleanup(func() { n.Close() })
	l := &labelling{dayNode: n, t: t}
	for _, o := range []string{"labels", "northlight", "quayside", "other"} {
		l.must(n.Access.CreateOrganisation(context.Background(), access.Operator, access.Organisation{ID: o, Name: o}))
	}
	bill := fmt.Sprintf(`{"bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": "urn:uuid:7c2a1f0e-2f0f-4a55-9a7b-0a5f3b1c2d3e", "version": 1,
		"metadata": {"timestamp": "2026-10-30T09:00:00Z", "component": {"bom-ref": "cam", "type": "firmware", "name": "cam-2-firmware", "version": "2.4.1", "purl": %q,
			"supplier": {"name": "Northlight Devices"}, "hashes": [{"alg": "SHA-256", "content": %q}]}},
		"components": [{"bom-ref": "ssl", "type": "library", "name": "openssl", "version": "3.0.15", "purl": "pkg:generic/openssl@3.0.15"}],
		"dependencies": [{"ref": "cam", "dependsOn": ["ssl"]}]}`, cameraPURL, strings.TrimPrefix(cameraDigest, "sha256:"))
	r, err := n.Import(context.Background(), access.Operator, []intake.File{{Name: "cam.cdx.json", Bytes: []byte(bill)}}, ImportOptions{})
	l.must(err)
	if len(r.Failed) > 0 {
		t.Fatal(r.Failed)
	}
	l.bill = ledger.Digest([]byte(bill))
	return l
}

func (l *labelling) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

// as is an ask of a member of an organisation.
func as(org string, role access.Role) access.Ask {
	r := access.Reader{Member: org + "-" + string(role), Organisations: []string{org}, Roles: map[string]access.Role{org: role}}
	return access.Ask{Reader: r, At: access.At{Position: access.Now}}
}

var (
	authority  = as("labels", access.RoleAuthority)
	assessor   = as("labels", access.RoleAssessor)
	maker      = as("northlight", access.RoleMaker)
	laboratory = as("quayside", access.RoleLaboratory)
	anybody    = access.Ask{At: access.At{Position: access.Now}}
)

func (l *labelling) application() *label.Application {
	return &label.Application{
		Scheme: "iot-mark", Product: "Northlight Cam 2", Model: "NL-C2",
		Releases: []label.Release{{PURL: cameraPURL, Digests: []string{cameraDigest}}},
		Parties: []label.Party{
			{Role: label.Maker, Name: "Northlight Devices", Country: "CA", Contact: "security@northlight.example"},
			{Role: label.Laboratory, Name: "Quayside Test Laboratory", Organisation: "quayside"},
		},
		Registry: label.Registry{
			DefaultPassword: "there is none; the owner sets one at first use", SecureConfiguration: "https://northlight.example/cam-2/secure", UpdatesAutomatic: true,
			Updates: "by itself, at night", Support: "until the end of 2028", SBOM: true, HBOM: true, Disclosure: "https://northlight.example/security",
		},
		SupportEnd: "2029-01-01", Evidence: []label.Evidence{{Digest: l.bill, Title: "bill of materials"}}, Declaration: "A. Norris, Managing Director",
	}
}

// assessed is an application that is assessed and waits to be given its label.
func (l *labelling) assessed() string {
	l.t.Helper()
	return l.assessedAs(l.application())
}

func (l *labelling) assessedAs(app *label.Application) string {
	l.t.Helper()
	ctx := context.Background()
	s, err := l.Apply(ctx, maker, app, ApplyOptions{Submit: true})
	l.must(err)
	a, err := l.Assessment(ctx, laboratory, s.Label)
	l.must(err)
	var found []assessment.Judgement
	for _, o := range a.Assessment.Outcomes {
		if o.Required && o.Status != assessment.Met {
			found = append(found, assessment.Judgement{Control: o.Ref, Status: assessment.Met, Reason: "tested", Evidence: []assessment.Evidence{{Digest: l.bill}}})
		}
	}
	a, err = l.Judge(ctx, laboratory, s.Label, found)
	l.must(err)
	if !a.Assessment.Passes {
		for _, f := range a.Assessment.Failed {
			o := a.Assessment.Outcome(f)
			l.t.Logf("%s %s: %s", f, o.Status, o.Reason)
		}
		l.t.Fatalf("%d not met, %d unknown", a.Assessment.NotMet, a.Assessment.Unknown)
	}
	_, err = l.FinishAssessment(ctx, assessor, s.Label)
	l.must(err)
	return s.Label
}

func TestLabelStory(t *testing.T) {
	l, ctx := newLabelling(t), context.Background()
	id := l.assessed()
	if _, err := l.Label(ctx, anybody, id); problem.KindOf(err) != problem.NotFound {
		t.Errorf("an application is no secret: %v", err)
	}
	s, err := l.Issue(ctx, authority, id, IssueOptions{})
	l.must(err)
	if s.Status != label.StatusActive || s.Terms.ValidUntil != "2029-01-01" || s.Terms.EndsBy != label.EndsBySupport || s.Since != "2026-11-02" {
		t.Errorf("given: %+v %+v", s.State, s.Terms)
	}

	// Its document is signed, and binds to what is shipped.
	doc, _, err := l.LabelDocument(ctx, anybody, id)
	l.must(err)
	keys, err := l.LabelKeys(ctx)
	l.must(err)
	public, err := PublicKeys(keys)
	l.must(err)
	env, err := dsse.Parse(doc)
	l.must(err)
	if _, err := env.Verify(public); err != nil {
		t.Errorf("the label's signature: %v", err)
	}
	var said label.Statement
	l.must(json.Unmarshal(env.Payload, &said))
	if len(said.Subject) != 1 || "sha256:"+said.Subject[0].Digest["sha256"] != cameraDigest || len(said.Predicate.Annotations.Label.Met) == 0 {
		t.Errorf("the label says %+v", said)
	}

	// So is its code.
	code, err := core.ParseURL(l.LabelCode(&s.State))
	l.must(err)
	if key, err := code.Verify(coreKeys(t, keys)...); err != nil || key == nil || code.Core.Product == "" || code.Core.ValidUntil != "2029-01-01" {
		t.Errorf("the code: %+v, %v", code, err)
	}

	l.day = "2026-11-10"
	s, err = l.Act(ctx, authority, id, LabelAct{Kind: label.Suspended, On: "2026-11-05", Reason: "sold with other firmware"})
	l.must(err)
	if s.Status != label.StatusSuspended || s.Since != "2026-11-05" {
		t.Errorf("suspended: %+v", s.State)
	}
	// What it said on a day, and what is known of that day since.
	then := anybody
	then.At.Date = "2026-11-06"
	s, err = l.Label(ctx, then, id)
	l.must(err)
	if s.Status != label.StatusSuspended || s.Said == nil || s.Said.Status != label.StatusActive {
		t.Errorf("on 2026-11-06: %s, it said %+v", s.Status, s.Said)
	}
	then.At.Known = "2026-11-06"
	if s, err = l.Label(ctx, then, id); err != nil || s.Status != label.StatusActive {
		t.Errorf("as was said on 2026-11-06: %v, %v", s, err)
	}
	b, made, err := l.StatusList(ctx)
	l.must(err)
	list, err := statuslist.Verify(b, public, made.Add(time.Hour), 0)
	l.must(err)
	if e := list.Lookup(id, "2026-11-02"); e.Status != statuslist.Suspended {
		t.Errorf("the status list says %+v", e)
	}
	s, err = l.Act(ctx, authority, id, LabelAct{Kind: label.Reinstated, On: "2026-11-08", Reason: "the stock was taken back"})
	l.must(err)
	if s.Status != label.StatusActive || s.Reinstated != "2026-11-08" {
		t.Errorf("given back: %+v", s.State)
	}
	history, err := l.LabelHistory(ctx, anybody, id)
	l.must(err)
	var kinds []label.Kind
	for i, e := range history {
		kinds = append(kinds, e.Kind)
		if i > 0 && e.Previous != history[i-1].Digest || e.Actor != "" {
			t.Errorf("event %d: %+v", i, e)
		}
	}
	if want := []label.Kind{label.Issued, label.Suspended, label.Reinstated}; !slices.Equal(kinds, want) {
		t.Errorf("the public sees %v, want %v", kinds, want)
	}
	dump, _, err := l.LabelDump(ctx, "")
	l.must(err)
	if env, err = dsse.Parse(dump); err != nil || !strings.Contains(string(env.Payload), id) {
		t.Errorf("the dump: %v", err)
	}
	found, err := l.Labels(ctx, anybody, label.Filter{Text: "cam 2", Status: label.StatusActive})
	if err != nil || len(found.Labels) != 1 {
		t.Errorf("found: %+v, %v", found, err)
	}
}

// Who may do what, and what nobody may.
func TestLabelHostile(t *testing.T) {
	l, ctx := newLabelling(t), context.Background()
	stranger := as("other", access.RoleMaker)
	draft, err := l.Apply(ctx, maker, l.application(), ApplyOptions{})
	l.must(err)
	refused := func(what string, err error, want string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), want) || problem.KindOf(err) == problem.Internal {
			t.Errorf("%s: %v, want %q", what, err, want)
		}
	}
	// Confidential applications cannot be told from those that do not exist.
	_, none := l.Label(ctx, stranger, core.NewID(zeros{}))
	_, hidden := l.Label(ctx, stranger, draft.Label)
	if none == nil || hidden == nil || strings.Replace(hidden.Error(), draft.Label, "X", 1) != strings.Replace(none.Error(), core.NewID(zeros{}), "X", 1) {
		t.Errorf("a stranger is told %v of a draft, and %v of nothing", hidden, none)
	}
	_, err = l.Assessment(ctx, stranger, draft.Label)
	refused("a stranger reads an application", err, "no label")
	_, err = l.Apply(ctx, stranger, l.application(), ApplyOptions{ID: draft.Label, Submit: true})
	refused("a stranger hands in another's draft", err, "no label")
	_, err = l.Apply(ctx, laboratory, l.application(), ApplyOptions{})
	refused("a laboratory applies", err, "wants the role maker")
	if all, err := l.Labels(ctx, stranger, label.Filter{Private: true}); err != nil || len(all.Labels) != 0 {
		t.Errorf("a stranger lists %+v, %v", all, err)
	}

	id := l.assessed()
	judge := []assessment.Judgement{{Control: "nistir-8425/AI.1", Status: assessment.Met, Evidence: []assessment.Evidence{{Digest: l.bill}}}}
	_, err = l.Judge(ctx, maker, id, judge)
	refused("a maker judges its own product", err, "wants the role")
	_, err = l.Issue(ctx, assessor, id, IssueOptions{})
	refused("an assessor gives a label", err, "wants the role authority")
	_, err = l.Issue(ctx, maker, id, IssueOptions{})
	refused("a maker gives itself a label", err, "wants the role authority")
	_, err = l.Issue(ctx, authority, draft.Label, IssueOptions{})
	refused("a label is given without an assessment", err, "has not been assessed")
	_, err = l.Act(ctx, authority, id, LabelAct{Kind: label.Suspended, Reason: "x"})
	refused("suspended before it is given", err, "cannot be suspended")
	_, err = l.Issue(ctx, authority, id, IssueOptions{ValidFrom: "2026-01-01"})
	refused("a label that counts from before", err, "the day on which it is given")
	_, err = l.Issue(ctx, authority, id, IssueOptions{})
	l.must(err)
	_, err = l.Issue(ctx, authority, id, IssueOptions{})
	refused("a label is given twice", err, "cannot be issued")
	_, err = l.Act(ctx, maker, id, LabelAct{Kind: label.Reinstated, Reason: "x"})
	refused("a maker gives itself back", err, "wants the role authority")
	_, err = l.Act(ctx, authority, id, LabelAct{Kind: label.Revoked})
	refused("revoked without a reason", err, "say why")
	_, err = l.Act(ctx, authority, id, LabelAct{Kind: label.Suspended, Reason: "x", On: "2027-01-01"})
	refused("suspended from a day to come", err, "earlier day")
	_, err = l.Act(ctx, as("other", access.RoleLaboratory), id, LabelAct{Kind: label.Tested, Reason: "x"})
	refused("another laboratory fails it", err, "wants the role")
	_, err = l.Act(ctx, authority, id, LabelAct{Kind: label.Superseded, Reason: "x", By: id})
	refused("a label takes its own place", err, "no other label")
	_, err = l.Act(ctx, authority, id, LabelAct{Kind: label.Superseded, Reason: "x", By: draft.Label})
	refused("a draft takes a label's place", err, "no other label")
	s, err := l.Act(ctx, laboratory, id, LabelAct{Kind: label.Tested, Reason: "port 23 is open"})
	l.must(err)
	if s.Status != label.StatusActive || len(s.Warnings) != 1 || s.Warnings[0].Due != "2026-11-22" {
		t.Errorf("after a failed test: %+v", s.State)
	}
	s, err = l.Act(ctx, maker, id, LabelAct{Kind: label.Withdrawn, Reason: "no longer sold"})
	if err != nil || s.Status != label.StatusWithdrawn {
		t.Errorf("its maker withdraws it: %+v, %v", s, err)
	}
}

// Evidence about something else, and evidence that nobody holds, decide nothing.
func TestLabelEvidenceOfOthers(t *testing.T) {
	l, ctx := newLabelling(t), context.Background()
	a := l.application()
	a.Releases[0] = label.Release{PURL: "pkg:generic/northlight/cam-3-firmware@1.0.0", Digests: []string{"sha256:" + strings.Repeat("77", 32)}}
	s, err := l.Apply(ctx, maker, a, ApplyOptions{Submit: true})
	l.must(err)
	for _, digest := range []string{l.bill, "sha256:" + strings.Repeat("00", 32)} {
		got, err := l.Judge(ctx, laboratory, s.Label, []assessment.Judgement{{
			Control: "nistir-8425/AI.1", Status: assessment.Met, Evidence: []assessment.Evidence{{Digest: digest, About: []string{a.Releases[0].PURL}}},
		}})
		l.must(err)
		if o := got.Assessment.Outcome("nistir-8425/AI.1"); o.Status != assessment.Unknown {
			t.Errorf("by evidence %s: %s, %s", digest, o.Status, o.Reason)
		}
	}
}

// A listed maker is given no label.
func TestLabelOfTheRestricted(t *testing.T) {
	l, ctx := newLabelling(t), context.Background()
	id := l.assessed()
	l.list("Northlight Devices", "designated", "2026-11-01")
	_, err := l.Issue(ctx, authority, id, IssueOptions{})
	if err == nil || !strings.Contains(err.Error(), "the maker may not take part") || problem.KindOf(err) != problem.Conflict {
		t.Errorf("a label for a listed maker: %v", err)
	}
}

// list imports an event of a listing of a party on the Defense Department's list.
func (l *labelling) list(name string, kinds ...string) {
	l.t.Helper()
	var events strings.Builder
	for i := 0; i < len(kinds); i += 2 {
		fmt.Fprintf(&events, "      - {kind: %s, date: %[2]s, published: %[2]s, what: constructed for a test}\n", kinds[i], kinds[i+1])
	}
	id := slug(name)
	file := fmt.Sprintf("countersign: events/v1\nid: %[1]s-1260h\npublished: %[2]s\nparty: {id: %[1]s, name: %[3]s, kind: organisation}\nlistings:\n  - programme: us-dod-1260h\n    id: us-dod-1260h:%[1]s\n    name: %[3]s\n    events:\n%[4]s",
		id, kinds[len(kinds)-1], name, events.String())
	r, err := l.Import(context.Background(), access.Operator, []intake.File{{Name: "listing.yaml", Bytes: []byte(file)}}, ImportOptions{})
	l.must(err)
	if len(r.Failed) > 0 {
		l.t.Fatal(r.Failed)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func coreKeys(t testing.TB, keys []LabelKey) []ed25519.PublicKey {
	t.Helper()
	var out []ed25519.PublicKey
	for _, k := range keys {
		b, err := base64.StdEncoding.DecodeString(k.PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, b)
	}
	return out
}

// A report of a laboratory gives judgements while the laboratory is accredited,
// and for the product that it names.
func TestLabelByReport(t *testing.T) {
	l, ctx := newLabelling(t), context.Background()
	s, err := l.Apply(ctx, maker, l.application(), ApplyOptions{Submit: true})
	l.must(err)
	file := func(id, accredited, digest string) intake.File {
		return intake.File{Name: id + ".yaml", Bytes: fmt.Appendf(nil, `countersign: test-report/v1
id: %s
issued: 2026-10-30
laboratory: {name: Quayside Test Laboratory, organisation: quayside, accreditation: {body: SCC, number: "151", valid_until: %s}}
product: {name: Northlight Cam 2, maker: Northlight Devices, version: 2.4.1, digests: ["%s"]}
catalogue: nistir-8425
results:
  - {control: AI.1, verdict: pass, methods: [functional], note: the serial number is printed on it}
  - {control: PC.2, verdict: fail, methods: [functional], note: the reset leaves the network key}
`, id, accredited, digest)}
	}
	for name, c := range map[string]struct {
		f    intake.File
		want assessment.Status
	}{
		"expired accreditation": {file("q-1", "2026-10-31", cameraDigest), assessment.Unknown},
		"another product":       {file("q-2", "2027-12-31", "sha256:"+strings.Repeat("99", 32)), assessment.Unknown},
	} {
		other, err := l.Apply(ctx, maker, l.application(), ApplyOptions{Submit: true})
		l.must(err)
		got, err := l.JudgeByReport(ctx, laboratory, other.Label, c.f)
		l.must(err)
		if o := got.Assessment.Outcome("nistir-8425/AI.1"); o.Status != c.want {
			t.Errorf("%s: %s, %s", name, o.Status, o.Reason)
		}
	}
	got, err := l.JudgeByReport(ctx, laboratory, s.Label, file("q-3", "2027-12-31", cameraDigest))
	l.must(err)
	for control, want := range map[string]assessment.Status{"AI.1": assessment.Met, "PC.2": assessment.NotMet} {
		if o := got.Assessment.Outcome("nistir-8425/" + control); o.Status != want {
			t.Errorf("%s: %s, %s", control, o.Status, o.Reason)
		}
	}
	if _, err := l.JudgeByReport(ctx, maker, s.Label, file("q-4", "2027-12-31", cameraDigest)); problem.KindOf(err) != problem.Denied {
		t.Errorf("a maker hands in its laboratory's report as the laboratory: %v", err)
	}
	if _, err := l.Ledger.ByDigest(ctx, access.Ask{Reader: access.Operator, At: access.At{Position: access.Now}}, ledger.Digest(file("q-4", "2027-12-31", cameraDigest).Bytes)); problem.KindOf(err) != problem.NotFound {
		t.Errorf("the report that was refused is kept: %v", err)
	}

	// A maker's own copy of a report makes no accreditation longer.
	forged := file("q-5", "2099-12-31", cameraDigest)
	app := l.application()
	theirs, err := l.ApplicationAudience(ctx, maker.Reader, app)
	l.must(err)
	l.must(l.KeepEvidence(ctx, maker.Reader, forged, theirs))
	app.Evidence = append(app.Evidence, label.Evidence{Digest: ledger.Digest(forged.Bytes), Title: "report"})
	s, err = l.Apply(ctx, maker, app, ApplyOptions{Submit: true})
	l.must(err)
	got, err = l.JudgeByReport(ctx, laboratory, s.Label, file("q-6", "2026-10-31", cameraDigest))
	l.must(err)
	if o := got.Assessment.Outcome("nistir-8425/AI.1"); o.Status != assessment.Unknown {
		t.Errorf("expired, and the maker says otherwise: %s, %s", o.Status, o.Reason)
	}
}

// A key whose days are ended signs nothing more, a new one takes its place, and
// what the old one signed stays.
func TestLabelKeyEnds(t *testing.T) {
	l, ctx := newLabelling(t), context.Background()
	first, second := l.assessed(), l.assessed()
	_, err := l.Issue(ctx, authority, first, IssueOptions{})
	l.must(err)
	keys, err := l.LabelKeys(ctx)
	l.must(err)
	old := keys[0].KeyID
	if _, err := l.EndLabelKey(ctx, maker, old, "2026-11-02", "x"); problem.KindOf(err) != problem.Denied {
		t.Errorf("a maker ends the authority's key: %v", err)
	}
	if _, err := l.EndLabelKey(ctx, authority, old, "2026-11-01", "x"); problem.KindOf(err) != problem.Invalid {
		t.Errorf("a key ends before it began: %v", err)
	}
	_, err = l.EndLabelKey(ctx, authority, old, "2026-11-02", "the machine was broken into")
	l.must(err)
	if _, err := l.Issue(ctx, authority, second, IssueOptions{}); problem.KindOf(err) != problem.Conflict {
		t.Errorf("a label is given with a key whose days are over: %v", err)
	}
	l.must(os.Remove(l.issuer.path))
	l.issuer.key = nil // as after a restart
	_, err = l.Issue(ctx, authority, second, IssueOptions{})
	l.must(err)
	if keys, err = l.LabelKeys(ctx); err != nil || len(keys) != 2 || !slices.ContainsFunc(keys, func(k LabelKey) bool { return k.KeyID == old && k.Until == "2026-11-02" && k.Reason != "" }) {
		t.Errorf("keys: %+v, %v", keys, err)
	}
	for _, id := range []string{first, second} {
		if s, err := l.Label(ctx, anybody, id); err != nil || s.Status != label.StatusActive {
			t.Errorf("%s: %+v, %v", id, s, err)
		}
	}
}

// A label that was given for a later day can be stopped before it comes.
func TestLabelStoppedBeforeItCounts(t *testing.T) {
	l, ctx := newLabelling(t), context.Background()
	id := l.assessed()
	_, err := l.Issue(ctx, authority, id, IssueOptions{ValidFrom: "2026-12-05"})
	l.must(err)
	_, err = l.Act(ctx, authority, id, LabelAct{Kind: label.Revoked, Reason: "given by mistake"})
	l.must(err)
	l.day = "2026-12-05"
	if s, err := l.Label(ctx, anybody, id); err != nil || s.Status != label.StatusRevoked {
		t.Errorf("on its first day: %+v, %v", s, err)
	}
}

// Nobody publishes a report in a laboratory's name but the laboratory.
func TestReportOfOthers(t *testing.T) {
	l, ctx := newLabelling(t), context.Background()
	f := intake.File{Name: "r.yaml", Bytes: fmt.Appendf(nil, "countersign: test-report/v1\nid: q-9\nissued: 2026-10-30\nlaboratory: {name: Q, organisation: quayside}\nproduct: {name: C, maker: N, digests: [%q]}\ncatalogue: nistir-8425\nresults: [{control: AI.1, verdict: fail, methods: [functional]}]\n", cameraDigest)}
	for who, want := range map[*access.Ask]bool{&maker: false, &laboratory: true} {
		r, err := l.Import(ctx, who.Reader, []intake.File{f}, ImportOptions{})
		if got := err == nil && len(r.Failed) == 0; got != want {
			t.Errorf("%s: %v, %+v", who.Reader.Member, err, r)
		}
	}
}
