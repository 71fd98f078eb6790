package verify

import (
	"fmt"
	"slices"
	"strings"

	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/assurance/intoto"
	"countersign.dev/internal/assurance/sigstore"
	"countersign.dev/internal/problem"
)

// Verify answers a question. It always has an answer: what cannot be read or
// verified is invalid, and the reason says what is wrong or which file is
// missing.
func Verify(q Question) Answer {
	c := &checker{q: q, answer: Answer{At: q.At.UTC()}}
	if err := c.run(); err != nil {
		c.answer.Result, c.answer.Reason = Invalid, problem.Message(err)
		if problem.KindOf(err) == problem.Internal {
			c.answer.Reason = err.Error()
		}
	}
	return c.answer
}

// checker is the work on one question.
type checker struct {
	q       Question
	keys    []dsse.PublicKey
	logKeys []string // of logs, as they are written
	root    *sigstore.Root
	digests map[string]string // of the artifact; nil when none was named
	answer  Answer
}

func (c *checker) run() error {
	if err := c.readKeys(); err != nil {
		return err
	}
	if c.q.TrustedRoot != nil {
		root, err := sigstore.ParseRoot(c.q.TrustedRoot.Bytes)
		if err != nil {
			return named(c.q.TrustedRoot.Name, err)
		}
		c.root = root
	}
	if c.q.Old != nil || c.q.New != nil || c.q.Proof != nil {
		return c.consistency()
	}
	files, err := c.recognise()
	if err != nil {
		return err
	}
	kind, err := c.logQuestion(files)
	if err != nil {
		return err
	}
	if kind != "" {
		return c.log(kind)
	}
	if slices.ContainsFunc(files, func(r recognised) bool { return r.kind == kindCMS }) {
		return c.usageDescription(files)
	}
	if c.digests, err = c.digestsOf(); err != nil {
		return err
	}
	return c.attestations(files)
}

// logQuestion is which kind of question about a log this is, or "". An entry
// may look like anything, an attestation too: beside a proof, the other file is
// the entry.
func (c *checker) logQuestion(files []recognised) (kind string, err error) {
	for i, f := range files {
		if f.kind != kindProof && f.kind != kindCheckpoint {
			continue
		}
		other := len(files) == 2 && f.kind == kindProof && c.q.Leaf == nil
		if len(files) > 1 && !other {
			return "", problem.New(problem.Invalid, "%s is about a log, and there are other files: ask about one at a time", c.q.Files[i].Name)
		}
		if other {
			c.q.Leaf = &c.q.Files[1-i]
		}
		c.q.Files = c.q.Files[i : i+1]
		return f.kind, nil
	}
	return "", nil
}

// recognise tells what the files are. A file that is no attestation is the
// artifact, when there are others and no artifact was named.
func (c *checker) recognise() ([]recognised, error) {
	var out []recognised
	var attestations []File
	var stranger *File
	var why error
	for _, f := range c.q.Files {
		r, err := recognise(f)
		switch {
		case err == nil:
			out, attestations = append(out, r), append(attestations, f)
		case r.kind == "" && stranger == nil:
			stranger, why = &f, err
		default:
			return nil, err
		}
	}
	if len(out) == 0 && why == nil {
		why = problem.New(problem.Invalid, "nothing to verify: name an attestation")
	}
	if stranger != nil && (len(out) == 0 || c.q.Artifact != nil || c.q.Digest != "") || len(out) == 0 {
		return nil, why
	}
	if stranger != nil {
		c.q.Artifact = inMemory(*stranger)
	}
	c.q.Files = attestations
	return out, nil
}

// readKeys reads the keys. Those of logs are written otherwise.
func (c *checker) readKeys() error {
	for _, f := range c.q.Keys {
		text := strings.TrimSpace(string(f.Bytes))
		if !strings.Contains(text, "-----BEGIN") && strings.Count(text, "+") >= 2 && !strings.ContainsAny(text, " \n") {
			c.logKeys = append(c.logKeys, text)
			continue
		}
		keys, err := dsse.ParsePublicKeys(f.Bytes)
		if err != nil {
			return named(f.Name, err)
		}
		c.keys = append(c.keys, keys...)
	}
	return nil
}

// attestations verifies every attestation of the files. All must be genuine;
// one at least must be about the artifact and of the type that was asked for.
func (c *checker) attestations(files []recognised) error {
	c.answer.Kind = files[0].kind
	var all []*Attestation
	for i, f := range files {
		if f.kind == kindCloudBuild {
			found, err := c.cloudBuild(c.q.Files[i])
			if err != nil {
				return err
			}
			all = append(all, found...)
			continue
		}
		if f.kind != c.answer.Kind {
			c.answer.Kind = kindList
		}
		for _, p := range f.parts {
			all = append(all, c.attestation(p))
		}
		if err := sameArtifact(f, all[len(all)-len(f.parts):]); err != nil {
			return err
		}
	}
	c.conclude(all)
	return nil
}

// conclude makes the answer of those of the attestations.
func (c *checker) conclude(all []*Attestation) {
	worst, asked := all[0], (*Attestation)(nil)
	for _, a := range all {
		if severity[a.Result] > severity[worst.Result] {
			worst = a
		}
		if asked == nil && c.asked(a) {
			asked = a
		}
	}
	switch {
	case severity[worst.Result] == severity[Invalid]:
		c.answer.Attestation = worst
	case asked == nil:
		c.answer.Attestation = all[0]
		c.answer.Result, c.answer.Reason = Invalid, c.unasked(all)
	default:
		c.answer.Attestation = asked
	}
	if c.answer.Result == "" {
		c.answer.Result, c.answer.Reason = worst.Result, worst.Reason
		if len(all) > 1 && worst.Reason != "" {
			c.answer.Reason = worst.File + ": " + worst.Reason
		}
	}
	if len(all) > 1 {
		c.answer.Attestations = all
	}
	if c.answer.Result != Invalid {
		c.note(all)
	}
}

// severity orders results by how much they weigh.
var severity = map[string]int{Valid: 0, NotYetValid: 1, Expired: 2, Invalid: 3}

// asked reports whether an attestation is one of those that were asked for.
func (c *checker) asked(a *Attestation) bool {
	return (c.digests == nil || a.Artifact != nil) && (c.q.PredicateType == "" || a.PredicateType == c.q.PredicateType)
}

// unasked says why none is.
func (c *checker) unasked(all []*Attestation) string {
	about := false
	for _, a := range all {
		about = about || c.digests == nil || a.Artifact != nil
	}
	if !about {
		if len(all) > 1 {
			return "none of the attestations is about this artifact: no subject has its digest"
		}
		return "the attestation is not about this artifact: no subject has its digest"
	}
	return fmt.Sprintf("no attestation of type %s; found %s", c.q.PredicateType, all[0].PredicateType)
}

// note says what was not verified.
func (c *checker) note(all []*Attestation) {
	if c.digests == nil && c.q.Artifact == nil {
		c.add("no artifact was named: whether the attestation is about what you have was not verified")
	}
	for _, a := range all {
		if a.Claims != nil && a.Claims.Passed != nil && !*a.Claims.Passed {
			c.add("the verifier says that the artifact failed")
		}
		if a.Claims != nil && a.Claims.Status != "" && a.Claims.Status != "active" {
			c.add("the label says of itself that it is " + a.Claims.Status)
		}
		if note := otherSource(a); note != "" {
			c.add(note)
		}
		if len(all) > 1 && c.answer.Result == Valid && !c.asked(a) {
			c.add(a.File + " is genuine, and not about what was asked")
		}
	}
}

// add makes a note once.
func (c *checker) add(note string) {
	for _, n := range c.answer.Notes {
		if n == note {
			return
		}
	}
	c.answer.Notes = append(c.answer.Notes, note)
}

// sameArtifact checks that the attestations of one npm or GitHub answer are
// about one artifact: they were asked for by its digest.
func sameArtifact(f recognised, all []*Attestation) error {
	if f.kind != kindList || len(all) < 2 || f.parts[0].declared == "" {
		return nil
	}
	first := &intoto.Statement{}
	for _, s := range all[0].Subjects {
		first.Subjects = append(first.Subjects, intoto.Resource{Digest: s.Digest})
	}
	for _, a := range all[1:] {
		same := false
		for _, s := range a.Subjects {
			if _, ok := first.About(lowerKeys(s.Digest)); ok {
				same = true
			}
		}
		if !same && a.Result != Invalid && all[0].Result != Invalid {
			return problem.New(problem.Invalid, "%s and %s are about different artifacts", all[0].File, a.File)
		}
	}
	return nil
}
