package quality

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"countersign.dev/internal/software"
)

// answer is what a check finds.
type answer uint8

const (
	missing answer = iota
	present
	unknown // the bill says that it is not known
)

// componentTest tests one component of a bill, by index.
type componentTest func(s *sheet, i int) answer

// documentTest tests a bill; found is what it says, for people.
type documentTest func(s *sheet) (a answer, found string)

// componentChecks makes the tests of components from their arguments.
var componentChecks = map[string]func(with []string) (componentTest, error){
	"component-name":               field(func(c *software.Component) answer { return told(c.Name) }),
	"component-version":            field(func(c *software.Component) answer { return told(c.Version) }),
	"component-supplier":           field(func(c *software.Component) answer { return told(c.Supplier) }),
	"component-producer":           field(producer),
	"component-identifier":         field(identifier),
	"component-licence":            field(licence),
	"component-licence-expression": licenceExpression,
	"component-hash":               hash,
	"component-download":           field(download),
	"component-relation":           relation,
}

// documentChecks makes the tests of the bill itself.
var documentChecks = map[string]func(with []string) (documentTest, error){
	"document-author":         bill(author),
	"document-author-or-tool": bill(authorOrTool),
	"document-timestamp":      bill(timestamp),
	"document-tool":           bill(tool),
	"document-tool-version":   bill(toolVersion),
	"document-context":        bill(generationContext),
	"document-signature":      bill(signature),
	"document-format":         formatAtLeast,
	"document-format-version": bill(formatVersion),
	"document-version":        bill(version),
	"document-uri":            bill(uri),
	"document-completeness":   bill(completeness),
	"document-depth":          depth,
}

// known reports, as an error, that there is no such check for what an element
// is asked of, or not with these arguments.
func known(check string, of Applies, with []string) error {
	var err error
	var names []string
	if of == ToComponent {
		if prepare := componentChecks[check]; prepare != nil {
			_, err = prepare(with)
			return err
		}
		names = slices.Sorted(maps.Keys(componentChecks))
	} else {
		if prepare := documentChecks[check]; prepare != nil {
			_, err = prepare(with)
			return err
		}
		names = slices.Sorted(maps.Keys(documentChecks))
	}
	return fmt.Errorf("check %q: want one of %s", check, strings.Join(names, ", "))
}

// field is a test that looks at the component alone and takes no arguments.
func field(test func(*software.Component) answer) func([]string) (componentTest, error) {
	return func(with []string) (componentTest, error) {
		if len(with) > 0 {
			return nil, fmt.Errorf("with: this check takes nothing")
		}
		return func(s *sheet, i int) answer { return test(&s.bill.Components[i]) }, nil
	}
}

// bill is a test of the bill that takes no arguments.
func bill(test func(*software.Bill) (answer, string)) func([]string) (documentTest, error) {
	return func(with []string) (documentTest, error) {
		if len(with) > 0 {
			return nil, fmt.Errorf("with: this check takes nothing")
		}
		return func(s *sheet) (answer, string) { return test(s.bill) }, nil
	}
}

// told says whether a text says something, nothing, or that it is not known
// (SPDX: NOASSERTION, NONE).
func told(text string) answer {
	text = strings.TrimSpace(text)
	if text == "" {
		return missing
	}
	switch text[0] {
	case 'N', 'n', 'U', 'u', '(': // nearly all texts begin otherwise
		if slices.ContainsFunc(unknowns, func(u string) bool { return strings.EqualFold(u, text) }) {
			return unknown
		}
	}
	return present
}

// unknowns are the words by which bills say that something is not known.
var unknowns = []string{"NOASSERTION", "NONE", "UNKNOWN", "N/A", "(unknown)"}

// best is present if any text says something, else unknown if any says so.
func best(texts ...string) answer {
	out := missing
	for _, t := range texts {
		switch told(t) {
		case present:
			return present
		case unknown:
			out = unknown
		}
	}
	return out
}
