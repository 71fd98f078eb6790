package licence_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign.dev/internal/problem"
	"countersign.dev/internal/realdata"
	"countersign.dev/internal/software/licence"
)

func TestParse(t *testing.T) {
	tests := []struct{ in, want string }{
		{"MIT", "MIT"},
		{"mit", "MIT"},
		{"(MIT)", "MIT"},
		{"((MIT OR Apache-2.0))", "MIT OR Apache-2.0"},
		{"mit or apache-2.0 and isc", "MIT OR Apache-2.0 AND ISC"},
		{"(MIT OR Apache-2.0) AND ISC", "(MIT OR Apache-2.0) AND ISC"},
		{"MIT AND (ISC AND 0BSD)", "MIT AND ISC AND 0BSD"},
		{"GPL-2.0+", "GPL-2.0-or-later"},
		{"Apache-1.1+", "Apache-1.1+"},
		{"GPL-2.0-only WITH classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"},
		{"LicenseRef-Foo.1 OR DocumentRef-a:LicenseRef-b", "LicenseRef-Foo.1 OR DocumentRef-a:LicenseRef-b"},
		{"MIT WITH AdditionRef-x", "MIT WITH AdditionRef-x"},
		{"(MIT)OR(ISC)", "MIT OR ISC"},
	}
	for _, tt := range tests {
		e, err := licence.Parse(tt.in)
		if err != nil || e.String() != tt.want {
			t.Errorf("%s: %s (%v), want %s", tt.in, e, err, tt.want)
		}
	}
	e, err := licence.Parse("MIT OR (ISC AND MIT) OR GPL-2.0-only WITH Classpath-exception-2.0")
	if want := []string{"MIT", "ISC", "GPL-2.0-only"}; err != nil || !slices.Equal(e.Licences(), want) {
		t.Errorf("licences: %v (%v), want %v", e.Licences(), err, want)
	}
}

func TestParseRefuses(t *testing.T) {
	tests := []struct{ in, says string }{
		{"", "at its end"},
		{"NOASSERTION", "not on the SPDX list"},
		{"NONE", "not on the SPDX list"},
		{"MIT OR", "at its end"},
		{"MIT ISC", "AND, OR or the end"},
		{"(MIT", "not closed"},
		{"MIT)", "AND, OR or the end"},
		{"MIT WITH", "after WITH"},
		{"MIT WITH ISC", "no exception"},
		{"OR MIT", "not on the SPDX list"},
		{"LicenseRef-", "not on the SPDX list"},
		{"LicenseRef-a_b", "not on the SPDX list"},
		{"+", "not on the SPDX list"},
		{strings.Repeat("(", 60) + "MIT" + strings.Repeat(")", 60), "deep"},
		{strings.Repeat("MIT OR ", 10_000) + "MIT", "at most"},
	}
	for _, tt := range tests {
		e, err := licence.Parse(tt.in)
		if problem.KindOf(err) != problem.Invalid || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%.40q: %v (%v), want an error that says %q", tt.in, e, err, tt.says)
		}
	}
}

func TestCheck(t *testing.T) {
	permissive := []string{"MIT", "Apache-2.0", "BSD-*", "ISC"}
	tests := []struct {
		expression  string
		allow, deny []string
		bad         []string
	}{
		{"MIT", nil, nil, nil},
		{"MIT", permissive, nil, nil},
		{"BSD-3-Clause", permissive, nil, nil},
		{"GPL-3.0-only", permissive, nil, []string{"GPL-3.0-only"}},
		{"MIT OR GPL-3.0-only", permissive, nil, nil},
		{"MIT AND GPL-3.0-only", permissive, nil, []string{"GPL-3.0-only"}},
		{"(GPL-3.0-only OR LGPL-2.1-only) AND MIT", permissive, nil, []string{"GPL-3.0-only", "LGPL-2.1-only"}},
		{"GPL-3.0-only", nil, []string{"GPL-*", "AGPL-*"}, []string{"GPL-3.0-only"}},
		{"LGPL-3.0-only", nil, []string{"GPL-*"}, nil},
		{"agpl-3.0+", nil, []string{"AGPL-3.0-only"}, []string{"AGPL-3.0-or-later"}},
		{"MIT", permissive, []string{"MIT"}, []string{"MIT"}},
		{"GPL-2.0", []string{"GPL-2.0-only"}, nil, nil},
		{"GPL-2.0-or-later", []string{"GPL-3.0-only"}, nil, nil},
		{"GPL-2.0-only", []string{"GPL-3.0-only"}, nil, []string{"GPL-2.0-only"}},
		{"GPL-3.0-only", []string{"GPL-2.0-or-later"}, nil, nil},
		{"GPL-2.0-or-later", nil, []string{"GPL-3.0-only"}, nil},
		{"GPL-2.0-or-later", nil, []string{"GPL-2.0-or-later"}, []string{"GPL-2.0-or-later"}},
		{"GPL-2.0-only WITH Classpath-exception-2.0", []string{"GPL-2.0-only"}, nil, nil},
		{"GPL-2.0-only WITH Classpath-exception-2.0", nil, []string{"GPL-2.0-only"}, []string{"GPL-2.0-only WITH Classpath-exception-2.0"}},
		{"GPL-2.0-only WITH Classpath-exception-2.0", []string{"MIT", "GPL-2.0-only WITH Classpath-exception-2.0"}, []string{"GPL-*"}, nil},
		{"GPL-2.0-only", []string{"GPL-2.0-only WITH Classpath-exception-2.0"}, nil, []string{"GPL-2.0-only"}},
		{"LicenseRef-Ours", []string{"LicenseRef-*"}, nil, nil},
		{"LicenseRef-Ours", permissive, nil, []string{"LicenseRef-Ours"}},
		{"MIT OR LicenseRef-Ours", []string{"LicenseRef-Ours"}, nil, nil},
	}
	for _, tt := range tests {
		ok, bad, err := licence.Check(tt.expression, tt.allow, tt.deny)
		if err != nil || ok != (len(tt.bad) == 0) || !slices.Equal(bad, tt.bad) {
			t.Errorf("%s, allow %v, deny %v: %v %v (%v), want %v", tt.expression, tt.allow, tt.deny, ok, bad, err, tt.bad)
		}
	}
	for _, tt := range []struct {
		expression  string
		allow, deny []string
		says        string
	}{
		{"Foo", nil, nil, "Foo"},
		{"MIT", []string{"ISC", "Foo"}, nil, "allow: entry 2"},
		{"MIT", nil, []string{"MIT OR ISC"}, "deny: entry 1"},
		{"MIT", nil, []string{"*"}, "before the star"},
	} {
		_, _, err := licence.Check(tt.expression, tt.allow, tt.deny)
		if problem.KindOf(err) != problem.Invalid || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s, allow %v, deny %v: %v, want an error that says %q", tt.expression, tt.allow, tt.deny, err, tt.says)
		}
	}
}

// TestCheckIsQuick checks an expression that would have a million choices.
func TestCheckIsQuick(t *testing.T) {
	expression := strings.Repeat("(GPL-2.0-only OR GPL-3.0-only) AND ", 20) + "MIT"
	begin := time.Now()
	if ok, bad, err := licence.Check(expression, []string{"MIT"}, nil); ok || len(bad) != 2 || err != nil {
		t.Errorf("%v %v (%v)", ok, bad, err)
	}
	if took := time.Since(begin); took > time.Second {
		t.Errorf("took %v", took)
	}
}

// TestNormalIsQuick reads the longest that are read.
func TestNormalIsQuick(t *testing.T) {
	begin := time.Now()
	for _, s := range []string{"MIT,", "GPLv2+/", "(", "and ", "a", "1 ", "gpl 2 or later ", "MIT AND "} {
		licence.Normal(strings.Repeat(s, (32<<10)/len(s)))
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("took %v", took)
	} else {
		t.Log(took)
	}
}

func TestNormal(t *testing.T) {
	tests := map[string]string{
		"MIT":                         "MIT",
		"MIT License":                 "MIT",
		"The MIT License (MIT)":       "MIT",
		"MIT/X11":                     "MIT",
		"Expat":                       "MIT",
		"Apache 2.0":                  "Apache-2.0",
		"Apache 2":                    "Apache-2.0",
		"Apache-2":                    "Apache-2.0",
		"Apache License, Version 2.0": "Apache-2.0",
		"The Apache Software License, Version 2.0": "Apache-2.0",
		"ASL 2.0":                                "Apache-2.0",
		"BSD-3-clause":                           "BSD-3-Clause",
		"BSD 3-Clause":                           "BSD-3-Clause",
		"BSD3":                                   "BSD-3-Clause",
		"3-Clause BSD License":                   "BSD-3-Clause",
		"New BSD License":                        "BSD-3-Clause",
		"Simplified BSD":                         "BSD-2-Clause",
		"BSD with advertising":                   "BSD-4-Clause",
		"Eclipse Distribution License - v 1.0":   "BSD-3-Clause",
		"Eclipse Public License v2.0":            "EPL-2.0",
		"Eclipse Public License 1.0":             "EPL-1.0",
		"MPLv2.0":                                "MPL-2.0",
		"MPLv1.1":                                "MPL-1.1",
		"Mozilla Public License 2.0 (MPL 2.0)":   "MPL-2.0",
		"GPLv2":                                  "GPL-2.0-only",
		"GPLv2+":                                 "GPL-2.0-or-later",
		"GPL-2+":                                 "GPL-2.0-or-later",
		"GPL version 2":                          "GPL-2.0-only",
		"GNU General Public License v3 or later": "GPL-3.0-or-later",
		"GNU Lesser General Public License, Version 2.1": "LGPL-2.1-only",
		"LGPLv2+":                              "LGPL-2.0-or-later",
		"AGPLv3":                               "AGPL-3.0-only",
		"GFDL-1.2+":                            "GFDL-1.2-or-later",
		"GPL+":                                 "GPL-1.0-or-later",
		"GPL-2.0 WITH Classpath-exception-2.0": "GPL-2.0 WITH Classpath-exception-2.0",
		"GPLv2 with classpath exception":       "GPL-2.0-only WITH Classpath-exception-2.0",
		"GPLv2+ and LGPLv2+":                   "GPL-2.0-or-later AND LGPL-2.0-or-later",
		"(GPLv2+ or LGPLv3+) and GPLv3+":       "(GPL-2.0-or-later OR LGPL-3.0-or-later) AND GPL-3.0-or-later",
		"MIT/Apache-2.0":                       "MIT OR Apache-2.0",
		"MIT / Apache 2.0":                     "MIT OR Apache-2.0",
		"GPL-2.0, Expat, ISC":                  "GPL-2.0 AND MIT AND ISC",
		"Common Development and Distribution License 1.0": "CDDL-1.0",
		"CC0":                        "CC0-1.0",
		"CC BY 4.0":                  "CC-BY-4.0",
		"ZPL 2.1":                    "ZPL-2.1",
		"Artistic 2.0":               "Artistic-2.0",
		"The Unlicense":              "Unlicense",
		"Boost Software License 1.0": "BSL-1.0",
		"zlib/libpng":                "Zlib",
		"Perl 5":                     "Artistic-1.0-Perl OR GPL-1.0-or-later",
		"http://www.apache.org/licenses/LICENSE-2.0.txt":         "Apache-2.0",
		"https://www.apache.org/licenses/LICENSE-2.0":            "Apache-2.0",
		"https://opensource.org/licenses/MIT":                    "MIT",
		"http://www.opensource.org/licenses/mit-license.php":     "MIT",
		"https://www.gnu.org/licenses/old-licenses/gpl-2.0.html": "GPL-2.0",
		"https://spdx.org/licenses/BSD-2-Clause.html":            "BSD-2-Clause",
		"https://creativecommons.org/licenses/by-sa/4.0/":        "CC-BY-SA-4.0",
	}
	for in, want := range tests {
		if got, ok := licence.Normal(in); !ok || got != want {
			t.Errorf("%s: %q (%v), want %s", in, got, ok, want)
		}
		if e, err := licence.Parse(want); err != nil || e.String() != want {
			t.Errorf("%s is read as %s (%v)", want, e, err)
		}
	}
	for _, in := range []string{
		"", "BSD", "GPL", "LGPL", "Apache", "Apache License", "Public Domain", "custom", "UNKNOWN", "NOASSERTION", "NONE", "Dual License",
		"GPLv2+ with exceptions", "GPLv9", "MIT, custom", "MIT/custom", "see LICENSE", "https://example.com/license", "Commercial", "GPLv2 and", ",", "/",
		"MIT and (BSD", "https://opensource.org/licenses/bsd-license.php",
	} {
		if got, ok := licence.Normal(in); ok {
			t.Errorf("%q is taken for %s", in, got)
		}
	}
}

// TestContainers makes expressions of what packages of a hundred containers
// declare.
func TestContainers(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(realdata.Path(t, "data/software/sbom/containers-spdx"), "*.json.gz"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	said, expressions, normal := 0, 0, 0
	for i, file := range files {
		if i%5 != 0 {
			continue
		}
		for _, s := range declared(t, file) {
			if s == "" || s == "NONE" || s == "NOASSERTION" {
				continue
			}
			said++
			if _, err := licence.Parse(s); err == nil {
				expressions++
			}
			if _, ok := licence.Normal(s); ok {
				normal++
			}
		}
	}
	t.Logf("of %d licences that are declared, %d are expressions and %d can be made one", said, expressions, normal)
	if normal <= expressions || normal*100 < said*70 {
		t.Errorf("too few: %d of %d", normal, said)
	}
}

func declared(t *testing.T, file string) []string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Packages []struct{ LicenseDeclared string }
	}
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	var out []string
	for _, p := range doc.Packages {
		out = append(out, p.LicenseDeclared)
	}
	return out
}

// FuzzNormal looks for expressions that cannot be read again, and for panics.
func FuzzNormal(f *testing.F) {
	for _, s := range []string{"MIT OR (ISC AND 0BSD)", "GPLv2+ and BSD", "MIT/X11", "a, b", "GPL-2.0+ WITH Classpath-exception-2.0", "http://x/y", "((", "or", "+"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := licence.Normal(s)
		if !ok {
			return
		}
		e, err := licence.Parse(got)
		if err != nil || e.String() != got {
			t.Fatalf("%q is made %q, which is read as %q (%v)", s, got, e, err)
		}
		if _, _, err := licence.Check(got, []string{"GPL-*"}, []string{"MIT"}); err != nil {
			t.Fatalf("%q: %v", got, err)
		}
	})
}
