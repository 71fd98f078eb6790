package incident

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign.dev/directives"
	"countersign.dev/internal/duty"
	"countersign.dev/internal/duty/directive"
)

// shipped is the directives that the product ships, by id.
func shipped(t testing.TB) []*directive.Directive {
	t.Helper()
	names, err := fs.Glob(directives.FS, "incident/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var out []*directive.Directive
	for _, name := range names {
		b, err := fs.ReadFile(directives.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		d, err := directive.Parse(b)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if name != "incident/"+d.ID+".yaml" {
			t.Errorf("%s has the directive %s", name, d.ID)
		}
		out = append(out, d)
	}
	return out
}

// What the shipped directives count from has to be something that can be recorded
// of an incident, and whom they tell has to be whom they are met by.
func TestShippedDirectives(t *testing.T) {
	all := shipped(t)
	if len(all) < 11 {
		t.Errorf("%d directives", len(all))
	}
	for _, d := range all {
		for _, owed := range d.Duties {
			for _, kind := range owed.Kinds() {
				if !IsCounted(kind) {
					t.Errorf("%s/%s: nothing records %q", d.ID, owed.ID, kind)
				}
			}
			met := strings.TrimSuffix("told_"+owed.Recipient+"_"+owed.Report, "_")
			if owed.Rule.MetBy != met {
				t.Errorf("%s/%s is met by %s, and tells %s", d.ID, owed.ID, owed.Rule.MetBy, met)
			}
			if owed.URL == "" {
				t.Errorf("%s/%s: does not say where to read it", d.ID, owed.ID)
			}
		}
		for _, section := range d.Asks {
			if !slices.Contains(Sections, section) {
				t.Errorf("%s asks for %q, which no report has", d.ID, section)
			}
		}
	}
}

// said writes clocks short: "directive/duty state due".
func said(clocks []Clock) []string {
	var out []string
	for _, c := range clocks {
		line := c.Directive + "/" + c.Duty + " " + string(c.State)
		if !c.Instant.IsZero() {
			line += " " + c.Instant.Format("2006-01-02T15:04Z")
		}
		if !c.Binding {
			line += " (proposed)"
		}
		out = append(out, line)
	}
	return out
}

func TestClocksOfTheStory(t *testing.T) {
	all := shipped(t)
	solarWinds := story(
		opened("2020-12-13 21:30", "us-fceb"), fact("aware", "2020-12-13 21:00"), told("cisa", "2020-12-13 21:40"),
		fact("major", "2020-12-14 15:00"), told("omb", "2020-12-14 17:30"), told("congress", "2020-12-18 18:00"),
	)
	exchange := story(opened("2021-03-02 22:00", "us-fceb"), fact("aware", "2021-03-02 22:00"), fact("personal_data", "2021-03-10 12:00"))
	colonial := story(opened("2021-05-07 09:30", "us-pipeline", "us-critical-infrastructure"), fact("aware", "2021-05-07 09:30"), fact("ransom_paid", "2021-05-08 12:00"))
	later := story(opened("2021-06-10 08:00", "us-pipeline"), fact("aware", "2021-06-10 08:00"))
	afterAYear := story(opened("2022-05-29 08:00", "us-pipeline"), fact("aware", "2022-05-29 08:00"))
	listed := story(opened("2023-12-21 08:00", "us-sec-registrant"), fact("aware", "2023-12-18 08:00"), fact("material", "2023-12-21 20:00"))
	maker := story(opened("2026-09-20 08:00", "eu-manufacturer"), fact("exploited", "2026-09-20 08:00"),
		Event{Kind: Told, Told: &Telling{Recipient: "csirt", Report: "notification"}, At: at("2026-09-20 20:00")}, fact("remedy_available", "2026-09-26 10:00"))
	tests := []struct {
		name   string
		events []*Event
		at     string
		want   []string
	}{
		{"SolarWinds, the first hour", solarWinds, "2020-12-13 21:35", []string{
			"us-fceb-incident/notify-cisa running 2020-12-13T22:00Z",
			"us-fceb-breach/notify-congress waiting", "us-fceb-major/notify-congress waiting", "us-fceb-major/notify-omb waiting",
		}},
		{"SolarWinds, a week later", solarWinds, "2020-12-20", []string{
			"us-fceb-breach/notify-congress waiting", "us-fceb-incident/notify-cisa met 2020-12-13T22:00Z",
			"us-fceb-major/notify-omb late 2020-12-14T16:00Z", "us-fceb-major/notify-congress met 2020-12-22T05:00Z",
		}},
		{"Exchange, in April", exchange, "2021-04-01", []string{
			"us-fceb-incident/notify-cisa past 2021-03-02T23:00Z", "us-fceb-breach/notify-congress running 2021-04-10T04:00Z",
			"us-fceb-major/notify-congress waiting", "us-fceb-major/notify-omb waiting",
		}},
		// No directive for pipelines was there yet, nor CIRCIA, when it happened.
		{"Colonial, then", colonial, "2021-05-09", nil},
		{"Colonial, asked today", colonial, "2026-11-27", []string{"us-circia/supplement waiting (proposed)"}},
		{"a pipeline, under the first directive", later, "2021-06-10 12:00", []string{"us-tsa-pipeline/report-12h running 2021-06-10T20:00Z"}},
		{"a pipeline, under its renewal", afterAYear, "2022-05-29 12:00", []string{"us-tsa-pipeline/report-24h running 2022-05-30T08:00Z"}},
		// Four business days over Christmas: 22, 26, 27 and 28 December.
		{"a listed company", listed, "2023-12-27", []string{"us-sec-8k/item-1-05 running 2023-12-28T22:30Z"}},
		// The notification meets the early warning; fourteen days end on a Saturday,
		// so with the Monday.
		{"a manufacturer", maker, "2026-10-01", []string{
			"eu-cra/exploited-final running 2026-10-12T22:00Z", "eu-cra/severe-early-warning waiting", "eu-cra/severe-final waiting", "eu-cra/severe-notification waiting",
			"eu-cra/exploited-early-warning met 2026-09-21T08:00Z", "eu-cra/exploited-notification met 2026-09-23T08:00Z",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := said(Clocks(tt.events, all, at(tt.at))); !slices.Equal(got, tt.want) {
				t.Errorf("clocks\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(tt.want, "\n  "))
			}
		})
	}
}

func clockOf(t testing.TB, clocks []Clock, id string) Clock {
	t.Helper()
	for _, c := range clocks {
		if c.Directive+"/"+c.Duty == id {
			return c
		}
	}
	t.Fatalf("no clock %s in %v", id, said(clocks))
	return Clock{}
}

func TestCorrectionMovesTheClock(t *testing.T) {
	events := story(opened("2020-12-13 21:30", "us-fceb"), fact("aware", "2020-12-13 21:00"), told("cisa", "2020-12-13 21:40"),
		Event{Kind: Corrected, Of: 2, At: at("2020-12-13 20:30"), Text: "the call came half an hour earlier", Recorded: at("2020-12-20")})
	all := shipped(t)
	c := clockOf(t, Clocks(events, all, at("2020-12-21")), "us-fceb-incident/notify-cisa")
	if c.State != duty.Late || c.MetBy != 3 || !c.Instant.Equal(at("2020-12-13 21:30")) {
		t.Errorf("%s, due %s, met by %d", c.State, c.Instant, c.MetBy)
	}
	if len(c.Moved) != 1 || !c.Moved[0].From.Equal(at("2020-12-13 22:00")) || !c.Moved[0].To.Equal(c.Instant) || c.Moved[0].By != 4 || c.Moved[0].Reason == "" {
		t.Errorf("moved %+v", c.Moved)
	}
	if before := clockOf(t, Clocks(events[:3], all, at("2020-12-19")), "us-fceb-incident/notify-cisa"); before.State != duty.Met || before.Moved != nil {
		t.Errorf("before the correction: %s, %v", before.State, before.Moved)
	}
}

func TestMissingFactIsNamed(t *testing.T) {
	c := clockOf(t, Clocks(story(opened("2023-12-20", "us-sec-registrant")), shipped(t), at("2023-12-21")), "us-sec-8k/item-1-05")
	if c.State != duty.Waiting || !slices.Equal(c.Missing, []string{"material"}) || !strings.Contains(c.Why, "determined to be material") {
		t.Errorf("%s, %v, %s", c.State, c.Missing, c.Why)
	}
	delayed := story(opened("2023-12-20", "us-sec-registrant"), fact("material", "2023-12-20"), fact("disclosure_delayed", "2023-12-21"))
	if c := clockOf(t, Clocks(delayed, shipped(t), at("2023-12-22")), "us-sec-8k/item-1-05"); c.State != NotOwed || c.Inputs[0].Event != 3 {
		t.Errorf("%s, %+v", c.State, c.Inputs)
	}
}

func TestWarnings(t *testing.T) {
	events := story(opened("2021-04-01", "us-defense-contractor"), fact("aware", "2021-04-01"))
	all := shipped(t)
	say := func(when string) string {
		ws := Warnings(Clocks(events, all, at(when)))
		if len(ws) > 1 {
			t.Fatalf("%d warnings at once", len(ws))
		}
		if len(ws) == 0 {
			return ""
		}
		return fmt.Sprintf("%d %s", ws[0].Percent, ws[0].Due.Format(time.DateOnly))
	}
	record := func(when string) {
		for _, w := range Warnings(Clocks(events, all, at(when))) {
			events = append(events, &Event{Form: Form, Incident: testID, Sequence: len(events) + 1, Kind: Warned, At: at(when), Recorded: at(when), Warning: &w})
		}
	}
	for _, tt := range []struct{ when, want string }{
		{"2021-04-02 11:59", ""},
		{"2021-04-02 12:00", "50 2021-04-04"},
		{"2021-04-02 13:00", ""}, // recorded
		{"2021-04-03 09:36", "80 2021-04-04"},
		{"2021-04-03 09:37", ""},
	} {
		if got := say(tt.when); got != tt.want {
			t.Errorf("at %s: %q, want %q", tt.when, got, tt.want)
		}
		record(tt.when)
	}
	if next := ChangesOn(Clocks(events, all, at("2021-04-03 09:37")), at("2021-04-03 09:37")); !next.Equal(at("2021-04-04")) {
		t.Errorf("next change %v", next)
	}
	// A correction makes it another deadline, with warnings of its own.
	events = append(events, &Event{Form: Form, Incident: testID, Sequence: len(events) + 1, Kind: Corrected, Of: 2, At: at("2021-04-01 12:00"), Recorded: at("2021-04-03"), Text: "noon"})
	if got := say("2021-04-03 10:00"); got != "50 2021-04-04" {
		t.Errorf("after the correction: %q", got)
	}
	// What is told late is warned of once, of all its time.
	if got := say("2021-04-20"); got != "100 2021-04-04" {
		t.Errorf("long after: %q", got)
	}
}

// Clocks depend on what happened only: not on the order of directives, and asked
// twice they say the same; what is asked of a moment does not change by what
// happened after it.
func TestClocksRandomly(t *testing.T) {
	random := rand.New(rand.NewPCG(6, 2))
	all := shipped(t)
	for range 60 {
		events := randomStory(random, 40)
		if len(events) == 0 {
			continue
		}
		for i := range events {
			if events[i].Kind == Opened {
				events[i].Regimes = []string{"us-fceb", "us-defense-contractor", "eu-essential-entity", "eu-controller", "us-sec-registrant"}
			}
		}
		when := at("2020-12-13").Add(time.Duration(random.IntN(1500)) * time.Hour)
		want := said(Clocks(events, all, when))
		shuffled := slices.Clone(all)
		random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if got := said(Clocks(events, shuffled, when)); !slices.Equal(got, want) {
			t.Fatalf("in another order\n%s\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		effective, _ := Effective(events)
		past := happened(effective, when)
		if got := said(Clocks(past, all, when)); !slices.Equal(got, want) {
			t.Fatalf("without what came after\n%s\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// BenchmarkClocks works out the clocks of an incident of a hundred events under
// every regime.
func BenchmarkClocks(b *testing.B) {
	all := shipped(b)
	var regimes []string
	for _, d := range all {
		regimes = append(regimes, d.AppliesTo...)
	}
	events := []Event{opened("2026-10-01", regimes...)}
	for _, name := range FactNames() {
		events = append(events, fact(name, "2026-10-01 08:00"))
	}
	for len(events) < 100 {
		events = append(events, told("cisa", "2026-10-01 09:00"))
	}
	recorded := story(events...)
	for b.Loop() {
		if len(Clocks(recorded, all, at("2026-11-01"))) == 0 {
			b.Fatal("no clocks")
		}
	}
}
