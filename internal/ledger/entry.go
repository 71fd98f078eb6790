package ledger

import (
	"time"

	"countersign.dev/internal/access"
)

// Entry describes one document of the ledger, without its bytes.
type Entry struct {
	Position  int64           `json:"position"` // 1 for the first; its leaf's index is one less
	Digest    string          `json:"digest"`   // "sha256:" and 64 hex digits
	Kind      string          `json:"kind"`
	Source    string          `json:"source"`
	Part      string          `json:"part,omitempty"`
	Name      string          `json:"name"` // of the file, as handed in
	Published access.Date     `json:"published"`
	Received  time.Time       `json:"received"`
	Size      int64           `json:"size"`    // bytes
	Edition   int64           `json:"edition"` // position of the edition's last document; facts are known from there
	Rows      int             `json:"rows"`
	Mode      Mode            `json:"-"`
	Actor     string          `json:"actor"`
	Audience  access.Audience `json:"-"`
	Withdrawn string          `json:"withdrawn,omitempty"` // reason, when the body was withdrawn
}
