package sharing_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
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

// The leak test lets random organisations share random objects while members
// come and go, and asks every question as every reader. What each answer may
// hold is worked out from nothing but a list of what was submitted, by a second,
// literal reading of the rules. COUNTERSIGN_LEAKS=N plays N worlds on each
// engine.
func TestLeaks(t *testing.T) {
	worlds := 2
	if n, err := strconv.Atoi(os.Getenv("COUNTERSIGN_LEAKS")); err == nil {
		worlds = n
	}
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		decisions := 0
		for seed := range worlds {
			t.Run(strconv.Itoa(seed), func(t *testing.T) {
				w := newLeakWorld(t, open(t), uint64(seed))
				w.play(60)
				decisions += w.decisions
			})
		}
		t.Logf("%d decisions compared, in %d worlds", decisions, worlds)
	})
}

// leakObject is one version of an object in one collection, as the oracle knows
// it.
type leakObject struct {
	id, version, kind     string
	community, collection string
	source                string
	level                 string // "clear", "green", "amber", "strict", "red"
	removed               bool
}

// leakMember is a membership in the document of a community.
type leakMember struct{ from, to string }

type leakReader struct {
	ask   access.Ask
	since map[string]time.Time       // by collection: what it polls after
	got   map[string]map[string]bool // by collection: what polling gave, as id and version
}

type leakWorld struct {
	*shop
	rand      *rand.Rand
	readers   []*leakReader
	objects   []*leakObject
	members   map[string]map[string]leakMember // community, organisation
	clients   map[string]map[string]string     // community, client: of whom
	reads     map[string]map[string][]string   // community, collection: who may read
	decisions int
}

var (
	leakOrganisations = []string{"ash", "beech", "cedar", "dogwood"}
	leakCommunities   = []string{"north", "south"}
	leakCollections   = []string{"11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"}
	leakLevels        = map[string][]string{
		"clear": {tlp1White, tlp2Clear}, "green": {tlp1Green, tlp2Green}, "amber": {tlp1Amber, tlp2Amber}, "strict": {tlp2Strict}, "red": {tlp1Red, tlp2Red},
	}
)

func newLeakWorld(t *testing.T, store *db.DB, seed uint64) *leakWorld {
	w := &leakWorld{
		shop: openShop(t, store, sharing.Limits{}), rand: rand.New(rand.NewPCG(seed, 6)),
		members: map[string]map[string]leakMember{}, clients: map[string]map[string]string{}, reads: map[string]map[string][]string{},
	}
	for _, o := range leakOrganisations {
		w.readers = append(w.readers, &leakReader{ask: reader(o+"-soc", o)})
	}
	w.readers = append(w.readers, &leakReader{ask: reader("two", "ash", "cedar")}, &leakReader{ask: reader("nobody")}, &leakReader{ask: access.Ask{At: access.At{Position: access.Now}}}, &leakReader{ask: operator})
	for _, r := range w.readers {
		r.since, r.got = map[string]time.Time{}, map[string]map[string]bool{}
	}
	for _, c := range leakCommunities {
		w.members[c] = map[string]leakMember{}
		w.change(c)
	}
	return w
}

// change gives a community another document.
func (w *leakWorld) change(community string) {
	w.reads[community] = map[string][]string{}
	for _, o := range leakOrganisations {
		m := leakMember{"0001-01-01", string(access.Forever)}
		switch w.rand.IntN(5) {
		case 0:
			delete(w.members[community], o)
			continue
		case 1:
			m.to = string(access.DateOf(w.clock.now).AddDays(w.rand.IntN(4) + 1))
		case 2:
			m.from = string(access.DateOf(w.clock.now).AddDays(w.rand.IntN(4)))
		}
		w.members[community][o] = m
	}
	if w.rand.IntN(3) == 0 {
		w.clients[community] = map[string]string{"dogwood": leakOrganisations[w.rand.IntN(3)]}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "countersign: community/v1\ncommunity: %s\nname: %s\nhome: home\ndefault: amber+strict\ndescription: %q\nmembers:\n", community, community, strconv.Itoa(w.rand.IntN(1e9)))
	for _, o := range slices.Sorted(maps.Keys(w.members[community])) {
		m := w.members[community][o]
		fmt.Fprintf(&b, "  - {organisation: %s", o)
		if m.from > "0001-01-01" {
			fmt.Fprintf(&b, ", from: %s", m.from)
		}
		if m.to != string(access.Forever) {
			fmt.Fprintf(&b, ", to: %s", m.to)
		}
		for client, of := range w.clients[community] {
			if of == o {
				fmt.Fprintf(&b, ", clients: [%s]", client)
			}
		}
		b.WriteString("}\n")
	}
	if len(w.members[community]) == 0 {
		b.WriteString("  []\n")
	}
	b.WriteString("collections:\n")
	for i, c := range leakCollections {
		who := [][]string{{"members"}, {"everyone"}, {"ash", "dogwood"}, {"members", "dogwood"}}[w.rand.IntN(4)]
		w.reads[community][c] = who
		fmt.Fprintf(&b, "  - {id: %s, alias: c%d, title: c%d, read: [%s], write: everyone}\n", c, i, i, strings.Join(who, ", "))
	}
	w.found(b.String())
}

// today is the day in the world.
func (w *leakWorld) today() string { return string(access.DateOf(w.clock.now)) }

func (w *leakWorld) member(community string, orgs []string) bool {
	return slices.ContainsFunc(orgs, func(o string) bool {
		m, ok := w.members[community][o]
		return ok && m.from <= w.today() && w.today() < m.to
	})
}

// client reports whether one of the organisations is served by a member that
// today serves it: a client's days are those of the membership.
func (w *leakWorld) client(community string, orgs []string) bool {
	return slices.ContainsFunc(orgs, func(o string) bool {
		of := w.clients[community][o]
		return of != "" && w.member(community, []string{of})
	})
}

// allowed is the oracle: may a reader see an object? Word for word after TLP 2.0.
func (w *leakWorld) allowed(r access.Reader, o *leakObject) bool {
	if o.removed {
		return false
	}
	if r.Operator || slices.Contains(r.Organisations, o.source) {
		return true
	}
	open := false
	for _, who := range w.reads[o.community][o.collection] {
		switch who {
		case "everyone":
			open = open || r.Member != ""
		case "members":
			open = open || w.member(o.community, r.Organisations)
		default:
			open = open || slices.Contains(r.Organisations, who)
		}
	}
	if !open {
		return false
	}
	switch o.level {
	case "clear": // "no limit on disclosure"
		return true
	case "green", "strict": // the community; the recipients' organisations, here all members
		return w.member(o.community, r.Organisations)
	case "amber": // and their clients
		return w.member(o.community, r.Organisations) || w.client(o.community, r.Organisations)
	}
	return false // red: nobody is named
}

// play goes some steps, and asks everything after each few.
func (w *leakWorld) play(steps int) {
	for step := range steps {
		w.clock.now = w.clock.now.Add(time.Duration(w.rand.IntN(3000)) * time.Millisecond)
		switch n := w.rand.IntN(20); {
		case n < 12:
			w.submit()
		case n < 13:
			w.remove()
		case n < 15:
			w.clock.now = w.clock.now.Add(time.Duration(w.rand.IntN(60)) * time.Hour)
		case n < 16:
			w.change(leakCommunities[w.rand.IntN(2)])
		default:
			w.poll(w.readers[w.rand.IntN(len(w.readers))])
		}
		if step%10 == 9 {
			w.compare()
		}
	}
	for _, r := range w.readers {
		w.poll(r)
	}
	w.nothingMissed()
}

func (w *leakWorld) submit() {
	ctx := context.Background()
	source := leakOrganisations[w.rand.IntN(len(leakOrganisations))]
	ask := reader(source+"-soc", source)
	community, collection := leakCommunities[w.rand.IntN(2)], leakCollections[w.rand.IntN(2)]
	var texts []string
	var fresh []*leakObject
	for range w.rand.IntN(6) + 1 {
		o := &leakObject{kind: "indicator", community: community, collection: collection, source: source, level: "strict"}
		o.id = "indicator--" + uuid(w.rand)
		if older := w.own(source); older != nil && w.rand.IntN(3) == 0 {
			o.id = older.id
		}
		modified := time.Date(2021, 1, 2, 0, 0, w.rand.IntN(1e6), 0, time.UTC)
		o.version = sharing.Instant(modified)
		if slices.ContainsFunc(append(fresh, w.objects...), func(f *leakObject) bool { return f.id == o.id && f.version == o.version }) {
			continue
		}
		var marks []string
		if levels := slices.Sorted(maps.Keys(leakLevels)); w.rand.IntN(5) > 0 {
			o.level = levels[w.rand.IntN(len(levels))]
			marks = []string{leakLevels[o.level][w.rand.IntN(len(leakLevels[o.level]))]}
		}
		texts, fresh = append(texts, indicator(o.id, modified, o.level, marks...)), append(fresh, o)
	}
	if len(texts) == 0 {
		return
	}
	st, err := w.Submit(ctx, ask, community, collection, envelope(texts...))
	if err != nil {
		w.t.Fatal(err)
	}
	if len(st.Failures) > 0 {
		w.t.Fatalf("refused: %+v", st.Failures)
	}
	w.objects = append(w.objects, fresh...)
}

// own is an object that an organisation shared.
func (w *leakWorld) own(source string) *leakObject {
	for range 5 {
		if len(w.objects) == 0 {
			return nil
		}
		if o := w.objects[w.rand.IntN(len(w.objects))]; o.source == source {
			return o
		}
	}
	return nil
}

func (w *leakWorld) remove() {
	if len(w.objects) == 0 {
		return
	}
	o := w.objects[w.rand.IntN(len(w.objects))]
	ask := reader(o.source+"-soc", o.source)
	c, err := w.Collection(context.Background(), ask, o.community, o.collection)
	if o.removed || err != nil || !c.CanRead {
		return
	}
	n, err := w.Delete(context.Background(), ask, o.community, o.collection, o.id, sharing.Filter{Versions: []string{o.version}})
	if err != nil || n != 1 {
		w.t.Fatalf("delete %s of %s: %d, %v", o.version, o.id, n, err)
	}
	o.removed = true
}

// want is what a reader may see of a collection.
func (w *leakWorld) want(r access.Reader, community, collection string) (out []*leakObject) {
	for _, o := range w.objects {
		if o.community == community && o.collection == collection {
			w.decisions++
			if w.allowed(r, o) {
				out = append(out, o)
			}
		}
	}
	return out
}

func names(list []*leakObject) []string {
	out := []string{}
	for _, o := range list {
		out = append(out, o.id+" "+o.version)
	}
	slices.Sort(out)
	return out
}

// compare asks everything as everybody.
func (w *leakWorld) compare() {
	for _, r := range w.readers {
		seen := map[string]bool{}
		for _, community := range leakCommunities {
			for _, collection := range leakCollections {
				c, err := w.Collection(context.Background(), r.ask, community, collection)
				want := w.want(r.ask.Reader, community, collection)
				for _, o := range want {
					seen[o.id+" "+o.version] = true
				}
				if err != nil && problem.KindOf(err) != problem.NotFound {
					w.t.Fatal(err)
				}
				if err != nil || !c.CanRead {
					w.closed(r, community, collection)
					continue
				}
				w.pages(r, community, collection, want)
			}
		}
		w.single(r, seen)
	}
}

// closed expects a collection that may not be read to give nothing.
func (w *leakWorld) closed(r *leakReader, community, collection string) {
	w.t.Helper()
	for _, kind := range []sharing.Kind{sharing.Objects, sharing.Manifest, sharing.Versions} {
		if p, err := w.Page(context.Background(), r.ask, community, collection, kind, sharing.Filter{}); err == nil {
			w.t.Fatalf("%s reads %d objects of a closed collection", r.ask.Reader.Member, len(p.Entries))
		}
	}
}

// drain reads all pages of an answer.
func (w *leakWorld) drain(r *leakReader, community, collection string, kind sharing.Kind, f sharing.Filter) (out []sharing.Entry) {
	w.t.Helper()
	last := time.Time{}
	for {
		f.Limit = w.rand.IntN(7) + 1
		p, err := w.Page(context.Background(), r.ask, community, collection, kind, f)
		if err != nil {
			w.t.Fatal(err)
		}
		if again, err := w.Page(context.Background(), r.ask, community, collection, kind, f); err != nil || len(again.Entries) != len(p.Entries) || again.More != p.More {
			w.t.Fatalf("the same question is answered otherwise: %v", err)
		}
		for _, e := range p.Entries {
			if !e.Added.After(last) {
				w.t.Fatalf("added %s after %s", e.Added, last)
			}
			last = e.Added
		}
		out = append(out, p.Entries...)
		if p.More != (p.Next != "") || p.More && len(p.Entries) != f.Limit {
			w.t.Fatalf("more %t, next %q, %d of %d", p.More, p.Next, len(p.Entries), f.Limit)
		}
		if f.Next = p.Next; !p.More {
			return out
		}
	}
}

func entryNames(list []sharing.Entry) []string {
	out := []string{}
	for _, e := range list {
		out = append(out, e.ID+" "+e.Version)
	}
	slices.Sort(out)
	return out
}

func (w *leakWorld) pages(r *leakReader, community, collection string, want []*leakObject) {
	w.t.Helper()
	check := func(what string, got, want []string) {
		w.t.Helper()
		if !slices.Equal(got, want) {
			w.t.Fatalf("%s of %s/%s as %q: %d, want %d\n%v\n%v", what, community, collection, r.ask.Reader.Member, len(got), len(want), got, want)
		}
	}
	all := w.drain(r, community, collection, sharing.Objects, sharing.Filter{Versions: []string{"all"}})
	check("all versions", entryNames(all), names(want))
	for _, e := range all {
		if !strings.Contains(string(e.Body), e.ID) {
			w.t.Fatalf("%s: another's body", e.ID)
		}
	}
	check("manifest", entryNames(w.drain(r, community, collection, sharing.Manifest, sharing.Filter{Versions: []string{"all"}})), names(want))
	check("last", entryNames(w.drain(r, community, collection, sharing.Objects, sharing.Filter{})), names(extremes(want, func(a, b string) bool { return a > b })))
	check("first", entryNames(w.drain(r, community, collection, sharing.Objects, sharing.Filter{Versions: []string{"first"}})), names(extremes(want, func(a, b string) bool { return a < b })))
	check("of another type", entryNames(w.drain(r, community, collection, sharing.Objects, sharing.Filter{Types: []string{"malware"}})), []string{})
	if len(w.objects) > 0 {
		o := w.objects[w.rand.IntN(len(w.objects))]
		mine := slices.DeleteFunc(slices.Clone(want), func(x *leakObject) bool { return x.id != o.id })
		check("versions", entryNames(w.drain(r, community, collection, sharing.Versions, sharing.Filter{IDs: []string{o.id}})), names(mine))
		exact := slices.DeleteFunc(slices.Clone(mine), func(x *leakObject) bool { return x.version != o.version })
		check("one version", entryNames(w.drain(r, community, collection, sharing.Objects, sharing.Filter{IDs: []string{o.id}, Versions: []string{o.version}})), names(exact))
	}
	if len(all) > 1 {
		mid := all[w.rand.IntN(len(all))].Added
		later := []string{}
		for _, e := range all {
			if e.Added.After(mid) {
				later = append(later, e.ID+" "+e.Version)
			}
		}
		slices.Sort(later)
		check("added after", entryNames(w.drain(r, community, collection, sharing.Objects, sharing.Filter{Versions: []string{"all"}, AddedAfter: mid})), later)
	}
}

// extremes leaves of each object the version that is better than all others.
func extremes(list []*leakObject, better func(a, b string) bool) []*leakObject {
	best := map[string]*leakObject{}
	for _, o := range list {
		if b := best[o.id]; b == nil || better(o.version, b.version) {
			best[o.id] = o
		}
	}
	return slices.Collect(maps.Values(best))
}

// single asks for objects one by one, wherever they are.
func (w *leakWorld) single(r *leakReader, seen map[string]bool) {
	ctx := context.Background()
	explained := 0
	list, err := w.Explain(ctx, r.ask)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range list {
		explained += e.Objects
	}
	inAll := 0
	for _, o := range w.objects {
		w.decisions++
		if w.allowed(r.ask.Reader, o) {
			inAll++
		}
	}
	if explained != inAll {
		w.t.Fatalf("%q is told of %d objects, want %d", r.ask.Reader.Member, explained, inAll)
	}
	for range min(10, len(w.objects)) {
		o := w.objects[w.rand.IntN(len(w.objects))]
		want := []string{}
		for _, name := range slices.Sorted(maps.Keys(seen)) {
			if strings.HasPrefix(name, o.id+" ") {
				want = append(want, name)
			}
		}
		versions, err := w.Object(ctx, r.ask, o.id)
		if err != nil && problem.KindOf(err) != problem.NotFound || (err != nil) != (len(want) == 0) {
			w.t.Fatalf("%s: %v, want %d versions", o.id, err, len(want))
		}
		got := []string{}
		for _, v := range versions {
			got = append(got, v.ID+" "+v.Version)
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			w.t.Fatalf("%s as %q: %v, want %v", o.id, r.ask.Reader.Member, got, want)
		}
	}
}

// poll asks for what is new, as a client that keeps the last instant.
func (w *leakWorld) poll(r *leakReader) {
	for _, community := range leakCommunities {
		for _, collection := range leakCollections {
			key := community + " " + collection
			c, err := w.Collection(context.Background(), r.ask, community, collection)
			if err != nil || !c.CanRead {
				continue
			}
			may := names(w.want(r.ask.Reader, community, collection))
			for _, e := range w.drain(r, community, collection, sharing.Objects, sharing.Filter{Versions: []string{"all"}, AddedAfter: r.since[key]}) {
				name := e.ID + " " + e.Version
				if _, ok := slices.BinarySearch(may, name); !ok {
					w.t.Fatalf("%q is given %s", r.ask.Reader.Member, name)
				}
				if r.got[key] == nil {
					r.got[key] = map[string]bool{}
				}
				r.got[key][name], r.since[key] = true, e.Added
			}
		}
	}
}

// nothingMissed expects that whoever polled has everything it may see.
func (w *leakWorld) nothingMissed() {
	for _, r := range w.readers {
		for _, community := range leakCommunities {
			for _, collection := range leakCollections {
				c, err := w.Collection(context.Background(), r.ask, community, collection)
				if err != nil || !c.CanRead {
					continue
				}
				for _, name := range names(w.want(r.ask.Reader, community, collection)) {
					if !r.got[community+" "+collection][name] {
						w.t.Fatalf("%q polled, and was never given %s of %s/%s", r.ask.Reader.Member, name, community, collection)
					}
				}
			}
		}
	}
}
