package ownership

import (
	"math/big"
	"strings"

	"countersign.dev/internal/problem"
)

// Percent is a share in units of 1e-15 percent, so that sums are exact: three
// times 33.333333333333333 and what is missing from it are told apart.
type Percent int64

// Bounds of shares.
const (
	percentDigits         = 15
	unit          Percent = 1e15 // one percent
	Half                  = 50 * unit
	Whole                 = 100 * unit

	// enough is where sums stop growing. No party has more than 100 percent, so
	// that a sum has come so far says only that its sources are wrong.
	enough = 9000 * unit
)

// plus is the sum of two shares, which stops growing far above the whole.
func (p Percent) plus(q Percent) Percent { return min(p+q, enough) }

// Floor reads a decimal number of percent from 0 to 100, as "33.3333". What
// lies beyond the fifteenth decimal is cut off.
//
// The error is [problem.Invalid] and says what was expected.
func Floor(text string) (Percent, error) { return parsePercent(text, false) }

// Ceil is [Floor] but for what lies beyond the fifteenth decimal, which it
// rounds up: a range stays as wide as it was stated.
func Ceil(text string) (Percent, error) { return parsePercent(text, true) }

func parsePercent(text string, up bool) (Percent, error) {
	invalid := func() (Percent, error) {
		return 0, problem.New(problem.Invalid, "%.40q is no share; want a number of percent from 0 to 100, as 33.3333", text)
	}
	whole, decimals, _ := strings.Cut(text, ".")
	if len(text) > maxPercentText || whole == "" || strings.HasSuffix(text, ".") || strings.Trim(whole+decimals, "0123456789") != "" {
		return invalid()
	}
	over := len(decimals) > percentDigits && strings.Trim(decimals[percentDigits:], "0") != ""
	decimals = (decimals + strings.Repeat("0", percentDigits))[:percentDigits]
	n, ok := new(big.Int).SetString(whole+decimals, 10)
	if !ok || !n.IsInt64() || Percent(n.Int64()) > Whole || over && Percent(n.Int64()) == Whole {
		return invalid()
	}
	p := Percent(n.Int64())
	if over && up {
		p++
	}
	return p, nil
}

const maxPercentText = 60 // bytes

// String is the share as decimal text without needless zeros, as "33.3333".
func (p Percent) String() string {
	digits := new(big.Int).SetInt64(int64(p)).String()
	if len(digits) <= percentDigits {
		digits = strings.Repeat("0", percentDigits+1-len(digits)) + digits
	}
	whole, decimals := digits[:len(digits)-percentDigits], strings.TrimRight(digits[len(digits)-percentDigits:], "0")
	if decimals == "" {
		return whole
	}
	return whole + "." + decimals
}

// Range is a share that lies between Min and Max, both included.
type Range struct{ Min, Max Percent }

// Unknown is the range of a share of which nothing is known.
var Unknown = Range{0, Whole}

// Exact reports whether the share is known.
func (r Range) Exact() bool { return r.Min == r.Max }

// plus is the sum of two lots.
func (r Range) plus(o Range) Range { return Range{r.Min.plus(o.Min), r.Max.plus(o.Max)} }

// whole is r, no more than there is.
func (r Range) whole() Range { return Range{min(r.Min, Whole), min(r.Max, Whole)} }

// String is the range for people, as "45 to 55 %" or "50 %".
func (r Range) String() string {
	switch {
	case r == Unknown:
		return "an unknown share"
	case r.Exact():
		return r.Min.String() + " %"
	}
	return r.Min.String() + " to " + r.Max.String() + " %"
}
