// Package namekind tells from a name what kind of party bears it, for lists
// that do not say.
//
// Begin with [Of]. It is careful: a person that is taken for an organisation is
// compared by the wrong rules, so that only what no person is called counts.
package namekind

import (
	"regexp"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/party"
)

// business are words that only organisations have in their names.
var business = regexp.MustCompile(`(?i)\b(?:airlines?|airways|aviation|trading|technolog(?:y|ies)|electronics?|international|enterprises?|group|industr(?:y|ies|ial)|services|systems|university|institute|academy|research|export|import|logistics|engineering|freight|cargo|shipping|bank|foundation|laborator(?:y|ies)|solutions|partners|associates|cent(?:er|re)|factory|plant|ministry|department|agency|organi[sz]ation|corporation|regiment|bureau)\b`)

// Of is organisation for a name with a legal form, or with a word that only
// organisations have in theirs; "" for any other, which leaves it open.
func Of(name string) party.Kind {
	if party.Core(name) != party.Fold(name) || business.MatchString(name) {
		return party.Organisation
	}
	return ""
}

// AsPerson states the primary name of a party of an open kind as a person's,
// so that it is found whatever the order of its words.
func AsPerson(subject, name string, published access.Date) ledger.Statement {
	return ledger.Statement{
		Kind: party.FactCore, Subject: subject, Key: "primary as a person's", Term: party.PersonTerm(name),
		Body: party.Name{Name: name, Quality: party.Primary}, Published: published,
	}
}
