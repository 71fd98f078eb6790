package nametext

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/party"
)

func TestItems(t *testing.T) {
	for cell, want := range map[string][]string{
		"":                                    nil,
		"Acme":                                {"Acme"},
		"Acme; Beta Ltd;; ":                   {"Acme", "Beta Ltd"},
		"Acme (one; two); Beta":               {"Acme (one; two)", "Beta"},
		"Acme (one; two":                      {"Acme (one", "two"}, // a bracket that never closes is none
		`"Acme; Old"; Beta`:                   {"Acme", "Old", "Beta"},
		`"Works ""Arrow""; Plant"`:            {`Works "Arrow"`, "Plant"},
		`Acme "the first; Beta`:               {`Acme "the first`, "Beta"},
		"(a) Algerian, (b) German":            {"Algerian", "German"},
		"(a) Algerian (b) German":             {"Algerian", "German"},
		"Acme One; (c)Acme Two; (d) Three":    {"Acme One", "Acme Two", "Three"},
		"Sabet b) M. Kareemi":                 {"Sabet", "M. Kareemi"},
		"Umar, Abu Umar, (e) Abu Ismail":      {"Umar, Abu Umar", "Abu Ismail"},
		"Vitamin (B) Works":                   {"Vitamin (B) Works"},
		"Ismail; or Isma’il":                  {"Ismail", "Isma’il"},
		strings.Repeat("x;", maxItems+5):      nil, // counted below
		"Plan A) and so on":                   {"Plan A) and so on"},
		"Tel. (a) 668 33 01; (b) 0300 820 91": {"Tel. (a) 668 33 01", "0300 820 91"},
	} {
		got := Items(cell)
		if len(cell) > 1000 {
			if len(got) != maxItems {
				t.Errorf("%d items, want the bound %d", len(got), maxItems)
			}
			continue
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%q:\n%s", cell, d)
		}
	}
}

// show writes names as "text" or "text|quality".
func show(names []Name) []string {
	var out []string
	for _, n := range names {
		if n.Quality != "" {
			n.Text += "|" + string(n.Quality)
		}
		out = append(out, n.Text)
	}
	return out
}

func TestNames(t *testing.T) {
	for _, c := range []struct {
		kind party.Kind
		item string
		want []string
	}{
		{party.Person, "John DOE", []string{"John DOE"}},
		{party.Person, "", nil},
		{party.Person, "Text of image", nil},
		{party.Person, "Jin Tiesan (金铁三)", []string{"Jin Tiesan", "金铁三"}},
		{party.Person, "Umar Sulimov (original script: Умар Сулимов)", []string{"Umar Sulimov", "Умар Сулимов"}},
		{party.Person, "Абу Хасан (Abu Hasan; Abou Hassan)", []string{"Абу Хасан", "Abu Hasan", "Abou Hassan"}},
		{party.Person, "Khalid (a.k.a. Khaled, Kalid) QADDUR", []string{"Khalid QADDUR", "Khaled QADDUR", "Kalid QADDUR"}},
		{party.Person, "Fahd (a.k.a. Fahid) Jasim (a.k.a. Jasem) AL-FURAYJ", []string{"Fahd Jasim AL-FURAYJ", "Fahid Jasim AL-FURAYJ", "Fahd Jasem AL-FURAYJ"}},
		{party.Person, "Andrey DOE (a.k.a. Andrei DOU)", []string{"Andrey DOE", "Andrei DOU"}},
		{party.Person, "Osama DOE a.k.a. Usama", []string{"Osama DOE", "Usama"}},
		{party.Person, "Alesia DOE or Olesya DOE", []string{"Alesia DOE", "Olesya DOE"}},
		{party.Person, "Samer AL-DIBIS سامر الدبس", []string{"Samer AL-DIBIS", "سامر الدبس"}},
		{party.Person, "Ирина ПОПОВА / Iрина ПОПОВА", []string{"Ирина ПОПОВА", "Iрина ПОПОВА"}},
		{party.Person, "Ekaterina FEDOTOVA (NAUMOVA)", []string{"Ekaterina FEDOTOVA", "Ekaterina NAUMOVA"}},
		{party.Person, "Valery (Valeriy) Nikolaevich DOE", []string{"Valery Nikolaevich DOE", "Valeriy Nikolaevich DOE"}},
		{party.Person, "Nabeul DOE (Nabel DOE, Nabel AL-DOE)", []string{"Nabeul DOE", "Nabel DOE", "Nabel AL-DOE"}},
		{party.Person, "Mohammad, Qari Din (Minister of Education)", []string{"Mohammad, Qari Din"}},
		{party.Person, "Yassin Sywal (formerly listed as)", []string{"Yassin Sywal|former"}},
		{party.Person, "Merai Doe (as previously listed, in Arabic: مرعي زغبي)", []string{"Merai Doe|former", "مرعي زغبي|former"}},
		{party.Person, "Ali Doe (Date of birth: 22.8.1973; place of birth: Morocco)", []string{"Ali Doe"}},
		{party.Person, "Jaffar Dicko, Abdoul Salam Dicko", []string{"Jaffar Dicko", "Abdoul Salam Dicko"}},
		{party.Person, "Hilarion Santos, III", []string{"Hilarion Santos, III"}},
		{party.Person, "(Sheikh) Musa Hilal", []string{"(Sheikh) Musa Hilal"}},
		{party.Person, "Stage name: Shaman", []string{"Shaman"}},
		{party.Person, "‘Акута’", []string{"Акута"}},
		{party.Person, "Igor DOE (a.k.a. Bes (devil))", []string{"Igor DOE", "Igor Bes"}},
		{party.Organisation, "Ansar al-Shari'a (AAS)", []string{"Ansar al-Shari'a", "AAS|acronym"}},
		{party.Organisation, "Uganda Impex (UCI) LTD", []string{"Uganda Impex LTD", "UCI|acronym"}},
		{party.Organisation, "Guard Corps (IRGC) Regional Corps Quds", []string{"Guard Corps (IRGC) Regional Corps Quds"}},
		{party.Organisation, "Al-Haramain (Ethiopia branch)", []string{"Al-Haramain (Ethiopia branch)"}},
		{party.Organisation, "Leader (Hong Kong) International Trading Limited", []string{"Leader (Hong Kong) International Trading Limited"}},
		{party.Organisation, "華信船務(香港)有限公司", []string{"華信船務(香港)有限公司"}},
		{party.Organisation, "LLC Albatros (ООО ‘Альбатрос’)", []string{"LLC Albatros", "ООО ‘Альбатрос’"}},
		{party.Organisation, "Общество «Звезда» (АО «Звезда»)", []string{"Общество «Звезда»", "АО «Звезда»"}},
		{party.Organisation, "Areen foundation/مؤسسة العرين", []string{"Areen foundation", "مؤسسة العرين"}},
		{party.Organisation, "Neptunus LLC/Neptune LLC", []string{"Neptunus LLC/Neptune LLC"}},
		{party.Organisation, "Trade or Development Bank", []string{"Trade or Development Bank"}},
		{party.Organisation, "9th Brigade, Al-Kani Militia, Kaniat, Kanyat", []string{"9th Brigade", "Al-Kani Militia", "Kaniat", "Kanyat"}},
		{party.Organisation, "Fund for Rights of Citizens, living abroad, and for Culture, Moscow", []string{"Fund for Rights of Citizens, living abroad, and for Culture, Moscow"}},
		{party.Organisation, "Federal Metrology Agency (Rosstandart)", []string{"Federal Metrology Agency", "Rosstandart|weak"}},
		{party.Organisation, "Tianjin Development Co. Ltd (Huaying Haitai)", []string{"Tianjin Development Co. Ltd", "Huaying Haitai"}},
		{party.Organisation, "Relief Trust (Pakistan)", []string{"Relief Trust (Pakistan)"}},
		{party.Organisation, "Relief Trust (Joint Stock Company)", []string{"Relief Trust (Joint Stock Company)"}},
		{party.Organisation, "Центр Аппаратов (особая зона)", []string{"Центр Аппаратов (особая зона)"}},
		{party.Vessel, "Hao Fan 6 (Jon Jin 2)", []string{"Hao Fan 6", "Jon Jin 2"}},
		{party.Person, "Serhiy AKS (Сергiй Валерiйович АКС)", []string{"Serhiy AKS", "Сергiй Валерiйович АКС"}},
		{party.Organisation, "National Security Office (a.k.a. National Security Agency) of Eritrea", []string{"National Security Office of Eritrea", "National Security Agency of Eritrea"}},
		{party.Organisation, "f.k.a. Old Works", []string{"Old Works|former"}},
		{party.Organisation, "Acme Works (former name)", []string{"Acme Works|former"}},
		{party.Organisation, "Aid Organization of the Ulema, Pakistan", []string{"Aid Organization of the Ulema, Pakistan"}},
	} {
		if d := cmp.Diff(c.want, show(Names(c.item, c.kind))); d != "" {
			t.Errorf("%s %q:\n%s", c.kind, c.item, d)
		}
	}
}

func TestNumber(t *testing.T) {
	for text, want := range map[string]string{
		"514448632": "514448632||true",
		"A-333602 (Indian passport issued on 4.6.1985 in Bombay)": "A-333602|Indian passport issued on 4.6.1985 in Bombay|true",
		"Qatari passport number 00868774":                         "00868774||true",
		"A0003039 issued in Iran (Islamic Republic of)":           "A0003039|Islamic Republic of|true",
		"7724552070 (Tax ID/INN)":                                 "7724552070|Tax ID/INN|true",
		"N 011612445, issue no. 002":                              "N 011612445||true",
		"SRN/OGRN 1071651000035":                                  "SRN/OGRN 1071651000035||true",
		"ЕТ218941":                                                "ЕТ218941||true",
		"Ф-703443":                                                "Ф-703443||true",
		"Tunisian national identity number W334061 issued on 9 Mar. 2011": "W334061||true",
		"issued in 1993, under name John Doe":                             "false",
		"unknown":                                                         "false",
		"":                                                                "false",
	} {
		number, note, ok := Number(text)
		got := "false"
		if ok {
			got = number + "|" + note + "|true"
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for cell, want := range map[string][]string{
		"1; 2":                    {"1", "2"},
		"271201003620, 016154160": {"271201003620", "016154160"},
		"7736037394 (Tax ID, Moscow), 1027 (OGRN)": {"7736037394 (Tax ID, Moscow)", "1027 (OGRN)"},
		"N 0116, issue no. 002":                    {"N 0116, issue no. 002"},
		"IR300 / 10101":                            {"IR300", "10101"},
		"(a) 10716775 (card), (b) 2020316097":      {"10716775 (card)", "2020316097"},
	} {
		if d := cmp.Diff(want, Numbers(cell)); d != "" {
			t.Errorf("%q:\n%s", cell, d)
		}
	}
}

// Whatever the text, names are names, valid where the text was, and no longer
// than it; items lose none of their letters.
func FuzzNames(f *testing.F) {
	for _, s := range []string{
		"Khalid (a.k.a. Khaled, Kalid) QADDUR", "Jin (金铁三)", "(a) x; (b) y", `"a; b"`, "a / b", "x (y", "(((", "a.k.a. (alias b) c or d", "أبو (Abu; Du’a) x",
	} {
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, text string, person bool) {
		kind := party.Organisation
		if person {
			kind = party.Person
		}
		for _, item := range Items(text) {
			for _, n := range Names(item, kind) {
				if party.Fold(n.Text) == "" || len(n.Text) > 2*len(text)+8 || utf8.ValidString(text) && !utf8.ValidString(n.Text) {
					t.Errorf("%q of %q", n.Text, item)
				}
			}
			Number(item)
		}
		Numbers(text)
	})
}
