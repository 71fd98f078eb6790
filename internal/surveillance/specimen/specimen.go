// Package specimen makes labels that were given, for tests and benchmarks: the
// one event that a label cannot do without, as the ledger keeps it.
package specimen

import (
	"encoding/json"
	"fmt"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/label"
	"countersign.dev/internal/label/core"
	"countersign.dev/internal/ledger"
)

// Given is a label that was given on the first day of its terms.
type Given struct {
	ID    string
	Terms *label.Terms
}

// Document is the label as the ledger keeps it. Recorded is when it was given,
// to the second.
func (g Given) Document(recorded time.Time) (ledger.Document, error) {
	on := g.Terms.ValidFrom
	e := &label.Event{
		Form: label.Form, Label: g.ID, Sequence: 1, Kind: label.Issued, On: on, Recorded: recorded.UTC().Truncate(time.Second),
		Scheme: g.Terms.Scheme, Reason: "the label was given", Terms: g.Terms,
	}
	b, err := e.Marshal()
	if err != nil {
		return ledger.Document{}, err
	}
	day := access.DateOf(recorded)
	return ledger.Document{
		Bytes: b, Kind: label.KindEvent, Source: "label/" + g.ID, Part: "000001", Name: "event-000001.json", Published: day, Rows: 1, Mode: ledger.Chronicle,
		Statements: []ledger.Statement{{Kind: label.FactEvent, Subject: g.ID, Key: "000001", Body: json.RawMessage(b), ValidFrom: on, ValidTo: access.Forever, Published: day}},
	}, nil
}

// Edition is labels that are given together.
func Edition(recorded time.Time, labels []Given) (ledger.Edition, error) {
	e := ledger.Edition{Audience: access.Public, Actor: "specimen"}
	for _, g := range labels {
		doc, err := g.Document(recorded)
		if err != nil {
			return e, err
		}
		e.Documents = append(e.Documents, doc)
	}
	return e, nil
}

// Number is the id of the label of a number.
func Number(n int) string { return core.NewID(numbered(n)) }

// numbered is bytes that only depend on a number.
type numbered int

func (n numbered) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(uint64(n) >> (5 * i) & 31)
	}
	return len(b), nil
}

// Terms is a label of a maker for one release, given on a day for three years.
func Terms(scheme, maker, release string, on access.Date) *label.Terms {
	return &label.Terms{
		Scheme: scheme, Profile: "iot-baseline", Product: "Camera of " + maker, Releases: []label.Release{{PURL: release}},
		Parties: []label.Party{{Role: label.Maker, Name: maker}, {Role: label.Laboratory, Name: "Quayside Test Laboratory"}},
		Registry: label.Registry{
			DefaultPassword: "none", SecureConfiguration: "https://example.com/secure", Updates: "by itself", Support: "three years",
		},
		Authorised: on, ValidFrom: on, ValidUntil: access.DateOf(on.Time().AddDate(3, 0, 0)), EndsBy: label.EndsByValidity,
	}
}

// Release is the purl of a number of a made product.
func Release(n int) string { return fmt.Sprintf("pkg:generic/specimen/camera-%d@1.0.0", n) }

// Maker is the name of a made maker.
func Maker(n int) string { return fmt.Sprintf("Specimen Works %d", n) }
