package gate

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"countersign.dev/internal/policy"
)

const (
	// maxMarkdown is how many bytes a summary has at most: a comment on GitHub
	// takes 65,536 characters.
	maxMarkdown = 60_000
	// The rows of what blocks, and of each other table.
	maxBlocking = 25
	maxRows     = 100
	maxCell     = 300
)

// Markdown writes the result as a summary for a pull request: what blocks and
// how to mend it, then, folded, all else. It fits into a comment.
func Markdown(w io.Writer, r *Result) error {
	m := &markdown{result: r}
	all := r.judge()
	m.head(all)
	m.reasons()
	m.blocking(pick(all, func(j *judged) bool { return j.blocks() }))
	m.folded("To be looked at", pick(all, func(j *judged) bool { return j.verdict == policy.Review }), fixFirst)
	m.folded("Other findings", pick(all, func(j *judged) bool { return j.verdict == policy.Allow && !j.silenced() }), fixFirst)
	m.folded("Silenced by VEX", pick(all, func(j *judged) bool { return j.silenced() }), statementFirst)
	m.quality()
	m.data()
	m.foot()
	_, err := io.WriteString(w, m.String())
	return err
}

func pick(all []judged, want func(*judged) bool) []judged {
	var out []judged
	for i := range all {
		if want(&all[i]) {
			out = append(out, all[i])
		}
	}
	return out
}

type markdown struct {
	strings.Builder
	result *Result
}

func (m *markdown) line(format string, args ...any) { fmt.Fprintf(m, format+"\n", args...) }

// verdictWords says what each verdict means for a build.
var verdictWords = map[policy.Verdict]string{
	policy.Allow: "may run", policy.Review: "needs somebody to look at it", policy.Deny: "may not run",
}

func (m *markdown) head(all []judged) {
	r := m.result
	subject := strings.TrimSpace(cmp.Or(r.Subject.Name, r.Subject.PURL, r.File, "The release") + " " + r.Subject.Version)
	m.line("### %s: %s %s\n", capital(string(strict(r.Verdict))), prose(subject, maxCell), verdictWords[strict(r.Verdict)])
	var parts []string
	if r.File != "" {
		parts = append(parts, "SBOM "+code(clean(r.File, maxCell)))
	}
	for _, p := range r.Policies {
		parts = append(parts, fmt.Sprintf("policy %s: **%s**", code(clean(p.ID, maxCell)), strict(p.Verdict)))
	}
	if r.At != "" {
		parts = append(parts, "as of "+prose(string(r.At), 20))
	}
	m.line("%s\n", capital(strings.Join(parts, ", ")))
	counts := make([]string, 0, 4)
	count := func(n int, what string) {
		if n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", n, what))
		}
	}
	count(len(pick(all, func(j *judged) bool { return j.blocks() })), "blocking")
	count(len(pick(all, func(j *judged) bool { return j.Exploited && !j.silenced() })), "known to be exploited")
	count(len(pick(all, func(j *judged) bool { return j.State == "unknown" })), "not judged")
	count(len(pick(all, func(j *judged) bool { return j.silenced() })), "silenced by VEX")
	switch {
	case len(all) == 0:
		m.line("No findings.")
	case len(counts) == 0:
		m.line("%s, none of which blocks.", counted(len(all), "finding", "findings"))
	default:
		m.line("%s: %s.", counted(len(all), "finding", "findings"), strings.Join(counts, ", "))
	}
	m.unheld()
}

// unheld says in the open for what nothing could be found at all.
func (m *markdown) unheld() {
	var names []string
	components := 0
	for _, d := range m.result.Data {
		if !d.Held {
			names = append(names, d.Ecosystem)
			components += d.Components
		}
	}
	if len(names) > 0 {
		m.line("\n**%s** not judged in full: no source of advisories is held for %s.", counted(components, "component was", "components were"), prose(strings.Join(names, ", "), maxCell))
	}
}

// reasons are what policies say of the release as a whole.
func (m *markdown) reasons() {
	var rows []string
	for _, verdict := range []policy.Verdict{policy.Deny, policy.Review} {
		for _, p := range m.result.Policies {
			for _, reason := range p.Reasons {
				if len(reason.Findings) == 0 && strict(reason.Verdict) == verdict {
					rows = append(rows, fmt.Sprintf("| %s | %s | %s | %s |", prose(string(verdict), 20),
						prose(reason.Because, maxCell), prose(reason.Mend, maxCell), prose(reason.Cite, maxCell)))
				}
			}
		}
	}
	m.table("\n| | about the release | what to do | rule |\n|---|---|---|---|", rows, maxBlocking)
}

func (m *markdown) blocking(found []judged) {
	if len(found) == 0 {
		return
	}
	m.line("\n**What blocks**")
	rows := make([]string, 0, len(found))
	for i := range found {
		rows = append(rows, fixFirst(&found[i]))
	}
	m.table(fixHead, rows, maxBlocking)
}

const fixHead = "\n| fix | component | weakness | severity | why |\n|---|---|---|---|---|"

// fixFirst is a finding as a row that begins with what to do.
func fixFirst(j *judged) string {
	fix := "none known"
	if len(j.Fixed) > 0 {
		fix = code(clean(j.Fixed[0], maxCell))
	}
	severity := j.rated()
	if j.EPSS > 0 {
		severity += fmt.Sprintf(", EPSS %.1f %%", j.EPSS*100)
	}
	why := make([]string, 0, 4)
	if j.Malicious {
		why = append(why, "a planted attack")
	}
	if j.Weak {
		why = append(why, "matched by the product's name alone")
	}
	if j.Exploited {
		why = append(why, j.exploited())
	}
	if j.State == "unknown" {
		why = append(why, "not judged: "+cmp.Or(j.Why, "the version cannot be read"))
	}
	if j.because != "" {
		why = append(why, j.because)
	} else if j.Summary != "" {
		why = append(why, j.Summary)
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s |", fix, code(j.labelled()), code(clean(j.Advisory, maxCell)),
		prose(severity, maxCell), prose(strings.Join(why, "; "), maxCell))
}

const statementHead = "\n| statement | component | weakness | severity |\n|---|---|---|---|"

// statementFirst is a finding as a row that begins with who says that it does
// not matter.
func statementFirst(j *judged) string {
	severity := j.rated()
	if j.Exploited { // a statement never hides that
		severity += "; " + j.exploited()
	}
	return fmt.Sprintf("| %s | %s | %s | %s |", prose(j.VEX.words(), maxCell), code(j.labelled()), code(clean(j.Advisory, maxCell)), prose(severity, maxCell))
}

// folded is a table that opens on a click.
func (m *markdown) folded(title string, found []judged, row func(*judged) string) {
	if len(found) == 0 {
		return
	}
	head := fixHead
	if found[0].silenced() {
		head = statementHead
	}
	rows := make([]string, 0, len(found))
	for i := range found[:min(len(found), maxRows+1)] {
		rows = append(rows, row(&found[i]))
	}
	m.line("\n<details><summary>%s (%d)</summary>", title, len(found))
	m.some(head, rows, maxRows, len(found))
	m.line("\n</details>")
}

func (m *markdown) table(head string, rows []string, most int) {
	m.some(head, rows, most, len(rows))
}

// some is as many rows of a table as are wanted and fit, of all that there are.
func (m *markdown) some(head string, rows []string, most, all int) {
	if len(rows) == 0 {
		return
	}
	m.line("%s", head)
	shown := 0
	for _, row := range rows {
		if shown == most || m.Len()+len(row) > maxMarkdown {
			break
		}
		m.line("%s", row)
		shown++
	}
	if shown < all {
		m.line("\n…and %d more.", all-shown)
	}
}

func (m *markdown) quality() {
	var rows []string
	for _, q := range m.result.Quality {
		rows = append(rows, fmt.Sprintf("| %s | %s | %s | %s |", prose(cmp.Or(q.Title, q.Name), maxCell), prose(cmp.Or(q.Grade, "–"), 20), q.share(), prose(q.Note, maxCell)))
	}
	if len(rows) == 0 {
		return
	}
	m.line("\n<details><summary>Quality of the SBOM</summary>")
	m.table("\n| part | grade | has | |\n|---|---|---|---|", rows, maxBlocking)
	m.line("\n</details>")
}

func (m *markdown) data() {
	data := slices.Clone(m.result.Data)
	slices.SortStableFunc(data, func(a, b Age) int {
		return cmp.Or(yes(a.Held)-yes(b.Held), cmp.Compare(b.Days, a.Days), cmp.Compare(a.Ecosystem, b.Ecosystem))
	})
	var rows []string
	for _, d := range data {
		age := "not held"
		if d.Held {
			age = cmp.Or(string(d.Newest), "no date")
		}
		if d.Held && d.Newest != "" {
			age = fmt.Sprintf("%s (%d days)", d.Newest, d.Days)
		}
		rows = append(rows, fmt.Sprintf("| %s | %d | %s |", prose(d.Ecosystem, maxCell), d.Components, prose(age, maxCell)))
	}
	if len(rows) == 0 {
		return
	}
	m.line("\n<details><summary>Advisories that were asked</summary>")
	m.table("\n| ecosystem | components | newest advisory |\n|---|---|---|", rows, maxRows)
	m.line("\n</details>")
}

func (m *markdown) foot() {
	r := m.result
	parts := []string{strings.TrimSpace(cmp.Or(r.Tool.Name, "countersign") + " " + r.Tool.Version)}
	if r.Known != "" && r.Known != r.At {
		parts = append(parts, "known "+string(r.Known))
	}
	if r.Position > 0 {
		parts = append(parts, fmt.Sprintf("position %d", r.Position))
	}
	if r.Decision != "" {
		parts = append(parts, "decision "+r.Decision)
	}
	m.line("\n<sub>%s</sub>", prose(strings.Join(parts, ", "), maxCell))
}
