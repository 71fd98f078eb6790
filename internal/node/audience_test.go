package node

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"countersign.dev/internal/access"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/screening"
)

// organisation names that documents and readers are drawn from.
var organisations = []string{"acme", "cisa", "dod"}

// drawnDocument is an event file about one of a few parties, for an audience.
type drawnDocument struct {
	yaml     string
	audience access.Audience
}

func drawDocument(t *rapid.T, n int) drawnDocument {
	name := rapid.SampledFrom([]string{"Alpha Works", "Beta Trading", "Alpha Works Ltd", "Gamma"}).Draw(t, "name")
	key := rapid.SampledFrom([]string{"alpha", "beta", "gamma"}).Draw(t, "key")
	programme := rapid.SampledFrom([]string{"us-dod-1237", "us-bis-entity-list", "us-dod-1260h"}).Draw(t, "programme")
	day := access.Date("2021-01-01").AddDays(rapid.IntRange(0, 400).Draw(t, "day"))
	kind := rapid.SampledFrom([]string{"redesignated", "removed", "stayed", "vacated"}).Draw(t, "kind")
	file := rapid.SampledFrom([]string{"shared", fmt.Sprint("own-", n)}).Draw(t, "file")
	audience := rapid.SampledFrom([]string{"public", "org:acme", "org:cisa", "org:acme|org:dod", "org:acme&org:cisa"}).Draw(t, "audience")
	a, err := access.ParseAudience(audience)
	if err != nil {
		t.Fatal(err)
	}
	return drawnDocument{audience: a, yaml: fmt.Sprintf(`countersign: events/v1
id: %s
published: 2026-01-0%d
party: {id: %s, name: %s, kind: organisation, identifiers: [{scheme: lei, value: "LEI%s"}]}
listings:
  - programme: %s
    id: %s:%s
    name: %s
    events: [{kind: designated, date: %s, what: put on the list}, {kind: %s, date: %s, what: what followed}]
claims: [{issuer: somebody, date: %s, text: says so, source: "https://example.test/%d"}]
`, file, rapid.IntRange(1, 9).Draw(t, "published"), "party-"+key, name, key, programme, programme, key, name, day, kind, day.AddDays(30), day, n)}
}

// seen is everything that a reader is answered, with the numbers that tell
// where in the ledger something stands taken out: the public log shows its
// length to everybody.
func seen(t *rapid.T, n *Node, reader access.Reader, probe []drawnDocument) string {
	ctx := context.Background()
	var out strings.Builder
	tell := func(what string, v any, err error) {
		b, jsonErr := json.Marshal(v)
		if jsonErr != nil {
			t.Fatal(jsonErr)
		}
		fmt.Fprintf(&out, "%s: %s %v\n", what, b, err)
	}
	for _, at := range []access.Date{"2021-02-01", "2021-06-01", "2026-11-01"} {
		ask := access.Ask{Reader: reader, At: access.At{Date: at}}
		for _, q := range []string{"Alpha Works", "alpha", "Beta Trading", "Gamma", "us-dod-1237:alpha", "LEIbeta", "nobody"} {
			a, d, err := n.Check(ctx, ask, Question{Subject: q})
			tell("check "+q, []any{a, d}, err)
			c, err := n.Search(ctx, ask, q[:3], 10)
			tell("search "+q[:3], c, err)
		}
		found, err := n.Screen(ctx, ask, []screening.Sought{
			{Name: "Alpha Works"}, {Name: "alpha worsk", Kind: "organisation"}, {Name: "Gamma", Identifier: "LEIgamma"}, {Name: "nobody"},
		}, ScreenOptions{Why: true})
		tell("screen", found, err)
	}
	ask := access.Ask{Reader: reader}
	sources, err := n.Sources(ctx, ask)
	for i := range sources {
		sources[i].LastReceived = time.Time{}
	}
	tell("sources", sources, err)
	for _, s := range append(sources, ledger.Source{Source: "events/shared"}) {
		e, err := n.Editions(ctx, ask, s.Source)
		for i := range e {
			e[i].Received = time.Time{}
			for j := range e[i].Documents {
				e[i].Documents[j].Received = time.Time{}
			}
		}
		tell("editions", e, err)
	}
	docs, err := n.List(ctx, ask, ledger.Filter{})
	for i := range docs {
		docs[i].Received = time.Time{}
	}
	tell("documents", docs, err)
	for _, d := range probe {
		_, err := n.Ledger.ByDigest(ctx, access.Ask{Reader: reader, At: access.At{Position: access.Now - 1}}, ledger.Digest([]byte(d.yaml)))
		tell("by digest", nil, err)
	}
	return numbers.ReplaceAllString(out.String(), `"$1":0`)
}

var numbers = regexp.MustCompile(`"(position|document|fact|edition|last_position|previous|from|to|name_fact)":\d+`)

// TestOthersDocumentsDoNotExist states what an audience means: a reader is
// answered as if the documents that the reader may not see did not exist. The
// oracle is a node that never had them.
func TestOthersDocumentsDoNotExist(t *testing.T) {
	now := func() time.Time { return time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC) }
	blank := t.TempDir() // a store with nothing but the rules, to begin each from
	n, err := Open(context.Background(), Options{Data: blank, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		open := func() *Node {
			data := filepath.Join(t.TempDir(), "data")
			if err := os.CopyFS(data, os.DirFS(blank)); err != nil {
				rt.Fatal(err)
			}
			n, err := Open(context.Background(), Options{Data: data, Now: now})
			if err != nil {
				rt.Fatal(err)
			}
			return n
		}
		whole, part := open(), open()
		defer whole.Close()
		defer part.Close()
		member := rapid.SliceOfDistinct(rapid.SampledFrom(organisations), func(s string) string { return s }).Draw(rt, "member of")
		slices.Sort(member)
		reader := access.Reader{Member: "reader", Organisations: member, Roles: map[string]access.Role{}}
		for _, o := range member {
			reader.Roles[o] = access.RoleAnalyst
		}
		var docs []drawnDocument
		for i := range rapid.IntRange(1, 8).Draw(rt, "documents") {
			d := drawDocument(rt, i)
			if i > 0 && rapid.Bool().Draw(rt, "same bytes again") {
				d.yaml = docs[rapid.IntRange(0, i-1).Draw(rt, "as")].yaml
			}
			docs = append(docs, d)
			file := []intake.File{{Name: "events.yaml", Bytes: []byte(d.yaml)}}
			opts := ImportOptions{Audience: d.audience, AcceptLoss: rapid.Bool().Draw(rt, "accept loss")}
			a, err := whole.Import(context.Background(), access.Operator, file, opts)
			if err != nil {
				rt.Fatal(err)
			}
			for _, failed := range a.Failed {
				if !strings.Contains(failed, "would drop") {
					rt.Fatalf("the drawn document is no good: %s\n%s", failed, d.yaml)
				}
			}
			if reader.MaySee(d.audience) {
				b, err := part.Import(context.Background(), access.Operator, file, opts)
				if err != nil {
					rt.Fatal(err)
				}
				if x, y := reported(a), reported(b); x != y {
					rt.Fatalf("import of a document that the reader may see was answered %s, and without the others %s", x, y)
				}
			}
		}
		if a, b := seen(rt, whole, reader, docs), seen(rt, part, reader, docs); a != b {
			x, y := firstDifference(a, b)
			rt.Fatalf("a member of %v is answered\n%s\nand without the documents of others\n%s", member, x, y)
		}
	})
}

func reported(r *ImportReport) string {
	b, _ := json.Marshal(r)
	return numbers.ReplaceAllString(string(b), `"$1":0`)
}

func firstDifference(a, b string) (string, string) {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return x[i], y[i]
		}
	}
	return "", ""
}

func TestDecisionsAreForThoseWhoCouldAsk(t *testing.T) {
	n := openNode(t, t.TempDir(), "")
	member := func(organisations ...string) access.Ask {
		r := access.Reader{Member: "m", Organisations: organisations, Roles: map[string]access.Role{organisations[0]: access.RoleAnalyst}}
		return access.Ask{Reader: r}
	}
	a, err := n.Decide(t.Context(), member("acme"), Question{Subject: "nobody"})
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range []struct {
		ask  access.Ask
		sees bool
	}{
		{member("acme"), true}, {member("acme", "cisa"), true}, {member("cisa"), false}, {access.Ask{}, false}, {access.Ask{Reader: access.Operator}, true},
	} {
		_, _, err := n.Decision(t.Context(), who.ask, *a.Decision)
		if (err == nil) != who.sees {
			t.Errorf("%v reads a decision of acme: %v", who.ask.Reader.Organisations, err)
		}
		if out, err := n.Replay(t.Context(), who.ask, *a.Decision); (err == nil) != who.sees || err == nil && out.Result != "same" {
			t.Errorf("%v replays it: %+v, %v", who.ask.Reader.Organisations, out, err)
		}
	}
}
