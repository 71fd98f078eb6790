package table

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
)

func TestRead(t *testing.T) {
	text := "\ufeffFull_Name\tEnd-date\tAliases\t\n\" Acme\n\u0082 Ltd \"\t03/12/2021\tA; B ;;A\t\t\n\t\t\t\nBeta\t\t\t\n"
	rows, err := Read(t.Context(), []byte(text), '\t', Limits{}, "full name")
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 2 || rows[0].Line != 2 || rows[1].Line != 5 {
		t.Fatalf("rows %+v", rows)
	}
	if got := rows[0].Get("full name"); got != "Acme Ltd" {
		t.Errorf("name %q", got)
	}
	if d := cmp.Diff([]string{"A", "B"}, rows[0].List("aliases")); d != "" {
		t.Error(d)
	}
	if day, err := rows[0].Day("end date"); day != "2021-03-12" || err != nil {
		t.Errorf("day %s, %v", day, err)
	}
	if day, err := rows[1].Day("end date"); day != "" || err != nil || rows[1].Get("none") != "" {
		t.Errorf("day %s, %v", day, err)
	}
	if _, err := rows[1].Day("full name"); err == nil || !strings.HasPrefix(err.Error(), `line 5, column "full name": "Beta" is no date`) {
		t.Errorf("no error for a name as a day: %v", err)
	}
}

func TestRefused(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"", "line 1: the file is empty"},
		{"a,a\n", `line 1: column "a" occurs twice`},
		{"b\n1\n", `line 1: no column "a"`},
		{"a\n", "no rows below the header"},
		{"a,b\n1,2,3\n", "line 2: 3 columns, the header has 2"},
		{"a,b\n1,\"2\n", "line 2, column 6: stray or unclosed quotation mark in the record that begins on line 2"},
		{"a\n\xff\n", "line 2, column 1: not UTF-8"},
		{"a\nx\x07\n", "line 2, column 1: control character 0x07"},
		{"a\n" + strings.Repeat("x", 33) + "\n", "line 2, column 1: 33 bytes, the limit is 32"},
		{"a\n1\n2\n3\n", "line 4: more than 2 rows"},
		{strings.Repeat("x", 200), "200 bytes, the limit is 100"},
	} {
		_, err := Read(t.Context(), []byte(tt.text), ',', Limits{Bytes: 100, Rows: 2, Field: 32}, "a")
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) || problem.KindOf(err) == problem.Internal {
			t.Errorf("%q: %v, want %s", tt.text, err, tt.want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Read(ctx, []byte("a\n1\n"), ',', Limits{}); !errors.Is(err, context.Canceled) {
		t.Errorf("read on: %v", err)
	}
}

func TestParseDay(t *testing.T) {
	for text, want := range map[string]access.Date{
		"2021-03-12": "2021-03-12", " March 12, 2021 ": "2021-03-12", "Mar 2, 2021": "2021-03-02", "03/12/2021": "2021-03-12", "3/2/2021": "2021-03-02",
		"12 Mar 2021": "2021-03-12", "2022": "", "13/13/2021": "", "soon": "", "": "", "0021-03-12": "",
	} {
		if day, ok := ParseDay(text); day != want || ok != (want != "") {
			t.Errorf("%q: %q, %v", text, day, ok)
		}
	}
	if !IsYear("2022") || IsYear("2022-01") || IsYear("3022") {
		t.Error("years are not told apart")
	}
}

func TestHeaderOf(t *testing.T) {
	if c := HeaderOf([]byte("A b,c_D\nrest"), ','); !c.Has("a b", "c d") || c.Has("x") {
		t.Errorf("columns %v", c)
	}
	if c := HeaderOf(nil, ','); c.Has("a") {
		t.Errorf("columns %v of nothing", c)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("a,b\n1,\"2\n3\"\n"))
	f.Add([]byte("a\n\"\"\n\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		rows, err := Read(t.Context(), b, ',', Limits{})
		if err != nil && problem.KindOf(err) == problem.Internal {
			t.Fatalf("%v has no kind", err)
		}
		for _, r := range rows {
			for name := range r.columns {
				if cell := r.Get(name); strings.TrimSpace(cell) != cell {
					t.Errorf("cell %q", cell)
				}
			}
		}
	})
}
