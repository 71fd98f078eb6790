package match

import "countersign.dev/internal/party"

// formClass is one legal form, whatever the language in which it is written.
// Two companies of one name and different classes are more likely two than
// those of one class; more than that a form does not tell.
type formClass uint8

const (
	formNone    formClass = iota
	formCompany           // a company of no said form: "company", "firm", "enterprise" as such
	formLimited           // liability limited to the shares: Ltd, LLC, GmbH, SARL, OOO
	formStock             // shares that can be traded: Corp, Inc, PLC, SA, AG, JSC
	formPartner           // partnerships: LP, LLP, KG
	formState             // owned by a state: FGUP, state enterprise
	formBody              // no owners: foundation in the legal sense, NGO, ANO
)

var formNames = [...]string{"", "company", "limited", "stock", "partnership", "state", "body"}

// form is what is known of a legal form.
type form struct {
	class  formClass
	plain  bool // nothing but a legal form, so that it is one behind a person's name too
	letter bool // a few letters that may be initials too: never put together from single ones in front
}

// formSpellings are legal forms without marks and spaces, so
// that "L.L.C.", "Limited liabilitycompany" and "S. de R.L." are found however
// they are cut. The list was made by us from the endings of names on official
// lists and from the company laws of the countries concerned.
var formSpellings = []struct {
	form  form
	words []string
}{
	{form{class: formCompany}, []string{"co", "company", "compania", "compagnie", "companhia", "kompaniya", "kompania", "firma", "sherkat", "sherkate", "shirkat", "sharikat", "sharika"}},
	{form{class: formLimited, plain: true}, []string{
		"ltd", "limited", "lmtd", "llc", "ltda", "limitada", "gmbh", "sarl", "srl", "spzoo", "sdnbhd", "pteltd", "pvtltd",
		"coltd", "companylimited", "companyltd", "colimited", "privatelimited", "ptyltd", "privateltd", "pvtlimited",
		"limitedliabilitycompany", "limitedliabilityco", "limitedliabilitycorporation", "gesellschaftmitbeschrankterhaftung",
		"societearesponsabilitelimitee", "sociedadderesponsabilidadlimitada", "societacuraspunderelimitata", "societateacuraspunderelimitata",
		"sderl", "sderldecv", "beslotenvennootschap", "fzco", "fzllc", "fzellc", "wll", "dmcc", "ooo", "tov",
		"obshchestvosogranichennoiotvetstvennostyu", "obshchestvosogranichennoyotvetstvennostyu", "obshestvosogranichennojotvetstvennostyu",
		"obschestvosogranichennoyotvetstvennostyu", "obshchestvosogranichennojotvetstvennostyu", "obshchestvosogranichennoyotvetstvennostiu",
		"tovarystvozobmezhenoyuvidpovidalnistyu", "drustvosogranicenomodgovornoscu",
		"ооо", "обществосограниченнойответственностью", "тов", "тоо", "товариствозобмеженоювідповідальністю", "еоод", "оод",
		"شركةذاتمسؤوليةمحدودة", "ذمم", "ذاتمسؤوليةمحدودة", "주식회사", "유한회사", "有限公司", "有限责任公司", "有限責任公司", "有限会社", "合同会社",
	}},
	{form{class: formStock, plain: true}, []string{
		"corp", "corporation", "inc", "incorporated", "plc", "jsc", "ojsc", "cjsc", "pjsc", "pjsco", "oao", "zao", "pao", "oyj", "asa", "sadecv", "sabdecv",
		"jointstockcompany", "jointstockco", "openjointstockcompany", "closedjointstockcompany", "publicjointstockcompany", "publicjointstockco",
		"privatejointstockcompany", "openjointstockco", "closedjointstockco", "publiclimitedcompany", "unitaryjointstockcompany",
		"aktiengesellschaft", "societeanonyme", "sociedadanonima", "sociedadeanonima", "societaperazioni", "spa", "pubco",
		"aktsionernoeobshchestvo", "aktsionernoyeobshchestvo", "aktsionernoeobschestvo", "akcionernoeobshchestvo",
		"otkrytoeaktsionernoeobshchestvo", "otkrytoyeaktsionernoyeobshchestvo", "otkrytoeaktsionernoeobschestvo",
		"zakrytoeaktsionernoeobshchestvo", "publichnoeaktsionernoeobshchestvo", "publichnoyeaktsionernoyeobshchestvo",
		"nepublichnoeaktsionernoeobshchestvo", "aksiyadorlikjamiyati", "anonimsirketi",
		"оао", "зао", "пао", "ао", "акционерноеобщество", "открытоеакционерноеобщество", "закрытоеакционерноеобщество",
		"публичноеакционерноеобщество", "непубличноеакционерноеобщество", "прат", "ват", "пат", "акціонернетовариство",
		"股份有限公司", "股份有限责任公司", "股份公司", "株式会社", "kabushikikaisha", "kabushikigaisha",
	}},
	{form{class: formPartner, plain: true}, []string{"llp", "limitedliabilitypartnership", "limitedpartnership", "kommanditgesellschaft", "gmbhcokg", "gmbhandcokg"}},
	{form{class: formState}, []string{"fgup", "gup", "rue", "federalstateunitaryenterprise", "stateunitaryenterprise", "republicanunitaryenterprise", "фгуп", "гуп", "федеральноегосударственноеунитарноепредприятие", "государственноеунитарноепредприятие"}},
	{form{class: formBody}, []string{"ano", "ngo", "ngoo", "nko", "autonomousnonprofitorganization", "autonomousnoncommercialorganization", "eingetragenerverein", "ано", "автономнаянекоммерческаяорганизация"}},
	{form{class: formLimited, letter: true}, []string{"bv", "as", "ad", "sl", "bhd", "sdn", "pte", "pty", "pvt", "fze", "fzc", "fz", "eood", "ood", "doo", "aps", "kft", "est", "mbh"}},
	{form{class: formStock, letter: true}, []string{"sa", "ag", "ab", "oy", "nv", "se", "ao", "kk", "tbk", "pt", "sal", "sau", "sas", "saoc", "saog", "sab", "kgaa"}},
	{form{class: formPartner, letter: true}, []string{"lp", "kg", "cv", "decv", "ohg", "gbr", "scs", "snc"}},
}

// forms is formSpellings by spelling; formStarts has every beginning of one,
// so that a word with which no form begins costs one look-up.
var forms, formStarts = func() (map[string]form, map[string]bool) {
	byText, starts := map[string]form{}, map[string]bool{}
	for _, row := range formSpellings {
		for _, w := range row.words {
			w = party.Fold(w)
			byText[w] = row.form
			for i := range w {
				if i > 0 {
					starts[w[:i]] = true
				}
			}
			starts[w] = true
		}
	}
	return byText, starts
}()

// maxFormWords is in how many words a form may be cut: "S. de R.L. de C.V."
// has seven.
const maxFormWords = 8

// formAt is the longest legal form that words begin with at i, and of how many
// of them it consists; n is 0 where there is none.
func formAt(words []string, i int, person bool) (n int, f form) {
	if !formStarts[words[i]] {
		return 0, form{}
	}
	joined := words[i]
	for k := 1; ; k++ {
		if found, ok := forms[joined]; ok && formFits(found, words, i, k, person) {
			n, f = k, found
		}
		if k == maxFormWords || i+k == len(words) {
			return n, f
		}
		joined += words[i+k]
		if !formStarts[joined] {
			return n, f
		}
	}
}

// formFits reports whether a form may stand for words i to i+k.
func formFits(f form, words []string, i, k int, person bool) bool {
	if person && !f.plain {
		return false
	}
	if len(words) == k {
		return false // a name that is nothing but a form is its own word
	}
	if f.letter && k > 1 && len(words[i]) == 1 && i == 0 && k < len(words) {
		return false // A. O. Smith
	}
	return true
}

// restForms reports whether words are nothing but legal forms that may stand
// anywhere, as behind the "SA" of "SA Limited".
func restForms(words []string) bool {
	for _, w := range words {
		if _, ok := forms[w]; !ok {
			return false
		}
	}
	return true
}

// gluedForms are forms that are met glued to the word before or after them,
// and long or odd enough to be nothing else there.
var (
	gluedEnds   = []string{"corporation", "incorporated", "company", "limited", "gmbh"}
	gluedStarts = []string{"ojsc", "cjsc", "pjsc", "jsc", "llc", "ooo"}
)

// unspacedEnds are forms of scripts that put no space before them, longest
// first.
var unspacedEnds = []string{"股份有限责任公司", "股份有限公司", "有限责任公司", "有限責任公司", "股份公司", "有限公司", "株式会社", "有限会社", "合同会社", "公司", "주식회사", "유한회사"}

// formWords are the words of legal forms that are long enough to be known when
// they are written wrongly.
var formWords = []string{"joint", "stock", "public", "closed", "company", "limited", "liability", "corporation", "incorporated"}

// formSlips puts right the words of legal forms that are one slip away from
// one, and otherwise not known.
func formSlips(words []string) []string {
	var out []string
	var buf [2][maxWord]rune
	for i, w := range words {
		if len(w) < 5 || len(w) > 13 || isKnown(w) || formStarts[w] {
			continue
		}
		for _, f := range formWords {
			if d := len(w) - len(f); d > 1 || d < -1 {
				continue
			}
			if slips(lettersOf(buf[0][:0], w), lettersOf(buf[1][:0], f), 1) == 1 {
				if out == nil {
					out = append(out, words...)
				}
				out[i] = f
				break
			}
		}
	}
	if out == nil {
		return words
	}
	return out
}
