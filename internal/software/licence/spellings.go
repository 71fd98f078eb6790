package licence

import "strings"

// spellings are names of licences, as wordsOf leaves them, that the SPDX list
// does not have. Names that several licences bear ("bsd", "gpl", "apache") are
// not here.
var spellings = map[string]string{
	"al 2": "Apache-2.0", "asl 2": "Apache-2.0", "apache asl 2": "Apache-2.0", "apache 2 asl": "Apache-2.0", "apache public 2": "Apache-2.0",
	"apache foundation 2": "Apache-2.0", "asf 2": "Apache-2.0", "asl 1.1": "Apache-1.1",

	"expat": "MIT", "expat mit": "MIT", "mit expat": "MIT", "mit x11": "MIT", "x11 mit": "MIT", "mit style": "MIT",

	"3 clause bsd": "BSD-3-Clause", "bsd 3": "BSD-3-Clause", "bsd 3 clause new": "BSD-3-Clause", "bsd new": "BSD-3-Clause",
	"bsd three clause": "BSD-3-Clause", "three clause bsd": "BSD-3-Clause", "modified bsd": "BSD-3-Clause", "new bsd": "BSD-3-Clause",
	"revised bsd": "BSD-3-Clause", "bsd revised": "BSD-3-Clause", "bsd 3 clause new or revised": "BSD-3-Clause",
	"eclipse distribution 1": "BSD-3-Clause", "edl 1": "BSD-3-Clause", "eclipse distribution edl 1": "BSD-3-Clause",
	"2 clause bsd": "BSD-2-Clause", "bsd 2": "BSD-2-Clause", "bsd simplified": "BSD-2-Clause", "bsd two clause": "BSD-2-Clause",
	"simplified bsd": "BSD-2-Clause", "two clause bsd": "BSD-2-Clause", "freebsd": "BSD-2-Clause",
	"4 clause bsd": "BSD-4-Clause", "bsd with advertising": "BSD-4-Clause", "bsd 4": "BSD-4-Clause", "original bsd": "BSD-4-Clause",
	"bsd zero clause": "0BSD", "zero clause bsd": "0BSD",
	"iscl": "ISC",

	"gpl +":                          "GPL-1.0-or-later",
	"gpl 2 with classpath exception": "GPL-2.0-only WITH Classpath-exception-2.0", "gpl 2 ce": "GPL-2.0-only WITH Classpath-exception-2.0",
	"general public 2 with classpath exception":     "GPL-2.0-only WITH Classpath-exception-2.0",
	"general public 2 with the classpath exception": "GPL-2.0-only WITH Classpath-exception-2.0",
	"gpl 2 w cpe": "GPL-2.0-only WITH Classpath-exception-2.0",
	"perl 5":      "Artistic-1.0-Perl OR GPL-1.0-or-later", "same as perl 5": "Artistic-1.0-Perl OR GPL-1.0-or-later",

	"mozilla public 1": "MPL-1.0", "mozilla public 1.1": "MPL-1.1", "mozilla public 2": "MPL-2.0",
	"mozilla public mpl 2": "MPL-2.0", "mozilla public 2 mpl 2": "MPL-2.0",
	"eclipse public 1": "EPL-1.0", "eclipse public 2": "EPL-2.0", "eclipse public epl 1": "EPL-1.0", "eclipse public epl 2": "EPL-2.0",
	"eclipse 1": "EPL-1.0", "eclipse 2": "EPL-2.0",
	"common development and distribution 1": "CDDL-1.0", "common development and distribution cddl 1": "CDDL-1.0",
	"common development and distribution 1.1": "CDDL-1.1", "common development and distribution cddl 1.1": "CDDL-1.1",
	"common public 1": "CPL-1.0", "ibm public 1": "IPL-1.0",
	"european union public 1.1": "EUPL-1.1", "european union public 1.2": "EUPL-1.2", "european union public eupl 1.2": "EUPL-1.2",
	"universal permissive 1": "UPL-1.0", "academic free 2.1": "AFL-2.1", "academic free 3": "AFL-3.0",
	"open 3": "OSL-3.0", "microsoft public": "MS-PL", "microsoft reciprocal": "MS-RL",

	"boost": "BSL-1.0", "boost 1": "BSL-1.0",
	"cc0": "CC0-1.0", "cc0 1": "CC0-1.0", "cc0 1 universal": "CC0-1.0", "creative commons zero 1 universal": "CC0-1.0", "creative commons zero": "CC0-1.0",
	"creative commons attribution 3": "CC-BY-3.0", "creative commons attribution 4": "CC-BY-4.0", "creative commons attribution 4 international": "CC-BY-4.0",
	"creative commons attribution sharealike 4": "CC-BY-SA-4.0",
	"open font 1.1": "OFL-1.1", "sil open font 1.1": "OFL-1.1", "sil ofl 1.1": "OFL-1.1",
	"psf": "PSF-2.0", "psfl": "PSF-2.0", "python foundation": "PSF-2.0", "python foundation 2": "PSF-2.0",
	"zlib libpng": "Zlib", "zope public 2.1": "ZPL-2.1", "unlicense": "Unlicense", "do what the fuck you want to public": "WTFPL",
	"do what fuck you want to public": "WTFPL", "tcl": "TCL", "unicode dfs": "Unicode-DFS-2016",
}

// addresses are where licences are to be read, without scheme, "www.", ending
// and case.
var addresses = map[string]string{
	"apache.org/licenses/license-1.1":           "Apache-1.1",
	"apache.org/licenses/license-2.0":           "Apache-2.0",
	"apache.org/licenses/apache-2.0":            "Apache-2.0",
	"eclipse.org/legal/epl-v10":                 "EPL-1.0",
	"eclipse.org/legal/epl-v20":                 "EPL-2.0",
	"eclipse.org/legal/epl-2.0":                 "EPL-2.0",
	"eclipse.org/org/documents/edl-v10":         "BSD-3-Clause",
	"mozilla.org/mpl/2.0":                       "MPL-2.0",
	"mozilla.org/en-us/mpl/2.0":                 "MPL-2.0",
	"mozilla.org/mpl/mpl-1.1":                   "MPL-1.1",
	"creativecommons.org/publicdomain/zero/1.0": "CC0-1.0",
	"unlicense.org":                             "Unlicense",
	"golang.org/license":                        "BSD-3-Clause",
	"wtfpl.net":                                 "WTFPL",
	"boost.org/license_1_0":                     "BSL-1.0",
	"opensource.org/licenses/mit-license":       "MIT",
}

// shelves are addresses below which the last part names the licence.
var shelves = []string{"spdx.org/licenses/", "opensource.org/licenses/", "opensource.org/license/", "gnu.org/licenses/old-licenses/", "gnu.org/licenses/"}

// address is the licence that is to be read at an address.
func address(s string) (string, bool) {
	_, rest, ok := strings.Cut(strings.ToLower(strings.TrimSpace(s)), "://")
	if !ok || strings.ContainsAny(rest, " ,") {
		return "", false
	}
	rest = strings.TrimSuffix(strings.TrimPrefix(rest, "www."), "/")
	for _, ending := range []string{".txt", ".html", ".php", ".en"} {
		rest = strings.TrimSuffix(rest, ending)
	}
	if id, ok := addresses[rest]; ok {
		return id, true
	}
	for _, shelf := range shelves {
		if name, ok := strings.CutPrefix(rest, shelf); ok {
			return known(name)
		}
	}
	if kind, ok := strings.CutPrefix(rest, "creativecommons.org/licenses/"); ok {
		return known("cc-" + strings.ReplaceAll(kind, "/", "-"))
	}
	return "", false
}
