package party

import (
	"cmp"
	"strings"
	"unicode"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
)

// NameStatements states one name of a subject, twice: as [FactName] with the
// term Fold(name), and as [FactCore] with the term by which the name is found
// when it is not written just so. That is PersonTerm(name) for a person and
// Core(name) for anybody else.
//
// Who looks for a name therefore asks for FactName by Fold(query), then for
// FactCore by Core(query) and PersonTerm(query) together; the kind of party
// need not be known, because the two sorts of core terms never meet. Key names
// the name among the subject's others, and stays the same for as long as the
// source means the same one.
func NameStatements(subject, key string, kind Kind, name Name) []ledger.Statement {
	core := Core(name.Name)
	if kind == Person {
		core = PersonTerm(name.Name)
	}
	return []ledger.Statement{
		{Kind: FactName, Subject: subject, Key: key, Term: Fold(name.Name), Body: name},
		{Kind: FactCore, Subject: subject, Key: key, Term: core, Body: name},
	}
}

// IdentifierStatement states an identifier, keyed by its scheme, value and
// country, so that it stays one fact however often a source repeats it.
func IdentifierStatement(subject string, id Identifier) ledger.Statement {
	term := IdentifierTerm(id.Scheme, id.Value)
	key := term
	if id.Country != "" {
		key += " " + Fold(id.Country)
	}
	return ledger.Statement{Kind: FactIdentifier, Subject: subject, Key: key, Term: term, Body: id}
}

// DetailStatement states a detail, keyed by its name and value.
func DetailStatement(subject string, d Detail) ledger.Statement {
	return ledger.Statement{Kind: FactDetail, Subject: subject, Key: d.Name + ":" + shortKey(d.Value), Body: d}
}

// LinkStatement states a link, keyed by its relation and where it points.
func LinkStatement(subject string, l Link) ledger.Statement {
	to := l.To
	if to == "" {
		to = Fold(l.Name)
	}
	return ledger.Statement{Kind: FactLink, Subject: subject, Key: l.Relation + ":" + shortKey(to), Term: l.To, Body: l}
}

// Ever is from when an interest is taken to hold whose source does not say
// since when: it then says that it is held on any day up to its end.
const Ever access.Date = "1000-01-01"

// InterestStatement states an interest in the party held from one day to
// another; either may be "" when the source does not say, which leaves that
// side open ([Ever], [access.Forever]). Key names the interest among those of
// its source, and stays the same for as long as the source means the same one.
func InterestStatement(held, key string, i Interest, from, to access.Date) ledger.Statement {
	return ledger.Statement{
		Kind: FactInterest, Subject: held, Key: shortKey(key), Term: i.Holder, Body: i,
		ValidFrom: cmp.Or(from, Ever), ValidTo: cmp.Or(to, access.Forever),
	}
}

// KeyAnyKind is the key of the [FactCore] that only parties have whose source
// does not tell their kind; see [PartyStatements].
const KeyAnyKind = "name as a person's"

// PartyStatements states the name of a party that a table or register names
// and does not list, so that it is found by it and joined to entries that bear
// it. A kind of "" is one that the source does not tell: the name then leads to
// persons too, whatever the order of its words.
func PartyStatements(subject string, kind Kind, name string) []ledger.Statement {
	stated := Name{Name: name, Quality: Primary}
	out := NameStatements(subject, "name", kind, stated)
	if kind == "" {
		out = append(out, ledger.Statement{Kind: FactCore, Subject: subject, Key: KeyAnyKind, Term: PersonTerm(name), Body: stated})
	}
	return out
}

// CellID is the id of a party that a table names in one cell, by its id or by
// its name: a cell without space is taken for an id as it stands, so that it
// means the entry or party of that id where there is one; of anything else the
// id is its [Slug]. Either way the reader states the cell as a name too, by
// which entries of other sources are joined.
func CellID(cell string) string {
	if cell != "" && len(cell) <= maxSlug && !strings.ContainsFunc(cell, unicode.IsSpace) {
		return cell
	}
	return Slug(cell)
}

// shortKey bounds a key that is made of text.
func shortKey(s string) string {
	const limit = 160
	if len(s) <= limit {
		return s
	}
	return Slug(s)
}
