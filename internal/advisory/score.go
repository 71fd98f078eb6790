package advisory

import (
	"math"
	"strconv"
	"strings"

	cvss20 "github.com/pandatix/go-cvss/20"
	cvss30 "github.com/pandatix/go-cvss/30"
	cvss31 "github.com/pandatix/go-cvss/31"
	cvss40 "github.com/pandatix/go-cvss/40"

	"countersign.dev/internal/problem"
)

// The types of ratings, as the OSV schema writes them.
const (
	CVSSv2 = "CVSS_V2"
	CVSSv3 = "CVSS_V3" // 3.0 and 3.1
	CVSSv4 = "CVSS_V4"
	InWord = "word"
)

// maxVector bounds a vector, in bytes; one with every metric of CVSS 4.0 has
// about 200.
const maxVector = 512

// Score works out a CVSS vector: which version it is written in, by its
// prefix, and its score, 0 to 10. Of versions 2 and 3 it is the base score, of
// version 4 the score of all metrics that the vector gives. A vector without a
// prefix is of version 2.
func Score(vector string) (typ string, score float64, err error) {
	vector = strings.TrimSpace(vector)
	if len(vector) > maxVector {
		return "", 0, problem.New(problem.Invalid, "CVSS vector of %d bytes: at most %d are read", len(vector), maxVector)
	}
	switch {
	case strings.HasPrefix(vector, "CVSS:4.0/"):
		typ = CVSSv4
		var v *cvss40.CVSS40
		if v, err = cvss40.ParseVector(vector); err == nil {
			score = v.Score()
		}
	case strings.HasPrefix(vector, "CVSS:3.1/"):
		typ = CVSSv3
		var v *cvss31.CVSS31
		if v, err = cvss31.ParseVector(vector); err == nil {
			score = v.BaseScore()
		}
	case strings.HasPrefix(vector, "CVSS:3.0/"):
		typ = CVSSv3
		var v *cvss30.CVSS30
		if v, err = cvss30.ParseVector(vector); err == nil {
			score = v.BaseScore()
		}
	default:
		typ = CVSSv2
		var v *cvss20.CVSS20
		if v, err = cvss20.ParseVector(strings.Trim(vector, "()")); err == nil {
			score = v.BaseScore()
		}
	}
	if err != nil {
		return "", 0, problem.New(problem.Invalid, "CVSS vector %q: %v", vector, err)
	}
	return typ, score, nil
}

// Word is the qualitative rating of a score by the scale of CVSS v3.1, section
// 5; "" for what is no score.
func Word(score float64) string {
	switch {
	case !(score >= 0 && score <= 10):
		return ""
	case score == 0:
		return "none"
	case score < 4:
		return "low"
	case score < 7:
		return "medium"
	case score < 9:
		return "high"
	}
	return "critical"
}

// RateVector is the rating that a CVSS vector gives, by whomever. Some sources
// leave out the prefix of version 3, or give the score where the vector should
// be; both are understood. Of what cannot be worked out the text is kept, with
// the type it claims and without a score.
func RateVector(claimed, vector, source string) Severity {
	typ, score, err := Score(vector)
	if err != nil && claimed == CVSSv3 {
		typ, score, err = Score("CVSS:3.1/" + vector)
	}
	if err == nil {
		return Severity{Type: typ, Vector: vector, Score: score, Word: Word(score), Source: source}
	}
	if r, ok := RateWord(vector, source); ok && r.Score > 0 {
		r.Type = claimed
		return r
	}
	return Severity{Type: claimed, Vector: vector, Source: source}
}

// words are how sources call the ratings.
var words = map[string]string{
	"none": "none", "informational": "none",
	"negligible": "low", "unimportant": "low", "low": "low", "minor": "low",
	"medium": "medium", "moderate": "medium",
	"high": "high", "important": "high", "major": "high",
	"critical": "critical", "urgent": "critical", "emergency": "critical",
}

// RateWord is the rating that a source gives in a word, as "MODERATE", or as a
// bare number from 0 to 10. It is false for what means nothing here.
func RateWord(text, source string) (Severity, bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	if word := words[text]; word != "" {
		return Severity{Type: InWord, Word: word, Source: source}, true
	}
	if n, err := strconv.ParseFloat(text, 64); err == nil && n > 0 && n <= 10 {
		n = math.Round(n*10) / 10
		return Severity{Type: InWord, Score: n, Word: Word(n), Source: source}, true
	}
	return Severity{}, false
}

// Worst is the worst of several ratings: by score, or by word where there is no
// score. Of equal ones the first counts. It is false when none says anything.
func Worst(ratings []Severity) (Severity, bool) {
	var worst Severity
	found := false
	for _, r := range ratings {
		if r.Word == "" {
			continue
		}
		if !found || rank(r) > rank(worst) {
			worst, found = r, true
		}
	}
	return worst, found
}

// rank puts ratings in order: by their word, and within it by their score.
func rank(r Severity) float64 {
	floor := map[string]float64{"low": 10, "medium": 20, "high": 30, "critical": 40}[r.Word]
	return floor + r.Score/10
}
