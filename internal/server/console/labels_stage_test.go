package console_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
	"countersign.dev/internal/server/console"
)

// labelStage is a whole node with an authority, a maker, a laboratory and
// somebody else, and the console as each of them meets it.
type labelStage struct {
	*testing.T
	node                                                     *node.Node
	day                                                      access.Date
	maker, laboratory, assessor, authority, stranger, nobody *visit
}

const (
	lampPURL   = "pkg:generic/northlight/lamp-firmware@1.2.0"
	lampDigest = "sha256:5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"
)

func newLabelStage(t *testing.T) *labelStage {
	s := &labelStage{T: t, day: "2026-11-02"}
	clock := func() time.Time { return s.day.Time().Add(9 * time.Hour) }
	n, err := node.Open(t.Context(), node.Options{Data: t.TempDir(), Now: clock, Logger: slog.New(slog.DiscardHandler), PublicURL: "https://labels.example"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, o := range []string{"authority", "northlight", "quayside", "other"} {
		if err := n.Access.CreateOrganisation(t.Context(), access.Operator, access.Organisation{ID: o, Name: o}); err != nil {
			t.Fatal(err)
		}
	}
	s.node = n
	c := console.New(n, n.Access, console.Options{Now: clock, Failed: func(r *http.Request, err error) { t.Errorf("%s: %v", r.URL, err) }})
	as := func(org string, role access.Role) *visit {
		return &visit{t, c, access.Reader{Member: org + "-" + string(role), Organisations: []string{org}, Roles: map[string]access.Role{org: role}}}
	}
	s.maker, s.laboratory, s.stranger = as("northlight", access.RoleMaker), as("quayside", access.RoleLaboratory), as("other", access.RoleMaker)
	s.assessor, s.authority = as("authority", access.RoleAssessor), as("authority", access.RoleAuthority)
	s.nobody = &visit{t, c, access.Anonymous}
	return s
}

// lampBill is a bill of materials of the lamp's firmware.
func lampBill() string {
	return fmt.Sprintf(`{"bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": "urn:uuid:7c2a1f0e-2f0f-4a55-9a7b-0a5f3b1c2d3e", "version": 1,
"metadata": {"timestamp": "2026-10-30T09:00:00Z", "component": {"bom-ref": "lamp", "type": "firmware", "name": "lamp-firmware", "version": "1.2.0", "purl": %q,
"supplier": {"name": "Northlight Devices"}, "hashes": [{"alg": "SHA-256", "content": %q}]}},
"components": [{"bom-ref": "ssl", "type": "library", "name": "openssl", "version": "3.0.15", "purl": "pkg:generic/openssl@3.0.15"}],
"dependencies": [{"ref": "lamp", "dependsOn": ["ssl"]}]}`, lampPURL, strings.TrimPrefix(lampDigest, "sha256:"))
}

// lamp is the whole form of an application.
func lamp() url.Values {
	return url.Values{
		"csrf": {token}, "scheme": {"iot-mark"}, "product": {"Northlight Lamp"}, "model": {"NL-L1"}, "release-0-purl": {lampPURL}, "release-0-digests": {lampDigest},
		"party-maker-name": {"Northlight Devices"}, "party-maker-country": {"CA"}, "party-maker-organisation": {"northlight"}, "party-maker-contact": {"security@northlight.example"},
		"party-laboratory-name": {"Quayside Test Laboratory"}, "party-laboratory-organisation": {"quayside"},
		"default_password": {"there is none"}, "secure_configuration": {"https://northlight.example/secure"}, "updates": {"by itself, at night"}, "updates_automatic": {"1"},
		"support": {"until the end of 2028"}, "support_end": {"2029-01-01"}, "disclosure": {"https://northlight.example/security"}, "sbom": {"1"}, "hbom": {"1"},
		"hosts": {"updates.northlight.example\ntime.northlight.example"}, "declaration": {"A. Norris, Managing Director"}, "do": {"save"},
	}
}

// with is a form with other fields in place of some of its own.
func with(form url.Values, pairs ...string) url.Values {
	for i := 0; i+1 < len(pairs); i += 2 {
		form[pairs[i]] = []string{pairs[i+1]}
	}
	return form
}

// attach posts a form with a file.
func (v *visit) attach(address string, form url.Values, name, text string) *http.Response {
	v.t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for field, values := range form {
		for _, value := range values {
			if err := m.WriteField(field, value); err != nil {
				v.t.Fatal(err)
			}
		}
	}
	f, err := m.CreateFormFile("file", name)
	if err != nil {
		v.t.Fatal(err)
	}
	if _, err := f.Write([]byte(text)); err != nil {
		v.t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		v.t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, address, &body)
	r.Header.Set("Content-Type", m.FormDataContentType())
	return v.do(r)
}

// led wants a form to be taken, and gives where it leads.
func (v *visit) led(resp *http.Response) string {
	v.t.Helper()
	if resp.StatusCode != http.StatusSeeOther {
		v.t.Fatalf("%s was answered %d: %s", v.as.Member, resp.StatusCode, read(v.t, "the answer", resp).one("main"))
	}
	return resp.Header.Get("Location")
}

// told wants a form to be answered with a status, and gives the page.
func (v *visit) told(resp *http.Response, status int) *document {
	v.t.Helper()
	d := read(v.t, "the answer", resp)
	if resp.StatusCode != status {
		v.t.Fatalf("%s was answered %d, want %d: %s", v.as.Member, resp.StatusCode, status, d.one("main"))
	}
	return d
}

// draft keeps the lamp's draft with its bill, and gives its id.
func (s *labelStage) draft() string {
	s.Helper()
	to := s.maker.led(s.maker.attach("/labelling/apply", lamp(), "lamp.cdx.json", lampBill()))
	return strings.Split(to, "/")[2]
}

// fields is the form on a page as it stands.
func (d *document) fields(action string) url.Values {
	out := url.Values{}
	within := `form[action="` + action + `"] `
	for _, n := range d.all(within + "input, " + within + "textarea, " + within + "select") {
		name, kind := attribute(n, "name"), attribute(n, "type")
		switch {
		case name == "" || kind == "file":
		case kind == "checkbox" || kind == "radio":
			if has(n, "checked") {
				out.Add(name, attribute(n, "value"))
			}
		case n.Data == "textarea":
			out.Add(name, wholeText(n))
		case n.Data == "select":
			out.Add(name, chosen(d, n))
		default:
			out.Add(name, attribute(n, "value"))
		}
	}
	return out
}
