package marking

import (
	"encoding/json"
	"time"
)

// Name makes a marking definition that names organisations and members of a node
// as the recipients of what refers to it.
func Name(id string, created time.Time, organisations, persons []string) ([]byte, error) {
	return json.Marshal(struct {
		Type        string           `json:"type"`
		SpecVersion string           `json:"spec_version"`
		ID          string           `json:"id"`
		Created     string           `json:"created"`
		Name        string           `json:"name"`
		Extensions  map[string]named `json:"extensions"`
	}{
		"marking-definition", "2.1", id, created.UTC().Format("2006-01-02T15:04:05.000Z"), "recipients",
		map[string]named{ExtensionRecipients: {"property-extension", organisations, persons}},
	})
}
