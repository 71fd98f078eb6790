package nodetest

import (
	"context"
	"fmt"

	"countersign.dev/internal/access"
	"countersign.dev/internal/label"
	"countersign.dev/internal/label/core"
	"countersign.dev/internal/ledger"
)

// Copies adds labels to the ledger that differ from one in nothing but their
// number and their product's: as many as a large authority has, faster than they
// could be applied for. It returns their ids.
func (l *Labels) Copies(of string, count int) []string {
	l.t.Helper()
	ctx := context.Background()
	history, err := l.LabelHistory(ctx, access.Ask{At: access.At{Position: access.Now}}, of)
	l.must(err)
	ids := make([]string, 0, count)
	for len(ids) < count {
		edition := ledger.Edition{Actor: "bench"}
		for len(edition.Documents) < 2000 && len(ids) < count {
			e := *history[0].Event
			terms := *e.Terms
			e.Label, e.Sequence, e.Previous = core.NewID(counting(len(ids))), 1, ""
			terms.Product = fmt.Sprintf("%s %d", terms.Product, len(ids))
			e.Terms = &terms
			ids = append(ids, e.Label)
			edition.Documents = append(edition.Documents, l.document(&e))
		}
		_, err := l.Ledger.Append(ctx, edition)
		l.must(err)
	}
	return ids
}

// document is an event as the ledger keeps it.
func (l *Labels) document(e *label.Event) ledger.Document {
	l.t.Helper()
	b, err := e.Marshal()
	l.must(err)
	return ledger.Document{
		Bytes: b, Kind: label.KindEvent, Source: "label/" + e.Label, Part: "000001", Name: "event-000001.json", Published: l.Day, Rows: 1, Mode: ledger.Chronicle,
		Statements: []ledger.Statement{{Kind: label.FactEvent, Subject: e.Label, Key: "000001", Body: e, ValidFrom: e.On, ValidTo: access.Forever, Published: l.Day}},
	}
}

// counting draws an id of its own for each number.
type counting int

func (c counting) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(uint64(c)>>(5*i)) & 31
	}
	return len(b), nil
}
