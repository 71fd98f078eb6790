package party

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"countersign.dev/internal/ledger"
)

func TestCoreJoinsLegalForms(t *testing.T) {
	for want, names := range map[string][]string{
		"xiaomi":                     {"Xiaomi", "Xiaomi Corp", "XIAOMI CORPORATION", "Xiaomi Corp., Ltd.", "Xiaomi Inc", "Xiaomi Company Limited"},
		"luokung technology":         {"Luokung Technology Corp.", "Luokung Technology Corporation"},
		"huawei technologies":        {"Huawei Technologies Co., Ltd.", "Huawei Technologies Co Ltd", "HUAWEI TECHNOLOGIES COMPANY LIMITED"},
		"addsino":                    {"Addsino Co. Ltd.", "Addsino Co., Ltd."},
		"grupo cinjab":               {"GRUPO CINJAB, S.A. DE C.V.", "Grupo Cinjab SA de CV", "Grupo Cinjab, S.A."},
		"eni":                        {"Eni S.p.A.", "ENI SPA"},
		"siemens":                    {"Siemens AG", "Siemens A.G."},
		"sberbank of russia":         {"PUBLIC JOINT STOCK COMPANY SBERBANK OF RUSSIA", "PJSC Sberbank of Russia", "Sberbank of Russia PJSC", "OAO Sberbank of Russia"},
		"petronas":                   {"Petronas Sdn. Bhd.", "PETRONAS SDN BHD", "Petronas Sdn Bhd."},
		"philips":                    {"Philips N.V.", "Philips NV", "Philips B.V."},
		"сбербанк":                   {"ПАО Сбербанк", "ОАО «Сбербанк»", "Сбербанк, АО"},
		"华为技术":                       {"华为技术有限公司", "华为技术股份有限公司"},
		"任天堂":                        {"任天堂株式会社", "株式会社任天堂"},
		"삼성전자":                       {"삼성전자 주식회사", "주식회사 삼성전자", "삼성전자주식회사"},
		"rolls and royce":            {"Rolls & Royce plc", "Rolls and Royce P.L.C."},
		"smith":                      {"Smith & Co.", "Smith and Company, Inc."},
		"china railway construction": {"China Railway Construction Corporation Limited", "China Railway Construction Corp Ltd"},
	} {
		for _, name := range names {
			if got := Core(name); got != want {
				t.Errorf("Core(%q) = %q, want %q", name, got, want)
			}
		}
	}
}

func TestCoreKeepsWhatTellsApart(t *testing.T) {
	for name, want := range map[string]string{
		"":          "",
		"...":       "",
		"Limited":   "ltd",
		"Co., Ltd.": "co",
		"公司":        "公司",
		"有限公司":      "有限公司",
		"小米集团":      "小米集团",
		"Aviation Industry Corporation of China, Ltd.": "aviation industry corp of china",
		"AS Roma":                          "as roma",
		"SA Brewing":                       "sa brewing",
		"A. O. Smith Corporation":          "a o smith",
		"AO Smith":                         "ao smith",
		"Company of Heroes":                "co of heroes",
		"Group (Limited) of Beijing":       "group ltd of beijing",
		"SMIC (Beijing) Corporation":       "smic beijing",
		"Advanced Micro Inc. China (AMEC)": "advanced micro inc china amec",
	} {
		if got := Core(name); got != want {
			t.Errorf("Core(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestCoreProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := names().Draw(t, "name")
		core, folded := Core(name), Fold(name)
		if (core == "") != (folded == "") {
			t.Fatalf("Core(%q) = %q, fold %q", name, core, folded)
		}
		if of := Core(folded); of != core {
			t.Fatalf("Core(%q) = %q, of its fold %q", name, core, of)
		}
	})
}

func TestPersonTerm(t *testing.T) {
	a, b := PersonTerm("HANIYA, Ismail Abdul Salah"), PersonTerm("Ismail Abdul Salah Haniya")
	if a != b || a != "person:abdul haniya ismail salah" {
		t.Errorf("terms %q and %q, want both person:abdul haniya ismail salah", a, b)
	}
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.StringMatching(`[A-Za-zéЖ]{1,8}`), 1, 6).Draw(t, "words")
		turned := rapid.Permutation(words).Draw(t, "turned")
		if a, b := PersonTerm(strings.Join(words, " ")), PersonTerm(strings.Join(turned, ", ")); a != b {
			t.Fatalf("%q and %q differ", a, b)
		}
		if c := Core(strings.Join(words, " ")); strings.HasPrefix(c, "person:") {
			t.Fatalf("core %q meets person terms", c)
		}
	})
}

func TestIdentifierTerm(t *testing.T) {
	for _, c := range []struct{ scheme, value, want string }{
		{"passport", "AB 123-456", "passport:ab123456"},
		{"LEI", "549300XIVJCBIGMRUD48", "lei:549300xivjcbigmrud48"},
		{"ticker", "CHA  US", "ticker:cha us"},
		{"tax", "B/123.4", "tax:b1234"},
		{"uscc", "９１", "uscc:91"},
		{"x", "", "x:"},
	} {
		if got := IdentifierTerm(c.scheme, c.value); got != c.want {
			t.Errorf("IdentifierTerm(%q, %q) = %q, want %q", c.scheme, c.value, got, c.want)
		}
	}
}

func TestSlug(t *testing.T) {
	for name, want := range map[string]string{
		"Xiaomi Corporation":                    "xiaomi-corporation",
		"Luokung Technology Corp.":              "luokung-technology-corp",
		"Luokong Technology Corporation":        "luokong-technology-corporation",
		"AVIC Xi’an Aircraft":                   "avic-xi-an-aircraft",
		"Huawei Investment & Holding Co., Ltd.": "huawei-investment-and-holding-co-ltd",
	} {
		if got := Slug(name); got != want {
			t.Errorf("Slug(%q) = %q, want %q", name, got, want)
		}
	}
	if a, b := Slug("小米集团"), Slug("华为技术"); a == b || !strings.HasPrefix(a, "x") {
		t.Errorf("native names have slugs %q and %q, want two of their own", a, b)
	}
	if a, b := Slug("Xiaomi 小米"), Slug("Xiaomi"); a == b || !strings.HasPrefix(a, "xiaomi-x") {
		t.Errorf("slug %q of a mixed name, want one apart from %q", a, b)
	}
	if a, b := Slug(""), Slug("!!!"); a == "" || b == "" || a == b {
		t.Errorf("slugs %q and %q of nothing", a, b)
	}
	rapid.Check(t, func(t *rapid.T) {
		name := names().Draw(t, "name")
		slug := Slug(name)
		if slug == "" || len(slug) > maxSlug+14 || strings.Trim(slug, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			t.Fatalf("Slug(%q) = %q", name, slug)
		}
	})
}

func TestNameStatements(t *testing.T) {
	org := Name{Name: "Xiaomi Corp.", Quality: Primary}
	person := Name{Name: "LEI, Jun", Quality: Alias}
	got := append(NameStatements("l:1", "primary", Organisation, org), NameStatements("l:2", "alt:7", Person, person)...)
	want := []ledger.Statement{
		{Kind: FactName, Subject: "l:1", Key: "primary", Term: "xiaomi corp", Body: org},
		{Kind: FactCore, Subject: "l:1", Key: "primary", Term: "xiaomi", Body: org},
		{Kind: FactName, Subject: "l:2", Key: "alt:7", Term: "lei jun", Body: person},
		{Kind: FactCore, Subject: "l:2", Key: "alt:7", Term: "person:jun lei", Body: person},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestStatementKeys(t *testing.T) {
	a := IdentifierStatement("l:1", Identifier{Scheme: "passport", Value: "A 1", Country: "Iran"})
	b := IdentifierStatement("l:1", Identifier{Scheme: "passport", Value: "A1", Country: "IRAN"})
	c := IdentifierStatement("l:1", Identifier{Scheme: "passport", Value: "A1", Country: "Iraq"})
	if a.Key != b.Key || a.Key == c.Key || a.Term != c.Term {
		t.Errorf("keys %q, %q, %q; terms %q, %q", a.Key, b.Key, c.Key, a.Term, c.Term)
	}
	long := DetailStatement("l:1", Detail{Name: "directive", Value: strings.Repeat("long ", 900)})
	if len(long.Key) > 200 {
		t.Errorf("key of %d bytes", len(long.Key))
	}
	l := LinkStatement("l:1", Link{Relation: "linked_to", Name: "AL QA'IDA"})
	if l.Key != "linked_to:al qa ida" || l.Term != "" {
		t.Errorf("link %+v", l)
	}
	if l := LinkStatement("l:1", Link{Relation: "parent", To: "l:2", Name: "x"}); l.Key != "parent:l:2" || l.Term != "l:2" {
		t.Errorf("link %+v", l)
	}
}
