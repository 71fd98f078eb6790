// Package offline verifies a label with nothing but the authority's public keys
// and, where one is at hand, its signed status list: no store and no network.
//
// Begin with [Verify], which takes what a QR code holds or the signed document.
// It does what the offline page does on a phone, for those who check labels by
// the thousand. Without a fresh status list the status is unknown, and never
// active.
package offline

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/label"
	"countersign.dev/internal/label/core"
	"countersign.dev/internal/label/statuslist"
	"countersign.dev/internal/problem"
)

// Result is what is made of a label's signature and dates.
type Result string

// The results.
const (
	Valid       Result = "valid"
	Invalid     Result = "invalid"
	Expired     Result = "expired"
	NotYetValid Result = "not-yet-valid"
)

// Answer is what is known of a label.
type Answer struct {
	Result     Result      `json:"result"`
	Reason     string      `json:"reason"`
	Label      string      `json:"label,omitempty"`
	Maker      string      `json:"maker,omitempty"`
	Product    string      `json:"product,omitempty"`
	Scheme     string      `json:"scheme,omitempty"`
	Tier       int         `json:"tier,omitempty"`
	Issued     access.Date `json:"issued,omitempty"`
	ValidUntil access.Date `json:"valid_until,omitempty"` // the first day on which it no longer is
	SupportEnd access.Date `json:"support_end,omitempty"`
	Signer     string      `json:"signer,omitempty"` // id of the key that signed

	Status       string      `json:"status"` // active, suspended and so on; unknown without a fresh list
	StatusSince  access.Date `json:"status_since,omitempty"`
	StatusReason string      `json:"status_reason,omitempty"`
	StatusAsOf   time.Time   `json:"status_as_of,omitzero"` // when the list was made
	Note         string      `json:"note,omitempty"`        // why the status is unknown

}

// Given is what a verifier has at hand.
type Given struct {
	Authorities []Authority // that are trusted
	List        []byte      // a signed status list; nil for none
	Least       int64       // the highest sequence of a list that was seen before
	Ends        Ends        // of keys whose days were ended
	Now         time.Time
}

// Ends is the first day on which a key signs no more, by its id.
type Ends map[string]access.Date

// after reports whether a key's days were over on a day.
func (e Ends) after(id string, day access.Date) bool { return e[id] != "" && day >= e[id] }

// Authority is the keys of one authority; Ed25519 ones sign codes. What it says of
// a label counts for its own labels alone: the list of another authority does not
// have them, and would make each of them look active.
type Authority []dsse.PublicKey

// keys are those of all authorities.
func (g Given) keys() []dsse.PublicKey {
	return slices.Concat(g.Authorities...)
}

// authorityOf is the authority that has the key.
func (g Given) authorityOf(id string) Authority {
	i := slices.IndexFunc(g.Authorities, func(a Authority) bool {
		return slices.ContainsFunc(a, func(k dsse.PublicKey) bool { return k.ID() == id })
	})
	return g.Authorities[i]
}

// Verify verifies a label: text of a QR code (an address), or the bytes of a
// signed document. Its error says that this is neither.
func Verify(b []byte, g Given) (*Answer, error) {
	if text := bytes.TrimSpace(b); len(text) > 0 && text[0] == '{' {
		return g.document(text)
	}
	return g.code(string(bytes.TrimSpace(b)))
}

// code verifies what a QR code holds.
func (g Given) code(url string) (*Answer, error) {
	s, err := core.ParseURL(url)
	if err != nil {
		return nil, problem.New(problem.Invalid, "not a label's address: %s", problem.Message(err))
	}
	a := &Answer{
		Label: s.ID, Maker: s.Maker, Product: s.Product, Scheme: s.Scheme, Tier: s.Tier, Issued: s.Issued, ValidUntil: s.ValidUntil, SupportEnd: s.SupportEnd,
		Status: string(statuslist.Unknown),
	}
	var keys []ed25519.PublicKey
	ids := map[string]string{}
	for _, k := range g.keys() {
		if pub, ok := k.Key().(ed25519.PublicKey); ok {
			keys = append(keys, pub)
			ids[string(pub)] = k.ID()
		}
	}
	signer, err := s.Verify(keys...)
	if err != nil {
		return refuse(problem.Message(err)), nil
	}
	a.Signer = ids[string(signer)]
	if g.Ends.after(a.Signer, a.Issued) {
		return refuse("signed with a key whose days were ended on " + string(g.Ends[a.Signer])), nil
	}
	g.date(a)
	g.status(a)
	return a, nil
}

// document verifies a label's signed document.
func (g Given) document(b []byte) (*Answer, error) {
	env, err := dsse.Parse(b)
	if err != nil {
		return nil, err
	}
	signer, err := env.Verify(g.keys())
	if err != nil {
		return refuse(err.Error()), nil
	}
	if env.PayloadType != dsse.PayloadInToto {
		return refuse("signed, but no label: its payload is " + env.PayloadType), nil
	}
	var s label.Statement
	if err := json.Unmarshal(env.Payload, &s); err != nil || s.PredicateType != label.PredicateSVR {
		return refuse("signed, but no label: its statement is of the type " + s.PredicateType), nil
	}
	said := s.Predicate.Annotations.Label
	id, err := core.ParseID(said.ID)
	if err != nil || id != said.ID {
		return refuse("signed, but no label: it has no id"), nil
	}
	t := said.Terms
	a := &Answer{
		Label: said.ID, Maker: t.Party(label.Maker).Name, Product: t.Product, Scheme: t.Scheme, Tier: t.Tier, Issued: t.Authorised, ValidUntil: t.ValidUntil, SupportEnd: t.SupportEnd,
		Signer: signer.ID(), Status: string(statuslist.Unknown),
	}
	if g.Ends.after(a.Signer, a.Issued) {
		return refuse("signed with a key whose days were ended on " + string(g.Ends[a.Signer])), nil
	}
	if t.ValidFrom > access.DateOf(g.Now) {
		a.Result, a.Reason = NotYetValid, "the signature is good; it counts from "+string(t.ValidFrom)
		return a, nil
	}
	g.date(a)
	g.status(a)
	return a, nil
}

func refuse(reason string) *Answer {
	return &Answer{Result: Invalid, Reason: reason, Status: string(statuslist.Unknown)}
}

// date judges the label's dates.
func (g Given) date(a *Answer) {
	switch today := access.DateOf(g.Now); {
	case today < a.Issued:
		a.Result, a.Reason = NotYetValid, "the signature is good; it was given on "+string(a.Issued)
	case today >= a.ValidUntil:
		a.Result, a.Reason = Expired, "the signature is good; it was valid until "+string(a.ValidUntil.AddDays(-1))
	default:
		a.Result, a.Reason = Valid, "the signature is good"
	}
}

// status looks the label up in the status list, which has to be of the authority
// that gave the label.
func (g Given) status(a *Answer) {
	if g.List == nil {
		a.Note = "no status list is at hand"
		return
	}
	keys := slices.DeleteFunc(slices.Clone(g.authorityOf(a.Signer)), func(k dsse.PublicKey) bool { return g.Ends.after(k.ID(), access.DateOf(g.Now)) })
	list, err := statuslist.Verify(g.List, keys, g.Now, g.Least)
	if list != nil {
		a.StatusAsOf = list.Issued
	}
	if err != nil {
		a.Note = strings.TrimPrefix(err.Error(), "status list: ")
		if !errors.Is(err, statuslist.ErrStale) {
			a.StatusAsOf = time.Time{}
		}
		return
	}
	e := list.Lookup(a.Label, a.Issued)
	a.Status, a.StatusSince, a.StatusReason = string(e.Status), e.Since, e.Reason
	if e.Status == statuslist.Unknown {
		a.Note = "the label is newer than the list"
	}
}

// ReadKeys reads the keys of an authority: PEM, or the JSON that a registry
// gives at /labels/keys.json.
func ReadKeys(b []byte) (Authority, Ends, error) {
	if text := bytes.TrimSpace(b); len(text) == 0 || text[0] != '{' {
		keys, err := dsse.ParsePublicKeys(b)
		return keys, nil, err
	}
	var file struct {
		Keys []struct {
			PublicKey string      `json:"public_key"`
			Until     access.Date `json:"until"`
		} `json:"keys"`
	}
	if err := json.Unmarshal(b, &file); err != nil || len(file.Keys) == 0 {
		return nil, nil, problem.New(problem.Invalid, "want keys in PEM, or the JSON of a registry's keys")
	}
	var out Authority
	ends := Ends{}
	for i, k := range file.Keys {
		key, err := dsse.ParseEd25519(k.PublicKey)
		if err != nil {
			return nil, nil, problem.New(problem.Invalid, "keys[%d]: public_key: %s", i, problem.Message(err))
		}
		out = append(out, key)
		if k.Until != "" {
			ends[key.ID()] = k.Until
		}
	}
	return out, ends, nil
}
