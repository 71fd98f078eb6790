package offline

import (
	"crypto/ed25519"
	"strings"
	"testing"
	"time"

	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/label/core"
	"countersign.dev/internal/label/statuslist"
)

const number = "7K3M9-2QXWF"

// noon is the moment at which everything here is verified.
var noon = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

// office is an authority that gives labels.
type office struct {
	key ed25519.PrivateKey
	Authority
}

func newOffice(t *testing.T, seed byte) office {
	t.Helper()
	key := ed25519.NewKeyFromSeed([]byte(strings.Repeat(string(rune(seed)), ed25519.SeedSize)))
	public, err := dsse.NewPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return office{key, Authority{public}}
}

func (o office) code(t *testing.T) []byte {
	t.Helper()
	url, _, err := core.Encode(core.Core{ID: number, Maker: "Northlight", Product: "Cam 2", Issued: "2026-11-01", ValidUntil: "2027-11-01", Scheme: "iot-mark"}, "HTTPS://LABELS.EXAMPLE", o.key)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(url)
}

func (o office) list(t *testing.T, entries ...statuslist.Entry) []byte {
	t.Helper()
	l, err := statuslist.New(statuslist.Head{Authority: "an authority", Registry: "https://labels.example", Sequence: 7, Issued: noon.Add(-time.Hour)}, entries)
	if err != nil {
		t.Fatal(err)
	}
	b, err := statuslist.Sign(l, o.key)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestListOfAnother: who trusts two authorities does not take the list of one for
// word about the labels of the other, of which it has none.
func TestListOfAnother(t *testing.T) {
	ours, theirs := newOffice(t, 'a'), newOffice(t, 'b')
	suspended := ours.list(t, statuslist.Entry{ID: number, Status: statuslist.Suspended, Since: "2026-11-20", Reason: "restricted-party"})
	both := []Authority{ours.Authority, theirs.Authority}
	for _, test := range []struct {
		what        string
		authorities []Authority
		list        []byte
		result      Result
		status      statuslist.Status
	}{
		{"no list", both, nil, Valid, statuslist.Unknown},
		{"its own list", both, suspended, Valid, statuslist.Suspended},
		{"its own list, without it", both, ours.list(t), Valid, statuslist.Active},
		{"another authority's list", both, theirs.list(t), Valid, statuslist.Unknown},
		{"keys of one authority, the second of which signs lists", []Authority{append(ours.Authority, theirs.Authority...)}, theirs.list(t), Valid, statuslist.Active},
		{"an authority that is not trusted", []Authority{theirs.Authority}, suspended, Invalid, statuslist.Unknown},
		{"nobody is trusted", nil, suspended, Invalid, statuslist.Unknown},
	} {
		a, err := Verify(ours.code(t), Given{Authorities: test.authorities, List: test.list, Now: noon})
		if err != nil {
			t.Errorf("%s: %v", test.what, err)
			continue
		}
		if a.Result != test.result || a.Status != string(test.status) {
			t.Errorf("%s: %s and %s (%s), want %s and %s", test.what, a.Result, a.Status, a.Note, test.result, test.status)
		}
	}
}
