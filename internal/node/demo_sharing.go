package node

import (
	"context"
	"io/fs"

	"countersign.dev/demo"
	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// demoShared is what the demonstration's communities tell each other: files under
// demo/sharing, and the collections that they are shared in.
var demoShared = []struct{ file, community, collection string }{
	{"sunburst", "agencies", "threats"},
	{"hafnium", "agencies", "threats"},
	{"darkside", "agencies", "threats"},
	{"sunburst", "scratch", "read-only"},
}

// seedSharing shares what the demonstration shares, unless it has been.
func (n *Node) seedSharing(ctx context.Context) error {
	ask := access.Ask{Reader: access.Operator, At: access.At{Position: access.Now}}
	for _, d := range demoShared {
		b, err := fs.ReadFile(demo.FS, "sharing/"+d.file+".stix.json")
		if err != nil {
			return err
		}
		c, err := n.shared.Collection(ctx, ask, d.community, d.collection)
		if problem.KindOf(err) == problem.NotFound {
			continue // somebody has made the community another
		}
		if err != nil {
			return err
		}
		held, err := n.Ledger.Series(ctx, ask, "sharing/"+c.Community+"/"+c.ID, "")
		if err != nil {
			return err
		}
		if holds(held, ledger.Digest(b)) {
			continue
		}
		st, err := n.shared.Submit(ctx, ask, d.community, d.collection, b)
		if err != nil {
			return err
		}
		if len(st.Failures) > 0 {
			return problem.New(problem.Invalid, "demo/sharing/%s.stix.json: %s", d.file, st.Failures[0].Message)
		}
	}
	return nil
}

func holds(entries []ledger.Entry, digest string) bool {
	for i := range entries {
		if entries[i].Digest == digest {
			return true
		}
	}
	return false
}
