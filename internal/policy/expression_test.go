package policy

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"pgregory.net/rapid"

	"countersign.dev/internal/listing"
)

func TestGuards(t *testing.T) {
	tests := []struct {
		each scope
		when string
		want string // the guards, as variable.field=word|word
	}{
		{eachListing, `listing.status == "listed"`, "listing.status=listed"},
		{eachListing, `"listed" == listing.status`, "listing.status=listed"},
		{eachConsequence, `consequence.kind == "purchase" && consequence.state in ["pending", "in_force"] && listing.name != ""`,
			"consequence.kind=purchase consequence.state=pending|in_force"},
		{eachListing, `(listing.status == "listed" && at > known) && listing.programme == "p"`, "listing.status=listed listing.programme=p"},
		{eachSubject, `subject.name == "x"`, "subject.name=x"},
		{eachListing, `listing.status == "listed" || at > known`, ""},
		{eachListing, `!(listing.status == "listed")`, ""},
		{eachListing, `listing.status != "listed"`, ""},
		{eachListing, `listing.name == listing.title`, ""},
		{eachListing, `listing.name in [listing.title]`, ""},
		{eachListing, `listing.last.kind == "stayed"`, ""},
		{eachListing, `listing.since == at`, ""},
		{eachListing, `"x" in listing.tags`, ""},
		{eachSubject, `listings.exists(l, l.status == "listed")`, ""},
		{eachSubject, `true`, ""},
	}
	for _, tt := range tests {
		e, err := compile(tt.each, tt.when, types.BoolType)
		if err != nil {
			t.Fatalf("%s: %v", tt.when, err)
		}
		var got []string
		for _, g := range e.guards {
			got = append(got, g.variable+"."+g.field.name+"="+strings.Join(g.words, "|"))
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s has the guards %q, want %q", tt.when, got, tt.want)
		}
	}
}

// TestGuardsChangeNothing: with and without its guards a condition has the same
// value, or fails.
func TestGuardsChangeNothing(t *testing.T) {
	atoms := []string{
		`consequence.kind == "purchase"`, `consequence.kind in ["holding", "purchase"]`, `"pending" == consequence.state`,
		`listing.status == "listed"`, `listing.programme in []`, `consequence.to > at`, `has(consequence.to)`,
		`listing.status != "stayed"`, `listings[3].name == "x"`, `subject.name == "P"`,
	}
	rapid.Check(t, func(rt *rapid.T) {
		when := rapid.SampledFrom(atoms).Draw(rt, "first")
		for _, next := range rapid.SliceOfN(rapid.SampledFrom(atoms), 0, 3).Draw(rt, "others") {
			if rapid.Bool().Draw(rt, "and") {
				when += " && " + next
			} else {
				when = "(" + when + ") || " + next
			}
		}
		e, err := compile(eachConsequence, when, types.BoolType)
		if err != nil {
			rt.Fatal(err)
		}
		c := listing.Consequence{
			Kind:  rapid.SampledFrom([]listing.ConsequenceKind{"purchase", "holding", "export"}).Draw(rt, "kind"),
			State: rapid.SampledFrom([]listing.State{"pending", "in_force"}).Draw(rt, "state"),
		}
		in := &Input{At: "2021-01-01", Known: "2021-01-01", Subject: Subject{ID: "p", Name: rapid.SampledFrom([]string{"P", "Q"}).Draw(rt, "name")},
			Listings: []Listing{{ID: "l", Status: rapid.SampledFrom([]listing.Status{"listed", "stayed"}).Draw(rt, "status"), Consequences: []listing.Consequence{c}}}}
		run := newEvaluation(&Policy{}, in)
		run.vars.listing = run.list[0]
		run.vars.consequence = &object{schema: consequenceSchema, source: &in.Listings[0].Consequences[0]}
		got, gotErr := e.eval(&run.vars)
		want, _, wantErr := e.program.Eval(&run.vars)
		if (gotErr == nil) != (wantErr == nil) || gotErr == nil && got != want {
			rt.Fatalf("%s: %v, %v with guards; %v, %v without", when, got, gotErr, want, wantErr)
		}
	})
}

// TestSchemas: what CEL asks of an object in its own way has the same answers
// as what it asks of a type, and nothing of it can be turned into another.
func TestSchemas(t *testing.T) {
	in := &Input{At: "2021-01-01", Listings: []Listing{{ID: "l", Name: "N", Since: "2020-01-01", Tags: []string{"A"}}}}
	run := newEvaluation(&Policy{}, in)
	o := run.list[0].(*object)
	for name, want := range map[string]ref.Val{"name": types.String("N"), "note": types.String(""), "since": day("2020-01-01")} {
		ft, ok := provider{}.FindStructFieldType(o.schema.typ.TypeName(), name)
		if !ok {
			t.Fatalf("no field %s", name)
		}
		direct, err := ft.GetFrom(o.source)
		if got := o.Get(types.String(name)); err != nil || got != want || direct != want {
			t.Errorf("%s is %v and %v (%v), want %v", name, got, direct, err, want)
		}
		if set := o.IsSet(types.String(name)); set != types.Bool(ft.IsSet(o.source)) || set != types.Bool(name != "note") {
			t.Errorf("%s: set is %v", name, set)
		}
	}
	for what, v := range map[string]ref.Val{
		"field":          o.Get(types.String("nothing")),
		"field's number": o.Get(types.Int(1)),
		"presence":       o.IsSet(types.String("nothing")),
		"text":           o.ConvertToType(types.StringType),
		"day as text":    day("2021-01-01").ConvertToType(types.StringType),
		"day's order":    day("2021-01-01").Compare(types.String("2021-01-02")),
		"made object":    provider{}.NewValue(o.schema.typ.TypeName(), nil),
		"enumeration":    provider{}.EnumValue("x"),
		"bad date":       dateOfText(types.String("2021-02-30")),
		"date of number": dateOfText(types.Int(1)),
	} {
		if !types.IsError(v) {
			t.Errorf("%s gave %v, want an error", what, v)
		}
	}
	for _, v := range []ref.Val{o, day("2021-01-01")} {
		if native, err := v.ConvertToNative(reflect.TypeFor[string]()); err == nil {
			t.Errorf("%v turned into %v", v, native)
		}
		if v.Equal(v) != types.True || v.Equal(types.String("x")) != types.False {
			t.Errorf("%v is not equal to itself alone", v)
		}
	}
	names, ok := provider{}.FindStructFieldNames(o.schema.typ.TypeName())
	if !ok || len(names) != len(listingSchema.fields) || !slices.IsSorted(names) {
		t.Errorf("fields of a listing are %v", names)
	}
	for _, name := range []string{"listing", "nothing object"} {
		if _, ok := (provider{}).FindStructFieldNames(name); ok {
			t.Errorf("there is a type %q", name)
		}
		if _, ok := (provider{}).FindStructType(name); ok {
			t.Errorf("there is a type %q", name)
		}
	}
	var _ traits.Indexer = o
}

// TestVocabularies: every word of package listing is known here, so that
// policies can speak of it.
func TestVocabularies(t *testing.T) {
	for field, words := range map[*field][]string{
		listingSchema.fields["status"]:    {"not_listed", "listed", "stayed", "removed", "vacated", "expired", "superseded"},
		consequenceSchema.fields["state"]: {"pending", "in_force", "wind_down", "stayed", "ended", "undetermined"},
	} {
		if !slices.Equal(field.words, words) {
			t.Errorf("%s has the words %v, want %v", field.name, field.words, words)
		}
	}
	if n := len(consequenceSchema.fields["kind"].words); n != 12 {
		t.Errorf("%d kinds of consequences, want 12", n)
	}
	if n := len(eventSchema.fields["kind"].words); n != 14 { // and "" for an event that is none
		t.Errorf("%d kinds of events, want 14", n)
	}
}
