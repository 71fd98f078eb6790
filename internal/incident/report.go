package incident

// Sections is what a report can say, in the order in which it does where no
// directive asks for another.
var Sections = []string{"summary", "clocks", "impact", "timeline", "systems", "products", "indicators", "claims", "actions", "evidence", "told", "corrections"}
