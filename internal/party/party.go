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
	FactInterest   = "party.interest"   // body [Interest], subject the party held, term the id of the holder
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

// Control is how a holder can direct a party apart from shares in it.
type Control string

// The kinds of control that sources state. What is stated in other words is
// [ControlOther], with the words in Interest.Note.
const (
	ControlNone       Control = ""
	ControlBoard      Control = "board"      // appoints or removes the majority of the board
	ControlManagement Control = "management" // directs as manager, director or general partner
	ControlContract   Control = "contract"   // by agreement, as of variable interest entities
	ControlTrust      Control = "trust"      // as trustee, protector or settlor
	ControlGolden     Control = "golden_share"
	ControlOther      Control = "other"
)

// Stake is a share in percent that lies between Min and Max, both included.
// They are equal where the share is known. A stake of which nothing is known
// is 0 to 100; a nil *Stake says that the source is silent about this kind of
// share. The numbers are decimal text as "33.3333", without rounding.
type Stake struct {
	Min string `json:"min"`
	Max string `json:"max"`
}

// Interest is one party's holding in another. Economic and voting shares are
// separate quantities; neither is ever concluded from the other.
type Interest struct {
	Holder     string  `json:"holder"`                // id of the holding party
	HolderName string  `json:"holder_name,omitempty"` // as the source writes it
	HeldName   string  `json:"held_name,omitempty"`   // as the source writes the party held
	Economic   *Stake  `json:"economic,omitempty"`
	Voting     *Stake  `json:"voting,omitempty"`
	Control    Control `json:"control,omitempty"`
	Indirect   bool    `json:"indirect,omitempty"` // a source's own sum over a chain; shown, never added up
	Note       string  `json:"note,omitempty"`
	Source     string  `json:"source,omitempty"` // where it can be read
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
