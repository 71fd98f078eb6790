package inventory

import (
	"os"
	"slices"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/realdata"
)

// The constructed fleet is read whole: each asset is of a system that the other
// file has, and nothing is left out.
func TestFleet(t *testing.T) {
	var facts []ledger.Statement
	for _, name := range []string{"systems.csv", "assets.csv"} {
		b, err := os.ReadFile(realdata.Path(t, "data/network/fleet/"+name))
		if err != nil {
			t.Fatal(err)
		}
		if !Recognise(name, b) {
			t.Errorf("%s is not recognised", name)
		}
		r, err := Read(t.Context(), b, Options{Source: Source("fleet-" + name)})
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Warnings) > 0 {
			t.Errorf("%s: %d warnings, the first %s", name, len(r.Warnings), r.Warnings[0])
		}
		facts = append(facts, r.Statements...)
	}
	systems, nss, assets, seen := map[string]bool{}, 0, 0, 0
	reach := map[Reach]int{}
	criticality := map[Criticality]int{}
	for _, s := range facts {
		switch body := s.Body.(type) {
		case System:
			if body.Organisation != "" {
				systems[s.Subject] = true
				criticality[body.Criticality]++
			}
			if body.NSS == Yes {
				nss++
			}
		case Seen:
			if body.Last != "" && body.Scan != "" {
				seen++
			}
		case Exposure:
			reach[body.Reach]++
		}
	}
	for _, s := range facts {
		a, ok := s.Body.(Asset)
		if !ok {
			continue
		}
		assets++
		if !systems[a.System] || s.Term != a.System {
			t.Errorf("%s is of %s, which systems.csv has not", s.Subject, a.System)
		}
		if len(a.Hostnames) != 1 || len(a.Addresses) != 1 || len(a.MACs) != 1 {
			t.Errorf("%s: %+v", s.Subject, a)
		}
	}
	if len(systems) != 28 || assets != 600 || seen != 600 || nss != 3 {
		t.Errorf("%d systems, %d of them of national security, and %d assets, %d of them seen; want 28, 3, 600 and 600", len(systems), nss, assets, seen)
	}
	if reach[Public] != 126 || reach[Internal] != 396 || reach[Unknown] != 78 {
		t.Errorf("exposures %v", reach)
	}
	if criticality[High] != 9 || criticality[Moderate] != 11 || criticality[Low] != 8 {
		t.Errorf("criticalities %v", criticality)
	}
	if !slices.ContainsFunc(facts, func(s ledger.Statement) bool {
		return s.Kind == FactAddress && s.Subject == "asset:fleet/a00001" && s.Term == "mac:96:e8:a4:fe:f2:3a" && s.ValidFrom == access.Date("")
	}) {
		t.Error("the address of the first asset is missing")
	}
}
