package eu

import (
	"context"
	"path"
	"regexp"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/listing/draft"
	"countersign.dev/internal/listing/nametext"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/table"
)

// SourceJournal is the series of editions of the Official Journal's annexes, of
// which each regulation is a part.
const SourceJournal = "eu-oj"

const authority = "Council of the European Union"

// journalColumns are those without which a table is no transcription.
var journalColumns = []string{"celex", "recordId", "programKey", "annex", "measure", "startDate", "schema", "name"}

// RecogniseJournal tells a transcription by its header.
func RecogniseJournal(_ string, head []byte) bool {
	return table.Form{}.Header(head).Has(journalColumns...)
}

var celexShape = regexp.MustCompile(`^3[0-9]{4}[A-Z]{1,2}[0-9]{4}`)

// celexOfName is the regulation that a file's name says, "" when it says none.
func celexOfName(name string) string {
	return celexShape.FindString(strings.ToUpper(path.Base(strings.ReplaceAll(name, `\`, "/"))))
}

// ReadJournal reads the annexes of one regulation. Which one is said by its
// rows, or where it has none by its name. Errors name the line. The reading is
// a snapshot; the table does not say of which day.
func ReadJournal(ctx context.Context, name string, b []byte, limits table.Limits) (*ledger.Reading, error) {
	j := &journal{Draft: draft.New("eu.oj", SourceJournal, ""), unnumbered: map[string]string{}}
	header, err := table.Form{HeaderOnly: true}.Read(ctx, b, limits, j.row)
	if err != nil {
		return nil, err
	}
	if missing := header.Missing(journalColumns...); missing != "" {
		return nil, problem.New(problem.Invalid, "line 1: no column %q", missing)
	}
	if j.celex == "" {
		if j.celex = celexOfName(name); j.celex == "" {
			return nil, problem.New(problem.Invalid, "no rows below the header, and the file's name does not tell of which regulation; want one like 32014R0269.csv")
		}
		j.Warn(0, "no rows below the header: regulation %s lists nobody", j.celex)
	}
	j.Reading.Part = j.celex
	return j.Done(), nil
}

type journal struct {
	*draft.Draft
	celex      string
	unnumbered map[string]string // what tells entries without a number apart, by id
}

func (j *journal) row(row table.Row) error {
	j.Reading.Rows++
	celex := row.Get("celex")
	if !celexShape.MatchString(celex) || celexShape.FindString(celex) != celex {
		return problem.New(problem.Invalid, "line %d, column celex: %q; want a number like 32014R0269", row.Line, draft.Clip(celex))
	}
	if j.celex == "" {
		j.celex = celex
	}
	if celex != j.celex {
		return problem.New(problem.Invalid, "line %d: of regulation %s, and the rows before are of %s; want one regulation in a file", row.Line, celex, j.celex)
	}
	entry := &listing.Entry{
		ID: j.id(row), Name: firstName(row.Get("name")), Kind: kindOf(row.Get("schema")), Programme: programmeOf(row.Get("measure")),
		Tags: tagsOf(row.Get("programKey"), row.Get("annex"), row.Get("measure")), Remarks: row.Get("notes"), Note: row.Get("reason"),
	}
	if entry.Programme == "" {
		j.Warn(row.Line, "measure %q is not known here; the entry is taken for one of sectoral measures", draft.Clip(row.Get("measure")))
		entry.Programme = programmeSectoral
	}
	// Without a number, the same name again is the same entry again.
	if j.Has(entry.ID) && row.Get("recordId") != "" {
		return j.Once(row.Line, entry.ID)
	}
	if err := j.onceUnnumbered(row, entry.ID); err != nil {
		return err
	}
	listed := j.listed(row, entry)
	j.Entry(row.Line, *entry, listed)
	j.names(row, entry)
	j.identifiers(row, entry)
	j.details(row, entry)
	return nil
}

func (j *journal) onceUnnumbered(row table.Row, id string) error {
	if j.Has(id) {
		j.Warn(row.Line, "%s is there already; taken for one entry", id)
		return nil
	}
	return j.Once(row.Line, id)
}

// id is the id of a row's entry. Where annexes give no numbers and two entries
// have one name, the birth date or ship's number of the later tells it apart.
func (j *journal) id(row table.Row) string {
	annex := strings.Join(strings.Fields(row.Get("annex")), "")
	if number := row.Get("recordId"); number != "" {
		return listing.ID(SourceJournal, draft.Join(":", j.celex, annex, strings.Join(strings.Fields(number), "")))
	}
	id := listing.ID(SourceJournal, draft.Join(":", j.celex, annex, party.Slug(row.Get("name"))))
	apart := draft.Join(" ", row.Get("imoNumber"), row.Get("birthDate"))
	before, taken := j.unnumbered[id]
	if taken && before != apart {
		return id + "-" + party.Slug(apart)
	}
	j.unnumbered[id] = apart
	return id
}

func (j *journal) listed(row table.Row, entry *listing.Entry) access.Date {
	text := row.Get("startDate")
	if text == "" {
		return ""
	}
	day, ok := dayOf(text)
	if !ok {
		j.Warn(row.Line, "startDate is %q; want a day like 17.3.2014 or 2 March 2011; the listing counts from the first edition that has it", draft.Clip(text))
		return ""
	}
	j.Event(entry.ID, listing.Event{
		Kind: listing.Designated, Date: day, What: "listed in annex " + row.Get("annex") + " (" + strings.ToLower(row.Get("measure")) + ")",
		Authority: authority, Citation: citationOf(j.celex),
	})
	return day
}

// firstName is a name without a colon at its end, by which some tables lead on
// to the next.
func firstName(name string) string { return strings.Trim(name, " :;–-") }

func (j *journal) names(row table.Row, entry *listing.Entry) {
	for _, item := range nametext.Items(entry.Name) {
		for _, n := range nametext.Names(item, entry.Kind) {
			j.Name(entry, n.Text, orElse(n.Quality, party.Alias))
		}
	}
	for _, of := range []struct {
		column  string
		quality party.Quality
	}{{"alias", party.Alias}, {"previousName", party.Former}, {"weakAlias", party.Weak}} {
		for _, item := range nametext.Items(row.Get(of.column)) {
			for _, n := range nametext.Names(item, entry.Kind) {
				j.Name(entry, n.Text, orElse(n.Quality, of.quality))
			}
		}
	}
}

func orElse(q, other party.Quality) party.Quality {
	if q == "" {
		return other
	}
	return q
}

func tagsOf(tags ...string) []string {
	var out []string
	for _, t := range tags {
		if t != "" {
			out = append(out, t)
		}
	}
	return out
}

func kindOf(schema string) party.Kind {
	switch schema {
	case "Person":
		return party.Person
	case "Vessel":
		return party.Vessel
	case "Airplane":
		return party.Aircraft
	}
	return party.Organisation
}
