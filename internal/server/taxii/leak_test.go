package taxii_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/server"
	"countersign.dev/internal/sharing"
)

// leakWorld is two communities with four collections, members of them and
// others, who add objects with random markings.
type leakWorld struct {
	*world
	t         *testing.T
	rand      *rand.Rand
	tokens    map[string]string
	objects   []leakObject // in the order in which they were added
	decisions int
}

// leakObject is what the oracle knows of one version of an object.
type leakObject struct {
	shelf                  *leakShelf
	id, kind, version      string
	number                 int // is in its text, as secret-NUMBER
	source, level, written string
}

// leakShelf is a collection as its community's document has it: read and write
// are organisations, or "members" or "everyone".
type leakShelf struct {
	community, id string
	read, write   []string
}

var (
	leakShelves = []*leakShelf{
		{"alpha", "a1111111-1111-4111-8111-111111111111", []string{"members"}, []string{"everyone"}},
		{"alpha", "a2222222-2222-4222-8222-222222222222", []string{"everyone"}, []string{"members"}},
		{"beta", "b1111111-1111-4111-8111-111111111111", []string{"dogwood", "ash"}, []string{"members"}},
		{"beta", "b2222222-2222-4222-8222-222222222222", []string{"everyone"}, []string{"cedar"}},
	}
	leakMembers  = map[string][]string{"alpha": {"ash", "beech"}, "beta": {"cedar", "dogwood"}}
	leakClients  = map[string]string{"cedar": "beech"} // of alpha
	leakDefaults = map[string]string{"alpha": "amber", "beta": "green"}
	leakReaders  = map[string][]string{"ann": {"ash"}, "bob": {"beech"}, "cyd": {"cedar"}, "dan": {"dogwood"}, "eve": {"ash", "dogwood"}, "nat": {"elm"}}
	leakLevels   = map[string]string{
		"": "", "clear": "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487", "green": "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
		"amber": "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421", "strict": "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003", "red": red,
	}
)

// TestNothingLeaks asks every question of every endpoint as every reader, and
// compares with what a literal reading of the rules lets it have. No answer, an
// error neither, may hold a word of what the reader may not see.
// COUNTERSIGN_LEAKS=N plays N worlds on each engine.
func TestNothingLeaks(t *testing.T) {
	worlds := 1
	if n, err := strconv.Atoi(os.Getenv("COUNTERSIGN_LEAKS")); err == nil {
		worlds = n
	}
	dbtest.Run(t, func(t *testing.T, store func(testing.TB) *db.DB) {
		decisions := 0
		for seed := range worlds {
			t.Run(strconv.Itoa(seed), func(t *testing.T) {
				w := newLeakWorld(t, store(t), uint64(seed))
				for range 24 {
					w.add()
				}
				for name := range leakReaders {
					w.compare(name)
				}
				decisions += w.decisions
			})
		}
		t.Logf("%d decisions compared, in %d worlds", decisions, worlds)
	})
}

func newLeakWorld(t *testing.T, store *db.DB, seed uint64) *leakWorld {
	w := &leakWorld{world: empty(t, store, sharing.Limits{}), t: t, rand: rand.New(rand.NewPCG(seed, 7)), tokens: map[string]string{}}
	for _, community := range []string{"alpha", "beta"} {
		text := fmt.Sprintf("countersign: community/v1\ncommunity: %s\nname: %[1]s\nhome: keeper\ndefault: %s\nmembers:\n", community, leakDefaults[community])
		for _, org := range leakMembers[community] {
			text += "  - {organisation: " + org
			if community == "alpha" && org == "beech" {
				text += ", clients: [cedar]"
			}
			text += "}\n"
		}
		text += "collections:\n"
		for _, s := range leakShelves {
			if s.community == community {
				text += fmt.Sprintf("  - {id: %s, title: T, read: %s, write: %s}\n", s.id, choice(s.read), choice(s.write))
			}
		}
		w.found(t, text)
	}
	for _, org := range []string{"ash", "beech", "cedar", "dogwood", "elm"} {
		if err := w.access.CreateOrganisation(t.Context(), access.Operator, access.Organisation{ID: org, Name: org}); err != nil {
			t.Fatal(err)
		}
	}
	for name, orgs := range leakReaders {
		if err := w.access.CreateMember(t.Context(), access.Operator, access.NewMember{Name: name, Organisation: orgs[0], Role: access.RoleAnalyst}); err != nil {
			t.Fatal(err)
		}
		for _, org := range orgs[1:] {
			if err := w.access.Grant(t.Context(), access.Operator, name, org, access.RoleReader); err != nil {
				t.Fatal(err)
			}
		}
		secret, _, err := w.access.CreateToken(t.Context(), access.Operator, name, "test", time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		w.tokens[name] = string(secret)
	}
	opts := w.options()
	opts.Taxii.User = ""
	opts.Limits.Rate = server.Rate{PerSecond: -1}
	w.serve(t, opts)
	return w
}

// choice writes who may do something: one word for all, or a list.
func choice(who []string) string {
	if len(who) == 1 && (who[0] == "members" || who[0] == "everyone") {
		return who[0]
	}
	return "[" + strings.Join(who, ", ") + "]"
}

// is reports whether an organisation of these is one of those that are meant.
func (s *leakShelf) is(orgs, who []string) bool {
	for _, w := range who {
		switch {
		case w == "everyone", w == "members" && member(s.community, orgs), slices.Contains(orgs, w):
			return true
		}
	}
	return false
}

func member(community string, orgs []string) bool {
	return slices.ContainsFunc(orgs, func(o string) bool { return slices.Contains(leakMembers[community], o) })
}

// sees is the oracle: whether a reader of these organisations may see an object.
func (o *leakObject) sees(orgs []string) bool {
	community := o.shelf.community
	level := o.level
	if level == "" {
		level = leakDefaults[community]
	}
	switch {
	case !o.shelf.is(orgs, o.shelf.read):
		return false
	case slices.Contains(orgs, o.source), level == "clear":
		return true
	case level == "green", level == "strict":
		return member(community, orgs)
	case level == "amber":
		return member(community, orgs) || community == "alpha" && slices.ContainsFunc(orgs, func(o string) bool { return leakClients[o] != "" })
	}
	return false
}

// add has somebody add some objects, each with words that stand nowhere else.
func (w *leakWorld) add() {
	writer := []string{"ann", "bob", "cyd", "dan", "nat"}[w.rand.IntN(5)]
	org := leakReaders[writer][0]
	shelf := leakShelves[w.rand.IntN(len(leakShelves))]
	if !shelf.is([]string{org}, shelf.write) {
		return
	}
	var texts []string
	for range 1 + w.rand.IntN(4) {
		n := len(w.objects)
		kind := []string{"malware", "campaign"}[w.rand.IntN(2)]
		o := leakObject{shelf: shelf, kind: kind, number: n, source: org, version: fmt.Sprintf("2020-01-01T00:%02d:%02d.000Z", n/60, n%60)}
		o.id = fmt.Sprintf("%s--00000000-0000-4000-8%03x-%012x", kind, int(org[0]), w.rand.IntN(3))
		levels := []string{"", "clear", "green", "amber", "strict", "red"}
		o.level = levels[w.rand.IntN(len(levels))]
		text := fmt.Sprintf(`{"type":%q,"spec_version":"2.1","id":%q,"created":"2020-01-01T00:00:00.000Z","modified":%q,"name":"secret-%d."`, kind, o.id, o.version, n)
		if kind == "malware" {
			text += `,"is_family":false`
		}
		if o.level != "" {
			text += `,"object_marking_refs":["` + leakLevels[o.level] + `"]`
		}
		o.written = text + "}"
		w.objects = append(w.objects, o)
		texts = append(texts, o.written)
	}
	resp, body := w.ask(writer, http.MethodPost, "/taxii2/"+shelf.community+"/collections/"+shelf.id+"/objects/", `{"objects":[`+strings.Join(texts, ",")+`]}`)
	if resp.StatusCode != http.StatusAccepted || !strings.Contains(body, `"failure_count":0`) {
		w.t.Fatalf("%s adds to %s: %d %s", writer, shelf.id, resp.StatusCode, body)
	}
}

var secretForm = regexp.MustCompile(`secret-(\d+)\.`)

// ask asks as somebody, and looks for words in the answer that are not for it.
func (w *leakWorld) ask(name, method, path, body string) (*http.Response, string) {
	w.t.Helper()
	resp, answer := w.do(w.t, method, path, body, "Authorization", "Bearer "+w.tokens[name])
	for _, m := range secretForm.FindAllStringSubmatch(answer, -1) {
		n, err := strconv.Atoi(m[1])
		if err != nil || !w.objects[n].sees(leakReaders[name]) {
			w.t.Fatalf("%s %s tells %s of %+v", method, path, name, w.objects[n])
		}
	}
	return resp, answer
}

// compare asks everything as one reader.
func (w *leakWorld) compare(name string) {
	orgs := leakReaders[name]
	_, discovery := w.ask(name, http.MethodGet, "/taxii2/", "")
	for _, shelf := range leakShelves {
		root := "/taxii2/" + shelf.community + "/"
		reads, writes := shelf.is(orgs, shelf.read), shelf.is(orgs, shelf.write)
		known := slices.ContainsFunc(leakShelves, func(s *leakShelf) bool {
			return s.community == shelf.community && (s.is(orgs, s.read) || s.is(orgs, s.write) || member(s.community, orgs))
		})
		if strings.Contains(discovery, root) != known {
			w.t.Errorf("%s discovers %s", name, discovery)
		}
		path := root + "collections/" + shelf.id + "/"
		if !reads {
			want := http.StatusNotFound
			if writes || member(shelf.community, orgs) {
				want = http.StatusForbidden
			}
			w.closed(name, path, want)
			continue
		}
		var seen []leakObject
		for _, o := range w.objects {
			w.decisions++
			if o.shelf == shelf && o.sees(orgs) {
				seen = append(seen, o)
			}
		}
		w.pages(name, path, seen)
		w.each(name, path, seen)
	}
}

// closed asks for all of a collection that cannot be read: the answer is the same
// whatever is in it.
func (w *leakWorld) closed(name, path string, want int) {
	paths := []string{"manifest/", "objects/"}
	for _, o := range w.objects {
		paths = append(paths, "objects/"+o.id+"/", "objects/"+o.id+"/versions/")
	}
	answers := map[string]bool{}
	for _, p := range paths {
		resp, body := w.ask(name, http.MethodGet, path+p, "")
		if resp.StatusCode != want {
			w.t.Fatalf("%s gets %d for %s, want %d", name, resp.StatusCode, path+p, want)
		}
		answers[regexp.MustCompile(`"error_id":"[^"]*"`).ReplaceAllString(body, "")] = true
		w.decisions++
	}
	if len(answers) != 1 {
		w.t.Errorf("%s can tell what is in %s: %v", name, path, answers)
	}
}

// pages reads a collection in pages, all versions and the usual ones, and its
// manifest.
func (w *leakWorld) pages(name, path string, seen []leakObject) {
	for question, want := range map[string][]leakObject{
		"match[version]=all": seen, "": extremes(seen, -1), "match[version]=first": extremes(seen, 1),
		"match[version]=all&match[type]=malware": slices.DeleteFunc(slices.Clone(seen), func(o leakObject) bool { return o.kind != "malware" }),
	} {
		query, err := url.ParseQuery(question)
		if err != nil {
			w.t.Fatal(err)
		}
		query.Set("limit", strconv.Itoa(1+w.rand.IntN(8)))
		objects := w.drain(name, path+"objects/", query)
		entries := w.drain(name, path+"manifest/", query)
		var texts, briefs []string
		for _, o := range want {
			texts = append(texts, o.written)
			briefs = append(briefs, o.id+" "+o.version)
		}
		if diff := cmp.Diff(texts, objects); diff != "" {
			w.t.Fatalf("%s, %s?%s (-want +got):\n%s", name, path, question, diff)
		}
		for i, e := range entries {
			var m struct{ ID, Version string }
			if err := json.Unmarshal([]byte(e), &m); err != nil {
				w.t.Fatal(err)
			}
			entries[i] = m.ID + " " + m.Version
		}
		if diff := cmp.Diff(briefs, entries); diff != "" {
			w.t.Fatalf("%s, manifest of %s?%s (-want +got):\n%s", name, path, question, diff)
		}
		w.decisions += 2 * len(w.objects)
	}
}

// extremes leaves the last version of each object, or the first.
func extremes(list []leakObject, sign int) []leakObject {
	return slices.DeleteFunc(slices.Clone(list), func(o leakObject) bool {
		return slices.ContainsFunc(list, func(other leakObject) bool {
			return other.id == o.id && sign*strings.Compare(o.version, other.version) > 0
		})
	})
}

// drain follows cursors to the end. Each page but the last is full, and its
// headers are of what is on it.
func (w *leakWorld) drain(name, path string, query url.Values) (out []string) {
	query = maps.Clone(query)
	limit, _ := strconv.Atoi(query.Get("limit"))
	after := ""
	for {
		resp, body := w.ask(name, http.MethodGet, path+"?"+query.Encode(), "")
		var e envelope
		if err := json.Unmarshal([]byte(body), &e); err != nil || resp.StatusCode != http.StatusOK {
			w.t.Fatalf("%s: %d %s", path, resp.StatusCode, body)
		}
		for _, o := range e.Objects {
			out = append(out, string(o))
		}
		first, last := resp.Header.Get("X-TAXII-Date-Added-First"), resp.Header.Get("X-TAXII-Date-Added-Last")
		if len(e.Objects) > 0 && (first <= after || last < first || len(e.Objects) == 1 && first != last) {
			w.t.Fatalf("%s: from %s to %s, after %s", path, first, last, after)
		}
		after = last
		if !e.More {
			return out
		}
		if len(e.Objects) != limit {
			w.t.Fatalf("%s: %d of %d on a page with more behind it", path, len(e.Objects), limit)
		}
		query.Set("next", e.Next)
	}
}

// each asks for every object there is anywhere, one by one, in a collection.
func (w *leakWorld) each(name, path string, seen []leakObject) {
	ids := map[string][]string{}
	for _, o := range w.objects {
		ids[o.id] = nil
	}
	for _, o := range seen {
		ids[o.id] = append(ids[o.id], o.version)
	}
	for id, want := range ids {
		status := http.StatusOK
		if want == nil {
			status = http.StatusNotFound
		}
		for _, p := range []string{"objects/" + id + "/", "objects/" + id + "/versions/", "objects/" + id + "/?match[version]=all"} {
			resp, body := w.ask(name, http.MethodGet, path+p, "")
			if resp.StatusCode != status {
				w.t.Fatalf("%s gets %d for %s, want %d", name, resp.StatusCode, path+p, status)
			}
			var e envelope
			if err := json.Unmarshal([]byte(body), &e); err != nil {
				w.t.Fatal(err)
			}
			if strings.HasSuffix(p, "versions/") {
				if diff := cmp.Diff(want, e.Versions); diff != "" {
					w.t.Fatalf("%s, %s (-want +got):\n%s", name, path+p, diff)
				}
			}
			w.decisions++
		}
		resp, body := w.ask(name, http.MethodGet, path+"objects/?match[version]=all&match[id]="+id, "")
		var e envelope
		if err := json.Unmarshal([]byte(body), &e); err != nil || resp.StatusCode != http.StatusOK || len(e.Objects) != len(want) {
			w.t.Fatalf("%s, match[id]=%s: %d %s", name, id, resp.StatusCode, body)
		}
		w.decisions++
	}
}
