package ssdf

import "countersign.dev/internal/access"

// Act is an act of the Office of Management and Budget about the form.
type Act struct {
	Name string
	Date access.Date // on which it was issued
	What string
	// Required is whether agencies must ask for the form from that day on.
	Required bool
}

// Acts is the history of the duty to ask for the form, by date. An agency may
// ask for it on any day by its own choice: that is for its policy to say.
var Acts = []Act{
	{"OMB M-22-18", "2022-09-14", "agencies must have an attestation before they use software that was developed, or changed in a major version, after this day", true},
	{"OMB M-23-16", "2023-06-09", "changes the dates of collection and what is out of scope; the duty goes on", true},
	{"OMB M-26-05", "2026-01-23", "rescinds both; agencies decide by their own assessment of the risk, and may go on asking", false},
}

// RequiredOn reports whether agencies had to ask for the form on a day, and the
// last act that says so; the zero Act before the first.
func RequiredOn(day access.Date) (bool, Act) {
	var last Act
	for _, a := range Acts {
		if a.Date <= day {
			last = a
		}
	}
	return last.Required, last
}
