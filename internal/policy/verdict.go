package policy

import "fmt"

// Verdict is the answer to whether something may be done.
type Verdict string

// The verdicts, mildest first.
const (
	Allow  Verdict = "allow"
	Review Verdict = "review" // a person has to decide
	Deny   Verdict = "deny"
)

// Worst is the strictest of the verdicts, and Allow for none.
func Worst(verdicts ...Verdict) Verdict {
	worst := Allow
	for _, v := range verdicts {
		if v.rank() > worst.rank() {
			worst = v
		}
	}
	return worst
}

// ParseVerdict reads a verdict.
func ParseVerdict(s string) (Verdict, error) {
	switch v := Verdict(s); v {
	case Allow, Review, Deny:
		return v, nil
	}
	return "", fmt.Errorf("verdict %q: want deny, review or allow", s)
}

// rank orders verdicts by strictness. A word that is no verdict ranks with the
// strictest, so that a mistake never opens a door.
func (v Verdict) rank() int {
	switch v {
	case Allow:
		return 0
	case Review:
		return 1
	default:
		return 2
	}
}
