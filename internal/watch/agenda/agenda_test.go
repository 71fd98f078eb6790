package agenda_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"countersign.dev/internal/access"
	"countersign.dev/internal/watch/agenda"
)

type thing struct {
	agenda.Entry
	name string
}

// TestCalendar enters things for days, anew and out again, and takes them out
// up to a day: a map does the same.
func TestCalendar(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var c agenda.Calendar[*thing]
		things := make([]*thing, 8)
		for i := range things {
			things[i] = new(thing)
		}
		model := map[*thing]access.Date{}
		days := []access.Date{"", "2021-01-14", "2021-03-12", "2021-03-15", "2021-05-25", access.Forever}
		for range rapid.IntRange(1, 40).Draw(t, "deeds") {
			one := rapid.SampledFrom(things).Draw(t, "thing")
			day := rapid.SampledFrom(days).Draw(t, "day")
			switch rapid.IntRange(0, 3).Draw(t, "deed") {
			case 0:
				c.Remove(one)
				delete(model, one)
			case 1:
				var last access.Date
				for _, got := range c.UpTo(day) {
					if model[got] > day || model[got] < last || model[got] == "" {
						t.Fatalf("up to %s comes one of %q after %q", day, model[got], last)
					}
					last = model[got]
					delete(model, got)
				}
			default:
				c.Put(one, day)
				model[one] = day
				if day == "" || day == access.Forever {
					delete(model, one)
				}
			}
			next, ok := c.Next()
			want := access.Forever
			for _, day := range model {
				want = min(want, day)
			}
			if ok != (len(model) > 0) || ok && next != want {
				t.Fatalf("the next day is %q, %v; want %q of %d", next, ok, want, len(model))
			}
		}
	})
}

// TestIndex finds by subject and by term those that looked them up last, and
// no others.
func TestIndex(t *testing.T) {
	a, b, c := &thing{name: "a"}, &thing{name: "b"}, &thing{name: "c"}
	var x agenda.Index[*thing]
	concerned := func(subject, term string) (names string) {
		var all []string
		x.Concerned(subject, term, func(one *thing) { all = append(all, one.name) })
		slices.Sort(all)
		for _, n := range all {
			names += n
		}
		return names
	}
	x.Put(a, []agenda.Key{agenda.SubjectKey("xiaomi")}, false)
	x.Put(b, []agenda.Key{agenda.SubjectKey("xiaomi"), agenda.TermKey("luokung")}, false)
	x.Put(c, nil, true)
	if got := concerned("xiaomi", ""); got != "ab" {
		t.Errorf("the subject concerns %q", got)
	}
	if got := concerned("luokung", ""); got != "" {
		t.Errorf("a term's word as a subject concerns %q", got)
	}
	if got := concerned("somebody", "luokung"); got != "b" {
		t.Errorf("the term concerns %q", got)
	}
	x.Put(b, []agenda.Key{agenda.TermKey("smic")}, false)
	x.Remove(a)
	if got := concerned("xiaomi", "luokung") + concerned("xiaomi", "smic"); got != "b" {
		t.Errorf("what was looked up before concerns %q", got)
	}
	var everything []string
	x.Everything(func(one *thing) { everything = append(everything, one.name) })
	if len(everything) != 1 || everything[0] != "c" {
		t.Errorf("everything concerns %v", everything)
	}
}

// TestQueue keeps each once, in the order in which they came.
func TestQueue(t *testing.T) {
	a, b := &thing{name: "a"}, &thing{name: "b"}
	var q agenda.Queue[*thing]
	q.Add(a)
	q.Add(b)
	q.Add(a)
	if q.Len() != 2 || q.First() != a {
		t.Fatalf("%d wait, %s first", q.Len(), q.First().name)
	}
	q.Remove(a)
	q.Remove(a)
	q.Add(a)
	if q.Len() != 2 || q.First() != b {
		t.Errorf("%d wait, %s first; who goes and comes again is last", q.Len(), q.First().name)
	}
}
