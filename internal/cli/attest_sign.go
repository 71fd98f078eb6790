package cli

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/attestation"
	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/assurance/form"
	"countersign.dev/internal/assurance/intoto"
	"countersign.dev/internal/assurance/ssdf"
	"countersign.dev/internal/problem"
)

const attestSignLong = `Sign makes an in-toto statement and signs it as a DSSE envelope. It needs no store.

FILE is an attestation form (countersign: ssdf-form/v1), an in-toto statement, or,
with --predicate-type, the predicate as a JSON object; without FILE the predicate is
empty. Each --subject is an artifact: a file, DIGEST, or NAME=DIGEST, where NAME may
be a purl. What could not be read back as its type has it is not signed.

The key is a private key in PEM (PKCS #8): Ed25519, ECDSA or RSA. With --new-key a
key of Ed25519 is made where there is none, and its public half beside it (.pub).`

const attestSignExample = `  countersign attest sign ssdf-form.yaml --key acme.key -o ssdf-form.dsse.json
  countersign attest sign --predicate-type https://acme.example/tested/v1 --valid-until 2027-01-01 \
    --subject pkg:generic/acme/cam@2.1=sha256:… --key acme.key`

// signFlags are the flags of attest sign.
type signFlags struct {
	predicateType string
	subjects      []string
	key, output   string
	newKey        bool
	from, until   dateFlag
}

func (a *app) attestSignCommand() *cobra.Command {
	var f signFlags
	c := command("sign [FILE]", "Sign a statement about artifacts, without a store", 0, 1, func(cmd *cobra.Command, args []string) error {
		if f.key == "" {
			return usage(cmd, "--key is missing")
		}
		if len(args) == 0 && f.predicateType == "" {
			return usage(cmd, "FILE or --predicate-type is missing")
		}
		payload, err := a.toSign(cmd, &f, args)
		if err != nil {
			return err
		}
		return a.writeSigned(dsse.PayloadInToto, payload, &f)
	})
	c.Long, c.Example = attestSignLong, attestSignExample
	flags := c.Flags()
	flags.StringVar(&f.predicateType, "predicate-type", "", "`TYPE` of what is said; FILE is then the predicate")
	flags.StringArrayVar(&f.subjects, "subject", nil, "artifact that it is about: `FILE`, DIGEST or NAME=DIGEST. May be repeated")
	flags.Var(&f.from, "valid-from", "the first day on which it is valid")
	flags.Var(&f.until, "valid-until", "the first day on which it no longer is")
	f.addKey(c)
	return c
}

// addKey adds the flags that say by which key to sign, and where to.
func (f *signFlags) addKey(c *cobra.Command) {
	c.Flags().StringVar(&f.key, "key", "", "`FILE` of the private key to sign with (PEM, PKCS #8)")
	c.Flags().BoolVar(&f.newKey, "new-key", false, "make the key where there is none")
	c.Flags().StringVarP(&f.output, "output", "o", "", "`FILE` to write (default standard output)")
}

// toSign is the payload to sign.
func (a *app) toSign(cmd *cobra.Command, f *signFlags, args []string) ([]byte, error) {
	var b []byte
	name := "statement"
	if len(args) > 0 {
		var err error
		if name = args[0]; name == "-" {
			name = "standard input"
		}
		if b, err = a.readFile(args[0]); err != nil {
			return nil, err
		}
	}
	if f.predicateType == "" {
		if len(f.subjects) > 0 || f.from != "" || f.until != "" {
			return nil, usage(cmd, "--subject, --valid-from and --valid-until go with --predicate-type: %s says it all itself", args[0])
		}
		payload, err := wholeStatement(cmd, name, b)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return payload, nil
	}
	s := attestation.Statement{PredicateType: f.predicateType, Predicate: b, From: access.Date(f.from), Until: access.Date(f.until)}
	for _, text := range f.subjects {
		r, err := artifactOf(text)
		if err != nil {
			return nil, err
		}
		s.Subjects = append(s.Subjects, r)
	}
	if len(s.Subjects) == 0 {
		return nil, usage(cmd, "--subject is missing: a statement is about an artifact")
	}
	payload, err := s.Payload()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return payload, nil
}

// wholeStatement is the statement that a file is or holds.
func wholeStatement(cmd *cobra.Command, name string, b []byte) ([]byte, error) {
	if ssdf.Recognise(name, b) {
		f, err := ssdf.Read(cmd.Context(), name, b, ssdf.Limits{})
		if err != nil {
			return nil, err
		}
		return f.Statement()
	}
	if !form.IsJSON(b) {
		return nil, problem.New(problem.Invalid, "neither an attestation form nor an in-toto statement")
	}
	return b, attestation.CheckPayload(b, false)
}

// artifactOf is an artifact that a statement is about: a file, or a digest.
func artifactOf(text string) (intoto.Resource, error) {
	if !exists(text) {
		return attestation.ParseSubject(text)
	}
	artifact, err := artifactFile(text)
	if err != nil {
		return intoto.Resource{}, err
	}
	in, err := artifact.Open()
	if err != nil {
		return intoto.Resource{}, problem.New(problem.Invalid, "%s: %s", text, reasonOf(err))
	}
	defer in.Close()
	h := sha256.New()
	if _, err := io.Copy(h, in); err != nil {
		return intoto.Resource{}, problem.New(problem.Invalid, "%s: %s", text, reasonOf(err))
	}
	return intoto.Resource{Name: text, Digest: map[string]string{"sha256": hex.EncodeToString(h.Sum(nil))}}, nil
}

// writeSigned signs a payload and writes the envelope.
func (a *app) writeSigned(payloadType string, payload []byte, f *signFlags) error {
	key, err := a.signingKey(f)
	if err != nil {
		return err
	}
	b, err := dsse.Sign(payloadType, payload, key)
	if err != nil {
		return err
	}
	if !bytes.HasSuffix(b, []byte("\n")) {
		b = append(b, '\n')
	}
	if f.output == "" || f.output == "-" {
		_, err = a.out.Write(b)
		return err
	}
	if err := os.WriteFile(f.output, b, 0o644); err != nil {
		return problem.New(problem.Invalid, "%s: %s", f.output, reasonOf(err))
	}
	return nil
}

// signingKey reads the key, or makes it.
func (a *app) signingKey(f *signFlags) (crypto.Signer, error) {
	if f.newKey && !exists(f.key) {
		private, public, err := dsse.GenerateKey()
		if err != nil {
			return nil, err
		}
		if err := writeNewFile(f.key, private, 0o600); err != nil {
			return nil, err
		}
		if err := writeNewFile(f.key+".pub", public, 0o644); err != nil {
			return nil, err
		}
	}
	b, err := a.readFile(f.key)
	if err != nil {
		return nil, err
	}
	key, err := dsse.ReadPrivateKey(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.key, err)
	}
	return key, nil
}

// writeNewFile writes a file that must not be there yet.
func writeNewFile(path string, b []byte, mode os.FileMode) error {
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return problem.New(problem.Invalid, "%s: %s", path, reasonOf(err))
	}
	_, err = out.Write(b)
	if closed := out.Close(); err == nil {
		err = closed
	}
	return err
}

// attestedDigest is the digest by which a command names something: written out,
// or that of a file.
func (a *app) attestedDigest(text string) (string, error) {
	if !exists(text) {
		if !strings.Contains(text, ":") {
			return "", problem.New(problem.Invalid, "%s: no such file, and no digest (sha256:…), purl (pkg:…) or maker:NAME", text)
		}
		return text, nil
	}
	r, err := artifactOf(text)
	if err != nil {
		return "", err
	}
	return "sha256:" + r.Digest["sha256"], nil
}
