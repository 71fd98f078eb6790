package nametext

import (
	"regexp"
	"strings"
)

var (
	numberEnd   = regexp.MustCompile(`(?i)[,;]?\s*(?:\(|,|;|\bissued\b|\bexpir|\bvalid\b|\bdate of\b|\bunder\b|\bon \d|\bname\b|\bplace of\b)`)
	numberStart = regexp.MustCompile(`(?i)^.*?(?:numbers?|\bno\.?|\bnr\.?|№|#|passport|card|certificate|code|permit|\bid)\s*[:.]?\s*((?:no\.? ?)?\S*\d)`)
	numberShape = regexp.MustCompile(`^[\p{L}\d][\p{L}\d ./№_–-]{0,39}$`)
	inner       = regexp.MustCompile(`\(([^()]+)\)`)
)

// Number takes the number out of a text that says more of it, and what the
// first bracket behind it says:
//
//	"A-333602 (Indian passport issued on 4.6.1985)"  A-333602; Indian passport issued on 4.6.1985
//	"Qatari passport number 00868774"                00868774
//
// It is not ok when no number is found for sure.
func Number(text string) (number, note string, ok bool) {
	text = strings.TrimSpace(text)
	number = text
	if m := numberEnd.FindStringIndex(text); m != nil && m[0] > 0 && strings.ContainsAny(text[:m[0]], "0123456789") {
		number = strings.TrimSpace(text[:m[0]])
		if b := inner.FindStringSubmatch(text[m[0]:]); b != nil {
			note = strings.TrimSpace(b[1])
		}
	}
	if m := numberStart.FindStringSubmatchIndex(number); m != nil {
		number = strings.TrimSpace(number[m[2]:])
	}
	number = strings.Trim(number, " .:,;–-")
	ok = strings.ContainsAny(number, "0123456789") && numberShape.MatchString(number) && len(strings.Fields(number)) <= 4
	return number, note, ok
}

// Numbers splits a cell of numbers: as [Items], and at commas, strokes and "and"
// outside brackets where what follows begins with a number too.
func Numbers(cell string) []string {
	var out []string
	for _, item := range Items(cell) {
		start := len(out)
		for _, part := range splitOutside(between.Replace(item), ',') {
			if part = strings.TrimSpace(part); part == "" {
				continue
			}
			if first, _, _ := strings.Cut(part, " "); len(out) > start && !strings.ContainsAny(first, "0123456789") {
				out[len(out)-1] += ", " + part
				continue
			}
			out = append(out, part)
		}
	}
	return out
}

// between are the other words that stand between numbers.
var between = strings.NewReplacer(" / ", ", ", " and ", ", ", " or ", ", ")
