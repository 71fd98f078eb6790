package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assessment"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/label"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/node"
)

const labelLong = `A label says that a product was assessed against the criteria of a scheme, and
its status follows the evidence: it is suspended when its maker is put on a list,
or a component is being exploited, and given back when a court or an agency
decides so. Makers apply, laboratories and assessors judge, the authority gives.

Without --as you act for every organisation, as whoever holds the store's files.`

func (a *app) labelCommand() *cobra.Command {
	c := group("label", "Security labels: apply, assess, give, suspend, verify",
		a.labelApplyCommand(), a.labelAssessCommand(), a.labelIssueCommand(), a.labelAmendCommand(), a.labelShowCommand(), a.labelVerifyCommand(), a.labelListCommand(), a.labelExportCommand(),
		a.labelActCommand("suspend", label.Suspended, "Suspend a label, for a reason that everybody reads"),
		a.labelActCommand("reinstate", label.Reinstated, "Give a suspended label back, from the day on which its ground ended"),
		a.labelActCommand("revoke", label.Revoked, "Take a label for good"),
		a.labelActCommand("supersede", label.Superseded, "End a label because another of the same product took its place"),
		a.labelActCommand("withdraw", label.Withdrawn, "Take an application or a label back, as its maker or the authority"),
		a.labelActCommand("fail-test", label.Tested, "Record that a product failed a test on the market"),
		a.labelEndKeyCommand(),
		a.labelActCommand("clear", label.Cleared, "Record that what a label was warned of is remedied"),
	)
	c.Long = labelLong
	c.PersistentFlags().StringVar(&a.store.publicURL, "public-url", "", "`URL` of the public registry, which labels name (default http://127.0.0.1:8080)")
	return c
}

// labelWriter is the flags of a command that writes about a label.
type labelWriter struct {
	as       string
	evidence []string
}

func (w *labelWriter) add(c *cobra.Command) {
	addAs(c, &w.as)
	c.Flags().StringSliceVar(&w.evidence, "evidence", nil, "`FILE` that it rests on, or the digest of a document that is held; may be repeated")
}

// documents imports the files of --evidence for those who may see them, and
// gives their digests.
func (w *labelWriter) documents(ctx context.Context, a *app, n *node.Node, by access.Reader, audience access.Audience) ([]label.Evidence, error) {
	var out []label.Evidence
	for _, path := range w.evidence {
		if digest, err := ledger.ParseDigest(path); err == nil {
			out = append(out, label.Evidence{Digest: digest})
			continue
		}
		b, err := a.readFile(path)
		if err != nil {
			return nil, err
		}
		f := intake.File{Name: filepath.Base(path), Bytes: b}
		if err := n.KeepEvidence(ctx, by, f, audience); err != nil {
			return nil, err
		}
		out = append(out, label.Evidence{Digest: ledger.Digest(b), Title: f.Name})
	}
	return out, nil
}

func (a *app) labelApplyCommand() *cobra.Command {
	var w labelWriter
	var draft bool
	var id string
	c := command("apply FILE", "Apply for a label", 1, 1, func(cmd *cobra.Command, args []string) error {
		b, err := a.readFile(args[0])
		if err != nil {
			return err
		}
		app, err := label.ParseApplication(b)
		if err != nil {
			return fmt.Errorf("%s: %w", args[0], err)
		}
		return a.asMember(cmd.Context(), toBegin, w.as, func(n *node.Node, by access.Reader) error {
			audience, err := n.ApplicationAudience(cmd.Context(), by, app)
			if err != nil {
				return err
			}
			held, err := w.documents(cmd.Context(), a, n, by, audience)
			if err != nil {
				return err
			}
			app.Evidence = append(app.Evidence, held...)
			s, err := n.Apply(cmd.Context(), asked(by), app, node.ApplyOptions{ID: id, Submit: !draft})
			if err != nil {
				return err
			}
			return a.labelState(s)
		})
	})
	c.Use = "apply FILE | -"
	c.Long = "Apply reads an application (YAML or JSON, countersign: application/v1) and hands it\nin, or keeps it as a draft. Files given with --evidence are kept for the maker, the\nlaboratory and the authority."
	w.add(c)
	c.Flags().BoolVar(&draft, "draft", false, "keep it as a draft")
	c.Flags().StringVar(&id, "id", "", "`ID` of the draft that it replaces")
	return c
}

// asked is the ask of somebody about now.
func asked(by access.Reader) access.Ask {
	return access.Ask{Reader: by, At: access.At{Position: access.Now}}
}

func (a *app) labelAssessCommand() *cobra.Command {
	var w labelWriter
	var j assessment.Judgement
	var status, method, file, report string
	var finish bool
	c := command("assess ID", "See how the controls of an application stand, and judge them", 1, 1, func(cmd *cobra.Command, args []string) error {
		judgements, err := a.readJudgements(file)
		if err != nil {
			return err
		}
		if j.Control != "" {
			j.Status, j.Method = assessment.Status(status), assessment.Method(method)
			judgements = append(judgements, j)
		} else if status != "" {
			return usage(cmd, "--status: say which control with --control")
		}
		what := toRead
		if len(judgements) > 0 || report != "" || finish {
			what = toWrite
		}
		return a.asMember(cmd.Context(), what, w.as, func(n *node.Node, by access.Reader) error {
			if report != "" {
				b, err := a.readFile(report)
				if err != nil {
					return err
				}
				if _, err := n.JudgeByReport(cmd.Context(), asked(by), args[0], intake.File{Name: filepath.Base(report), Bytes: b}); err != nil {
					return err
				}
			}
			return a.labelAssess(cmd.Context(), n, by, args[0], &w, judgements, finish)
		})
	})
	c.Long = "Assess tells how each control of an application stands, and why. With --control and\n--status, or a file of judgements, it records what a laboratory or an assessor found;\nwith --finish it closes the assessment, which is refused while a required control is\nnot met or unknown. FILE is a list of judgements, each with control, status, method,\nreason and evidence. --report keeps a laboratory's test report (countersign:\ntest-report/v1) and records its verdicts."
	w.add(c)
	c.Flags().StringVar(&j.Control, "control", "", "`CATALOGUE/ID` of the control that is judged")
	c.Flags().StringVar(&status, "status", "", "how it came out: met or not_met")
	c.Flags().StringVar(&method, "method", "", "how it was found: declared, automated or laboratory")
	c.Flags().StringVar(&j.Reason, "reason", "", "why, in a sentence")
	c.Flags().StringVar(&file, "judgements", "", "`FILE` with several")
	c.Flags().StringVar(&report, "report", "", "`FILE` with a laboratory's test report")
	c.Flags().BoolVar(&finish, "finish", false, "close the assessment")
	return c
}

func (a *app) labelAssess(ctx context.Context, n *node.Node, by access.Reader, id string, w *labelWriter, judgements []assessment.Judgement, finish bool) error {
	got, err := n.Assessment(ctx, asked(by), id)
	if err != nil {
		return err
	}
	if len(judgements) > 0 {
		audience, err := n.ApplicationAudience(ctx, by, got.Application)
		if err != nil {
			return err
		}
		held, err := w.documents(ctx, a, n, by, audience)
		if err != nil {
			return err
		}
		for i := range judgements {
			for _, e := range held {
				judgements[i].Evidence = append(judgements[i].Evidence, assessment.Evidence{Digest: e.Digest, Title: e.Title})
			}
		}
		if got, err = n.Judge(ctx, asked(by), id, judgements); err != nil {
			return err
		}
	}
	if finish {
		if got, err = n.FinishAssessment(ctx, asked(by), id); err != nil {
			return err
		}
	}
	return a.labelAssessed(got)
}

func (a *app) labelIssueCommand() *cobra.Command {
	var as string
	var opts node.IssueOptions
	var from, until dateFlag
	c := command("issue ID", "Give a label to an application that was assessed", 1, 1, func(cmd *cobra.Command, args []string) error {
		opts.ValidFrom, opts.ValidUntil = access.Date(from), access.Date(until)
		return a.asMember(cmd.Context(), toWrite, as, func(n *node.Node, by access.Reader) error {
			s, err := n.Issue(cmd.Context(), asked(by), args[0], opts)
			if err != nil {
				return err
			}
			a.warnOfRegistry(cmd, n)
			if err := a.labelState(s); err != nil || a.wantsJSON() {
				return err
			}
			a.line("code   %s", n.LabelCode(&s.State))
			return nil
		})
	})
	c.Long = "Issue signs the label's document and the core of its QR code, and makes it public.\nIt is refused while a party to the label is barred by the scheme's policy. The key is\nissuer.key beside the log's key, made when it is first needed."
	addAs(c, &as)
	c.Flags().Var(&from, "from", "the first day on which it counts (default today)")
	c.Flags().Var(&until, "until", "the first day on which it no longer does (default by the scheme; never later)")
	c.Flags().StringVar(&opts.Reason, "reason", "", "what the history says (default that the label was given)")
	return c
}

// warnOfRegistry tells where a label leads that was signed without saying so: what
// is printed cannot be called back.
func (a *app) warnOfRegistry(cmd *cobra.Command, n *node.Node) {
	if !cmd.Flags().Changed("public-url") {
		a.warn("the label and its code lead to %s; say with --public-url where people find the registry", n.Registry())
	}
}

func (a *app) labelAmendCommand() *cobra.Command {
	var as string
	var m node.Amendment
	var support dateFlag
	var releases []string
	c := command("amend ID", "Change which releases a label covers, or lengthen support", 1, 1, func(cmd *cobra.Command, args []string) error {
		if strings.TrimSpace(m.Reason) == "" {
			return usage(cmd, "--reason: say why; it is public")
		}
		m.SupportEnd = access.Date(support)
		for _, r := range releases {
			purl, digest, ok := strings.Cut(r, "=sha256:")
			if !ok {
				return usage(cmd, "--release %q: want PURL=sha256:DIGEST", r)
			}
			m.Releases = append(m.Releases, label.Release{PURL: purl, Digests: []string{"sha256:" + digest}})
		}
		return a.asMember(cmd.Context(), toWrite, as, func(n *node.Node, by access.Reader) error {
			s, err := n.Amend(cmd.Context(), asked(by), args[0], m)
			if err != nil {
				return err
			}
			a.warnOfRegistry(cmd, n)
			return a.labelState(s)
		})
	})
	c.Long = "Amend signs the label's document and code anew. A release without the weakness that\na label is suspended for is a remedy: reinstatement is then offered."
	addAs(c, &as)
	c.Flags().StringArrayVar(&releases, "release", nil, "`PURL=sha256:DIGEST` that it covers, in place of those before; may be repeated")
	c.Flags().Var(&support, "support-end", "the first `DAY` without support; never earlier than before")
	c.Flags().StringVar(&m.Reason, "reason", "", "why, in a sentence that everybody reads")
	return c
}

func (a *app) labelActCommand(use string, kind label.Kind, short string) *cobra.Command {
	var w labelWriter
	act := node.LabelAct{Kind: kind}
	var on dateFlag
	c := command(use+" ID", short, 1, 1, func(cmd *cobra.Command, args []string) error {
		act.On = access.Date(on)
		if strings.TrimSpace(act.Reason) == "" {
			return usage(cmd, "--reason: say why; it is public")
		}
		return a.asMember(cmd.Context(), toWrite, w.as, func(n *node.Node, by access.Reader) error {
			held, err := w.documents(cmd.Context(), a, n, by, access.Public)
			if err != nil {
				return err
			}
			act.Evidence = held
			s, err := n.Act(cmd.Context(), asked(by), args[0], act)
			if err != nil {
				return err
			}
			return a.labelState(s)
		})
	})
	w.add(c)
	c.Flags().StringVar(&act.Reason, "reason", "", "why, in a sentence that everybody reads")
	c.Flags().StringVar(&act.Cite, "cite", "", "by which rule or order")
	c.Flags().Var(&on, "on", "the `DAY` from which it counts (default today; of reinstate, the day from which it is offered)")
	if kind == label.Superseded {
		c.Flags().StringVar(&act.By, "by", "", "`ID` of the label that took its place")
	}
	if kind == label.Suspended || kind == label.Reinstated || kind == label.Cleared {
		c.Flags().StringVar(&act.Ground, "ground", "", "which `GROUND` is meant, where there are several")
	}
	return c
}

func (a *app) labelShowCommand() *cobra.Command {
	var as string
	var at atFlags
	var history bool
	c := command("show ID", "How a label stands, or stood, and why", 1, 1, func(cmd *cobra.Command, args []string) error {
		return a.asMember(cmd.Context(), toRead, as, func(n *node.Node, by access.Reader) error {
			s, err := n.Label(cmd.Context(), at.ask(by), args[0])
			if err != nil {
				return err
			}
			if !history {
				return a.labelState(s)
			}
			events, err := n.LabelHistory(cmd.Context(), at.ask(by), args[0])
			if err != nil {
				return err
			}
			return a.labelHistory(s, events)
		})
	})
	addAs(c, &as)
	at.add(c.Flags())
	c.Flags().BoolVar(&history, "history", false, "every event, with its document")
	return c
}

func (a *app) labelListCommand() *cobra.Command {
	var as string
	var at atFlags
	var f label.Filter
	var status string
	c := command("list [TEXT]", "Labels, by product, maker, scheme or status", 0, 1, func(cmd *cobra.Command, args []string) error {
		if f.Status = label.Status(status); len(args) > 0 {
			f.Text = args[0]
		}
		return a.asMember(cmd.Context(), toRead, as, func(n *node.Node, by access.Reader) error {
			l, err := n.Labels(cmd.Context(), at.ask(by), f)
			if err != nil {
				return err
			}
			return a.labelList(l)
		})
	})
	addAs(c, &as)
	at.add(c.Flags())
	c.Flags().StringVar(&f.Scheme, "scheme", "", "`ID` of the scheme")
	c.Flags().StringVar(&f.Maker, "maker", "", "`NAME` of the maker, whole")
	c.Flags().StringVar(&status, "status", "", "active, suspended, expired, revoked, withdrawn or superseded")
	c.Flags().IntVar(&f.Tier, "tier", 0, "`N` of the tier")
	c.Flags().StringVar(&f.After, "after", "", "`ID` after which the page begins")
	c.Flags().IntVar(&f.Limit, "limit", 0, "most labels of a page (default 100)")
	c.Flags().BoolVar(&f.Private, "applications", false, "also those that are not public yet, as far as you may see them")
	return c
}

func (a *app) labelEndKeyCommand() *cobra.Command {
	var as, reason string
	var on dateFlag
	c := command("end-key KEYID", "End the days of a key that labels are signed with", 1, 1, func(cmd *cobra.Command, args []string) error {
		if strings.TrimSpace(reason) == "" {
			return usage(cmd, "--reason: say why; it is public")
		}
		return a.asMember(cmd.Context(), toWrite, as, func(n *node.Node, by access.Reader) error {
			day := access.Date(on)
			if day == "" {
				day = access.DateOf(a.now())
			}
			k, err := n.EndLabelKey(cmd.Context(), asked(by), args[0], day, reason)
			if err != nil {
				return err
			}
			if a.wantsJSON() {
				return a.json(k)
			}
			a.line("%s signs no more from %s: %s", k.KeyID, k.Until, k.Reason)
			return nil
		})
	})
	c.Long = "End-key makes known, in the ledger and in keys.json, from which day on nothing counts\nthat the key signs. Take issuer.key away then: a new key is made when the next label is\ngiven. Labels that were given before stay as they are."
	addAs(c, &as)
	c.Flags().StringVar(&reason, "reason", "", "why, in a sentence that everybody reads")
	c.Flags().Var(&on, "on", "the first `DAY` on which it signs no more (default today)")
	return c
}
