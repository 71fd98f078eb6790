// Package nodetest is a node on which labels are given, for the tests of the
// doors: a real one with a real store, whose clock the test sets.
package nodetest

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"testing"
	"time"

	"countersign.dev/demo"
	"countersign.dev/internal/access"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/label"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/node"
	"countersign.dev/internal/surveillance"
)

// Registry is where the node's labels say that their registry is.
const Registry = "https://labels.example"

// Labels is a node on which labels are given.
type Labels struct {
	*node.Node
	Day access.Date // today, at nine in the morning

	t testing.TB
}

// Operator asks as whoever holds the store's files, for every organisation.
var Operator = access.Ask{Reader: access.Operator, At: access.At{Position: access.Now}}

// OpenLabels opens a node in a folder of its own, on 2026-03-02.
func OpenLabels(t testing.TB) *Labels {
	t.Helper()
	l := &Labels{Day: "2026-03-02", t: t}
	n, err := node.Open(context.Background(), node.Options{Data: t.TempDir(), Now: l.Now, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	n.ServeAt(Registry)
	l.Node = n
	l.Import("programme.yaml", "cam-2.cdx.json", "cam-2.mud.json")
	return l
}

// Now is the node's clock.
func (l *Labels) Now() time.Time { return l.Day.Time().Add(9 * time.Hour) }

func (l *Labels) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

func (l *Labels) file(name string) intake.File {
	l.t.Helper()
	b, err := fs.ReadFile(demo.FS, "labels/"+name)
	l.must(err)
	return intake.File{Name: name, Bytes: b}
}

// Import takes in files of the demonstration, for everybody: the programme by
// which its camera's maker is barred, and listing-1-designated.yaml,
// listing-2-stayed.yaml and listing-3-vacated.yaml by which it is, and is not any
// more.
func (l *Labels) Import(names ...string) {
	l.t.Helper()
	for _, name := range names {
		l.must(l.KeepEvidence(context.Background(), access.Operator, l.file(name), access.Public))
	}
}

// ApplicationYAML is the application for the demonstration's camera, as its maker
// writes it.
func (l *Labels) ApplicationYAML() string { return string(l.file("cam-2.application.yaml").Bytes) }

// Bill is the digest of the camera's bill of materials.
func (l *Labels) Bill() string { return ledger.Digest(l.file("cam-2.cdx.json").Bytes) }

// Applied hands in the application for the demonstration's camera, as change
// makes it, and returns its id; change may be nil.
func (l *Labels) Applied(change func(*label.Application)) string {
	l.t.Helper()
	a, err := label.ParseApplication(l.file("cam-2.application.yaml").Bytes)
	l.must(err)
	for _, name := range []string{"cam-2.cdx.json", "cam-2.mud.json"} {
		a.Evidence = append(a.Evidence, label.Evidence{Digest: ledger.Digest(l.file(name).Bytes), Title: name})
	}
	if change != nil {
		change(a)
	}
	s, err := l.Apply(context.Background(), Operator, a, node.ApplyOptions{Submit: true})
	l.must(err)
	return s.Label
}

// Assessed is an application that was handed in, tested and assessed. note is
// what the laboratory says of each control in its report.
func (l *Labels) Assessed(note string, change func(*label.Application)) string {
	l.t.Helper()
	id, report := l.Applied(change), l.file("cam-2.report.yaml")
	if note != "" {
		report.Bytes = []byte(strings.ReplaceAll(string(report.Bytes), "verdict: pass, methods: [functional]}", fmt.Sprintf("verdict: pass, methods: [functional], note: %q}", note)))
	}
	_, err := l.JudgeByReport(context.Background(), Operator, id, report)
	l.must(err)
	_, err = l.FinishAssessment(context.Background(), Operator, id)
	l.must(err)
	return id
}

// Given is a label that was given today.
func (l *Labels) Given(change func(*label.Application)) string {
	l.t.Helper()
	id := l.Assessed("", change)
	_, err := l.Issue(context.Background(), Operator, id, node.IssueOptions{})
	l.must(err)
	return id
}

// Acts does something to a label.
func (l *Labels) Acts(id string, act node.LabelAct) {
	l.t.Helper()
	_, err := l.Act(context.Background(), Operator, id, act)
	l.must(err)
}

// Surveil does what the labels' surveillance has to do today.
func (l *Labels) Surveil() {
	l.t.Helper()
	l.must(l.NewSurveillance(surveillance.Options{}).CatchUp(context.Background()))
}

// Barred is a label whose story is that of the demonstration's camera: given on
// the node's first day, suspended by a listing on 2026-05-04, given back on
// 2026-06-17 with effect from the court's order of 2026-06-15. It is then
// 2026-11-27.
func (l *Labels) Barred() string {
	l.t.Helper()
	id := l.Given(nil)
	l.Day = "2026-05-04"
	l.Import("listing-1-designated.yaml")
	l.Surveil()
	l.Day = "2026-06-15"
	l.Import("listing-2-stayed.yaml")
	l.Surveil()
	l.Day = "2026-06-17"
	l.Acts(id, node.LabelAct{Kind: label.Reinstated, Reason: "the court's order of 2026-06-15 leaves nothing that bars the maker", Cite: "Constructed docket 26-118"})
	l.Day = "2026-11-27"
	l.must(l.Ledger.SignHead(context.Background()))
	return id
}
