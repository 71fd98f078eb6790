package statute

import (
	"regexp"

	"countersign.dev/internal/access"
)

// law is one list that a table may be of.
type law struct {
	source    string // programme, and prefix of listing ids
	program   *regexp.Regexp
	citation  string
	authority string
	what      string      // that befell a party when it was listed
	enacted   access.Date // of an act that names the parties itself, else ""
}

const congress = "United States Congress"

// laws are the lists, told by what their tables call the program.
var laws = []law{
	{
		source: "us-ndaa-889", program: regexp.MustCompile(`(?i)\bsection 889\b`), enacted: "2018-08-13", authority: congress,
		citation: "Pub. L. 115-232, sec. 889(f)(3)", what: "named in section 889",
	},
	{
		source: "us-ndaa-5949", program: regexp.MustCompile(`(?i)\bsection 5949\b`), enacted: "2022-12-23", authority: congress,
		citation: "Pub. L. 117-263, sec. 5949", what: "named in section 5949",
	},
	{
		source: "us-ndaa-154", program: regexp.MustCompile(`(?i)\bsection 154\b`), enacted: "2023-12-22", authority: congress,
		citation: "Pub. L. 118-31, sec. 154", what: "named in section 154",
	},
	{
		source: "us-ndaa-1286", program: regexp.MustCompile(`(?i)\bsection 1286\b`), authority: "US Department of Defense",
		citation: "Pub. L. 115-232, sec. 1286, as amended", what: "named in the list under section 1286",
	},
	{
		source: "us-state-inksna", program: regexp.MustCompile(`(?i)\bINKSNA\b|\bNonproliferation Sanctions \(ISN\)`), authority: "US Department of State",
		citation: "Pub. L. 106-178, sec. 3, as amended", what: "sanctioned under the Iran, North Korea, and Syria Nonproliferation Act",
	},
}

// lawOf is the list that a program names.
func lawOf(program string) (law, bool) {
	for _, l := range laws {
		if l.program.MatchString(program) {
			return l, true
		}
	}
	return law{}, false
}
