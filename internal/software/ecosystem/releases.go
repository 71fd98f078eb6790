package ecosystem

import "strings"

// major names a release by its first number, "Rocky Linux:8" for 8.7.
func major(family string) func(string) []string {
	return func(release string) []string {
		if n := number(release); n != "" {
			return []string{family + ":" + n}
		}
		return nil
	}
}

// verbatim names a release as it is written.
func verbatim(family string) func(string) []string {
	return func(release string) []string { return []string{family + ":" + release} }
}

// number is the digits that s begins with.
func number(s string) string {
	i := 0
	for i < len(s) && '0' <= s[i] && s[i] <= '9' {
		i++
	}
	return s[:i]
}

// debianNames are the releases of Debian by name.
var debianNames = map[string]string{
	"wheezy": "7", "jessie": "8", "stretch": "9", "buster": "10", "bullseye": "11", "bookworm": "12", "trixie": "13", "forky": "14",
}

func debianReleases(release string) []string {
	if n := debianNames[release]; n != "" {
		release = n
	}
	return major("Debian")(release)
}

// ubuntuNames are the releases of Ubuntu by name.
var ubuntuNames = map[string]string{
	"trusty": "14.04", "xenial": "16.04", "bionic": "18.04", "eoan": "19.10", "focal": "20.04", "groovy": "20.10",
	"hirsute": "21.04", "impish": "21.10", "jammy": "22.04", "kinetic": "22.10", "lunar": "23.04", "mantic": "23.10",
	"noble": "24.04", "oracular": "24.10", "plucky": "25.04", "questing": "25.10", "resolute": "26.04",
}

// ubuntuReleases names a release, those of each second April with and without
// the mark of long support.
func ubuntuReleases(release string) []string {
	if n := ubuntuNames[release]; n != "" {
		release = n
	}
	year := number(release)
	month := number(strings.TrimPrefix(release[len(year):], "."))
	if year == "" || month == "" {
		return nil
	}
	plain := "Ubuntu:" + year + "." + month
	if even := (year[len(year)-1]-'0')%2 == 0; even && month == "04" {
		return []string{plain + ":LTS", plain}
	}
	return []string{plain}
}

func alpineReleases(release string) []string {
	first := number(release)
	second := number(strings.TrimPrefix(release[len(first):], "."))
	switch {
	case release == "edge":
		return []string{"Alpine:edge"}
	case first == "" || second == "":
		return nil
	}
	return []string{"Alpine:v" + first + "." + second}
}

// redHatReleases names the streams of a release that containers and servers
// are built from.
func redHatReleases(release string) []string {
	n := number(release)
	if n == "" {
		return nil
	}
	product := "Red Hat:enterprise_linux:" + n + "::"
	if len(n) == 1 && n[0] <= '7' {
		return []string{product + "server", product + "client", product + "workstation", product + "computenode"}
	}
	return []string{product + "baseos", product + "appstream", product + "crb"}
}

func openSUSEReleases(release string) []string {
	release = strings.TrimPrefix(release, "leap-")
	if number(release) == "" || len(release) == len("20230101") {
		return []string{"openSUSE:Tumbleweed"}
	}
	return []string{"openSUSE:Leap " + release}
}

// suseReleases names the products of a release that hold what its containers
// are built from: 15.3 is 15 SP3.
func suseReleases(release string) []string {
	first := number(release)
	if first == "" {
		return nil
	}
	pack := number(strings.TrimPrefix(release[len(first):], "."))
	if pack != "" && pack != "0" {
		first += " SP" + pack
	}
	return []string{"SUSE:Linux Enterprise Server " + first, "SUSE:Linux Enterprise Module for Basesystem " + first}
}
