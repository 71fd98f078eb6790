package console

// waysOfSoftware are the pages about software that begin with nothing named.
func waysOfSoftware(m Moment, here string) []tab {
	var out []tab
	for _, each := range []struct{ name, path string }{
		{"Releases", "/releases"}, {"Who is concerned", "/impact"}, {"Compare", "/compare"}, {"Statements", "/vex"},
	} {
		out = append(out, tab{each.name, m.Link(each.path), each.path == here})
	}
	return out
}
