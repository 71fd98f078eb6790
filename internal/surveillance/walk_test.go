package surveillance

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"countersign.dev/internal/access"
)

// TestWalk walks back over days of which some turn what is looked at, and finds
// the last of those.
func TestWalk(t *testing.T) {
	const today, first = access.Date("2021-06-01"), access.Date("2021-01-01")
	rapid.Check(t, func(t *rapid.T) {
		turns := rapid.SliceOfDistinct(rapid.IntRange(0, 40), rapid.ID[int]).Draw(t, "turns") // days ago
		others := rapid.SliceOf(rapid.IntRange(-3, 40)).Draw(t, "others")                     // on which nothing happens
		was := func(day access.Date) (odd bool, err error) {
			for _, ago := range turns {
				odd = odd != (today.AddDays(-ago) <= day)
			}
			return odd, nil
		}
		days, want := []access.Date{first}, first
		for _, ago := range others {
			days = append(days, today.AddDays(-ago))
		}
		for _, ago := range turns {
			days, want = append(days, today.AddDays(-ago)), max(want, today.AddDays(-ago))
		}
		now, _ := was(today)
		since, before, turned, err := Walk(days, today, now, was)
		if err != nil || since != want || turned != (len(turns) > 0) || turned && before == now {
			t.Fatalf("since %s, turned %v, %v before, %v; want %s", since, turned, before, err, want)
		}
	})
	if since, _, turned, err := Walk(nil, today, true, nil); since != today || turned || err != nil {
		t.Errorf("over no days: %s, %v, %v", since, turned, err)
	}
	failed := errors.New("no store")
	if _, _, _, err := Walk([]access.Date{first}, today, true, func(access.Date) (bool, error) { return false, failed }); !errors.Is(err, failed) {
		t.Errorf("the failure is %v", err)
	}
}
