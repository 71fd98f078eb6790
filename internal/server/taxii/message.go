package taxii

import (
	"fmt"
	"net/http"
)

// Refusal is an error with a status that package problem has no kind for.
type Refusal struct {
	Status  int
	Message string
}

// Error is what the client is told.
func (r *Refusal) Error() string { return r.Message }

func refuse(status int, format string, args ...any) error {
	return &Refusal{Status: status, Message: fmt.Sprintf(format, args...)}
}

// Message is the error message of an answer that is none (section 3.6.1).
type Message struct {
	Title       string            `json:"title"`
	Description string            `json:"description,omitempty"`
	ID          string            `json:"error_id,omitempty"`
	Code        string            `json:"error_code,omitempty"`
	HTTPStatus  string            `json:"http_status"`
	Details     map[string]string `json:"details,omitempty"`
}

// WriteError answers with an error message.
func WriteError(w http.ResponseWriter, r *http.Request, status int, m Message) {
	m.HTTPStatus = fmt.Sprint(status)
	// What cannot be sent any more is the client's loss; there is no other way to
	// tell it.
	_ = send(w, r, status, m)
}
