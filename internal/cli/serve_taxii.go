package cli

import (
	"context"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
	"countersign.dev/internal/server"
)

// The user of a demonstration's TAXII door, and the community in which it tries
// things out. The password is no secret.
const (
	demoUser     = "demo"
	demoPassword = "demo"
	demoRoot     = "scratch"
)

// demoGuest is who that user is.
var demoGuest = access.Reader{Member: demoUser, Organisations: []string{"demo"}, Roles: map[string]access.Role{"demo": access.RoleAnalyst}}

// taxii is the TAXII door of a server.
func (f *serveFlags) taxii(n *node.Node) *server.Taxii {
	t := &server.Taxii{
		Sharing: n.Sharing(), Title: "countersign",
		Description: "What organisations share through this node: each object is given to whom its markings and its community allow.",
	}
	if f.demo {
		t.User, t.Password, t.Reader = demoUser, demoPassword, demoGuest
	}
	return t
}

// greetTaxii says how a TAXII client gets at the demonstration.
func (a *app) greetTaxii(ctx context.Context, n *node.Node, url string) error {
	all, err := n.Sharing().Collections(ctx, access.Ask{Reader: demoGuest, At: access.At{Position: access.Now}}, demoRoot)
	if err != nil {
		return err
	}
	a.tell("TAXII 2.1 clients ask %staxii2/ as user %s with password %s; in the API root %s are", url, demoUser, demoPassword, demoRoot)
	for _, c := range all {
		a.tell("  %s  %s", c.ID, c.Title)
	}
	return nil
}
