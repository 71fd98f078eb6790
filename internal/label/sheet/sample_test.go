package sheet

import (
	"crypto/ed25519"
	"testing"

	"countersign.dev/internal/label/core"
)

// sample is a label with the largest code that there is.
func sample(t testing.TB) Label {
	t.Helper()
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	c := core.Core{
		ID: "7K2MD-4XPTE", Maker: "Northlight Cameras Ltd", Product: "Porch Cam 3 with floodlight and chime", Tier: 2,
		Issued: "2026-11-27", ValidUntil: "2028-11-27", SupportEnd: "2032-01-01", Scheme: "iot-tiers",
	}
	url, _, err := core.Encode(c, "https://labels.example", key)
	if err != nil {
		t.Fatal(err)
	}
	return Label{
		URL: url, ID: c.ID, Authority: "Demo Label Authority", Scheme: "IoT security tiers", Tier: 2, Tiers: 4,
		Maker: c.Maker, Product: "Porch Cam 3", ValidUntil: c.ValidUntil, SupportEnd: c.SupportEnd,
		Address: "labels.example/L/" + c.ID,
	}
}
