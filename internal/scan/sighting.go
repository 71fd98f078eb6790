package scan

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign.dev/internal/sharing/marking"
)

// Sighting is what can be sent back of an indicator that was seen.
type Sighting struct {
	Indicator Indicator
	Body      []byte // a STIX sighting
}

// maxDigests bounds the lines that a sighting names.
const maxDigests = 5

// maxCount is the most that a sighting may count (STIX 2.1 section 5.2).
const maxCount = 999_999_999

// Sightings sums hits up as STIX sightings, one for each indicator that is an
// object of STIX, in the order of their first hits. Each carries the markings of
// its indicator: what was seen says no less than what was looked for. Of an
// indicator for everybody it carries none, and so gets what its community gives to
// what is unmarked: that somebody was hit is not for everybody.
func Sightings(hits []Hit, now time.Time) (out []Sighting) {
	type sum struct {
		Indicator
		count       int
		first, last time.Time
		digests     []string
	}
	sums := map[string]*sum{}
	var order []*sum
	for i := range hits {
		h := &hits[i]
		if !strings.HasPrefix(h.Indicator.ID, "indicator--") {
			continue
		}
		s := sums[h.Indicator.ID]
		if s == nil {
			s = &sum{Indicator: h.Indicator}
			sums[h.Indicator.ID] = s
			order = append(order, s)
		}
		s.count++
		if t := h.Time; !t.IsZero() && (s.first.IsZero() || t.Before(s.first)) {
			s.first = t
		}
		if h.Time.After(s.last) {
			s.last = h.Time
		}
		if len(s.digests) < maxDigests {
			s.digests = append(s.digests, h.SHA256)
		}
	}
	stamp := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format("2006-01-02T15:04:05.000Z")
	}
	for _, s := range order {
		body, err := json.Marshal(struct {
			Type        string   `json:"type"`
			SpecVersion string   `json:"spec_version"`
			ID          string   `json:"id"`
			Created     string   `json:"created"`
			Modified    string   `json:"modified"`
			Description string   `json:"description"`
			First       string   `json:"first_seen,omitempty"`
			Last        string   `json:"last_seen,omitempty"`
			Count       int      `json:"count"`
			Of          string   `json:"sighting_of_ref"`
			Refs        []string `json:"object_marking_refs,omitempty"`
		}{
			"sighting", "2.1", "sighting--" + newUUID(), stamp(now), stamp(now), "Found in logs, in lines with the SHA-256 " + strings.Join(s.digests, ", "),
			stamp(s.first), stamp(s.last), min(s.count, maxCount), s.ID, restricting(s.Refs),
		})
		if err == nil { // texts and numbers
			out = append(out, Sighting{s.Indicator, body})
		}
	}
	return out
}

// restricting leaves out the markings that are for everybody.
func restricting(refs []string) []string {
	return slices.DeleteFunc(slices.Clone(refs), func(ref string) bool {
		level, ok := marking.Standard(ref)
		return ok && level == marking.Clear
	})
}

// newUUID is a random UUID (RFC 9562, version 4).
func newUUID() string {
	b := make([]byte, 16)
	rand.Read(b)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
