package cli

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"countersign.dev/internal/access"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/gate"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/node"
	"countersign.dev/internal/policy"
	"countersign.dev/internal/problem"
)

const checkLong = `Check answers for SUBJECT: a name in any script, an identifier, the id of a
party or listing; a release by its purl, CPE, name and version, or the digest of
its bill; a product by the id of its label, its name, or the digest of what it
ships; or the file of a bill of materials, which is taken in first. It prints the
card, the listings and every reason with the documents that it rests on, and
records the decision in the ledger.

Without --purpose every policy that fits the subject is applied and the worst
verdict counts. A subject that is not known is review, never allow.

The exit code is the verdict: 0 allow, 3 review, 4 deny.`

const checkExample = `  countersign check Xiaomi --purpose invest --at 2021-02-01
  countersign check Xiaomi --purpose invest --at 2021-03-16 --known 2021-02-01
  countersign check us-dod-1237:xiaomi-corporation --format json --dry-run
  countersign check sbom.cdx.json --purpose operate --format sarif --output out.sarif
  countersign check pkg:golang/golang.org/x/net@v0.1.0 --dry-run
  countersign check K7Q2M-9XA4R --purpose label --at 2026-03-01`

type checkFlags struct {
	at      atFlags
	purpose string
	as      string
	dryRun  bool
	export  string
	policy  string
	output  string

	artifact string
}

func (a *app) checkCommand() *cobra.Command {
	var f checkFlags
	c := command("check SUBJECT|FILE", "Answer for a subject, with reasons and evidence", 1, 1, func(cmd *cobra.Command, args []string) error {
		if f.dryRun && f.export != "" {
			return usage(cmd, "--export needs a recorded decision, which --dry-run does not make")
		}
		if f.policy != "" && !f.dryRun {
			return usage(cmd, "--policy answers by a policy that the ledger does not hold, which cannot be recorded; say --dry-run as well")
		}
		if f.artifact != "" && !looksLikeFile(args[0]) {
			return usage(cmd, "--artifact is compared with a bill of materials, which has to be a file")
		}
		if !looksLikeFile(args[0]) {
			if err := missingFile(args[0]); err != nil {
				return err
			}
			if err := checkSubject(cmd, args[0]); err != nil {
				return err
			}
		}
		return a.check(cmd.Context(), args[0], &f)
	})
	c.Long, c.Example = checkLong, checkExample
	f.at.add(c.Flags())
	c.Flags().StringVar(&f.purpose, "purpose", "", "what for: procure, invest, export, operate or label (default every `PURPOSE` that fits)")
	c.Flags().BoolVar(&f.dryRun, "dry-run", false, "answer and record nothing")
	c.Flags().StringVar(&f.export, "export", "", "write the decision with its evidence and proofs to `FILE`, for ledger verify --bundle")
	c.Flags().StringVar(&f.policy, "policy", "", "apply the policy in `FILE` in place of those that are held; with --dry-run")
	c.Flags().StringVar(&f.output, "output", "", "write the result to `FILE` in place of standard output")
	c.Flags().StringVar(&f.artifact, "artifact", "", "make sure that the bill describes what is in `FILE`, by its SHA-256")
	addAs(c, &f.as)
	return c
}

func (a *app) check(ctx context.Context, subject string, f *checkFlags) error {
	what := toWrite
	if f.dryRun {
		what = toRead
	}
	q, err := a.question(subject, f)
	if err != nil {
		return err
	}
	var file *intake.File
	if looksLikeFile(subject) {
		files, unread := a.readFiles([]string{subject})
		if len(unread) > 0 {
			return &failures{unread}
		}
		file = &files[0]
		if err := a.bound(ctx, *file, f.artifact); err != nil {
			return err
		}
		if !f.dryRun {
			what = toBegin
		}
	}
	var answer *decision.Answer
	err = a.with(ctx, what, func(n *node.Node) error {
		reader, err := readerFor(ctx, n, f.as)
		if err != nil {
			return err
		}
		ask := f.at.ask(reader)
		switch {
		case f.dryRun && file != nil:
			answer, _, err = n.CheckFile(ctx, ask, *file, q)
			return err
		case f.dryRun:
			answer, _, err = n.Check(ctx, ask, q)
			return err
		case file != nil:
			answer, err = n.DecideFile(ctx, ask, *file, q, node.ImportOptions{})
		default:
			answer, err = n.Decide(ctx, ask, q)
		}
		if err != nil {
			return err
		}
		return a.export(ctx, n, reader, answer, f.export)
	})
	if err != nil {
		return err
	}
	if err := a.result(subject, answer, f); err != nil {
		return err
	}
	return verdictError{answer.Verdict}
}

// bound makes sure that a bill describes an artifact, when one is named: that
// the SHA-256 which it gives of its release is the artifact's.
func (a *app) bound(ctx context.Context, bill intake.File, artifact string) error {
	if artifact == "" {
		return nil
	}
	stated, err := intake.Describes(ctx, bill)
	if err != nil {
		return err
	}
	r, err := os.Open(artifact)
	if err != nil {
		return problem.New(problem.Invalid, "%s: %s", artifact, reasonOf(err))
	}
	defer r.Close()
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return problem.New(problem.Invalid, "%s: %s", artifact, reasonOf(err))
	}
	digest := "sha256:" + hex.EncodeToString(h.Sum(nil))
	switch {
	case len(stated) == 0:
		a.warn("%s: gives no SHA-256 of its release, so that nothing binds it to %s", bill.Name, artifact)
	case !slices.Contains(stated, digest):
		return problem.New(problem.Conflict, "%s: describes %s, and %s is %s", bill.Name, strings.Join(stated, ", "), artifact, digest)
	}
	return nil
}

// question is what is asked about the subject.
func (a *app) question(subject string, f *checkFlags) (node.Question, error) {
	q := node.Question{Subject: subject, Purpose: f.purpose}
	if f.policy == "" {
		return q, nil
	}
	text, err := a.readFile(f.policy)
	if err != nil {
		return q, err
	}
	if q.Policy, err = policy.Parse(f.policy, text); err == nil && f.purpose != "" && q.Policy.Purpose != f.purpose {
		err = problem.New(problem.Invalid, "%s: its purpose is %s, not %s", f.policy, q.Policy.Purpose, f.purpose)
	}
	return q, err
}

// export writes the bundle of a decision to a file, when one is wanted. Only
// whoever writes it may read it, unless everybody may.
func (a *app) export(ctx context.Context, n *node.Node, reader access.Reader, answer *decision.Answer, path string) error {
	if path == "" || answer.Decision == nil {
		return nil
	}
	b, err := n.Bundle(ctx, access.Ask{Reader: reader, At: access.At{Position: access.Now}}, *answer.Decision)
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	mode := os.FileMode(0o600)
	if answer.Audience.IsPublic() {
		mode = 0o644
	}
	if err := writeFile(path, b, mode); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	return nil
}

// writeFile puts b in place whole or not at all.
func writeFile(path string, b []byte, mode os.FileMode) error {
	// What is there and is no file, as /dev/stdout or a pipe, is written to and
	// never replaced.
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return os.WriteFile(path, b, mode)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails once it is renamed
	_, err = f.Write(b)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// result prints an answer in the form that is asked for, or writes it to a file.
func (a *app) result(subject string, answer *decision.Answer, f *checkFlags) error {
	if f.output == "" {
		return a.write(a.printer, subject, answer)
	}
	var b bytes.Buffer
	to := newPrinter(bufio.NewWriter(&b), &b, a.err, func(string) string { return "" })
	to.format = a.format
	if err := a.write(to, subject, answer); err != nil {
		return err
	}
	if err := to.out.Flush(); err != nil {
		return err
	}
	if err := writeFile(f.output, b.Bytes(), 0o644); err != nil {
		return problem.New(problem.Invalid, "%s: %s", f.output, reasonOf(err))
	}
	a.line("%s: %s", f.output, answer.Verdict)
	return nil
}

// gateForms are the forms of results for build systems.
var gateForms = map[formatFlag]func(io.Writer, *gate.Result) error{
	"sarif":    func(w io.Writer, r *gate.Result) error { return gate.SARIF(w, r, gate.SARIFOptions{}) },
	"junit":    gate.JUnit,
	"markdown": gate.Markdown,
	"csv":      gate.CSV,
}

// write writes an answer.
func (a *app) write(to *printer, subject string, answer *decision.Answer) error {
	form := gateForms[a.format]
	switch {
	case form != nil && answer.Software == nil:
		return problem.New(problem.Invalid, "%s is for releases, and %s is none; ask with --format text or json", a.format, subject)
	case form != nil:
		r := gate.Of(answer)
		r.Tool.Version, r.Moment = thisBuild().Version, a.now()
		if looksLikeFile(subject) && subject != "-" {
			r.File = filepath.ToSlash(subject)
			if b, err := a.readFile(subject); err == nil {
				r.Locate(b) // of what is packed, lines are not told
			}
		}
		return form(to.out, r)
	case a.wantsJSON():
		return to.json(answer)
	}
	with := *a
	with.printer = to
	with.card(subject, answer)
	return nil
}
