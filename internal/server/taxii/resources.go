package taxii

import (
	"time"

	"countersign.dev/internal/sharing"
	"countersign.dev/internal/sharing/stix"
)

// discovery is section 4.1.1.
type discovery struct {
	Title       string   `json:"title"`
	Description string   `json:"description,omitempty"`
	Contact     string   `json:"contact,omitempty"`
	Default     string   `json:"default,omitempty"`
	APIRoots    []string `json:"api_roots,omitempty"`
}

// apiRoot is section 4.2.1.
type apiRoot struct {
	Title       string   `json:"title"`
	Description string   `json:"description,omitempty"`
	Versions    []string `json:"versions"`
	MaxContent  int64    `json:"max_content_length"`
}

// status is section 4.3.1. Which objects are pending is not listed: those that
// are in neither of the lists.
type status struct {
	ID           string    `json:"id"`
	Status       string    `json:"status"`
	Requested    string    `json:"request_timestamp"`
	Total        int       `json:"total_count"`
	SuccessCount int       `json:"success_count"`
	Successes    []outcome `json:"successes,omitempty"`
	FailureCount int       `json:"failure_count"`
	Failures     []outcome `json:"failures,omitempty"`
	PendingCount int       `json:"pending_count"`
}

// outcome is a status-details of section 4.3.1. Its last two properties are
// ours (section 7.1), for programs that want more than a message.
type outcome struct {
	ID       string         `json:"id"`
	Version  string         `json:"version"`
	Message  string         `json:"message,omitempty"`
	Code     string         `json:"x_countersign_code,omitempty"`
	Problems []stix.Problem `json:"x_countersign_problems,omitempty"`
}

func statusOf(s *sharing.Status) status {
	return status{
		ID: s.ID, Status: string(s.State), Requested: timestamp(s.Requested), Total: s.Total, PendingCount: s.Pending,
		SuccessCount: len(s.Successes), Successes: outcomesOf(s.Successes), FailureCount: len(s.Failures), Failures: outcomesOf(s.Failures),
	}
}

func outcomesOf(all []sharing.Outcome) []outcome {
	out := make([]outcome, len(all))
	for i, o := range all {
		out[i] = outcome(o)
	}
	return out
}

// collection is section 5.2.1.
type collection struct {
	ID          string   `json:"id"`
	Title       string   `json:"title"`
	Description string   `json:"description,omitempty"`
	Alias       string   `json:"alias,omitempty"`
	CanRead     bool     `json:"can_read"`
	CanWrite    bool     `json:"can_write"`
	MediaTypes  []string `json:"media_types,omitempty"`
}

func collectionOf(c *sharing.Collection) collection {
	return collection{
		ID: c.ID, Title: c.Title, Description: c.Description, Alias: c.Alias,
		CanRead: c.CanRead, CanWrite: c.CanWrite, MediaTypes: c.MediaTypes,
	}
}

// collections is section 5.1.1; without any it is an empty object.
type collections struct {
	Collections []collection `json:"collections,omitempty"`
}

// manifest is section 5.3.1; without entries it is an empty object.
type manifest struct {
	More    bool     `json:"more"`
	Next    string   `json:"next,omitempty"`
	Objects []record `json:"objects"`
}

// record is a manifest-record of section 5.3.1.
type record struct {
	ID        string `json:"id"`
	DateAdded string `json:"date_added"`
	Version   string `json:"version"`
	MediaType string `json:"media_type"`
}

// versions is section 5.8.1; without any it is an empty object.
type versions struct {
	More     bool     `json:"more"`
	Next     string   `json:"next,omitempty"`
	Versions []string `json:"versions"`
}

// timestamp is an instant as section 2 writes it: UTC, with six digits of a
// second.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }
