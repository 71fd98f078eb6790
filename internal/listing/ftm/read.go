package ftm

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
)

// sources is what the names of this package's sources begin with.
const sources = "ftm/"

// Input is one collection.
type Input struct {
	Name       string // of the file; it may be a path
	Bytes      []byte
	Source     string // "ftm/…"; "" for the one collection that all entities are of, else the file's name
	Programmes *Programmes
}

// Recognise tells a collection by its first line: an object with a schema and
// an id or properties.
func Recognise(_ string, head []byte) bool {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n")
	if len(head) == 0 || head[0] != '{' {
		return false
	}
	d := json.NewDecoder(bytes.NewReader(head))
	seen := map[string]bool{}
	depth, key := 0, true
	for {
		token, err := d.Token()
		if err != nil {
			break // what is left of it is beyond the head
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
			key = depth == 1
			continue
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			break
		}
		if name, ok := token.(string); ok && depth == 1 && key {
			seen[name] = true
		}
		key = depth == 1 && !key
		if seen["schema"] && (seen["id"] || seen["properties"]) {
			return true
		}
	}
	return false
}

// Read reads a collection. Its errors name the line and what was expected
// there; one line that cannot be read keeps the whole collection out. The
// reading is a snapshot.
func Read(ctx context.Context, in Input, limits Limits) (*ledger.Reading, error) {
	limits = limits.orDefault()
	if len(in.Bytes) > limits.Bytes {
		return nil, problem.New(problem.TooLarge, "%d bytes, the limit is %d", len(in.Bytes), limits.Bytes)
	}
	if in.Programmes == nil {
		in.Programmes = NewProgrammes(nil)
	}
	r := &reader{
		limits: limits, programmes: in.Programmes, lines: map[string]int{}, told: map[string]bool{}, nested: map[string]*entity{},
		things: map[string]*thing{}, sanctions: map[string][]sanction{}, addresses: map[string]party.Address{},
		about: map[string][]ledger.Statement{}, strange: map[string]int{}, said: map[cell]bool{},
		statements: make([]ledger.Statement, 0, min(len(in.Bytes)/bytesPerStatement, 1<<20)),
	}
	if err := r.each(ctx, in.Bytes); err != nil {
		return nil, err
	}
	if r.rows == 0 {
		return nil, problem.New(problem.Invalid, "no entities; want one JSON object a line, with id, schema and properties")
	}
	source := r.source(in)
	r.finish(source)
	return &ledger.Reading{
		Kind: "ftm.entities", Source: source, Mode: ledger.Snapshot, Published: r.published,
		Statements: r.statements, Rows: r.rows, Warnings: r.warnings,
	}, nil
}

// bytesPerStatement is what a statement takes of a collection, about.
const bytesPerStatement = 48

// cell is what must be unique among the statements about one party.
type cell struct{ kind, key string }

// reader is one file being read.
type reader struct {
	limits     Limits
	programmes *Programmes
	lines      map[string]int     // of every entity that has one of its own
	told       map[string]bool    // joining entities, which the nested form repeats
	nested     map[string]*entity // parties that stand in others' lines
	things     map[string]*thing
	order      []*thing
	sanctions  map[string][]sanction // by the id of their party
	addresses  map[string]party.Address
	about      map[string][]ledger.Statement // by the id of the party that they are about
	edges      []edge
	statements []ledger.Statement
	said       map[cell]bool // about the party that is being stated

	rows      int
	published access.Date
	dataset   []string // the collections that all entities so far are of
	strange   map[string]int
	nameless  int // parties with a line of their own and no name
	// namelessLine is the line of the first of them.
	namelessLine int
	warnings     []string
}

func (r *reader) each(ctx context.Context, b []byte) error {
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	for line := 1; len(b) > 0; line++ {
		if line%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		text, rest, _ := bytes.Cut(b, []byte{'\n'})
		b = rest
		if text = bytes.TrimSpace(text); len(text) == 0 {
			continue
		}
		if r.rows == r.limits.Lines {
			return problem.New(problem.TooLarge, "line %d: more than %d entities", line, r.limits.Lines)
		}
		e, err := parseLine(line, text, r.limits)
		if err != nil {
			return err
		}
		if before, twice := r.lines[e.ID]; twice {
			return problem.New(problem.Invalid, "line %d: entity %s is already on line %d", line, clip(e.ID), before)
		}
		r.lines[e.ID] = line
		r.rows++
		r.note(e)
		r.take(line, e, nil)
	}
	return nil
}

// note keeps what is said of the whole collection.
func (r *reader) note(e *entity) {
	r.published = max(r.published, dayOf(e.LastSeen), dayOf(e.LastChange))
	if r.rows == 1 {
		r.dataset = slices.Clone(e.Datasets)
		return
	}
	r.dataset = slices.DeleteFunc(r.dataset, func(d string) bool { return !slices.Contains(e.Datasets, d) })
}

// take states what an entity says, and what is put into it. parent is the
// entity that it is put into, nil for one with a line of its own.
func (r *reader) take(line int, e, parent *entity) {
	for _, child := range e.children() {
		r.take(line, child, e)
	}
	kind, isParty := kinds[e.Schema]
	rel, isRelation := relations[e.Schema]
	interest, isInterest := interests[e.Schema]
	holder, isAbout := holders[e.Schema]
	switch {
	case isParty && parent == nil:
		r.thing(e, kind)
	case isParty:
		if r.nested[e.ID] == nil {
			r.nested[e.ID] = e
		}
	case e.Schema == "Sanction":
		r.sanction(e, parent)
	case e.Schema == "Address":
		r.addresses[e.ID] = addressOf(e)
	case isInterest:
		r.relate(line, e, parent, interest, true)
	case isRelation:
		r.relate(line, e, parent, rel, false)
	case isAbout:
		r.aboutHolder(e, parent, holder)
	case !passed[e.Schema]:
		r.strange[e.Schema]++
	}
}

// once reports whether key is new. The nested form repeats what joins two.
func (r *reader) once(key string) bool {
	if r.told[key] {
		return false
	}
	r.told[key] = true
	return true
}

// source is the series that a file is an edition of.
func (r *reader) source(in Input) string {
	if strings.HasPrefix(in.Source, sources) {
		return in.Source
	}
	if len(r.dataset) == 1 && r.dataset[0] != "" {
		return sources + cleanSource(r.dataset[0])
	}
	stem := path.Base(strings.ReplaceAll(in.Name, `\`, "/"))
	for _, ext := range []string{".gz", ".json", ".jsonl", ".ndjson", ".ftm", ".nested"} {
		stem = strings.TrimSuffix(stem, ext)
	}
	return sources + party.Slug(stem)
}

// cleanSource keeps a collection's name where it is one, with underscores.
func cleanSource(name string) string {
	if len(name) <= 64 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == "" {
		return name
	}
	return party.Slug(name)
}

// finish states what needed the whole file.
func (r *reader) finish(source string) {
	for _, id := range sortedKeys(r.nested) {
		if e := r.nested[id]; r.things[id] == nil {
			r.thing(e, kinds[e.Schema])
		}
	}
	for _, t := range r.order {
		r.entries(t, source)
		r.later(t)
		delete(r.sanctions, t.id)
	}
	if n := len(r.sanctions); n > 0 {
		r.warn("the sanctions of %d entities that are no parties of this file, as %s, were passed over", n, clip(sortedKeys(r.sanctions)[0]))
	}
	for i := range r.edges {
		r.statements = append(r.statements, r.edges[i].state(r.things))
	}
	for _, id := range sortedKeys(r.about) { // about parties that the file does not have
		if r.things[id] == nil {
			r.begin()
			r.add(r.about[id]...)
		}
	}
	if r.nameless > 0 {
		r.warn("%d entities have no name, the first on line %d; they cannot be found by name", r.nameless, r.namelessLine)
	}
	for _, schema := range sortedKeys(r.strange) {
		r.warn("%d entities of schema %s, which is not known here, were passed over", r.strange[schema], clip(schema))
	}
}

// later adds what other entities say of a party, unless it says so itself.
func (r *reader) later(t *thing) {
	said := r.about[t.id]
	for _, id := range t.addresses {
		if a, ok := r.addresses[id]; ok && a != (party.Address{}) {
			said = append(said, ledger.Statement{Kind: party.FactAddress, Subject: t.id, Key: addressKey(a), Body: a})
		}
	}
	if len(said) == 0 {
		return
	}
	r.begin()
	for _, st := range r.statements[t.first:t.last] {
		r.said[cell{st.Kind, st.Key}] = true
	}
	r.add(said...)
}

// begin starts the statements about another party.
func (r *reader) begin() { clear(r.said) }

// add states something of a party, unless it has been said of it already: two
// properties may hold one number.
func (r *reader) add(statements ...ledger.Statement) {
	for _, st := range statements {
		if c := (cell{st.Kind, st.Key}); !r.said[c] {
			r.said[c] = true
			r.statements = append(r.statements, st)
		}
	}
}

const maxWarnings = 20

func (r *reader) warn(format string, args ...any) {
	if len(r.warnings) < maxWarnings {
		r.warnings = append(r.warnings, fmt.Sprintf(format, args...))
	}
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
