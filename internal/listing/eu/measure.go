package eu

import (
	"regexp"
	"strings"
	"time"

	"countersign.dev/internal/access"
)

// The programmes that entries are on. Whatever is no asset freeze is one of
// sectoral measures: closed ports, export controls, closed capital markets.
const (
	programmeFreeze    = "eu-fsf"
	programmeTransport = "eu-transport"
	programmeExport    = "eu-export-control"
	programmeSectoral  = "eu-sectoral"
)

var programmes = map[string]string{
	"asset freeze": programmeFreeze, "transportation restrictions": programmeTransport, "export control": programmeExport,
	"financial restrictions": programmeSectoral, "services ban": programmeSectoral, "investment ban": programmeSectoral,
}

// programmeOf is the programme of a measure, "" of one that is not known.
func programmeOf(measure string) string { return programmes[strings.ToLower(measure)] }

// acts are kinds of acts by the letter of a CELEX number.
var acts = map[string]string{"R": "Regulation", "D": "Decision"}

var celexParts = regexp.MustCompile(`^3([0-9]{4})([A-Z]{1,2})([0-9]{4})$`)

// citationOf says a CELEX number as the act is cited: before 2015 number and
// year, since then year and number.
func citationOf(celex string) string {
	m := celexParts.FindStringSubmatch(celex)
	if m == nil || acts[m[2]] == "" {
		return "CELEX " + celex
	}
	year, number := m[1], strings.TrimLeft(m[3], "0")
	switch {
	case year >= "2015" && m[2] == "R":
		return "Council Regulation (EU) " + year + "/" + number
	case m[2] == "D":
		return "Council Decision " + year + "/" + number + "/CFSP"
	case year > "2009":
		return "Council Regulation (EU) No " + number + "/" + year
	}
	return "Council Regulation (EC) No " + number + "/" + year
}

var dayShape = regexp.MustCompile(`^(\d{1,2})[. ]\s*(\d{1,2}|[A-Za-z]+)\.?[. ]\s*(\d{4})$`)

// dayOf reads a day as the Official Journal writes it: "17.3.2014", "2 March
// 2011", "17 Sept. 2015".
func dayOf(text string) (access.Date, bool) {
	if d, err := access.ParseDate(text); err == nil {
		return d, true
	}
	m := dayShape.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return "", false
	}
	month := m[2]
	if month[0] > '9' {
		month = month[:min(len(month), 3)]
	}
	for _, layout := range []string{"2 1 2006", "2 Jan 2006"} {
		if t, err := time.Parse(layout, m[1]+" "+month+" "+m[3]); err == nil && t.Year() >= 1900 {
			return access.DateOf(t), true
		}
	}
	return "", false
}
