package uk

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"strings"
	"testing"

	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
	"countersign.dev/internal/realdata"
	"countersign.dev/internal/table"
)

// The conversion of 2025-08-11 is read whole; two of its entries have no name.
func TestRealList(t *testing.T) {
	path := realdata.Path(t, "data/screening/uk/FCDO_SL_2025-08-11.csv.gz")
	packed, err := os.ReadFile(path)
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
	if !Recognise(path, b[:64<<10]) {
		t.Fatal("not recognised")
	}
	r, err := Read(t.Context(), path, b, table.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	kinds, programmes, designated := map[party.Kind]int{}, map[string]int{}, 0
	for _, s := range r.Statements {
		switch body := s.Body.(type) {
		case listing.Entry:
			kinds[body.Kind]++
			programmes[body.Programme]++
		case listing.Event:
			designated++
		}
	}
	if r.Rows != 5302 || designated != 5302 || r.Published != "2025-08-11" {
		t.Errorf("%d rows, %d designated, published %s", r.Rows, designated, r.Published)
	}
	if kinds[party.Person] != 3754 || kinds[party.Organisation] != 1087 || kinds[party.Vessel] != 461 {
		t.Errorf("kinds %v", kinds)
	}
	if programmes[Source] != 4846 || programmes[programmeOther] != 456 {
		t.Errorf("entries by programme %v", programmes)
	}
	if len(r.Warnings) != 2 || !strings.Contains(r.Warnings[0], "BEL0174 has no name") || !strings.Contains(r.Warnings[1], "RUS1467 has no name") {
		t.Errorf("warnings %q", r.Warnings)
	}
}
