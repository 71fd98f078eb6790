package playbook

import (
	"fmt"
	"slices"
)

// checkActors checks the agents and targets: by what they say who they are, and
// whether anything uses them.
func checkActors(p *Playbook, found *Result) {
	used := map[string]bool{}
	for _, s := range p.Steps {
		used[s.Agent] = true
		for _, id := range s.Targets {
			used[id] = true
		}
	}
	credentials := map[string]bool{}
	for _, group := range []struct {
		name   string
		actors map[string]*Actor
	}{{"agent_definitions", p.Agents}, {"target_definitions", p.Targets}} {
		for _, id := range sortedKeys(group.actors) {
			a := group.actors[id]
			if a == nil {
				continue
			}
			path := group.name + "." + clipped(id)
			if a.Auth != "" && p.Auth[a.Auth] == nil {
				found.fail(path+".authentication_info", "missing_auth", "CACAO 2.0 section 7", "%s is not in authentication_info_definitions", clipped(a.Auth))
			}
			credentials[a.Auth] = true
			if !used[id] {
				found.warn(path, "unused", "CACAO 2.0 section 7", "no step uses it")
			}
		}
	}
	for _, id := range sortedKeys(p.Auth) {
		path := "authentication_info_definitions." + clipped(id)
		if !credentials[id] {
			found.warn(path, "unused", "CACAO 2.0 section 6", "no agent or target uses it")
		}
		if a := p.Auth[id]; a != nil && (literal(a.Password) || literal(a.Token)) {
			found.warn(path, "secret", "CACAO 2.0 section 6", "a secret stands in the playbook; it should come in by a variable")
		}
	}
	checkMarkings(p, found)
}

// literal reports whether a text is no reference to a variable.
func literal(s string) bool { return s != "" && !references.MatchString(s) }

// checkMarkings checks what the playbook says of its own markings and extensions.
func checkMarkings(p *Playbook, found *Result) {
	held, _ := p.tree["data_marking_definitions"].(map[string]any)
	marks, _ := p.tree["markings"].([]any)
	for i, v := range marks {
		if id := textOf(v); held[id] == nil {
			found.warn(fmt.Sprintf("markings[%d]", i), "missing_marking", "CACAO 2.0 section 8", "%s is not in data_marking_definitions", clipped(id))
		}
	}
	defined, _ := p.tree["extension_definitions"].(map[string]any)
	for _, id := range p.order {
		for _, ext := range sortedKeys(p.Steps[id].Extensions) {
			if defined[ext] == nil {
				found.fail("workflow."+id+".step_extensions", "missing_extension", "CACAO 2.0 section 9", "%s is not in extension_definitions", clipped(ext))
			}
		}
	}
}

// checkVariables checks that every variable that is asked for is defined, and can
// have a value.
func checkVariables(p *Playbook, found *Result) {
	v := &variableCheck{p: p, Result: found, used: map[string]bool{}, set: map[string]bool{}}
	for _, s := range p.Steps {
		for _, name := range s.Out {
			if s.Variables[name] == nil {
				v.set[name] = true
			}
		}
	}
	for _, id := range p.order {
		s := p.Steps[id]
		path := "workflow." + id
		for _, list := range []struct {
			name string
			args []string
		}{{"in_args", s.In}, {"out_args", s.Out}} {
			for i, name := range list.args {
				v.named(fmt.Sprintf("%s.%s[%d]", path, list.name, i), s, name)
			}
		}
		v.texts(path, s)
		if s.Type == TypeAction {
			v.actor(s, p.Agents[s.Agent])
			for _, id := range s.Targets {
				v.actor(s, p.Targets[id])
			}
		}
	}
	for _, name := range sortedKeys(p.Variables) {
		if !v.used[name] {
			found.warn("playbook_variables."+name, "unused", "CACAO 2.0 section 10.18", "no step uses it")
		}
	}
}

type variableCheck struct {
	*Result
	p    *Playbook
	used map[string]bool // variables of the playbook
	set  map[string]bool // by some step
}

func (v *variableCheck) texts(path string, s *Step) {
	v.text(path+".condition", s, s.If, true)
	v.text(path+".switch", s, s.Switch, true)
	for i := range s.Commands {
		c := &s.Commands[i]
		at := fmt.Sprintf("%s.commands[%d]", path, i)
		v.text(at+".command", s, c.Command, false)
		v.text(at+".content", s, c.Content, false)
		for _, name := range sortedKeys(c.Headers) {
			for _, value := range c.Headers[name] {
				v.text(at+".headers", s, value, false)
			}
		}
	}
}

// actor checks what an agent or a target takes from variables of the step that it
// is used in.
func (v *variableCheck) actor(s *Step, a *Actor) {
	if a == nil {
		return
	}
	texts := []string{a.Name, a.Port}
	for _, kind := range sortedKeys(a.Address) {
		for _, e := range a.Address[kind] {
			texts = append(texts, textOf(e))
		}
	}
	if c := v.p.Auth[a.Auth]; c != nil {
		texts = append(texts, c.UserID, c.Username, c.Password, c.Token)
	}
	for _, t := range texts {
		v.text("workflow."+s.ID, s, t, false)
	}
}

// text checks the variables in a text. One that is named without ":value" may be
// no variable at all, as __init__ in a script, except where a condition stands.
func (v *variableCheck) text(path string, s *Step, text string, strict bool) {
	for _, m := range references.FindAllString(text, -1) {
		name := m
		if n := len(m) - len(":value"); n > 0 && m[n:] == ":value" {
			name, strict = m[:n], true
		}
		if v.p.variable(s, name) == nil && !strict {
			v.warn(path, "undefined_variable", "CACAO 2.0 section 10.18", "%s is not defined; a variable's value is asked for as %s:value", name, name)
			continue
		}
		v.named(path, s, name)
	}
}

// named checks a variable that is meant by its name.
func (v *variableCheck) named(path string, s *Step, name string) {
	if s.Variables[name] == nil {
		v.used[name] = true
	}
	got := v.p.variable(s, name)
	switch {
	case got == nil:
		v.fail(path, "undefined_variable", "CACAO 2.0 section 10.18", "%s is not defined", clipped(name))
	case got.Constant && slices.Contains(s.Out, name):
		v.fail(path, "constant_set", "CACAO 2.0 section 10.18", "%s is constant, and is to be set", name)
	case got.Value == nil && !got.External && !v.set[name] && !slices.Contains(s.Out, name):
		v.warn(path, "never_set", "CACAO 2.0 section 10.18", "%s has no value, is not external, and no step sets it", name)
	}
}
