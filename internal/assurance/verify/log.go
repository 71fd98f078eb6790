package verify

import (
	"encoding/base64"
	"io"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/ledger/witness"
	"countersign.dev/internal/problem"
)

// maxLeaf bounds an entry of a log: c2sp.org/tlog-tiles has two bytes for it.
const maxLeaf = 1<<16 - 1

// log verifies a proof or a checkpoint.
func (c *checker) log(kind string) error {
	c.answer.Kind = kind
	policy, err := c.policy()
	if err != nil {
		return err
	}
	if policy == nil {
		return problem.New(problem.Invalid, "a %s: give the log's policy with --policy, or its key with --key", kind)
	}
	f := c.q.Files[0]
	if kind == kindCheckpoint {
		tree, err := c.checkpoint(policy, string(f.Bytes))
		if err != nil {
			return named(f.Name, err)
		}
		c.answer.Tree, c.answer.Result = tree, Valid
		return nil
	}
	proof, err := ledger.ParseProof(string(f.Bytes))
	if err != nil {
		return problem.New(problem.Invalid, "%s: %v", f.Name, err)
	}
	tree, err := c.checkpoint(policy, proof.Checkpoint)
	if err != nil {
		return named(f.Name, err)
	}
	if err := c.inclusion(proof, tree); err != nil {
		return err
	}
	c.answer.Result = Valid
	return nil
}

// inclusion holds the proof against the entry. The checkpoint was verified.
func (c *checker) inclusion(p *ledger.Proof, tree *Tree) error {
	leaf, err := c.leaf()
	if err != nil {
		return err
	}
	c.answer.Tree, c.answer.Index = tree, &p.Index
	if p.Index >= tree.Size {
		return problem.New(problem.Invalid, "entry %d is not in a log of %d", p.Index, tree.Size)
	}
	var root tlog.Hash
	if b, err := base64.StdEncoding.DecodeString(tree.Root); err == nil {
		copy(root[:], b)
	}
	if err := tlog.CheckRecord(p.Path, tree.Size, root, p.Index, tlog.RecordHash(leaf)); err != nil {
		return problem.New(problem.Invalid, "this is not entry %d of the log, or this is not its proof", p.Index)
	}
	return nil
}

// leaf is the entry that the proof is about.
func (c *checker) leaf() ([]byte, error) {
	if c.q.Leaf != nil {
		return c.q.Leaf.Bytes, nil
	}
	if c.q.Artifact == nil {
		return nil, problem.New(problem.Invalid, "a proof that an entry is in a log: give the entry with --leaf")
	}
	f, err := c.q.Artifact.Open()
	if err != nil {
		return nil, problem.New(problem.NotFound, "%s: %v", c.q.Artifact.Name, err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxLeaf+1))
	if err == nil && len(b) > maxLeaf {
		err = problem.New(problem.TooLarge, "%s: longer than an entry of a log may be (%d bytes)", c.q.Artifact.Name, maxLeaf)
	}
	return b, err
}

// policy is the one that was given, or one of the log's key alone; nil for
// neither.
func (c *checker) policy() (*witness.Policy, error) {
	if c.q.Policy != nil {
		p, err := witness.ParsePolicy(c.q.Policy.Bytes)
		if err != nil {
			return nil, named(c.q.Policy.Name, err)
		}
		return p, nil
	}
	if len(c.logKeys) == 0 {
		return nil, nil
	}
	var text strings.Builder
	for _, k := range c.logKeys {
		text.WriteString("log " + k + "\n")
	}
	c.add("no policy was given: no witness was asked for")
	return witness.ParsePolicy([]byte(text.String() + "quorum none\n"))
}

// checkpoint verifies a signed checkpoint and notes who has seen it.
func (c *checker) checkpoint(policy *witness.Policy, signed string) (*Tree, error) {
	seen, err := policy.Open(signed)
	if err != nil {
		return nil, err
	}
	c.answer.Witnesses = nil
	for _, w := range seen.By {
		c.answer.Witnesses = append(c.answer.Witnesses, Witness{Name: w.Witness, Time: w.Time})
	}
	if err := policy.Met(seen); err != nil {
		return nil, err
	}
	return treeOf(seen.Tree), nil
}

func treeOf(t ledger.Tree) *Tree {
	return &Tree{Origin: t.Origin, Size: t.Size, Root: base64.StdEncoding.EncodeToString(t.Root[:])}
}

// consistency verifies that a log only grew from one checkpoint to another.
func (c *checker) consistency() error {
	c.answer.Kind = kindConsistency
	proof := c.q.Proof
	for _, f := range c.q.Files {
		switch {
		case c.q.New == nil && isNote(f.Bytes):
			c.q.New = &f
		case proof == nil:
			proof = &f
		}
	}
	if c.q.Old == nil || c.q.New == nil || proof == nil {
		return problem.New(problem.Invalid, "whether a log only grew: give --old, --new and --proof, all three")
	}
	hashes, err := ledger.ParseConsistency(string(proof.Bytes))
	if err != nil {
		return problem.New(problem.Invalid, "%s: %v", proof.Name, err)
	}
	policy, err := c.policy()
	if err != nil {
		return err
	}
	older, err := c.state(policy, c.q.Old)
	if err != nil {
		return err
	}
	newer, err := c.state(policy, c.q.New)
	if err != nil {
		return err
	}
	c.answer.OldTree, c.answer.Tree = treeOf(older), treeOf(newer)
	if err := ledger.CheckConsistency(hashes, older, newer); err != nil {
		return problem.New(problem.Invalid, "%v", err)
	}
	if policy == nil {
		c.add("neither a policy nor the log's key was given: that the checkpoints are signed was not verified")
	}
	c.answer.Result = Valid
	return nil
}

// state reads a checkpoint, and verifies it where there is a policy.
func (c *checker) state(policy *witness.Policy, f *File) (ledger.Tree, error) {
	if policy != nil {
		if _, err := c.checkpoint(policy, string(f.Bytes)); err != nil {
			return ledger.Tree{}, named(f.Name, err)
		}
	}
	text, _, ok := strings.Cut(string(f.Bytes), "\n\n")
	if !ok {
		return ledger.Tree{}, problem.New(problem.Invalid, "%s: no signed checkpoint: want an empty line before its signatures", f.Name)
	}
	tree, err := ledger.ParseTree(text + "\n")
	if err != nil {
		return ledger.Tree{}, problem.New(problem.Invalid, "%s: %v", f.Name, err)
	}
	return tree, nil
}
