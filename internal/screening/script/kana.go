package script

// readKana reads Japanese.
func readKana(out *readings, text string) { readHan(out, text) }
