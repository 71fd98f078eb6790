package witness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"countersign.dev/internal/problem"
)

// maxAnswer bounds what is read of a witness's answer, in bytes.
const maxAnswer = 64 << 10

// client asks witnesses over HTTP.
type client struct {
	http  *http.Client
	agent string
}

// statusError is an answer that is neither a cosignature nor the size to begin
// from.
type statusError struct {
	status int
	detail string // of the answer's body, cut
}

func (e *statusError) Error() string {
	text := fmt.Sprintf("answered %d %s", e.status, http.StatusText(e.status))
	if e.detail != "" {
		text += ": " + e.detail
	}
	return text
}

// add sends a checkpoint to a witness and returns the lines of its signatures,
// not yet verified. A [SizeError] says where the proof should have begun.
func (c *client) add(ctx context.Context, prefix string, r *request) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(prefix, "/")+"/add-checkpoint", strings.NewReader(r.String()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "text/plain; charset=utf-8")
	req.Header.Set("User-Agent", c.agent)
	resp, err := c.http.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // the address is named by whoever logs this
		}
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return "", fmt.Errorf("answer: %w", err)
	}
	if len(body) > maxAnswer {
		return "", fmt.Errorf("answer is longer than %d bytes", maxAnswer)
	}
	switch resp.StatusCode {
	case http.StatusOK:
		return string(body), nil
	case http.StatusConflict:
		return "", conflict(resp.Header.Get("Content-Type"), string(body))
	}
	return "", &statusError{resp.StatusCode, firstLine(string(body))}
}

// conflict reads the size that a witness answers a proof with that begins
// elsewhere.
func conflict(contentType, body string) error {
	kind, _, _ := mime.ParseMediaType(contentType)
	size, err := parseSize(strings.TrimSuffix(body, "\n"))
	if kind != SizeType || err != nil {
		return fmt.Errorf("answered 409 without a size in the form of %s", SizeType)
	}
	return &SizeError{size}
}

// SizeType is the media type of a size alone, which a witness answers a proof
// with that begins elsewhere.
const SizeType = "text/x.tlog.size"

// firstLine is enough of an error page to find out what it is about.
func firstLine(body string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(body), "\n")
	line = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(line, ""))
	return fmt.Sprintf("%.200s", line)
}

// cosignatureIn finds a witness's verified cosignature of a checkpoint in the
// lines that it answered. Lines by other keys are passed over.
func cosignatureIn(lines, checkpoint string, v *Verifier) (string, error) {
	text, _, ok := strings.Cut(checkpoint, "\n\n")
	if !ok {
		return "", errors.New("checkpoint has no signatures")
	}
	opened, err := note.Open([]byte(text+"\n\n"+lines), note.VerifierList(v))
	if err != nil {
		return "", fmt.Errorf("answered no good signature of %s+%08x: %w", v.Name(), v.KeyHash(), err)
	}
	sig := opened.Sigs[0]
	if !timeOf(signedBy(opened, v)).After(timeOf(make([]byte, 8))) {
		return "", errors.New("answered a signature of no time")
	}
	return fmt.Sprintf("— %s %s\n", sig.Name, sig.Base64), nil
}

// checkURL refuses an address that no checkpoint can be sent to.
func checkURL(name, address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return problem.New(problem.Invalid, "witness %s: %q: want the address that takes its checkpoints, as https://witness.example/witness", name, address)
	}
	return nil
}
