package ftm

import (
	"cmp"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
)

// sanction is one measure against a party.
type sanction struct {
	names     []string // of its programme: ids, then titles
	datasets  []string
	start     access.Date // in force from
	end       access.Date // no longer in force from
	listed    access.Date // published
	authority string
	cite      string
	reason    string
	url       string
}

// sanction takes a measure, whose party is the one that it is put into where
// it names none.
func (r *reader) sanction(e, parent *entity) {
	entities := e.ids("entity")
	if len(entities) == 0 && parent != nil {
		entities = []string{parent.ID}
	}
	s := sanction{
		names: append(e.texts("programId"), e.texts("program")...), datasets: e.Datasets,
		start: dayOf(e.first("startDate")), end: endOf(e.first("endDate")), listed: dayOf(e.first("listingDate")),
		authority: e.first("authority"), cite: cmp.Or(e.first("recordId"), e.first("program")),
		reason: strings.Join(e.texts("reason"), " "), url: cmp.Or(e.first("sourceUrl"), e.first("programUrl")),
	}
	for _, id := range entities {
		if r.once("Sanction\x00" + e.ID + "\x00" + id) {
			r.sanctions[id] = append(r.sanctions[id], s)
		}
	}
}

// isTarget reports whether the collection says that a party is on a list.
func (r *reader) isTarget(t *thing) bool {
	switch {
	case len(r.sanctions[t.id]) > 0:
		return true
	case len(t.topics) > 0:
		return slices.ContainsFunc(t.topics, func(topic string) bool { return listingTopics[topic] })
	case t.target != nil:
		return *t.target
	}
	return r.programmes.knows(t.datasets)
}

// entries states the listings of a party.
func (r *reader) entries(t *thing, source string) {
	if !r.isTarget(t) {
		return
	}
	measures := r.programmesOf(t)
	ids := make([]string, 0, len(measures))
	for id := range measures {
		ids = append(ids, id)
	}
	r.programmes.sort(ids)
	for i, id := range ids {
		e := listing.Entry{ID: t.id, Programme: id, List: source, Name: t.name, Kind: t.kind, Note: reasonOf(measures[id])}
		term := ""
		if i == 0 {
			e.Tags, e.Remarks = tagsOf(t, r.sanctions[t.id]), t.remarks
		} else {
			e.ID, e.Party, term = t.id+"#"+id, t.id, t.id
		}
		since := t.firstSeen
		for _, m := range measures[id] {
			if day := cmp.Or(m.listed, m.start); day != "" && (since == "" || day < since) {
				since = day
			}
		}
		if i == 0 {
			r.nameSince(t, since)
		}
		r.statements = append(r.statements, ledger.Statement{Kind: listing.FactEntry, Subject: e.ID, Key: "entry", Term: term, Body: e, Published: since})
		r.statements = append(r.statements, eventsOf(e.ID, measures[id])...)
	}
}

// nameSince has a party's name published as early as its entry. Further names
// may have been added later.
func (r *reader) nameSince(t *thing, since access.Date) {
	for i := t.first; i < t.last; i++ {
		if st := &r.statements[i]; strings.HasPrefix(st.Key, "primary") && (st.Kind == party.FactName || st.Kind == party.FactCore) {
			st.Published = since
		}
	}
}

// programmesOf is the programmes that a target is on, each with the measures
// under it.
func (r *reader) programmesOf(t *thing) map[string][]sanction {
	out := map[string][]sanction{}
	note := func(programme string, s ...sanction) { out[programme] = append(out[programme], s...) }
	for _, s := range r.sanctions[t.id] {
		note(r.programmeOf(&s, t), s)
	}
	for _, name := range t.programIDs {
		if id := r.programmes.named(name); id != "" {
			note(id)
		}
	}
	for _, d := range t.datasets {
		of := r.programmes.of(d)
		switch {
		case len(of) == 1:
			note(of[0])
		case len(of) > 1 && !slices.ContainsFunc(of, func(id string) bool { _, on := out[id]; return on }):
			note(unknown(d)) // which of its lists is not said
		}
	}
	if len(out) == 0 {
		note(unknown(cmp.Or(append(slices.Clone(t.datasets), "collection")[0], "collection")))
	}
	return out
}

// programmeOf is the programme that a measure was taken under: the one that it
// names, or else the one that its collection is kept for.
func (r *reader) programmeOf(s *sanction, t *thing) string {
	for _, name := range s.names {
		if id := r.programmes.named(name); id != "" {
			return id
		}
	}
	datasets := s.datasets
	if len(datasets) == 0 {
		datasets = t.datasets
	}
	for _, d := range datasets {
		if of := r.programmes.of(d); len(of) == 1 {
			return of[0]
		}
	}
	return unknown(cmp.Or(append(slices.Clone(datasets), "collection")[0], "collection"))
}

func tagsOf(t *thing, all []sanction) []string {
	var tags []string
	add := func(texts ...string) {
		for _, text := range texts {
			if !slices.Contains(tags, text) {
				tags = append(tags, text)
			}
		}
	}
	add(t.programIDs...)
	for _, s := range all {
		add(s.names...)
	}
	add(t.topics...)
	return tags
}

func reasonOf(all []sanction) string {
	var reasons []string
	for _, s := range all {
		if s.reason != "" && !slices.Contains(reasons, s.reason) {
			reasons = append(reasons, s.reason)
		}
	}
	return strings.Join(reasons, " ")
}

// eventsOf tells the life of a listing from its measures. Those that overlap
// or follow each other on the day are one stretch of it.
func eventsOf(subject string, all []sanction) []ledger.Statement {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b sanction) int {
		return cmp.Or(cmp.Compare(a.from(), b.from()), cmp.Compare(cmp.Or(a.end, access.Forever), cmp.Or(b.end, access.Forever)))
	})
	var out []ledger.Statement
	for i := 0; i < len(all); {
		first, end := all[i], cmp.Or(all[i].end, access.Forever)
		for i++; i < len(all) && all[i].from() <= end; i++ {
			end = max(end, cmp.Or(all[i].end, access.Forever))
		}
		if day := first.from(); day != "" {
			kind, what := listing.Designated, "listed"
			if len(out) > 0 {
				kind, what = listing.Redesignated, "listed anew"
			}
			out = append(out, first.event(subject, kind, day, what))
		}
		if end != access.Forever && end > first.from() {
			out = append(out, first.event(subject, listing.Expired, end, "the measure ended"))
		}
	}
	return out
}

// from is the first day of a measure, "" where none is given.
func (s *sanction) from() access.Date { return cmp.Or(s.start, s.listed) }

func (s *sanction) event(subject string, kind listing.EventKind, day access.Date, what string) ledger.Statement {
	published := min(cmp.Or(s.listed, day), day)
	e := listing.Event{Kind: kind, Date: day, Published: published, What: what, Authority: s.authority, Citation: s.cite, Source: s.url}
	return ledger.Statement{
		Kind: listing.FactEvent, Subject: subject, Key: string(day) + " " + string(kind), Body: e,
		ValidFrom: day, Published: published,
	}
}
