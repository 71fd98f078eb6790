package policy

import (
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/env"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"countersign.dev/internal/access"
)

// Bounds of what one expression may be and do.
const (
	maxExpression = 4096    // characters
	maxNesting    = 32      // levels
	maxCost       = 200_000 // CEL cost units in one evaluation; about 10 ms
)

// A scope is what a rule is asked about, and so which variables it has.
type scope string

const (
	eachSubject     scope = "subject"
	eachListing     scope = "listing"
	eachConsequence scope = "consequence"
	eachEvent       scope = "event"
	eachClaim       scope = "claim"
	eachControl     scope = "control"
	eachFinding     scope = "finding"
	eachSupplier    scope = "supplier"
	eachElement     scope = "element"
	eachSource      scope = "source"
	eachLicence     scope = "licence"
	eachLabel       scope = "label"
	eachParty       scope = "party"
	eachAttestation scope = "attestation"

	eachPartyListing scope = "party_listing" // each listing of each party
)

// environments builds the CEL environment of each scope the first time that
// it is needed. They are immutable, so one of each serves every policy.
var environments = map[scope]func() (*cel.Env, error){
	eachSubject:     baseEnvironment,
	eachListing:     extended(listingSchema),
	eachConsequence: extended(listingSchema, consequenceSchema),
	eachEvent:       extended(listingSchema, eventSchema),
	eachClaim:       extended(claimSchema),
	eachControl:     extended(controlSchema),
	eachFinding:     extended(findingSchema),
	eachSupplier:    extended(supplierSchema),
	eachElement:     extended(elementSchema),
	eachSource:      extended(sourceSchema),
	eachLicence:     extended(licensedSchema),
	eachLabel:       extended(labelSchema),
	eachParty:       extended(partySchema),
	eachAttestation: extended(attestationSchema),

	eachPartyListing: extended(partySchema, listingSchema),
}

var baseEnvironment = sync.OnceValues(newEnvironment)

func extended(with ...*schema) func() (*cel.Env, error) {
	return sync.OnceValues(func() (*cel.Env, error) {
		base, err := baseEnvironment()
		if err != nil {
			return nil, err
		}
		var opts []cel.EnvOption
		for _, s := range with {
			opts = append(opts, cel.Variable(s.name, s.typ))
		}
		return base.Extend(opts...)
	})
}

// newEnvironment is the language that package doc describes, with the
// variables that every rule has.
func newEnvironment() (*cel.Env, error) {
	subset := env.NewLibrarySubset()
	for name, overloads := range standardFunctions {
		subset.AddIncludedFunctions(env.NewFunction(name, overloads...))
	}
	subset.AddIncludedMacros("has", "all", "exists", "exists_one", "map", "filter")
	opts := []cel.EnvOption{
		cel.CustomTypeProvider(provider{}),
		cel.CustomTypeAdapter(types.DefaultTypeAdapter),
		cel.StdLib(cel.StdLibSubset(subset)),
		cel.ParserExpressionSizeLimit(maxExpression),
		cel.ParserRecursionLimit(maxNesting),
		cel.Variable("subject", subjectSchema.typ),
		cel.Variable("listings", types.NewListType(listingSchema.typ)),
		cel.Variable("claims", types.NewListType(claimSchema.typ)),
		cel.Variable("controls", types.NewListType(controlSchema.typ)),
		cel.Variable("release", releaseSchema.typ),
		cel.Variable("findings", types.NewListType(findingSchema.typ)),
		cel.Variable("suppliers", types.NewListType(supplierSchema.typ)),
		cel.Variable("elements", types.NewListType(elementSchema.typ)),
		cel.Variable("sources", types.NewListType(sourceSchema.typ)),
		cel.Variable("licences", types.NewListType(licensedSchema.typ)),
		cel.Variable("labels", types.NewListType(labelSchema.typ)),
		cel.Variable("parties", types.NewListType(partySchema.typ)),
		cel.Variable("attestations", types.NewListType(attestationSchema.typ)),
		cel.Variable("at", dayType),
		cel.Variable("known", dayType),
		cel.Function("date", cel.Overload("date_string", []*cel.Type{cel.StringType}, dayType,
			cel.UnaryBinding(dateOfText))),
		cel.Function("either", cel.Overload("either_string_string", []*cel.Type{cel.StringType, cel.StringType}, cel.StringType,
			cel.BinaryBinding(either))),
		cel.Function("licensed", cel.Overload("licensed_string_list_list",
			[]*cel.Type{cel.StringType, cel.ListType(cel.StringType), cel.ListType(cel.StringType)}, cel.BoolType, cel.FunctionBinding(licensed))),
	}
	for name, id := range map[string]string{
		operators.Less: "less_date", operators.LessEquals: "less_equals_date",
		operators.Greater: "greater_date", operators.GreaterEquals: "greater_equals_date",
	} {
		opts = append(opts, cel.Function(name, cel.Overload(id, []*cel.Type{dayType, dayType}, cel.BoolType)))
	}
	return cel.NewCustomEnv(opts...)
}

// standardFunctions are the functions of CEL that expressions have, each with
// the forms they have of it. What could tell the time, take a date apart or
// run for long is not among them.
var standardFunctions = func() map[string][]*env.Overload {
	functions := map[string][]string{
		operators.Conditional: nil, operators.LogicalAnd: nil, operators.LogicalOr: nil, operators.LogicalNot: nil,
		operators.NotStrictlyFalse: nil, operators.Equals: nil, operators.NotEquals: nil, operators.Index: nil,
		operators.In:            {overloads.InList},
		operators.Add:           {overloads.AddString, overloads.AddInt64, overloads.AddList},
		operators.Less:          {overloads.LessInt64, overloads.LessDouble, overloads.LessString},
		operators.LessEquals:    {overloads.LessEqualsInt64, overloads.LessEqualsDouble, overloads.LessEqualsString},
		operators.Greater:       {overloads.GreaterInt64, overloads.GreaterDouble, overloads.GreaterString},
		operators.GreaterEquals: {overloads.GreaterEqualsInt64, overloads.GreaterEqualsDouble, overloads.GreaterEqualsString},
		overloads.Size:          {overloads.SizeString, overloads.SizeList, overloads.SizeStringInst, overloads.SizeListInst},
		overloads.Contains:      nil, overloads.StartsWith: nil, overloads.EndsWith: nil,
	}
	out := make(map[string][]*env.Overload, len(functions))
	for name, ids := range functions {
		out[name] = nil
		for _, id := range ids {
			out[name] = append(out[name], &env.Overload{ID: id})
		}
	}
	return out
}()

// dateOfText is the function date. Its argument has been checked, being
// required to be written out; this guards the rest.
func dateOfText(arg ref.Val) ref.Val {
	s, ok := arg.(types.String)
	if !ok {
		return types.MaybeNoSuchOverloadErr(arg)
	}
	d, err := access.ParseDate(string(s))
	if err != nil {
		return types.WrapErr(err)
	}
	return day(d)
}

// either is the first of two texts that is not empty.
func either(a, b ref.Val) ref.Val {
	if s, ok := a.(types.String); ok && s != "" {
		return s
	}
	return b
}

// variables are what an expression is evaluated with.
type variables struct {
	subject, listings, claims, controls, at, known ref.Val
	listing, consequence, event, claim, control    ref.Val

	release, findings, suppliers, elements, sources, licences ref.Val
	finding, supplier, element, source, licence               ref.Val

	labels, parties, attestations ref.Val
	label, party, attestation     ref.Val
}

// ResolveName is how CEL reads a variable.
func (v *variables) ResolveName(name string) (any, bool) {
	var val ref.Val
	switch name {
	case "subject":
		val = v.subject
	case "listings":
		val = v.listings
	case "claims":
		val = v.claims
	case "controls":
		val = v.controls
	case "at":
		val = v.at
	case "known":
		val = v.known
	case "listing":
		val = v.listing
	case "consequence":
		val = v.consequence
	case "event":
		val = v.event
	case "claim":
		val = v.claim
	case "control":
		val = v.control
	default:
		val = v.ofSoftware(name)
	}
	return val, val != nil
}

// ofSoftware is the variable of that name among those about software.
func (v *variables) ofSoftware(name string) ref.Val {
	switch name {
	case "release":
		return v.release
	case "findings":
		return v.findings
	case "suppliers":
		return v.suppliers
	case "elements":
		return v.elements
	case "sources":
		return v.sources
	case "licences":
		return v.licences
	case "finding":
		return v.finding
	case "supplier":
		return v.supplier
	case "element":
		return v.element
	case "source":
		return v.source
	case "licence":
		return v.licence
	}
	return v.ofLabels(name)
}

// Parent is none: there is one level of variables.
func (v *variables) Parent() cel.Activation { return nil }
