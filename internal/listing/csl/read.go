package csl

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing/draft"
	"countersign.dev/internal/listing/usdate"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/table"
)

// Source is the series of the list's editions.
const Source = "us-trade-csl"

// Recognise tells the list by its columns, or by the fields of its JSON.
func Recognise(_ string, head []byte) bool {
	trimmed := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n")
	if !bytes.HasPrefix(trimmed, []byte("{")) {
		return table.Form{}.Header(head).Has("source", "name", "programs", "addresses", "source list url")
	}
	return bytes.Contains(trimmed, []byte(`"results"`)) && bytes.Contains(trimmed, []byte(`"source_list_url"`)) && bytes.Contains(trimmed, []byte(`"federal_register_notice"`))
}

// Read reads either form. The reading is a snapshot; neither gives its day.
func Read(ctx context.Context, b []byte, limits table.Limits) (*ledger.Reading, error) {
	records, err := recordsOf(ctx, b, limits)
	if err != nil {
		return nil, err
	}
	d := draft.New("csl", Source, "")
	d.Reading.Rows = len(records)
	byID := map[string][]*record{}
	var ids []string
	unknown := map[string]bool{}
	for i := range records {
		r := &records[i]
		if err := r.check(); err != nil {
			return nil, err
		}
		programme, id, known := r.place()
		if !known && !unknown[programme] {
			unknown[programme] = true
			d.Warn(r.line, "the list %q has no programme here; its entries are for people to review", draft.Clip(r.Source))
		}
		if byID[id] == nil {
			ids = append(ids, id)
		}
		byID[id] = append(byID[id], r)
	}
	for _, id := range ids {
		if err := state(d, id, byID[id]); err != nil {
			return nil, err
		}
	}
	return d.Done(), nil
}

func recordsOf(ctx context.Context, b []byte, limits table.Limits) ([]record, error) {
	if bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(b, []byte("\ufeff")), " \t\r\n"), []byte("{")) {
		return fromJSON(ctx, bytes.TrimPrefix(b, []byte("\ufeff")), orDefault(limits))
	}
	rows, err := table.Form{LostLetters: true, Need: []string{"source", "name"}}.Rows(ctx, b, limits)
	if err != nil {
		return nil, err
	}
	records := make([]record, len(rows))
	for i, row := range rows {
		records[i] = recordOf(row)
	}
	return records, nil
}

// orDefault is the limits as the JSON form takes them.
func orDefault(l table.Limits) table.Limits {
	return table.Limits{Bytes: cmp.Or(l.Bytes, 512<<20), Rows: cmp.Or(l.Rows, 2_000_000), Field: cmp.Or(l.Field, 64<<10)}
}

// text is a JSON text or number.
type text string

// UnmarshalJSON takes a text, or a number as it is written.
func (t *text) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, (*string)(t))
	}
	if s := string(b); s != "null" {
		*t = text(s)
	}
	return nil
}

// fromJSON reads the objects of the list "results", one by one.
func fromJSON(ctx context.Context, b []byte, limits table.Limits) ([]record, error) {
	if len(b) > limits.Bytes {
		return nil, problem.New(problem.TooLarge, "%d bytes, the limit is %d", len(b), limits.Bytes)
	}
	if !utf8.Valid(b) {
		return nil, problem.New(problem.Invalid, "not UTF-8; want JSON in UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(b))
	place := &place{b: b}
	if err := toResults(d); err != nil {
		return nil, place.explain(d, err)
	}
	var out []record
	for d.More() {
		if len(out)%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if len(out) == limits.Rows {
			return nil, problem.New(problem.TooLarge, "line %d: more than %d results", place.line(d.InputOffset()), limits.Rows)
		}
		r := record{}
		if err := d.Decode(&r); err != nil {
			return nil, place.explain(d, err)
		}
		r.line = place.line(d.InputOffset())
		if err := r.clean(limits.Field); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	if _, err := d.Token(); err != nil { // the bracket that ends the list
		return nil, place.explain(d, err)
	}
	if len(out) == 0 {
		return nil, problem.New(problem.Invalid, "no results; want a list of entries in \"results\"")
	}
	return out, nil
}

var errNoResults = errors.New("no list \"results\" in the object")

// toResults goes on to the first entry, past whatever fields stand before.
func toResults(d *json.Decoder) error {
	if _, err := d.Token(); err != nil {
		return err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		if name != "results" {
			var skipped json.RawMessage
			if err := d.Decode(&skipped); err != nil {
				return err
			}
			continue
		}
		if open, err := d.Token(); err != nil {
			return err
		} else if open != json.Delim('[') {
			return errNoResults
		}
		return nil
	}
	return errNoResults
}

// place finds lines of text by offset, going forward only.
type place struct {
	b    []byte
	at   int64
	upTo int
}

func (p *place) line(offset int64) int {
	offset = min(offset, int64(len(p.b)))
	if offset > p.at {
		p.upTo += bytes.Count(p.b[p.at:offset], []byte{'\n'})
		p.at = offset
	}
	return p.upTo + 1
}

func (p *place) explain(d *json.Decoder, err error) error {
	line := p.line(d.InputOffset())
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return problem.New(problem.Invalid, "line %d: the JSON ends too early; the file seems cut off", line)
	case errors.As(err, &wrong):
		return problem.New(problem.Invalid, "line %d: field %q is a %s; want it as the Consolidated Screening List has it", line, wrong.Field, wrong.Value)
	}
	return problem.New(problem.Invalid, "line %d: %s", line, strings.TrimPrefix(err.Error(), "json: "))
}

// clean makes white space single and bounds the texts of a JSON record.
func (r *record) clean(most int) error {
	fields := []*string{
		&r.Source, (*string)(&r.Number), &r.Type, &r.Name, &r.Title, &r.Notice, &r.Start, &r.End, &r.Standard, &r.Requirement, &r.Policy, &r.CallSign,
		&r.VesselType, (*string)(&r.Tonnage), (*string)(&r.GRT), &r.Flag, &r.Owner, &r.Remarks, &r.URL,
	}
	for _, list := range [][]string{r.Programs, r.Alternative, r.Citizen, r.Born, r.National, r.BornIn} {
		for i := range list {
			fields = append(fields, &list[i])
		}
	}
	for i := range r.Addresses {
		a := &r.Addresses[i]
		fields = append(fields, &a.Address, &a.City, &a.State, &a.Postal, &a.Country)
	}
	for i := range r.IDs {
		fields = append(fields, &r.IDs[i].Type, &r.IDs[i].Number, &r.IDs[i].Country)
	}
	for _, f := range fields {
		if len(*f) > most {
			return problem.New(problem.TooLarge, "line %d: a text of %d bytes, the limit is %d", r.line, len(*f), most)
		}
		*f = strings.Join(strings.FieldsFunc(*f, func(c rune) bool { return c <= ' ' || c == 0x7f || c == 0xa0 }), " ")
	}
	return nil
}

// check refuses a record that does not say who is on which list.
func (r *record) check() error {
	var missing []string
	if r.Source == "" {
		missing = append(missing, "source")
	}
	if r.Name == "" {
		missing = append(missing, "name")
	}
	if len(missing) > 0 {
		return problem.New(problem.Invalid, "line %d: no %s", r.line, strings.Join(missing, " and no "))
	}
	return nil
}

// days reads the days between which a record is on its list.
func (r *record) days() (days, error) {
	var out days
	for _, d := range []struct {
		name, text string
		into       *date
	}{{"start_date", r.Start, &out.from}, {"end_date", r.End, &out.to}} {
		if d.text == "" {
			continue
		}
		day, ok := usdate.Parse(d.text)
		if !ok {
			return out, problem.New(problem.Invalid, "line %d, %s: %q is no date; want YYYY-MM-DD", r.line, d.name, draft.Clip(d.text))
		}
		*d.into = day
	}
	if out.to != "" && out.to <= out.from {
		return out, problem.New(problem.Invalid, "line %d: ends on %s and begins on %s", r.line, out.to, out.from)
	}
	return out, nil
}
