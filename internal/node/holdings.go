package node

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"sync"

	"countersign.dev/internal/access"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/holdings"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/party"
	"countersign.dev/internal/policy"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/screening"
)

// maxHoldings bounds a record of holdings, in bytes.
const maxHoldings = 256 << 20

// Holdings answers a table of securities, all at one moment: which may be
// bought, which held, and which have to be sold by when. With record it is kept
// in the ledger as one document, whose digest is returned.
func (n *Node) Holdings(ctx context.Context, ask access.Ask, rows []holdings.Row, record bool) (*holdings.Answer, string, error) {
	if record && !ask.Reader.MayWrite() {
		return nil, "", problem.New(problem.Denied, "%s may not record holdings; ask for a role other than reader", ask.Reader.Member)
	}
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, "", err
	}
	screen, err := n.Screening(ctx, ask, ScreenOptions{Limit: 5})
	if err != nil {
		return nil, "", err
	}
	a := &holdings.Answer{
		Form: holdings.Form, Purpose: holdings.Purpose, At: ask.At.Date, Known: ask.At.Known, Position: ask.At.Position,
		Audiences: decision.Audiences(ask.Reader), Engine: Engine() + "+" + screening.Engine, Holdings: make([]holdings.Holding, len(rows)),
	}
	p := &portfolio{node: n, ask: ask, screen: screen, audience: askers(ask.Reader)}
	if err := p.answer(ctx, rows, a.Holdings); err != nil {
		return nil, "", err
	}
	a.Sum()
	if !record {
		return a, "", nil
	}
	digest, err := n.recordHoldings(ctx, ask.Reader, a, p.audience)
	return a, digest, err
}

func (n *Node) recordHoldings(ctx context.Context, by access.Reader, a *holdings.Answer, audience access.Audience) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(a); err != nil {
		return "", fmt.Errorf("record holdings: %w", err)
	}
	if b.Len() > maxHoldings {
		return "", problem.New(problem.TooLarge, "the record of %d holdings has %d bytes; at most %d fit in a document", len(a.Holdings), b.Len(), maxHoldings)
	}
	r, err := n.Ledger.Append(ctx, ledger.Edition{
		Documents: []ledger.Document{{Bytes: b.Bytes(), Kind: holdings.Kind, Name: "holdings.json", Rows: len(a.Holdings)}},
		Audience:  audience, Actor: by.Member,
	})
	if err != nil {
		return "", fmt.Errorf("record holdings: %w", err)
	}
	return r.Documents[0].Digest, nil
}

// portfolio is a table being answered.
type portfolio struct {
	node   *Node
	ask    access.Ask
	screen *Screening

	mu       sync.Mutex
	audience access.Audience // who may see all of it
}

// answer answers the rows, several at once.
func (p *portfolio) answer(ctx context.Context, rows []holdings.Row, out []holdings.Holding) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(rows)) {
		workers.Go(func() {
			for i := range next {
				h, err := p.row(ctx, &rows[i])
				if err != nil {
					stop(fmt.Errorf("line %d: %w", rows[i].Line, err))
				}
				out[i] = h
			}
		})
	}
	for i := range rows {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	workers.Wait()
	return context.Cause(ctx)
}

// row is the answer to one row. Of one with something wrong in it the rest is
// looked at all the same: whoever is barred by name is not excused by a mistyped
// number.
func (p *portfolio) row(ctx context.Context, r *holdings.Row) (holdings.Holding, error) {
	if r.Err == nil {
		return p.sound(ctx, &r.Security)
	}
	broken := holdings.Broken(r.Security, problem.Message(r.Err))
	rest := r.Security
	if rest.ISIN = ""; rest.Ticker == "" && rest.Name == "" {
		return broken, nil
	}
	h, err := p.sound(ctx, &rest)
	if err != nil || h.FoundBy == holdings.NotFound {
		return broken, err
	}
	h.Security, h.Error = r.Security, broken.Error
	if h.Verdict == policy.Allow {
		h.Verdict = policy.Review
	}
	return h, nil
}

// sound is the answer to a row that can be read.
func (p *portfolio) sound(ctx context.Context, r *holdings.Security) (holdings.Holding, error) {
	for _, by := range []struct {
		found string
		ids   []string
	}{{holdings.ByISIN, schemed("isin", r.ISIN)}, {holdings.ByTicker, schemed("ticker", tickers(r.Ticker)...)}} {
		for _, id := range by.ids {
			h, ok, err := p.byNumber(ctx, r, by.found, id)
			if ok || err != nil {
				return h, err
			}
		}
	}
	if party.Fold(r.Name) == "" {
		return holdings.Resembling(*r, nil), nil
	}
	return p.byName(ctx, r)
}

// byName is the answer to a row by its name and its issuer's: whom one of them
// means, else whom they are like.
func (p *portfolio) byName(ctx context.Context, r *holdings.Security) (holdings.Holding, error) {
	names := holdings.Names(r.Name)
	for _, name := range names {
		h, ok, err := p.bySubject(ctx, r, holdings.ByName, name)
		if ok || err != nil {
			return h, err
		}
	}
	var like []screening.Match
	for _, name := range names {
		found, err := p.screen.One(ctx, screening.Sought{Name: name})
		if problem.KindOf(err) == problem.Invalid {
			return holdings.Broken(*r, problem.Message(err)), nil
		}
		if err != nil {
			return holdings.Holding{}, err
		}
		for _, m := range found.Matches { // those not told of as well: that others are likelier rests on them
			p.seen(m.Audience)
		}
		if len(found.Matches) > 0 && (len(like) == 0 || found.Matches[0].Score > like[0].Score) {
			like = found.Matches
		}
	}
	return holdings.Resembling(*r, like), nil
}

// schemed is values as queries that name their scheme.
func schemed(scheme string, values ...string) []string {
	var out []string
	for _, v := range values {
		if v != "" {
			out = append(out, scheme+":"+v)
		}
	}
	return out
}

// tickers is how else a ticker is written: lists have "941 HK" or "0941 HK" for
// what others write "0941.HK".
func tickers(ticker string) []string {
	bare := strings.TrimLeft(ticker, "0")
	out := []string{ticker}
	if ticker == "" || bare == "" || bare[0] < '0' || bare[0] > '9' {
		return out
	}
	for number := bare; len(number) < len(bare)+4; number = "0" + number {
		if number != ticker {
			out = append(out, number)
		}
	}
	return out
}

// byNumber is the answer to a row by one of its numbers; ok is false when nothing
// held has it.
func (p *portfolio) byNumber(ctx context.Context, s *holdings.Security, foundBy, id string) (h holdings.Holding, ok bool, err error) {
	scheme, value, _ := strings.Cut(id, ":")
	facts, err := p.node.Ledger.ByTerm(ctx, p.ask, []string{party.FactIdentifier}, []string{party.IdentifierTerm(scheme, value)}, 1)
	if err != nil || len(facts) == 0 {
		return h, false, err
	}
	return p.bySubject(ctx, s, foundBy, id)
}

// bySubject is the answer to a row by what a query means; ok is false when it means
// nobody.
func (p *portfolio) bySubject(ctx context.Context, s *holdings.Security, foundBy, query string) (h holdings.Holding, ok bool, err error) {
	a, d, err := p.node.Check(ctx, p.ask, Question{Subject: query, Purpose: holdings.Purpose})
	if problem.KindOf(err) == problem.Invalid {
		return holdings.Broken(*s, problem.Message(err)), true, nil
	}
	if err != nil {
		return h, false, err
	}
	switch {
	case len(d.Candidates) > 0: // not those whose names are only like it
		p.seen(a.Audience)
		return holdings.Unclear(*s, foundBy, a), true, nil
	case a.Subject.ID != "":
		p.seen(a.Audience)
		return holdings.Judge(*s, foundBy, a), true, nil
	}
	return h, false, nil
}

// seen narrows the audience of the whole to that of something it rests on.
func (p *portfolio) seen(a access.Audience) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.audience = p.audience.And(a)
}
