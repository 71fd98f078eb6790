package console

import (
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"

	"countersign.dev/internal/ledger"
)

type ledgerView struct {
	Origin     string
	Held       int64
	Size       string
	Root       string
	Key        string
	Checkpoint string
	Verifier   verifierView
	Recent     []ledger.Entry
	Pager      pager
}

// ledger is the page of the log: its checkpoint, its newest documents, and the
// place where a browser verifies it.
func (c *Console) ledger(w http.ResponseWriter, r *http.Request) error {
	m, err := c.moment(r)
	if err != nil {
		return err
	}
	head, err := c.questions.Head(r.Context())
	if err != nil {
		return err
	}
	v := ledgerView{
		Origin: head.Origin, Held: head.Position, Key: head.VerifierKey, Checkpoint: head.Checkpoint,
		Verifier: verifierView{Log: logRoot, Key: head.VerifierKey},
	}
	v.Size, v.Root = checkpointSays(head.Checkpoint)
	f := ledger.Filter{Newest: true, Limit: perPage + 1}
	if text := r.URL.Query().Get("before"); text != "" {
		if f.Before, err = positionOf("before", text); err != nil {
			return err
		}
	}
	if v.Recent, err = c.questions.List(r.Context(), c.anyTime(r), f); err != nil {
		return err
	}
	v.page(m, f.Before)
	return c.show(w, r, m, "ledger", "Ledger", v)
}

// page cuts the list to one page and leads to the others. How many there are
// in all is not told: it would count what the reader may not see.
func (v *ledgerView) page(m Moment, before int64) {
	if before > 0 {
		v.Pager.Before = m.Link("/ledger")
	}
	if len(v.Recent) > perPage {
		v.Recent = v.Recent[:perPage]
		v.Pager.After = m.Link("/ledger", "before", strconv.FormatInt(v.Recent[perPage-1].Position, 10))
	}
}

// checkpointSays is the size and the root that a checkpoint's text names, for
// showing only: nothing is verified here.
func checkpointSays(checkpoint string) (size, root string) {
	lines := strings.SplitN(checkpoint, "\n", 4)
	if len(lines) < 4 {
		return "", ""
	}
	b, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil {
		return lines[1], lines[2]
	}
	return lines[1], hex.EncodeToString(b)
}
