package watchlist

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/screening"
)

// Bounds of one list.
const (
	MaxNames = 500_000
	MaxBytes = 128 << 20
)

// ReadNames reads the names of a list out of a CSV file in the form of a batch.
// What is wrong with single rows is told beside those that can be watched; the
// error is for a file of which nothing can be.
func ReadNames(file string, b []byte) (names []screening.Sought, wrong []error, err error) {
	if len(b) > MaxBytes {
		return nil, nil, problem.New(problem.TooLarge, "%s: larger than %d MB; watch it in several lists", file, MaxBytes>>20)
	}
	batch, err := screening.ReadBatch(file, bytes.NewReader(b))
	if err != nil {
		return nil, nil, err
	}
	for {
		rows, err := batch.Next(1024)
		for i := range rows {
			switch {
			case rows[i].Err != nil:
				wrong = append(wrong, rows[i].Err)
			case !comparable(&rows[i].Sought):
				wrong = append(wrong, problem.New(problem.Invalid, "%scolumn name: %q has no letter or number to compare, or is too long", rows[i].Place(), rows[i].Name))
			default:
				names = append(names, rows[i].Sought)
			}
		}
		if len(names) > MaxNames {
			return nil, nil, problem.New(problem.TooLarge, "%s: more than %d names; watch them in several lists", file, MaxNames)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, err
		}
	}
	if len(names) == 0 {
		if len(wrong) > 0 {
			return nil, nil, wrong[0]
		}
		return nil, nil, problem.New(problem.Invalid, "%s: has a header and no names", file)
	}
	return names, wrong, nil
}

// comparable reports whether somebody can be screened at all.
func comparable(s *screening.Sought) bool {
	return len(s.Name) <= maxText && (party.Fold(s.Name) != "" || strings.TrimSpace(s.Identifier) != "")
}

// maxText is the longest name that is screened, in bytes.
const maxText = 2000

// watched is a name of a list with the one that stood in its place before.
type watched struct {
	now screening.Sought
	was *screening.Sought // nil for a name that is new
}

// pair finds for each name what it was in the version of the list before: the
// same words, or else whoever had the same id. dropped is how many of the older
// names are in nobody's place.
func pair(now, before []screening.Sought) (pairs []watched, dropped int) {
	same, byID := make(map[screening.Sought]int, len(before)), map[string]int{}
	for i := range before {
		same[before[i]] = i
		if before[i].ID != "" {
			byID[before[i].ID] = i
		}
	}
	kept := make(map[int]bool, len(before))
	pairs = make([]watched, len(now))
	for i := range now {
		pairs[i].now = now[i]
		at, ok := same[now[i]]
		if !ok && now[i].ID != "" {
			at, ok = byID[now[i].ID]
		}
		if ok {
			pairs[i].was, kept[at] = &before[at], true
		}
	}
	for _, at := range same {
		if !kept[at] {
			dropped++
		}
	}
	return pairs, dropped
}

// alike is every name in its own place.
func alike(now []screening.Sought) []watched {
	pairs := make([]watched, len(now))
	for i := range now {
		pairs[i] = watched{now[i], &now[i]}
	}
	return pairs
}
