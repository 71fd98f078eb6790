package match

// lightWord is a word that says little: a particle, an article, an honorific.
// It pairs with nothing but another spelling of itself, and is not looked for.
type lightWord struct {
	text   string // the one way it is written
	weight weight
}

// personLight are light words of persons' names in Latin letters.
var personLight = lights([]lightRow{
	{10, "al", "al el ul il as ar ash at az ad an ath es er ed en ez"},
	{15, "bin", "bin ibn ben bint binti binte b bn ould wuld vuld ogly oglu ugli kyzy qizi uulu"},
	{20, "abu", "abu abou abo aboo abi bu ebu"},
	{20, "umm", "umm um oum"},
	{25, "abdul", "abd abdul abdel abdal abdol abdoul abdur abdel abdu"},
	{10, "de", "de del della di da du dos das des la le las los lo von van der den zu zur ter ten y e af av"},
	{10, "mr", "mr mrs ms miss sir lady lord dame don dona mme mlle herr frau sr sra"},
	{10, "dr", "dr doctor prof professor eng engineer ing"},
	{15, "sheikh", "sheikh sheik shaikh shaykh sheykh cheikh chaikh shekh"},
	{15, "haji", "haji hajji hadji hadj haj hajj alhaji alhaj alhajj elhadj hadjj"},
	{15, "mullah", "mullah mulla molla mollah"},
	{15, "mawlawi", "mawlawi maulavi maulawi mawlavi moulavi molavi maulana mawlana moulana"},
	{15, "qari", "qari kari"},
	{20, "sayyid", "sayyid sayed sayyed saiyid seyed seyyed syed seyyid sayid sied"},
	{15, "general", "general gen brigadier brig colonel col lieutenant lt major maj captain capt commander cmdr admiral adm marshal sergeant sgt"},
	{10, "jr", "jr junior snr senior ii iii iv phd esq"},
	{10, "u", "u daw"},
	{10, "hon", "hon honourable honorable excellency hrh president minister"},
})

// otherLight are light words of all other names.
var otherLight = lights([]lightRow{
	{6, "of", "of de del della di da do du dos das des d e i y ye"},
	{6, "the", "the la le les el los las al der die das den il lo an ash as ar"},
	{6, "and", "and et und en e y va wa"},
	{6, "for", "for fur pour para li lil fi in a to by at on"},
	{10, "mv", "mv mt ms ss my mvs"},
})

// sameWords are words of organisations and ships that are written in several
// ways, and the one way of each: abbreviations, plurals, two spellings of
// English, and the numbers in words.
var sameWords = sames(map[string]string{
	"international": "intl int internationale internacional",
	"manufacturing": "mfg manufacture manufacturers manufacturer",
	"technology":    "technologies tech technological techno",
	"industry":      "industries ind industrial inds industria industrias industrie",
	"development":   "dev devt developments develop",
	"engineering":   "eng engg engineers",
	"services":      "service svc svcs serv",
	"university":    "univ universite universidad universitat",
	"institute":     "inst institut institution",
	"center":        "centre ctr centro centr",
	"organization":  "organisation org organizations organisations",
	"association":   "assoc assn associates associations",
	"group":         "grp groupe gruppe grupo gruppa",
	"holding":       "holdings hldg hldgs kholding",
	"department":    "dept",
	"national":      "natl nat nationale nacional",
	"transport":     "transportation transports trans",
	"brothers":      "bros",
	"investment":    "investments invest",
	"enterprise":    "enterprises ent entps",
	"import":        "imp imports",
	"export":        "exp exports",
	"shipping":      "shpg",
	"electronics":   "electronic elec",
	"communication": "communications comm comms",
	"system":        "systems",
	"product":       "products prod",
	"petroleum":     "petrol",
	"people":        "peoples",
	"saint":         "st",
	"defense":       "defence",
	"armor":         "armour",
	"labor":         "labour",
	"first":         "1st",
	"second":        "2nd",
	"third":         "3rd",
	"fourth":        "4th",
	"fifth":         "5th",
})

// numberWords are numbers that ships and companies spell out.
var numberWords = map[string]string{
	"one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9", "ten": "10",
	"eleven": "11", "twelve": "12",
	"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9", "xii": "12", "xiii": "13", "xiv": "14",
}

// lastNumbers are Roman numerals of one letter, numbers at the end of a name
// only.
var lastNumbers = map[string]string{"i": "1", "v": "5", "x": "10"}

// lightSpellings are the longer spellings of light words of persons, by the one
// way of writing them.
var lightSpellings = func() map[string][]letters {
	out := map[string][]letters{}
	for spelling, l := range personLight {
		if len(spelling) >= 5 {
			out[l.text] = append(out[l.text], lettersOf(nil, spelling))
		}
	}
	return out
}()
