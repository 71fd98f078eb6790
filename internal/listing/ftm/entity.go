package ftm

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"countersign.dev/internal/problem"
)

// entity is one entity as a line or a property holds it.
type entity struct {
	ID         string             `json:"id"`
	Schema     string             `json:"schema"`
	Caption    string             `json:"caption"`
	Properties map[string][]value `json:"properties"`
	Datasets   []string           `json:"datasets"`
	Referents  []string           `json:"referents"`
	FirstSeen  string             `json:"first_seen"`
	LastSeen   string             `json:"last_seen"`
	LastChange string             `json:"last_change"`
	Target     *bool              `json:"target"`
}

// value is a text, or an entity where the nested form puts one.
type value struct {
	text   string
	entity *entity
}

// UnmarshalJSON takes a text, an entity, or a number as it is written.
func (v *value) UnmarshalJSON(b []byte) error {
	switch b[0] {
	case '"':
		return json.Unmarshal(b, &v.text)
	case '{':
		v.entity = new(entity)
		return json.Unmarshal(b, v.entity)
	case '[':
		return errors.New("a list within the list of a property's values; want texts or entities")
	}
	if s := string(b); s != "null" {
		v.text = s
	}
	return nil
}

// id is the id of what v points to.
func (v value) id() string {
	if v.entity != nil {
		return v.entity.ID
	}
	return v.text
}

// parseLine reads the entity of one line.
func parseLine(line int, b []byte, limits Limits) (*entity, error) {
	if err := limits.checkLine(line, b); err != nil {
		return nil, err
	}
	e := new(entity)
	if err := json.Unmarshal(b, e); err != nil {
		return nil, explain(line, b, err)
	}
	if err := e.check(limits); err != nil {
		return nil, problem.Wrap(problem.Invalid, err, "line %d", line)
	}
	return e, nil
}

// explain says what is wrong with a line in the user's words.
func explain(line int, b []byte, err error) error {
	var syntax *json.SyntaxError
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax) && int(syntax.Offset) >= len(b):
		return problem.New(problem.Invalid, "line %d: the entity is not closed before the end of the line; want one whole entity a line", line)
	case errors.As(err, &syntax):
		return problem.New(problem.Invalid, "line %d, byte %d: %s; want one whole entity a line", line, syntax.Offset, syntax)
	case errors.As(err, &wrong) && wrong.Field != "":
		return problem.New(problem.Invalid, "line %d: %q is a %s; want the fields of an entity, with lists of values as properties", line, wrong.Field, wrong.Value)
	case errors.As(err, &wrong):
		return problem.New(problem.Invalid, "line %d: begins with %q; want an entity {\"id\": …, \"schema\": …, \"properties\": …}", line, clip(string(b[:min(len(b), 20)])))
	}
	return problem.New(problem.Invalid, "line %d: %w", line, err)
}

// check refuses an entity that does not say who it is, here and in whatever is
// nested in it, and cleans its texts.
func (e *entity) check(limits Limits) error {
	switch {
	case e.ID == "":
		return problem.New(problem.Invalid, "no \"id\"; want an entity with id, schema and properties")
	case len(e.ID) > maxID || tidy(e.ID) != e.ID:
		return problem.New(problem.Invalid, "the id %q; want one of at most %d bytes in one line", clip(e.ID), maxID)
	case e.Schema == "":
		return problem.New(problem.Invalid, "entity %s has no \"schema\"", clip(e.ID))
	}
	count := 0
	for name, values := range e.Properties {
		if count += len(values); count > limits.Values {
			return problem.New(problem.TooLarge, "entity %s has more than %d values", clip(e.ID), limits.Values)
		}
		for i := range values {
			v := &values[i]
			if v.entity != nil {
				if err := v.entity.check(limits); err != nil {
					return fmt.Errorf("in %s of %s: %w", clip(name), clip(e.ID), err)
				}
				continue
			}
			if len(v.text) > limits.Text {
				return problem.New(problem.TooLarge, "%s of %s has %d bytes, the limit is %d", clip(name), clip(e.ID), len(v.text), limits.Text)
			}
			v.text = tidy(v.text)
		}
	}
	e.Caption = tidy(e.Caption)
	return nil
}

// maxID bounds an id, in bytes. FollowTheMoney allows 255.
const maxID = 255

// texts is a property's texts, each once and none of them empty.
func (e *entity) texts(property string) []string {
	values := e.Properties[property]
	if len(values) == 0 {
		return nil
	}
	out := make([]string, 0, len(values))
	for _, v := range values {
		if v.text != "" && !slices.Contains(out, v.text) {
			out = append(out, v.text)
		}
	}
	return out
}

// first is a property's first text, "" when it has none.
func (e *entity) first(property string) string {
	for _, v := range e.Properties[property] {
		if v.text != "" {
			return v.text
		}
	}
	return ""
}

// ids is the ids that a property points to, each once.
func (e *entity) ids(property string) []string {
	var out []string
	for _, v := range e.Properties[property] {
		if id := v.id(); id != "" && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

// children is the entities that are put into this one, in the order of the
// names of the properties that have them.
func (e *entity) children() []*entity {
	var properties []string
	for name, values := range e.Properties {
		if slices.ContainsFunc(values, func(v value) bool { return v.entity != nil }) {
			properties = append(properties, name)
		}
	}
	slices.Sort(properties)
	var out []*entity
	for _, name := range properties {
		for _, v := range e.Properties[name] {
			if v.entity != nil {
				out = append(out, v.entity)
			}
		}
	}
	return out
}
