package cli

import (
	"context"
	"maps"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/label"
	"countersign.dev/internal/label/offline"
	"countersign.dev/internal/node"
	"countersign.dev/internal/policy"
	"countersign.dev/internal/problem"
)

func (a *app) labelVerifyCommand() *cobra.Command {
	var keys []string
	var list string
	var least int64
	var on dateFlag
	c := command("verify LABEL", "Verify a label with the authority's key alone", 1, 1, func(cmd *cobra.Command, args []string) error {
		g := offline.Given{Now: a.now(), Least: least}
		if on != "" {
			g.Now = access.Date(on).Time().Add(12 * time.Hour)
		}
		b, err := a.labelBytes(args[0])
		if err != nil {
			return err
		}
		if list != "" {
			if g.List, err = a.readFile(list); err != nil {
				return err
			}
		}
		if g.Authorities, g.Ends, err = a.labelAuthorities(cmd.Context(), keys); err != nil {
			return err
		}
		v, err := offline.Verify(b, g)
		if err != nil {
			return err
		}
		return a.labelVerified(v)
	})
	c.Use = "verify ADDRESS | FILE | -"
	c.Long = "Verify checks what a label's QR code holds, or its signed document, against the\nauthority's key, and its status against a signed status list. It needs no store and no\nnetwork. Without a list of the last 24 hours the status is unknown.\n\nExit codes: 0 the signature is good and the label active, 1 it is not good or the label\nexpired, 3 the status is unknown, 4 the label is suspended, revoked or withdrawn."
	c.Flags().StringSliceVar(&keys, "key", nil, "`FILE` with all public keys of one authority, PEM or keys.json; may be repeated for others (default those of the store)")
	c.Flags().StringVar(&list, "status-list", "", "`FILE` with a signed status list")
	c.Flags().Int64Var(&least, "seen", 0, "the highest `SEQUENCE` of a status list that was seen; older ones are refused")
	c.Flags().Var(&on, "at", "the `DAY` on which it is verified (default today)")
	return c
}

// labelBytes is the argument itself when it is an address, else the file's bytes.
func (a *app) labelBytes(arg string) ([]byte, error) {
	if strings.Contains(strings.ToUpper(arg), "://") {
		return []byte(arg), nil
	}
	if arg == "-" || exists(arg) {
		return a.readFile(arg)
	}
	if _, err := os.Stat(arg); err != nil {
		return nil, problem.New(problem.Invalid, "%s: neither an address nor a file", arg)
	}
	return a.readFile(arg)
}

// labelAuthorities are the authorities of which the files are the keys, or the
// store's own.
func (a *app) labelAuthorities(ctx context.Context, files []string) ([]offline.Authority, offline.Ends, error) {
	var out []offline.Authority
	ends := offline.Ends{}
	for _, path := range files {
		b, err := a.readFile(path)
		if err != nil {
			return nil, nil, err
		}
		keys, over, err := offline.ReadKeys(b)
		if err != nil {
			return nil, nil, problem.Wrap(problem.Invalid, err, "%s", path)
		}
		out = append(out, keys)
		maps.Copy(ends, over)
	}
	if len(files) > 0 {
		return out, ends, nil
	}
	err := a.with(ctx, toRead, func(n *node.Node) error {
		keys, err := n.LabelKeys(ctx)
		if err == nil {
			var public []dsse.PublicKey
			public, err = node.PublicKeys(keys)
			out = []offline.Authority{public}
			for _, k := range keys {
				if k.Until != "" {
					ends[k.KeyID] = k.Until
				}
			}
		}
		return err
	})
	if err != nil {
		return nil, nil, hinted(err, "name the authority's public key with --key")
	}
	return out, ends, nil
}

func (a *app) labelVerified(v *offline.Answer) error {
	if a.wantsJSON() {
		if err := a.json(v); err != nil {
			return err
		}
	} else {
		colours := map[offline.Result]colour{offline.Valid: green, offline.Invalid: red, offline.Expired: yellow, offline.NotYetValid: yellow}
		a.line("%s  %s", a.style(colours[v.Result], string(v.Result)), v.Reason)
		if v.Label != "" {
			a.line("label  %s, %s by %s%s", v.Label, v.Product, v.Maker, tierOf(v.Tier))
			a.line("valid  until %s", v.ValidUntil.AddDays(-1))
			a.paragraph("status ", statusWords(v))
			a.line("Compare maker and product with what you hold: a code can be copied.")
		}
	}
	switch {
	case v.Result != offline.Valid:
		return resultError{}
	case v.Status == string(label.StatusActive):
		return nil
	case v.Status == "unknown":
		return verdictError{policy.Review}
	}
	return verdictError{policy.Deny}
}

func statusWords(v *offline.Answer) string {
	s := v.Status
	if v.StatusSince != "" {
		s += " since " + string(v.StatusSince)
	}
	if v.StatusReason != "" {
		s += ": " + v.StatusReason
	}
	if !v.StatusAsOf.IsZero() {
		s += ", as of " + v.StatusAsOf.Format("2006-01-02 15:04 UTC")
	}
	if v.Note != "" {
		s += " (" + v.Note + ")"
	}
	return s
}
