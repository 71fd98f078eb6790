package assessment

// Group is a part of a catalogue.
type Group struct {
	Ref   string `json:"ref"`
	Title string `json:"title"`
}
