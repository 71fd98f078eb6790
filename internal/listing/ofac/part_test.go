package ofac

import (
	"strings"
	"testing"
)

func TestRecognise(t *testing.T) {
	primary, alias, address := row(7, "ACME", "SDGT", "DOB 1946."), "36,12,\"aka\",\"A\",-0- \n", "36,25,-0- ,\"Havana\",\"Cuba\",-0- \n"
	for _, c := range []struct {
		name, head string
		want       Part
	}{
		{"x", primary, Primary},
		{"x", "ID,Name,Type,Country,Title,F,G,H,I,J,K,Details\n" + primary, Primary},
		{"x", "7,\"cut,\n" + primary + primary, Primary},
		{"x", "8,\"B\",-0- \n" + primary, Primary},
		{"x", alias, Alias},
		{"x", address, Address},
		{"x", address + "36,26,-0- ,\"Hav", Address},
		{"sdn_comments.csv", "7,\"x.\"\n", Comments},
		{"x", "7,\"tive Date of something that goes on.\"\n", Comments},
		{"x", "7,8\n", ""},
		{"x", "a,b,c,d,e\n", ""},
		{"x", "n,name_as_listed,acronym,designated_on\n", ""},
		{"x", "", ""},
		{"x", "\x1a", ""},
		{"x", "{\"a\": 1}", ""},
	} {
		if got, _ := Recognise(c.name, []byte(c.head)); got != c.want {
			t.Errorf("Recognise(%q, %q) = %q, want %q", c.name, c.head, got, c.want)
		}
	}
}

func TestSources(t *testing.T) {
	sdn, plc := []byte(row(7, "ACME", "CUBA", "-0- ")), []byte(row(7, "ACME", "NS-PLC", "-0- "))
	both := []byte(row(7, "ACME", "SDGT] [NS-PLC", "-0- "))
	alias := []byte("7,12,\"aka\",\"A\",-0- \n")
	for _, c := range []struct {
		files  []File
		source string
		want   string // sources, or a part of the error
	}{
		{[]File{{"sdn.csv", sdn}}, "", SourceSDN},
		{[]File{{"cons_prim.csv", plc}}, "", SourceNonSDN},
		{[]File{{"a.csv", sdn}}, "", SourceSDN},
		{[]File{{"a.csv", plc}}, "", SourceNonSDN},
		{[]File{{"a.csv", both}}, "", "cannot tell whether this primary part is of the SDN or the non-SDN list; say --source us-ofac-sdn or --source us-ofac-nonsdn"},
		{[]File{{"a.csv", both}}, SourceNonSDN, SourceNonSDN},
		{[]File{{"sdn.csv", both}}, "", SourceSDN},
		{[]File{{"dir/alt.csv.gz", alias}}, "", SourceSDN},
		{[]File{{"cons_alt.csv", alias}}, "", SourceNonSDN},
		{[]File{{"with_header.csv", alias}}, "", "cannot tell whether this alias part"},
		{[]File{{"with_header.csv", alias}}, SourceSDN, SourceSDN},
		{[]File{{"with_header.csv", alias}, {"a.csv", plc}}, "", SourceNonSDN + " " + SourceNonSDN},
		{[]File{{"with_header.csv", alias}, {"cons_prim.csv", plc}, {"sdn.csv", sdn}}, "", "cannot tell whether this alias part"},
		{[]File{{"sdn.csv", plc}}, "", "line 1: the programme of this entry"},
		{[]File{{"cons_prim.csv", plc}}, SourceSDN, "line 1: the programme of this entry"},
		{[]File{{"x.txt", []byte("hello")}}, "", "not a part of an OFAC list"},
		{[]File{{"sdn.csv", sdn}}, "us-dod-1237", "cannot belong to source us-dod-1237"},
	} {
		var got []string
		for _, r := range ReadSet(t.Context(), c.files, c.source, Limits{}) {
			if r.Err != nil {
				got = []string{r.Err.Error()}
				break
			}
			got = append(got, r.Source)
		}
		if s := strings.Join(got, " "); !strings.Contains(s, c.want) {
			t.Errorf("%s, source %q: %s, want %s", c.files[0].Name, c.source, s, c.want)
		}
	}
}

func TestPartsOfDifferentEditions(t *testing.T) {
	primary := ""
	for i := range 10 {
		primary += row(i+1, "ACME", "CUBA", "-0- ")
	}
	near, far := "", ""
	for i := range 10 {
		near += strings.Replace("ID,9N,\"aka\",\"A\",-0- \n", "ID,9N", []string{"1,1", "2,2", "3,3", "4,4", "5,5", "6,6", "7,7", "8,8", "9,9", "99,10"}[i], 1)
		far += strings.Replace("ID,9N,\"aka\",\"A\",-0- \n", "ID,9N", []string{"1,1", "22,2", "33,3", "44,4", "5,5", "6,6", "7,7", "8,8", "9,9", "99,10"}[i], 1)
	}
	got := ReadSet(t.Context(), []File{{"alt.csv", []byte(near)}, {"sdn.csv", []byte(primary)}}, "", Limits{})
	if got[0].Err != nil || !strings.Contains(strings.Join(got[0].Reading.Warnings, "\n"), "line 10: entry 99 is not in the primary part beside it") {
		t.Errorf("one stranger: %v", got[0])
	}
	got = ReadSet(t.Context(), []File{{"alt.csv", []byte(far)}, {"sdn.csv", []byte(primary)}}, "", Limits{})
	if got[0].Err == nil || !strings.Contains(got[0].Err.Error(), "line 2: entry 22 is not in the primary part beside it (4 of 10 such entries)") || got[1].Err != nil {
		t.Errorf("four strangers: %v, %v", got[0].Err, got[1].Err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("sdn.csv", []byte(row(7, "ACME", "SDGT] [IFSR", "DOB 1946; a.k.a. 'X'; Passport A (Iran); Listing Date (CMIC) 03 Jun 2021.")+"\x1a,,,,,,,,,,,"))
	f.Add("alt.csv", []byte("36,12,\"aka\",\"A\",-0- \n\x1a"))
	f.Add("add.csv", []byte("ID,B,C,D,E,F\n36,25,-0- ,\"Havana\",\"Cuba\",-0"))
	f.Add("sdn_comments.csv", []byte("7,\"er 99 (Cuba); a.k.a. 'LATE'.\"\r\n"))
	f.Add("x", []byte("7,\"A"))
	f.Fuzz(func(t *testing.T, name string, b []byte) {
		for _, source := range []string{"", SourceSDN, SourceNonSDN} {
			for _, r := range ReadSet(t.Context(), []File{{name, b}}, source, Limits{Rows: 1000}) {
				if (r.Err == nil) == (r.Reading == nil) {
					t.Fatalf("reading %v, error %v", r.Reading, r.Err)
				}
				if r.Reading == nil {
					continue
				}
				seen := map[statementKey]bool{}
				for _, s := range r.Reading.Statements {
					k := statementKey{s.Kind, s.Subject, s.Key}
					if seen[k] {
						t.Errorf("stated twice: %v", k)
					}
					seen[k] = true
				}
			}
		}
	})
}
