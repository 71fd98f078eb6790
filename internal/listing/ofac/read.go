package ofac

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
)

// Input is one file of an edition.
type Input struct {
	Name   string // for recognition and messages; may be a path
	Bytes  []byte
	Source string // [SourceSDN] or [SourceNonSDN]
	Part   Part

	// Primary is what was read from the primary part of the same edition; nil
	// without one. Only the comments part uses it.
	Primary *Output
}

// Output is what [Read] took out of one file.
type Output struct {
	Reading *ledger.Reading
	Entries map[uint64]int    // lines of the entries, by number: where each is first mentioned
	Cut     map[uint64]string // of a primary part: the unfinished last item of remarks that go on in the comments part
}

// Read reads one part. Its errors name the line and what was expected there.
// The reading is a snapshot; the files do not give their date.
func Read(ctx context.Context, in Input, limits Limits) (*Output, error) {
	if err := checkSource(in.Source); err != nil {
		return nil, err
	}
	limits = limits.orDefault()
	if len(in.Bytes) > limits.Bytes {
		return nil, problem.New(problem.TooLarge, "%d bytes, the limit is %d", len(in.Bytes), limits.Bytes)
	}
	r := &reader{
		in:   in,
		scan: newScanner(in.Bytes, limits),
		out: &Output{
			Reading: &ledger.Reading{Kind: "ofac." + string(in.Part), Source: in.Source, Part: string(in.Part), Mode: ledger.Snapshot},
			Entries: map[uint64]int{},
			Cut:     map[uint64]string{},
		},
		numbers: map[uint64]int{},
		stated:  map[statementKey]bool{},
	}
	take := map[Part]func(record, uint64) error{Primary: r.primary, Alias: r.alias, Address: r.address, Comments: r.comments}[in.Part]
	if take == nil {
		return nil, fmt.Errorf("ofac: no part %q", in.Part)
	}
	if err := r.each(ctx, take); err != nil {
		return nil, err
	}
	if of, line := r.votes.source(); of != "" && of != in.Source {
		return nil, problem.New(problem.Invalid, "line %d: the programme of this entry, as of most others, is of %s; this was to be an edition of %s", line, of, in.Source)
	}
	return r.out, nil
}

// statementKey is what must be unique within a part.
type statementKey struct{ kind, subject, key string }

type reader struct {
	in      Input
	scan    *scanner
	out     *Output
	numbers map[uint64]int // lines, by the record's own number
	stated  map[statementKey]bool
	votes   votes
}

// each hands every record with the right number of columns to take.
func (r *reader) each(ctx context.Context, take func(record, uint64) error) error {
	want := columns[r.in.Part]
	for {
		if r.out.Reading.Rows%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		rec, err := r.scan.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if rec.number == 1 && len(rec.fields) == want && isHeader(rec.fields[0]) {
			continue
		}
		if len(rec.fields) != want {
			return r.wrongColumns(rec, want)
		}
		entry, err := number(rec.line, "entry number", rec.fields[0])
		if err != nil {
			return err
		}
		if _, seen := r.out.Entries[entry]; !seen {
			r.out.Entries[entry] = rec.line
		}
		if err := take(rec, entry); err != nil {
			return err
		}
		r.out.Reading.Rows++
	}
	if err := r.scan.checkEnd(); err != nil {
		return err
	}
	if r.scan.mended {
		r.warn("line %d: the file ends with -0 where -0- was to stand; nothing else is missing", r.scan.last.line)
	} else if !r.scan.ended {
		r.warn("line %d: no end-of-file mark (0x1A) after the last record", r.scan.last.line)
	}
	if r.out.Reading.Rows == 0 {
		return problem.New(problem.Invalid, "no records; want the %s part of an OFAC list", r.in.Part)
	}
	return nil
}

func (r *reader) wrongColumns(rec record, want int) error {
	hint := ""
	if len(rec.fields) < want && r.scan.csv.InputOffset() >= int64(len(r.scan.data)) {
		hint = "; the file seems cut off"
	}
	return problem.New(problem.Invalid, "line %d: %d columns, the %s part of an OFAC list has %d%s", rec.line, len(rec.fields), r.in.Part, want, hint)
}

// once refuses a record number that occurred before.
func (r *reader) once(line int, what string, n uint64) error {
	if before, twice := r.numbers[n]; twice {
		return problem.New(problem.Invalid, "line %d: %s %d is already on line %d", line, what, n, before)
	}
	r.numbers[n] = line
	return nil
}

// state adds statements, leaving out those that the entry repeats.
func (r *reader) state(statements ...ledger.Statement) {
	for _, st := range statements {
		k := statementKey{st.Kind, st.Subject, st.Key}
		if r.stated[k] {
			continue
		}
		r.stated[k] = true
		r.out.Reading.Statements = append(r.out.Reading.Statements, st)
	}
}

const maxWarnings = 20

func (r *reader) warn(format string, args ...any) {
	if len(r.out.Reading.Warnings) < maxWarnings {
		r.out.Reading.Warnings = append(r.out.Reading.Warnings, fmt.Sprintf(format, args...))
	}
}

func (r *reader) subject(entry uint64) string {
	return listing.ID(r.in.Source, strconv.FormatUint(entry, 10))
}

var aliasQuality = map[string]party.Quality{"aka": party.Alias, "nka": party.Alias, "fka": party.Former}

func (r *reader) alias(rec record, entry uint64) error {
	n, err := number(rec.line, "alias number", rec.fields[1])
	if err != nil {
		return err
	}
	if err := r.once(rec.line, "alias", n); err != nil {
		return err
	}
	quality, ok := aliasQuality[null(rec.fields[2])]
	if !ok {
		return problem.New(problem.Invalid, "line %d: alias type %q; want aka, fka or nka", rec.line, clip(rec.fields[2]))
	}
	name := null(rec.fields[3])
	if party.Fold(name) == "" {
		return problem.New(problem.Invalid, "line %d: alias %d has no name", rec.line, n)
	}
	kind := party.Organisation
	if isPersonal(name) {
		kind = party.Person
	}
	r.state(party.NameStatements(r.subject(entry), "alt:"+strconv.FormatUint(n, 10), kind, party.Name{Name: name, Quality: quality})...)
	return nil
}

func (r *reader) address(rec record, entry uint64) error {
	n, err := number(rec.line, "address number", rec.fields[1])
	if err != nil {
		return err
	}
	if err := r.once(rec.line, "address", n); err != nil {
		return err
	}
	a := party.Address{Street: null(rec.fields[2]), City: null(rec.fields[3]), Country: null(rec.fields[4]), Remarks: null(rec.fields[5])}
	if a == (party.Address{}) {
		return nil // OFAC numbers an address for entries that have none
	}
	r.state(ledger.Statement{Kind: party.FactAddress, Subject: r.subject(entry), Key: "add:" + strconv.FormatUint(n, 10), Body: a})
	return nil
}
