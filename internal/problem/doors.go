package problem

import "net/http"

// The exit codes of commands. Allow, review and deny are verdicts, not
// failures; they are listed here because scripts rely on the whole set.
const (
	ExitDone    = 0 // done, or the verdict is allow
	ExitFailure = 1
	ExitUsage   = 2 // the command line itself is wrong
	ExitReview  = 3
	ExitDeny    = 4
)

// statuses maps kinds to HTTP statuses (RFC 9110, section 15; RFC 6585,
// section 4 for 429).
var statuses = map[Kind]int{
	NotFound:        http.StatusNotFound,
	Invalid:         http.StatusBadRequest,
	Conflict:        http.StatusConflict,
	Denied:          http.StatusForbidden,
	Unauthenticated: http.StatusUnauthorized,
	TooLarge:        http.StatusRequestEntityTooLarge,
	TooMany:         http.StatusTooManyRequests,
	Unavailable:     http.StatusServiceUnavailable,
}

// Status is the HTTP status that tells of err: 200 for nil, 500 for an error
// without a kind.
func Status(err error) int {
	if err == nil {
		return http.StatusOK
	}
	if s, ok := statuses[KindOf(err)]; ok {
		return s
	}
	return http.StatusInternalServerError
}

// ExitCode is the exit code of a command that ended with err. It is never
// [ExitUsage]: bad content of a good command line is a failure like others.
func ExitCode(err error) int {
	if err == nil {
		return ExitDone
	}
	return ExitFailure
}
