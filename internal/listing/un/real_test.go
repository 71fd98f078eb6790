package un

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"testing"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/listing/xmllist"
	"countersign.dev/internal/party"
	"countersign.dev/internal/realdata"
)

func realFile(t testing.TB) []byte {
	t.Helper()
	packed, err := os.ReadFile(realdata.Path(t, "data/screening/un_sc/UN_consolidated_2026-02-27.xml.gz"))
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The list of 2026-02-27 is read whole: 730 persons and 273 entities, of whom
// 378 have a name in its original script.
func TestRealList(t *testing.T) {
	b := realFile(t)
	if !Recognise("x.xml", b[:64<<10]) {
		t.Fatal("not recognised")
	}
	r, err := Read(t.Context(), b, xmllist.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	kinds, programmes, events, facts := map[party.Kind]int{}, map[string]int{}, map[listing.EventKind]int{}, map[string]int{}
	native := map[string]bool{}
	for _, s := range r.Statements {
		facts[s.Kind]++
		switch body := s.Body.(type) {
		case listing.Entry:
			kinds[body.Kind]++
			programmes[body.Programme]++
		case listing.Event:
			events[body.Kind]++
		case party.Name:
			if s.Kind == party.FactName && len(body.Name) > 0 && []rune(body.Name)[0] > 0x2ff {
				native[s.Subject] = true
			}
		}
	}
	if r.Rows != 1003 || kinds[party.Person] != 730 || kinds[party.Organisation] != 273 || events[listing.Designated] != 1003 || r.Published != "2026-02-27" {
		t.Errorf("%d rows, kinds %v, events %v, published %s", r.Rows, kinds, events, r.Published)
	}
	if programmes["un-sc-1518"] != 75 || programmes["un-sc-1737"] != 121 || programmes["un-sc-2048"] != 10 {
		t.Errorf("entries by programme %v", programmes)
	}
	if len(native) < 377 { // one of the 378 is in Latin letters
		t.Errorf("%d entries with a name in another script, want at least 377", len(native))
	}
	if facts[party.FactIdentifier] < 450 || len(r.Warnings) != 0 {
		t.Errorf("facts %v, warnings %q", facts, r.Warnings)
	}
	t.Logf("facts %v", facts)
}

func BenchmarkRead(b *testing.B) {
	file := realFile(b)
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	var r *ledger.Reading
	for b.Loop() {
		var err error
		if r, err = Read(b.Context(), file, xmllist.Limits{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(r.Statements)), "statements")
}
