package sigstore

import (
	"bytes"
	"strings"

	"github.com/sigstore/sigstore-go/pkg/root"

	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/problem"
)

// Bounds of a trusted root. Sigstore's own has 8 kilobytes.
const (
	maxRootBytes = 4 << 20
	maxRoots     = 16
)

// Root is whom to trust: certificate authorities, certificate and transparency
// logs and timestamp authorities, each from when to when. It is read once and
// then serves any number of verifications at the same time.
type Root struct {
	instances []*root.TrustedRoot
}

// ParseRoot reads a trusted root as Sigstore publishes it (trusted_root.json),
// or several, one on a line, as "gh attestation trusted-root" prints them.
func ParseRoot(b []byte) (*Root, error) {
	if len(b) > maxRootBytes {
		return nil, problem.New(problem.TooLarge, "%d bytes, the limit of a trusted root is %d", len(b), maxRootBytes)
	}
	r := &Root{}
	if dsse.Strict(b, dsse.Limits{}) == nil {
		return r, r.add(b)
	}
	for line := range bytes.Lines(b) {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if len(r.instances) == maxRoots {
			return nil, problem.New(problem.TooLarge, "more than %d trusted roots", maxRoots)
		}
		if err := r.add(line); err != nil {
			return nil, err
		}
	}
	if len(r.instances) == 0 {
		return nil, problem.New(problem.Invalid, "empty; want a trusted root of Sigstore (trusted_root.json)")
	}
	return r, nil
}

func (r *Root) add(b []byte) error {
	if err := dsse.Strict(b, dsse.Limits{}); err != nil {
		return err
	}
	instance, err := root.NewTrustedRootFromJSON(b)
	if err != nil {
		return problem.New(problem.Invalid, "no trusted root of Sigstore (trusted_root.json): %s", plain(err))
	}
	r.instances = append(r.instances, instance)
	return nil
}

// maxReason bounds the words of the library: it quotes what it was given.
const maxReason = 300

// plain is the library's message on one line, not longer than a reason.
func plain(err error) string {
	// Protobuf's messages begin with a non-breaking space, now and then.
	text := strings.Join(strings.Fields(strings.ReplaceAll(err.Error(), "\u00a0", " ")), " ")
	if len(text) > maxReason {
		text = strings.ToValidUTF8(text[:maxReason], "") + "…"
	}
	return text
}
