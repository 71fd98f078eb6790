package scorecard

import (
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/software/purl"
)

// Kind is the kind of the documents and of what they state.
const Kind = "evidence.scorecard"

// Evidence is the body of each statement: what an assessor looks at.
type Evidence struct {
	Document   string          `json:"document"` // digest of the file
	Repository string          `json:"repository"`
	Commit     string          `json:"commit,omitempty"`
	Date       access.Date     `json:"date"`
	Version    string          `json:"version,omitempty"` // of the tool
	Score      float64         `json:"score"`             // for people; -1 when the tool came to none
	Checks     map[string]Told `json:"checks"`
}

// Told is one check of the evidence.
type Told struct {
	Score     int    `json:"score"` // 0 to 10; -1 when the tool could not tell
	Reason    string `json:"reason,omitempty"`
	Annotated bool   `json:"annotated,omitempty"` // the maintainers say why it should not count
}

// maxReason bounds a check's reason as it is kept, in bytes.
const maxReason = 500

// Reading is what the ledger keeps of a result whose bytes have the digest. The
// results of one repository are a series of which the newest counts. It is
// stated of the commit, as a purl where the host has them and by the commit's
// digest, which provenance names; without a commit it is of the repository
// alone.
func Reading(r *Result, digest string) *ledger.Reading {
	e := Evidence{
		Document: digest, Repository: r.Repository, Commit: r.Commit, Date: access.DateOf(r.Date), Version: r.Version, Score: r.Score,
		Checks: make(map[string]Told, len(r.Checks)),
	}
	for _, c := range r.Checks {
		e.Checks[c.Name] = Told{Score: c.Score, Reason: cut(c.Reason), Annotated: len(c.Annotations) > 0}
	}
	out := &ledger.Reading{
		Kind: Kind, Source: "evidence/scorecard/" + strings.ToLower(r.Repository), Mode: ledger.Snapshot, Published: e.Date,
		Rows: len(r.Checks), Warnings: r.Warnings,
	}
	for _, subject := range subjects(r) {
		out.Statements = append(out.Statements, ledger.Statement{Kind: Kind, Subject: subject, Key: "checks", Term: subject, Body: e})
	}
	return out
}

// subjects is what a result is about, as releases are called.
func subjects(r *Result) []string {
	if r.Commit == "" {
		return []string{r.Repository}
	}
	out := []string{"gitCommit:" + r.Commit}
	if p, ok := PURL(r.Repository, r.Commit); ok {
		out = append(out, p)
	}
	return out
}

// PURL is the name of a repository at a commit as a purl, where its host has a
// type of purl.
func PURL(repository, commit string) (string, bool) {
	host, path, _ := strings.Cut(repository, "/")
	types := map[string]string{"github.com": "github", "bitbucket.org": "bitbucket"}
	i := strings.LastIndexByte(path, '/')
	if types[host] == "" || i <= 0 || i == len(path)-1 {
		return "", false
	}
	p, err := purl.PURL{Type: types[host], Namespace: path[:i], Name: path[i+1:], Version: commit}.Normal()
	return p.String(), err == nil
}

func cut(s string) string {
	if len(s) > maxReason {
		return strings.ToValidUTF8(s[:maxReason], "") + "…"
	}
	return s
}
