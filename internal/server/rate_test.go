package server

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestRate(t *testing.T) {
	l := newLimiters(Rate{PerSecond: 2, Burst: 3}, 10)
	now := time.Unix(1000, 0)
	for i := range 3 {
		if wait := l.take("a", now); wait != 0 {
			t.Fatalf("request %d waits %v", i+1, wait)
		}
	}
	if !l.spent("a", now) || l.spent("b", now) {
		t.Error("a has spent its burst, b has not")
	}
	if wait := l.take("a", now); wait != 500*time.Millisecond {
		t.Errorf("the fourth waits %v, want half a second", wait)
	}
	if wait := l.take("b", now); wait != 0 {
		t.Errorf("somebody else waits %v", wait)
	}
	now = now.Add(500 * time.Millisecond)
	if wait := l.take("a", now); wait != 0 {
		t.Errorf("after the wait it still waits %v", wait)
	}
	if wait := newLimiters(Rate{PerSecond: -1}, 10).take("a", now); wait != 0 {
		t.Errorf("without a limit it waits %v", wait)
	}
}

// TestRateMemory: the table never grows beyond its bound, whoever comes, and
// forgets those first who were silent longest.
func TestRateMemory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bound := rapid.IntRange(1, 8).Draw(t, "bound")
		l := newLimiters(Rate{PerSecond: 1, Burst: 1}, bound)
		now := time.Unix(1000, 0)
		var last []string // the ones who asked last, the newest at the end
		for range rapid.IntRange(1, 100).Draw(t, "requests") {
			key := fmt.Sprint(rapid.IntRange(0, 20).Draw(t, "client"))
			l.take(key, now)
			for i, k := range last {
				if k == key {
					last = append(last[:i], last[i+1:]...)
					break
				}
			}
			last = append(last, key)
			if len(last) > bound {
				last = last[1:]
			}
			if len(l.clients) != len(last) || l.recent.Len() != len(last) {
				t.Fatalf("%d clients and %d in order, want %d", len(l.clients), l.recent.Len(), len(last))
			}
			for _, k := range last {
				if _, ok := l.clients[k]; !ok {
					t.Fatalf("%s was forgotten too early", k)
				}
			}
		}
	})
}

func TestAddressKey(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.7":              "192.0.2.7",
		"::ffff:192.0.2.7":       "192.0.2.7",
		"2001:db8:1:2:3:4:5:6":   "2001:db8:1:2::/64",
		"2001:db8:1:2:ffff::1":   "2001:db8:1:2::/64",
		"fe80::1%eth0":           "fe80::/64",
		"not an address at all:": "not an address at all:",
	} {
		if got := addressKey(address); got != want {
			t.Errorf("addressKey(%q) = %q, want %q", address, got, want)
		}
	}
}
