package monitor_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assessment"
	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/label"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/monitor"
	"countersign.dev/internal/node"
	"countersign.dev/internal/server"
)

// authority is a node that gives labels, with its server. What the server
// answers at a path can be changed on its way out.
type authority struct {
	*node.Node
	t    testing.TB
	dir  string
	bill string
	door *httptest.Server

	mu     sync.Mutex
	busy   int // requests that are still put off
	now    time.Time
	tamper map[string]func([]byte) []byte
}

const camera = "pkg:generic/northlight/cam-2-firmware@2.4.1"

var cameraDigest = "sha256:" + strings.Repeat("5a", 32)

func newAuthority(t testing.TB, dir string) *authority {
	t.Helper()
	a := &authority{t: t, dir: dir, now: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC), tamper: map[string]func([]byte) []byte{}}
	n, err := node.Open(context.Background(), node.Options{Data: dir, Now: a.clock})
	a.must(err)
	t.Cleanup(func() { n.Close() })
	a.Node = n
	for _, o := range []string{"labels", "northlight", "quayside"} {
		a.must(n.Access.CreateOrganisation(context.Background(), access.Operator, access.Organisation{ID: o, Name: o}))
	}
	bill := fmt.Sprintf(`{"bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": "urn:uuid:7c2a1f0e-2f0f-4a55-9a7b-0a5f3b1c2d3e", "version": 1,
		"metadata": {"timestamp": "2026-10-30T09:00:00Z", "component": {"bom-ref": "cam", "type": "firmware", "name": "cam-2-firmware", "version": "2.4.1", "purl": %q,
			"supplier": {"name": "Northlight Devices"}, "hashes": [{"alg": "SHA-256", "content": %q}]}},
		"components": [{"bom-ref": "ssl", "type": "library", "name": "openssl", "version": "3.0.15", "purl": "pkg:generic/openssl@3.0.15"}],
		"dependencies": [{"ref": "cam", "dependsOn": ["ssl"]}]}`, camera, strings.TrimPrefix(cameraDigest, "sha256:"))
	r, err := n.Import(context.Background(), access.Operator, []intake.File{{Name: "cam.cdx.json", Bytes: []byte(bill)}}, node.ImportOptions{})
	a.must(err)
	if len(r.Failed) > 0 {
		t.Fatal(r.Failed)
	}
	a.bill = ledger.Digest([]byte(bill))
	a.serve()
	return a
}

func (a *authority) must(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

func (a *authority) clock() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.now
}

func (a *authority) isBusy() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.busy = max(a.busy-1, -1)
	return a.busy >= 0
}

// passes lets days go by.
func (a *authority) passes(days int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.now = a.now.AddDate(0, 0, days)
}

// serve puts the node on loopback, with its log and its registry.
func (a *authority) serve() {
	s, err := server.New(server.Options{Node: a.Node, Labels: a.Node, Accounts: a.Access, Clock: a.clock, Log: slog.New(slog.DiscardHandler)})
	a.must(err)
	a.door = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.isBusy() {
			w.Header().Set("Retry-After", "1")
			http.Error(w, "too many requests", http.StatusTooManyRequests)
			return
		}
		tamper := a.tamper[r.URL.Path]
		if tamper == nil {
			s.ServeHTTP(w, r)
			return
		}
		rec := httptest.NewRecorder()
		s.ServeHTTP(rec, r)
		w.Write(tamper(rec.Body.Bytes()))
	}))
	a.t.Cleanup(a.door.Close)
}

// as is an ask of a member of an organisation.
func as(org string, role access.Role) access.Ask {
	r := access.Reader{Member: org + "-" + string(role), Organisations: []string{org}, Roles: map[string]access.Role{org: role}}
	return access.Ask{Reader: r, At: access.At{Position: access.Now}}
}

var theAuthority = as("labels", access.RoleAuthority)

// gives has the label of a product applied for, tested, assessed and given.
func (a *authority) gives(product string) (id string) {
	a.t.Helper()
	ctx := context.Background()
	s, err := a.Apply(ctx, as("northlight", access.RoleMaker), &label.Application{
		Scheme: "iot-mark", Product: product, Model: "NL-C2",
		Releases: []label.Release{{PURL: camera, Digests: []string{cameraDigest}}},
		Parties: []label.Party{
			{Role: label.Maker, Name: "Northlight Devices", Country: "CA", Contact: "security@northlight.example"},
			{Role: label.Laboratory, Name: "Quayside Test Laboratory", Organisation: "quayside"},
		},
		Registry: label.Registry{
			DefaultPassword: "there is none; the owner sets one at first use", SecureConfiguration: "https://northlight.example/cam-2/secure", UpdatesAutomatic: true,
			Updates: "by itself, at night", Support: "until the end of 2028", SBOM: true, HBOM: true, Disclosure: "https://northlight.example/security",
		},
		SupportEnd: "2029-01-01", Evidence: []label.Evidence{{Digest: a.bill, Title: "bill of materials"}}, Declaration: "A. Norris, Managing Director",
	}, node.ApplyOptions{Submit: true})
	a.must(err)
	laboratory := as("quayside", access.RoleLaboratory)
	report, err := a.Assessment(ctx, laboratory, s.Label)
	a.must(err)
	var found []assessment.Judgement
	for _, o := range report.Assessment.Outcomes {
		if o.Required && o.Status != assessment.Met {
			found = append(found, assessment.Judgement{Control: o.Ref, Status: assessment.Met, Reason: "tested", Evidence: []assessment.Evidence{{Digest: a.bill}}})
		}
	}
	_, err = a.Judge(ctx, laboratory, s.Label, found)
	a.must(err)
	_, err = a.FinishAssessment(ctx, as("labels", access.RoleAssessor), s.Label)
	a.must(err)
	_, err = a.Issue(ctx, theAuthority, s.Label, node.IssueOptions{})
	a.must(err)
	return s.Label
}

func (a *authority) acts(id string, kind label.Kind) {
	a.t.Helper()
	_, err := a.Act(context.Background(), theAuthority, id, node.LabelAct{Kind: kind, On: access.DateOf(a.clock()), Reason: "constructed for a test"})
	a.must(err)
}

// fills appends documents that have nothing to do with labels.
func (a *authority) fills(word string, documents int) {
	a.t.Helper()
	e := ledger.Edition{Audience: access.Public, Actor: "test"}
	for i := range documents {
		text := fmt.Sprintf("%s %d", word, i)
		e.Documents = append(e.Documents, ledger.Document{Bytes: []byte(text), Kind: "note", Source: "test", Part: text, Name: text})
	}
	_, err := a.Ledger.Append(context.Background(), e)
	a.must(err)
}

// look runs a monitor once.
func (a *authority) look(last *monitor.State) (*monitor.Report, *monitor.State) {
	a.t.Helper()
	key, err := note.NewVerifier(a.VerifierKey())
	a.must(err)
	m, err := monitor.New(monitor.Options{URL: a.door.URL + "/", Now: a.clock, Trust: func(signed string) (ledger.Tree, error) { return ledger.OpenCheckpoint(signed, key) }})
	a.must(err)
	report, next, err := m.Run(context.Background(), last)
	a.must(err)
	return report, next
}

// resigned changes what a signed document says, and signs it with the
// authority's own key: an authority that does not tell the truth.
func (a *authority) resigned(change func(payload string) string) func([]byte) []byte {
	return func(b []byte) []byte {
		e, err := dsse.Parse(b)
		a.must(err)
		text, err := os.ReadFile(filepath.Join(a.dir, "issuer.key"))
		a.must(err)
		key, err := dsse.ReadPrivateKey(text)
		a.must(err)
		changed := change(string(e.Payload))
		if changed == string(e.Payload) {
			a.t.Error("nothing to change in the document")
		}
		signed, err := dsse.Sign(e.PayloadType, []byte(changed), key)
		a.must(err)
		return signed
	}
}
