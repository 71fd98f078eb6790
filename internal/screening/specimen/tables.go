package specimen

import "strings"

// culture is how names are made among one people.
type culture struct {
	share          int      // of persons, in hundredths
	given, middle  []string // the commonest first
	middles        int      // persons with a middle name, in hundredths
	families       []string
	commonFamilies int // persons with one of families, in hundredths
	syllables      []string
	endings        []string
	givenEndings   []string
	native         func(maker, string) string
}

func list(s string) []string { return strings.Fields(s) }

var cultures = []culture{
	{
		share:    30,
		given:    list("Mohammad Ali Ahmad Hassan Hussein Abdullah Mahmoud Ibrahim Khalid Omar Yusuf Mustafa Said Karim Nasser Tariq Jamal Samir Fadi Bilal Hamza Zaid Rami Walid Adel Faisal Majid Salim Rashid Anwar Habib Ismail Jalal Munir Nabil Qasim Reza Mehdi Hossein Javad Saeed Farid Idris Bashir Imad Wael Ziad Marwan Fahd Talal"),
		middle:   list("Mohammad Ahmad Ali Hassan Abdul-Rahman Abdullah Ibrahim bin-Saleh Hussein Saleh Mahmoud Abd-al-Aziz Khalaf Jassim Hamad"),
		middles:  55,
		families: list("al-Tikriti Haqqani Hosseini Mousavi al-Masri Mohammadi al-Baghdadi Hamad Akhund Khan Ahmadi Rahimi al-Shami Karimi Saleh"), commonFamilies: 18,
		syllables:    list("ba ja ka ha da ra sa ta na ma kha sha gha fa za la bar kar dar mar ham jab kas nas tur mas far zan qar has sam rad"),
		endings:      list("ri mi ni di ji i awi ani ari adi bi ki li zadeh pour wi ullah yar far"),
		givenEndings: list("id im an ir ah if ul iya"), native: arabic,
	},
	{
		share:    30,
		given:    list("Alexander Sergey Vladimir Andrey Dmitry Igor Oleg Alexey Mikhail Nikolay Yury Viktor Evgeny Pavel Ivan Anatoly Roman Denis Maksim Olga Elena Irina Natalya Tatyana Svetlana Marina Anna Ekaterina Konstantin Vasily Boris Gennady Ruslan Artem Kirill Stanislav Valery Vyacheslav Ilya Timur"),
		middle:   list("Vladimirovich Nikolaevich Aleksandrovich Sergeevich Viktorovich Ivanovich Mikhailovich Anatolyevich Yuryevich Vladimirovna Petrovich Alekseevich Nikolaevna Borisovich Olegovich Vasilyevich Aleksandrovna Gennadyevich Pavlovich Dmitrievich"),
		middles:  70,
		families: list("Ivanov Petrov Kuznetsov Smirnov Popov Volkov Morozov Lebedev Kozlov Novikov Pavlov Orlov"), commonFamilies: 12,
		syllables:    list("bo ka lo mi ro sa ti vo zhi ku ba ra cher gor bel sol kor shu dol mar pan lu ner tre gra pro sha du zu kle"),
		endings:      list("nov rov kov lev sky nin kin enko chuk tsev yov ova ina skaya tov dov mov shin"),
		givenEndings: list("slav ey mir ena ina or it"), native: cyrillic,
	},
	{
		share:    15,
		given:    list("Jose Maria Juan Carlos Luis Jorge Miguel Antonio Francisco Jesus Pedro Manuel Rafael Fernando Alberto Ana Carmen Rosa Julio Ricardo Hector Diego Sergio Raul Mario Oscar Victor Pablo Andres Javier"),
		middle:   list("Carlos Luis Antonio Alberto Enrique Maria Eduardo Ramon Alfonso Ignacio Elena Jesus Arturo"),
		middles:  50,
		families: list("Garcia Rodriguez Lopez Hernandez Gonzalez Martinez Perez Sanchez Ramirez Torres Flores Rivera Gomez Diaz Cruz"), commonFamilies: 45,
		syllables: list("ba ca lo mar san val ca bel tor que ro pa mon gar bo ve cas ri zu men ar do"),
		endings:   list("rez dez do llo ra lez nes que res ta mon ga nia"), givenEndings: list("lio ela nda rio sa to"),
	},
	{
		share:    13,
		given:    list("Wei Jun Min Hua Jing Ming Jian Hong Yong-chol Song-il Kwang-ho Chol-su Myong-guk Hyok Tong-un Xiaoming Guoqiang Zhiyong Jianguo Haibo Yun Lei Tao Bo Feng Chang-su Kyong-il Yong-nam Hak-song Jong-sik Yongjun Weidong Xinyu"),
		families: list("Kim Li Wang Zhang Ri Chen Liu Pak Choe Yang Huang Zhao Wu Zhou Chong Xu Sun Ma Zhu Hu Kang Jo Han Lin Guo He Gao Luo Zheng Liang Xie Song Tang Deng"), commonFamilies: 97,
		syllables: list("xiao zhi guo jian hong yong shu hai rui ying chun kwang song myong hye tae sang kyong jin dong cheng bao jia yu zi"), endings: list("an ong ing u"),
		givenEndings: list(" hua ming -il -ho qiang wei -chol jun"),
		native:       func(m maker, _ string) string { return m.characters(3) },
	},
	{
		share:    12,
		given:    list("John Robert Michael David James William Mary Linda Thomas Daniel Peter Anna Paul Martin Stefan Andreas Hans Laura Emma Marc Pierre Jean Claire Nicolas Marco Paolo Giulia Elton Kwame Joseph Emmanuel Blessing Tendai Grace Samuel"),
		middle:   list("James Lee Ann Marie Paul John Edward Robert Louise Michael"),
		middles:  30,
		families: list("Smith Johnson Miller Brown Davis Wilson Schmidt Weber Martin Bernard Rossi Moyo Banda Okafor"), commonFamilies: 15,
		syllables: list("har wil bran mc ston hol ber lan fel wer kra mei der bau mu nge oko zi chi wa mor du cas"),
		endings:   list("ton son ley mann er berg ard field ham eau ini ovu isa edi wood ing"), givenEndings: list("en ina ert a is on"),
	},
}

var (
	brands         = list("Global Star Sun United Golden East Royal Delta Alpha Orient Pacific Silver Phoenix Atlas Noor Victory Crystal Falcon Horizon Future Blue Diamond Eagle Prime Vega Omega Apex Nova Zenith Union")
	brandSyllables = list("te ra mo vi ka lo ne xi sol tro ma ri an do ve sta gen pro lu be ar qui zo fa mer tan ol in ge ko")
	trades         = list("Trading International Technology Industries Shipping Group Company Services Investment Development Engineering Construction Export Import Logistics Energy Petroleum Electronics Holding Systems Marine Chemicals Steel Aviation Foundation Exchange Bank Transport Equipment Research Institute Plant Center Mining Oil Gas Commercial Textile Pharmaceutical Insurance Consulting Capital Management Materials Machinery Motors Foods Agricultural Telecom Software")
	places         = list("Iran Dubai China Beijing Shenzhen Moscow Syria Tehran Hong-Kong Gulf Korea Asia Shanghai Panama Caribbean Siberian Ural Caspian Isfahan Damascus Pyongyang Guangdong Kish Cyprus Baltic Donetsk Crimea Istanbul Karachi Caracas")
	legalForms     = []string{"LLC", "Co., Ltd.", "Ltd", "JSC", "Limited", "S.A.", "GmbH", "Inc.", "Corporation", "OOO", "S. de R.L. de C.V.", "FZE", "PJSC", "Company", "Establishment", "PLC"}
	shipWords      = list("SEA STAR OCEAN PEARL LADY QUEEN GOLDEN SUN HOPE PRIDE DREAM SPIRIT GLORY WIND MOON EAST NOBLE GRACE FORTUNE VICTORY HORIZON DELTA AMBER CORAL SILVER JASMINE TULIP ATLANTIC PACIFIC CASPIAN ORION")
	russianTrades  = list("торг строй сервис завод технология групп авто пром энерго логистик инвест лизинг")
	chinesePlaces  = list("北京 上海 深圳 广东 香港 浙江 江苏 天津 杭州 成都 中国 山东 武汉 大连")
	chineseTrades  = list("科技有限公司 贸易有限公司 电子有限公司 国际贸易有限公司 集团有限公司 技术股份有限公司 实业有限公司 航运有限公司")
	tradeStarts    = list("agro petro hydro electro micro bio auto aero trans inter tele geo eco therm stroy spets neft metal gaz avia tech opto cyber medi turbo uni poly euro asia sino")
	tradeEnds      = list("tech chem plast mash invest prom trade lines works tronics service snab montazh energo systems soft group metal logistics dynamics power design stroy export control")
	commonHan      = []rune("国华明伟金海东新天光中大文建龙安江林云德信永志宏达兴利平小山石玉春红军强" +
		"王李张刘陈杨赵黄周吴徐孙胡朱高何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方姚谭廖邹熊陆郝孔白崔康毛邱秦顾侯邵孟万段雷钱汤尹黎易常武乔贺赖龚" +
		"杰磊洋勇艳娟涛超秀霞鹏浩宇轩博鑫欣怡佳雪梅兰芳燕玲珍莉桂娜静淑惠珠翠雅芝萍娥振壮凯毅俊峰刚民世广义福生泰祥瑞嘉丰源盛荣富昌隆科创智联腾飞宝通顺鼎恒润诚")
)

// characters are Chinese characters such as names are made of.
func (m maker) characters(n int) string {
	out := make([]rune, n)
	for i := range out {
		out[i] = commonHan[m.IntN(len(commonHan))]
	}
	return string(out)
}

var cyrillicLetters = strings.NewReplacer(
	"shch", "щ", "zh", "ж", "ch", "ч", "sh", "ш", "kh", "х", "ts", "ц", "ya", "я", "yu", "ю", "yo", "ё", "a", "а", "b", "б", "c", "к", "d", "д", "e", "е",
	"f", "ф", "g", "г", "h", "х", "i", "и", "j", "дж", "k", "к", "l", "л", "m", "м", "n", "н", "o", "о", "p", "п", "q", "к", "r", "р", "s", "с", "t", "т",
	"u", "у", "v", "в", "w", "в", "x", "кс", "y", "й", "z", "з",
)

func cyrillic(_ maker, s string) string { return cyrillicLetters.Replace(strings.ToLower(s)) }

var arabicLetters = strings.NewReplacer(
	"abd-al-", "عبد ال", "al-", "ال", "sh", "ش", "kh", "خ", "gh", "غ", "th", "ث", "ll", "ل", "ss", "س", "mm", "م", "dd", "د", "ee", "ي", "a", "", "e", "", "i", "ي", "o", "و", "u", "و", "b", "ب", "d", "د", "f", "ف", "g", "ج",
	"h", "ح", "j", "ج", "k", "ك", "l", "ل", "m", "م", "n", "ن", "p", "ب", "q", "ق", "r", "ر", "s", "س", "t", "ت", "w", "و", "v", "و", "x", "كس", "y", "ي", "z", "ز", "c", "ك", "-", " ",
)

func arabic(_ maker, s string) string { return arabicLetters.Replace(strings.ToLower(s)) }
