package feed

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"countersign.dev/feeds"
	"countersign.dev/internal/problem"
)

// Table is what can be fetched, in the order it was written.
type Table struct {
	Feeds []Feed
}

// Feed is one archive.
type Feed struct {
	Name     string        `json:"name"`
	What     string        `json:"what"`
	By       string        `json:"by"` // publisher
	Licence  string        `json:"licence"`
	Source   string        `json:"source"` // series in the ledger
	Kinds    []string      `json:"kinds"`  // of documents that it may bring
	Every    time.Duration `json:"-"`      // least time from one fetch to the next
	Limit    int64         `json:"limit"`  // bytes of one file as it is sent
	Verified bool          `json:"verified"`
	Files    []File        `json:"files"` // of one edition

	own bool // of a table that the operator gave, see [ParseTable]
}

// File is one file of a feed.
type File struct {
	Name string `json:"name"` // as the ledger calls it
	URL  string `json:"url"`
}

// Bounds of a table and of what is written in it.
const (
	maxTable  = 1 << 20 // bytes
	maxFeeds  = 1000
	maxFiles  = 16
	maxKinds  = 16
	maxText   = 300 // bytes of a text
	maxURL    = 2000
	maxLimit  = 1 << 30 // bytes of a file; what is taken in is held in memory
	leastWait = time.Minute
)

// format is the first line's promise: which form a table is written in.
const format = "feeds/v1"

type tableDoc struct {
	Countersign string    `yaml:"countersign"`
	Feeds       []feedDoc `yaml:"feeds"`
}

type feedDoc struct {
	Name     string    `yaml:"name"`
	What     string    `yaml:"what"`
	By       string    `yaml:"by"`
	Licence  string    `yaml:"licence"`
	Source   string    `yaml:"source"`
	Kinds    []string  `yaml:"kinds"`
	Every    string    `yaml:"every"`
	Limit    string    `yaml:"limit"`
	Verified *bool     `yaml:"verified"`
	Files    []fileDoc `yaml:"files"`
	line     int
}

type fileDoc struct {
	Name string `yaml:"name"`
	URL  string `yaml:"url"`
}

// UnmarshalYAML notes the line that a feed begins in.
func (d *feedDoc) UnmarshalYAML(n *yaml.Node) error {
	type plainDoc feedDoc
	// A node decodes without the decoder's strictness, which is made up for.
	if err := knownKeys(n, "name", "what", "by", "licence", "source", "kinds", "every", "limit", "verified", "files"); err != nil {
		return err
	}
	if err := n.Decode((*plainDoc)(d)); err != nil {
		return err
	}
	d.line = n.Line
	return nil
}

// UnmarshalYAML refuses what a file does not have.
func (d *fileDoc) UnmarshalYAML(n *yaml.Node) error {
	type plainDoc fileDoc
	if err := knownKeys(n, "name", "url"); err != nil {
		return err
	}
	return n.Decode((*plainDoc)(d))
}

// knownKeys refuses a mapping with other keys.
func knownKeys(n *yaml.Node, known ...string) error {
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: want a mapping with name and url here", n.Line)
	}
next:
	for i := 0; i+1 < len(n.Content); i += 2 {
		for _, k := range known {
			if n.Content[i].Value == k {
				continue next
			}
		}
		return fmt.Errorf("line %d: unknown field %q", n.Content[i].Line, n.Content[i].Value)
	}
	return nil
}

// Shipped is the table that the product ships.
func Shipped() (*Table, error) {
	text, err := feeds.FS.ReadFile("feeds.yaml")
	if err != nil {
		return nil, err
	}
	return parse(text, false)
}

// ParseTable reads a table that the operator gives. What it names is fetched
// though it be without TLS or at an address that is not public, such as a mirror
// in one's own network; where its servers lead on to has to keep the rules.
//
// It is strict: what it does not know, or finds missing, is an error of kind
// [problem.Invalid] that names the line.
func ParseTable(text []byte) (*Table, error) { return parse(text, true) }

func parse(text []byte, own bool) (*Table, error) {
	if len(text) > maxTable {
		return nil, problem.New(problem.TooLarge, "table of feeds: %d bytes, the limit is %d", len(text), maxTable)
	}
	var doc tableDoc
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	err := dec.Decode(&doc)
	switch {
	case errors.Is(err, io.EOF):
		err = errors.New("the file is empty")
	case err != nil:
		err = errors.New(plain(err))
	case doc.Countersign != format:
		err = fmt.Errorf("countersign: %q, want %s", doc.Countersign, format)
	case len(doc.Feeds) == 0 || len(doc.Feeds) > maxFeeds:
		err = fmt.Errorf("%d feeds, want 1 to %d", len(doc.Feeds), maxFeeds)
	}
	if err != nil {
		return nil, problem.New(problem.Invalid, "table of feeds: %w", err)
	}
	t := &Table{}
	seen := map[string]bool{}
	for i := range doc.Feeds {
		f, err := doc.Feeds[i].feed(own)
		if err == nil && seen[f.Name] {
			err = fmt.Errorf("a second feed %q", f.Name)
		}
		if err != nil {
			return nil, problem.New(problem.Invalid, "table of feeds: line %d: %w", doc.Feeds[i].line, err)
		}
		seen[f.Name] = true
		t.Feeds = append(t.Feeds, *f)
	}
	return t, nil
}

// plain says an error of the YAML decoder in one line.
func plain(err error) string {
	var typed *yaml.TypeError
	if errors.As(err, &typed) {
		return strings.Join(typed.Errors, "; ")
	}
	return strings.TrimPrefix(err.Error(), "yaml: ")
}

// Find is the feed of a name.
func (t *Table) Find(name string) (*Feed, error) {
	for i := range t.Feeds {
		if t.Feeds[i].Name == name {
			return &t.Feeds[i], nil
		}
	}
	return nil, problem.New(problem.NotFound, "no feed %q", name)
}

var (
	feedName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,62}$`)
	kindName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,62}$`)
	fileName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 ._-]{0,126}$`)
)

// feed is what is written, looked at.
func (d *feedDoc) feed(own bool) (*Feed, error) {
	if !feedName.MatchString(d.Name) {
		return nil, fmt.Errorf("name %q: want lower-case letters, digits, dots and hyphens", d.Name)
	}
	f := &Feed{
		Name: d.Name, What: d.What, By: d.By, Licence: d.Licence, Source: d.Source, Kinds: d.Kinds,
		Verified: d.Verified == nil || *d.Verified, own: own,
	}
	for name, text := range map[string]string{"what": d.What, "by": d.By, "licence": d.Licence, "source": d.Source} {
		if text == "" && !own || len(text) > maxText || strings.ContainsFunc(text, isControl) {
			return nil, fmt.Errorf("%s: %s: want a line of 1 to %d bytes", d.Name, name, maxText)
		}
	}
	if len(d.Kinds) == 0 || len(d.Kinds) > maxKinds {
		return nil, fmt.Errorf("%s: %d kinds, want 1 to %d", d.Name, len(d.Kinds), maxKinds)
	}
	for _, k := range d.Kinds {
		if !kindName.MatchString(k) {
			return nil, fmt.Errorf("%s: kind %q: want that of a document, as advisory.osv", d.Name, k)
		}
	}
	var err error
	if f.Every, err = time.ParseDuration(d.Every); err != nil || f.Every < leastWait {
		return nil, fmt.Errorf("%s: every %q: want a duration from %s on, as 6h", d.Name, d.Every, leastWait)
	}
	if f.Limit, err = parseSize(d.Limit); err != nil {
		return nil, fmt.Errorf("%s: limit %q: %w", d.Name, d.Limit, err)
	}
	return f, f.take(d.Files, own)
}

func isControl(r rune) bool { return r < 0x20 || r >= 0x7f && r < 0xa0 }

// take looks at the files of a feed.
func (f *Feed) take(files []fileDoc, own bool) error {
	if len(files) == 0 || len(files) > maxFiles {
		return fmt.Errorf("%s: %d files, want 1 to %d", f.Name, len(files), maxFiles)
	}
	seen := map[string]bool{}
	for _, d := range files {
		if !fileName.MatchString(d.Name) || seen[d.Name] || seen[d.URL] {
			return fmt.Errorf("%s: file %q: want a name of its own of letters, digits, spaces and . _ -, and a URL of its own", f.Name, d.Name)
		}
		u, err := url.Parse(d.URL)
		switch {
		case err != nil || len(d.URL) > maxURL || u.Host == "" || u.User != nil || u.Fragment != "":
			return fmt.Errorf("%s: url %q: want an address without user and fragment", f.Name, d.URL)
		case u.Scheme != "https" && (u.Scheme != "http" || !own):
			return fmt.Errorf("%s: url %q: want https", f.Name, d.URL)
		}
		seen[d.Name], seen[d.URL] = true, true
		f.Files = append(f.Files, File(d))
	}
	return nil
}

// parseSize reads a number of bytes, as "64 MiB".
func parseSize(s string) (int64, error) {
	number, unit, _ := strings.Cut(s, " ")
	n, err := strconv.ParseInt(number, 10, 64)
	factor := map[string]int64{"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}[unit]
	if err != nil || n < 1 || factor == 0 || n > maxLimit/factor {
		return 0, fmt.Errorf("want a size of up to %d GiB, as 64 MiB", maxLimit>>30)
	}
	return n * factor, nil
}
