package sharing_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/sharing"
)

// clock is a clock that tests move.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

// shop is a store with its ledger on one engine, and a clock.
type shop struct {
	*sharing.Store
	t      testing.TB
	ledger *ledger.Ledger
	clock  *clock
}

func openShop(t testing.TB, store *db.DB, limits sharing.Limits) *shop {
	t.Helper()
	c := &clock{now: time.Date(2021, 3, 1, 9, 0, 0, 0, time.UTC)}
	l := ledger.New(store, ledger.Options{Now: c.Now})
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return &shop{Store: sharing.New(store, l, sharing.Options{Now: c.Now, Limits: limits}), t: t, ledger: l, clock: c}
}

// found makes a community, or takes its document's newer version.
func (s *shop) found(yaml string) {
	s.t.Helper()
	r, err := sharing.ReadCommunity([]byte(yaml))
	if err != nil {
		s.t.Fatal(err)
	}
	_, err = s.ledger.Append(context.Background(), ledger.Edition{
		Audience: access.ForOrganisation("home"), Actor: "operator", Along: sharing.Epoch(s.clock.Now),
		Documents: []ledger.Document{{Bytes: []byte(yaml), Kind: r.Kind, Source: r.Source, Name: "community.yaml", Mode: r.Mode, Statements: r.Statements, Rows: r.Rows, Published: access.DateOf(s.clock.now)}},
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// reader is somebody who asks.
func reader(member string, organisations ...string) access.Ask {
	return access.Ask{Reader: access.Reader{Member: member, Organisations: organisations}, At: access.At{Position: access.Now}}
}

var operator = access.Ask{Reader: access.Operator, At: access.At{Position: access.Now}}

// The marking definitions of TLP, as the standards fix them (STIX 2.1 section
// 7.2.1.4, and FIRST's TLP 2.0 in the common objects of OASIS).
const (
	tlp1White  = "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"
	tlp1Green  = "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da"
	tlp1Amber  = "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"
	tlp1Red    = "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"
	tlp2Clear  = "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"
	tlp2Green  = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"
	tlp2Amber  = "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"
	tlp2Strict = "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003"
	tlp2Red    = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"
)

// uuid draws a random UUID.
func uuid(r *rand.Rand) string {
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", r.Uint32(), r.Uint32()&0xffff, r.Uint32()&0xfff, r.Uint32()&0xfff, r.Uint64()&0xffffffffffff)
}

// indicator writes one. Marks may be none.
func indicator(id string, modified time.Time, name string, marks ...string) string {
	o := map[string]any{
		"type": "indicator", "spec_version": "2.1", "id": id, "created": "2021-01-01T00:00:00.000Z", "modified": sharing.Instant(modified),
		"name": name, "pattern": "[domain-name:value = 'avsvmcloud.com']", "pattern_type": "stix", "valid_from": "2021-01-01T00:00:00Z",
		"indicator_types": []string{"malicious-activity"},
	}
	if len(marks) > 0 {
		o["object_marking_refs"] = marks
	}
	b, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func envelope(objects ...string) []byte {
	return []byte(`{"objects":[` + strings.Join(objects, ",") + `]}`)
}
