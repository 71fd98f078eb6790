package advisory

import (
	"strings"
	"testing"
)

func TestIDs(t *testing.T) {
	for id, want := range map[string][2]bool{ // an id, a CVE id
		"CVE-2021-44228": {true, true}, "cve-1999-0001": {true, true}, "CVE-2014-1234567890123456789": {true, true},
		"CVE-2021-123": {true, false}, "CVE-21-44228": {true, false}, "CVE-2021-4422x": {true, false}, "CVE_2021-44228": {true, false},
		"CVE-2014-12345678901234567890": {true, false}, "GHSA-jfh8-c2jp-5v3q": {true, false}, "": {false, false}, "A B": {false, false},
		"A\x00": {false, false}, "\xff": {false, false}, strings.Repeat("x", MaxID+1): {false, false}, strings.Repeat("x", MaxID): {true, false},
	} {
		if got := [2]bool{IsID(id), IsCVE(id)}; got != want {
			t.Errorf("%q: %v, want %v", id, got, want)
		}
	}
}

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		" a\x00b\r\nc\u0085 ": "ab\nc", "12345678901": "1234567890", "123456789ä": "123456789", "\x00": "", "": "",
	} {
		if got := Text(in, 10); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
