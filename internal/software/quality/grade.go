package quality

import "math"

// Grade is how good one part of a bill is, for people to see at a glance. A
// policy should ask for the numbers.
type Grade string

// The grades, best first.
const (
	A Grade = "A" // nothing to do
	B Grade = "B"
	C Grade = "C"
	D Grade = "D"
	E Grade = "E" // next to nothing is there

	Ungraded Grade = "" // nothing could be tested
)

// The least percentages for the grades above E.
const (
	leastA = 95
	leastB = 80
	leastC = 50
	leastD = 20
)

// gradeOf is the grade of a percentage.
func gradeOf(percent float64) Grade {
	switch {
	case percent >= leastA:
		return A
	case percent >= leastB:
		return B
	case percent >= leastC:
		return C
	case percent >= leastD:
		return D
	}
	return E
}

// percent is n of m with one decimal, rounded down: 100 is said only of all.
// Of nothing it is 0.
func percent(n, m int) float64 {
	if m == 0 {
		return 0
	}
	return math.Floor(float64(n)*1000/float64(m)) / 10
}
