package feed

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Validators are by what a server tells whether what it has is what was
// fetched (RFC 9110, section 8.8).
type Validators struct {
	ETag     string `json:"etag,omitempty"`
	Modified string `json:"modified,omitempty"` // Last-Modified, as it was sent
}

// IsZero reports whether there are none.
func (v Validators) IsZero() bool { return v == Validators{} }

// maxValidator bounds a validator that is kept, in bytes.
const maxValidator = 1000

// validators of a response.
func validators(h http.Header) Validators {
	v := Validators{ETag: h.Get("ETag"), Modified: h.Get("Last-Modified")}
	if len(v.ETag) > maxValidator {
		v.ETag = ""
	}
	if _, err := http.ParseTime(v.Modified); err != nil {
		v.Modified = ""
	}
	return v
}

// conditions makes a request one for what changed.
func (v Validators) conditions(h http.Header) {
	if v.ETag != "" {
		h.Set("If-None-Match", v.ETag)
	}
	if v.Modified != "" {
		h.Set("If-Modified-Since", v.Modified)
	}
}

// strong is a validator that tells the bytes themselves apart, which alone may
// stand in If-Range (RFC 9110, sections 8.8.2.2 and 13.1.5); "" when there is
// none. date is the response's own.
func (v Validators) strong(date string) string {
	if v.ETag != "" {
		if strings.HasPrefix(v.ETag, "W/") {
			return ""
		}
		return v.ETag
	}
	modified, err := http.ParseTime(v.Modified)
	sent, bad := http.ParseTime(date)
	if err != nil || bad != nil || sent.Sub(modified) < time.Second {
		return ""
	}
	return v.Modified
}

// sameAs reports whether what a server sent the rest with does not contradict
// what it sent the beginning with: not every server keeps If-Range.
func (v Validators) sameAs(rest Validators) bool {
	if v.ETag != "" && rest.ETag != "" {
		return v.ETag == rest.ETag
	}
	return v.Modified == "" || rest.Modified == "" || v.Modified == rest.Modified
}

// part is a file on its way. Beside its bytes lies a note of what they are the
// beginning of. The note is written first, and its size only after the bytes up
// to there are on the disk: after a stop at any moment, of the machine too, the
// first size bytes are those of the file that the note names. What lies behind
// is cut away.
type part struct {
	path string // of the bytes; the note has .json behind
	note note
}

type note struct {
	URL    string     `json:"url"`
	Held   Validators `json:"validators"`
	Strong string     `json:"strong"` // of them; "" when it cannot be gone on with
	Size   int64      `json:"size"`   // bytes that are there for certain
	Total  int64      `json:"total"`  // -1 when not said
}

// openPart finds what is there of a file.
func openPart(dir string, feed *Feed, file File) *part {
	sum := sha256.Sum256([]byte(file.URL))
	p := &part{path: filepath.Join(dir, feed.Name+"-"+hex.EncodeToString(sum[:8])+".part")}
	b, err := os.ReadFile(p.path + ".json")
	if err != nil || json.Unmarshal(b, &p.note) != nil || p.note.URL != file.URL || p.note.Strong == "" {
		p.note = note{}
		return p
	}
	info, err := os.Stat(p.path)
	if err != nil || info.Size() < p.note.Size {
		p.note = note{}
	}
	return p
}

// have is how many bytes are there to go on from.
func (p *part) have() int64 { return p.note.Size }

// begin forgets what is there, for a file from its first byte on.
func (p *part) begin(n note) error {
	if err := p.remove(); err != nil {
		return err
	}
	p.note = n
	return p.keep()
}

// keep writes the note, whole or not at all.
func (p *part) keep() error {
	b, err := json.Marshal(p.note)
	if err != nil {
		return err
	}
	next := p.path + ".json.new"
	if err := os.WriteFile(next, b, 0o600); err != nil {
		return fmt.Errorf("%w: %w", errDisk, err)
	}
	if err := os.Rename(next, p.path+".json"); err != nil {
		return fmt.Errorf("%w: %w", errDisk, err)
	}
	return nil
}

// remove forgets the file.
func (p *part) remove() error {
	p.note = note{}
	for _, path := range []string{p.path + ".json", p.path} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%w: %w", errDisk, err)
		}
	}
	return nil
}

// keepParts is how long a part is kept that nobody goes on with.
const keepParts = 14 * 24 * time.Hour

// sweep removes parts that nobody has gone on with since: of feeds that are no
// longer fetched.
func sweep(dir string, since time.Time) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("%w: %w", errDisk, err)
	}
	for _, e := range entries {
		name, _, _ := strings.Cut(e.Name(), ".json")
		if !strings.HasSuffix(name, ".part") {
			continue
		}
		info, err := e.Info()
		if err != nil || info.ModTime().After(since) {
			continue // gone meanwhile, or still of use
		}
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%w: %w", errDisk, err)
		}
	}
	return nil
}

// syncEvery is after how many bytes the disk is waited for.
const syncEvery = 16 << 20

// errDisk marks a file that could not be kept here.
var errDisk = errors.New("keep a part")

// errTooMuch ends what would grow beyond its limit.
var errTooMuch = errors.New("larger than its limit")

// write appends what r gives, at most to limit bytes in all. What came before
// an error stays.
func (p *part) write(r io.Reader, limit int64, came func(size int64)) (err error) {
	f, err := os.OpenFile(p.path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("%w: %w", errDisk, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := f.Truncate(p.note.Size); err != nil {
		return fmt.Errorf("%w: %w", errDisk, err)
	}
	if _, err := f.Seek(p.note.Size, io.SeekStart); err != nil {
		return fmt.Errorf("%w: %w", errDisk, err)
	}
	for {
		n, failure := io.CopyN(&counted{f, p.note.Size, came}, r, min(syncEvery, limit-p.note.Size+1))
		if p.note.Size+n > limit {
			return errTooMuch
		}
		if n > 0 {
			if err := f.Sync(); err != nil {
				return fmt.Errorf("%w: %w", errDisk, err)
			}
			p.note.Size += n
			if err := p.keep(); err != nil {
				return err
			}
		}
		if errors.Is(failure, io.EOF) {
			return nil
		}
		if failure != nil {
			return failure
		}
	}
}

// counted tells how far a file has come.
type counted struct {
	w    io.Writer
	size int64
	came func(size int64)
}

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.size += int64(n)
	c.came(c.size)
	if err != nil {
		err = fmt.Errorf("%w: %w", errDisk, err)
	}
	return n, err
}
