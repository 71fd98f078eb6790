package deptrack

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
)

// Node is what answers.
type Node interface {
	UploadBill(ctx context.Context, by access.Reader, u node.Upload) (*node.Project, error)
	Project(ctx context.Context, ask access.Ask, uuid string) (*node.Project, error)
	ProjectNamed(ctx context.Context, ask access.Ask, name, version string) (*node.Project, error)
	Projects(ctx context.Context, ask access.Ask, name string, offset, limit int) ([]node.Project, int, error)
	ChangeProject(ctx context.Context, by access.Reader, uuid string, c node.ProjectChange) (p *node.Project, changed bool, err error)
	Show(ctx context.Context, ask access.Ask, subject string) (*dossier.Dossier, error)
	Check(ctx context.Context, ask access.Ask, q node.Question) (*decision.Answer, *dossier.Dossier, error)
	ExportBill(ctx context.Context, ask access.Ask, release, form string) (*node.ExportedBill, error)
}

// Handler answers the API.
type Handler struct {
	Node Node
	// Version of this program.
	Version string
	// Ask is whom a request speaks for, and the moment that the parameters at,
	// known and position of its address name, which are ours.
	Ask func(*http.Request) (access.Ask, error)
	// Begin waits for a place among the uploads that are worked on at once, and
	// gives it back.
	Begin func(context.Context) (done func(), err error)
	// Fail answers what went wrong.
	Fail func(w http.ResponseWriter, r *http.Request, err error)
}

// apiVersion is the version of their API that is answered here. Clients ask for
// it and do without what an older one had not.
const apiVersion = "4.12.0"

// Routes are the patterns that the API stands on.
func (h *Handler) Routes() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"GET /api/version":                           h.answer(h.about),
		"GET /api/v1/team/self":                      h.answer(h.team),
		"PUT /api/v1/bom":                            h.answer(h.putBill),
		"POST /api/v1/bom":                           h.answer(h.postBill),
		"GET /api/v1/bom/token/{uuid}":               h.answer(h.token),
		"GET /api/v1/event/token/{uuid}":             h.answer(h.token),
		"GET /api/v1/bom/cyclonedx/project/{uuid}":   h.export,
		"GET /api/v1/project":                        h.projects,
		"GET /api/v1/project/lookup":                 h.answer(h.lookup),
		"GET /api/v1/project/{uuid}":                 h.answer(h.project),
		"PATCH /api/v1/project/{uuid}":               h.change,
		"GET /api/v1/finding/project/{uuid}":         h.answer(h.findings),
		"GET /api/v1/metrics/project/{uuid}/current": h.answer(h.metrics),
		"GET /api/v1/metrics/project/{uuid}/refresh": h.refresh,
		"GET /api/v1/violation/project/{uuid}":       h.answer(h.violations),
	}
}

// VersionPath is open to everybody: clients ask for it before anything else.
const VersionPath = "/api/version"

// answer writes what a handler makes, or what went wrong.
func (h *Handler) answer(make func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		out, err := make(r)
		if err != nil {
			h.fail(w, r, err)
			return
		}
		h.write(w, out)
	}
}

func (h *Handler) write(w http.ResponseWriter, out any) {
	w.Header().Set("X-Powered-By", "countersign/"+h.Version)
	w.Header().Set("Content-Type", "application/json")
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(out) // who does not wait for the answer does not get it
}

// about says what answers here: their field for what the program is, and for
// what it is made with, say so plainly.
func (h *Handler) about(*http.Request) (any, error) {
	type framework struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
	return struct {
		Application string    `json:"application"`
		Version     string    `json:"version"`
		SystemUUID  string    `json:"systemUuid"`
		Framework   framework `json:"framework"`
	}{"countersign, as Dependency-Track", apiVersion, node.UUID("system", "countersign"), framework{"countersign", h.Version}}, nil
}

// team tells what whoever asks may do, in their words.
func (h *Handler) team(r *http.Request) (any, error) {
	ask, err := h.Ask(r)
	if err != nil {
		return nil, err
	}
	type permission struct {
		Name string `json:"name"`
	}
	may := []permission{{"VIEW_PORTFOLIO"}, {"VIEW_VULNERABILITY"}, {"VULNERABILITY_ANALYSIS"}, {"VIEW_POLICY_VIOLATION"}}
	if ask.Reader.MayWrite() {
		may = append(may, permission{"BOM_UPLOAD"}, permission{"PROJECT_CREATION_UPLOAD"})
	}
	return struct {
		UUID        string       `json:"uuid"`
		Name        string       `json:"name"`
		Permissions []permission `json:"permissions"`
	}{node.UUID("member", ask.Reader.Member), ask.Reader.Member, may}, nil
}

var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// readUUID is an id as it is compared.
func readUUID(place, text string) (string, error) {
	text = strings.ToLower(strings.TrimSpace(text))
	if !uuidForm.MatchString(text) {
		return "", problem.New(problem.Invalid, "%s: want a UUID of 36 characters", place)
	}
	return text, nil
}

// asked is the project that a request's path names, and whom it speaks for.
func (h *Handler) asked(r *http.Request) (*node.Project, access.Ask, error) {
	ask, err := h.Ask(r)
	if err != nil {
		return nil, ask, err
	}
	uuid, err := readUUID("uuid", r.PathValue("uuid"))
	if err != nil {
		return nil, ask, err
	}
	p, err := h.Node.Project(r.Context(), ask, uuid)
	return p, ask, err
}

// number is a parameter from least to most.
func number(text, name string, fallback, least, most int) (int, error) {
	if text == "" {
		return fallback, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, problem.New(problem.Invalid, "%s: want a whole number from %d to %d", name, least, most)
	}
	return n, nil
}
