package node

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"countersign.dev/demo"
	"countersign.dev/internal/access"
	"countersign.dev/internal/incident"
)

// demoIncident is a file under demo/incidents. An instant in it is one of RFC
// 3339, or how long it is before the demonstration is set up, as "-20h".
type demoIncident struct {
	Incident string           `yaml:"incident"`
	Title    string           `yaml:"title"`
	Owner    string           `yaml:"owner"`
	With     []string         `yaml:"with"`
	Regimes  []string         `yaml:"regimes"`
	Opened   string           `yaml:"opened"`
	Text     string           `yaml:"text"`
	Events   []map[string]any `yaml:"events"` // of [incident.Event]
}

// seedIncidents records the demonstration's incidents that the store has not, by
// the same doors as anybody.
func (n *Node) seedIncidents(ctx context.Context) error {
	names, err := fs.Glob(demo.FS, "incidents/*.yaml")
	if err != nil {
		return err
	}
	if _, err := n.incidents.view.CatchUp(ctx); err != nil {
		return err
	}
	for _, name := range names {
		if err := n.seedIncident(ctx, name); err != nil {
			return fmt.Errorf("demo/%s: %w", name, err)
		}
	}
	return nil
}

func (n *Node) seedIncident(ctx context.Context, name string) error {
	b, err := fs.ReadFile(demo.FS, name)
	if err != nil {
		return err
	}
	var d demoIncident
	if err := yaml.Unmarshal(b, &d); err != nil {
		return err
	}
	ask, err := n.Ledger.Resolve(ctx, everything)
	if err != nil {
		return err
	}
	if len(n.incidents.view.Events(ask, d.Incident)) > 0 {
		return nil
	}
	now := n.now().UTC().Truncate(time.Minute)
	opened, err := demoInstant(d.Opened, now)
	if err != nil {
		return err
	}
	events := make([]incident.Event, len(d.Events))
	for i, fields := range d.Events {
		if events[i], err = demoEvent(fields, now); err != nil {
			return fmt.Errorf("event %d: %w", i+1, err)
		}
	}
	_, err = n.OpenIncident(ctx, access.Operator, NewIncident{ID: d.Incident, Title: d.Title, Owner: d.Owner, At: opened, Text: d.Text, Regimes: d.Regimes, With: d.With})
	if err != nil {
		return err
	}
	_, err = n.RecordIncident(ctx, access.Operator, d.Incident, events...)
	return err
}

// demoEvent reads one event of a file, in the form in which events are kept.
func demoEvent(fields map[string]any, now time.Time) (e incident.Event, err error) {
	at, err := demoInstant(fmt.Sprint(fields["at"]), now)
	if err != nil {
		return e, err
	}
	fields["at"] = at
	b, err := json.Marshal(fields)
	if err != nil {
		return e, err
	}
	return e, json.Unmarshal(b, &e)
}

func demoInstant(text string, now time.Time) (time.Time, error) {
	if strings.HasPrefix(text, "-") {
		before, err := time.ParseDuration(text)
		return now.Add(before), err
	}
	for _, form := range []string{time.RFC3339, "2006-01-02 15:04:05 -0700 MST"} { // YAML has read one already
		if t, err := time.Parse(form, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("instant %q: want one of RFC 3339, or -20h", text)
}
