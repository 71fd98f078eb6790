package registry

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/label"
	"countersign.dev/internal/label/core"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
)

// scanned is what is found of a code that somebody scanned.
type scanned struct {
	Core    core.Core
	Refused string // why it is not genuine; "" when it is
	Detail  string // what is wrong with it, for whoever looks into it
	Older   bool   // genuine, but printed before the label was amended
}

// Scanned answers the address in a label's code: with the label's page, which
// says whether the code is genuine, or with a page that says it is not. It
// answers nothing, and returns false, when no label with this id is public here;
// code is "" where the address had none.
func (r *Registry) Scanned(w http.ResponseWriter, req *http.Request, written, code string) bool {
	id, err := core.ParseID(written)
	if err != nil {
		return false
	}
	s, err := r.labels.Label(req.Context(), Moment{}.ask(), id)
	if err != nil || s.Terms == nil {
		if err != nil && problem.KindOf(err) != problem.NotFound {
			r.fail(w, req, err)
			return true
		}
		return false
	}
	query := ""
	if code != "" {
		c, err := r.scan(req.Context(), id, code, s)
		if err != nil {
			r.fail(w, req, err)
			return true
		}
		if c.Refused != "" {
			r.refuseCode(w, c)
			return true
		}
		query = "?code=" + strings.ToUpper(code) // which has nothing that a query would take for its own
	}
	w.Header().Set("Location", Root+id+query)
	w.WriteHeader(http.StatusSeeOther)
	return true
}

// scan verifies a code against the keys of this registry, for a label that is
// public. What is wrong with the code is told in the answer.
func (r *Registry) scan(ctx context.Context, id, code string, s *node.LabelState) (*scanned, error) {
	signed, err := core.Decode(id, code)
	if err != nil {
		return &scanned{Core: core.Core{ID: id}, Refused: "It is not the code of a label, or not all of one.", Detail: sentence(capital(problem.Message(err)))}, nil
	}
	held, err := r.labels.LabelKeys(ctx)
	if err != nil {
		return nil, err
	}
	keys := make([]ed25519.PublicKey, len(held))
	ours := false
	for i, k := range held {
		if keys[i], err = base64.StdEncoding.DecodeString(k.PublicKey); err != nil {
			return nil, fmt.Errorf("key %s: %w", k.KeyID, err)
		}
		ours = ours || strings.HasPrefix(k.KeyID, hex.EncodeToString(signed.KeyHint[:]))
	}
	out := &scanned{Core: signed.Core}
	if _, err := signed.Verify(keys...); errors.Is(err, core.ErrSignature) {
		out.Refused = "It was signed by nobody who gives labels here: it is of another authority, or made up."
		if ours {
			out.Refused = "It was changed, or taken from another label: the signature is not for this number and these words."
		}
		return out, nil
	} else if err != nil {
		return nil, err
	}
	prefix := "sha256:" + hex.EncodeToString(signed.Document[:])
	out.Older = !strings.HasPrefix(s.Document, prefix)
	return out, nil
}

// refuseCode answers for a code that is not genuine. Nothing of what the code
// says is repeated: it is nobody's word.
func (r *Registry) refuseCode(w http.ResponseWriter, c *scanned) {
	r.refuse(w, http.StatusUnprocessableEntity, refusal{
		Heading: "This code is not genuine", Code: true, Detail: c.Detail,
		Says: []string{c.Refused, fmt.Sprintf("The label %s exists, but the code that you scanned does not belong to it. Do not trust the product that carries it.", c.Core.ID)},
	})
}

// Issued is when the label in the code was given.
func (s *scanned) Issued() access.Date { return s.Core.Issued }

// Differs tells what the code says of maker or product, where that is not what
// the registry says today; both may be cut in the code.
func (s *scanned) Differs(t *label.Terms) bool {
	return !begins(t.Product, s.Core.Product) || !begins(t.Party(label.Maker).Name, s.Core.Maker)
}

func begins(whole, cut string) bool {
	return strings.HasPrefix(whole, strings.TrimRight(strings.TrimSuffix(cut, "…"), " "))
}
