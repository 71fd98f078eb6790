package node

import (
	"context"
	"encoding/json"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/sharing"
	"countersign.dev/internal/sharing/search"
)

// untitled is what of an object without a name says what it is of.
type untitled struct {
	Type     string   `json:"type"`
	Relation string   `json:"relationship_type"`
	From     string   `json:"source_ref"`
	To       string   `json:"target_ref"`
	Of       string   `json:"sighting_of_ref"`
	Opinion  string   `json:"opinion"`
	Objects  []string `json:"object_refs"`
}

// ends is the objects that it is of.
func (u *untitled) ends() []string {
	switch u.Type {
	case "relationship":
		return []string{u.From, u.To}
	case "sighting":
		return []string{u.Of}
	case "opinion", "note", "observed-data":
		return u.Objects[:min(len(u.Objects), 1)]
	}
	return nil
}

// titlesOf is what objects that have no name can be called, by id: after what they
// are of. What the reader may not see of that is called by its type.
func (n *Node) titlesOf(ctx context.Context, ask access.Ask, seen []sharing.Seen) (map[string]string, error) {
	without := map[string]*untitled{}
	var ids []string
	for i := range seen {
		if search.Called(seen[i].Body) != "" {
			continue
		}
		u := &untitled{}
		if json.Unmarshal(seen[i].Body, u) == nil && len(u.ends()) > 0 {
			without[seen[i].ID] = u
			ids = append(ids, u.ends()...)
		}
	}
	named, err := n.finding.Versions(ctx, ids, n.keepFor(ask))
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for id, u := range without {
		names := make([]string, 0, 2)
		for _, end := range u.ends() {
			name := named[end].Name
			if name == "" {
				kind, _, _ := strings.Cut(end, "--")
				name = strings.ReplaceAll(kind, "-", " ")
			}
			names = append(names, name)
		}
		out[id] = u.title(names)
	}
	return out, nil
}

func (u *untitled) title(ends []string) string {
	switch u.Type {
	case "relationship":
		return ends[0] + " " + strings.ReplaceAll(u.Relation, "-", " ") + " " + ends[1]
	case "opinion":
		return strings.ReplaceAll(u.Opinion, "-", " ") + ": " + ends[0]
	}
	return strings.ReplaceAll(u.Type, "-", " ") + " of " + ends[0]
}
