package cyclonedx

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"countersign.dev/internal/software"
)

// The words of the schema of 1.6.
var (
	methods        = []string{"CVSSv2", "CVSSv3", "CVSSv31", "CVSSv4", "OWASP", "SSVC", "other"}
	severities     = []string{"critical", "high", "medium", "low", "info", "none", "unknown"}
	states         = []string{"resolved", "resolved_with_pedigree", "exploitable", "in_triage", "false_positive", "not_affected"}
	justifications = []string{
		"code_not_present", "code_not_reachable", "requires_configuration", "requires_dependency", "requires_environment",
		"protected_by_compiler", "protected_at_runtime", "protected_at_perimeter", "protected_by_mitigating_control",
	}
	responses = []string{"can_not_fix", "will_not_fix", "update", "rollback", "workaround_available"}
	statuses  = []string{"affected", "unaffected", "unknown"}
)

// word writes a member that is one of some words.
func (e *encoder) word(name, value string, words []string) {
	if slices.Contains(words, value) {
		e.text(name, value)
	}
}

func (d *document) weaknesses() {
	seen := map[string]bool{}
	d.arrayAt("vulnerabilities", len(d.bill.Weaknesses), func(i int) {
		w := &d.bill.Weaknesses[i]
		d.object(func() {
			if seen[w.ID] { // two that are alike are told apart by it
				d.text("bom-ref", d.fresh("vulnerability-"+strconv.Itoa(i)))
			}
			seen[w.ID] = true
			d.weakness(w)
		})
	})
}

func (d *document) weakness(w *software.Weakness) {
	d.text("id", w.ID)
	if w.Source != "" || w.URL != "" {
		d.objectAt("source", func() {
			d.text("name", w.Source)
			d.text("url", w.URL)
		})
	}
	aliases := distinct(w.Aliases)
	d.arrayAt("references", len(aliases), func(i int) {
		d.object(func() {
			d.text("id", aliases[i])
			d.objectAt("source", func() {}) // required; who gave the id is not known
		})
	})
	d.arrayAt("ratings", len(w.Severities), func(i int) { d.object(func() { d.severity(w.Severities[i]) }) })
	var cwes []int
	for _, n := range w.CWEs {
		if n > 0 {
			cwes = append(cwes, n)
		}
	}
	d.arrayAt("cwes", len(cwes), func(i int) { d.token(jsontext.Int(int64(cwes[i]))) })
	d.text("description", w.Description)
	d.text("detail", w.Detail)
	d.text("recommendation", w.Recommended)
	d.text("published", w.Published)
	d.text("updated", w.Updated)
	d.analysis(w)
	d.affects(w.Affects)
}

func (d *document) severity(s software.Severity) {
	d.called("source", s.Source)
	if s.Score != 0 && !math.IsNaN(s.Score) && !math.IsInf(s.Score, 0) {
		d.name("score")
		d.token(jsontext.Float(s.Score))
	}
	d.word("severity", s.Word, severities)
	d.word("method", s.Method, methods)
	d.text("vector", s.Vector)
}

func (d *document) analysis(w *software.Weakness) {
	if w.State == "" && w.Justification == "" && len(w.Responses) == 0 && w.Statement == "" && w.FirstIssued == "" && w.LastUpdated == "" {
		return
	}
	d.objectAt("analysis", func() {
		d.word("state", w.State, states)
		d.word("justification", w.Justification, justifications)
		var some []string
		for _, r := range w.Responses {
			if slices.Contains(responses, r) {
				some = append(some, r)
			}
		}
		d.texts("response", some)
		d.text("detail", w.Statement)
		d.text("firstIssued", w.FirstIssued)
		d.text("lastUpdated", w.LastUpdated)
	})
}

// affects writes what a weakness concerns; what names nothing is left out, and
// so is what was said before.
func (d *document) affects(all []software.Affects) {
	var some []software.Affects
	seen := map[string]bool{}
	for _, a := range all {
		if said := fmt.Sprint(a); a.Ref != "" && !seen[said] {
			seen[said] = true
			some = append(some, a)
		}
	}
	d.arrayAt("affects", len(some), func(i int) {
		d.object(func() {
			d.text("ref", some[i].Ref)
			versions := some[i].Versions
			d.arrayAt("versions", len(versions), func(k int) { d.object(func() { d.version(versions[k]) }) })
		})
	})
}

// version is one, or a range of some: the schema has no place for both.
func (d *document) version(v software.AffectedVersion) {
	if v.Range != "" {
		d.text("range", v.Range)
	} else {
		d.name("version")
		d.value(upTo(v.Version, maxVersion))
	}
	d.word("status", v.Status, statuses)
}
