package ftm

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"testing"

	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
	"countersign.dev/internal/realdata"
)

// collection is the names of seven official lists, written as a collection.
func collection(t testing.TB) []byte {
	t.Helper()
	f, err := os.Open(realdata.Path(t, "data/screening/eval/corpus_index.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	schemas := map[string]string{"company": "Company", "person": "Person", "vessel": "Vessel", "aircraft": "Airplane", "any": "LegalEntity"}
	datasets := map[string]string{"ofac_sdn": "us_ofac_sdn", "eu": "eu_fsf"}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	for d := json.NewDecoder(z); d.More(); {
		var row struct {
			ID, Corpus, Type, Name string
			Aliases, Weak          []string
		}
		if err := d.Decode(&row); err != nil {
			t.Fatal(err)
		}
		dataset := datasets[row.Corpus]
		if dataset == "" {
			dataset = row.Corpus
		}
		err := enc.Encode(map[string]any{
			"id": row.ID, "schema": schemas[row.Type], "datasets": []string{dataset},
			"properties": map[string][]string{"name": {row.Name}, "alias": row.Aliases, "weakAlias": row.Weak},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

func TestRealNames(t *testing.T) {
	r, err := Read(t.Context(), Input{Name: "lists.ftm.json", Bytes: collection(t), Programmes: known()}, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	subjects, on := map[string]bool{}, map[string]int{}
	for _, s := range r.Statements {
		if s.Kind == party.FactName && s.Key == "primary" {
			subjects[s.Subject] = true
		}
		if e, ok := s.Body.(listing.Entry); ok {
			on[e.Programme]++
		}
	}
	if r.Rows != 19460 || len(subjects) != 19460 || !subjects["ofac_sdn:36"] || r.Source != "ftm/lists" {
		t.Errorf("%d rows, %d names, source %s; want 19460 of ftm/lists", r.Rows, len(subjects), r.Source)
	}
	if on["us-ofac-sdn"] != 8976 || on["eu-list"] == 0 || len(on) != 2 {
		t.Errorf("entries %v; want 8976 on us-ofac-sdn, and those of the European list", on)
	}
}

// BenchmarkRead reads the names of seven official lists, 19,460 entities.
func BenchmarkRead(b *testing.B) {
	lines := collection(b)
	b.SetBytes(int64(len(lines)))
	rows := 0
	for b.Loop() {
		r, err := Read(b.Context(), Input{Name: "lists.ftm.json", Bytes: lines, Programmes: known()}, Limits{})
		if err != nil {
			b.Fatal(err)
		}
		rows += r.Rows
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "entities/s")
}
