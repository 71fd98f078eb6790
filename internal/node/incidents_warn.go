package node

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
	"countersign.dev/internal/incident"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/notice/bulletin"
)

// freshWarning is for how long after it was recorded a warning is still sent: a
// node that was down does not send what is long past.
const freshWarning = 24 * time.Hour

// sendWarnings sends an incident's owner the warnings that were recorded lately and
// whose clocks still run, by mail and webhook, as the owner is reached. It may be
// called again after having been stopped, and by several nodes: what was sent for
// a warning follows from the warning.
func (n *Node) sendWarnings(ctx context.Context, s *incident.Incident, events []*incident.Event, clocks []incident.Clock) error {
	for _, e := range events {
		if e.Kind != incident.Warned || n.now().Sub(e.Recorded) > freshWarning {
			continue
		}
		i := slices.IndexFunc(clocks, func(c incident.Clock) bool {
			return c.Directive == e.Warning.Directive && c.Duty == e.Warning.Duty && c.Open() && c.Instant.Equal(e.Warning.Due)
		})
		key := fmt.Sprintf("%s %d", s.ID, e.Sequence)
		if i < 0 || n.incidents.sent[key] {
			continue
		}
		if err := n.sendWarning(ctx, s, e, &clocks[i]); err != nil {
			return fmt.Errorf("warning %d of %s: %w", e.Sequence, s.ID, err)
		}
		n.incidents.sent[key] = true
	}
	return nil
}

func (n *Node) sendWarning(ctx context.Context, s *incident.Incident, e *incident.Event, c *incident.Clock) error {
	ask, err := n.Ledger.Resolve(ctx, n.moment(access.Ask{Reader: access.Operator}))
	if err != nil {
		return err
	}
	ways, err := n.waysTo(ctx, ask, s.Owner)
	if err != nil {
		return err
	}
	// A collection is read by others: what one owes is nobody's else.
	ways = slices.DeleteFunc(ways, func(w bulletin.Way) bool { return w.Way == bulletin.ByTAXII })
	if len(ways) == 0 {
		return nil // it stands among the incident's events
	}
	day := access.DateOf(e.Recorded)
	b := &bulletin.Bulletin{
		Subject: warningSubject(e.Warning, c, s), Kind: bulletin.OfClock, Text: warningText(e.Warning, c, s), Marking: "TLP:AMBER+STRICT", Incident: s.ID,
		Organisation: s.Owner, Member: clockkeeper, At: day, Known: day, Recorded: e.Recorded,
		Letters: []bulletin.Letter{{Organisation: s.Owner, Systems: []bulletin.System{}, Ways: ways}}, Untold: []bulletin.Untold{},
	}
	if err := b.Finish(); err != nil {
		return err
	}
	held, err := n.documentsOf(ctx, access.Operator, b.ID)
	if err != nil || len(held) > 0 {
		return err
	}
	body, err := json.Marshal(b)
	if err != nil {
		return err
	}
	_, err = n.Ledger.Append(ctx, ledger.Edition{
		Audience: access.ForOrganisation(s.Owner), Actor: clockkeeper,
		Documents: []ledger.Document{bulletinDocument(body, bulletin.Kind, b.ID, b.ID, day)},
		Along: func(ctx context.Context, tx *db.Tx, position int64) error {
			return n.bulletins().Enqueue(ctx, tx, b, position)
		},
	})
	return err
}

func warningSubject(w *incident.Warning, c *incident.Clock, s *incident.Incident) string {
	if w.Percent >= 100 {
		return fmt.Sprintf("Overdue: %s (%s)", c.Title, s.Title)
	}
	return fmt.Sprintf("%d%% of the time has gone by: %s (%s)", w.Percent, c.Title, s.Title)
}

func warningText(w *incident.Warning, c *incident.Clock, s *incident.Incident) string {
	text := fmt.Sprintf("%s: %s.\nDue %s, to %s.\n%s\n", s.Title, c.Title, w.Due.UTC().Format("2006-01-02 15:04 UTC"), c.Addressee, c.Citation)
	if c.How != "" {
		text += "By " + c.How + ".\n"
	}
	return text + "Record that they were told: countersign incident tell " + s.ID + " " + c.Recipient
}
