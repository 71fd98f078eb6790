package access

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	"countersign.dev/internal/db"
)

// ReaderOfPassword is the member whose password this is, without a session: for
// programs that send both with every request (RFC 7617). It answers as
// [Store.SignIn] does, and counts failures with it.
//
// A password that was right is not hashed again for [PasswordRemembered]. What is
// kept meanwhile is a keyed digest of name and password, and which stored hash
// they fit; each use compares that with the stored hash of that moment, so a
// password that was changed and a member that was disabled are refused at once,
// and roles are those of now.
func (s *Store) ReaderOfPassword(ctx context.Context, member, password string) (Reader, error) {
	if !validMember(member) || len(password) > MaxPassword {
		return Reader{}, errSignIn
	}
	tag := s.passwords.tag(member, password)
	for {
		stored, others := s.passwords.begin(tag, s.Now())
		switch {
		case stored != "":
			r, ok, err := s.stillFits(ctx, member, stored)
			if err != nil || ok {
				return r, err
			}
			s.passwords.forget(tag)
		case others != nil: // one check at a time, or a client's first requests count as many failures
			select {
			case <-others:
			case <-ctx.Done():
				return Reader{}, ctx.Err()
			}
		default:
			return s.checkFor(ctx, tag, member, password)
		}
	}
}

// ReaderOfRemembered is the member whose password this is, when it was found out
// before and is remembered. It costs little, so that it can be asked for those
// who must not have a password checked now.
func (s *Store) ReaderOfRemembered(ctx context.Context, member, password string) (r Reader, ok bool, err error) {
	stored := s.passwords.known(s.passwords.tag(member, password), s.Now())
	if stored == "" {
		return Reader{}, false, nil
	}
	return s.stillFits(ctx, member, stored)
}

// checkFor checks a password and remembers it when it is right.
func (s *Store) checkFor(ctx context.Context, tag passwordTag, member, password string) (Reader, error) {
	fits := ""
	defer func() { s.passwords.end(tag, fits, s.Now()) }()
	c, err := s.authenticate(ctx, member, password)
	if err != nil {
		return Reader{}, err
	}
	if c.keep != c.was {
		s.note(ctx, `UPDATE member SET password = $1 WHERE name = $2 AND password = $3`, c.keep, member, c.was)
	}
	// Where the new hash could not be noted, the old one is still there.
	for _, stored := range []string{c.keep, c.was} {
		r, ok, err := s.stillFits(ctx, member, stored)
		if err != nil {
			return Reader{}, err
		}
		if ok {
			fits = stored
			return r, nil
		}
	}
	return Reader{}, errSignIn
}

// stillFits is the member, when it is active and its stored hash is this one.
func (s *Store) stillFits(ctx context.Context, member, stored string) (r Reader, ok bool, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		a, err := accountOf(ctx, tx, member)
		if err != nil || !a.active || a.password != stored {
			return err
		}
		ok = true
		r, err = readerOf(ctx, tx, member)
		return err
	})
	if err != nil {
		return Reader{}, false, fmt.Errorf("sign in %s: %w", member, err)
	}
	return r, ok, nil
}

// PasswordRemembered is how long a password that was right is not hashed again.
const PasswordRemembered = 10 * time.Minute

// maxRemembered passwords are kept; when there are more, all are forgotten.
const maxRemembered = 10_000

type passwordTag [sha256.Size]byte

// remembered is the passwords that were right lately, none of which can be read
// from it, and those that are being checked.
type remembered struct {
	key []byte // random, so that digests are of no use to another process

	mu       sync.Mutex
	right    map[passwordTag]rightPassword
	checking map[passwordTag]chan struct{} // closed when done
}

type rightPassword struct {
	stored string // hash that it fits
	until  time.Time
}

func newRemembered() *remembered {
	key := make([]byte, sha256.Size)
	rand.Read(key)
	return &remembered{key: key, right: map[passwordTag]rightPassword{}, checking: map[passwordTag]chan struct{}{}}
}

func (m *remembered) tag(member, password string) passwordTag {
	h := hmac.New(sha256.New, m.key)
	h.Write([]byte(member)) // has no zero byte
	h.Write([]byte{0})
	h.Write([]byte(password))
	return passwordTag(h.Sum(nil))
}

// known is the stored hash that a remembered password fits.
func (m *remembered) known(tag passwordTag, now time.Time) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r, ok := m.right[tag]; ok && now.Before(r.until) {
		return r.stored
	}
	return ""
}

// begin is the stored hash that a remembered password fits, or else a channel
// that is closed when another has checked it. When it is neither, the caller is
// to check, and to say so by end.
func (m *remembered) begin(tag passwordTag, now time.Time) (stored string, others <-chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r, ok := m.right[tag]; ok && now.Before(r.until) {
		return r.stored, nil
	}
	if c, ok := m.checking[tag]; ok {
		return "", c
	}
	m.checking[tag] = make(chan struct{})
	return "", nil
}

// end notes what a check came to; stored is "" for a password that was wrong.
func (m *remembered) end(tag passwordTag, stored string, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if stored != "" {
		if len(m.right) >= maxRemembered {
			clear(m.right)
		}
		m.right[tag] = rightPassword{stored, now.Add(PasswordRemembered)}
	}
	close(m.checking[tag])
	delete(m.checking, tag)
}

func (m *remembered) forget(tag passwordTag) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.right, tag)
}
