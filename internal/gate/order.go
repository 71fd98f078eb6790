package gate

import (
	"cmp"
	"slices"

	"countersign.dev/internal/policy"
)

// judged is a finding with the worst verdict of the reasons that speak of it.
type judged struct {
	*Finding
	index   int
	verdict policy.Verdict
	because string // of that reason
	cite    string
}

// blocks reports whether the finding is a reason to deny.
func (j *judged) blocks() bool { return j.verdict == policy.Deny }

// silenced reports whether a VEX statement says that nothing has to be done,
// and no rule spoke of it all the same.
func (j *judged) silenced() bool { return j.VEX.silences() && j.verdict == policy.Allow }

// judge joins findings with the reasons that speak of them, worst first. An
// index that leads nowhere is passed over: the reason itself is still shown.
func (r *Result) judge() []judged {
	out := make([]judged, len(r.Findings))
	for i := range r.Findings {
		out[i] = judged{Finding: &r.Findings[i], index: i, verdict: policy.Allow}
	}
	for _, p := range r.Policies {
		for _, reason := range p.Reasons {
			for _, i := range reason.Findings {
				if i < 0 || i >= len(out) {
					continue
				}
				if worst := policy.Worst(out[i].verdict, strict(reason.Verdict)); worst != out[i].verdict || out[i].because == "" {
					out[i].verdict, out[i].because, out[i].cite = worst, reason.Because, reason.Cite
				}
			}
		}
	}
	slices.SortStableFunc(out, worse)
	return out
}

// worse orders what is to be looked at first: what is denied, what is an attack
// itself, what is known to be exploited, by its due date, what is most severe, what is likeliest to be
// exploited; then by names, so that the order is the same in every run.
func worse(a, b judged) int {
	return cmp.Or(
		cmp.Compare(rank(b.verdict), rank(a.verdict)),
		yes(b.Malicious)-yes(a.Malicious),
		yes(b.Exploited)-yes(a.Exploited),
		byDue(a, b),
		cmp.Compare(b.severity(), a.severity()),
		cmp.Compare(b.EPSS, a.EPSS),
		cmp.Compare(a.Advisory, b.Advisory),
		cmp.Compare(a.Component, b.Component),
		cmp.Compare(a.Place.Line, b.Place.Line),
		cmp.Compare(a.Place.Path, b.Place.Path),
		cmp.Compare(a.Version, b.Version),
	)
}

func byDue(a, b judged) int {
	switch {
	case a.Due == b.Due:
		return 0
	case a.Due == "":
		return 1
	case b.Due == "":
		return -1
	}
	return cmp.Compare(a.Due, b.Due)
}

// strict is a verdict; what is none is a denial, so that a mistake never opens
// a door.
func strict(v policy.Verdict) policy.Verdict {
	if v != policy.Allow && v != policy.Review {
		return policy.Deny
	}
	return v
}

// rank orders verdicts by strictness.
func rank(v policy.Verdict) int {
	switch v {
	case policy.Allow:
		return 0
	case policy.Review:
		return 1
	}
	return 2
}

func yes(b bool) int {
	if b {
		return 1
	}
	return 0
}

// severity is the finding's score; where there is a word only, the middle of
// what the word means (CVSS v3.1, section 5). A planted attack, which nobody
// rates, has the highest.
func (f *Finding) severity() float64 {
	if f.Malicious {
		return 10
	}
	if f.Score > 0 && f.Score <= 10 {
		return f.Score
	}
	switch f.Severity {
	case "critical":
		return 9.5
	case "high":
		return 8
	case "medium":
		return 5.5
	case "low":
		return 2
	}
	return 0
}

// word is how severe the finding is, in a word; "unrated" when nobody said.
func (f *Finding) word() string {
	switch s := f.severity(); {
	case f.Malicious:
		return "malicious"
	case f.Severity != "":
		return f.Severity
	case s >= 9:
		return "critical"
	case s >= 7:
		return "high"
	case s >= 4:
		return "medium"
	case s > 0:
		return "low"
	}
	return "unrated"
}
