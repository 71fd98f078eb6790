package eu

import (
	"regexp"
	"strings"

	"countersign.dev/internal/listing"
	"countersign.dev/internal/listing/nametext"
	"countersign.dev/internal/party"
	"countersign.dev/internal/table"
)

// numberColumns say which identifier a column holds. country is the issuer's
// where the column is of one country alone.
var numberColumns = []struct{ column, scheme, country string }{
	{"innCode", "tax", "Russia"}, {"ogrnCode", "registration", "Russia"}, {"kppCode", "kpp", "Russia"}, {"okpoCode", "okpo", "Russia"},
	{"taxNumber", "tax", ""}, {"registrationNumber", "registration", ""}, {"passportNumber", "passport", ""}, {"idNumber", "identification", ""},
	{"leiCode", "lei", ""}, {"swiftBic", "swift", ""}, {"ticker", "ticker", ""}, {"imoNumber", "imo", ""}, {"mmsi", "mmsi", ""},
}

// notedSchemes are schemes that the words beside a number tell, whatever the
// column.
var notedSchemes = []struct {
	words  *regexp.Regexp
	scheme string
}{
	{regexp.MustCompile(`(?i)unified social credit`), "uscc"},
	{regexp.MustCompile(`(?i)\bOGRN\b`), "registration"},
	{regexp.MustCompile(`(?i)\bSWIFT\b|\bBIC\b`), "swift"},
	{regexp.MustCompile(`(?i)\bINN\b|\btax\b|\bTIN\b|\bVAT\b|\bUNP\b|taxpayer|fiscal`), "tax"},
	{regexp.MustCompile(`(?i)\bKPP\b`), "kpp"},
	{regexp.MustCompile(`(?i)\bOKPO\b`), "okpo"},
	{regexp.MustCompile(`(?i)\bLEI\b`), "lei"},
	{regexp.MustCompile(`(?i)passport`), "passport"},
	{regexp.MustCompile(`(?i)company number|registration|registry|business|enterprise|\bCR\b`), "registration"},
	{regexp.MustCompile(`(?i)licen[cs]e`), "licence"},
}

// labelledNumber is a number in running text with its Russian label before it.
var labelledNumber = regexp.MustCompile(`(?i)\b(INN|OGRN|KPP|OKPO)\b[: №]{0,3}(\d{8,13})\b`)

var russian = map[string]string{"INN": "tax", "OGRN": "registration", "KPP": "kpp", "OKPO": "okpo"}

// identifiers states the numbers of a row. A text of which it is not sure which
// part is the number is kept as a detail, whole.
func (j *journal) identifiers(row table.Row, entry *listing.Entry) {
	for _, c := range numberColumns {
		cell := row.Get(c.column)
		if cell == "" || strings.EqualFold(cell, "does not exist") {
			continue
		}
		for _, m := range labelledNumber.FindAllStringSubmatch(cell, 8) {
			j.Identifier(entry.ID, russian[strings.ToUpper(m[1])], m[2], "Russia")
		}
		cell = labelledNumber.ReplaceAllString(cell, "")
		for _, item := range nametext.Numbers(cell) {
			scheme, country := c.scheme, c.country
			number, note, ok := nametext.Number(item)
			if scheme == "swift" && strings.ContainsAny(item, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
				number, _, _ = strings.Cut(item, " ")
				ok = true
			}
			if !ok {
				j.Detail(entry.ID, "numbers", item)
				continue
			}
			scheme = schemeByNote(scheme, note)
			if scheme == "identification" && entry.Kind == party.Person {
				scheme = "national_id"
			}
			if country == "" {
				country = countryIn(note)
			}
			if scheme == "imo" && entry.Kind == party.Organisation {
				scheme = "imo_company"
			}
			j.Identifier(entry.ID, scheme, number, country)
		}
	}
}

func schemeByNote(scheme, note string) string {
	if scheme != "registration" && scheme != "tax" && scheme != "identification" && scheme != "passport" {
		return scheme
	}
	for _, n := range notedSchemes {
		if n.words.MatchString(note) {
			return n.scheme
		}
	}
	return scheme
}

// countries that annexes write in the bracket behind a number.
var countryNote = regexp.MustCompile(`^(?:Russia|Russian Federation|Belarus|Iran|Iran \(Islamic Republic of\)|China|Hong Kong|Türkiye|Turkey|United Arab Emirates|UAE|Nicaragua|Venezuela|Myanmar|Syria|Ukraine|Kazakhstan|Kyrgyzstan|Uzbekistan|Armenia|Serbia|India|Singapore|Thailand|Cyprus|Lebanon|Saudi Arabia|Jordan|Egypt|Libya|Sudan|DPRK|Saint Vincent and the Grenadines)$`)

// countryIn is the country that a bracket begins with, "" when with none.
func countryIn(note string) string {
	first, _, _ := strings.Cut(note, ",")
	return countryNote.FindString(first)
}

// detailColumns are the columns that are kept as details, under the names that
// all readers use for the same.
var detailColumns = []struct{ column, name string }{
	{"country", "country"}, {"jurisdiction", "jurisdiction"}, {"birthPlace", "birth_place"},
	{"position", "position"}, {"incorporationDate", "established"}, {"legalForm", "legal_form"}, {"sector", "sector"}, {"flag", "vessel_flag"},
	{"phone", "phone"}, {"email", "email"}, {"website", "website"}, {"fatherName", "father"}, {"motherName", "mother"}, {"ethnicity", "ethnicity"},
}

func (j *journal) details(row table.Row, entry *listing.Entry) {
	for _, item := range nametext.Items(row.Get("birthDate")) {
		item, _, _ = strings.Cut(item, " POB:")
		for _, one := range strings.Split(item, " or ") {
			j.Detail(entry.ID, "birth_date", strings.Trim(one, " .,"))
		}
	}
	j.Detail(entry.ID, "gender", strings.ToLower(strings.Trim(row.Get("gender"), " .")))
	for _, n := range nationalities(row.Get("nationality")) {
		j.Detail(entry.ID, "nationality", n)
	}
	for _, c := range detailColumns {
		for _, item := range nametext.Items(row.Get(c.column)) {
			j.Detail(entry.ID, c.name, strings.TrimSuffix(item, "."))
		}
	}
	j.Detail(entry.ID, "appearance", strings.ReplaceAll(row.Get("appearance"), `"`, ""))
	for _, item := range nametext.Items(row.Get("address")) {
		j.Address(entry.ID, party.Address{Street: item})
	}
}
