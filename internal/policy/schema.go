package policy

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"countersign.dev/internal/access"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
	"countersign.dev/internal/party/ownership"
)

// A schema is an object type of the expression language: what can be asked of
// a subject, a listing and so on. Fields read the Go value directly, without
// reflection.
type schema struct {
	name   string
	typ    *types.Type
	fields map[string]*field
}

// A field is one thing that can be asked of an object.
type field struct {
	name  string
	typ   *types.Type
	words []string          // the only values it can have; nil when any
	get   func(any) ref.Val // of the object's Go value
	set   func(any) bool    // what has() answers
	word  func(any) string  // the value of a text without CEL; nil for other types
	ft    *types.FieldType  // the same, in CEL's form
}

// object is a Go value seen through its schema.
type object struct {
	schema *schema
	source any
}

func (o *object) Type() ref.Type { return o.schema.typ }
func (o *object) Value() any     { return o.source }

// Equal reports whether other is the same object, not one like it.
func (o *object) Equal(other ref.Val) ref.Val {
	p, ok := other.(*object)
	return types.Bool(ok && o.source == p.source)
}

// ConvertToNative is not offered: objects stay inside expressions.
func (o *object) ConvertToNative(t reflect.Type) (any, error) {
	return nil, fmt.Errorf("a %s does not convert to %v", o.schema.name, t)
}

// ConvertToType is not offered: objects have no other form.
func (o *object) ConvertToType(t ref.Type) ref.Val {
	return types.NewErr("a %s does not convert to %s", o.schema.name, t.TypeName())
}

// Get reads a field by name. Checked expressions read fields through
// [provider.FindStructFieldType] instead; this serves the rest.
func (o *object) Get(name ref.Val) ref.Val {
	if s, ok := name.(types.String); ok {
		if f := o.schema.fields[string(s)]; f != nil {
			return f.get(o.source)
		}
	}
	return types.NewErr("a %s has no field %v", o.schema.name, name.Value())
}

// IsSet answers has().
func (o *object) IsSet(name ref.Val) ref.Val {
	if s, ok := name.(types.String); ok {
		if f := o.schema.fields[string(s)]; f != nil {
			return types.Bool(f.set(o.source))
		}
	}
	return types.NewErr("a %s has no field %v", o.schema.name, name.Value())
}

// typeSuffix keeps the types' names from being written in an expression, where
// they would hide that a variable is missing and let objects be made up.
const typeSuffix = " object"

func newSchema(name string, fields ...*field) *schema {
	s := &schema{name: name, typ: types.NewObjectType(name + typeSuffix), fields: map[string]*field{}}
	for _, f := range fields {
		s.fields[f.name] = f
		f.ft = &types.FieldType{
			Type:  f.typ,
			IsSet: f.set,
			GetFrom: func(source any) (any, error) {
				v := f.get(source)
				if err, bad := v.(*types.Err); bad {
					return nil, fmt.Errorf("%s.%w", name, err.Unwrap())
				}
				return v, nil
			},
		}
	}
	return s
}

// text is a field of type string, with the only words it can hold, if limited.
func text[T any, S ~string](name string, get func(*T) S, words ...S) *field {
	var vocabulary []string
	for _, w := range words {
		vocabulary = append(vocabulary, string(w))
	}
	return &field{
		name: name, typ: types.StringType, words: vocabulary,
		get:  func(source any) ref.Val { return types.String(get(source.(*T))) },
		set:  func(source any) bool { return get(source.(*T)) != "" },
		word: func(source any) string { return string(get(source.(*T))) },
	}
}

// date is a field of type date, which cannot be read where it is not set. A day
// that never comes counts as one that is not set.
func date[T any](name string, get func(*T) access.Date) *field {
	set := func(d access.Date) bool { return d != "" && d < access.Forever }
	return &field{
		name: name, typ: dayType,
		get: func(source any) ref.Val {
			d := get(source.(*T))
			if !set(d) {
				return types.WrapErr(fmt.Errorf("%s %w; ask has() first", name, errUnset))
			}
			return day(d)
		},
		set: func(source any) bool { return set(get(source.(*T))) },
	}
}

func flag[T any](name string, get func(*T) bool) *field {
	return &field{
		name: name, typ: types.BoolType,
		get: func(source any) ref.Val { return types.Bool(get(source.(*T))) },
		set: func(source any) bool { return get(source.(*T)) },
	}
}

// texts is a field that lists words.
func texts[T any](name string, get func(*T) []string) *field {
	return &field{
		name: name, typ: types.NewListType(types.StringType),
		get: func(source any) ref.Val { return types.NewStringList(types.DefaultTypeAdapter, get(source.(*T))) },
		set: func(source any) bool { return len(get(source.(*T))) > 0 },
	}
}

// part is a field that holds an object.
func part[T any](name string, of *schema, get func(*T) any) *field {
	return &field{
		name: name, typ: of.typ,
		get: func(source any) ref.Val { return &object{schema: of, source: get(source.(*T))} },
		set: func(any) bool { return true },
	}
}

// parts is a field that lists objects.
func parts[T, E any](name string, of *schema, get func(*T) []E) *field {
	return &field{
		name: name, typ: types.NewListType(of.typ),
		get: func(source any) ref.Val { return objects(of, get(source.(*T))) },
		set: func(source any) bool { return len(get(source.(*T))) > 0 },
	}
}

// objects is a list of objects over the elements of list, which it points into.
func objects[E any](of *schema, list []E) ref.Val {
	vals := make([]ref.Val, len(list))
	for i := range list {
		vals[i] = &object{schema: of, source: &list[i]}
	}
	return types.NewRefValList(types.DefaultTypeAdapter, vals)
}

// The object types of the expression language.
var (
	subjectSchema = newSchema("subject",
		text("id", func(s *Subject) string { return s.ID }),
		text("name", func(s *Subject) string { return s.Name }),
		text("kind", func(s *Subject) party.Kind { return s.Kind },
			"", KindRelease, KindProduct, party.Organisation, party.Person, party.Vessel, party.Aircraft),
		flag("known", (*Subject).Known),
		texts("candidates", func(s *Subject) []string { return s.Candidates }),
	)
	consequenceSchema = newSchema("consequence",
		text("kind", func(c *listing.Consequence) listing.ConsequenceKind { return c.Kind }, consequenceKinds...),
		text("state", func(c *listing.Consequence) listing.State { return c.State }, states...),
		date("from", func(c *listing.Consequence) access.Date { return c.From }),
		date("to", func(c *listing.Consequence) access.Date { return c.To }),
		date("wind_down", func(c *listing.Consequence) access.Date { return c.WindDown }),
		text("what", func(c *listing.Consequence) string { return c.What }),
		text("cite", func(c *listing.Consequence) string { return c.Cite }),
		text("why", func(c *listing.Consequence) string { return c.Why }),
	)
	eventSchema = newSchema("event",
		text("kind", func(e *listing.Event) listing.EventKind { return e.Kind }, append(eventKinds, "")...),
		date("date", func(e *listing.Event) access.Date { return e.Date }),
		date("published", func(e *listing.Event) access.Date { return e.Published }),
		text("what", func(e *listing.Event) string { return e.What }),
		text("authority", func(e *listing.Event) string { return e.Authority }),
		text("citation", func(e *listing.Event) string { return e.Citation }),
		text("successor", func(e *listing.Event) string { return e.Successor }),
		flag("inferred", func(e *listing.Event) bool { return e.Inferred }),
	)
	listingSchema = newSchema("listing",
		text("id", func(l *Listing) string { return l.ID }),
		text("programme", func(l *Listing) string { return l.Programme }),
		text("title", func(l *Listing) string { return l.Title }),
		text("authority", func(l *Listing) string { return l.Authority }),
		text("name", func(l *Listing) string { return l.Name }),
		text("status", func(l *Listing) listing.Status { return l.Status }, statuses...),
		date("since", func(l *Listing) access.Date { return l.Since }),
		text("note", func(l *Listing) string { return l.Note }),
		text("successor", func(l *Listing) string { return l.Successor }),
		texts("tags", func(l *Listing) []string { return l.Tags }),
		parts("consequences", consequenceSchema, func(l *Listing) []listing.Consequence { return l.Consequences }),
		parts("events", eventSchema, func(l *Listing) []listing.Event { return l.Events }),
		part("last", eventSchema, func(l *Listing) any { return &l.Last }),
	)
	claimSchema = newSchema("claim",
		text("issuer", func(c *Claim) string { return c.Issuer }),
		date("date", func(c *Claim) access.Date { return access.Date(c.Date) }),
		text("text", func(c *Claim) string { return c.Text }),
		text("about", func(c *Claim) string { return c.About }),
		text("stance", func(c *Claim) string { return c.Stance }),
		flag("former", func(c *Claim) bool { return c.Former }),
	)
	controlSchema = newSchema("control",
		text("rule", func(c *Control) string { return c.Rule }, "ofac_50", "bis_affiliates"),
		text("state", func(c *Control) ownership.State { return c.State }, ownershipStates...),
		text("why", func(c *Control) string { return c.Why }),
		text("cite", func(c *Control) string { return c.Cite }),
		flag("known", func(c *Control) bool { return c.Known }),
		flag("listed", func(c *Control) bool { return c.Listed }),
		text("share", func(c *Control) string { return c.Share }),
	)
	schemas = map[string]*schema{
		"subject": subjectSchema, "listing": listingSchema, "consequence": consequenceSchema,
		"event": eventSchema, "claim": claimSchema, "control": controlSchema,
		"release": releaseSchema, "finding": findingSchema, "supplier": supplierSchema,
		"element": elementSchema, "source": sourceSchema, "licence": licensedSchema,
		"label": labelSchema, "ground": groundSchema, "party": partySchema, "attestation": attestationSchema,
	}
)

// The vocabularies of package listing, against which expressions are checked.
var (
	statuses = []listing.Status{
		listing.StatusNotListed, listing.StatusListed, listing.StatusStayed, listing.StatusRemoved,
		listing.StatusVacated, listing.StatusExpired, listing.StatusSuperseded,
	}
	consequenceKinds = []listing.ConsequenceKind{
		listing.Purchase, listing.Holding, listing.Procurement, listing.Export, listing.AffiliateExport,
		listing.Blocking, listing.AssetFreeze, listing.Restriction, listing.ExchangeDelisting, listing.IndexRemoval, listing.Visa, listing.Secondary,
	}
	states = []listing.State{
		listing.StatePending, listing.StateInForce, listing.StateWindDown, listing.StateStayed,
		listing.StateEnded, listing.StateUndetermined,
	}
	eventKinds = []listing.EventKind{
		listing.Designated, listing.Redesignated, listing.Amended, listing.Respelled, listing.Stayed,
		listing.StayLifted, listing.Removed, listing.Vacated, listing.Expired, listing.Challenged,
		listing.Announced, listing.Agreed, listing.MarketAction,
	}
)

var ownershipStates = []ownership.State{ownership.Blocked, ownership.NotBlocked, ownership.Undetermined, ownership.Flagged}

// schemaOf is the schema of the type of that name; nil for other types.
func schemaOf(typeName string) *schema {
	name, ok := strings.CutSuffix(typeName, typeSuffix)
	if !ok {
		return nil
	}
	return schemas[name]
}

// provider tells CEL about the schemas and nothing else: no other type can be
// named or built in an expression.
type provider struct{}

func (provider) EnumValue(name string) ref.Val    { return types.NewErr("unknown enumeration %q", name) }
func (provider) FindIdent(string) (ref.Val, bool) { return nil, false }
func (provider) NewValue(name string, _ map[string]ref.Val) ref.Val {
	return types.NewErr("a %s cannot be made in an expression", name)
}

func (provider) FindStructType(name string) (*types.Type, bool) {
	if s := schemaOf(name); s != nil {
		return types.NewTypeTypeWithParam(s.typ), true
	}
	return nil, false
}

func (provider) FindStructFieldNames(name string) ([]string, bool) {
	s := schemaOf(name)
	if s == nil {
		return nil, false
	}
	names := make([]string, 0, len(s.fields))
	for f := range s.fields {
		names = append(names, f)
	}
	slices.Sort(names)
	return names, true
}

func (provider) FindStructFieldType(name, fieldName string) (*types.FieldType, bool) {
	if s := schemaOf(name); s != nil {
		if f, ok := s.fields[fieldName]; ok {
			return f.ft, true
		}
	}
	return nil, false
}
