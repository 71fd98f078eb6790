package cli

import (
	"cmp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/attestation"
	"countersign.dev/internal/assurance/verify"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/node"
)

const attestSubmitLong = `Submit keeps attestations, or signed revocations of them, in the ledger, and says of
each whether it counts: whether its signer may say that about whom it is about, by
the documents of signers (countersign: signers/v1) that are held. What does not count
is kept too, and may count when a signer is trusted later.

The organisation of MEMBER may take them back. Import takes attestations as well; it
does not say what they are worth.`

func (a *app) attestSubmitCommand() *cobra.Command {
	var as string
	var audience audienceFlag
	c := command("submit FILE...", "Keep attestations in the ledger", 1, -1, func(cmd *cobra.Command, args []string) error {
		files, unread := a.readFiles(args)
		if len(unread) > 0 {
			return &failures{unread}
		}
		var failed []string
		err := a.asMember(cmd.Context(), toBegin, as, func(n *node.Node, by access.Reader) error {
			report, err := n.Import(cmd.Context(), by, files, node.ImportOptions{Audience: audience.Audience, Kinds: []string{attestation.Kind, attestation.KindRevocation}})
			if err != nil {
				return err
			}
			failed = report.Failed
			all := []*node.Attested{}
			for i, f := range files {
				held, err := n.Attestations(cmd.Context(), asked(by), ledger.Digest(f.Bytes))
				if err != nil {
					return err
				}
				if held.Subject = files[i].Name; len(held.Attestations) > 0 {
					all = append(all, held)
				}
			}
			if a.wantsJSON() {
				return a.json(all)
			}
			for _, e := range report.Editions {
				for _, w := range e.Warnings {
					a.warn("%s", w)
				}
				if strings.HasPrefix(e.Source, "revocation/") {
					a.line("%s: a revocation, kept; it counts for what its signer has signed", strings.Join(e.Files, ", "))
				}
			}
			for _, held := range all {
				a.attested(held)
			}
			return nil
		})
		if err == nil && len(failed) > 0 {
			return &failures{failed}
		}
		return err
	})
	c.Long = attestSubmitLong
	addAs(c, &as)
	c.Flags().Var(&audience, "audience", "who may see them: public, or org:ID joined by | (any of) and & (all of)")
	return c
}

const attestRevokeLong = `Revoke takes an attestation back: from the day on it does not count, before it does.
ATTESTATION is the digest of its document, or the file. That is for the organisation
which handed it in, and for the authority of the node.

With --key it needs no store: it signs a revocation with the key by which the
attestation was signed, to be handed in wherever that is kept.`

func (a *app) attestRevokeCommand() *cobra.Command {
	var as string
	var f signFlags
	var on dateFlag
	var reason string
	c := command("revoke ATTESTATION", "Take an attestation back, from a day on", 1, 1, func(cmd *cobra.Command, args []string) error {
		if strings.TrimSpace(reason) == "" {
			return usage(cmd, "--reason: say why")
		}
		if f.key != "" {
			return a.signRevocation(&f, args[0], access.Date(on), reason)
		}
		digest, err := a.attestedDigest(args[0])
		if err != nil {
			return err
		}
		return a.asMember(cmd.Context(), toWrite, as, func(n *node.Node, by access.Reader) error {
			held, err := n.RevokeAttestation(cmd.Context(), asked(by), node.AttestationRevocation{Document: digest, On: access.Date(on), Reason: reason})
			if err != nil {
				return err
			}
			if a.wantsJSON() {
				return a.json(held)
			}
			a.attested(held)
			return nil
		})
	})
	c.Long = attestRevokeLong
	addAs(c, &as)
	c.Flags().StringVar(&reason, "reason", "", "why, in a sentence")
	c.Flags().Var(&on, "on", "the first `DAY` on which it does not count (default today)")
	f.addKey(c)
	return c
}

// signRevocation signs a revocation by whoever signed the attestation. Of a file
// it names what was signed in it, which is the same in whatever file that comes.
func (a *app) signRevocation(f *signFlags, what string, on access.Date, reason string) error {
	digest := what
	if exists(what) {
		b, err := a.readFile(what)
		if err != nil {
			return err
		}
		parts, err := verify.Parts(verify.File{Name: what, Bytes: b})
		if err != nil {
			return err
		}
		digest = ledger.Digest(b)
		if len(parts) == 1 && parts[0].Envelope != nil {
			digest = ledger.Digest(parts[0].Envelope.Payload)
		}
	}
	payload, err := attestation.SignedRevocation(digest, cmp.Or(on, access.DateOf(a.now())), reason)
	if err != nil {
		return err
	}
	return a.writeSigned(attestation.PayloadRevocation, payload, f)
}

const attestListLong = `List tells what is attested of SUBJECT: of an artifact by its digest, or a file; of a
release by its purl, as far as bills of materials tell its digest; of a maker as
maker:NAME; or of one attestation by the digest of its document. Of each it says
whether it counts on the day, and by which rule, or why not.`

func (a *app) attestListCommand() *cobra.Command {
	var as string
	var at atFlags
	c := command("list SUBJECT", "What is attested of an artifact, release or maker, and whether it counts", 1, 1, func(cmd *cobra.Command, args []string) error {
		subject, err := a.attestedDigest(args[0])
		if err != nil {
			return err
		}
		return a.asMember(cmd.Context(), toRead, as, func(n *node.Node, by access.Reader) error {
			held, err := n.Attestations(cmd.Context(), at.ask(by), subject)
			if err != nil {
				return err
			}
			if a.wantsJSON() {
				return a.json(held)
			}
			a.attested(held)
			return nil
		})
	})
	c.Long = attestListLong
	addAs(c, &as)
	at.add(c.Flags())
	return c
}

// heldColours are the colours of verdicts.
var heldColours = map[string]colour{
	attestation.Valid: green, attestation.Invalid: red, attestation.Revoked: red,
	attestation.Expired: yellow, attestation.NotYetValid: yellow, attestation.Untrusted: yellow,
}

// attested prints what is attested of a subject.
func (a *app) attested(held *node.Attested) {
	a.line("%s on %s", oneLine(held.Subject), held.At)
	if len(held.Packages) > 0 && held.Packages[0] != held.Subject {
		a.paragraph("  known as    ", strings.Join(held.Packages, ", "))
	}
	if len(held.Attestations) == 0 {
		a.line("  nothing is attested of it")
	}
	for i := range held.Attestations {
		a.attestationVerdict(&held.Attestations[i])
	}
	if held.More {
		a.line("  and more, which were not looked at")
	}
}

func (a *app) attestationVerdict(v *attestation.Verdict) {
	a.line("")
	a.line("%s  %s", a.style(heldColours[v.Result], v.Result), v.Title)
	if v.Reason != "" {
		a.paragraph("  because     ", v.Reason)
	}
	a.paragraph("  says        ", v.PredicateType)
	a.claims(v.Says)
	if f := v.Answers; f != nil {
		words := f.Producer + ", form " + f.Form + " of " + string(f.Date)
		if len(f.Open) > 0 {
			words += "; not attested: " + strings.Join(f.Open, ", ")
		}
		a.paragraph("  producer    ", words)
	}
	if v.Signer != nil {
		a.paragraph("  signer      ", signerWords(v.Signer))
	}
	for _, t := range v.SignedAt {
		a.paragraph("  signed      ", strings.TrimSuffix(t.Time.Format(time.RFC3339)+", says "+t.By, ", says "))
	}
	if v.Rule != "" {
		a.paragraph("  allowed by  ", spaced(v.Rule, ofOrganisation(v.Organisation)))
	}
	if v.Result == attestation.Valid && v.Until != "" {
		a.line("  until       %s", v.Until)
	}
	a.paragraph("  about       ", spaced(cmp.Or(v.Package, v.Name), strings.Join(v.Digests, " ")))
	a.line("  document    %s, position %d", v.Document, v.Position)
}

func ofOrganisation(id string) string {
	if id == "" {
		return ""
	}
	return "for " + id
}
