package console

import (
	"net/http"
	"strings"

	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
)

// attestationsView is the page of what is attested of a subject.
type attestationsView struct {
	Problem string
	Subject string
	Held    *node.Attested // nil before anything is asked
	Counts  int            // how many count today
}

// attestations is the page of what is attested of a release, an artifact or a
// maker, with why each counts or does not.
func (c *Console) attestations(w http.ResponseWriter, r *http.Request) error {
	m, err := c.moment(r)
	if err != nil {
		return err
	}
	v := attestationsView{Subject: strings.TrimSpace(r.URL.Query().Get("subject"))}
	status := http.StatusOK
	if v.Subject != "" {
		v.Held, err = c.questions.Attestations(r.Context(), m.ask(r), v.Subject)
		switch problem.KindOf(err) {
		case problem.Invalid, problem.NotFound:
			v.Problem, status = sentence(problem.Message(err)), problem.Status(err)
		default:
			if err != nil {
				return err
			}
		}
	}
	if v.Held != nil {
		for _, a := range v.Held.Attestations {
			if a.Result == "valid" {
				v.Counts++
			}
		}
	}
	return c.pages.write(w, status, "attestations", "layout", c.frame(r, m, "Attestations", v))
}

// attestationTone is the tone of whether an attestation counts.
func attestationTone(result string) string {
	switch result {
	case "valid":
		return "allow"
	case "invalid", "revoked":
		return "deny"
	case "expired", "not-yet-valid":
		return "ended"
	}
	return "review"
}
