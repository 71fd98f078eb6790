package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
)

func (a *app) memberCommand() *cobra.Command {
	return group("member", "Who may use this node, and as what",
		a.memberAdd(), a.memberList(), a.memberRemove(), a.memberPassword(), a.memberToken())
}

func (a *app) memberAdd() *cobra.Command {
	var org, orgName, role string
	c := command("add NAME", "Add a member, or give one a role in an organisation", 1, 1, func(cmd *cobra.Command, args []string) error {
		if org == "" {
			return usage(cmd, "--organisation is missing")
		}
		r, err := access.ParseRole(role)
		if err != nil {
			return usage(cmd, "--role: %v", err)
		}
		return a.with(cmd.Context(), toBegin, func(n *node.Node) error {
			return a.addMember(cmd.Context(), n, args[0], access.Organisation{ID: org, Name: orgName}, r)
		})
	})
	c.Long = "Add makes a member of an organisation, which is made too when it is new; the\nfirst one is the node's own. A member that exists gets the role beside those it\nhas elsewhere. It cannot sign in before it has a password, see member password,\nnor use the API before it has a token, see member token."
	c.Flags().StringVar(&org, "organisation", "", "`ID` of the organisation, as used in audiences")
	c.Flags().StringVar(&orgName, "name", "", "`NAME` of the organisation, when it is new (default its ID)")
	c.Flags().StringVar(&role, "role", string(access.RoleReader), "`ROLE`: reader, analyst, assessor, maker, laboratory, authority or administrator")
	return c
}

func (a *app) addMember(ctx context.Context, n *node.Node, name string, org access.Organisation, role access.Role) error {
	organisations, err := n.Access.Organisations(ctx, access.Operator)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(organisations, func(o access.Organisation) bool { return o.ID == org.ID }) {
		if org.Name == "" {
			org.Name = org.ID
		}
		if err := n.Access.CreateOrganisation(ctx, access.Operator, org); err != nil {
			return err
		}
		a.tell("made organisation %s", org.ID)
	}
	members, err := n.Access.Members(ctx, access.Operator)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(members, func(m access.Member) bool { return m.Name == name }) {
		err = n.Access.Grant(ctx, access.Operator, name, org.ID, role)
	} else {
		err = n.Access.CreateMember(ctx, access.Operator, access.NewMember{Name: name, Organisation: org.ID, Role: role})
	}
	if err != nil {
		return err
	}
	if a.wantsJSON() {
		return a.json(map[string]string{"member": name, "organisation": org.ID, "role": string(role)})
	}
	a.line("%s is %s in %s", name, role, org.ID)
	return nil
}

func (a *app) memberList() *cobra.Command {
	return command("list", "List members with their roles", 0, 0, func(cmd *cobra.Command, _ []string) error {
		return a.with(cmd.Context(), toRead, func(n *node.Node) error {
			members, err := n.Access.Members(cmd.Context(), access.Operator)
			if err != nil {
				return err
			}
			if a.wantsJSON() {
				return a.json(map[string]any{"members": append([]access.Member{}, members...)})
			}
			rows := [][]string{{"member", "roles", "signs in", "since", "state"}}
			for _, m := range members {
				var roles []string
				for _, org := range slices.Sorted(maps.Keys(m.Roles)) {
					roles = append(roles, org+":"+string(m.Roles[org]))
				}
				state := "active"
				if !m.Disabled.IsZero() {
					state = "removed " + m.Disabled.Format(time.DateOnly)
				}
				signsIn := map[bool]string{true: "yes", false: "no"}[m.SignsIn]
				rows = append(rows, []string{m.Name, strings.Join(roles, " "), signsIn, m.Created.Format(time.DateOnly), state})
			}
			a.table(rows)
			return nil
		})
	})
}

func (a *app) memberRemove() *cobra.Command {
	var org string
	c := command("remove NAME", "Remove a member, or from one organisation", 1, 1, func(cmd *cobra.Command, args []string) error {
		return a.with(cmd.Context(), toWrite, func(n *node.Node) error {
			if org != "" {
				if err := n.Access.Withdraw(cmd.Context(), access.Operator, args[0], org); err != nil {
					return err
				}
				a.line("%s is no longer in %s", args[0], org)
				return nil
			}
			if err := n.Access.Disable(cmd.Context(), access.Operator, args[0]); err != nil {
				return err
			}
			a.line("%s can no longer come in", args[0])
			return nil
		})
	})
	c.Long = "Remove ends a member's sessions and tokens and keeps it out. Its name stays taken,\nsince documents in the ledger name it. With --organisation it only leaves that one."
	c.Flags().StringVar(&org, "organisation", "", "`ID` of the organisation to leave")
	return c
}

func (a *app) memberPassword() *cobra.Command {
	c := command("password NAME", "Set a member's password", 1, 1, func(cmd *cobra.Command, args []string) error {
		password, err := a.readPassword(args[0])
		if err != nil {
			return err
		}
		return a.with(cmd.Context(), toWrite, func(n *node.Node) error {
			if err := n.Access.SetPassword(cmd.Context(), access.Operator, args[0], password); err != nil {
				return err
			}
			a.line("%s has a new password", args[0])
			return nil
		})
	})
	c.Long = "Password sets a member's password and ends its sessions. It is asked for on the\nterminal, or read from the first line of standard input."
	return c
}

// readPassword asks for a password twice on a terminal, without showing it,
// and else takes the first line of the input. It is never an argument: those
// are seen by everybody on the machine.
func (a *app) readPassword(member string) (access.Secret, error) {
	f, ok := a.in.(*os.File)
	if !ok || !isTerminal(f) {
		line, err := bufio.NewReader(io.LimitReader(a.in, 64<<10)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", fmt.Errorf("read password: %w", err)
		}
		if line = strings.TrimRight(line, "\r\n"); line == "" {
			return "", problem.New(problem.Invalid, "password: nothing on standard input")
		}
		return access.Secret(line), nil
	}
	ask := func(prompt string) (string, error) {
		fmt.Fprint(a.err, prompt)
		b, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(a.err)
		return string(b), err
	}
	first, err := ask("new password for " + member + ": ")
	if err != nil {
		return "", fmt.Errorf("read password: %w", err)
	}
	second, err := ask("again: ")
	if err != nil {
		return "", fmt.Errorf("read password: %w", err)
	}
	if first != second {
		return "", problem.New(problem.Invalid, "the passwords are not the same")
	}
	return access.Secret(first), nil
}

func (a *app) memberToken() *cobra.Command {
	var expires dateFlag
	var label, revoke string
	var list bool
	c := command("token NAME", "Make an API token that speaks for a member", 1, 1, func(cmd *cobra.Command, args []string) error {
		if list && revoke != "" {
			return usage(cmd, "--list or --revoke, not both")
		}
		what := toWrite
		if list {
			what = toRead
		}
		return a.with(cmd.Context(), what, func(n *node.Node) error {
			switch {
			case list:
				return a.tokens(cmd.Context(), n, args[0])
			case revoke != "":
				return a.revokeToken(cmd.Context(), n, args[0], revoke)
			}
			return a.newToken(cmd.Context(), n, args[0], label, access.Date(expires))
		})
	})
	c.Long = "Token makes an API token and prints it, this once: the store keeps only its hash.\nSend it as \"Authorization: Bearer TOKEN\"."
	c.Flags().Var(&expires, "expires", "the first day on which it is no longer good, in UTC (default never)")
	c.Flags().StringVar(&label, "label", "made on the command line", "what it is `FOR`")
	c.Flags().BoolVar(&list, "list", false, "list the member's tokens instead")
	c.Flags().StringVar(&revoke, "revoke", "", "end the token with this `ID` instead")
	return c
}

func (a *app) newToken(ctx context.Context, n *node.Node, member, label string, expires access.Date) error {
	var until time.Time
	if expires != "" {
		until = expires.Time()
	}
	secret, token, err := n.Access.CreateToken(ctx, access.Operator, member, label, until)
	if err != nil {
		return err
	}
	if a.wantsJSON() {
		return a.json(map[string]any{"token": string(secret), "id": token.ID, "member": token.Member, "expires": day(token.Expires)})
	}
	a.line("%s", string(secret))
	a.tell("token %s of %s; it is not shown again", token.ID, member)
	return nil
}

func (a *app) tokens(ctx context.Context, n *node.Node, member string) error {
	tokens, err := n.Access.Tokens(ctx, access.Operator, member)
	if err != nil {
		return err
	}
	if a.wantsJSON() {
		return a.json(map[string]any{"tokens": append([]access.Token{}, tokens...)})
	}
	rows := [][]string{{"token", "for", "created", "expires", "last used", "revoked"}}
	for _, t := range tokens {
		rows = append(rows, []string{t.ID, t.Label, orDash(day(t.Created)), orDash(day(t.Expires)), orDash(day(t.LastUsed)), orDash(day(t.Revoked))})
	}
	a.table(rows)
	return nil
}

func (a *app) revokeToken(ctx context.Context, n *node.Node, member, id string) error {
	tokens, err := n.Access.Tokens(ctx, access.Operator, member)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(tokens, func(t access.Token) bool { return t.ID == id }) {
		return problem.New(problem.NotFound, "%s has no token %q", member, id)
	}
	if err := n.Access.RevokeToken(ctx, access.Operator, id); err != nil {
		return err
	}
	a.line("token %s is no longer good", id)
	return nil
}

// day is the day of an instant; nil for none.
func day(t time.Time) *access.Date {
	if t.IsZero() {
		return nil
	}
	d := access.DateOf(t)
	return &d
}

func orDash(d *access.Date) string {
	if d == nil {
		return "-"
	}
	return string(*d)
}
