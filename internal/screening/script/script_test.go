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

func TestCyrillic(t *testing.T) {
	for name, want := range map[string][]string{
		"Дмитрий Алексеевич": {"dmitriy alekseevich", "dmitry alexeyevich", "dmitrii alekseevich", "dmytryi alekseevych"},
	} {
		if d := cmp.Diff(want, texts(name)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}
