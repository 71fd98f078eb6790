package console_test

import "testing"

// cam is the label of the demonstration whose maker is put on a list, and taken
// off it by a court.
const cam = "7K3M9-2QXWF"

// The page about a product says what the label is, of any day, and the release
// that it covers says the same.
func TestPageOfProduct(t *testing.T) {
	v, _ := nodeVisit(t, analyst)
	for _, address := range []string{at("/product", "subject", cam), at("/product", "subject", cam, "at", "2026-05-10"), at("/product", "subject", cam, "at", "2025-01-01")} {
		wholesome(t, address, v.fetch(address))
	}
	d := v.get(at("/product", "subject", "7k3m92qxwf", "at", "2026-05-10"), 200)
	if got := attribute(d.all("[data-line]")[0], "data-line"); got != "trust" {
		t.Errorf("the first line is %q, want trust", got)
	}
	d.says("#verdict", "Deny")
	d.says("[data-line=trust]", "is suspended since 2026-05-04")
	d.says("[data-line=run]", "a product is run as one of its releases")
	d.says(`[data-label="`+cam+`"]`, "suspended", "Suspended since 2026-05-04", "Northlight Devices", "laboratory")
	if got := d.attribute(`[data-label="`+cam+`"] h3 a`, "href"); got != "/labels/"+cam {
		t.Errorf("the label leads to %q", got)
	}
	d.says("[aria-labelledby=evidence]", "suspended 2026-05-04")

	before := v.get(at("/product", "subject", cam, "at", "2025-01-01"), 200)
	before.says(`[data-label="`+cam+`"]`, "not given by then")
	before.says("[data-line=trust]", "has no label", "2027-01-04")

	// Whoever asks for it as a party is led here, and the release shows it too.
	v.leads(at("/party", "subject", cam), at("/product", "subject", cam))
	link := d.attribute("h2 a[href^='/release']", "href")
	release := v.get(link, 200)
	release.says(`[data-label="`+cam+`"]`, "Northlight")
	release.says("[data-line=trust]", "suspended")
}
