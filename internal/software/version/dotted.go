package version

import (
	"fmt"
	"strings"
)

// dotted is numbers that are compared one by one; of two that are otherwise
// equal, the shorter is earlier (R, package_version; Haskell, Data.Version).
type dotted string

func parseHackage(s string) (order, error) { return parseDotted(s) }

// parseCRAN reads numbers with dots or dashes, which weigh the same.
func parseCRAN(s string) (order, error) { return parseDotted(strings.ReplaceAll(s, "-", ".")) }

func parseDotted(s string) (order, error) {
	release, rest, err := cutRelease(s, MaxLength)
	if err == nil && rest != "" {
		err = fmt.Errorf("a number is expected where it says %q", rest)
	}
	return dotted(release), err
}

func (v dotted) compare(other order) int {
	return compareIdentifiers(string(v), string(other.(dotted)))
}
