package sharing_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/sharing"
)

// TestProbes plays one story in two stores. In one of them an organisation
// shares, under the same ids, things that beech may not see; in the other it does
// nothing. Whatever beech writes, and reads after it, must come out the same in
// both: else writing tells what reading hides.
// COUNTERSIGN_PROBES=N plays N stories on each engine.
func TestProbes(t *testing.T) {
	stories := 3
	if n, err := strconv.Atoi(os.Getenv("COUNTERSIGN_PROBES")); err == nil {
		stories = n
	}
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		for seed := range stories {
			t.Run(strconv.Itoa(seed), func(t *testing.T) {
				bare := openShop(t, open(t), sharing.Limits{})
				t.Run("story", func(t *testing.T) { // with a store of its own
					p := &probe{t: t, rand: rand.New(rand.NewPCG(uint64(seed), 21)), hidden: openShop(t, open(t), sharing.Limits{}), bare: bare}
					p.hidden.found(fceb)
					p.bare.found(fceb)
					for range 60 {
						p.step()
					}
				})
			})
		}
	})
}

type probe struct {
	t            *testing.T
	rand         *rand.Rand
	hidden, bare *shop
}

var (
	probeIDs    = []string{anID, "indicator--00000000-0000-4000-8000-000000000002", "indicator--00000000-0000-4000-8000-000000000003"}
	probeValues = []string{"ipv4-addr--00000000-0000-5000-8000-000000000001", "ipv4-addr--00000000-0000-5000-8000-000000000002"}
	probeMakers = []string{"", "identity--aaaaaaaa-0000-4000-8000-000000000001", "identity--bbbbbbbb-0000-4000-8000-000000000002"}
)

// object draws one of few objects, so that ids, versions and contents meet.
func (p *probe) object(marks ...string) string {
	if p.rand.IntN(3) == 0 {
		return address(probeValues[p.rand.IntN(2)], p.rand.IntN(2), marks...)
	}
	o := indicator(probeIDs[p.rand.IntN(3)], at(march).Add(time.Duration(p.rand.IntN(3))*time.Hour), strconv.Itoa(p.rand.IntN(2)), marks...)
	if maker := probeMakers[p.rand.IntN(3)]; maker != "" {
		o = `{"created_by_ref":"` + maker + `",` + o[1:]
	}
	return o
}

// address is an observable that several may tell of, in other words.
func address(id string, words int, marks ...string) string {
	o := fmt.Sprintf(`{"type":"ipv4-addr","spec_version":"2.1","id":%q,"value":"198.51.100.7","x_words":"%d"`, id, words)
	for _, m := range marks {
		o += fmt.Sprintf(`,"object_marking_refs":[%q]`, m)
	}
	return o + "}"
}

func (p *probe) step() {
	p.t.Helper()
	for _, s := range []*shop{p.hidden, p.bare} {
		s.clock.now = s.clock.now.Add(time.Second)
	}
	ctx := context.Background()
	folder := []string{"all", "in"}[p.rand.IntN(2)]
	switch p.rand.IntN(6) {
	case 0, 1, 2: // what beech may not see: red, or where it may not read
		marks := []string{tlp2Red}
		if folder == "in" && p.rand.IntN(2) == 0 {
			marks = []string{tlp2Green}
		}
		if _, err := p.hidden.Submit(ctx, ash, "fceb", folder, envelope(p.object(marks...), p.object(marks...))); err != nil {
			p.t.Fatal(err)
		}
		p.once(folder)
	case 3:
		id := probeIDs[p.rand.IntN(3)]
		n, err := p.hidden.Delete(ctx, beech, "fceb", "all", id, sharing.Filter{})
		m, not := p.bare.Delete(ctx, beech, "fceb", "all", id, sharing.Filter{})
		if n != m || problem.KindOf(err) != problem.KindOf(not) {
			p.t.Fatalf("delete of %s: %d, %v; without the hidden ones %d, %v", id, n, err, m, not)
		}
	default:
		marks := [][]string{nil, {tlp2Clear}, {tlp2Red}}[p.rand.IntN(3)]
		give := envelope(p.object(marks...), p.object(marks...))
		got, want := p.submit(p.hidden, folder, give), p.submit(p.bare, folder, give)
		if !reflect.DeepEqual(got, want) {
			p.t.Fatalf("beech gave %s\nwas answered %+v\nwithout the hidden ones %+v", give, got, want)
		}
	}
	got, want := p.view(p.hidden), p.view(p.bare)
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			p.t.Fatalf("beech sees\n%s\nwithout the hidden ones\n%s", got[i], want[i])
		}
	}
	if len(got) != len(want) {
		p.t.Fatalf("beech sees\n%s\nwithout the hidden ones\n%s", got, want)
	}
}

func (p *probe) submit(s *shop, folder string, give []byte) *sharing.Status {
	p.t.Helper()
	st, err := s.Submit(context.Background(), beech, "fceb", folder, give)
	if err != nil {
		p.t.Fatal(err)
	}
	// Instants and numbers are those of the whole store.
	st.ID, st.Document = "", 0
	for i := range st.Successes {
		if o := &st.Successes[i]; o.ID[:5] == "ipv4-" {
			o.Version = ""
		}
	}
	return st
}

// view is everything that beech can ask for.
func (p *probe) view(s *shop) (out []string) {
	p.t.Helper()
	ctx := context.Background()
	tell := func(what, id, version string, body []byte) {
		if id[:5] == "ipv4-" {
			version = ""
		}
		out = append(out, fmt.Sprintln(what, id, version, string(body)))
	}
	for _, versions := range []string{"all", "last", "first"} {
		for _, kind := range []sharing.Kind{sharing.Objects, sharing.Manifest} {
			page, err := s.Page(ctx, beech, "fceb", "all", kind, sharing.Filter{Versions: []string{versions}, Limit: 1000})
			if err != nil {
				p.t.Fatal(err)
			}
			for _, e := range page.Entries {
				tell("page "+versions, e.ID, e.Version, e.Body)
			}
		}
	}
	for _, id := range slices.Concat(probeIDs, probeValues) {
		versions, err := s.Object(ctx, beech, id)
		out = append(out, fmt.Sprintln("object", id, problem.KindOf(err)))
		for _, v := range versions {
			tell("object "+v.Source+v.Code+v.Marking, v.ID, v.Version, v.Body)
		}
		given, err := s.Recipients(ctx, beech, id)
		out = append(out, fmt.Sprintln("recipients", len(given), problem.KindOf(err)))
	}
	explained, err := s.Explain(ctx, beech)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, e := range explained {
		out = append(out, fmt.Sprintf("%+v", e))
	}
	return out
}

// once expects who may see all that two organisations share under one id to be
// given each version once, whoever gave it: collections hold an id and version
// once (TAXII 2.1 section 3.4.1).
func (p *probe) once(folder string) {
	p.t.Helper()
	for _, ask := range []access.Ask{ash, operator, reader("cedar-soc", "cedar")} {
		page, err := p.hidden.Page(context.Background(), ask, "fceb", folder, sharing.Manifest, sharing.Filter{Versions: []string{"all"}, Limit: 1000})
		if problem.KindOf(err) == problem.Denied {
			continue
		}
		if err != nil {
			p.t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, e := range page.Entries {
			if key := e.ID + e.Version; seen[key] {
				p.t.Fatalf("%q is given %s of %s twice", ask.Reader.Member, e.Version, e.ID)
			} else {
				seen[key] = true
			}
		}
	}
}

// TestVariants lets several organisations tell of one id.
func TestVariants(t *testing.T) {
	const later = "2021-03-02T00:00:00Z"
	maker := func(o string) string {
		return `{"created_by_ref":"identity--aaaaaaaa-0000-4000-8000-000000000001",` + o[1:]
	}
	type give struct {
		by, folder, object string
		want               string // "" or the code
	}
	tests := []struct {
		name string
		give []give
		all  []string // what the operator is given of "all", by what is in it
		last []string

		newest []string // what is told of the object wherever it is
	}{
		{"an address in other words", []give{
			{"ash", "all", address(probeValues[0], 1), ""}, {"beech", "all", address(probeValues[0], 2), ""},
		}, []string{`"x_words":"1"`, `"x_words":"2"`}, []string{`"x_words":"2"`}, []string{`"x_words":"2"`}},
		{"an address in the same words", []give{
			{"ash", "all", address(probeValues[0], 1), ""}, {"beech", "all", address(probeValues[0], 1), ""},
		}, []string{`"x_words":"1"`}, []string{`"x_words":"1"`}, []string{`"x_words":"1"`}},
		{"a hidden one, taken up by somebody who does not see it", []give{
			{"ash", "all", indicator(anID, at(march), "first", tlp2Red), ""}, {"beech", "all", indicator(anID, at(march), "second", tlp2Clear), ""},
		}, []string{`"first"`}, []string{`"first"`}, []string{`"first"`}},
		{"a newer version of a hidden one", []give{
			{"ash", "all", indicator(anID, at(march), "first", tlp2Red), ""}, {"beech", "all", indicator(anID, at(later), "second", tlp2Clear), ""},
		}, []string{`"first"`}, []string{`"first"`}, []string{`"first"`}},
		{"the source goes on after it", []give{
			{"ash", "all", indicator(anID, at(march), "first", tlp2Red), ""}, {"beech", "all", indicator(anID, at(later), "second", tlp2Clear), ""},
			{"ash", "all", indicator(anID, at(later), "third", tlp2Red), ""},
		}, []string{`"first"`, `"third"`}, []string{`"third"`}, []string{`"third"`}},
		{"who speaks as the maker comes after somebody else", []give{
			{"beech", "all", indicator(anID, at(later), "guess"), ""}, {"ash", "all", maker(indicator(anID, at(later), "word")), ""},
		}, []string{`"word"`}, []string{`"word"`}, []string{`"word"`}},
		{"a hidden one in a folder, and the other in another", []give{
			{"ash", "in", indicator(anID, at(march), "first"), ""}, {"beech", "all", indicator(anID, at(march), "second"), ""},
		}, []string{`"second"`}, []string{`"second"`}, []string{`"first"`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			eachShop(t, sharing.Limits{}, func(t *testing.T, s *shop) {
				ctx := context.Background()
				for _, g := range test.give {
					st, err := s.Submit(ctx, reader(g.by+"-soc", g.by), "fceb", g.folder, envelope(g.object))
					if err != nil {
						t.Fatal(err)
					}
					if got := s.codes(st); !slices.Equal(got, []string{g.want}) {
						t.Errorf("%s gives %s: %+v, want %q", g.by, g.object, st, g.want)
					}
					s.clock.now = s.clock.now.Add(time.Second)
				}
				for versions, want := range map[string][]string{"all": test.all, "last": test.last} {
					page, err := s.Page(ctx, operator, "fceb", "all", sharing.Objects, sharing.Filter{Versions: []string{versions}})
					if err != nil {
						t.Fatal(err)
					}
					holds(t, versions, page.Entries, want)
				}
				var id struct{ ID string }
				if err := json.Unmarshal([]byte(test.give[0].object), &id); err != nil {
					t.Fatal(err)
				}
				versions, err := s.Object(ctx, operator, id.ID)
				if err != nil {
					t.Fatal(err)
				}
				holds(t, "the object's newest", []sharing.Entry{versions[len(versions)-1].Entry}, test.newest)
			})
		})
	}
}

// holds expects entries to be as many as the words, each with its own in it.
func holds(t *testing.T, what string, entries []sharing.Entry, words []string) {
	t.Helper()
	if len(entries) != len(words) {
		t.Fatalf("%s: %d objects, want %d: %+v", what, len(entries), len(words), entries)
	}
	for i, w := range words {
		if !bytes.Contains(entries[i].Body, []byte(w)) {
			t.Errorf("%s: %s, want %s in it", what, entries[i].Body, w)
		}
	}
}

// TestSpecifications holds an object by both versions of the specification under
// one id and version, as real libraries publish them, and gives the newer unless
// the other is asked for (TAXII 2.1 section 3.4.1).
func TestSpecifications(t *testing.T) {
	older := `{"type":"tool","id":"tool--00000000-0000-4000-8000-000000000001","created":"2021-01-01T00:00:00.000Z","modified":"2021-01-01T00:00:00.000Z","name":"a","labels":["remote-access"]}`
	newer := `{"type":"tool","spec_version":"2.1","id":"tool--00000000-0000-4000-8000-000000000001","created":"2021-01-01T00:00:00.000Z","modified":"2021-01-01T00:00:00.000Z","name":"a"}`
	for _, order := range [][]string{{older, newer}, {newer, older}} {
		eachShop(t, sharing.Limits{}, func(t *testing.T, s *shop) {
			for range 2 {
				for _, o := range order {
					st, err := s.Submit(context.Background(), ash, "fceb", "all", envelope(o))
					if err != nil || len(st.Failures) > 0 {
						t.Fatalf("%+v, %v", st, err)
					}
				}
			}
			for spec, want := range map[string][]string{"": {newer}, "2.0": {older}, "2.1": {newer}, "2.0,2.1": order} {
				f := sharing.Filter{Versions: []string{"all"}}
				if spec != "" {
					f.SpecVersions = strings.Split(spec, ",")
				}
				page, err := s.Page(context.Background(), beech, "fceb", "all", sharing.Objects, f)
				if err != nil {
					t.Fatal(err)
				}
				holds(t, spec, page.Entries, want)
			}
		})
	}
}

// TestMisdefined refuses another definition under the id of a level that a standard
// fixes, and takes the standard's own.
func TestMisdefined(t *testing.T) {
	const extension = `"extensions":{"extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d":{"extension_type":"property-extension","tlp_2_0":"%s"}}`
	define := func(content string) string {
		return `{"type":"marking-definition","spec_version":"2.1","id":"` + tlp2Red + `","created":"2022-10-01T00:00:00.000Z","name":"TLP:RED",` + content + `}`
	}
	for content, want := range map[string]string{
		fmt.Sprintf(extension, "red"): "", fmt.Sprintf(extension, "clear"): "invalid", `"definition_type":"statement","definition":{"statement":"for all"}`: "invalid",
	} {
		eachShop(t, sharing.Limits{}, func(t *testing.T, s *shop) {
			st, err := s.Submit(context.Background(), ash, "fceb", "all", envelope(define(content)))
			if err != nil {
				t.Fatal(err)
			}
			if got := s.codes(st); !slices.Equal(got, []string{want}) {
				t.Errorf("%s: %+v, want %q", content, st, want)
			}
		})
	}
}
