package ofac

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/listing/xmllist"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
)

// xmlRoot is the root element of OFAC's standard XML, of either list.
const xmlRoot = "sdnList"

// RecogniseXML tells OFAC's standard XML by its root element.
func RecogniseXML(_ string, head []byte) bool {
	e, ok := xmllist.Root(head)
	return ok && e.Name == xmlRoot
}

// ReadXML reads a whole list in OFAC's standard XML, sdn.xml or
// consolidated.xml. Which of the two it is, is told by source, when it is
// given; else by the file's name; else by its programme codes. Errors name the
// line.
//
// The reading stands in the place of the edition's primary part, so that an
// entry which a later edition in either form no longer has, is gone. Keys are
// those of the delimited form, since numbers of entries, aliases and addresses
// are the same in both; the text of remarks is not. Aliases and addresses of an
// earlier edition in the delimited form are parts of their own and stay beside
// it, so a series is best kept in one form.
//
// The reader follows the publisher's schema. No file of the publisher was at
// hand when it was written: it has been tried on documents made after the
// schema alone, and each reading says so.
func ReadXML(ctx context.Context, name string, b []byte, source string, limits xmllist.Limits) (*ledger.Reading, error) {
	if source == "" {
		if source = sourceByName(name); source == "" {
			source = sourceByPrograms(b)
		}
	}
	if source == "" {
		return nil, problem.New(problem.Invalid, "cannot tell whether this is the SDN or the non-SDN list; say --source %s or --source %s", SourceSDN, SourceNonSDN)
	}
	if err := checkSource(source); err != nil {
		return nil, err
	}
	x := &xmlReader{reader: reader{
		in: Input{Source: source, Part: Primary},
		out: &Output{Reading: &ledger.Reading{
			Kind: "ofac.xml", Source: source, Part: string(Primary), Mode: ledger.Snapshot,
		}},
		numbers: map[uint64]int{}, stated: map[statementKey]bool{},
	}}
	if _, err := xmllist.Read(ctx, b, limits, []string{xmlRoot}, []string{"publshInformation", "sdnEntry"}, x.element); err != nil {
		return nil, err
	}
	return x.finish()
}

type xmlReader struct {
	reader
	records string // how many entries the document says it has
}

func (x *xmlReader) element(e *xmllist.Element) error {
	if e.Name == "sdnEntry" {
		return x.entry(e)
	}
	x.records = e.First("Record_Count")
	text := e.First("Publish_Date")
	for _, layout := range []string{"01/02/2006", "1/2/2006", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil && t.Year() >= 1900 {
			x.out.Reading.Published = access.DateOf(t)
			return nil
		}
	}
	return problem.New(problem.Invalid, "line %d: Publish_Date is %q; want a date like 07/14/2021", e.Line, clip(text))
}

func (x *xmlReader) finish() (*ledger.Reading, error) {
	r := x.out.Reading
	if r.Rows == 0 {
		return nil, problem.New(problem.Invalid, "no <sdnEntry> in <%s>", xmlRoot)
	}
	if of, line := x.votes.source(); of != "" && of != x.in.Source {
		return nil, problem.New(problem.Invalid, "line %d: the programme of this entry, as of most others, is of %s; this was to be an edition of %s", line, of, x.in.Source)
	}
	if x.records != "" {
		if n, err := number(1, "count", x.records); err != nil || n != uint64(r.Rows) {
			return nil, problem.New(problem.Invalid, "%d entries, and Record_Count says %s; the document is not whole", r.Rows, clip(x.records))
		}
	}
	x.warn("read after the publisher's schema; compare some entries with the list")
	return r, nil
}

func (x *xmlReader) entry(e *xmllist.Element) error {
	x.out.Reading.Rows++
	uid, err := number(e.Line, "entry number", e.First("uid"))
	if err != nil {
		return err
	}
	if err := x.once(e.Line, "entry", uid); err != nil {
		return err
	}
	name := xmlName(e)
	if party.Fold(name) == "" {
		return problem.New(problem.Invalid, "line %d: entry %d has no name", e.Line, uid)
	}
	subject, kind, tags := x.subject(uid), kindOf(e.First("sdnType")), e.Texts("programList", "program")
	x.votes.count(tags, e.Line)
	mined, dates := x.mine(e.Line, subject, kind, xmlItems(e))
	head := append([]ledger.Statement{{
		Kind: listing.FactEntry, Subject: subject, Key: "entry",
		Body: listing.Entry{
			ID: subject, Programme: programmeOf(x.in.Source, tags), Name: name, Kind: kind,
			Title: e.First("title"), Tags: tags, Remarks: e.First("remarks"),
		},
	}}, party.NameStatements(subject, "primary", kind, party.Name{Name: name, Quality: party.Primary})...)
	for i := range head {
		head[i].Published = dates.listed
	}
	x.state(head...)
	if dates.listed != "" {
		x.state(dates.designated(subject))
	}
	for _, v := range e.Each("vesselInfo") {
		x.state(columnStatements(subject, vesselColumns(v))...)
	}
	if err := x.aliases(e, subject, kind); err != nil {
		return err
	}
	x.state(mined...)
	return x.addresses(e, subject)
}

// xmlName writes a name as the delimited form does: family name, comma, given
// names; or the one name of an entity.
func xmlName(e *xmllist.Element) string {
	last, first := e.First("lastName"), e.First("firstName")
	if last == "" || first == "" {
		return last + first
	}
	return last + ", " + first
}

// vesselColumns puts a ship's particulars where the delimited form has them.
func vesselColumns(v *xmllist.Element) []string {
	f := make([]string, columns[Primary])
	for i, of := range []string{"callSign", "vesselType", "tonnage", "grossRegisteredTonnage", "vesselFlag", "vesselOwner"} {
		f[5+i] = v.First(of)
	}
	return f
}

var programTag = regexp.MustCompile(`<(?:\w+:)?program>([^<]{1,80})<`)

// sourceByPrograms tells a document's list from its programme codes.
func sourceByPrograms(b []byte) string {
	var v votes
	for _, m := range programTag.FindAllSubmatch(b[:min(len(b), 4<<20)], 5000) {
		v.count([]string{strings.TrimSpace(string(bytes.TrimSpace(m[1])))}, 1)
	}
	source, _ := v.source()
	return source
}
