package table

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/problem"
)

func report(fields []string) bool { return strings.HasPrefix(fields[0], "Report") }

func read(t testing.TB, text string, limits Limits) (Header, []string, error) {
	t.Helper()
	var out []string
	h, err := Form{Before: report, HeaderOnly: true}.Read(t.Context(), []byte(text), limits, func(r Row) error {
		out = append(out, fmt.Sprintf("%d %s|%s|%s", r.Line, r.Get("name"), r.Get("start date", "begin"), r.Get("none")))
		return nil
	})
	return h, out, err
}

func TestRead(t *testing.T) {
	h, rows, err := read(t, "\ufeffReport: today\nName,START_DATE,x\nAcme,2020,1\n\"Beta\n  Ltd\",2021,\n,,\nGamma,2022,3,,\n", Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"3 Acme|2020|", "4 Beta Ltd|2021|", "7 Gamma|2022|"}, rows); d != "" {
		t.Error(d)
	}
	if !h.Has("name", "Start date") || h.Has("none") || h.Missing("name", "none") != "none" || h.Missing("x") != "" {
		t.Errorf("header %+v", h)
	}
	// A column that goes by another name.
	if _, rows, err = read(t, "name,begin\nA,1\n", Limits{}); err != nil || len(rows) != 1 || rows[0] != "2 A|1|" {
		t.Errorf("%q, %v", rows, err)
	}
	if _, rows, err = read(t, "name,begin\n", Limits{}); err != nil || len(rows) != 0 {
		t.Errorf("a header only: %q, %v", rows, err)
	}
}

func TestHeader(t *testing.T) {
	form := Form{Before: report}
	if h := form.Header([]byte("Report: x\nName,Type\nA,\"cut")); !h.Has("name", "type") || !h.Only("type", "NAME", "x") || h.Only("name") {
		t.Errorf("%+v", h)
	}
	for _, text := range []string{"", "\"cut", strings.Repeat("Report: x\n", 9)} {
		if h := form.Header([]byte(text)); h.Has("name") {
			t.Errorf("%.20q: %+v", text, h)
		}
	}
}

func TestErrorsNameTheLine(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "line 1: no header line",
		"name,begin\nA\n":         "line 2: 1 columns, the header has 2",
		"name,begin\nA,1,2\n":     "line 2: 3 columns, the header has 2",
		"name,begin\nA,\"1\n":     "line 2, column 6: stray or unclosed quotation mark in the record that begins on line 2",
		"name,NAME\n":             `line 1: column "NAME" occurs twice`,
		"name,begin\ncaf\xe9,1\n": "line 2, column 1: not UTF-8",
		"name,begin\nA\x00,1\n":   "line 2, column 1: control character 0x00 in a text",
		"name,begin\nA,1\nB\"x,1": "line 3, column 2: stray or unclosed quotation mark",
	} {
		_, _, err := read(t, text, Limits{})
		if err == nil || !strings.HasPrefix(err.Error(), want) || !errors.Is(err, problem.Invalid) {
			t.Errorf("%q:\n got %v\nwant %s", text, err, want)
		}
	}
}

func TestLimits(t *testing.T) {
	text := "name,begin\nAAAA,1\nB,2\n"
	for _, l := range []Limits{{Bytes: 5}, {Rows: 1}, {Field: 3}, {Columns: 1}} {
		if _, _, err := read(t, text, l); !errors.Is(err, problem.TooLarge) {
			t.Errorf("%+v: %v, want too large", l, err)
		}
	}
	if _, rows, err := read(t, text, Limits{Bytes: len(text), Rows: 2, Field: 5, Columns: 2}); err != nil || len(rows) != 2 {
		t.Errorf("within the limits: %v", err)
	}
}

func TestTakeStops(t *testing.T) {
	mine := errors.New("enough")
	if _, err := (Form{}).Read(t.Context(), []byte("name\nA\nB\n"), Limits{}, func(Row) error { return mine }); !errors.Is(err, mine) {
		t.Error(err)
	}
}

func TestRows(t *testing.T) {
	text := "\ufeffFull_Name\tEnd-date\tAliases\t\n\" Acme\n\u0082 Ltd \"\t2021-03-12\tA; B ;;A\t\t\n\t\t\t\nBeta\t\t\t\n"
	rows, err := Form{Comma: '\t', LostLetters: true, Need: []string{"full name"}}.Rows(t.Context(), []byte(text), Limits{})
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
	if day, err := rows[0].Date("end date"); day != "2021-03-12" || err != nil {
		t.Errorf("day %s, %v", day, err)
	}
	if day, err := rows[1].Date("end date"); day != "" || err != nil || rows[1].Get("none") != "" {
		t.Errorf("day %s, %v", day, err)
	}
	if _, err := rows[1].Date("full name"); err == nil || err.Error() != `line 5, column "full name": "Beta" is no date; want YYYY-MM-DD` {
		t.Errorf("no error for a name as a day: %v", err)
	}
}

func TestForms(t *testing.T) {
	for _, tt := range []struct {
		form       Form
		text, want string // the cell of b, or the error's beginning
	}{
		{Form{}, "b\n1\n", "1"},
		{Form{Comma: ';'}, "a;b\n1,2;3\n", "3"},
		{Form{ShortRows: true}, "a,b\n1\n", ""},
		{Form{ShortRows: true}, "a,b\n1,2,3\n", "line 2: 3 columns, the header has 2"},
		{Form{}, "a,b\n1\n", "line 2: 1 columns, the header has 2"},
		{Form{}, "", "line 1: the file is empty; want a header line"},
		{Form{}, "b\n", "no rows below the header"},
		{Form{Need: []string{"b", "c"}}, "a,b\n1,2\n", `line 1: no column "c"`},
		{Form{}, "b\nx\u0082y\n", "line 2, column 1: control character"},
		{Form{LostLetters: true}, "b\nx\u0082y\n", "x y"},
		{Form{LostLetters: true}, "b\nx\x07\n", "line 2, column 1: control character 0x07"},
		{Form{}, "b\n" + strings.Repeat("x", 33) + "\n", "line 2, column 1: 33 bytes, the limit is 32"},
		{Form{}, "b\n1\n2\n3\n", "line 4: more than 2 rows"},
		{Form{}, strings.Repeat("x", 200), "200 bytes, the limit is 100"},
	} {
		rows, err := tt.form.Rows(t.Context(), []byte(tt.text), Limits{Bytes: 100, Rows: 2, Field: 32})
		switch {
		case err != nil && (!strings.HasPrefix(err.Error(), tt.want) || tt.want == "" || problem.KindOf(err) == problem.Internal):
			t.Errorf("%+v, %q: %v, want %s", tt.form, tt.text, err, tt.want)
		case err == nil && rows[0].Get("b") != tt.want:
			t.Errorf("%+v, %q: %q, want %s", tt.form, tt.text, rows[0].Get("b"), tt.want)
		}
	}
}

func TestReadStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (Form{}).Rows(ctx, []byte("a\n1\n"), Limits{}); !errors.Is(err, context.Canceled) {
		t.Errorf("read on: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("name,begin\nA,1\n"))
	f.Add([]byte("\ufeffReport\nname\n\"a\nb\"\n"))
	f.Add([]byte("a,\"b"))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, rows, err := read(t, string(b), Limits{Rows: 100, Field: 100})
		if err != nil && (problem.KindOf(err) == problem.Internal || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%q", err)
		}
		if len(rows) > 100 {
			t.Errorf("%d rows", len(rows))
		}
	})
}
