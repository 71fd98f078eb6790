package stix

import (
	"os"
	"strings"
	"testing"
)

// TestSTIX20 breaks good objects of STIX 2.0, which know no version.
func TestSTIX20(t *testing.T) {
	b, err := os.ReadFile("testdata/upgrade.stix2.0.json")
	if err != nil {
		t.Fatal(err)
	}
	from := append(objects(t, b), objects(t, []byte(observed20))...)
	for _, o := range from {
		if r := Validate(o); o.SpecVersion != "2.0" || !r.Valid {
			t.Fatalf("%s of %s: %+v", o.ID, o.SpecVersion, r.Errors)
		}
	}
	for _, c := range []struct{ kind, patch, path, says string }{
		{"malware", `{"labels":null}`, "labels", "is missing"},
		{"malware", `{"id":"malware--8e2e2d2b-17d4-1cbf-938f-98ee46b3cd3f"}`, "id", "want 4"},
		{"malware", `{"modified":"2018-01-01T00:00:00Z"}`, "modified", "three digits"},
		{"malware", `{"modified":"2018-01-01T00:00:00.0000Z"}`, "modified", "three digits"},
		{"malware", `{"addresses":["x"]}`, "addresses", "reserved"},
		{"identity", `{"identity_class":null}`, "identity_class", "is missing"},
		{"indicator", `{"pattern":"[file:name = 'x'] START '2017-01-01T00:00:00Z' STOP"}`, "pattern", "is no pattern"},
		{"report", `{"object_refs":["malware--8e2e2d2b-17d4-1cbf-938f-98ee46b3cd3f"]}`, "object_refs[0]", "want 4"},
		{"report", `{"object_refs":["x"]}`, "object_refs[0]", "no identifier"},
		{"marking-definition", `{"definition":{"tlp":"red"}}`, "definition.tlp", "green"},
		{"observed-data", `{"objects":{}}`, "objects", "at least one"},
		{"observed-data", `{"objects":{"0":{"type":"file"}}}`, "objects.0", "at least one"},
		{"observed-data", `{"objects":{"0":{"type":"X thing"}}}`, "objects.0.type", "no name of a type"},
		{"observed-data", `{"objects":{"0":{"name":"x"}}}`, "objects.0", "with a type"},
		{"observed-data", `{"objects":{"0":{"type":"file","name":"x","parent_directory_ref":"1"}}}`, "objects.0.parent_directory_ref", "no key"},
		{"observed-data", `{"objects":{"0":{"type":"file","name":"x","parent_directory_ref":"0"}}}`, "objects.0.parent_directory_ref", "want directory"},
		{"observed-data", `{"objects":{"0":{"type":"file","name":"x","decryption_key":"y"}}}`, "objects.0.decryption_key", "is_encrypted"},
		{"observed-data", `{"objects":{"0":{"type":"file","hashes":{"SHA-224":"12"}}}}`, "objects.0.hashes.SHA-224", "56"},
		{"x-agency-thing", `{"created":"x"}`, "created", "no timestamp"},
	} {
		r := Validate(changedOf(t, from, c.kind, c.patch))
		if len(r.Errors) != 1 || r.Errors[0].Path != c.path || !strings.Contains(r.Errors[0].Message, c.says) || !strings.HasPrefix(r.Errors[0].Rule, "STIX 2.0, as") {
			t.Errorf("%s %s: got %+v, want %s that says %q", c.kind, c.patch, r.Errors, c.path, c.says)
		}
	}
	for _, c := range []struct{ kind, patch, path, says string }{
		{"malware", `{"labels":["backdoor"],"own_word":1}`, "own_word", "begin with x_"},
		{"observed-data", `{"objects":{"a":{"type":"mutex","name":"x"}}}`, "objects.a", "whole number"},
		{"observed-data", `{"objects":{"0":{"type":"file","name":"x","extensions":{"own-ext":{"abc":1}}}}}`, "objects.0.extensions.own-ext", "begin with x-"},
		{"observed-data", `{"objects":{"0":{"type":"thing","abc":1}}}`, "objects.0.type", "begin with x-"},
	} {
		r := Validate(changedOf(t, from, c.kind, c.patch))
		if !r.Valid || len(r.Warnings) != 1 || r.Warnings[0].Path != c.path || !strings.Contains(r.Warnings[0].Message, c.says) {
			t.Errorf("%s %s: got %+v %+v, want a warning for %s that says %q", c.kind, c.patch, r.Errors, r.Warnings, c.path, c.says)
		}
	}
}

// TestContainerOf21 is the observables within observed data that 2.1 deprecates.
func TestContainerOf21(t *testing.T) {
	const ip = `{"type":"ipv4-addr","id":"ipv4-addr--2b3e2c17-3144-5591-9c88-a605220f8c0c","value":"198.51.100.1"}`
	for in, want := range map[string]string{
		`{"0":` + ip + `}`: "",
		`{"0":` + ip + `,"1":{"type":"domain-name","id":"domain-name--064f846b-2bd3-5015-8d6f-d260dbda99c1","value":"a.example","resolves_to_refs":["0"]}}`: "",
		`{"0":{"type":"domain-name","id":"domain-name--064f846b-2bd3-5015-8d6f-d260dbda99c1","value":"a.example","resolves_to_refs":["7"]}}`:                "objects.0.resolves_to_refs[0]",
		`{"0":{"type":"ipv4-addr","value":"198.51.100.1"}}`: "objects.0.id",
		`[]`: "objects",
	} {
		r := Validate(changed(t, "observed-data", `{"object_refs":null,"objects":`+in+`}`))
		switch {
		case want == "" && !r.Valid, want != "" && (len(r.Errors) != 1 || r.Errors[0].Path != want):
			t.Errorf("%s: got %+v, want an error of %q", in, r.Errors, want)
		}
		if deprecated := r.Warnings[len(r.Warnings)-1]; deprecated.Path != "objects" {
			t.Errorf("%s: %+v", in, deprecated)
		}
	}
}

// TestBundles is what makes a bundle itself wrong.
func TestBundles(t *testing.T) {
	const object = `{"type":"mutex","spec_version":"2.1","id":"mutex--8e2e2d2b-17d4-5cbf-938f-98ee46b3cd3f","name":"x"}`
	const id = `"id":"bundle--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"`
	for in, want := range map[string]string{
		`{"type":"bundle",` + id + `,"objects":[` + object + `]}`:                      "",
		`{"type":"bundle",` + id + `}`:                                                 "",
		`{"type":"bundle","objects":[` + object + `]}`:                                 "id",
		`{"type":"bundle","id":"x","objects":[` + object + `]}`:                        "id",
		`{"type":"bundle",` + id + `,"objects":[]}`:                                    "objects",
		`{"type":"bundle",` + id + `,"objects":{}}`:                                    "objects",
		`{"type":"bundle",` + id + `,"objects":[7]}`:                                   "objects[0]",
		`{"type":"bundle",` + id + `,"objects":[{}]}`:                                  "objects[0].type",
		`{"type":"bundle",` + id + `,"spec_version":"2.0","objects":[` + object + `]}`: "",
		`{"objects":[` + object + `]}`:                                                 "",
		`[` + object + `,{"type":7}]`:                                                  "objects[1].type",
	} {
		results, err := ValidateFile([]byte(in), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		var got []Problem
		for _, r := range results {
			got = append(got, r.Errors...)
		}
		if want == "" && len(got) > 0 || want != "" && (len(got) != 1 || got[0].Path != want) {
			t.Errorf("%s: got %+v, want an error of %q", in, got, want)
		}
	}
}
