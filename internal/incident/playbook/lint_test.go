package playbook

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var now = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

// id makes an id of a step or another object from a type and a number.
func id(kind string, n int) string { return fmt.Sprintf("%s--00000000-0000-4000-8000-%012d", kind, n) }

// book writes a playbook with these steps, each "type n: properties", beside a
// start step 0 that leads to the first of them and an end step 99.
func book(variables string, steps ...string) []byte {
	var out []string
	first := id("end", 99)
	for i, s := range steps {
		head, props, _ := strings.Cut(s, ":")
		kind, number, _ := strings.Cut(head, " ")
		var n int
		fmt.Sscan(number, &n)
		if i == 0 {
			first = id(kind, n)
		}
		more := ""
		if kind == TypeAction {
			more = `"agent":"individual--00000000-0000-4000-8000-000000000001","commands":[{"type":"manual","command":"do it"}],`
		}
		out = append(out, fmt.Sprintf(`%q:{"type":%q,"name":"step %d",%s%s}`, id(kind, n), kind, n, more, strings.TrimSuffix(strings.TrimSpace(spelt(props)), ",")))
	}
	out = append(out, fmt.Sprintf(`%q:{"type":"start","on_completion":%q}`, id("start", 0), first), fmt.Sprintf(`%q:{"type":"end"}`, id("end", 99)))
	return fmt.Appendf(nil, `{"type":"playbook","spec_version":"cacao-2.0","id":"playbook--00000000-0000-4000-8000-000000000000","name":"A playbook",
"created_by":"identity--00000000-0000-4000-8000-000000000000","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-02T00:00:00.000Z",
"workflow_start":%q,"agent_definitions":{"individual--00000000-0000-4000-8000-000000000001":{"type":"individual","name":"The analyst"}},
"playbook_variables":{%s},"workflow":{%s}}`, id("start", 0), variables, strings.Join(out, ","))
}

var short = regexp.MustCompile(`@([a-z-]+)-([0-9]+)\.`)

// spelt writes out @action-3. and the like as ids.
func spelt(s string) string {
	return short.ReplaceAllStringFunc(s, func(m string) string {
		part := short.FindStringSubmatch(m)
		n, _ := strconv.Atoi(part[2])
		return strconv.Quote(id(part[1], n))
	})
}

func TestLint(t *testing.T) {
	const flag = `"__flag__":{"type":"bool","value":"true"}`
	for name, c := range map[string]struct {
		book     []byte
		errors   []string
		warnings []string
	}{
		"plain":       {book("", `action 1: "on_completion":@end-99.`), nil, nil},
		"missing":     {book("", `action 1: "on_completion":@end-98.`), []string{"missing_step"}, []string{"unreachable"}},
		"no next":     {book("", `action 1: "timeout":1`), []string{"no_end", "no_next"}, []string{"unreachable"}},
		"unreachable": {book("", `action 1: "on_completion":@end-99.`, `action 2: "on_completion":@end-99.`), nil, []string{"unreachable"}},
		"itself":      {book("", `action 1: "on_completion":@action-1.`), []string{"endless_loop"}, []string{"unreachable"}},
		"circle":      {book("", `action 1: "on_completion":@action-2.`, `action 2: "on_success":@action-1.,"on_failure":@action-1.`), []string{"endless_loop"}, []string{"unreachable"}},
		"retry":       {book("", `action 1: "on_success":@end-99.,"on_failure":@action-1.`), nil, []string{"loop"}},
		"both ways":   {book("", `action 1: "on_success":@end-99.,"on_completion":@end-99.`), []string{"successors"}, nil},
		"always true": {book("", `while-condition 1: "condition":"true = true","on_true":@action-2.,"on_completion":@end-99.`, `action 2: "on_completion":@end-3.`, `end 3: "description":"x"`), []string{"endless_loop"}, nil},
		"never changed": {
			book(flag, `while-condition 1: "condition":"__flag__:value = true","on_true":@action-2.,"on_completion":@end-99.`, `action 2: "on_completion":@end-3.`, `end 3: "description":"x"`),
			[]string{"endless_loop"}, nil,
		},
		"changed": {
			book(flag, `while-condition 1: "condition":"__flag__:value = true","on_true":@action-2.,"on_completion":@end-99.`, `action 2: "out_args":["__flag__"],"on_completion":@end-3.`, `end 3: "description":"x"`),
			nil, nil,
		},
		"no agent":          {[]byte(strings.Replace(string(book("", `action 1: "on_completion":@end-99.`)), `"agent":"individual--00000000-0000-4000-8000-000000000001"`, `"agent":"individual--00000000-0000-4000-8000-000000000002"`, 1)), []string{"missing_agent"}, []string{"unused"}},
		"no target":         {book("", `action 1: "targets":["ssh--00000000-0000-4000-8000-000000000002"],"on_completion":@end-99.`), []string{"missing_target"}, nil},
		"undefined":         {book("", `action 1: "out_args":["__x__"],"on_completion":@end-99.`), []string{"undefined_variable"}, nil},
		"undefined in if":   {book("", `if-condition 1: "condition":"__x__:value = 1","on_true":@end-2.,"on_completion":@end-99.`, `end 2: "description":"x"`), []string{"undefined_variable"}, nil},
		"never set":         {book(`"__x__":{"type":"string"}`, `action 1: "in_args":["__x__"],"on_completion":@end-99.`), nil, []string{"never_set"}},
		"external":          {book(`"__x__":{"type":"string","external":true}`, `action 1: "in_args":["__x__"],"on_completion":@end-99.`), nil, nil},
		"constant set":      {book(`"__x__":{"type":"string","constant":true,"value":"1"}`, `action 1: "out_args":["__x__"],"on_completion":@end-99.`), []string{"constant_set"}, nil},
		"unused variable":   {book(flag, `action 1: "on_completion":@end-99.`), nil, []string{"unused"}},
		"bad condition":     {book("", `if-condition 1: "condition":"1 = = 2","on_true":@end-2.,"on_completion":@end-99.`, `end 2: "description":"x"`), []string{"condition"}, nil},
		"constant if":       {book("", `if-condition 1: "condition":"1 = 2","on_true":@end-2.,"on_completion":@end-99.`, `end 2: "description":"x"`), nil, []string{"constant_condition"}},
		"no default":        {book(flag, `switch-condition 1: "switch":"__flag__:value","cases":{"true":@end-2.},"on_completion":@end-99.`, `end 2: "description":"x"`), nil, []string{"no_default"}},
		"no cases":          {book(flag, `switch-condition 1: "switch":"__flag__:value","cases":{},"on_completion":@end-99.`), []string{"no_branches"}, []string{"no_default"}},
		"no join":           {book("", `parallel 1: "next_steps":[@end-2.,@action-3.],"on_completion":@end-99.`, `end 2: "description":"x"`, `action 3: "on_completion":@action-3.`), []string{"endless_loop", "no_join"}, nil},
		"run twice":         {book("", `parallel 1: "next_steps":[@end-2.,@action-3.],"on_completion":@action-3.`, `end 2: "description":"x"`, `action 3: "on_completion":@end-99.`), nil, []string{"run_twice"}},
		"shared end":        {book("", `parallel 1: "next_steps":[@action-2.,@action-3.],"on_completion":@end-99.`, `action 2: "on_completion":@end-4.`, `action 3: "on_completion":@end-4.`, `end 4: "description":"x"`), nil, []string{"shared_end"}},
		"calls itself":      {book("", `playbook-action 1: "playbook_id":"playbook--00000000-0000-4000-8000-000000000000","on_completion":@end-99.`), []string{"endless_loop"}, []string{"unused"}},
		"calls no playbook": {book("", `playbook-action 1: "playbook_id":"identity--00000000-0000-4000-8000-000000000000","on_completion":@end-99.`), []string{"reference_type"}, []string{"unused"}},
		"late":              {[]byte(strings.Replace(string(book("", `action 1: "on_completion":@end-99.`)), `"modified"`, `"valid_until":"2026-06-01T00:00:00.000Z","modified"`, 1)), nil, []string{"expired"}},
		"no extension":      {book("", `action 1: "step_extensions":{"`+ExtensionID+`":{"approvals":{"count":2}}},"on_completion":@end-99.`), []string{"missing_extension"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Lint(c.book, Limits{}, now)
			if err != nil {
				t.Fatalf("%v\n%s", err, c.book)
			}
			if found := codesOf(got.Errors); !slices.Equal(found, c.errors) {
				t.Errorf("errors %v, want %v: %+v", found, c.errors, got.Errors)
			}
			used := slices.DeleteFunc(codesOf(got.Warnings), func(code string) bool {
				return code == "unused" && !slices.Contains(c.warnings, code)
			})
			if !slices.Equal(used, c.warnings) {
				t.Errorf("warnings %v, want %v: %+v", used, c.warnings, got.Warnings)
			}
			if got.Valid != (len(c.errors) == 0) {
				t.Errorf("valid is %t", got.Valid)
			}
		})
	}
}

func TestHostile(t *testing.T) {
	t.Run("too many steps", func(t *testing.T) {
		var steps []string
		for i := range 10_000 {
			steps = append(steps, fmt.Sprintf(`%q:{"type":"end"}`, id("end", i)))
		}
		b := fmt.Appendf(nil, `{"type":"playbook","workflow":{%s,"x":{}}}`, strings.Join(steps, ","))
		if _, err := Lint(b, Limits{}, now); err == nil || !strings.Contains(err.Error(), "the limit is 10000") {
			t.Errorf("%v", err)
		}
	})
	t.Run("a name twice", func(t *testing.T) {
		b := strings.Replace(string(book("", `action 1: "on_completion":@end-99.`)), `"workflow":{`, `"workflow":{"`+id("end", 99)+`":{"type":"end","name":"other"},`, 1)
		if _, err := Lint([]byte(b), Limits{}, now); err == nil || !strings.Contains(err.Error(), "stands twice") {
			t.Errorf("%v", err)
		}
	})
	t.Run("a name in another case", func(t *testing.T) {
		b := strings.Replace(string(book("", `action 1: "on_completion":@end-99.`)), `"on_completion"`, `"On_Completion":"`+id("action", 1)+`","on_completion"`, 1)
		got, err := Lint([]byte(b), Limits{}, now)
		if err != nil || !got.Has("case") || got.Valid {
			t.Errorf("%v %+v", err, got)
		}
	})
	t.Run("deep", func(t *testing.T) {
		if _, err := Lint([]byte(strings.Repeat(`{"a":`, 100_000)), Limits{}, now); err == nil || !strings.Contains(err.Error(), "nested deeper") {
			t.Errorf("%v", err)
		}
	})
	t.Run("long chains of loops", func(t *testing.T) {
		var steps []string
		for i := range 4000 {
			next := id("while-condition", i+1)
			if i == 3999 {
				next = id("end", 99)
			}
			steps = append(steps, fmt.Sprintf(`while-condition %d: "condition":"__x__:value = 1","on_true":%q,"on_completion":%q`, i, next, next))
		}
		b := book(`"__x__":{"type":"integer","external":true}`, steps...)
		got, err := Lint(b, Limits{}, now)
		if err != nil || len(got.Warnings) == 0 || len(got.Warnings) > maxProblems {
			t.Errorf("%v %d", err, len(got.Warnings))
		}
	})
}

func FuzzLint(f *testing.F) {
	f.Add(book("", `action 1: "on_completion":@end-99.`))
	f.Add(book(`"__x__":{"type":"integer"}`, `while-condition 1: "condition":"__x__:value < 3 AND NOT (__x__:value IN (1, 2))","on_true":@action-2.,"on_completion":@end-99.`, `action 2: "out_args":["__x__"],"on_completion":@end-3.`, `end 3: "description":"x"`))
	f.Add([]byte(everything))
	f.Add([]byte(`{"type":"playbook","workflow":[]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := Lint(b, Limits{}, now)
		if err != nil {
			return
		}
		if got.Valid != (len(got.Errors) == 0) {
			t.Errorf("valid %t with %d errors", got.Valid, len(got.Errors))
		}
		if p, err := Parse(b, Limits{}); err == nil && len(p.StepIDs()) != len(p.Steps) {
			t.Errorf("%d of %d steps in order", len(p.StepIDs()), len(p.Steps))
		}
	})
}

func FuzzCondition(f *testing.F) {
	for _, s := range []string{"__a__:value = 'x' AND NOT [__b__:value >= 3]", "__a__:value IN (1, 2, 'x')", "__a__:value MATCHES '^(a+)+$'", "(((", "t'2026-01-01T00:00:00Z' < __a__:value"} {
		f.Add(s, "aaaaaaaaaaaaaaaaaaaa!")
	}
	f.Fuzz(func(t *testing.T, s, value string) {
		c, err := ParseCondition(s)
		if err != nil {
			return
		}
		_, _ = c.Holds(func(string) (string, bool) { return value, true })
	})
}
