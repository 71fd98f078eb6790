package node

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"

	"countersign.dev/internal/ledger"
)

// WriteKeys makes the keys of a new log and writes them to two files, which
// must not exist. The origin is a random name below countersign.local: it only
// has to be unlike that of other logs.
func WriteKeys(signingKey, publicKey string) error {
	name := make([]byte, 8)
	rand.Read(name)
	signing, public, err := ledger.GenerateKey("countersign.local/" + hex.EncodeToString(name))
	if err != nil {
		return err
	}
	if err := writeNew(signingKey, signing+"\n", 0o600); err != nil {
		return fmt.Errorf("signing key: %w", err)
	}
	if err := writeNew(publicKey, public+"\n", 0o644); err != nil {
		return errors.Join(fmt.Errorf("public key: %w", err), os.Remove(signingKey))
	}
	return nil
}

// writeNew writes a file that must not exist and makes it durable.
func writeNew(path, content string, mode os.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.WriteString(content)
	return errors.Join(err, f.Sync(), f.Close())
}

func trim(b []byte) string { return strings.TrimSpace(string(b)) }
