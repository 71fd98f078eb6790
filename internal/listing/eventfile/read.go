package eventfile

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
)

// Limits bound what is read of one file. A zero field means its default.
type Limits struct {
	Bytes  int // of the file; default 4 MiB
	Depth  int // of nesting; default 16
	Values int // of all kinds, keys included; default 100,000
}

func (l Limits) orDefault() Limits {
	return Limits{cmp.Or(l.Bytes, 4<<20), cmp.Or(l.Depth, 16), cmp.Or(l.Values, 100_000)}
}

var headerLine = regexp.MustCompile(`(?m)^(?:\{\s*)?["']?countersign["']?:\s*["']?events/`)

// Recognise tells an event file, of this or a later version, by its header. A
// byte order mark may stand before it.
func Recognise(_ string, head []byte) bool {
	return headerLine.Match(bytes.TrimPrefix(head, []byte("\ufeff")))
}

// Read reads an event file. Its errors name the line and what was expected
// there. The reading is a chronicle of the source "events/<id>".
func Read(ctx context.Context, b []byte, limits Limits) (*ledger.Reading, error) {
	limits = limits.orDefault()
	if len(b) > limits.Bytes {
		return nil, problem.New(problem.TooLarge, "%d bytes, the limit is %d", len(b), limits.Bytes)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	root, err := decode(b)
	if err != nil {
		return nil, err
	}
	if err := check(root, limits.Depth, &limits.Values); err != nil {
		return nil, err
	}
	f, err := parse(root)
	if err != nil {
		return nil, err
	}
	return f.reading(), nil
}

// decode parses exactly one YAML document.
func decode(b []byte) (*yaml.Node, error) {
	dec := yaml.NewDecoder(bytes.NewReader(b))
	var doc, more yaml.Node
	err := dec.Decode(&doc)
	if errors.Is(err, io.EOF) || err == nil && (doc.Kind != yaml.DocumentNode || len(doc.Content) != 1) {
		return nil, problem.New(problem.Invalid, "line 1: the file is empty; want an event file")
	}
	if err != nil {
		return nil, problem.New(problem.Invalid, "%s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, problem.New(problem.Invalid, "line %d: a second YAML document begins; want one", max(more.Line, 1))
	}
	return doc.Content[0], nil
}

func (f *file) reading() *ledger.Reading {
	r := &ledger.Reading{Kind: "events", Source: "events/" + f.id, Mode: ledger.Chronicle, Published: f.published, Rows: len(f.claims)}
	first := f.earliest()
	for _, l := range f.listings {
		r.Rows += len(l.events)
		r.Statements = append(r.Statements, f.entry(l, first)...)
		r.Statements = append(r.Statements, l.eventStatements()...)
	}
	subject := f.listings[0].id
	var about []ledger.Statement
	for _, v := range f.party.identifiers {
		about = append(about, party.IdentifierStatement(subject, v))
	}
	for _, v := range f.party.details {
		about = append(about, party.DetailStatement(subject, v))
	}
	for _, v := range f.party.links {
		about = append(about, party.LinkStatement(subject, v))
	}
	r.Statements = append(r.Statements, published(first, about)...)
	r.Statements = append(r.Statements, f.claimStatements(subject)...)
	r.Statements = unique(r.Statements)
	return r
}

// earliest is the day on which the first of the file's events became public.
func (f *file) earliest() access.Date {
	first := access.Forever
	for _, l := range f.listings {
		for _, e := range l.events {
			first = min(first, cmp.Or(e.Published, e.Date))
		}
	}
	return first
}

// entry states a listing and all names of its party. Its own name is the
// primary one; the party's is another where they differ.
func (f *file) entry(l listed, on access.Date) []ledger.Statement {
	out := []ledger.Statement{{
		Kind: listing.FactEntry, Subject: l.id, Key: "entry", Term: f.party.id,
		Body: listing.Entry{ID: l.id, Programme: l.programme, Party: f.party.id, Name: l.name, Kind: f.party.kind, Note: l.note},
	}}
	names := append([]party.Name{{Name: l.name, Quality: party.Primary}, {Name: f.party.name, Quality: party.Alias}}, f.party.names...)
	for _, n := range names {
		out = append(out, party.NameStatements(l.id, "name:"+party.Slug(n.Name), f.party.kind, n)...)
	}
	return published(on, out)
}

func (l *listed) eventStatements() []ledger.Statement {
	var out []ledger.Statement
	number := map[string]int{}
	for _, e := range l.events {
		e.Published = cmp.Or(e.Published, e.Date)
		key := string(e.Date) + " " + string(e.Kind)
		if number[key]++; number[key] > 1 {
			key = fmt.Sprintf("%s %d", key, number[key])
		}
		out = append(out, ledger.Statement{
			Kind: listing.FactEvent, Subject: l.id, Key: key, Term: e.Successor, Body: e,
			ValidFrom: e.Date, Published: e.Published,
		})
	}
	return out
}

func (f *file) claimStatements(subject string) []ledger.Statement {
	var out []ledger.Statement
	number := map[string]int{}
	for _, c := range f.claims {
		key := c.Date + " " + party.Slug(c.Issuer)
		if number[key]++; number[key] > 1 {
			key = fmt.Sprintf("%s %d", key, number[key])
		}
		on := access.Date(c.Date)
		out = append(out, ledger.Statement{Kind: party.FactClaim, Subject: subject, Key: key, Body: c, ValidFrom: on, Published: on})
	}
	return out
}

func published(on access.Date, statements []ledger.Statement) []ledger.Statement {
	for i := range statements {
		statements[i].Published = on
	}
	return statements
}

// unique keeps the first statement of each key: a name or number may be
// written twice.
func unique(statements []ledger.Statement) []ledger.Statement {
	type key struct{ kind, subject, key string }
	seen := make(map[key]bool, len(statements))
	out := statements[:0]
	for _, s := range statements {
		k := key{s.Kind, s.Subject, s.Key}
		if !seen[k] {
			seen[k] = true
			out = append(out, s)
		}
	}
	return out
}
