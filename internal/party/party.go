package party

// Kind is what sort of party it is.
type Kind string

// The kinds of parties, as official lists tell them apart.
const (
	Organisation Kind = "organisation"
	Person       Kind = "person"
	Vessel       Kind = "vessel"
	Aircraft     Kind = "aircraft"
)

// Kinds of facts that this room reads and writes.
const (
	FactName       = "party.name"       // body [Name], term Fold(name)
	FactCore       = "party.core"       // body [Name], term Core(name); the same name but for its legal form
	FactIdentifier = "party.identifier" // body [Identifier], term IdentifierTerm(scheme, value)
	FactAddress    = "party.address"    // body [Address], no term
	FactLink       = "party.link"       // body [Link], term the id linked to, when it is one
	FactDetail     = "party.detail"     // body [Detail], no term
	FactClaim      = "party.claim"      // body [Claim], no term
)

// Quality says how good a name is for finding its party.
type Quality string

// The qualities of names, after OFAC's "aka", "weak aka" and "fka".
const (
	Primary Quality = "primary"
	Alias   Quality = "alias"
	Weak    Quality = "weak"   // too common or short to find the party by
	Former  Quality = "former" // no longer used, or the spelling of a withdrawn entry
	Acronym Quality = "acronym"
)

// Name is one name of a party, in the spelling and script of its source.
type Name struct {
	Name    string  `json:"name"`
	Quality Quality `json:"quality"`
}

// Identifier is a number or code that an issuer gave the party: LEI, ISIN,
// USCC, passport, IMO, ticker, tax or registration number.
type Identifier struct {
	Scheme  string `json:"scheme"`            // lower case: "lei", "isin", "uscc", "imo", "ticker", "passport", "tax", "registration" …
	Value   string `json:"value"`             // as the source writes it
	Country string `json:"country,omitempty"` // as the source writes it
}

// Address is where a party is found.
type Address struct {
	Street  string `json:"street,omitempty"`
	City    string `json:"city,omitempty"` // with region and postal code where the source joins them
	Country string `json:"country,omitempty"`
	Remarks string `json:"remarks,omitempty"`
}

// Link points from one party to another, by id when the source gives one and
// else by the name as written.
type Link struct {
	Relation string `json:"relation"` // "linked_to", "parent", "same_as"
	To       string `json:"to,omitempty"`
	Name     string `json:"name,omitempty"`
}

// Detail is one further thing that a source says of a party: birth date and
// place, nationality, gender, vessel flag, website.
type Detail struct {
	Name  string `json:"name"` // lower_snake: "birth_date", "birth_place", "nationality", "gender", "target_type", "website"
	Value string `json:"value"`
}

// Claim is what somebody says about a party, which others may dispute.
// Opposing claims stand side by side; none is the product's own.
type Claim struct {
	Issuer string `json:"issuer"`           // who says so
	Date   string `json:"date"`             // when
	Text   string `json:"text"`             // what, in our words
	Source string `json:"source"`           // where it can be read
	About  string `json:"about,omitempty"`  // the listing disputed, if one
	Stance string `json:"stance,omitempty"` // "accuses", "denies", "finds"
}
