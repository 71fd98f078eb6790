package un

// regime is what the letters of a reference number stand for.
type regime struct {
	programme  string
	title      string
	resolution string // under which its committee lists
	travel     bool   // persons are under a travel ban; Guinea-Bissau's programme says so itself
}

// regimes by the first two letters of reference numbers.
var regimes = map[string]regime{
	"CD": {Source, "Democratic Republic of the Congo", "Security Council resolution 1533 (2004)", true},
	"CF": {Source, "Central African Republic", "Security Council resolutions 2127 (2013) and 2745 (2024)", true},
	"GB": {Source + "-2048", "Guinea-Bissau", "Security Council resolution 2048 (2012), paragraph 4", false},
	"HT": {Source, "Haiti", "Security Council resolution 2653 (2022)", true},
	"IQ": {Source + "-1518", "Iraq", "Security Council resolutions 1483 (2003), paragraph 23, and 1518 (2003)", false},
	"IR": {Source + "-1737", "Iran", "Security Council resolution 1737 (2006)", false},
	"KP": {Source, "Democratic People's Republic of Korea", "Security Council resolution 1718 (2006)", true},
	"LY": {Source, "Libya", "Security Council resolution 1970 (2011)", true},
	"QD": {Source, "ISIL (Da'esh) and Al-Qaida", "Security Council resolutions 1267 (1999), 1989 (2011) and 2253 (2015)", true},
	"SD": {Source, "Sudan", "Security Council resolution 1591 (2005)", true},
	"SO": {Source, "Somalia", "Security Council resolution 1844 (2008)", true},
	"SS": {Source, "South Sudan", "Security Council resolution 2206 (2015)", true},
	"TA": {Source, "Taliban", "Security Council resolution 1988 (2011)", true},
	"YE": {Source, "Yemen", "Security Council resolution 2140 (2014)", true},
}

// regimeOf is the regime of a reference number. One that is newer than this
// text is on the list all the same.
func regimeOf(number string) regime {
	if len(number) >= 2 {
		if of, ok := regimes[number[:2]]; ok {
			return of
		}
	}
	return regime{programme: Source, title: "a regime not known here"}
}
