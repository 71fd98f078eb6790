package scorecard

import (
	"strings"
	"time"
)

// Inconclusive is the score of a check that came to no result, because
// something failed or there was nothing to look at.
const Inconclusive = -1

// maxScore is the best score of a check.
const maxScore = 10

// Result is what the tool found of one repository at one commit.
type Result struct {
	Repository string    // as "github.com/ossf/scorecard"
	Commit     string    // lower-case hex; "" when the result does not say
	Date       time.Time // of the run
	Version    string    // of the tool, as "v5.1.1"
	Score      float64   // 0 to 10, or [Inconclusive]: the sum that nobody should gate on
	Checks     []Check
	Warnings   []string // what was passed over, with its place
}

// Check is one check of a result.
type Check struct {
	Name    string   // as "Branch-Protection"
	Score   int      // 0 to 10, or [Inconclusive]
	Reason  string   // in the tool's words
	Details []string // what it looked at
	URL     string   // of the check's documentation
	// Annotations is why the maintainers say that the finding does not count.
	// They judge themselves.
	Annotations []string
}

// Conclusive reports whether the check came to a result.
func (c Check) Conclusive() bool { return c.Score != Inconclusive }

// Check is the check of a name, in any case, and whether it ran.
func (r *Result) Check(name string) (Check, bool) {
	for _, c := range r.Checks {
		if strings.EqualFold(c.Name, name) {
			return c, true
		}
	}
	return Check{}, false
}
