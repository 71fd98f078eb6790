package surveillance

import (
	"slices"

	"countersign.dev/internal/access"
)

// maxWalk bounds how many days a walk looks at: what began before that is said
// to have begun on the last of them.
const maxWalk = 500

// Walk finds since when something has been as it is today. days is those on
// which it may have become so; was tells how it was on a day. turned is false
// when it was so on all of them, and since is then the first; it is today when
// no day given lies before.
func Walk[S comparable](days []access.Date, today access.Date, now S, was func(access.Date) (S, error)) (since access.Date, before S, turned bool, err error) {
	days = slices.Clone(days)
	slices.Sort(days)
	days = slices.Compact(days)
	since = today
	looked := 0
	for _, day := range slices.Backward(days) {
		if day >= today {
			continue
		}
		if looked++; looked > maxWalk {
			return since, now, false, nil
		}
		then, err := was(day)
		if err != nil {
			return "", now, false, err
		}
		if then != now {
			return since, then, true, nil
		}
		since = day
	}
	return since, now, false, nil
}
