package marking

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign.dev/internal/access"
)

// TestRead takes the markings of an object together.
func TestRead(t *testing.T) {
	const (
		stmt, iep, secret, unclassified, scoped, tlpOf, strange, forAsh, forAshBeech, forAnn = "m--1", "m--2", "m--3", "m--4", "m--5", "m--6", "m--7", "m--8", "m--9", "m--10"
	)
	held := map[string]string{
		stmt:         `{"definition_type":"statement","definition":{"statement":"(c) somebody"}}`,
		iep:          `{"definition_type":"iep","definition":{"iep_version":2.0,"tlp":"amber"}}`,
		secret:       `{"extensions":{"` + ExtensionACS + `":{"control_set":{"classification":"S"}}}}`,
		unclassified: `{"extensions":{"` + ExtensionACS + `":{"control_set":{"classification":"U"},"access_privilege":[{"privilege_action":"DISPLAY","privilege_scope":{"entity":["ALL"]}}]}}}`,
		scoped:       `{"extensions":{"` + ExtensionACS + `":{"control_set":{"classification":"U"},"access_privilege":[{"privilege_action":"DISPLAY","privilege_scope":{"permitted_organizations":["USA.DHS"]}}]}}}`,
		tlpOf:        `{"definition_type":"tlp","definition":{"tlp":"green"}}`,
		strange:      `{"definition_type":"x-strange","definition":{}}`,
		forAsh:       `{"extensions":{"` + ExtensionRecipients + `":{"extension_type":"property-extension","organisations":["ash"]}}}`,
		forAshBeech:  `{"extensions":{"` + ExtensionRecipients + `":{"extension_type":"property-extension","organisations":["beech","ash"]}}}`,
		forAnn:       `{"extensions":{"` + ExtensionRecipients + `":{"extension_type":"property-extension","persons":["ann"]}}}`,
		// What is submitted under a standard id says nothing.
		RefOf(Red): `{"definition_type":"tlp","definition":{"tlp":"clear"}}`,
	}
	tests := []struct {
		name, object string
		tlp          TLP
		recipients   []string
		persons      []string
		refused      bool
	}{
		{"none", `{}`, Unmarked, nil, nil, false},
		{"one", `{"object_marking_refs":["` + RefOf(Green) + `"]}`, Green, nil, nil, false},
		{"the strictest of two", `{"object_marking_refs":["` + RefOf(Green) + `","` + RefOf(AmberStrict) + `"]}`, AmberStrict, nil, nil, false},
		{"of version 1", `{"object_marking_refs":["marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"]}`, Clear, nil, nil, false},
		{"a part is stricter", `{"object_marking_refs":["` + RefOf(Clear) + `"],"granular_markings":[{"marking_ref":"` + RefOf(Red) + `","selectors":["name"]}]}`, Red, nil, nil, false},
		{"a language of a part", `{"granular_markings":[{"lang":"de","selectors":["name"]}]}`, Unmarked, nil, nil, false},
		{"somebody else's red", `{"object_marking_refs":["` + RefOf(Red) + `"]}`, Red, nil, nil, false},
		{"a definition of a level", `{"object_marking_refs":["` + tlpOf + `"]}`, Green, nil, nil, false},
		{"a statement", `{"object_marking_refs":["` + stmt + `"]}`, Unmarked, nil, nil, false},
		{"a policy", `{"object_marking_refs":["` + iep + `"]}`, Amber, nil, nil, false},
		{"classified", `{"object_marking_refs":["` + secret + `","` + RefOf(Clear) + `"]}`, Clear, nil, nil, true},
		{"unclassified", `{"object_marking_refs":["` + unclassified + `"]}`, Unmarked, nil, nil, false},
		{"for some", `{"object_marking_refs":["` + scoped + `"]}`, Unmarked, nil, nil, true},
		{"not understood", `{"object_marking_refs":["` + strange + `"]}`, Unmarked, nil, nil, true},
		{"not held", `{"object_marking_refs":["marking-definition--x"]}`, Unmarked, nil, nil, true},
		{"named", `{"object_marking_refs":["` + forAshBeech + `"]}`, AmberStrict, []string{"ash", "beech"}, nil, false},
		{"named below a level", `{"object_marking_refs":["` + forAsh + `","` + RefOf(Green) + `"]}`, AmberStrict, []string{"ash"}, nil, false},
		{"named twice", `{"object_marking_refs":["` + forAshBeech + `","` + forAsh + `"]}`, AmberStrict, []string{"ash"}, nil, false},
		{"in person", `{"object_marking_refs":["` + forAnn + `"]}`, Red, nil, []string{"ann"}, false},
		{"nobody is named by both", `{"object_marking_refs":["` + forAnn + `","` + forAsh + `"]}`, Red, []string{}, []string{}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m, err := Read([]byte(test.object), func(id string) []byte {
				if text, ok := held[id]; ok {
					return []byte(text)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if m.TLP != test.tlp || !slices.Equal(m.Recipients, test.recipients) || !slices.Equal(m.Persons, test.persons) || (m.Refused != "") != test.refused {
				t.Errorf("%+v", m)
			}
		})
	}
}

// TestName reads back who was named.
func TestName(t *testing.T) {
	text, err := Name("marking-definition--1", time.Date(2021, 3, 1, 0, 0, 0, 0, time.UTC), []string{"ash"}, []string{"ann"})
	if err != nil {
		t.Fatal(err)
	}
	m, err := Read([]byte(`{"object_marking_refs":["marking-definition--1"]}`), func(string) []byte { return text })
	if err != nil || !slices.Equal(m.Recipients, []string{"ash"}) || !slices.Equal(m.Persons, []string{"ann"}) {
		t.Errorf("%+v, %v", m, err)
	}
}

// world is a small directory: each organisation may belong to the community, and
// be a client of one other.
type world struct {
	members map[string]bool
	clients map[string]string
}

func (w world) Member(community, o string) bool { return community == "c" && w.members[o] }
func (w world) Client(community, o, of string) bool {
	return community == "c" && w.clients[o] == of && of != ""
}
func (w world) Served(community, o string) bool { return w.Member(community, w.clients[o]) }

// literal is who may see an object, clause by clause of the definitions of TLP
// 2.0, over what the world says: the oracle of May.
func literal(w world, person, organisation string, r Rule) bool {
	if organisation == r.Source {
		return true
	}
	if r.Refused != "" {
		return false
	}
	recipient := func(o string) bool {
		if len(r.Recipients) == 0 {
			return w.members[o]
		}
		return strings.Contains(" "+strings.Join(r.Recipients, " ")+" ", " "+o+" ")
	}
	clauses := map[TLP]bool{
		// "For the eyes and ears of individual recipients only."
		Red: false,
		// "Recipients may only share within their organization."
		AmberStrict: recipient(organisation),
		// "... and its clients."
		Amber: recipient(organisation) || w.clients[organisation] != "" && recipient(w.clients[organisation]),
		// "Limited disclosure, recipients can spread this within their community."
		Green: w.members[organisation],
		// "Recipients can spread this to the world, there is no limit on disclosure."
		Clear: true,
	}
	named := strings.Contains(" "+strings.Join(r.Persons, " ")+" ", " "+person+" ")
	return clauses[r.TLP] || named
}

// TestMay compares May with a literal reading of TLP 2.0 over every small world:
// who belongs, who serves whom, who shared what for whom.
func TestMay(t *testing.T) {
	organisations := []string{"ash", "beech", "cedar"}
	lists := [][]string{nil, {"ash"}, {"beech"}, {"ash", "beech"}}
	cases := 0
	for members := range 8 {
		for serving := range 16 {
			w := world{members: map[string]bool{}, clients: map[string]string{}}
			for i, o := range organisations {
				w.members[o] = members>>i&1 == 1
			}
			w.clients["ash"] = []string{"", "beech", "cedar", "ash"}[serving&3]
			w.clients["cedar"] = []string{"", "beech", "ash", "cedar"}[serving>>2]
			for level := Clear; level <= Red; level++ {
				for _, source := range []string{"ash", "cedar", "elsewhere"} {
					for _, recipients := range lists {
						for _, persons := range [][]string{nil, {"ann"}, {"ann", "bob"}} {
							for _, refused := range []string{"", "classified"} {
								r := Rule{TLP: level, Community: "c", Source: source, Recipients: recipients, Persons: persons, Refused: refused}
								for _, o := range organisations {
									for _, person := range []string{"ann", "bob", "cy"} {
										got := May(access.Reader{Member: person, Organisations: []string{o}}, r, w)
										if want := literal(w, person, o, r); got.Allowed != want {
											t.Fatalf("%s of %s under %s in %+v: %+v, want %t", person, o, r.Key(), w, got, want)
										}
										if got.Code == "" || got.Why == "" {
											t.Fatalf("%s: no reason: %+v", r.Key(), got)
										}
										cases++
									}
								}
							}
						}
					}
				}
			}
		}
	}
	t.Logf("%d cases", cases)
}

// TestStrict lets a stricter level never let in more.
func TestStrict(t *testing.T) {
	w := world{members: map[string]bool{"ash": true}, clients: map[string]string{"beech": "ash"}}
	for _, o := range []string{"ash", "beech", "cedar"} {
		for level := Clear; level < Red; level++ {
			r := Rule{TLP: level, Community: "c", Source: "elsewhere"}
			stricter := r
			stricter.TLP++
			who := access.Reader{Member: "ann", Organisations: []string{o}}
			if May(who, stricter, w).Allowed && !May(who, r, w).Allowed && level != Green {
				t.Errorf("%s sees %s and not %s", o, stricter.TLP, r.TLP)
			}
		}
	}
	nobody := access.Reader{}
	if a := May(nobody, Rule{TLP: Amber, Community: "c"}, w); a.Allowed {
		t.Errorf("nobody sees what has no source: %+v", a)
	}
	if a := May(access.Operator, Rule{TLP: Red, Refused: "x"}, w); !a.Allowed {
		t.Error("the operator does not see what it holds")
	}
}

// TestKey is the same for equal rules.
func TestKey(t *testing.T) {
	r := Rule{TLP: AmberStrict, Assigned: true, Community: "c", Source: "ash", Persons: []string{"ann"}}
	const want = `{"tlp":"amber+strict","assigned":true,"community":"c","source":"ash","persons":["ann"]}`
	if r.Key() != want {
		t.Errorf("%s, want %s", r.Key(), want)
	}
	var back Rule
	if err := json.Unmarshal([]byte(want), &back); err != nil || back.Key() != want {
		t.Errorf("%+v, %v", back, err)
	}
}

func TestParseTLP(t *testing.T) {
	for text, want := range map[string]TLP{"TLP:WHITE": Clear, "clear": Clear, "TLP:Amber+Strict": AmberStrict, "": Unmarked, " red ": Red} {
		if got, err := ParseTLP(text); err != nil || got != want {
			t.Errorf("%q: %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"amber strict", "TLP", "purple"} {
		if _, err := ParseTLP(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
	for t1 := Clear; t1 <= Red; t1++ {
		if s, ok := Standard(RefOf(t1)); !ok || s != t1 {
			t.Errorf("%s: its definition is of %s", t1, s)
		}
	}
}

// FuzzRead never fails on what is JSON, and never gives a level that lets in more
// than none for what it does not know.
func FuzzRead(f *testing.F) {
	f.Add(`{"object_marking_refs":["m"],"granular_markings":[{"marking_ref":"n","selectors":["a"]}]}`, `{"definition_type":"tlp","definition":{"tlp":"red"}}`)
	f.Add(`{"object_marking_refs":["m"]}`, `{"extensions":{"`+ExtensionACS+`":{"control_set":{"classification":"U"}}}}`)
	f.Add(`{"object_marking_refs":["m"]}`, `{"extensions":{"x":{"tlp_2_0":"amber"}}}`)
	f.Fuzz(func(t *testing.T, object, definition string) {
		m, err := Read([]byte(object), func(string) []byte { return []byte(definition) })
		if err != nil {
			return
		}
		a, b := m.In("c", "s", Red), m.In("c", "s", Red)
		if a.Key() != b.Key() {
			t.Error("two keys of one rule")
		}
		if !json.Valid([]byte(a.Key())) {
			t.Errorf("%s is no JSON", a.Key())
		}
	})
}
