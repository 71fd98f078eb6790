package ledger

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"countersign.dev/internal/access"
)

// model applies documents to rows held in memory as factWriter does in the
// store.
type model struct {
	rows     []Fact
	position int64
	days     []access.Date // published so far
}

func (m *model) apply(t interface{ Fatal(...any) }, doc Document) *change {
	m.position++
	next := access.Forever
	for _, d := range m.days {
		if d > doc.Published && d < next {
			next = d
		}
	}
	m.days = append(m.days, doc.Published)
	var held []Fact
	for _, f := range m.rows {
		if f.KnownTo == access.Now {
			held = append(held, f)
		}
	}
	ch, err := diff(held, &doc, m.position, next)
	if err != nil {
		t.Fatal(err)
	}
	closed := map[int64]bool{}
	for _, f := range ch.closes {
		closed[f.ID] = true
	}
	for i := range m.rows {
		if closed[m.rows[i].ID] {
			m.rows[i].KnownTo = m.position
		}
	}
	for i, f := range ch.opens {
		f.ID, f.KnownFrom, f.KnownTo = m.position<<24|int64(i), m.position, access.Now
		m.rows = append(m.rows, *f)
	}
	return ch
}

// stated is what the rows say the source stated on a day, at a position.
func (m *model) stated(day access.Date, position int64) []string {
	out := []string{}
	for i := range m.rows {
		f := &m.rows[i]
		if f.HeldAt(position) && f.StatedOn(day) {
			out = append(out, fmt.Sprintf("%s/%s=%s", f.Subject, f.Key, f.Body))
		}
	}
	slices.Sort(out)
	return out
}

func snapshot(day access.Date, statements map[string]int) Document {
	doc := Document{Kind: "test", Source: "list", Name: "list " + string(day), Published: day, Head: "entry"}
	for name, value := range statements {
		subject, key, _ := strings.Cut(name, "/")
		doc.Statements = append(doc.Statements, Statement{Kind: "entry", Subject: subject, Key: key, Body: value})
	}
	return doc
}

func lines(statements map[string]int) []string {
	out := []string{}
	for name, value := range statements {
		b, _ := json.Marshal(value)
		out = append(out, fmt.Sprintf("%s=%s", name, b))
	}
	slices.Sort(out)
	return out
}

// TestCountsOfAnEdition compares what an edition is said to have changed with
// the editions before it and itself, whatever was published later.
func TestCountsOfAnEdition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		content := rapid.MapOfN(rapid.SampledFrom([]string{"a/1", "a/2", "b/1", "c/1", "d/1"}), rapid.IntRange(0, 2), 0, 5)
		early, late, between := content.Draw(t, "early"), content.Draw(t, "late"), content.Draw(t, "between")
		m := &model{}
		m.apply(t, snapshot(someDay(1), early))
		m.apply(t, snapshot(someDay(3), late))
		ch := m.apply(t, snapshot(someDay(2), between))
		had, has := map[string]string{}, map[string]string{}
		for _, l := range lines(early) {
			had[l[:1]] += l
		}
		for _, l := range lines(between) {
			has[l[:1]] += l
		}
		for _, s := range []string{"a", "b", "c", "d"} {
			if got, want := ch.added[s], had[s] == "" && has[s] != ""; got != want {
				t.Fatalf("%s added: %v, want %v", s, got, want)
			}
			if got, want := ch.removed[s], had[s] != "" && has[s] == ""; got != want {
				t.Fatalf("%s removed: %v, want %v", s, got, want)
			}
			changed := had[s] != has[s] && had[s] != "" && has[s] != ""
			if got := ch.touched[s] && !ch.added[s] && !ch.removed[s]; got != changed {
				t.Fatalf("%s changed: %v, want %v", s, got, changed)
			}
		}
	})
}

func someDay(i int) access.Date { return access.Date("2020-01-01").AddDays(i * 10) }

// TestSnapshotsInAnyOrder states what the three clocks mean for editions: on
// any day, as held at any position, a source states what the edition says that
// was the newest published by that day among those held by then.
func TestSnapshotsInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type held struct {
			day     int
			content map[string]int
		}
		content := rapid.MapOfN(rapid.SampledFrom([]string{"a/1", "a/2", "b/1", "c/1"}), rapid.IntRange(0, 2), 0, 4)
		m := &model{}
		var history []held
		n := rapid.IntRange(1, 7).Draw(t, "editions")
		for range n {
			e := held{rapid.IntRange(0, 5).Draw(t, "day"), content.Draw(t, "content")}
			m.apply(t, snapshot(someDay(e.day), e.content))
			history = append(history, e)
			for p := range history {
				for day := -1; day <= 6; day++ {
					want := map[string]int{}
					newest := -1
					for _, h := range history[:p+1] {
						if h.day <= day && h.day >= newest {
							newest, want = h.day, h.content
						}
					}
					if d := cmp.Diff(lines(want), m.stated(someDay(day), int64(p+1))); d != "" {
						t.Fatalf("on day %d at position %d after %v:\n%s", day, p+1, history, d)
					}
				}
			}
		}
		m.checkRows(t)
	})
}

// checkRows states what must hold of every set of rows: those held at one
// position do not overlap, and neighbours that say the same are one row.
func (m *model) checkRows(t *rapid.T) {
	for p := int64(1); p <= m.position; p++ {
		rows := map[cell][]*Fact{}
		for i := range m.rows {
			if f := &m.rows[i]; f.HeldAt(p) {
				c := cell{f.Kind, f.Subject, f.Key}
				rows[c] = append(rows[c], f)
			}
		}
		for c, held := range rows {
			slices.SortFunc(held, func(a, b *Fact) int { return strings.Compare(string(a.Published), string(b.Published)) })
			for i := 1; i < len(held); i++ {
				if held[i-1].Superseded > held[i].Published {
					t.Fatalf("%v at %d: rows overlap: %+v and %+v", c, p, held[i-1], held[i])
				}
				if held[i-1].Superseded == held[i].Published && held[i-1].equal(held[i]) {
					t.Fatalf("%v at %d: two rows say what one could", c, p)
				}
			}
		}
	}
}

func TestSameEditionAgainChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		content := rapid.MapOf(rapid.SampledFrom([]string{"a/1", "b/1", "c/1"}), rapid.IntRange(0, 2)).Draw(t, "content")
		m := &model{}
		m.apply(t, snapshot("2020-01-01", content))
		for _, day := range []access.Date{"2020-01-01", "2020-02-01", "2019-12-01"} {
			before := len(m.rows)
			ch := m.apply(t, snapshot(day, content))
			if day >= "2020-01-01" && len(ch.closes)+len(m.rows)-before != 0 {
				t.Fatalf("the same content published %s closed %d and opened %d rows", day, len(ch.closes), len(m.rows)-before)
			}
			if len(ch.touched)+len(ch.removed) != 0 {
				t.Fatalf("the same content published %s counts as a change: %+v", day, ch)
			}
		}
	})
}

func TestChroniclesReplaceEachOther(t *testing.T) {
	first := Document{
		Kind: "test", Source: "history", Mode: Chronicle, Published: "2026-01-01", Name: "first", Head: "event",
		Statements: []Statement{
			{Kind: "event", Subject: "x", Key: "designated", Body: 1, ValidFrom: "2021-01-14", Published: "2021-01-14"},
			{Kind: "event", Subject: "x", Key: "removed", Body: 1, ValidFrom: "2022-01-01", Published: "2022-01-05"},
		},
	}
	second := first
	second.Published, second.Name = "2026-02-01", "second"
	second.Statements = []Statement{
		first.Statements[0],
		{Kind: "event", Subject: "x", Key: "removed", Body: 1, ValidFrom: "2021-12-31", Published: "2022-01-05"},
	}
	m := &model{}
	m.apply(t, first)
	ch := m.apply(t, second)
	if len(ch.closes) != 1 || len(ch.opens) != 1 {
		t.Fatalf("one corrected event closed %d and opened %d rows", len(ch.closes), len(ch.opens))
	}
	if got := ch.opens[0]; got.Basis != Stated || got.ValidFrom != "2021-12-31" || got.Published != "2022-01-05" || got.Superseded != access.Forever {
		t.Errorf("corrected event = %+v", got)
	}
	if again := m.apply(t, second); len(again.closes)+len(again.opens) != 0 {
		t.Errorf("the same version again changed %d rows", len(again.closes)+len(again.opens))
	}
}

func TestStatementPublishedBeforeItsEdition(t *testing.T) {
	stated := Statement{Kind: "entry", Subject: "a", Key: "1", Body: 1, ValidFrom: "2021-06-03", Published: "2021-06-03"}
	m := &model{}
	m.apply(t, Document{Name: "2025", Published: "2025-12-01", Head: "entry", Statements: []Statement{stated}})
	if got := m.stated("2021-06-03", 1); len(got) != 1 {
		t.Errorf("on the day that it names itself: %v", got)
	}
	m.apply(t, Document{Name: "2022", Published: "2022-05-01", Head: "entry"})
	if got := m.stated("2022-06-01", 2); len(got) != 0 {
		t.Errorf("an edition in between that has it not: %v", got)
	}
	if got := m.stated("2025-12-01", 2); len(got) != 1 {
		t.Errorf("and it is still in the later edition: %v", got)
	}
}

func TestDiffRefuses(t *testing.T) {
	for name, statements := range map[string][]Statement{
		"twice, and differently": {{Kind: "k", Subject: "s", Key: "1", Body: 1}, {Kind: "k", Subject: "s", Key: "1", Body: 2}},
		"which is no time":       {{Kind: "k", Subject: "s", Key: "1", Body: 1, ValidFrom: "2021-01-02", ValidTo: "2021-01-01"}},
	} {
		_, err := diff(nil, &Document{Name: "f.csv", Published: "2020-01-01", Statements: statements}, 1, access.Forever)
		if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "f.csv") {
			t.Errorf("error %v; want one that names the file and says %q", err, name)
		}
	}
}
