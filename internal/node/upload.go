package node

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
	"unicode"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory/vex"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/software"
	"countersign.dev/internal/software/cyclonedx"
	"countersign.dev/internal/software/purl"
	"countersign.dev/internal/software/spdx"
)

// Upload is a bill of materials that a build system hands in under a project.
type Upload struct {
	Project       string // its id; "" to name it
	Name, Version string
	Create        bool // the project, when there is none of that name and version
	Tags          []string
	Parent        ProjectParent
	Latest        bool

	Bill []byte
	// Audience is whose bill it is; nil for the organisations of whoever hands
	// it in.
	Audience *access.Audience
}

// ErrBadBill is wrapped by the error about a bill that cannot be read.
var ErrBadBill = problem.New(problem.Invalid, "the bill of materials cannot be read")

// UploadBill takes in a bill as the newest of a project, together with what says
// so. A bill that is held already is not taken in again, but that it was handed
// in is: clients wait for the project to tell of their upload. What the bill says of its release counts; where it does not say of what
// it is, or of which version, the project's name and version do. NotFound for a
// project that is not to be made.
func (n *Node) UploadBill(ctx context.Context, by access.Reader, u Upload) (*Project, error) {
	audience := askers(by)
	if u.Audience != nil {
		audience = *u.Audience
	}
	switch {
	case !by.MayWrite():
		return nil, problem.New(problem.Denied, "%s may not add documents; ask for a role other than reader", by.Member)
	case !by.MaySee(audience):
		return nil, problem.New(problem.Denied, "%s is not in the audience %s and may not add documents to it", by.Member, audience)
	}
	p, err := n.projectFor(ctx, access.Ask{Reader: by}, u, audience)
	if err != nil {
		return nil, err
	}
	reading, err := p.read(ctx, u.Bill)
	if err != nil {
		return nil, err
	}
	u.apply(p)
	p.Taken = n.now().UTC().Truncate(time.Millisecond)
	body, told, err := p.record()
	if err != nil {
		return nil, err
	}
	_, err = n.append(ctx, by, intake.Edition{Source: reading.Source, Files: []intake.ReadFile{
		{File: intake.File{Name: fileNameOf(p.Name, p.Version) + ".bom", Bytes: u.Bill}, Reading: reading},
		{File: intake.File{Name: "project.json", Bytes: body}, Reading: told},
	}}, ImportOptions{Audience: audience})
	return p, err
}

// projectFor is the project that a bill is handed in under, as it was before.
func (n *Node) projectFor(ctx context.Context, ask access.Ask, u Upload, audience access.Audience) (*Project, error) {
	if u.Project != "" {
		return n.Project(ctx, ask, u.Project)
	}
	for what, text := range map[string]string{"name": u.Name, "version": u.Version} {
		if len(text) > maxScreened || strings.ContainsFunc(text, unicode.IsControl) || text == "" && what == "name" {
			return nil, problem.New(problem.Invalid, "the project's %s: want up to %d bytes of text", what, maxScreened)
		}
	}
	p, err := n.ProjectNamed(ctx, ask, u.Name, u.Version)
	if problem.KindOf(err) == problem.NotFound && u.Create {
		return &Project{UUID: UUID("project", audience.String(), u.Name, u.Version), Name: u.Name, Version: u.Version}, nil
	}
	return p, err
}

// apply puts what an upload says of a project into it.
func (u *Upload) apply(p *Project) {
	if u.Tags != nil {
		p.Tags = u.Tags
	}
	p.Parent = cmp.Or(u.Parent, p.Parent)
	p.Latest = u.Latest || p.Latest
}

// read reads a bill as the newest of the project.
func (p *Project) read(ctx context.Context, body []byte) (*ledger.Reading, error) {
	b, err := readBill(ctx, body)
	if err != nil {
		return nil, problem.New(problem.Invalid, "%w: %s", ErrBadBill, problem.Message(err))
	}
	if len(b.Components) == 0 && len(b.Weaknesses) > 0 {
		return nil, problem.New(problem.Invalid, "%w: it speaks of weaknesses only and lists nothing", ErrBadBill)
	}
	digest := ledger.Digest(body)
	nameBill(b, digest, p.Name, p.Version)
	said, warnings := vex.FromBill(b, nil)
	r, err := software.Reading(b, digest)
	if err != nil {
		return nil, err
	}
	r.Statements, r.Warnings = append(r.Statements, said...), append(r.Warnings, warnings...)
	p.Release, p.Bill = software.ReleaseID(b, digest), digest
	return r, nil
}

// headLength is how much of a file tells of which form it is.
const headLength = 64 << 10

func readBill(ctx context.Context, body []byte) (*software.Bill, error) {
	head := body[:min(len(body), headLength)]
	switch {
	case cyclonedx.Recognise("", head):
		return cyclonedx.Read(ctx, body, cyclonedx.Limits{})
	case spdx.Recognise("", head):
		return spdx.Read(ctx, body, spdx.Limits{})
	}
	return nil, problem.New(problem.Invalid, "it is neither CycloneDX nor SPDX")
}

// nameBill gives what a bill is about a name and a version where the bill has
// none itself.
func nameBill(b *software.Bill, digest, name, version string) {
	c := b.RootComponent()
	if c == nil {
		b.Root = len(b.Components)
		b.Components = append(b.Components, software.Component{Type: "application", Name: name, Version: version, Parent: -1})
		return
	}
	c.Name = cmp.Or(c.Name, name)
	id, err := purl.Read(software.ReleaseID(b, digest))
	if err == nil && id.Get("bill") != "" { // nothing tells of which version it is
		c.Version = version
	}
}

// ProjectChange is what is said of a project beside its bills; what is nil stays
// as it is.
type ProjectChange struct {
	Tags   []string
	Latest *bool
}

// ChangeProject keeps what is said of a project, for the organisations of
// whoever says it. changed is false when all of it was so before.
func (n *Node) ChangeProject(ctx context.Context, by access.Reader, uuid string, c ProjectChange) (p *Project, changed bool, err error) {
	if !by.MayWrite() {
		return nil, false, problem.New(problem.Denied, "%s may not change projects; ask for a role other than reader", by.Member)
	}
	if p, err = n.Project(ctx, access.Ask{Reader: by}, uuid); err != nil {
		return nil, false, err
	}
	if c.Tags != nil && !slices.Equal(c.Tags, p.Tags) {
		p.Tags, changed = c.Tags, true
	}
	if c.Latest != nil && *c.Latest != p.Latest {
		p.Latest, changed = *c.Latest, true
	}
	if !changed {
		return p, false, nil
	}
	body, told, err := p.record()
	if err != nil {
		return nil, false, err
	}
	_, err = n.append(ctx, by, intake.Edition{Source: told.Source, Files: []intake.ReadFile{
		{File: intake.File{Name: "project.json", Bytes: body}, Reading: told},
	}}, ImportOptions{Audience: askers(by)})
	return p, true, err
}
