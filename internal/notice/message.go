package notice

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/policy"
)

// Message is what is told of one changed decision. Its JSON is the body of a
// webhook, and stable.
type Message struct {
	Watch     string          `json:"watch,omitempty"` // id; not in a feed
	Subject   Subject         `json:"subject"`
	Purpose   string          `json:"purpose,omitempty"`
	Was       *policy.Verdict `json:"was"` // null when nothing was decided before
	Is        policy.Verdict  `json:"is"`
	Because   string          `json:"because"` // the first reason for what it is now, a new one before others
	Changes   []Change        `json:"changes"`
	At        access.Date     `json:"at"`
	ChangesOn *access.Date    `json:"changes_on"` // the next day on which time alone changes it
	Position  int64           `json:"position"`
	Decision  string          `json:"decision"`      // digest
	Replaces  *string         `json:"replaces"`      // digest of the one before
	URL       string          `json:"url,omitempty"` // where people read it
}

// Subject is whom or what a decision is about.
type Subject struct {
	Query string `json:"query"` // as it was asked for
	ID    string `json:"id,omitempty"`
	Name  string `json:"name,omitempty"`
}

// Change is one reason that came, went, or says something else now.
type Change struct {
	Change  string         `json:"change"` // "appeared", "disappeared" or "changed"
	Rule    string         `json:"rule"`
	Verdict policy.Verdict `json:"verdict"` // that the rule asks for
	About   string         `json:"about,omitempty"`
	Because string         `json:"because"`
	Was     string         `json:"was,omitempty"` // what it said before, when it changed
	Cite    string         `json:"cite"`
}

// maxChanges is how many changes a message tells; the decisions have them all.
const maxChanges = 50

// MessageOf is what is told when a decision replaces another, which may be nil.
func MessageOf(is, was *decision.Recorded, position int64, digest, replaces string) *Message {
	m := &Message{
		Subject: Subject{Query: is.Query, ID: is.Subject.ID, Name: is.Subject.Name}, Is: is.Verdict, Changes: []Change{},
		At: is.At, ChangesOn: is.ChangesOn, Position: position, Decision: digest,
	}
	if is.Purpose != nil {
		m.Purpose = *is.Purpose
	}
	var before []decision.Reason
	if was != nil {
		m.Was, m.Replaces, before = &was.Verdict, &replaces, was.Reasons
	}
	m.compare(is.Reasons, before)
	m.Because = because(is, m.Changes)
	m.Changes = m.Changes[:min(len(m.Changes), maxChanges)]
	return m
}

// compare notes what came, changed and went, the gravest first.
func (m *Message) compare(now, before []decision.Reason) {
	old := map[string][]decision.Reason{}
	for _, r := range before {
		old[reasonKey(&r)] = append(old[reasonKey(&r)], r)
	}
	for _, r := range now {
		k := reasonKey(&r)
		c := Change{Change: "appeared", Rule: r.Rule, Verdict: r.Verdict, About: r.About, Because: r.Because, Cite: r.Cite}
		if same := old[k]; len(same) > 0 {
			old[k] = same[1:]
			if same[0].Because == r.Because {
				continue
			}
			c.Change, c.Was = "changed", same[0].Because
		}
		m.Changes = append(m.Changes, c)
	}
	for _, r := range before {
		k := reasonKey(&r)
		if left := old[k]; len(left) > 0 {
			old[k] = left[1:]
			m.Changes = append(m.Changes, Change{Change: "disappeared", Rule: r.Rule, Verdict: r.Verdict, About: r.About, Because: r.Because, Cite: r.Cite})
		}
	}
	slices.SortStableFunc(m.Changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(wentLast(&a), wentLast(&b)), cmp.Compare(gravity[b.Verdict], gravity[a.Verdict]))
	})
}

var gravity = map[policy.Verdict]int{policy.Deny: 2, policy.Review: 1}

func wentLast(c *Change) int {
	if c.Change == "disappeared" {
		return 1
	}
	return 0
}

// reasonKey is what makes a reason the same reason in two decisions.
func reasonKey(r *decision.Reason) string {
	return strings.Join([]string{r.Policy, r.Rule, string(r.Verdict), r.Listing, string(r.Consequence), r.Control, r.About}, "\x00")
}

// because is the first reason for the verdict, one that is new before others;
// where no rule asks for it, that none does.
func because(is *decision.Recorded, changes []Change) string {
	for _, c := range changes {
		if c.Verdict == is.Verdict && c.Change != "disappeared" {
			return c.Because
		}
	}
	for _, r := range is.Reasons {
		if r.Verdict == is.Verdict {
			return r.Because
		}
	}
	return "no rule says otherwise"
}

// Title is the message in one line.
func (m *Message) Title() string {
	who := oneLine(cmp.Or(m.Subject.Name, m.Subject.Query))
	switch {
	case m.Was == nil:
		return fmt.Sprintf("%s: %s", who, m.Is)
	case *m.Was == m.Is:
		return fmt.Sprintf("%s: still %s, for other reasons", who, m.Is)
	}
	return fmt.Sprintf("%s: %s, was %s", who, m.Is, *m.Was)
}

// oneLine is text without line breaks and control characters.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 }), " ")
}

// Text is the message for people, in lines.
func (m *Message) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\nasked:      %s", m.Title(), oneLine(m.Subject.Query))
	if m.Purpose != "" {
		fmt.Fprintf(&b, ", to %s", m.Purpose)
	}
	fmt.Fprintf(&b, "\nas of:      %s\n", m.At)
	if m.ChangesOn != nil {
		fmt.Fprintf(&b, "changes on: %s, by what is known now\n", *m.ChangesOn)
	}
	fmt.Fprintf(&b, "because:    %s\n", oneLine(m.Because))
	if len(m.Changes) > 0 {
		b.WriteString("\nWhat changed:\n")
	}
	for _, c := range m.Changes {
		fmt.Fprintf(&b, "\n- %s (%s, %s): %s\n", c.Change, c.Verdict, c.Rule, oneLine(c.Because))
		if c.Was != "" {
			fmt.Fprintf(&b, "  before: %s\n", oneLine(c.Was))
		}
		if c.Cite != "" {
			fmt.Fprintf(&b, "  by %s\n", oneLine(c.Cite))
		}
	}
	fmt.Fprintf(&b, "\ndecision %s at position %d\n", m.Decision, m.Position)
	if m.URL != "" {
		fmt.Fprintf(&b, "%s\n", m.URL)
	}
	return b.String()
}
