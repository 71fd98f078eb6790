package verify

import (
	"crypto/x509"
	_ "embed"
	"encoding/base64"
	"fmt"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"

	"countersign.dev/internal/assurance/dsse"
)

//go:embed publishers.yaml
var publishersYAML []byte

// Formats for which keys of publishers are known.
const (
	formatNPM        = "npm"
	formatCloudBuild = "cloud-build"
)

// knownKey is a key that is trusted from the start for one format.
type knownKey struct {
	ID        string // as attestations call it
	Publisher string
	Source    string // where the key was read
	Until     time.Time
	Bare      bool // signs the bare payload
	Key       dsse.PublicKey
}

type wirePublisher struct {
	Format    string `yaml:"format"`
	Publisher string `yaml:"publisher"`
	Source    string `yaml:"source"`
	Signs     string `yaml:"signs"`
	Keys      []struct {
		ID    string    `yaml:"id"`
		Until time.Time `yaml:"until"`
		Key   string    `yaml:"key"` // base64 of the DER SubjectPublicKeyInfo
	} `yaml:"keys"`
}

// known is the keys by format and by the name that attestations call them by.
var known = sync.OnceValues(func() (map[string]map[string]knownKey, error) {
	var publishers []wirePublisher
	if err := yaml.Unmarshal(publishersYAML, &publishers); err != nil {
		return nil, fmt.Errorf("publishers.yaml: %w", err)
	}
	out := map[string]map[string]knownKey{formatNPM: {}, formatCloudBuild: {}}
	for _, p := range publishers {
		if out[p.Format] == nil || p.Signs != "pae" && p.Signs != "payload" {
			return nil, fmt.Errorf("publishers.yaml: %s: format %q, signs %q", p.Publisher, p.Format, p.Signs)
		}
		for _, k := range p.Keys {
			key, err := parseSPKI(k.Key)
			if err != nil {
				return nil, fmt.Errorf("publishers.yaml: %s: %w", k.ID, err)
			}
			out[p.Format][k.ID] = knownKey{ID: k.ID, Publisher: p.Publisher, Source: p.Source, Until: k.Until, Bare: p.Signs == "payload", Key: key}
		}
	}
	return out, nil
})

func parseSPKI(text string) (dsse.PublicKey, error) {
	der, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return dsse.PublicKey{}, err
	}
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return dsse.PublicKey{}, err
	}
	return dsse.NewPublicKey(key)
}
