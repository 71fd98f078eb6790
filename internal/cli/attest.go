package cli

import (
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/verify"
	"countersign.dev/internal/problem"
)

func (a *app) attestCommand() *cobra.Command {
	return group("attest", "Attestations: verify what somebody signed, sign, keep and take back",
		a.attestVerifyCommand(), a.attestSignCommand(), a.attestSubmitCommand(), a.attestListCommand(), a.attestRevokeCommand())
}

const attestVerifyLong = `Verify says whether an attestation is genuine, by whom it is, what it is about and
whether it is in force. It needs no store and no network: whom to trust comes with
the question.

FILE is a Sigstore bundle, a DSSE envelope, a file with several of them (npm,
GitHub, JSON lines), provenance of Google's Cloud Build, the signature of a
device's usage description (MUD), a proof that an entry is in a transparency log,
or a checkpoint. With --bundle, FILE is the artifact. With --old, --new and --proof
it says whether a log only grew.

Exit codes: 0 valid; 1 invalid, expired or not yet valid, or a file that cannot
be read; 2 usage.`

// attestFlags are the flags of attest verify. Each that ends in File is a path.
type attestFlags struct {
	bundles, keys           []string
	root, artifact          string
	digest                  string
	identity, issuer        string
	predicateType           string
	leaf, policy            string
	older, newer, proofFile string
	at                      momentFlag
}

func (a *app) attestVerifyCommand() *cobra.Command {
	var f attestFlags
	c := command("verify FILE...", "Verify an attestation, without a store", 0, -1, func(cmd *cobra.Command, args []string) error {
		consistency := f.older != "" || f.newer != "" || f.proofFile != ""
		if len(args) == 0 && len(f.bundles) == 0 && !consistency {
			return usage(cmd, "FILE is missing")
		}
		if len(f.bundles) > 0 && f.artifact == "" && len(args) > 1 {
			return usage(cmd, "%q is one artifact too many: with --bundle, FILE is the artifact", args[1])
		}
		q, err := a.attestQuestion(&f, args)
		if err != nil {
			return err
		}
		answer := verify.Verify(*q)
		if a.wantsJSON() {
			err = a.json(answer)
		} else {
			a.attestAnswer(&answer)
		}
		if err == nil && answer.Result != verify.Valid {
			err = resultError{}
		}
		return err
	})
	c.Long = attestVerifyLong
	f.add(c)
	return c
}

func (f *attestFlags) add(c *cobra.Command) {
	flags := c.Flags()
	flags.StringSliceVar(&f.bundles, "bundle", nil, "`FILE` of an attestation; the argument is then the artifact. May be repeated")
	flags.StringSliceVar(&f.keys, "key", nil, "`FILE` of a public key or certificate (PEM) that is trusted, or of a log's key. May be repeated")
	flags.StringVar(&f.root, "trusted-root", "", "`FILE` of the trusted root of Sigstore (trusted_root.json)")
	flags.StringVar(&f.artifact, "artifact", "", "`FILE` that the attestation must be about")
	flags.StringVar(&f.digest, "digest", "", "`DIGEST` of what the attestation must be about, as sha256:…")
	flags.StringVar(&f.identity, "identity", "", "`WHO` must have signed, as the certificate names them: a workflow's URI or an address")
	flags.StringVar(&f.issuer, "issuer", "", "`URL` of the identity provider that vouches for WHO")
	flags.StringVar(&f.predicateType, "predicate-type", "", "`TYPE` of what the attestation must say")
	flags.StringVar(&f.leaf, "leaf", "", "`FILE` of the entry that a log proof is about")
	flags.StringVar(&f.policy, "policy", "", "`FILE` that says which logs are trusted and which witnesses are asked for (c2sp.org/tlog-policy)")
	flags.StringVar(&f.older, "old", "", "`FILE` of the older of two checkpoints")
	flags.StringVar(&f.newer, "new", "", "`FILE` of the newer one")
	flags.StringVar(&f.proofFile, "proof", "", "`FILE` of the proof that the log only grew from one to the other")
	flags.Var(&f.at, "at", "the day or moment (RFC 3339) at which it must be in force (default now)")
}

// attestQuestion reads the files.
func (a *app) attestQuestion(f *attestFlags, args []string) (*verify.Question, error) {
	q := &verify.Question{
		Digest: f.digest, Identity: f.identity, Issuer: f.issuer, PredicateType: f.predicateType,
		At: a.now(), Dated: f.at.set,
	}
	if f.at.set {
		q.At = f.at.Time
	}
	attestations, artifact := f.roles(args)
	// An artifact may be named by its digest alone.
	if strings.HasPrefix(artifact, "sha") && strings.Contains(artifact, ":") && !exists(artifact) {
		artifact, q.Digest = "", artifact
	}
	var err error
	if q.Files, err = a.attestFiles(attestations); err != nil {
		return nil, err
	}
	if q.Keys, err = a.attestFiles(f.keys); err != nil {
		return nil, err
	}
	for _, one := range []struct {
		path string
		to   **verify.File
	}{{f.root, &q.TrustedRoot}, {f.leaf, &q.Leaf}, {f.policy, &q.Policy}, {f.older, &q.Old}, {f.newer, &q.New}, {f.proofFile, &q.Proof}} {
		if one.path == "" {
			continue
		}
		files, err := a.attestFiles([]string{one.path})
		if err != nil {
			return nil, err
		}
		*one.to = &files[0]
	}
	if artifact != "" {
		q.Artifact, err = artifactFile(artifact)
	}
	return q, err
}

// roles tells which paths are attestations and which is the artifact. Without
// --bundle the arguments are attestations. With it they are the artifact, unless
// --artifact names that, or the argument is one of the bundles again.
func (f *attestFlags) roles(args []string) (attestations []string, artifact string) {
	attestations, artifact = slices.Clone(f.bundles), f.artifact
	for _, path := range args {
		switch {
		case slices.Contains(attestations, path):
		case len(f.bundles) == 0 || f.artifact != "":
			attestations = append(attestations, path)
		default:
			artifact = path
		}
	}
	return attestations, artifact
}

func (a *app) attestFiles(paths []string) ([]verify.File, error) {
	var out []verify.File
	for _, path := range paths {
		b, err := a.readFile(path)
		if err != nil {
			return nil, err
		}
		out = append(out, verify.File{Name: path, Bytes: b})
	}
	return out, nil
}

// artifactFile is a file that is read as it is hashed: it may be large.
func artifactFile(path string) (*verify.Artifact, error) {
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		err = errors.New("is a folder")
	}
	if err != nil {
		return nil, problem.New(problem.Invalid, "%s: %s", path, reasonOf(err))
	}
	return &verify.Artifact{Name: path, Open: func() (io.ReadCloser, error) { return os.Open(path) }}, nil
}

// momentFlag is a moment, or a day, which is its last second: whatever was
// signed on that day is held to be known on it.
type momentFlag struct {
	time.Time
	set bool
}

func (m *momentFlag) Type() string { return "TIME" }

func (m *momentFlag) String() string {
	if !m.set {
		return ""
	}
	return m.Format(time.RFC3339)
}

func (m *momentFlag) Set(s string) error {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		*m = momentFlag{Time: t, set: true}
		return nil
	}
	day, err := access.ParseDate(s)
	if err != nil {
		return errors.New("want a day like 2026-01-31 or a moment like 2026-01-31T12:00:00Z")
	}
	t, err := time.Parse(time.DateOnly, string(day))
	*m = momentFlag{Time: t.Add(24*time.Hour - time.Second), set: true}
	return err
}
