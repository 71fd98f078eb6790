package namekind

import (
	"testing"

	"countersign.dev/internal/party"
)

func TestOf(t *testing.T) {
	for name, want := range map[string]party.Kind{
		"ACME CO., LTD.": party.Organisation, "Beta Airlines": party.Organisation, "54th Research Institute of China": party.Organisation,
		"JAN ROE": "", "(SEAN) NAGHIBI": "", "Groupe Jan": "", "ROE, Jan": "", "小米": "", "小米有限公司": party.Organisation, "": "",
	} {
		if got := Of(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestAsPerson(t *testing.T) {
	s := AsPerson("x:1", "JAN ROE", "2020-01-02")
	if s.Term != party.PersonTerm("Roe, Jan") || s.Kind != party.FactCore || s.Published != "2020-01-02" {
		t.Errorf("%+v", s)
	}
}
