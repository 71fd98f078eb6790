package sharing

import (
	"context"
	"encoding/json"
	"fmt"

	"countersign.dev/internal/sharing/marking"
	"countersign.dev/internal/sharing/stix"
)

// markAnew works out again who may see the objects that were left to their source
// because a marking definition was not held that has come now. Those whom they are
// let out to get them as if they were added at this moment.
func (w *adding) markAnew(ctx context.Context) error {
	if len(w.defined) == 0 {
		return nil
	}
	waiting, err := w.waitingFor(ctx)
	if err != nil {
		return err
	}
	fallback, err := marking.ParseTLP(w.by.community.Default)
	if err != nil {
		return err
	}
	for _, rule := range waiting {
		entries, err := w.entriesUnder(ctx, rule)
		if err != nil {
			return err
		}
		for i := range entries {
			if err := w.entryAnew(ctx, &entries[i], fallback); err != nil {
				return err
			}
		}
	}
	return nil
}

// waitingRule is a rule under which a source's objects wait.
type waitingRule struct {
	number int64
	source string
}

// waitingFor is the rules under which objects wait for one of the definitions.
func (w *adding) waitingFor(ctx context.Context) (out []waitingRule, err error) {
	rows, err := w.tx.Query(ctx, `SELECT number, rule FROM sharing_rule ORDER BY number`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var number int64
		var text []byte
		if err := rows.Scan(&number, &text); err != nil {
			return nil, err
		}
		var rule marking.Rule
		if err := json.Unmarshal(text, &rule); err != nil {
			return nil, err
		}
		// A definition is its source's own, or that of the community's home for all.
		if rule.Refused == "" || rule.Community != w.by.community.ID || rule.Source != w.by.organisation && w.by.organisation != w.by.community.Home {
			continue
		}
		for id := range w.defined {
			if rule.Refused == marking.Unknown(id) {
				out = append(out, waitingRule{number, rule.Source})
			}
		}
	}
	return out, rows.Err()
}

// entryRow is an entry with what is needed to make it anew.
type entryRow struct {
	number, collection, object, hash, version int64
	standing                                  int64
	kind, spec, source                        string
	body                                      []byte
}

// maxAnew bounds the objects that are marked anew at once. More wait for their
// next version, and are told of nowhere: a definition that so many objects wait
// for comes before them or not at all.
const maxAnew = 20_000

func (w *adding) entriesUnder(ctx context.Context, rule waitingRule) (out []entryRow, err error) {
	rows, err := w.tx.Query(ctx, `SELECT e.number, e.collection, e.object, e.hash, e.version, e.type, e.spec, e.standing, o.body FROM sharing_entry e JOIN sharing_object o ON o.number = e.object
		WHERE e.rule = $1 AND NOT EXISTS (SELECT 1 FROM sharing_removal r WHERE r.entry = e.number) ORDER BY e.number LIMIT $2`, rule.number, maxAnew)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		e := entryRow{source: rule.source}
		if err := rows.Scan(&e.number, &e.collection, &e.object, &e.hash, &e.version, &e.kind, &e.spec, &e.standing, &e.body); err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, rows.Err()
}

func (w *adding) entryAnew(ctx context.Context, e *entryRow, fallback marking.TLP) error {
	o, err := stix.Parse(e.body, stix.Limits{})
	if err != nil {
		return fmt.Errorf("object %d: %w", e.object, err)
	}
	own := map[string][]byte{}
	if err := definitionsIn(ctx, w.tx, e.source, w.by.community.Home, markingRefs(o), own); err != nil {
		return err
	}
	for id, body := range w.defined {
		if own[id] == nil {
			own[id] = body
		}
	}
	m, err := marking.Read(e.body, func(id string) []byte { return own[id] })
	if err != nil {
		return fmt.Errorf("object %d: %w", e.object, err)
	}
	rule, err := w.ruleNumber(ctx, m.In(w.by.community.ID, e.source, max(fallback, marking.AmberStrict)).Key())
	if err != nil {
		return err
	}
	w.head.removal++
	if _, err := w.tx.Exec(ctx, `INSERT INTO sharing_removal (number, entry, removed, document) VALUES ($1, $2, $3, $4)`, w.head.removal, e.number, w.head.next(), w.document); err != nil {
		return fmt.Errorf("removal: %w", err)
	}
	w.head.entry++
	w.entries = append(w.entries, []any{w.head.entry, e.collection, e.object, w.head.next(), rule, e.hash, e.version, e.kind, e.spec, e.standing})
	return nil
}
