package match

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/party"
)

// TestScore says which names are one at the threshold, and which are two.
func TestScore(t *testing.T) {
	const (
		person = party.Person
		org    = party.Organisation
		vessel = party.Vessel
	)
	for _, c := range []struct {
		kind        party.Kind
		query, name string
		one         bool
	}{
		// Spelling and customs of romanisation.
		{person, "Muhamad Daud", "MOHAMMED, Daoud", true},
		{person, "Sergei Lavrov", "LAVROV, Sergey", true},
		{person, "Valery Kulikoff", "KULIKOV, Valeriy", true},
		{person, "Muammar Gaddafi", "QADHAFI, Muammar", true},
		{person, "Yousef Nouri", "Yusuf Noori", true},
		{person, "Abdurrahman Faqih", "Abd al-Rahman al-Faqih", true},
		{person, "Saif ad-Din Ammar", "Saifuddin Ammar", true},
		{person, "Petmr Kolbin", "KOLBIN, Petr", true},
		{person, "Recep Tayyip Erdem", "Recep Tayyip Erdoğan", false},
		{person, "Qa'id Salih", "Qaid Salih", true},
		// Order, and what is left out.
		{person, "Ivan Petrovich Sidorov", "SIDOROV, Ivan Petrovich", true},
		{person, "Boris Johnson", "Alexandre Boris de Pfeffel Johnson", true},
		{person, "Petrov", "Ivan Petrov", false},
		{person, "Ivan", "Ivan Petrov", false},
		{person, "N. Nazarbayev", "Nursultan Nazarbayev", true},
		{person, "William G. Frost", "William W. Frost", false},
		{person, "Kim Chol Nam", "KIM, Chol", false},
		{person, "Kim Yongchol", "Kim Yong-chol", true},
		{person, "Nidal al-Dulaimi", "Nidal al-Rabi'i", false},
		{person, "Igor Louie", "Igor Rincon", false},
		// Organisations: forms, abbreviations, cut words.
		{org, "OAO Gazprom", "Open Joint Stock Company Gazprom", true},
		{org, "Khiti Holding Grp", "KHITI HOLDING GROUP", true},
		{org, "JOINT STOfCK COMPANY SHVABE", "SHVABE PAO", true},
		{org, "Hua Wei Technologies", "Huawei Technologies Co., Ltd.", true},
		{org, "Huawei", "Hua Wei", true},
		{org, "Aisinocorporation", "Aisino Corporation", true},
		{org, "A.B.C. Company", "ABC Co.", true},
		{org, "AlNasim Trading", "Al-Nasim Trading", true},
		{org, "People’s Bank", "Peoples Bank", true},
		{org, "Turkish Airlines", "Syrian Airlines", false},
		{org, "Bank of Iran", "Bank of Iraq", false},
		{org, "BAE Industries", "BWI Industries", false},
		{org, "Banco Santander México", "Banco Santander Chile", false},
		{org, "Bosch GmbH", "Corp GmbH", false},
		// Ships: short names, strict numbers.
		{vessel, "MRAIANA", "MARIANA", true},
		{vessel, "IRAN HORMUZ XIV", "IRAN HORMUZ 14", true},
		{vessel, "IRAN HORMUZ 14", "IRAN HORMUZ 12", false},
		{vessel, "Lady Leila", "Lady Rania", false},
		// Scripts, both ways.
		{person, "Владимир Путин", "Vladimir PUTIN", true},
		{person, "Vladimir Putin", "Владимир Путин", true},
		{person, "Александар Вукић", "Александар Вучић", true},
		{org, "ООО Газпром Флот", "LLC “Gazprom Flot”", true},
		{org, "深圳市佰联升电子", "深圳佰联升电子", true},
		{person, "김정은", "Kim Jong Un", true},
	} {
		score := Prepare(Query{c.query, c.kind}).Score(Name{Text: c.name, Kind: c.kind})
		if one := score >= Threshold; one != c.one {
			t.Errorf("%s %q and %q score %.4f, want one: %v", c.kind, c.query, c.name, score, c.one)
		}
	}
}

// TestEqualNames score one, whatever sorts of words they consist of.
func TestEqualNames(t *testing.T) {
	for _, name := range []string{"The Company", "A. B.", "14", "al", "Ltd", "X1", "株式会社", "de la", "Dr.", "محمد", "K K", "zz", "ab"} {
		for _, kind := range []party.Kind{"", party.Person, party.Organisation, party.Vessel} {
			if s := Prepare(Query{name, kind}).Score(Name{Text: name, Kind: kind}); s != 1 {
				t.Errorf("%s %q and itself score %v", kind, name, s)
			}
		}
	}
}

func TestQualityAndKind(t *testing.T) {
	score := func(query string, kind party.Kind, n Name) float64 { return Prepare(Query{query, kind}).Score(n) }
	near := Name{Text: "Zhamilla", Kind: party.Organisation, Quality: party.Alias}
	if s := score("Zhamila", party.Organisation, near); s < Threshold {
		t.Errorf("an alias with a letter less scores %v", s)
	}
	for _, q := range []party.Quality{party.Weak, party.Acronym} {
		near.Quality = q
		if s := score("Zhamila", party.Organisation, near); s >= Threshold {
			t.Errorf("%s with a letter less scores %v", q, s)
		}
		if s := score("Zhamilla", party.Organisation, near); s != 1 {
			t.Errorf("%s as it stands scores %v", q, s)
		}
	}
	if s := score("Jan Kowalski", party.Person, Name{Text: "Jan Kowalski", Kind: party.Organisation}); s >= 1 || s < Threshold {
		t.Errorf("a company of a person's name scores %v, want less than 1 and a hit", s)
	}
}

// TestExplain holds the whole of one explanation.
func TestExplain(t *testing.T) {
	why := Prepare(Query{"Hua Wei Technologis LLC", party.Organisation}).Explain(
		Name{Text: "Huawei Technologies Co., Ltd. Dubai", Kind: party.Organisation, Quality: party.Primary})
	got, err := json.MarshalIndent(why, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	want := `{
 "version": "` + Version + `",
 "score": 0.7857,
 "threshold": 0.85,
 "model": "organisation",
 "query": {
  "text": "Hua Wei Technologis LLC",
  "kind": "organisation",
  "words": "hua wei technologis limited"
 },
 "name": {
  "text": "Huawei Technologies Co., Ltd. Dubai",
  "kind": "organisation",
  "quality": "primary",
  "words": "huawei technology limited dubai"
 },
 "pairs": [
  {
   "query": "hua wei",
   "name": "huawei",
   "similarity": 0.98,
   "weight": 0.85,
   "how": "joined"
  },
  {
   "query": "technologis",
   "name": "technology",
   "similarity": 0.914,
   "weight": 0.4,
   "how": "spelling"
  }
 ],
 "only_query": [],
 "only_name": [
  {
   "word": "dubai",
   "role": "word",
   "weight": 0.98
  }
 ],
 "parts": {
  "paired": 0.5605,
  "lost": 0.0224,
  "conflict": 0,
  "extra": 0,
  "missing": 0.4394
 },
 "caps": []
}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("explanation (-want +got):\n%s", diff)
	}
}

// TestExplainAgrees with the score of every pair that people have labelled.
func TestExplainAgrees(t *testing.T) {
	for _, row := range readCSV(t, "data/screening/eval/peer_pairs_name_bench.csv") {
		p, n := Prepare(Query{Text: row[2]}), Name{Text: row[3]}
		if why := p.Explain(n); why.Score != p.Score(n) {
			t.Errorf("%q and %q: explained %v, scored %v", row[2], row[3], why.Score, p.Score(n))
		}
	}
}
