package node

import (
	"context"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/incident"
	"countersign.dev/internal/notice/bulletin"
)

// mayTellOf refuses a reader who may not record in an incident that somebody was
// told.
func (n *Node) mayTellOf(ctx context.Context, by access.Reader, id string) error {
	state, err := n.Incident(ctx, IncidentAsk{Ask: n.moment(access.Ask{Reader: by})}, id)
	if err != nil {
		return err
	}
	_, err = mayAs(by, state.Owner, "record who was told", responders...)
	return err
}

// toldInIncident records in the incident of a bulletin who was told, each by the
// ways that the letter goes, with the bulletin's id as reference.
func (n *Node) toldInIncident(ctx context.Context, by access.Reader, b *bulletin.Bulletin) error {
	var events []incident.Event
	for i := range b.Letters {
		l := &b.Letters[i]
		ways := []string{bulletin.ByLedger}
		for _, w := range l.Ways {
			ways = append(ways, w.Way)
		}
		events = append(events, incident.Event{
			Kind: incident.Told, At: b.Recorded, Text: l.Title(),
			Told: &incident.Telling{Recipient: recipientWord(l.Organisation), Name: l.Name, Way: strings.Join(ways, ", "), Reference: b.ID},
		})
	}
	_, err := n.RecordIncident(ctx, by, b.Incident, events...)
	return err
}

// recipientWord is an organisation's id as incidents write recipients: a word.
func recipientWord(organisation string) string {
	word := strings.Map(func(r rune) rune {
		if r == '-' || r == '.' {
			return '_'
		}
		return r
	}, organisation)
	if word != "" && (word[0] < 'a' || word[0] > 'z') {
		word = "org_" + word
	}
	return word[:min(len(word), 64)]
}

// acknowledgedInIncident records in the incident of a bulletin, where there is
// one, that a letter was acknowledged: once, the first time.
func (n *Node) acknowledgedInIncident(ctx context.Context, a *bulletin.Acknowledgement) error {
	whole, err := n.Notice(ctx, access.Ask{Reader: access.Operator}, a.Bulletin)
	if err != nil || whole.Incident == "" {
		return err
	}
	state, err := n.Incident(ctx, IncidentAsk{Ask: n.moment(access.Ask{Reader: access.Operator})}, whole.Incident)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(state.Told, func(t incident.Notice) bool {
		return t.Reference == a.Bulletin && t.Recipient == recipientWord(a.Organisation) && t.Acknowledged.IsZero()
	})
	if at < 0 {
		return nil
	}
	// Whoever was told need not see the incident; what it said is kept there.
	by := access.Reader{Member: a.By, Operator: true}
	_, err = n.recordIncident(ctx, by, a.Organisation, whole.Incident, []incident.Event{{Kind: incident.Acknowledged, Of: state.Told[at].Event, At: a.Recorded, Text: a.Text}})
	return err
}
