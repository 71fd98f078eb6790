package verify

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"strconv"
	"strings"

	"countersign.dev/internal/problem"
)

// digestsOf is the digests of the artifact that the question names, by
// algorithm; nil when it names none.
func (c *checker) digestsOf() (map[string]string, error) {
	var named map[string]string
	if c.q.Digest != "" {
		algorithm, value, err := parseDigest(c.q.Digest)
		if err != nil {
			return nil, err
		}
		named = map[string]string{algorithm: value}
	}
	if c.q.Artifact == nil {
		return named, nil
	}
	digests, err := hashAll(c.q.Artifact)
	if err != nil {
		return nil, err
	}
	for algorithm, value := range named {
		if of, known := digests[algorithm]; known && of != value {
			return nil, problem.New(problem.Invalid, "%s has %s digest %s, not %s", c.q.Artifact.Name, algorithm, of, value)
		}
	}
	return digests, nil
}

// hashAll reads the artifact once and gives the digests that may bind it. SHA-1
// and MD5 are not among them: two files with one such digest can be made.
func hashAll(a *Artifact) (map[string]string, error) {
	f, err := a.Open()
	if err != nil {
		return nil, problem.New(problem.NotFound, "%s: %v", a.Name, err)
	}
	defer f.Close()
	hashes := map[string]hash.Hash{"sha256": sha256.New(), "sha384": sha512.New384(), "sha512": sha512.New()}
	var all []io.Writer
	for _, h := range hashes {
		all = append(all, h)
	}
	if _, err := io.Copy(io.MultiWriter(all...), f); err != nil {
		return nil, fmt.Errorf("read %s: %w", a.Name, err)
	}
	out := map[string]string{}
	for name, h := range hashes {
		out[name] = hex.EncodeToString(h.Sum(nil))
	}
	return out, nil
}

// lengths of digests in hex tell the algorithm where nobody names it.
var lengths = map[int]string{64: "sha256", 96: "sha384", 128: "sha512"}

// parseDigest reads "sha256:…", or hex alone.
func parseDigest(text string) (algorithm, value string, err error) {
	algorithm, value, ok := strings.Cut(text, ":")
	if !ok {
		algorithm, value = lengths[len(text)], text
	}
	algorithm, value = strings.ToLower(algorithm), strings.ToLower(value)
	raw, bad := hex.DecodeString(value)
	want := map[string]int{"sha256": 32, "sha384": 48, "sha512": 64}[algorithm]
	if algorithm == "" || value == "" || want > 0 && (bad != nil || len(raw) != want) {
		return "", "", problem.New(problem.Invalid, "digest %q: want an algorithm and hex, as sha256:…", text)
	}
	return algorithm, value, nil
}

// inMemory is a file as an artifact.
func inMemory(f File) *Artifact {
	return &Artifact{Name: f.Name, Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(f.Bytes)), nil }}
}

func lowerKeys(digests map[string]string) map[string]string {
	out := map[string]string{}
	for algorithm, value := range digests {
		out[strings.ToLower(algorithm)] = value
	}
	return out
}

// named puts the name of a file before an error, and keeps its kind.
func named(name string, err error) error {
	return problem.New(problem.KindOf(err), "%s: %s", name, problem.Message(err))
}

// at is a place in a file, as "a.json, attestation 2".
func at(name, what string, n int) string { return name + ", " + what + " " + strconv.Itoa(n) }
