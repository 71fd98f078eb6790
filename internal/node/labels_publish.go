package node

import (
	"bytes"
	"context"
	"encoding/json"
	"strconv"
	"sync"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/label"
	"countersign.dev/internal/label/statuslist"
	"countersign.dev/internal/problem"
)

// published is a signed document about many labels, kept until it is no longer
// what it would be.
type published struct {
	mu       sync.Mutex
	bytes    []byte
	position int64
	made     time.Time
}

// renew is after how long a status list is made anew though no label changed:
// whoever fetches one has most of its life before them.
const renew = time.Hour

// StatusList is the signed list of the labels that are not active, and when it
// was made. It is made anew when a label changes, and every hour.
func (n *Node) StatusList(ctx context.Context) ([]byte, time.Time, error) {
	position, err := n.labels.CatchUp(ctx, access.DateOf(n.now()))
	if err != nil {
		return nil, time.Time{}, err
	}
	p := &n.statusList
	p.mu.Lock()
	defer p.mu.Unlock()
	now := n.now().UTC().Truncate(time.Second)
	at := n.labels.Changed()
	if p.bytes != nil && p.position == at && now.Before(p.made.Add(renew)) && access.DateOf(p.made) == access.DateOf(now) {
		return p.bytes, p.made, nil
	}
	var entries []statuslist.Entry
	n.labels.Each(func(s *label.State) bool {
		if s.Status != label.StatusActive {
			entries = append(entries, statuslist.Entry{ID: s.Label, Status: statuslist.Status(s.Status), Since: s.Since, Reason: s.Reason})
		}
		return true
	})
	keys, err := n.LabelKeys(ctx)
	if err != nil {
		return nil, time.Time{}, err
	}
	if len(keys) == 0 {
		return nil, time.Time{}, problem.New(problem.NotFound, "this registry has given no label yet")
	}
	list, err := statuslist.New(statuslist.Head{
		Authority: keys[len(keys)-1].Authority, Registry: n.registry, Sequence: position, Issued: now, Checkpoint: n.shortCheckpoint(ctx),
	}, entries)
	if err != nil {
		return nil, time.Time{}, err
	}
	key, _, err := n.issuer.load(false)
	if err != nil {
		return nil, time.Time{}, err
	}
	signed, err := statuslist.Sign(list, key)
	if err != nil {
		return nil, time.Time{}, err
	}
	p.bytes, p.position, p.made = signed, at, now
	return signed, now, nil
}

// shortCheckpoint is the newest checkpoint in one line; "" when none is signed.
func (n *Node) shortCheckpoint(ctx context.Context) string {
	signed, err := n.Ledger.Checkpoint(ctx)
	if err != nil {
		return ""
	}
	t, err := n.Ledger.Tree(signed)
	if err != nil {
		return ""
	}
	return t.Origin + " " + strconv.FormatInt(t.Size, 10) + " " + t.Root.String()
}

// DumpType is the payload type of a signed dump.
const DumpType = "application/vnd.countersign.label-dump+json"

// DumpPage is how many labels one page of a dump has: it is read whole before its
// signature is verified.
const DumpPage = 4000

// Dump is public labels with their public events, a page of them, for those who
// mirror the registry.
type Dump struct {
	Form       string      `json:"label_dump"` // v1
	Registry   string      `json:"registry"`
	Position   int64       `json:"position"`
	Made       time.Time   `json:"made"`
	Checkpoint string      `json:"checkpoint"`
	Keys       []LabelKey  `json:"keys"`
	After      string      `json:"after,omitempty"` // the id after which this page begins
	Next       string      `json:"next,omitempty"`  // the id after which the next page begins; "" when this is the last
	Labels     []DumpLabel `json:"labels"`          // by id
}

// DumpLabel is one label of a dump.
type DumpLabel struct {
	label.State
	History []label.Held `json:"history"`
}

// LabelDump is a page of the signed dump of the public registry: the labels after
// an id. It is made anew when a label changed, at most once an hour, and each day.
func (n *Node) LabelDump(ctx context.Context, after string) ([]byte, time.Time, error) {
	position, err := n.labels.CatchUp(ctx, access.DateOf(n.now()))
	if err != nil {
		return nil, time.Time{}, err
	}
	n.dumping.Lock()
	defer n.dumping.Unlock()
	now := n.now().UTC().Truncate(time.Second)
	at := n.labels.Changed()
	if p := n.dumps[after]; p != nil {
		if age := now.Sub(p.made); age < 24*time.Hour && (p.position == at || age < time.Hour) {
			return p.bytes, p.made, nil
		}
	}
	d, err := n.dumpPage(ctx, after, position, now)
	if err != nil {
		return nil, time.Time{}, err
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(d); err != nil {
		return nil, time.Time{}, err
	}
	key, _, err := n.issuer.load(false)
	if err != nil {
		return nil, time.Time{}, err
	}
	signed, err := dsse.Sign(DumpType, bytes.TrimSpace(b.Bytes()), key)
	if err != nil {
		return nil, time.Time{}, err
	}
	if n.dumps == nil || len(n.dumps) > n.labels.Len()/DumpPage+16 { // pages that begin elsewhere now
		n.dumps = map[string]*published{}
	}
	n.dumps[after] = &published{bytes: signed, position: at, made: now}
	return signed, now, nil
}

func (n *Node) dumpPage(ctx context.Context, after string, position int64, now time.Time) (*Dump, error) {
	keys, err := n.LabelKeys(ctx)
	if err != nil {
		return nil, err
	}
	if after != "" {
		if after, err = labelID(after); err != nil {
			return nil, err
		}
	}
	today := access.DateOf(now)
	public := access.Ask{At: access.At{Date: today, Known: today, Position: position}}
	states, next := n.labels.List(public, label.Filter{After: after, Limit: DumpPage})
	d := &Dump{Form: "v1", Registry: n.registry, Position: position, Made: now, Checkpoint: n.shortCheckpoint(ctx), Keys: keys, After: after, Next: next, Labels: make([]DumpLabel, len(states))}
	for i, s := range states {
		d.Labels[i] = DumpLabel{State: s, History: n.labels.History(public, s.Label)}
	}
	return d, nil
}
