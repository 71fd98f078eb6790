package ownership

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"countersign.dev/internal/party"
	"countersign.dev/internal/realdata"
)

// share is an exact share, or a range written "45..55".
func share(t testing.TB, text string) *Range {
	t.Helper()
	from, to, ranged := strings.Cut(text, "..")
	if !ranged {
		to = from
	}
	low, err := Floor(from)
	if err != nil {
		t.Fatal(err)
	}
	high, err := Ceil(to)
	if err != nil {
		t.Fatal(err)
	}
	return &Range{low, high}
}

// owns is the interests of a few lines "X 50 A", "X 45..55 A", "X ? A" for an
// unknown share, "X votes 75 A" and "X controls A".
func owns(t testing.TB, lines ...string) []Interest {
	t.Helper()
	var out []Interest
	for _, line := range lines {
		f := strings.Fields(line)
		in := Interest{Holder: f[0], Held: f[len(f)-1], Source: "test"}
		switch {
		case f[1] == "votes":
			in.Voting = share(t, f[2])
		case f[1] == "controls":
			in.Control = party.ControlBoard
		case f[1] != "?":
			in.Economic = share(t, f[1])
		}
		out = append(out, in)
	}
	return out
}

func listed(ids ...string) map[string]Listed {
	out := map[string]Listed{}
	for _, id := range ids {
		out[id] = IsListed
	}
	return out
}

// fiftyCase is one of the published and made examples of the rule.
type fiftyCase struct {
	ID        string               `json:"id"`
	Listed    []string             `json:"listed"`
	Intervals map[string][2]string `json:"listed_intervals"`
	Edges     [][3]any             `json:"edges"`
	Control   [][2]string          `json:"control"`
	Voting    [][3]any             `json:"voting"`
	Expect    map[string]any       `json:"expect"`
	AsOf      map[string]bool      `json:"expect_asof"`
	Flag      map[string]string    `json:"flag"`
}

func (c *fiftyCase) interests(t *testing.T) []Interest {
	text := func(v any) string {
		if s, ok := v.(string); ok {
			return s
		}
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	var lines []string
	for _, e := range c.Edges {
		lines = append(lines, strings.Join([]string{under(e[0]), text(e[2]), under(e[1])}, " "))
	}
	for _, e := range c.Control {
		lines = append(lines, under(e[0])+" controls "+under(e[1]))
	}
	for _, e := range c.Voting {
		lines = append(lines, under(e[0])+" votes "+text(e[2])+" "+under(e[1]))
	}
	return owns(t, lines...)
}

func under(v any) string { return strings.ReplaceAll(v.(string), " ", "_") }

func TestFiftyPercentCases(t *testing.T) {
	b, err := os.ReadFile(realdata.Path(t, "data/screening/ownership/fifty_percent_cases.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []fiftyCase `json:"cases"`
	}
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cases) < 14 {
		t.Errorf("%d cases, want at least 14", len(file.Cases))
	}
	for _, c := range file.Cases {
		interests := c.interests(t)
		check := func(on string, who map[string]Listed, id string, want any) {
			got := Solve(&Graph{Listed: who, Interests: interests}, OFAC50).State(under(id))
			state := map[any]State{true: Blocked, false: NotBlocked, "undetermined": Undetermined}[want]
			if c.Flag[id] != "" && state == NotBlocked {
				state = Flagged
			}
			if got != state {
				t.Errorf("%s%s: %s is %s, want %s", c.ID, on, id, got, state)
			}
		}
		for id, want := range c.Expect {
			check("", listed(c.Listed...), id, want)
		}
		for day, want := range c.AsOf {
			who := map[string]Listed{}
			for id, i := range c.Intervals {
				if i[0] <= day && day < i[1] {
					who[id] = IsListed
				}
			}
			for _, id := range slices.Collect(maps.Keys(aims(c.Edges))) {
				check(" on "+day, who, id, want)
			}
		}
	}
}

// aims is the parties that are held.
func aims(edges [][3]any) map[string]bool {
	out := map[string]bool{}
	for _, e := range edges {
		out[e[1].(string)] = true
	}
	return out
}

func TestStates(t *testing.T) {
	for _, c := range []struct {
		name   string
		listed []string
		lines  []string
		of     string
		ofac   State
		bis    State
	}{
		{"exactly half", []string{"X"}, []string{"X 50 A"}, "A", Blocked, Blocked},
		{"a hair less than half", []string{"X"}, []string{"X 49.999999999999999 A"}, "A", NotBlocked, Flagged},
		{"thirds add up exactly", []string{"X", "Y"}, []string{"X 33.3333 A", "Y 16.6667 A"}, "A", Blocked, Blocked},
		{"thirds that do not", []string{"X", "Y"}, []string{"X 33.3333 A", "Y 16.6666 A"}, "A", NotBlocked, Flagged},
		{"lots of one holder", []string{"X"}, []string{"X 30 A", "X 20 A"}, "A", Blocked, Blocked},
		{"nobody listed", nil, []string{"X 100 A"}, "A", NotBlocked, NotBlocked},
		{"the listed party itself", []string{"X"}, []string{"A 10 X"}, "X", Blocked, Blocked},
		{"not in the graph", []string{"X"}, nil, "Z", NotBlocked, NotBlocked},
		{"control and no share", []string{"X"}, []string{"X controls A"}, "A", Flagged, Flagged},
		{"control by one who is blocked by an owner", []string{"X"}, []string{"X 50 H", "H controls A"}, "A", Flagged, Flagged},
		{"most of the votes", []string{"X"}, []string{"X votes 75 A"}, "A", Flagged, Flagged},
		{"votes that add up", []string{"X", "Y"}, []string{"X votes 25 A", "Y votes 25 A"}, "A", Flagged, Flagged},
		{"few votes", []string{"X"}, []string{"X votes 49 A"}, "A", NotBlocked, NotBlocked},
		{"votes do not lead on", []string{"X"}, []string{"X votes 75 A", "A 100 B"}, "B", NotBlocked, NotBlocked},
		{"an unknown share", []string{"X"}, []string{"X ? A"}, "A", Undetermined, Undetermined},
		{"an unknown share beside enough", []string{"X"}, []string{"X 50 A", "X ? A"}, "A", Blocked, Blocked},
		{"an unknown share of one who is not listed", []string{"X"}, []string{"Y ? A", "X 10 A"}, "A", NotBlocked, Flagged},
		{"undetermined leads on", []string{"X"}, []string{"X ? A", "A 50 B"}, "B", Undetermined, Undetermined},
		{"control by one who may be blocked", []string{"X"}, []string{"X 40..60 H", "H controls A"}, "A", Flagged, Flagged},
		{"a stake in oneself", []string{"X"}, []string{"X 30 A", "A 70 A"}, "A", NotBlocked, Flagged},
		{"a ring without a listed owner", []string{"X"}, []string{"A 100 B", "B 100 C", "C 100 A"}, "A", NotBlocked, NotBlocked},
	} {
		g := &Graph{Listed: listed(c.listed...), Interests: owns(t, c.lines...)}
		if got := Solve(g, OFAC50).State(c.of); got != c.ofac {
			t.Errorf("%s: OFAC: %s is %s, want %s", c.name, c.of, got, c.ofac)
		}
		if got := Solve(g, BISAffiliates).State(c.of); got != c.bis {
			t.Errorf("%s: BIS: %s is %s, want %s", c.name, c.of, got, c.bis)
		}
	}
}

func TestClaimsOfSeveralSources(t *testing.T) {
	in := owns(t, "X 30 A", "X 25..60 A")
	in[1].Source = "other"
	s := Solve(&Graph{Listed: listed("X"), Interests: in}, OFAC50)
	f := s.Finding("A")
	if f.State != Undetermined || f.Total != *share(t, "25..60") {
		t.Fatalf("30 %% by one source and 25 to 60 %% by another: %s, total %s; want undetermined, 25 to 60 %%", f.State, f.Total)
	}
	if len(f.Decides) != 1 || f.Decides[0].Blocks != Half || !f.Decides[0].Edge.Contradicted {
		t.Errorf("decided by %+v, want the stake on which the sources differ, from 50 %%", f.Decides)
	}
	// The same share said twice is said once.
	same := owns(t, "X 30 A", "X 30 A")
	same[1].Source = "other"
	if got := Solve(&Graph{Listed: listed("X"), Interests: same}, OFAC50).Total("A"); got != *share(t, "30") {
		t.Errorf("30 %% by two sources is %s, want 30 %%", got)
	}
	// Who only knows that there is an interest does not widen what another states.
	vague := owns(t, "X 60 A", "X ? A")
	vague[1].Source = "other"
	if got := Solve(&Graph{Listed: listed("X"), Interests: vague}, OFAC50).State("A"); got != Blocked {
		t.Errorf("60 %% by one source and an interest by another: %s, want blocked", got)
	}
	// A source's own sum over a chain is not counted.
	sum := owns(t, "X 60 A")
	sum[0].Indirect = true
	if got := Solve(&Graph{Listed: listed("X"), Interests: sum}, OFAC50).State("A"); got != NotBlocked {
		t.Errorf("60 %% held indirectly by the source's own sum: %s, want not_blocked", got)
	}
}

func TestFindings(t *testing.T) {
	for _, c := range []struct {
		name    string
		graph   Graph
		of      string
		why     string   // what it contains
		proof   []string // edges, in order
		decides []string // what decides, with the share from which on it does
	}{
		{
			name:  "through two blocked holders",
			graph: Graph{Listed: listed("X"), Interests: owns(t, "X 50 A", "X 50 B", "A 25 C", "B 25 C", "D 50 C")},
			of:    "C", why: "50 % is held by A and B",
			proof: []string{"A>C", "B>C", "X>A", "X>B"},
		},
		{
			name:  "the largest stakes suffice",
			graph: Graph{Listed: listed("X", "Y", "Z"), Interests: owns(t, "X 10 A", "Y 45 A", "Z 20 A")},
			of:    "A", why: "65 % is held by Y and Z",
			proof: []string{"Y>A", "Z>A"},
		},
		{
			name:  "never by a loop",
			graph: Graph{Listed: listed("X"), Interests: owns(t, "X 50 A", "B 40 A", "A 60 B")},
			of:    "A", why: "50 % is held by X",
			proof: []string{"X>A"},
		},
		{
			name:  "one stake decides",
			graph: Graph{Listed: listed("X", "Y"), Interests: owns(t, "X 45..55 A", "Y 3 A")},
			of:    "A", why: "the stake of X in A, which is 45 to 55 %: from 47 % on it blocks",
			decides: []string{"X>A 47"},
		},
		{
			name:  "one stake far above decides",
			graph: Graph{Listed: listed("X"), Interests: owns(t, "X ? A", "A 70 B", "B 100 C")},
			of:    "C", why: "the stake of X in A, which is an unknown share",
			decides: []string{"X>A 50"},
		},
		{
			name:  "two stakes decide together",
			graph: Graph{Listed: listed("X", "Y"), Interests: owns(t, "X 10..30 A", "Y 10..30 A", "Z ? A")},
			of:    "A", why: "it depends on these together",
			decides: []string{"X>A 0", "Y>A 0"},
		},
		{
			name:  "who an owner is decides",
			graph: Graph{Listed: map[string]Listed{"X": Perhaps}, Interests: owns(t, "X 60 A"), Names: map[string]string{"X": "Xenia"}},
			of:    "A", why: "whether Xenia is listed",
			decides: []string{"X"},
		},
		{
			name:  "owners not looked at",
			graph: Graph{Open: map[string]string{"H": "more than 10 owners"}, Interests: owns(t, "H 60 A")},
			of:    "A", why: "who owns H: more than 10 owners",
			decides: []string{"H"},
		},
		{
			name:  "listed itself",
			graph: Graph{Listed: listed("X")},
			of:    "X", why: "it is listed itself",
		},
		{
			name:  "more than there is",
			graph: Graph{Listed: listed("X"), Interests: owns(t, "X 60 A", "Y 60 A")},
			of:    "A", why: "come to 120 %, which cannot all be true",
			proof: []string{"X>A"},
		},
		{
			name:  "less than half",
			graph: Graph{Listed: listed("X"), Interests: owns(t, "X 49 A")},
			of:    "A", why: "listed or blocked owners hold 49 % of it together, less than half",
		},
		{
			name:  "board seats",
			graph: Graph{Listed: listed("X"), Interests: owns(t, "X controls A", "Y controls A")},
			of:    "A", why: "X has control (board)",
			proof: []string{"X>A"},
		},
	} {
		f := Solve(&c.graph, OFAC50).Finding(c.of)
		if !strings.Contains(f.Why, c.why) {
			t.Errorf("%s: why is %q, want it to say %q", c.name, f.Why, c.why)
		}
		var proof, decides []string
		for _, e := range f.Proof {
			proof = append(proof, e.Holder+">"+e.Held)
		}
		for _, d := range f.Decides {
			if d.Edge == nil {
				decides = append(decides, d.Party)
				continue
			}
			decides = append(decides, d.Edge.Holder+">"+d.Edge.Held+" "+d.Blocks.String())
		}
		if !slices.Equal(proof, c.proof) {
			t.Errorf("%s: proof is %v, want %v", c.name, proof, c.proof)
		}
		if !slices.Equal(decides, c.decides) {
			t.Errorf("%s: decided by %v, want %v", c.name, decides, c.decides)
		}
	}
}

func TestPercent(t *testing.T) {
	for _, c := range []struct {
		text, floor, ceil string // "" for an error
	}{
		{"0", "0", "0"}, {"50", "50", "50"}, {"100", "100", "100"}, {"100.0", "100", "100"},
		{"33.3333", "33.3333", "33.3333"}, {"0.5", "0.5", "0.5"}, {"007", "7", "7"},
		{"33.3333333333333333", "33.333333333333333", "33.333333333333334"},
		{"99.9999999999999999", "99.999999999999999", "100"},
		{"100.0000000000000000", "100", "100"},
		{"100.0000000000000001", "", ""}, {"100.1", "", ""}, {"-1", "", ""}, {"", "", ""}, {".", "", ""}, {".5", "", ""},
		{"5.", "", ""}, {"5e1", "", ""}, {"5,5", "", ""}, {"50 %", "", ""}, {"1_0", "", ""}, {"99999999999999999999", "", ""},
		{"0." + strings.Repeat("1", 100), "", ""},
	} {
		for _, one := range []struct {
			parse func(string) (Percent, error)
			want  string
		}{{Floor, c.floor}, {Ceil, c.ceil}} {
			p, err := one.parse(c.text)
			if (err != nil) != (one.want == "") || err == nil && p.String() != one.want {
				t.Errorf("%q is read as %s (%v), want %q", c.text, p, err, one.want)
			}
		}
	}
}
