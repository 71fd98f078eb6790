package server_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/impact"
	"countersign.dev/internal/impact/concern"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
)

func (n *fakeNode) Impact(_ context.Context, ask access.Ask, subject string, offset, limit int) (*node.Impact, error) {
	return &node.Impact{
		Subject: subject, Kind: "weakness", At: ask.At.Date, Position: 7, Total: offset + limit, Affected: 1,
		Versions: []impact.Version{{Package: "pkg:npm/x", Version: "1", Releases: 1, State: advisory.IsAffected}},
		Releases: []node.ImpactedRelease{{
			ID: "pkg:generic/a@1", Name: "a", Version: "1", Components: []impact.Contained{{PURL: "pkg:npm/x@1", Direct: true, State: advisory.IsAffected, Fixed: []string{"2"}}},
			Systems: []node.ImpactedSystem{{ID: "s", Name: "S", Organisation: "acme", Runs: "a 1", From: "2021-01-01", Document: 3}},
		}},
		Unmatched: []node.ImpactedSystem{},
	}, nil
}

func (n *fakeNode) ImpactWhole(ctx context.Context, ask access.Ask, subject string, offset, limit int) (*node.WholeImpact, error) {
	found, err := n.Impact(ctx, ask, subject, offset, limit)
	if err != nil {
		return nil, err
	}
	path := concern.Path{{From: concern.Thing{Kind: concern.Release, ID: "pkg:generic/a@1"}, Relation: "runs in", To: concern.Thing{Kind: concern.System, ID: "s"}, Evidence: concern.Evidence{Position: 3}}}
	return &node.WholeImpact{Impact: *found, Concern: node.Concern{
		Organisations: []node.ConcernedOrganisation{{Organisation: "acme", Systems: 1, Paths: []concern.Path{path}}},
		Systems:       []node.ConcernedSystem{{ID: "s", Name: "S", Organisation: "acme", Paths: []concern.Path{path}}},
	}}, nil
}

func fakeAsserted(s node.Assertion, by string) node.Asserted {
	return node.Asserted{
		VEX: advisory.VEX{Weakness: s.Weakness, Product: s.Release, Component: s.Component, Status: s.Status, Justification: s.Justification, Format: "OpenVEX"},
		By:  by, At: time.Unix(0, 0).UTC(), Position: 8, Digest: fakeDigest, Audience: s.Audience.String(),
	}
}

func (n *fakeNode) Assert(_ context.Context, ask access.Ask, s node.Assertion) (*node.Asserted, error) {
	if s.Status == "affected" && s.Action == "" {
		return nil, problem.New(problem.Invalid, "statement 1: affected wants an action")
	}
	a := fakeAsserted(s, ask.Reader.Member)
	return &a, nil
}

func (n *fakeNode) Assertions(_ context.Context, ask access.Ask, release string) ([]node.Asserted, error) {
	if release == "pkg:generic/silent@1" {
		return nil, nil
	}
	return []node.Asserted{fakeAsserted(node.Assertion{Weakness: "CVE-2021-44228", Release: release, Status: "fixed"}, ask.Reader.Member)}, nil
}

func (n *fakeNode) Publish(_ context.Context, _ access.Ask, release, form, namespace string) (*node.Publication, error) {
	if release == "pkg:generic/silent@1" {
		return nil, problem.New(problem.NotFound, "no analyst has said anything of %s", release)
	}
	p := &node.Publication{Form: form, MediaType: "application/vnd.openvex+json", Body: []byte(`{"namespace":"` + namespace + `"}`)}
	if form == node.FormCSAF {
		p.MediaType = "application/csaf+json"
	}
	if release != "pkg:generic/unsigned@1" {
		p.Envelope = []byte(`{"payloadType":"` + p.MediaType + `"}`)
	}
	return p, nil
}

func (n *fakeNode) ExportBill(_ context.Context, _ access.Ask, release, form string) (*node.ExportedBill, error) {
	if release == "nobody" {
		return nil, problem.New(problem.NotFound, "no bill of materials of %q is held", release)
	}
	b := &node.ExportedBill{Release: release, Form: form, MediaType: "application/vnd.cyclonedx+json; version=1.6", Name: "a-1.cdx.json", Body: []byte(`{"bomFormat":"CycloneDX"}`)}
	if form == node.FormSPDX {
		b.MediaType, b.Name, b.Body = "application/spdx+json", "a-1.spdx.json", []byte(`{"spdxVersion":"SPDX-2.3"}`)
	}
	return b, nil
}

func (n *fakeNode) CheckFile(_ context.Context, ask access.Ask, f intake.File, q node.Question) (*decision.Answer, *dossier.Dossier, error) {
	if strings.Contains(string(f.Bytes), "broken") {
		return nil, nil, problem.New(problem.Invalid, "%s: not recognised", f.Name)
	}
	q.Subject = f.Name
	a := n.answer(ask, q)
	a.Software = &dossier.Software{Release: dossier.Release{ID: "pkg:generic/a@1", Evidence: []dossier.Evidence{}}}
	return a, &dossier.Dossier{}, nil
}

const fakeProject = "11111111-2222-8333-8444-555555555555"

func (n *fakeNode) UploadBill(_ context.Context, by access.Reader, u node.Upload) (*node.Project, error) {
	switch {
	case strings.Contains(string(u.Bill), "broken"):
		return nil, problem.New(problem.Invalid, "%w: line 1: want a list", node.ErrBadBill)
	case u.Project == "" && !u.Create || u.Project != "" && u.Project != fakeProject:
		return nil, problem.New(problem.NotFound, "there is no project %q", u.Name)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.imported = append(n.imported, fmt.Sprintf("%s@%s by %s, latest %v, tags %v, part of %v: %d bytes", u.Name, u.Version, by.Member, u.Latest, u.Tags, u.Parent, len(u.Bill)))
	return &node.Project{UUID: fakeProject, Name: u.Name, Version: u.Version, Bill: fakeDigest}, nil
}

func (n *fakeNode) Project(_ context.Context, _ access.Ask, uuid string) (*node.Project, error) {
	if uuid != fakeProject {
		return nil, problem.New(problem.NotFound, "there is no project %s", uuid)
	}
	return &node.Project{UUID: uuid, Name: "a", Version: "1", Release: "pkg:generic/a@1"}, nil
}

func (n *fakeNode) ChangeProject(ctx context.Context, by access.Reader, uuid string, c node.ProjectChange) (*node.Project, bool, error) {
	if !by.MayWrite() {
		return nil, false, problem.New(problem.Denied, "%s may not change projects", by.Member)
	}
	p, err := n.Project(ctx, access.Ask{Reader: by}, uuid)
	if err == nil && c.Tags != nil {
		p.Tags = c.Tags
	}
	return p, c.Tags != nil, err
}

func (n *fakeNode) ProjectNamed(_ context.Context, _ access.Ask, name, version string) (*node.Project, error) {
	if name == "nobody" {
		return nil, problem.New(problem.NotFound, "there is no project %q", name)
	}
	return &node.Project{UUID: fakeProject, Name: name, Version: version, Release: "pkg:generic/a@1"}, nil
}

func (n *fakeNode) Projects(_ context.Context, _ access.Ask, _ string, offset, limit int) ([]node.Project, int, error) {
	var page []node.Project
	for i := offset; i < min(offset+limit, 3); i++ {
		page = append(page, node.Project{UUID: fakeProject, Name: fmt.Sprint("p", i)})
	}
	return page, 3, nil
}

// Portfolio is of one public release, and of another that is Acme's.
func (n *fakeNode) Portfolio(_ context.Context, ask access.Ask) (*node.Portfolio, error) {
	if n.down.Load() {
		return nil, problem.New(problem.Unavailable, "the store does not answer")
	}
	n.censuses.Add(1)
	p := &node.Portfolio{Position: n.position.Load(), Releases: []node.PortfolioRelease{{Components: 10, Critical: 2, Unknown: 1, Exploited: 1, Fixable: 2}}}
	if ask.Reader.MaySee(access.ForOrganisation("acme")) {
		p.Releases = append(p.Releases, node.PortfolioRelease{Components: 5, High: 3, Malicious: 1}, node.PortfolioRelease{Components: 1})
	}
	return p, nil
}
