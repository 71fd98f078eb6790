package screening_test

import (
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/screening"
)

func readAll(t *testing.T, text string, n int) ([]screening.Row, error) {
	t.Helper()
	b, err := screening.ReadBatch("names.csv", strings.NewReader(text))
	if err != nil {
		return nil, err
	}
	var out []screening.Row
	for {
		rows, err := b.Next(n)
		out = append(out, rows...)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, err
		}
	}
}

func TestBatch(t *testing.T) {
	rows, err := readAll(t, "\ufeffName , TYPE,id,dob,country,identifier,remark\r\n"+
		"\"PUTIN, Vladimir\",Individual,1,1952-10-07,RU,passport 123,x\n"+
		"小米,company,2\n"+
		",,3,,,imo:9187629\n", 2)
	if err != nil {
		t.Fatal(err)
	}
	var got []screening.Sought
	for _, r := range rows {
		if r.Err != nil {
			t.Error(r.Err)
		}
		got = append(got, r.Sought)
	}
	want := []screening.Sought{
		{ID: "1", Name: "PUTIN, Vladimir", Kind: party.Person, Birth: "1952-10-07", Country: "RU", Identifier: "passport 123"},
		{ID: "2", Name: "小米", Kind: party.Organisation},
		{ID: "3", Identifier: "imo:9187629"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestBatchRows reads over rows that are wrong, and says which and why.
func TestBatchRows(t *testing.T) {
	rows, err := readAll(t, "id,name,type\n1,,\n2,Acme,galaxy\n3,\xff\xfe,\n4,Acme,\n", 10)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{
		"names.csv: line 2: column name: is empty",
		`names.csv: line 3: column type: "galaxy": want person, company, vessel, aircraft or nothing`,
		"names.csv: line 4: column name: is not UTF-8; save the file as UTF-8",
		"",
	} {
		switch {
		case want == "" && rows[i].Err != nil:
			t.Error(rows[i].Err)
		case want != "" && (rows[i].Err == nil || problem.Message(rows[i].Err) != want):
			t.Errorf("row %d: %v, want %s", i, rows[i].Err, want)
		}
	}
}

func TestBrokenBatches(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"empty":     {"", "names.csv: is empty; want a header line"},
		"no name":   {"id,type\n1,person\n", "names.csv: the header has no column name"},
		"twice":     {"name,NAME\n", `the header has the column "name" twice`},
		"utf-16":    {"\xff\xfen\x00", "names.csv: is in UTF-16; save it as UTF-8"},
		"header":    {"id,\"name\n1,a\n", "names.csv: line 1: a quote is opened and not closed"},
		"long line": {"name\n" + strings.Repeat("a", 3<<20), "a row of more than"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := readAll(t, c.text, 100); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

func FuzzBatch(f *testing.F) {
	f.Add("id,name,type,dob,country,identifier\n1,Acme,company,,US,\n")
	f.Add("name\n\"a\nb\"\n")
	f.Add("\ufeffname;x\n")
	f.Fuzz(func(t *testing.T, text string) {
		rows, _ := readAll(t, text, 7)
		for _, r := range rows {
			if r.Err == nil && r.Name == "" && r.Identifier == "" {
				t.Errorf("a row without name is taken: %+v", r)
			}
		}
	})
}

// TestStrayQuotes reads every row but the one whose quote is never closed.
func TestStrayQuotes(t *testing.T) {
	rows, err := readAll(t, "id;name\n1;Oleg Deripaska\n2;Bad \"quote Ltd\n3;Mahan Air\n4;\"Open quote Ltd\n5;Rosneft\n6;\"Bank\nMelli\"\n7;\"A \"\"B\"\" C\"\n8;\"D\" E\n", 3)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rows {
		if r.Err != nil {
			got = append(got, problem.Message(r.Err))
			continue
		}
		got = append(got, r.ID+" "+r.Name)
	}
	want := []string{
		"1 Oleg Deripaska", `2 Bad "quote Ltd`, "3 Mahan Air", "names.csv: line 5: a quote is opened and not closed", "5 Rosneft", "6 Bank\nMelli",
		`7 A "B" C`, "names.csv: line 10: a quote is opened and not closed",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestLinesAreCSV holds that sound tables are read as encoding/csv reads them.
func TestLinesAreCSV(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cells := rapid.SliceOfN(rapid.SliceOfN(rapid.StringMatching(`[ab",;\n ]{0,6}`), 2, 2), 1, 6).Draw(t, "cells")
		var text strings.Builder
		w := csv.NewWriter(&text)
		_ = w.Write([]string{"id", "name"})
		var want [][2]string
		for _, c := range cells {
			_ = w.Write(c)
			want = append(want, [2]string{strings.TrimSpace(c[0]), strings.TrimSpace(c[1])})
		}
		w.Flush()
		b, err := screening.ReadBatch("t.csv", strings.NewReader(text.String()))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := b.Next(100)
		if !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		var got [][2]string
		for _, r := range rows {
			got = append(got, [2]string{r.ID, r.Name})
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("%q: %s", text.String(), d)
		}
	})
}
