package version

import "strings"

// stamp and commit are the lengths of the two parts of a pseudo-version's last
// identifier, 20220906165146-f3363e06e74c (Go Modules Reference,
// "Pseudo-versions").
const (
	stamp  = 14
	commit = 12
)

// parseGo reads the version of a module, or of the standard library and the
// tools, whose releases are called go1.21rc2 and go1.20.1 and which advisories
// call 1.21.0-rc.2 and 1.20.1. What follows a space is how they were built, as
// in "go1.19.8 X:boringcrypto".
func parseGo(s string) (order, error) {
	release, ok := strings.CutPrefix(s, "go")
	if ok {
		release, _, _ = strings.Cut(release, " ")
	}
	v, err := semverOf(release, 3)
	if err != nil {
		if tool, toolErr := parseTool(cutV(release)); toolErr == nil {
			return tool, nil
		}
		return nil, err
	}
	if !ok {
		v.pre = splitStamp(v.pre)
	}
	return v, nil
}

// parseTool reads 1.21rc2 and 1.8beta1.
func parseTool(s string) (semver, error) {
	release, rest, err := cutRelease(s, 3)
	if err != nil {
		return semver{}, err
	}
	word, number := cutRun(rest, isLetter)
	if word != "rc" && word != "beta" || !isNumber(number) {
		return semver{}, errNone
	}
	return semver{release: release, pre: word + "." + number}, nil
}

// splitStamp separates time and commit of a pseudo-version, so that it is the
// time that counts, also against a version that gives the time alone.
func splitStamp(pre string) string {
	dash := len(pre) - commit - 1
	if dash < stamp || pre[dash] != '-' {
		return pre
	}
	time, hash := pre[dash-stamp:dash], pre[dash+1:]
	if !isNumber(time) || strings.Trim(hash, "0123456789abcdef") != "" {
		return pre
	}
	if before := pre[:dash-stamp]; before != "" && !strings.HasSuffix(before, ".") {
		return pre
	}
	return pre[:dash] + "." + hash
}
