package sharing

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/sharing/marking"
)

// CommunityForm is the form of a community's file.
const CommunityForm = "community/v1"

// KindCommunity is the kind of the documents that say who shares with whom.
const KindCommunity = "sharing.community"

// The kinds of facts of a community's document. Their subject is
// [CommunityID].
const (
	FactCommunity = "sharing.community" // body: Community
	FactMember    = "sharing.member"    // key: the organisation; body: Membership
	FactClient    = "sharing.client"    // key: organisation and client; body: Clientship
	FactIdentity  = "sharing.identity"  // key: the identity; body: Identity
	FactGrant     = "sharing.grant"     // key: collection, right and who; body: Grant
)

// Everyone and Members are what the readers or writers of a collection may be
// besides named organisations.
const (
	Everyone = "everyone" // whoever has an account on the node
	Members  = "members"
)

// Community is who shares with whom, under which house rules.
type Community struct {
	ID          string          `yaml:"community" json:"community"`
	Name        string          `yaml:"name" json:"name"`
	Description string          `yaml:"description" json:"description,omitempty"`
	Home        string          `yaml:"home" json:"home"`       // organisation that runs it
	Default     string          `yaml:"default" json:"default"` // marking of what carries none
	Policy      CommunityPolicy `yaml:"policy" json:"policy"`
	Collections []Folder        `yaml:"collections" json:"collections"`
}

// CommunityPolicy is what a community takes in.
type CommunityPolicy struct {
	Should string `yaml:"should" json:"should"` // "warn" or "refuse": what breaks a rule of the standard that is only a recommendation
	Custom string `yaml:"custom" json:"custom"` // "keep" or "refuse": types and properties that no standard knows
}

// Folder is a collection as its community's document states it.
type Folder struct {
	ID          string  `yaml:"id" json:"id"` // UUID
	Alias       string  `yaml:"alias" json:"alias,omitempty"`
	Title       string  `yaml:"title" json:"title"`
	Description string  `yaml:"description" json:"description,omitempty"`
	Read        Choices `yaml:"read" json:"-"` // a fact each, see Grant
	Write       Choices `yaml:"write" json:"-"`
}

// Choices is who may do something: [Everyone], [Members], or organisations.
type Choices []string

// UnmarshalYAML reads one word or a list of them.
func (c *Choices) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*c = Choices{n.Value}
		return nil
	}
	return n.Decode((*[]string)(c))
}

// Membership is that an organisation belongs to a community.
type Membership struct {
	Organisation string `json:"organisation"`
}

// Clientship is that one organisation is served by another, which may pass to
// it what TLP:AMBER allows.
type Clientship struct {
	Client string `json:"client"`
	Of     string `json:"of"`
}

// Identity is that an organisation speaks as a STIX identity.
type Identity struct {
	Identity     string `json:"identity"`
	Organisation string `json:"organisation"`
}

// Right is what may be done with a collection.
type Right string

// The rights.
const (
	ToRead  Right = "read"
	ToWrite Right = "write"
)

// Grant is that somebody may read or write a collection.
type Grant struct {
	Collection string `json:"collection"`
	Right      Right  `json:"right"`
	Who        string `json:"who"` // [Everyone], [Members] or an organisation
}

// CommunityID is what a community is called as a subject of facts.
func CommunityID(id string) string { return "community:" + id }

// member is an organisation in a community's file.
type member struct {
	Organisation string   `yaml:"organisation"`
	From         string   `yaml:"from"`
	To           string   `yaml:"to"`
	Identities   []string `yaml:"identities"`
	Clients      []string `yaml:"clients"`
}

// The limits of a community's file.
const (
	maxCommunity   = 4 << 20 // bytes
	maxMembers     = 20_000
	maxCollections = 1_000
)

// ReadCommunity reads a community's file. Its error names the place.
func ReadCommunity(b []byte) (*ledger.Reading, error) {
	if len(b) > maxCommunity {
		return nil, problem.New(problem.TooLarge, "%d bytes, the limit for a community is %d", len(b), maxCommunity)
	}
	var file struct {
		Countersign string `yaml:"countersign"`
		Published   string `yaml:"published"`
		Community   `yaml:",inline"`
		Members     []member `yaml:"members"`
	}
	if err := decodeYAML(b, &file); err != nil {
		return nil, err
	}
	if file.Countersign != CommunityForm {
		return nil, problem.New(problem.Invalid, "countersign: %q: want %s", file.Countersign, CommunityForm)
	}
	c := file.Community
	if err := c.validate(); err != nil {
		return nil, err
	}
	if len(file.Members) > maxMembers {
		return nil, problem.New(problem.TooLarge, "members: %d, the limit is %d", len(file.Members), maxMembers)
	}
	reading := &ledger.Reading{Kind: KindCommunity, Source: "community/" + c.ID, Mode: ledger.Chronicle, Rows: len(file.Members)}
	if file.Published != "" {
		d, err := access.ParseDate(file.Published)
		if err != nil {
			return nil, problem.New(problem.Invalid, "published: %v", err)
		}
		reading.Published = d
	}
	reading.Statements = []ledger.Statement{c.statement(FactCommunity, "community", c)}
	for _, f := range c.Collections {
		for right, choices := range map[Right]Choices{ToRead: f.Read, ToWrite: f.Write} {
			for _, who := range choices {
				g := Grant{f.ID, right, who}
				reading.Statements = append(reading.Statements, c.statement(FactGrant, strings.Join([]string{f.ID, string(right), who}, " "), g))
			}
		}
	}
	for i, m := range file.Members {
		s, err := c.joined(m)
		if err != nil {
			return nil, problem.New(problem.Invalid, "members, entry %d: %v", i+1, err)
		}
		reading.Statements = append(reading.Statements, s...)
	}
	return reading, unique(reading.Statements)
}

// RecogniseCommunity tells a community's file by its header.
func RecogniseCommunity(_ string, head []byte) bool { return communityHeader.Match(head) }

var communityHeader = regexp.MustCompile(`(?m)^\s*["']?countersign["']?:\s*["']?community/`)

func (c *Community) statement(kind, key string, body any) ledger.Statement {
	return ledger.Statement{Kind: kind, Subject: CommunityID(c.ID), Key: key, Body: body, ValidFrom: "0001-01-01", ValidTo: access.Forever}
}

// joined is what a community's document states of one member.
func (c *Community) joined(m member) ([]ledger.Statement, error) {
	from, to := access.Date("0001-01-01"), access.Forever
	for text, day := range map[*string]*access.Date{&m.From: &from, &m.To: &to} {
		if *text == "" {
			continue
		}
		d, err := access.ParseDate(*text)
		if err != nil {
			return nil, err
		}
		*day = d
	}
	if from >= to {
		return nil, problem.New(problem.Invalid, "member from %s to %s: want a later day to end on", from, to)
	}
	if !organisationID.MatchString(m.Organisation) {
		return nil, problem.New(problem.Invalid, "organisation %q: want an id of lower-case letters, digits, '-', '_' and '.'", m.Organisation)
	}
	out := []ledger.Statement{c.statement(FactMember, m.Organisation+" "+string(from), Membership{m.Organisation})}
	for _, client := range m.Clients {
		if !organisationID.MatchString(client) {
			return nil, problem.New(problem.Invalid, "client %q of %s: want the id of an organisation", client, m.Organisation)
		}
		out = append(out, c.statement(FactClient, m.Organisation+" "+client+" "+string(from), Clientship{Client: client, Of: m.Organisation}))
	}
	for _, id := range m.Identities {
		if !strings.HasPrefix(id, "identity--") {
			return nil, problem.New(problem.Invalid, "identity %q of %s: want the id of a STIX identity", id, m.Organisation)
		}
		out = append(out, c.statement(FactIdentity, id, Identity{id, m.Organisation}))
	}
	for i := range out {
		out[i].ValidFrom, out[i].ValidTo = from, to
	}
	return out, nil
}

// unique refuses what is stated twice, as a member or identity with two rows.
func unique(statements []ledger.Statement) error {
	seen := make(map[string]bool, len(statements))
	for _, s := range statements {
		key := s.Kind + " " + s.Key
		if seen[key] {
			return problem.New(problem.Invalid, "%s: %q stands twice", strings.TrimPrefix(s.Kind, "sharing."), s.Key)
		}
		seen[key] = true
	}
	return nil
}

var (
	communityID    = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)
	organisationID = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)
	uuidForm       = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	aliasForm      = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
)

func (c *Community) validate() error {
	refuse := func(format string, args ...any) error {
		return problem.New(problem.Invalid, "community "+c.ID+": "+format, args...)
	}
	switch {
	case !communityID.MatchString(c.ID):
		return problem.New(problem.Invalid, "community %q: want 1 to 40 lower-case letters, digits and hyphens", c.ID)
	case c.Name == "":
		return refuse("name: missing")
	case !organisationID.MatchString(c.Home):
		return refuse("home %q: want the id of the organisation that runs it", c.Home)
	case len(c.Collections) > maxCollections:
		return refuse("%d collections, the limit is %d", len(c.Collections), maxCollections)
	}
	if t, err := marking.ParseTLP(c.Default); err != nil || t == marking.Unmarked {
		return refuse("default %q: want the marking of objects that carry none: clear, green, amber, amber+strict or red", c.Default)
	}
	if err := c.Policy.validate(); err != nil {
		return refuse("%v", err)
	}
	names := map[string]bool{}
	for i := range c.Collections {
		f := &c.Collections[i]
		if err := f.validate(); err != nil {
			return refuse("collections, entry %d: %v", i+1, err)
		}
		for _, name := range []string{f.ID, f.Alias} {
			if name != "" && names[name] {
				return refuse("collections, entry %d: %q names another one already", i+1, name)
			}
			names[name] = true
		}
	}
	return nil
}

func (p *CommunityPolicy) validate() error {
	if p.Should == "" {
		p.Should = "warn"
	}
	if p.Custom == "" {
		p.Custom = "keep"
	}
	if p.Should != "warn" && p.Should != "refuse" {
		return problem.New(problem.Invalid, "policy, should %q: want warn or refuse", p.Should)
	}
	if p.Custom != "keep" && p.Custom != "refuse" {
		return problem.New(problem.Invalid, "policy, custom %q: want keep or refuse", p.Custom)
	}
	return nil
}

func (f *Folder) validate() error {
	switch {
	case !uuidForm.MatchString(f.ID):
		return problem.New(problem.Invalid, "id %q: want a UUID in lower case", f.ID)
	case f.Alias != "" && !aliasForm.MatchString(f.Alias):
		return problem.New(problem.Invalid, "alias %q: want letters, digits, '.', '_' and '-'", f.Alias)
	case f.Title == "":
		return problem.New(problem.Invalid, "title: missing")
	}
	for name, c := range map[string]Choices{"read": f.Read, "write": f.Write} {
		for _, w := range c {
			if !organisationID.MatchString(w) {
				return problem.New(problem.Invalid, "%s %q: want everyone, members, or organisations", name, w)
			}
		}
	}
	return nil
}

// folder finds a collection by its id or alias; nil when there is none.
func (c *Community) folder(name string) *Folder {
	i := slices.IndexFunc(c.Collections, func(f Folder) bool { return f.ID == name || f.Alias != "" && f.Alias == name })
	if i < 0 {
		return nil
	}
	return &c.Collections[i]
}

// decodeYAML reads one YAML document strictly into v.
func decodeYAML(b []byte, v any) error {
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	if err := d.Decode(v); err != nil {
		text := strings.TrimPrefix(strings.Join(strings.Fields(err.Error()), " "), "yaml: ")
		return problem.New(problem.Invalid, "%s", strings.TrimPrefix(text, "unmarshal errors: "))
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return problem.New(problem.Invalid, "line %s: a second YAML document follows; want one in one file", strconv.Itoa(bytes.Count(b, []byte("\n---"))+1))
	}
	return nil
}
