package server

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"countersign.dev/internal/access"
)

// routeAccounts registers what has to do with organisations, their members and
// the members' tokens. Who may do what is for package access to say.
func (s *Server) routeAccounts(api huma.API) {
	denied := []int{http.StatusForbidden}
	changed := []int{http.StatusForbidden, http.StatusNotFound, http.StatusConflict}
	add := func(id, method, path, summary, about string, status int, errors []int) operation {
		return operation{id: id, method: method, path: path, tag: tagAccounts, summary: summary, about: about, right: toManage, status: status, errors: errors}
	}
	register(s, api, add("organisations", http.MethodGet, "/organisations", "List organisations",
		"Those the caller belongs to; all of them for administrators of the node.", http.StatusOK, denied), s.organisations)
	register(s, api, add("create-organisation", http.MethodPost, "/organisations", "Add an organisation",
		"For administrators of the node.", http.StatusNoContent, changed), s.createOrganisation)
	register(s, api, add("members", http.MethodGet, "/members", "List members",
		"Those who share an organisation with the caller; all of them for administrators of the node.", http.StatusOK, denied), s.members)
	register(s, api, add("create-member", http.MethodPost, "/members", "Add a member to an organisation",
		"For administrators of the organisation. A member without a password can only use tokens.", http.StatusNoContent, changed), s.createMember)
	register(s, api, add("grant", http.MethodPut, "/members/{member}/roles/{organisation}", "Give a member a role in an organisation",
		"In place of the one it has there. For administrators of the organisation.", http.StatusNoContent, changed), s.grant)
	register(s, api, add("withdraw", http.MethodDelete, "/members/{member}/roles/{organisation}", "End a membership",
		"For administrators of the organisation.", http.StatusNoContent, changed), s.withdraw)
	register(s, api, add("disable-member", http.MethodPost, "/members/{member}/disable", "Shut a member out",
		"Ends its sessions and tokens for good. Its name stays taken, since documents name it.", http.StatusNoContent, changed), s.disable)
	register(s, api, add("tokens", http.MethodGet, "/members/{member}/tokens", "List a member's tokens",
		"Without their secrets. For the member, and for administrators of all its organisations.", http.StatusOK, changed), s.tokens)
	register(s, api, add("create-token", http.MethodPost, "/members/{member}/tokens", "Make a token",
		"The answer has the token's secret, which is told this once.", http.StatusCreated, changed), s.createToken)
	register(s, api, add("revoke-token", http.MethodDelete, "/tokens/{id}", "Revoke a token",
		"It is refused from then on.", http.StatusNoContent, changed), s.revokeToken)
}

// none is an answer without a body.
type none struct{}

type organisationsOutput struct{ Body OrganisationList }

// OrganisationList is the organisations that the caller may know of.
type OrganisationList struct {
	Organisations []access.Organisation `json:"organisations"`
}

func (s *Server) organisations(ctx context.Context, _ *struct{}) (*organisationsOutput, error) {
	all, err := s.opts.Accounts.Organisations(ctx, ReaderOf(ctx))
	return &organisationsOutput{OrganisationList{orEmpty(all)}}, err
}

type organisationInput struct{ Body NewOrganisation }

// NewOrganisation is the body that adds an organisation.
type NewOrganisation struct {
	ID   string `json:"id" example:"acme" doc:"As in audiences: 1 to 64 of a-z, 0-9, - _ ."`
	Name string `json:"name" example:"Acme Inc." doc:"For people to read."`
}

func (s *Server) createOrganisation(ctx context.Context, in *organisationInput) (*none, error) {
	o := access.Organisation{ID: in.Body.ID, Name: in.Body.Name}
	return &none{}, s.opts.Accounts.CreateOrganisation(ctx, ReaderOf(ctx), o)
}

type membersOutput struct{ Body MemberList }

// MemberList is the members that the caller may know of.
type MemberList struct {
	Members []access.Member `json:"members"`
}

func (s *Server) members(ctx context.Context, _ *struct{}) (*membersOutput, error) {
	all, err := s.opts.Accounts.Members(ctx, ReaderOf(ctx))
	return &membersOutput{MemberList{orEmpty(all)}}, err
}

type memberInput struct{ Body NewMember }

// NewMember is the body that adds a member.
type NewMember struct {
	Name         string      `json:"name" example:"alice" doc:"By which it signs in: 1 to 64 of a-z, 0-9, - _ . @ +"`
	Display      string      `json:"display,omitempty" example:"Alice Smith" doc:"For people to read; the name when absent."`
	Organisation string      `json:"organisation" example:"acme" doc:"The id of the organisation."`
	Role         access.Role `json:"role" enum:"reader,analyst,assessor,maker,laboratory,authority,administrator" doc:"What it may do there."`
	Password     string      `json:"password,omitempty" format:"password" doc:"At least 15 characters; absent for one that only uses tokens."`
}

func (s *Server) createMember(ctx context.Context, in *memberInput) (*none, error) {
	m := access.NewMember{
		Name: in.Body.Name, Display: in.Body.Display, Organisation: in.Body.Organisation,
		Role: in.Body.Role, Password: access.Secret(in.Body.Password),
	}
	return &none{}, s.opts.Accounts.CreateMember(ctx, ReaderOf(ctx), m)
}

// Membership names a member in an organisation.
type Membership struct {
	Member       string `path:"member" example:"alice" doc:"The member's name."`
	Organisation string `path:"organisation" example:"acme" doc:"The organisation's id."`
}

type grantInput struct {
	Membership
	Body RoleRequest
}

// RoleRequest is the body that gives a role.
type RoleRequest struct {
	Role access.Role `json:"role" enum:"reader,analyst,assessor,maker,laboratory,authority,administrator" doc:"What the member may do there."`
}

func (s *Server) grant(ctx context.Context, in *grantInput) (*none, error) {
	return &none{}, s.opts.Accounts.Grant(ctx, ReaderOf(ctx), in.Member, in.Organisation, in.Body.Role)
}

func (s *Server) withdraw(ctx context.Context, in *Membership) (*none, error) {
	return &none{}, s.opts.Accounts.Withdraw(ctx, ReaderOf(ctx), in.Member, in.Organisation)
}

// MemberPath names a member.
type MemberPath struct {
	Member string `path:"member" example:"alice" doc:"The member's name."`
}

func (s *Server) disable(ctx context.Context, in *MemberPath) (*none, error) {
	return &none{}, s.opts.Accounts.Disable(ctx, ReaderOf(ctx), in.Member)
}

type tokensOutput struct{ Body TokenList }

// TokenList is the tokens of a member.
type TokenList struct {
	Tokens []access.Token `json:"tokens"`
}

func (s *Server) tokens(ctx context.Context, in *MemberPath) (*tokensOutput, error) {
	all, err := s.opts.Accounts.Tokens(ctx, ReaderOf(ctx), in.Member)
	return &tokensOutput{TokenList{orEmpty(all)}}, err
}

type tokenInput struct {
	MemberPath
	Body NewToken
}

// NewToken is the body that makes a token.
type NewToken struct {
	Label   string     `json:"label" example:"nightly check" doc:"What the token is for."`
	Expires *time.Time `json:"expires,omitempty" example:"2027-06-30T00:00:00Z" doc:"Until when it is good; never ends when absent."`
}

type tokenOutput struct{ Body CreatedToken }

// CreatedToken is a token with its secret.
type CreatedToken struct {
	Secret string       `json:"secret" example:"cst_…" doc:"To be sent as Authorization: Bearer. It cannot be asked for again."`
	Token  access.Token `json:"token" doc:"What is known of it."`
}

func (s *Server) createToken(ctx context.Context, in *tokenInput) (*tokenOutput, error) {
	var expires time.Time
	if in.Body.Expires != nil {
		expires = *in.Body.Expires
	}
	secret, token, err := s.opts.Accounts.CreateToken(ctx, ReaderOf(ctx), in.Member, in.Body.Label, expires)
	return &tokenOutput{CreatedToken{string(secret), token}}, err
}

type tokenPath struct {
	ID string `path:"id" example:"a1b2c3d4e5f6" doc:"The token's id."`
}

func (s *Server) revokeToken(ctx context.Context, in *tokenPath) (*none, error) {
	return &none{}, s.opts.Accounts.RevokeToken(ctx, ReaderOf(ctx), in.ID)
}
