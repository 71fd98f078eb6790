package fcc

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/realdata"
	"countersign.dev/internal/table"
)

const header = "covered_equipment_or_services,date_of_inclusion_on_covered_list\n"

func TestPartiesIn(t *testing.T) {
	for text, want := range map[string][]string{
		"Telecommunications equipment produced by Acme Corporation, including services provided by such entity or using such equipment.": {"Acme Corporation"},
		"Software supplied, directly or indirectly, by AO Acme or any of its successors.":                                                {"AO Acme"},
		"Software produced or provided by Acme, Inc. or any of its assignees.":                                                           {"Acme, Inc."},
		"Services provided by Acme (Americas) Corp. subject to section 214.":                                                             {"Acme (Americas) Corp."},
		"Services provided by Acme Corp and its wholly-owned subsidiary Beta (USA) LLC subject to section 214.":                          {"Acme Corp", "Beta (USA) LLC"},
		"Equipment produced by Acme Company, to the extent it is used for safety.":                                                       {"Acme Company"},
		"Services provided by Acme Inc., subject to section 214.":                                                                        {"Acme Inc."},
		"Equipment produced by Acme Inc.":                                                                                                {"Acme Inc."},
		"Equipment produced by Acme.":                                                                                                    {"Acme"},
		"Routers produced in a foreign country, except those approved by DoW.":                                                           nil,
		"Foreign-produced inverters.":                                                                                                    nil,
		"Devices produced by any foreign maker.":                                                                                         nil,
	} {
		if d := cmp.Diff(want, partiesIn(text)); d != "" {
			t.Errorf("%s (-want +got)\n%s", text, d)
		}
	}
}

// told is what a reading says, one line for an entry, name or event.
func told(r *ledger.Reading) []string {
	var out []string
	for _, s := range r.Statements {
		_, key, _ := strings.Cut(s.Subject, ":")
		switch b := s.Body.(type) {
		case listing.Entry:
			out = append(out, fmt.Sprintf("%s entry %s: %s @%s", key, b.Name, b.Remarks, s.Published))
		case listing.Event:
			out = append(out, fmt.Sprintf("%s %s %s", key, b.Kind, b.Date))
		case party.Name:
			if s.Kind == party.FactName {
				out = append(out, fmt.Sprintf("%s %s name %s", key, b.Quality, b.Name))
			}
		}
	}
	slices.Sort(out)
	return out
}

func TestRead(t *testing.T) {
	text := header + `Services provided by Acme (USA) Inc. subject to law.,"March 25, 2022Updated:January 7, 2026"` + "\n" +
		`Equipment produced by ACME (USA) Inc.,"March 12, 2021"` + "\n" + `Routers ^ produced in a foreign country.,"March 23, 2026"` + "\n"
	if !Recognise("x", []byte(text)) || Recognise("x", []byte("covered\n")) {
		t.Fatal("recognition")
	}
	r, err := Read(t.Context(), []byte(text), table.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	const acme = "acme-usa-inc "
	want := []string{
		acme + "alias name Acme Inc.", acme + "amended 2022-03-25", acme + "amended 2026-01-07", acme + "designated 2021-03-12",
		acme + "entry Acme (USA) Inc.: Services provided by Acme (USA) Inc. subject to law. Equipment produced by ACME (USA) Inc. @2021-03-12",
		acme + "primary name Acme (USA) Inc.",
	}
	if d := cmp.Diff(want, told(r)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if r.Rows != 3 || len(r.Warnings) != 1 || !strings.HasPrefix(r.Warnings[0], "line 4: names no party") {
		t.Errorf("%d rows, %q", r.Rows, r.Warnings)
	}
}

func TestRefused(t *testing.T) {
	for text, want := range map[string]string{
		header:                        "no rows below the header",
		header + "A,soon\n":           `line 2, column "date of inclusion on covered list": "soon" is no date`,
		header + "A,\n":               `line 2, column "date of inclusion on covered list": "" is no date`,
		header + ",\"May 1, 2020\"\n": `line 2, column "covered equipment or services": no text`,
		"x\n1\n":                      `line 1: no column "covered equipment or services"`,
	} {
		_, err := Read(t.Context(), []byte(text), table.Limits{})
		if err == nil || !strings.HasPrefix(err.Error(), want) || problem.KindOf(err) != problem.Invalid {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestRealList(t *testing.T) {
	b, err := os.ReadFile(realdata.Path(t, "data/screening/us_misc/fcc_covered_list.csv"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Read(t.Context(), b, table.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range r.Statements {
		if e, ok := s.Body.(listing.Entry); ok {
			names = append(names, e.Name)
		}
	}
	want := []string{
		"Huawei Technologies Company", "ZTE Corporation", "Hytera Communications Corporation", "Hangzhou Hikvision Digital Technology Company",
		"Dahua Technology Company", "AO Kaspersky Lab", "China Mobile International USA Inc.", "China Telecom (Americas) Corp.", "Pacific Networks Corp",
		"ComNet (USA) LLC", "China Unicom (Americas) Operations Limited", "Kaspersky Lab, Inc.", "Digitalsystem Technology Inc.",
	}
	if d := cmp.Diff(want, names); d != "" {
		t.Errorf("names (-want +got)\n%s", d)
	}
	if r.Rows != 16 || len(r.Warnings) != 4 {
		t.Errorf("%d rows, want 16; warnings %q, want 4 categories", r.Rows, r.Warnings)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(header + `Services provided by Acme (USA) Inc. and its wholly-owned subsidiary B subject to x.,"March 25, 2022Updated:January 7, 2026"`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := Read(t.Context(), b, table.Limits{})
		if err != nil {
			if problem.KindOf(err) == problem.Internal {
				t.Fatalf("%v has no kind", err)
			}
			return
		}
		for _, s := range r.Statements {
			if s.Subject == "" || s.Key == "" {
				t.Errorf("statement without subject or key: %+v", s)
			}
		}
	})
}
