package notice

import (
	"context"
	"crypto/sha256"
	"encoding/xml"
	"fmt"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/watch"
)

func digestOf(s string) []byte {
	h := sha256.Sum256([]byte(s))
	return h[:16]
}

// Told is a change in a feed.
type Told struct {
	Message
	Recorded time.Time `json:"recorded"`
}

// The limits of a feed.
const (
	maxTold  = 500
	feedPage = 500 // decisions that are looked at in one go
	maxPages = 20
)

// Changes is the changes that a reader may see, newest first. It looks at no
// more than the newest 10,000 decisions that the reader may see.
func Changes(ctx context.Context, b *Book, l *ledger.Ledger, reader access.Reader, base string, limit int) ([]Told, error) {
	ask, err := l.Resolve(ctx, access.Ask{Reader: reader, At: access.At{Known: access.Forever}})
	if err != nil {
		return nil, err
	}
	limit = min(max(limit, 1), maxTold)
	out, before := []Told{}, int64(0)
	for range maxPages {
		entries, err := l.List(ctx, ask, ledger.Filter{Kind: watch.KindDecision, Newest: true, Before: before, Limit: feedPage})
		if err != nil || len(entries) == 0 {
			return out, err
		}
		before = entries[len(entries)-1].Position
		replaces, err := b.replaced(ctx, before, entries[0].Position)
		if err != nil {
			return nil, err
		}
		for i := range entries {
			e := &entries[i]
			old, ok := replaces[e.Position]
			if !ok || e.Withdrawn != "" {
				continue
			}
			m, err := Read(ctx, l, reader, e.Digest, old)
			if problem.KindOf(err) == problem.NotFound {
				continue // withdrawn since it was listed
			}
			if err != nil {
				return nil, err
			}
			m.URL = linkTo(base, m.Decision)
			out = append(out, Told{*m, e.Received})
			if len(out) == limit {
				return out, nil
			}
		}
		if len(entries) < feedPage {
			break
		}
	}
	return out, nil
}

// replaced is the changes between two positions, both included: what each
// replaced.
func (b *Book) replaced(ctx context.Context, from, upto int64) (map[int64]string, error) {
	out := map[int64]string{}
	err := b.DB.Read(ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, `SELECT position, replaces FROM notice_change WHERE position >= $1 AND position <= $2`, from, upto)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var position int64
			var digest string
			if err := rows.Scan(&position, &digest); err != nil {
				return err
			}
			out[position] = digest
		}
		return rows.Err()
	})
	return out, err
}

// What a feed is made of (RFC 4287).
type (
	atomFeed struct {
		XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
		ID      string      `xml:"id"`
		Title   string      `xml:"title"`
		Updated string      `xml:"updated"`
		Author  atomAuthor  `xml:"author"`
		Links   []atomLink  `xml:"link"`
		Entries []atomEntry `xml:"entry"`
	}
	atomAuthor struct {
		Name string `xml:"name"`
	}
	atomLink struct {
		Rel  string `xml:"rel,attr"`
		Href string `xml:"href,attr"`
	}
	atomEntry struct {
		ID         string         `xml:"id"`
		Title      string         `xml:"title"`
		Updated    string         `xml:"updated"`
		Links      []atomLink     `xml:"link"`
		Categories []atomCategory `xml:"category"`
		Content    atomText       `xml:"content"`
	}
	atomCategory struct {
		Term string `xml:"term,attr"`
	}
	atomText struct {
		Type string `xml:"type,attr"`
		Text string `xml:",chardata"`
	}
)

// Atom writes changes as a feed. Origin is the name of the log, self the address
// of the feed. The id of an entry is made of the digest of its decision, so that
// it stays the same wherever and whenever the feed is read.
func Atom(origin, self string, told []Told) ([]byte, error) {
	f := atomFeed{
		ID: "urn:countersign:" + origin + ":changes", Title: "Changed decisions, " + origin, Author: atomAuthor{"countersign"},
		Updated: time.Unix(0, 0).UTC().Format(time.RFC3339), Links: []atomLink{{"self", self}}, Entries: []atomEntry{},
	}
	for i := range told {
		m := &told[i]
		at := m.Recorded.UTC().Format(time.RFC3339)
		if i == 0 {
			f.Updated = at
		}
		e := atomEntry{ID: "urn:countersign:decision:" + strings.TrimPrefix(m.Decision, "sha256:"), Title: m.Title(), Updated: at, Content: atomText{"text", m.Text()}}
		if m.URL != "" {
			e.Links = []atomLink{{"alternate", m.URL}}
		}
		e.Categories = []atomCategory{{string(m.Is)}}
		if m.Purpose != "" {
			e.Categories = append(e.Categories, atomCategory{m.Purpose})
		}
		f.Entries = append(f.Entries, e)
	}
	b, err := xml.MarshalIndent(&f, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("feed: %w", err)
	}
	return append([]byte(xml.Header), append(b, '\n')...), nil
}
