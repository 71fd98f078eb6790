package mud

import (
	"net/url"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
)

// Kind is the kind of the documents and of what they state.
const Kind = "evidence.mud"

// Evidence is the body of the statement: what an assessor looks at.
type Evidence struct {
	Document     string   `json:"document"` // digest of the file
	URL          string   `json:"mud_url"`
	LastUpdate   string   `json:"last_update,omitempty"` // RFC 3339
	Hours        int      `json:"cache_validity_hours"`
	Supported    *bool    `json:"supported,omitempty"` // nil when the file is silent
	Manufacturer string   `json:"manufacturer,omitempty"`
	Model        string   `json:"model,omitempty"`
	SystemInfo   string   `json:"system_info,omitempty"`
	FirmwareRev  string   `json:"firmware_rev,omitempty"`
	SoftwareRev  string   `json:"software_rev,omitempty"`
	Signature    string   `json:"signature_url,omitempty"`
	Hosts        []Host   `json:"hosts,omitempty"`
	Peers        []Peer   `json:"peers,omitempty"`
	Extensions   []string `json:"extensions,omitempty"`
	Sound        bool     `json:"sound"`
	Broken       []string `json:"broken,omitempty"` // rules of the RFC that leave no choice
}

// Compare is [Compare] on what the ledger keeps of a file.
func (e *Evidence) Compare(declared []string) Comparison { return compare(e.Hosts, e.Peers, declared) }

// Reaches is the hosts of the internet that the device may reach or be reached
// by, by name or as blocks of addresses, sorted, and whether it may reach them
// all.
func (e *Evidence) Reaches() (hosts []string, everybody bool) {
	for _, h := range e.Hosts {
		if h.Scope == "" || h.Scope == Global {
			hosts = append(hosts, h.Name)
		}
	}
	slices.Sort(hosts)
	return slices.Compact(hosts), len(anywhere(e.Peers)) > 0
}

// Reading is what the ledger keeps of a file whose bytes have the digest. A
// file is an edition of the series that its MUD URL names: a later one takes
// its place from the day of its last update.
func Reading(f *File, digest string) *ledger.Reading {
	e := Evidence{
		Document: digest, URL: f.URL, Hours: int(f.Validity.Hours()), Manufacturer: f.Manufacturer, Model: f.Model, SystemInfo: f.SystemInfo,
		FirmwareRev: f.FirmwareRev, SoftwareRev: f.SoftwareRev, Signature: f.Signature, Hosts: f.Hosts, Peers: f.Peers, Sound: f.Sound(),
	}
	out := &ledger.Reading{
		Kind: Kind, Source: "evidence/mud/" + series(f.URL), Mode: ledger.Snapshot, Rows: len(f.Hosts) + len(f.Peers), Warnings: f.Warnings(),
	}
	if !f.LastUpdate.IsZero() {
		e.LastUpdate = f.LastUpdate.Format("2006-01-02T15:04:05Z07:00")
		out.Published = access.DateOf(f.LastUpdate)
	}
	if f.SupportSaid {
		e.Supported = &f.Supported
	}
	for _, x := range f.Extensions {
		e.Extensions = append(e.Extensions, x.Name)
	}
	for _, w := range f.Flaws {
		if w.Must {
			e.Broken = append(e.Broken, w.String())
		}
	}
	out.Statements = []ledger.Statement{{Kind: Kind, Subject: f.URL, Key: "usage", Term: f.URL, Body: e}}
	return out
}

// series is a MUD URL without its scheme.
func series(mudURL string) string {
	u, err := url.Parse(mudURL)
	if err != nil || u.Host == "" {
		return strings.TrimPrefix(mudURL, "https://")
	}
	return strings.ToLower(u.Host) + u.RequestURI()
}
