package match

import "strings"

// Why is the why of one score. It is the same to the byte for the same query,
// name and [Version]. Similarities, weights and shares are decimal numbers of
// at most four digits.
type Why struct {
	Version   string     `json:"version"`
	Score     float64    `json:"score"`
	Threshold float64    `json:"threshold"`
	Model     string     `json:"model"` // "person", "organisation", "vessel"
	Query     Side       `json:"query"`
	Name      Side       `json:"name"`
	Pairs     []WhyPair  `json:"pairs"`
	OnlyQuery []WhyToken `json:"only_query"` // words of the query without a partner
	OnlyName  []WhyToken `json:"only_name"`
	Parts     Parts      `json:"parts"`
	Caps      []string   `json:"caps"` // what held the score or took from it, beside the parts
}

// Side is the query or the name as it was compared.
type Side struct {
	Text    string `json:"text"`
	Kind    string `json:"kind,omitempty"`
	Quality string `json:"quality,omitempty"`
	Reading string `json:"reading,omitempty"` // the rule by which it was read in Latin letters
	Words   string `json:"words"`             // as they were compared
}

// WhyPair is words of the query and of the name that were taken for one.
type WhyPair struct {
	Query      string  `json:"query"`
	Name       string  `json:"name"`
	Similarity float64 `json:"similarity"`
	Weight     float64 `json:"weight"` // 1 for a word that hardly anybody else has
	How        string  `json:"how"`
}

// WhyToken is a word without a partner.
type WhyToken struct {
	Word   string  `json:"word"`
	Role   string  `json:"role"`
	Weight float64 `json:"weight"`
}

// Parts is what makes up the score: weights, as shares of all that was
// compared.
type Parts struct {
	Paired   float64 `json:"paired"`
	Lost     float64 `json:"lost"`     // in pairs that are not equal
	Conflict float64 `json:"conflict"` // on both sides, without a partner
	Extra    float64 `json:"extra"`    // in the query only
	Missing  float64 `json:"missing"`  // in the name only
}

// Explain says why the query and a name score what they do.
func (p *Prepared) Explain(n Name) Why {
	c := p.best(n)
	w := Why{
		Version: Version, Score: float64(c.score) / whole, Threshold: Threshold,
		Query: Side{Text: p.query.Text, Kind: string(p.query.Kind)},
		Name:  Side{Text: n.Text, Kind: string(n.Kind), Quality: string(n.Quality)},
		Pairs: []WhyPair{}, OnlyQuery: []WhyToken{}, OnlyName: []WhyToken{}, Caps: []string{},
	}
	if c.query == nil {
		return w
	}
	w.Model = c.model.name
	w.Query.Reading, w.Query.Words = c.query.rule, textOf(c.query.tokens)
	w.Name.Reading, w.Name.Words = c.name.rule, textOf(c.name.tokens)
	for _, pr := range c.alignment.pairs {
		w.Pairs = append(w.Pairs, whyPair(&c, pr))
	}
	w.OnlyQuery = leftOver(w.OnlyQuery, c.query.tokens, c.left.query)
	w.OnlyName = leftOver(w.OnlyName, c.name.tokens, c.left.name)
	w.Parts = partsOf(&c.alignment)
	w.Caps = append(w.Caps, c.held.names()...)
	if c.score < c.base {
		w.Caps = append(w.Caps, lowered(p, n)...)
	}
	return w
}

func textOf(tokens []token) string {
	words := make([]string, len(tokens))
	for i := range tokens {
		words[i] = tokens[i].text
	}
	return strings.Join(words, " ")
}

func whyPair(c *comparison, p pair) WhyPair {
	q, n := c.query.tokens[p.qFrom:p.qTo], c.name.tokens[p.nFrom:p.nTo]
	return WhyPair{
		Query: textOf(q), Name: textOf(n), Similarity: float64(p.sim) / simEqual, Weight: hundredths(p.weight), How: howPaired(q, n, p),
	}
}

// howPaired is by what a pair came about.
func howPaired(q, n []token, p pair) string {
	switch {
	case len(q) > 1 || len(n) > 1:
		if p.sim == simJoined {
			return "joined"
		}
		return "joined_spelling"
	case q[0].role == roleInitial || n[0].role == roleInitial:
		if p.sim < simEqual {
			return "initial"
		}
	case p.sim == simEqual:
	case q[0].role == roleSkeleton || n[0].role == roleSkeleton:
		return "consonants"
	case articled(q[0].text, n[0].text) || articled(n[0].text, q[0].text):
		return "article"
	case skeletonOf(q[0].text) != "" && skeletonOf(q[0].text) == skeletonOf(n[0].text):
		return "sound"
	default:
		return "spelling"
	}
	return "equal"
}

func leftOver(out []WhyToken, tokens []token, left uint32) []WhyToken {
	for i := range tokens {
		if left&(1<<i) != 0 {
			out = append(out, WhyToken{Word: tokens[i].text, Role: roleNames[tokens[i].role], Weight: hundredths(tokens[i].weight)})
		}
	}
	return out
}

func partsOf(a *alignment) Parts {
	all := int64(a.paired) + int64(max(a.query, a.name))
	share := func(w int64) float64 {
		if all == 0 {
			return 0
		}
		return float64(w*whole/all) / whole
	}
	return Parts{
		Paired: share(int64(a.paired)), Lost: share(a.loss / simEqual), Conflict: share(int64(min(a.query, a.name))),
		Extra: share(int64(max(a.query-a.name, 0))), Missing: share(int64(max(a.name-a.query, 0))),
	}
}

func hundredths(w weight) float64 { return float64(w) / 100 }

// lowered is why a score is lower than the words alone would make it.
func lowered(p *Prepared, n Name) []string {
	var out []string
	if kindsDiffer(p.query.Kind, n.Kind) {
		out = append(out, "other_kind")
	}
	if onlyEqual(n.Quality) {
		out = append(out, string(n.Quality)+"_not_equal")
	}
	return out
}
