package gate

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"countersign.dev/internal/software/purl"
)

// ruleOfAdvisory is the index of the rule that stands for an advisory. The
// worst of its findings makes its severity.
func (b *sarifBuilder) ruleOfAdvisory(id string, j *judged) int {
	at, ok := b.rules[id]
	if !ok {
		title := cmp.Or(clean(j.Summary, maxDescription), "A published weakness, "+id)
		at = b.rule(sarifRule{
			ID: id, Name: cut(id, maxName), Short: sarifText{title}, Full: sarifText{title}, HelpURI: webAddress(j.URL),
			Help:     sarifHelp{Text: j.help(), Markdown: j.helpMarkdown()},
			Defaults: sarifDefault{j.level()},
			Prepared: sarifRuleBag{Tags: j.tags(), Precise: "very-high"},
		})
	}
	if j.Weak {
		b.order[at].Prepared.Precise = "low"
	}
	if s := j.severity(); s > b.order[at].worstSeen {
		b.order[at].worstSeen = s
	}
	return at
}

// ruleOf is the index of the rule that stands for a rule of a policy.
func (b *sarifBuilder) ruleOf(id string, p Policy, reason Reason) int {
	if at, ok := b.rules[id]; ok {
		return at
	}
	title := clean(fmt.Sprintf("Rule %s of %s", reason.Rule, cmp.Or(p.Title, p.ID)), maxDescription)
	help := title + "."
	if reason.Cite != "" {
		help += " " + clean(reason.Cite, maxDescription) + "."
	}
	if reason.Mend != "" {
		help += " What to do: " + clean(reason.Mend, maxDescription) + "."
	}
	problem := map[string]string{"error": "error", "warning": "warning", "note": "recommendation"}
	return b.rule(sarifRule{
		ID: id, Name: cut(id, maxName), Short: sarifText{title}, Full: sarifText{title},
		Help:     sarifHelp{Text: help, Markdown: prose(help, maxMessage)},
		Defaults: sarifDefault{levelOf(reason.Verdict)},
		Prepared: sarifRuleBag{Tags: []string{"policy", "supply-chain"}, Problem: problem[levelOf(reason.Verdict)]},
	})
}

func (b *sarifBuilder) rule(r sarifRule) int {
	at := len(b.order)
	b.rules[r.ID] = at
	b.order = append(b.order, r)
	return at
}

func (j *judged) tags() []string {
	tags := []string{"security", "vulnerability", "supply-chain"}
	if j.Exploited {
		tags = append(tags, "known-exploited")
	}
	if j.Malicious {
		tags = append(tags, "malicious")
	}
	return tags
}

// message is one finding in a few sentences, the first of which can stand
// alone.
func (j *judged) message() string {
	first := fmt.Sprintf("%s in %s", cmp.Or(j.Advisory, "An advisory"), j.labelled())
	if j.State == "unknown" {
		first = fmt.Sprintf("%s may concern %s", cmp.Or(j.Advisory, "An advisory"), j.labelled())
	}
	if j.Summary != "" {
		first += ": " + cut(j.Summary, 300)
	}
	parts := []string{first, "Severity " + j.rated() + "; " + j.fix()}
	if j.Malicious {
		parts[1] = "It is no weakness but a planted attack" + also(j.Fixed)
	}
	if j.State == "unknown" {
		parts = append(parts, "It could not be judged: "+cmp.Or(j.Why, "the version cannot be read"))
	}
	if j.Weak {
		parts = append(parts, "Matched by the product's name alone")
	}
	if j.Exploited {
		parts = append(parts, j.exploited())
	}
	if j.VEX != nil {
		parts = append(parts, j.VEX.words())
	}
	if j.because != "" {
		parts = append(parts, capital(j.because))
	}
	return message(parts...)
}

// rated is the severity in words: "high (7.5)".
func (f *Finding) rated() string {
	if f.Score > 0 {
		return fmt.Sprintf("%s (%.1f)", clean(f.word(), 20), f.Score)
	}
	return clean(f.word(), 20)
}

// exploited says that a weakness is in CISA's catalogue.
func (f *Finding) exploited() string {
	if f.Due != "" {
		return "Known to be exploited; federal agencies have to act by " + string(f.Due)
	}
	return "Known to be exploited"
}

// words is a VEX statement as a sentence.
func (v *VEX) words() string {
	what := strings.ReplaceAll(clean(v.Status, 40), "_", " ")
	if v.Justification != "" {
		what += " (" + clean(v.Justification, 100) + ")"
	}
	if v.Statement != "" {
		what += ": " + clean(v.Statement, 500)
	}
	who := cmp.Or(clean(v.Issuer, 200), "an unnamed issuer")
	if v.Contested {
		who += ", which another contradicts"
	}
	return "VEX of " + who + ": " + what
}

func (f *Finding) help() string {
	also := ""
	if len(f.Aliases) > 0 {
		also = "Also known as " + joined(f.Aliases, 300)
	}
	return sentences(cmp.Or(f.Summary, "A published weakness"), also, "What to do: "+f.advice())
}

func (f *Finding) advice() string {
	if f.Malicious {
		return "remove it, and treat what ran it as broken into" + also(f.Fixed) + "."
	}
	if len(f.Fixed) > 0 {
		return "move to " + joined(f.Fixed, 200) + ", or say in a VEX statement why the weakness does not matter here."
	}
	return "no fixed version is known. Replace the component, or say in a VEX statement why the weakness does not matter here."
}

// also is where a clean version is to be had.
func also(fixed []string) string {
	if len(fixed) == 0 {
		return ""
	}
	return "; clean again from " + joined(fixed, 200)
}

func (f *Finding) helpMarkdown() string {
	var b strings.Builder
	b.WriteString(cmp.Or(prose(f.Summary, maxDescription), "A published weakness.") + "\n\n")
	if len(f.Aliases) > 0 {
		b.WriteString("Also known as " + code(joined(f.Aliases, 300)) + ".\n\n")
	}
	b.WriteString("**What to do:** " + prose(f.advice(), maxDescription) + "\n")
	return b.String()
}

func (j *judged) bag() *sarifResultBag {
	bag := &sarifResultBag{
		Component: clean(j.Component, maxMessage), Version: clean(j.Version, maxID), Aliases: cleaned(j.Aliases), Fixed: cleaned(j.Fixed),
		State: clean(j.State, 40), Weak: j.Weak, Malicious: j.Malicious, Verdict: string(j.verdict), Severity: clean(j.Severity, 40), Score: finite(j.Score),
		Exploited: j.Exploited, Due: clean(string(j.Due), 40), EPSS: finite(j.EPSS), Percentile: finite(j.Percentile),
	}
	if j.VEX != nil {
		bag.VEX, bag.VEXIssuer = clean(j.VEX.Status, 40), clean(j.VEX.Issuer, maxID)
	}
	return bag
}

// cleaned is the first of a list of texts, cleaned.
func cleaned(texts []string) []string {
	const most = 50
	texts = slices.Clone(texts[:min(len(texts), most)])
	for i := range texts {
		texts[i] = clean(texts[i], maxID)
	}
	return texts
}

// message joins sentences to a SARIF message. Braces would be placeholders and
// a bracket before a parenthesis a link (SARIF 2.1.0, sections 3.11.5, 3.11.6).
func message(parts ...string) string {
	return messageEscapes.Replace(cmp.Or(sentences(parts...), "No reason was given."))
}

// sentences joins texts, each ended by a full stop, at most maxMessage bytes.
func sentences(parts ...string) string {
	var b strings.Builder
	for _, s := range parts {
		s = strings.TrimRight(clean(s, maxMessage), " .")
		if s == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(s + ".")
	}
	return cut(b.String(), maxMessage)
}

var messageEscapes = strings.NewReplacer("{", "{{", "}", "}}", "](", "] (")

// fingerprint is the same for a weakness of a package in every run, whatever
// its version and wherever in the SBOM it stands: an alert that somebody has
// dismissed does not come back as a new one when a line moves.
func fingerprint(rule, identity string) string {
	sum := sha256.Sum256([]byte(rule + "\x00" + identity))
	return hex.EncodeToString(sum[:8])
}

// bareComponent names a package without its version.
func bareComponent(f *Finding) string {
	if p, err := purl.Read(f.Component); err == nil {
		return p.Bare().String()
	}
	return cmp.Or(f.Name, f.Component)
}

// artifactLocation is where a file is: relative to the root of the repository,
// or a file address where the path is absolute.
func artifactLocation(file string) sarifArtifactLocation {
	file = filepath.ToSlash(clean(file, maxMessage))
	switch {
	case file == "" || file == "-":
		return sarifArtifactLocation{URI: "sbom", Base: "%SRCROOT%"}
	case strings.HasPrefix(file, "/"):
		return sarifArtifactLocation{URI: (&url.URL{Scheme: "file", Path: file}).String()}
	}
	return sarifArtifactLocation{URI: (&url.URL{Path: strings.TrimPrefix(file, "./")}).String(), Base: "%SRCROOT%"}
}

// webAddress is an address on the web, or "" for what is none.
func webAddress(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || len(text) > maxMessage {
		return ""
	}
	return u.String()
}
