package holdings

import (
	"encoding/csv"
	"errors"
	"io"
	"os"
	"testing"

	"countersign.dev/internal/party"
	"countersign.dev/internal/realdata"
	"countersign.dev/internal/screening/match"
)

func TestIssuer(t *testing.T) {
	for name, want := range map[string]string{
		"CNOOC Ltd ADR": "CNOOC Ltd", "CNOOC Ltd Sponsored ADR": "CNOOC Ltd", "CNOOC LIMITED ORD": "CNOOC LIMITED",
		"China Telecom Corp Ltd ADR": "China Telecom Corporation Ltd", "Hikvision Digital-A": "Hikvision Digital",
		"China Railway Constr Corp H Shs": "China Railway Construction Corporation", "Gazprom PJSC ADR": "Gazprom PJSC",
		"Huawei Tech Inv Co": "Huawei Technology Investment Co", "Acme Intl Hldgs Cl B Common Stock": "Acme International Holdings",
		"Acme Ltd HKD0.10": "Acme Ltd", "Acme Ltd Ord USD 0.001": "Acme Ltd", "Acme PLC GDR (Reg S)": "Acme PLC", "Acme 144A/Reg S": "Acme",
		"Acme, Unsponsored ADS": "Acme", "Class A": "Class A", "ADR": "ADR", "Vitamin A": "Vitamin A", "Telecom": "Telecom", "Acme Comm": "Acme Comm",
		"Amazon.com": "Amazon.com", "Bharat Records": "Bharat Records", "": "",
	} {
		if got := Issuer(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

// best is how like the likeliest of the names a row is, over all its names.
func best(row string, list []string) (score float64, like string) {
	for _, name := range Names(row) {
		q := match.Prepare(match.Query{Text: name})
		for _, entry := range list {
			if s := q.Score(match.Name{Text: entry, Kind: party.Organisation, Quality: party.Primary}); s > score {
				score, like = s, entry
			}
		}
	}
	return score, like
}

func TestNamesFindIssuers(t *testing.T) {
	list := []string{
		"CNOOC Limited", "China Telecom Corporation Limited", "Hikvision Digital Technology Co., Ltd.",
		"China Railway Construction Corporation Limited", "Gazprom PJSC", "Huawei Technologies Co., Ltd.", "Huawei Investment & Holding Co., Ltd.",
	}
	for row, want := range map[string]string{
		"CNOOC Ltd ADR": list[0], "CNOOC Ltd Sponsored ADR": list[0], "CNOOC LIMITED ORD": list[0], "China Telecom Corp Ltd ADR": list[1],
		"Hikvision Digital-A": list[2], "China Railway Constr Corp H Shs": list[3], "Gazprom PJSC ADR": list[4], "Huawei Tech Inv Co": list[5],
	} {
		if score, like := best(row, list); score < match.Threshold || like != want {
			t.Errorf("%q: like %q by %.4f, want %q by %.2f", row, like, score, want, match.Threshold)
		}
	}
	if score, like := best("Siemens AG Sponsored ADR", list); score >= match.Threshold {
		t.Errorf("Siemens is like %q by %.4f", like, score)
	}
}

// listedNames is the names of the entries of OFAC's other list, and their
// aliases, by the entry's first name.
func listedNames(t *testing.T) (names []string, first map[string]string) {
	t.Helper()
	entry := map[string]string{}
	first = map[string]string{}
	for _, file := range []struct {
		name   string
		column int
	}{{"cons_prim.csv", 1}, {"cons_alt.csv", 3}} {
		f, err := os.Open(realdata.Path(t, "data/screening/us_ofac_nonsdn/"+file.name))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		in := csv.NewReader(f)
		in.FieldsPerRecord, in.LazyQuotes = -1, true
		for {
			record, err := in.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if len(record) <= file.column {
				continue
			}
			name := record[file.column]
			if entry[record[0]] == "" {
				entry[record[0]] = name
			}
			names = append(names, name)
			if first[name] == "" {
				first[name] = entry[record[0]]
			}
		}
	}
	return names, first
}

// A name that the custodian cut short, as Hikvision's, is below the threshold on
// the real list: less than a name is not made more by taking classes off.
func TestNamesFindRealIssuers(t *testing.T) {
	list, first := listedNames(t)
	for row, want := range map[string]string{
		"CNOOC Ltd ADR": "CNOOC LIMITED", "CNOOC Ltd Sponsored ADR": "CNOOC LIMITED", "CNOOC LIMITED ORD": "CNOOC LIMITED",
		"China Telecom Corp Ltd ADR":      "CHINA TELECOM CORPORATION LIMITED",
		"China Railway Constr Corp H Shs": "CHINA RAILWAY CONSTRUCTION CORPORATION LIMITED",
		"Gazprom PJSC ADR":                "PUBLIC JOINT STOCK COMPANY GAZPROM", "Huawei Tech Inv Co": "HUAWEI TECHNOLOGIES CO., LTD.",
		"Hikvision Digital-A": "", "Hangzhou Hikvision Digital Tech Co Ltd-A": "HANGZHOU HIKVISION DIGITAL TECHNOLOGY CO., LTD.",
	} {
		score, like := best(row, list)
		if score < match.Threshold {
			like = ""
		}
		if party.Fold(first[like]) != party.Fold(want) {
			t.Errorf("%q: like %q by %.4f, want %q", row, like, score, want)
		}
	}
}
