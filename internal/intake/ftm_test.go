package intake

import (
	"testing"

	"countersign.dev/internal/listing"
)

// A collection of OpenSanctions' leads to the programmes that are shipped.
func TestCollection(t *testing.T) {
	lines := `{"id":"NK-1","schema":"Company","properties":{"name":["Acme"]},"datasets":["us_ofac_sdn"]}` + "\n" +
		`{"id":"NK-2","schema":"Company","properties":{"name":["Beta"],"programId":["US-BIS-EL"],"topics":["export.control"]},"datasets":["us_trade_csl"]}` + "\n"
	editions, errs := Read(t.Context(), []File{file("sanctions.ftm.json", lines)}, Options{})
	if len(errs) > 0 || len(editions) != 1 || editions[0].Source != "ftm/sanctions" {
		t.Fatal(editions, errs)
	}
	on := map[string]string{}
	for _, s := range editions[0].Files[0].Reading.Statements {
		if e, ok := s.Body.(listing.Entry); ok {
			on[s.Subject] = e.Programme
		}
	}
	if on["NK-1"] != "us-ofac-sdn" || on["NK-2"] != "us-bis-entity-list" {
		t.Errorf("on %v", on)
	}
	editions, errs = Read(t.Context(), []File{file("sanctions.ftm.json", lines)}, Options{Source: "ftm/mine"})
	if len(errs) > 0 || editions[0].Source != "ftm/mine" {
		t.Errorf("%v, %v; want an edition of ftm/mine", editions, errs)
	}
	if _, errs = Read(t.Context(), []File{file("sanctions.ftm.json", lines)}, Options{Source: "us-ofac-sdn"}); len(errs) != 1 {
		t.Errorf("taken for OFAC's own list: %v", errs)
	}
}
