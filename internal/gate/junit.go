package gate

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"

	"countersign.dev/internal/policy"
)

// maxCases is how many reasons one suite lists.
const maxCases = 5000

// JUnit writes the result as a JUnit report: a suite for each policy, in it a
// case for each rule that did not speak, which passes, and for each reason.
//
// A reason to deny is a failure. A reason to review is a skipped case: it is
// shown, with its message, where test reports are read, and does not turn the
// build red, which is for the exit code to decide (3 is not 4). A property, the
// other choice, is shown by next to nobody.
func JUnit(w io.Writer, r *Result) error {
	all := junitSuites{Name: cmp.Or(clean(r.Tool.Name, maxName), "countersign")}
	for i := range r.Policies {
		s := r.suite(&r.Policies[i])
		all.Tests += s.Tests
		all.Failures += s.Failures
		all.Skipped += s.Skipped
		all.Suites = append(all.Suites, s)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Timestamp  string          `xml:"timestamp,attr,omitempty"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
	named      map[string]int  // how many cases have a name
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	File    string        `xml:"file,attr,omitempty"`
	Failure *junitMessage `xml:"failure"`
	Skipped *junitMessage `xml:"skipped"`
	Out     string        `xml:"system-out,omitempty"`
}

type junitMessage struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

func (r *Result) suite(p *Policy) junitSuite {
	s := junitSuite{Name: clean(p.ID, maxID), Properties: r.properties(p)}
	if !r.Moment.IsZero() {
		s.Timestamp = r.Moment.UTC().Format("2006-01-02T15:04:05")
	}
	class := "countersign." + clean(p.ID, maxID)
	file := clean(r.File, maxMessage)
	spoke := map[string]bool{}
	said := policy.Allow
	for i := range p.Reasons {
		spoke[p.Reasons[i].Rule] = true
		said = policy.Worst(said, strict(p.Reasons[i].Verdict))
		if i < maxCases {
			s.add(r.reasonCase(&p.Reasons[i], class, file))
		}
	}
	if left := len(p.Reasons) - maxCases; left > 0 {
		s.Properties = append(s.Properties, junitProperty{"reasons_left_out", fmt.Sprint(left)})
	}
	for _, rule := range p.Rules {
		if !spoke[rule] {
			s.add(junitCase{Class: class, Name: clean(rule, maxID), File: file})
		}
	}
	// A verdict that no reason accounts for is a case of its own: the policy's
	// default, or what holds for a subject that is not known.
	if s.Tests == 0 || policy.Worst(said, strict(p.Verdict)) != said || len(p.Reasons) > maxCases {
		s.add(verdictCase(p.Verdict, class, "verdict", file, "the verdict is "+string(strict(p.Verdict)), ""))
	}
	return s
}

// add adds a case. Readers take cases of one name for one, so that each has a
// name of its own.
func (s *junitSuite) add(c junitCase) {
	if s.named == nil {
		s.named = map[string]int{}
	}
	for name := c.Name; s.named[c.Name] > 0; {
		s.named[name]++
		c.Name = fmt.Sprintf("%s (%d)", name, s.named[name])
	}
	s.named[c.Name]++
	s.Tests++
	s.Failures += yes(c.Failure != nil)
	s.Skipped += yes(c.Skipped != nil)
	s.Cases = append(s.Cases, c)
}

func (r *Result) properties(p *Policy) []junitProperty {
	out := []junitProperty{
		{"verdict", string(strict(p.Verdict))},
		{"policy", clean(strings.TrimSpace(p.ID+" "+p.Digest), maxMessage)},
		{"subject", clean(cmp.Or(r.Subject.PURL, strings.TrimSpace(r.Subject.Name+" "+r.Subject.Version)), maxMessage)},
		{"at", string(r.At)},
		{"known", string(r.Known)},
		{"position", fmt.Sprint(r.Position)},
		{"decision", clean(r.Decision, maxID)},
		{"findings", fmt.Sprint(len(r.Findings))},
	}
	if r.Position == 0 {
		out = slices.DeleteFunc(out, func(p junitProperty) bool { return p.Name == "position" })
	}
	for _, q := range r.Quality {
		out = append(out, junitProperty{"quality." + clean(q.Name, maxID), strings.TrimSpace(clean(q.Grade, maxID) + " " + q.share())})
	}
	for _, d := range r.Data {
		if !d.Held {
			out = append(out, junitProperty{"no_source." + clean(d.Ecosystem, maxID), counted(d.Components, "component", "components")})
		}
	}
	return slices.DeleteFunc(out, func(p junitProperty) bool { return p.Value == "" })
}

// reasonCase is a case of its own for each reason: a rule may speak of many
// components.
func (r *Result) reasonCase(reason *Reason, class, file string) junitCase {
	name := clean(reason.Rule, maxID)
	var lines []string
	for _, i := range reason.Findings {
		if i < 0 || i >= len(r.Findings) {
			continue
		}
		f := &r.Findings[i]
		if len(lines) == 0 {
			name += ": " + clean(f.Advisory, maxID) + " in " + f.labelled()
		}
		if len(lines) < maxRows {
			lines = append(lines, fmt.Sprintf("%s in %s, %s, %s", clean(f.Advisory, maxID), clean(cmp.Or(f.Component, f.Name), maxMessage), f.rated(), f.fix()))
		}
	}
	if len(lines) == 0 && reason.About != "" {
		name += ": " + clean(reason.About, maxID)
	}
	if more := len(reason.Findings) - len(lines); more > 0 && len(lines) > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	for _, text := range []string{reason.Mend, reason.Cite} {
		if text != "" {
			lines = append(lines, clean(text, maxMessage))
		}
	}
	return verdictCase(reason.Verdict, class, name, file, reason.Because, strings.Join(lines, "\n"))
}

func verdictCase(v policy.Verdict, class, name, file, because, text string) junitCase {
	c := junitCase{Class: class, Name: name, File: file}
	m := &junitMessage{Message: clean(because, maxMessage), Type: string(strict(v)), Text: text}
	switch strict(v) {
	case policy.Allow:
		c.Out = strings.TrimSpace(m.Message + "\n" + text)
	case policy.Review:
		m.Type = ""
		m.Message = "review: " + m.Message
		c.Skipped = m
	default:
		c.Failure = m
	}
	return c
}
