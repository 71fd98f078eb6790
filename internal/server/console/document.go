package console

import (
	"net/http"
	"strconv"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/watchlist"
)

// mostFacts is how many facts the page of a document lists.
const mostFacts = 200

type documentView struct {
	Entry    *ledger.Entry
	Reading  *way   // the page on which its kind is read; nil for others
	Proof    string // "" while no checkpoint covers it
	Verifier verifierView
	Facts    []factView
	More     bool
}

// verifierView is what the browser needs to verify for itself.
type verifierView struct {
	Log, Key     string
	Index        int64
	Digest, Body string // of one document; "" on the ledger's page
}

type factView struct {
	Kind, Subject, Says   string
	ValidFrom, ValidTo    access.Date
	Published, Superseded access.Date
}

// document is the page about one document: its record, its proof and what was
// taken out of it.
func (c *Console) document(w http.ResponseWriter, r *http.Request) error {
	m, err := c.moment(r)
	if err != nil {
		return err
	}
	ask, position, err := c.documentAsk(r)
	if err != nil {
		return err
	}
	e, err := c.questions.Document(r.Context(), ask, position)
	if err != nil {
		return err
	}
	head, err := c.questions.Head(r.Context())
	if err != nil {
		return err
	}
	v := documentView{Entry: e, Reading: readingOf(e)}
	proof, err := c.questions.Prove(r.Context(), ask, position)
	if err != nil && problem.KindOf(err) != problem.Unavailable && problem.KindOf(err) != problem.NotFound {
		return err
	}
	v.Proof = string(proof)
	v.Verifier = verifierView{Log: logRoot, Key: head.VerifierKey, Index: position - 1, Digest: e.Digest}
	if e.Withdrawn == "" {
		v.Verifier.Body = "/documents/" + strconv.FormatInt(position, 10) + "/body"
	}
	facts, err := c.questions.FactsOf(r.Context(), ask, position, mostFacts+1)
	if err != nil {
		return err
	}
	if v.More = len(facts) > mostFacts; v.More {
		facts = facts[:mostFacts]
	}
	for i := range facts {
		v.Facts = append(v.Facts, factOf(&facts[i]))
	}
	name := e.Name
	if name == "" {
		name = "Document " + strconv.FormatInt(position, 10)
	}
	return c.show(w, r, m, "document", name, v)
}

// readingOf is the page on which a document of our own making is read.
func readingOf(e *ledger.Entry) *way {
	switch e.Kind {
	case kindDecision:
		return &way{Name: "Read as a decision", Link: "/decisions/" + e.Digest}
	case node.KindScreening:
		return &way{Name: "Read as a screening", Link: "/screen/results/" + e.Digest}
	case watchlist.KindReport:
		return &way{Name: "Read as a run of its watch list", Link: Moment{}.Link("/watchlists/"+e.Name, "run", strconv.FormatInt(e.Position, 10))}
	}
	if release, ok := strings.CutPrefix(e.Source, billSeries); ok {
		return &way{Name: "The release it is of", Link: Moment{}.Link("/release", "subject", release)}
	}
	return nil
}

// Link is the page about what a fact is about.
func (f factView) Link(m Moment) string {
	switch room, _, _ := strings.Cut(f.Kind, "."); room {
	case "software":
		return m.Link("/release", "subject", f.Subject)
	case "advisory":
		return m.Link("/advisory", "id", f.Subject)
	}
	return m.Link("/party", "subject", f.Subject)
}

// logRoot is where the public log is served.
const logRoot = "/log/"

func factOf(f *ledger.Fact) factView {
	v := factView{
		Kind: f.Kind, Subject: f.Subject, Says: flatten(f.Body),
		ValidFrom: f.ValidFrom, ValidTo: open(f.ValidTo), Published: f.Published, Superseded: open(f.Superseded),
	}
	if n := len(v.Says); n > 400 {
		v.Says = strings.ToValidUTF8(v.Says[:400], "") + "…"
	}
	return v
}

// open is "" for the end of an interval that has none.
func open(d access.Date) access.Date {
	if d >= access.Forever {
		return ""
	}
	return d
}

// documentAsk asks for a document at the newest position and as known for ever:
// a document is what it is, whatever moment the page before was about.
func (c *Console) documentAsk(r *http.Request) (access.Ask, int64, error) {
	position, err := strconv.ParseInt(r.PathValue("position"), 10, 64)
	if err != nil || position < 1 {
		return access.Ask{}, 0, problem.New(problem.NotFound, "there is no page at this address")
	}
	return c.anyTime(r), position, nil
}

// anyTime is an ask about the ledger itself, and not about the world on a day.
func (c *Console) anyTime(r *http.Request) access.Ask {
	return access.Ask{
		Reader: visitorOf(r.Context()).Reader,
		At:     access.At{Date: access.Date(c.today()), Known: access.Forever, Position: access.Now},
	}
}

// documentBody is the document's own bytes. They are somebody else's, so the
// browser may keep them and nothing more.
func (c *Console) documentBody(w http.ResponseWriter, r *http.Request) error {
	ask, position, err := c.documentAsk(r)
	if err != nil {
		return err
	}
	e, err := c.questions.Document(r.Context(), ask, position)
	if err != nil {
		return err
	}
	b, err := c.questions.Body(r.Context(), ask, position)
	if err != nil {
		return err
	}
	name := e.Name
	if name == "" {
		name = short(e.Digest)
	}
	return download(w, "application/octet-stream", name, b)
}

func (c *Console) documentProof(w http.ResponseWriter, r *http.Request) error {
	ask, position, err := c.documentAsk(r)
	if err != nil {
		return err
	}
	b, err := c.questions.Prove(r.Context(), ask, position)
	if err != nil {
		return err
	}
	return download(w, "text/plain; charset=utf-8", "document-"+strconv.FormatInt(position, 10)+".tlog-proof", b)
}

// download sends bytes to be saved under a name.
func download(w http.ResponseWriter, media, name string, b []byte) error {
	h := w.Header()
	h.Set("Content-Type", media)
	h.Set("Content-Length", strconv.Itoa(len(b)))
	h.Set("Content-Disposition", attachment(name))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(b) // a reader who goes away is no error of ours
	return nil
}

// attachment is the header that names a file, whatever characters its name has
// (RFC 6266 section 4.3, RFC 8187).
func attachment(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	var plain, encoded strings.Builder
	for _, b := range []byte(name) {
		switch {
		case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b >= '0' && b <= '9', b == '.', b == '-', b == '_':
			plain.WriteByte(b)
			encoded.WriteByte(b)
		default:
			plain.WriteByte('_')
			encoded.WriteString("%" + strings.ToUpper(strconv.FormatInt(int64(b)|0x100, 16)[1:]))
		}
	}
	return `attachment; filename="` + plain.String() + `"; filename*=UTF-8''` + encoded.String()
}
