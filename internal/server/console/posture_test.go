package console_test

import (
	"testing"

	"countersign.dev/internal/access"
)

// TestDue shows what the constructed agencies owed on days of their past.
func TestDue(t *testing.T) {
	v, n := nodeVisit(t, access.Anonymous)
	page := v.get("/posture?at=2022-02-01", 200)
	page.says(`[data-owing="organisation:roads"]`, "roads", "1")
	page.says(`[data-finding="W-1"]`, "2021-12-24", "overdue", "CVE-2021-44228", "pay-1.roads.example", "BOD-22-01, row 1: by the day that the catalogue gives")
	v.get(page.attribute(`[data-finding="W-1"] th a`, "href"), 200)
	v.get(page.attribute(`[data-finding="W-1"] a[href^="/documents/"]`, "href"), 200)

	// the day on which it came to be overdue, and the one before
	page = v.get("/posture?at=2021-12-25", 200)
	page.says(`section[aria-labelledby="fresh"] [data-finding="W-1"]`, "overdue")
	page = v.get("/posture?at=2021-12-24", 200)
	page.says(`[data-owing="organisation:roads"]`, "roads", "0", "1", "1")
	page = v.get("/posture?at=2022-02-01&state=closed-late&organisation=organisation:harbours", 200)
	page.says(`[data-finding="H-4"]`, "closed late", "fixed 2022-01-06")

	// under the directive that came later, and what nobody knows
	page = v.get("/posture?at=2026-07-15", 200)
	page.says(`[data-finding="W-3"]`, "2026-08-19", "open", "BOD-26-04, row 17", "automatable is not known")

	page = v.get("/posture?at=2022-02-01&organisation=organisation:roads", 200)
	v.get(page.attribute(`a[href^="/posture/poam.json"]`, "href"), 200)

	page = v.get("/posture/exploited?at=2025-08-26", 200)
	page.says(`[data-cve="CVE-2021-26855"]`, "2021-04-16", "2022-05-03")
	v.get("/posture/exploited?at=2025-08-26&all=1", 200).says(`[data-cve="CVE-2021-44228"]`, "2021-12-24")

	takeIn(t, n, "ghost-findings.csv", "asset,cve,detected\n<b>,CVE-2021-44228,2021-12-20\nx,CVE-2021-44228,2021-12-20\n")
	v.get("/posture?at=2022-02-01", 200).says(`[data-owing=""]`, "in no inventory", "2")
}
