package search

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"countersign.dev/internal/db"
	"countersign.dev/internal/db/dbtest"
)

// shelf is objects by number, from 1 on: a Source.
type shelf []object

type object struct {
	id, version string
	body        string
}

func (s shelf) Objects(_ context.Context, after int64, limit int, fn func(int64, string, string, []byte, int64) error) error {
	for i := after; i < int64(len(s)) && i < after+int64(limit); i++ {
		if err := fn(i+1, s[i].id, s[i].version, []byte(s[i].body), 1); err != nil {
			return err
		}
	}
	return nil
}

func all(_ context.Context, numbers []int64) ([]int64, error) { return numbers, nil }

func ids(hits []Hit) []string {
	out := []string{}
	for _, h := range hits {
		out = append(out, h.ID)
	}
	return out
}

var story = shelf{
	{"malware--sunburst", "1", `{"type":"malware","name":"SUNBURST","aliases":["Solorigate"],"description":"A backdoor in Orion.","external_references":[{"source_name":"mitre","external_id":"S0559"}]}`},
	{"indicator--dns", "1", `{"type":"indicator","name":"C2","pattern_type":"stix","pattern":"[domain-name:value = 'avsvmcloud.com']"}`},
	{"indicator--net", "1", `{"type":"indicator","name":"Range","pattern_type":"stix","pattern":"[ipv4-addr:value ISSUBSET '13.59.0.0/16']"}`},
	{"relationship--1", "1", `{"type":"relationship","relationship_type":"indicates","source_ref":"indicator--dns","target_ref":"malware--sunburst"}`},
	{"malware--other", "1", `{"type":"malware","name":"Solorigate","description":"The same by another name"}`},
	{"report--1", "1", `{"type":"report","name":"Orion","object_refs":["malware--sunburst","indicator--net"],"object_marking_refs":["marking-definition--x"]}`},
	{"malware--sunburst", "2", `{"type":"malware","name":"SUNBURST","aliases":["Solorigate"],"description":"A backdoor in the platform."}`},
}

func TestSearch(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		x, ctx := New(open(t), story), context.Background()
		tests := map[string]string{
			"avsvmcloud[.]com": "indicator--dns",
			"7sbvaemscs0mc925tb99.appsync-api.eu-west-1.avsvmcloud.com": "indicator--dns",
			"com":                           "",
			"13.59.205.66":                  "indicator--net",
			"13.60.0.1":                     "",
			"sunburst":                      "malware--sunburst",
			"SOLORIGATE":                    "malware--sunburst malware--other",
			"backdoor orion":                "malware--sunburst",
			"solo":                          "malware--sunburst malware--other",
			"backdoor plat":                 "malware--sunburst",
			"s0559":                         "malware--sunburst",
			"nothing":                       "",
			"'; DROP TABLE search_term; --": "",
			"":                              "",
		}
		for query, want := range tests {
			found, err := x.Search(ctx, query, 10, all)
			if err != nil || strings.Join(ids(found.Hits), " ") != want {
				t.Errorf("%q: %v, %v, want %s", query, found, err, want)
			}
		}
		found, err := x.Search(ctx, "solorigate", 1, all)
		if err != nil || len(found.Hits) != 1 || !found.More {
			t.Errorf("a limit: %+v, %v", found, err)
		}
		g, err := x.Around(ctx, "malware--sunburst", 1, 10, all)
		if err != nil || strings.Join(ids(g.Nodes), " ") != "malware--sunburst indicator--dns report--1" || len(g.Edges) != 2 {
			t.Errorf("%+v, %v", g, err)
		}
		if g, err = x.Around(ctx, "malware--sunburst", 2, 10, all); err != nil || len(g.Nodes) != 4 || len(g.Edges) != 3 {
			t.Errorf("%+v, %v", g, err)
		}
		alike, err := x.Alike(ctx, "malware--sunburst", all)
		if err != nil || len(alike) != 1 || alike[0].ID != "malware--other" || alike[0].Because[0] != "name solorigate" {
			t.Errorf("%+v, %v", alike, err)
		}
	})
}

// TestOracle compares what the index finds with a look through everything, for
// random objects of which random ones may be seen.
func TestOracle(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		r := rand.New(rand.NewPCG(7, 7))
		words := strings.Fields("orion bear web shell door light north south snow rain")
		var objects shelf
		for i := range 300 {
			var id, body string
			name := words[r.IntN(len(words))] + " " + words[r.IntN(len(words))]
			if i%3 == 2 {
				id = fmt.Sprintf("relationship--%d", r.IntN(40))
				body = fmt.Sprintf(`{"type":"relationship","relationship_type":"uses","source_ref":"malware--%d","target_ref":"malware--%d"}`, r.IntN(40), r.IntN(40))
			} else {
				id = fmt.Sprintf("malware--%d", r.IntN(40))
				body = fmt.Sprintf(`{"type":"malware","name":%q,"created_by_ref":"malware--%d"}`, name, r.IntN(40))
			}
			objects = append(objects, object{id, fmt.Sprint(i), body})
		}
		x, ctx := New(open(t), objects), context.Background()
		for range 30 {
			seen := map[int64]bool{}
			for n := range objects {
				seen[int64(n+1)] = r.IntN(3) > 0
			}
			keep := func(_ context.Context, numbers []int64) ([]int64, error) {
				return slices.DeleteFunc(slices.Clone(numbers), func(n int64) bool { return !seen[n] }), nil
			}
			query := []string{words[r.IntN(len(words))], words[r.IntN(len(words))]}
			want := map[string]bool{}
			for n, o := range objects {
				if seen[int64(n+1)] && strings.Contains(o.body, query[0]) && strings.Contains(o.body, query[1]) {
					want[o.id] = true
				}
			}
			found, err := x.Search(ctx, strings.Join(query, " "), 1000, keep)
			if err != nil {
				t.Fatal(err)
			}
			got := ids(found.Hits)
			slices.Sort(got)
			names := slices.Sorted(maps.Keys(want))
			if !slices.Equal(got, names) {
				t.Fatalf("%v: %v, want %v", query, got, names)
			}
			compareGraph(t, x, objects, seen, fmt.Sprintf("malware--%d", r.IntN(40)), keep)
		}
	})
}

// TestAddresses compares which networks and addresses hold one with what the
// standard library says.
func TestAddresses(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		r := rand.New(rand.NewPCG(3, 3))
		address := func() netip.Addr {
			return netip.AddrFrom4([4]byte{byte(90 + r.IntN(2)), byte(r.IntN(3) * 64), byte(r.IntN(4)), byte(r.IntN(4))})
		}
		var objects shelf
		var nets []netip.Prefix
		for i := range 200 {
			p := netip.PrefixFrom(address(), 8+r.IntN(25)).Masked()
			nets = append(nets, p)
			objects = append(objects, object{fmt.Sprintf("ipv4-addr--%d", i), "1", fmt.Sprintf(`{"type":"ipv4-addr","value":%q}`, p)})
		}
		x := New(open(t), objects)
		for range 50 {
			a := address()
			want := []string{}
			for i, p := range nets {
				if p.Contains(a) {
					want = append(want, objects[i].id)
				}
			}
			found, err := x.Search(context.Background(), a.String(), 1000, all)
			if err != nil {
				t.Fatal(err)
			}
			got := ids(found.Hits)
			slices.Sort(got)
			if slices.Sort(want); !slices.Equal(got, want) {
				t.Fatalf("%s: %v, want %v", a, got, want)
			}
		}
	})
}

// TestCrowd finds one object behind many that may not be seen: what may not be
// seen is as if it were not there, also for what is begun only.
func TestCrowd(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		objects := shelf{
			{"malware--mine", "1", `{"type":"malware","name":"Orion backdoor"}`},
			{"malware--other", "1", `{"type":"malware","name":"Orion backdoors"}`},
		}
		for i := range 3*lookedAt + 1 {
			objects = append(objects, object{fmt.Sprintf("malware--%d", i), "1", `{"type":"malware","name":"Orion back","created_by_ref":"malware--mine"}`})
		}
		x, ctx := New(open(t), objects), context.Background()
		keep := func(_ context.Context, numbers []int64) ([]int64, error) {
			return slices.DeleteFunc(slices.Clone(numbers), func(n int64) bool { return n > 2 }), nil
		}
		for query, want := range map[string]string{
			"orion": "malware--other malware--mine", "orion back": "malware--other malware--mine", "backdoor orion": "malware--mine",
		} {
			found, err := x.Search(ctx, query, 10, keep)
			if err != nil || strings.Join(ids(found.Hits), " ") != want || found.More {
				t.Errorf("%s: %+v, %v, want %s", query, found, err, want)
			}
		}
		g, err := x.Around(ctx, "malware--mine", 2, 10, keep)
		if err != nil || len(g.Nodes) != 1 || len(g.Edges) != 0 || g.More {
			t.Errorf("%+v, %v", g, err)
		}
		alike, err := x.Alike(ctx, "malware--mine", keep)
		if err != nil || len(alike) != 0 {
			t.Errorf("%+v, %v", alike, err)
		}
	})
}

// compareGraph walks the objects that may be seen by hand.
func compareGraph(t *testing.T, x *Index, objects shelf, seen map[int64]bool, from string, keep Keep) {
	t.Helper()
	there, edges := map[string]bool{}, map[[2]string]bool{}
	for n, o := range objects {
		if !seen[int64(n+1)] {
			continue
		}
		there[o.id] = true
		var v map[string]string
		if err := json.Unmarshal([]byte(o.body), &v); err != nil {
			t.Fatal(err)
		}
		if v["type"] == "relationship" {
			edges[[2]string{v["source_ref"], v["target_ref"]}] = true
		} else {
			edges[[2]string{o.id, v["created_by_ref"]}] = true
		}
	}
	inside := map[string]bool{}
	if there[from] {
		inside[from] = true
	}
	for range 2 {
		next := []string{}
		for e := range edges {
			for i := range 2 {
				if inside[e[i]] && there[e[1-i]] {
					next = append(next, e[1-i])
				}
			}
		}
		for _, id := range next {
			inside[id] = true
		}
	}
	g, err := x.Around(context.Background(), from, 2, 10_000, keep)
	if err != nil {
		t.Fatal(err)
	}
	if len(g.Nodes) != len(inside) {
		t.Fatalf("around %s: %d nodes, want %d", from, len(g.Nodes), len(inside))
	}
	for _, node := range g.Nodes {
		if !inside[node.ID] {
			t.Fatalf("around %s: %s", from, node.ID)
		}
	}
	for _, e := range g.Edges {
		if !edges[[2]string{e.Source, e.Target}] || !there[e.Object] {
			t.Fatalf("around %s: an edge that nobody may see: %+v", from, e)
		}
	}
}
