package sheet

import (
	"strconv"
	"strings"
	"unicode"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
)

// Label is what is drawn.
type Label struct {
	URL        string // what the QR code holds
	ID         string // XXXXX-XXXXX
	Authority  string // who gives the label
	Scheme     string // its title
	Tier       int    // reached, from 1; 0 for a scheme without tiers
	Tiers      int    // how many there are
	Maker      string
	Product    string
	ValidUntil access.Date // the first day on which it is no longer valid
	SupportEnd access.Date // the first day without security updates; "" when none was stated
	Address    string      // where to look it up, as one types it: labels.example/L/XXXXX-XXXXX
	Details    *Details    // nil for the front alone
}

// Details is what the second panel says. Each entry is a sentence for people.
type Details struct {
	Met           []string
	NotMet        []string
	NotApplicable []string
}

const (
	maxTiers = 8
	maxText  = 600 // characters that are looked at of any text
)

// fault reports what of a label cannot be drawn.
func (l *Label) fault() error {
	if l.Tier < 0 || l.Tiers < 0 || l.Tier > l.Tiers || l.Tiers > maxTiers {
		return problem.New(problem.Invalid, "label %s: tier %d of %d: at most %d can be drawn", l.ID, l.Tier, l.Tiers, maxTiers)
	}
	if _, err := access.ParseDate(string(l.ValidUntil)); err != nil {
		return problem.Wrap(problem.Invalid, err, "label %s, valid until", l.ID)
	}
	if l.SupportEnd == "" {
		return nil
	}
	if _, err := access.ParseDate(string(l.SupportEnd)); err != nil {
		return problem.Wrap(problem.Invalid, err, "label %s, support end", l.ID)
	}
	return nil
}

// tier is what the bars say, in words; "" for a scheme without tiers.
func (l *Label) tier() string {
	if l.Tiers == 0 {
		return ""
	}
	return "Tier " + strconv.Itoa(l.Tier) + " of " + strconv.Itoa(l.Tiers)
}

// lastDay writes the day before, for people: "valid until 26 Nov 2028" is then
// true however one reads "until".
func lastDay(d access.Date) string { return day(d.AddDays(-1)) }

func day(d access.Date) string { return d.Time().Format("2 Jan 2006") }

// support is until when there will be updates, in words.
func (l *Label) support() string {
	if l.SupportEnd == "" {
		return "not stated"
	}
	return lastDay(l.SupportEnd)
}

// words is everything that the front says, for those who do not see it.
func (l *Label) words() string {
	parts := []string{l.Product + " by " + l.Maker + "."}
	if t := l.tier(); t != "" {
		parts = append(parts, t+".")
	}
	parts = append(parts,
		"Given by "+l.Authority+" under "+l.Scheme+".",
		"Valid until "+lastDay(l.ValidUntil)+".",
		"Security updates until: "+l.support()+".",
		"Label "+l.ID+"; check it at "+l.Address+".")
	return plain(strings.Join(parts, " "))
}

// plain is a text on one line and of a length that one can lay out, without
// characters that have no shape.
func plain(text string) string {
	n := 0
	text = strings.Map(func(r rune) rune {
		if n++; n > maxText {
			return -1
		}
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.Is(unicode.Cc, r), r == unicode.ReplacementChar, r == 0xfffe, r == 0xffff:
			return -1
		}
		return r
	}, text)
	return strings.Join(strings.Fields(text), " ")
}
