package node

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/oscal"
	"countersign.dev/internal/posture"
	"countersign.dev/internal/problem"
)

// owedStates is what a plan of action and milestones has: what is still to be done.
var owedStates = []posture.State{posture.Open, posture.Overdue, posture.Deferred, posture.Undetermined}

// PosturePlan is what is still to be fixed as an OSCAL plan of action and
// milestones, of one organisation or of all; NotFound where nothing is. The
// deadline of an item is the end of its day in Washington.
func (n *Node) PosturePlan(ctx context.Context, ask PostureAsk) ([]byte, error) {
	ask.States, ask.Offset, ask.Limit = owedStates, 0, 0
	due, err := n.PostureDue(ctx, ask)
	if err != nil {
		return nil, err
	}
	if len(due.Findings) == 0 {
		return nil, problem.New(problem.NotFound, "nothing is to be fixed on %s that you may see, so there is no plan", due.At)
	}
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		return nil, err
	}
	name := ask.Organisation
	if name == "" {
		name = "all organisations"
	}
	p := &oscal.Plan{ID: name, Title: "What " + name + " has to fix, as of " + string(due.At), System: name, Version: string(due.At)}
	for i := range due.Findings {
		p.Items = append(p.Items, planItem(&due.Findings[i], zone))
	}
	var b bytes.Buffer
	// The plan is made anew from what is held, so that it is the same when it is
	// asked for again: it was last changed on the day that it is of.
	if err := oscal.WritePlan(&b, p, due.At.Time()); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func planItem(d *Due, zone *time.Location) oscal.PlanItem {
	where := d.Hostname
	if where == "" {
		where = d.Asset
	}
	item := oscal.PlanItem{
		ID: d.Finding + " " + d.Asset, Title: d.Weakness + " on " + where, Statement: d.Rule + ": " + d.Why,
		Description: fmt.Sprintf("Fix %s on %s (%s), where it was found on %s.", d.Weakness, where, d.Exposure, d.Found),
		Asset:       d.Asset, Hostname: d.Hostname, Weakness: d.Weakness, Found: d.Found.Time(), Status: "open", State: string(d.State),
		Rule: d.Rule, Row: d.Row, Assumed: d.Assumed,
	}
	if d.Due != "" {
		item.Deadline = endOfDay(d.Due, zone)
	}
	for _, position := range d.Evidence {
		item.Evidence = append(item.Evidence, fmt.Sprintf("at position %d of the ledger", position))
	}
	return item
}

// endOfDay is the last second of a day in a zone.
func endOfDay(day access.Date, zone *time.Location) time.Time {
	next := day.AddDays(1).Time()
	return time.Date(next.Year(), next.Month(), next.Day(), 0, 0, 0, 0, zone).Add(-time.Second)
}
