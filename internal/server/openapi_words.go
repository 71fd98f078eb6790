package server

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"go.yaml.in/yaml/v3"

	"countersign.dev/internal/decision"
	"countersign.dev/internal/holdings"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
	"countersign.dev/internal/party/ownership"
	"countersign.dev/internal/policy"
	"countersign.dev/internal/watchlist"
)

//go:embed words.yaml
var wordsYAML []byte

// words say what the types of other rooms mean, for the API's description.
type words struct {
	Everywhere map[string]string            `yaml:"everywhere"`
	Schemas    map[string]map[string]string `yaml:"schemas"`
}

func readWords() (*words, error) {
	w := &words{}
	if err := yaml.Unmarshal(wordsYAML, w); err != nil {
		return nil, fmt.Errorf("words of the API's description: %w", err)
	}
	return w, nil
}

// vocabularies are the fields whose values are words of a closed list, by the
// end of the schema's name and the field.
var vocabularies = map[string][]any{
	"verdict":              {policy.Allow, policy.Review, policy.Deny},
	"Listing.status":       {listing.StatusNotListed, listing.StatusListed, listing.StatusStayed, listing.StatusRemoved, listing.StatusVacated, listing.StatusExpired, listing.StatusSuperseded},
	"Finding.state":        {ownership.Blocked, ownership.NotBlocked, ownership.Undetermined, ownership.Flagged},
	"Consequence.state":    {listing.StatePending, listing.StateInForce, listing.StateWindDown, listing.StateStayed, listing.StateEnded, listing.StateUndetermined},
	"Step.state":           {listing.RuleInForce, listing.RuleSuspended, listing.RuleUnverified, listing.RuleEnded},
	"Outcome.result":       {decision.Same, decision.Differs, decision.OtherEngine},
	"Difference.change":    {"added", "removed", "changed"},
	"JoinDecision.verdict": {party.JoinSame, party.JoinApart, party.JoinOpen},
	"Holding.may_buy":      {holdings.Yes, holdings.No, holdings.Review},
	"Holding.may_hold":     {holdings.Yes, holdings.No, holdings.Review},
	"Holding.found_by":     {holdings.ByISIN, holdings.ByTicker, holdings.ByName, holdings.Similar, holdings.NotFound},
	"Change.change":        {watchlist.Appeared, watchlist.Disappeared, watchlist.Changed},
	"Consequence.kind":     consequenceKinds,
	"Stated.kind":          consequenceKinds,
	"Reason.consequence":   consequenceKinds,
}

var consequenceKinds = []any{
	listing.Purchase, listing.Holding, listing.Procurement, listing.Export, listing.AffiliateExport, listing.Blocking, listing.AssetFreeze,
	listing.Restriction, listing.ExchangeDelisting, listing.IndexRemoval, listing.Visa, listing.Secondary,
}

// describe puts the words to a schema and its fields.
func (w *words) describe(name string, schema *huma.Schema) {
	about := w.Schemas[name]
	if schema.Description == "" {
		schema.Description = about[""]
	}
	for field, p := range schema.Properties {
		said, ok := about[field]
		if !ok {
			said = w.Everywhere[field]
		}
		if p.Description == "" {
			p.Description = said // huma writes none beside a $ref; there the type's own has to do
		}
		if values := vocabulary(name, field); values != nil && len(p.Enum) == 0 && p.Type == huma.TypeString {
			p.Enum = values
			if p.Nullable {
				p.Enum = append(p.Enum[:len(p.Enum):len(p.Enum)], nil)
			}
		}
	}
}

func vocabulary(schema, field string) []any {
	if values, ok := vocabularies[schema[strings.LastIndexByte(schema, '.')+1:]+"."+field]; ok {
		return values
	}
	return vocabularies[field]
}
