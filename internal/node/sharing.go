package node

import (
	"context"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/sharing"
)

// Sharing is what organisations tell each other through this node.
func (n *Node) Sharing() *sharing.Store { return n.shared }

// found makes an edition that of a community where it is one: for the
// organisation that runs the community, whoever hands it in, so that it is one
// series; and with its instant on the clock of what is shared.
func (n *Node) found(ctx context.Context, by access.Reader, e *ledger.Edition) error {
	for _, d := range e.Documents {
		if d.Kind != sharing.KindCommunity {
			continue
		}
		if err := n.mayFound(ctx, by); err != nil {
			return err
		}
		c, ok := d.Statements[0].Body.(sharing.Community)
		if !ok {
			return problem.New(problem.Invalid, "%s: no community", d.Name)
		}
		home, err := n.shared.HomeOf(ctx, c.ID)
		if err != nil {
			return err
		}
		if home != "" && home != c.Home {
			return problem.New(problem.Conflict, "%s: the community %s is run by %s; another organisation cannot take it over", d.Name, c.ID, home)
		}
		e.Audience, e.Along = access.ForOrganisation(c.Home), sharing.Epoch(n.now)
	}
	return nil
}

// mayFound refuses whoever does not run the node: a community says who speaks
// for whom.
func (n *Node) mayFound(ctx context.Context, by access.Reader) error {
	if by.Operator {
		return nil
	}
	home, err := n.runBy(ctx)
	if err != nil {
		return err
	}
	if home.ID != "" && by.Roles[home.ID] == access.RoleAdministrator {
		return nil
	}
	return problem.New(problem.Denied, "a community says who speaks for whom: only the operator and administrators of the organisation that runs the node may add one")
}
