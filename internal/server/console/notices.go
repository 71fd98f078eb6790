package console

import (
	"context"
	"net/http"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
	"countersign.dev/internal/notice/bulletin"
	"countersign.dev/internal/problem"
)

// Teller tells organisations what concerns them, and knows who was told.
type Teller interface {
	PreviewBulletin(ctx context.Context, ask access.Ask, b node.NewBulletin) (*bulletin.Bulletin, error)
	Tell(ctx context.Context, ask access.Ask, b node.NewBulletin) (*node.Notice, error)
	Notices(ctx context.Context, ask access.Ask, limit int) ([]node.Notice, error)
	Notice(ctx context.Context, ask access.Ask, id string) (*node.Notice, error)
	Acknowledge(ctx context.Context, by access.Reader, id, text string) (*node.Notice, error)
	// LinkedLetter is the letter that a link leads to, and where it was sent;
	// AcknowledgeLink acknowledges it. Whoever has the link may.
	LinkedLetter(ctx context.Context, delivery, token string) (*node.NoticeReceipt, string, error)
	AcknowledgeLink(ctx context.Context, delivery, token, text string) (*node.NoticeReceipt, error)
}

// noticesView is the page of who was told what.
type noticesView struct {
	Rows []noticeRow
}

type noticeRow struct {
	node.Notice
	Read int // organisations that have taken notice
	Dead int // messages that were given up
}

// tellView is the page on which all are told.
type tellView struct {
	Problem  string
	Subject  string
	Text     string
	Marking  string
	Incident string
	Levels   []string
	Found    *bulletin.Bulletin // nil when nobody can be told
	Letters  []letterView
}

// letterView is a letter with its ways.
type letterView struct {
	bulletin.Letter
	Title string
	Shown []letterSystem
}

type letterSystem struct {
	bulletin.System
	Ways []wayView
}

// noticeView is the page of one notice.
type noticeView struct {
	Problem string
	*node.Notice
	Receipts []receiptView
	Mine     bool // the reader is of an organisation that was told
	Text     string
}

type receiptView struct {
	Letter       letterView
	Deliveries   []bulletin.Delivery
	Acknowledged []bulletin.Acknowledgement
}

// linkedView is the page that a link in a message leads to.
type linkedView struct {
	Receipt receiptView
	To      string
	Action  string
	Done    bool
}

// levels are the markings that a bulletin may have.
var levels = []string{"TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT"}

// noticeRoutes are the pages about who is told what.
func (c *Console) noticeRoutes() {
	c.page("GET /notices", c.notices)
	c.page("GET /notices/tell", c.tellForm)
	c.form("POST /notices/tell", c.tell)
	c.page("GET /notices/{id}", c.notice)
	c.form("POST /notices/{id}/acknowledge", c.acknowledge)
	c.page("GET /notices/acknowledge/{delivery}/{token}", c.linked)
	c.form("POST /notices/acknowledge/{delivery}/{token}", c.acknowledgeLink)
}

const mostNotices = 100

func (c *Console) notices(w http.ResponseWriter, r *http.Request) error {
	found, err := c.questions.Notices(r.Context(), access.Ask{Reader: visitorOf(r.Context()).Reader}, mostNotices)
	if err != nil {
		return err
	}
	var v noticesView
	for _, n := range found {
		row := noticeRow{Notice: n}
		for _, t := range n.Told {
			if len(t.Acknowledged) > 0 {
				row.Read++
			}
			for _, d := range t.Deliveries {
				if d.State == "dead" {
					row.Dead++
				}
			}
		}
		v.Rows = append(v.Rows, row)
	}
	return c.show(w, r, c.present(), "notices", "Notices", v)
}

// tellForm shows what all would be told.
func (c *Console) tellForm(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	return c.showTell(w, r, http.StatusOK, tellView{Subject: q.Get("subject"), Text: q.Get("text"), Marking: q.Get("marking"), Incident: q.Get("incident")})
}

func (v *tellView) bulletin() node.NewBulletin {
	return node.NewBulletin{Subject: v.Subject, Text: v.Text, Marking: v.Marking, Incident: v.Incident}
}

func (c *Console) showTell(w http.ResponseWriter, r *http.Request, status int, v tellView) error {
	m, err := c.moment(r)
	if err != nil {
		return err
	}
	v.Levels = levels
	if v.Marking == "" {
		v.Marking = "TLP:AMBER"
	}
	v.Found, err = c.questions.PreviewBulletin(r.Context(), m.ask(r), v.bulletin())
	if problem.KindOf(err) == problem.Invalid && v.Problem == "" {
		v.Problem, err = sentence(problem.Message(err)), nil
	}
	if err != nil {
		return err
	}
	if v.Found != nil {
		for _, l := range v.Found.Letters {
			v.Letters = append(v.Letters, letterOf(l, m))
		}
	}
	return c.pages.write(w, status, "noticetell", "layout", c.frame(r, m, "Tell them", v))
}

// tell tells all.
func (c *Console) tell(w http.ResponseWriter, r *http.Request) error {
	m, err := c.moment(r)
	if err != nil {
		return err
	}
	v := tellView{Subject: value(r, "subject"), Text: value(r, "text"), Marking: value(r, "marking"), Incident: value(r, "incident")}
	told, err := c.questions.Tell(r.Context(), m.ask(r), v.bulletin())
	switch problem.KindOf(err) {
	case problem.Invalid, problem.TooLarge:
		v.Problem, v.Text = sentence(problem.Message(err)), clipped(v.Text, 8000)
		return c.showTell(w, r, problem.Status(err), v)
	}
	if err != nil {
		return err
	}
	see(w, r, "/notices/%s", told.ID)
	return nil
}

func letterOf(l bulletin.Letter, m Moment) letterView {
	v := letterView{Letter: l, Title: l.Title()}
	for _, s := range l.Systems {
		one := letterSystem{System: s}
		for _, p := range s.Paths {
			one.Ways = append(one.Ways, wayOf(p, m))
		}
		v.Shown = append(v.Shown, one)
	}
	return v
}

func receiptOf(t *node.NoticeReceipt, m Moment) receiptView {
	return receiptView{letterOf(t.Letter, m), t.Deliveries, t.Acknowledged}
}

// notice shows one notice: to whoever tells all receipts, to whoever was told
// its own letter.
func (c *Console) notice(w http.ResponseWriter, r *http.Request) error {
	return c.showNotice(w, r, http.StatusOK, noticeView{}, r.PathValue("id"))
}

func (c *Console) showNotice(w http.ResponseWriter, r *http.Request, status int, v noticeView, id string) error {
	reader := visitorOf(r.Context()).Reader
	n, err := c.questions.Notice(r.Context(), access.Ask{Reader: reader}, id)
	if err != nil {
		return err
	}
	v.Notice = n
	m := c.present()
	for i := range n.Told {
		v.Receipts = append(v.Receipts, receiptOf(&n.Told[i], m))
		for _, org := range reader.Organisations {
			v.Mine = v.Mine || org == n.Told[i].Letter.Organisation
		}
	}
	return c.pages.write(w, status, "notice", "layout", c.frame(r, m, "Notice of "+n.Subject, v))
}

// acknowledge takes notice in the reader's name.
func (c *Console) acknowledge(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	_, err := c.questions.Acknowledge(r.Context(), visitorOf(r.Context()).Reader, id, value(r, "text"))
	switch problem.KindOf(err) {
	case problem.Invalid, problem.TooLarge:
		return c.showNotice(w, r, problem.Status(err), noticeView{Problem: sentence(problem.Message(err)), Text: clipped(value(r, "text"), 8000)}, id)
	}
	if err != nil {
		return err
	}
	see(w, r, "/notices/%s", id)
	return nil
}

// linked shows the letter that a link leads to. To look at it acknowledges
// nothing, since programs that look through mail follow links.
func (c *Console) linked(w http.ResponseWriter, r *http.Request) error {
	t, to, err := c.questions.LinkedLetter(r.Context(), r.PathValue("delivery"), r.PathValue("token"))
	if err != nil {
		return err
	}
	return c.showLinked(w, r, t, to)
}

// acknowledgeLink takes notice by a link, whoever follows it.
func (c *Console) acknowledgeLink(w http.ResponseWriter, r *http.Request) error {
	delivery, token := r.PathValue("delivery"), r.PathValue("token")
	if _, err := c.questions.AcknowledgeLink(r.Context(), delivery, token, value(r, "text")); err != nil {
		return err
	}
	see(w, r, "/notices/acknowledge/%s/%s", delivery, token)
	return nil
}

func (c *Console) showLinked(w http.ResponseWriter, r *http.Request, t *node.NoticeReceipt, to string) error {
	m := c.present()
	v := linkedView{Receipt: receiptOf(t, m), To: to, Action: strings.TrimSuffix(r.URL.EscapedPath(), "/")}
	for i := range v.Receipt.Letter.Shown {
		for j := range v.Receipt.Letter.Shown[i].Ways {
			for k := range v.Receipt.Letter.Shown[i].Ways[j].Steps {
				v.Receipt.Letter.Shown[i].Ways[j].Steps[k].Link = "" // whoever has the link is no member
			}
		}
	}
	for _, a := range t.Acknowledged {
		v.Done = v.Done || a.Link && a.By == to
	}
	w.Header().Set("Referrer-Policy", "no-referrer")
	return c.pages.write(w, http.StatusOK, "noticelink", "layout", c.frame(r, m, t.Letter.Title(), v))
}
