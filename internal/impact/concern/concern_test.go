package concern

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func obj(id string, says ...Thing) Object {
	kind, _, _ := strings.Cut(id, "--")
	return Object{Thing: Thing{Kind(kind), id, strings.ToUpper(id)}, Position: 1, Says: says}
}

// world is a Graph in memory. What is hidden is not there for its reader.
type world struct {
	objects []Object
	links   []Link
	naming  []Link
	hidden  map[string]bool
}

func (w *world) Objects(_ context.Context, ids []string) ([]Object, error) {
	var out []Object
	for _, o := range w.objects {
		if slices.Contains(ids, o.ID) && !w.hidden[o.ID] {
			out = append(out, o)
		}
	}
	return out, nil
}

func (w *world) sees(l Link) bool { return !w.hidden[l.From] && !w.hidden[l.To] && !w.hidden[l.Object] }

func (w *world) Links(_ context.Context, ids []string) ([]Link, error) {
	var out []Link
	for _, l := range w.links {
		if w.sees(l) && (slices.Contains(ids, l.From) || slices.Contains(ids, l.To)) {
			out = append(out, l)
		}
	}
	return out, nil
}

func (w *world) Naming(_ context.Context, values []Thing) ([]Link, error) {
	var out []Link
	for _, l := range w.naming {
		if w.sees(l) && slices.ContainsFunc(values, func(t Thing) bool { return t.ID == l.To }) {
			out = append(out, l)
		}
	}
	return out, nil
}

// fixed is a Source that knows some steps.
type fixed []Step

func (f fixed) Steps(_ context.Context, from []Thing) ([]Step, error) {
	var out []Step
	for _, s := range f {
		if slices.ContainsFunc(from, func(t Thing) bool { return t.key() == s.From.key() }) {
			out = append(out, s)
		}
	}
	return out, nil
}

func step(from Thing, relation string, to Thing) Step {
	return Step{From: from, Relation: relation, To: to, Evidence: Evidence{Position: 7}}
}

// told writes a path as "a -relation-> b".
func told(p Path) string {
	if len(p) == 0 {
		return ""
	}
	out := p[0].From.ID
	for _, s := range p {
		out += " -" + s.Relation + "-> " + s.To.ID
	}
	return out
}

func TestMalwareToOrganisation(t *testing.T) {
	ip := Thing{Value, "ipv4-addr:10.1.2.3", ""}
	domain := Thing{Value, "domain-name:c2.example", ""}
	asset, system, org := Thing{Asset, "asset:t/web", "web"}, Thing{System, "system:t/hr", "HR"}, Thing{Organisation, "organisation:treasury", "Treasury"}
	w := &world{
		objects: []Object{obj("malware--1"), obj("indicator--1", domain), obj("sighting--1"), obj("observed-data--1"), {Thing: Thing{"ipv4-addr", "ipv4-addr--1", ""}, Is: ip}, obj("attack-pattern--1"), obj("malware--2")},
		links: []Link{
			{From: "indicator--1", STIX: "indicates", To: "malware--1", Object: "relationship--1", Position: 2},
			{From: "sighting--1", STIX: "sighting_of_ref", To: "indicator--1", Object: "sighting--1", Position: 3},
			{From: "sighting--1", STIX: "observed_data_refs", To: "observed-data--1", Object: "sighting--1", Position: 3},
			{From: "observed-data--1", STIX: "object_refs", To: "ipv4-addr--1", Object: "observed-data--1", Position: 3},
			{From: "malware--1", STIX: "uses", To: "attack-pattern--1", Object: "relationship--2"},
			{From: "malware--2", STIX: "uses", To: "attack-pattern--1", Object: "relationship--3"},
		},
	}
	inventory := fixed{step(ip, "is the address of", asset), step(asset, "is part of", system), step(system, "belongs to", org)}
	walk := func() *Answer {
		t.Helper()
		a, err := Walk(t.Context(), []Thing{{"malware", "malware--1", ""}}, []Source{&Shared{Graph: w}, inventory}, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	a := walk()
	if len(a.Systems) != 1 || len(a.Organisations) != 1 || a.Cut {
		t.Fatalf("reached %+v", a)
	}
	want := "malware--1 -is indicated by-> indicator--1 -was sighted-> sighting--1 -was seen as-> observed-data--1 -holds-> ipv4-addr:10.1.2.3 -is the address of-> asset:t/web -is part of-> system:t/hr -belongs to-> organisation:treasury"
	if got := told(a.Organisations[0].Paths[0]); got != want {
		t.Errorf("the way is\n%s\nwant\n%s", got, want)
	}
	first := a.Organisations[0].Paths[0][0]
	if diff := cmp.Diff(Evidence{2, "relationship--1"}, first.Evidence); diff != "" {
		t.Errorf("evidence (-want +got):\n%s", diff)
	}
	if first.To.Name != "INDICATOR--1" || a.Organisations[0].Name != "Treasury" {
		t.Errorf("names are lost: %+v of %+v", first.To, a.Organisations[0].Thing)
	}
	for _, id := range []string{"indicator--1", "relationship--1", "sighting--1", "observed-data--1", "ipv4-addr--1"} {
		w.hidden = map[string]bool{id: true}
		if a := walk(); len(a.Systems)+len(a.Organisations) > 0 {
			t.Errorf("reached through %s, which is hidden", id)
		}
	}
}

// A value leads up to what names it only where it is what was asked about.
func TestValueIsNamed(t *testing.T) {
	a, b := Thing{Value, "ipv4-addr:10.0.0.1", ""}, Thing{Value, "domain-name:b.example", ""}
	system := Thing{System, "system:s", ""}
	w := &world{
		objects: []Object{obj("indicator--1", a, b), obj("indicator--2", b), obj("sighting--1"), obj("observed-data--1"), {Thing: Thing{"ipv4-addr", "ipv4-addr--9", ""}, Is: Thing{Value, "ipv4-addr:10.0.0.9", ""}}},
		naming:  []Link{{From: "indicator--1", To: a.ID, Object: "indicator--1"}, {From: "indicator--1", To: b.ID, Object: "indicator--1"}, {From: "indicator--2", To: b.ID, Object: "indicator--2"}},
		links: []Link{
			{From: "sighting--1", STIX: "sighting_of_ref", To: "indicator--2", Object: "sighting--1"},
			{From: "sighting--1", STIX: "observed_data_refs", To: "observed-data--1", Object: "sighting--1"},
			{From: "observed-data--1", STIX: "object_refs", To: "ipv4-addr--9", Object: "observed-data--1"},
		},
	}
	asset := Thing{Asset, "asset:s/1", ""}
	inventory := fixed{step(Thing{Value, "ipv4-addr:10.0.0.9", ""}, "is the address of", asset), step(asset, "is part of", system)}
	for start, want := range map[Thing]int{a: 0, b: 1} {
		got, err := Walk(t.Context(), []Thing{start}, []Source{&Shared{Graph: w}, inventory}, Limits{})
		if err != nil || len(got.Systems) != want {
			t.Errorf("from %s: %d systems (%v), want %d", start.ID, len(got.Systems), err, want)
		}
	}
}

func TestLimits(t *testing.T) {
	from := Thing{Weakness, "CVE-1", ""}
	var steps fixed
	for i := range 10 {
		p, r := Thing{Package, fmt.Sprint("pkg:npm/a@", i), ""}, Thing{Release, fmt.Sprint("pkg:npm/r@", i), ""}
		steps = append(steps, step(from, "affects", p), step(p, "is in", r), step(r, "runs in", Thing{System, "system:s", ""}))
	}
	a, err := Walk(t.Context(), []Thing{from}, []Source{steps}, Limits{Paths: 4})
	if err != nil || a.Cut || len(a.Systems) != 1 || len(a.Systems[0].Paths) != 4 {
		t.Errorf("four ways of ten: %+v, %v", a, err)
	}
	for name, l := range map[string]Limits{"rounds": {Rounds: 2}, "steps": {Steps: 5}} {
		a, err := Walk(t.Context(), []Thing{from}, []Source{steps}, l)
		if err != nil || !a.Cut {
			t.Errorf("%s: cut is not told: %+v, %v", name, a, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Walk(ctx, []Thing{from}, []Source{steps}, Limits{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a walk that is called off gives %v", err)
	}
}

// TestWalkAgainstOracle walks through made worlds, and compares with a search
// that looks at every link for every thing.
func TestWalkAgainstOracle(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 6))
		w, inventory := madeWorld(r)
		start := w.objects[r.IntN(len(w.objects))]
		if start.Is.Kind != "" || w.hidden[start.ID] {
			continue
		}
		got, err := Walk(t.Context(), []Thing{start.Thing}, []Source{&Shared{Graph: w}, inventory}, Limits{Rounds: 1000})
		if err != nil {
			t.Fatal(err)
		}
		steps := everyStep(w, inventory)
		far := distances(start.Thing, steps)
		want := map[string]int{}
		for k, d := range far {
			if k.kind == System || k.kind == Organisation {
				want[k.id] = d
			}
		}
		have := map[string]int{}
		for _, reached := range slices.Concat(got.Systems, got.Organisations) {
			have[reached.ID] = len(reached.Paths[0])
			for _, p := range reached.Paths {
				checkPath(t, p, start.Thing, reached.Thing, steps)
			}
		}
		if diff := cmp.Diff(want, have); diff != "" {
			t.Fatalf("seed %d from %s (-oracle +walk):\n%s", seed, start.ID, diff)
		}
	}
}

// madeWorld makes objects, links of all types between any of them, and an
// inventory.
func madeWorld(r *rand.Rand) (*world, fixed) {
	w := &world{hidden: map[string]bool{}}
	types := []string{"intrusion-set", "campaign", "malware", "tool", "infrastructure", "indicator", "sighting", "observed-data", "vulnerability", "identity", "attack-pattern", "report", "ipv4-addr"}
	for i := range 4 + r.IntN(24) {
		id := fmt.Sprintf("%s--%d", types[r.IntN(len(types))], i)
		o := obj(id)
		switch o.Kind {
		case "ipv4-addr":
			o.Is = Thing{Value, fmt.Sprint("ipv4-addr:10.0.0.", r.IntN(4)), ""}
		case "indicator":
			o.Says = []Thing{{Value, fmt.Sprint("ipv4-addr:10.0.0.", r.IntN(4)), ""}}
		case "vulnerability":
			o.Says = []Thing{{Weakness, fmt.Sprint("CVE-", r.IntN(3)), ""}}
		case "identity":
			o.Says = []Thing{{Organisation, fmt.Sprint("organisation:", r.IntN(3)), ""}}
		}
		w.objects = append(w.objects, o)
		w.hidden[id] = r.IntN(6) == 0
	}
	var said []string
	for _, rule := range Rules {
		if rule.STIX != "" {
			said = append(said, rule.STIX)
		}
	}
	any := func() string { return w.objects[r.IntN(len(w.objects))].ID }
	for i := range 3 * len(w.objects) {
		l := Link{From: any(), STIX: said[r.IntN(len(said))], To: any(), Object: fmt.Sprint("relationship--", i)}
		w.links = append(w.links, l)
		w.hidden[l.Object] = r.IntN(8) == 0
	}
	var inventory fixed
	for i := range 3 {
		asset, system := Thing{Asset, fmt.Sprint("asset:", i), ""}, Thing{System, fmt.Sprint("system:", r.IntN(3)), ""}
		release := Thing{Release, fmt.Sprint("pkg:generic/r@", i), ""}
		inventory = append(inventory,
			step(Thing{Value, fmt.Sprint("ipv4-addr:10.0.0.", r.IntN(4)), ""}, "is the address of", asset), step(asset, "is part of", system),
			step(Thing{Weakness, fmt.Sprint("CVE-", r.IntN(3)), ""}, "affects", Thing{Package, fmt.Sprint("pkg:npm/a@", i), ""}),
			step(Thing{Package, fmt.Sprint("pkg:npm/a@", r.IntN(3)), ""}, "is in", release), step(release, "runs in", system),
			step(system, "belongs to", Thing{Organisation, fmt.Sprint("organisation:", r.IntN(3)), ""}))
	}
	return w, inventory
}

// everyStep is all steps of a world that its reader may take.
func everyStep(w *world, inventory fixed) []Step {
	out := slices.Clone(inventory)
	find := func(id string) (Thing, Thing, bool) {
		for _, o := range w.objects {
			if o.ID == id && !w.hidden[id] {
				if o.Is.Kind != "" {
					return o.Thing, o.Is, true
				}
				return o.Thing, o.Thing, true
			}
		}
		return Thing{}, Thing{}, false
	}
	for _, o := range w.objects {
		for _, t := range o.Says {
			for _, rule := range Rules {
				if rule.STIX == "" && !w.hidden[o.ID] && slices.Contains(rule.From, o.Kind) && slices.Contains(rule.To, t.Kind) {
					out = append(out, Step{From: o.Thing, Relation: rule.Relation, To: t})
				}
			}
		}
	}
	for _, l := range w.links {
		from, fromAs, ok1 := find(l.From)
		to, toAs, ok2 := find(l.To)
		if !ok1 || !ok2 || w.hidden[l.Object] {
			continue
		}
		for _, rule := range Rules {
			if rule.STIX != l.STIX {
				continue
			}
			if rule.Back {
				if slices.Contains(rule.From, to.Kind) && slices.Contains(rule.To, fromAs.Kind) {
					out = append(out, Step{From: to, Relation: rule.Relation, To: fromAs})
				}
			} else if slices.Contains(rule.From, from.Kind) && slices.Contains(rule.To, toAs.Kind) {
				out = append(out, Step{From: from, Relation: rule.Relation, To: toAs})
			}
		}
	}
	return out
}

// distances is how far everything is, by trying every step until nothing
// becomes nearer.
func distances(start Thing, steps []Step) map[key]int {
	far := map[key]int{start.key(): 0}
	for again := true; again; {
		again = false
		for _, s := range steps {
			d, ok := far[s.From.key()]
			if !ok || s.From.Kind == Organisation {
				continue
			}
			if held, ok := far[s.To.key()]; !ok || d+1 < held {
				far[s.To.key()], again = d+1, true
			}
		}
	}
	return far
}

func checkPath(t *testing.T, p Path, from, to Thing, steps []Step) {
	t.Helper()
	at, met := from.key(), map[key]bool{from.key(): true}
	for _, s := range p {
		if s.From.key() != at || !slices.ContainsFunc(steps, func(o Step) bool {
			return o.From.key() == s.From.key() && o.Relation == s.Relation && o.To.key() == s.To.key()
		}) {
			t.Fatalf("no such step: %s", told(p))
		}
		if at = s.To.key(); met[at] {
			t.Fatalf("meets itself: %s", told(p))
		}
		met[at] = true
	}
	if at != to.key() {
		t.Fatalf("leads elsewhere than to %s: %s", to.ID, told(p))
	}
}
