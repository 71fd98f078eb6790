package match

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"os"
	"testing"

	"countersign.dev/internal/party"
	"countersign.dev/internal/realdata"
)

// entry is one entry of the official lists with its names.
type entry struct {
	ID      string   `json:"id"`
	Type    string   `json:"type"`
	Name    string   `json:"name"`
	Aliases []string `json:"aliases"`
	Weak    []string `json:"weak"`
	Native  []string `json:"native"`
}

var kindsOfTypes = map[string]party.Kind{
	"person": party.Person, "company": party.Organisation, "vessel": party.Vessel, "aircraft": party.Aircraft,
}

// latin is the names of an entry but for those in its native script.
func (e *entry) latin() []Name {
	kind := kindsOfTypes[e.Type]
	out := []Name{{e.Name, kind, party.Primary}}
	for _, n := range e.Aliases {
		out = append(out, Name{n, kind, party.Alias})
	}
	for _, n := range e.Weak {
		out = append(out, Name{n, kind, party.Weak})
	}
	return out
}

func (e *entry) native() []Name {
	var out []Name
	for _, n := range e.Native {
		out = append(out, Name{n, kindsOfTypes[e.Type], party.Alias})
	}
	return out
}

// eachLine decodes the objects of a file of JSON lines.
func eachLine[T any](t testing.TB, rel string, do func(T)) {
	t.Helper()
	f, err := os.Open(realdata.Path(t, rel))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var lines *bufio.Scanner
	if len(rel) > 3 && rel[len(rel)-3:] == ".gz" {
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		lines = bufio.NewScanner(z)
	} else {
		lines = bufio.NewScanner(f)
	}
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var v T
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatalf("%s: %v", rel, err)
		}
		do(v)
	}
	if err := lines.Err(); err != nil {
		t.Fatalf("%s: %v", rel, err)
	}
}

func loadCorpus(t testing.TB) []entry {
	var out []entry
	eachLine(t, "data/screening/eval/corpus_index.jsonl.gz", func(e entry) { out = append(out, e) })
	return out
}

// labelled is a query with the entries that it means; none must be found when
// there are none.
type labelled struct {
	ID        string   `json:"id"`
	Category  string   `json:"category"`
	Type      string   `json:"type"`
	Name      string   `json:"name"`
	LatinOnly bool     `json:"latin_only"`
	Expected  []string `json:"expected"`
}

// development reports whether a case belongs to the half that may be looked
// at. The other half is only counted.
func development(id string) bool { return sha256.Sum256([]byte(id))[0]&1 == 0 }

func loadQueries(t testing.TB) []labelled {
	var out []labelled
	for _, file := range []string{"queries_made.jsonl", "queries_peer.jsonl"} {
		eachLine(t, "data/screening/eval/"+file, func(q labelled) { out = append(out, q) })
	}
	return out
}

// readCSV is the rows of a CSV file without its header, gzip or not.
func readCSV(t testing.TB, rel string) [][]string {
	t.Helper()
	f, err := os.Open(realdata.Path(t, rel))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	if rel[len(rel)-3:] == ".gz" {
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		r = csv.NewReader(z)
	}
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", rel, err)
	}
	return rows[1:]
}
