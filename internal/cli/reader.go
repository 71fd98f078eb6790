package cli

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/server"
)

// checkSubject refuses a subject that nothing can be asked about.
func checkSubject(cmd *cobra.Command, subject string) error {
	switch {
	case strings.TrimSpace(subject) == "":
		return usage(cmd, "SUBJECT is empty; want a name, an identifier or an id")
	case len(subject) > server.MaxSubject:
		return usage(cmd, "SUBJECT is %d bytes long; at most %d are taken", len(subject), server.MaxSubject)
	}
	return nil
}

// addAs gives a command the flag that says for whom it asks.
func addAs(c *cobra.Command, as *string) {
	c.Flags().StringVar(as, "as", "", "see and act as `MEMBER` would (default the operator of the store, who sees all)")
}

// readerFor is whoever a command asks for: the named member, or whoever runs
// the program on the store, which is its operator.
func readerFor(ctx context.Context, n *node.Node, member string) (access.Reader, error) {
	if member == "" {
		return access.Operator, nil
	}
	members, err := n.Access.Members(ctx, access.Operator)
	if err != nil {
		return access.Reader{}, err
	}
	for _, m := range members {
		if m.Name != member {
			continue
		}
		if !m.Disabled.IsZero() {
			return access.Reader{}, problem.New(problem.Conflict, "member %s was removed", member)
		}
		return access.Reader{Member: m.Name, Organisations: slices.Sorted(maps.Keys(m.Roles)), Roles: m.Roles}, nil
	}
	return access.Reader{}, hinted(problem.New(problem.NotFound, "no member %q", member), "see countersign member list")
}
