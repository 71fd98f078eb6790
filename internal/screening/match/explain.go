package match

// Why is the why of a score.
type Why struct {
	Score float64 `json:"score"`
}

// Explain says why the query and a name score what they do.
func (p *Prepared) Explain(n Name) Why { return Why{p.Score(n)} }
