package eu

import (
	"regexp"
	"strings"

	"countersign.dev/internal/listing/nametext"
)

// demonyms are the words for nationalities that annexes use in place of names
// of countries, with the country that each means. A word that is not here is
// kept as it is.
var demonyms = map[string]string{
	"afgan": "Afghanistan", "afghan": "Afghanistan", "algerian": "Algeria", "american": "United States", "armenian": "Armenia",
	"australian": "Australia", "azerbaijani": "Azerbaijan", "belarusian": "Belarus", "belarussian": "Belarus", "belgian": "Belgium",
	"british": "United Kingdom", "burkinabe": "Burkina Faso", "cameroonian": "Cameroon", "canadian": "Canada", "chinese": "China",
	"colombian": "Colombia", "croatian": "Croatia", "cypriot": "Cyprus", "egyptian": "Egypt", "eritrean": "Eritrea", "estonian": "Estonia",
	"ethiopian": "Ethiopia", "filipino": "Philippines", "finnish": "Finland", "french": "France", "georgian": "Georgia", "german": "Germany",
	"guatemalan": "Guatemala", "guinean": "Guinea", "haitian": "Haiti", "honduran": "Honduras", "indian": "India", "indonesian": "Indonesia",
	"iranian": "Iran", "iraqi": "Iraq", "israeli": "Israel", "italian": "Italy", "ivorian": "Côte d'Ivoire", "jordanian": "Jordan",
	"kazakh": "Kazakhstan", "kenyan": "Kenya", "kuwaiti": "Kuwait", "kyrgyz": "Kyrgyzstan", "latvian": "Latvia", "lebanese": "Lebanon",
	"libyan": "Libya", "lithuanian": "Lithuania", "malaysian": "Malaysia", "malian": "Mali", "mauritanian": "Mauritania", "moldovan": "Moldova",
	"montenegrin": "Montenegro", "moroccan": "Morocco", "nicaraguan": "Nicaragua", "nigerian": "Nigeria", "north korean": "North Korea",
	"norwegian": "Norway", "pakistani": "Pakistan", "palestinian": "Palestine", "qatari": "Qatar", "romanian": "Romania", "russian": "Russia",
	"rwandan": "Rwanda", "saudi": "Saudi Arabia", "saudi arabian": "Saudi Arabia", "senegalese": "Senegal", "serbian": "Serbia",
	"somali": "Somalia", "south sudanese": "South Sudan", "sudanese": "Sudan", "swiss": "Switzerland", "syrian": "Syria", "tajik": "Tajikistan",
	"tanzanian": "Tanzania", "togolese": "Togo", "tunisian": "Tunisia", "turkish": "Türkiye", "ugandan": "Uganda", "ukrainian": "Ukraine",
	"uzbek": "Uzbekistan", "uzbekistani": "Uzbekistan", "venezuelan": "Venezuela", "yemeni": "Yemen", "zimbabwean": "Zimbabwe",
	"myanmar/burma": "Myanmar",
}

// nationalityEnd is where a cell of nationalities begins to say other things,
// and what it may say before one.
var (
	nationalityEnd   = regexp.MustCompile(`(?i)[.;,]?\s*(?:\(the Union does not recogni|national identification|passport|\bID\b|gender|\(born|since \d|\(presume)`)
	nationalityStart = regexp.MustCompile(`(?i)^(?:of the|allegedly|assumed|possibly|or)\s+`)
)

// nationalities are the countries that a cell names as those of a person.
func nationalities(cell string) []string {
	if m := nationalityEnd.FindStringIndex(cell); m != nil {
		cell = cell[:m[0]]
	}
	var out []string
	for _, item := range nametext.Items(strings.Trim(cell, `" .`)) {
		if country, ok := demonyms[strings.ToLower(item)]; ok {
			out = append(out, country)
			continue
		}
		for one := range strings.FieldsFuncSeq(strings.ReplaceAll(item, ", ", "/"), func(r rune) bool { return r == '/' || r == '.' }) {
			first, second, both := strings.Cut(one, " and ")
			if _, known := demonyms[strings.ToLower(strings.TrimSpace(first))]; both && known {
				out = append(out, country(first), country(second))
				continue
			}
			if one = country(one); one != "" {
				out = append(out, one)
			}
		}
	}
	return out
}

func country(word string) string {
	word = strings.TrimSpace(nationalityStart.ReplaceAllString(strings.Trim(word, " .,;"), ""))
	if c, ok := demonyms[strings.ToLower(word)]; ok {
		return c
	}
	return word
}
