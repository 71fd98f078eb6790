package eventfile

import (
	"regexp"

	"go.yaml.in/yaml/v3"

	"countersign.dev/internal/access"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
)

// header is the value of the field "countersign" that says what a file is.
const header = "events/v1"

// file is an event file as written.
type file struct {
	id        string
	published access.Date
	party     partyOf
	listings  []listed
	claims    []party.Claim
}

type partyOf struct {
	id          string
	name        string
	kind        party.Kind
	names       []party.Name
	identifiers []party.Identifier
	details     []party.Detail
	links       []party.Link
}

type listed struct {
	programme, id, name, note string
	events                    []listing.Event
}

// The forms of ids.
var (
	plainID   = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)
	listingID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}:[a-z0-9][a-z0-9.-]{0,127}$`)
	anyID     = regexp.MustCompile(`^[a-z0-9][a-z0-9:.-]{0,191}$`)
)

// id reads an id of this form.
func id(form *regexp.Regexp, example string, into *string) taker {
	return func(n *yaml.Node) error {
		if err := text(into)(n); err != nil {
			return err
		}
		if !form.MatchString(*into) {
			return wrong(n, "%q is no id; want one like %s", clip(*into), example)
		}
		return nil
	}
}

func parse(n *yaml.Node) (*file, error) {
	f := &file{party: partyOf{kind: party.Organisation}}
	var version string
	err := mapping(n, "event file", fields{
		"countersign": word("format", &version, header),
		"id":          id(plainID, "acme-1237", &f.id),
		"published":   day(&f.published),
		"party":       f.party.take,
		"listings":    list("listings", f.takeListing),
		"claims":      list("claims", f.takeClaim),
	}, "countersign", "id", "published", "party", "listings")
	if err != nil {
		return nil, err
	}
	if len(f.listings) == 0 {
		return nil, wrong(n.Content[index(n, "listings")], "listings: want at least one")
	}
	return f, nil
}

func (p *partyOf) take(n *yaml.Node) error {
	return mapping(n, "party", fields{
		"id":   id(plainID, "acme", &p.id),
		"name": name(&p.name),
		"kind": word("kind of party", &p.kind, party.Organisation, party.Person, party.Vessel, party.Aircraft),
		"names": list("names", func(n *yaml.Node) error {
			v := party.Name{Quality: party.Alias}
			err := mapping(n, "name", fields{
				"name":    name(&v.Name),
				"quality": word("quality", &v.Quality, party.Primary, party.Alias, party.Weak, party.Former, party.Acronym),
			}, "name")
			p.names = append(p.names, v)
			return err
		}),
		"identifiers": list("identifiers", func(n *yaml.Node) error {
			var v party.Identifier
			err := mapping(n, "identifier", fields{"scheme": id(plainID, "isin", &v.Scheme), "value": text(&v.Value), "country": text(&v.Country)}, "scheme", "value")
			p.identifiers = append(p.identifiers, v)
			return err
		}),
		"details": list("details", func(n *yaml.Node) error {
			var v party.Detail
			err := mapping(n, "detail", fields{"name": text(&v.Name), "value": text(&v.Value)}, "name", "value")
			p.details = append(p.details, v)
			return err
		}),
		"links": list("links", func(n *yaml.Node) error {
			var v party.Link
			err := mapping(n, "link", fields{"relation": text(&v.Relation), "to": id(anyID, "us-dod-1237:acme", &v.To), "name": text(&v.Name)}, "relation")
			if err == nil && v.To == "" && v.Name == "" {
				err = wrong(n, `link: field "to" or "name" is missing`)
			}
			p.links = append(p.links, v)
			return err
		}),
	}, "id", "name")
}

// name reads a name, which must have a letter or number.
func name(into *string) taker {
	return func(n *yaml.Node) error {
		if err := text(into)(n); err != nil {
			return err
		}
		if party.Fold(*into) == "" {
			return wrong(n, "%q is no name", clip(*into))
		}
		return nil
	}
}

func (f *file) takeListing(n *yaml.Node) error {
	var l listed
	err := mapping(n, "listing", fields{
		"programme": id(plainID, "us-dod-1237", &l.programme),
		"id":        id(listingID, "us-dod-1237:acme-corporation", &l.id),
		"name":      name(&l.name),
		"note":      text(&l.note),
		"events": list("events", func(n *yaml.Node) error {
			e, err := parseEvent(n)
			l.events = append(l.events, e)
			return err
		}),
	}, "programme", "id", "name", "events")
	if err != nil {
		return err
	}
	if len(l.events) == 0 {
		return wrong(n, "listing %s: want at least one event", l.id)
	}
	for _, other := range f.listings {
		if other.id == l.id {
			return wrong(n, "listing %s occurs twice", l.id)
		}
	}
	f.listings = append(f.listings, l)
	return nil
}

var eventKinds = []listing.EventKind{
	listing.Designated, listing.Redesignated, listing.Amended, listing.Respelled, listing.Stayed, listing.StayLifted, listing.Removed,
	listing.Vacated, listing.Expired, listing.Challenged, listing.Announced, listing.Agreed, listing.MarketAction,
}

var consequenceKinds = []listing.ConsequenceKind{
	listing.Purchase, listing.Holding, listing.Procurement, listing.Export, listing.AffiliateExport, listing.Blocking, listing.AssetFreeze,
	listing.Restriction, listing.ExchangeDelisting, listing.IndexRemoval, listing.Visa, listing.Secondary,
}

func parseEvent(n *yaml.Node) (listing.Event, error) {
	var e listing.Event
	err := mapping(n, "event", fields{
		"kind":      word("event kind", &e.Kind, eventKinds...),
		"date":      day(&e.Date),
		"published": day(&e.Published),
		"what":      text(&e.What),
		"authority": text(&e.Authority),
		"citation":  text(&e.Citation),
		"source":    text(&e.Source),
		"successor": id(listingID, "us-dod-1237:acme-corp", &e.Successor),
		"consequences": list("consequences", func(n *yaml.Node) error {
			c, err := parseStated(n)
			e.Consequences = append(e.Consequences, c)
			return err
		}),
	}, "kind", "date")
	if err == nil && (e.Kind == listing.Respelled) != (e.Successor != "") {
		err = wrong(n, `event: field "successor" belongs to kind respelled, and is needed there`)
	}
	return e, err
}

func parseStated(n *yaml.Node) (listing.Stated, error) {
	var c listing.Stated
	err := mapping(n, "consequence", fields{
		"kind":      word("consequence kind", &c.Kind, consequenceKinds...),
		"from":      day(&c.From),
		"to":        day(&c.To),
		"wind_down": day(&c.WindDown),
		"ended":     flag(&c.Ended),
		"what":      text(&c.What),
	}, "kind")
	switch {
	case err != nil:
	case c.From == "" && c.To == "" && c.WindDown == "" && !c.Ended:
		err = wrong(n, "consequence %s: states nothing; want from, to, wind_down or ended", c.Kind)
	case c.From != "" && c.To != "" && c.To < c.From:
		err = wrong(n, "consequence %s: ends on %s, before it begins on %s", c.Kind, c.To, c.From)
	}
	return c, err
}

func (f *file) takeClaim(n *yaml.Node) error {
	var c party.Claim
	var on access.Date
	err := mapping(n, "claim", fields{
		"issuer": text(&c.Issuer),
		"date":   day(&on),
		"text":   text(&c.Text),
		"source": text(&c.Source),
		"about":  id(listingID, "us-dod-1237:acme-corporation", &c.About),
		"stance": word("stance", &c.Stance, "accuses", "denies", "finds"),
	}, "issuer", "date", "text", "source")
	c.Date = string(on)
	f.claims = append(f.claims, c)
	return err
}
