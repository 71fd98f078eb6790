package screening_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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
		"quote":     {"name\n\"a\"b\n", "names.csv: line 2:"},
		"unclosed":  {"name\n\"" + strings.Repeat("a\n", 1<<20), "a quote that is not closed"},
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
