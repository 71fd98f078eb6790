package csvlist

import (
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
	h, err := Read(t.Context(), []byte(text), limits, report, func(r Row) error {
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

func TestColumns(t *testing.T) {
	if h, ok := Columns([]byte("Report: x\nName,Type\nA,\"cut"), report); !ok || !h.Has("name", "type") {
		t.Errorf("%+v %v", h, ok)
	}
	for _, text := range []string{"", "\"cut", strings.Repeat("Report: x\n", 9)} {
		if h, ok := Columns([]byte(text), report); ok {
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
	for _, l := range []Limits{{Bytes: 5}, {Rows: 1}, {Field: 3}, {Fields: 1}} {
		if _, _, err := read(t, text, l); !errors.Is(err, problem.TooLarge) {
			t.Errorf("%+v: %v, want too large", l, err)
		}
	}
	if _, rows, err := read(t, text, Limits{Bytes: len(text), Rows: 2, Field: 5, Fields: 2}); err != nil || len(rows) != 2 {
		t.Errorf("within the limits: %v", err)
	}
}

func TestTakeStops(t *testing.T) {
	mine := errors.New("enough")
	if _, err := Read(t.Context(), []byte("name\nA\nB\n"), Limits{}, nil, func(Row) error { return mine }); !errors.Is(err, mine) {
		t.Error(err)
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
