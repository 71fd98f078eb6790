package bods

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
)

func read(t testing.TB, text string) (*ledger.Reading, error) {
	t.Helper()
	if !Recognise("x.json", []byte(text)) {
		t.Fatalf("not recognised: %q", text[:min(len(text), 80)])
	}
	return Read(t.Context(), Source("dir/Reg.json"), []byte(text), Limits{})
}

// interests is what a reading states of who holds what in whom, in short.
func interests(r *ledger.Reading) []string {
	var out []string
	for _, s := range r.Statements {
		i, ok := s.Body.(party.Interest)
		if !ok {
			continue
		}
		words := []string{strings.TrimPrefix(i.Holder, "bods-reg:") + ">" + strings.TrimPrefix(s.Subject, "bods-reg:"), "(" + i.HolderName + ">" + i.HeldName + ")"}
		for _, stake := range []struct {
			name string
			of   *party.Stake
		}{{"economic", i.Economic}, {"voting", i.Voting}} {
			if stake.of != nil {
				words = append(words, stake.name+" "+stake.of.Min+".."+stake.of.Max)
			}
		}
		if i.Control != "" {
			words = append(words, "control "+string(i.Control))
		}
		if i.Indirect {
			words = append(words, "indirect")
		}
		if s.ValidFrom != party.Ever {
			words = append(words, "from "+string(s.ValidFrom))
		}
		if s.ValidTo != access.Forever {
			words = append(words, "to "+string(s.ValidTo))
		}
		out = append(out, strings.Join(words, " "))
	}
	return out
}

// Statements that the tests put together.
const (
	entityA  = `{"statementId":"s1","recordId":"A","recordType":"entity","recordStatus":"new","statementDate":"2020-01-01","recordDetails":{"entityType":{"type":"registeredEntity"},"name":"Acme Ltd","identifiers":[{"id":"529900T8BM49AURSDO55","scheme":"XI-LEI"},{"id":"123","scheme":"GB-COH"}]}}`
	personP  = `{"statementId":"s2","recordId":"P","recordType":"person","statementDate":"2020-01-01","recordDetails":{"personType":"knownPerson","names":[{"type":"legal","fullName":"Ann Example"},{"type":"alternative","fullName":"A. Example"}],"birthDate":"1970-05","nationalities":[{"code":"GB"}]}}`
	relation = `{"statementId":"s3","recordId":"R","recordType":"relationship","recordStatus":"STATUS","statementDate":"2021-01-01","publicationDetails":{"publicationDate":"2021-02-03"},"source":{"url":"https://example.org/r"},"recordDetails":{"subject":"A","interestedParty":PARTY,"interests":[INTERESTS]}}`
)

// file is the three statements, with a relationship of these interests.
func file(interests string) string {
	return "[" + strings.Join([]string{entityA, personP, related(interests, `"P"`, "new")}, ",\n") + "]"
}

func related(interests, holder, status string) string {
	return strings.NewReplacer("INTERESTS", interests, "PARTY", holder, "STATUS", status).Replace(relation)
}

func TestInterests(t *testing.T) {
	const who = "P>A (Ann Example>Acme Ltd) "
	for _, c := range []struct {
		name, interests string
		want            []string
	}{
		{"exact", `{"type":"shareholding","directOrIndirect":"direct","share":{"exact":33.3333},"startDate":"2019-05-01"}`, []string{who + "economic 33.3333..33.3333 from 2019-05-01"}},
		{"a range", `{"type":"shareholding","share":{"minimum":25,"maximum":50}}`, []string{who + "economic 25..50"}},
		{"exclusive bounds", `{"type":"shareholding","share":{"exclusiveMinimum":25,"exclusiveMaximum":50}}`, []string{who + "economic 25..49.999999999999999"}},
		{"exclusive by a truth", `{"type":"shareholding","share":{"minimum":25,"maximum":50,"exclusiveMinimum":true,"exclusiveMaximum":true}}`, []string{who + "economic 25..49.999999999999999"}},
		{"one bound", `{"type":"votingRights","share":{"minimum":75}}`, []string{who + "voting 75..100"}},
		{"no share", `{"type":"shareholding"}`, []string{who + "economic 0..100"}},
		{"several as one", `{"type":"shareholding","share":{"exact":60}},{"type":"votingRights","share":{"exact":70}},{"type":"appointmentOfBoard"}`,
			[]string{who + "economic 60..60 voting 70..70 control board"}},
		{"lots stay apart", `{"type":"shareholding","share":{"exact":30}},{"type":"shareholding","share":{"exact":20}}`, []string{who + "economic 30..30", who + "economic 20..20"}},
		{"other days stay apart", `{"type":"shareholding","share":{"exact":30},"endDate":"2020-06-01"},{"type":"votingRights","share":{"exact":20}}`,
			[]string{who + "economic 30..30 to 2020-06-01", who + "voting 20..20"}},
		{"indirect", `{"type":"shareholding","directOrIndirect":"indirect","share":{"exact":60}}`, []string{who + "economic 60..60 indirect"}},
		{"control", `{"type":"trustee"}`, []string{who + "control trust"}},
		{"control in other words", `{"type":"controlByLegalFramework"}`, []string{who + "control other"}},
		{"nothing known", `{"type":"unknownInterest"}`, []string{who + "economic 0..100"}},
		{"none named", ``, []string{who + "economic 0..100"}},
		{"ended before it began", `{"type":"shareholding","startDate":"2020-01-01","endDate":"2020-01-01"}`, nil},
	} {
		r, err := read(t, file(c.interests))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if d := cmp.Diff(c.want, interests(r)); d != "" {
			t.Errorf("%s:\n%s", c.name, d)
		}
		if r.Source != "ownership/reg" || r.Published != "2021-02-03" || r.Rows != 3 {
			t.Errorf("%s: source %s, published %s, %d rows", c.name, r.Source, r.Published, r.Rows)
		}
	}
}

func TestRecords(t *testing.T) {
	share := func(n int) string { return fmt.Sprintf(`{"type":"shareholding","share":{"exact":%d}}`, n) }
	older := strings.NewReplacer("2021-01-01", "2020-05-05").Replace(related(share(10), `"P"`, "new"))
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"lines", entityA + "\n" + personP + "\n" + related(share(5), `"P"`, "new") + "\n", []string{"P>A (Ann Example>Acme Ltd) economic 5..5"}},
		{"the later one counts", "[" + related(share(20), `"P"`, "updated") + "," + older + "]", []string{"P>A (>) economic 20..20"}},
		{"closed", "[" + related(share(20), `"P"`, "closed") + "]", []string{"P>A (>) economic 20..20 to 2021-01-01"}},
		{"nobody specified", "[" + entityA + "," + related(share(20), `{"reason":"interestedPartyExempt","description":"listed on an exchange"}`, "new") + "]",
			[]string{"unspecified/R>A (not specified: listed on an exchange>Acme Ltd) economic 20..20"}},
		{"0.2", `[{"statementID":"e","statementType":"entityStatement","name":"Acme Ltd"},{"statementID":"p","statementType":"personStatement","names":[{"fullName":"Ann"}]},
			{"statementID":"o","statementType":"ownershipOrControlStatement","subject":{"describedByEntityStatement":"e"},"interestedParty":{"describedByPersonStatement":"p"},"interests":[{"type":"shareholding","interestLevel":"indirect","share":{"exact":51}},{"type":"appointment-of-board"}]},
			{"statementID":"o2","statementType":"ownershipOrControlStatement","replacesStatements":["o"],"subject":{"describedByEntityStatement":"e"},"interestedParty":{"unspecified":{"reason":"unknown"}},"interests":[{"type":"voting-rights","share":{"minimum":25,"maximum":50}}]}]`,
			[]string{"unspecified/o2>e (not specified: unknown>Acme Ltd) voting 25..50"}},
	} {
		r, err := read(t, c.text)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if d := cmp.Diff(c.want, interests(r)); d != "" {
			t.Errorf("%s:\n%s", c.name, d)
		}
	}
}

func TestParties(t *testing.T) {
	r, err := read(t, file(``))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range r.Statements {
		if s.Kind != party.FactInterest {
			got = append(got, fmt.Sprintf("%s %s %v", s.Subject, s.Term, s.Body))
		}
	}
	want := []string{
		"bods-reg:A acme ltd {Acme Ltd primary}", "bods-reg:A acme {Acme Ltd primary}",
		"bods-reg:A lei:529900t8bm49aursdo55 {lei 529900T8BM49AURSDO55 }", "bods-reg:A registration:123 {registration 123 GB}",
		"bods-reg:P ann example {Ann Example primary}", "bods-reg:P person:ann example {Ann Example primary}",
		"bods-reg:P a example {A. Example alias}", "bods-reg:P person:a example {A. Example alias}",
		"bods-reg:P  {birth_date 1970-05}", "bods-reg:P  {nationality GB}",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{file(`{"type":"shareholding","share":{"exact":101}}`), `statement 3 ("s3"): share: "101" is no share`},
		{file(`{"type":"shareholding","share":{"minimum":60,"maximum":40}}`), `statement 3 ("s3"): share: 60 is more than 40`},
		{file(`{"type":"shareholding","startDate":"May 2020"}`), `statement 3 ("s3"): startDate is "May 2020"; want YYYY-MM-DD`},
		{file(`{"type":5}`), `statement 3: field "recordDetails.interests.type": is a number`},
		{"[" + entityA + "," + personP, `the JSON ends too early`},
		{"[" + entityA + ",]", `statement 2: byte`},
		{`[{"statementId":"x","recordType":"ship","recordId":"1"}]`, `statement 1 ("x"): recordType is "ship", want entity, person or relationship`},
		{`[{"statementId":"x","recordType":"entity"}]`, `statement 1 ("x"): no recordId`},
		{`[{"statementID":"x","statementType":"shipStatement"}]`, `statementType is "shipStatement"`},
		{"[" + entityA + "," + strings.Replace(personP, `"P"`, `"A"`, 1) + "]", `record "A" is a person, and in statement 1 ("s1") a entity`},
		{"[" + related(``, `5`, "new") + "]", `interestedParty is neither a recordId nor says why there is none`},
		{"[" + related(``, `"a\u0000"`, "new") + "]", `interestedParty has a control character`},
	} {
		_, err := read(t, c.text)
		if problem.KindOf(err) != problem.Invalid || !strings.Contains(fmt.Sprint(err), c.want) {
			t.Errorf("%.80q: %v, want %q", c.text, err, c.want)
		}
	}
}

func TestLimits(t *testing.T) {
	text := []byte(file(`{"type":"shareholding","details":"many words"},{"type":"votingRights"}`))
	for name, limits := range map[string]Limits{"bytes": {Bytes: 10}, "statements": {Statements: 2}, "text": {Text: 5}, "interests": {Interests: 1}} {
		if _, err := Read(t.Context(), "ownership/x", text, limits); problem.KindOf(err) != problem.TooLarge {
			t.Errorf("limit of %s: %v, want too_large", name, err)
		}
	}
}

func TestRecognise(t *testing.T) {
	for head, want := range map[string]bool{
		entityA: true, "\ufeff [" + entityA: true, `[{"statementID":"1","statementType":"x"`: true,
		"": false, `{"statementId":1}`: false, `{"id":"x","schema":"Person","properties":{}}`: false, "statementId recordType": false,
	} {
		if got := Recognise("x.json", []byte(head)); got != want {
			t.Errorf("%.60q recognised: %v, want %v", head, got, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(file(`{"type":"shareholding","share":{"exact":50}},{"type":"shareholding","share":{"exclusiveMaximum":5}},{"type":"boardMember"}`)))
	f.Add([]byte(entityA + related(`{"type":"votingRights","endDate":"2020-01-01T00:00:00Z"}`, `{"reason":"x"}`, "closed")))
	f.Add([]byte(`[{"statementID":"e","statementType":"entityStatement","name":"A","replacesStatements":["e"]}]`))
	f.Add([]byte(`{"statementId":"","recordType":"person","recordId":"\u0000"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := Read(t.Context(), "ownership/x", b, Limits{Statements: 1000})
		if err != nil {
			return
		}
		seen := map[[3]string]string{}
		for _, s := range r.Statements {
			body, err := json.Marshal(s.Body)
			if err != nil {
				t.Fatal(err)
			}
			k := [3]string{s.Kind, s.Subject, s.Key}
			if old, twice := seen[k]; twice && old != string(body) {
				t.Errorf("stated twice, and differently: %q", k)
			}
			seen[k] = string(body)
			if s.Kind == party.FactInterest && (s.ValidFrom >= s.ValidTo || s.Term == "") {
				t.Errorf("not a statement that can be kept: %+v", s)
			}
		}
	})
}
