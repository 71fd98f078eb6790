package attestation

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"strings"

	"countersign.dev/internal/assurance/sigstore"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// KindRoot is the kind of the trusted roots of Sigstore, and FactRoot of what
// they state.
const (
	KindRoot = "trust-root"
	FactRoot = "attestation.trust-root"
)

// RecogniseRoot tells a trusted root by its media type.
func RecogniseRoot(_ string, head []byte) bool {
	return bytes.Contains(head[:min(len(head), 4096)], []byte("application/vnd.dev.sigstore.trustedroot"))
}

// ReadRoot reads a trusted root for the ledger. A later one of the same
// authority takes its place: authorities keep old keys in their roots, with the
// days up to which they signed.
func ReadRoot(_ context.Context, _ string, b []byte, _ Limits) (*ledger.Reading, error) {
	if _, err := sigstore.ParseRoot(b); err != nil {
		return nil, err
	}
	id, err := authorityOf(b)
	if err != nil {
		return nil, err
	}
	return &ledger.Reading{
		Kind: KindRoot, Source: "trust-root/" + id, Mode: ledger.Chronicle, Rows: 1,
		Statements: []ledger.Statement{{Kind: FactRoot, Subject: "trust-root:" + id, Key: id, Body: anchor{id, string(b)}}},
	}, nil
}

// authorityOf is the host of the first authority of a root, by which its series
// is called.
func authorityOf(b []byte) (string, error) {
	var w struct {
		Authorities []struct {
			URI string `json:"uri"`
		} `json:"certificateAuthorities"`
		Logs []struct {
			URL string `json:"baseUrl"`
		} `json:"tlogs"`
	}
	if err := json.NewDecoder(bytes.NewReader(b)).Decode(&w); err != nil { // the first of several, one on a line
		return "", problem.New(problem.Invalid, "no trusted root of Sigstore (trusted_root.json): %v", err)
	}
	var uris []string
	for _, a := range w.Authorities {
		uris = append(uris, a.URI)
	}
	for _, l := range w.Logs {
		uris = append(uris, l.URL)
	}
	for _, uri := range uris {
		if u, err := url.Parse(uri); err == nil && u.Host != "" {
			return strings.ToLower(u.Host), nil
		}
	}
	return "", problem.New(problem.Invalid, "neither an authority nor a log of the trusted root has an address by which to call it")
}
