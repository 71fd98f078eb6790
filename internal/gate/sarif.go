package gate

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"path"
	"strings"

	"countersign.dev/internal/policy"
)

const (
	sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	maxResults  = 25_000
	// The lengths, in bytes, that code scanning has for texts of rules.
	maxName        = 255
	maxDescription = 1024
	maxMessage     = 2048
	maxID          = 200
)

// SARIFOptions says how a SARIF log is written.
type SARIFOptions struct {
	// LeaveOutSilenced drops what a VEX statement silences in place of writing it
	// with a suppression. GitHub's code scanning does not read suppressions and
	// would show these as open alerts.
	LeaveOutSilenced bool
	// Results is how many results are written at most, and so how many rules;
	// 0 for what GitHub's code scanning takes in one run, 25,000. It shows the
	// first 5,000.
	Results int
}

// SARIF writes the result as a SARIF 2.1.0 log: a rule for each advisory and
// for each rule of a policy that spoke of the release as a whole, and a result
// for each finding and each such reason, the worst first.
func SARIF(w io.Writer, r *Result, options SARIFOptions) error {
	b := &sarifBuilder{result: r, options: options, rules: map[string]int{}, seen: map[string]int{}}
	b.options.Results = cmp.Or(options.Results, maxResults)
	b.location = artifactLocation(r.File)
	b.reasons()
	b.findings()
	b.data()
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{b.run()}})
}

type sarifBuilder struct {
	result   *Result
	options  SARIFOptions
	location sarifArtifactLocation
	order    []sarifRule
	rules    map[string]int // index in order, by id
	results  []sarifResult
	seen     map[string]int // how often a fingerprint was given
	notes    []sarifNotification
}

func (b *sarifBuilder) run() sarifRun {
	r := b.result
	for i := range b.order {
		if s := b.order[i].worstSeen; s >= 0.1 {
			b.order[i].Prepared.Severity = fmt.Sprintf("%.1f", s)
		}
	}
	run := sarifRun{
		Tool: sarifTool{sarifDriver{
			Name: cmp.Or(clean(r.Tool.Name, maxName), "countersign"), Version: clean(r.Tool.Version, maxName),
			InformationURI: webAddress(r.Tool.URL), Rules: nonNil(b.order),
		}},
		Automation:  sarifAutomation{b.category()},
		Invocations: []sarifInvocation{b.invocation()},
		Artifacts:   []sarifArtifact{{Location: b.location, Roles: []string{"analysisTarget"}, Hashes: hashes(r.Digest)}},
		Results:     nonNil(b.results),
		Properties:  b.bag(),
	}
	if s := r.Source; s != nil && webAddress(s.Repository) != "" {
		run.Provenance = []sarifVersion{{webAddress(s.Repository), clean(s.Revision, maxID), clean(s.Branch, maxID)}}
	}
	return run
}

// category tells the runs of several SBOMs of one repository apart: what stands
// before the last slash is GitHub's category, and a new run replaces the alerts
// of the same category only.
func (b *sarifBuilder) category() string {
	return path.Join("countersign", clean(b.result.Purpose, maxID), clean(strings.TrimPrefix(b.location.URI, "file://"), maxID)) + "/"
}

func (b *sarifBuilder) invocation() sarifInvocation {
	x := sarifInvocation{Successful: true, ExitCode: b.result.Exit, ExitMeaning: string(strict(b.result.Verdict)), Notifications: b.notes}
	if !b.result.Moment.IsZero() {
		x.End = b.result.Moment.UTC().Format("2006-01-02T15:04:05Z")
	}
	return x
}

func (b *sarifBuilder) bag() sarifRunBag {
	r := b.result
	bag := sarifRunBag{
		Verdict: string(strict(r.Verdict)), Purpose: clean(r.Purpose, maxID), Subject: clean(cmp.Or(r.Subject.PURL, r.Subject.Name), maxMessage),
		At: string(r.At), Known: string(r.Known), Position: r.Position, Decision: clean(r.Decision, maxID), Policies: []string{},
	}
	for _, p := range r.Policies {
		bag.Policies = append(bag.Policies, clean(p.ID, maxID))
	}
	for _, q := range r.Quality {
		bag.Quality = append(bag.Quality, sarifGraded{clean(q.Name, maxID), clean(q.Grade, maxID), finite(q.Percent)})
	}
	return bag
}

// add adds a result, unless there are as many as are taken.
func (b *sarifBuilder) add(x sarifResult, identity string) {
	print := fingerprint(x.RuleID, identity)
	b.seen[print]++
	print = fmt.Sprintf("%s:%d", print, b.seen[print])
	x.Fingerprints = map[string]string{"primaryLocationLineHash": print, "countersign/v1": print}
	b.results = append(b.results, x)
}

// reasons adds what policies said of the release as a whole.
func (b *sarifBuilder) reasons() {
	for _, p := range b.result.Policies {
		for _, reason := range p.Reasons {
			if len(reason.Findings) > 0 || len(b.results) >= b.options.Results {
				continue
			}
			id := clean(p.ID, maxID) + "/" + clean(reason.Rule, maxID)
			level := levelOf(reason.Verdict)
			b.add(sarifResult{
				RuleID: id, RuleIndex: b.ruleOf(id, p, reason), Level: level,
				Message:    sarifText{message(capital(reason.Because), capital(reason.Mend))},
				Locations:  []sarifLocation{b.place(Place{})},
				Properties: &sarifResultBag{Verdict: string(strict(reason.Verdict))},
			}, reason.About)
		}
	}
}

// findings adds what is found in components, and says how many are left out.
func (b *sarifBuilder) findings() {
	dropped := 0
	for _, j := range b.result.judge() {
		switch {
		case b.options.LeaveOutSilenced && j.silenced():
		case len(b.results) >= b.options.Results:
			dropped++
		default:
			b.finding(&j)
		}
	}
	if dropped > 0 {
		b.note("warning", fmt.Sprintf("%d findings are left out: one run holds %d results. The first are the worst; the JSON of the check has all.", dropped, b.options.Results))
	}
}

func (b *sarifBuilder) finding(j *judged) {
	id := cmp.Or(clean(j.Advisory, maxID), "unnamed-advisory")
	at := b.ruleOfAdvisory(id, j)
	place := b.place(j.Place)
	place.Logical = []sarifLogical{{Name: j.labelled(), QualifiedName: clean(j.Component, maxMessage), Kind: "package"}}
	x := sarifResult{
		RuleID: id, RuleIndex: at, Level: j.level(), Message: sarifText{j.message()},
		Locations: []sarifLocation{place}, Properties: j.bag(),
	}
	if j.silenced() {
		x.Suppressions = []sarifSuppression{{Kind: "external", Status: "accepted", Justification: j.VEX.words()}}
	}
	b.add(x, bareComponent(j.Finding))
}

// data says what could not be found because nothing is held.
func (b *sarifBuilder) data() {
	for _, d := range b.result.Data {
		if !d.Held {
			b.note("warning", fmt.Sprintf("No source of advisories is held for %s: %s not judged in full.", clean(d.Ecosystem, maxID), counted(d.Components, "component was", "components were")))
		}
	}
}

func (b *sarifBuilder) note(level, text string) {
	b.notes = append(b.notes, sarifNotification{level, sarifText{message(text)}})
}

func (b *sarifBuilder) place(p Place) sarifLocation {
	line := max(p.Line, 1)
	return sarifLocation{Physical: sarifPhysical{b.location, sarifRegion{line, 1, line, 2}}}
}

// levelOf is how loudly a verdict is said.
func levelOf(v policy.Verdict) string {
	switch v {
	case policy.Allow:
		return "note"
	case policy.Review:
		return "warning"
	}
	return "error"
}

// level is what the verdict makes of the finding; where no rule spoke of it,
// its severity. What could not be judged is no error by itself, and never less
// than a warning when it would be one.
func (j *judged) level() string {
	severity := j.severity()
	switch {
	case j.verdict != policy.Allow:
		return levelOf(j.verdict)
	case j.State == "unknown" && (severity >= 7 || j.Exploited):
		return "warning"
	case j.State == "unknown":
		return "note"
	case severity >= 7 || j.Exploited:
		return "error"
	case severity >= 4:
		return "warning"
	}
	return "note"
}

func nonNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// finite is a number that JSON can write.
func finite(f float64) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	return f
}

func hashes(digest string) map[string]string {
	if hex, ok := strings.CutPrefix(digest, "sha256:"); ok {
		return map[string]string{"sha-256": clean(hex, maxID)}
	}
	return nil
}
