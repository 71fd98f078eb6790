package mud

import (
	"time"

	"countersign.dev/internal/assurance/form"
)

// File is a usage description.
type File struct {
	URL         string    // that the device emits; names the file and its series
	Signature   string    // URL of the detached signature; "" when none is named
	LastUpdate  time.Time // when the maker made the file; zero when it cannot be read
	Validity    time.Duration
	Supported   bool // the maker still supports the device
	SupportSaid bool // is-supported was there: it is mandatory, and silence is no yes

	SystemInfo    string
	Manufacturer  string // mfg-name
	Model         string // model-name
	FirmwareRev   string
	SoftwareRev   string
	Documentation string // URL

	Hosts      []Host // by name or address, in the order of the rules, each once
	Peers      []Peer // by kind
	Extensions []Extension
	Flaws      []Flaw
}

// Refresh is when a reader must ask for the file anew (RFC 8520, section 3.5).
func (f *File) Refresh() time.Time { return f.LastUpdate.Add(f.Validity) }

// Sound reports whether no rule is broken that the RFC makes absolute.
func (f *File) Sound() bool {
	for _, w := range f.Flaws {
		if w.Must {
			return false
		}
	}
	return true
}

// Anywhere is the rules that let the device talk to any host.
func (f *File) Anywhere() []Peer { return anywhere(f.Peers) }

func anywhere(peers []Peer) []Peer {
	var out []Peer
	for _, p := range peers {
		if p.Class == Any {
			out = append(out, p)
		}
	}
	return out
}

// Warnings is the flaws, for people.
func (f *File) Warnings() []string {
	out := make([]string, len(f.Flaws))
	for i, w := range f.Flaws {
		out[i] = w.String()
	}
	return out
}

// Direction is which way the packets of a rule go.
type Direction string

// The directions, as the RFC has them.
const (
	FromDevice Direction = "from-device"
	ToDevice   Direction = "to-device"
)

// Traffic is what a rule allows with a host or peer.
type Traffic struct {
	Direction Direction `json:"direction"`
	Initiated Direction `json:"initiated,omitempty"` // who opens the TCP connection; "" when either may
	Protocol  string    `json:"protocol,omitempty"`  // tcp, udp, icmp, icmpv6, igmp, or a number; "" for any
	Ports     string    `json:"ports,omitempty"`     // of the peer: 443, 1000-2000, >=1024, !=22; "" for any
	Why       string    `json:"why,omitempty"`       // name of the access list and of its entry
}

// Scope is how far an address reaches.
type Scope string

// The scopes. Only a global address is a host of the internet.
const (
	Global    Scope = "global"
	Local     Scope = "local"     // private, link-local, loopback
	Multicast Scope = "multicast" // of whatever reach
	Broadcast Scope = "broadcast" // 255.255.255.255
)

// Host is a host that the device talks to.
type Host struct {
	Name  string `json:"name"`            // of DNS, lower case, without a last dot; or an address block, as 192.0.2.1/32
	Scope Scope  `json:"scope,omitempty"` // of an address; "" for a name
	Traffic
}

// Class is a kind of peer.
type Class string

// The kinds of peers, by the names of the RFC, section 4. Any and Link are for
// rules that name none.
const (
	Controller       Class = "controller"
	MyController     Class = "my-controller"
	Manufacturers    Class = "manufacturer"
	SameManufacturer Class = "same-manufacturer"
	Model            Class = "model"
	LocalNetworks    Class = "local-networks"
	Any              Class = "any"  // no peer is named: all of them are meant
	Link             Class = "link" // frames below IP
)

// Peer is a kind of peer that the device talks to.
type Peer struct {
	Class Class  `json:"class"`
	Name  string `json:"name,omitempty"` // of the controller, maker or model: a URI or domain; the ethertype of a link
	Traffic
}

// Extension is a part of the file that other specifications define, such as
// where the bill of materials is (RFC 9472).
type Extension struct {
	Name     string
	Declared bool       // in the list of extensions
	Body     *form.Node // nil when there is only the declaration
}

// Flaw is something in the file that is not as the RFC has it.
type Flaw struct {
	Must    bool   // the RFC leaves no choice
	Section string // of RFC 8520; "" where another specification is meant
	Text    string // with the place
}

// String is the flaw with the rule that it breaks.
func (w Flaw) String() string {
	if w.Section == "" {
		return w.Text
	}
	return w.Text + " (RFC 8520, " + w.Section + ")"
}
