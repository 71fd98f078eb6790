package node

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/label"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// Kinds of document and fact by which the ledger holds the keys of labels.
const (
	kindLabelKey = "label.key"
	factLabelKey = "label.key"
)

// issuer is the key by which labels are signed. It is read, or made, when it is
// first needed: a node that gives no labels has none.
type issuer struct {
	path string // "" for a node that cannot sign labels

	mu  sync.Mutex
	key ed25519.PrivateKey
	pub dsse.PublicKey
}

// LabelKey is a key by which labels of this registry are signed.
type LabelKey struct {
	KeyID     string      `json:"keyid"`      // SHA-256 of the key's DER SubjectPublicKeyInfo, in hex
	PublicKey string      `json:"public_key"` // Ed25519, 32 bytes in base64
	Authority string      `json:"authority"`
	From      access.Date `json:"from"`
	Until     access.Date `json:"until,omitempty"`  // the first day on which it signs no more
	Reason    string      `json:"reason,omitempty"` // why its days were ended
}

// load gives the signing key. It is made when there is none and create is set;
// else that it is missing is [problem.Unavailable].
func (i *issuer) load(create bool) (ed25519.PrivateKey, dsse.PublicKey, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.key != nil {
		return i.key, i.pub, nil
	}
	if i.path == "" {
		return nil, dsse.PublicKey{}, problem.New(problem.Unavailable, "this node has no folder, and so no key to sign labels with; name the one that has issuer.key with --data")
	}
	b, err := os.ReadFile(i.path)
	if errors.Is(err, fs.ErrNotExist) && create {
		private, _, makeErr := dsse.GenerateKey()
		if makeErr != nil {
			return nil, dsse.PublicKey{}, makeErr
		}
		if err = writeNew(i.path, string(private), 0o600); errors.Is(err, fs.ErrExist) {
			err = nil // another process was faster
		}
		if err == nil {
			b, err = os.ReadFile(i.path)
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, dsse.PublicKey{}, problem.New(problem.Unavailable, "issuer.key, the key that labels are signed with, is not on this node")
	}
	if err != nil {
		return nil, dsse.PublicKey{}, fmt.Errorf("key of labels: %w", err)
	}
	signer, err := dsse.ReadPrivateKey(b)
	if err != nil {
		return nil, dsse.PublicKey{}, fmt.Errorf("%s: %w", i.path, err)
	}
	key, ok := signer.(ed25519.PrivateKey)
	if !ok {
		return nil, dsse.PublicKey{}, problem.New(problem.Invalid, "%s: labels are signed with an Ed25519 key, this is another", i.path)
	}
	pub, err := dsse.NewPublicKey(key.Public())
	if err != nil {
		return nil, dsse.PublicKey{}, err
	}
	i.key, i.pub = key, pub
	return key, pub, nil
}

// issuerKey is the signing key, whose public half is in the ledger: what it signs
// can be told from what anybody else signed, at any later time. Only the first one
// is made here: where others are known already, a key that is missing was lost or
// lies on another node, and a new one in its place would be strange to every phone.
func (n *Node) issuerKey(ctx context.Context, authority string) (ed25519.PrivateKey, error) {
	held, err := n.LabelKeys(ctx)
	if err != nil {
		return nil, err
	}
	today := access.DateOf(n.now())
	ended := func(k LabelKey) bool { return k.Until != "" && k.Until <= today }
	// A key is made for the first label, and after the days of all others were ended.
	key, pub, err := n.issuer.load(!n.readOnly && !slices.ContainsFunc(held, func(k LabelKey) bool { return !ended(k) }))
	if err != nil {
		return nil, err
	}
	k := LabelKey{KeyID: pub.ID(), PublicKey: base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey)), Authority: authority, From: today}
	if i := slices.IndexFunc(held, func(h LabelKey) bool { return h.KeyID == k.KeyID }); i >= 0 {
		if ended(held[i]) {
			return nil, problem.New(problem.Conflict, "%s: the days of this key were ended on %s; take the file away, and a new one is made", n.issuer.path, held[i].Until)
		}
		return key, nil
	}
	return key, n.keepLabelKey(ctx, k, access.Operator.Member)
}

// keepLabelKey makes a key known, or how long it signs. What is said later of a
// key takes the place of what was said before.
func (n *Node) keepLabelKey(ctx context.Context, k LabelKey, actor string) error {
	b, err := json.Marshal(k)
	if err != nil {
		return err
	}
	today := access.DateOf(n.now())
	_, err = n.Ledger.Append(ctx, ledger.Edition{
		Documents: []ledger.Document{{
			Bytes: b, Kind: kindLabelKey, Source: "label-key/" + k.KeyID, Name: "label-key.json", Published: today, Rows: 1, Mode: ledger.Chronicle,
			Statements: []ledger.Statement{{Kind: factLabelKey, Subject: k.KeyID, Key: k.KeyID, Body: k, ValidFrom: k.From, ValidTo: access.Forever, Published: today}},
		}},
		Actor: actor,
	})
	if err != nil {
		return fmt.Errorf("make the key of labels known: %w", err)
	}
	return nil
}

// EndLabelKey ends the days of a key: what it signs from that day on counts for
// nothing, as after a theft. It cannot be undone, and may be set earlier.
func (n *Node) EndLabelKey(ctx context.Context, ask access.Ask, id string, on access.Date, reason string) (*LabelKey, error) {
	home, err := n.home(ctx)
	if err != nil {
		return nil, err
	}
	if !ask.Reader.Is(access.RoleAdministrator) {
		if _, err := mayAs(ask.Reader, home, "end the days of a key", access.RoleAuthority); err != nil {
			return nil, err
		}
	}
	if reason, err = label.Sentence("reason", reason); err != nil {
		return nil, err
	}
	if reason == "" {
		return nil, problem.New(problem.Invalid, "say why the days of the key are ended; it is public")
	}
	held, err := n.LabelKeys(ctx)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(held, func(k LabelKey) bool { return k.KeyID == id })
	if i < 0 {
		return nil, problem.New(problem.NotFound, "no key %s signed a label of this registry", id)
	}
	k := held[i]
	switch {
	case k.Until != "" && on >= k.Until:
		return nil, problem.New(problem.Conflict, "the days of key %s were ended on %s already", id, k.Until)
	case on < k.From:
		return nil, problem.New(problem.Invalid, "key %s signs since %s; its days cannot end on %s, before that", id, k.From, on)
	}
	k.Until, k.Reason = on, reason
	return &k, n.keepLabelKey(ctx, k, ask.Reader.Member)
}

// LabelKeys is the keys by which labels of this registry were ever signed, the
// oldest first.
func (n *Node) LabelKeys(ctx context.Context) ([]LabelKey, error) {
	ask, err := n.Ledger.Resolve(ctx, access.Ask{At: access.At{Position: access.Now}})
	if err != nil {
		return nil, err
	}
	facts, err := n.Ledger.ByDocumentKind(ctx, ask, kindLabelKey)
	if err != nil {
		return nil, err
	}
	out := []LabelKey{}
	for i := range facts {
		var k LabelKey
		if err := facts[i].Decode(&k); err != nil {
			return nil, fmt.Errorf("key of labels: %w", err)
		}
		out = append(out, k)
	}
	slices.SortFunc(out, func(a, b LabelKey) int {
		return strings.Compare(string(a.From)+a.KeyID, string(b.From)+b.KeyID)
	})
	return out, nil
}

// PublicKeys reads keys into the form in which signatures are verified.
func PublicKeys(keys []LabelKey) ([]dsse.PublicKey, error) {
	out := make([]dsse.PublicKey, len(keys))
	for i, k := range keys {
		var err error
		if out[i], err = dsse.ParseEd25519(k.PublicKey); err != nil {
			return nil, problem.New(problem.Invalid, "key %s: %s", k.KeyID, problem.Message(err))
		}
	}
	return out, nil
}

// ServeAt tells the node where people find it, as labels name it. Call it before
// anything is asked of the node.
func (n *Node) ServeAt(url string) { n.registry = strings.TrimRight(url, "/") }

// Registry is where people find the public registry, without a slash at its end.
func (n *Node) Registry() string { return n.registry }
