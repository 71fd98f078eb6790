package bis

import (
	"compress/gzip"
	"io"
	"os"
	"strings"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/realdata"
)

func realReading(t *testing.T, rel string) *ledger.Reading {
	t.Helper()
	f, err := os.Open(realdata.Path(t, "data/screening/us_bis/"+rel))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var in io.Reader = f
	if strings.HasSuffix(rel, ".gz") {
		if in, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	b, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, string(b))
}

func TestRealLists(t *testing.T) {
	for _, tt := range []struct {
		file          string
		rows, entries int
		published     access.Date
		warnings      int // years that were mistyped
	}{
		// The file that is called 2018 has rows of the spring of 2019.
		{"dpl_2018.txt.gz", 546, 414, "2019-06-12", 1}, {"dpl_2022.txt.gz", 581, 458, "2022-09-02", 3}, {"mieu.csv", 13, 13, "", 0},
	} {
		r := realReading(t, tt.file)
		entries, open := 0, map[string]int{}
		for _, s := range r.Statements {
			switch b := s.Body.(type) {
			case listing.Entry:
				entries++
			case listing.Event:
				if b.Kind == listing.Expired {
					open[s.Subject]--
				} else {
					open[s.Subject]++
				}
			}
		}
		if r.Rows != tt.rows || entries != tt.entries || r.Published != tt.published || len(r.Warnings) != tt.warnings {
			t.Errorf("%s: %d rows, %d entries, of %s, warnings %v", tt.file, r.Rows, entries, r.Published, r.Warnings)
		}
		for subject, n := range open {
			if n < 0 || n > 1 {
				t.Errorf("%s: begins %d times more than it ends", subject, n)
			}
		}
	}
}

// Most names of 2022 were listed in 2018 too, and are the same listings.
func TestRealKeysLast(t *testing.T) {
	in2018 := map[string]bool{}
	for _, s := range realReading(t, "dpl_2018.txt.gz").Statements {
		in2018[s.Subject] = true
	}
	both := 0
	for _, s := range realReading(t, "dpl_2022.txt.gz").Statements {
		if s.Kind == listing.FactEntry && in2018[s.Subject] {
			both++
		}
	}
	if both != 310 {
		t.Errorf("%d listings of 2022 were there in 2018, want 310", both)
	}
}
