package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"

	"countersign.dev/internal/db"
	"countersign.dev/internal/problem"
)

// maxBody bounds a document's size, packed or not, in bytes.
const maxBody = 1 << 30

// Bodies are packed with zstd. The encoder and decoder are made once and are
// safe for concurrent use.
var (
	encoder = sync.OnceValue(func() *zstd.Encoder {
		e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithEncoderConcurrency(2))
		if err != nil {
			panic(err) // the options are constants
		}
		return e
	})
	decoder = sync.OnceValue(func() *zstd.Decoder {
		d, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(maxBody), zstd.WithDecoderConcurrency(2))
		if err != nil {
			panic(err)
		}
		return d
	})
)

func pack(b []byte) []byte { return encoder().EncodeAll(b, nil) }

func sum(b []byte) []byte {
	h := sha256.Sum256(b)
	return h[:]
}

// body reads and checks the bytes with this digest.
func body(ctx context.Context, tx *db.Tx, digest string) ([]byte, error) {
	var packed, packedSum []byte
	err := tx.QueryRow(ctx, `SELECT packed, packed_sha256 FROM body WHERE digest = $1`, digest).Scan(&packed, &packedSum)
	if errors.Is(err, errNoRows) {
		return nil, problem.New(problem.NotFound, "the body of %s was withdrawn", digest)
	}
	if err != nil {
		return nil, fmt.Errorf("body of %s: %w", digest, err)
	}
	return unpack(digest, packed, packedSum)
}

func unpack(digest string, packed, packedSum []byte) ([]byte, error) {
	if !bytes.Equal(sum(packed), packedSum) {
		return nil, fmt.Errorf("body of %s: its packed bytes are not those that were stored", digest)
	}
	b, err := decoder().DecodeAll(packed, nil)
	if err != nil {
		return nil, fmt.Errorf("body of %s: %w", digest, err)
	}
	if got := digestOf(b); got != digest {
		return nil, fmt.Errorf("body of %s: its bytes have digest %s", digest, got)
	}
	return b, nil
}
