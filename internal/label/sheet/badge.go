package sheet

import (
	"image/color"
	"time"

	"countersign.dev/internal/access"
)

// Fresh is how long a status may be shown as one: as long as a status list is
// valid.
const Fresh = 24 * time.Hour

// Badge draws the status of a label for a web page, with the day it was asked
// for. Of a status that is older than [Fresh], or from the future, it says that
// the status is not known and what it was; and it is grey, as is one that this
// package does not know. since is the day from which on the label has a status
// other than active; "" leaves it out.
//
// A copy of the badge does not change. That is why it says its day.
func Badge(status string, since access.Date, asOf, now time.Time) []byte {
	says, ink := judged(status, since, asOf, now)
	const (
		height, size, baseline = 22, 11.5, 15.2
		pad, markW             = 7.0, 11.0
		name                   = "security label"
	)
	nameX := pad + markW + 5
	saysX := nameX + width(name, size, regular) + 2*pad
	d := &drawing{width: saysX + width(says, size, bold) + pad, height: height}
	d.fill(round(0, 0, d.width, height, 4), ink)
	d.fill(append(round(0, 0, 8, height, 4), rect(4, 0, saysX-pad-4, height)...), navy)
	d.mark(pad, 4.4, markW, white, navy)
	d.items = append(d.items,
		text{nameX, baseline, size, name, regular, white},
		text{saysX, baseline, size, says, bold, white})
	return d.svg("", "badge", name+": "+says, "Security label: "+says+".")
}

var (
	green = color.RGBA{0x1a, 0x7f, 0x37, 0xff}
	amber = color.RGBA{0x8a, 0x5a, 0x00, 0xff}
)

var statusInks = map[string]color.RGBA{
	"active": green, "suspended": amber, "expired": red, "withdrawn": red, "revoked": red, "superseded": grey,
}

// judged is what a badge says of a status, and in which colour.
func judged(status string, since access.Date, asOf, now time.Time) (string, color.RGBA) {
	on := day(access.DateOf(asOf))
	ink, known := statusInks[status]
	switch age := now.Sub(asOf); {
	case !known:
		return "unknown, as of " + on, grey
	case age > Fresh || age < -time.Hour: // an hour for clocks that differ
		return "unknown, was " + status + " on " + on, grey
	}
	if _, err := access.ParseDate(string(since)); err == nil && status != "active" {
		status += " since " + day(since)
	}
	return status + ", as of " + on, ink
}
