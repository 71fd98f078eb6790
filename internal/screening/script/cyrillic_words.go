package script

// cyrillicNames are names that newspapers and lists spell otherwise than any
// table does, as folding leaves them: e stands for ё in some.
var cyrillicNames = map[string]string{
	"александр": "alexander", "александра": "alexandra", "петр": "pyotr", "артем": "artyom", "семен": "semyon", "федор": "fyodor",
	"алена": "alyona", "виктор": "victor", "виктория": "victoria", "мария": "maria", "анастасия": "anastasia", "наталия": "natalia",
	"наталья": "natalia", "татьяна": "tatiana", "юлия": "julia", "софия": "sofia", "софья": "sofia", "ксения": "xenia", "лидия": "lidia",
	"валерия": "valeria", "евгения": "evgenia", "илья": "ilia", "игорь": "igor",
	"филипп": "philip", "яков": "yakov", "захар": "zakhar", "рамзан": "ramzan", "ахмат": "akhmat", "ахмед": "ahmed", "мухаммад": "muhammad",
	"магомед": "magomed", "хасан": "hassan", "хусеин": "hussein", "халид": "khalid", "хамзат": "hamzat", "рахман": "rahman",
	"королев": "korolyov", "соловьев": "solovyov", "горбачев": "gorbachev", "хрущев": "khrushchev",
}

// cyrillicVowelled are names in which и after a vowel is и, and not what
// folding has left of й.
var cyrillicVowelled = map[string]string{
	"михаил": "mikhail", "даниил": "daniil", "гавриил": "gavriil", "самуил": "samuil", "исмаил": "ismail", "измаил": "izmail",
	"рафаил": "rafail", "микаил": "mikail", "наиль": "nail", "раиса": "raisa", "таисия": "taisia", "украина": "ukraina",
}
