package scorecard

import (
	"bytes"
	"context"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"time"

	"countersign.dev/internal/assurance/form"
	"countersign.dev/internal/problem"
)

// PredicateType is that of results as in-toto statements.
const PredicateType = "https://scorecard.dev/result/v0.1"

// Limits bound what is read of one result. A zero field means its default.
type Limits struct {
	Bytes   int // default 8 MiB
	Checks  int // default 200
	Details int // of one check that are kept; default 100
}

func (l Limits) orDefault() Limits {
	for _, d := range []struct {
		limit *int
		def   int
	}{{&l.Bytes, 8 << 20}, {&l.Checks, 200}, {&l.Details, 100}} {
		if *d.limit <= 0 {
			*d.limit = d.def
		}
	}
	return l
}

// Recognise tells a result by the names of its outermost members. A statement
// is told by its predicate type.
func Recognise(_ string, head []byte) bool {
	head = bytes.TrimPrefix(head, []byte("\ufeff"))
	if !form.IsJSON(head) {
		return false
	}
	if bytes.Contains(head, []byte(strconv.Quote(PredicateType))) {
		return true
	}
	tool, checks := false, false
	dec := json.NewDecoder(bytes.NewReader(head))
	for depth, name := 0, true; ; {
		t, err := dec.Token()
		if err != nil {
			return false
		}
		switch v := t.(type) {
		case json.Delim:
			if v == '{' || v == '[' {
				depth++
			} else {
				depth--
			}
			name = true
			continue
		case string:
			if depth == 1 && name {
				tool, checks = tool || v == "scorecard", checks || v == "checks" || v == "findings"
			}
		}
		name = depth != 1 || !name
		if tool && checks {
			return true
		}
	}
}

// Read reads a result. A check that cannot be read is passed over with a
// warning; a result without a repository or without any check is an error.
func Read(ctx context.Context, _ string, b []byte, limits Limits) (*Result, error) {
	limits = limits.orDefault()
	doc, err := form.JSON(b, form.Limits{Bytes: limits.Bytes})
	if err != nil {
		return nil, err
	}
	r := &reader{limits: limits, out: &Result{Score: Inconclusive}}
	body, repo := doc, doc.Get("repo")
	if doc.Has("_type") {
		if body, repo, err = r.statement(doc); err != nil {
			return nil, err
		}
	}
	switch {
	case body.Get("checks") == nil && body.Get("findings") != nil:
		return nil, body.Get("findings").Wrong("this result has the findings of single probes; make one with --format json")
	case body.Get("Checks") != nil:
		return nil, body.Get("Checks").Wrong("this result is of a version before 4, which has no scores")
	case body.Get("scorecard") == nil || body.Get("checks") == nil:
		return nil, doc.Wrong(`want the members "scorecard" and "checks": this is no result of OpenSSF Scorecard`)
	}
	if err := r.head(body, repo); err != nil {
		return nil, err
	}
	if err := r.checks(ctx, body); err != nil {
		return nil, err
	}
	r.out.Warnings = append(r.out.Warnings, r.in.Complaints()...)
	return r.out, nil
}

type reader struct {
	limits Limits
	in     form.Reader
	out    *Result
}

// statement is the predicate of an in-toto statement, and a repo made of its
// subject, which is where the tool writes repository and commit.
func (r *reader) statement(doc *form.Node) (body, repo *form.Node, err error) {
	if got := r.in.Text(doc, "predicateType", form.Optional); got != PredicateType {
		return nil, nil, doc.Wrong("predicateType %q: want %s", form.Clip(got), PredicateType)
	}
	body = doc.Get("predicate")
	subjects := r.in.Maps(doc, "subject", form.Required)
	if body == nil || len(subjects) != 1 {
		return nil, nil, doc.Wrong("want a predicate and one subject, got %d", len(subjects))
	}
	name, commit := subjects[0].Get("name"), subjects[0].Get("digest").Get("gitCommit")
	if name == nil || commit == nil {
		return nil, nil, subjects[0].Wrong("want a name and the digest gitCommit")
	}
	if said := body.Get("repo").Get("commit"); said != nil && said.Scalar != commit.Scalar {
		return nil, nil, said.Wrong("%q, but the statement is about %q", form.Clip(said.Scalar), form.Clip(commit.Scalar))
	}
	return body, &form.Node{Kind: form.Map, Line: subjects[0].Line, Place: subjects[0].Place, Members: []form.Member{
		{Name: "name", Value: name}, {Name: "commit", Value: commit},
	}}, nil
}

// commitForm is a commit's name in Git, by SHA-1 or SHA-256.
var commitForm = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// maxRepository bounds a repository's name, in bytes.
const maxRepository = 500

func (r *reader) head(body, repo *form.Node) error {
	out, in := r.out, &r.in
	out.Repository = strings.TrimPrefix(in.Text(repo, "name", form.Required), "https://")
	switch {
	case out.Repository == "":
		return body.Wrong(`"repo.name" is missing: nothing says what was looked at`)
	case len(out.Repository) > maxRepository:
		return repo.Get("name").Wrong("a name of %d bytes, the limit is %d", len(out.Repository), maxRepository)
	}
	out.Commit = strings.ToLower(in.Text(repo, "commit", form.Optional))
	if out.Commit != "" && !commitForm.MatchString(out.Commit) {
		in.Complain(repo.Get("commit"), "%q is no commit; the result is of no release that can be told", form.Clip(out.Commit))
		out.Commit = ""
	}
	out.Version = in.Text(in.Map(body, "scorecard", form.Required), "version", form.Optional)
	var err error
	if out.Date, err = parseDate(in.Text(body, "date", form.Required)); err != nil {
		return body.Wrong(`"date": want a day or a time like 2026-01-31T09:30:00Z`)
	}
	if v := body.Get("score"); v != nil {
		s, err := strconv.ParseFloat(v.Scalar, 64)
		if v.Kind != form.Number || err != nil || s != Inconclusive && (s < 0 || s > maxScore) {
			in.Complain(v, "want a score from 0 to %d, or %d; left out", maxScore, Inconclusive)
		} else {
			out.Score = s
		}
	}
	return nil
}

// parseDate reads a time, or a day as versions before 5 wrote it.
func parseDate(s string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	return time.Parse(time.DateOnly, s)
}

func (r *reader) checks(ctx context.Context, body *form.Node) error {
	list := r.in.Maps(body, "checks", form.Required)
	if len(list) > r.limits.Checks {
		return problem.New(problem.TooLarge, "checks: %d of them, the limit is %d", len(list), r.limits.Checks)
	}
	for _, n := range list {
		if err := ctx.Err(); err != nil {
			return err
		}
		r.check(n)
	}
	if len(r.out.Checks) == 0 {
		return body.Wrong("no check could be read: %s", strings.Join(r.in.Complaints(), "; "))
	}
	return nil
}

// maxName bounds a check's name, in bytes.
const maxName = 100

func (r *reader) check(n *form.Node) {
	in := &r.in
	name := in.Text(n, "name", form.Required)
	if name == "" {
		return
	}
	if len(name) > maxName {
		in.Complain(n.Get("name"), "a name of %d bytes; the check is left out", len(name))
		return
	}
	if _, twice := r.out.Check(name); twice {
		in.Complain(n, "the check %s is there twice; the first counts", form.Clip(name))
		return
	}
	score := Inconclusive
	switch v := n.Get("score"); {
	case v == nil:
		in.Complain(n, "the check %s has no score; it is taken as inconclusive", form.Clip(name))
	default:
		s, err := strconv.Atoi(v.Scalar)
		if v.Kind != form.Number || err != nil || s < Inconclusive || s > maxScore {
			in.Complain(v, "want a whole score from 0 to %d, or %d; the check is left out", maxScore, Inconclusive)
			return
		}
		score = s
	}
	details := in.Texts(n, "details", form.Optional)
	r.out.Checks = append(r.out.Checks, Check{
		Name: name, Score: score, Reason: in.Text(n, "reason", form.Optional), Details: details[:min(len(details), r.limits.Details)],
		URL: in.Text(in.Map(n, "documentation", form.Optional), "url", form.Optional), Annotations: in.Texts(n, "annotations", form.Optional),
	})
}
