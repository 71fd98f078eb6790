package sharing_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign.dev/internal/db"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/sharing"
)

const fceb = `countersign: community/v1
community: fceb
name: Agencies
home: home
default: amber+strict
members:
  - {organisation: ash, identities: [identity--aaaaaaaa-0000-4000-8000-000000000001]}
  - {organisation: beech}
  - {organisation: cedar}
collections:
  - {id: 11111111-1111-4111-8111-111111111111, alias: all, title: All, read: members, write: members}
  - {id: 22222222-2222-4222-8222-222222222222, alias: in, title: In, read: [cedar], write: members}
  - {id: 33333333-3333-4333-8333-333333333333, alias: shut, title: Shut, read: [home], write: [home]}
`

var (
	ash   = reader("ash-soc", "ash")
	beech = reader("beech-soc", "beech")
	other = reader("other", "elsewhere")
)

const (
	anID  = "indicator--00000000-0000-4000-8000-000000000001"
	march = "2021-03-01T00:00:00Z"
)

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

// eachShop runs a test on a store with a community, on each engine.
func eachShop(t *testing.T, limits sharing.Limits, fn func(t *testing.T, s *shop)) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		s := openShop(t, open(t), limits)
		s.found(fceb)
		fn(t, s)
	})
}

// codes is what became of each object of a submission: "" where it was added.
func (s *shop) codes(st *sharing.Status) (out []string) {
	for range st.Successes {
		out = append(out, "")
	}
	for _, f := range st.Failures {
		out = append(out, f.Code)
	}
	return out
}

// TestSubmit judges each object of an envelope by itself.
func TestSubmit(t *testing.T) {
	maker := `"created_by_ref":"identity--aaaaaaaa-0000-4000-8000-000000000001",`
	made := func(o string) string { return strings.Replace(o, `{`, `{`+maker, 1) }
	tests := []struct {
		name   string
		before string // shared by ash
		by     string
		give   []string
		want   []string
	}{
		{"one", "", "beech", []string{indicator(anID, at(march), "a")}, []string{""}},
		{"twice in one envelope", "", "beech", []string{indicator(anID, at(march), "a"), indicator(anID, at(march), "a")}, []string{"", ""}},
		{"the same again", indicator(anID, at(march), "a"), "ash", []string{indicator(anID, at(march), "a")}, []string{""}},
		{"the same from somebody else", indicator(anID, at(march), "a"), "beech", []string{indicator(anID, at(march), "a")}, []string{""}},
		{"other content under its version", indicator(anID, at(march), "a"), "ash", []string{indicator(anID, at(march), "b")}, []string{"conflict"}},
		{"two contents in one envelope", "", "ash", []string{indicator(anID, at(march), "a"), indicator(anID, at(march), "b")}, []string{"", "conflict"}},
		{"a newer version of its own", indicator(anID, at(march), "a"), "ash", []string{indicator(anID, at("2021-03-02T00:00:00Z"), "b")}, []string{""}},
		{"a newer version of somebody else's", indicator(anID, at(march), "a"), "beech", []string{indicator(anID, at("2021-03-02T00:00:00Z"), "b")}, []string{"not_source"}},
		{"in the name of somebody else", "", "beech", []string{made(indicator(anID, at(march), "a"))}, []string{"not_source"}},
		{"in its own name", "", "ash", []string{made(indicator(anID, at(march), "a"))}, []string{""}},
		{"not what the standard says beside what is", "", "ash", []string{`{"type":"indicator","id":"indicator--1"}`, indicator(anID, at(march), "a")}, []string{"", "invalid"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			eachShop(t, sharing.Limits{}, func(t *testing.T, s *shop) {
				ctx := context.Background()
				if test.before != "" {
					if st, err := s.Submit(ctx, ash, "fceb", "all", envelope(test.before)); err != nil || len(st.Failures) > 0 {
						t.Fatalf("%+v, %v", st, err)
					}
				}
				ask := reader(test.by+"-soc", test.by)
				st, err := s.Submit(ctx, ask, "fceb", "all", envelope(test.give...))
				if err != nil {
					t.Fatal(err)
				}
				if got := s.codes(st); !slices.Equal(got, test.want) {
					t.Errorf("%q, want %q: %+v", got, test.want, st.Failures)
				}
				again, err := s.Status(ctx, ask, "fceb", st.ID)
				if err != nil || again.State != sharing.Complete || !slices.Equal(s.codes(again), test.want) || again.Document != st.Document {
					t.Errorf("status: %+v, %v", again, err)
				}
				if _, err := s.Status(ctx, other, "fceb", st.ID); problem.KindOf(err) != problem.NotFound {
					t.Errorf("status as somebody else: %v", err)
				}
			})
		})
	}
}

// TestRelax lets nobody but its source mark an object less strictly. Of an
// identity that nobody here speaks as, others may pass on newer versions.
func TestRelax(t *testing.T) {
	maker := `"created_by_ref":"identity--bbbbbbbb-0000-4000-8000-000000000002",`
	version := func(n int, marks ...string) string {
		return strings.Replace(indicator(anID, at(march).Add(time.Duration(n)*time.Hour), "a", marks...), `{`, `{`+maker, 1)
	}
	tests := []struct {
		name string
		give []string
		want []string
	}{
		{"as strict", []string{version(1, tlp2Amber)}, []string{""}},
		{"stricter", []string{version(1, tlp2Red)}, []string{""}},
		{"less strict", []string{version(1, tlp2Green)}, []string{"not_source"}},
		{"less strict after stricter in one envelope", []string{version(1, tlp2Red), version(2, tlp2Clear)}, []string{"", "not_source"}},
		{"an older version, less strict", []string{version(-1, tlp2Clear)}, []string{"not_source"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			eachShop(t, sharing.Limits{}, func(t *testing.T, s *shop) {
				ctx := context.Background()
				if _, err := s.Submit(ctx, ash, "fceb", "all", envelope(version(0, tlp2Amber))); err != nil {
					t.Fatal(err)
				}
				st, err := s.Submit(ctx, beech, "fceb", "all", envelope(test.give...))
				if err != nil {
					t.Fatal(err)
				}
				if got := s.codes(st); !slices.Equal(got, test.want) {
					t.Errorf("%q, want %q: %+v", got, test.want, st.Failures)
				}
				if st, err := s.Submit(ctx, ash, "fceb", "all", envelope(version(9, tlp2Clear))); err != nil || len(st.Failures) > 0 {
					t.Errorf("the source itself: %+v, %v", st, err)
				}
			})
		})
	}
}

// TestRefuse says what is refused as a whole.
func TestRefuse(t *testing.T) {
	tests := []struct {
		name, community, collection, body string
		as                                string
		want                              problem.Kind
	}{
		{"no such community", "none", "all", "", "ash", problem.NotFound},
		{"no such collection", "fceb", "none", "", "ash", problem.NotFound},
		{"somebody from elsewhere", "fceb", "all", "", "elsewhere", problem.NotFound},
		{"not open for writing", "fceb", "shut", "", "ash", problem.Denied},
		{"no JSON", "fceb", "all", "{", "ash", problem.Invalid},
		{"nothing in it", "fceb", "all", `{"objects":[]}`, "ash", problem.Invalid},
		{"too large", "fceb", "all", `{"objects":[` + strings.Repeat(" ", 5000) + `]}`, "ash", problem.TooLarge},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			eachShop(t, sharing.Limits{Envelope: 4000}, func(t *testing.T, s *shop) {
				before, err := s.ledger.Head(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				body := test.body
				if body == "" {
					body = string(envelope(indicator(anID, at(march), "a")))
				}
				_, err = s.Submit(context.Background(), reader(test.as, test.as), test.community, test.collection, []byte(body))
				if problem.KindOf(err) != test.want {
					t.Errorf("%v, want %s", err, test.want)
				}
				if after, err := s.ledger.Head(context.Background()); err != nil || after != before {
					t.Errorf("the ledger is at %d, was at %d: %v", after.Position, before.Position, err)
				}
			})
		})
	}
}

// TestCursor takes a cursor for the question and the reader that it was given
// for, as often as one likes, and no other.
func TestCursor(t *testing.T) {
	eachShop(t, sharing.Limits{}, func(t *testing.T, s *shop) {
		ctx := context.Background()
		var texts []string
		for i := range 5 {
			texts = append(texts, indicator(fmt.Sprintf("indicator--00000000-0000-4000-8000-%012d", i), at(march), "a", tlp2Green))
		}
		if _, err := s.Submit(ctx, ash, "fceb", "all", envelope(texts...)); err != nil {
			t.Fatal(err)
		}
		f := sharing.Filter{Limit: 2}
		page, err := s.Page(ctx, beech, "fceb", "all", sharing.Objects, f)
		if err != nil || !page.More {
			t.Fatalf("%+v, %v", page, err)
		}
		f.Next = page.Next
		for range 2 {
			p, err := s.Page(ctx, beech, "fceb", "all", sharing.Objects, f)
			if err != nil || len(p.Entries) != 2 || !strings.HasSuffix(p.Entries[0].ID, "2") {
				t.Errorf("%+v, %v", p, err)
			}
		}
		refused := func(what string, f sharing.Filter, kind sharing.Kind, member string) {
			t.Helper()
			if _, err := s.Page(ctx, reader(member+"-soc", member), "fceb", "all", kind, f); problem.KindOf(err) != problem.Invalid {
				t.Errorf("%s: %v", what, err)
			}
		}
		refused("another reader", f, sharing.Objects, "ash")
		refused("another kind", f, sharing.Manifest, "beech")
		refused("another filter", sharing.Filter{Limit: 2, Next: page.Next, Types: []string{"indicator"}}, sharing.Objects, "beech")
		for i := range page.Next {
			b := []byte(page.Next)
			if b[i]++; b[i] == 'Z'+1 || b[i] == 'z'+1 || b[i] == '9'+1 {
				b[i] = 'A'
			}
			refused("changed at "+fmt.Sprint(i), sharing.Filter{Limit: 2, Next: string(b)}, sharing.Objects, "beech")
		}
		refused("no cursor", sharing.Filter{Next: "1"}, sharing.Objects, "beech")
		refused("no version", sharing.Filter{Versions: []string{"newest"}}, sharing.Objects, "beech")
		refused("negative limit", sharing.Filter{Limit: -1}, sharing.Objects, "beech")
		if p, err := s.Page(ctx, beech, "fceb", "11111111-1111-4111-8111-111111111111", sharing.Objects, f); err != nil || len(p.Entries) != 2 {
			t.Errorf("the same collection by its id: %+v, %v", p, err)
		}
	})
}

// TestQueue works through a large envelope in parts, also when another node goes
// on, and twice changes nothing.
func TestQueue(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		ctx := context.Background()
		s := openShop(t, open(t), sharing.Limits{AtOnce: 10})
		s.found(fceb)
		var texts []string
		for i := range 95 {
			texts = append(texts, indicator(fmt.Sprintf("indicator--00000000-0000-4000-8000-%012d", i), at(march), "a", tlp2Green))
		}
		texts[50] = `{"type":"indicator","id":"indicator--50"}`
		st, err := s.Submit(ctx, ash, "fceb", "all", envelope(texts...))
		if err != nil || st.State != sharing.Pending || st.Pending != 95 {
			t.Fatalf("%+v, %v", st, err)
		}
		count := func() int {
			n, f := 0, sharing.Filter{Limit: 7}
			for {
				p, err := s.Page(ctx, beech, "fceb", "all", sharing.Manifest, f)
				if err != nil {
					t.Fatal(err)
				}
				n += len(p.Entries)
				if f.Next = p.Next; !p.More {
					return n
				}
			}
		}
		if n := count(); n != 0 {
			t.Errorf("%d before any was taken in", n)
		}
		again := openShop(t, open(t), sharing.Limits{AtOnce: 10})
		errs := make(chan error, 2)
		for _, node := range []*shop{s, again} {
			go func() { errs <- node.Drain(ctx) }()
		}
		for range 2 {
			if err := <-errs; err != nil {
				t.Fatal(err)
			}
		}
		if n := count(); n != 94 {
			t.Errorf("%d, want 94", n)
		}
		st, err = s.Status(ctx, ash, "fceb", st.ID)
		if err != nil || st.State != sharing.Complete || len(st.Successes) != 94 || len(st.Failures) != 1 || st.Pending != 0 {
			t.Errorf("%d and %d of %d, %s, %v", len(st.Successes), len(st.Failures), st.Total, st.State, err)
		}
	})
}

// TestDelete lets only the source and who runs the community take an object out,
// and remembers who has it.
func TestDelete(t *testing.T) {
	eachShop(t, sharing.Limits{}, func(t *testing.T, s *shop) {
		ctx := context.Background()
		give := envelope(indicator(anID, at(march), "a", tlp2Green), indicator(anID, at("2021-03-02T00:00:00Z"), "b", tlp2Green))
		if _, err := s.Submit(ctx, ash, "fceb", "all", give); err != nil {
			t.Fatal(err)
		}
		if p, err := s.Page(sharing.By(ctx, "taxii"), beech, "fceb", "all", sharing.Objects, sharing.Filter{}); err != nil || len(p.Entries) != 1 {
			t.Fatalf("%+v, %v", p, err)
		}
		if _, err := s.Delete(ctx, beech, "fceb", "all", anID, sharing.Filter{}); problem.KindOf(err) != problem.Denied {
			t.Errorf("delete what another shared: %v", err)
		}
		if n, err := s.Delete(ctx, ash, "fceb", "all", anID, sharing.Filter{Versions: []string{"first"}}); err != nil || n != 1 {
			t.Errorf("delete the first version: %d, %v", n, err)
		}
		if n, err := s.Delete(ctx, ash, "fceb", "all", anID, sharing.Filter{}); err != nil || n != 1 {
			t.Errorf("delete the rest: %d, %v", n, err)
		}
		if _, err := s.Delete(ctx, ash, "fceb", "all", anID, sharing.Filter{}); problem.KindOf(err) != problem.NotFound {
			t.Errorf("delete what is gone: %v", err)
		}
		got, err := s.Recipients(ctx, ash, anID)
		if err != nil || len(got) != 1 || got[0].Member != "beech-soc" || got[0].Source != "ash" || got[0].Version != "2021-03-02T00:00:00.000000Z" || got[0].Way != "taxii" {
			t.Errorf("recipients: %+v, %v", got, err)
		}
		if _, err := s.Recipients(ctx, beech, anID); problem.KindOf(err) != problem.NotFound {
			t.Errorf("recipients as one of them: %v", err)
		}
		if st, err := s.Submit(ctx, ash, "fceb", "all", give); err != nil || len(st.Successes) != 2 {
			t.Errorf("share again: %+v, %v", st, err)
		}
		if p, err := s.Page(ctx, beech, "fceb", "all", sharing.Manifest, sharing.Filter{Versions: []string{"all"}}); err != nil || len(p.Entries) != 2 {
			t.Errorf("after it was shared again: %+v, %v", p, err)
		}
	})
}

// TestWriteOnly lets an organisation give what it can not read back, but for its
// own objects by their ids.
func TestWriteOnly(t *testing.T) {
	eachShop(t, sharing.Limits{}, func(t *testing.T, s *shop) {
		ctx := context.Background()
		if _, err := s.Submit(ctx, ash, "fceb", "in", envelope(indicator(anID, at(march), "a", tlp2Green))); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Page(ctx, ash, "fceb", "in", sharing.Objects, sharing.Filter{}); problem.KindOf(err) != problem.Denied {
			t.Errorf("read: %v", err)
		}
		if seen, err := s.Object(ctx, ash, anID); err != nil || len(seen) != 1 || seen[0].Code != "source" {
			t.Errorf("its own: %+v, %v", seen, err)
		}
		if _, err := s.Object(ctx, beech, anID); problem.KindOf(err) != problem.NotFound {
			t.Errorf("somebody else's: %v", err)
		}
		if seen, err := s.Object(ctx, reader("c", "cedar"), anID); err != nil || len(seen) != 1 {
			t.Errorf("who may read: %+v, %v", seen, err)
		}
	})
}

// TestLateDefinition leaves an object to its source while its marking is not held,
// and lets it out when the source, and nobody else, gives the definition.
func TestLateDefinition(t *testing.T) {
	const id = "marking-definition--00000000-0000-4000-8000-00000000000a"
	definition := func(statement string) string {
		return `{"type":"marking-definition","spec_version":"2.1","id":"` + id + `","created":"2021-01-01T00:00:00.000Z","definition_type":"statement","definition":{"statement":"` + statement + `"}}`
	}
	for by, want := range map[string]int{"ash": 1, "beech": 0} {
		t.Run(by, func(t *testing.T) {
			eachShop(t, sharing.Limits{}, func(t *testing.T, s *shop) {
				ctx := context.Background()
				if st, err := s.Submit(ctx, ash, "fceb", "all", envelope(indicator(anID, at(march), "a", id, tlp2Green))); err != nil || len(st.Failures) > 0 {
					t.Fatalf("%+v, %v", st, err)
				}
				look := func() int {
					p, err := s.Page(ctx, reader("c", "cedar"), "fceb", "all", sharing.Objects, sharing.Filter{Types: []string{"indicator"}})
					if err != nil {
						t.Fatal(err)
					}
					return len(p.Entries)
				}
				if n := look(); n != 0 {
					t.Errorf("%d are seen whose marking nobody knows", n)
				}
				if st, err := s.Submit(ctx, reader(by+"-soc", by), "fceb", "all", envelope(definition("(c)"))); err != nil || len(st.Failures) > 0 {
					t.Fatalf("%+v, %v", st, err)
				}
				if n := look(); n != want {
					t.Errorf("%d are seen, want %d", n, want)
				}
			})
		})
	}
}
