package gate

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

func ciFile(name string) string { return filepath.Join("..", "..", "docs", "ci", name) }

type action struct {
	Inputs map[string]struct {
		Description string
		Required    bool
		Default     *string
	}
	Outputs map[string]struct{ Value string }
	Runs    struct {
		Using string
		Steps []struct {
			ID, Name, Uses, Shell, Run, If string
			Env, With                      map[string]string
		}
	}
}

var inputOf = regexp.MustCompile(`inputs\.([a-z-]+)`)

// TestAction holds the GitHub Action to its own inputs, and its scripts to
// taking them from the environment: what is pasted into a script is run.
func TestAction(t *testing.T) {
	text, err := os.ReadFile(ciFile("action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var a action
	if err := yaml.Unmarshal(text, &a); err != nil {
		t.Fatal(err)
	}
	if a.Runs.Using != "composite" || len(a.Runs.Steps) == 0 {
		t.Fatalf("runs: %+v", a.Runs)
	}
	used := map[string]bool{}
	for _, m := range inputOf.FindAllStringSubmatch(string(text), -1) {
		used[m[1]] = true
		if _, ok := a.Inputs[m[1]]; !ok {
			t.Errorf("input %s is used and not declared", m[1])
		}
	}
	for name, in := range a.Inputs {
		if !used[name] || in.Description == "" || in.Required == (in.Default != nil) {
			t.Errorf("input %s: used is %v; %+v", name, used[name], in)
		}
	}
	for _, s := range a.Runs.Steps {
		if strings.Contains(s.Run, "${{") {
			t.Errorf("step %q pastes an expression into its script", s.Name)
		}
		if s.Run != "" && s.Shell != "bash" {
			t.Errorf("step %q has no shell", s.Name)
		}
	}
}

func TestGitLabJob(t *testing.T) {
	text, err := os.ReadFile(ciFile("gitlab-ci.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var jobs map[string]struct {
		Extends      string
		Script       []string
		AllowFailure struct {
			Codes []int `yaml:"exit_codes"`
		} `yaml:"allow_failure"`
	}
	if err := yaml.Unmarshal(text, &jobs); err != nil {
		t.Fatal(err)
	}
	job := jobs[".countersign"]
	if jobs["countersign"].Extends != ".countersign" || !slices.Equal(job.AllowFailure.Codes, []int{3}) || len(job.Script) == 0 {
		t.Errorf("jobs: %+v", jobs)
	}
}

// program is a stand-in that writes down how it was asked and ends with a code:
// the script is tested here, what it asks is tested where it is answered.
const program = `#!/bin/sh
echo "$@" >>"$ASKED"
case "$*" in
*" import "*) exit 0 ;;
esac
while [ $# -gt 0 ]; do
  if [ "$1" = --output ]; then echo '{"runs":[{"results":[{"ruleId":"a"},{"ruleId":"b","suppressions":[{"kind":"external"}]}]}]}' >"$2"; fi
  if [ "$1" = markdown ]; then echo "### summary"; fi
  shift
done
exit "$CODE"
`

// TestScript runs the action's script for each exit code.
func TestScript(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("SKIPPED: no bash to run docs/ci/check.sh with")
	}
	for code, verdict := range map[string]string{"0": "allow", "3": "review", "4": "deny", "1": "", "2": ""} {
		dir := t.TempDir()
		at := func(name string) string { return filepath.Join(dir, name) }
		if err := os.WriteFile(at("countersign"), []byte(program), 0o755); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(bash, ciFile("check.sh"), at("countersign"))
		cmd.Env = []string{
			"PATH=" + os.Getenv("PATH"), "ASKED=" + at("asked"), "CODE=" + code, "SBOM=a b.json", "IMPORT=one dir\n\ntwo", "DATA=" + at("data"),
			"SARIF=" + at("out.sarif"), "JUNIT=" + at("out.xml"), "GITHUB_OUTPUT=" + at("output"), "GITHUB_STEP_SUMMARY=" + at("summary"),
		}
		var said bytes.Buffer
		cmd.Stdout, cmd.Stderr = &said, &said
		err := cmd.Run()
		if (err == nil) != (verdict != "") {
			t.Errorf("exit code %s: the script ended with %v: %s", code, err, &said)
			continue
		}
		if verdict == "" {
			continue
		}
		read := func(name string) string {
			b, err := os.ReadFile(at(name))
			if err != nil {
				t.Error(err)
			}
			return strings.ReplaceAll(string(b), dir, "")
		}
		if got := read("output"); got != "verdict="+verdict+"\n" {
			t.Errorf("exit code %s: the output is %q", code, got)
		}
		if got := read("summary"); got != "### summary\n" {
			t.Errorf("the summary is %q", got)
		}
		want := `--data /data import one dir
--data /data import two
--data /data check a b.json --purpose operate --format sarif --output /out.sarif
--data /data check a b.json --purpose operate --dry-run --format junit --output /out.xml
--data /data check a b.json --purpose operate --dry-run --format markdown
`
		if got := read("asked"); got != want {
			t.Errorf("asked:\n%swant:\n%s", got, want)
		}
		if _, err := exec.LookPath("jq"); err == nil && strings.Contains(read("out.sarif"), `"b"`) {
			t.Error("what is silenced goes to code scanning")
		}
	}
}
