package duty

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // zones must not depend on the machine

	"countersign.dev/internal/access"
)

// Unit is what an offset is counted in.
type Unit string

// The units, as they are written.
const (
	Hours        Unit = "hours" // elapsed
	Days         Unit = "days"  // of the calendar
	BusinessDays Unit = "business days"
	Months       Unit = "months"
	Years        Unit = "years"
)

// Roll says what becomes of a due day on which the calendar is closed.
type Roll string

// The rolls.
const (
	None      Roll = ""          // it stays
	Following Roll = "following" // the next open day, as Fed. R. Civ. P. 6(a)(1)(C)
	Preceding Roll = "preceding" // the last open day before it
)

// Rule says when something is due: some time after an event, or on a fixed
// day. Its written form, which [ParseRule] reads and [Rule.String] gives, is
//
//	designated + 60 days at 09:30 in America/New_York
//	first aware + 72 hours met by notified
//	notice + 10 business days rolled following
//	2021-11-11 at 23:59 in America/New_York
//	aware + 8 hours met by reported every 72 hours until eradicated
type Rule struct {
	After  string      // kind of the event that it counts from; "" when On is set
	First  bool        // count from the first such event instead of the last
	On     access.Date // the fixed day; "" when After is set
	Amount int         // how many units after the event; 0 for its own day
	Unit   Unit        // "" when Amount is 0
	Hour   string      // of the due day, "09:30"; "" for the day as a whole
	Zone   string      // IANA name of the zone that days and hours are read in; "" for UTC
	Roll   Roll
	MetBy  string // kind of the event that discharges the duty; "" when none does

	// What recurs is due again some time after each event that met it, until an
	// event ends the series; see [Rounds].
	Every     int    // 0 when it does not recur
	EveryUnit Unit   // "" when it does not recur
	Until     string // kind of the event that ends the series; "" for none
}

// ErrRule is wrapped by the errors of [ParseRule] and [Rule.Validate].
var ErrRule = errors.New("invalid rule")

// Bounds of an offset. They keep every calculation short; no legal period
// comes near them.
const (
	maxAmount       = 1_000_000
	maxBusinessDays = 20_000
)

// isKind reports whether s can be a kind of event: lower_snake_case.
func isKind(s string) bool {
	for i, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (i == 0 || (c < '0' || c > '9') && c != '_') {
			return false
		}
	}
	return s != ""
}

// hourOf reads HH:MM.
func hourOf(s string) (hour, minute int, ok bool) {
	if len(s) != 5 || s[2] != ':' {
		return 0, 0, false
	}
	for _, i := range []int{0, 1, 3, 4} {
		if s[i] < '0' || s[i] > '9' {
			return 0, 0, false
		}
	}
	hour, minute = int(s[0]-'0')*10+int(s[1]-'0'), int(s[3]-'0')*10+int(s[4]-'0')
	return hour, minute, hour < 24 && minute < 60
}

// Validate reports what is wrong with r, if anything.
func (r Rule) Validate() error {
	if (r.After == "") == (r.On == "") {
		return fmt.Errorf("%w: it counts either from an event or is a fixed day", ErrRule)
	}
	for _, kind := range []string{r.After, r.MetBy, r.Until} {
		if kind != "" && !isKind(kind) {
			return fmt.Errorf("%w: %q is no kind of event", ErrRule, kind)
		}
	}
	if r.On != "" {
		if _, err := access.ParseDate(string(r.On)); err != nil {
			return fmt.Errorf("%w: %w", ErrRule, err)
		}
		if r.First || r.Amount != 0 {
			return fmt.Errorf("%w: a fixed day has no event to count from", ErrRule)
		}
	}
	if err := r.validateOffset(); err != nil {
		return err
	}
	if err := r.validateRecurrence(); err != nil {
		return err
	}
	if _, _, ok := hourOf(r.Hour); r.Hour != "" && !ok {
		return fmt.Errorf("%w: hour %q: want HH:MM, as 09:30", ErrRule, r.Hour)
	}
	if r.Roll != None && r.Roll != Following && r.Roll != Preceding {
		return fmt.Errorf("%w: rolled %q: want following or preceding", ErrRule, r.Roll)
	}
	if _, err := zone(r.Zone); err != nil {
		return fmt.Errorf("%w: %q is no time zone: want an IANA name, as America/New_York", ErrRule, r.Zone)
	}
	return nil
}

func (r Rule) validateOffset() error {
	limit := maxAmount
	switch r.Unit {
	case "":
		limit = 0
	case Hours:
		if r.Hour != "" {
			return fmt.Errorf("%w: hours lead to an instant, so no hour of the day can be set", ErrRule)
		}
	case BusinessDays:
		limit = maxBusinessDays
	case Days, Months, Years:
	default:
		return fmt.Errorf("%w: unit %q: want hours, days, business days, months or years", ErrRule, r.Unit)
	}
	if r.Amount < 0 || r.Amount > limit {
		return fmt.Errorf("%w: offset of %d %s: want 0 to %d", ErrRule, r.Amount, r.Unit, limit)
	}
	if r.Amount == 0 && r.Unit != "" {
		return fmt.Errorf("%w: an offset of nothing has no unit", ErrRule)
	}
	return nil
}

func (r Rule) validateRecurrence() error {
	switch {
	case r.Every == 0:
		if r.EveryUnit != "" || r.Until != "" {
			return fmt.Errorf("%w: what does not recur has neither a unit nor an end of it", ErrRule)
		}
		return nil
	case r.MetBy == "" || r.After == "":
		return fmt.Errorf("%w: what recurs counts from an event and is met by one", ErrRule)
	case r.Until == r.MetBy:
		return fmt.Errorf("%w: what meets a round cannot end the series", ErrRule)
	}
	return Rule{After: r.MetBy, Amount: r.Every, Unit: r.EveryUnit}.validateOffset()
}

// String is the written form of r.
func (r Rule) String() string {
	var b strings.Builder
	if r.First {
		b.WriteString("first ")
	}
	b.WriteString(r.After)
	b.WriteString(string(r.On))
	if r.Amount != 0 {
		b.WriteString(" + " + r.offset())
	}
	for _, part := range [][2]string{
		{" at ", r.Hour}, {" in ", r.Zone}, {" rolled ", string(r.Roll)}, {" met by ", r.MetBy}, {" every ", r.again()}, {" until ", r.Until},
	} {
		if part[1] != "" {
			b.WriteString(part[0] + part[1])
		}
	}
	return b.String()
}

// offset is the offset in words: "1 day", "10 business days".
func (r Rule) offset() string { return inWords(r.Amount, r.Unit) }

// again is how long after each round the next is due, in words; "" when it does
// not recur.
func (r Rule) again() string {
	if r.Every == 0 {
		return ""
	}
	return inWords(r.Every, r.EveryUnit)
}

func inWords(amount int, u Unit) string {
	unit := string(u)
	if amount == 1 {
		unit = strings.TrimSuffix(unit, "s")
	}
	return strconv.Itoa(amount) + " " + unit
}

// ParseRule reads the written form of a rule and checks it.
func ParseRule(s string) (Rule, error) {
	var r Rule
	p := parser{words: strings.Fields(s)}
	r.First = p.accept("first")
	switch base := p.next(); {
	case base == "":
		return Rule{}, fmt.Errorf("%w %q: want EVENT or YYYY-MM-DD first", ErrRule, s)
	case base[0] >= '0' && base[0] <= '9':
		r.On = access.Date(base)
	default:
		r.After = base
	}
	if p.accept("+") {
		n, err := strconv.Atoi(p.next())
		if err != nil || n == 0 {
			return Rule{}, fmt.Errorf("%w %q: want a number of units after +", ErrRule, s)
		}
		r.Amount, r.Unit = n, p.unit()
	}
	if p.accept("at") {
		r.Hour = p.argument()
	}
	if p.accept("in") {
		r.Zone = p.argument()
	}
	if p.accept("rolled") {
		r.Roll = Roll(p.argument())
	}
	if p.accept("met") {
		if !p.accept("by") {
			return Rule{}, fmt.Errorf("%w %q: want by after met", ErrRule, s)
		}
		r.MetBy = p.argument()
	}
	if p.accept("every") {
		n, err := strconv.Atoi(p.next())
		if err != nil || n == 0 {
			return Rule{}, fmt.Errorf("%w %q: want a number of units after every", ErrRule, s)
		}
		r.Every, r.EveryUnit = n, p.unit()
		if p.accept("until") {
			r.Until = p.argument()
		}
	}
	if len(p.words) > 0 {
		return Rule{}, fmt.Errorf("%w %q: %q is out of place: want EVENT|DATE [+ N UNIT] [at HH:MM] [in ZONE] [rolled following|preceding] [met by EVENT [every N UNIT [until EVENT]]]", ErrRule, s, p.words[0])
	}
	if p.cut {
		return Rule{}, fmt.Errorf("%w %q: it ends too early", ErrRule, s)
	}
	if err := r.Validate(); err != nil {
		return Rule{}, fmt.Errorf("%q: %w", s, err)
	}
	return r, nil
}

// MarshalText gives the written form.
func (r Rule) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads the written form.
func (r *Rule) UnmarshalText(text []byte) error {
	parsed, err := ParseRule(string(text))
	if err == nil {
		*r = parsed
	}
	return err
}

// parser takes a rule's words one by one.
type parser struct {
	words []string
	cut   bool // a word was wanted and there was none
}

func (p *parser) next() string {
	if len(p.words) == 0 {
		return ""
	}
	w := p.words[0]
	p.words = p.words[1:]
	return w
}

func (p *parser) argument() string {
	w := p.next()
	p.cut = p.cut || w == ""
	return w
}

func (p *parser) accept(word string) bool {
	if len(p.words) == 0 || p.words[0] != word {
		return false
	}
	p.words = p.words[1:]
	return true
}

// unit reads a unit in its singular or plural.
func (p *parser) unit() Unit {
	w := p.argument()
	if w == "business" {
		w += " " + p.argument()
	}
	for _, u := range []Unit{Hours, Days, BusinessDays, Months, Years} {
		if w == string(u) || w+"s" == string(u) {
			return u
		}
	}
	return Unit(w)
}

var zones sync.Map // name to *time.Location: reading one takes longer than a whole fold

func zone(name string) (*time.Location, error) {
	if loc, ok := zones.Load(name); ok {
		return loc.(*time.Location), nil
	}
	if name == "Local" {
		return nil, errors.New("the machine's own zone is not a rule's")
	}
	loc, err := time.LoadLocation(name)
	if err == nil {
		zones.Store(name, loc)
	}
	return loc, err
}
