package ledger

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"countersign.dev/internal/access"
)

// record is what a leaf vouches for: everything the ledger says of a document.
// Its JSON is canonical, fields in this order and no spaces.
type record struct {
	Version   string      `json:"record"`
	Position  int64       `json:"position"`
	Digest    string      `json:"digest"`
	Kind      string      `json:"kind"`
	Source    string      `json:"source"`
	Part      string      `json:"part"`
	Name      string      `json:"name"`
	Published access.Date `json:"published"`
	Received  int64       `json:"received"` // microseconds since 1970
	Size      int64       `json:"size"`
	Edition   int64       `json:"edition"`
	Rows      int         `json:"rows"`
	Mode      Mode        `json:"mode"` // 0 snapshot, 1 chronicle
	Actor     string      `json:"actor"`
	Audience  string      `json:"audience"`
	// Facts is the digest of the fact rows opened and closed at this position;
	// it is on the last document of an edition, where its facts become known.
	Facts string `json:"facts"`
}

const recordVersion = "countersign/record/v1"

// publicLeaf is the leaf of a document that everybody may see. Names of files
// and people stay in the record: the log is read by anybody.
type publicLeaf struct {
	Version  string `json:"leaf"`
	Position int64  `json:"position"`
	Digest   string `json:"digest"`
	Record   string `json:"record"` // digest of the record
}

// sealedLeaf is the leaf of any other document. Without the salt it tells
// nothing, not even to one who guesses the document.
type sealedLeaf struct {
	Version  string `json:"leaf"`
	Position int64  `json:"position"`
	Sealed   string `json:"sealed"` // HMAC-SHA256 of the record under the salt
}

const leafVersion = "countersign/leaf/v1"

const saltSize = 32

func digestOf(b []byte) string {
	h := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(h[:])
}

// Digest names a document's bytes: "sha256:" and 64 hex digits.
func Digest(b []byte) string { return digestOf(b) }

// ParseDigest reads a digest, with or without "sha256:" before it.
func ParseDigest(s string) (string, error) {
	hexed := strings.TrimPrefix(strings.ToLower(strings.TrimSpace(s)), "sha256:")
	if b, err := hex.DecodeString(hexed); err != nil || len(b) != sha256.Size {
		return "", fmt.Errorf("not a digest: %q; want sha256: and 64 hex digits", s)
	}
	return "sha256:" + hexed, nil
}

// newSalt is nil for a public document and fresh random bytes for others.
func newSalt(a access.Audience) []byte {
	if a.IsPublic() {
		return nil
	}
	salt := make([]byte, saltSize)
	rand.Read(salt)
	return salt
}

// leafOf makes the leaf of a record. It is a function of its arguments only,
// so that anybody who is given record and salt can make it again.
func leafOf(recordBytes, salt []byte) ([]byte, error) {
	var r record
	if err := decodeStrict(recordBytes, &r); err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	if len(salt) == 0 {
		return json.Marshal(publicLeaf{leafVersion, r.Position, r.Digest, digestOf(recordBytes)})
	}
	mac := hmac.New(sha256.New, salt)
	mac.Write(recordBytes)
	return json.Marshal(sealedLeaf{leafVersion, r.Position, hex.EncodeToString(mac.Sum(nil))})
}

// ParseLeaf reads what a leaf of a log tells everybody: its position, and the
// digest of its document where that is public, else "".
func ParseLeaf(leaf []byte) (position int64, digest string, err error) {
	var l struct {
		Version  string `json:"leaf"`
		Position int64  `json:"position"`
		Digest   string `json:"digest"`
		Record   string `json:"record"`
		Sealed   string `json:"sealed"`
	}
	if err := decodeStrict(leaf, &l); err != nil {
		return 0, "", fmt.Errorf("not a leaf: %w", err)
	}
	if l.Version != leafVersion || l.Position < 1 || (l.Digest == "") == (l.Sealed == "") || (l.Digest == "") != (l.Record == "") {
		return 0, "", fmt.Errorf("not a leaf of the form %s", leafVersion)
	}
	return l.Position, l.Digest, nil
}

func (r *record) entry(audience access.Audience) Entry {
	return Entry{
		Position: r.Position, Digest: r.Digest, Kind: r.Kind, Source: r.Source, Part: r.Part, Name: r.Name,
		Published: r.Published, Received: time.UnixMicro(r.Received).UTC(), Size: r.Size,
		Edition: r.Edition, Rows: r.Rows, Mode: r.Mode, Actor: r.Actor, Audience: audience,
	}
}

func decodeStrict(b []byte, v any) error {
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if d.More() {
		return fmt.Errorf("more than one value")
	}
	return nil
}
