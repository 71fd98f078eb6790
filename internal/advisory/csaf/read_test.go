package csaf

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/advisory/vex/jsondoc"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

func TestRecognise(t *testing.T) {
	for in, want := range map[string]bool{
		`{"document": {"acknowledgments": [{"names": ["A"]}], "csaf_version": "2.0"`: true,
		`{"$schema": "x", "product_tree": {"branches": [`:                            true,
		`{"document": {"title": "another"}, "x": 1}`:                                 false,
		`{"aggregator": {"category": "lister"}, "csaf_providers": []}`:               false,
		`{"csaf_version": "2.0"}`:                                                    false,
		`[{"document": {"csaf_version": "2.0"}}]`:                                    false,
	} {
		if got := Recognise("", []byte(in)); got != want {
			t.Errorf("%s: %v", in, got)
		}
	}
}

const portalTree = `"branches": [{"category": "vendor", "name": "Acme", "branches": [
  {"category": "product_name", "name": "Portal", "branches": [
   {"category": "product_version", "name": "3.1", "product": {"product_id": "P31", "name": "Acme Portal 3.1"}},
   {"category": "product_version", "name": "3.2", "product": {"product_id": "P32", "name": "Acme Portal 3.2", "product_identification_helper": {
     "cpe": "cpe:2.3:a:acme:portal:3.2:*:*:*:*:*:*:*", "purl": "pkg:oci/portal@3.2", "hashes": [{"filename": "p", "file_hashes": [
       {"algorithm": "sha256", "value": "` + zeros + `"}, {"algorithm": "md5", "value": "00000000000000000000000000000000"}]}]}}},
   {"category": "product_version_range", "name": ">= 2 | < 3", "product": {"product_id": "P2", "name": "Acme Portal 2.x"}},
   {"category": "product_version_range", "name": "as shipped in 2019", "product": {"product_id": "P19", "name": "Acme Portal of 2019"}},
   {"category": "architecture", "name": "mips", "branches": [{"category": "product_version", "name": "3.1", "product": {"product_id": "PM", "name": "Acme Portal 3.1 for MIPS"}}]}]},
  {"category": "product_version", "name": "net", "product": {"product_id": "N", "name": "net", "product_identification_helper": {"purl": "pkg:golang/golang.org/x/net@v0.17.0"}}},
  {"category": "product_version", "name": "text", "product": {"product_id": "T", "name": "text", "product_identification_helper": {"purl": "pkg:golang/golang.org/x/text"}}}]}],
 "relationships": [
  {"category": "default_component_of", "product_reference": "N", "relates_to_product_reference": "P32", "full_product_name": {"product_id": "P32:N", "name": "net in Portal 3.2"}},
  {"category": "installed_on", "product_reference": "T", "relates_to_product_reference": "P31", "full_product_name": {"product_id": "P31:T", "name": "text on Portal 3.1"}}],
 "product_groups": [{"group_id": "G", "product_ids": ["P31", "PM"]}]`

const zeros = "0000000000000000000000000000000000000000000000000000000000000000"

func TestRead(t *testing.T) {
	r := readText(t, outlined(portalTree, `
	{"cve": "CVE-2024-1", "ids": [{"system_name": "tracker", "text": "4711"}, {"system_name": "GitHub", "text": "GHSA-aaaa-bbbb-cccc"}], "cwe": {"id": "CWE-79", "name": "x"},
	 "product_status": {"known_affected": ["P2", "P31", "P31:T"], "known_not_affected": ["P32", "PM"], "fixed": ["P32:N"], "under_investigation": ["P19"], "recommended": ["P32"]},
	 "flags": [{"label": "component_not_present", "product_ids": ["P32"]}],
	 "threats": [{"category": "impact", "details": "big endian does not overflow", "group_ids": ["G"]}, {"category": "impact", "details": "Moderate"}],
	 "remediations": [{"category": "vendor_fix", "details": "Install\n 3.2", "url": "https://acme.example/3.2", "product_ids": ["P2", "P31"]},
	  {"category": "no_fix_planned", "details": "out of support", "product_ids": ["P2"]}],
	 "scores": [{"products": ["P2"], "cvss_v3": {"vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}}]}`))
	if r.Kind != Kind || r.Source != "csaf/Acme-ACME-7" || r.Mode != ledger.Chronicle || r.Published != "2024-05-01" || r.Rows != 1 || len(r.Warnings) != 0 {
		t.Errorf("%+v", *r)
	}
	wantSays := []string{
		"CVE-2024-1 | Acme Portal vers:generic/>=2|<3 | affected",
		"CVE-2024-1 | Acme Portal vers:generic/3.1 | affected",
		"CVE-2024-1 | Acme Portal vers:generic/3.1 > pkg:golang/golang.org/x/text | affected",
		"CVE-2024-1 | pkg:oci/portal@3.2 > pkg:golang/golang.org/x/net@v0.17.0 | fixed",
		"CVE-2024-1 | cpe:2.3:a:acme:portal:3.2:*:*:*:*:*:*:* > pkg:golang/golang.org/x/net@v0.17.0 | fixed",
		"CVE-2024-1 | sha256:" + zeros + " > pkg:golang/golang.org/x/net@v0.17.0 | fixed",
		"CVE-2024-1 | pkg:oci/portal@3.2 | not_affected",
		"CVE-2024-1 | cpe:2.3:a:acme:portal:3.2:*:*:*:*:*:*:* | not_affected",
		"CVE-2024-1 | sha256:" + zeros + " | not_affected",
		"CVE-2024-1 | Acme Portal 3.1 for MIPS | not_affected",
		"CVE-2024-1 | Acme Portal as shipped in 2019 | under_investigation",
	}
	if d := cmp.Diff(wantSays, says(r)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	stated := of[advisory.VEX](r, advisory.FactVEX)
	if v := stated[0]; v.Action != "vendor_fix: Install 3.2 https://acme.example/3.2\nno_fix_planned: out of support" || v.Role != "supplier" || v.Issuer != "Acme" ||
		v.Document != "ACME-7" || v.Issued != "2024-05-01T10:00:00+02:00" || !cmp.Equal(v.Aliases, []string{"GHSA-aaaa-bbbb-cccc"}) {
		t.Errorf("first: %+v", v)
	}
	if v := stated[6]; v.Justification != "component_not_present" || v.Impact != "" || v.Action != "" {
		t.Errorf("not affected by a flag: %+v", v)
	}
	if v := stated[9]; v.Justification != "" || v.Impact != "big endian does not overflow" {
		t.Errorf("not affected by a threat of a group: %+v", v)
	}
}

func TestReadRecord(t *testing.T) {
	r := readText(t, outlined(portalTree, `{"cve": "CVE-2024-1", "cwe": {"id": "CWE-79"}, "product_status": {"known_affected": ["P2", "P31", "P31:T", "P19", "N"], "last_affected": ["P32"]},
	 "remediations": [{"category": "none_available", "details": "not yet", "product_ids": ["P31"]}, {"category": "vendor_fix", "details": "x", "url": "https://acme.example/fix"}],
	 "scores": [{"products": ["P2"], "cvss_v3": {"vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}}, {"products": ["P2"], "cvss_v2": {"vectorString": "nonsense"}}]}`))
	rec := of[*advisory.Record](r, advisory.FactRecord)[0]
	want := &advisory.Record{
		ID: "ACME-7", Aliases: []string{"CVE-2024-1"}, Related: []string{"A7"}, Summary: "Portal", Details: "About the portal.",
		Severities: []advisory.Severity{
			{Type: "CVSS_V3", Vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", Score: 9.8, Word: "critical", Source: "Acme"},
			{Type: "CVSS_V2", Vector: "nonsense", Source: "Acme"},
			{Type: "word", Word: "high", Source: "Acme"},
		},
		CWEs: []string{"CWE-79"}, Published: "2024-04-01T00:00:00Z", Modified: "2024-05-01T10:00:00+02:00", Issuer: "Acme",
		References: []advisory.Reference{{Type: "FIX", URL: "https://acme.example/fix"}, {Type: "ADVISORY", URL: "https://acme.example/a-7"}},
	}
	if d := cmp.Diff(want, rec); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "no vector of CVSS") {
		t.Errorf("warnings %q", r.Warnings)
	}
	got := map[string]*advisory.Affected{}
	for _, st := range r.Statements {
		if st.Kind == advisory.FactAffected {
			got[st.Term] = st.Body.(*advisory.Affected)
		}
	}
	portal := got["name:acme portal"]
	if len(got) != 3 || portal == nil || got["pkg:go/golang.org/x/net"] == nil || got["purl:pkg:oci/portal"] == nil {
		t.Fatalf("affected: %v", got)
	}
	// A component that is affected within one product is not so everywhere.
	for term := range got {
		if strings.Contains(term, "text") {
			t.Errorf("%s is said to be affected everywhere", term)
		}
	}
	if portal.Unfixed != "none_available: not yet" || portal.Maker != "Acme" || portal.Name != "Portal" {
		t.Errorf("%+v", portal)
	}
	for version, want := range map[string]advisory.State{"2.5": advisory.IsAffected, "3.1": advisory.IsAffected, "3.0": advisory.Unknown, "4": advisory.Unknown} {
		if s := portal.Judge(version); s.State != want {
			t.Errorf("portal %s is %s; want %s: what was shipped in 2019 is not known", version, s.State, want)
		}
	}
	if s := got["pkg:go/golang.org/x/net"].Judge("v0.17.0").State; s != advisory.IsAffected {
		t.Errorf("net is %s", s)
	}
}

// What a CPE says of an update is part of the version.
func TestReadUpdatesOfCPEs(t *testing.T) {
	r := readText(t, outlined(`"full_product_names": [{"product_id": "A", "name": "A", "product_identification_helper": {"cpe": "cpe:2.3:a:acme:portal:2019.4:hotfix5:*:*:*:*:*:*"}}]`,
		`{"cve": "CVE-2024-1", "product_status": {"known_affected": ["A"]}}`))
	a := of[*advisory.Affected](r, advisory.FactAffected)[0]
	for version, want := range map[string]advisory.State{"2019.4 HF 5": advisory.IsAffected, "2019.4 hotfix6": advisory.NotAffected, "2019.4": advisory.NotAffected} {
		if s := a.Judge(version); s.State != want {
			t.Errorf("%s is %s; want %s", version, s.State, want)
		}
	}
}

// A document about several weaknesses is another name of none.
func TestReadSeveral(t *testing.T) {
	r := readText(t, outlined(portalTree, `{"cve": "CVE-2024-1", "product_status": {"fixed": ["P32"]}}, {"ids": [{"system_name": "tracker", "text": "4711"}], "product_status": {"fixed": ["P31"]}},
	 {"product_status": {"fixed": ["P31"]}}`))
	rec := of[*advisory.Record](r, advisory.FactRecord)[0]
	if len(rec.Aliases) != 0 || !cmp.Equal(rec.Related, []string{"CVE-2024-1", "tracker 4711", "ACME-7#3", "A7"}) {
		t.Errorf("aliases %q, related %q", rec.Aliases, rec.Related)
	}
	if got := says(r); got[len(got)-1] != "ACME-7#3 | Acme Portal vers:generic/3.1 | fixed" {
		t.Errorf("%q", got)
	}
}

func TestReadTellsWhatIsAmiss(t *testing.T) {
	text := outlined(`"full_product_names": [{"product_id": "A", "name": "A"}, {"product_id": "A", "name": "B"}, {"name": "C"}, {"product_id": "D", "name": "D", "product_identification_helper": {"purl": "pkg:x"}}, 7],
	 "relationships": [
	  {"category": "default_component_of", "product_reference": "R2", "relates_to_product_reference": "A", "full_product_name": {"product_id": "R1", "name": "R1"}},
	  {"category": "default_component_of", "product_reference": "R1", "relates_to_product_reference": "A", "full_product_name": {"product_id": "R2", "name": "R2"}},
	  {"category": "default_component_of", "product_reference": "A", "relates_to_product_reference": "nowhere", "full_product_name": {"product_id": "R3", "name": "R3"}}]`,
		`{"cve": "CVE-1", "product_status": {"fixed": ["A", "X", "R1", "R3"], "known_not_affected": ["A"]}, "flags": [{"label": "component_not_present"}], "threats": [{"category": "impact", "details": "d", "group_ids": ["H"]}]}, {"cve": 7}`)
	text = strings.Replace(text, `"tracking": {`, `"distribution": {"tlp": {"label": "AMBER"}}, "tracking": {`, 1)
	r := readText(t, text)
	all := strings.Join(r.Warnings, "\n")
	for _, want := range []string{
		"document.distribution.tlp.label: AMBER", `product_tree.full_product_names[1].product_id: "A" is defined twice`,
		"product_tree.full_product_names[2].product_id: missing", `product_tree.full_product_names[3]: purl "pkg:x"`, "product_tree.full_product_names[4]: want an object, got number",
		`product_tree.relationships[2]: "nowhere" is not defined`, "product_tree.relationships[0]: a product that is a component of itself",
		"vulnerabilities[0].flags[0]: want product_ids or group_ids", `vulnerabilities[0].threats[0].group_ids: group "H" is not defined`,
		`vulnerabilities[0].product_status.fixed: product "X" is not defined`, "has two statuses for CVE-1 at the same time, fixed and not_affected; under_investigation counts",
		"vulnerabilities[1].cve: want a text, got number",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("no warning has %q:\n%s", want, all)
		}
	}
	if d := cmp.Diff([]string{"CVE-1 | A | not_affected", "CVE-1 | R1 | fixed", "CVE-1 | R3 | fixed"}, says(r)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// Version 2.1 has metrics, several CWEs and package URLs, and product paths.
func TestReadNewerVersion(t *testing.T) {
	text := outlined(`"full_product_names": [{"product_id": "A", "name": "A", "product_identification_helper": {"purls": ["pkg:npm/a@1", "pkg:npm/b@1"]}}, {"product_id": "L", "name": "L", "product_identification_helper": {"purls": ["pkg:npm/l@2"]}}],
	 "product_paths": [{"beginning_product_reference": "L", "full_product_name": {"product_id": "AL", "name": "L in A"}, "subpaths": [{"category": "default_component_of", "next_product_reference": "A"}]}]`,
		`{"cve": "CVE-1", "cwes": [{"id": "CWE-1", "name": "x"}, {"id": "CWE-2", "name": "y"}], "product_status": {"known_affected": ["A"], "fixed": ["AL"], "unknown": ["A"]},
		  "metrics": [{"source": "https://nvd.example", "products": ["A"], "content": {"cvss_v4": {"vectorString": "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"}}}]}`)
	r := readText(t, strings.Replace(text, `"csaf_version": "2.0"`, `"csaf_version": "2.1"`, 1))
	want := []string{
		"CVE-1 | pkg:npm/a@1 | affected", "CVE-1 | pkg:npm/b@1 | affected",
		"CVE-1 | pkg:npm/a@1 > pkg:npm/l@2 | fixed", "CVE-1 | pkg:npm/b@1 > pkg:npm/l@2 | fixed",
	}
	if d := cmp.Diff(want, says(r)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	rec := of[*advisory.Record](r, advisory.FactRecord)[0]
	if len(rec.CWEs) != 2 || len(rec.Severities) != 2 || rec.Severities[0].Score != 9.3 || rec.Severities[0].Source != "https://nvd.example" || len(r.Warnings) != 0 {
		t.Errorf("%+v, warnings %q", rec, r.Warnings)
	}
}

func TestReadRefuses(t *testing.T) {
	for in, want := range map[string]string{
		`{"document": {"csaf_version": "3.0"}}`:                                                      `document.csaf_version is "3.0"; want 2.0 or 2.1`,
		`{"document": {"csaf_version": "2.0", "publisher": {"name": "A"}, "tracking": {"id": " "}}}`: "document.tracking.id: want a text",
		`{"document": {"csaf_version": "2.0", "tracking": {"id": "A"}}}`:                             "document.publisher.name: missing",
		`{"document": []}`:                               "document: want an object, got array",
		outlined(`"branches": 7`, ""):                    "product_tree.branches: want an array",
		strings.Replace(outlined("", ""), "[]", "[}", 1): "line 7: not JSON",
	} {
		_, err := Read(t.Context(), "", []byte(in), jsondoc.Limits{})
		if err == nil || !strings.Contains(err.Error(), want) || problem.KindOf(err) != problem.Invalid {
			t.Errorf("%.80s: %v; want %q", in, err, want)
		}
	}
}

// A large group that is named over and over, and branches without end, are
// bounded.
func TestReadHostile(t *testing.T) {
	ids := strings.TrimSuffix(strings.Repeat(`"A",`, 20_000), ",")
	flags := strings.TrimSuffix(strings.Repeat(`{"label": "component_not_present", "group_ids": ["G"]},`, 2000), ",")
	_, err := Read(t.Context(), "", []byte(outlined(`"full_product_names": [{"product_id": "A", "name": "A"}], "product_groups": [{"group_id": "G", "product_ids": [`+ids+`]}]`,
		`{"cve": "CVE-1", "flags": [`+flags+`], "product_status": {"fixed": ["A"]}}`)), jsondoc.Limits{})
	if problem.KindOf(err) != problem.TooLarge {
		t.Errorf("40,000,000 references: %v", err)
	}
	deep := strings.Repeat(`{"category": "vendor", "name": "v", "branches": [`, 50) + strings.Repeat(`]}`, 50)
	r, err := Read(t.Context(), "", []byte(outlined(`"branches": [`+deep+`]`, "")), jsondoc.Limits{Depth: 200})
	if err != nil || len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "nested more than 40 deep") {
		t.Errorf("%v, %+v", err, r)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(outlined(portalTree, `{"cve": "CVE-2024-1", "product_status": {"known_affected": ["P2", "P31:T"], "fixed": ["P32:N"]}, "flags": [{"label": "x", "group_ids": ["G"]}]}`)))
	f.Add([]byte(outlined(`"full_product_names": [{"product_id": "A", "name": "A"}]`, `{"ids": [{"system_name": "s", "text": "t"}], "product_status": {"known_affected": ["A", "A"]}}`)))
	f.Fuzz(func(t *testing.T, b []byte) {
		Recognise("", b)
		r, err := Read(t.Context(), "", b, jsondoc.Limits{Bytes: 1 << 16})
		if err != nil {
			if problem.KindOf(err) == problem.Internal {
				t.Errorf("%v has no kind", err)
			}
			return
		}
		seen := map[[3]string]bool{}
		for _, st := range r.Statements {
			at := [3]string{st.Kind, st.Subject, st.Key}
			if st.Subject == "" || seen[at] {
				t.Errorf("statement %+v", st)
			}
			seen[at] = true
		}
	})
}
