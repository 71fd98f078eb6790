package ofac

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/party"
)

// remarksWidth is where the primary part cuts remarks, in characters.
const remarksWidth = 1000

// quoted is how an item begins whose text may itself hold a semicolon.
var quoted = regexp.MustCompile(`^(?:alt\. )?[afn]\.k\.a\. '`)

// itemsOf splits remarks at their semicolons. Remarks that fill the width, where
// there is one, were cut and go on somewhere else, as are those without width
// that do not end with a full stop: then open is true, and rest is the
// unfinished item, perhaps "". A full stop proves nothing at the width, since
// the cut may fall behind one within a text.
func itemsOf(remarks string, width int) (items []string, rest string, open bool) {
	text := strings.TrimLeft(remarks, " ")
	if null(text) == "" {
		return nil, "", false
	}
	if open = !strings.HasSuffix(strings.TrimRight(text, " "), "."); width > 0 {
		open = utf8.RuneCountInString(remarks) >= width
	}
	for {
		item, after, more := cutItem(text)
		if !more {
			break
		}
		items, text = appendItem(items, item), strings.TrimLeft(after, " ")
	}
	if open {
		return items, text, true
	}
	return appendItem(items, withoutStop(strings.TrimSpace(text))), "", false
}

func appendItem(items []string, item string) []string {
	if item = strings.TrimSpace(item); item == "" {
		return items
	}
	return append(items, item)
}

// cutItem cuts text after its first item.
func cutItem(text string) (item, after string, more bool) {
	if quoted.MatchString(text) {
		if i := strings.Index(text, "';"); i >= 0 {
			return text[:i+1], text[i+2:], true
		}
		return text, "", false
	}
	return strings.Cut(text, ";")
}

// initials is an abbreviation whose own full stop ends the remarks too.
var initials = regexp.MustCompile(`\.[A-Z]\.$`)

func withoutStop(s string) string {
	if initials.MatchString(s) {
		return s
	}
	return strings.TrimSuffix(s, ".")
}

// mine states what the items of remarks say about a subject, whose kind is ""
// when the part does not say it.
func (r *reader) mine(line int, subject string, kind party.Kind, items []string) ([]ledger.Statement, cmic) {
	var out []ledger.Statement
	var dates cmic
	for _, item := range items {
		item = strings.TrimPrefix(item, "alt. ")
		l, ok := labelOf(item)
		if !ok || l.sort == passed {
			continue
		}
		if l.sort == cmicDate {
			r.cmicDate(line, subject, item, l, &dates)
			continue
		}
		out = append(out, l.statements(subject, kind, item)...)
	}
	return out, dates
}

// labelsByInitial makes the table quick to search.
var labelsByInitial = func() map[byte][]label {
	m := map[byte][]label{}
	for _, l := range labels {
		m[l.prefix[0]] = append(m[l.prefix[0]], l)
	}
	return m
}()

func labelOf(item string) (label, bool) {
	if item == "" {
		return label{}, false
	}
	for _, l := range labelsByInitial[item[0]] {
		if strings.HasPrefix(item, l.prefix) {
			return l, true
		}
	}
	return label{}, false
}

func (l label) statements(subject string, kind party.Kind, item string) []ledger.Statement {
	rest := strings.TrimSpace(strings.TrimPrefix(item, l.prefix))
	if rest == "" {
		return nil
	}
	switch l.sort {
	case whole:
		return []ledger.Statement{party.DetailStatement(subject, party.Detail{Name: l.name, Value: item})}
	case identifier:
		return []ledger.Statement{party.IdentifierStatement(subject, identifierOf(l.name, rest))}
	case linked:
		return []ledger.Statement{party.LinkStatement(subject, party.Link{Relation: l.name, Name: rest})}
	case also:
		name := strings.TrimSuffix(strings.TrimPrefix(rest, "'"), "'")
		if party.Fold(name) == "" {
			return nil
		}
		if kind == "" && isPersonal(name) {
			kind = party.Person
		}
		return party.NameStatements(subject, l.name+":"+party.Slug(name), kind, party.Name{Name: name, Quality: party.Quality(l.name)})
	}
	return []ledger.Statement{party.DetailStatement(subject, party.Detail{Name: l.name, Value: rest})}
}

func (r *reader) cmicDate(line int, subject, item string, l label, dates *cmic) {
	day, ok := dateOf(strings.TrimPrefix(strings.TrimPrefix(item, l.prefix), ":"))
	if !ok {
		r.warn("line %d: %s: %q gives no day like 02 Aug 2021; passed over", line, subject, clip(item))
		return
	}
	switch l.name {
	case "listed":
		dates.listed = day
	case "effective":
		dates.effective = day
	case "divest":
		dates.divest = day
	}
}

var (
	identifierShape = regexp.MustCompile(`^(.*?)(?: \(([^()]*)\))?(?: \((?:expired|[^()]*[Ii]nvalid[^()]*)\))?(?: issued .*?)?(?: expires .*?)?$`)
	leiShape        = regexp.MustCompile(`^[0-9A-Z]{18}[0-9]{2}$`) // ISO 17442
)

// identifierOf reads a number as OFAC writes it: value, country in brackets,
// days of issue and expiry, which the entry's remarks keep. A "legal entity
// number" is an LEI when it has the form of one. A wallet's value is its
// address, without the currency before it.
func identifierOf(scheme, text string) party.Identifier {
	text = strings.TrimLeft(text, "#: ")
	m := identifierShape.FindStringSubmatch(text)
	id := party.Identifier{Scheme: scheme, Value: strings.TrimSpace(m[1]), Country: m[2]}
	switch {
	case id.Value == "":
		id.Value, id.Country = text, ""
	case scheme == "legal_entity" && leiShape.MatchString(id.Value):
		id.Scheme = "lei"
	case scheme == "legal_entity":
		id.Scheme = "registration"
	case scheme == "wallet":
		if _, address, ok := strings.Cut(id.Value, " "); ok {
			id.Value = address
		}
	}
	return id
}
