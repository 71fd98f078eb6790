package marking

import (
	"encoding/json"
	"strings"

	"countersign.dev/internal/problem"
)

// TLP is a level of the Traffic Light Protocol, ordered by how much it
// restricts.
type TLP uint8

// The levels (FIRST, Traffic Light Protocol 2.0, section 3).
const (
	Unmarked TLP = iota
	Clear
	Green
	Amber
	AmberStrict
	Red
)

var levels = []string{"", "clear", "green", "amber", "amber+strict", "red"}

// ParseTLP reads a level in either case, with or without "TLP:" before it. WHITE
// is what version 1 calls CLEAR. "" is Unmarked.
func ParseTLP(s string) (TLP, error) {
	word := strings.TrimPrefix(strings.ToLower(strings.TrimSpace(s)), "tlp:")
	if word == "white" {
		return Clear, nil
	}
	for i, l := range levels {
		if l == word {
			return TLP(i), nil
		}
	}
	return Unmarked, problem.New(problem.Invalid, "marking %q: want clear, green, amber, amber+strict or red", s)
}

// String is the level as it is written on documents, "TLP:AMBER+STRICT".
func (t TLP) String() string {
	if t == Unmarked || int(t) >= len(levels) {
		return "unmarked"
	}
	return "TLP:" + strings.ToUpper(levels[t])
}

// MarshalText writes the level as a word, "amber+strict".
func (t TLP) MarshalText() ([]byte, error) { return []byte(levels[min(int(t), len(levels)-1)]), nil }

// UnmarshalText reads what MarshalText writes.
func (t *TLP) UnmarshalText(b []byte) (err error) {
	*t, err = ParseTLP(string(b))
	return err
}

// standard is the marking definitions that standards fix: STIX 2.1 section
// 7.2.1.4 for version 1, and the common objects of OASIS for version 2. What is
// submitted under their ids changes nothing.
var standard = map[string]TLP{
	"marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": Clear,
	"marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": Green,
	"marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": Amber,
	"marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": Red,
	"marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487": Clear,
	"marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb": Green,
	"marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421": Amber,
	"marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003": AmberStrict,
	"marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1": Red,
}

// Standard is the level that a marking definition has by a standard; false for
// any other definition.
func Standard(id string) (TLP, bool) {
	t, ok := standard[id]
	return t, ok
}

// Misdefined reports whether a marking definition has the id of a level of version
// 2.0 and defines something else: passed on, it would have others read markings
// wrongly. Those of version 1 are fixed by STIX itself.
func Misdefined(id string, b []byte) bool {
	level, ok := standard[id]
	if !ok {
		return false
	}
	var d struct {
		Type       string `json:"definition_type"`
		Extensions map[string]struct {
			Level string `json:"tlp_2_0"`
		} `json:"extensions"`
	}
	if err := json.Unmarshal(b, &d); err != nil {
		return true
	}
	if d.Type == "tlp" {
		return false
	}
	said, err := ParseTLP(d.Extensions[ExtensionTLP2].Level)
	return err != nil || said != level
}

// RefOf is the marking definition of version 2.0 for a level; "" for Unmarked.
func RefOf(t TLP) string {
	return [...]string{
		"", "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487", "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
		"marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421", "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
		"marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
	}[min(int(t), len(levels)-1)]
}
