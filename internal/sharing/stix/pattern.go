package stix

// patternHolds is that a pattern of STIX is one (section 9).
func patternHolds(c *check, o *value) {
	if o.text("pattern_type") != "stix" && c.version == "2.1" {
		return
	}
}
