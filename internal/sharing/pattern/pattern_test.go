package pattern

import (
	"strings"
	"testing"
)

// TestParse reads what the grammar allows (STIX 2.1 section 9), and says where
// it does not.
func TestParse(t *testing.T) {
	valid := map[string]string{ // as written, canonical
		`[file:name = 'a']`:                                                  `[file:name = 'a']`,
		`[ file:name=='a' ]`:                                                 `[file:name = 'a']`,
		`[a:b <> 1]`:                                                         `[a:b != 1]`,
		`[a:b NOT = +5]`:                                                     `[a:b NOT = 5]`,
		`[a:b = .5 OR a:b = -1.25]`:                                          `[a:b = .5 OR a:b = -1.25]`,
		`[a:b IN ('x', 'y') AND a:c IN ()]`:                                  `[a:b IN ('x', 'y') AND a:c IN ()]`,
		`[(a:b = 1 OR a:c = 2) AND a:d = 3]`:                                 `[(a:b = 1 OR a:c = 2) AND a:d = 3]`,
		`[a:b = 1 OR (a:c = 2 AND a:d = 3)]`:                                 `[a:b = 1 OR a:c = 2 AND a:d = 3]`,
		`[x-a-b:'c-d'.e[*].f[0].'g'[-1] = 1]`:                                `[x-a-b:'c-d'.e[*].f[0].g[-1] = 1]`,
		`[a:b_ref.c_refs[*].d = h'0AfF']`:                                    `[a:b_ref.c_refs[*].d = h'0aff']`,
		`[a:b = b'YWI=']`:                                                    `[a:b = b'YWI=']`,
		`[a:b = t'2021-03-12T01:02:03.5Z']`:                                  `[a:b = t'2021-03-12T01:02:03.5Z']`,
		`[a:b = 'it\'s \\']`:                                                 `[a:b = 'it\'s \\']`,
		`[EXISTS a:b AND NOT EXISTS a:c]`:                                    `[EXISTS a:b AND NOT EXISTS a:c]`,
		`[a:b LIKE '%' AND a:b MATCHES '^x$']`:                               `[a:b LIKE '%' AND a:b MATCHES '^x$']`,
		`[a:b ISSUBSET '10.0.0.0/8' OR a:b NOT ISSUPERSET '10.0.0.1']`:       `[a:b ISSUBSET '10.0.0.0/8' OR a:b NOT ISSUPERSET '10.0.0.1']`,
		`[a:b=1]AND[a:b=2]OR[a:b=3]FOLLOWEDBY[a:b=4]`:                        `[a:b = 1] AND [a:b = 2] OR [a:b = 3] FOLLOWEDBY [a:b = 4]`,
		`[a:b=1] AND ([a:b=2] OR [a:b=3])`:                                   `[a:b = 1] AND ([a:b = 2] OR [a:b = 3])`,
		`([a:b=1] AND [a:b=2]) WITHIN 5.5 SECONDS`:                           `([a:b = 1] AND [a:b = 2]) WITHIN 5.5 SECONDS`,
		`[a:b=1] REPEATS 2 TIMES WITHIN 1 SECONDS`:                           `[a:b = 1] REPEATS 2 TIMES WITHIN 1 SECONDS`,
		`([a:b=1] REPEATS 2 TIMES) REPEATS 2 TIMES`:                          `([a:b = 1] REPEATS 2 TIMES) REPEATS 2 TIMES`,
		`[a:b=1] START t'2021-01-01T00:00:00Z' STOP t'2021-01-02T00:00:00Z'`: `[a:b = 1] START t'2021-01-01T00:00:00Z' STOP t'2021-01-02T00:00:00Z'`,
		"[a:b /* a comment */ = // and another\n 1]\u00a0":                   `[a:b = 1]`,
		`[a:'' = true]`:                                                      `[a:'' = true]`,
		`[a:b.'AND' = 'multi
line']`: "[a:b.'AND' = 'multi\nline']",
	}
	for text, want := range valid {
		p, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if p.String() != want {
			t.Errorf("%s: %s, want %s", text, p, want)
		}
		if again, err := Parse(want); err != nil || again.String() != want {
			t.Errorf("%s: read again: %v", want, err)
		}
		if err := Check(p); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	invalid := map[string]int{ // and where
		``:                                0,
		`file:name = 'a'`:                 0,
		`[file:name = 'a'`:                16,
		`[file:name = 'a'] ` + "\x00":     18,
		`[file:name = "a"]`:               13,
		`[file = 'a']`:                    6,
		`[file:hashes.SHA-256 = 'a']`:     13,
		`[a:b = 05]`:                      8,
		`[a:b = 1e5]`:                     8,
		`[a:b = 5.]`:                      8,
		`[a:b > true]`:                    7,
		`[a:b LIKE 5]`:                    10,
		`[a:b = '\n']`:                    7,
		`[a:b = h'abc']`:                  7,
		`[a:b = b'']`:                     7,
		`[a:b = b'YW=I']`:                 7,
		`[a:b = t'2021-13-01T00:00:00Z']`: 7,
		`[a:b = t'2021-02-30T00:00:00Z']`: 7,
		`[a:b = t'2021-01-01T00:00:00']`:  7,
		`[a:b and a:c]`:                   5,
		`[a:b = 1 and a:c = 2]`:           9,
		`[a:AND = 1]`:                     3,
		`[a:b[1.5] = 1]`:                  5,
		`[a:b = 1] WITHIN -1 SECONDS`:     17,
		`[a:b = 1] WITHIN 0 SECONDS`:      17,
		`[a:b = 1] WITHIN 5 MINUTES`:      19,
		`[a:b = 1] REPEATS 0 TIMES`:       18,
		`[a:b = 1] REPEATS 1.5 TIMES`:     18,
		`[a:b = 1] START '2021-01-01T00:00:00Z' STOP '2021-01-02T00:00:00Z'`: 16,
		`[a:b = 1] [a:b = 2]`:             10,
		`([a:b = 1]`:                      10,
		`[a:b = 1] AND`:                   13,
		`[a:b = /* 1]`:                    7,
		`[a:b = 99999999999999999999]`:    7,
		strings.Repeat("(", 300):          256,
		`[a:b = 1] REPEATS 5000000 TIMES`: 0,
	}
	for text, offset := range invalid {
		_, err := Parse(text)
		e, ok := err.(*Error)
		if !ok || e.Offset != offset || e.Expected == "" || e.Found == "" {
			t.Errorf("%s: %v, want an error at %d", text, err, offset)
		}
	}
	for _, text := range []string{
		`[file:hashes.MD5 = 'abc']`, `[file:hashes.'SHA-256' IN ('abc')]`, `[a:b = 1] REPEATS 2 TIMES REPEATS 3 TIMES`,
		`[a:b = 1] WITHIN 2 SECONDS REPEATS 3 TIMES WITHIN 1 SECONDS`,
	} {
		if p, err := Parse(text); err != nil || Check(p) == nil {
			t.Errorf("%s: %v, and is not refused", text, err)
		}
	}
}

// TestParse20 takes what patterns of STIX 2.0 write.
func TestParse20(t *testing.T) {
	p, err := Parse20(`[a:b = 1] START '2021-01-01T00:00:00Z' STOP t'2021-01-02T00:00:00Z'`)
	const want = `[a:b = 1] START t'2021-01-01T00:00:00Z' STOP t'2021-01-02T00:00:00Z'`
	if err != nil || p.String() != want {
		t.Errorf("%v, %v", p, err)
	}
	if _, err := Parse20(`[a:b = 1] START 'yesterday' STOP 'today'`); err == nil {
		t.Error("START 'yesterday' is taken")
	}
}

// TestAtoms says which comparisons decide by themselves.
func TestAtoms(t *testing.T) {
	tests := map[string]string{
		`[a:b = 1]`:                                    "a:b+",
		`[a:b = 1 OR a:c = 2]`:                         "a:b+ a:c+",
		`[a:b = 1 AND a:c = 2] OR [a:d = 3]`:           "a:b a:c a:d+",
		`[a:b = 1] FOLLOWEDBY [a:c = 2]`:               "a:b a:c",
		`[a:b = 1] WITHIN 5 SECONDS`:                   "a:b+",
		`[a:b = 1] REPEATS 2 TIMES OR [a:c IN (1, 2)]`: "a:b a:c+",
		`[a:b = 1] START t'2021-01-01T00:00:00Z' STOP t'2021-01-02T00:00:00Z'`: "a:b",
	}
	for text, want := range tests {
		p, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, a := range p.Atoms() {
			name := a.Path.String()
			if a.Alone {
				name += "+"
			}
			got = append(got, name)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", text, got, want)
		}
	}
}

// FuzzParse reads back what it writes, and never fails otherwise than with an
// error that has a place.
func FuzzParse(f *testing.F) {
	f.Add(`[file:hashes.'SHA-256' = 'aec0' AND x:y[*].z NOT IN (1, 2.5)] FOLLOWEDBY ([a:b LIKE '%'] REPEATS 2 TIMES) WITHIN 5 SECONDS`)
	f.Add(`[a:b = h'00' OR NOT EXISTS a:c] START t'2021-01-01T00:00:00Z' STOP t'2021-01-02T00:00:00Z'`)
	f.Add(`[a:b = /* */ 'c\'']//`)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Parse(text)
		if err != nil {
			if e, ok := err.(*Error); !ok || e.Offset < 0 || e.Offset > len(text) {
				t.Errorf("%q: %#v", text, err)
			}
			return
		}
		again, err := Parse(p.String())
		if err != nil || again.String() != p.String() {
			t.Errorf("%q is written as %q, which is read as %v, %v", text, p, again, err)
		}
		m, err := Compile(p)
		if err != nil {
			return
		}
		data := []*Observed{{Number: 3, Objects: []Observable{{ID: "0", Type: "a", Properties: map[string]any{"b": "c"}}}}}
		if ok, witness, err := m.Match(data); err == nil && ok != (len(witness) > 0) {
			t.Errorf("%q: %t by %v", text, ok, witness)
		}
	})
}
