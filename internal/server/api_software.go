package server

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"countersign.dev/internal/access"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/node"
)

// Software is what is asked and said of releases and what they contain.
type Software interface {
	// Impact is who is concerned by a weakness, package, supplier or release:
	// limit releases from the offset on, with counts of all.
	Impact(ctx context.Context, ask access.Ask, subject string, offset, limit int) (*node.Impact, error)
	// ImpactWhole is Impact with the systems and organisations concerned, each with
	// the ways to it.
	ImpactWhole(ctx context.Context, ask access.Ask, subject string, offset, limit int) (*node.WholeImpact, error)
	// Assert keeps what an analyst says of a weakness in a release. On return it
	// is durable.
	Assert(ctx context.Context, ask access.Ask, s node.Assertion) (*node.Asserted, error)
	// Assertions is what analysts say of a release; of all when it is "".
	Assertions(ctx context.Context, ask access.Ask, release string) ([]node.Asserted, error)
	// Publish writes what analysts say as one document; NotFound when nobody
	// said anything.
	Publish(ctx context.Context, ask access.Ask, release, form, namespace string) (*node.Publication, error)
	// ExportBill writes the bill of a release in a form, with its findings.
	ExportBill(ctx context.Context, ask access.Ask, release, form string) (*node.ExportedBill, error)
	// Portfolio is every release that the ask's reader may see, with what concerns
	// it now.
	Portfolio(ctx context.Context, ask access.Ask) (*node.Portfolio, error)
	// CheckFile answers for the release that a file describes, which is not kept.
	CheckFile(ctx context.Context, ask access.Ask, f intake.File, q node.Question) (*decision.Answer, *dossier.Dossier, error)

	// UploadBill takes in a bill as the newest of a project. On return it is
	// durable.
	UploadBill(ctx context.Context, by access.Reader, u node.Upload) (*node.Project, error)
	// Project is the project of an id, ProjectNamed that of a name and version;
	// NotFound when there is none.
	Project(ctx context.Context, ask access.Ask, uuid string) (*node.Project, error)
	ProjectNamed(ctx context.Context, ask access.Ask, name, version string) (*node.Project, error)
	// ChangeProject keeps what is said of a project beside its bills.
	ChangeProject(ctx context.Context, by access.Reader, uuid string, c node.ProjectChange) (p *node.Project, changed bool, err error)
	// Projects is limit projects from the offset on, and how many there are.
	Projects(ctx context.Context, ask access.Ask, name string, offset, limit int) ([]node.Project, int, error)
}

// routeSoftware registers what has to do with releases.
func (s *Server) routeSoftware(api huma.API) {
	register(s, api, operation{
		id: "impact", method: http.MethodGet, path: "/impact", tag: tagSoftware,
		summary: "Who is concerned?",
		about: "Which releases contain something, which systems run these, and which organisations have to know: by the id of a weakness, by a package (a purl, in any version or in one), " +
			"by a supplier, or by a release's name or CPE; or by an address, a digest, or the id or name of what is shared as STIX. " +
			"Each system and organisation comes with the ways by which it is concerned. Counts are of all, releases are a page.",
	}, s.impact)
	register(s, api, operation{
		id: "vex", method: http.MethodGet, path: "/vex", tag: tagSoftware,
		summary: "What analysts say of weaknesses",
		about:   "The statements that members made here, of one release or of all, each with who made it and when.",
	}, s.vex)
	register(s, api, operation{
		id: "assert", method: http.MethodPost, path: "/vex", tag: tagSoftware,
		summary: "Say what a weakness does to a release",
		about: "A later statement about the same weakness in the same thing takes the place of the earlier one. " +
			"It is for your organisations unless `audience` says otherwise; one for everybody takes an administrator. It becomes a document of the ledger, as OpenVEX.",
		right: toWrite, status: http.StatusCreated, errors: []int{http.StatusConflict},
	}, s.assert)
	describeForms(register(s, api, operation{
		id: "vex-export", method: http.MethodGet, path: "/vex/export", tag: tagSoftware,
		summary: "Publish what analysts say",
		about:   "The statements of one release, or of all, as one document to hand on; with `signed`, in a DSSE envelope under the log's key, which /log/key gives.",
		errors:  []int{http.StatusNotFound, http.StatusConflict},
	}, s.vexExport), "The document, or the envelope.", "application/vnd.openvex+json", "application/csaf+json", envelopeType)
	describeForms(register(s, api, operation{
		id: "bom", method: http.MethodGet, path: "/bom", tag: tagSoftware,
		summary: "Export a release's bill of materials",
		about: "The bill of a release, written anew in the form that is asked for, whichever it came in; in CycloneDX with its findings as vulnerabilities. " +
			"The bytes as they came are those of its document.",
		errors: []int{http.StatusNotFound},
	}, s.bom), "The bill.", "application/vnd.cyclonedx+json", "application/spdx+json")
	s.routeCheckFile(api)
}

type impactInput struct {
	Subject string `query:"subject" required:"true" example:"CVE-2021-44228" doc:"The id of a weakness or advisory, a purl, a CPE, the name of a supplier or product, an address, a digest, or the id or name of a shared object. At most 500 bytes."`
	Offset  int    `query:"offset" minimum:"0" doc:"How many releases to pass over."`
	Limit   int    `query:"limit" minimum:"1" maximum:"1000" default:"50" doc:"How many releases at most."`
	Moment
}

type impactOutput struct{ Body *node.WholeImpact }

func (s *Server) impact(ctx context.Context, in *impactInput) (*impactOutput, error) {
	if err := checkText("query.subject", in.Subject); err != nil {
		return nil, err
	}
	ask, err := askOf(ctx, in.Moment)
	if err != nil {
		return nil, err
	}
	found, err := s.opts.Node.ImpactWhole(ctx, ask, in.Subject, in.Offset, in.Limit)
	if err != nil {
		return nil, err
	}
	return &impactOutput{found}, nil
}

type vexInput struct {
	Release string `query:"release" maxLength:"1000" example:"pkg:generic/acme/portal@3.2.1" doc:"The release's purl. All releases when absent."`
	Moment
}

type vexOutput struct{ Body AssertionList }

// AssertionList is what analysts say.
type AssertionList struct {
	Statements []node.Asserted `json:"statements" doc:"The statements, by weakness, release and component."`
}

func (s *Server) vex(ctx context.Context, in *vexInput) (*vexOutput, error) {
	ask, err := askOf(ctx, in.Moment)
	if err != nil {
		return nil, err
	}
	all, err := s.opts.Node.Assertions(ctx, ask, in.Release)
	if err != nil {
		return nil, err
	}
	return &vexOutput{AssertionList{orEmpty(all)}}, nil
}

// AssertionRequest is the body that says what a weakness does to a release.
type AssertionRequest struct {
	Weakness      string `json:"weakness" maxLength:"200" example:"CVE-2021-44228" doc:"Its id."`
	Release       string `json:"release" maxLength:"1000" example:"pkg:generic/acme/portal@3.2.1" doc:"The release's purl."`
	Component     string `json:"component,omitempty" maxLength:"1000" doc:"The purl of a component of it. The release as a whole when absent."`
	Status        string `json:"status" enum:"not_affected,affected,fixed,under_investigation" doc:"What is said."`
	Justification string `json:"justification,omitempty" enum:"component_not_present,vulnerable_code_not_present,vulnerable_code_not_in_execute_path,vulnerable_code_cannot_be_controlled_by_adversary,inline_mitigations_already_exist" doc:"Why it is not affected; not_affected wants this or impact."`
	Impact        string `json:"impact,omitempty" maxLength:"5000" doc:"Why it is not affected, in words."`
	Action        string `json:"action,omitempty" maxLength:"5000" doc:"What to do; affected wants one."`
	Audience      string `json:"audience,omitempty" maxLength:"1000" example:"org:acme" doc:"Who may see it and what follows from it. Your organisations when absent."`
}

type assertInput struct{ Body AssertionRequest }

type assertOutput struct{ Body *node.Asserted }

func (s *Server) assert(ctx context.Context, in *assertInput) (*assertOutput, error) {
	q := in.Body
	for place, text := range map[string]string{"body.weakness": q.Weakness, "body.release": q.Release} {
		if err := checkText(place, text); err != nil {
			return nil, err
		}
	}
	audience, err := audienceOr(q.Audience, ReaderOf(ctx))
	if err != nil {
		return nil, err
	}
	if q.Audience != "" && audience.IsPublic() && !ReaderOf(ctx).Is(access.RoleAdministrator) {
		return nil, newProblem(http.StatusForbidden, "a statement for everybody changes everybody's answers; only an administrator may make it")
	}
	said, err := s.opts.Node.Assert(ctx, access.Ask{Reader: ReaderOf(ctx)}, node.Assertion{
		Weakness: q.Weakness, Release: q.Release, Component: q.Component, Status: q.Status,
		Justification: q.Justification, Impact: q.Impact, Action: q.Action, Audience: audience,
	})
	if err != nil {
		return nil, err
	}
	return &assertOutput{said}, nil
}

// audienceOr is the audience that a request names, else that of whoever sends
// it: the members of all the organisations that the sender belongs to.
func audienceOr(text string, by access.Reader) (access.Audience, error) {
	if text == "" {
		return node.OwnAudience(by), nil
	}
	a, err := access.ParseAudience(text)
	if err != nil {
		return a, invalid("body.audience", err.Error())
	}
	return a, nil
}

type vexExportInput struct {
	Release string `query:"release" maxLength:"1000" example:"pkg:generic/acme/portal@3.2.1" doc:"The release's purl. All releases when absent."`
	Form    string `query:"form" enum:"openvex,csaf" default:"openvex" doc:"OpenVEX 0.2, or the VEX profile of CSAF 2.0."`
	Signed  bool   `query:"signed" doc:"Put it in a DSSE envelope, signed with the log's key."`
	Moment

	request *http.Request
}

// Resolve implements huma.Resolver: CSAF wants a URL of the publisher's.
func (in *vexExportInput) Resolve(ctx huma.Context) []error {
	in.request, _ = humago.Unwrap(ctx)
	return nil
}

const envelopeType = "application/vnd.dsse.envelope.v1+json"

func (s *Server) vexExport(ctx context.Context, in *vexExportInput) (*raw, error) {
	ask, err := askOf(ctx, in.Moment)
	if err != nil {
		return nil, err
	}
	p, err := s.opts.Node.Publish(ctx, ask, in.Release, in.Form, s.baseOf(in.request))
	switch {
	case err != nil:
		return nil, err
	case !in.Signed:
		return &raw{ContentType: p.MediaType, ContentDisposition: attachment("statements." + p.Form + ".json"), Body: p.Body}, nil
	case p.Envelope == nil:
		return nil, newProblem(http.StatusConflict, "this node does not hold the log's key and cannot sign; ask another, or without signed")
	}
	return &raw{ContentType: envelopeType, ContentDisposition: attachment("statements." + p.Form + ".dsse.json"), Body: p.Envelope}, nil
}

type bomInput struct {
	Subject string `query:"subject" required:"true" example:"pkg:generic/acme/portal@3.2.1" doc:"The release: a purl, CPE, name with version, or digest. At most 500 bytes."`
	Format  string `query:"format" enum:"cyclonedx,spdx" default:"cyclonedx" doc:"CycloneDX 1.6 or SPDX 2.3, both as JSON."`
	Moment
}

func (s *Server) bom(ctx context.Context, in *bomInput) (*raw, error) {
	if err := checkText("query.subject", in.Subject); err != nil {
		return nil, err
	}
	ask, err := askOf(ctx, in.Moment)
	if err != nil {
		return nil, err
	}
	b, err := s.opts.Node.ExportBill(ctx, ask, in.Subject, in.Format)
	if err != nil {
		return nil, err
	}
	return &raw{ContentType: b.MediaType, ContentDisposition: attachment(b.Name), ContentPolicy: bodyPolicy, Body: b.Body}, nil
}
