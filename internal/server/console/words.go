package console

import (
	"fmt"
	"html/template"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/advisory/findings"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/party"
	"countersign.dev/internal/screening"
)

// functions are what templates may call.
func functions(assets map[string]string) template.FuncMap {
	return template.FuncMap{
		"asset":           func(name string) string { return assets[name] },
		"words":           func(v any) string { return words(fmt.Sprint(v)) },
		"title":           func(v any) string { return capital(words(fmt.Sprint(v))) },
		"capital":         capital,
		"verdict":         func(v any) string { return verdictWord(fmt.Sprint(v)) },
		"tone":            func(v any) string { return tone(fmt.Sprint(v)) },
		"instant":         func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"minute":          func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") },
		"count":           func(v any) string { return grouped(fmt.Sprint(v)) },
		"size":            size,
		"plural":          plural,
		"short":           short,
		"web":             webAddress,
		"prose":           prose,
		"dated":           dated,
		"shortest":        func() int { return access.MinPassword },
		"cite":            cite,
		"listing":         listingPart,
		"vexform":         vexFormPart,
		"systems":         systemsPart,
		"impacted":        impactedPart,
		"drawn":           func(says string, d *blast) drawnView { return drawnView{says, d} },
		"statustone":      statusTone,
		"labeltone":       labelTone,
		"incidenttone":    incidentTone,
		"recordpart":      recordPart,
		"runtone":         runTone,
		"lasting":         lasting,
		"controltone":     controlTone,
		"attestationtone": attestationTone,
		"product":         productName,
		"labelpart":       labelPart,
		"lastday":         func(d access.Date) access.Date { return d.AddDays(-1) },
		"sentence":        sentence,
		"own":             ownName,
		"ispurl":          func(id string) bool { return strings.HasPrefix(id, "pkg:") },
		"version":         versionWord,
		"called":          calledWord,
		"series":          seriesWord,
		"dayof":           func(t string) access.Date { return advisory.DayOf(t) },
		"score":           func(x float64) string { return strconv.FormatFloat(x, 'f', 3, 64) },
		"percent":         func(x float64) string { return strconv.FormatFloat(100*min(max(x, 0), 1), 'f', 1, 64) + "%" },
		"signed":          signed,
		"quality":         qualityWord,
		"threshold":       func() float64 { return screening.Threshold },
		"date": func(id, label, value string, placeholder any, required bool) dateField {
			return dateField{id, label, value, fmt.Sprint(placeholder), required}
		},
	}
}

// dateField is what the template "date" shows.
type dateField struct {
	ID, Label, Value, Placeholder string
	Required                      bool
}

// exceptions are the terms of the data that are more than their words.
var exceptions = map[string]string{
	"in_force":           "in force",
	"wind_down":          "wind-down",
	"not_listed":         "not listed",
	"purchase":           "purchase of securities",
	"holding":            "holding of securities",
	"affiliate_export":   "export to affiliates",
	"exchange_delisting": "delisting from an exchange",
	"index_removal":      "removal from an index",
	"secondary":          "secondary sanctions",
	"respelled":          "respelled",
	"agreed":             "end agreed",
	"exploited":          "what is exploited",
	"likelihood":         "how likely exploitation is",
	"":                   "all purposes",
}

// words turns a term of the data into words for a reader.
func words(term string) string {
	if w, ok := exceptions[term]; ok {
		return w
	}
	return strings.ReplaceAll(strings.ReplaceAll(term, "_", " "), ",", ", ")
}

func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[n:]
}

// verdictWord is how a verdict is said on a page. What is no verdict was not
// answered.
func verdictWord(v string) string {
	switch v {
	case "allow", "review", "deny":
		return capital(v)
	}
	return "Not answered"
}

// tone is the class that gives a verdict its colour and shape.
func tone(v string) string {
	switch v {
	case "allow", "review", "deny":
		return v
	}
	return "none"
}

// grouped writes a number with thin spaces between its thousands.
func grouped(digits string) string {
	if len(digits) <= 4 {
		return digits
	}
	var b strings.Builder
	for i, r := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteRune('\u202f')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// signed is a number with its sign, as strengths of evidence are written; a
// true minus is as wide as a plus.
func signed(x float64) string {
	if x == 0 {
		return "0"
	}
	return strings.Replace(fmt.Sprintf("%+.2f", x), "-", "−", 1)
}

// qualityWord is what a sort of name is called.
func qualityWord(q party.Quality) string {
	switch q {
	case party.Primary:
		return "name"
	case party.Weak:
		return "weak alias"
	case party.Former:
		return "former name"
	case party.Acronym:
		return "acronym"
	}
	return "alias"
}

// versionWord is a version for a list: of one that is a digest enough to tell
// it from others.
func versionWord(v string) string {
	if strings.HasPrefix(v, "sha256:") {
		return "sha256:" + short(v)
	}
	return v
}

// wholeDigest is a digest inside a name, as images have it.
var wholeDigest = regexp.MustCompile(`sha256:[0-9a-f]{64}`)

// calledWord is a release's name for a heading, with digests cut short.
func calledWord(name string) string { return wholeDigest.ReplaceAllStringFunc(name, versionWord) }

// seriesWord is what a series of documents is called where its own name is the
// id of what it is about.
func seriesWord(source string) string {
	switch {
	case strings.HasPrefix(source, billSeries):
		return "bill of materials"
	case findings.IsOwnSource(source):
		return "analyst's statement"
	}
	return source
}

// ownName is the id of a thing in an inventory without the word for its sort.
func ownName(id string) string {
	for _, sort := range []string{"organisation:", "system:", "asset:"} {
		if rest, ok := strings.CutPrefix(id, sort); ok {
			return rest
		}
	}
	return id
}

// plural is a number with its noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	switch {
	case strings.HasSuffix(noun, "ch"), strings.HasSuffix(noun, "ss"):
		noun += "e"
	case strings.HasSuffix(noun, "try"), strings.HasSuffix(noun, "ity"):
		noun = strings.TrimSuffix(noun, "y") + "ie"
	}
	return grouped(fmt.Sprint(n)) + " " + noun + "s"
}

// size writes a number of bytes for a reader, in decimal units.
func size(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d bytes", n)
	case n < 1000*1000:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	case n < 1000*1000*1000:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(n)/1e9)
}

// short is enough of a digest to tell it from others at a glance.
func short(digest string) string {
	hexed := strings.TrimPrefix(digest, "sha256:")
	if len(hexed) <= 12 {
		return digest
	}
	return hexed[:12] + "…"
}

// webAddress is text when it is an address that a page may link to, and ""
// otherwise: sources are what somebody wrote into a file.
func webAddress(text string) string {
	text, _, _ = strings.Cut(text, " ; ")
	text, _, _ = strings.Cut(strings.TrimSpace(text), " ")
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return u.String()
}

// passage is a stretch of text; of code where it stands between backticks, and
// of a day where it is one.
type passage struct {
	Text      string
	Code, Day bool
}

// prose splits text at its backticks. One without its like is only itself.
func prose(text string) []passage {
	parts := strings.Split(text, "`")
	if len(parts)%2 == 0 {
		parts = append(parts[:len(parts)-2], parts[len(parts)-2]+"`"+parts[len(parts)-1])
	}
	out := make([]passage, len(parts))
	for i, p := range parts {
		out[i] = passage{Text: p, Code: i%2 == 1}
	}
	return out
}

var isoDay = regexp.MustCompile(`\b\d{4}-\d{2}-\d{2}\b`)

// dated splits text at the days in it, which then do not break over a line and
// are known as days to whatever reads the page.
func dated(text string) []passage {
	var out []passage
	at := 0
	for _, found := range isoDay.FindAllStringIndex(text, -1) {
		out = append(out, passage{Text: text[at:found[0]]}, passage{Text: text[found[0]:found[1]], Day: true})
		at = found[1]
	}
	return append(out, passage{Text: text[at:]})
}

// citation is what the template "cited" shows.
type citation struct {
	Moment   Moment
	Evidence []dossier.Evidence
}

// cite takes one piece of evidence or several, and names each document once.
func cite(m Moment, evidence any) citation {
	c := citation{Moment: m}
	var all []dossier.Evidence
	switch e := evidence.(type) {
	case dossier.Evidence:
		all = []dossier.Evidence{e}
	case []dossier.Evidence:
		all = e
	}
	seen := map[int64]bool{}
	for _, e := range all {
		if e.Document > 0 && !seen[e.Document] {
			seen[e.Document] = true
			c.Evidence = append(c.Evidence, e)
		}
	}
	return c
}
