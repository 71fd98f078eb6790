package bulletin

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"countersign.dev/internal/db"
	"countersign.dev/internal/notice"
	"countersign.dev/internal/notice/outbox"
	"countersign.dev/internal/problem"
)

// The ways by which letters go.
const (
	ByLedger  = "ledger"
	ByMail    = notice.ByMail
	ByWebhook = notice.ByWebhook
	ByTAXII   = "taxii"
)

const deliveryTable = "bulletin_delivery"

// Contact is how an organisation is reached.
type Contact struct {
	Organisation string    `json:"organisation"` // as in audiences
	Mail         string    `json:"mail,omitempty"`
	Webhook      string    `json:"webhook,omitempty"`
	Collection   string    `json:"collection,omitempty"` // community and collection, as "fceb/indicators"
	Member       string    `json:"member"`               // who said so
	Changed      time.Time `json:"changed"`

	secret notice.Secret
}

// String hides the secret from logs, which shows in fields that package fmt
// cannot ask.
func (c Contact) String() string {
	return strings.Join([]string{c.Organisation, c.Mail, c.Webhook, c.Collection}, " ")
}

// GoString hides the secret from logs.
func (c Contact) GoString() string { return c.String() }

// Delivery is how a letter stands on one way.
type Delivery struct {
	ID           string       `json:"id"`
	Organisation string       `json:"organisation"`
	Way          string       `json:"way"`
	To           string       `json:"to,omitempty"`
	State        outbox.State `json:"state"`
	Attempts     int          `json:"attempts"`
	Failure      string       `json:"failure,omitempty"`
	Created      time.Time    `json:"created"`
	Ended        time.Time    `json:"ended,omitzero"`

	bulletin string
	position int64
}

// Book keeps contacts, and how deliveries stand.
type Book struct {
	DB  *db.DB
	Now func() time.Time
}

var (
	organisationForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)
	collectionForm   = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}/[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`)
)

// SetContact keeps how an organisation is reached, in place of what was held;
// one that names no way ends it. The secret is that of a webhook that is new, ""
// otherwise. insecure allows webhooks without TLS.
func (b *Book) SetContact(ctx context.Context, c Contact, insecure bool) (secret notice.Secret, err error) {
	switch {
	case !organisationForm.MatchString(c.Organisation):
		return "", problem.New(problem.Invalid, "organisation %q: want an id of lower case letters, digits, \"-\", \"_\" and \".\"", c.Organisation)
	case c.Collection != "" && !collectionForm.MatchString(c.Collection):
		return "", problem.New(problem.Invalid, "collection %q: want a community and a collection, as fceb/indicators", c.Collection)
	}
	if c.Webhook != "" {
		err = notice.CheckURL(c.Webhook, insecure)
	}
	if c.Mail != "" && err == nil {
		err = notice.CheckAddress(c.Mail)
	}
	if err != nil {
		return "", err
	}
	err = b.DB.Write(ctx, func(tx *db.Tx) error {
		secret = ""
		held, err := contact(ctx, tx, c.Organisation)
		if err != nil {
			return err
		}
		switch {
		case c.Webhook != "" && held != nil && held.Webhook == c.Webhook:
			c.secret = held.secret
		case c.Webhook != "":
			secret = notice.NewSecret()
			c.secret = secret
		}
		if c.Mail == "" && c.Webhook == "" && c.Collection == "" {
			_, err = tx.Exec(ctx, `DELETE FROM bulletin_contact WHERE organisation = $1`, c.Organisation)
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO bulletin_contact (organisation, mail, webhook, secret, collection, member, changed) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (organisation) DO UPDATE SET mail = excluded.mail, webhook = excluded.webhook, secret = excluded.secret, collection = excluded.collection, member = excluded.member, changed = excluded.changed`,
			c.Organisation, c.Mail, c.Webhook, string(c.secret), c.Collection, c.Member, b.Now().UnixMicro())
		return err
	})
	if err != nil {
		return "", fmt.Errorf("contact of %s: %w", c.Organisation, err)
	}
	return secret, nil
}

const contactColumns = `organisation, mail, webhook, secret, collection, member, changed`

func scanContact(row interface{ Scan(dest ...any) error }) (*Contact, error) {
	var c Contact
	var secret string
	var changed int64
	err := row.Scan(&c.Organisation, &c.Mail, &c.Webhook, &secret, &c.Collection, &c.Member, &changed)
	c.secret, c.Changed = notice.Secret(secret), time.UnixMicro(changed).UTC()
	return &c, err
}

// contact is that of an organisation; nil when there is none.
func contact(ctx context.Context, tx *db.Tx, organisation string) (*Contact, error) {
	c, err := scanContact(tx.QueryRow(ctx, `SELECT `+contactColumns+` FROM bulletin_contact WHERE organisation = $1`, organisation))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return c, err
}

// Contact is how an organisation is reached; nil when nobody said.
func (b *Book) Contact(ctx context.Context, organisation string) (c *Contact, err error) {
	err = b.DB.Read(ctx, func(tx *db.Tx) error {
		c, err = contact(ctx, tx, organisation)
		return err
	})
	return c, err
}

// Contacts is all of them, by organisation.
func (b *Book) Contacts(ctx context.Context) (out []Contact, err error) {
	err = b.DB.Read(ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+contactColumns+` FROM bulletin_contact ORDER BY organisation`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			c, err := scanContact(rows)
			if err != nil {
				return err
			}
			out = append(out, *c)
		}
		return rows.Err()
	})
	return out, err
}

// Enqueue puts the deliveries of a bulletin into the outbox, in the transaction
// that appends it at a position. To do so twice is to do so once.
func (b *Book) Enqueue(ctx context.Context, tx *db.Tx, of *Bulletin, position int64) error {
	now := b.Now().UnixMicro()
	for i := range of.Letters {
		l := &of.Letters[i]
		for _, w := range append([]Way{{Way: ByLedger}}, l.Ways...) {
			_, err := tx.Exec(ctx, `INSERT INTO bulletin_delivery (id, bulletin, position, organisation, way, target, state, attempts, due, holder, failure, created, ended)
				VALUES ($1, $2, $3, $4, $5, $6, 'due', 0, $7, '', '', $7, 0) ON CONFLICT DO NOTHING`,
				"n-"+digest(l.ID, w.Way, w.To), of.ID, position, l.Organisation, w.Way, w.To, now)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

const deliveryColumns = `id, bulletin, position, organisation, way, target, state, attempts, failure, created, ended`

// Deliveries is how the letters of a bulletin stand, by organisation and way.
func (b *Book) Deliveries(ctx context.Context, bulletin string) ([]Delivery, error) {
	return b.deliveries(ctx, `WHERE bulletin = $1 ORDER BY organisation, way, id`, bulletin)
}

// delivery is the one of an id; NotFound when there is none.
func (b *Book) delivery(ctx context.Context, id string) (*Delivery, error) {
	found, err := b.deliveries(ctx, `WHERE id = $1`, id)
	if err == nil && len(found) == 0 {
		err = problem.New(problem.NotFound, "there is no message %q", id)
	}
	if err != nil {
		return nil, err
	}
	return &found[0], nil
}

func (b *Book) deliveries(ctx context.Context, where string, args ...any) (out []Delivery, err error) {
	err = b.DB.Read(ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+deliveryColumns+` FROM bulletin_delivery `+where, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var d Delivery
			var state string
			var attempts, created, ended int64
			if err := rows.Scan(&d.ID, &d.bulletin, &d.position, &d.Organisation, &d.Way, &d.To, &state, &attempts, &d.Failure, &created, &ended); err != nil {
				return err
			}
			d.State, d.Attempts, d.Created = outbox.State(state), int(attempts), time.UnixMicro(created).UTC()
			if ended != 0 {
				d.Ended = time.UnixMicro(ended).UTC()
			}
			out = append(out, d)
		}
		return rows.Err()
	})
	return out, err
}

// token is what the link of a delivery has, that nobody else can make.
func (b *Book) token(ctx context.Context, delivery string) (string, error) {
	key, err := b.key(ctx)
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("acknowledge\x00" + delivery))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)), nil
}

// key is that of the links, which the first to ask for it makes.
func (b *Book) key(ctx context.Context) ([]byte, error) {
	var secret string
	read := func(tx *db.Tx) error {
		return tx.QueryRow(ctx, `SELECT secret FROM bulletin_head WHERE id = 1`).Scan(&secret)
	}
	err := b.DB.Read(ctx, read)
	if err == nil && secret == "" {
		made := make([]byte, 32)
		rand.Read(made)
		err = b.DB.Write(ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec(ctx, `UPDATE bulletin_head SET secret = $1 WHERE id = 1 AND secret = ''`, hex.EncodeToString(made)); err != nil {
				return err
			}
			return read(tx)
		})
	}
	if err != nil {
		return nil, fmt.Errorf("key of links: %w", err)
	}
	return hex.DecodeString(secret)
}

// Link is the path at which a delivery is acknowledged.
func (b *Book) Link(ctx context.Context, delivery string) (string, error) {
	token, err := b.token(ctx, delivery)
	return "/notices/acknowledge/" + delivery + "/" + token, err
}

// Linked is what a link is about: the position of the bulletin, the organisation,
// and where the link was sent to. It is NotFound for a link that was not made
// here.
func (b *Book) Linked(ctx context.Context, delivery, token string) (position int64, organisation, to string, err error) {
	none := problem.New(problem.NotFound, "this link is not one that was sent from here; it may have been cut off")
	if len(delivery) > 64 || len(token) > 64 || !strings.HasPrefix(delivery, "n-") {
		return 0, "", "", none
	}
	want, err := b.token(ctx, delivery)
	if err != nil {
		return 0, "", "", err
	}
	if !hmac.Equal([]byte(want), []byte(token)) {
		return 0, "", "", none
	}
	d, err := b.delivery(ctx, delivery)
	if err != nil {
		return 0, "", "", err
	}
	return d.position, d.Organisation, d.To, nil
}
