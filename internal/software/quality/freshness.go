package quality

import (
	"fmt"
	"time"

	"countersign.dev/internal/access"
)

// The days until a bill is no longer of the grade. A bill does not go bad by
// itself: what is old is only less likely to be of what runs today.
const (
	daysA = 90
	daysB = 365
	daysC = 2 * 365
	daysD = 5 * 365
	// daysLag is how long before its release a bill may have been made and
	// still be of that release: builds are often tagged some days later.
	daysLag = 7
)

// freshness says how old the bill is, and whether it fits the release.
func (s *sheet) freshness() FreshnessReport {
	r := FreshnessReport{Created: s.bill.Created, Released: s.env.Released, Faults: []Fault{}}
	made, err := madeAt(s.bill.Created)
	if err != nil {
		what := "it does not say when it was made"
		if s.bill.Created != "" {
			what = "its date cannot be read"
		}
		r.Grade = E
		r.Faults = append(r.Faults, Fault{what, "date the bill as 2026-07-29T12:00:00Z"})
		return r
	}
	r.Day = access.DateOf(made)
	if s.env.Day != "" {
		age := days(r.Day, s.env.Day)
		r.Age = &age
		r.Grade = gradeOfAge(age)
		switch {
		case age < 0:
			r.Faults = append(r.Faults, Fault{"its date lies ahead", "set the clock of the machine that makes it"})
		case age > daysB:
			r.Faults = append(r.Faults, Fault{fmt.Sprintf("it is %d days old", age), "make the bill anew of what runs today"})
		}
	}
	if s.env.Released != "" {
		lag := days(s.env.Released, r.Day)
		r.Lag = &lag
		if lag < -daysLag {
			r.Grade = max(r.Grade, C) // grades are letters: the later is the worse
			r.Faults = append(r.Faults, Fault{"it is older than the release", "make the bill anew with each release"})
		}
	}
	return r
}

func gradeOfAge(days int) Grade {
	switch {
	case days < 0:
		return E
	case days <= daysA:
		return A
	case days <= daysB:
		return B
	case days <= daysC:
		return C
	case days <= daysD:
		return D
	}
	return E
}

// days is how many days b is after a.
func days(a, b access.Date) int {
	return int(b.Time().Sub(a.Time()) / (24 * time.Hour))
}
