package pattern

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"countersign.dev/internal/problem"
)

// seen is observed data of STIX 2.0 with the objects given.
func seen(first, last, number int, objects string) string {
	at := func(s int) string { return epoch.Add(time.Duration(s) * time.Second).Format(time.RFC3339) }
	return fmt.Sprintf(`{"type": "observed-data", "id": "observed-data--%d-%d", "first_observed": %q, "last_observed": %q, "number_observed": %d, "objects": {%s}}`,
		first, last, at(first), at(last), number, objects)
}

const host = `
	"0": {"type": "file", "name": "Café.dll", "size": 25, "hashes": {"SHA-256": "32519b85c0b422e4656de6e6c41878e95fd95026267daab4215ee59c107d6c77"}, "parent_directory_ref": "1", "x": [[1, 2], [3]]},
	"1": {"type": "directory", "path": "C:\\Orion\nLogs", "contains_refs": ["0", "9", "2"]},
	"2": {"type": "artifact", "payload_bin": "AAEC/w==", "hashes_hex": "61E9", "entropy": 7.5, "is_set": true, "made": "2020-03-24T08:52:34.5Z"},
	"3": {"type": "ipv4-addr", "value": "198.51.100.7"},
	"4": {"type": "ipv6-addr", "value": "2001:db8:1::/48"},
	"5": {"type": "file", "name": "e"}`

// TestMatchValues compares values of each kind.
func TestMatchValues(t *testing.T) {
	tests := map[string]bool{
		`[file:size = 25]`:                         true,
		`[file:size = 25.0 AND file:size > 24.5]`:  true,
		`[file:size = '25']`:                       false, // no kind is turned into another
		`[file:size != '25']`:                      true,
		`[file:size > 'a' OR file:size NOT > 'a']`: false, // no order
		`[file:name = 'café.dll']`:                 false,
		`[file:name = 'Café.dll']`:                 true,
		`[file:size > 20 AND file:name = 'e']`:     false, // two objects
		`[file:size > 20] AND [file:name = 'e']`:   false, // one observation, seen once
		`[file:nothing != 1]`:                      false, // there is none
		`[NOT EXISTS file:nothing]`:                true,
		`[NOT EXISTS file:name]`:                   false,
		`[EXISTS file:size]`:                       true,
		`[file:hashes.'SHA-256' = '32519b85c0b422e4656de6e6c41878e95fd95026267daab4215ee59c107d6c77']`: true,
		`[file:parent_directory_ref.path LIKE 'C:%']`:                                                  false, // a line break
		`[file:parent_directory_ref.path MATCHES '^C:']`:                                               true,
		`[directory:contains_refs[*].name = 'Café.dll']`:                                               true,
		`[directory:contains_refs[1].payload_bin = h'000102fF']`:                                       true, // 9 is nothing
		`[directory:contains_refs[0].parent_directory_ref.path MATCHES 'Logs$']`:                       true,
		`[file:x[0][1] = 2 AND file:x[*][*] = 3]`:                                                      true,
		`[file:x[-1][0] = 3]`:                                                                         false,
		`[artifact:payload_bin = b'AAEC/w==']`:                                                        true,
		`[artifact:payload_bin MATCHES '^\\x00\\x01']`:                                                true,
		`[artifact:hashes_hex = 'aé']`:                                                                true, // a byte for each character
		`[artifact:hashes_hex = 'a中']`:                                                                false,
		`[artifact:hashes_hex >= h'61' AND artifact:hashes_hex < b'Yv8=']`:                            true,
		`[artifact:entropy IN (1, 7.5)]`:                                                              true,
		`[artifact:is_set = true AND artifact:is_set != 1]`:                                           true,
		`[artifact:made > t'2020-03-24T08:52:34.4Z' AND artifact:made = t'2020-03-24T08:52:34.500Z']`: true,
		`[file:name LIKE 'Caf_.d%']`:                                                                  true,
		`[file:name LIKE 'Caf_']`:                                                                     false,
		`[file:name LIKE 'Cafe` + "\u0301" + `%']`:                                                    true, // NFC
		`[file:name MATCHES 'é\\.dll$']`:                                                              true,
		`[file:name MATCHES '^(?!evil)[A-Z].*(?<=\\.)dll$']`:                                          true,
		`[file:name MATCHES '(?P<x>f)f']`:                                                             false,
		`[file:name MATCHES '(?i)CAF']`:                                                               true,
		`[ipv4-addr:value ISSUBSET '198.51.100.0/24']`:                                                true,
		`[ipv4-addr:value ISSUBSET '198.51.100.8/29']`:                                                false,
		`[ipv4-addr:value ISSUPERSET '198.51.100.7']`:                                                 false, // an address holds nothing
		`[ipv6-addr:value ISSUBSET '2001:db8::/32' AND ipv6-addr:value ISSUPERSET '2001:db8:1::5']`:   true,
		`[ipv6-addr:value ISSUBSET '198.51.100.0/24']`:                                                false,
		`[malware:name = 'x' OR network-traffic:src_port = 1]`:                                        false,
	}
	data, err := ReadObserved([]byte(seen(0, 0, 1, host)))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range tests {
		m := compiled(t, text)
		if m == nil {
			continue
		}
		got, _, err := m.Match(data)
		if strings.Contains(text, "ISSUPERSET '198.51.100.7'") {
			if problem.KindOf(err) != problem.Invalid {
				t.Errorf("%s: %t, %v, want an error", text, got, err)
			}
			continue
		}
		if err != nil || got != want {
			t.Errorf("%s: %t, %v, want %t", text, got, err, want)
		}
	}
}

func compiled(t testing.TB, text string) *Matcher {
	t.Helper()
	p, err := Parse(text)
	if err != nil {
		t.Errorf("%s: %v", text, err)
		return nil
	}
	m, err := Compile(p)
	if err != nil {
		t.Errorf("%s: %v", text, err)
		return nil
	}
	return m
}

// TestMatchObservations binds observations: each as often as it was seen, and
// where their times allow it.
func TestMatchObservations(t *testing.T) {
	data, err := ReadObserved([]byte(seen(0, 0, 1, `"0": {"type": "a", "v": 1}`) + "\n" + seen(4, 6, 2, `"0": {"type": "a", "v": 1}, "1": {"type": "b", "v": 1}`) +
		"\n" + seen(9, 9, 1, `"0": {"type": "b", "v": 2}`)))
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]string{ // the witness, or none
		`[a:v = 1]`:                 "[0]",
		`[a:v = 1] REPEATS 3 TIMES`: "[0 1]",
		`[a:v = 1] REPEATS 4 TIMES`: "",
		`[a:v = 1] AND [b:v = 1]`:   "[0 1]",
		`[b:v = 1] AND [a:v = 1 AND a:v = 1] WITHIN 1 SECONDS`:                 "[1]", // the qualifier is of the right one
		`([b:v = 1] AND [a:v = 1]) WITHIN 1 SECONDS`:                           "[1]",
		`[b:v = 2] FOLLOWEDBY [a:v = 1]`:                                       "",
		`[b:v = 1] FOLLOWEDBY [a:v = 1]`:                                       "[1]", // within the time it was seen, twice
		`[a:v = 1] FOLLOWEDBY [b:v = 2]`:                                       "[0 2]",
		`([a:v = 1] FOLLOWEDBY [b:v = 2]) WITHIN 3 SECONDS`:                    "[1 2]",
		`([a:v = 1] FOLLOWEDBY [b:v = 2]) WITHIN 2.5 SECONDS`:                  "",
		`[b:v > 0] REPEATS 3 TIMES WITHIN 3 SECONDS`:                           "[1 2]",
		`[b:v > 0] START t'2020-12-13T00:00:06Z' STOP t'2020-12-13T00:00:08Z'`: "[1]",
		`[b:v > 0] START t'2020-12-13T00:00:07Z' STOP t'2020-12-13T00:00:09Z'`: "",
		`[b:v > 0] START t'2020-12-13T00:00:09Z' STOP t'2020-12-13T00:00:09Z'`: "",
		`[b:v > 0] START t'2020-12-14T00:00:00Z' STOP t'2020-12-13T00:00:00Z'`: "",
		`([a:v = 1] AND [b:v = 1]) REPEATS 2 TIMES`:                            "",
		`[a:v = 9] OR [b:v = 2]`:                                               "[2]",
	}
	for text, want := range tests {
		m := compiled(t, text)
		if m == nil {
			continue
		}
		ok, witness, err := m.Match(data)
		got := ""
		if ok {
			got = fmt.Sprint(witness)
		}
		if err != nil || got != want {
			t.Errorf("%s: %s, %v, want %s", text, got, err, want)
		}
	}
}

// TestMatchRefuses is constants and values that cannot be compared.
func TestMatchRefuses(t *testing.T) {
	for _, text := range []string{`[a:b MATCHES '(']`, `[a:b MATCHES '*']`, `[a:b IN (1, 'a')]`, `[a:b IN (true, 1)]`} {
		p, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if _, err := Compile(p); problem.KindOf(err) != problem.Invalid {
			t.Errorf("%s: %v", text, err)
		}
	}
	data, err := ReadObserved([]byte(seen(0, 0, 1, `"0": {"type": "a", "s": "text", "n_hex": "abc", "n_bin": "?", "x_ref": 5, "y_refs": "0", "z_hex": "ff", "t": "`+strings.Repeat("a", 40)+`!"}`)))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		`[a:s > t'2020-12-13T00:00:00Z']`, `[a:s ISSUBSET '10.0.0.0/8']`, `[a:s ISSUBSET '10.0.0.0/0']`, `[a:n_hex = h'ab']`, `[a:n_bin = b'YWI=']`,
		`[a:x_ref.v = 1]`, `[a:y_refs[*].v = 1]`, `[a:z_hex LIKE 'a%']`,
		`[a:t MATCHES '^(?:(?:a|aa)+)+(?=b)$']`, // goes back for ever: stopped
		`[a:s = 'text' OR a:s > t'2020-12-13T00:00:00Z']`,
	} {
		m := compiled(t, text)
		if m == nil {
			continue
		}
		if ok, _, err := m.Match(data); problem.KindOf(err) != problem.Invalid {
			t.Errorf("%s: %t, %v", text, ok, err)
		}
	}
}

// TestMatchIsBounded gives up where the combinations are too many, and not where
// times decide.
func TestMatchIsBounded(t *testing.T) {
	var data []*Observed
	for i := range 3000 {
		at := epoch.Add(time.Duration(i*10) * time.Second)
		data = append(data, &Observed{Number: 1, First: at, Last: at, Objects: []Observable{{ID: "0", Type: "a", Properties: map[string]any{"v": int64(i), "w": int64(i % 2)}}}})
	}
	for text, want := range map[string]bool{
		`[a:v >= 0] REPEATS 5 TIMES WITHIN 30 SECONDS`:                                                   false,
		`[a:v >= 0] REPEATS 5 TIMES WITHIN 40 SECONDS`:                                                   true,
		`[a:v >= 0] REPEATS 3000 TIMES`:                                                                  true,
		`[a:v >= 0] REPEATS 3001 TIMES`:                                                                  false,
		`([a:w = 1] FOLLOWEDBY [a:w = 0] FOLLOWEDBY [a:w = 1]) WITHIN 19 SECONDS`:                        false,
		`([a:w = 1] FOLLOWEDBY [a:w = 0] FOLLOWEDBY [a:w = 1]) WITHIN 20 SECONDS`:                        true,
		`[a:v > 1000] FOLLOWEDBY [a:v > 1000] FOLLOWEDBY [a:v < 1000]`:                                   false,
		`([a:v > 0] FOLLOWEDBY [a:v = 2999]) START t'2020-12-13T00:00:00Z' STOP t'2020-12-13T01:00:00Z'`: false,
	} {
		m := compiled(t, text)
		if m == nil {
			continue
		}
		if got, _, err := m.Match(data); err != nil || got != want {
			t.Errorf("%s: %t, %v, want %t", text, got, err, want)
		}
	}
	m := compiled(t, `(([a:v >= 0] AND [a:v >= 0]) REPEATS 800 TIMES AND [a:v >= 0] REPEATS 1500 TIMES) REPEATS 2 TIMES`)
	if ok, _, err := m.Match(data); ok || problem.KindOf(err) != problem.TooLarge {
		t.Errorf("%t, %v", ok, err)
	}
}

// TestReadObserved reads each form, and what objects of 2.1 refer to.
func TestReadObserved(t *testing.T) {
	const (
		odata = `{"type": "observed-data", "spec_version": "2.1", "id": "observed-data--1", "first_observed": "2020-12-13T00:00:00Z", "last_observed": "2020-12-13T00:00:00.25Z", "number_observed": 3, "object_refs": ["a--1", "a--9"]}`
		a     = `{"type": "a", "id": "a--1", "v": 9007199254740993}`
	)
	for _, text := range []string{odata + "\n" + a, "[" + a + "," + odata + "]", `{"type": "bundle", "objects": [` + odata + "," + a + `]}`,
		`[{"type": "bundle", "objects": [` + odata + `]}, {"type": "bundle", "objects": [` + a + `]}]`} {
		data, err := ReadObserved([]byte(text))
		if err != nil || len(data) != 1 || len(data[0].Objects) != 1 || data[0].Number != 3 || data[0].Last.Sub(data[0].First) != 250*time.Millisecond {
			t.Errorf("%s: %+v, %v", text, data, err)
			continue
		}
		if ok, _, err := compiled(t, `[a:v = 9007199254740993]`).Match(data); err != nil || !ok {
			t.Errorf("%s: %t, %v", text, ok, err)
		}
	}
	for _, text := range []string{`{`, `5`, `[5]`, `{"type": "bundle", "objects": [5]}`, strings.Repeat("[", 100_000),
		strings.Replace(odata, `"number_observed": 3`, `"number_observed": 0`, 1), strings.Replace(odata, `3`, `"3"`, 1),
		strings.Replace(odata, "00:00:00.25Z", "00:00:00.25", 1), strings.Replace(odata, "2020-12-13T00:00:00.25Z", "2020-12-12T00:00:00Z", 1),
		strings.Replace(odata, "first_observed", "first", 1), strings.Replace(odata, "object_refs", "refs", 1)} {
		if data, err := ReadObserved([]byte(text)); problem.KindOf(err) != problem.Invalid {
			t.Errorf("%.200s: %v, %v", text, data, err)
		}
	}
}

// FuzzReadObserved reads anything without failing otherwise than with an error,
// and what is read can be matched.
func FuzzReadObserved(f *testing.F) {
	f.Add([]byte(seen(0, 1, 2, host)))
	f.Add([]byte(`{"type": "bundle", "objects": [{"type": "observed-data", "first_observed": "2020-12-13T00:00:00Z", "last_observed": "2020-12-13T00:00:00Z", "number_observed": 1, "object_refs": ["a--1"]}, {"type": "file", "id": "a--1", "parent_directory_ref": "a--1"}]}`))
	m := compiled(f, `[file:parent_directory_ref.parent_directory_ref.path MATCHES 'a' OR file:x[*][*] = 1] REPEATS 2 TIMES OR [artifact:payload_bin = h'00']`)
	f.Fuzz(func(t *testing.T, b []byte) {
		data, err := ReadObserved(b)
		if err != nil {
			return
		}
		if ok, witness, err := m.Match(data); err == nil && ok != (len(witness) > 0) {
			t.Errorf("%t by %v", ok, witness)
		}
	})
}

// BenchmarkMatch tries 20 patterns on 1,000 observations each, one by one: one
// operation is 20,000 tests.
func BenchmarkMatch(b *testing.B) {
	var matchers []*Matcher
	for i := range 20 {
		matchers = append(matchers, compiled(b, fmt.Sprintf(`[domain-name:value = 'host%d.example' OR ipv4-addr:value = '198.51.100.%d']`, i*37, i)))
	}
	var data [][]*Observed
	for i := range 1000 {
		one, err := ReadObserved([]byte(seen(i, i, 1, fmt.Sprintf(`"0": {"type": "domain-name", "value": "host%d.example"}, "1": {"type": "ipv4-addr", "value": "203.0.113.%d"}`, i, i%256))))
		if err != nil {
			b.Fatal(err)
		}
		data = append(data, one)
	}
	b.ReportAllocs()
	for b.Loop() {
		found := 0
		for _, m := range matchers {
			for _, d := range data {
				ok, _, err := m.Match(d)
				if err != nil {
					b.Fatal(err)
				}
				if ok {
					found++
				}
			}
		}
		if found != 20 {
			b.Fatalf("%d matches, want 20", found)
		}
	}
	b.ReportMetric(float64(b.N)*20_000/b.Elapsed().Seconds(), "tests/s")
}
