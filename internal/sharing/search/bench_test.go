package search

import (
	"context"
	"fmt"
	"testing"
	"time"

	"countersign.dev/internal/db"
	"countersign.dev/internal/db/dbtest"
)

// benched is how many objects the benchmarks search among.
const benched = 100_000

// BenchmarkSearch asks an index of 100,000 indicators, malware and relationships,
// of which the asker may see two of three. How fast it
// followed them is logged.
func BenchmarkSearch(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) { benchSearch(b, dbtest.Open(b, engine)) })
	}
}

func benchSearch(b *testing.B, store *db.DB) {
	objects := make(shelf, benched)
	for i := range objects {
		switch id := fmt.Sprintf("%08d", i); i % 4 {
		case 0, 1:
			objects[i] = object{"indicator--" + id, "1", fmt.Sprintf(`{"type":"indicator","name":"C2 of group %d","pattern_type":"stix","pattern":"[ipv4-addr:value = '%d.%d.%d.%d']"}`, i%1000, 20+i%60, i>>16, i>>8&255, i&255)}
		case 2:
			objects[i] = object{"malware--" + id, "1", fmt.Sprintf(`{"type":"malware","name":"Door %d","description":"A backdoor of group %d that speaks to its servers."}`, i, i%1000)}
		default:
			objects[i] = object{"relationship--" + id, "1", fmt.Sprintf(`{"type":"relationship","relationship_type":"indicates","source_ref":"indicator--%08d","target_ref":"malware--%08d"}`, i-3, i-1)}
		}
	}
	x, ctx := New(store, objects), context.Background()
	started := time.Now()
	if err := x.Follow(ctx); err != nil {
		b.Fatal(err)
	}
	b.Logf("followed %.0f objects/s", benched/time.Since(started).Seconds())
	keep := func(_ context.Context, numbers []int64) (out []int64, _ error) {
		for _, n := range numbers {
			if n%3 != 0 {
				out = append(out, n)
			}
		}
		return out, nil
	}
	for name, query := range map[string]string{"value": "20.0.0.0", "words": "backdoor group 78", "rare": "backdoor group 77", "common": "group", "begun": "backdoor ser", "nothing": "nothing"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := x.Search(ctx, query, 50, keep); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("graph", func(b *testing.B) {
		for b.Loop() {
			if _, err := x.Around(ctx, "malware--00000002", 2, 100, keep); err != nil {
				b.Fatal(err)
			}
		}
	})
}
