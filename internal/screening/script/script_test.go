package script

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/party"
)

// texts is what Readings gives for a name as it is typed.
func texts(name string) []string {
	var out []string
	for _, r := range Readings(party.Fold(name)) {
		out = append(out, r.Text)
	}
	return out
}

func TestNoReadingsOfLatin(t *testing.T) {
	for _, name := range []string{"", "Xiaomi Corp.", "Ильин"[:1], "Ångström & Søn", "1234", "Łódź", "🚢"} {
		if got := texts(name); got != nil {
			t.Errorf("readings %q of %q, want none", got, name)
		}
	}
}

func TestOf(t *testing.T) {
	for name, want := range map[string]Script{
		"": None, "12 34": None, "Xiaomi": Latin, "小米": Hanzi, "小米 Xiaomi": Latin, "ООО ab": Cyrillic, "ソニー株式会社": Kana,
		"علي": Arabic, "κος": Greek, "שלום": Hebrew, "김": Hangul, "տակո": Armenian, "თბილისი": Georgian, "ไทย": Thai, "राम": Devanagari, "ᚠᚢ": Other,
	} {
		if got := Of(party.Fold(name)); got != want {
			t.Errorf("Of(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestSkeleton(t *testing.T) {
	for _, same := range [][]string{
		{"mohammad", "muhammed", "mohamed", "mhmd"}, {"hussein", "husayn", "hosein", "hsin"}, {"qadir", "kadir", "ghadir", "qadr"},
		{"yusuf", "youssef", "iusuf"}, {"ahmad", "ahmed"}, {"tawfiq", "toufik", "tufiq"}, {"fatima", "fatimah", "fatmah"},
	} {
		for _, w := range same[1:] {
			if a, b := Skeleton(same[0]), Skeleton(w); a != b {
				t.Errorf("skeletons %q of %s and %q of %s, want one", a, same[0], b, w)
			}
		}
	}
	for _, apart := range [][2]string{{"ahmad", "hamid"}, {"salem", "zalem"}, {"karim", "kamil"}} {
		if a := Skeleton(apart[0]); a == Skeleton(apart[1]) {
			t.Errorf("%s and %s have one skeleton %q", apart[0], apart[1], a)
		}
	}
}

func TestHan(t *testing.T) {
	for text, want := range map[string]string{
		"華為技術": "华为技术", "義烏市": "义乌市", "後": "后", "鉄道": "铁道", "広島": "广岛", "小米": "小米", "ab 1": "ab 1", "кот": "кот", "\xff國": "\ufffd国",
	} {
		if got := Han(text); got != want {
			t.Errorf("Han(%q) = %q, want %q", text, got, want)
		}
	}
}

// Every reading of some names, best first: what each script makes of vowels,
// legal forms, surnames and brands.
func TestReadings(t *testing.T) {
	for name, want := range map[string][]string{
		"Дмитрий Алексеевич Ёжиков":           {"dmitriy alekseevich ezhikov", "dmitry alexeyevich yezhikov", "dmitrii alekseevich ezhikov", "dmytryi alekseevych ezhykov", "dmitrij alekseevich ezhikov"},
		"Сергій Юрійович Щербак":              {"serhyi yuriiovych shcherbak", "serhyy yuriyovych shcherbak", "sergiy yuriyovich shcherbak"},
		"Iгар Алегавіч ЗЯМЦОЎ":                {"ihar alehavich ziamtsou", "ihar alehavich zyamtsou", "igar alegavich zyamtsou"},
		"Ђорђе Његош":                         {"djordje njegos", "djordje nyegosh"},
		"Қасым Тоқаев":                        {"qasym toqaev", "kasym tokaev"},
		"Христо Българов":                     {"hristo balgarov", "khristo blgarov"},
		"AO ‘ВОМЗ’":                           {"jsc vomz", "ao vomz"},
		"Зеленодольское конструкторское бюро": {"zelenodolskoe design bureau", "zelenodolsk design bureau", "zelenodolskoe konstruktorskoe byuro", "zelenodolskoye konstruktorskoye byuro", "zelenodolskoe konstruktorskoe biuro", "zelenodolskoe konstruktorskoe bjuro"},
		"Γεώργιος Μπακογιάννης":               {"georgios bakogiannis"},
		"Ευάγγελος Ντίνος":                    {"evangelos ntinos", "evangelos dinos"},
		"عبد الرحمن بن محمد التكريتي":         {"abdul rahman bin mohammad al tikriti", "abdol rahman ben mohammed tikriti", "abd rhmn bn mhmd al tkriti", "abd rhmn bn mhmd tkriti", "abdoul rahman ben mohammad el tikriti"},
		"شرکت ملی نفت ایران":                  {"nioc", "national iranian oil company", "company national oil iran", "company national petroleum iran", "sharkat mali nafat airan", "shrkt mli nft airan"},
		"王君正":                                 {"wang junzheng", "wang jun zheng", "wong jun zheng", "wang chun cheng"},
		"单田芳":                                 {"shan tianfang", "shan tian fang", "shan tien fang"},
		"紐沃泰國際貿易有限公司":                         {"niuwotai international trading co ltd", "niuwotai international trade limited", "niu wo tai international trading co ltd", "niuwotaiguojimaoyiyouxiangongsi"},
		"杭州海康威视数字技术股份有限公司": {
			"hangzhou hikvision digital technology co ltd", "hangzhou hikvision digital technology corp ltd", "hangzhou haikangweishi digital technology co ltd",
			"hangzhou haikang weishi digital technology corp ltd", "hangzhou hai kang wei shi digital technology co ltd", "hangzhouhaikangweishishuzijishugufenyouxiangongsi",
		},
		"김영복":               {"kim yong bok", "kim young bok", "kim yong pok", "gim yeong bok", "kim yongbok", "gim youngbok"},
		"조선백호무역회사":          {"korea paekho trading corporation", "choson baekho trading company", "joson paekho muyokhoesa", "joseon baekho muyeokhoesa", "choson paekho muyokhoesa"},
		"さとう たろう":           {"sato taro", "satou tarou"},
		"ロッテシステム":           {"rotte systems", "rotte system"},
		"«ՏԱԿՈ» ՍՊԸ":        {"tako llc"},
		"Նիկոլ Փաշինյան":    {"nikol pashinyan"},
		"მიხეილ სააკაშვილი": {"mikheil saakashvili"},
		"דניאל כהן":         {"daniel cohen", "dnyal khn"},
	} {
		if d := cmp.Diff(want, texts(name)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

// Which rule made a reading, and whether its vowels are there.
func TestRules(t *testing.T) {
	for name, want := range map[string]Reading{
		"华为技术有限公司":        {Text: "huawei", Rule: "pack:zh-companies"},
		"上海海康威视电子":        {Text: "shanghai hikvision electronics", Rule: "pack:zh-companies"},
		"广东高云半导体科技股份有限公司": {Text: "gowin semiconductor", Rule: "pack:zh-companies"},
		"Сбербанк":        {Text: "sberbank", Rule: "pack:ru-organisations"},
		"ПАО ВТБ":         {Text: "vtb", Rule: "pack:ru-organisations"},
		"中国民生公司":          {Text: "china minsheng company", Rule: "zh-terms"},
		"محمد":            {Text: "mohammad", Rule: "ar"},
		"김영복":             {Text: "kim yong bok", Rule: "ko-dprk"},
	} {
		all := Readings(party.Fold(name))
		if len(all) == 0 || all[0] != want {
			t.Errorf("readings %+v of %s, want %+v first", all, name, want)
		}
	}
	var bare []string
	for _, r := range Readings(party.Fold("تكريتي زعتر")) {
		if r.Skeleton {
			bare = append(bare, r.Rule)
		}
	}
	if d := cmp.Diff([]string{"ar-skeleton"}, bare); d != "" {
		t.Errorf("readings without vowels (-want +got):\n%s", d)
	}
}

func TestAliases(t *testing.T) {
	for name, want := range map[string]string{
		"CNOOC": "china national offshore oil corporation", "China National Offshore Oil Corporation, Ltd.": "cnooc", "Islamic Revolutionary Guard Corps": "irgc",
	} {
		got := Aliases(party.Fold(name))
		if len(got) == 0 || got[0].Text != want || got[0].Rule != "pack:acronyms" {
			t.Errorf("aliases %+v of %s, want %s", got, name, want)
		}
	}
	for _, name := range []string{"", "Acme", "CNOOC Sailing Club", "华为"} {
		if got := Aliases(party.Fold(name)); got != nil {
			t.Errorf("aliases %+v of %q, want none", got, name)
		}
	}
}
