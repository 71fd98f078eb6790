package usdate

import (
	"strings"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/table"
)

func TestIn(t *testing.T) {
	rows, err := table.Form{}.Rows(t.Context(), []byte("name,end\nAcme,03/12/2021\nBeta,\n"), table.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []access.Date{"2021-03-12", ""} {
		if day, err := In(rows[i], "end"); day != want || err != nil {
			t.Errorf("row %d: day %q, %v, want %q", i, day, err, want)
		}
	}
	if day, err := In(rows[0], "none"); day != "" || err != nil {
		t.Errorf("no such column: day %q, %v", day, err)
	}
	if _, err := In(rows[1], "name"); err == nil || !strings.HasPrefix(err.Error(), `line 3, column "name": "Beta" is no date`) {
		t.Errorf("no error for a name as a day: %v", err)
	}
}

func TestParse(t *testing.T) {
	for text, want := range map[string]access.Date{
		"2021-03-12": "2021-03-12", " March 12, 2021 ": "2021-03-12", "Mar 2, 2021": "2021-03-02", "03/12/2021": "2021-03-12", "3/2/2021": "2021-03-02",
		"12 Mar 2021": "2021-03-12", "2022": "", "13/13/2021": "", "soon": "", "": "", "0021-03-12": "",
	} {
		if day, ok := Parse(text); day != want || ok != (want != "") {
			t.Errorf("%q: %q, %v", text, day, ok)
		}
	}
	if !IsYear("2022") || IsYear("2022-01") || IsYear("3022") {
		t.Error("years are not told apart")
	}
}
