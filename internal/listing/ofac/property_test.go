package ofac

import (
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
)

// sample is a small primary part with all sorts of records.
var sample = row(7, "ACME TRADING CO., LTD.", "SDGT] [IFSR", "Tax ID No. 12-34 (Iran); a.k.a. 'ACME; OLD'; Linked To: BETA GROUP S.A.") +
	"8,\"DOE, John Ali\",\"individual\",\"SDNT\",\"General\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"DOB 1946; Passport A1 (Egypt).\"\r\n" +
	row(9, "GAMMA", "CUBA", "Registration Number 7 (Cuba).") + "\x1a"

// A file cut anywhere is refused, or read as the records before the cut with a
// warning; it never yields a record that the whole file does not have.
func TestCutFiles(t *testing.T) {
	whole := map[string]bool{}
	for _, l := range lines(read(t, Primary, SourceSDN, sample).Reading) {
		whole[l] = true
	}
	for n := range len(sample) - 1 {
		out, err := Read(t.Context(), Input{Bytes: []byte(sample[:n]), Source: SourceSDN, Part: Primary}, Limits{})
		if err != nil {
			if !errors.Is(err, problem.Invalid) || !strings.Contains(err.Error(), "line ") && !strings.Contains(err.Error(), "no records") {
				t.Errorf("cut at %d: %v does not name a line", n, err)
			}
			continue
		}
		if len(out.Reading.Warnings) == 0 {
			t.Errorf("cut at %d (after %q): no warning", n, sample[max(0, n-10):n])
		}
		for _, l := range lines(out.Reading) {
			if !whole[l] {
				t.Errorf("cut at %d: states %s", n, l)
			}
		}
	}
}

// texts draws column text that needs quoting now and then.
func texts() *rapid.Generator[string] {
	return rapid.StringMatching(`[A-Z][A-Za-z ,"';.()&é小-]{0,30}[a-z]`)
}

// What was written as CSV is read back as it was.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		w := csv.NewWriter(&b)
		w.UseCRLF = rapid.Bool().Draw(t, "crlf")
		if rapid.Bool().Draw(t, "header") {
			w.Write([]string{"ent_num", "add_num", "address", "city", "country", "remarks"})
		}
		want := map[string]party.Address{}
		count := rapid.IntRange(1, 12).Draw(t, "count")
		for i := range count {
			a := party.Address{Street: texts().Draw(t, "street"), Country: texts().Draw(t, "country")}
			want[fmt.Sprintf("us-ofac-sdn:%d add:%d", i/2+1, i)] = a
			w.Write([]string{fmt.Sprint(i/2 + 1), fmt.Sprint(i), a.Street, "-0- ", a.Country, "-0- "})
		}
		w.Flush()
		text := b.String() + rapid.SampledFrom([]string{"", endMark, endMark + "\r\n", endMark + ",,,,,\n"}).Draw(t, "end")
		out, err := Read(t.Context(), Input{Bytes: []byte(text), Source: SourceSDN, Part: Address}, Limits{})
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		got := map[string]party.Address{}
		for _, s := range out.Reading.Statements {
			got[s.Subject+" "+s.Key] = s.Body.(party.Address)
		}
		if d := cmp.Diff(want, got); d != "" || out.Reading.Rows != count {
			t.Fatalf("%d rows of %d\n%s", out.Reading.Rows, count, d)
		}
	})
}

// The order of records and of remarks' items means nothing but for the text of
// the remarks themselves.
func TestOrderMeansNothing(t *testing.T) {
	items := []string{"DOB 1946", "alt. DOB 1947", "POB Kabul", "Passport A1 (Iran)", "alt. Passport A2 (Iran)", "a.k.a. 'X; Y'", "Linked To: BETA", "some text", "Gender Male"}
	mined := func(r *ledger.Reading) []string {
		var out []string
		for i, l := range lines(r) {
			if r.Statements[i].Kind != listing.FactEntry {
				out = append(out, l)
			}
		}
		slices.Sort(out)
		return out
	}
	rapid.Check(t, func(t *rapid.T) {
		chosen := rapid.SliceOfNDistinct(rapid.SampledFrom(items), 1, len(items), rapid.ID[string]).Draw(t, "items")
		turned := rapid.Permutation(chosen).Draw(t, "turned")
		rows := []string{row(7, "ACME", "SDGT", strings.Join(chosen, "; ")+"."), row(8, "BETA", "SDGT", "DOB 1950.")}
		others := []string{row(8, "BETA", "SDGT", "DOB 1950."), row(7, "ACME", "SDGT", strings.Join(turned, "; ")+".")}
		var readings []*ledger.Reading
		for _, text := range []string{strings.Join(rows, ""), strings.Join(others, "")} {
			out, err := Read(t.Context(), Input{Bytes: []byte(text), Source: SourceSDN, Part: Primary}, Limits{})
			if err != nil {
				t.Fatal(err)
			}
			readings = append(readings, out.Reading)
		}
		if d := cmp.Diff(mined(readings[0]), mined(readings[1])); d != "" {
			t.Fatal(d)
		}
	})
}

// Remarks cut at the width and continued say the same as remarks that are not
// cut, whatever the cut goes through.
func TestCutRemarksSayTheSame(t *testing.T) {
	items := []string{strings.Repeat("text ", 180) + "end"}
	for i := range 12 {
		items = append(items, fmt.Sprintf("Passport A%04d (Iran)", i), fmt.Sprintf("a.k.a. 'NAME %d; OR'", i), fmt.Sprintf("Linked To: GROUP %d S.A.", i))
	}
	remarks := strings.Join(items, "; ") + "."
	state := func(files ...File) []string {
		var out []string
		for _, r := range ReadSet(t.Context(), files, SourceSDN, Limits{}) {
			if r.Err != nil {
				t.Fatal(r.Err)
			}
			for i, s := range r.Reading.Statements {
				if s.Kind == party.FactIdentifier || s.Kind == party.FactLink || s.Kind == party.FactName {
					out = append(out, lines(r.Reading)[i])
				}
			}
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	whole := &ledger.Reading{Statements: party.NameStatements("us-ofac-sdn:7", "primary", party.Organisation, party.Name{Name: "ACME", Quality: party.Primary})[:1]}
	for _, item := range items {
		if l, ok := labelOf(item); ok {
			for _, s := range l.statements("us-ofac-sdn:7", party.Organisation, item) {
				if s.Kind != party.FactCore {
					whole.Statements = append(whole.Statements, s)
				}
			}
		}
	}
	want := lines(whole)
	slices.Sort(want)
	for n := remarksWidth; n < remarksWidth+80; n++ {
		// The list cuts at its width; here padding moves what the cut goes through.
		padded := strings.Repeat("p", n-remarksWidth) + remarks
		got := state(
			File{"sdn.csv", []byte(row(7, "ACME", "SDGT", padded[:remarksWidth]))},
			File{"sdn_comments.csv", []byte(fmt.Sprintf("7,%q\r\n", padded[remarksWidth:]))},
		)
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("cut after %q:\n%s", padded[remarksWidth-12:remarksWidth], d)
		}
	}
}
