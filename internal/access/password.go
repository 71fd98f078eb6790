package access

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"countersign.dev/internal/problem"
	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// The length of passwords. A password that is the only factor has at least 15
// characters (NIST SP 800-63B-4, section 3.1.1.2), and there are no rules on
// which; the upper bound only keeps hashing cheap.
const (
	MinPassword = 15   // characters
	MaxPassword = 1024 // bytes
)

// argon are the parameters of argon2id that a hash was made with.
type argon struct {
	memory  uint32 // KiB
	time    uint32
	threads uint8
}

// strong is the second recommended choice of RFC 9106, section 4: it takes
// 64 MiB and about a tenth of a second.
var strong = argon{memory: 64 << 10, time: 3, threads: 4}

const (
	saltLength = 16
	keyLength  = 32
)

// hasher makes and checks password hashes, a few at a time: each holds much
// memory, and anybody may cause one by trying to sign in.
type hasher struct {
	params argon
	slots  chan struct{}
	dummy  string // a hash that is checked where there is none, to take as long
}

func newHasher(params argon) *hasher {
	return &hasher{
		params: params, slots: make(chan struct{}, 2),
		dummy: params.format(make([]byte, saltLength), make([]byte, keyLength)),
	}
}

// checkPassword reports what keeps a text from being member's password.
func checkPassword(member, password string) error {
	switch n := utf8.RuneCountInString(password); {
	case !utf8.ValidString(password):
		return problem.New(problem.Invalid, "password is not valid UTF-8")
	case n < MinPassword:
		return problem.New(problem.Invalid, "password has %d characters: want at least %d", n, MinPassword)
	case len(password) > MaxPassword:
		return problem.New(problem.Invalid, "password has %d bytes: want at most %d", len(password), MaxPassword)
	case distinct(password) < 5:
		return problem.New(problem.Invalid, "password repeats too few characters: want at least 5 different ones")
	case strings.EqualFold(password, member):
		return problem.New(problem.Invalid, "password is the member's name")
	}
	return nil
}

func distinct(s string) int {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen)
}

func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer h.leave()
	salt := make([]byte, saltLength)
	rand.Read(salt)
	return h.params.format(salt, h.params.key(password, salt, keyLength)), nil
}

// verify reports whether password is the one that stored was made from, and
// whether stored was made with other parameters than are used today. An empty
// stored hash fits no password, and finding that out takes as long.
func (h *hasher) verify(ctx context.Context, stored, password string) (ok, outdated bool, err error) {
	if err := h.enter(ctx); err != nil {
		return false, false, err
	}
	defer h.leave()
	none := stored == ""
	if none {
		stored = h.dummy
	}
	params, salt, key, err := parseHash(stored)
	if err != nil {
		return false, false, err
	}
	got := params.key(password, salt, len(key))
	same := subtle.ConstantTimeCompare(got, key) == 1
	return same && !none, params != h.params, nil
}

func (h *hasher) enter(ctx context.Context) error {
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (h *hasher) leave() { <-h.slots }

// key normalises the password first (SP 800-63B-4, section 3.1.1.2), so that
// it is the same on every keyboard.
func (p argon) key(password string, salt []byte, length int) []byte {
	return argon2.IDKey(norm.NFKC.Bytes([]byte(password)), salt, p.time, p.memory, p.threads, uint32(length))
}

// format writes the PHC form: $argon2id$v=19$m=…,t=…,p=…$salt$key.
func (p argon) format(salt, key []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.time, p.threads,
		base64.RawStdEncoding.EncodeToString(salt),
		base64.RawStdEncoding.EncodeToString(key))
}

// parseHash reads the PHC form, within bounds that a damaged row cannot use to
// exhaust the machine.
func parseHash(s string) (p argon, salt, key []byte, err error) {
	fields := strings.Split(s, "$")
	if len(fields) != 6 || fields[0] != "" || fields[1] != "argon2id" || fields[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return p, nil, nil, fmt.Errorf("stored password hash is not argon2id version %d", argon2.Version)
	}
	if _, err := fmt.Sscanf(fields[3], "m=%d,t=%d,p=%d", &p.memory, &p.time, &p.threads); err != nil {
		return p, nil, nil, fmt.Errorf("stored password hash: parameters: %w", err)
	}
	if p.memory > 1<<20 || p.time < 1 || p.time > 64 || p.threads < 1 {
		return p, nil, nil, fmt.Errorf("stored password hash: parameters out of bounds")
	}
	if salt, err = base64.RawStdEncoding.DecodeString(fields[4]); err != nil {
		return p, nil, nil, fmt.Errorf("stored password hash: salt: %w", err)
	}
	if key, err = base64.RawStdEncoding.DecodeString(fields[5]); err != nil || len(key) < 16 || len(key) > 64 {
		return p, nil, nil, fmt.Errorf("stored password hash: malformed key")
	}
	return p, salt, key, nil
}
