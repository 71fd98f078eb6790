package ledger

import (
	"context"
	"encoding/json"
	"fmt"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
	"countersign.dev/internal/problem"
)

// KindWithdrawal is the kind of the document that an act of withdrawal is, and
// FactWithdrawal of the fact it states: that the body with the subject's
// digest is gone, and why.
const (
	KindWithdrawal = "withdrawal"
	FactWithdrawal = "ledger.withdrawal"
)

// Withdrawal is the act by which a document loses its body, where law or
// safety obliges us. Its digest, its leaf and the facts that decisions rested
// on remain; what it said can no longer be read.
type Withdrawal struct {
	Withdrawal string `json:"withdrawal"` // version of this form
	Position   int64  `json:"position"`
	Digest     string `json:"digest"`
	Reason     string `json:"reason"`
	Actor      string `json:"actor"`
	Date       string `json:"date"`
}

// Withdraw takes the body of a document out of the ledger, for every audience
// that holds the same bytes. The act is itself a document, for the audience of
// the one withdrawn. It cannot be undone.
func (l *Ledger) Withdraw(ctx context.Context, ask access.Ask, position int64, actor, reason string) (*Receipt, error) {
	if reason == "" || actor == "" {
		return nil, problem.New(problem.Invalid, "a withdrawal names who withdraws and why")
	}
	e, err := l.Document(ctx, ask, position)
	if err != nil {
		return nil, err
	}
	if e.Withdrawn != "" {
		return nil, problem.New(problem.Conflict, "the document at position %d was withdrawn already: %s", position, e.Withdrawn)
	}
	today := access.DateOf(l.now())
	w := Withdrawal{"countersign/withdrawal/v1", position, e.Digest, reason, actor, string(today)}
	b, err := json.Marshal(w)
	if err != nil {
		return nil, err
	}
	r, err := l.Append(ctx, Edition{
		Audience: e.Audience, Actor: actor,
		Documents: []Document{{
			Bytes: append(b, '\n'), Kind: KindWithdrawal, Source: fmt.Sprintf("withdrawal/%d", position), Name: "withdrawal.json", Mode: Chronicle, Published: today,
			Statements: []Statement{{Kind: FactWithdrawal, Subject: e.Digest, Key: "withdrawal", Body: w}},
		}},
	})
	if err != nil {
		return nil, err
	}
	// The act is durable first: a stop in between leaves a body that the next
	// attempt takes out, never one that is missing without an act.
	return r, l.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE document SET withdrawn = $1 WHERE digest = $2`, reason, e.Digest); err != nil {
			return fmt.Errorf("withdraw %d: %w", position, err)
		}
		if _, err := tx.Exec(ctx, `DELETE FROM body WHERE digest = $1`, e.Digest); err != nil {
			return fmt.Errorf("withdraw %d: %w", position, err)
		}
		return nil
	})
}
