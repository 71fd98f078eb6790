package node

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"countersign.dev/demo"
	"countersign.dev/internal/access"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/label"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/surveillance"
	"countersign.dev/schemes"
)

// demoLabel is a label of the demonstration: its files under demo/labels, and
// what happened to it when.
type demoLabel struct {
	id    string
	name  string
	steps []demoStep
}

// demoStep is something that somebody did on a day.
type demoStep struct {
	on access.Date
	do func(ctx context.Context, n *Node, l *demoLabel) error
}

// demoLabels are the demonstration's labels, which tell what can become of one:
// suspended by a listing and given back by a court's order, expired with its
// maker's support, warned for a test that was failed; and an application that
// waits for somebody to judge it.
var demoLabels = []demoLabel{ // by the day on which each was given: the key of labels is as old as the first
	{"D4NRB-86T15", "doorbell", []demoStep{
		{"2025-09-01", demoApply()},
		{"2025-09-12", demoReport},
		{"2025-09-15", demoIssue},
		{"2026-06-17", demoGivenBack},
	}},
	{"7K3M9-2QXWF", "cam-2", []demoStep{
		{"2026-02-09", demoImport("programme.yaml", "cam-2.cdx.json", "cam-2.mud.json")},
		{"2026-02-09", demoApply("cam-2.cdx.json", "cam-2.mud.json")},
		{"2026-02-27", demoReport},
		{"2026-03-02", demoIssue},
		{"2026-05-04", demoImport("listing-1-designated.yaml")},
		{"2026-05-04", demoSurveil},
		{"2026-06-15", demoImport("listing-2-stayed.yaml")},
		{"2026-06-15", demoSurveil},
		{"2026-06-17", demoGivenBack},
		{"2026-09-01", demoImport("listing-3-vacated.yaml")},
		{"2026-09-01", demoSurveil},
	}},
	{"TH3RM-05T4J", "thermostat", []demoStep{
		{"2026-03-23", demoApply()},
		{"2026-04-10", demoReport},
		{"2026-04-13", demoIssue},
		{"2026-06-17", demoGivenBack},
		{"2026-11-16", demoAct(LabelAct{Kind: label.Tested, Reason: "bought in a shop on 2026-11-09: it takes an update that nobody signed", Cite: "market test MT-31"})},
	}},
	{"HB4Z0-K7WMB", "hub", []demoStep{
		{"2026-11-18", demoApply()},
	}},
}

// seedLabels lets the demonstration's labels live through their days, unless the
// store has them. It is for a node that nobody else asks yet.
func (n *Node) seedLabels(ctx context.Context) error {
	if n.issuer.path == "" {
		return nil // a node without a key gives no labels
	}
	if err := n.demoSchemes(ctx); err != nil {
		return err
	}
	defer func(was func() time.Time) { n.now = was }(n.now)
	real := n.now
	todo, err := n.demoToDo(ctx)
	if err != nil {
		return err
	}
	for _, d := range todo {
		at := d.on.Time().Add(10 * time.Hour)
		if at.After(real()) {
			break // the clock of this machine has not come there
		}
		n.now = func() time.Time { return at }
		if err := d.do(ctx, n, d.label); err != nil {
			return fmt.Errorf("label %s of the demonstration, %s: %w", d.label.id, d.on, err)
		}
	}
	return nil
}

// demoDeed is a step with the label that it is about.
type demoDeed struct {
	demoStep
	label *demoLabel
}

// demoToDo is the steps of the labels that the store has not, by day.
func (n *Node) demoToDo(ctx context.Context) ([]demoDeed, error) {
	var out []demoDeed
	for i := range demoLabels {
		l := &demoLabels[i]
		_, err := n.Label(ctx, demoOperator, l.id)
		if err == nil {
			continue
		}
		if problem.KindOf(err) != problem.NotFound {
			return nil, err
		}
		for _, s := range l.steps {
			out = append(out, demoDeed{s, l})
		}
	}
	slices.SortStableFunc(out, func(a, b demoDeed) int { return strings.Compare(string(a.on), string(b.on)) })
	return out, nil
}

// demoGivenBack confirms what the court's order leaves.
var demoGivenBack = demoAct(LabelAct{Kind: label.Reinstated, Reason: "the court's order of 2026-06-15 leaves nothing that bars the maker", Cite: "Constructed docket 26-118"})

// DemoReader is who tries a demonstration: an analyst, and in every role that a
// label has need of, for the constructed organisations that take part in it, one of
// which has incidents.
var DemoReader = access.Reader{
	Member: "local", Organisations: []string{"authority", "harbours"},
	Roles: map[string]access.Role{
		"local": access.RoleAnalyst, "authority": access.RoleAuthority, "harbours": access.RoleAnalyst, "northlight": access.RoleMaker, "quayside": access.RoleLaboratory,
	},
}

// demoAuthority is what the demonstration calls who gives its labels.
const demoAuthority = "Constructed Label Authority"

// demoSchemes names that authority in the schemes that the product ships.
func (n *Node) demoSchemes(ctx context.Context) error {
	names, err := fs.Glob(schemes.FS, "*.yaml")
	if err != nil {
		return err
	}
	for _, name := range names {
		b, err := fs.ReadFile(schemes.FS, name)
		if err != nil {
			return err
		}
		b = bytes.ReplaceAll(b, []byte(label.AnyAuthority), []byte(demoAuthority))
		if err := n.KeepEvidence(ctx, access.Operator, intake.File{Name: name, Bytes: b}, access.Public); err != nil {
			return err
		}
	}
	return nil
}

// demoOperator is who does all of it.
var demoOperator = access.Ask{Reader: access.Operator, At: access.At{Position: access.Now}}

func demoFile(name string) (intake.File, error) {
	b, err := fs.ReadFile(demo.FS, "labels/"+name)
	return intake.File{Name: name, Bytes: b}, err
}

// demoImport imports files for everybody.
func demoImport(names ...string) func(context.Context, *Node, *demoLabel) error {
	return func(ctx context.Context, n *Node, _ *demoLabel) error {
		for _, name := range names {
			f, err := demoFile(name)
			if err != nil {
				return err
			}
			if err := n.KeepEvidence(ctx, access.Operator, f, access.Public); err != nil {
				return err
			}
		}
		return nil
	}
}

// demoApply hands in the application, with evidence that was imported.
func demoApply(evidence ...string) func(context.Context, *Node, *demoLabel) error {
	return func(ctx context.Context, n *Node, l *demoLabel) error {
		f, err := demoFile(l.name + ".application.yaml")
		if err != nil {
			return err
		}
		a, err := label.ParseApplication(f.Bytes)
		if err != nil {
			return err
		}
		for _, name := range evidence {
			f, err := demoFile(name)
			if err != nil {
				return err
			}
			a.Evidence = append(a.Evidence, label.Evidence{Digest: ledger.Digest(f.Bytes), Title: name})
		}
		_, err = n.Apply(ctx, demoOperator, a, ApplyOptions{Submit: true, newID: l.id})
		return err
	}
}

// demoReport has the laboratory's report judged and the assessment closed.
func demoReport(ctx context.Context, n *Node, l *demoLabel) error {
	f, err := demoFile(l.name + ".report.yaml")
	if err != nil {
		return err
	}
	if _, err := n.JudgeByReport(ctx, demoOperator, l.id, f); err != nil {
		return err
	}
	_, err = n.FinishAssessment(ctx, demoOperator, l.id)
	return err
}

func demoIssue(ctx context.Context, n *Node, l *demoLabel) error {
	_, err := n.Issue(ctx, demoOperator, l.id, IssueOptions{})
	return err
}

func demoSurveil(ctx context.Context, n *Node, _ *demoLabel) error {
	return n.NewSurveillance(surveillance.Options{}).CatchUp(ctx)
}

func demoAct(act LabelAct) func(context.Context, *Node, *demoLabel) error {
	return func(ctx context.Context, n *Node, l *demoLabel) error {
		_, err := n.Act(ctx, demoOperator, l.id, act)
		return err
	}
}
