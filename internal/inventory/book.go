package inventory

import (
	"cmp"
	"fmt"
	"slices"

	"countersign.dev/internal/ledger"
)

// book is what rows said of things of one sort. Rows that speak of the same
// thing and the same days are one entry.
type book[T any] struct {
	entries []*entry[T]
	index   map[place]*entry[T]
}

// place names an entry.
type place struct {
	subject, key string
	days         interval
}

// entry is what was said of one thing for some days.
type entry[T any] struct {
	place
	body T
	term string
}

// add takes what a row says. Where an entry says nothing yet, fill completes
// it; it gives what the row says differently.
func (b *book[T]) add(at place, term string, body T, fill func(into *T, from T) []string) (differs []string) {
	if e := b.index[at]; e != nil {
		return fill(&e.body, body)
	}
	if b.index == nil {
		b.index = map[place]*entry[T]{}
	}
	e := &entry[T]{place: at, body: body, term: term}
	b.index[at] = e
	b.entries = append(b.entries, e)
	return nil
}

// each calls take with every entry, in the order in which they came, and the
// key of its fact. A later edition that adds or corrects a day must speak of
// the same fact, so days are no part of a key: what is said of a thing for
// several intervals is told apart by their order.
func (b *book[T]) each(take func(e *entry[T], key string)) {
	type thing struct{ subject, key string }
	byDays := slices.Clone(b.entries)
	slices.SortStableFunc(byDays, func(a, b *entry[T]) int {
		return cmp.Or(cmp.Compare(a.days.from, b.days.from), cmp.Compare(a.days.to, b.days.to))
	})
	times, nth := map[thing]int{}, make(map[*entry[T]]int, len(byDays))
	for _, e := range byDays {
		times[thing{e.subject, e.key}]++
		nth[e] = times[thing{e.subject, e.key}]
	}
	for _, e := range b.entries {
		key := e.key
		if n := nth[e]; n > 1 {
			key = fmt.Sprintf("%s #%d", key, n)
		}
		take(e, key)
	}
}

// statement is an entry's, of a kind.
func (e *entry[T]) statement(kind, key, term string) ledger.Statement {
	s := ledger.Statement{Kind: kind, Subject: e.subject, Key: key, Term: term, Body: e.body, ValidFrom: e.days.from, ValidTo: e.days.to}
	if s.ValidTo != "" {
		s.ValidFrom = cmp.Or(s.ValidFrom, ever)
	}
	return s
}

// filler completes one body by another.
type filler struct{ differs []string }

// text completes one field.
func text[T ~string](f *filler, name string, into *T, from T) {
	switch {
	case *into == "":
		*into = from
	case from != "" && from != *into:
		f.differs = append(f.differs, fmt.Sprintf("%s %q, and %q", name, *into, from))
	}
}

// maxAddresses bounds how many addresses of a kind one asset has.
const maxAddresses = 1000

// list completes one list.
func list(f *filler, name string, into *[]string, from []string) {
	for _, v := range from {
		if slices.Contains(*into, v) {
			continue
		}
		if len(*into) >= maxAddresses {
			f.differs = append(f.differs, fmt.Sprintf("more than %d %s", maxAddresses, name))
			return
		}
		*into = append(*into, v)
	}
}

func fillOrganisation(into *Organisation, from Organisation) []string {
	var f filler
	text(&f, "name", &into.Name, from.Name)
	text(&f, "contact", &into.Contact, from.Contact)
	return f.differs
}

func fillSystem(into *System, from System) []string {
	var f filler
	text(&f, "name", &into.Name, from.Name)
	text(&f, "organisation", &into.Organisation, from.Organisation)
	text(&f, "criticality", &into.Criticality, from.Criticality)
	text(&f, "high value", &into.HighValue, from.HighValue)
	text(&f, "nss", &into.NSS, from.NSS)
	text(&f, "hosting", &into.Hosting, from.Hosting)
	text(&f, "owner", &into.Owner, from.Owner)
	text(&f, "contact", &into.Contact, from.Contact)
	text(&f, "note", &into.Note, from.Note)
	return f.differs
}

func fillAsset(into *Asset, from Asset) []string {
	var f filler
	text(&f, "system", &into.System, from.System)
	text(&f, "kind", &into.Kind, from.Kind)
	text(&f, "operating system", &into.OS, from.OS)
	text(&f, "model", &into.Model, from.Model)
	text(&f, "vendor", &into.Vendor, from.Vendor)
	text(&f, "owner", &into.Owner, from.Owner)
	text(&f, "note", &into.Note, from.Note)
	list(&f, "hostnames", &into.Hostnames, from.Hostnames)
	list(&f, "IP addresses", &into.Addresses, from.Addresses)
	list(&f, "MAC addresses", &into.MACs, from.MACs)
	return f.differs
}

// fillSeen makes the widest span of days: one does not contradict another.
func fillSeen(into *Seen, from Seen) []string {
	if from.First != "" && (into.First == "" || from.First < into.First) {
		into.First = from.First
	}
	into.Last, into.Scan = max(into.Last, from.Last), max(into.Scan, from.Scan)
	return nil
}

func fillFinding(into *Finding, from Finding) []string {
	f := &filler{}
	text(f, "weakness", &into.Weakness, from.Weakness)
	text(f, "detected", &into.Detected, from.Detected)
	text(f, "remediated", &into.Remediated, from.Remediated)
	text(f, "scanner", &into.By, from.By)
	return f.differs
}

func fillExposure(into *Exposure, from Exposure) []string {
	var f filler
	text(&f, "exposure", &into.Reach, from.Reach)
	text(&f, "evidence", &into.Evidence, from.Evidence)
	text(&f, "said by", &into.By, from.By)
	return f.differs
}

func fillDeployment(into *Deployment, from Deployment) []string {
	var f filler
	text(&f, "release", &into.Release, from.Release)
	text(&f, "purl", &into.PURL, from.PURL)
	text(&f, "CPE", &into.CPE, from.CPE)
	text(&f, "name", &into.Name, from.Name)
	text(&f, "version", &into.Version, from.Version)
	text(&f, "vendor", &into.Vendor, from.Vendor)
	text(&f, "note", &into.Note, from.Note)
	return f.differs
}
