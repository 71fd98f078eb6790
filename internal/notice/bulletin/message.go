package bulletin

import (
	"cmp"
	"fmt"
	"strings"

	"countersign.dev/internal/impact/concern"
)

// Title is what a letter is about, in one line.
func (l *Letter) Title() string {
	if l.Kind == OfClock {
		return oneLine(l.Subject)
	}
	what := "may concern you"
	if n := len(l.Systems); n == 1 {
		what = "concerns a system of yours"
	} else if n > 1 {
		what = fmt.Sprintf("concerns %d systems of yours", n)
	}
	return oneLine(l.Subject) + " " + what
}

// The most that a message shows; the letter itself has all.
const (
	mostSystems = 50
	mostPaths   = 2
)

// Plain is a letter as text, with where to acknowledge it; "" to leave that out.
func (l *Letter) Plain(link string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\nto:      %s\nfrom:    %s\nas of:   %s\nmarking: %s\n", l.Title(), oneLine(cmp.Or(l.Name, l.Organisation)), oneLine(l.From), l.At, l.Marking)
	if l.Text != "" {
		fmt.Fprintf(&b, "\n%s\n", l.Text)
	}
	for i := range l.Systems {
		if i == mostSystems {
			fmt.Fprintf(&b, "\nand %d more systems\n", len(l.Systems)-i)
			break
		}
		s := &l.Systems[i]
		fmt.Fprintf(&b, "\n%s", oneLine(cmp.Or(s.Name, s.ID)))
		if s.Criticality != "" {
			fmt.Fprintf(&b, " (%s)", oneLine(s.Criticality))
		}
		b.WriteString("\n")
		for j, p := range s.Paths {
			if j == mostPaths {
				break
			}
			fmt.Fprintf(&b, "  %s\n", PathLine(p))
		}
	}
	if l.Withheld {
		b.WriteString("\nThere is more than you may see.\n")
	}
	if link != "" {
		fmt.Fprintf(&b, "\nPlease acknowledge: %s\n", link)
	}
	return b.String()
}

// PathLine is a way in one line.
func PathLine(p concern.Path) string {
	if len(p) == 0 {
		return "is what is told of"
	}
	var b strings.Builder
	b.WriteString(oneLine(cmp.Or(p[0].From.Name, p[0].From.ID)))
	for i := range p {
		fmt.Fprintf(&b, " > %s %s", p[i].Relation, oneLine(cmp.Or(p[i].To.Name, p[i].To.ID)))
	}
	return b.String()
}

// Message is the body of a webhook, and stable.
type Message struct {
	Type        string  `json:"type"` // "bulletin"
	Letter      *Letter `json:"letter"`
	Acknowledge string  `json:"acknowledge,omitempty"` // where it is acknowledged
}

// oneLine is text without characters that end a line.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 }), " ")
}
