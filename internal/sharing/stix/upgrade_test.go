package stix

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// observed20 is observed data of STIX 2.0 whose observables name each other.
const observed20 = `{"type":"observed-data","id":"observed-data--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","created":"2017-01-01T00:00:00.000Z",
"modified":"2017-01-01T00:00:00.000Z","first_observed":"2017-01-01T00:00:00Z","last_observed":"2017-01-01T00:00:00Z","number_observed":1,"objects":{
"0":{"type":"file","hashes":{"MD5":"66e2ea40dc71d5ba701574ea215a81f1","ssdeep":"3:abc:def"},"created":"2016-01-01T00:00:00Z","parent_directory_ref":"1"},
"1":{"type":"directory","path":"C:\\Windows"},
"2":{"type":"process","pid":1,"created":"2016-01-01T00:00:00Z","binary_ref":"0","parent_ref":"3"},
"3":{"type":"process","pid":2,"child_refs":["2"]},
"4":{"type":"network-traffic","src_ref":"5","protocols":["tcp"],"extensions":{"http-request-ext":{"request_method":"get","request_value":"/","request_header":{"Host":"a.example"},"message_body_data_ref":"6"}}},
"5":{"type":"ipv4-addr","value":"198.51.100.1"},
"6":{"type":"artifact","payload_bin":"AAAA"},
"7":{"type":"user-account","user_id":"1","password_last_changed":"2016-01-01T00:00:00Z"},
"8":{"type":"ipv4-addr","value":"198.51.100.1"}}}`

func TestUpgrade(t *testing.T) {
	in, err := os.ReadFile("testdata/upgrade.stix2.0.json")
	if err != nil {
		t.Fatal(err)
	}
	results, err := ValidateFile(in, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	wantValid(t, "the original", results)
	got, problems, err := Upgrade(in)
	if err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/upgrade.stix2.1.json"
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if results, err = ValidateFile(got, Limits{}); err != nil {
		t.Fatal(err)
	}
	wantValid(t, "upgraded", results)
	if len(problems) != 1 || problems[0].Path != "is_family" || !strings.HasPrefix(problems[0].Object, "malware--") {
		t.Errorf("got %+v", problems)
	}
	if again, _, err := Upgrade(got); err != nil || string(again) != string(got) {
		t.Errorf("a second upgrade gives %s, %v", again, err)
	}
}

func TestUpgradeObservedData(t *testing.T) {
	r := Validate(objects(t, []byte(observed20))[0])
	if !r.Valid {
		t.Fatalf("the original: %+v", r.Errors)
	}
	got, _, err := Upgrade([]byte(observed20))
	if err != nil {
		t.Fatal(err)
	}
	results, err := ValidateFile(got, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	wantValid(t, "upgraded", results)
	byType := map[string][]*Object{}
	for _, o := range objects(t, got) {
		byType[o.Type] = append(byType[o.Type], o)
	}
	// The same address seen twice is one object, and has the name that all give
	// it (the standard's own example of a deterministic identifier).
	if a := byType["ipv4-addr"]; len(a) != 1 {
		t.Errorf("got %d addresses, want 1", len(a))
	}
	if refs := byType["observed-data"][0].tree.get("object_refs").items; len(refs) != 8 {
		t.Errorf("observed data point to %d objects, want 8", len(refs))
	}
	file, directory := byType["file"][0], byType["directory"][0]
	if file.tree.text("parent_directory_ref") != directory.ID || file.tree.text("ctime") == "" || !file.tree.get("hashes").has("SSDEEP") {
		t.Errorf("got %s", appendValue(nil, &file.tree))
	}
	host := byType["network-traffic"][0].tree.get("extensions").get("http-request-ext").get("request_header").get("Host")
	if len(host.items) != 1 || host.items[0].scalar != "a.example" {
		t.Errorf("the header is %s", appendValue(nil, host))
	}
	parent, child := byType["process"][0], byType["process"][1]
	if parent.tree.get("pid").scalar == "1" {
		parent, child = child, parent
	}
	if child.tree.text("parent_ref") != parent.ID || parent.tree.get("child_refs").items[0].scalar != child.ID || child.tree.text("image_ref") != file.ID {
		t.Errorf("the ring of processes is %s %s", appendValue(nil, &parent.tree), appendValue(nil, &child.tree))
	}
}

func TestUpgradePattern(t *testing.T) {
	for in, want := range map[string]string{
		`[a:b = 'x'] START '2016-01-01T00:00:00Z' STOP '2017-01-01T00:00:00Z'`: `[a:b = 'x'] START t'2016-01-01T00:00:00Z' STOP t'2017-01-01T00:00:00Z'`,
		`[a:b = ' START \'x\'']`: `[a:b = ' START \'x\'']`,
		`[a:b = 'x'] START t'2016-01-01T00:00:00Z' STOP t'2017-01-01T00:00:00Z'`: `[a:b = 'x'] START t'2016-01-01T00:00:00Z' STOP t'2017-01-01T00:00:00Z'`,
	} {
		if got := upgradePattern(in); got != want {
			t.Errorf("%s becomes %s, want %s", in, got, want)
		}
	}
}

// TestObservableID has the identifiers that the reference implementation in
// Python (stix2 3.0.2) makes.
func TestObservableID(t *testing.T) {
	for in, want := range observableIDs {
		if got, err := ObservableID([]byte(in)); err != nil || got != want {
			t.Errorf("%s: got %s, %v, want %s", in, got, err, want)
		}
	}
	for _, in := range []string{`{"type":"process","pid":1}`, `{"type":"user-account","display_name":"x"}`, `{"type":"tool"}`, `[]`} {
		if got, err := ObservableID([]byte(in)); err == nil {
			t.Errorf("%s: got %s, want an error", in, got)
		}
	}
}

func TestUpgradeRefuses(t *testing.T) {
	for in, says := range map[string]string{
		`{"type":"observed-data","created":"x","objects":{"0":{"type":"file","parent_directory_ref":"9"}}}`: "objects.9",
		`{"type":"observed-data","created":"x","objects":{"0":7}}`:                                          "objects.0",
		`{`: "too early",
	} {
		if _, _, err := Upgrade([]byte(in)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, want an error that says %s", in, err, says)
		}
	}
	// Objects of 2.1 stay to the byte.
	in := `[{"type":"x-thing", "spec_version":"2.1","id":"x-thing--1"},` + "\n" + `{"type":"url","value":"x"  }]`
	got, _, err := Upgrade([]byte(in))
	if err != nil {
		t.Fatal(err)
	}
	var parts []json.RawMessage
	if err := json.Unmarshal(got, &parts); err != nil || len(parts) != 2 || string(parts[0]) != `{"type":"x-thing", "spec_version":"2.1","id":"x-thing--1"}` {
		t.Errorf("got %s, %v", got, err)
	}
}
