package ofac

import (
	"bytes"
	"errors"
	"io"
	"path"
	"slices"
	"strings"

	"countersign.dev/internal/problem"
)

// The sources that this package reads: the two lists, each a series of editions.
const (
	SourceSDN    = "us-ofac-sdn"
	SourceNonSDN = "us-ofac-nonsdn"
)

// The programmes that one list serves, see [programmeOf].
const (
	programmeCMIC = "us-ofac-ns-cmic"
	programmeSSI  = "us-ofac-ssi"
	programmePLC  = "us-ofac-ns-plc"
)

// Part is one of the files that make an edition.
type Part string

// The parts of an edition.
const (
	Primary  Part = "primary"
	Alias    Part = "alias"
	Address  Part = "address"
	Comments Part = "comments"
)

// columns is how many columns the records of each part have.
var columns = map[Part]int{Primary: 12, Alias: 5, Address: 6, Comments: 2}

// Recognise tells which part a file is, from its beginning. The columns of the
// first record that has the shape of any part decide, so that a broken first
// line is left for [Read] to name; the file's name counts only where columns
// leave a doubt, since two of them are not much to go by.
func Recognise(name string, head []byte) (Part, bool) {
	s := newScanner(firstLines(head), Limits{}.orDefault())
	for range 16 {
		rec, err := s.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || !isNumber(rec.fields[0]) {
			continue
		}
		if part, ok := partOf(name, rec.fields); ok {
			return part, true
		}
	}
	return "", false
}

func partOf(name string, fields []string) (Part, bool) {
	switch len(fields) {
	case columns[Primary]:
		return Primary, null(fields[1]) != "" && !isNumber(fields[1])
	case columns[Alias]:
		_, known := aliasQuality[strings.ToLower(strings.TrimSpace(fields[2]))]
		return Alias, isNumber(fields[1]) && known
	case columns[Address]:
		return Address, isNumber(fields[1])
	case columns[Comments]:
		return Comments, strings.Contains(baseName(name), "comment") || !isNumber(fields[1]) && len(fields[1]) > 20
	}
	return "", false
}

// firstLines cuts head after its last whole line, when it has several, so that
// a record cut by the end of head is not taken for a broken one.
func firstLines(head []byte) []byte {
	if i := bytes.LastIndexByte(head, '\n'); i > 0 {
		return head[:i+1]
	}
	return head
}

// isHeader reports whether a file's first field names the entry number.
func isHeader(field string) bool {
	switch strings.Trim(strings.ToLower(field), " _.#") {
	case "id", "ent_num", "ent num", "entnum", "ent_no", "uid", "entity_number", "entity number":
		return true
	}
	return false
}

func baseName(name string) string {
	base := strings.ToLower(path.Base(strings.ReplaceAll(name, `\`, "/")))
	return strings.TrimSuffix(base, ".gz")
}

// sourceByName tells the list from a file's name, "" when it does not say.
// OFAC's own names for the SDN list's aliases and addresses are plain alt.csv
// and add.csv.
func sourceByName(name string) string {
	base := baseName(name)
	switch {
	case strings.Contains(base, "cons"), strings.Contains(base, "nonsdn"), strings.Contains(base, "non-sdn"), strings.Contains(base, "non_sdn"):
		return SourceNonSDN
	case strings.Contains(base, "sdn"), base == "alt.csv", base == "add.csv":
		return SourceSDN
	}
	return ""
}

// sdnCodes are programme codes that block property: entries with one of them
// are on the SDN list, whether or not they are on the other too.
var sdnCodes = []string{"CUBA", "SDNT", "SDNTK", "NPWMD", "FTO", "TCO", "IRAN", "SYRIA", "DPRK", "GLOMAG", "IRAQ2", "BALKANS"}

// sourceByCodes tells the list from the programme codes of one primary record,
// "" when they do not say. Non-SDN codes say so only when there are no others.
func sourceByCodes(tags []string) string {
	if len(tags) > 0 && !slices.ContainsFunc(tags, func(tag string) bool {
		return !strings.HasPrefix(tag, "CMIC") && tag != "NS-PLC" && tag != "561-Related"
	}) {
		return SourceNonSDN
	}
	if slices.ContainsFunc(tags, func(tag string) bool { return slices.Contains(sdnCodes, tag) }) {
		return SourceSDN
	}
	return ""
}

// votes counts what the programme codes of a primary part's records say, and
// where each was said first.
type votes struct{ sdn, nonSDN, firstSDN, firstNonSDN int }

func (v *votes) count(tags []string, line int) {
	switch sourceByCodes(tags) {
	case SourceSDN:
		if v.sdn++; v.sdn == 1 {
			v.firstSDN = line
		}
	case SourceNonSDN:
		if v.nonSDN++; v.nonSDN == 1 {
			v.firstNonSDN = line
		}
	}
}

// source is the list that most records speak for, and a line that does.
func (v *votes) source() (source string, line int) {
	switch {
	case v.sdn > v.nonSDN:
		return SourceSDN, v.firstSDN
	case v.nonSDN > v.sdn:
		return SourceNonSDN, v.firstNonSDN
	}
	return "", 0
}

// programmeOf is the programme that an entry is on. The non-SDN list serves
// several; an entry with codes of two is on the one that says more.
func programmeOf(source string, tags []string) string {
	if source == SourceSDN {
		return SourceSDN
	}
	has := func(prefix string) bool {
		return slices.ContainsFunc(tags, func(tag string) bool { return strings.HasPrefix(tag, prefix) })
	}
	switch {
	case has("CMIC"):
		return programmeCMIC
	case has("UKRAINE-EO13662"):
		return programmeSSI
	case has("NS-PLC"):
		return programmePLC
	}
	return SourceNonSDN
}

// checkSource refuses a source that is not one of OFAC's.
func checkSource(source string) error {
	if source == "" || source == SourceSDN || source == SourceNonSDN {
		return nil
	}
	return problem.New(problem.Invalid, "an OFAC file cannot belong to source %s: want %s or %s", source, SourceSDN, SourceNonSDN)
}
