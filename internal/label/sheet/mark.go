package sheet

import "image/color"

// The mark is a shield parted down its middle, with a tick counterchanged: the
// one half signs, the other signs back. It is drawn in a box of 20 by 24.
const markWidth, markHeight = 20, 24

// mark draws the shield, w wide, in an ink on a ground.
func (d *drawing) mark(x, y, w float64, ink, ground color.RGBA) {
	s := w / markWidth
	shield := path{
		at(move, 10, 0),
		at(cubic, 13, 2.2, 16.5, 3.2, 20, 3.4), at(line, 20, 11),
		at(cubic, 20, 17.6, 15.9, 21.7, 10, 24),
		at(cubic, 4.1, 21.7, 0, 17.6, 0, 11), at(line, 0, 3.4),
		at(cubic, 3.5, 3.2, 7, 2.2, 10, 0), at(closed),
	}
	half := path{
		at(move, 10, 1.75),
		at(cubic, 12.9, 3.55, 15.8, 4.4, 18.7, 4.65), at(line, 18.7, 11),
		at(cubic, 18.7, 16.7, 15.1, 20.3, 10, 22.55), at(closed),
	}
	// The tick, 2.7 thick: a short arm down, a long arm up, parted at x = 10.
	left := polygon(3.55, 11.9, 5.45, 10, 8.75, 13.3, 10, 12.05, 10, 15.85, 8.75, 17.1)
	right := polygon(10, 12.05, 14.75, 7.3, 16.65, 9.2, 10, 15.85)
	d.fill(shield.moved(x, y, s), ink)
	d.fill(half.moved(x, y, s), ground)
	d.fill(left.moved(x, y, s), ground)
	d.fill(right.moved(x, y, s), ink)
}

// tick, cross and dash stand before the entries of the details. They are drawn
// in a box of 10 by 10.
func tick() path {
	return polygon(0.6, 5.4, 2.2, 3.8, 4, 5.6, 7.9, 1.4, 9.5, 2.9, 4.1, 8.8)
}

func cross() path {
	return polygon(1.2, 2.7, 2.7, 1.2, 5, 3.5, 7.3, 1.2, 8.8, 2.7, 6.5, 5, 8.8, 7.3, 7.3, 8.8, 5, 6.5, 2.7, 8.8, 1.2, 7.3, 3.5, 5)
}

func dash() path { return rect(1.5, 4.1, 7, 1.8) }
