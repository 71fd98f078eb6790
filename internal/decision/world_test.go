package decision

import (
	"slices"
	"sync"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/policy"
	"countersign.dev/policies"
)

// engine stands in the answers of these tests.
const engine = "test/1"

// world is a subject whose listings follow a script, seen from one moment. It
// is a [Timeline].
type world struct {
	query      string
	subject    dossier.Subject
	candidates []dossier.Candidate
	listings   []scripted
	at         access.At
}

// scripted is one listing: what it turns into and when, and its consequences.
type scripted struct {
	id, programme, title, name string
	turns                      []turn
	spans                      []span
}

// turn is a change of status.
type turn struct {
	date, published access.Date
	status          listing.Status
	event           listing.EventKind
	what, citation  string
}

// span is a consequence: pending before from, in force until to, and from
// windDown on to be disposed of. A stay holds it back, an end ends it.
type span struct {
	kind               listing.ConsequenceKind
	from, to, windDown access.Date
	cite               string
}

// seen is the world's dossier of day by what had been published by known.
func (w *world) seen(day, known access.Date) *dossier.Dossier {
	d := &dossier.Dossier{
		Query: w.query, Subject: w.subject, Candidates: w.candidates,
		At: access.At{Date: day, Known: known, Position: w.at.Position}, Control: dossier.NoControl(),
	}
	for i, s := range w.listings {
		l := dossier.Listing{
			ID: s.id, Programme: s.programme, Title: s.title, Name: s.name, Status: listing.StatusNotListed,
			Evidence: []dossier.Evidence{{Fact: int64(100 * i), Document: int64(10*i + 1), Digest: "sha256:entry", Source: "list", Published: "2021-01-14"}},
		}
		for j, t := range s.turns {
			if t.published > known {
				continue
			}
			l.Events = append(l.Events, dossier.Event{
				Event:    listing.Event{Kind: t.event, Date: t.date, Published: t.published, What: t.what, Citation: t.citation},
				Evidence: []dossier.Evidence{{Fact: int64(100*i + j + 1), Document: int64(10*i + j + 2), Digest: "sha256:event", Source: "events", Published: t.published, What: t.what}},
			})
			if t.date <= day {
				l.Status, l.Since = t.status, t.date
			}
		}
		for _, c := range s.spans {
			l.Consequences = append(l.Consequences, c.on(day, l.Status)...)
		}
		d.Listings = append(d.Listings, l)
	}
	return d
}

func (c span) on(day access.Date, status listing.Status) []listing.Consequence {
	out := listing.Consequence{Kind: c.kind, From: c.from, To: c.to, WindDown: c.windDown, Cite: c.cite}
	switch {
	case status == listing.StatusNotListed:
		return nil
	case status == listing.StatusStayed:
		out.State = listing.StateStayed
	case status != listing.StatusListed, c.to != "" && day >= c.to:
		out.State = listing.StateEnded
	case day >= c.from:
		out.State = listing.StateInForce
	case c.windDown != "" && day >= c.windDown:
		out.State = listing.StateWindDown
	default:
		out.State = listing.StatePending
	}
	return []listing.Consequence{out}
}

// dossier is the one that is asked about.
func (w *world) dossier() *dossier.Dossier { return w.seen(w.at.Date, w.at.Known) }

// On implements Timeline.
func (w *world) On(day access.Date) *dossier.Dossier { return w.seen(day, min(w.at.Date, w.at.Known)) }

// Dates implements Timeline.
func (w *world) Dates() []access.Date {
	var out []access.Date
	for _, s := range w.listings {
		for _, t := range s.turns {
			if t.published <= min(w.at.Date, w.at.Known) {
				out = append(out, t.date)
			}
		}
		for _, c := range s.spans {
			out = append(out, c.from, c.to, c.windDown)
		}
	}
	out = slices.DeleteFunc(out, func(d access.Date) bool { return d <= w.at.Date })
	slices.Sort(out)
	return slices.Compact(out)
}

// ask answers about the world for one purpose, or all when it is empty.
func (w *world) ask(t testing.TB, purpose string, extra ...*policy.Policy) *Answer {
	t.Helper()
	a, err := evaluate(t.Context(), w.dossier(), w, Question{Purpose: purpose, Policies: append(shipped(t), extra...), Engine: engine})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// shipped is the product's policies.
func shipped(t testing.TB) []*policy.Policy {
	t.Helper()
	out, err := readShipped()
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(out)
}

var readShipped = sync.OnceValues(func() (out []*policy.Policy, err error) {
	for _, id := range []string{"us-securities-investment", "us-federal-procurement", "export"} {
		b, err := policies.FS.ReadFile(id + ".yaml")
		if err != nil {
			return nil, err
		}
		p, err := policy.Parse(id+".yaml", b)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
})

// xiaomi is the case that the product is measured by.
func xiaomi(at, known access.Date) *world {
	if known == "" {
		known = "2026-11-23"
	}
	return &world{
		query:   "xiaomi",
		subject: dossier.Subject{ID: "xiaomi", Name: "Xiaomi Corporation", Kind: "organisation"},
		at:      access.At{Date: at, Known: known, Position: 7},
		listings: []scripted{{
			id: "us-dod-1237:xiaomi-corporation", programme: "us-dod-1237", title: "Section 1237 list", name: "Xiaomi Corporation",
			turns: []turn{
				{date: "2021-01-14", published: "2021-01-14", status: listing.StatusListed, event: listing.Designated, what: "designated", citation: "86 FR 3"},
				{date: "2021-03-12", published: "2021-03-12", status: listing.StatusStayed, event: listing.Stayed, what: "preliminary injunction", citation: "D.D.C. 1:21-cv-00280, Doc. 21"},
				{date: "2021-05-25", published: "2021-05-25", status: listing.StatusVacated, event: listing.Vacated, what: "final order", citation: "D.D.C. 1:21-cv-00280, Doc. 38"},
			},
			spans: []span{
				{kind: listing.Purchase, from: "2021-03-15", cite: "E.O. 13959 s. 1"},
				{kind: listing.Holding, from: "2022-01-14", windDown: "2021-03-15", cite: "E.O. 13959 s. 1"},
			},
		}},
	}
}
