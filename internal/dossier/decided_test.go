package dossier_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"countersign.dev/internal/access"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/dossier/dossiertest"
	"countersign.dev/internal/party"
)

// decide adds a decision to a ledger, in place of the earlier one on the pair.
func decide(t interface{ Fatal(...any) }, m *dossiertest.Memory, a, b string, v party.Verdict) {
	j, err := party.NewJoin(a, b, v, "because")
	if err != nil {
		t.Fatal(err)
	}
	_, r, err := j.Reading()
	if err != nil {
		t.Fatal(err)
	}
	position := m.Add(dossiertest.Document{Source: r.Source, Name: "join.json", Published: today, Statements: r.Statements})
	for i := range m.Facts {
		if f := &m.Facts[i]; f.Source == r.Source && f.Document < position && f.KnownTo == access.Now {
			f.KnownTo = position
		}
	}
}

// TestDecisions joins by decision what nothing else joins, and keeps apart what
// anything else would.
func TestDecisions(t *testing.T) {
	for _, tt := range []struct {
		name   string
		a, b   string
		v      party.Verdict
		query  string
		joined []string
		apart  bool // b is named as near
	}{
		{"same name, decided apart", telecom, telecomUS, party.JoinApart, telecomUS, []string{telecomUS}, false},
		{"same name, undecided", telecom, telecomUS, party.JoinOpen, telecomUS, []string{telecom, telecomUS}, false},
		{"respelled, decided apart", luokong, luokung, party.JoinApart, luokong, []string{luokong}, false},
		{"nothing in common, decided to be one", xiaomi, telecomUS, party.JoinSame, "xiaomi", []string{xiaomi, telecom, telecomUS}, false},
		{"two entries of one list, decided to be one", xiaomi, luokong, party.JoinSame, luokung, []string{luokong, luokung, xiaomi}, false},
		{"one list, decided apart", xiaomi, luokong, party.JoinApart, xiaomi, []string{xiaomi}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := world()
			decide(t, m, tt.a, tt.b, tt.v)
			d, err := (&dossier.Builder{Facts: m}).Build(context.Background(), access.Ask{At: access.At{Date: today, Known: today, Position: access.Now - 1}}, tt.query)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, j := range d.Joined {
				if strings.Contains(j.ID, ":") {
					got = append(got, j.ID)
				}
			}
			slices.Sort(got)
			slices.Sort(tt.joined)
			if !slices.Equal(got, tt.joined) {
				t.Errorf("joined %v, want %v", got, tt.joined)
			}
			near := slices.ContainsFunc(d.Apart, func(c dossier.Candidate) bool { return c.ID == tt.b })
			if near != tt.apart {
				t.Errorf("near: %v, want %v", d.Apart, tt.apart)
			}
		})
	}
}

// TestDecisionsHold draws decisions about entries that names, numbers and
// sources join in many ways. Whichever entry one asks for, the party is the
// same; nobody kept apart from an entry is in its party; and one decided to be
// the same is, unless that would join what is kept apart.
func TestDecisionsHold(t *testing.T) {
	ids := []string{"l1:a", "l1:b", "l2:a", "l2:b", "l3:a"}
	rapid.Check(t, func(t *rapid.T) {
		m := &dossiertest.Memory{}
		for i, id := range ids {
			name := rapid.SampledFrom([]string{"Alpha", "Beta", "Gamma"}).Draw(t, "name of "+id)
			list, _, _ := strings.Cut(id, ":")
			m.Add(dossiertest.Document{Source: list + fmt.Sprint(i), Name: "x", Published: "2021-01-01", Statements: dossiertest.Join(
				dossiertest.Entry(organisation(id, list, name, rapid.SampledFrom([]string{"", "p"}).Draw(t, "party of "+id))),
			)})
		}
		latest := map[[2]string]party.Verdict{}
		for range rapid.IntRange(1, 6).Draw(t, "decisions") {
			pair := rapid.SliceOfNDistinct(rapid.SampledFrom(ids), 2, 2, rapid.ID).Draw(t, "pair")
			slices.Sort(pair)
			v := rapid.SampledFrom([]party.Verdict{party.JoinSame, party.JoinApart, party.JoinOpen}).Draw(t, "verdict")
			decide(t, m, pair[0], pair[1], v)
			latest[[2]string{pair[0], pair[1]}] = v
		}
		inParty := map[string]string{} // entry to the sorted entries of its party
		for _, id := range ids {
			d, err := (&dossier.Builder{Facts: m}).Build(context.Background(), access.Ask{At: access.At{Date: today, Known: today, Position: access.Now - 1}}, id)
			if err != nil {
				t.Fatal(err)
			}
			var joined []string
			for _, j := range d.Joined {
				joined = append(joined, j.ID)
			}
			slices.Sort(joined)
			inParty[id] = strings.Join(joined, " ")
		}
		anyApart := false
		for pair, v := range latest {
			together := slices.Contains(strings.Fields(inParty[pair[0]]), pair[1])
			if v == party.JoinApart {
				anyApart = true
				if together {
					t.Errorf("%v are kept apart and together: %v", pair, inParty)
				}
			}
		}
		for pair, v := range latest {
			if v == party.JoinSame && !anyApart && inParty[pair[0]] != inParty[pair[1]] {
				t.Errorf("%v are the same by decision, and not together: %v", pair, inParty)
			}
		}
		for id, joined := range inParty {
			for _, other := range strings.Fields(joined) {
				if inParty[other] != joined {
					t.Errorf("asked for %s: %s; for %s: %s", id, joined, other, inParty[other])
				}
			}
		}
	})
}

// TestContradictingDecisions names an entry that a decision in force says is the
// same and another keeps apart: to drop it without a word could turn a review
// into an allow.
func TestContradictingDecisions(t *testing.T) {
	m := world()
	decide(t, m, xiaomi, luokong, party.JoinSame)
	decide(t, m, luokong, telecom, party.JoinSame)
	decide(t, m, xiaomi, telecom, party.JoinApart)
	for _, query := range []string{xiaomi, telecom} {
		d, err := (&dossier.Builder{Facts: m}).Build(context.Background(), access.Ask{At: access.At{Date: today, Known: today, Position: access.Now - 1}}, query)
		if err != nil {
			t.Fatal(err)
		}
		with := slices.ContainsFunc(d.Joined, func(j dossier.Joined) bool { return j.ID == luokong })
		named := slices.ContainsFunc(d.Apart, func(c dossier.Candidate) bool { return strings.Contains(c.Why, "another decision contradicts") })
		if !with && !named {
			t.Errorf("%s: %s is neither joined nor named as near: %+v", query, luokong, d.Apart)
		}
	}
}
