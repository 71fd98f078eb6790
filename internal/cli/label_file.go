package cli

import (
	"encoding/json"
	"os"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assessment"
	"countersign.dev/internal/label/sheet"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
)

// maxJudgements bounds a file of judgements, in bytes.
const maxJudgements = 4 << 20

// readJudgements reads a list of judgements.
func (a *app) readJudgements(path string) ([]assessment.Judgement, error) {
	if path == "" {
		return nil, nil
	}
	b, err := a.readFile(path)
	if err != nil {
		return nil, err
	}
	if len(b) > maxJudgements {
		return nil, problem.New(problem.TooLarge, "%s: %d bytes, the limit is %d", path, len(b), maxJudgements)
	}
	var rows []struct {
		Control  string   `yaml:"control"`
		Status   string   `yaml:"status"`
		Method   string   `yaml:"method"`
		Reason   string   `yaml:"reason"`
		Evidence []string `yaml:"evidence"`
	}
	if err := yaml.Unmarshal(b, &rows); err != nil {
		return nil, problem.New(problem.Invalid, "%s: want a list of judgements: %v", path, err)
	}
	out := make([]assessment.Judgement, len(rows))
	for i, r := range rows {
		out[i] = assessment.Judgement{Control: r.Control, Status: assessment.Status(r.Status), Method: assessment.Method(r.Method), Reason: r.Reason}
		for _, d := range r.Evidence {
			out[i].Evidence = append(out[i].Evidence, assessment.Evidence{Digest: d})
		}
	}
	return out, nil
}

func (a *app) labelExportCommand() *cobra.Command {
	var as, form, path, after string
	var at atFlags
	var dpi int
	c := command("export ID", "Write a label's signed document, its code, a printable sheet or its history", 1, 1, func(cmd *cobra.Command, args []string) error {
		return a.asMember(cmd.Context(), toRead, as, func(n *node.Node, by access.Reader) error {
			b, err := a.labelExport(cmd, n, at.ask(by), args[0], form, after, dpi)
			if err != nil {
				return err
			}
			if path == "" || path == "-" {
				_, err = a.out.Write(b)
				return err
			}
			return os.WriteFile(path, b, 0o644)
		})
	})
	c.Long = "Export writes: document, the signed label (DSSE); code, the address in its QR code;\nsvg, png or pdf, as one prints it; badge, to embed in a page; history, its events as\nJSON; oscal, the assessment of its application, for those who may see that. ID is registry for what is about all labels: list, the signed status list; dump,\nthe signed dump; keys."
	addAs(c, &as)
	at.add(c.Flags())
	c.Flags().StringVar(&form, "as-form", "document", "document, code, svg, png, pdf, badge, history or oscal; of registry list, dump or keys")
	c.Flags().StringVarP(&path, "output", "o", "", "`FILE` to write (default standard output)")
	c.Flags().StringVar(&after, "after", "", "`ID` after which the page of a dump begins")
	c.Flags().IntVar(&dpi, "dpi", 300, "`DOTS` per inch of a png")
	return c
}

func (a *app) labelExport(cmd *cobra.Command, n *node.Node, ask access.Ask, id, form, after string, dpi int) ([]byte, error) {
	ctx := cmd.Context()
	if id == "registry" {
		switch form {
		case "list":
			b, _, err := n.StatusList(ctx)
			return b, err
		case "dump":
			b, _, err := n.LabelDump(ctx, after)
			return b, err
		case "keys":
			keys, err := n.LabelKeys(ctx)
			if err != nil {
				return nil, err
			}
			return json.MarshalIndent(map[string]any{"keys": keys}, "", "  ")
		}
		return nil, usage(cmd, "--as-form %s: want list, dump or keys of registry", form)
	}
	if form == "oscal" {
		return n.AssessmentOSCAL(ctx, ask, id)
	}
	s, err := n.Label(ctx, ask, id)
	if err != nil {
		return nil, err
	}
	switch form {
	case "document":
		b, _, err := n.LabelDocument(ctx, ask, id)
		return b, err
	case "history":
		events, err := n.LabelHistory(ctx, ask, id)
		if err != nil {
			return nil, err
		}
		return json.MarshalIndent(map[string]any{"label": s, "history": events}, "", "  ")
	case "svg", "png", "pdf":
		b, _, err := n.PrintLabel(ctx, ask, s, form, dpi)
		return b, err
	case "badge":
		return sheet.Badge(string(s.Status), s.Since, s.At.Time(), a.now()), nil
	case "code":
		if s.Code == "" {
			return nil, problem.New(problem.Conflict, "label %s was not given: it has no code", s.Label)
		}
		return []byte(n.LabelCode(&s.State) + "\n"), nil
	}
	return nil, usage(cmd, "--as-form %s: want document, code, svg, png, pdf, badge, history or oscal", form)
}
