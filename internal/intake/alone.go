package intake

import (
	"bytes"
	"context"
	"io"
	"strings"

	"countersign.dev/internal/software"
)

// Alone reports whether a file is an edition by itself, so that it can be taken
// in without waiting for others: a bill of materials, an advisory, a statement.
// What cannot be recognised is not.
func Alone(f File) bool {
	head := headOf(f.Bytes)
	if p := packedBy(head); p != nil {
		z, err := p.open(bytes.NewReader(f.Bytes))
		if err != nil {
			return false
		}
		if c, ok := z.(interface{ Close() }); ok {
			defer c.Close()
		}
		head = make([]byte, headSize)
		n, _ := io.ReadFull(z, head) // what cannot be unpacked is told when it is read
		head = head[:n]
	}
	for _, of := range formats {
		if of.recognise(f.Name, head) {
			return of.alone
		}
	}
	return false
}

// Unpack is the file as it is kept: what comes packed, unpacked.
func Unpack(f File) (File, error) { return open(f, Limits{}) }

// IsBill reports whether a file is a bill of materials.
func IsBill(f File) bool {
	f, err := open(f, Limits{})
	if err != nil {
		return false
	}
	for _, of := range softwareFormats[:billFormats] {
		if of.recognise(f.Name, headOf(f.Bytes)) {
			return true
		}
	}
	return false
}

// Describes is the digests, as "sha256:…", that a bill of materials gives of its
// release.
func Describes(ctx context.Context, f File) ([]string, error) {
	editions, failed := Read(ctx, []File{f}, Options{})
	if len(failed) > 0 {
		return nil, failed[0]
	}
	var out []string
	for _, e := range editions {
		for _, file := range e.Files {
			for _, s := range file.Reading.Statements {
				if r, ok := s.Body.(*software.Release); ok {
					out = append(out, digestsOf(r)...)
				}
			}
		}
	}
	return out, nil
}

func digestsOf(r *software.Release) []string {
	var out []string
	for _, h := range r.Hashes {
		if h.Algorithm == "SHA-256" {
			out = append(out, "sha256:"+strings.ToLower(h.Value))
		}
	}
	if strings.HasPrefix(r.Version, "sha256:") {
		out = append(out, r.Version) // an image, called by its digest
	}
	return out
}
