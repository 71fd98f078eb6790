package access

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Date is a calendar day as ISO 8601 text, "2021-03-12". Text of that form
// sorts as days do, which the store relies on.
type Date string

// Forever is the end of an interval that has none.
const Forever Date = "9999-12-31"

// Now, as a position, means the newest one at the moment of asking.
const Now int64 = math.MaxInt64

// ErrDate is wrapped by the errors of [ParseDate].
var ErrDate = errors.New("invalid date")

// ParseDate reads a day, written YYYY-MM-DD.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1000 {
		return "", fmt.Errorf("%w %q: want YYYY-MM-DD, as 2021-03-12", ErrDate, s)
	}
	return Date(s), nil
}

// DateOf is the day of t, in UTC.
func DateOf(t time.Time) Date { return Date(t.UTC().Format(time.DateOnly)) }

// Time is the first instant of d in UTC; the zero time when d is not a day.
func (d Date) Time() time.Time {
	t, _ := time.Parse(time.DateOnly, string(d))
	return t
}

// AddDays is the day n days after d.
func (d Date) AddDays(n int) Date { return DateOf(d.Time().AddDate(0, 0, n)) }

// At is the moment a question is about, on its three clocks.
type At struct {
	Date     Date  // what was in force on this day; may lie ahead
	Known    Date  // using only what had been published by this day
	Position int64 // as held by this node at this position of the ledger
}

// Ask is carried by every read: who wants to know, and as of when. There is no
// way to read a fact without one.
type Ask struct {
	Reader Reader
	At     At
}

// Role is what a member may do in an organisation.
type Role string

// The roles, weakest first where they are comparable.
const (
	RoleReader        Role = "reader"
	RoleAnalyst       Role = "analyst"
	RoleAssessor      Role = "assessor"
	RoleMaker         Role = "maker"
	RoleLaboratory    Role = "laboratory"
	RoleAuthority     Role = "authority"
	RoleAdministrator Role = "administrator"
)

// Reader is whoever asks: a member with the organisations it belongs to, the
// public, or the operator of this store.
type Reader struct {
	Member        string          // member's name; "" for the public
	Organisations []string        // ids, sorted
	Roles         map[string]Role // by organisation
	Operator      bool            // holds the store's files, so sees everything in it
}

// Anonymous is the public: it sees what everybody may see.
var Anonymous = Reader{}

// Operator is whoever runs the binary on the store itself.
var Operator = Reader{Member: "operator", Operator: true}

// MaySee reports whether r is inside a.
func (r Reader) MaySee(a Audience) bool {
	return r.Operator || a.Includes(r.Organisations)
}

// MayWrite reports whether r may add documents: every role but reader may.
func (r Reader) MayWrite() bool {
	if r.Operator {
		return true
	}
	for _, role := range r.Roles {
		if role != RoleReader {
			return true
		}
	}
	return false
}

// Is reports whether r holds role in any of its organisations.
func (r Reader) Is(role Role) bool {
	if r.Operator {
		return true
	}
	for _, held := range r.Roles {
		if held == role {
			return true
		}
	}
	return false
}
